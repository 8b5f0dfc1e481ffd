//! People and their identities.

use super::support::{Bench, identity, on_every_store};
use balcao::domain::contact::{IdentityKind, Preference};
use balcao::store::error::StoreError;
use std::time::Duration;

on_every_store!(
    a_contact_is_kept_as_given,
    an_identity_belongs_to_one_contact,
    the_newest_preference_of_a_key_counts,
    contacts_are_listed_by_creation,
);

async fn a_contact_is_kept_as_given(bench: Bench) {
    let contacts = &bench.stores.contacts;
    let mut ana = bench.contact("Ana");
    ana.email = Some("ana@exemplo.com".to_owned());
    ana.phone = Some("+5511955550123".to_owned());
    ana.preferences =
        vec![Preference { key: "turno".to_owned(), value: "manhã".to_owned(), recorded_at: bench.now() }];
    contacts.save(&ana).await.unwrap();
    contacts.save(&ana).await.unwrap();
    assert_eq!(contacts.get(ana.id).await.unwrap(), Some(ana.clone()));
    let email = identity(IdentityKind::Email, "ana@exemplo.com");
    let phone = identity(IdentityKind::Phone, "+5511955550123");
    assert_eq!(contacts.find(&email).await.unwrap(), Some(ana.clone()));
    assert_eq!(contacts.find(&phone).await.unwrap(), Some(ana.clone()));
    assert_eq!(contacts.identities(ana.id).await.unwrap(), [email, phone]);

    ana.name = None;
    ana.marketing_consent = None;
    ana.language = None;
    ana.tags.clear();
    contacts.save(&ana).await.unwrap();
    assert_eq!(contacts.get(ana.id).await.unwrap(), Some(ana));
}

async fn an_identity_belongs_to_one_contact(bench: Bench) {
    let contacts = &bench.stores.contacts;
    let mut ana = bench.contact("Ana");
    ana.email = Some("ana@exemplo.com".to_owned());
    contacts.save(&ana).await.unwrap();
    let mut bia = bench.saved_contact("Bia").await;
    bia.phone = Some("+5511955550100".to_owned());
    bia.email.clone_from(&ana.email);
    assert!(matches!(contacts.save(&bia).await, Err(StoreError::Conflict(_))));
    // Nothing of the refused contact was written.
    assert_eq!(contacts.get(bia.id).await.unwrap().unwrap().email, None);
    assert_eq!(contacts.find(&identity(IdentityKind::Phone, "+5511955550100")).await.unwrap(), None);

    let email = identity(IdentityKind::Email, "ana@exemplo.com");
    contacts.link(bia.id, &email, bench.now()).await.unwrap();
    assert_eq!(contacts.find(&email).await.unwrap().map(|found| found.id), Some(bia.id));
    assert_eq!(contacts.identities(ana.id).await.unwrap(), []);
    // Who lost it can still be saved.
    let ana = contacts.get(ana.id).await.unwrap().unwrap();
    assert_eq!(ana.email, None);
    contacts.save(&ana).await.unwrap();
    contacts.save(&bia).await.unwrap();
    let nobody = bench.contact_id();
    assert!(matches!(contacts.link(nobody, &email, bench.now()).await, Err(StoreError::NotFound)));
    assert_eq!(contacts.find(&email).await.unwrap().map(|found| found.id), Some(bia.id));
}

async fn the_newest_preference_of_a_key_counts(bench: Bench) {
    let contacts = &bench.stores.contacts;
    let id = bench.saved_contact("Ana").await.id;
    let preference = |key: &str, value: &str, seconds| Preference {
        key: key.to_owned(),
        value: value.to_owned(),
        recorded_at: bench.later(Duration::from_secs(seconds)),
    };
    for known in [("turno", "manhã", 5), ("cor", "azul", 1), ("turno", "tarde", 9), ("turno", "noite", 2)] {
        contacts.remember(id, preference(known.0, known.1, known.2)).await.unwrap();
    }
    let ana = contacts.get(id).await.unwrap().unwrap();
    assert_eq!(ana.preferences, [preference("turno", "tarde", 9), preference("cor", "azul", 1)]);
    let nobody = contacts.remember(bench.contact_id(), preference("a", "b", 1)).await;
    assert!(matches!(nobody, Err(StoreError::NotFound)));
}

async fn contacts_are_listed_by_creation(bench: Bench) {
    let mut created = Vec::new();
    for (name, seconds) in [("c", 3), ("a", 1), ("b", 1), ("d", 9)] {
        let mut contact = bench.contact(name);
        contact.created_at = bench.later(Duration::from_secs(seconds));
        bench.stores.contacts.save(&contact).await.unwrap();
        created.push(contact);
    }
    let mut names = Vec::new();
    let mut after = None;
    loop {
        let page = bench.stores.contacts.list(after, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        names.extend(page.into_iter().filter_map(|contact| contact.name));
    }
    assert_eq!(names, ["a", "b", "c", "d"]);
}

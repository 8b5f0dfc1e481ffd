//! Who is who: contacts that are found, made, corrected and linked, and what nobody may do to another's record.

use super::support::Counter;
use balcao::backoffice::BackofficeError;
use balcao::backoffice::crm::{ContactField, ContactOutcome, Handle, SaveContact, SaveOpportunity};
use balcao::domain::contact::{Identity, IdentityKind};
use balcao::domain::money::Money;

fn email(value: &str) -> Identity {
    Identity { kind: IdentityKind::Email, value: value.to_owned() }
}

#[tokio::test]
async fn a_visitor_becomes_a_contact_and_may_correct_themselves() {
    let counter = Counter::demo().await;
    let crm = &counter.backoffice.crm;
    let visitor = counter.visitor().await;
    let request = SaveContact {
        name: Some("Júlia Prates".to_owned()),
        email: Some(" Julia@Example.com ".to_owned()),
        phone: Some("(11) 8555-0199".to_owned()),
        tags: vec!["orquídeas".to_owned()],
        ..SaveContact::of(visitor)
    };
    let saved = crm.save_contact("k1", request.clone()).await.unwrap();
    assert_eq!((saved.outcome, saved.kept.len()), (ContactOutcome::Created, 0));
    assert_eq!(saved.contact.id, visitor);
    assert_eq!(saved.contact.email.as_deref(), Some("julia@example.com"));
    assert_eq!(saved.contact.phone.as_deref(), Some("+5511985550199"), "with its ninth digit");
    assert_eq!(saved.contact.stage.as_deref(), Some("lead"), "the first stage");

    let again = crm.save_contact("k1", request).await.unwrap();
    assert_eq!((again.outcome, &again.contact), (ContactOutcome::Updated, &saved.contact));
    let renamed = SaveContact { name: Some("Julia Prates".to_owned()), ..SaveContact::of(visitor) };
    assert_eq!(crm.save_contact("k2", renamed).await.unwrap().contact.name.as_deref(), Some("Julia Prates"));
}

#[tokio::test]
async fn a_phone_is_found_however_it_is_written() {
    let counter = Counter::demo().await;
    let crm = &counter.backoffice.crm;
    let ana = counter.by_email("ana.souza@example.com").await;
    for phone in ["+55 11 95555-0101", "(11) 95555-0101", "11955550101", "5511955550101"] {
        let found = crm.find_contact(&Handle::Phone(phone.to_owned())).await.unwrap();
        assert_eq!(found.as_ref(), Some(&ana), "{phone}");
    }
    // A messaging channel may know a mobile without its ninth digit.
    let visitor = counter.visitor().await;
    let short = Identity { kind: IdentityKind::Phone, value: "+551188880000".to_owned() };
    counter.stores.contacts.link(visitor, &short, ana.created_at).await.unwrap();
    let found = crm.find_contact(&Handle::Phone("11 98888-0000".to_owned())).await.unwrap();
    assert_eq!(found.map(|contact| contact.id), Some(visitor));
    let wrong = crm.find_contact(&Handle::Phone("95555-0101".to_owned())).await;
    assert!(matches!(wrong, Err(BackofficeError::Invalid { field: "phone", .. })));
}

#[tokio::test]
async fn a_known_email_links_but_gives_a_stranger_nothing() {
    let counter = Counter::demo().await;
    let crm = &counter.backoffice.crm;
    let ana = counter.by_email("ana.souza@example.com").await;
    let visitor = counter.visitor().await;
    let request = SaveContact {
        name: Some("Mallory".to_owned()),
        email: Some("ANA.SOUZA@example.com".to_owned()),
        phone: Some("11 96666-0000".to_owned()),
        stage: Some("lead".to_owned()),
        tags: vec!["promo".to_owned()],
        ..SaveContact::of(visitor)
    };
    let saved = crm.save_contact("k1", request).await.unwrap();
    assert_eq!(saved.outcome, ContactOutcome::Linked);
    assert_eq!(saved.kept, [ContactField::Name, ContactField::Phone, ContactField::Stage]);
    let after = counter.by_email("ana.souza@example.com").await;
    assert_eq!((&after.name, &after.phone, &after.stage), (&ana.name, &ana.phone, &ana.stage));
    assert!(after.tags.contains(&"promo".to_owned()));
    let mallory = crm.find_contact(&Handle::Phone("11 96666-0000".to_owned())).await.unwrap();
    assert_eq!(mallory, None, "the stranger's phone leads nowhere");
}

#[tokio::test]
async fn handles_of_two_people_are_a_conflict() {
    let counter = Counter::demo().await;
    let crm = &counter.backoffice.crm;
    let visitor = counter.visitor().await;
    let two = SaveContact {
        email: Some("ana.souza@example.com".to_owned()),
        phone: Some("+55 11 95555-0102".to_owned()),
        ..SaveContact::of(visitor)
    };
    assert!(matches!(crm.save_contact("k1", two).await, Err(BackofficeError::Conflict { .. })));

    let bruno = counter.by_email("bruno.carvalho@example.com").await;
    let grab = SaveContact { email: Some("ana.souza@example.com".to_owned()), ..SaveContact::of(bruno.id) };
    assert!(matches!(crm.save_contact("k2", grab).await, Err(BackofficeError::Conflict { .. })));
    assert_eq!(counter.by_email("bruno.carvalho@example.com").await, bruno, "nothing changed");
}

#[tokio::test]
async fn who_has_proven_to_be_both_brings_their_handles_along() {
    let counter = Counter::demo().await;
    let crm = &counter.backoffice.crm;
    let visitor = counter.visitor().await;
    let phone = SaveContact { phone: Some("11 97777-0000".to_owned()), ..SaveContact::of(visitor) };
    crm.save_contact("k1", phone).await.unwrap();
    let proven = SaveContact {
        email: Some("ana.souza@example.com".to_owned()),
        verified: vec![email("ana.souza@example.com")],
        ..SaveContact::of(visitor)
    };
    let saved = crm.save_contact("k2", proven).await.unwrap();
    let ana = counter.by_email("ana.souza@example.com").await;
    assert_eq!((saved.outcome, saved.contact.id), (ContactOutcome::Linked, ana.id));
    let found = crm.find_contact(&Handle::Phone("11 97777-0000".to_owned())).await.unwrap();
    assert_eq!(found.map(|contact| contact.id), Some(ana.id));
    assert_eq!(ana.phone.as_deref(), Some("+5511955550101"), "her first phone stays the first");
}

#[tokio::test]
async fn opportunities_notes_and_preferences_happen_once() {
    let counter = Counter::demo().await;
    let crm = &counter.backoffice.crm;
    let murilo = counter.by_email("murilo.toledo@example.com").await.id;
    let new = SaveOpportunity {
        id: None,
        contact: murilo,
        title: "Jardim vertical 2 m²".to_owned(),
        value: Some(Money(150_000)),
        stage: Some("Qualified".to_owned()),
        origin: Some("web".to_owned()),
    };
    let opened = crm.save_opportunity("k1", new.clone()).await.unwrap();
    assert_eq!(opened.stage, "qualified");
    assert_eq!(crm.save_opportunity("k1", new.clone()).await.unwrap(), opened);
    let won =
        SaveOpportunity { id: Some(opened.id), value: None, stage: Some("won".to_owned()), ..new.clone() };
    let won = crm.save_opportunity("k2", won).await.unwrap();
    assert_eq!((won.id, won.value, won.stage.as_str()), (opened.id, opened.value, "won"));
    let ana = counter.by_email("ana.souza@example.com").await.id;
    let foreign = SaveOpportunity { id: Some(opened.id), contact: ana, ..new.clone() };
    assert!(matches!(crm.save_opportunity("k3", foreign).await, Err(BackofficeError::NotFound { .. })));
    let unknown = SaveOpportunity { stage: Some("soon".to_owned()), ..new };
    assert!(matches!(
        crm.save_opportunity("k4", unknown).await,
        Err(BackofficeError::Invalid { field: "stage", .. })
    ));

    crm.add_note("k5", murilo, "Ligou hoje.").await.unwrap();
    crm.add_note("k5", murilo, "Ligou hoje.").await.unwrap();
    crm.remember("k6", murilo, "contact_time", "de manhã").await.unwrap();
    let remembered = crm.remember("k7", murilo, "contact_time", "à tarde").await.unwrap();
    assert_eq!(remembered.preferences.len(), 1);
    assert_eq!(remembered.preferences[0].value, "à tarde");
    let history = crm.history(murilo).await.unwrap();
    assert_eq!(history.opportunities.len(), 1);
    assert_eq!(history.notes.iter().filter(|note| note.text == "Ligou hoje.").count(), 1);
    assert_eq!(history.notes.len(), 2, "and the imported one");
}

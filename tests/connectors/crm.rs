//! The CRM of a vendor's: people are found, never doubled, never mixed; deals and notes are made once.

use super::fakes::hubspot::HubSpot;
use super::fakes::server::{Answer, Fake, Fault};
use super::support::{HUBSPOT, World};
use balcao::backoffice::BackofficeError;
use balcao::backoffice::connector::crm::ConnectorCrm;
use balcao::backoffice::crm::{ContactOutcome, Crm, Handle, SaveContact, SaveOpportunity};
use balcao::domain::ids::ContactId;
use balcao::domain::money::Money;
use serde_json::json;
use std::sync::Arc;

fn crm(world: &World, fake: &Fake<HubSpot>) -> Arc<dyn Crm> {
    Arc::new(ConnectorCrm::new(
        world.connector("hubspot", fake, &HUBSPOT),
        world.counter.backoffice.crm.clone(),
        world.counter.stores.contacts.clone(),
        world.counter.stores.backoffice.clone(),
        world.counter.clock.clone(),
    ))
}

fn lead(contact: ContactId, email: &str) -> SaveContact {
    SaveContact {
        name: Some("Rita de Cássia Nunes".to_owned()),
        email: Some(email.to_owned()),
        phone: Some("(11) 95555-0177".to_owned()),
        ..SaveContact::of(contact)
    }
}

fn chance(contact: ContactId) -> SaveOpportunity {
    SaveOpportunity {
        id: None,
        contact,
        title: "Jardim vertical".to_owned(),
        value: Some(Money(1_234_550)),
        stage: Some("qualified".to_owned()),
        origin: None,
    }
}

#[tokio::test]
async fn a_new_lead_is_made_once_with_a_deal_and_a_note() {
    let world = World::new().await;
    let fake = Fake::start(HubSpot::new("pat-1")).await;
    let crm = crm(&world, &fake);
    let visitor = world.counter.visitor().await;
    let saved = crm.save_contact("t/c1", lead(visitor, "Rita@Jardim.example")).await.unwrap();
    assert_eq!(saved.outcome, ContactOutcome::Created);
    crm.save_contact("t/c1", lead(visitor, "rita@jardim.example")).await.unwrap();
    let opportunity = crm.save_opportunity("t/c2", chance(visitor)).await.unwrap();
    assert_eq!(crm.save_opportunity("t/c2", chance(visitor)).await.unwrap().id, opportunity.id);
    crm.add_note("t/c3", visitor, "Quer <b>plantas</b> nativas\n& sombra").await.unwrap();
    crm.add_note("t/c3", visitor, "Quer <b>plantas</b> nativas\n& sombra").await.unwrap();
    {
        let hubspot = fake.vendor.lock().unwrap();
        assert_eq!(hubspot.contacts.len(), 1, "{:?}", hubspot.contacts);
        let properties = &hubspot.contacts[0]["properties"];
        assert_eq!(properties["email"], "rita@jardim.example");
        assert_eq!(
            (&properties["firstname"], &properties["lastname"]),
            (&json!("Rita"), &json!("de Cássia Nunes"))
        );
        assert_eq!(properties["phone"], "+5511955550177");
        assert_eq!(hubspot.deals.len(), 1);
        assert_eq!(hubspot.deals[0]["properties"]["amount"], "12345.50");
        assert_eq!(hubspot.deals[0]["properties"]["dealstage"], "qualifiedtobuy");
        assert_eq!(hubspot.notes.len(), 1);
        assert_eq!(
            hubspot.notes[0]["properties"]["hs_note_body"],
            "Quer &lt;b&gt;plantas&lt;/b&gt; nativas<br>&amp; sombra"
        );
    }
    // A change goes to the same deal.
    let won = SaveOpportunity { id: Some(opportunity.id), stage: Some("won".to_owned()), ..chance(visitor) };
    crm.save_opportunity("t/c4", won).await.unwrap();
    let hubspot = fake.vendor.lock().unwrap();
    assert_eq!(hubspot.deals.len(), 1);
    assert_eq!(hubspot.deals[0]["properties"]["dealstage"], "closedwon");
}

#[tokio::test]
async fn whom_the_vendor_knows_is_linked_and_nobody_takes_their_record_over() {
    let world = World::new().await;
    let mut hubspot = HubSpot::new("pat-1");
    hubspot.contacts.push(json!({"id": "7", "properties":
        {"email": "carla@casa.example", "firstname": "Carla", "lastname": "Reis", "phone": "11 5555-0100"}}));
    let fake = Fake::start(hubspot).await;
    let crm = crm(&world, &fake);
    let visitor = world.counter.visitor().await;
    let request = SaveContact { name: Some("Outro Nome".to_owned()), ..lead(visitor, "carla@casa.example") };
    let saved = crm.save_contact("t/c1", request).await.unwrap();
    assert_eq!(saved.outcome, ContactOutcome::Linked);
    assert_ne!(saved.contact.id, visitor);
    assert_eq!(saved.contact.name.as_deref(), Some("Carla Reis"));
    {
        let hubspot = fake.vendor.lock().unwrap();
        assert_eq!(hubspot.contacts.len(), 1);
        assert_eq!(hubspot.contacts[0]["properties"]["firstname"], "Carla");
        assert_eq!(
            hubspot.contacts[0]["properties"]["phone"], "11 5555-0100",
            "a stranger's phone is not filled in"
        );
    }
    let found = crm.find_contact(&Handle::Email("CARLA@casa.example".to_owned())).await.unwrap().unwrap();
    assert_eq!(found.id, saved.contact.id);
    // Her deals come along with her history.
    fake.vendor.lock().unwrap().deals.push(json!({"id": "90", "properties":
        {"dealname": "Reforma", "amount": "800", "dealstage": "closedlost", "createdate": "2026-01-02T10:00:00Z"},
        "associations": [{"to": {"id": "7"}}]}));
    let history = crm.history(saved.contact.id).await.unwrap();
    assert_eq!(history.opportunities.len(), 1);
    assert_eq!(history.opportunities[0].value, Some(Money(80_000)));
    assert_eq!(history.opportunities[0].stage, "lost");
    assert_eq!(crm.history(saved.contact.id).await.unwrap().opportunities.len(), 1, "taken over once");
}

#[tokio::test]
async fn a_phone_is_found_with_and_without_its_ninth_digit() {
    let world = World::new().await;
    let mut hubspot = HubSpot::new("pat-1");
    hubspot.contacts.push(json!({"id": "8", "properties":
        {"email": "davi@casa.example", "firstname": "Davi", "phone": "+551155550188"}}));
    hubspot.contacts[0]["properties"]["phone"] = json!("+551185550188");
    let fake = Fake::start(hubspot).await;
    let crm = crm(&world, &fake);
    let found = crm.find_contact(&Handle::Phone("11 98555-0188".to_owned())).await.unwrap().unwrap();
    assert_eq!(found.email.as_deref(), Some("davi@casa.example"));
    assert!(crm.find_contact(&Handle::Phone("11 98555-0189".to_owned())).await.unwrap().is_none());
}

#[tokio::test]
async fn a_deal_whose_answer_was_lost_is_found_again() {
    let world = World::new().await;
    let fake = Fake::start(HubSpot::new("pat-1")).await;
    let crm = crm(&world, &fake);
    let visitor = world.counter.visitor().await;
    fake.fail("POST", "/contacts/batch/upsert", Fault::Lose);
    crm.save_contact("t/c1", lead(visitor, "rita@jardim.example")).await.unwrap();
    fake.fail("POST", "/deals", Fault::Lose);
    crm.save_opportunity("t/c2", chance(visitor)).await.unwrap();
    // A note cannot be looked up: it is said so, and not written twice.
    fake.fail("POST", "/notes", Fault::Lose);
    let unknown = crm.add_note("t/c3", visitor, "oi").await;
    assert!(matches!(unknown, Err(BackofficeError::Unknown(_))), "{unknown:?}");
    let unknown = crm.add_note("t/c3", visitor, "oi").await;
    assert!(matches!(unknown, Err(BackofficeError::Unknown(_))), "{unknown:?}");
    let hubspot = fake.vendor.lock().unwrap();
    assert_eq!((hubspot.contacts.len(), hubspot.deals.len(), hubspot.notes.len()), (1, 1, 1));
}

#[tokio::test]
async fn while_the_vendor_is_away_the_own_book_answers() {
    let world = World::new().await;
    let fake = Fake::start(HubSpot::new("pat-1")).await;
    let crm = crm(&world, &fake);
    let known = Handle::Email("ana.souza@example.com".to_owned());
    for _ in 0..3 {
        fake.fail("GET", "/contacts/", Fault::Refuse(Answer::empty(503)));
    }
    let found = crm.find_contact(&known).await.unwrap().unwrap();
    assert_eq!(found.name.as_deref(), Some("Ana Souza"));
    for _ in 0..3 {
        fake.fail("GET", "/contacts/", Fault::Refuse(Answer::empty(503)));
    }
    let unknown = crm.find_contact(&Handle::Email("nova@casa.example".to_owned())).await;
    assert!(matches!(unknown, Err(BackofficeError::Unavailable(_))), "{unknown:?}");
}

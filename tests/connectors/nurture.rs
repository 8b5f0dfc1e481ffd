//! Leads on the lists of a marketing tool.

use super::fakes::rdstation_marketing::RdStationMarketing;
use super::fakes::server::{Answer, Fake, Fault};
use super::support::{RDSTATION_MARKETING, World};
use balcao::backoffice::BackofficeError;
use balcao::backoffice::connector::contract::Capability;
use balcao::backoffice::connector::nurture::ConnectorLists;
use balcao::backoffice::nurture::Lists;
use balcao::domain::clock::Clock;
use balcao::domain::contact::Contact;
use balcao::domain::ids::ContactId;
use serde_json::json;

const LIST: &str = "ideias-de-projeto";

fn rita(world: &World, agreed: Option<bool>) -> Contact {
    Contact {
        name: Some("Rita {{ key }}".to_owned()),
        email: Some("rita@prado.example".to_owned()),
        phone: Some("+5511955550188".to_owned()),
        tags: vec!["vertical".to_owned(), "cold".to_owned()],
        marketing_consent: agreed,
        ..Contact::new(ContactId(world.counter.clock.new_id()), world.counter.clock.now())
    }
}

#[tokio::test]
async fn a_lead_enters_a_list_once_with_what_they_agreed_to() {
    let world = World::new().await;
    let fake = Fake::start(RdStationMarketing::default()).await;
    let lists = ConnectorLists::new(world.connector("rdstation_marketing", &fake, &RDSTATION_MARKETING));
    fake.fail("POST", "/conversions", Fault::Refuse(Answer::empty(429).with("retry-after", "1")));
    for _ in 0..2 {
        assert!(lists.enter(LIST, "interview-1", &rita(&world, Some(true))).await.unwrap());
    }
    assert!(lists.enter(LIST, "interview-2", &rita(&world, None)).await.unwrap());
    assert!(!lists.enter(LIST, "interview-3", &rita(&world, Some(false))).await.unwrap());
    let nowhere = Contact { email: None, ..rita(&world, Some(true)) };
    assert!(!lists.enter(LIST, "interview-4", &nowhere).await.unwrap());
    let basis = json!([{"category": "communications", "type": "consent", "status": "granted"}]);
    let conversion = |mailing: bool| {
        json!({
            "conversion_identifier": LIST, "email": "rita@prado.example", "name": "Rita {{ key }}",
            "mobile_phone": "+5511955550188", "tags": ["vertical", "cold"], "available_for_mailing": mailing,
        })
    };
    let mut agreed = conversion(true);
    agreed["legal_bases"] = basis;
    assert_eq!(fake.vendor.lock().unwrap().conversions, [agreed, conversion(false)]);
}

#[tokio::test]
async fn a_lost_answer_is_of_unknown_fate_and_nobody_enters_twice() {
    let world = World::new().await;
    let fake = Fake::start(RdStationMarketing::default()).await;
    let vendor = world.connector("rdstation_marketing", &fake, &RDSTATION_MARKETING);
    assert!(!vendor.tried(Capability::Nurture).await.unwrap(), "nothing can be asked without an effect");
    let lists = ConnectorLists::new(vendor);
    fake.fail("POST", "/conversions", Fault::Lose);
    for _ in 0..2 {
        let error = lists.enter(LIST, "interview-1", &rita(&world, Some(true))).await.unwrap_err();
        assert!(matches!(error, BackofficeError::Unknown(_)), "{error:?}");
    }
    assert_eq!(fake.vendor.lock().unwrap().conversions.len(), 1);
    let stranger = world.connector("rdstation_marketing", &fake, &[("api_key", "an0ther")]);
    let refused = ConnectorLists::new(stranger).enter(LIST, "interview-2", &rita(&world, None)).await;
    let told = refused.unwrap_err().to_string();
    assert!(!told.contains("an0ther") && !told.contains("rita"), "no secret, no address: {told}");
}

//! Somebody is forgotten: what vendors' CRMs have of them goes too, at once or when the vendor answers again, and what
//! nobody can delete from here is told.

use super::agenda;
use super::crm::{CrmVendor, beside, chance, lead};
use super::fakes::google::Google;
use super::fakes::hubspot::HubSpot;
use super::fakes::kommo::Kommo;
use super::fakes::pipedrive::Pipedrive;
use super::fakes::server::{Answer, Fake, Fault};
use super::support::{HUBSPOT, KOMMO, PIPEDRIVE, World};
use balcao::backoffice::agenda::Agenda;
use balcao::backoffice::connector::Connector;
use balcao::backoffice::crm::{SaveContact, SaveOpportunity};
use balcao::conversation::customers::{AtVendors, CustomerDesk, ForgetError};
use balcao::conversation::files::FileShelf;
use balcao::domain::clock::Clock;
use balcao::domain::erasure::{Erasure, Holdings, RemovalState};
use balcao::domain::ids::ContactId;
use balcao::limits::alerts::Alerts;
use balcao::store::connectors::Link;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Longer than any vendor that does not delete is left alone.
const LATER: Duration = Duration::from_secs(7 * 60 * 60);

fn desk(world: &World, connector: &Arc<Connector>) -> CustomerDesk {
    let counter = &world.counter;
    CustomerDesk {
        stores: counter.stores.clone(),
        agenda: counter.backoffice.agenda.clone(),
        connectors: BTreeMap::from([(connector.name().to_owned(), connector.clone())]),
        files: FileShelf::below(Path::new("/nowhere")),
        clock: counter.clock.clone(),
        alerts: Arc::new(Alerts::logged(counter.clock.clone())),
        kept: None,
    }
}

/// A lead with a deal that runs, one that was won, and a note; and somebody else.
async fn sold<V>(world: &World, connector: &Arc<Connector>, _vendor: &Fake<V>) -> ContactId {
    let crm = beside(world, connector.clone());
    let other = world.counter.visitor().await;
    crm.save_contact("o/1", lead(other, "davi@casa.example")).await.unwrap();
    let rita = world.counter.visitor().await;
    let request = SaveContact { phone: None, ..lead(rita, "rita@casa.example") };
    crm.save_contact("t/1", request).await.unwrap();
    crm.save_opportunity("t/2", chance(rita)).await.unwrap();
    let won = SaveOpportunity { title: "Poda".to_owned(), stage: Some("won".to_owned()), ..chance(rita) };
    crm.save_opportunity("t/3", won).await.unwrap();
    crm.add_note("t/4", rita, "Prefere a tarde.").await.unwrap();
    rita
}

/// Kind and state of everything at vendors.
fn at_vendors(erasure: &Erasure) -> Vec<(&str, RemovalState)> {
    let mut found: Vec<_> =
        erasure.removals.iter().map(|removal| (removal.kind.as_str(), removal.state)).collect();
    found.sort_by_key(|(kind, state)| (*kind, *state == RemovalState::ByHand));
    found
}

async fn is_deleted_at_the_vendor<V: CrmVendor>(
    vendor: V,
    connect: impl Fn(&World, &Fake<V>) -> Arc<Connector>,
) {
    let world = World::new().await;
    let fake = Fake::start(vendor).await;
    let connector = connect(&world, &fake);
    let rita = sold(&world, &connector, &fake).await;
    let ticket = Link {
        connector: "zendesk".to_owned(),
        kind: "ticket".to_owned(),
        local: rita.to_string(),
        remote: "35436".to_owned(),
    };
    world.counter.stores.connectors.link(&ticket, world.counter.clock.now()).await.unwrap();
    let desk = desk(&world, &connector);
    let known = desk.find(" Rita@Casa.example ").await.unwrap().expect("she is on file");
    assert_eq!(known.contact.id, rita);
    let erasure = desk.forget(rita, AtVendors::Delete, "bia").await.unwrap();
    let expected = [
        ("contact", RemovalState::Done),
        ("note", RemovalState::Done),
        ("opportunity", RemovalState::Done),
        ("opportunity", RemovalState::ByHand),
        ("ticket", RemovalState::ByHand),
    ];
    assert_eq!(at_vendors(&erasure), expected, "a sale is kept, and nobody deletes tickets from here");
    let vendor = fake.vendor.lock().unwrap();
    let people: Vec<_> = vendor.people().into_iter().filter_map(|person| person.email).collect();
    assert_eq!(people, ["davi@casa.example"]);
    let deals: Vec<String> = vendor.deals().into_iter().map(|(title, ..)| title).collect();
    assert_eq!((deals, vendor.notes().len()), (vec!["Poda".to_owned()], 0));
    drop(vendor);
    assert_eq!(desk.find("rita@casa.example").await.unwrap(), None);
    assert!(matches!(desk.forget(rita, AtVendors::Delete, "bia").await, Err(ForgetError::Unknown)));
    assert!(desk.find("davi@casa.example").await.unwrap().is_some());
}

#[tokio::test]
async fn hubspot_forgets_whom_we_forget() {
    is_deleted_at_the_vendor(HubSpot::new("pat-1"), |world, fake| world.connector("hubspot", fake, &HUBSPOT))
        .await;
}

#[tokio::test]
async fn pipedrive_forgets_whom_we_forget() {
    is_deleted_at_the_vendor(Pipedrive::default(), |world, fake| {
        world.connector("pipedrive", fake, &PIPEDRIVE)
    })
    .await;
}

#[tokio::test]
async fn what_a_vendor_has_no_call_for_or_was_to_stay_is_told() {
    let world = World::new().await;
    let kommo = Fake::start(Kommo::default()).await;
    let connector = world.connector("kommo", &kommo, &KOMMO);
    let rita = sold(&world, &connector, &kommo).await;
    let erasure = desk(&world, &connector).forget(rita, AtVendors::Delete, "bia").await.unwrap();
    let by_hand = ["contact", "note", "opportunity", "opportunity"].map(|kind| (kind, RemovalState::ByHand));
    assert_eq!(at_vendors(&erasure), by_hand);

    let world = World::new().await;
    let hubspot = Fake::start(HubSpot::new("pat-1")).await;
    let connector = world.connector("hubspot", &hubspot, &HUBSPOT);
    let rita = sold(&world, &connector, &hubspot).await;
    let erasure = desk(&world, &connector).forget(rita, AtVendors::Leave, "bia").await.unwrap();
    assert_eq!(at_vendors(&erasure), by_hand);
    assert_eq!(hubspot.vendor.lock().unwrap().people().len(), 2);
    assert_eq!(world.counter.stores.contacts.get(rita).await.unwrap(), None);
}

#[tokio::test]
async fn a_vendor_that_is_away_deletes_when_it_is_back_and_one_that_never_does_is_told() {
    let world = World::new().await;
    let fake = Fake::start(HubSpot::new("pat-1")).await;
    let connector = world.connector("hubspot", &fake, &HUBSPOT);
    let rita = sold(&world, &connector, &fake).await;
    let desk = desk(&world, &connector);
    for _ in 0..9 {
        fake.fail("DELETE", "/crm", Fault::Refuse(Answer::empty(503)));
    }
    let erasure = desk.forget(rita, AtVendors::Delete, "bia").await.unwrap();
    let waiting = |erasure: &Erasure| {
        erasure.removals.iter().filter(|removal| removal.state == RemovalState::Waiting).count()
    };
    assert_eq!(waiting(&erasure), 3, "{erasure:?}");
    assert_eq!(world.counter.stores.contacts.get(rita).await.unwrap(), None, "here she is forgotten at once");
    let erasures = &world.counter.stores.erasures;
    while !fake.is_done_failing() {
        world.counter.clock.advance(LATER);
        desk.round().await.unwrap();
    }
    world.counter.clock.advance(LATER);
    desk.round().await.unwrap();
    let after = erasures.get(erasure.id).await.unwrap().unwrap();
    assert_eq!(waiting(&after), 0, "{after:?}");
    assert_eq!(fake.vendor.lock().unwrap().people().len(), 1);

    let world = World::new().await;
    let fake = Fake::start(HubSpot::new("pat-1")).await;
    let connector = world.connector("hubspot", &fake, &HUBSPOT);
    let rita = sold(&world, &connector, &fake).await;
    fake.vendor.lock().unwrap().token = "another".to_owned();
    let desk = self::desk(&world, &connector);
    let erasure = desk.forget(rita, AtVendors::Delete, "bia").await.unwrap();
    let erasures = &world.counter.stores.erasures;
    let mut rounds = 0;
    while waiting(&erasures.get(erasure.id).await.unwrap().unwrap()) > 0 {
        world.counter.clock.advance(LATER);
        desk.round().await.unwrap();
        rounds += 1;
        assert!(rounds < 50, "it is given up at last");
    }
    let after = erasures.get(erasure.id).await.unwrap().unwrap();
    assert!(after.removals.iter().all(|removal| removal.state == RemovalState::ByHand), "{after:?}");
    assert_eq!(fake.vendor.lock().unwrap().people().len(), 2);
}

#[tokio::test]
async fn what_is_booked_is_called_off_in_the_calendar_too_or_nobody_is_forgotten() {
    let world = World::new().await;
    let fake = Fake::start(Google::new(&["marina@shop.example", "shop@shop.example"])).await;
    let agenda = Arc::new(agenda::agenda(&world, &fake));
    let ana = world.counter.by_email("ana.souza@example.com").await.id;
    let (start, service) = agenda::first_free(agenda.as_ref()).await;
    agenda.book("k/1", agenda::visit(&service, start, ana)).await.unwrap();
    let unused = world.built_in("hubspot", "http://127.0.0.1:9", &HUBSPOT);
    let desk = CustomerDesk { agenda: agenda.clone(), connectors: BTreeMap::new(), ..desk(&world, &unused) };
    let before = desk.find(&ana.to_string()).await.unwrap().unwrap().holdings;
    assert!(before.appointments > 0 && before.orders > 0, "{before:?}");

    for _ in 0..3 {
        fake.fail("DELETE", "/events", Fault::Refuse(Answer::json(503, json!({"error": {"code": 503}}))));
    }
    let refused = desk.forget(ana, AtVendors::Delete, "bia").await;
    assert!(matches!(refused, Err(ForgetError::Appointment(_))), "{refused:?}");
    assert_eq!(desk.find("ana.souza@example.com").await.unwrap().unwrap().holdings, before);
    assert!(fake.is_done_failing());

    world.counter.clock.advance(Duration::from_secs(600));
    let erasure = desk.forget(ana, AtVendors::Delete, "bia").await.unwrap();
    assert_eq!(erasure.removed, before);
    assert_eq!(agenda.appointments(ana).await.unwrap(), []);
    let left = world.counter.stores.erasures.holdings(ana).await.unwrap();
    assert_eq!(left, Holdings { orders: before.orders, ..Holdings::default() });
    let google = fake.vendor.lock().unwrap();
    let events = &google.calendars["marina@shop.example"];
    assert!(events.iter().all(|event| event["status"] == "cancelled"), "{events:?}");
}

//! Somebody is forgotten: what vendors' CRMs have of them goes too, at once or when the vendor answers again, and what
//! nobody can delete from here is told.

use super::agenda;
use super::crm::{CrmVendor, Person, beside, chance, lead};
use super::fakes::chatwoot::Chatwoot;
use super::fakes::google::Google;
use super::fakes::hubspot::HubSpot;
use super::fakes::kommo::Kommo;
use super::fakes::pipedrive::Pipedrive;
use super::fakes::server::{Answer, Fake, Fault};
use super::support::{CHATWOOT, HUBSPOT, KOMMO, PIPEDRIVE, World};
use balcao::backoffice::agenda::Agenda;
use balcao::backoffice::connector::Connector;
use balcao::backoffice::crm::{SaveContact, SaveOpportunity};
use balcao::conversation::customer_file::customer_file;
use balcao::conversation::customers::{CustomerDesk, ForgetError};
use balcao::conversation::files::FileShelf;
use balcao::domain::clock::Clock;
use balcao::domain::erasure::{AtVendors, Erasure, Holdings, RemovalState};
use balcao::domain::event::EventBody;
use balcao::domain::ids::{ContactId, ConversationId, MessageId, TurnId};
use balcao::domain::message::{Message, Role};
use balcao::domain::turn::{StopReason, Usage};
use balcao::limits::alerts::Alerts;
use balcao::store::connectors::Link;
use balcao::store::conversations::NewInbound;
use balcao::store::turns::{ClaimRequest, TurnCommit};
use jiff::SignedDuration;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// A CRM whose team closes deals.
pub trait Closing: CrmVendor {
    /// The deal of this title is won.
    fn win(&mut self, title: &str);
}

/// Longer than any vendor that does not delete is left alone.
const LATER: Duration = Duration::from_secs(7 * 60 * 60);

fn desk(world: &World, connector: &Arc<Connector>) -> CustomerDesk {
    let counter = &world.counter;
    CustomerDesk {
        stores: counter.stores.clone(),
        agenda: counter.backoffice.agenda.clone(),
        crm: beside(world, connector.clone()),
        connectors: BTreeMap::from([(connector.name().to_owned(), connector.clone())]),
        files: FileShelf::below(Path::new("/nowhere")),
        clock: counter.clock.clone(),
        alerts: Arc::new(Alerts::logged(counter.clock.clone())),
        kept: None,
        wake: Notify::new(),
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

async fn is_deleted_at_the_vendor<V: Closing>(
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
    let known = desk.find(" Rita@Casa.example ").await.unwrap();
    assert_eq!((known.len(), known[0].contact.id, known[0].is_proven), (1, rita, true));
    // Sold by the team, who tells nobody here.
    let sold = {
        let crm = beside(&world, connector.clone());
        let running = SaveOpportunity { title: "Horta".to_owned(), ..chance(rita) };
        crm.save_opportunity("t/5", running).await.unwrap();
        fake.vendor.lock().unwrap().win("Horta");
        "Horta"
    };
    let erasure = desk.forget(rita, AtVendors::Delete, "bia").await.unwrap();
    let waits = |kind: &str| {
        erasure.removals.iter().any(|one| one.kind == kind && one.state == RemovalState::Waiting)
    };
    assert!(waits("contact") && waits("note") && !waits("ticket"), "{erasure:?}");
    desk.round().await.unwrap();
    let erasure = world.counter.stores.erasures.get(erasure.id).await.unwrap().unwrap();
    let expected = [
        ("contact", RemovalState::Done),
        ("note", RemovalState::Done),
        ("opportunity", RemovalState::Done),
        ("opportunity", RemovalState::ByHand),
        ("opportunity", RemovalState::ByHand),
        ("ticket", RemovalState::ByHand),
    ];
    assert_eq!(at_vendors(&erasure), expected, "a sale is kept, and nobody deletes tickets from here");
    {
        let vendor = fake.vendor.lock().unwrap();
        let people: Vec<_> = vendor.people().into_iter().filter_map(|person| person.email).collect();
        assert_eq!(people, ["davi@casa.example"]);
        let deals: Vec<String> = vendor.deals().into_iter().map(|(title, ..)| title).collect();
        assert_eq!((deals, vendor.notes().len()), (vec!["Poda".to_owned(), sold.to_owned()], 0));
    }
    assert_eq!(desk.find("rita@casa.example").await.unwrap(), []);
    assert!(matches!(desk.forget(rita, AtVendors::Delete, "bia").await, Err(ForgetError::Unknown)));
    assert_eq!(desk.find("davi@casa.example").await.unwrap().len(), 1);
}

#[tokio::test]
async fn hubspot_forgets_whom_we_forget() {
    is_deleted_at_the_vendor(HubSpot::new("pat-1"), |world, fake| world.connector("hubspot", fake, &HUBSPOT))
        .await;
}

#[tokio::test]
async fn chatwoot_forgets_whom_we_forget_but_for_deals_whose_end_it_does_not_tell() {
    let world = World::new().await;
    let fake = Fake::start(Chatwoot::default()).await;
    let connector = world.connector("chatwoot", &fake, &CHATWOOT);
    let rita = sold(&world, &connector, &fake).await;
    let desk = desk(&world, &connector);
    let erasure = desk.forget(rita, AtVendors::Delete, "bia").await.unwrap();
    desk.round().await.unwrap();
    let erasure = world.counter.stores.erasures.get(erasure.id).await.unwrap().unwrap();
    let expected = [
        ("contact", RemovalState::Done),
        ("note", RemovalState::Done),
        ("opportunity", RemovalState::ByHand),
        ("opportunity", RemovalState::ByHand),
    ];
    assert_eq!(at_vendors(&erasure), expected);
    let vendor = fake.vendor.lock().unwrap();
    assert_eq!((vendor.people().len(), vendor.notes().len()), (1, 0));
}

/// A deal in a stage that nobody here knows may be a sale in another pipeline; one that the team made is theirs.
#[tokio::test]
async fn a_deal_that_may_be_a_sale_or_is_not_ours_is_left_to_a_person() {
    let world = World::new().await;
    let fake = Fake::start(HubSpot::new("pat-1")).await;
    let connector = world.connector("hubspot", &fake, &HUBSPOT);
    let person =
        Person { name: "Rita Lima".to_owned(), email: Some("rita@casa.example".to_owned()), phone: None };
    {
        let mut vendor = fake.vendor.lock().unwrap();
        vendor.know(&person);
        vendor.sell("Do time", 900.0);
        vendor.move_deal("Do time", "qualifiedtobuy");
    }
    let rita = sold(&world, &connector, &fake).await;
    fake.vendor.lock().unwrap().move_deal("Poda", "1084217");
    let desk = desk(&world, &connector);
    desk.forget(rita, AtVendors::Delete, "bia").await.unwrap();
    desk.round().await.unwrap();
    let deals: Vec<String> =
        fake.vendor.lock().unwrap().deals().into_iter().map(|(title, ..)| title).collect();
    assert_eq!(deals, ["Do time", "Poda"]);

    // Of somebody with more deals than are read, nobody knows which of them were closed.
    let world = World::new().await;
    let fake = Fake::start(HubSpot::new("pat-1")).await;
    let connector = world.connector("hubspot", &fake, &HUBSPOT);
    let rita = sold(&world, &connector, &fake).await;
    for number in 0..20 {
        fake.vendor.lock().unwrap().sell(&format!("Antigo {number}"), 1.0);
    }
    let desk = self::desk(&world, &connector);
    desk.forget(rita, AtVendors::Delete, "bia").await.unwrap();
    desk.round().await.unwrap();
    assert_eq!(fake.vendor.lock().unwrap().deals().len(), 22);
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
    desk.round().await.unwrap();
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
    let before = desk.find(&ana.to_string()).await.unwrap()[0].holdings;
    assert!(before.appointments > 0 && before.orders > 0, "{before:?}");

    for _ in 0..3 {
        fake.fail("DELETE", "/events", Fault::Refuse(Answer::json(503, json!({"error": {"code": 503}}))));
    }
    let refused = desk.forget(ana, AtVendors::Delete, "bia").await;
    assert!(matches!(refused, Err(ForgetError::Appointment(_))), "{refused:?}");
    assert_eq!(desk.find("ana.souza@example.com").await.unwrap()[0].holdings, before);
    assert!(fake.is_done_failing());

    world.counter.clock.advance(Duration::from_secs(600));
    let erasure = desk.forget(ana, AtVendors::Delete, "bia").await.unwrap();
    assert_eq!(erasure.removed, before);
    assert_eq!(agenda.appointments(ana).await.unwrap(), []);
    assert_eq!(world.counter.stores.erasures.holdings(ana).await.unwrap(), Holdings::default());
    let google = fake.vendor.lock().unwrap();
    let events = &google.calendars["marina@shop.example"];
    assert!(events.iter().all(|event| event["status"] == "cancelled"), "{events:?}");
}

#[tokio::test]
async fn who_comes_back_before_a_vendor_has_deleted_them_keeps_their_new_record() {
    let world = World::new().await;
    let fake = Fake::start(HubSpot::new("pat-1")).await;
    let connector = world.connector("hubspot", &fake, &HUBSPOT);
    let rita = sold(&world, &connector, &fake).await;
    let desk = desk(&world, &connector);
    let erasure = desk.forget(rita, AtVendors::Delete, "bia").await.unwrap();
    // Nothing was deleted yet when she writes again.
    let again = world.counter.visitor().await;
    let request = SaveContact { phone: None, ..lead(again, "rita@casa.example") };
    desk.crm.save_contact("t2/1", request).await.unwrap();
    desk.round().await.unwrap();
    let after = world.counter.stores.erasures.get(erasure.id).await.unwrap().unwrap();
    let contact = after.removals.iter().find(|removal| removal.kind == "contact").unwrap();
    assert_eq!(contact.state, RemovalState::ByHand);
    assert_eq!(fake.vendor.lock().unwrap().people().len(), 2);
}

#[tokio::test]
async fn a_handle_that_only_stands_in_a_conversation_is_shown_as_that() {
    let world = World::new().await;
    let unused = world.built_in("hubspot", "http://127.0.0.1:9", &HUBSPOT);
    let desk = desk(&world, &unused);
    let stores = &world.counter.stores;
    let visitor = world.counter.visitor().await;
    let [conversation] = stores.erasures.conversations_of(visitor).await.unwrap()[..] else { panic!("one") };
    let now = world.counter.clock.now();
    let message = Message::new(
        MessageId(world.counter.clock.new_id()),
        Role::Customer,
        "meu e-mail é ana.souza@example.com".to_owned(),
        now,
    );
    let inbound = NewInbound {
        conversation,
        channel: "web".to_owned(),
        external_id: "1".to_owned(),
        message,
        due_at: None,
    };
    stores.conversations.accept(inbound).await.unwrap();
    let ana = world.counter.by_email("ana.souza@example.com").await.id;
    let found = desk.find("ana.souza@example.com").await.unwrap();
    let shown: Vec<(ContactId, bool)> = found.iter().map(|one| (one.contact.id, one.is_proven)).collect();
    assert_eq!(shown, [(ana, true), (visitor, false)]);
    desk.forget(visitor, AtVendors::Delete, "bia").await.unwrap();
    assert_eq!(desk.find("ana.souza@example.com").await.unwrap().len(), 1);
}

/// What a browser had booked before its visitor proved who they are is theirs too.
#[tokio::test]
async fn what_was_kept_before_somebody_was_known_is_found_handed_over_and_forgotten() {
    let world = World::new().await;
    let unused = world.built_in("hubspot", "http://127.0.0.1:9", &HUBSPOT);
    let desk = desk(&world, &unused);
    let stores = &world.counter.stores;
    let visitor = world.counter.visitor().await;
    let (start, service) = agenda::first_free(desk.agenda.as_ref()).await;
    desk.agenda.book("k/1", agenda::visit(&service, start, visitor)).await.unwrap();
    let [conversation] = stores.erasures.conversations_of(visitor).await.unwrap()[..] else { panic!("one") };
    let ana = world.counter.by_email("ana.souza@example.com").await.id;
    let now = world.counter.clock.now();
    let message =
        Message::new(MessageId(world.counter.clock.new_id()), Role::Customer, "sou a Ana".to_owned(), now);
    let inbound = NewInbound {
        conversation,
        channel: "web".to_owned(),
        external_id: "1".to_owned(),
        message,
        due_at: Some(now),
    };
    stores.conversations.accept(inbound).await.unwrap();
    let request = ClaimRequest {
        worker: "test".to_owned(),
        turn: TurnId(world.counter.clock.new_id()),
        now,
        lease_until: now + SignedDuration::from_secs(60),
    };
    let claim = stores.turns.claim(conversation, &request).await.unwrap().unwrap();
    let proven = TurnCommit {
        contact: Some(ana),
        events: vec![EventBody::TurnFinished { stop_reason: StopReason::Answered, usage: Usage::default() }],
        ..TurnCommit::default()
    };
    stores.turns.commit(&claim, proven, now).await.unwrap();

    let found = desk.find("ana.souza@example.com").await.unwrap();
    let shown: Vec<(ContactId, bool)> = found.iter().map(|one| (one.contact.id, one.is_proven)).collect();
    assert_eq!(shown, [(ana, true), (visitor, true)]);
    let file = customer_file(stores, ana).await.unwrap().unwrap();
    assert_eq!(file["before_they_were_known"][0]["appointments"].as_array().unwrap().len(), 1, "{file}");
    desk.forget(ana, AtVendors::Delete, "bia").await.unwrap();
    for gone in [ana, visitor] {
        assert_eq!(stores.contacts.get(gone).await.unwrap(), None);
        assert_eq!(stores.erasures.holdings(gone).await.unwrap(), Holdings::default());
    }
    assert_eq!(agenda::first_free(desk.agenda.as_ref()).await.0, start, "the time is free again");
}

#[tokio::test]
async fn files_whose_conversation_is_gone_are_swept() {
    let world = World::new().await;
    let unused = world.built_in("hubspot", "http://127.0.0.1:9", &HUBSPOT);
    let data = tempfile::tempdir().unwrap();
    let files = FileShelf::below(data.path());
    let desk = CustomerDesk { files: files.clone(), ..desk(&world, &unused) };
    let visitor = world.counter.visitor().await;
    let [conversation] = world.counter.stores.erasures.conversations_of(visitor).await.unwrap()[..] else {
        panic!("one")
    };
    let gone = ConversationId(world.counter.clock.new_id());
    for conversation in [conversation, gone] {
        files.keep(conversation, b"abc".to_vec()).await.unwrap();
    }
    desk.sweep().await.unwrap();
    let there = || std::fs::read_dir(data.path().join("files")).unwrap().count();
    assert_eq!(there(), 2, "one that is being opened may have files already");
    world.counter.clock.advance(Duration::from_secs(20 * 365 * 86_400));
    desk.sweep().await.unwrap();
    assert_eq!(there(), 1);

    // A database that knows none of them is not the one that they belong to.
    let other = World::new().await;
    let unused = other.built_in("hubspot", "http://127.0.0.1:9", &HUBSPOT);
    for _ in 0..4 {
        files.keep(ConversationId(other.counter.clock.new_id()), b"abc".to_vec()).await.unwrap();
    }
    let before = there();
    assert!(before > 3);
    other.counter.clock.advance(Duration::from_secs(20 * 365 * 86_400));
    CustomerDesk { files, ..self::desk(&other, &unused) }.sweep().await.unwrap();
    assert_eq!(there(), before);
}

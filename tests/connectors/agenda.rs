//! An agenda with calendars of a vendor's: what is busy there is not offered, what is booked is written there once.

use super::fakes::calcom::Calcom;
use super::fakes::google::Google;
use super::fakes::server::{Answer, Fake, Fault};
use super::support::{CALCOM, World};
use balcao::backoffice::agenda::{Agenda, Book, Reschedule, SlotQuery};
use balcao::backoffice::connector::agenda::Calendars;
use balcao::backoffice::mirrored::MirroredAgenda;
use balcao::backoffice::{Backoffice, BackofficeError};
use balcao::config::settings::Settings;
use balcao::conversation::news::{NewsDesk, Reminding};
use balcao::domain::clock::Clock;
use balcao::domain::contact::{Identity, IdentityKind};
use balcao::domain::ids::ConversationId;
use balcao::domain::language::Language;
use balcao::limits::alerts::Alerts;
use balcao::prompts::Prompts;
use balcao::store::connectors::Link;
use balcao::store::conversations::NewConversation;
use jiff::SignedDuration;
use jiff::civil::{DateTime, date};
use serde_json::json;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

/// The key file of an account that there is nowhere, with a key that nothing else uses.
fn key_file() -> String {
    let key = include_str!("fakes/service_account.pem");
    json!({"client_email": "desk@shop.iam.gserviceaccount.com", "private_key": key, "private_key_id": "k1"})
        .to_string()
}

pub fn agenda(world: &World, fake: &Fake<Google>) -> MirroredAgenda {
    let file = key_file();
    let values = [("service_account", file.as_str()), ("calendars", "marina=marina@shop.example")];
    let vendor = world.connector("google_calendar", fake, &values);
    world.agenda(vendor, Calendars::read("marina=marina@shop.example", "shop@shop.example").unwrap())
}

/// The first time that Marina has, and what she is booked for.
pub async fn first_free(agenda: &dyn Agenda) -> (DateTime, String) {
    let services = agenda.services().await.unwrap();
    let marina =
        agenda.professionals().await.unwrap().into_iter().find(|person| person.id == "marina").unwrap();
    let offers = |id: &String| marina.services.is_empty() || marina.services.contains(id);
    let service = services.iter().find(|service| offers(&service.id)).unwrap();
    let query = SlotQuery {
        service: service.id.clone(),
        professional: Some("marina".to_owned()),
        from: Some(date(2026, 11, 25).at(0, 0, 0, 0)),
        until: None,
        limit: 1,
    };
    (agenda.list_slots(query).await.unwrap()[0].start.datetime(), service.id.clone())
}

/// What every agenda owes, whoever keeps it.
pub async fn contract(world: &World, agenda: &dyn Agenda) {
    let ana = world.counter.by_email("ana.souza@example.com").await.id;
    let stranger = world.counter.by_email("bruno.carvalho@example.com").await.id;
    let (start, service) = first_free(agenda).await;
    let booked = agenda.book("k/1", visit(&service, start, ana)).await.unwrap();
    assert_eq!(booked.start.datetime(), start);
    let code = booked.appointment.code.clone();
    let again = agenda.book("k/1", visit(&service, start, ana)).await.unwrap();
    assert_eq!(again.appointment.id, booked.appointment.id, "a repeated call");
    match agenda.book("k/2", visit(&service, start, stranger)).await {
        Err(BackofficeError::Conflict { alternatives, .. }) => {
            assert!(
                !alternatives.is_empty() && alternatives.iter().all(|slot| slot.start.datetime() != start)
            );
        }
        other => panic!("booked twice: {other:?}"),
    }
    let (next, _) = first_free(agenda).await;
    assert!(next > start, "what is booked is not offered");
    let to = |contact| Reschedule { reference: code.clone(), contact, start: next, professional: None };
    for nobodys in [
        agenda.reschedule("k/3", to(stranger)).await.map(drop),
        agenda.cancel("k/4", &code, stranger).await.map(drop),
    ] {
        assert!(matches!(nobodys, Err(BackofficeError::NotFound { .. })), "{nobodys:?}");
    }
    for _ in 0..2 {
        assert_eq!(agenda.reschedule("k/5", to(ana)).await.unwrap().start.datetime(), next);
    }
    let standing = async || {
        let all = agenda.appointments(ana).await.unwrap();
        all.into_iter()
            .filter(|own| own.appointment.code == code)
            .map(|own| own.start.datetime())
            .collect::<Vec<_>>()
    };
    assert_eq!(standing().await, [next]);
    assert_eq!(first_free(agenda).await.0, start, "where it was is free again");
    for _ in 0..2 {
        agenda.cancel("k/6", &code, ana).await.unwrap();
    }
    assert!(standing().await.is_empty());
    let again = agenda.book("k/7", visit(&service, next, stranger)).await.unwrap();
    assert_eq!(again.start.datetime(), next, "and so is where it stood last");
}

#[tokio::test]
async fn every_agenda_keeps_the_contract() {
    let world = World::new().await;
    contract(&world, &*world.counter.backoffice.agenda.clone()).await;
    let world = World::new().await;
    let fake = Fake::start(Google::new(&["marina@shop.example", "shop@shop.example"])).await;
    contract(&world, &agenda(&world, &fake)).await;
    let world = World::new().await;
    let fake = Fake::start(Calcom::default()).await;
    contract(&world, &calcom(&world, &fake)).await;
}

#[tokio::test]
async fn a_booking_is_written_once_moved_and_taken_out() {
    let world = World::new().await;
    let fake = Fake::start(Google::new(&["marina@shop.example", "shop@shop.example"])).await;
    let agenda = agenda(&world, &fake);
    let ana = world.counter.by_email("ana.souza@example.com").await.id;
    let (start, service) = first_free(&agenda).await;
    let request = Book {
        service,
        professional: Some("marina".to_owned()),
        start,
        contact: ana,
        notes: "trazer fotos".to_owned(),
    };
    fake.fail("POST", "/events", Fault::Lose);
    let booked = agenda.book("t/c1", request.clone()).await.unwrap();
    assert_eq!(agenda.book("t/c1", request.clone()).await.unwrap().appointment.id, booked.appointment.id);
    let events = fake.vendor.lock().unwrap().standing("marina@shop.example");
    assert_eq!(events.len(), 1, "{events:?}");
    assert!(events[0]["summary"].as_str().unwrap().ends_with("Ana Souza"));
    assert_eq!(events[0]["start"]["timeZone"], "America/Sao_Paulo");
    let (next, _) = first_free(&agenda).await;
    assert!(next > start, "what is booked is not offered");

    let moved = Reschedule {
        reference: booked.appointment.code.clone(),
        contact: ana,
        start: next,
        professional: None,
    };
    // Somebody writes into the event between reading and writing: it is read once more, and what they wrote stays.
    for event in fake.vendor.lock().unwrap().calendars.get_mut("marina@shop.example").unwrap() {
        event["description"] = json!("Traz o laudo.");
    }
    fake.fail("PATCH", "/events/", Fault::Refuse(Answer::empty(412)));
    agenda.reschedule("t/c2", moved).await.unwrap();
    let writes = fake.asked_of("PATCH", "/events/");
    assert_eq!(writes.len(), 2);
    assert!(writes.iter().all(|write| write.header("if-match").is_some()), "{writes:?}");
    let events = fake.vendor.lock().unwrap().standing("marina@shop.example");
    assert_eq!(events.len(), 1);
    let at: jiff::Timestamp = events[0]["start"]["dateTime"].as_str().unwrap().parse().unwrap();
    assert_eq!(at.to_zoned(agenda.zone.clone()).datetime(), next);
    assert_eq!(events[0]["description"], "Traz o laudo.");

    agenda.cancel("t/c3", &booked.appointment.code, ana).await.unwrap();
    agenda.cancel("t/c3", &booked.appointment.code, ana).await.unwrap();
    assert!(fake.vendor.lock().unwrap().standing("marina@shop.example").is_empty());
    assert_eq!(first_free(&agenda).await.0, start);
    assert_eq!(fake.vendor.lock().unwrap().tokens, 1, "one token for all calls");
}

#[tokio::test]
async fn a_move_whose_answer_was_lost_is_not_taken_back_while_nobody_can_look() {
    let world = World::new().await;
    let fake = Fake::start(Google::new(&["marina@shop.example", "shop@shop.example"])).await;
    let agenda = agenda(&world, &fake);
    let ana = world.counter.by_email("ana.souza@example.com").await.id;
    let (start, service) = first_free(&agenda).await;
    let booked = agenda.book("t/c1", visit(&service, start, ana)).await.unwrap();
    let (next, _) = first_free(&agenda).await;
    let code = booked.appointment.code.clone();
    let to = Reschedule { reference: code.clone(), contact: ana, start: next, professional: None };
    fake.fail("PATCH", "/events/", Fault::Lose);
    for _ in 0..2 {
        fake.fail("PATCH", "/events/", Fault::Refuse(Answer::empty(503)));
    }
    // Read once before the move; behind it the vendor is away.
    fake.fail("GET", "/events/", Fault::Pass);
    for _ in 0..3 {
        fake.fail("GET", "/events/", Fault::Refuse(Answer::empty(503)));
    }
    let unknown = agenda.reschedule("t/c2", to.clone()).await;
    assert!(matches!(unknown, Err(BackofficeError::Unknown(_))), "{unknown:?}");
    assert!(fake.is_done_failing());
    // It was moved over there, and so it is here; the same call finds that out.
    let told = agenda.appointments(ana).await.unwrap();
    let told = told.iter().find(|told| told.appointment.code == code).unwrap();
    assert_eq!(told.start.datetime(), next);
    assert_eq!(agenda.reschedule("t/c2", to).await.unwrap().start.datetime(), next);
}

#[tokio::test]
async fn what_people_write_into_the_calendar_counts() {
    let world = World::new().await;
    let fake = Fake::start(Google::new(&["marina@shop.example", "shop@shop.example"])).await;
    let agenda = agenda(&world, &fake);
    let ana = world.counter.by_email("ana.souza@example.com").await.id;
    let (start, service) = first_free(&agenda).await;
    let zoned = start.to_zoned(agenda.zone.clone()).unwrap();
    let hour_later = zoned.timestamp() + jiff::SignedDuration::from_hours(1);
    fake.vendor.lock().unwrap().occupy(
        "marina@shop.example",
        &zoned.timestamp().to_string(),
        &hour_later.to_string(),
    );
    let request =
        Book { service, professional: Some("marina".to_owned()), start, contact: ana, notes: String::new() };
    let taken = agenda.book("t/c1", request.clone()).await;
    match taken {
        Err(BackofficeError::Conflict { alternatives, .. }) => {
            assert!(!alternatives.is_empty());
            assert!(
                alternatives.iter().all(|slot| slot.start.timestamp() >= hour_later || slot.end <= zoned)
            );
        }
        other => panic!("{other:?}"),
    }
    let (free, _) = first_free(&agenda).await;
    let booked = agenda.book("t/c2", Book { start: free, ..request }).await.unwrap();
    // Somebody moves it, then takes it out.
    {
        let mut google = fake.vendor.lock().unwrap();
        let events = google.calendars.get_mut("marina@shop.example").unwrap();
        let own = events.iter_mut().find(|event| event["id"] != "byhand").unwrap();
        own["start"] = json!({"dateTime": "2026-11-27T17:00:00Z"});
        own["end"] = json!({"dateTime": "2026-11-27T18:00:00Z"});
    }
    let told = agenda.appointments(ana).await.unwrap();
    let told = told.iter().find(|told| told.appointment.id == booked.appointment.id).unwrap();
    assert_eq!(told.start.datetime(), date(2026, 11, 27).at(14, 0, 0, 0));
    // A guest moves it where clocks are changed twice a year, which in São Paulo they are not any more.
    for (at, offset, local) in
        [("2027-02-10T12:00:00", "-05:00", (2, 10, 14)), ("2027-07-14T12:00:00", "-04:00", (7, 14, 13))]
    {
        {
            let mut google = fake.vendor.lock().unwrap();
            let events = google.calendars.get_mut("marina@shop.example").unwrap();
            let own = events.iter_mut().find(|event| event["id"] != "byhand").unwrap();
            let zone = "America/New_York";
            own["start"] = json!({"dateTime": format!("{at}{offset}"), "timeZone": zone});
            own["end"] =
                json!({"dateTime": format!("{}{offset}", at.replace("T12", "T13")), "timeZone": zone});
        }
        let told = agenda.appointments(ana).await.unwrap();
        let told = told.iter().find(|told| told.appointment.id == booked.appointment.id).unwrap();
        assert_eq!(told.start.datetime(), date(2027, local.0, local.1).at(local.2, 0, 0, 0));
    }
    for event in fake.vendor.lock().unwrap().calendars.get_mut("marina@shop.example").unwrap() {
        event["status"] = json!("cancelled");
    }
    let told = agenda.appointments(ana).await.unwrap();
    assert!(told.iter().all(|told| told.appointment.id != booked.appointment.id));
}

#[tokio::test]
async fn a_time_that_somebody_takes_between_the_look_and_the_booking_is_theirs() {
    let world = World::new().await;
    let fake = Fake::start(Google::new(&["marina@shop.example", "shop@shop.example"])).await;
    let agenda = agenda(&world, &fake);
    let ana = world.counter.by_email("ana.souza@example.com").await.id;
    let (start, service) = first_free(&agenda).await;
    let begin = start.to_zoned(agenda.zone.clone()).unwrap().timestamp();
    let end = begin + SignedDuration::from_mins(30);
    fake.vendor.lock().unwrap().meanwhile = Some((begin.to_string(), end.to_string()));
    let request =
        Book { service, professional: Some("marina".to_owned()), start, contact: ana, notes: String::new() };
    let taken = agenda.book("t/c1", request.clone()).await;
    assert!(matches!(taken, Err(BackofficeError::Conflict { .. })), "{taken:?}");
    let standing = fake.vendor.lock().unwrap().standing("marina@shop.example");
    assert_eq!(standing.len(), 1, "theirs alone: {standing:#?}");
    assert_eq!(standing[0]["id"], "byhand");
    assert!(agenda.appointments(ana).await.unwrap().iter().all(|one| one.start.datetime() != start));
    // Nobody takes the next one, and a calendar that cannot tell leaves it as it is.
    let (free, _) = first_free(&agenda).await;
    assert!(free != start);
    fake.fail("GET", "/events", Fault::Refuse(Answer::json(400, json!({"error": {"message": "no"}}))));
    let booked = agenda.book("t/c2", Book { start: free, ..request }).await.unwrap();
    assert_eq!(booked.start.datetime(), free);
    assert_eq!(fake.vendor.lock().unwrap().standing("marina@shop.example").len(), 2);
}

#[tokio::test]
async fn a_time_that_somebody_takes_between_the_look_and_the_move_is_theirs() {
    let world = World::new().await;
    let fake = Fake::start(Google::new(&["marina@shop.example", "shop@shop.example"])).await;
    let agenda = agenda(&world, &fake);
    let ana = world.counter.by_email("ana.souza@example.com").await.id;
    let (start, service) = first_free(&agenda).await;
    let request =
        Book { service, professional: Some("marina".to_owned()), start, contact: ana, notes: String::new() };
    let booked = agenda.book("t/c1", request).await.unwrap();
    let (wanted, _) = first_free(&agenda).await;
    let begin = wanted.to_zoned(agenda.zone.clone()).unwrap().timestamp();
    let end = begin + SignedDuration::from_mins(30);
    fake.vendor.lock().unwrap().meanwhile = Some((begin.to_string(), end.to_string()));
    let reference = booked.appointment.code.clone();
    let request = Reschedule { reference, contact: ana, start: wanted, professional: None };
    let taken = agenda.reschedule("t/m1", request.clone()).await;
    assert!(matches!(taken, Err(BackofficeError::Conflict { .. })), "{taken:?}");
    let told = agenda.appointments(ana).await.unwrap();
    assert!(told.iter().any(|one| one.start.datetime() == start), "where it was: {told:#?}");
    let stands = |events: &[serde_json::Value]| {
        let own = events.iter().find(|event| event["id"] != "byhand").unwrap();
        let start: jiff::Timestamp = own["start"]["dateTime"].as_str().unwrap().parse().unwrap();
        start.to_zoned(agenda.zone.clone()).datetime()
    };
    let standing = fake.vendor.lock().unwrap().standing("marina@shop.example");
    assert_eq!((standing.len(), stands(&standing)), (2, start), "{standing:#?}");
    // Nobody takes the next one.
    let (free, _) = first_free(&agenda).await;
    assert!(free != wanted);
    let moved = agenda.reschedule("t/m2", Reschedule { start: free, ..request }).await.unwrap();
    assert_eq!(moved.start.datetime(), free);
    assert_eq!(stands(&fake.vendor.lock().unwrap().standing("marina@shop.example")), free);
}

#[tokio::test]
async fn a_calendar_that_cannot_be_asked_offers_nothing_and_a_refused_entry_undoes_the_booking() {
    let world = World::new().await;
    let fake = Fake::start(Google::new(&["marina@shop.example", "shop@shop.example"])).await;
    let agenda = agenda(&world, &fake);
    let ana = world.counter.by_email("ana.souza@example.com").await.id;
    let (start, service) = first_free(&agenda).await;
    let request =
        Book { service, professional: Some("marina".to_owned()), start, contact: ana, notes: String::new() };
    let limited = json!({"error": {"message": "slow down", "errors": [{"reason": "rateLimitExceeded"}]}});
    fake.fail("POST", "/events", Fault::Refuse(Answer::json(400, json!({"error": {"message": "no"}}))));
    let refused = agenda.book("t/c1", request.clone()).await;
    assert!(matches!(refused, Err(BackofficeError::Invalid { .. })), "{refused:?}");
    assert_eq!(first_free(&agenda).await.0, start, "the time is free again");
    // A limit that Google tells with 403 is waited for.
    fake.fail("POST", "/freeBusy", Fault::Refuse(Answer::json(403, limited)));
    assert_eq!(first_free(&agenda).await.0, start);
    // A calendar that is not there is told inside a 200: nothing may look free.
    fake.vendor.lock().unwrap().calendars.remove("marina@shop.example");
    let query = SlotQuery {
        service: request.service.clone(),
        professional: Some("marina".to_owned()),
        from: None,
        until: None,
        limit: 3,
    };
    let blind = agenda.list_slots(query).await;
    assert!(matches!(blind, Err(BackofficeError::Unavailable(_))), "{blind:?}");
}

fn calcom(world: &World, fake: &Fake<Calcom>) -> MirroredAgenda {
    let values: Vec<_> = CALCOM.into_iter().chain([("lengths", "several")]).collect();
    world.agenda(world.connector("calcom", fake, &values), Calendars::read("", "31").unwrap())
}

pub fn visit(service: &str, start: DateTime, contact: balcao::domain::ids::ContactId) -> Book {
    let professional = Some("marina".to_owned());
    Book { service: service.to_owned(), professional, start, contact, notes: String::new() }
}

#[tokio::test]
async fn at_calcom_a_booking_is_made_moved_and_cancelled_once_though_its_id_changes_and_answers_are_lost() {
    let world = World::new().await;
    let fake = Fake::start(Calcom::default()).await;
    let agenda = calcom(&world, &fake);
    let ana = world.counter.by_email("ana.souza@example.com").await.id;
    let (start, service) = first_free(&agenda).await;
    fake.fail("GET", "/slots", Fault::Refuse(Answer::empty(429).with("retry-after", "1")));
    fake.fail("POST", "/bookings", Fault::Lose);
    let booked = agenda.book("t/c1", visit(&service, start, ana)).await.unwrap();
    assert_eq!(
        agenda.book("t/c1", visit(&service, start, ana)).await.unwrap().appointment.id,
        booked.appointment.id
    );
    let standing = fake.vendor.lock().unwrap().standing();
    assert_eq!(standing.len(), 1, "{standing:?}");
    assert_eq!(standing[0]["attendees"][0]["name"], "Ana Souza");
    let at: jiff::Timestamp = standing[0]["start"].as_str().unwrap().parse().unwrap();
    assert_eq!(at.to_zoned(agenda.zone.clone()).datetime(), start);

    let (next, _) = first_free(&agenda).await;
    assert!(next > start, "what is booked is not offered");
    let code = booked.appointment.code.clone();
    let to = |start| Reschedule { reference: code.clone(), contact: ana, start, professional: None };
    fake.fail("POST", "/reschedule", Fault::Lose);
    agenda.reschedule("t/c2", to(next)).await.unwrap();
    // Once more: the booking has another id by now.
    let (later, _) = first_free(&agenda).await;
    agenda.reschedule("t/c3", to(later)).await.unwrap();
    let standing = fake.vendor.lock().unwrap().standing();
    assert_eq!(standing.len(), 1, "{standing:?}");
    assert_eq!(standing[0]["uid"], "bk3");

    // Somebody moves it over there: the appointment follows, and so does what is done next.
    let by_hand: jiff::Timestamp = "2026-11-27T17:00:00Z".parse().unwrap();
    assert_eq!(fake.vendor.lock().unwrap().reschedule("bk3", by_hand).status, 201);
    let told = agenda.appointments(ana).await.unwrap();
    let told = told.iter().find(|told| told.appointment.id == booked.appointment.id).unwrap();
    assert_eq!(told.start.datetime(), date(2026, 11, 27).at(14, 0, 0, 0));
    fake.fail("POST", "/cancel", Fault::Lose);
    agenda.cancel("t/c4", &code, ana).await.unwrap();
    agenda.cancel("t/c4", &code, ana).await.unwrap();
    assert!(fake.vendor.lock().unwrap().standing().is_empty());
    assert!(fake.is_done_failing());
}

/// Two looks at the calendars, as far apart as they are.
async fn two_looks(world: &World, desk: &NewsDesk) {
    for _ in 0..2 {
        world.counter.clock.advance(Duration::from_secs(300));
        desk.appointments().await.unwrap();
    }
}

#[tokio::test]
async fn calendars_are_compared_and_the_team_s_changes_told_once() {
    let world = World::new().await;
    let fake = Fake::start(Calcom::default()).await;
    let stores = &world.counter.stores;
    let ana = world.counter.by_email("ana.souza@example.com").await.id;
    let now = || world.counter.clock.now();
    let opening = NewConversation {
        id: ConversationId(world.counter.clock.new_id()),
        channel: "web".to_owned(),
        identity: Identity { kind: IdentityKind::WebVisitor, value: "visitor".to_owned() },
        contact: ana,
        name: None,
        language: Language::Portuguese,
        token_hash: None,
        metadata: serde_json::Map::new(),
        at: now(),
    };
    let conversation = stores.conversations.open(opening).await.unwrap().id;
    let settings = Settings::load(None, &Vec::new()).unwrap();
    let hours = settings.channels.whatsapp.unasked_hours;
    let desk = NewsDesk {
        stores: stores.clone(),
        backoffice: Backoffice {
            agenda: Arc::new(calcom(&world, &fake)),
            ..world.counter.backoffice.clone()
        },
        connectors: BTreeMap::new(),
        prompts: Arc::new(Prompts::load(None).unwrap()),
        pushed: HashSet::new(),
        alerts: Arc::new(Alerts::logged(world.counter.clock.clone())),
        clock: world.counter.clock.clone(),
        timezone: calcom(&world, &fake).zone,
        reminding: Arc::new(Reminding::new(&settings.reminders, hours, calcom(&world, &fake).zone)),
    };
    let agenda = calcom(&world, &fake);
    let standing = async || {
        let far = now() + SignedDuration::from_hours(24 * 365);
        stores.backoffice.appointments_between(now(), far).await.unwrap()
    };
    // Booked before there was a calendar: nobody took them out of it.
    let before = standing().await;
    assert!(before.len() > 3, "the demo shop has appointments");
    two_looks(&world, &desk).await;
    for own in &before {
        let told = agenda.appointments(own.contact).await.unwrap();
        assert!(told.iter().any(|told| told.appointment.id == own.id), "{} stands", own.code);
    }
    for number in 0..6 {
        let (start, service) = first_free(&agenda).await;
        let booked = agenda.book(&format!("t/{number}"), visit(&service, start, ana)).await.unwrap();
        let (connector, kind) = ("news".to_owned(), "appointment".to_owned());
        let link = Link { connector, kind, local: conversation.to_string(), remote: booked.appointment.code };
        stores.connectors.link(&link, now()).await.unwrap();
    }
    let told = async || {
        let messages = stores.conversations.messages(conversation, 0, 99).await.unwrap();
        messages.into_iter().map(|(_, message)| message.text).collect::<Vec<_>>()
    };
    two_looks(&world, &desk).await;
    assert_eq!((told().await, standing().await.len()), (Vec::new(), before.len() + 6));

    let by_hand: jiff::Timestamp = "2026-12-16T17:00:00Z".parse().unwrap();
    assert_eq!(fake.vendor.lock().unwrap().reschedule("bk1", by_hand).status, 201);
    world.counter.clock.advance(Duration::from_secs(300));
    desk.appointments().await.unwrap();
    assert_eq!(told().await, Vec::<String>::new(), "seen once, and not believed yet");
    two_looks(&world, &desk).await;
    two_looks(&world, &desk).await;
    let [moved] = told().await.try_into().unwrap();
    assert!(moved.contains("16/12") && moved.contains("14:00"), "{moved}");
    assert!(standing().await.iter().any(|own| own.start == by_hand), "the own agenda follows");

    let take_out = |uid: &str| {
        let mut vendor = fake.vendor.lock().unwrap();
        vendor.bookings.iter_mut().find(|booking| booking["uid"] == uid).unwrap()["status"] =
            json!("cancelled");
    };
    take_out("bk2");
    two_looks(&world, &desk).await;
    let [_, gone] = told().await.try_into().unwrap();
    assert!(gone.contains("cancelado"), "{gone}");
    assert_eq!(standing().await.len(), before.len() + 5);

    // Most of them at once: that is another calendar.
    for gone in ["bk3", "bk4", "bk5", "bk6"] {
        take_out(gone);
    }
    two_looks(&world, &desk).await;
    assert_eq!((told().await.len(), standing().await.len()), (2, before.len() + 5));
}

#[tokio::test]
async fn at_calcom_what_is_taken_is_not_offered_and_refusals_undo_the_booking() {
    let world = World::new().await;
    let fake = Fake::start(Calcom::default()).await;
    let agenda = calcom(&world, &fake);
    let ana = world.counter.by_email("ana.souza@example.com").await.id;
    let (start, service) = first_free(&agenda).await;
    let zoned = start.to_zoned(agenda.zone.clone()).unwrap().timestamp();
    // Taken between the question and the booking: the vendor refuses, and nothing is left behind.
    let taken = json!({"status": "error", "error": {"code": "BadRequestException",
        "message": "User either already has booking at this time or is not available"}});
    fake.fail("POST", "/bookings", Fault::Refuse(Answer::json(400, taken)));
    let refused = agenda.book("t/c1", visit(&service, start, ana)).await;
    assert!(matches!(refused, Err(BackofficeError::Conflict { .. })), "{refused:?}");
    assert_eq!(first_free(&agenda).await.0, start, "the time is free again");
    // A connected calendar holds something.
    let hour = jiff::SignedDuration::from_hours(1);
    fake.vendor.lock().unwrap().occupied.push((zoned, zoned + hour));
    assert!(first_free(&agenda).await.0 >= (zoned + hour).to_zoned(agenda.zone.clone()).datetime());
    // A booking that somebody cancelled over there is one no more.
    let (free, _) = first_free(&agenda).await;
    let booked = agenda.book("t/c2", visit(&service, free, ana)).await.unwrap();
    fake.vendor.lock().unwrap().bookings[0]["status"] = json!("cancelled");
    let told = agenda.appointments(ana).await.unwrap();
    assert!(told.iter().all(|told| told.appointment.id != booked.appointment.id));
    // Nothing may look free where nothing is known.
    fake.fail("GET", "/slots", Fault::Refuse(Answer::empty(500)));
    fake.fail("GET", "/slots", Fault::Refuse(Answer::empty(500)));
    fake.fail("GET", "/slots", Fault::Refuse(Answer::empty(500)));
    let query =
        SlotQuery { service, professional: Some("marina".to_owned()), from: None, until: None, limit: 3 };
    assert!(matches!(agenda.list_slots(query).await, Err(BackofficeError::Unavailable(_))));
}

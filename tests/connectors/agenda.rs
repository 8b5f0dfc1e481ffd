//! An agenda with calendars of a vendor's: what is busy there is not offered, what is booked is written there once.

use super::fakes::google::Google;
use super::fakes::server::{Answer, Fake, Fault};
use super::support::World;
use balcao::backoffice::BackofficeError;
use balcao::backoffice::agenda::{Agenda, Book, Reschedule, SlotQuery};
use balcao::backoffice::connector::agenda::Calendars;
use balcao::backoffice::mirrored::MirroredAgenda;
use jiff::civil::{DateTime, date};
use serde_json::json;

/// The key file of an account that there is nowhere, with a key that nothing else uses.
fn key_file() -> String {
    let key = include_str!("fakes/service_account.pem");
    json!({"client_email": "desk@shop.iam.gserviceaccount.com", "private_key": key, "private_key_id": "k1"})
        .to_string()
}

fn agenda(world: &World, fake: &Fake<Google>) -> MirroredAgenda {
    let file = key_file();
    let values = [("service_account", file.as_str()), ("calendars", "marina=marina@shop.example")];
    let vendor = world.connector("google_calendar", fake, &values);
    world.agenda(vendor, Calendars::read("marina=marina@shop.example", "shop@shop.example").unwrap())
}

/// The first time that Marina has, and what she is booked for.
async fn first_free(agenda: &MirroredAgenda) -> (DateTime, String) {
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
    agenda.reschedule("t/c2", moved).await.unwrap();
    let events = fake.vendor.lock().unwrap().standing("marina@shop.example");
    assert_eq!(events.len(), 1);
    let at: jiff::Timestamp = events[0]["start"]["dateTime"].as_str().unwrap().parse().unwrap();
    assert_eq!(at.to_zoned(agenda.zone.clone()).datetime(), next);

    agenda.cancel("t/c3", &booked.appointment.code, ana).await.unwrap();
    agenda.cancel("t/c3", &booked.appointment.code, ana).await.unwrap();
    assert!(fake.vendor.lock().unwrap().standing("marina@shop.example").is_empty());
    assert_eq!(first_free(&agenda).await.0, start);
    assert_eq!(fake.vendor.lock().unwrap().tokens, 1, "one token for all calls");
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
    for event in fake.vendor.lock().unwrap().calendars.get_mut("marina@shop.example").unwrap() {
        event["status"] = json!("cancelled");
    }
    let told = agenda.appointments(ana).await.unwrap();
    assert!(told.iter().all(|told| told.appointment.id != booked.appointment.id));
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

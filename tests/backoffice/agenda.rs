//! Booking on a real database: what is listed can be booked, races have one winner, refusals offer other times.

use super::support::Counter;
use balcao::backoffice::BackofficeError;
use balcao::backoffice::agenda::{Book, Reschedule, Slot, SlotQuery};
use balcao::domain::agenda::AppointmentStatus;
use balcao::domain::ids::ContactId;
use jiff::civil::{DateTime, date};
use std::collections::HashSet;
use std::time::Duration;

fn query(service: &str) -> SlotQuery {
    SlotQuery { service: service.to_owned(), professional: None, from: None, until: None, limit: 200 }
}

fn book(service: &str, professional: &str, start: DateTime, contact: ContactId) -> Book {
    let professional = (!professional.is_empty()).then(|| professional.to_owned());
    Book { service: service.to_owned(), professional, start, contact, notes: String::new() }
}

fn starts(slots: &[Slot]) -> Vec<String> {
    slots.iter().map(|slot| format!("{} {}", slot.start.strftime("%m-%d %H:%M"), slot.professional)).collect()
}

#[tokio::test]
async fn lists_free_times_of_whoever_is_free_first() {
    let counter = Counter::demo().await;
    let agenda = &counter.backoffice.agenda;
    let slots = agenda.list_slots(SlotQuery { limit: 3, ..query("replantio") }).await.unwrap();
    // It is Monday, 10:10; an hour's notice; Caio does not work on Mondays.
    assert_eq!(starts(&slots), ["11-23 11:30 iara", "11-23 12:00 iara", "11-23 12:30 iara"]);
    assert_eq!(slots[0].end.timestamp().duration_since(slots[0].start.timestamp()).as_secs(), 30 * 60);
    assert_eq!(slots[0].start.time_zone().iana_name(), Some("America/Sao_Paulo"));

    let at_home = agenda.list_slots(SlotQuery { limit: 1, ..query("manutencao") }).await.unwrap();
    assert_eq!(starts(&at_home), ["11-24 09:00 caio"], "services at home need a business day of notice");

    let marina = SlotQuery {
        professional: Some("Marina Tavares".to_owned()),
        from: Some(date(2026, 11, 24).at(0, 0, 0, 0)),
        until: Some(date(2026, 11, 25).at(0, 0, 0, 0)),
        ..query("Consultoria de jardinagem online")
    };
    // She has 10:00-10:45 and 11:00-12:30 on Tuesday.
    let listed = starts(&agenda.list_slots(marina).await.unwrap());
    assert_eq!(listed[..2], ["11-24 09:00 marina", "11-24 13:00 marina"]);
}

#[tokio::test]
async fn every_listed_time_can_be_booked_and_is_gone_then() {
    let counter = Counter::demo().await;
    let agenda = &counter.backoffice.agenda;
    let contact = counter.visitor().await;
    let day = SlotQuery {
        from: Some(date(2026, 11, 28).at(0, 0, 0, 0)),
        until: Some(date(2026, 11, 29).at(0, 0, 0, 0)),
        professional: Some("iara".to_owned()),
        ..query("diagnostico")
    };
    let mut booked = HashSet::new();
    while let Some(slot) = agenda.list_slots(SlotQuery { limit: 1, ..day.clone() }).await.unwrap().pop() {
        let key = format!("key {}", slot.start);
        let start = slot.start.datetime();
        assert!(booked.insert(start), "listed again although booked: {start}");
        let done = agenda.book(&key, book("diagnostico", "iara", start, contact)).await.unwrap();
        assert_eq!((done.start, done.end), (slot.start, slot.end));
    }
    // Saturday 9 to 13, half an hour each and a pause between: 9:00, 10:00, 11:00, 12:00.
    assert_eq!(booked.len(), 4);
    assert_eq!(agenda.appointments(contact).await.unwrap().len(), 4);
}

#[tokio::test]
async fn a_race_for_one_time_has_one_winner() {
    let counter = Counter::demo().await;
    let start = date(2026, 11, 26).at(14, 0, 0, 0);
    let mut attempts = tokio::task::JoinSet::new();
    for number in 0..8 {
        let systems = if number % 2 == 0 { &counter.backoffice } else { &counter.elsewhere };
        let (agenda, contact) = (systems.agenda.clone(), counter.visitor().await);
        attempts.spawn(async move {
            agenda.book(&format!("key {number}"), book("replantio", "caio", start, contact)).await
        });
    }
    let results = attempts.join_all().await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    for refused in results.into_iter().filter_map(Result::err) {
        let BackofficeError::Conflict { reason, alternatives } = refused else { panic!("{refused:?}") };
        assert_eq!(reason, "that time is taken");
        assert_eq!(starts(&alternatives), ["11-26 12:30 caio", "11-26 13:00 caio", "11-26 15:00 caio"]);
    }
    let instant = start.in_tz("America/Sao_Paulo").unwrap().timestamp();
    let until = instant.checked_add(jiff::SignedDuration::from_mins(1)).unwrap();
    let standing = counter.stores.backoffice.appointments_between(instant, until).await.unwrap();
    assert_eq!(standing.iter().filter(|appointment| appointment.professional == "caio").count(), 1);
}

#[tokio::test]
async fn without_preference_a_second_customer_gets_another_professional() {
    let counter = Counter::demo().await;
    let agenda = &counter.backoffice.agenda;
    let start = date(2026, 11, 26).at(14, 0, 0, 0);
    let mut with = HashSet::new();
    for number in 0..3 {
        let contact = counter.visitor().await;
        let done = agenda.book(&format!("k{number}"), book("replantio", "", start, contact)).await.unwrap();
        with.insert(done.professional.id);
    }
    assert_eq!(with.len(), 3);
    let contact = counter.visitor().await;
    let refused = agenda.book("k9", book("replantio", "", start, contact)).await;
    assert!(
        matches!(refused, Err(BackofficeError::Conflict { alternatives, .. }) if alternatives.len() == 3)
    );
}

#[tokio::test]
async fn a_repeated_call_books_once_even_after_the_notice_has_run_out() {
    let counter = Counter::demo().await;
    let agenda = &counter.backoffice.agenda;
    let contact = counter.visitor().await;
    let request = book("replantio", "iara", date(2026, 11, 23).at(11, 30, 0, 0), contact);
    let first = agenda.book("turn/call_1_0", request.clone()).await.unwrap();
    counter.clock.advance(Duration::from_secs(30 * 60));
    let replayed = agenda.book("turn/call_1_0", request.clone()).await.unwrap();
    assert_eq!(replayed, first);
    let twice = agenda.book("turn/call_2_0", request).await;
    assert!(
        matches!(&twice, Err(BackofficeError::Conflict { reason, .. }) if reason.contains(&first.appointment.code)),
        "{twice:?}"
    );
    assert_eq!(agenda.appointments(contact).await.unwrap().len(), 1);
}

#[tokio::test]
async fn moving_and_calling_off_are_for_the_owner_and_happen_once() {
    let counter = Counter::demo().await;
    let agenda = &counter.backoffice.agenda;
    let (owner, stranger) = (counter.visitor().await, counter.visitor().await);
    let booked = agenda
        .book("k1", book("replantio", "caio", date(2026, 11, 26).at(14, 0, 0, 0), owner))
        .await
        .unwrap();
    let code = booked.appointment.code.clone();
    let to = |contact, start: DateTime| Reschedule {
        reference: format!(" {} ", code.to_lowercase()),
        contact,
        start,
        professional: None,
    };

    let later = date(2026, 11, 26).at(14, 30, 0, 0);
    let strange = agenda.reschedule("k2", to(stranger, later)).await;
    assert!(matches!(strange, Err(BackofficeError::NotFound { .. })));
    assert!(matches!(agenda.cancel("k3", &code, stranger).await, Err(BackofficeError::NotFound { .. })));
    let sunday = agenda.reschedule("k4", to(owner, date(2026, 11, 29).at(10, 0, 0, 0))).await;
    let Err(BackofficeError::Conflict { reason, alternatives }) = sunday else { panic!("{sunday:?}") };
    assert_eq!(reason, "closed on that day");
    assert_eq!(starts(&alternatives), ["11-28 11:30 caio", "11-28 12:00 caio", "11-28 12:30 caio"]);

    let moved = agenda.reschedule("k5", to(owner, later)).await.unwrap();
    assert_eq!(
        (moved.start.datetime(), moved.appointment.id),
        (later, booked.appointment.id),
        "its own time is no obstacle"
    );
    assert_eq!(agenda.reschedule("k5", to(owner, later)).await.unwrap(), moved);

    let cancelled = agenda.cancel("k6", &moved.appointment.id.to_string(), owner).await.unwrap();
    assert_eq!(cancelled.appointment.status, AppointmentStatus::Cancelled);
    assert_eq!(agenda.cancel("k7", &code, owner).await.unwrap(), cancelled);
    assert!(matches!(agenda.reschedule("k8", to(owner, later)).await, Err(BackofficeError::Conflict { .. })));
    assert!(agenda.appointments(owner).await.unwrap().is_empty());
    let free = agenda.book("k9", book("replantio", "caio", later, stranger)).await;
    assert!(free.is_ok(), "the time is free again");
}

#[tokio::test]
async fn names_that_fit_nothing_or_several_are_told_apart() {
    let counter = Counter::demo().await;
    let agenda = &counter.backoffice.agenda;
    let unknown = agenda.list_slots(query("massagem")).await;
    assert!(
        matches!(&unknown, Err(BackofficeError::NotFound { what }) if what.contains("Oficina de terrários"))
    );
    let several = agenda.list_slots(query("consultoria")).await;
    assert!(matches!(several, Err(BackofficeError::Invalid { field: "service", .. })));
    assert!(agenda.list_slots(query("TERRARIOS")).await.is_ok());
    let nobody = SlotQuery { professional: Some("Zé".to_owned()), ..query("replantio") };
    assert!(matches!(agenda.list_slots(nobody).await, Err(BackofficeError::NotFound { .. })));
    let day = date(2026, 11, 24).at(9, 0, 0, 0);
    let backwards = SlotQuery { from: Some(day), until: Some(day), ..query("replantio") };
    assert!(matches!(
        agenda.list_slots(backwards).await,
        Err(BackofficeError::Invalid { field: "until", .. })
    ));
}

#[tokio::test]
async fn what_has_begun_cannot_be_changed() {
    let counter = Counter::demo().await;
    let agenda = &counter.backoffice.agenda;
    let owner = counter.visitor().await;
    let booked = agenda
        .book("k1", book("replantio", "iara", date(2026, 11, 23).at(11, 30, 0, 0), owner))
        .await
        .unwrap();
    counter.clock.advance(Duration::from_secs(80 * 60));
    let code = &booked.appointment.code;
    assert!(matches!(agenda.cancel("k2", code, owner).await, Err(BackofficeError::Conflict { .. })));
    assert_eq!(agenda.appointments(owner).await.unwrap().len(), 1, "it is not over yet");
    counter.clock.advance(Duration::from_secs(30 * 60));
    assert!(agenda.appointments(owner).await.unwrap().is_empty());
}

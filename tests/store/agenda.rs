//! Appointments: one at a time per professional, whoever asks and however often.

use super::support::{Bench, on_every_store};
use balcao::domain::agenda::{Appointment, AppointmentStatus};
use balcao::store::backoffice::{EffectKey, ImportRows};
use balcao::store::error::StoreError;
use std::time::Duration;

on_every_store!(
    a_taken_time_is_refused_and_a_free_one_booked,
    an_appointment_moves_under_the_same_rule,
    of_many_who_want_the_same_time_one_gets_it,
    one_effect_asked_for_many_times_happens_once,
    imported_appointments_take_their_time_too,
);

const HOUR: Duration = Duration::from_secs(3600);

fn key(name: &str) -> EffectKey {
    EffectKey(name.to_owned())
}

async fn appointment(bench: &Bench, hour: u32) -> Appointment {
    Appointment {
        id: bench.record_id(),
        code: format!("A{hour}"),
        professional: "marina".to_owned(),
        service: "consultoria".to_owned(),
        contact: bench.saved_contact("Ana").await.id,
        start: bench.later(HOUR * hour),
        end: bench.later(HOUR * (hour + 1)),
        status: AppointmentStatus::Booked,
        notes: "trazer fotos".to_owned(),
    }
}

async fn a_taken_time_is_refused_and_a_free_one_booked(bench: Bench) {
    let backoffice = &bench.stores.backoffice;
    let ten = appointment(&bench, 10).await;
    assert_eq!(backoffice.book(&key("1"), &ten).await.unwrap(), ten);
    let half = Duration::from_secs(1800);
    let mut overlapping = appointment(&bench, 10).await;
    overlapping.start = bench.later(HOUR * 10 + half);
    overlapping.end = bench.later(HOUR * 11 + half);
    assert!(matches!(backoffice.book(&key("2"), &overlapping).await, Err(StoreError::Conflict(_))));
    // A refused effect may be tried again under the same key.
    let eleven = appointment(&bench, 11).await;
    backoffice.book(&key("2"), &eleven).await.unwrap();
    overlapping.professional = "otto".to_owned();
    backoffice.book(&key("3"), &overlapping).await.unwrap();
    let backwards = Appointment { end: bench.now(), ..appointment(&bench, 20).await };
    assert!(matches!(backoffice.book(&key("4"), &backwards).await, Err(StoreError::Conflict(_))));

    let day = backoffice.appointments_between(bench.later(HOUR * 11), bench.later(HOUR * 12)).await.unwrap();
    assert_eq!(day, [overlapping, eleven.clone()]);
    let of = backoffice.appointments_of(eleven.contact, bench.later(HOUR * 11)).await.unwrap();
    assert_eq!(of, std::slice::from_ref(&eleven));
    assert_eq!(backoffice.appointments_of(eleven.contact, eleven.end).await.unwrap(), []);
}

async fn an_appointment_moves_under_the_same_rule(bench: Bench) {
    let backoffice = &bench.stores.backoffice;
    let (ten, twelve) = (appointment(&bench, 10).await, appointment(&bench, 12).await);
    backoffice.book(&key("1"), &ten).await.unwrap();
    backoffice.book(&key("2"), &twelve).await.unwrap();
    let at = |hour: u32| bench.later(HOUR * hour);
    let taken = backoffice.move_appointment(&key("3"), ten.id, "marina", at(12), at(13)).await;
    assert!(matches!(taken, Err(StoreError::Conflict(_))));
    // Over its own old time it may move.
    let half = Duration::from_secs(1800);
    let (start, end) = (bench.later(HOUR * 10 + half), bench.later(HOUR * 11 + half));
    let moved = backoffice.move_appointment(&key("4"), ten.id, "marina", start, end).await.unwrap();
    assert_eq!(moved, Appointment { start, end, ..ten.clone() });
    let again = backoffice.move_appointment(&key("4"), ten.id, "marina", at(20), at(21)).await.unwrap();
    assert_eq!(again, moved);

    let cancelled = backoffice.cancel_appointment(&key("5"), ten.id).await.unwrap();
    assert_eq!(cancelled, Appointment { status: AppointmentStatus::Cancelled, ..moved });
    let gone = backoffice.move_appointment(&key("6"), ten.id, "marina", at(20), at(21)).await;
    assert!(matches!(gone, Err(StoreError::Conflict(_))));
    backoffice.book(&key("7"), &appointment(&bench, 10).await).await.unwrap();
    assert_eq!(backoffice.appointments_of(ten.contact, bench.now()).await.unwrap(), [cancelled]);
    let nobody = bench.record_id();
    let missing = backoffice.cancel_appointment(&key("8"), nobody).await;
    assert!(matches!(missing, Err(StoreError::NotFound)));
    let missing = backoffice.move_appointment(&key("8"), nobody, "marina", at(1), at(2)).await;
    assert!(matches!(missing, Err(StoreError::NotFound)));
}

async fn of_many_who_want_the_same_time_one_gets_it(bench: Bench) {
    let mut tasks = tokio::task::JoinSet::new();
    for index in 0..20 {
        let wanted = appointment(&bench, 10).await;
        let backoffice = bench.stores.backoffice.clone();
        tasks.spawn(async move { backoffice.book(&key(&index.to_string()), &wanted).await });
    }
    let outcomes = tasks.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    let refused = outcomes.iter().filter(|outcome| matches!(outcome, Err(StoreError::Conflict(_))));
    assert_eq!(refused.count(), 19);
    let all =
        bench.stores.backoffice.appointments_between(bench.now(), bench.later(HOUR * 24)).await.unwrap();
    assert_eq!(all.len(), 1);
}

async fn one_effect_asked_for_many_times_happens_once(bench: Bench) {
    let wanted = appointment(&bench, 10).await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (backoffice, wanted) = (bench.stores.backoffice.clone(), wanted.clone());
        tasks.spawn(async move { backoffice.book(&key("turn:call_1_0"), &wanted).await });
    }
    for outcome in tasks.join_all().await {
        assert_eq!(outcome.unwrap(), wanted);
    }
    let reused = bench.stores.backoffice.cancel_appointment(&key("turn:call_1_0"), wanted.id).await;
    assert!(matches!(reused, Err(StoreError::Conflict(_))));
}

async fn imported_appointments_take_their_time_too(bench: Bench) {
    let ten = appointment(&bench, 10).await;
    let rows = ImportRows { appointments: vec![ten], ..ImportRows::default() };
    bench.stores.backoffice.import(rows).await.unwrap();
    let taken = bench.stores.backoffice.book(&key("1"), &appointment(&bench, 10).await).await;
    assert!(matches!(taken, Err(StoreError::Conflict(_))));
}

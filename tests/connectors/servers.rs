//! Connectors against real servers: CalDAV against Radicale, tickets against Redmine.

use super::support::World;
use super::tickets;
use crate::support::servers::{Radicale, Redmine};
use balcao::backoffice::BackofficeError;
use balcao::backoffice::agenda::{Agenda, Book, Reschedule, SlotQuery};
use balcao::backoffice::calendar::{Entry, Guest, OutsideCalendar};
use balcao::backoffice::connector::agenda::{Calendars, ConnectorCalendar};
use balcao::backoffice::mirrored::MirroredAgenda;
use balcao::domain::clock::Clock;
use balcao::domain::ids::RecordId;
use jiff::civil::date;
const VALUES: [(&str, &str); 3] = [("user", "desk"), ("password", "s3cret"), ("calendar", "desk/agenda")];

fn agenda(world: &World, radicale: &Radicale) -> MirroredAgenda {
    let vendor = world.built_in("caldav", &radicale.url, &VALUES);
    world.agenda(vendor, Calendars::read("", "desk/agenda").unwrap())
}

#[tokio::test]
async fn a_real_calendar_server_keeps_what_is_booked_and_blocks_what_is_busy() {
    let Some(radicale) = Radicale::start().await else { return };
    let world = World::new().await;
    let agenda = agenda(&world, &radicale);
    let ana = world.counter.by_email("ana.souza@example.com").await.id;
    let service = agenda.services().await.unwrap()[0].id.clone();
    let free = async |agenda: &MirroredAgenda| {
        let query = SlotQuery {
            service: service.clone(),
            professional: Some("marina".to_owned()),
            from: Some(date(2026, 11, 25).at(0, 0, 0, 0)),
            until: None,
            limit: 1,
        };
        agenda.list_slots(query).await.unwrap()[0].start.datetime()
    };
    let first = free(&agenda).await;
    // Somebody's own entry takes three hours away.
    let until = first.checked_add(jiff::Span::new().hours(3)).unwrap();
    let written = |at: jiff::civil::DateTime| at.strftime("%Y%m%dT%H%M%S").to_string();
    radicale.write("byhand", &written(first), &written(until)).await;
    let after = free(&agenda).await;
    assert!(after >= until, "{after}");
    let request = Book {
        service: service.clone(),
        professional: Some("marina".to_owned()),
        start: first,
        contact: ana,
        notes: "Vaso; grande, \"cru\"\nsegunda linha: ção".to_owned(),
    };
    let taken = agenda.book("t/c0", request.clone()).await;
    assert!(matches!(taken, Err(BackofficeError::Conflict { .. })), "{taken:?}");
    let booked = agenda.book("t/c1", Book { start: after, ..request.clone() }).await.unwrap();
    agenda.book("t/c1", Book { start: after, ..request }).await.unwrap();
    let id = booked.appointment.id.0.simple();
    let path = format!("desk/agenda/{id}.ics");
    let kept = radicale.ask("GET", &path).send().await.unwrap().text().await.unwrap();
    assert!(kept.contains("Ana Souza") && kept.contains("Vaso\\; grande\\,"), "{kept}");

    // The team adds a guest and a reminder: they stay when the customer moves it.
    let added = "ATTENDEE:mailto:socia@shop.example\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:x\r\n\
                 TRIGGER:-PT30M\r\nEND:VALARM\r\nEND:VEVENT";
    let with_guest = kept.replacen("END:VEVENT", added, 1);
    let put = radicale.ask("PUT", &path).header("content-type", "text/calendar").body(with_guest);
    assert!(put.send().await.unwrap().status().is_success());
    let next = free(&agenda).await;
    let moved = Reschedule {
        reference: booked.appointment.code.clone(),
        contact: ana,
        start: next,
        professional: None,
    };
    agenda.reschedule("t/c2", moved).await.unwrap();
    let told = agenda.appointments(ana).await.unwrap();
    assert!(told.iter().any(|told| told.start.datetime() == next), "{told:?}");
    let kept = radicale.ask("GET", &path).send().await.unwrap().text().await.unwrap();
    for line in ["ATTENDEE:mailto:socia@shop.example", "TRIGGER:-PT30M", "Ana Souza", "Vaso\\; grande\\,"] {
        assert!(kept.contains(line), "{line}: {kept}");
    }
    // Somebody moves it by hand, in a zone: the agenda follows.
    radicale.write(&id.to_string(), "20261127T140000", "20261127T144500").await;
    let told = agenda.appointments(ana).await.unwrap();
    let followed = told.iter().find(|told| told.appointment.id == booked.appointment.id).unwrap();
    assert_eq!(followed.start.datetime(), date(2026, 11, 27).at(14, 0, 0, 0));
    agenda.cancel("t/c3", &booked.appointment.code, ana).await.unwrap();
    assert_eq!(radicale.ask("GET", &path).send().await.unwrap().status(), 404);
    // Somebody takes one out by hand: it is not told any more.
    let start = free(&agenda).await;
    let again = Book {
        service: service.clone(),
        professional: Some("marina".to_owned()),
        start,
        contact: ana,
        notes: String::new(),
    };
    let booked = agenda.book("t/c4", again).await.unwrap();
    let path = format!("desk/agenda/{}.ics", booked.appointment.id.0.simple());
    assert!(radicale.ask("DELETE", &path).send().await.unwrap().status().is_success());
    let told = agenda.appointments(ana).await.unwrap();
    assert!(told.iter().all(|told| told.appointment.id != booked.appointment.id));
}

#[tokio::test]
async fn a_real_calendar_server_keeps_the_contract() {
    let Some(radicale) = Radicale::start().await else { return };
    let world = World::new().await;
    super::agenda::contract(&world, &agenda(&world, &radicale)).await;
}

#[tokio::test]
async fn a_real_redmine_keeps_the_contract() {
    let Some(redmine) = Redmine::start().await else { return };
    let world = World::new().await;
    let values = [("api_key", redmine.key.as_str()), ("project_id", "loja")];
    let desk = tickets::desk(&world, world.built_in("redmine", &redmine.url, &values));
    let status = |status: &str| if status == "solved" { 3 } else { 5 };
    let solved = tickets::contract(&world, &*desk, async |number, told, note| {
        redmine.team(number, status(told), note).await;
    })
    .await;
    redmine.team(solved.0, status("closed"), None).await;
    tickets::assert_closed(&*desk, solved).await;
    assert_eq!(redmine.issues().await.len(), 2, "nothing was opened twice");
}

#[tokio::test]
async fn a_real_calendar_server_tells_whose_a_time_is_that_was_booked_twice() {
    let Some(radicale) = Radicale::start().await else { return };
    let world = World::new().await;
    let calendar = ConnectorCalendar::new(
        world.built_in("caldav", &radicale.url, &VALUES),
        Calendars::read("", "desk/agenda").unwrap(),
        agenda(&world, &radicale).zone,
        world.counter.clock.clone(),
    );
    radicale.write("byhand", "20261127T140000", "20261127T150000").await;
    let at = |hour: i8| {
        date(2026, 11, 27).at(hour, 0, 0, 0).to_zoned(agenda(&world, &radicale).zone).unwrap().timestamp()
    };
    let entry = |hour: i8| Entry {
        id: RecordId(world.counter.clock.new_id()),
        professional: "marina".to_owned(),
        title: "Replantio".to_owned(),
        description: String::new(),
        location: String::new(),
        start: at(hour),
        end: at(hour + 1),
        guest: Guest::default(),
    };
    let (taken, free, own) = (entry(14), entry(15), entry(15));
    let lost = calendar.write("t/1", &taken).await;
    assert!(matches!(lost, Err(BackofficeError::Conflict { .. })), "{lost:?}");
    assert!(!radicale.events().await.contains(&taken.id.0.simple().to_string()), "theirs stays alone");
    calendar.write("t/2", &free).await.unwrap();
    // What this program wrote itself is told apart by its own agenda.
    calendar.write("t/3", &own).await.unwrap();
}

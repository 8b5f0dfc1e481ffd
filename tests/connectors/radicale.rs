//! CalDAV against a real server, Radicale, where `BALCAO_TEST_SERVERS` says in which folder its package lies;
//! `./dev test` sees to that.

use super::support::World;
use balcao::backoffice::BackofficeError;
use balcao::backoffice::agenda::{Agenda, Book, Reschedule, SlotQuery};
use balcao::backoffice::connector::agenda::Calendars;
use balcao::backoffice::mirrored::MirroredAgenda;
use jiff::civil::date;
use reqwest::{Client, Method};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// A running Radicale with one calendar.
struct Radicale {
    url: String,
    process: Child,
    _folder: TempDir,
}

impl Radicale {
    /// Starts one; `None` if it is not installed, which is said.
    #[expect(clippy::print_stderr, reason = "whoever runs the tests is to know what they leave out")]
    async fn start() -> Option<Self> {
        let Some(packages) = std::env::var_os("BALCAO_TEST_SERVERS") else {
            eprintln!("LEFT OUT: BALCAO_TEST_SERVERS does not say where Radicale is; ./dev test sets it");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("users"), "desk:s3cret\n").unwrap();
        // Bound and let go: the server takes no socket from outside.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new("python3")
            .env("PYTHONPATH", packages)
            .args(["-m", "radicale", "--config", ""])
            .args(["--server-hosts", &format!("127.0.0.1:{port}")])
            .args(["--auth-type", "htpasswd", "--auth-htpasswd-encryption", "plain"])
            .arg("--auth-htpasswd-filename")
            .arg(folder.path().join("users"))
            .arg("--storage-filesystem-folder")
            .arg(folder.path().join("collections"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let radicale = Self { url: format!("http://127.0.0.1:{port}"), process, _folder: folder };
        let made = async {
            loop {
                let calendar = radicale.ask("MKCALENDAR", "desk/agenda").send().await;
                if let Ok(answer) = calendar {
                    assert_eq!(answer.status(), 201);
                    break;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), made).await.expect("Radicale starts");
        Some(radicale)
    }

    fn ask(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        Client::new().request(method, format!("{}/{path}", self.url)).basic_auth("desk", Some("s3cret"))
    }

    /// Somebody writes into the calendar by hand, in a zone of their own.
    async fn write(&self, name: &str, start: &str, end: &str) {
        let zone = "BEGIN:VTIMEZONE\r\nTZID:America/Sao_Paulo\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n\
                    TZOFFSETFROM:-0300\r\nTZOFFSETTO:-0300\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n";
        let event = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//by hand//\r\n{zone}BEGIN:VEVENT\r\nUID:{name}\r\n\
             DTSTAMP:20261101T000000Z\r\nDTSTART;TZID=America/Sao_Paulo:{start}\r\n\
             DTEND;TZID=America/Sao_Paulo:{end}\r\nSUMMARY:Dentista\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        );
        let answer = self.ask("PUT", &format!("desk/agenda/{name}.ics")).body(event).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
    }
}

impl Drop for Radicale {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn agenda(world: &World, radicale: &Radicale) -> MirroredAgenda {
    let values = [("user", "desk"), ("password", "s3cret"), ("calendar", "desk/agenda")];
    let vendor = world.built_in("caldav", &radicale.url, &values);
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

//! The contract of a help desk, over the embedded one and every connector; and what only a vendor can do wrong.

use super::fakes::chatwoot::Chatwoot;
use super::fakes::freshdesk::Freshdesk;
use super::fakes::glpi::Glpi;
use super::fakes::redmine::Redmine;
use super::fakes::server::{Answer, Fake, Fault, Vendor};
use super::fakes::zendesk::Zendesk;
use super::support::{CHATWOOT, FRESHDESK, GLPI, REDMINE, World, ZENDESK, setting};
use crate::support::whatsapp::until;
use balcao::backoffice::BackofficeError;
use balcao::backoffice::connector::Connector;
use balcao::backoffice::connector::Fault as Outcome;
use balcao::backoffice::connector::shelf;
use balcao::backoffice::connector::tickets::ConnectorTickets;
use balcao::backoffice::crm::SaveContact;
use balcao::backoffice::tickets::{NewTicket, Priority, Tickets};
use balcao::config::load::Places;
use balcao::domain::clock::Clock;
use balcao::domain::ids::ContactId;
use balcao::domain::ticket::{TicketComment, TicketStatus};
use balcao::store::backoffice::ImportRows;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub fn desk(world: &World, vendor: Arc<Connector>) -> Arc<dyn Tickets> {
    Arc::new(ConnectorTickets::new(
        vendor,
        world.counter.stores.contacts.clone(),
        world.counter.clock.clone(),
    ))
}

async fn person(world: &World, name: &str, email: &str) -> ContactId {
    let visitor = world.counter.visitor().await;
    let request = SaveContact {
        name: Some(name.to_owned()),
        email: Some(email.to_owned()),
        ..SaveContact::of(visitor)
    };
    world.counter.backoffice.crm.save_contact("k", request).await.unwrap();
    visitor
}

fn broken_pot(contact: ContactId) -> NewTicket {
    NewTicket {
        contact,
        subject: "Vaso\nquebrado".to_owned(),
        description: "Chegou quebrado. \"Ignore tudo\" {{ key }} <b>".to_owned(),
        category: "troca devolucao".to_owned(),
        priority: Priority::High,
    }
}

/// What every help desk owes; `team` is what its people do over there. Returns a ticket that was solved, and whose.
pub async fn contract(
    world: &World,
    desk: &dyn Tickets,
    team: impl AsyncFn(i64, &str, Option<(&str, bool)>),
) -> (i64, ContactId) {
    let (ana, bruno) = (
        person(world, "Ana Lima", "ana@novo.example").await,
        person(world, "Bruno", "bruno@novo.example").await,
    );
    let opened = desk.create("turn/call_1", broken_pot(ana)).await.unwrap();
    assert_eq!(opened.subject, "Vaso quebrado", "a subject is one line");
    assert_eq!(opened.status, TicketStatus::Open);
    let again = desk.create("turn/call_1", broken_pot(ana)).await.unwrap();
    assert_eq!(again.number, opened.number, "a repeated call");
    let other = desk.create("turn/call_2", broken_pot(ana)).await.unwrap();
    assert_ne!(other.number, opened.number);

    let read = desk.status(opened.number, ana).await.unwrap();
    assert_eq!((read.subject.as_str(), read.status), ("Vaso quebrado", TicketStatus::Open));
    assert_eq!(read.description, "Chegou quebrado. \"Ignore tudo\" {{ key }} <b>", "free text stays text");
    for number in [opened.number, 999_999] {
        let strange = desk.status(number, bruno).await;
        assert!(matches!(strange, Err(BackofficeError::NotFound { .. })), "{strange:?}");
        let strange = desk.comment("k", number, bruno, "oi").await;
        assert!(matches!(strange, Err(BackofficeError::NotFound { .. })), "{strange:?}");
    }
    assert_eq!(desk.list(ana).await.unwrap().len(), 2);
    assert!(desk.list(bruno).await.unwrap().is_empty());

    desk.comment("turn/call_3", opened.number, ana, " Ainda não chegou. ").await.unwrap();
    let commented = desk.comment("turn/call_3", opened.number, ana, "Ainda não chegou.").await.unwrap();
    assert_eq!(commented.comments.len(), 1, "a repeated call: {:?}", commented.comments);
    assert!(commented.comments[0].text.contains("Ainda não chegou."));
    let empty = desk.comment("k2", opened.number, ana, " \n ").await;
    assert!(matches!(empty, Err(BackofficeError::Invalid { field: "text", .. })));

    team(opened.number, "solved", Some(("Enviamos outro hoje.", true))).await;
    team(opened.number, "solved", Some(("cliente difícil", false))).await;
    let answered = desk.status(opened.number, ana).await.unwrap();
    assert_eq!(answered.status, TicketStatus::Solved);
    let last = answered.comments.last().unwrap();
    assert_eq!((last.author.as_str(), last.text.as_str()), ("team", "Enviamos outro hoje."));
    assert!(
        answered.comments.iter().all(|comment| !comment.text.contains("difícil")),
        "internal notes stay inside"
    );
    (opened.number, ana)
}

/// What a help desk owes that closes tickets for good.
pub async fn assert_closed(desk: &dyn Tickets, (number, contact): (i64, ContactId)) {
    let closed = desk.comment("k3", number, contact, "oi").await;
    assert!(matches!(closed, Err(BackofficeError::Conflict { .. })), "{closed:?}");
}

/// A word that never arrived is not taken for the same word of an hour before.
async fn assert_tells_twins_apart<V: Vendor>(
    name: &str,
    vendor: V,
    values: &[(&str, &str)],
    (method, path): (&str, &str),
) {
    let world = World::new().await;
    let fake = Fake::start(vendor).await;
    let desk = desk(&world, world.connector(name, &fake, values));
    let ana = person(&world, "Ana", "ana@gemeas.example").await;
    let number = desk.create("t/c1", broken_pot(ana)).await.unwrap().number;
    desk.comment("t/c2", number, ana, "oi").await.unwrap();
    world.counter.clock.advance(Duration::from_secs(3_600));
    fake.fail(method, path, Fault::Drop);
    let unknown = desk.comment("t/c3", number, ana, "oi").await;
    assert!(matches!(unknown, Err(BackofficeError::Unknown(_))), "{name}: {unknown:?}");
    assert!(fake.is_done_failing());
    assert_eq!(desk.status(number, ana).await.unwrap().comments.len(), 1, "{name}");
}

#[tokio::test]
async fn a_word_that_never_arrived_is_not_taken_for_an_older_one() {
    assert_tells_twins_apart("zendesk", Zendesk::new(), &ZENDESK, ("PUT", "/tickets")).await;
    assert_tells_twins_apart("redmine", Redmine::new(), &REDMINE, ("PUT", "/issues")).await;
    assert_tells_twins_apart("freshdesk", Freshdesk::default(), &FRESHDESK, ("POST", "/notes")).await;
    assert_tells_twins_apart("chatwoot", Chatwoot::default(), &CHATWOOT, ("POST", "/messages")).await;
    assert_tells_twins_apart("glpi", Glpi::new(true), &GLPI, ("POST", "/ITILFollowup")).await;
}

#[tokio::test]
async fn a_refusal_behind_a_lost_answer_does_not_say_that_nothing_was_done() {
    for status in [400, 401, 403, 404, 409, 422] {
        let world = World::new().await;
        let fake = Fake::start(Zendesk::new()).await;
        let desk = desk(&world, world.connector("zendesk", &fake, &ZENDESK));
        let ana = person(&world, "Ana", "ana@novo.example").await;
        fake.fail("POST", "/tickets", Fault::Lose);
        fake.fail("POST", "/tickets", Fault::Refuse(Answer::empty(status)));
        let opened = desk.create("t/c1", broken_pot(ana)).await.unwrap();
        assert_eq!(desk.create("t/c1", broken_pot(ana)).await.unwrap().number, opened.number);
        assert!(fake.is_done_failing());
        assert_eq!(fake.vendor.lock().unwrap().tickets.len(), 1, "{status}");
        // Refused at once, it was not done, and that is known.
        fake.fail("POST", "/tickets", Fault::Refuse(Answer::empty(422)));
        let refused = desk.create("t/c2", broken_pot(ana)).await;
        assert!(matches!(refused, Err(BackofficeError::Invalid { .. })), "{refused:?}");
    }
}

#[tokio::test]
async fn what_was_done_while_nobody_waited_any_longer_is_looked_up() {
    let world = World::new().await;
    let fake = Fake::start(Redmine::new()).await;
    let desk = desk(&world, world.impatient("redmine", &fake, &REDMINE));
    let ana = person(&world, "Ana", "ana@novo.example").await;
    fake.fail("POST", "/issues", Fault::Hang);
    let opened = desk.create("t/c1", broken_pot(ana)).await.unwrap();
    fake.fail("PUT", "/issues", Fault::Hang);
    let commented = desk.comment("t/c2", opened.number, ana, "Ainda não chegou.").await.unwrap();
    assert_eq!(commented.comments.len(), 1);
    fake.fail("GET", "/issues", Fault::Hang);
    assert_eq!(desk.status(opened.number, ana).await.unwrap().number, opened.number, "asked once more");
    assert!(fake.is_done_failing());
    assert_eq!(fake.vendor.lock().unwrap().issues.len(), 1);
}

/// A process that ends in the middle of a call that the vendor carries out, and another one that is asked for the same.
async fn assert_goes_on_after_a_crash<V: Vendor>(
    name: &str,
    vendor: V,
    values: &[(&str, &str)],
    path: &'static str,
) -> Fake<V> {
    let world = World::new().await;
    let fake = Fake::start(vendor).await;
    let ana = person(&world, "Ana", "ana@novo.example").await;
    fake.fail("POST", path, Fault::Hang);
    let first = desk(&world, world.connector(name, &fake, values));
    let running = tokio::spawn(async move { first.create("t/c1", broken_pot(ana)).await });
    until("the vendor has the call", || async { fake.is_done_failing().then_some(()) }).await;
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    let second = desk(&world, world.connector(name, &fake, values));
    let opened = second.create("t/c1", broken_pot(ana)).await.unwrap();
    assert_eq!(second.create("t/c1", broken_pot(ana)).await.unwrap().number, opened.number);
    assert_eq!(second.list(ana).await.unwrap().len(), 1);
    fake
}

#[tokio::test]
async fn what_a_process_left_in_the_middle_is_taken_up_and_not_done_again() {
    let redmine = assert_goes_on_after_a_crash("redmine", Redmine::new(), &REDMINE, "/issues").await;
    assert_eq!(redmine.vendor.lock().unwrap().issues.len(), 1);
    let zendesk = assert_goes_on_after_a_crash("zendesk", Zendesk::new(), &ZENDESK, "/tickets").await;
    assert_eq!(zendesk.vendor.lock().unwrap().tickets.len(), 1);
    // In the first and in the second step of three.
    for path in ["/contacts", "/conversations"] {
        let chatwoot = assert_goes_on_after_a_crash("chatwoot", Chatwoot::default(), &CHATWOOT, path).await;
        let chatwoot = chatwoot.vendor.lock().unwrap();
        assert_eq!((chatwoot.contacts.len(), chatwoot.conversations.len()), (1, 1), "{path}");
    }
}

#[tokio::test]
async fn the_embedded_help_desk_keeps_the_contract() {
    let world = World::new().await;
    let desk = world.counter.backoffice.tickets.clone();
    let stores = &world.counter.stores.backoffice;
    let set = async |number: i64, status: TicketStatus, said: Option<&str>| {
        let mut ticket = stores.ticket(number).await.unwrap().unwrap();
        ticket.status = status;
        let at = world.counter.clock.now();
        let comment = |text: &str| TicketComment { author: "team".to_owned(), text: text.to_owned(), at };
        ticket.comments.extend(said.map(comment));
        stores.import(ImportRows { tickets: vec![ticket], ..ImportRows::default() }).await.unwrap();
    };
    let solved = contract(&world, &*desk, async |number, _, comment| {
        // It has no notes that customers must not see.
        let said = comment.filter(|(_, is_public)| *is_public).map(|(text, _)| text);
        set(number, TicketStatus::Solved, said).await;
    })
    .await;
    set(solved.0, TicketStatus::Closed, None).await;
    assert_closed(&*desk, solved).await;
}

#[tokio::test]
async fn zendesk_is_served_as_a_client_too_and_asks_for_one_of_its_ways() {
    let world = World::new().await;
    let fake = Fake::start(Zendesk::new()).await;
    let client = [("client_id", "balcao"), ("client_secret", "z3cret"), ("email", "bot@shop.example")];
    let zendesk = desk(&world, world.connector("zendesk", &fake, &client));
    let ana = person(&world, "Ana", "ana@novo.example").await;
    let opened = zendesk.create("t/c1", broken_pot(ana)).await.unwrap();
    assert_eq!(zendesk.status(opened.number, ana).await.unwrap().number, opened.number);
    assert_eq!(fake.asked_of("POST", "/oauth/tokens").len(), 1);
    assert!(fake.asked_of("POST", "/tickets")[0].header("authorization").unwrap().starts_with("Bearer "));
    let half = setting(&fake.url, &[("email", "bot@shop.example")]);
    let packs = shelf::packs(Path::new("nowhere")).unwrap();
    let Err(problems) = Connector::new(packs["zendesk"].clone(), &half, &Places::default(), &world.ground)
    else {
        panic!("an e-mail alone lets nobody in")
    };
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(told[0].contains("give client_id and client_secret; or email and api_token"), "{told:?}");
}

#[tokio::test]
async fn zendesk_keeps_the_contract() {
    let world = World::new().await;
    let fake = Fake::start(Zendesk::new()).await;
    let desk = desk(&world, world.connector("zendesk", &fake, &ZENDESK));
    let solved = contract(&world, &*desk, async |number, status, comment| {
        fake.vendor.lock().unwrap().team(number, status, comment);
    })
    .await;
    fake.vendor.lock().unwrap().team(solved.0, "closed", None);
    assert_closed(&*desk, solved).await;
    let created = &fake.asked_of("POST", "/tickets")[0];
    assert_eq!(created.json()["ticket"]["requester"]["email"], "ana@novo.example");
    assert_eq!(created.json()["ticket"]["tags"], json!(["troca_devolucao", "balcao"]));
    assert_eq!(created.header("idempotency-key").unwrap().len(), 36);
}

#[tokio::test]
async fn redmine_keeps_the_contract() {
    let world = World::new().await;
    let fake = Fake::start(Redmine::new()).await;
    let desk = desk(&world, world.connector("redmine", &fake, &REDMINE));
    let name = |status: &str| if status == "solved" { "Resolved" } else { "Closed" };
    let solved = contract(&world, &*desk, async |number, status, note| {
        fake.vendor.lock().unwrap().team(number, name(status), note);
    })
    .await;
    fake.vendor.lock().unwrap().team(solved.0, name("closed"), None);
    assert_closed(&*desk, solved).await;
}

#[tokio::test]
async fn freshdesk_keeps_the_contract() {
    let world = World::new().await;
    let fake = Fake::start(Freshdesk::default()).await;
    let desk = desk(&world, world.connector("freshdesk", &fake, &FRESHDESK));
    let solved = contract(&world, &*desk, async |number, _, comment| {
        fake.vendor.lock().unwrap().team(number, 4, comment);
    })
    .await;
    fake.vendor.lock().unwrap().team(solved.0, 5, None);
    assert_closed(&*desk, solved).await;
    let created = fake.asked_of("POST", "/tickets")[0].json();
    assert_eq!((&created["email"], &created["name"]), (&json!("ana@novo.example"), &json!("Ana Lima")));
    assert_eq!((&created["status"], &created["priority"]), (&json!(2), &json!(3)));
    assert_eq!(
        created["description"], "Chegou quebrado. &quot;Ignore tudo&quot; {{ key }} &lt;b&gt;",
        "free text is no markup"
    );
    assert_eq!(created["tags"].as_array().unwrap()[..2], [json!("balcao"), json!("troca devolucao")]);
}

#[tokio::test]
async fn at_freshdesk_a_word_of_the_customers_reopens_and_no_answer_lost_doubles_anything() {
    let world = World::new().await;
    let fake = Fake::start(Freshdesk::default()).await;
    let desk = desk(&world, world.connector("freshdesk", &fake, &FRESHDESK));
    let ana = person(&world, "Ana", "ana@novo.example").await;
    desk.create("turn/call_0", broken_pot(ana)).await.unwrap();
    fake.fail("POST", "/tickets", Fault::Lose);
    let opened = desk.create("turn/call_1", broken_pot(ana)).await.unwrap();
    assert_eq!(opened.number, 302, "found by its key among the newest");
    assert_eq!(fake.vendor.lock().unwrap().tickets.len(), 2);

    fake.vendor.lock().unwrap().team(302, 4, Some(("oi, tudo certo?", true)));
    fake.fail("POST", "/notes", Fault::Lose);
    let commented = desk.comment("turn/call_2", 302, ana, "oi").await.unwrap();
    assert_eq!(commented.status, TicketStatus::Open, "reopened after the note was found");
    assert_eq!(fake.vendor.lock().unwrap().conversations[&302].len(), 2);
    // Whoever gave no e-mail is a requester all the same.
    let nobody = world.counter.visitor().await;
    let theirs = desk.create("turn/call_3", broken_pot(nobody)).await.unwrap();
    assert_eq!(desk.status(theirs.number, nobody).await.unwrap().number, theirs.number);
    assert_eq!(fake.asked_of("POST", "/tickets").last().unwrap().json()["email"], "balcao@shop.example");
}

#[tokio::test]
async fn chatwoot_keeps_the_contract() {
    let world = World::new().await;
    let fake = Fake::start(Chatwoot::default()).await;
    let desk = desk(&world, world.connector("chatwoot", &fake, &CHATWOOT));
    let (number, ana) = contract(&world, &*desk, async |number, _, comment| {
        fake.vendor.lock().unwrap().team(number, "resolved", comment);
    })
    .await;
    assert_eq!(fake.vendor.lock().unwrap().contacts.len(), 1, "one contact for both conversations");
    // Nothing is ever closed for good: a word of the customer's opens it again.
    let opened = desk.comment("k3", number, ana, "Obrigada!").await.unwrap();
    assert_eq!(opened.status, TicketStatus::Open);
    let last = opened.comments.last().unwrap();
    assert_eq!((last.author.as_str(), last.text.as_str()), ("customer", "Obrigada!"));
}

#[tokio::test]
async fn at_chatwoot_no_answer_lost_doubles_anybody_or_anything() {
    let world = World::new().await;
    let fake = Fake::start(Chatwoot::default()).await;
    let desk = desk(&world, world.connector("chatwoot", &fake, &CHATWOOT));
    let ana = person(&world, "Ana", "ana@novo.example").await;
    // The contact was made, but nobody said so: the next call finds it.
    fake.fail("POST", "/contacts", Fault::Lose);
    let unknown = desk.create("turn/call_1", broken_pot(ana)).await;
    assert!(matches!(unknown, Err(BackofficeError::Unknown(_))), "{unknown:?}");
    assert!(fake.vendor.lock().unwrap().conversations.is_empty());
    fake.fail("POST", "/conversations", Fault::Lose);
    let opened = desk.create("turn/call_1", broken_pot(ana)).await.unwrap();
    fake.fail("POST", "/messages", Fault::Lose);
    let commented = desk.comment("turn/call_2", opened.number, ana, "oi").await.unwrap();
    assert_eq!(commented.comments.len(), 1);
    // Two people of whom nothing is known are two people.
    for key in ["turn/call_3", "turn/call_4"] {
        let nobody = world.counter.visitor().await;
        let theirs = desk.create(key, broken_pot(nobody)).await.unwrap();
        assert_eq!(desk.status(theirs.number, nobody).await.unwrap().number, theirs.number);
    }
    assert!(fake.is_done_failing());
    let chatwoot = fake.vendor.lock().unwrap();
    assert_eq!((chatwoot.contacts.len(), chatwoot.conversations.len()), (3, 3));
    assert_eq!(chatwoot.messages[&opened.number].len(), 2);
}

#[tokio::test]
async fn glpi_keeps_the_contract_whether_it_escapes_what_it_keeps_or_not() {
    for escapes in [true, false] {
        let world = World::new().await;
        let fake = Fake::start(Glpi::new(escapes)).await;
        let desk = desk(&world, world.connector("glpi", &fake, &GLPI));
        let solved = contract(&world, &*desk, async |number, _, note| {
            fake.vendor.lock().unwrap().team(number, 5, note);
        })
        .await;
        fake.vendor.lock().unwrap().team(solved.0, 6, None);
        assert_closed(&*desk, solved).await;
        assert_eq!(fake.vendor.lock().unwrap().sessions, 1, "one session for all calls");
        let input = &fake.asked_of("POST", "/Ticket")[0].json()["input"];
        assert_eq!(input["urgency"], 4);
        assert!(input.get("entities_id").is_none(), "nothing is sent that was not set");
        let told = desk.status(solved.0, solved.1).await.unwrap();
        assert_eq!(told.created_at.to_string(), "2026-11-23T13:10:00Z", "a time of Brasília");
    }
}

#[tokio::test]
async fn at_glpi_a_session_that_ended_is_opened_again_and_no_answer_lost_doubles_anything() {
    let world = World::new().await;
    let fake = Fake::start(Glpi::new(true)).await;
    let desk = desk(&world, world.connector("glpi", &fake, &GLPI));
    let ana = person(&world, "Ana Lima", "ana@novo.example").await;
    fake.fail("POST", "/Ticket", Fault::Lose);
    let opened = desk.create("t/c1", broken_pot(ana)).await.unwrap();
    fake.vendor.lock().unwrap().end_session();
    fake.fail("POST", "/ITILFollowup", Fault::Lose);
    let commented = desk.comment("t/c2", opened.number, ana, "Ainda <não> chegou & nada.").await.unwrap();
    assert_eq!(commented.comments.len(), 1, "{:?}", commented.comments);
    assert_eq!(commented.comments[0].text, "Ainda <não> chegou & nada.");
    assert_eq!(commented.comments[0].author, "customer");
    assert_eq!(fake.vendor.lock().unwrap().tickets.len(), 1);
    assert_eq!(fake.vendor.lock().unwrap().followups.len(), 1);
    assert_eq!(fake.asked_of("GET", "/initSession").len(), 2);

    // Solved over there: a word of the customer's opens it again. A session that ends just then costs nothing.
    fake.vendor.lock().unwrap().team(opened.number, 5, None);
    fake.vendor.lock().unwrap().end_session();
    let reopened = desk.comment("t/c3", opened.number, ana, "Quebrou de novo.").await.unwrap();
    assert_eq!((reopened.status, reopened.comments.len()), (TicketStatus::Pending, 2));

    // The e-mail on file says whose it is where nobody opened it here.
    let number = opened.number;
    {
        let mut glpi = fake.vendor.lock().unwrap();
        let mut other = glpi.tickets[0].clone();
        other["id"] = json!(77);
        other["content"] = json!("&#60;p&#62;Pelo telefone&#60;/p&#62;");
        glpi.tickets.push(other);
        glpi.people.push(
            json!({"tickets_id": 77, "users_id": 0, "type": 1, "alternative_email": "Ana@novo.example"}),
        );
    }
    assert_eq!(desk.status(77, ana).await.unwrap().description, "Pelo telefone");
    let bruno = person(&world, "Bruno", "bruno@novo.example").await;
    assert!(matches!(desk.status(77, bruno).await, Err(BackofficeError::NotFound { .. })));
    fake.vendor.lock().unwrap().tickets[0]["is_deleted"] = json!(1);
    assert!(matches!(desk.status(number, ana).await, Err(BackofficeError::NotFound { .. })));
}

#[tokio::test]
async fn two_processes_open_one_session_at_glpi() {
    let world = World::new().await;
    let fake = Fake::start(Glpi::new(false)).await;
    let vendors = [world.connector("glpi", &fake, &GLPI), world.connector("glpi", &fake, &GLPI)];
    let calls = vendors.iter().cycle().take(6);
    let calls = calls.map(|vendor| async move { vendor.read("ticket", &json!({"number": 1})).await });
    let outcomes = futures_util::future::join_all(calls).await;
    assert!(outcomes.iter().all(|outcome| *outcome == Err(Outcome::Missing)), "{outcomes:?}");
    assert_eq!(fake.asked_of("GET", "/initSession").len(), 1);
    // One finds it ended and opens another; the other one takes that.
    fake.vendor.lock().unwrap().end_session();
    for vendor in &vendors {
        assert_eq!(vendor.read("ticket", &json!({"number": 1})).await, Err(Outcome::Missing));
    }
    assert_eq!(fake.asked_of("GET", "/initSession").len(), 2);
}

#[tokio::test]
async fn glpi_without_the_right_tokens_does_nothing_and_says_so() {
    let world = World::new().await;
    let fake = Fake::start(Glpi::new(true)).await;
    let ana = person(&world, "Ana Lima", "ana@novo.example").await;
    for values in
        [[("user_token", "us3r"), ("app_token", "other")], [("user_token", "other"), ("app_token", "app-1")]]
    {
        let desk = desk(&world, world.connector("glpi", &fake, &values));
        let refused = desk.create("t/c1", broken_pot(ana)).await;
        assert!(matches!(refused, Err(BackofficeError::Unusable(_))), "{refused:?}");
    }
    assert!(fake.vendor.lock().unwrap().tickets.is_empty());
}

#[tokio::test]
async fn a_ticket_whose_answer_was_lost_is_found_and_not_opened_twice() {
    // With a key of the vendor's own: the same call again.
    let world = World::new().await;
    let fake = Fake::start(Zendesk::new()).await;
    let zendesk = desk(&world, world.connector("zendesk", &fake, &ZENDESK));
    let ana = person(&world, "Ana", "ana@novo.example").await;
    fake.fail("POST", "/tickets", Fault::Lose);
    let opened = zendesk.create("turn/call_1", broken_pot(ana)).await.unwrap();
    assert_eq!(fake.vendor.lock().unwrap().tickets.len(), 1);
    assert_eq!(fake.asked_of("POST", "/tickets").len(), 2);
    assert_eq!(zendesk.status(opened.number, ana).await.unwrap().number, opened.number);

    // Without one: looked up by ours.
    let world = World::new().await;
    let fake = Fake::start(Redmine::new()).await;
    let redmine = desk(&world, world.connector("redmine", &fake, &REDMINE));
    let ana = person(&world, "Ana", "ana@novo.example").await;
    redmine.create("turn/call_0", broken_pot(ana)).await.unwrap();
    fake.fail("POST", "/issues", Fault::Lose);
    let opened = redmine.create("turn/call_1", broken_pot(ana)).await.unwrap();
    assert_eq!(opened.number, 72);
    assert_eq!(fake.vendor.lock().unwrap().issues.len(), 2);
    assert_eq!(fake.asked_of("POST", "/issues").len(), 2, "never sent twice");
}

#[tokio::test]
async fn what_may_have_been_done_and_cannot_be_found_is_said_so_and_never_repeated() {
    let world = World::new().await;
    let fake = Fake::start(Redmine::new()).await;
    let desk = desk(&world, world.connector("redmine", &fake, &REDMINE));
    let ana = person(&world, "Ana", "ana@novo.example").await;
    fake.fail("POST", "/issues", Fault::Lose);
    fake.fail("GET", "/issues.json", Fault::Refuse(Answer::empty(500)));
    fake.fail("GET", "/issues.json", Fault::Refuse(Answer::empty(500)));
    fake.fail("GET", "/issues.json", Fault::Refuse(Answer::empty(500)));
    let unknown = desk.create("turn/call_1", broken_pot(ana)).await;
    assert!(matches!(unknown, Err(BackofficeError::Unknown(_))), "{unknown:?}");
    // The same call later: looked up, found.
    let opened = desk.create("turn/call_1", broken_pot(ana)).await.unwrap();
    assert_eq!(opened.number, 71);
    assert_eq!(fake.asked_of("POST", "/issues").len(), 1);
    assert!(fake.is_done_failing());
}

#[tokio::test]
async fn a_vendor_that_is_away_did_nothing_and_the_same_call_works_later() {
    let world = World::new().await;
    let fake = Fake::start(Redmine::new()).await;
    let desk = desk(&world, world.connector("redmine", &fake, &REDMINE));
    let ana = person(&world, "Ana", "ana@novo.example").await;
    for (answer, expected) in [
        (Answer::empty(401), "unusable"),
        (Answer::json(422, json!({"errors": ["Subject is too long"]})), "invalid"),
        (Answer::empty(429).with("retry-after", "3600"), "busy"),
    ] {
        fake.fail("POST", "/issues", Fault::Refuse(answer));
        let refused = desk.create("turn/call_1", broken_pot(ana)).await;
        match expected {
            "invalid" => assert!(matches!(refused, Err(BackofficeError::Invalid { .. })), "{refused:?}"),
            "unusable" => assert!(matches!(refused, Err(BackofficeError::Unusable(_))), "{refused:?}"),
            _ => assert!(matches!(refused, Err(BackofficeError::Busy(_))), "{refused:?}"),
        }
    }
    // It asked for an hour: until then nothing is sent.
    let before = fake.asked().len();
    let rests = desk.create("turn/call_1", broken_pot(ana)).await;
    assert!(matches!(rests, Err(BackofficeError::Busy(_))), "{rests:?}");
    assert_eq!(fake.asked().len(), before);
    world.counter.clock.advance(std::time::Duration::from_secs(3601));
    assert_eq!(desk.create("turn/call_1", broken_pot(ana)).await.unwrap().number, 71);
}

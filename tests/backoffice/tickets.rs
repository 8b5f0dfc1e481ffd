//! The help desk: own tickets only, one effect a key.

use super::support::Counter;
use balcao::backoffice::BackofficeError;
use balcao::backoffice::tickets::{NewTicket, Priority};
use balcao::domain::ticket::TicketStatus;

#[tokio::test]
async fn a_ticket_is_opened_once_and_seen_by_its_owner_only() {
    let counter = Counter::demo().await;
    let tickets = &counter.backoffice.tickets;
    let (ana, bruno) = (
        counter.by_email("ana.souza@example.com").await.id,
        counter.by_email("bruno.carvalho@example.com").await.id,
    );
    let new = NewTicket {
        contact: ana,
        subject: "Vaso\nquebrado".to_owned(),
        description: "Chegou quebrado.".to_owned(),
        category: "avaria".to_owned(),
        priority: Priority::High,
    };
    let opened = tickets.create("turn/call_1_0", new.clone()).await.unwrap();
    assert_eq!(opened.number, 5013, "the next after the imported ones");
    assert_eq!(opened.subject, "Vaso quebrado", "a subject is one line");
    assert_eq!(tickets.create("turn/call_1_0", new.clone()).await.unwrap(), opened, "a repeated call");
    assert_eq!(tickets.create("turn/call_2_0", new).await.unwrap().number, 5014);

    assert_eq!(tickets.status(5013, ana).await.unwrap(), opened);
    let strange = tickets.status(5013, bruno).await;
    assert!(matches!(strange, Err(BackofficeError::NotFound { .. })));
    let strange = tickets.comment("k", 5013, bruno, "oi").await;
    assert!(matches!(strange, Err(BackofficeError::NotFound { .. })));
    assert!(tickets.list(bruno).await.unwrap().iter().all(|ticket| ticket.contact == bruno));
}

#[tokio::test]
async fn a_comment_opens_a_solved_ticket_again_but_not_a_closed_one() {
    let counter = Counter::demo().await;
    let tickets = &counter.backoffice.tickets;
    let camila = counter.by_email("camila.lopes@example.com").await.id;
    assert_eq!(tickets.status(5003, camila).await.unwrap().status, TicketStatus::Solved);
    let commented = tickets.comment("k1", 5003, camila, " Ainda não chegou. ").await.unwrap();
    assert_eq!(commented.status, TicketStatus::Open);
    assert_eq!(commented.comments.last().unwrap().text, "Ainda não chegou.");
    assert_eq!(tickets.comment("k1", 5003, camila, "Ainda não chegou.").await.unwrap().comments.len(), 2);
    let empty = tickets.comment("k2", 5003, camila, " \n ").await;
    assert!(matches!(empty, Err(BackofficeError::Invalid { field: "text", .. })));

    let alexandre = counter.by_email("alexandre.brito@example.com").await.id;
    let closed = tickets.comment("k3", 5001, alexandre, "oi").await;
    assert!(matches!(closed, Err(BackofficeError::Conflict { .. })));
}

//! `tickets.csv`: one row to one ticket and back. Comments are a list of `Equipe: words` and `Cliente: words`,
//! each with its time before it in brackets if that is known.

use super::cell;
use super::dates::{Dates, MOMENT, written};
use super::people::Customer;
use super::table::Row;
use crate::backoffice::limits;
use crate::backoffice::words::fold;
use crate::domain::ticket::{Ticket, TicketComment, TicketStatus};
use jiff::Timestamp;
use jiff::tz::TimeZone;

const STATUSES: &[(&str, TicketStatus)] = &[
    ("open", TicketStatus::Open),
    ("pending", TicketStatus::Pending),
    ("solved", TicketStatus::Solved),
    ("closed", TicketStatus::Closed),
    ("aberto", TicketStatus::Open),
    ("pendente", TicketStatus::Pending),
    ("resolvido", TicketStatus::Solved),
    ("fechado", TicketStatus::Closed),
];

const PRIORITIES: &[(&str, &str)] = &[
    ("low", "low"),
    ("normal", "normal"),
    ("high", "high"),
    ("baixa", "low"),
    ("media", "normal"),
    ("alta", "high"),
    ("urgente", "high"),
];

/// A ticket and the customer whose it is; the ticket's contact is the one an import makes of the handle.
pub fn read_ticket(row: &mut Row<'_>, dates: &Dates<'_>) -> Option<(Ticket, Customer)> {
    let number = row.read("number", "a number", |text| {
        text.trim_start_matches('#').parse::<i64>().ok().filter(|number| *number > 0)
    });
    let customer = row.read("customer_email", Customer::EXPECTED, Customer::read);
    let subject = row.text("subject", |text| limits::line("subject", text, limits::LINE));
    let description = row.text("description", |text| limits::remark("description", text));
    let category = row.text("category", |text| limits::remark("category", text));
    let priority = row.word("priority", PRIORITIES, Some("normal"));
    let status = row.word("status", STATUSES, Some(TicketStatus::Open));
    let created_at = row.read("created_at", MOMENT, |text| dates.moment(text));
    let updated_at = row.maybe("updated_at", MOMENT, |text| dates.moment(text));
    let comments = match created_at {
        Some(created_at) => row.maybe("comments", "a list like `Equipe: words|Cliente: words`", |text| {
            cell::list(text)
                .iter()
                .map(|comment| read_comment(comment, created_at, dates))
                .collect::<Option<Vec<_>>>()
        }),
        None => Some(None),
    };
    let (customer, created_at) = (customer?, created_at?);
    let ticket = Ticket {
        number: number?,
        contact: customer.id(),
        subject: subject?,
        description: description?,
        category: category?,
        priority: priority?.to_owned(),
        status: status?,
        comments: comments?.unwrap_or_default(),
        created_at,
        updated_at: updated_at?.unwrap_or(created_at),
    };
    Some((ticket, customer))
}

/// Writes a ticket of `customer`.
pub fn write_ticket(ticket: &Ticket, customer: &Customer, zone: &TimeZone) -> Vec<String> {
    let comments: Vec<_> = ticket
        .comments
        .iter()
        .map(|comment| {
            let author = if comment.author == "customer" { "Cliente" } else { "Equipe" };
            format!("[{}] {author}: {}", written(comment.at, zone), comment.text)
        })
        .collect();
    vec![
        ticket.number.to_string(),
        customer.written(),
        ticket.subject.clone(),
        ticket.description.clone(),
        ticket.category.clone(),
        ticket.priority.clone(),
        ticket.status.as_str().to_owned(),
        written(ticket.created_at, zone),
        cell::joined(comments.iter().map(String::as_str)),
        written(ticket.updated_at, zone),
    ]
}

fn read_comment(text: &str, created_at: Timestamp, dates: &Dates<'_>) -> Option<TicketComment> {
    let (at, text) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((at, rest)) => (dates.moment(at)?, rest.trim()),
        None => (created_at, text),
    };
    let (author, words) = text.split_once(':')?;
    let author = match fold(author.trim()).as_str() {
        "cliente" | "customer" => "customer",
        "equipe" | "team" => "team",
        _ => return None,
    };
    let text = limits::story("comments", words).ok()?;
    Some(TicketComment { author: author.to_owned(), text, at })
}

//! What a connector may declare: the operations of each capability, what each is given and what it has to give back.
//! The shapes of results are the structs that read them, in `crm.rs`, `tickets.rs` and so on.

use std::fmt;

/// A system behind the counter that a connector can stand for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Capability {
    /// People, opportunities, notes.
    Crm,
    /// Calendars in which appointments are kept.
    Agenda,
    /// Requests for help.
    Tickets,
    /// Products and orders.
    Catalog,
    /// Ways to pay for an order.
    Payments,
    /// What carriers ask for sending goods.
    Shipping,
    /// Mail to people of the business.
    Mail,
    /// Lists of a marketing tool on which leads are kept warm.
    Nurture,
}

impl Capability {
    /// Every capability.
    pub const ALL: [Self; 8] = [
        Self::Crm,
        Self::Agenda,
        Self::Tickets,
        Self::Catalog,
        Self::Payments,
        Self::Shipping,
        Self::Mail,
        Self::Nurture,
    ];

    /// The key of `[backoffice]` that chooses who implements it; mail is chosen by `[email] through`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Crm => "crm",
            Self::Agenda => "agenda",
            Self::Tickets => "tickets",
            Self::Catalog => "catalog",
            Self::Payments => "payments",
            Self::Shipping => "shipping",
            Self::Mail => "mail",
            Self::Nurture => "nurture",
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Whether a connector that stands for the capability must declare an operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Need {
    /// Without it the capability is not there.
    Required,
    /// Without it something less can be done.
    Optional,
}

/// One operation as the code calls it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OperationContract {
    /// For which capability.
    pub capability: Capability,
    /// Its name in the file.
    pub name: &'static str,
    /// Whether it must be there.
    pub need: Need,
    /// Arguments that templates may name as `args.NAME`; one that is not known is null. `since` and `since_ms` are seconds and
    /// milliseconds since 1970: what is older was not made by the call that is looked up.
    pub arguments: &'static [&'static str],
}

const fn operation(
    capability: Capability,
    name: &'static str,
    need: Need,
    arguments: &'static [&'static str],
) -> OperationContract {
    OperationContract { capability, name, need, arguments }
}

const PERSON: &[&str] = &["name", "first_name", "last_name", "email", "phone", "phone_digits", "origin"];
const PERSON_KNOWN: &[&str] =
    &["id", "name", "first_name", "last_name", "email", "phone", "phone_digits", "origin"];
const OPPORTUNITY: &[&str] =
    &["contact", "title", "value", "value_number", "value_cents", "stage", "origin", "today"];
const OPPORTUNITY_KNOWN: &[&str] =
    &["id", "contact", "title", "value", "value_number", "value_cents", "stage", "origin", "today"];
const EVENT: &[&str] = &[
    "id",
    "remote",
    "etag",
    "calendar",
    "title",
    "description",
    "location",
    "start",
    "end",
    "start_utc",
    "end_utc",
    "time_zone",
    "minutes",
    "name",
    "email",
    "phone",
];

const CHARGE: &[&str] = &["reference", "amount", "amount_number", "amount_cents", "description", "email"];

/// Every operation that the code calls.
pub const OPERATIONS: [OperationContract; 40] = [
    operation(Capability::Crm, "contact_by_email", Need::Required, &["email"]),
    operation(
        Capability::Crm,
        "contact_by_phone",
        Need::Optional,
        &["phone", "phone_digits", "phone_national"],
    ),
    operation(Capability::Crm, "create_contact", Need::Required, PERSON),
    operation(Capability::Crm, "update_contact", Need::Required, PERSON_KNOWN),
    operation(Capability::Crm, "opportunities", Need::Optional, &["contact"]),
    operation(Capability::Crm, "create_opportunity", Need::Required, OPPORTUNITY),
    operation(
        Capability::Crm,
        "find_opportunity",
        Need::Optional,
        &["contact", "title", "since", "since_ms"],
    ),
    operation(Capability::Crm, "update_opportunity", Need::Required, OPPORTUNITY_KNOWN),
    operation(Capability::Crm, "create_note", Need::Required, &["contact", "text", "html"]),
    operation(
        Capability::Crm,
        "find_note",
        Need::Optional,
        &["contact", "text", "html", "since", "since_ms"],
    ),
    operation(Capability::Crm, "delete_contact", Need::Optional, &["id"]),
    operation(Capability::Crm, "delete_opportunity", Need::Optional, &["id"]),
    operation(Capability::Crm, "delete_note", Need::Optional, &["id"]),
    operation(
        Capability::Agenda,
        "busy",
        Need::Required,
        &["calendar", "from", "until", "from_utc", "until_utc"],
    ),
    operation(
        Capability::Agenda,
        "overlapping",
        Need::Optional,
        &["calendar", "from", "until", "from_utc", "until_utc"],
    ),
    operation(Capability::Agenda, "create_event", Need::Required, EVENT),
    operation(Capability::Agenda, "event", Need::Required, &["id", "remote", "calendar"]),
    operation(Capability::Agenda, "move_event", Need::Required, EVENT),
    operation(Capability::Agenda, "cancel_event", Need::Required, &["id", "remote", "calendar", "etag"]),
    operation(
        Capability::Tickets,
        "create_ticket",
        Need::Required,
        &["subject", "description", "html", "category", "priority", "name", "email", "phone"],
    ),
    operation(Capability::Tickets, "find_ticket", Need::Optional, &["subject", "email", "phone"]),
    operation(Capability::Tickets, "ticket", Need::Required, &["number"]),
    operation(Capability::Tickets, "ticket_comments", Need::Optional, &["number"]),
    operation(
        Capability::Tickets,
        "comment_ticket",
        Need::Required,
        &["number", "text", "html", "name", "email", "status"],
    ),
    operation(Capability::Tickets, "find_comment", Need::Optional, &["number", "text", "since", "since_ms"]),
    operation(Capability::Catalog, "products", Need::Required, &[]),
    operation(Capability::Catalog, "order", Need::Required, &["number"]),
    operation(Capability::Catalog, "orders", Need::Optional, &["email"]),
    operation(Capability::Catalog, "order_number", Need::Optional, &["id"]),
    operation(Capability::Payments, "create_pix", Need::Required, CHARGE),
    operation(Capability::Payments, "create_link", Need::Optional, CHARGE),
    operation(Capability::Payments, "find_link", Need::Optional, &["reference", "amount_number"]),
    operation(Capability::Payments, "payments", Need::Required, &["reference"]),
    operation(Capability::Payments, "payments_of_code", Need::Optional, &["code"]),
    operation(Capability::Shipping, "shipping_quotes", Need::Required, &["postal_code", "items"]),
    operation(
        Capability::Mail,
        "send_mail",
        Need::Required,
        &["message_id", "name", "address", "subject", "text", "from_name", "from_address"],
    ),
    operation(Capability::Mail, "mail_scopes", Need::Required, &[]),
    operation(
        Capability::Nurture,
        "enter_list",
        Need::Required,
        &["list", "name", "email", "phone", "tags", "agreed"],
    ),
    operation(Capability::Nurture, "list_member", Need::Optional, &["list", "email"]),
    operation(Capability::Payments, "payment_reference", Need::Optional, &["id"]),
];

/// The contract of an operation by its name.
pub fn contract(name: &str) -> Option<&'static OperationContract> {
    OPERATIONS.iter().find(|operation| operation.name == name)
}

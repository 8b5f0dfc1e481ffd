//! Which records a conversation is about, noted when a tool has told the customer of one: tools tell only of what is the
//! customer's own, or what they have proven to own. Noted before the outcome is in the log, so that no outcome is
//! without its note.

use crate::domain::event::EventBody;
use crate::domain::ids::ConversationId;
use crate::domain::tool_call::ToolOutcome;
use crate::store::connectors::{CallName, ConnectorStore, Link};
use crate::store::error::StoreError;
use jiff::Timestamp;
use serde_json::{Value, json};

/// What notes and tellings are kept under, in the place of a connector's name.
pub(super) const KEEPER: &str = "news";
/// The operation under which it is kept that somebody was told.
const TOLD: &str = "told";

/// A record of a system behind the counter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Record {
    /// An order, by its number.
    Order,
    /// A ticket, by its number.
    Ticket,
    /// An appointment, by its code.
    Appointment,
}

impl Record {
    /// The name used in storage.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Ticket => "ticket",
            Self::Appointment => "appointment",
        }
    }
}

/// A record that a customer was told of.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Mention {
    record: Record,
    number: String,
    /// The state that they were told.
    state: Option<String>,
}

fn mention(event: &EventBody) -> Option<Mention> {
    let EventBody::ToolFinished { call, outcome: ToolOutcome::Done { data, .. }, .. } = event else {
        return None;
    };
    let record = match call.name.as_str() {
        "order_status" | "payment_request" | "payment_status" => Record::Order,
        "ticket_create" | "ticket_status" | "ticket_comment" => Record::Ticket,
        "agenda_book" | "agenda_reschedule" => Record::Appointment,
        _ => return None,
    };
    let number = match data.get(if record == Record::Appointment { "code" } else { "number" })? {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let state = data.get("state").and_then(Value::as_str);
    let state = match call.name.as_str() {
        "order_status" => state,
        "payment_status" => state.filter(|state| *state == "approved").map(|_| "paid"),
        _ => None,
    };
    Some(Mention { record, number, state: state.map(str::to_owned) })
}

/// Notes the records that these events tell the customer of.
///
/// # Errors
/// The store's.
pub async fn note(
    store: &dyn ConnectorStore,
    conversation: ConversationId,
    events: &[EventBody],
    at: Timestamp,
) -> Result<(), StoreError> {
    for mention in events.iter().filter_map(mention) {
        let link = Link {
            connector: KEEPER.to_owned(),
            kind: mention.record.as_str().to_owned(),
            local: conversation.to_string(),
            remote: mention.number.clone(),
        };
        store.link(&link, at).await?;
        if let Some(state) = mention.state {
            // They know: a later report of the same is no news.
            let name = telling(mention.record, &mention.number, &state);
            store.begin(&name, "", at).await?;
            store.finish(&name, &json!({"conversation": conversation.to_string()})).await?;
        }
    }
    Ok(())
}

/// The conversation that is about a record; the newest, if there are several.
///
/// # Errors
/// The store's.
pub(super) async fn conversation_of(
    store: &dyn ConnectorStore,
    record: Record,
    number: &str,
) -> Result<Option<ConversationId>, StoreError> {
    let noted = store.local(KEEPER, record.as_str(), number).await?;
    Ok(noted.and_then(|id| id.parse().ok()).map(ConversationId))
}

/// What it is kept under that somebody was told that a record came to a state.
pub(super) fn telling(record: Record, number: &str, state: &str) -> CallName {
    CallName {
        connector: KEEPER.to_owned(),
        key: format!("{} {number} {state}", record.as_str()),
        operation: TOLD.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::CallId;
    use crate::domain::tool_call::{RefusalClass, ToolCall};

    fn finished(name: &str, outcome: ToolOutcome) -> EventBody {
        let call =
            ToolCall { id: CallId("1".to_owned()), name: name.to_owned(), arguments: json!({"number": "9"}) };
        EventBody::ToolFinished { call, outcome, duration_ms: 1 }
    }

    fn done(data: Value) -> ToolOutcome {
        ToolOutcome::Done { data, effects: Vec::new(), sources: Vec::new(), cut: false }
    }

    #[test]
    fn only_what_a_tool_told_is_noted() {
        let order =
            mention(&finished("order_status", done(json!({"number": "727", "state": "shipped"})))).unwrap();
        assert_eq!(
            (order.record, order.number.as_str(), order.state.as_deref()),
            (Record::Order, "727", Some("shipped"))
        );
        let ticket =
            mention(&finished("ticket_create", done(json!({"number": 71, "state": "open"})))).unwrap();
        assert_eq!((ticket.record, ticket.number.as_str(), ticket.state), (Record::Ticket, "71", None));
        let pending =
            mention(&finished("payment_status", done(json!({"number": "727", "state": "pending"}))));
        assert_eq!(pending.unwrap().state, None);
        let refused = ToolOutcome::Refused { reason: "no".to_owned(), class: RefusalClass::NotVerified };
        assert_eq!(mention(&finished("order_status", refused)), None, "nothing was proven");
        assert_eq!(mention(&finished("product_search", done(json!({"number": "727"})))), None);
    }
}

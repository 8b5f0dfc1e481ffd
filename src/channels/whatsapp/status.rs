//! What Meta reports of messages that were sent, as it stands in a webhook. It reads; what follows is decided elsewhere.

use super::errors::GraphError;
use super::price::Pricing;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// How far a message has come. Ordered: a later one says all that an earlier one does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Rank {
    /// On its way.
    Sent,
    /// On the customer's device.
    Delivered,
    /// Seen.
    Read,
    /// A voice note, heard.
    Played,
}

impl Rank {
    /// Its name, which it is kept under too.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Played => "played",
        }
    }
}

/// What became of a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It has come so far.
    Reached(Rank),
    /// It was not delivered, and will not be.
    Failed(GraphError),
}

/// One status.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatusUpdate {
    /// Meta's id of the message.
    pub wamid: String,
    /// What became of it.
    pub fate: Fate,
    /// When, as Meta has it.
    pub at: Option<Timestamp>,
    /// The mark that the message was sent with.
    pub mark: Option<String>,
    /// What it is billed as.
    pub pricing: Option<Pricing>,
}

/// The same in JSON. Everything may be missing.
#[derive(Deserialize)]
struct Wire {
    #[serde(default)]
    id: Value,
    #[serde(default)]
    status: Value,
    #[serde(default)]
    timestamp: Value,
    #[serde(default)]
    biz_opaque_callback_data: Value,
    #[serde(default)]
    pricing: Value,
    #[serde(default)]
    errors: Value,
}

impl StatusUpdate {
    /// Reads one element of `statuses`; `None` if it names no message or no status that is known.
    pub fn read(status: &Value) -> Option<Self> {
        status.as_object()?;
        let wire: Wire = serde_json::from_value(status.clone()).ok()?;
        let fate = match wire.status.as_str()?.trim().to_ascii_lowercase().as_str() {
            "sent" => Fate::Reached(Rank::Sent),
            "delivered" => Fate::Reached(Rank::Delivered),
            "read" => Fate::Reached(Rank::Read),
            "played" => Fate::Reached(Rank::Played),
            "failed" => {
                let errors = wire.errors.as_array().map(Vec::as_slice).unwrap_or_default();
                // A failure without a reason is one all the same.
                let unknown = || GraphError { code: -1, ..GraphError::default() };
                Fate::Failed(errors.iter().find_map(GraphError::read).unwrap_or_else(unknown))
            }
            _ => return None,
        };
        let pricing = text(&wire.pricing["category"]).map(|category| Pricing {
            category,
            kind: text(&wire.pricing["type"]).unwrap_or_else(|| match wire.pricing["billable"].as_bool() {
                Some(false) => "free_unnamed".to_owned(),
                Some(true) | None => "regular".to_owned(),
            }),
        });
        let seconds = match &wire.timestamp {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        Some(Self {
            wamid: text(&wire.id)?,
            fate,
            at: seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()),
            mark: text(&wire.biz_opaque_callback_data),
            pricing,
        })
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn statuses_are_read_as_meta_sends_them() {
        let delivered = StatusUpdate::read(&json!({"id": "wamid.NOSSA020=", "status": "delivered",
            "timestamp": "1795363300", "recipient_id": "5511987650001", "biz_opaque_callback_data": "out-000123",
            "pricing": {"billable": true, "pricing_model": "PMP", "type": "regular", "category": "service"}}))
        .unwrap();
        assert_eq!(delivered.fate, Fate::Reached(Rank::Delivered));
        assert_eq!(
            (delivered.wamid.as_str(), delivered.mark.as_deref()),
            ("wamid.NOSSA020=", Some("out-000123"))
        );
        assert_eq!(delivered.at, Timestamp::from_second(1_795_363_300).ok());
        let regular = Pricing { category: "service".to_owned(), kind: "regular".to_owned() };
        assert_eq!(delivered.pricing, Some(regular));
        let failed =
            StatusUpdate::read(&json!({"id": "wamid.1", "status": "failed", "timestamp": 1_795_363_301,
            "errors": [{"code": 131_047, "title": "Re-engagement message",
                "error_data": {"details": "texto livre"}}]}))
            .unwrap();
        let Fate::Failed(error) = &failed.fate else { panic!("{failed:?}") };
        assert_eq!((error.code, error.detail.as_str(), failed.mark), (131_047, "texto livre", None));
        let silent = StatusUpdate::read(&json!({"id": "wamid.1", "status": "failed"})).unwrap();
        assert!(matches!(silent.fate, Fate::Failed(GraphError { code: -1, .. })));
        let free = StatusUpdate::read(&json!({"id": "wamid.1", "status": "sent",
            "pricing": {"billable": false, "category": "referral_conversion"}}))
        .unwrap();
        assert_eq!(free.pricing.unwrap().kind, "free_unnamed");
        for none in [
            json!({}),
            json!({"status": "sent"}),
            json!({"id": "wamid.1"}),
            json!({"id": "wamid.1", "status": "deleted"}),
            json!("text"),
        ] {
            assert_eq!(StatusUpdate::read(&none), None, "{none}");
        }
    }

    #[test]
    fn ranks_rise() {
        assert!(Rank::Sent < Rank::Delivered && Rank::Delivered < Rank::Read && Rank::Read < Rank::Played);
    }
}

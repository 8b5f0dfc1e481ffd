//! News of the account, its numbers and its templates: which of them whoever sees to it has to know, in plain words. What
//! only says that all is well is none. Meta's words are repeated as they are, a line at most.

use super::fields::{field, list, text};
use serde_json::Value;

/// Longest of Meta's words that are repeated, in characters.
const LONGEST: usize = 160;

/// The fields that news come in.
const FIELDS: [&str; 10] = [
    "account_alerts",
    "account_review_update",
    "account_update",
    "business_capability_update",
    "message_template_quality_update",
    "message_template_status_update",
    "phone_number_name_update",
    "phone_number_quality_update",
    "security",
    "template_category_update",
];

/// The name that a field is counted under: Meta's own if it is known.
pub fn counted_as(name: &str) -> &'static str {
    FIELDS.into_iter().find(|known| *known == name).unwrap_or("other")
}

/// What an operator has to know of the news in a field called `name`, if anything.
pub fn of(name: &str, value: &Value) -> Option<String> {
    let word = |name: &str| text(value, name).map(|word| line(&word));
    let upper = |name: &str| word(name).unwrap_or_default().to_uppercase();
    let template = || {
        let named = word("message_template_name").unwrap_or_else(|| "?".to_owned());
        let language = word("message_template_language").unwrap_or_else(|| "?".to_owned());
        format!("the template `{named}` ({language})")
    };
    let number = || word("display_phone_number").unwrap_or_else(|| "?".to_owned());
    let because = |reason: Option<String>| {
        reason.filter(|reason| reason != "NONE").map(|reason| format!(": {reason}")).unwrap_or_default()
    };
    Some(match name {
        "message_template_status_update" => match upper("event").as_str() {
            "APPROVED" | "PENDING" | "REINSTATED" | "UNPAUSED" | "IN_APPEAL" | "" => return None,
            event => format!("{} is {}{}", template(), event.to_lowercase(), because(word("reason"))),
        },
        "message_template_quality_update" => match upper("new_quality_score").as_str() {
            score @ ("RED" | "YELLOW") => {
                format!("the quality of {} is {}: it may be paused", template(), score.to_lowercase())
            }
            _ => return None,
        },
        "template_category_update" => {
            let category = word("correct_category").or_else(|| word("new_category"))?;
            format!("{} counts as {category}: its price changes", template())
        }
        "phone_number_quality_update" => match upper("event").as_str() {
            event @ ("FLAGGED" | "DOWNGRADE") => {
                let limit = because(word("current_limit"));
                format!(
                    "the number {} is {}{limit}",
                    number(),
                    if event == "FLAGGED" { "flagged" } else { "downgraded" }
                )
            }
            _ => return None,
        },
        "phone_number_name_update" => match upper("decision").as_str() {
            "REJECTED" | "DECLINED" => {
                format!(
                    "the name of the number {} was refused{}",
                    number(),
                    because(word("rejection_reason"))
                )
            }
            _ => return None,
        },
        "account_review_update" => match upper("decision").as_str() {
            "APPROVED" | "" => return None,
            decision => format!("the review of the account ended: {}", decision.to_lowercase()),
        },
        "account_update" => account(&upper("event"), value)?,
        "account_alerts" => {
            let info = field(value, "alert_info").unwrap_or(value);
            let severity = text(info, "alert_severity").unwrap_or_default().to_uppercase();
            if severity == "INFORMATIONAL" {
                return None;
            }
            let told = text(info, "alert_description").or_else(|| text(info, "alert_type"))?;
            format!("Meta warns: {}", line(&told))
        }
        "security" => match upper("event").as_str() {
            "" => return None,
            event => format!("the PIN of the number {}: {}", number(), event.to_lowercase()),
        },
        _ => return None,
    })
}

fn account(event: &str, value: &Value) -> Option<String> {
    let is_bad = ["DISABLE", "VIOLATION", "RESTRICTION", "DELETED", "REMOVED", "UNINSTALLED", "OFFBOARDED"];
    if !is_bad.iter().any(|word| event.contains(word)) {
        return None;
    }
    let ban = field(value, "ban_info").and_then(|ban| text(ban, "waba_ban_state"));
    let violation = field(value, "violation_info").and_then(|info| text(info, "violation_type"));
    let restrictions = list(value, "restriction_info").iter().filter_map(|one| text(one, "restriction_type"));
    let why: Vec<String> =
        ban.into_iter().chain(violation).chain(restrictions).take(5).map(|why| line(&why)).collect();
    let why = if why.is_empty() { String::new() } else { format!(": {}", why.join(", ")) };
    Some(format!("the WhatsApp account has {}{why}; see Meta's account quality page", event.to_lowercase()))
}

/// One line of at most [`LONGEST`] characters.
fn line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().filter(|letter| !letter.is_control()).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn who_sees_to_it_is_told_what_needs_somebody_and_nothing_else() {
        for (field, value, expected) in [
            (
                "message_template_status_update",
                json!({"event": "REJECTED", "message_template_id": 594_425, "message_template_name": "retomar",
                    "message_template_language": "pt_BR", "reason": "INVALID_FORMAT"}),
                Some("the template `retomar` (pt_BR) is rejected: INVALID_FORMAT"),
            ),
            ("message_template_status_update", json!({"event": "APPROVED", "reason": "NONE"}), None),
            (
                "phone_number_quality_update",
                json!({"display_phone_number": "551140028922", "event": "DOWNGRADE", "current_limit": "TIER_250"}),
                Some("the number 551140028922 is downgraded: TIER_250"),
            ),
            ("phone_number_quality_update", json!({"event": "UPGRADE", "current_limit": "TIER_2K"}), None),
            (
                "account_update",
                json!({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "SCHEDULE_FOR_DISABLE"}}),
                Some(
                    "the WhatsApp account has disabled_update: SCHEDULE_FOR_DISABLE; see Meta's account quality page",
                ),
            ),
            (
                "account_update",
                json!({"event": "ACCOUNT_RESTRICTION", "restriction_info": [{"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": 1}]}),
                Some(
                    "the WhatsApp account has account_restriction: RESTRICTED_BIZ_INITIATED_MESSAGING; see Meta's account quality page",
                ),
            ),
            ("account_update", json!({"event": "VERIFIED_ACCOUNT"}), None),
            (
                "template_category_update",
                json!({"message_template_name": "a", "message_template_language": "pt_BR", "previous_category": "UTILITY", "new_category": "MARKETING"}),
                Some("the template `a` (pt_BR) counts as MARKETING: its price changes"),
            ),
            (
                "account_alerts",
                json!({"entity_type": "WABA", "alert_severity": "CRITICAL", "alert_type": "OBA_REJECTED", "alert_description": "no\nway"}),
                Some("Meta warns: no way"),
            ),
            ("history", json!({"event": "REJECTED"}), None),
            ("account_update", json!(7), None),
        ] {
            assert_eq!(of(field, &value).as_deref(), expected, "{field} {value}");
        }
        assert_eq!((counted_as("account_update"), counted_as("x")), ("account_update", "other"));
    }
}

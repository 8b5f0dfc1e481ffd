//! What Meta's errors mean for a message that was to be sent. It reads numbers and names what to do; it does nothing.

use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

/// Longest detail of an error that is kept for the operator.
const DETAIL_CHARACTERS: usize = 200;

/// An error as Meta reports it: in an answer, in a status, or beside a message.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct GraphError {
    /// Which one.
    pub code: i64,
    /// Meta's words about it.
    pub detail: String,
    /// Whether Meta says that it passes.
    pub is_transient: bool,
    /// What Meta's support asks for.
    pub trace: String,
}

/// The same in JSON. Everything may be missing.
#[derive(Deserialize)]
struct Wire {
    #[serde(default)]
    code: Value,
    #[serde(default)]
    title: Value,
    #[serde(default)]
    message: Value,
    #[serde(default)]
    error_data: Value,
    #[serde(default)]
    is_transient: Value,
    #[serde(default)]
    fbtrace_id: Value,
}

impl GraphError {
    /// The error in an object with `code`; `None` if there is no code.
    pub fn read(value: &Value) -> Option<Self> {
        value.as_object()?;
        let wire: Wire = serde_json::from_value(value.clone()).ok()?;
        let code = match &wire.code {
            Value::Number(number) => number.as_i64()?,
            Value::String(text) => text.trim().parse().ok()?,
            _ => return None,
        };
        let texts = [
            wire.error_data.get("details").and_then(Value::as_str),
            wire.error_data.as_str(),
            wire.message.as_str(),
            wire.title.as_str(),
        ];
        let detail = texts.into_iter().flatten().map(str::trim).find(|text| !text.is_empty());
        Some(Self {
            code,
            detail: plain(detail.unwrap_or_default()),
            is_transient: wire.is_transient.as_bool().unwrap_or(false),
            trace: plain(wire.fbtrace_id.as_str().unwrap_or_default()),
        })
    }

    /// The error in the body of an answer.
    pub fn in_answer(body: &[u8]) -> Option<Self> {
        let answer: Value = serde_json::from_slice(body).ok()?;
        Self::read(answer.get("error")?)
    }

    /// For the operator: what it is called, what to do, and Meta's own words.
    pub fn told(&self) -> String {
        let mut told = match self.code {
            // Ours: an answer without a code.
            ..=-2 => return format!("Meta answered {} and did not say why", -self.code),
            -1 => return "Meta could not deliver it and did not say why".to_owned(),
            code => format!("Meta's error {code}: {}", meaning(code).told),
        };
        if !self.detail.is_empty() {
            told.push_str(&format!(" (“{}”)", self.detail));
        }
        if !self.trace.is_empty() {
            told.push_str(&format!(" [fbtrace_id {}]", self.trace));
        }
        told
    }

    /// What to do.
    pub fn remedy(&self) -> Remedy {
        match meaning(self.code).remedy {
            Remedy::Refuse if self.is_transient => Remedy::Retry { at_least: Duration::from_secs(5) },
            remedy => remedy,
        }
    }
}

/// Meta's words may name a customer's number: digits in a row are left out.
fn plain(text: &str) -> String {
    let short = text.chars().filter(|letter| !letter.is_control()).take(DETAIL_CHARACTERS);
    let mut shown = String::new();
    let mut digits = String::new();
    for letter in short.chain(['\n']) {
        if letter.is_ascii_digit() {
            digits.push(letter);
            continue;
        }
        if digits.len() > 7 {
            shown.push('…');
        } else {
            shown.push_str(&digits);
        }
        digits.clear();
        shown.push(letter);
    }
    shown.trim_end().to_owned()
}

/// What to do about an error.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Remedy {
    /// It surely was not sent: once more, not before so long.
    Retry {
        /// The least wait.
        at_least: Duration,
    },
    /// It surely was not sent, and it may be our fault: twice more at most, not before so long.
    Briefly {
        /// The least wait.
        at_least: Duration,
    },
    /// Nobody knows whether it was sent: a status is waited for.
    Reconcile,
    /// Never again as it is.
    Refuse,
    /// The window for free words is closed: a template, if there is one.
    Template,
    /// Buttons and lists are not taken: the same as numbered text.
    Plain,
    /// Nothing leaves by this number before a person has set it right.
    StopNumber,
    /// The person is not reached on this channel.
    Unreachable,
    /// The person wants no marketing.
    OptedOut,
    /// Too many messages to this person: later and later.
    SlowPair,
    /// Too many messages of this number or account: later.
    SlowNumber,
}

struct Meaning {
    remedy: Remedy,
    told: &'static str,
}

/// What may pass within seconds, or never.
const BRIEFLY: Remedy = Remedy::Briefly { at_least: Duration::from_secs(5) };

fn seconds(seconds: u64) -> Remedy {
    Remedy::Retry { at_least: Duration::from_secs(seconds) }
}

/// Every row of Meta's table that can meet a message.
fn meaning(code: i64) -> Meaning {
    let (remedy, told) = match code {
        0 | 102 | 104 | 190 => {
            (Remedy::StopNumber, "the access token is invalid or has expired; make a new one and set it")
        }
        3 | 10 | 200..=299 | 131_005 => {
            (Remedy::StopNumber, "the token may not do this; give its system user the scopes and the number")
        }
        33 => (Remedy::StopNumber, "there is no such number any more; check `phone_number_id`"),
        368 => {
            (Remedy::StopNumber, "the account is restricted for its content; see Meta's account quality page")
        }
        131_031 => (Remedy::StopNumber, "the account is locked; see Meta's account quality page"),
        131_037 => (Remedy::StopNumber, "the number's display name is not approved yet"),
        131_042 | 131_044 => {
            (Remedy::StopNumber, "there is a problem with the payment method; see Meta's billing page")
        }
        131_045 | 133_000 | 133_005 | 133_006 | 133_008 | 133_009 | 133_010 | 133_016 => {
            (Remedy::StopNumber, "the number is not registered, or its registration is not complete")
        }
        133_015 => (seconds(300), "the number was deleted a moment ago; it has to rest five minutes"),
        134_011 => (Remedy::StopNumber, "the terms for payments are not accepted yet"),
        131_055 | 134_100 | 131_063 => {
            (Remedy::Refuse, "this interface is not for messages of this category")
        }
        1 => (BRIEFLY, "Meta did not understand it, or has a fault of its own"),
        2 | 131_016 | 133_004 => (Remedy::Reconcile, "the service is away for a moment"),
        131_000 => (Remedy::Reconcile, "Meta does not know what went wrong"),
        131_057 | 2_494_100 => (seconds(60), "the number is being serviced"),
        4 | 80_007 | 613 => (Remedy::SlowNumber, "too many calls for now"),
        130_429 => (Remedy::SlowNumber, "too many messages of this number for now"),
        131_056 => (Remedy::SlowPair, "too many messages to this person for now"),
        131_047 => {
            (Remedy::Template, "the customer wrote more than 24 hours ago: only a template may be sent")
        }
        131_026 => {
            (Remedy::Unreachable, "the message cannot be delivered: no WhatsApp there, or a version too old")
        }
        131_030 => (Remedy::Refuse, "a test number sends to numbers on its list alone"),
        131_021 => (Remedy::Refuse, "the number cannot write to itself"),
        130_403 => (Remedy::Refuse, "this person is blocked by the business; unblock them first"),
        130_472 => (Remedy::Refuse, "this person is part of an experiment of Meta's; use another channel"),
        130_497 => (Remedy::Refuse, "messages to this country are not allowed"),
        131_048 => {
            (Remedy::Refuse, "the number was reported as spam too often; send nothing unasked for now")
        }
        131_049 => (Remedy::Refuse, "Meta keeps marketing from this person for now; not before 24 hours"),
        131_050 => (Remedy::OptedOut, "this person wants no marketing"),
        131_064 => (Remedy::Refuse, "templates were filed under a wrong category; the limit goes with time"),
        131_051 => (Remedy::Plain, "this type of message is not supported"),
        100 | 131_008 | 131_009 | 135_000 => (Remedy::Plain, "a field is missing, wrong or too long"),
        131_052 => (Remedy::Refuse, "the customer's file cannot be downloaded"),
        131_053 => (Remedy::Refuse, "a file cannot be uploaded: its type or size is not allowed"),
        131_060 => (Remedy::Refuse, "the content is not available any more"),
        131_062 => (Remedy::Refuse, "this kind of message needs the person's telephone number"),
        132_000 => (Remedy::Refuse, "the template has another number of variables"),
        132_001 => (Remedy::Refuse, "there is no approved template of this name in this language"),
        132_005 => (Remedy::Refuse, "the template's text is too long with these values"),
        132_007 | 132_012 | 132_018 => {
            (Remedy::Refuse, "a value of the template breaks its format or Meta's rules")
        }
        132_015 => (Remedy::Refuse, "the template is paused for its quality"),
        132_016 => (Remedy::Refuse, "the template is disabled for its quality"),
        132_068 | 132_069 => (Remedy::Plain, "the form is blocked or used too often for now"),
        137_000 => (Remedy::Refuse, "the person may have changed their device; verify them again"),
        _ => (Remedy::Refuse, "see Meta's list of errors"),
    };
    Meaning { remedy, told }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn remedy(code: i64) -> Remedy {
        GraphError { code, ..GraphError::default() }.remedy()
    }

    #[test]
    fn every_row_has_its_remedy() {
        for (codes, expected) in [
            (&[0, 102, 104, 190, 3, 10, 200, 250, 299, 131_005, 33][..], Remedy::StopNumber),
            (&[368, 131_031, 131_037, 131_042, 131_044, 131_045, 134_011], Remedy::StopNumber),
            (&[133_000, 133_005, 133_006, 133_008, 133_009, 133_010, 133_016], Remedy::StopNumber),
            (&[1], BRIEFLY),
            (&[133_015], seconds(300)),
            (&[131_057, 2_494_100], seconds(60)),
            (&[2, 131_000, 131_016, 133_004], Remedy::Reconcile),
            (&[4, 80_007, 130_429], Remedy::SlowNumber),
            (&[131_056], Remedy::SlowPair),
            (&[131_047], Remedy::Template),
            (&[131_026], Remedy::Unreachable),
            (&[131_050], Remedy::OptedOut),
            (&[100, 131_008, 131_009, 131_051, 135_000, 132_068, 132_069], Remedy::Plain),
            (&[130_403, 130_472, 130_497, 131_021, 131_030, 131_048, 131_049, 131_064], Remedy::Refuse),
            (&[131_052, 131_053, 131_055, 131_060, 131_062, 131_063, 134_100, 137_000], Remedy::Refuse),
            (&[132_000, 132_001, 132_005, 132_007, 132_012, 132_015, 132_016, 132_018], Remedy::Refuse),
            (&[-1, 999_999], Remedy::Refuse),
        ] {
            for code in codes {
                assert_eq!(remedy(*code), expected, "{code}");
            }
        }
        let passing = GraphError { code: 999_999, is_transient: true, ..GraphError::default() };
        assert_eq!(passing.remedy(), seconds(5));
    }

    #[test]
    fn errors_are_read_however_they_come() {
        let answer = json!({"error": {"message": "(#131056) too many", "type": "OAuthException", "code": 131_056,
            "error_data": {"messaging_product": "whatsapp", "details": "Too many to +5511987650001"},
            "is_transient": false, "fbtrace_id": "AbC"}});
        let error = GraphError::in_answer(answer.to_string().as_bytes()).unwrap();
        assert_eq!(
            (error.code, error.detail.as_str(), error.trace.as_str()),
            (131_056, "Too many to +…", "AbC")
        );
        assert!(error.told().contains("131056"), "{}", error.told());
        let text = GraphError::read(&json!({"code": "100", "error_data": "a plain string"})).unwrap();
        assert_eq!((text.code, text.detail.as_str()), (100, "a plain string"));
        let status = GraphError::read(&json!({"code": 131_047, "title": "Re-engagement message"})).unwrap();
        assert_eq!(status.detail, "Re-engagement message");
        for none in [json!({}), json!({"code": null}), json!({"code": "x"}), json!([1])] {
            assert_eq!(GraphError::read(&none), None, "{none}");
        }
        assert_eq!(GraphError::in_answer(b"<html>"), None);
    }
}

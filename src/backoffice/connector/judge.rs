//! What an answer of a vendor's means: by its status, unless the connector's file knows better. Pure.

use super::pack::{FaultRule, Meaning};
use crate::declared::reader::Placed;
use crate::domain::problem::Problem;
use jmespath::{Expression, Variable};
use reqwest::StatusCode;
use serde_json::Value;

/// Most characters of a vendor's message that are logged.
const LONGEST_MESSAGE: usize = 200;

/// Rules of one vendor.
pub struct Judge {
    rules: Vec<Rule>,
    message: Option<Expression<'static>>,
}

struct Rule {
    status: Option<u16>,
    when: Option<Expression<'static>>,
    means: Meaning,
}

impl Judge {
    /// Compiles what a file says.
    pub fn new(rules: &[FaultRule], message: Option<&Placed<String>>, problems: &mut Vec<Problem>) -> Self {
        let mut compiled = |text: &Placed<String>| {
            let expression = jmespath::compile(&text.value);
            let fault = |error: jmespath::JmespathError| {
                let detail = error.to_string().replace('\n', " ");
                problems.push(text.place.problem(format!("not JMESPath: {detail}")));
            };
            expression.map_err(fault).ok()
        };
        let message = message.and_then(&mut compiled);
        let rules = rules
            .iter()
            .map(|rule| Rule {
                status: rule.status,
                when: rule.when.as_ref().and_then(&mut compiled),
                means: rule.means,
            })
            .collect();
        Self { rules, message }
    }

    /// What an answer means.
    pub fn meaning(&self, status: StatusCode, body: &Value) -> Meaning {
        let by_rule = self.rules.iter().find(|rule| {
            rule.status.is_none_or(|expected| expected == status.as_u16())
                && rule.when.as_ref().is_none_or(|when| is_true(when, body))
        });
        match (by_rule, status.as_u16()) {
            (Some(rule), _) => rule.means,
            (None, 200..=299) => Meaning::Done,
            (None, 404 | 410) => Meaning::Missing,
            (None, 401 | 403) => Meaning::Unauthorized,
            (None, 409 | 412) => Meaning::Conflict,
            (None, 429) => Meaning::Limited,
            (None, 408 | 500..) => Meaning::Failing,
            // A redirect is not followed: it would carry the credentials elsewhere.
            (None, _) => Meaning::Rejected,
        }
    }

    /// The vendor's own words, cut short.
    pub fn message(&self, body: &Value) -> String {
        let found = self.message.as_ref().and_then(|path| find(path, body));
        let text = match found {
            Some(Value::String(text)) => text,
            Some(Value::Null) | None => return String::new(),
            Some(other) => other.to_string(),
        };
        text.chars().filter(|c| !c.is_control()).take(LONGEST_MESSAGE).collect()
    }
}

/// What an expression finds.
pub fn find(path: &Expression<'static>, body: &Value) -> Option<Value> {
    let variable = Variable::try_from(body.clone()).ok()?;
    serde_json::to_value(path.search(variable).ok()?.as_ref()).ok()
}

/// Whether what an expression finds is there: not null, not false, not empty.
pub fn is_true(path: &Expression<'static>, body: &Value) -> bool {
    match find(path, body) {
        None | Some(Value::Null | Value::Bool(false)) => false,
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(items)) => !items.is_empty(),
        Some(Value::Object(fields)) => !fields.is_empty(),
        Some(Value::Bool(true) | Value::Number(_)) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::declared::reader::Place;
    use serde_json::json;

    fn placed(text: &str) -> Placed<String> {
        Placed { value: text.into(), place: Place { file: "x".into(), line: 1 } }
    }

    #[test]
    fn a_rule_of_the_file_counts_before_the_status() {
        let rules = [
            FaultRule {
                status: Some(403),
                when: Some(placed("error.errors[?reason=='rateLimitExceeded']")),
                means: Meaning::Limited,
            },
            FaultRule { status: Some(200), when: Some(placed("errors")), means: Meaning::Rejected },
        ];
        let mut problems = Vec::new();
        let judge = Judge::new(&rules, Some(&placed("error.message")), &mut problems);
        assert!(problems.is_empty());
        let limited =
            json!({"error": {"message": "slow\ndown", "errors": [{"reason": "rateLimitExceeded"}]}});
        let status = |code| StatusCode::from_u16(code).unwrap();
        assert_eq!(judge.meaning(status(403), &limited), Meaning::Limited);
        assert_eq!(judge.meaning(status(403), &json!({})), Meaning::Unauthorized);
        assert_eq!(judge.meaning(status(200), &json!({"errors": [{"message": "no"}]})), Meaning::Rejected);
        assert_eq!(judge.meaning(status(200), &json!({"errors": []})), Meaning::Done);
        assert_eq!(judge.message(&limited), "slowdown");
        for (code, meaning) in [
            (201, Meaning::Done),
            (302, Meaning::Rejected),
            (400, Meaning::Rejected),
            (404, Meaning::Missing),
            (408, Meaning::Failing),
            (409, Meaning::Conflict),
            (412, Meaning::Conflict),
            (422, Meaning::Rejected),
            (429, Meaning::Limited),
            (503, Meaning::Failing),
        ] {
            assert_eq!(judge.meaning(status(code), &Value::Null), meaning, "{code}");
        }
    }
}

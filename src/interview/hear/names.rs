//! Names of people and companies as answers. Which of the two a field wants is told by its label.

use super::cues::{Cues, Family};
use super::{Ear, How, Outcome, Reading};
use crate::domain::interview::Value;
use crate::interview::field::Field;
use crate::language::persons::{Name, bare_company, bare_name, introduced, introduced_company};
use crate::language::span::Found;

/// Somebody who was not asked and does not plainly introduce themselves gives no name.
const VOLUNTEERED: u8 = 80;

impl Ear<'_> {
    pub(super) fn names(&self, field: &Field, how: How) -> Vec<Reading> {
        let is_company = Cues::of(field).are_of(Family::Company);
        let message = self.message;
        let mut found: Vec<Found<Name>> = Vec::new();
        if how == How::Asked {
            let whole = if is_company { bare_company(message.text) } else { bare_name(message.text) };
            // A wish or a shrug is no name.
            let says_else = message.wishes.want().is_some()
                || message.wishes.refuses()
                || message.wishes.does_not_know()
                || message.wishes.requests();
            found.extend(whole.filter(|_| !says_else));
        }
        if found.is_empty() {
            for clause in &message.clauses {
                let inner = clause.text(message.text);
                let name = if is_company { introduced_company(inner) } else { introduced(inner) };
                // Part of a reply that is a name and nothing else: `Ana, 12 pessoas`.
                let name = match (name, how) {
                    (None, How::Asked) if !clause.asks && !message.wishes.requests() => {
                        let bare = if is_company { None } else { bare_name(inner) };
                        bare.filter(|name| name.value.sure >= 90)
                    }
                    (name, _) => name,
                };
                if let Some(mut name) = name {
                    name.span = clause.span.start + name.span.start..clause.span.start + name.span.end;
                    found.push(name);
                }
            }
        }
        found
            .into_iter()
            .filter_map(|name| {
                let trust = message.trust(&name.span)?;
                let sure = name.value.sure.min(trust.most);
                let believed = match how {
                    How::Asked => true,
                    How::Recalled | How::Volunteered => sure >= VOLUNTEERED && !trust.of_another,
                };
                let others = message.emails.iter().any(|email| super::overlap(&email.span, &name.span));
                (believed && !others).then_some(Reading {
                    span: name.span,
                    outcome: Outcome::Value(Value::Name(name.value.name)),
                    confidence: sure,
                })
            })
            .collect()
    }
}

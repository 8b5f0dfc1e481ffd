//! Deadlines as answers. Nobody's deadline is a day that was only mentioned: where it was not asked for, the clause has to
//! say that something is needed by then.

use super::cues::{Cues, Family, family};
use super::{Ear, Fault, How, Outcome, Reading};
use crate::domain::interview::Value;
use crate::interview::field::{Field, Kind};

impl Ear<'_> {
    pub(super) fn deadlines(&self, field: &Field, how: How) -> Vec<Reading> {
        let message = self.message;
        let cues = Cues::of(field);
        let only =
            self.hearing.definition.fields.iter().filter(|other| other.kind == Kind::Deadline).count() == 1;
        let mut found = Vec::new();
        for deadline in &message.deadlines {
            let Some(trust) = message.trust(&deadline.span) else { continue };
            let Some(clause) = message.clause_of(&deadline.span) else { continue };
            let words = message.words_in(&clause.span);
            let named = words
                .iter()
                .any(|word| cues.know(&word.folded, message.language) && family(&word.folded).is_none());
            let needed = only && words.iter().any(|word| family(&word.folded) == Some(Family::Deadline));
            let confidence = match how {
                How::Asked => 95,
                How::Recalled if named || needed || trust.is_bare => 85,
                How::Volunteered if message.wishes.want().is_none() && (named || needed) => 90,
                How::Recalled | How::Volunteered => continue,
            };
            let (from, until) = (deadline.value.from, deadline.value.until);
            let is_open = from.is_none() && until.is_none();
            let past = from.is_some_and(|from| from < self.hearing.now.date())
                && until.is_some_and(|until| until < self.hearing.now.date());
            let outcome = if past {
                // A day gone by that nobody asked about belongs to a story.
                if how != How::Asked {
                    continue;
                }
                Outcome::Fault(Fault::Past)
            } else {
                Outcome::Value(Value::Days { from, until })
            };
            let confidence = if is_open { confidence.min(85) } else { confidence };
            found.push(Reading {
                span: deadline.span.clone(),
                outcome,
                confidence: confidence.min(trust.most),
            });
        }
        found
    }
}

//! Compares what was seen from all sides and says what cannot be. Pure: the same evidence gives the same violations.

pub mod answers;
pub mod deliveries;
pub mod effects;
pub mod order;
pub mod ownership;
pub mod recovery;

use crate::evidence::{Evidence, Moment};

/// A promise that can be broken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Rule {
    /// An acknowledged message stands in the log, once and as it was written.
    Kept,
    /// A message is answered once, and by an answer.
    AnsweredOnce,
    /// What was asked for happened once.
    DoneOnce,
    /// Logs have no gaps, and nothing overtakes.
    Ordered,
    /// The bot is silent while a person has the conversation.
    OneOwner,
    /// A reader of the event stream reads every message once and in order.
    Heard,
    /// The gateway is given what the log says, once and in order.
    Delivered,
    /// What a killed process was at goes on at once.
    Recovered,
    /// Nobody saw what nobody should see.
    Sane,
}

impl Rule {
    /// In words.
    pub fn says(self) -> &'static str {
        match self {
            Self::Kept => "an acknowledged message is in the log, once",
            Self::AnsweredOnce => "every message is answered, once",
            Self::DoneOnce => "every effect happens, once",
            Self::Ordered => "nothing is left out and nothing overtakes",
            Self::OneOwner => "the bot does not speak over a person",
            Self::Heard => "the event stream tells every message, once and in order",
            Self::Delivered => "the gateway is given every message, once and in order",
            Self::Recovered => "what a killed process was at goes on at once",
            Self::Sane => "nobody is told what makes no sense",
        }
    }
}

/// A promise that was broken.
#[derive(Clone, Debug)]
pub struct Violation {
    /// Which.
    pub rule: Rule,
    /// In whose conversation.
    pub customer: Option<usize>,
    /// How.
    pub detail: String,
}

impl Violation {
    /// Of a customer's conversation.
    pub fn of(rule: Rule, customer: usize, detail: impl Into<String>) -> Self {
        Self { rule, customer: Some(customer), detail: detail.into() }
    }
}

/// Everything that cannot be. What was killed goes on within `recovery` in the middle.
pub fn violations(evidence: &Evidence, recovery: Moment) -> Vec<Violation> {
    let mut found = Vec::new();
    answers::check(evidence, &mut found);
    effects::check(evidence, &mut found);
    order::check(evidence, &mut found);
    ownership::check(evidence, &mut found);
    deliveries::check(evidence, &mut found);
    recovery::check(evidence, recovery, &mut found);
    let sane = |odd: &String| Violation { rule: Rule::Sane, customer: None, detail: odd.clone() };
    found.extend(evidence.oddities.iter().map(sane));
    found
}

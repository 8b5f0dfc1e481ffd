//! What could not be answered, read off the logs: abstentions, answers without evidence, withheld sentences, answers that
//! customers corrected, and what a person had to say instead; grouped by meaning, without personal data. Derived anew each time; it keeps nothing.

mod asks;
mod corrected;
mod group;
mod moments;
mod private;
pub mod propose;
mod spoken_to;

use crate::config::business::Business;
use crate::domain::ids::{ConversationId, MessageId};
use crate::store::Stores;
use crate::store::conversations::ConversationFilter;
use crate::store::error::StoreError;
use async_trait::async_trait;
use jiff::Timestamp;
use private::Own;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Conversations that are looked through, newest first.
const CONVERSATIONS: usize = 1_000;
/// Conversations that are listed at once.
const PAGE: u32 = 100;
/// Events of one conversation that are looked through.
const EVENTS: u32 = 400;
/// Questions whose meaning is asked for, the newest; older ones are put together by their words.
const MEANT: usize = 500;
/// Examples that are shown of one gap.
pub const EXAMPLES: usize = 5;

/// Why a question is part of a gap.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The bot said that it does not know, or its whole answer was withheld.
    Abstained,
    /// The bot answered, and nothing was found for the question.
    LowEvidence,
    /// A sentence of the answer was withheld.
    Withheld,
    /// The customer said that the answer was wrong.
    Corrected,
    /// A person of the business answered it.
    AnsweredByPerson,
}

/// A question that could not be answered, as it was asked once.
#[derive(Clone, PartialEq, Debug)]
pub struct Moment {
    /// The conversation.
    pub conversation: ConversationId,
    /// The customer's message, or the first of several.
    pub message: MessageId,
    /// When it was asked.
    pub at: Timestamp,
    /// The words, without personal data.
    pub question: String,
    /// Why it counts.
    pub cause: Cause,
    /// What a person of the business answered, without personal data.
    pub answer: Option<String>,
}

/// Questions of one meaning that could not be answered.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Gap {
    /// The oldest question's message: it stays the same as long as that is looked at, whatever is asked later.
    pub id: MessageId,
    /// Every question's message: each names the gap, should it be grouped differently one day.
    #[serde(skip)]
    pub messages: Vec<MessageId>,
    /// How often it was asked.
    pub count: usize,
    /// How often for which cause.
    pub causes: BTreeMap<Cause, usize>,
    /// The newest questions, without personal data.
    pub examples: Vec<Example>,
    /// What people of the business answered, newest first, without personal data.
    pub answers: Vec<String>,
    /// When it was asked first.
    pub first_at: Timestamp,
    /// When it was asked last.
    pub last_at: Timestamp,
}

/// One question of a gap.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Example {
    /// The words, without personal data.
    pub question: String,
    /// The conversation it was asked in.
    pub conversation_id: ConversationId,
    /// When.
    pub at: Timestamp,
}

/// Reads gaps off the logs.
#[derive(Clone)]
pub struct GapFinder {
    /// Where the logs are.
    pub stores: Stores,
    /// Whose counter it is: what it says of itself is nobody's secret.
    pub business: Arc<Business>,
    /// What questions mean.
    pub meanings: Arc<dyn Meanings>,
}

/// Tells what questions mean.
#[async_trait]
pub trait Meanings: Send + Sync {
    /// What each of these questions means; none if there is no model of meaning, or it does not answer.
    async fn of(&self, questions: Vec<String>) -> Option<Meant>;
}

/// What questions mean.
#[derive(Clone, PartialEq, Debug)]
pub struct Meant {
    /// One of length 1 for each question, in order.
    pub vectors: Vec<Vec<f32>>,
    /// From which dot product on two of them mean the same.
    pub alike: f32,
}

impl GapFinder {
    /// The gaps of the newest conversations, the most frequent first.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn find(&self) -> Result<Vec<Gap>, StoreError> {
        let (stores, own) = (&self.stores, Own::of(&self.business));
        let mut moments = Vec::new();
        let mut filter = ConversationFilter { limit: PAGE, ..ConversationFilter::default() };
        let mut seen = 0;
        loop {
            let page = stores.conversations.list(&filter).await?;
            for conversation in &page.items {
                let events = stores.conversations.recent_events(conversation.id, EVENTS).await?;
                let contact = stores.contacts.get(conversation.contact).await?;
                let name = contact.and_then(|contact| contact.name).unwrap_or_default();
                moments.extend(moments::moments_in(&events, &name, &own, conversation.language));
            }
            seen += page.items.len();
            match page.next {
                Some(next) if seen < CONVERSATIONS => filter.cursor = Some(next),
                Some(_) | None => break,
            }
        }
        moments.sort_by_key(|moment| (moment.at, moment.message));
        // The newest: a model takes its time.
        let newest = moments.len().saturating_sub(MEANT);
        let questions = moments[newest..].iter().map(|moment| moment.question.clone()).collect();
        let meant = self.meanings.of(questions).await;
        Ok(group::group(moments, meant.map(|meant| (newest, meant))))
    }

    /// The gap that a question's message is in.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn of(&self, message: MessageId) -> Result<Option<Gap>, StoreError> {
        Ok(self.find().await?.into_iter().find(|gap| gap.messages.contains(&message)))
    }
}

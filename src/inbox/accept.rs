//! Accepts a customer's message: checks it, then one store transaction. When this returns, the message is durable
//! and will be answered; nothing else happens here.

use super::clean;
use super::coalesce::{Burst, Heard, Quiet};
use crate::config::limits::LimitSettings;
use crate::domain::clock::Clock;
use crate::domain::conversation::Conversation;
use crate::domain::ids::{ConversationId, MessageId};
use crate::domain::message::{Kept, Media, Message, Quoted, Role};
use crate::store::conversations::{Accepted, ConversationStore, NewInbound};
use crate::store::error::StoreError;
use jiff::Timestamp;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

/// A message as a channel hands it over.
#[derive(Clone, Debug)]
pub struct Inbound {
    /// Where to.
    pub conversation: ConversationId,
    /// Name of the channel.
    pub channel: &'static str,
    /// The channel's id of the message.
    pub external_id: String,
    /// The words.
    pub text: String,
    /// How long the channel's customers pause between messages.
    pub quiet: Quiet,
    /// What came with the words.
    pub with: With,
}

/// What may come with a message's words.
#[derive(Clone, Debug, Default)]
pub struct With {
    /// Files.
    pub media: Vec<Media>,
    /// The earlier message that it replies to.
    pub quoted: Option<Quoted>,
    /// When it was said, where that is known and was some time ago.
    pub said_at: Option<Timestamp>,
    /// Why no turn is to answer it, if none is.
    pub kept: Option<Kept>,
}

/// What is accepted at most.
#[derive(Clone, Copy, Debug)]
pub struct InboxLimits {
    /// Characters of one message.
    pub message_chars: usize,
    /// Customer messages of one conversation.
    pub messages_per_conversation: usize,
    /// Characters of the channel's id of a message.
    pub external_id_chars: usize,
}

impl From<&LimitSettings> for InboxLimits {
    fn from(limits: &LimitSettings) -> Self {
        Self {
            message_chars: limits.message_characters,
            messages_per_conversation: usize::try_from(limits.messages_per_conversation)
                .unwrap_or(usize::MAX),
            external_id_chars: EXTERNAL_ID_CHARS,
        }
    }
}

/// Why a message was not accepted. `thiserror`, because channels branch.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// Nothing to read in it.
    #[error("the message is empty")]
    Empty,
    /// Too many characters.
    #[error("the message is longer than {limit} characters")]
    TooLong {
        /// The most allowed.
        limit: usize,
    },
    /// The channel's id is empty or longer than an id is.
    #[error("the message id must have 1 to {limit} characters")]
    BadExternalId {
        /// The most allowed.
        limit: usize,
    },
    /// The conversation has as many messages as it may.
    #[error("the conversation already has {limit} messages; open a new one")]
    ConversationFull {
        /// The most allowed.
        limit: usize,
    },
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Longest id of a message that a channel may give, unless it is known to give longer ones.
const EXTERNAL_ID_CHARS: usize = 100;

/// How many messages are read at a time to count them.
const COUNT_PAGE: u32 = 500;

/// How far back the customer's rhythm is looked for: in so many events, so many messages.
const RHYTHM_EVENTS: i64 = 60;
const RHYTHM_MESSAGES: u32 = 60;

/// The way in.
pub struct Inbox {
    conversations: Arc<dyn ConversationStore>,
    clock: Arc<dyn Clock>,
    limits: InboxLimits,
}

impl Inbox {
    /// An inbox over a store.
    pub fn new(
        conversations: Arc<dyn ConversationStore>,
        clock: Arc<dyn Clock>,
        limits: InboxLimits,
    ) -> Self {
        Self { conversations, clock, limits }
    }

    /// Accepts a message, or the repeat of one.
    ///
    /// # Errors
    /// Says why it was not accepted; then nothing was written.
    pub async fn accept(&self, inbound: Inbound) -> Result<Accepted, AcceptError> {
        let channel = inbound.channel;
        let result = self.check_and_write(inbound).await;
        let outcome = match &result {
            Ok(Accepted { duplicate: false, .. }) => "accepted",
            Ok(Accepted { duplicate: true, .. }) => "duplicate",
            Err(_) => "refused",
        };
        metrics::counter!("balcao_inbound_total", "channel" => channel, "outcome" => outcome).increment(1);
        result
    }

    async fn check_and_write(&self, inbound: Inbound) -> Result<Accepted, AcceptError> {
        let limit = self.limits.external_id_chars;
        if !is_id(&inbound.external_id, limit) {
            return Err(AcceptError::BadExternalId { limit });
        }
        let text = self.readable(inbound.text)?;
        let conversation = self.conversations.get(inbound.conversation).await?.ok_or(StoreError::NotFound)?;
        if self.is_full(&conversation).await? {
            // A repeat is answered as the first delivery was.
            let id = &inbound.external_id;
            let known = self.conversations.accepted(inbound.conversation, inbound.channel, id).await?;
            if let Some(message) = known {
                return Ok(Accepted { message, duplicate: true });
            }
            return Err(AcceptError::ConversationFull { limit: self.limits.messages_per_conversation });
        }
        let now = self.clock.now();
        let With { media, quoted, said_at, kept } = inbound.with;
        let due_at = match kept {
            Some(_) => None,
            None => {
                let burst = self.burst(&conversation, now).await?;
                Some(now.saturating_add(inbound.quiet.after(&text, burst)).unwrap_or(now))
            }
        };
        let message = Message {
            client_id: Some(inbound.external_id.clone()),
            media,
            quoted: quoted.map(Box::new),
            kept,
            ..Message::new(MessageId(self.clock.new_id()), Role::Customer, text, said_at.unwrap_or(now))
        };
        let new = NewInbound {
            conversation: inbound.conversation,
            channel: inbound.channel.to_owned(),
            external_id: inbound.external_id,
            message,
            due_at,
        };
        Ok(self.conversations.accept(new).await?)
    }

    /// The words of a message, cleaned; also for what a person of the team writes.
    ///
    /// # Errors
    /// [`AcceptError::Empty`] or [`AcceptError::TooLong`].
    pub fn readable(&self, text: String) -> Result<String, AcceptError> {
        let limit = self.limits.message_chars;
        // A character has at most four bytes: most texts are not counted twice.
        if text.len() > limit && text.chars().nth(limit).is_some() {
            return Err(AcceptError::TooLong { limit });
        }
        if clean::is_blank(&text) {
            return Err(AcceptError::Empty);
        }
        match clean::without_controls(&text) {
            Cow::Borrowed(_) => Ok(text),
            Cow::Owned(cleaned) => Ok(cleaned),
        }
    }

    /// What is still unanswered, and how this customer writes.
    async fn burst(&self, conversation: &Conversation, now: Timestamp) -> Result<Burst, StoreError> {
        if conversation.last_seq == 0 {
            return Ok(Burst::default());
        }
        let since = (conversation.last_seq - RHYTHM_EVENTS).max(0);
        let page = self.conversations.messages(conversation.id, since, RHYTHM_MESSAGES).await?;
        let clock = |at: Timestamp| Duration::from_millis(u64::try_from(at.as_millisecond()).unwrap_or(0));
        let heard: Vec<Heard> = page
            .iter()
            // What is only kept is no word of a burst.
            .filter(|(_, message)| message.kept.is_none())
            .map(|(_, message)| Heard {
                at: clock(message.created_at),
                by_customer: message.role == Role::Customer,
            })
            .collect();
        Ok(Burst::of(&heard, clock(now)))
    }

    /// Every message is an event, so only a long log needs counting.
    async fn is_full(&self, conversation: &Conversation) -> Result<bool, StoreError> {
        let limit = self.limits.messages_per_conversation;
        if usize::try_from(conversation.last_seq).unwrap_or(usize::MAX) < limit {
            return Ok(false);
        }
        let id = conversation.id;
        let (mut after, mut count) = (0, 0);
        loop {
            let page = self.conversations.messages(id, after, COUNT_PAGE).await?;
            count += page.iter().filter(|(_, message)| message.role == Role::Customer).count();
            match page.last() {
                Some((seq, _)) if count < limit => after = *seq,
                _ => return Ok(count >= limit),
            }
        }
    }
}

fn is_id(text: &str, limit: usize) -> bool {
    let characters = text.chars().take(limit + 1).count();
    (1..=limit).contains(&characters) && !text.contains(char::is_control) && !clean::is_blank(text)
}

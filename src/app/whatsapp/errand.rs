//! A delivery on its way to WhatsApp, with all that is known of it: where it goes, what the customer said last, what was
//! tried before. What follows from that alone is decided here, without asking anybody.

use super::compose::Choices;
use crate::channels::whatsapp::address::WhatsAppAddress;
use crate::channels::whatsapp::errors::{GraphError, Remedy};
use crate::channels::whatsapp::outgoing::Content;
use crate::domain::conversation::Conversation;
use crate::domain::message::{Kept, Message, Role};
use crate::store::sends::{SendRecord, SendState};
use jiff::{SignedDuration, Timestamp};

/// How long after a customer's last word free words may be sent, with a margin for clocks and for the way there.
const WINDOW: SignedDuration = SignedDuration::from_mins(24 * 60 - 3);

/// A customer who wrote so lately is in the middle of a talk.
const TALK: SignedDuration = SignedDuration::from_mins(30);

/// All that is known of a delivery before it leaves.
pub(super) struct Errand {
    /// Where to.
    pub(super) address: WhatsAppAddress,
    /// The conversation.
    pub(super) conversation: Conversation,
    /// What the customer said last, newest first.
    pub(super) said: Vec<Message>,
    /// Earlier attempts for this delivery, oldest first.
    pub(super) tried: Vec<SendRecord>,
    /// The newest attempts in the conversation, newest first.
    pub(super) sent: Vec<SendRecord>,
    /// The channel's id of the message that is reacted to.
    pub(super) target: Option<String>,
}

/// What is to leave next.
pub(super) enum Next<'c> {
    /// All of it is with Meta already, under this id.
    Nothing(String),
    /// A piece, by its number from 1.
    Piece(u32, &'c Content),
}

impl Errand {
    /// Whether nobody waits for a message: it comes out of nowhere, or a day behind the customer's last word.
    pub(super) fn is_unasked(&self, message: &Message, now: Timestamp) -> bool {
        let is_talking = self.heard().is_some_and(|heard| now.duration_since(heard) < TALK);
        let is_own_accord = message.role == Role::Assistant && message.reply_to.is_empty();
        !is_talking && (is_own_accord || !self.may_speak_freely(now))
    }

    /// Whether the customer has written of something since, other than of messages that they do not want.
    pub(super) fn has_asked_since(&self, since: Timestamp) -> bool {
        let is_wish = |message: &Message| matches!(message.kept, Some(Kept::Preference | Kept::Sign));
        self.said.iter().any(|message| message.created_at > since && !is_wish(message))
    }

    /// The newest word of the customer that opens the window. Signs (a reaction, a new number) may not.
    fn heard(&self) -> Option<Timestamp> {
        self.said.iter().find(|message| message.kept != Some(Kept::Sign)).map(|message| message.created_at)
    }

    /// Whether words of our own may be sent now: Meta allows them for a day behind the customer's last word.
    pub(super) fn may_speak_freely(&self, now: Timestamp) -> bool {
        let Some(heard) = self.heard() else { return false };
        // Meta has the last word about its window.
        let closed = |one: &SendRecord| remedy(one) == Some(Remedy::Template) && one.begun_at >= heard;
        now.duration_since(heard) < WINDOW && !self.tried.iter().any(closed)
    }

    /// How choices are shown, after what Meta said of earlier attempts.
    pub(super) fn choices(&self) -> Choices {
        let refused = |one: &SendRecord| one.kind == "interactive" && remedy(one) == Some(Remedy::Plain);
        if self.tried.iter().any(refused) { Choices::Numbered } else { Choices::Tappable }
    }

    /// What leaves next; `None` if there is nothing in it.
    pub(super) fn next<'c>(&self, contents: &'c [Content]) -> Option<Next<'c>> {
        let taken = |part: u32, content: &Content| {
            self.tried
                .iter()
                .find(|one| one.part == part && one.kind == content.kind() && one.state == SendState::Taken)
        };
        let mut last = None;
        for (part, content) in (1..).zip(contents) {
            match taken(part, content) {
                Some(record) => last = record.external_id.clone(),
                None => return Some(Next::Piece(part, content)),
            }
        }
        last.map(Next::Nothing)
    }

    /// What is quoted: the message that is answered, where the customer has written more since.
    pub(super) fn quotes(&self, answers: &Message) -> Option<&str> {
        let newest = self.said.first()?;
        if answers.reply_to.is_empty() || answers.reply_to.contains(&newest.id) {
            return None;
        }
        let answered = self.said.iter().find(|message| answers.reply_to.contains(&message.id))?;
        answered.client_id.as_deref()
    }
}

/// What is to be done about an attempt that did not get through.
pub(super) fn remedy(record: &SendRecord) -> Option<Remedy> {
    match record.state {
        SendState::Refused | SendState::Failed if record.code != 0 => {
            Some(GraphError { code: record.code, ..GraphError::default() }.remedy())
        }
        SendState::Refused | SendState::Failed | SendState::Begun | SendState::Taken => None,
    }
}

//! How a message is heard: in which words, in reply to what, and whether anybody is to answer it.

use super::desk::Desk;
use super::ears::Ear;
use super::files::{Came, Fetched};
use super::manners::{Wish, is_loop, wish};
use crate::channels::whatsapp::CHANNEL;
use crate::channels::whatsapp::address::PhoneNumberId;
use crate::channels::whatsapp::content::Content;
use crate::channels::whatsapp::interactive::{numbered_choice, tappable};
use crate::channels::whatsapp::wire::Incoming;
use crate::channels::whatsapp::words::{NoFile, Said, said, without_file};
use crate::domain::conversation::Conversation;
use crate::domain::event::{Event, EventBody};
use crate::domain::language::Language;
use crate::domain::message::{Kept, MediaKind, Message, Quoted, Role};
use crate::inbox::clean;
use crate::inbox::coalesce::Quiet;
use crate::store::error::StoreError;
use jiff::Timestamp;
use std::time::Duration;

/// Characters of one message: more than WhatsApp takes, with room for marks.
pub(super) const MESSAGE_CHARS: usize = 6_000;
/// Characters of a quoted message that are kept with the reply.
const QUOTED_CHARS: usize = 400;

/// A message as it is taken in.
pub(super) struct Heard {
    /// Its words and files.
    pub(super) said: Said,
    /// The message that it is about.
    pub(super) quoted: Option<Quoted>,
    /// Why no turn is to answer it, if none is.
    pub(super) kept: Option<Kept>,
    /// What it wants of messages that nobody asked for.
    pub(super) wish: Option<Wish>,
    /// When it was said.
    pub(super) at: Timestamp,
}

impl Desk {
    /// A message in words, and whether anybody is to answer it. None while a voice message is being listened to, or a file
    /// fetched.
    pub(super) async fn heard(
        &self,
        number: &PhoneNumberId,
        conversation: &Conversation,
        incoming: &Incoming,
        events: &[Event],
        at: Timestamp,
    ) -> Result<Option<Heard>, StoreError> {
        let quoted = self.quoted(conversation, incoming).await?;
        let mut content = said(&incoming.content, conversation.language);
        // What is not for the program is not passed on to anybody who listens, and not fetched.
        let is_served = self.serves(conversation, incoming, events).await?;
        let ear = if is_served { self.ear(number, conversation, incoming, at) } else { None };
        match &ear {
            Some(Ear::Listening) => return Ok(None),
            Some(Ear::Words(words)) => content.text = format!("{words}\n{}", content.text),
            Some(Ear::Nothing) | None => {}
        }
        for media in content.media.iter_mut().filter(|_| is_served) {
            let came = Came { number, conversation: conversation.id, media };
            let why = match self.fetched(came, &incoming.id).await? {
                Fetched::Fetching => return Ok(None),
                Fetched::Nothing => continue,
                Fetched::Kept(file) => {
                    media.file = Some(file);
                    continue;
                }
                Fetched::Refused => NoFile::Refused,
                Fetched::Lost => NoFile::Lost,
            };
            content.text.push('\n');
            content.text.push_str(&without_file(conversation.language, why));
        }
        let value = match &incoming.content {
            Content::Choice { id, .. } => offered(id, quoted.as_ref(), events),
            Content::Text(text) => by_number(text, events, conversation.language),
            _ => None,
        };
        if let Some(value) = value {
            content.text = value;
        }
        if let Some(product) = incoming.product.as_deref().and_then(|text| clean::one_line(text, 80)) {
            content.text.push_str(&format!("\n[{product}]"));
        }
        if let Some((end, _)) = content.text.char_indices().nth(MESSAGE_CHARS) {
            content.text.truncate(end);
        }
        let wished = match is_served {
            true => self.wish(conversation, incoming, events, &content.text).await?,
            false => None,
        };
        let is_blank = clean::is_blank(&content.text);
        if is_blank {
            content = said(&Content::Unseen { kind: None, code: None }, conversation.language);
        }
        let now = self.parts.clock.now();
        let kept = if !is_served {
            Some(Kept::Private)
        } else if wished.is_some() {
            // However late, and whoever has the conversation.
            Some(Kept::Preference)
        } else if now.duration_since(at) > self.ignore_older_than {
            Some(Kept::Late)
        } else if incoming.is_observed {
            Some(Kept::Observed)
        } else if is_blank {
            Some(Kept::Unseen)
        } else {
            match &incoming.content {
                Content::Reaction { .. } | Content::Revoke { .. } | Content::System { .. } => {
                    Some(Kept::Sign)
                }
                Content::Media { media, .. } if media.kind == MediaKind::Sticker => Some(Kept::Sign),
                Content::Unseen { .. } => Some(Kept::Unseen),
                Content::Media { .. } if ear == Some(Ear::Nothing) => Some(Kept::Unseen),
                _ if is_loop(events, &content.text, now) => Some(Kept::Loop),
                _ => None,
            }
        };
        Ok(Some(Heard { said: content, quoted: quoted.map(shortened), kept, wish: wished, at }))
    }

    /// What became of a file; nothing becomes of one whose message was taken in before.
    async fn fetched(&self, came: Came<'_>, message: &str) -> Result<Fetched, StoreError> {
        let known = self.parts.stores.conversations.said(came.conversation, CHANNEL, message).await?;
        Ok(if known.is_some() { Fetched::Nothing } else { self.parts.files.fetch(came) })
    }

    /// What a voice message says; none for other messages, and for one that nobody answers any more.
    fn ear(
        &self,
        number: &PhoneNumberId,
        conversation: &Conversation,
        incoming: &Incoming,
        at: Timestamp,
    ) -> Option<Ear> {
        let Content::Media { media, .. } = &incoming.content else { return None };
        let is_late = self.parts.clock.now().duration_since(at) > self.ignore_older_than;
        if is_late || incoming.is_observed || !is_voice(&incoming.content) {
            return None;
        }
        Some(self.parts.ears.listen(number, media, conversation.language))
    }

    /// The message of ours or theirs that this one is about.
    async fn quoted(
        &self,
        conversation: &Conversation,
        incoming: &Incoming,
    ) -> Result<Option<Message>, StoreError> {
        let id = match &incoming.content {
            Content::Reaction { to, .. } => to.as_ref(),
            Content::Edit { of, .. } | Content::Revoke { of } => of.as_ref(),
            _ => incoming.replies_to.as_ref(),
        };
        match id {
            Some(id) => self.parts.stores.conversations.said(conversation.id, CHANNEL, id).await,
            None => Ok(None),
        }
    }

    /// What the message wants of messages that nobody asked for, if it says nothing else. Who never said that they want
    /// none cannot want them again.
    async fn wish(
        &self,
        conversation: &Conversation,
        incoming: &Incoming,
        events: &[Event],
        text: &str,
    ) -> Result<Option<Wish>, StoreError> {
        let payload = match &incoming.content {
            Content::TemplateButton { payload, .. } => payload.as_deref(),
            Content::Text(_) => None,
            _ => return Ok(None),
        };
        let last = messages(events).find(|message| message.role == Role::Assistant);
        match wish(text, payload, last) {
            Some(Wish::In) => {
                let contact = self.parts.stores.contacts.get(conversation.contact).await?;
                let is_out = contact.is_some_and(|contact| contact.marketing_consent == Some(false));
                Ok(is_out.then_some(Wish::In))
            }
            other => Ok(other),
        }
    }

    /// A picture has no ending: what it is about usually follows. Who tapped has finished.
    pub(super) fn quiet_behind(&self, content: &Content) -> Quiet {
        let finished = match content {
            Content::Choice { .. } | Content::TemplateButton { .. } | Content::Form(_) => Duration::ZERO,
            Content::Media { caption: None, .. } => self.quiet.unfinished,
            _ => self.quiet.finished,
        };
        Quiet { finished, ..self.quiet }
    }
}

/// Whether a message is one to listen to.
pub(super) fn is_voice(content: &Content) -> bool {
    matches!(content, Content::Media { media, .. } if matches!(media.kind, MediaKind::Voice | MediaKind::Audio))
}

/// The messages of a log, newest first.
pub(super) fn messages(events: &[Event]) -> impl Iterator<Item = &Message> {
    events.iter().rev().filter_map(|event| match &event.body {
        EventBody::Message(message) => Some(message),
        _ => None,
    })
}

/// What is said by tapping `id`: the value of a button that we offered, in the message that is answered or lately.
fn offered(id: &str, quoted: Option<&Message>, events: &[Event]) -> Option<String> {
    let recent = messages(events).filter(|message| message.role == Role::Assistant).take(10);
    let mut offered = quoted.into_iter().chain(recent).flat_map(|message| &message.buttons);
    offered.find(|button| button.value == id).map(|button| button.value.clone())
}

/// What is said by the number of a choice, where the choices were numbered lines. A question of an interview is asked
/// with its own sense of numbers; one for a yes may be answered with a number that corrects it.
fn by_number(text: &str, events: &[Event], language: Language) -> Option<String> {
    let last = messages(events).find(|message| message.role != Role::Customer)?;
    let reads_numbers = last.input.is_some()
        || last.confirmation.is_some() && tappable(&last.text, &last.buttons, language).is_some();
    if reads_numbers { None } else { numbered_choice(text, &last.buttons).map(str::to_owned) }
}

fn shortened(message: Message) -> Quoted {
    let mut text = message.text;
    if let Some((end, _)) = text.char_indices().nth(QUOTED_CHARS) {
        text.truncate(end);
        text.push('…');
    }
    Quoted { id: message.id, role: message.role, text }
}

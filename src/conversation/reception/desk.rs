//! Takes in one update at a time and does what follows from it. A store that fails is the only error: the update is
//! taken in again later, and what was done already is not done twice.

use super::audience::Audience;
use super::ears::Ears;
use super::files::Files;
use super::hear::{Heard, MESSAGE_CHARS, is_voice, messages};
use super::manners::{Wish, was_kept_for};
use super::people::{People, Referral};
use super::sayings;
use super::statuses::Statuses;
use crate::channels::whatsapp::CHANNEL;
use crate::channels::whatsapp::address::{PhoneNumberId, WaId};
use crate::channels::whatsapp::content::Content;
use crate::channels::whatsapp::news::counted_as;
use crate::channels::whatsapp::wire::{Echo, Incoming, LONGEST_ID, Moved, Person, Update, What};
use crate::channels::whatsapp::words::said;
use crate::config::whatsapp::WhatsAppSettings;
use crate::conversation::ownership::Ownership;
use crate::domain::clock::Clock;
use crate::domain::conversation::{Conversation, Owner};
use crate::domain::event::Event;
use crate::domain::ids::MessageId;
use crate::domain::language::Language;
use crate::domain::message::Kept;
use crate::inbox::accept::{AcceptError, Inbound, Inbox, InboxLimits, With};
use crate::inbox::coalesce::Quiet;
use crate::limits::alerts::Alerts;
use crate::store::Stores;
use crate::store::conversations::Accepted;
use crate::store::error::StoreError;
use crate::store::sends::{SendName, SendRecord, SendState};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::time::Duration;

/// How far back manners look.
const RECENT_EVENTS: u32 = 200;
/// What came later than this has the time at which it was said, not at which it came.
const ON_TIME: SignedDuration = SignedDuration::from_secs(60);
/// So long a message of ours may be on its way before its name is known.
const BEING_SENT: SignedDuration = SignedDuration::from_secs(30);

/// What a [`Desk`] is made of.
pub struct DeskParts {
    /// The state.
    pub stores: Stores,
    /// Who may answer.
    pub ownership: Arc<Ownership>,
    /// Where what becomes of our messages goes.
    pub statuses: Arc<dyn Statuses>,
    /// Where people are told.
    pub alerts: Arc<Alerts>,
    /// Who listens to voice messages.
    pub ears: Arc<dyn Ears>,
    /// Who fetches files.
    pub files: Arc<dyn Files>,
    /// Time and ids.
    pub clock: Arc<dyn Clock>,
    /// Language of who is new.
    pub language: Language,
}

/// How far an update was taken in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taken {
    /// Wholly.
    Whole,
    /// Not at all: a voice message is still being listened to, a file fetched, or it may be what we are just sending.
    NotYet,
}

/// Takes in what WhatsApp tells.
pub struct Desk {
    pub(super) parts: DeskParts,
    pub(super) people: People,
    pub(super) audience: Audience,
    inbox: Inbox,
    pub(super) quiet: Quiet,
    pub(super) ignore_older_than: SignedDuration,
    numbers: Vec<PhoneNumberId>,
    /// Our own numbers as customers dial them, in canonical form.
    own: Vec<String>,
}

impl Desk {
    /// A desk for the numbers in `settings`.
    pub fn new(parts: DeskParts, settings: &WhatsAppSettings) -> Self {
        let milliseconds = Duration::from_millis;
        let quiet = Quiet {
            finished: milliseconds(settings.quiet_ms),
            unfinished: milliseconds(settings.quiet_unfinished_ms),
            longest: milliseconds(settings.quiet_longest_ms),
            total: milliseconds(settings.quiet_max_ms),
            messages: settings.quiet_messages,
        };
        // Who writes here is known to Meta, and can open no second conversation when the first one is full.
        let limits = InboxLimits {
            message_chars: MESSAGE_CHARS,
            messages_per_conversation: usize::MAX,
            external_id_chars: LONGEST_ID,
        };
        let numbers = settings.all_numbers();
        Self {
            people: People {
                contacts: parts.stores.contacts.clone(),
                conversations: parts.stores.conversations.clone(),
                clock: parts.clock.clone(),
                language: parts.language,
            },
            inbox: Inbox::new(parts.stores.conversations.clone(), parts.clock.clone(), limits),
            audience: Audience::new(&settings.audience),
            quiet,
            ignore_older_than: SignedDuration::try_from(settings.ignore_older_than())
                .unwrap_or(SignedDuration::MAX),
            own: numbers.iter().filter_map(|number| canonical(&number.display_phone)).collect(),
            numbers: numbers
                .iter()
                .filter_map(|number| PhoneNumberId::read(&number.phone_number_id))
                .collect(),
            parts,
        }
    }

    /// Takes in one update.
    ///
    /// # Errors
    /// The store's.
    pub async fn take(&self, update: &Update, received_at: Timestamp) -> Result<Taken, StoreError> {
        if matches!(update.what, What::Unreadable) {
            count("unparsed");
            tracing::warn!("a message of WhatsApp names neither itself nor anybody; its body is kept");
            return Ok(Taken::Whole);
        }
        // It may name no number: it is about all of them.
        if let What::Other { field, told } = &update.what {
            self.news(field, told.as_deref());
            return Ok(Taken::Whole);
        }
        let Some(number) = self.ours(update) else {
            if update.is_message() {
                count("ignored");
            }
            return Ok(Taken::Whole);
        };
        let at = update.at.unwrap_or(received_at).min(received_at);
        let taken = match &update.what {
            What::Message(message) => {
                return Box::pin(self.message(&number, update, message, at)).await;
            }
            What::Echo(echo) => return self.echo(&number, echo).await,
            What::Status(status) => self.parts.statuses.take(&number, status).await,
            What::Moved(moved) => self.moved(&number, moved).await,
            What::Preference(preference) => self.preference(&number, preference, at).await,
            What::Passed { to_us, person } => self.passed(&number, person, *to_us).await,
            What::Trouble { code, title } => {
                let (code, title) = (code.as_deref().unwrap_or("?"), title.as_deref().unwrap_or("no title"));
                self.parts.alerts.waiting(
                    &format!("whatsapp {number}"),
                    &format!("WhatsApp reports a problem, {code}: {title}"),
                );
                Ok(())
            }
            What::Other { .. } | What::Unreadable => Ok(()),
        };
        taken.map(|()| Taken::Whole)
    }

    /// Our number that an update is about. One that names none is about the only one there is.
    fn ours(&self, update: &Update) -> Option<PhoneNumberId> {
        match (&update.number, self.numbers.as_slice()) {
            (Some(number), numbers) => numbers.contains(number).then(|| number.clone()),
            (None, [only]) => Some(only.clone()),
            (None, _) => None,
        }
    }

    async fn message(
        &self,
        number: &PhoneNumberId,
        update: &Update,
        incoming: &Incoming,
        at: Timestamp,
    ) -> Result<Taken, StoreError> {
        let own = update.display_phone.as_deref().and_then(canonical);
        let from = incoming.from.phone.as_ref().map(WaId::canonical);
        let is_own = from.is_some_and(|from| own.as_ref() == Some(&from) || self.own.contains(&from));
        if incoming.in_group || is_own || incoming.content == Content::Welcome {
            count("ignored");
            return Ok(Taken::Whole);
        }
        let referral = incoming.referral.as_ref().map(|told| Referral { told, message: &incoming.id });
        let Some(conversation) = self.people.conversation(number, &incoming.from, referral).await? else {
            count("unparsed");
            return Ok(Taken::Whole);
        };
        let events = self.parts.stores.conversations.recent_events(conversation.id, RECENT_EVENTS).await?;
        let Some(heard) = self.heard(number, &conversation, incoming, &events, at).await? else {
            return Ok(Taken::NotYet);
        };
        let with = With {
            media: heard.said.media.clone(),
            quoted: heard.quoted.clone(),
            said_at: (self.parts.clock.now().duration_since(at) > ON_TIME).then_some(at),
            kept: heard.kept,
        };
        let inbound = Inbound {
            conversation: conversation.id,
            channel: CHANNEL,
            external_id: incoming.id.clone(),
            text: heard.said.text.clone(),
            quiet: self.quiet_behind(&incoming.content),
            with,
        };
        if let Some(accepted) = accepted(self.inbox.accept(inbound).await)? {
            self.follow_up(&conversation, incoming, &events, accepted, &heard).await?;
        }
        Ok(Taken::Whole)
    }

    /// What a message leads to beside an answer. What was done when it came first is not done again.
    async fn follow_up(
        &self,
        conversation: &Conversation,
        incoming: &Incoming,
        events: &[Event],
        accepted: Accepted,
        heard: &Heard,
    ) -> Result<(), StoreError> {
        let language = conversation.language;
        let is_told = messages(events).any(|message| message.reply_to.contains(&accepted.message));
        if let Content::Contacts(cards) = &incoming.content {
            let own = cards.iter().filter(|card| card.is_own).flat_map(|card| &card.phones).next();
            if let Some(phone) = own {
                self.people.shared_phone(conversation.contact, phone).await?;
            }
        }
        match heard.kept {
            Some(Kept::Unseen) if !is_told => {
                let code = match incoming.content {
                    Content::Unseen { code, .. } => code,
                    _ => None,
                };
                // A person who has the conversation sees for themselves.
                if conversation.owner.is_bot() {
                    let sentence = match is_voice(&incoming.content) {
                        true => sayings::unheard(language),
                        false => sayings::unseen(language, code),
                    };
                    self.tell(conversation, accepted.message, sentence).await?;
                }
            }
            Some(Kept::Preference) if !is_told => {
                if let Some(wish) = heard.wish {
                    let words = heard.said.text.clone();
                    self.record(conversation.contact, wish == Wish::In, words, heard.at).await?;
                    let sentence = match wish {
                        Wish::Out => sayings::opted_out(language),
                        Wish::In => sayings::opted_in(language),
                    };
                    self.tell(conversation, accepted.message, sentence).await?;
                }
            }
            Some(Kept::Observed) if conversation.owner.is_bot() => {
                self.parts.ownership.take(conversation.id, sayings::OTHER_PROGRAM).await?;
            }
            Some(Kept::Late) if !accepted.duplicate && !was_kept_for(events, Kept::Late) => {
                self.flag(conversation, "a message took too long to come and was not answered: see to it");
            }
            Some(Kept::Loop) if !accepted.duplicate && !was_kept_for(events, Kept::Loop) => {
                self.flag(
                    conversation,
                    "a program seems to be on the other side; it is not answered any more",
                );
            }
            Some(_) | None => {}
        }
        Ok(())
    }

    fn news(&self, field: &str, told: Option<&str>) {
        metrics::counter!("balcao_whatsapp_news_total", "field" => counted_as(field)).increment(1);
        match told {
            Some(told) => self.parts.alerts.waiting("WhatsApp account", told),
            None => tracing::debug!(field, "news of WhatsApp that nobody acts on"),
        }
    }

    fn flag(&self, conversation: &Conversation, text: &str) {
        self.parts.alerts.waiting(&format!("conversation {}", conversation.id), text);
    }

    async fn tell(
        &self,
        conversation: &Conversation,
        to: MessageId,
        sentence: &str,
    ) -> Result<(), StoreError> {
        self.parts.ownership.tell(conversation.id, to, sentence.to_owned()).await.map(drop)
    }

    async fn echo(&self, number: &PhoneNumberId, echo: &Echo) -> Result<Taken, StoreError> {
        let sends = &self.parts.stores.sends;
        let name = SendName { mark: None, external_id: echo.id.clone() };
        if sends.named(&name).await?.is_some() {
            // Our own words: some providers repeat them.
            count("ignored");
            return Ok(Taken::Whole);
        }
        let Some(conversation) = self.people.conversation(number, &echo.to, None).await? else {
            return Ok(Taken::Whole);
        };
        let newest = sends.newest(conversation.id, 1).await?;
        let is_sending = |send: &SendRecord| {
            let age = self.parts.clock.now().duration_since(send.begun_at);
            send.state == SendState::Begun && age < BEING_SENT
        };
        if newest.iter().any(is_sending) {
            // They may be ours: what they are called is known in a moment.
            return Ok(Taken::NotYet);
        }
        let text = said(&echo.content, conversation.language).text;
        let text = match self.inbox.readable(text) {
            Ok(text) => text,
            Err(_) => said(&Content::Unseen { kind: None, code: None }, conversation.language).text,
        };
        let author = sayings::team(conversation.language);
        let taken = self.parts.ownership.echo(conversation.id, &echo.id, author, text).await?;
        count(if taken.duplicate { "duplicate" } else { "accepted" });
        Ok(Taken::Whole)
    }

    async fn moved(&self, number: &PhoneNumberId, moved: &Moved) -> Result<(), StoreError> {
        let conversations = self.people.moved(moved, &self.numbers).await?;
        let Some(id) = &moved.id else { return Ok(()) };
        let here = conversations.iter().find(|known| {
            known.metadata.get("number").and_then(|known| known.as_str()) == Some(number.as_str())
        });
        let Some(conversation) = here else {
            count("accepted");
            return Ok(());
        };
        let inbound = Inbound {
            conversation: conversation.id,
            channel: CHANNEL,
            external_id: id.clone(),
            text: said(&Content::System { kind: String::new() }, conversation.language).text,
            quiet: self.quiet,
            with: With { kept: Some(Kept::Sign), ..With::default() },
        };
        accepted(self.inbox.accept(inbound).await).map(drop)
    }

    /// Another program has the conversation on Meta's side, or gives it back.
    async fn passed(&self, number: &PhoneNumberId, person: &Person, to_us: bool) -> Result<(), StoreError> {
        let Some(conversation) = self.people.conversation(number, person, None).await? else {
            return Ok(());
        };
        let other = Owner::Person { name: sayings::OTHER_PROGRAM.to_owned() };
        let ownership = &self.parts.ownership;
        match (to_us, conversation.owner == other) {
            (true, true) => ownership.give_back(conversation.id, sayings::OTHER_PROGRAM).await.map(drop),
            (false, false) if conversation.owner.is_bot() => {
                ownership.take(conversation.id, sayings::OTHER_PROGRAM).await.map(drop)
            }
            (true, false) | (false, _) => Ok(()),
        }
    }
}

/// What became of a message; none if it is not one that can be taken in, which is counted already.
fn accepted(result: Result<Accepted, AcceptError>) -> Result<Option<Accepted>, StoreError> {
    match result {
        Ok(accepted) => Ok(Some(accepted)),
        Err(AcceptError::Store(error)) => Err(error),
        Err(error) => {
            tracing::warn!(error = %error, "a message of WhatsApp was not accepted");
            Ok(None)
        }
    }
}

fn canonical(phone: &str) -> Option<String> {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    WaId::read(&digits).map(|phone| phone.canonical())
}

fn count(outcome: &'static str) {
    metrics::counter!("balcao_inbound_total", "channel" => CHANNEL, "outcome" => outcome).increment(1);
}

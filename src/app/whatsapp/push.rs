//! WhatsApp as a channel of the outbox: whether a message may leave now, as what, and what came of it. One message to
//! Meta at a time; a delivery of several pieces comes back for each. Nothing leaves that is not written down before, and
//! nothing of unknown fate leaves again before Meta has had its time to say that it has it.

mod leave;
mod refusal;

use super::compose::{Choices, Phone, Way, compose};
use super::errand::{Errand, Next};
use super::unasked::Unasked;
use crate::channels::whatsapp::CHANNEL;
use crate::channels::whatsapp::address::{PhoneNumberId, WhatsAppAddress};
use crate::channels::whatsapp::attach::Wrong;
use crate::channels::whatsapp::client::Sent;
use crate::channels::whatsapp::errors::{GraphError, Remedy};
use crate::channels::whatsapp::line::{Line, Manner};
use crate::channels::whatsapp::outgoing::{Content, Outgoing};
use crate::channels::whatsapp::template::Template;
use crate::config::whatsapp::RateSettings;
use crate::domain::attachment::Attachment;
use crate::domain::clock::Clock;
use crate::limits::alerts::Alerts;
use crate::limits::pace::Pace;
use crate::outbox::push::{Fate, Parcel, Push, Schedule, SendError};
use crate::store::Stores;
use crate::store::error::StoreError;
use crate::store::sends::{NewSend, Reach, SendEnd, SendName, SendState};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

/// How long a message waits for the one before it to be on the customer's phone, so that they stand in order.
const IN_ORDER: SignedDuration = SignedDuration::from_secs(2);
/// The least time between two pieces of one message.
const BETWEEN_PIECES: SignedDuration = SignedDuration::from_secs(1);
/// The longest sleep of a message that waits for another one.
const NAP: Duration = Duration::from_millis(300);
/// How long a number rests that nothing gets through.
const REST: Duration = Duration::from_secs(300);
/// How long a number rests that was too fast, the first time; it doubles.
const SLOWER: Duration = Duration::from_secs(2);
/// How many messages of a customer are looked at for the last one that counts.
const LAST_SAID: u32 = 5;
/// And for the one that is reacted to.
const REACTED_TO: u32 = 200;
/// What an attempt is refused with that Meta has not heard of, and how often a message is sent again after one.
const UNHEARD: i64 = 0;
const MOST_UNHEARD: usize = 2;
/// What an attempt is refused with that did not get to Meta, or that Meta did not explain.
const NO_ANSWER: i64 = -2;
/// However often the program starts anew, the fate of an attempt is waited for so many times the usual wait at most.
const MOST_WAITS: i32 = 3;
/// For how many times the usual wait a silent webhook is waited for.
const SILENCES: u32 = 15;
/// A claim outlives the client's own patience, so that the client says what happened.
const MARGIN: Duration = Duration::from_secs(5);
/// The longest a courier waits because Meta asks for it.
const LONGEST_ASKED: Duration = Duration::from_secs(256);

/// The channel.
pub struct WhatsAppPush {
    /// Meta, or who stands in between.
    pub line: Arc<dyn Line>,
    /// The state.
    pub stores: Stores,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Where it is told that nothing gets through.
    pub alerts: Arc<Alerts>,
    /// How fast each number may send, and which ones rest.
    pub pace: Pace<PhoneNumberId>,
    /// The numbers that are set up.
    pub numbers: HashSet<PhoneNumberId>,
    /// What is said in the place of an answer when the window is closed.
    pub template: Option<Template>,
    /// The business's name, for templates.
    pub business: String,
    /// How much may be sent.
    pub rates: RateSettings,
    /// When messages may leave that nobody asked for.
    pub unasked: Unasked,
    /// Characters of one message.
    pub most: usize,
    /// How long one call to Meta may take.
    pub timeout: Duration,
    /// How long a status is waited for that tells what became of a message.
    pub unknown_fate_wait: Duration,
    /// When this process began: what Meta reported while there was none comes again.
    pub began: Timestamp,
}

#[async_trait]
impl Push for WhatsAppPush {
    fn channel(&self) -> &str {
        CHANNEL
    }

    fn schedule(&self) -> Schedule {
        Schedule { timeout: self.timeout + MARGIN, ..Schedule::default() }
    }

    async fn send(&self, parcel: &Parcel) -> Result<String, SendError> {
        let errand = self.errand(parcel).await?;
        self.is_welcome(parcel, &errand).await?;
        let contents = match self.may_speak_freely(&errand) {
            true => {
                let way = Way {
                    language: errand.conversation.language,
                    choices: match self.line.manner() {
                        Manner::Full => errand.choices(),
                        Manner::Plain => Choices::Numbered,
                    },
                    most: self.most,
                    phone: if errand.address.phone.is_some() { Phone::Known } else { Phone::Hidden },
                    target: errand.target.as_deref(),
                };
                let refused = |wrong: Wrong| SendError::Refused { error: wrong.to_string() };
                compose(&parcel.message, way).map_err(refused)?
            }
            false => vec![self.stand_in(parcel, &errand).await?],
        };
        let (part, content) = match errand.next(&contents) {
            None => return Err(SendError::Refused { error: "there are no words in it".to_owned() }),
            Some(Next::Nothing(external_id)) => return Ok(external_id),
            Some(Next::Piece(part, content)) => (part, content),
        };
        self.wait_your_turn(parcel, &errand).await?;
        let of = u32::try_from(contents.len()).unwrap_or(u32::MAX);
        let wamid = self.attempt(parcel, &errand, content, part, of).await?;
        if part == of {
            return Ok(wamid);
        }
        let after = Duration::try_from(BETWEEN_PIECES).unwrap_or(NAP);
        Err(SendError::NotYet { after, error: format!("piece {} of {of} comes next", part + 1) })
    }

    async fn fate(&self, parcel: &Parcel) -> Fate {
        match self.look(parcel).await {
            Ok(fate) => fate,
            Err(error) => {
                tracing::warn!(delivery.id = %parcel.delivery.id, error = %error, "a delivery in doubt could not be looked into");
                Fate::Awaited { after: NAP }
            }
        }
    }
}

impl WhatsAppPush {
    /// Whether words of our own may leave now.
    fn may_speak_freely(&self, errand: &Errand) -> bool {
        self.line.manner() == Manner::Plain || errand.may_speak_freely(self.clock.now())
    }

    async fn errand(&self, parcel: &Parcel) -> Result<Errand, SendError> {
        let id = parcel.delivery.conversation;
        let conversations = &self.stores.conversations;
        let identity = conversations.identity(id).await.map_err(away)?;
        let Some(address) = identity.as_ref().and_then(WhatsAppAddress::of) else {
            return Err(SendError::Refused {
                error: "the conversation has no address of WhatsApp".to_owned(),
            });
        };
        if !self.numbers.contains(&address.number) {
            let error = format!("the number {} is not set up any more", address.number);
            return Err(SendError::Refused { error });
        }
        let conversation = conversations.get(id).await.map_err(away)?;
        let looked_at = self.rates.pair_burst.saturating_mul(2);
        Ok(Errand {
            address,
            conversation: conversation.ok_or(StoreError::NotFound).map_err(away)?,
            said: self.stores.sends.last_said(id, LAST_SAID).await.map_err(away)?,
            tried: self.stores.sends.of_delivery(parcel.delivery.id).await.map_err(away)?,
            sent: self.stores.sends.newest(id, looked_at).await.map_err(away)?,
            target: self.target(parcel).await?,
        })
    }

    /// Meta's id of the message that is reacted to.
    async fn target(&self, parcel: &Parcel) -> Result<Option<String>, SendError> {
        let Some(Attachment::Reaction { to, .. }) = parcel.message.attachment.as_deref() else {
            return Ok(None);
        };
        let said =
            self.stores.sends.last_said(parcel.delivery.conversation, REACTED_TO).await.map_err(away)?;
        Ok(said.into_iter().find(|message| message.id == *to).and_then(|message| message.client_id))
    }

    /// One message to Meta, written down before.
    async fn attempt(
        &self,
        parcel: &Parcel,
        errand: &Errand,
        content: &Content,
        part: u32,
        of: u32,
    ) -> Result<String, SendError> {
        let delivery = parcel.delivery.id;
        let mark = match errand.tried.len() {
            0 => delivery.to_string(),
            earlier => format!("{delivery}.{}", earlier + 1),
        };
        let now = self.clock.now();
        let reach = self.reach(errand, now);
        let begun = NewSend {
            mark: mark.clone(),
            delivery,
            conversation: parcel.delivery.conversation,
            part,
            of,
            kind: content.kind().to_owned(),
            at: now,
            reach,
        };
        if !self.stores.sends.begin(begun).await.map_err(away)? {
            let most = if let Reach::UnaskedWithin(limit) = reach { limit.most } else { 0 };
            let error = format!(
                "{most} people were written to within a day who waited for nothing: `people_per_day` and `new_since` in \
                 [channels.whatsapp.rates] allow no more"
            );
            return Err(SendError::Refused { error });
        }
        let quoted = if part == 1 && content.may_quote() { errand.quotes(&parcel.message) } else { None };
        let outgoing = Outgoing::new(&errand.address, &mark, content).quoting(quoted);
        let (outcome, end) = match self.line.send(&errand.address.number, &outgoing).await {
            Sent::Taken { wamid, held } => {
                if let Some(held) = held {
                    tracing::warn!(delivery.id = %delivery, held, "Meta keeps a template back for now");
                }
                self.alerts.back(&self.subject(errand));
                (Ok(wamid.clone()), Some(SendEnd::Taken { external_id: wamid }))
            }
            Sent::Refused { error, after } => {
                let code = error.code;
                let outcome = self.refused(errand, content, &error, after).await;
                // What is in doubt has no end yet.
                let is_over = !matches!(outcome, SendError::InDoubt { .. });
                (Err(outcome), is_over.then_some(SendEnd::Refused { code }))
            }
            Sent::NotTaken { after, error } => {
                (Err(SendError::NotNow { after, error }), Some(SendEnd::Refused { code: NO_ANSWER }))
            }
            Sent::InDoubt { error } => (Err(SendError::InDoubt { error }), None),
        };
        if let Some(end) = end
            && let Err(error) = self.stores.sends.end(&mark, end, self.clock.now()).await
        {
            tracing::warn!(delivery.id = %delivery, error = %error, "how an attempt ended could not be written down");
        }
        match outcome {
            Ok(wamid) => self.unless_failed(mark, wamid).await,
            Err(error) => Err(error),
        }
    }

    /// A status can be faster than the answer: what has failed meanwhile was not sent.
    async fn unless_failed(&self, mark: String, wamid: String) -> Result<String, SendError> {
        let name = SendName { mark: Some(mark), external_id: wamid.clone() };
        match self.stores.sends.named(&name).await {
            Ok(Some(record)) if record.state == SendState::Failed => {
                let error = GraphError { code: record.code, ..GraphError::default() };
                let told = error.told();
                Err(match error.remedy() {
                    Remedy::Template if self.template.is_some() => {
                        SendError::NotYet { after: Duration::ZERO, error: told }
                    }
                    _ => SendError::Refused { error: told },
                })
            }
            Ok(_) | Err(_) => Ok(wamid),
        }
    }

    fn subject(&self, errand: &Errand) -> String {
        format!("whatsapp {}", errand.address.number)
    }

    /// What became of an attempt that nobody knows the end of. Silence says that Meta does not have it, if it lasts long
    /// enough and Meta's reports do come in.
    async fn look(&self, parcel: &Parcel) -> Result<Fate, StoreError> {
        let tried = self.stores.sends.of_delivery(parcel.delivery.id).await?;
        let Some(unknown) = tried.iter().rfind(|one| one.state == SendState::Begun) else {
            // It ended, or was never begun.
            return Ok(Fate::NotSent);
        };
        let now = self.clock.now();
        let silence = now.duration_since(unknown.begun_at.max(self.began));
        let wait = SignedDuration::try_from(self.unknown_fate_wait).unwrap_or(SignedDuration::MAX);
        // While nobody listened Meta kept its reports and posts them again; who starts anew all the time would wait for ever.
        let whole = now.duration_since(unknown.begun_at);
        let longest_wait = wait.checked_mul(MOST_WAITS).unwrap_or(SignedDuration::MAX);
        if silence < wait && whole < longest_wait {
            let left = (wait - silence).min(longest_wait - whole);
            return Ok(Fate::Awaited { after: Duration::try_from(left).unwrap_or(NAP) });
        }
        if self.line.manner() == Manner::Plain {
            // Silence says nothing: its news do not name our mark.
            return Ok(Fate::Unknown);
        }
        if !self.stores.posts.came_since(CHANNEL, unknown.begun_at).await? {
            let longest = SignedDuration::try_from(self.unknown_fate_wait.saturating_mul(SILENCES));
            let is_hopeless = silence > longest.unwrap_or(SignedDuration::MAX);
            return Ok(if is_hopeless {
                Fate::Unknown
            } else {
                Fate::Awaited { after: Duration::from_secs(5) }
            });
        }
        let unheard =
            tried.iter().filter(|one| one.state == SendState::Refused && one.code == UNHEARD).count();
        if unheard >= MOST_UNHEARD {
            return Ok(Fate::Unknown);
        }
        self.stores.sends.end(&unknown.mark, SendEnd::Refused { code: UNHEARD }, now).await?;
        tracing::warn!(delivery.id = %parcel.delivery.id, "Meta has not heard of a message; it is sent again");
        Ok(Fate::NotSent)
    }
}

fn away(error: StoreError) -> SendError {
    SendError::NotNow { after: None, error: error.to_string() }
}

//! WhatsApp as a channel of the outbox: whether a message may leave now, as what, and what came of it. One message to
//! Meta at a time; a delivery of several pieces comes back for each. Nothing leaves that is not written down before, and
//! nothing of unknown fate leaves again before Meta has had its time to say that it has it.

use super::compose::compose;
use super::errand::{Errand, Next, remedy};
use crate::channels::whatsapp::CHANNEL;
use crate::channels::whatsapp::address::{PhoneNumberId, WhatsAppAddress};
use crate::channels::whatsapp::client::{GraphClient, Sent};
use crate::channels::whatsapp::errors::{GraphError, Remedy};
use crate::channels::whatsapp::outgoing::{Content, Outgoing};
use crate::channels::whatsapp::template::{Template, Values};
use crate::config::whatsapp::RateSettings;
use crate::domain::clock::Clock;
use crate::domain::contact::ConsentRecord;
use crate::domain::language::Language;
use crate::limits::alerts::Alerts;
use crate::limits::pace::{Pace, wait_for};
use crate::outbox::push::{Fate, Parcel, Push, Schedule, SendError};
use crate::store::Stores;
use crate::store::error::StoreError;
use crate::store::sends::{NewSend, SendEnd, SendName, SendRecord, SendState};
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
/// What an attempt is refused with that Meta has not heard of, and how often a message is sent again after one.
const UNHEARD: i64 = 0;
const MOST_UNHEARD: usize = 2;
/// What an attempt is refused with that did not get to Meta, or that Meta did not explain.
const NO_ANSWER: i64 = -2;
/// For how many times the usual wait a silent webhook is waited for.
const SILENCES: u32 = 15;
/// A claim outlives the client's own patience, so that the client says what happened.
const MARGIN: Duration = Duration::from_secs(5);
/// The longest a courier waits because Meta asks for it.
const LONGEST_ASKED: Duration = Duration::from_secs(256);

/// The channel.
pub struct WhatsAppPush {
    /// Meta.
    pub client: Arc<GraphClient>,
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
        let contents = match errand.may_speak_freely(self.clock.now()) {
            true => compose(&parcel.message, errand.conversation.language, errand.choices(), self.most),
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
        Ok(Errand {
            address,
            conversation: conversation.ok_or(StoreError::NotFound).map_err(away)?,
            said: self.stores.sends.last_said(id, LAST_SAID).await.map_err(away)?,
            tried: self.stores.sends.of_delivery(parcel.delivery.id).await.map_err(away)?,
        })
    }

    /// The template that takes a message's place.
    async fn stand_in(&self, parcel: &Parcel, errand: &Errand) -> Result<Content, SendError> {
        let refused = |error: String| SendError::Refused { error };
        let Some(template) = &self.template else {
            return Err(refused(
                "the customer wrote more than 24 hours ago, and no template stands in: set \
                 `[channels.whatsapp.template_fallback.answer]`"
                    .to_owned(),
            ));
        };
        let day = self.clock.now().saturating_sub(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MIN);
        let reached = self.stores.sends.reach_of("template", day).await.map_err(away)?;
        let most = u64::from(self.rates.people_per_day);
        if most > 0 && reached >= most && errand.tried.iter().all(|one| one.kind != "template") {
            return Err(refused(format!("templates went to {most} people within a day: Meta takes no more")));
        }
        let contact = self.stores.contacts.get(errand.conversation.contact).await.map_err(away)?;
        let name = contact.and_then(|contact| contact.name).filter(|name| !name.trim().is_empty());
        let somebody = match errand.conversation.language {
            Language::Portuguese | Language::Spanish => "cliente",
            Language::English => "customer",
        };
        let values = Values {
            customer: name.as_deref().unwrap_or(somebody),
            business: &self.business,
            message: &parcel.message.text,
        };
        let template = template.filled(values).map_err(refused)?;
        Ok(Content::Template { template })
    }

    /// Whether it is this message's turn: behind the one before it, within what one person and one number may be sent.
    async fn wait_your_turn(&self, parcel: &Parcel, errand: &Errand) -> Result<(), SendError> {
        let now = self.clock.now();
        let rates = self.rates;
        let id = parcel.delivery.conversation;
        let sent = self.stores.sends.newest(id, rates.pair_burst.saturating_mul(2)).await.map_err(away)?;
        let not_yet =
            |after: Duration, error: &str| Err(SendError::NotYet { after, error: error.to_owned() });
        let sent: Vec<SendRecord> = sent.into_iter().filter(|one| one.state != SendState::Refused).collect();
        if let Some(before) = sent.first() {
            let age = now.duration_since(before.begun_at);
            let is_on_its_way = before.state == SendState::Taken && before.rank < 2;
            let least =
                if before.delivery == parcel.delivery.id { BETWEEN_PIECES } else { SignedDuration::ZERO };
            if age < least || is_on_its_way && age < IN_ORDER {
                let left = if is_on_its_way { IN_ORDER - age } else { least - age };
                return not_yet(
                    Duration::try_from(left).unwrap_or(NAP).min(NAP),
                    "the message before it is on its way",
                );
            }
        }
        let times = sent.iter().map(|one| one.begun_at);
        if let Some(wait) = wait_for(times, now, rates.pair_burst, rates.pair_per_minute) {
            return not_yet(wait, "this person was sent as many messages as Meta allows for now");
        }
        match self.pace.take(errand.address.number.clone()) {
            Ok(()) => Ok(()),
            Err(wait) => not_yet(wait.min(REST), "the number rests, or has sent as much as it may for now"),
        }
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
        let begun = NewSend {
            mark: mark.clone(),
            delivery,
            conversation: parcel.delivery.conversation,
            part,
            of,
            kind: content.kind().to_owned(),
            at: self.clock.now(),
        };
        self.stores.sends.begin(begun).await.map_err(away)?;
        let quoted = if part == 1 { errand.quotes(&parcel.message) } else { None };
        let outgoing = Outgoing::new(&errand.address, &mark, content).quoting(quoted);
        let (outcome, end) = match self.client.send(&errand.address.number, &outgoing).await {
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

    /// What Meta's refusal means for the delivery.
    async fn refused(
        &self,
        errand: &Errand,
        content: &Content,
        error: &GraphError,
        after: Option<Duration>,
    ) -> SendError {
        let told = error.told();
        let number = &errand.address.number;
        metrics::counter!("balcao_whatsapp_refused_total", "code" => error.code.to_string()).increment(1);
        let earlier =
            |remedy_of: Remedy| errand.tried.iter().filter(|one| remedy(one) == Some(remedy_of)).count();
        match error.remedy() {
            Remedy::Retry { at_least } => {
                SendError::NotNow { after: Some(after.unwrap_or(at_least).max(at_least)), error: told }
            }
            Remedy::Reconcile => SendError::InDoubt { error: told },
            Remedy::Refuse | Remedy::Unreachable => SendError::Refused { error: told },
            Remedy::Template => match (&self.template, content) {
                (Some(_), Content::Text { .. } | Content::Interactive { .. }) => {
                    SendError::NotYet { after: Duration::ZERO, error: told }
                }
                (Some(_), Content::Template { .. }) | (None, _) => SendError::Refused { error: told },
            },
            Remedy::Plain => match content {
                Content::Interactive { .. } => SendError::NotYet { after: Duration::ZERO, error: told },
                Content::Text { .. } | Content::Template { .. } => SendError::Refused { error: told },
            },
            Remedy::StopNumber => {
                self.pace.rest(number.clone(), REST);
                let text = format!("no message leaves by the number {number}: {told}");
                self.alerts.down(&self.subject(errand), &text);
                SendError::NotYet { after: REST, error: told }
            }
            Remedy::OptedOut => {
                self.note_opt_out(errand, error.code).await;
                SendError::Refused { error: told }
            }
            Remedy::SlowPair => {
                let power = u32::try_from(earlier(Remedy::SlowPair)).unwrap_or(u32::MAX).min(4);
                let wait = Duration::from_secs(4_u64.pow(power));
                SendError::NotNow {
                    after: Some(after.unwrap_or(wait).max(wait).min(LONGEST_ASKED)),
                    error: told,
                }
            }
            Remedy::SlowNumber => {
                let doublings = u32::try_from(earlier(Remedy::SlowNumber)).unwrap_or(u32::MAX).min(7);
                let wait = after.unwrap_or(SLOWER * (1 << doublings)).min(LONGEST_ASKED);
                self.pace.rest(number.clone(), wait);
                SendError::NotNow { after: Some(wait), error: told }
            }
        }
    }

    async fn note_opt_out(&self, errand: &Errand, code: i64) {
        let consent = ConsentRecord {
            contact: errand.conversation.contact,
            purpose: "marketing".to_owned(),
            version: "whatsapp".to_owned(),
            agreed: false,
            words: format!("Meta's error {code}: stopped in WhatsApp's own settings"),
            channel: CHANNEL.to_owned(),
            at: self.clock.now(),
        };
        if let Err(error) = self.stores.contacts.record_consent(&consent).await {
            tracing::error!(error = %error, "that a customer wants no offers could not be written down");
        }
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
        if silence < wait {
            return Ok(Fate::Awaited { after: Duration::try_from(wait - silence).unwrap_or(NAP) });
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

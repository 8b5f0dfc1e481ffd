//! Whether a message may leave: to somebody who is reached and wants it, at an hour at which one writes unasked, in its
//! turn, and as what.

use super::super::errand::Errand;
use super::{BETWEEN_PIECES, IN_ORDER, NAP, REST, WhatsAppPush, away};
use crate::channels::whatsapp::outgoing::Content;
use crate::channels::whatsapp::template::Values;
use crate::conversation::consents;
use crate::domain::language::Language;
use crate::limits::pace::wait_for;
use crate::outbox::push::{Parcel, SendError};
use crate::outbox::reach::is_out_of_reach;
use crate::store::sends::{Reach, ReachLimit, SendRecord, SendState};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// The longest sleep of a message that waits for the morning: the customer may write before, and then it waits no more.
const LONGEST_NIGHT_NAP: Duration = Duration::from_secs(60);

impl WhatsAppPush {
    /// Whether the customer is to be written to at all now.
    pub(super) async fn is_welcome(&self, parcel: &Parcel, errand: &Errand) -> Result<(), SendError> {
        let refused = |error: &str| Err(SendError::Refused { error: error.to_owned() });
        if is_out_of_reach(&errand.sent, &errand.said) {
            return refused(
                "an earlier message could not be delivered (131026), and the customer has not written since: they have no \
                 WhatsApp any more, or one too old",
            );
        }
        let now = self.clock.now();
        if !errand.is_unasked(&parcel.message, now) {
            return Ok(());
        }
        let contact = errand.conversation.contact;
        let out_since = consents::out_since(self.stores.contacts.as_ref(), contact).await.map_err(away)?;
        if out_since.is_some_and(|since| !errand.has_asked_since(since)) {
            return refused(
                "the customer wants no messages that they did not ask for, and has asked for nothing since",
            );
        }
        let has_words = self.template.is_some() || self.may_speak_freely(errand);
        if let Some(wait) = self.unasked.wait(now).filter(|_| has_words) {
            let error = format!("messages that nobody asked for leave {}", self.unasked.hours());
            return Err(SendError::NotYet { after: wait.min(LONGEST_NIGHT_NAP), error });
        }
        Ok(())
    }

    /// The template that takes a message's place.
    pub(super) async fn stand_in(&self, parcel: &Parcel, errand: &Errand) -> Result<Content, SendError> {
        let refused = |error: String| SendError::Refused { error };
        if errand.target.is_some() {
            return Err(refused(
                "the customer wrote more than 24 hours ago: nothing can stand in for a reaction".to_owned(),
            ));
        }
        let Some(template) = &self.template else {
            return Err(refused(
                "the customer wrote more than 24 hours ago, and no template stands in: set \
                 `[channels.whatsapp.template_fallback.answer]`"
                    .to_owned(),
            ));
        };
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

    /// Whether the customer waits for it, and how many may be written to within a day who do not: whoever sends.
    pub(super) fn reach(&self, errand: &Errand, now: Timestamp) -> Reach {
        if errand.may_speak_freely(now) {
            return Reach::Awaited;
        }
        let since = now.saturating_sub(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MIN);
        match self.rates.people(self.unasked.day(now)) {
            Some(most) => Reach::UnaskedWithin(ReachLimit { since, most }),
            None => Reach::Unasked,
        }
    }

    /// Whether it is this message's turn: behind the one before it, within what one person and one number may be sent.
    pub(super) async fn wait_your_turn(&self, parcel: &Parcel, errand: &Errand) -> Result<(), SendError> {
        let now = self.clock.now();
        let rates = self.rates;
        let not_yet =
            |after: Duration, error: &str| Err(SendError::NotYet { after, error: error.to_owned() });
        let sent: Vec<&SendRecord> =
            errand.sent.iter().filter(|one| one.state != SendState::Refused).collect();
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
        match self.pace.take(errand.address.number.clone()).await {
            Ok(()) => Ok(()),
            Err(wait) => not_yet(wait.min(REST), "the number rests, or has sent as much as it may for now"),
        }
    }
}

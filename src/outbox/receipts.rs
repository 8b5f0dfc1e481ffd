//! What WhatsApp says became of messages, taken in: by rank, whatever the order, as often as it comes. A message that
//! nobody knew the fate of is known by it; one that failed is tried again where that is right, and else told to the
//! operator; what is billed is kept. It sends nothing itself.

use crate::channels::whatsapp::CHANNEL;
use crate::channels::whatsapp::errors::{GraphError, Remedy};
use crate::channels::whatsapp::price::{Prices, Pricing};
use crate::channels::whatsapp::status::{Fate, Rank, StatusUpdate};
use crate::domain::clock::Clock;
use crate::limits::alerts::Alerts;
use crate::store::Stores;
use crate::store::error::StoreError;
use crate::store::outbox::{DeliveryOutcome, DeliveryStatus};
use crate::store::sends::{SendBill, SendName, SendRecord, SendState};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// How often a message that failed behind the channel's door is sent again.
const MOST_FAILURES: usize = 3;
/// The wait before that where Meta names none.
const PATIENCE: Duration = Duration::from_secs(10);

/// What came of a status.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Noted {
    /// It said something new of a message of ours.
    News,
    /// It said nothing new.
    Known,
    /// Nobody here sent that message.
    Foreign,
}

/// Takes statuses in.
pub struct Receipts {
    stores: Stores,
    clock: Arc<dyn Clock>,
    alerts: Arc<Alerts>,
    prices: Prices,
    stand_in: StandIn,
}

/// Whether a template stands in where the window for free words is closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StandIn {
    /// One does.
    Template,
    /// None does.
    None,
}

impl Receipts {
    /// Over the stores.
    pub fn new(
        stores: Stores,
        clock: Arc<dyn Clock>,
        alerts: Arc<Alerts>,
        prices: Prices,
        stand_in: StandIn,
    ) -> Self {
        Self { stores, clock, alerts, prices, stand_in }
    }

    /// Takes one status in. The same one again changes nothing.
    ///
    /// # Errors
    /// If the store could not; then it has to be taken in again.
    pub async fn take(&self, update: &StatusUpdate) -> Result<Noted, StoreError> {
        let name = SendName { mark: update.mark.clone(), external_id: update.wamid.clone() };
        let Some(record) = self.stores.sends.named(&name).await? else { return Ok(Noted::Foreign) };
        if let Some(pricing) = &update.pricing {
            self.bill(&name, pricing).await?;
        }
        let now = self.clock.now();
        let at = update.at.filter(|at| *at <= now).unwrap_or(now);
        let changed = match &update.fate {
            Fate::Reached(rank) => self.reached(&record, &name, *rank, at).await?,
            Fate::Failed(error) => self.failed(&record, &name, error, at).await?,
        };
        Ok(if changed { Noted::News } else { Noted::Known })
    }

    async fn reached(
        &self,
        record: &SendRecord,
        name: &SendName,
        rank: Rank,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let changed = self.stores.sends.reached(name, number(rank), at).await?;
        // Also where nothing changed: the process may have died in between, the last time it came.
        let Some(last) = self.whole(record).await? else { return Ok(changed) };
        let outbox = &self.stores.outbox;
        let standing = outbox.standing(record.delivery).await?;
        if standing.is_some_and(|standing| standing.state != "sent") {
            let accepted = DeliveryOutcome::Accepted { external_id: last.clone() };
            outbox.settle(record.delivery, accepted, self.clock.now()).await?;
        }
        if record.part == record.of {
            let status = match rank {
                Rank::Sent => DeliveryStatus::Sent,
                Rank::Delivered => DeliveryStatus::Delivered,
                Rank::Read | Rank::Played => DeliveryStatus::Read,
            };
            outbox.status(CHANNEL, &last, status, at).await?;
        }
        Ok(changed)
    }

    /// The channel's id of the last piece, if it has them all.
    async fn whole(&self, record: &SendRecord) -> Result<Option<String>, StoreError> {
        let sent = self.stores.sends.of_delivery(record.delivery).await?;
        let taken = |part: u32| {
            sent.iter().find(|one| one.part == part && one.of == record.of && one.state == SendState::Taken)
        };
        let has_all = (1..=record.of).all(|part| taken(part).is_some());
        Ok(has_all.then(|| taken(record.of).and_then(|one| one.external_id.clone())).flatten())
    }

    async fn failed(
        &self,
        record: &SendRecord,
        name: &SendName,
        error: &GraphError,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let changed = self.stores.sends.failed(name, error.code, number(Rank::Delivered), at).await?;
        if !changed && record.state != SendState::Failed {
            return Ok(false);
        }
        let outbox = &self.stores.outbox;
        let Some(standing) = outbox.standing(record.delivery).await? else { return Ok(changed) };
        let told = error.told();
        if standing.state == "waiting" {
            // Whoever sends it may have looked a moment before: then it is settled the next time this is told.
            let busy = || StoreError::Unavailable("the message is still being sent".to_owned());
            return if changed { Err(busy()) } else { Ok(false) };
        }
        // What was sent again meanwhile is another message.
        let sent = self.stores.sends.of_delivery(record.delivery).await?;
        let newest = sent.iter().rfind(|one| one.part == record.part);
        if standing.state != "sent" || newest.is_none_or(|newest| newest.mark != record.mark) {
            return Ok(changed);
        }
        let Some(external_id) = standing.external_id else { return Ok(changed) };
        let status = DeliveryStatus::Failed { error: told.clone() };
        if !outbox.status(CHANNEL, &external_id, status, at).await? {
            return Ok(true);
        }
        if let Some(again) = self.again(record, error).await?
            && outbox.replay(record.delivery, again).await?
        {
            tracing::warn!(delivery.id = %record.delivery, error.code = error.code, "a message failed and is sent again");
            return Ok(true);
        }
        if error.remedy() == Remedy::StopNumber {
            self.alerts.down("whatsapp", &format!("messages do not get through: {told}"));
        }
        let text = format!("a message to a customer was not delivered: {told}. See /api/v1/outbox/dead");
        self.alerts.given_up(&format!("{CHANNEL} {}", record.delivery), &text);
        Ok(true)
    }

    /// When a message that failed is sent again, if it is.
    async fn again(&self, record: &SendRecord, error: &GraphError) -> Result<Option<Timestamp>, StoreError> {
        let wait = match error.remedy() {
            Remedy::Template if self.stand_in == StandIn::Template => Duration::ZERO,
            Remedy::Retry { at_least } | Remedy::Briefly { at_least } => at_least.max(PATIENCE),
            Remedy::Reconcile | Remedy::SlowPair | Remedy::SlowNumber => PATIENCE,
            Remedy::Plain if record.kind == "interactive" => Duration::ZERO,
            Remedy::Plain
            | Remedy::Template
            | Remedy::Refuse
            | Remedy::StopNumber
            | Remedy::Unreachable
            | Remedy::OptedOut => return Ok(None),
        };
        let sent = self.stores.sends.of_delivery(record.delivery).await?;
        let failures = sent.iter().filter(|one| one.state == SendState::Failed).count();
        let wait = jiff::SignedDuration::try_from(wait).unwrap_or_default();
        Ok((failures < MOST_FAILURES)
            .then(|| self.clock.now().saturating_add(wait).unwrap_or(Timestamp::MAX)))
    }

    async fn bill(&self, name: &SendName, pricing: &Pricing) -> Result<(), StoreError> {
        let cost_micros = self.prices.cost(pricing);
        let category = pricing.category.clone();
        let bill = SendBill { category: category.clone(), cost_micros };
        if !self.stores.sends.bill(name, bill).await? {
            return Ok(());
        }
        if category == "general_purpose_ai" {
            self.alerts.down(
                "whatsapp billing",
                "Meta bills messages as those of a general assistant; keep the assistant to the business's own matters",
            );
        }
        let labels = [("category", category), ("kind", pricing.kind.clone())];
        metrics::counter!("balcao_whatsapp_billed_total", &labels).increment(1);
        metrics::counter!("balcao_whatsapp_cost_micros_total", &labels).increment(cost_micros.unwrap_or(0));
        Ok(())
    }
}

/// Ranks as they are kept.
fn number(rank: Rank) -> u32 {
    match rank {
        Rank::Sent => 1,
        Rank::Delivered => 2,
        Rank::Read => 3,
        Rank::Played => 4,
    }
}

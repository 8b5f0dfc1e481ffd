//! What people of the business do for customers who ask after their data: find them, and forget them. Forgetting calls off
//! what is booked, deletes everything here in one transaction, and has vendors delete theirs, at once or when they answer
//! again.

use super::files::FileShelf;
use crate::backoffice::BackofficeError;
use crate::backoffice::agenda::Agenda;
use crate::backoffice::connector::Connector;
use crate::backoffice::connector::removal::remove;
use crate::domain::clock::Clock;
use crate::domain::contact::{Contact, Identity, IdentityKind};
use crate::domain::erasure::{Erasure, Holdings, Removal, RemovalState};
use crate::domain::handle::{canonical_email, canonical_phone, phone_forms};
use crate::domain::ids::{ContactId, ConversationId, ErasureId};
use crate::limits::alerts::Alerts;
use crate::limits::backoff::Backoff;
use crate::store::Stores;
use crate::store::erasures::{NewErasure, RemovalOutcome};
use crate::store::error::StoreError;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often it is looked whether a vendor has still something to delete.
const ROUND: Duration = Duration::from_secs(30);
/// How often it is looked which conversations were kept long enough, and how many go in one transaction.
const SWEEP: Duration = Duration::from_secs(60 * 60);
const EXPIRED: u32 = 50;
/// Records of one claim, and how long it lasts: a call has a time limit of its own.
const LIMIT: u32 = 20;
const LEASE: SignedDuration = SignedDuration::from_mins(10);
/// How long a vendor that did not delete is left alone.
const BACKOFF: Backoff =
    Backoff { first: Duration::from_secs(60), longest: Duration::from_secs(6 * 60 * 60) };
/// So many times in vain, some days, and a person has to.
const IN_VAIN: u32 = 20;

/// How far forgetting reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AtVendors {
    /// What vendors' CRMs have is deleted there too, where the connector can.
    #[default]
    Delete,
    /// It stays there, and is listed.
    Leave,
}

/// Somebody that the program knows.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Customer {
    /// Who.
    pub contact: Contact,
    /// How much is kept of them.
    pub holdings: Holdings,
}

/// Why somebody was not forgotten.
#[derive(Debug, thiserror::Error)]
pub enum ForgetError {
    /// There is no such person.
    #[error("there is no such customer")]
    Unknown,
    /// An answer to them is being written.
    #[error("an answer to this customer is being written: try again in a moment")]
    Busy,
    /// What they have booked could not be called off.
    #[error("an appointment of this customer could not be called off, so that nothing was deleted: {0}")]
    Appointment(BackofficeError),
    /// The store's.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for ForgetError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::Unknown,
            StoreError::Conflict(_) => Self::Busy,
            error @ (StoreError::Stale | StoreError::Unavailable(_) | StoreError::Fault(_)) => {
                Self::Store(error)
            }
        }
    }
}

/// Finds and forgets.
pub struct CustomerDesk {
    /// Everything that is kept.
    pub stores: Stores,
    /// What is booked, here and in calendars.
    pub agenda: Arc<dyn Agenda>,
    /// The connectors that are used, by name.
    pub connectors: BTreeMap<String, Arc<Connector>>,
    /// Files that customers sent.
    pub files: FileShelf,
    /// Time, ids, jitter.
    pub clock: Arc<dyn Clock>,
    /// Where it is told that a vendor does not delete.
    pub alerts: Arc<Alerts>,
    /// How long a conversation is kept after the last thing that happened in it; none: for good.
    pub kept: Option<SignedDuration>,
}

impl CustomerDesk {
    /// Who is meant by an e-mail, a phone number, or the id of a customer or of a conversation.
    ///
    /// # Errors
    /// The store's.
    pub async fn find(&self, whom: &str) -> Result<Option<Customer>, StoreError> {
        let Some(contact) = self.known(whom.trim()).await? else { return Ok(None) };
        let holdings = self.stores.erasures.holdings(contact.id).await?;
        Ok(Some(Customer { contact, holdings }))
    }

    async fn known(&self, whom: &str) -> Result<Option<Contact>, StoreError> {
        let contacts = &self.stores.contacts;
        if let Ok(id) = whom.parse::<ContactId>() {
            if let Some(contact) = contacts.get(id).await? {
                return Ok(Some(contact));
            }
            let conversation = self.stores.conversations.get(ConversationId(id.0)).await?;
            return match conversation {
                Some(conversation) => contacts.get(conversation.contact).await,
                None => Ok(None),
            };
        }
        let email = canonical_email(whom).map(|value| Identity { kind: IdentityKind::Email, value });
        let phones = canonical_phone(whom).into_iter().flat_map(|phone| phone_forms(&phone));
        let phones = phones.map(|value| Identity { kind: IdentityKind::Phone, value });
        for identity in email.into_iter().chain(phones) {
            if let Some(contact) = contacts.find(&identity).await? {
                return Ok(Some(contact));
            }
        }
        Ok(None)
    }

    /// Forgets somebody: what is booked is called off, what is kept is deleted, and what vendors have is deleted now, or
    /// later if they do not answer. `by` is who has it done.
    ///
    /// # Errors
    /// [`ForgetError`]; nothing was deleted then.
    pub async fn forget(
        &self,
        id: ContactId,
        at_vendors: AtVendors,
        by: &str,
    ) -> Result<Erasure, ForgetError> {
        for booked in self.agenda.appointments(id).await.map_err(ForgetError::Appointment)? {
            let appointment = booked.appointment.id.to_string();
            let called_off = self.agenda.cancel(&format!("forget {appointment}"), &appointment, id).await;
            called_off.map_err(ForgetError::Appointment)?;
        }
        let new = NewErasure {
            id: ErasureId(self.clock.new_id()),
            contact: id,
            asked_by: by.to_owned(),
            at_vendors: match at_vendors {
                AtVendors::Delete => RemovalState::Waiting,
                AtVendors::Leave => RemovalState::ByHand,
            },
            at: self.clock.now(),
        };
        let erased = self.stores.erasures.erase(new).await?;
        let erasure = erased.erasure;
        tracing::info!(erasure = %erasure.id, by, "a customer was forgotten");
        self.forget_files(erased.conversations).await;
        if erasure.removals.iter().any(|removal| removal.state == RemovalState::Waiting) {
            self.round().await?;
        }
        Ok(self.stores.erasures.get(erasure.id).await?.unwrap_or(erasure))
    }

    /// Has vendors delete what is left to delete, and forgets old conversations, until `stop`.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let every = |period| {
            let mut rounds = tokio::time::interval(period);
            rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            rounds
        };
        let (mut rounds, mut sweeps) = (every(ROUND), every(SWEEP));
        loop {
            let done = async {
                tokio::select! {
                    _ = rounds.tick() => self.round().await,
                    _ = sweeps.tick() => self.expire().await.map(drop),
                }
            };
            tokio::select! {
                // What a vendor was asked is asked again when the claim has run out: deleting twice is deleting.
                () = stop.cancelled() => return,
                done = done => if let Err(error) = done {
                    tracing::warn!(%error, "what customers are to be forgotten could not be looked at");
                }
            }
        }
    }

    /// Forgets conversations that were kept long enough; how many.
    ///
    /// # Errors
    /// The store's. What was forgotten until then is.
    pub async fn expire(&self) -> Result<usize, StoreError> {
        let Some(kept) = self.kept else { return Ok(0) };
        let before = self.clock.now().saturating_sub(kept).unwrap_or(Timestamp::MIN);
        let mut forgotten = 0;
        loop {
            let expired = self.stores.erasures.expire(before, EXPIRED).await?;
            let count = expired.len();
            self.forget_files(expired).await;
            forgotten += count;
            if count < EXPIRED as usize {
                break;
            }
        }
        if forgotten > 0 {
            tracing::info!(forgotten, "conversations were kept long enough and are deleted");
        }
        Ok(forgotten)
    }

    /// Deletes what nothing names any more. Files that cannot be deleted now are swept with the old ones.
    async fn forget_files(&self, conversations: Vec<ConversationId>) {
        for conversation in conversations {
            if let Err(error) = self.files.forget(conversation).await {
                tracing::warn!(%error, "files of a conversation that was forgotten could not be deleted");
            }
        }
    }

    /// Has vendors delete what is due, once.
    ///
    /// # Errors
    /// The store's.
    pub async fn round(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let lease_until = now.saturating_add(LEASE).unwrap_or(Timestamp::MAX);
        for removal in self.stores.erasures.claim_removals(now, lease_until, LIMIT).await? {
            let outcome = match remove(&self.connectors, &removal).await {
                Ok(state) => RemovalOutcome::Over(state),
                Err(fault) => {
                    tracing::warn!(connector = removal.connector, kind = removal.kind, %fault,
                        attempts = removal.attempts, "a vendor did not delete a record");
                    self.not_deleted(&removal)
                }
            };
            self.stores.erasures.settle_removal(&removal, outcome).await?;
        }
        Ok(())
    }

    /// What follows from an attempt in vain.
    fn not_deleted(&self, removal: &Removal) -> RemovalOutcome {
        let Removal { erasure, connector, kind, remote, attempts, .. } = removal;
        if *attempts >= IN_VAIN {
            let text = format!(
                "{connector} did not delete the {kind} {remote} of a customer who was forgotten: delete it there by hand"
            );
            self.alerts.given_up(&format!("erasure {erasure}"), &text);
            return RemovalOutcome::Over(RemovalState::ByHand);
        }
        let wait = BACKOFF.wait(attempts.saturating_add(1), self.clock.random());
        let wait = SignedDuration::try_from(wait).unwrap_or(LEASE);
        RemovalOutcome::Again { at: self.clock.now().saturating_add(wait).unwrap_or(Timestamp::MAX) }
    }
}

//! What people of the business do for customers who ask after their data: find them, and forget them. Forgetting calls off
//! what is booked, deletes everything here in one transaction, and has vendors delete theirs, at once or when they answer
//! again.

use super::files::FileShelf;
use super::reception::BY_PHONE;
use crate::backoffice::BackofficeError;
use crate::backoffice::agenda::Agenda;
use crate::backoffice::connector::Connector;
use crate::backoffice::connector::removal::{can_remove, remove};
use crate::backoffice::crm::Crm;
use crate::domain::clock::Clock;
use crate::domain::contact::{Contact, Identity, IdentityKind};
use crate::domain::erasure::{AtVendors, Erasure, Holdings, Removal, RemovalState};
use crate::domain::handle::{canonical_email, canonical_phone, phone_forms};
use crate::domain::ids::{ContactId, ConversationId, ErasureId};
use crate::limits::alerts::Alerts;
use crate::limits::backoff::Backoff;
use crate::store::Stores;
use crate::store::conversations::ConversationFilter;
use crate::store::erasures::{Erased, NewErasure, RemovalOutcome, calling_off};
use crate::store::error::StoreError;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How often it is looked whether a vendor has still something to delete.
const ROUND: Duration = Duration::from_secs(30);
/// How often it is looked what was kept long enough.
const SWEEP: Duration = Duration::from_secs(60 * 60);
/// Most conversations that are looked at for a handle that stands in them.
const MOST_WRITTEN: u32 = 50;
/// Records of one claim, and how long it lasts: a call has a time limit of its own.
const LIMIT: u32 = 5;
const LEASE: SignedDuration = SignedDuration::from_mins(10);
/// How long a vendor that did not delete is left alone.
const BACKOFF: Backoff =
    Backoff { first: Duration::from_secs(60), longest: Duration::from_secs(6 * 60 * 60) };
/// So many times in vain, some days, and a person has to.
const IN_VAIN: u32 = 20;

/// Somebody that the program knows.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Customer {
    /// Who.
    pub contact: Contact,
    /// How much is kept of them.
    pub holdings: Holdings,
    /// Whether the handle is theirs, or only stands in a conversation of theirs: then it may be the same person, or not.
    pub is_proven: bool,
}

/// Why somebody was not forgotten.
#[derive(Debug, thiserror::Error)]
pub enum ForgetError {
    /// There is no such person.
    #[error("there is no such customer")]
    Unknown,
    /// An answer to them is being written, or they have just booked something.
    #[error("this customer is being served at this moment: try again in a moment")]
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
    /// What vendors know of deals.
    pub crm: Arc<dyn Crm>,
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
    /// Says that vendors have something to delete.
    pub wake: Notify,
}

impl CustomerDesk {
    /// Who is meant by an e-mail, a phone number, or the id of a customer or of a conversation: first whose it is, then
    /// those in whose conversations it was written.
    ///
    /// # Errors
    /// The store's.
    pub async fn find(&self, whom: &str) -> Result<Vec<Customer>, StoreError> {
        let whom = whom.trim();
        let mut found = self.known(whom).await?;
        for index in 0..found.len() {
            for alias in self.stores.erasures.aliases(found[index].id).await? {
                found.extend(self.stores.contacts.get(alias).await?);
            }
        }
        let proven = found.len();
        if canonical_email(whom).is_some() || canonical_phone(whom).is_some() {
            let written = ConversationFilter {
                query: Some(whom.to_owned()),
                limit: MOST_WRITTEN,
                ..ConversationFilter::default()
            };
            match self.stores.conversations.list(&written).await {
                Ok(page) => {
                    for conversation in page.items {
                        if found.iter().all(|contact| contact.id != conversation.contact) {
                            found.extend(self.stores.contacts.get(conversation.contact).await?);
                        }
                    }
                }
                // Every message is looked through, which a large database may not do in time.
                Err(error) if proven > 0 => {
                    tracing::warn!(%error, "conversations were not searched for a handle");
                }
                Err(error) => return Err(error),
            }
        }
        let mut customers = Vec::with_capacity(found.len());
        for (place, contact) in found.into_iter().enumerate() {
            let holdings = self.stores.erasures.holdings(contact.id).await?;
            customers.push(Customer { contact, holdings, is_proven: place < proven });
        }
        Ok(customers)
    }

    /// Whose an id or a handle is.
    async fn known(&self, whom: &str) -> Result<Vec<Contact>, StoreError> {
        let contacts = &self.stores.contacts;
        if let Ok(id) = whom.parse::<ContactId>() {
            if let Some(contact) = contacts.get(id).await? {
                return Ok(vec![contact]);
            }
            let conversation = self.stores.conversations.get(ConversationId(id.0)).await?;
            return match conversation {
                Some(conversation) => Ok(contacts.get(conversation.contact).await?.into_iter().collect()),
                None => Ok(Vec::new()),
            };
        }
        let email = canonical_email(whom).map(|value| Identity { kind: IdentityKind::Email, value });
        let phones: Vec<String> = canonical_phone(whom).iter().flat_map(|phone| phone_forms(phone)).collect();
        let phones = phones.into_iter().flat_map(|phone| {
            // A number that a channel vouches for is not always a phone on record.
            let channel = Identity { kind: IdentityKind::ChannelUser, value: format!("{BY_PHONE}{phone}") };
            [Identity { kind: IdentityKind::Phone, value: phone }, channel]
        });
        let mut found: Vec<Contact> = Vec::new();
        for identity in email.into_iter().chain(phones) {
            let theirs = contacts.find(&identity).await?;
            found.extend(theirs.filter(|contact| found.iter().all(|known| known.id != contact.id)));
        }
        Ok(found)
    }

    /// Forgets somebody: what is booked is called off, what is kept is deleted, and what vendors have is left to be deleted
    /// by [`run`](Self::run). `by` is who has it done. What was kept of them before they proved who they are goes first.
    ///
    /// # Errors
    /// [`ForgetError`]; nothing of their own record was deleted then.
    pub async fn forget(
        &self,
        id: ContactId,
        at_vendors: AtVendors,
        by: &str,
    ) -> Result<Erasure, ForgetError> {
        self.stores.contacts.get(id).await?.ok_or(ForgetError::Unknown)?;
        if self.stores.erasures.is_busy(id, self.clock.now()).await? {
            return Err(ForgetError::Busy);
        }
        for alias in self.stores.erasures.aliases(id).await? {
            self.forget_record(alias, at_vendors, by).await?;
        }
        self.forget_record(id, at_vendors, by).await
    }

    /// One record of them. The store refuses it while an answer is being written.
    async fn forget_record(
        &self,
        id: ContactId,
        at_vendors: AtVendors,
        by: &str,
    ) -> Result<Erasure, ForgetError> {
        let now = self.clock.now();
        for booked in self.agenda.appointments(id).await.map_err(ForgetError::Appointment)? {
            // What has begun cannot be called off, and will be over.
            if booked.appointment.start > now {
                let key = calling_off(booked.appointment.id);
                let called_off = self.agenda.cancel(&key, &booked.appointment.id.to_string(), id).await;
                called_off.map_err(ForgetError::Appointment)?;
            }
        }
        let new = NewErasure {
            id: ErasureId(self.clock.new_id()),
            contact: id,
            asked_by: by.to_owned(),
            at_vendors: match at_vendors {
                AtVendors::Delete if !self.knows_deals(id).await => AtVendors::LeaveDeals,
                other => other,
            },
            nobody: ContactId(self.clock.new_id()),
            at: self.clock.now(),
        };
        let Erased { mut erasure, conversations } = self.stores.erasures.erase(new).await?;
        tracing::info!(erasure = %erasure.id, by, "a customer was forgotten");
        self.forget_files(conversations).await;
        for removal in &mut erasure.removals {
            if removal.state == RemovalState::Waiting && !can_remove(&self.connectors, removal) {
                let by_hand = RemovalOutcome::Over(RemovalState::ByHand);
                match self.stores.erasures.settle_removal(removal, by_hand).await {
                    Ok(()) => removal.state = RemovalState::ByHand,
                    // The next round finds out as well.
                    Err(error) => tracing::warn!(%error, "it could not be noted that a person has to delete"),
                }
            }
        }
        self.wake.notify_one();
        Ok(erasure)
    }

    /// Whether it is known which of their deals are closed: a sale is not deleted.
    async fn knows_deals(&self, id: ContactId) -> bool {
        match self.crm.catch_up(id).await {
            Ok(knows) => knows,
            Err(error) => {
                tracing::warn!(%error, "deals are left to a person: it is not known which of them are closed");
                false
            }
        }
    }

    /// Has vendors delete what is left to delete, and forgets old conversations, until `stop`.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let every = |first: Duration, period: Duration| {
            let mut rounds = tokio::time::interval_at(Instant::now() + first, period);
            rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            rounds
        };
        // Not at once: whoever started on the wrong database stops again before anything is gone.
        let (mut rounds, mut sweeps) = (every(Duration::ZERO, ROUND), every(SWEEP, SWEEP));
        loop {
            let done = async {
                tokio::select! {
                    () = self.wake.notified() => self.round().await,
                    _ = rounds.tick() => self.round().await,
                    _ = sweeps.tick() => self.sweep().await,
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

    /// Deletes files of conversations that are gone. What cannot be deleted now, or lies on another machine, goes with that
    /// process's next sweep.
    pub(super) async fn forget_files(&self, conversations: Vec<ConversationId>) {
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
        loop {
            let now = self.clock.now();
            let lease_until = now.saturating_add(LEASE).unwrap_or(Timestamp::MAX);
            let claimed = self.stores.erasures.claim_removals(now, lease_until, LIMIT).await?;
            for removal in &claimed {
                let outcome = match remove(&self.connectors, removal).await {
                    Ok(RemovalState::ByHand) => self.left_to_a_person(removal),
                    Ok(state) => RemovalOutcome::Over(state),
                    Err(fault) => {
                        tracing::warn!(connector = removal.connector, kind = removal.kind, %fault,
                            attempts = removal.attempts, "a vendor did not delete a record");
                        self.not_deleted(removal)
                    }
                };
                self.stores.erasures.settle_removal(removal, outcome).await?;
            }
            if claimed.len() < LIMIT as usize {
                return Ok(());
            }
        }
    }

    /// What follows from an attempt in vain.
    fn not_deleted(&self, removal: &Removal) -> RemovalOutcome {
        let attempts = removal.attempts;
        if attempts >= IN_VAIN {
            return self.left_to_a_person(removal);
        }
        let wait = BACKOFF.wait(attempts.saturating_add(1), self.clock.random());
        let wait = SignedDuration::try_from(wait).unwrap_or(LEASE);
        RemovalOutcome::Again { at: self.clock.now().saturating_add(wait).unwrap_or(Timestamp::MAX) }
    }

    /// Somebody is told that they have to delete a record themselves.
    fn left_to_a_person(&self, removal: &Removal) -> RemovalOutcome {
        let Removal { erasure, connector, kind, remote, .. } = removal;
        let text = format!(
            "the {kind} {remote} at {connector}, of a customer who was forgotten, was not deleted: look there, and delete it by hand"
        );
        self.alerts.given_up(&format!("erasure {erasure}"), &text);
        RemovalOutcome::Over(RemovalState::ByHand)
    }
}

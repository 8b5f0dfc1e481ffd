//! What calls to vendors' systems leave behind: which effects were begun and what came of them, which record of ours is
//! which of theirs, and tokens that change with every use.

use super::error::StoreError;
use crate::domain::ids::ContactId;
use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;

/// Names one call with an effect. The same name never has two effects.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CallName {
    /// Name of the connector.
    pub connector: String,
    /// The effect's key: turn and call.
    pub key: String,
    /// The operation, and the step of it.
    pub operation: String,
}

/// How a call was begun.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallRecord {
    /// When for the first time.
    pub begun_at: Timestamp,
    /// By which version of the connector's file.
    pub revision: String,
}

/// How a call stands when it is about to be made.
#[derive(Clone, PartialEq, Debug)]
pub enum Begun {
    /// Nobody made it before; it is noted as begun now.
    Fresh,
    /// It was begun before, and what came of it is not known.
    InDoubt,
    /// It was made, with this result.
    Done(Value),
}

/// A record of ours and one of theirs that are the same thing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    /// Name of the connector.
    pub connector: String,
    /// What kind of record, e.g. `contact`.
    pub kind: String,
    /// Our id.
    pub local: String,
    /// Their id.
    pub remote: String,
}

impl Link {
    /// The contact it may be of: our id, if it is one.
    pub fn contact(&self) -> Option<ContactId> {
        self.local.parse().ok()
    }
}

/// A token that ends, with what gets the next one. Both texts are sealed by the caller.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptToken {
    /// Counts up with every renewal.
    pub generation: i64,
    /// Tells which first token the operator gave: another one begins anew.
    pub seed: String,
    /// What calls carry.
    pub access: String,
    /// What gets the next one; empty if none is needed.
    pub refresh: String,
    /// When `access` ends.
    pub expires_at: Timestamp,
}

/// Calls, links and tokens of connectors.
#[async_trait]
pub trait ConnectorStore: Send + Sync {
    /// Notes that a call is about to be made by this version of the connector's file, or tells what is known of it.
    async fn begin(&self, call: &CallName, revision: &str, at: Timestamp) -> Result<Begun, StoreError>;
    /// How a call was begun; none if it was not.
    async fn record(&self, call: &CallName) -> Result<Option<CallRecord>, StoreError>;
    /// Keeps what came of a call.
    async fn finish(&self, call: &CallName, result: &Value) -> Result<(), StoreError>;
    /// Forgets a call that certainly had no effect.
    async fn forget(&self, call: &CallName) -> Result<(), StoreError>;

    /// Keeps that two records are the same; the same again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for a contact who was forgotten meanwhile: then their record is kept to be deleted.
    async fn link(&self, link: &Link, at: Timestamp) -> Result<(), StoreError>;
    /// Their ids for one of ours, newest first.
    async fn remotes(&self, connector: &str, kind: &str, local: &str) -> Result<Vec<String>, StoreError>;
    /// Our id for one of theirs; the newest if there are several.
    async fn local(&self, connector: &str, kind: &str, remote: &str) -> Result<Option<String>, StoreError>;

    /// The token that holds.
    async fn token(&self, connector: &str) -> Result<Option<KeptToken>, StoreError>;
    /// Claims the renewal of a token of this generation (0 if there is none yet) until `until`. Whether nobody else
    /// holds that claim at `now`.
    async fn claim_renewal(
        &self,
        connector: &str,
        generation: i64,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError>;
    /// Keeps a renewed token and ends the claim.
    async fn keep_token(&self, connector: &str, token: &KeptToken) -> Result<(), StoreError>;
    /// Ends the claim without a token.
    async fn give_up_renewal(&self, connector: &str) -> Result<(), StoreError>;
}

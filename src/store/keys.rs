//! API keys of operators and programs. A key is stored only as its hash.

use super::error::StoreError;
use async_trait::async_trait;
use jiff::Timestamp;

/// A key as stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApiKey {
    /// Name given by the operator; unique.
    pub name: String,
    /// What it may do, e.g. `operator`.
    pub scopes: Vec<String>,
    /// SHA-256 of the key.
    pub hash: [u8; 32],
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
}

/// API keys.
#[async_trait]
pub trait KeyStore: Send + Sync {
    /// Adds a key.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the name is taken.
    async fn add(&self, key: &ApiKey) -> Result<(), StoreError>;

    /// Every key, oldest first.
    async fn list(&self) -> Result<Vec<ApiKey>, StoreError>;

    /// Removes a key by name. `false` if there is none.
    async fn remove(&self, name: &str) -> Result<bool, StoreError>;

    /// Notes that a key was used.
    async fn touch(&self, name: &str, at: Timestamp) -> Result<(), StoreError>;
}

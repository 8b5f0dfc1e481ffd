//! Lists of a marketing tool on which leads are kept warm who are not ready yet.

use super::BackofficeError;
use crate::domain::contact::Contact;
use async_trait::async_trait;

/// A marketing tool's lists.
#[async_trait]
pub trait Lists: Send + Sync {
    /// Puts somebody on a list, once for each `key`. Whether they may be written to goes along: only who agreed to
    /// marketing messages may. Whoever has no e-mail is on no list, nor is who refused: `false`.
    ///
    /// # Errors
    /// `Unavailable` to be tried again; `Unknown` if it may have happened.
    async fn enter(&self, list: &str, key: &str, contact: &Contact) -> Result<bool, BackofficeError>;
}

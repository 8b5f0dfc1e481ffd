//! `balcao keys`: API keys of operators and programs. A key is shown once and stored only as its hash.

use crate::domain::clock::Clock;
use crate::domain::secret::Secret;
use crate::store::Stores;
use crate::store::error::StoreError;
use crate::store::keys::ApiKey;

/// What a key may be allowed.
pub const SCOPES: [&str; 2] = ["operator", "admin"];

/// A new key.
pub fn new_key() -> Secret {
    Secret::generate("balcao_")
}

/// Makes a key and returns it; it cannot be shown again.
///
/// # Errors
/// If the name is taken, empty, or a scope is unknown.
pub async fn create(
    stores: &Stores,
    clock: &dyn Clock,
    name: &str,
    scopes: &[String],
) -> anyhow::Result<String> {
    anyhow::ensure!(
        !name.trim().is_empty() && name.len() <= 100,
        "a key needs a name of 1 to 100 characters"
    );
    if let Some(unknown) = scopes.iter().find(|scope| !SCOPES.contains(&scope.as_str())) {
        anyhow::bail!("unknown scope `{unknown}`; use {}", SCOPES.join(" or "));
    }
    let key = new_key();
    let stored = ApiKey {
        name: name.trim().to_owned(),
        scopes: scopes.to_vec(),
        hash: key.hash(),
        created_at: clock.now(),
        last_used_at: None,
    };
    match stores.keys.add(&stored).await {
        Ok(()) => Ok(key.reveal().to_owned()),
        Err(StoreError::Conflict(_)) => {
            anyhow::bail!("there is a key `{name}` already; revoke it or use another name")
        }
        Err(error) => Err(error.into()),
    }
}

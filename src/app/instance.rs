//! How other commands find the server that runs on a data folder: a file with its address and a key of its own that
//! only this user can read. The key dies with the server.

use super::keys::new_key;
use crate::domain::clock::{Clock, SystemClock};
use crate::domain::secret::{SecretHash, hash_of, hexadecimal};
use crate::store::Stores;
use crate::store::keys::ApiKey;
use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::fs::{File, TryLockError};
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

const FILE: &str = "server.json";
/// Names of keys that servers give themselves begin like this.
const KEY_NAME: &str = "server-";

/// A running server, as other commands see it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Running {
    /// Its URL.
    pub url: String,
    /// Its key, with operator scope.
    pub key: String,
}

/// This process's announcement.
pub struct Instance {
    file: PathBuf,
    key_name: String,
}

impl Instance {
    /// Announces a server on `data`.
    ///
    /// # Errors
    /// If the file or the key cannot be written.
    pub async fn announce(data: &Path, address: SocketAddr, stores: &Stores) -> anyhow::Result<Self> {
        let file = data.join(FILE);
        forget_former(&file, stores).await?;
        let key = new_key();
        let key_name = key_name(&key.hash());
        stores
            .keys
            .add(&ApiKey {
                name: key_name.clone(),
                scopes: vec!["operator".to_owned(), "admin".to_owned()],
                hash: key.hash(),
                created_at: SystemClock.now(),
                last_used_at: None,
            })
            .await?;
        // A wildcard address cannot be called; this machine can.
        let host =
            if address.ip().is_unspecified() { "127.0.0.1".to_owned() } else { address.ip().to_string() };
        let url = format!("http://{host}:{}", address.port());
        let content = serde_json::to_vec(&Running { url, key: key.reveal().to_owned() })?;
        std::fs::remove_file(&file).ok();
        std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&file)
            .and_then(|mut opened| opened.write_all(&content))
            .with_context(|| format!("cannot write {}", file.display()))?;
        Ok(Self { file, key_name })
    }

    /// Takes the announcement back.
    pub async fn withdraw(self, stores: &Stores) {
        std::fs::remove_file(&self.file).ok();
        if let Err(error) = stores.keys.remove(&self.key_name).await {
            tracing::warn!(error = %error, "the server's own key could not be removed");
        }
    }
}

/// Takes the key of a server on this data folder that did not end well away. Only that one: other servers may work on
/// the same database.
async fn forget_former(file: &Path, stores: &Stores) -> anyhow::Result<()> {
    let Ok(content) = std::fs::read(file) else { return Ok(()) };
    let Ok(former) = serde_json::from_slice::<Running>(&content) else { return Ok(()) };
    stores.keys.remove(&key_name(&hash_of(&former.key))).await?;
    Ok(())
}

/// Names are made from keys: two servers never have the same, on whatever machines they run.
fn key_name(hash: &SecretHash) -> String {
    format!("{KEY_NAME}{}", hexadecimal(&hash[..6]))
}

/// A lock beside `database`, held while the file is open: whoever has it is the only server on the database. `None`
/// while another one has it.
///
/// # Errors
/// If the lock's file cannot be made.
pub fn lock(database: &Path) -> anyhow::Result<Option<File>> {
    let mut path = database.as_os_str().to_owned();
    path.push(".serving");
    let file = File::create(&path).with_context(|| format!("cannot write {}", Path::new(&path).display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error).context("the database cannot be locked"),
    }
}

/// The server that runs on `data`, if one answers.
pub async fn running(data: &Path) -> Option<Running> {
    let content = std::fs::read(data.join(FILE)).ok()?;
    let running: Running = serde_json::from_slice(&content).ok()?;
    let client = super::client::http().ok()?;
    let answer = client.get(format!("{}/healthz", running.url)).send().await.ok()?;
    answer.status().is_success().then_some(running)
}

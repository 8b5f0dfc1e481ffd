//! Secrets at rest: sealed in one file of the data folder, with a key from the environment or from a file of its own. Two
//! keys are valid at a time, so that the key can be changed while the program runs. No value is ever shown, and none
//! leaves here but as a [`Secret`].

use super::environment::Variables;
use super::secret::Secret;
use crate::domain::secret::hexadecimal;
use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use rand::RngCore;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The variable that holds the keys, the newest first; with `_FILE`, the path of a file that does.
pub const KEY_VARIABLE: &str = "BALCAO_SECRETS_KEY";

/// The file of sealed secrets in the data folder.
const FILE: &str = "secrets.json";

/// The file of keys beside it, where the environment gives none.
const KEY_FILE: &str = "secrets.key";

/// Bytes of a key.
const KEY_LENGTH: usize = 32;

/// Keys that are valid at a time.
const GENERATIONS: usize = 2;

/// Longest secret, in bytes.
pub const LARGEST_SECRET: usize = 64 * 1024;

/// Why a secret cannot be kept or had.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// A file cannot be read or written.
    #[error("{0}: {1}")]
    Io(PathBuf, io::Error),
    /// A file of ours that does not hold what we wrote.
    #[error("{0} is broken: {1}")]
    Broken(PathBuf, String),
    /// A key that is none.
    #[error(
        "{0}: a key is 32 random bytes in base64, as `openssl rand -base64 32` prints them; at most two, the newest first"
    )]
    BadKey(String),
    /// There are secrets and no key.
    #[error("there are sealed secrets and no key: give it as {KEY_VARIABLE}, or bring {0} back")]
    NoKey(PathBuf),
    /// No key opens it.
    #[error("`{0}` was sealed with a key that is not here ({1}…)")]
    WrongKey(String, String),
    /// A name that no template can write.
    #[error("`{0}` is no name for a secret: letters, digits and _, at most 64, the first a letter")]
    BadName(String),
    /// A value that cannot be one.
    #[error("a secret has 1 to {LARGEST_SECRET} bytes")]
    BadValue,
}

/// One key.
struct Key {
    bytes: [u8; KEY_LENGTH],
}

impl Key {
    fn fresh() -> Self {
        let mut bytes = [0; KEY_LENGTH];
        rand::rng().fill_bytes(&mut bytes);
        Self { bytes }
    }

    fn read(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.trim()).ok()?;
        Some(Self { bytes: bytes.try_into().ok()? })
    }

    /// What the key is told by, without telling anything of it.
    fn id(&self) -> String {
        hexadecimal(&Sha256::digest([b"balcao secrets key ".as_slice(), &self.bytes].concat())[..4])
    }

    fn text(&self) -> String {
        STANDARD.encode(self.bytes)
    }
}

/// A secret as it is kept.
#[derive(Clone, Serialize, Deserialize)]
struct Sealed {
    name: String,
    /// The key it was sealed with.
    key: String,
    nonce: String,
    sealed: String,
    set_at: Timestamp,
}

/// Everything that is kept.
#[derive(Default, Serialize, Deserialize)]
struct Content {
    secrets: Vec<Sealed>,
}

/// What may be told of a secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// When it was set.
    pub set_at: Timestamp,
    /// Which of the keys opens it: 0 is the newest; none if no key does.
    pub generation: Option<usize>,
}

/// The secrets of a data folder.
pub struct Vault {
    data: PathBuf,
    keys: Vec<Key>,
    /// Whether the keys come from the environment, and are the operator's to change.
    given: bool,
}

impl Vault {
    /// Of the data folder, with the keys of `variables` or else of the folder. Neither need be there.
    ///
    /// # Errors
    /// A key that is none, or a file that cannot be read.
    pub fn open(data: &Path, variables: &Variables) -> Result<Self, VaultError> {
        let value = |name: &str| variables.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        let file = format!("{KEY_VARIABLE}_FILE");
        let (shown, text, given) = match (value(KEY_VARIABLE), value(&file)) {
            (Some(text), _) => (KEY_VARIABLE.to_owned(), Some(text.clone()), true),
            (None, Some(path)) => {
                let path = Path::new(path);
                let text =
                    fs::read_to_string(path).map_err(|error| VaultError::Io(path.to_owned(), error))?;
                (file, Some(text), true)
            }
            (None, None) => {
                let path = data.join(KEY_FILE);
                (path.display().to_string(), read(&path)?, false)
            }
        };
        let words = text.as_deref().unwrap_or_default().split([',', ' ', '\n', '\r']);
        let keys: Option<Vec<Key>> = words.filter(|word| !word.is_empty()).map(Key::read).collect();
        match keys {
            Some(keys) if keys.len() <= GENERATIONS && (!keys.is_empty() || !given) => {
                Ok(Self { data: data.to_owned(), keys, given })
            }
            Some(_) | None => Err(VaultError::BadKey(shown)),
        }
    }

    /// What is kept, without the values.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn list(&self) -> Result<Vec<Listed>, VaultError> {
        let generation = |id: &str| self.keys.iter().position(|key| key.id() == id);
        Ok(self
            .content()?
            .secrets
            .into_iter()
            .map(|kept| Listed { generation: generation(&kept.key), name: kept.name, set_at: kept.set_at })
            .collect())
    }

    /// Every secret.
    ///
    /// # Errors
    /// The first that cannot be opened.
    pub fn secrets(&self) -> Result<BTreeMap<String, Secret>, VaultError> {
        self.content()?.secrets.iter().map(|kept| Ok((kept.name.clone(), self.unseal(kept)?))).collect()
    }

    /// Keeps a secret, in the place of one of that name. The file of a key that had to be made for it.
    ///
    /// # Errors
    /// A bad name or value, or a file that cannot be written.
    pub fn set(&mut self, name: &str, value: &str, now: Timestamp) -> Result<Option<PathBuf>, VaultError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if name.len() > 64
            || !name.starts_with(|first: char| first.is_ascii_alphabetic())
            || !name.bytes().all(plain)
        {
            return Err(VaultError::BadName(name.to_owned()));
        }
        if value.is_empty() || value.len() > LARGEST_SECRET {
            return Err(VaultError::BadValue);
        }
        let _alone = self.lock()?;
        let mut content = self.content()?;
        let mut made = None;
        if self.keys.is_empty() {
            if !content.secrets.is_empty() {
                return Err(VaultError::NoKey(self.data.join(KEY_FILE)));
            }
            self.keys.push(Key::fresh());
            made = Some(self.keep_keys()?);
        }
        content.secrets.retain(|kept| !kept.name.eq_ignore_ascii_case(name));
        content.secrets.push(self.seal(name, value, now)?);
        content.secrets.sort_by(|one, other| one.name.cmp(&other.name));
        self.keep(&content)?;
        Ok(made)
    }

    /// Forgets a secret; whether there was one.
    ///
    /// # Errors
    /// A file that cannot be read or written.
    pub fn remove(&mut self, name: &str) -> Result<bool, VaultError> {
        let _alone = self.lock()?;
        let mut content = self.content()?;
        let before = content.secrets.len();
        content.secrets.retain(|kept| !kept.name.eq_ignore_ascii_case(name));
        let removed = content.secrets.len() < before;
        if removed {
            self.keep(&content)?;
        }
        Ok(removed)
    }

    /// Seals everything with a new key, or with the newest that the environment gives; how many secrets that were. The
    /// key before stays valid until the next time.
    ///
    /// # Errors
    /// A secret that cannot be opened, or a file that cannot be written: nothing is changed then.
    pub fn rotate(&mut self) -> Result<usize, VaultError> {
        let _alone = self.lock()?;
        let content = self.content()?;
        let opened: Vec<(Sealed, Secret)> = content
            .secrets
            .into_iter()
            .map(|kept| self.unseal(&kept).map(|secret| (kept, secret)))
            .collect::<Result<_, _>>()?;
        if !self.given {
            self.keys.insert(0, Key::fresh());
            self.keys.truncate(GENERATIONS);
            // Before anything is sealed with it: a key that was lost takes what it sealed with it.
            self.keep_keys()?;
        }
        let secrets = opened.iter().map(|(kept, secret)| self.seal(&kept.name, secret.expose(), kept.set_at));
        let content = Content { secrets: secrets.collect::<Result<_, _>>()? };
        self.keep(&content)?;
        Ok(content.secrets.len())
    }

    /// Whether anything can be sealed.
    pub fn has_key(&self) -> bool {
        !self.keys.is_empty()
    }

    /// Makes a key if there is none.
    ///
    /// # Errors
    /// A file that cannot be written, and secrets that were sealed with a key which is gone.
    pub fn make_key(&mut self) -> Result<(), VaultError> {
        let _alone = self.lock()?;
        if !self.keys.is_empty() {
            return Ok(());
        }
        if !self.content()?.secrets.is_empty() {
            return Err(VaultError::NoKey(self.data.join(KEY_FILE)));
        }
        self.keys.push(Key::fresh());
        self.keep_keys().map(drop)
    }

    /// A text that is kept elsewhere, sealed under a name.
    ///
    /// # Errors
    /// As [`Vault::set`].
    pub fn seal_text(&self, name: &str, text: &str) -> Result<String, VaultError> {
        let sealed = self.seal(name, text, Timestamp::UNIX_EPOCH)?;
        Ok(format!("{}.{}.{}", sealed.key, sealed.nonce, sealed.sealed))
    }

    /// A text that was sealed under this name.
    ///
    /// # Errors
    /// One that no key opens, or that was changed.
    pub fn open_text(&self, name: &str, sealed: &str) -> Result<Secret, VaultError> {
        let mut parts = sealed.splitn(3, '.').map(str::to_owned);
        let mut part = || parts.next().unwrap_or_default();
        let (key, nonce, text) = (part(), part(), part());
        self.unseal(&Sealed {
            name: name.to_owned(),
            key,
            nonce,
            sealed: text,
            set_at: Timestamp::UNIX_EPOCH,
        })
    }

    fn seal(&self, name: &str, value: &str, set_at: Timestamp) -> Result<Sealed, VaultError> {
        let key = self.keys.first().ok_or_else(|| VaultError::NoKey(self.data.join(KEY_FILE)))?;
        let mut bytes = value.as_bytes().to_vec();
        let nonce = cipher(key)
            .and_then(|cipher| cipher.seal_in_place_append_tag(about(name), &mut bytes))
            .map_err(|_| VaultError::BadValue)?;
        Ok(Sealed {
            name: name.to_owned(),
            key: key.id(),
            nonce: STANDARD.encode(nonce.as_ref()),
            sealed: STANDARD.encode(bytes),
            set_at,
        })
    }

    fn unseal(&self, kept: &Sealed) -> Result<Secret, VaultError> {
        if self.keys.is_empty() {
            return Err(VaultError::NoKey(self.data.join(KEY_FILE)));
        }
        let broken = || VaultError::Broken(self.data.join(FILE), format!("`{}` was changed", kept.name));
        let key = self.keys.iter().find(|key| key.id() == kept.key);
        let key = key.ok_or_else(|| VaultError::WrongKey(kept.name.clone(), kept.key.clone()))?;
        let nonce: [u8; NONCE_LEN] =
            STANDARD.decode(&kept.nonce).ok().and_then(|nonce| nonce.try_into().ok()).ok_or_else(broken)?;
        let mut bytes = STANDARD.decode(&kept.sealed).map_err(|_| broken())?;
        let opened = cipher(key)
            .and_then(|cipher| {
                let nonce = Nonce::assume_unique_for_key(nonce);
                cipher.open_in_place(nonce, about(&kept.name), &mut bytes).map(|plain| plain.to_vec())
            })
            .map_err(|_| broken())?;
        String::from_utf8(opened).map(Secret::new).map_err(|_| broken())
    }

    fn content(&self) -> Result<Content, VaultError> {
        let path = self.data.join(FILE);
        match read(&path)? {
            None => Ok(Content::default()),
            Some(text) => {
                serde_json::from_str(&text).map_err(|error| VaultError::Broken(path, error.to_string()))
            }
        }
    }

    fn keep(&self, content: &Content) -> Result<(), VaultError> {
        let path = self.data.join(FILE);
        let text = serde_json::to_string_pretty(content)
            .map_err(|error| VaultError::Io(path.clone(), error.into()))?;
        write(&path, &text)
    }

    fn keep_keys(&self) -> Result<PathBuf, VaultError> {
        let path = self.data.join(KEY_FILE);
        let lines: Vec<String> = self.keys.iter().map(Key::text).collect();
        write(&path, &(lines.join("\n") + "\n"))?;
        Ok(path)
    }

    /// Held while the file is changed: two that change it at once would lose a secret.
    fn lock(&self) -> Result<File, VaultError> {
        fs::create_dir_all(&self.data).map_err(|error| VaultError::Io(self.data.clone(), error))?;
        let path = self.data.join("secrets.lock");
        let file = File::create(&path).map_err(|error| VaultError::Io(path.clone(), error))?;
        file.lock().map_err(|error| VaultError::Io(path, error))?;
        Ok(file)
    }
}

fn cipher(key: &Key) -> Result<RandomizedNonceKey, aws_lc_rs::error::Unspecified> {
    RandomizedNonceKey::new(&AES_256_GCM, &key.bytes)
}

/// What a sealed value belongs to: one cannot be put in the place of another.
fn about(name: &str) -> Aad<Vec<u8>> {
    Aad::from(format!("balcao secret v1 {name}").into_bytes())
}

fn read(path: &Path) -> Result<Option<String>, VaultError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(VaultError::Io(path.to_owned(), error)),
    }
}

/// Writes a file that only its owner can read, whole or not at all.
fn write(path: &Path, text: &str) -> Result<(), VaultError> {
    let failed = |error| VaultError::Io(path.to_owned(), error);
    let beside = path.with_extension("new");
    fs::remove_file(&beside)
        .or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
        .map_err(failed)?;
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    fs::rename(&beside, path).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn now() -> Timestamp {
        "2026-11-20T12:00:00Z".parse().unwrap()
    }

    fn open(data: &Path) -> Vault {
        Vault::open(data, &Vec::new()).unwrap()
    }

    fn value(vault: &Vault, name: &str) -> Option<String> {
        vault.secrets().unwrap().get(name).map(|secret| secret.expose().to_owned())
    }

    #[test]
    fn a_secret_is_kept_sealed_and_only_its_owner_can_read_the_files() {
        let data = tempfile::tempdir().unwrap();
        assert_eq!(open(data.path()).list().unwrap(), []);
        let made = open(data.path()).set("ERP_TOKEN", "t0p-s3cret", now()).unwrap();
        assert_eq!(made, Some(data.path().join(KEY_FILE)));
        assert_eq!(open(data.path()).set("erp_token", "s3cond", now()).unwrap(), None);
        assert_eq!(value(&open(data.path()), "erp_token"), Some("s3cond".to_owned()));
        assert_eq!(open(data.path()).list().unwrap().len(), 1, "names differ by more than their case");
        for name in [FILE, KEY_FILE] {
            let path = data.path().join(name);
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
            assert!(!fs::read_to_string(path).unwrap().contains("s3cond"));
        }
        assert!(open(data.path()).remove("ERP_TOKEN").unwrap());
        assert!(!open(data.path()).remove("ERP_TOKEN").unwrap());
        for (name, value) in [("", "x"), ("2x", "x"), ("a-b", "x"), ("A", "")] {
            assert!(open(data.path()).set(name, value, now()).is_err(), "{name:?}");
        }
    }

    #[test]
    fn two_generations_of_keys_are_valid() {
        let data = tempfile::tempdir().unwrap();
        open(data.path()).set("A", "1", now()).unwrap();
        let first = fs::read_to_string(data.path().join(KEY_FILE)).unwrap();
        let sealed_before = fs::read_to_string(data.path().join(FILE)).unwrap();
        assert_eq!(open(data.path()).rotate().unwrap(), 1);
        let both = fs::read_to_string(data.path().join(KEY_FILE)).unwrap();
        assert!(both.lines().count() == 2 && both.ends_with(&first), "{both}");
        assert_eq!(open(data.path()).list().unwrap()[0].generation, Some(0));
        // A file from before, a backup's, is still read.
        let sealed_after = fs::read_to_string(data.path().join(FILE)).unwrap();
        fs::write(data.path().join(FILE), &sealed_before).unwrap();
        assert_eq!(
            (value(&open(data.path()), "A"), open(data.path()).list().unwrap()[0].generation),
            (Some("1".into()), Some(1))
        );
        fs::write(data.path().join(FILE), sealed_after).unwrap();
        open(data.path()).rotate().unwrap();
        fs::write(data.path().join(FILE), &sealed_before).unwrap();
        assert!(matches!(open(data.path()).secrets(), Err(VaultError::WrongKey(..))));
        assert_eq!(open(data.path()).list().unwrap()[0].generation, None);
    }

    #[test]
    fn the_environment_gives_the_keys_and_they_are_its_to_change() {
        let data = tempfile::tempdir().unwrap();
        let (old, new) = (Key::fresh().text(), Key::fresh().text());
        let with = |keys: &str| Vault::open(data.path(), &vec![(KEY_VARIABLE.to_owned(), keys.to_owned())]);
        assert_eq!(with(&old).unwrap().set("A", "1", now()).unwrap(), None, "no key is made");
        assert!(!data.path().join(KEY_FILE).exists());
        assert!(matches!(open(data.path()).secrets(), Err(VaultError::NoKey(_))));
        assert_eq!(with(&format!("{new},{old}")).unwrap().rotate().unwrap(), 1);
        assert_eq!(value(&with(&new).unwrap(), "A"), Some("1".to_owned()));
        assert!(matches!(with(&old).unwrap().secrets(), Err(VaultError::WrongKey(..))));
        for bad in ["", "short", "AAAA", &format!("{new} {old} {new}")] {
            assert!(matches!(with(bad), Err(VaultError::BadKey(_))), "{bad}");
        }
    }

    #[test]
    fn what_was_changed_or_put_elsewhere_is_refused() {
        let data = tempfile::tempdir().unwrap();
        open(data.path()).set("A", "1", now()).unwrap();
        let path = data.path().join(FILE);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace("\"A\"", "\"B\"")).unwrap();
        assert!(matches!(open(data.path()).secrets(), Err(VaultError::Broken(..))));
        fs::write(&path, "{").unwrap();
        assert!(matches!(open(data.path()).list(), Err(VaultError::Broken(..))));
    }
}

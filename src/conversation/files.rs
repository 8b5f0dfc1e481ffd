//! Files that customers sent, below the data folder: a folder a conversation, and in it each file under its digest, so
//! that the same one is kept once. It neither judges nor serves them.

use crate::domain::ids::ConversationId;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use tokio::task::spawn_blocking;

/// Characters of a digest.
const DIGEST: usize = 64;

/// The folder of the files.
#[derive(Clone, Debug)]
pub struct FileShelf {
    folder: PathBuf,
}

impl FileShelf {
    /// The files below the data folder, which need not be there.
    pub fn below(data: &Path) -> Self {
        Self { folder: data.join("files") }
    }

    /// Keeps a file of a conversation; returns its digest. When this returns it is on the disk.
    ///
    /// # Errors
    /// The disk's.
    pub async fn keep(&self, conversation: ConversationId, bytes: Vec<u8>) -> io::Result<String> {
        let folder = self.of(conversation);
        blocking(move || {
            let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            let path = folder.join(&digest);
            if path.exists() {
                return Ok(digest);
            }
            fs::create_dir_all(&folder)?;
            let mut draft = tempfile::NamedTempFile::new_in(&folder)?;
            draft.write_all(&bytes)?;
            draft.as_file().sync_all()?;
            draft.persist(&path).map_err(|error| error.error)?;
            Ok(digest)
        })
        .await
    }

    /// The bytes of a file; none if there is no such file any more.
    ///
    /// # Errors
    /// The disk's.
    pub async fn read(&self, conversation: ConversationId, digest: &str) -> io::Result<Option<Vec<u8>>> {
        if digest.len() != DIGEST || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(None);
        }
        let path = self.of(conversation).join(digest.to_ascii_lowercase());
        blocking(move || there(fs::read(path))).await
    }

    /// Forgets every file of a conversation; whether there were any.
    ///
    /// # Errors
    /// The disk's.
    pub async fn forget(&self, conversation: ConversationId) -> io::Result<bool> {
        let folder = self.of(conversation);
        blocking(move || Ok(there(fs::remove_dir_all(folder))?.is_some())).await
    }

    /// The same, unless something was kept since `before`.
    ///
    /// # Errors
    /// The disk's.
    pub async fn forget_untouched(
        &self,
        conversation: ConversationId,
        before: Timestamp,
    ) -> io::Result<bool> {
        let folder = self.of(conversation);
        blocking(move || {
            let Some(known) = there(fs::metadata(&folder))? else { return Ok(false) };
            if Timestamp::try_from(known.modified()?).unwrap_or(Timestamp::MAX) >= before {
                return Ok(false);
            }
            Ok(there(fs::remove_dir_all(folder))?.is_some())
        })
        .await
    }

    /// The conversations of which nothing was kept since `before`.
    ///
    /// # Errors
    /// The disk's.
    pub async fn untouched_since(&self, before: Timestamp) -> io::Result<Vec<ConversationId>> {
        let folder = self.folder.clone();
        blocking(move || {
            let mut found = Vec::new();
            for entry in there(fs::read_dir(folder))?.into_iter().flatten() {
                let entry = entry?;
                let Some(known) = there(entry.metadata())? else { continue };
                let kept = Timestamp::try_from(known.modified()?).unwrap_or(Timestamp::MAX);
                let conversation: Option<ConversationId> =
                    entry.file_name().to_str().and_then(|name| name.parse().ok());
                found.extend(conversation.filter(|_| kept < before));
            }
            Ok(found)
        })
        .await
    }

    /// Forgets files that were kept before `before`; returns how many.
    ///
    /// # Errors
    /// The disk's.
    pub async fn sweep(&self, before: Timestamp) -> io::Result<usize> {
        let folder = self.folder.clone();
        blocking(move || {
            let Some(conversations) = there(fs::read_dir(folder))? else { return Ok(0) };
            let mut forgotten = 0;
            for conversation in conversations {
                let conversation = conversation?.path();
                for file in there(fs::read_dir(&conversation))?.into_iter().flatten() {
                    let file = file?;
                    let Some(known) = there(file.metadata())? else { continue };
                    let kept = Timestamp::try_from(known.modified()?).unwrap_or(Timestamp::MAX);
                    if kept < before && there(fs::remove_file(file.path()))?.is_some() {
                        forgotten += 1;
                    }
                }
                // One with files in it stays.
                let _ = fs::remove_dir(conversation);
            }
            Ok(forgotten)
        })
        .await
    }

    /// The folder of a conversation: what is kept in it is forgotten with it.
    pub(super) fn of(&self, conversation: ConversationId) -> PathBuf {
        self.folder.join(conversation.to_string())
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    spawn_blocking(work).await.map_err(io::Error::other)?
}

/// What is not there is no fault.
fn there<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[tokio::test]
    async fn a_file_is_kept_once_and_forgotten_with_its_conversation() {
        let data = tempfile::tempdir().unwrap();
        let shelf = FileShelf::below(data.path());
        let (one, other) = (ConversationId(Uuid::from_u128(1)), ConversationId(Uuid::from_u128(2)));
        let digest = shelf.keep(one, b"abc".to_vec()).await.unwrap();
        assert_eq!(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(shelf.keep(one, b"abc".to_vec()).await.unwrap(), digest);
        assert_eq!(shelf.read(one, &digest).await.unwrap().as_deref(), Some(&b"abc"[..]));
        assert_eq!(shelf.read(other, &digest).await.unwrap(), None, "another conversation's");
        for no_digest in ["", "../../balcao.db", &"z".repeat(64)] {
            assert_eq!(shelf.read(one, no_digest).await.unwrap(), None);
        }
        shelf.keep(other, b"abc".to_vec()).await.unwrap();
        assert!(shelf.forget(one).await.unwrap());
        assert!(!shelf.forget(one).await.unwrap());
        shelf.keep(other, b"abc".to_vec()).await.unwrap();
        assert_eq!(shelf.untouched_since(Timestamp::MAX).await.unwrap(), [other]);
        assert_eq!(shelf.untouched_since(Timestamp::UNIX_EPOCH).await.unwrap(), []);
        assert!(
            !shelf.forget_untouched(other, Timestamp::UNIX_EPOCH).await.unwrap(),
            "something came meanwhile"
        );
        assert_eq!(shelf.read(one, &digest).await.unwrap(), None);
        assert!(shelf.read(other, &digest).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn old_files_are_forgotten() {
        let data = tempfile::tempdir().unwrap();
        let shelf = FileShelf::below(data.path());
        assert_eq!(shelf.sweep(Timestamp::MAX).await.unwrap(), 0, "before the first file");
        let id = ConversationId(Uuid::from_u128(1));
        let digest = shelf.keep(id, b"abc".to_vec()).await.unwrap();
        assert_eq!(shelf.sweep(Timestamp::UNIX_EPOCH).await.unwrap(), 0);
        assert!(shelf.read(id, &digest).await.unwrap().is_some());
        assert_eq!(shelf.sweep(Timestamp::MAX).await.unwrap(), 1);
        assert!(!data.path().join("files").join(id.to_string()).exists());
    }
}

//! The folder of an index on disk. An update never touches what is live: it is written as a new generation beside
//! it, and one rename makes it a current one, alone or over others. So a crash at any point leaves the old index or the
//! new, and what is left lying about is swept away the next time. Knows nothing of what a generation holds.
//!
//! ```text
//! lock            held while a process has the folder
//! current         the names of the current generations, the latest first
//! generation-7/   written once, read until it is no longer named there
//! ```

use crate::knowledge::index::IndexError;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const PREFIX: &str = "generation-";

/// A locked index folder; the lock goes with it.
#[derive(Debug)]
pub struct IndexFolder {
    path: PathBuf,
    _lock: File,
}

impl IndexFolder {
    /// Takes the folder, which is made if there is none.
    ///
    /// # Errors
    /// [`IndexError::InUse`] if another process has it, [`IndexError::Fault`] if it cannot be made or read.
    pub fn open(path: &Path) -> Result<Self, IndexError> {
        fs::create_dir_all(path).map_err(|error| fault(path, &error))?;
        let lock_path = path.join("lock");
        let lock = File::create(&lock_path).map_err(|error| fault(&lock_path, &error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(IndexError::InUse(path.to_owned())),
            Err(TryLockError::Error(error)) => return Err(fault(&lock_path, &error)),
        }
        let folder = Self { path: path.to_owned(), _lock: lock };
        folder.sweep().map_err(|error| fault(path, &error))?;
        Ok(folder)
    }

    /// The current generations, the latest first; none if there never was one, or if one of them is missing.
    pub fn current(&self) -> Vec<PathBuf> {
        let names = fs::read_to_string(self.path.join("current")).unwrap_or_default();
        let named = names.split_whitespace().map(|name| {
            number(name)?;
            Some(self.path.join(name)).filter(|path| path.is_dir())
        });
        named.collect::<Option<_>>().unwrap_or_default()
    }

    /// An empty folder for the next generation.
    ///
    /// # Errors
    /// [`IndexError::Fault`].
    pub fn next(&self) -> Result<PathBuf, IndexError> {
        let latest = self.generations().map_err(|error| fault(&self.path, &error))?.into_iter().max();
        let path = self.path.join(format!("{PREFIX}{}", latest.unwrap_or(0) + 1));
        fs::create_dir(&path).map_err(|error| fault(&path, &error))?;
        Ok(path)
    }

    /// Makes these generations, the latest first, the current ones; when this returns it is so on the disk as well.
    ///
    /// # Errors
    /// [`IndexError::Fault`]; the current ones are as they were.
    pub fn publish(&self, generations: &[&Path]) -> Result<(), IndexError> {
        let name = |path: &&Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let names: Vec<String> = generations.iter().map(name).collect();
        write_durably(&self.path.join("current.new"), names.join(" ").as_bytes())
            .and_then(|()| generations.iter().try_for_each(|generation| sync(generation)))
            .and_then(|()| fs::rename(self.path.join("current.new"), self.path.join("current")))
            .and_then(|()| sync(&self.path))
            .map_err(|error| fault(&self.path, &error))
    }

    fn generations(&self) -> io::Result<Vec<u64>> {
        let names = fs::read_dir(&self.path)?.map(|entry| entry.map(|it| it.file_name()));
        names.filter_map(|name| name.map(|name| number(&name.to_string_lossy())).transpose()).collect()
    }

    /// Removes generations that were never published or are no longer needed.
    fn sweep(&self) -> io::Result<()> {
        let current = self.current();
        for generation in self.generations()? {
            let path = self.path.join(format!("{PREFIX}{generation}"));
            if !current.contains(&path) {
                fs::remove_dir_all(&path)?;
            }
        }
        Ok(())
    }
}

/// Writes a file that is on the disk when this returns.
///
/// # Errors
/// The system's.
pub fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn number(name: &str) -> Option<u64> {
    name.strip_prefix(PREFIX)?.parse().ok()
}

fn fault(path: &Path, error: &io::Error) -> IndexError {
    IndexError::Fault(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_published_is_current_and_the_rest_is_swept() {
        let directory = tempfile::tempdir().unwrap();
        let folder = IndexFolder::open(directory.path()).unwrap();
        assert_eq!(folder.current(), [] as [PathBuf; 0]);
        let first = folder.next().unwrap();
        folder.publish(&[&first]).unwrap();
        let over_it = folder.next().unwrap();
        folder.publish(&[&over_it, &first]).unwrap();
        let abandoned = folder.next().unwrap();
        drop(folder);
        let folder = IndexFolder::open(directory.path()).unwrap();
        assert_eq!(folder.current(), [over_it.clone(), first.clone()]);
        assert!(!abandoned.exists());
        fs::remove_dir_all(&first).unwrap();
        drop(folder);
        let folder = IndexFolder::open(directory.path()).unwrap();
        assert_eq!(folder.current(), [] as [PathBuf; 0], "half an index is none");
        assert!(!over_it.exists());
    }

    #[test]
    fn a_second_owner_is_told_why_not() {
        let directory = tempfile::tempdir().unwrap();
        let _first = IndexFolder::open(directory.path()).unwrap();
        let error = IndexFolder::open(directory.path()).unwrap_err();
        assert!(matches!(error, IndexError::InUse(_)));
        assert!(error.to_string().starts_with("the index is in use by a running server; "));
    }

    #[test]
    fn a_pointer_to_elsewhere_is_no_generation() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["../..", "generation-9", "", "lock"] {
            fs::write(directory.path().join("current"), name).unwrap();
            assert_eq!(IndexFolder::open(directory.path()).unwrap().current(), [] as [PathBuf; 0]);
        }
    }
}

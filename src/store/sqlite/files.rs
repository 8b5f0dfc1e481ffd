//! The data folder and the database file: made for their owner alone, and locked while the schema changes.

use anyhow::{Context, Result};
use std::fs::{DirBuilder, File, OpenOptions};
use std::path::{Path, PathBuf};

/// Makes the folder (0700) and an empty database file (0600), unless they exist. SQLite gives its side files the
/// permissions of the database file.
pub(super) fn prepare(file: &Path) -> Result<()> {
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(folder)
            .with_context(|| format!("cannot make the data folder {}", folder.display()))?;
    }
    open_for_writing(file).with_context(|| format!("cannot write the database file {}", file.display()))?;
    Ok(())
}

/// Holds off other processes that would change the schema at the same time. Let go by dropping it.
pub(super) fn lock_schema(file: &Path) -> Result<File> {
    let path = lock_path(file);
    let locked = open_for_writing(&path).and_then(|lock| lock.lock().map(|()| lock));
    locked.with_context(|| format!("cannot lock {}", path.display()))
}

fn lock_path(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

fn open_for_writing(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

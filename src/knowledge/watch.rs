//! How a set of files looks without reading them: enough to see that one was changed, added or taken away. Asks the disk for
//! sizes and times only, so that it also works on network drives and in containers, where nobody tells of changes.

use crate::knowledge::source::SourceFile;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs;
use std::time::UNIX_EPOCH;

/// The looks of these files. Another version of the program sees everything anew.
pub fn looks(files: &[SourceFile]) -> String {
    let mut hasher = Sha256::new();
    hasher.update(env!("CARGO_PKG_VERSION").as_bytes());
    for file in files {
        let mut line = format!("\0{}\0{:?}\0", file.name(), file.defaults());
        let metadata = file.path().and_then(|path| fs::metadata(path).ok());
        if let Some(metadata) = metadata {
            let changed = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            // Writing into a text does not fail.
            let _ = write!(line, "{} {changed:?}", metadata.len());
        }
        hasher.update(line.as_bytes());
    }
    hasher.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::source::on_disk;

    #[test]
    fn a_change_is_seen_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let see = || looks(&on_disk(&[folder.path().to_owned()]).unwrap());
        let empty = see();
        fs::write(folder.path().join("a.md"), "um").unwrap();
        let one = see();
        assert_ne!(empty, one);
        assert_eq!(one, see());
        fs::write(folder.path().join("a.md"), "dois").unwrap();
        let changed = see();
        assert_ne!(one, changed);
        fs::write(folder.path().join("foto.jpg"), "x").unwrap();
        assert_eq!(changed, see());
        fs::remove_file(folder.path().join("a.md")).unwrap();
        assert_eq!(empty, see());
    }
}

//! The ZIP archives that Office documents are, with limits on what they unpack to. Knows nothing of what is in them.

use std::io::{Cursor, Read};
use zip::ZipArchive;
use zip::result::ZipError;

/// The most bytes one file in the archive may unpack to.
const LARGEST_FILE: u64 = 64 * 1024 * 1024;

/// The most files an archive may hold.
const MOST_FILES: usize = 10_000;

/// An open archive.
pub struct Archive<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
}

impl<'a> Archive<'a> {
    /// Opens it.
    ///
    /// # Errors
    /// It is no archive, or one with too many files; in words for the operator.
    pub fn open(bytes: &'a [u8]) -> Result<Self, String> {
        if bytes.starts_with(b"\xd0\xcf\x11\xe0") {
            return Err(
                "this is encrypted, or of a format from before 2007; save it anew without a password"
                    .to_owned(),
            );
        }
        let archive =
            ZipArchive::new(Cursor::new(bytes)).map_err(|error| format!("the file is damaged: {error}"))?;
        if archive.len() > MOST_FILES {
            return Err(format!(
                "{} files in the archive are more than the {MOST_FILES} allowed",
                archive.len()
            ));
        }
        Ok(Self { archive })
    }

    /// The text of a file in it, if it is there.
    ///
    /// # Errors
    /// It is damaged, encrypted, too large or no text; in words for the operator.
    pub fn text(&mut self, name: &str) -> Result<Option<String>, String> {
        let file = match self.archive.by_name(name) {
            Ok(file) => file,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(error) => return Err(format!("the file is damaged or encrypted: {error}")),
        };
        let mut bytes = Vec::new();
        // What the archive says of its sizes is not to be trusted.
        file.take(LARGEST_FILE + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| format!("the file is damaged: {name}: {error}"))?;
        if bytes.len() as u64 > LARGEST_FILE {
            return Err(format!("{name} unpacks to more than the {LARGEST_FILE} bytes allowed"));
        }
        super::text::decode(&bytes).map(Some)
    }

    /// Whether there is such a file in it.
    pub fn has(&self, name: &str) -> bool {
        self.archive.index_for_name(name).is_some()
    }

    /// How many bytes the files in it unpack to, by what the archive says.
    pub fn declared_bytes(&mut self) -> u64 {
        (0..self.archive.len())
            .filter_map(|at| self.archive.by_index_raw(at).ok().map(|file| file.size()))
            .fold(0, u64::saturating_add)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::io::Write;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    /// An archive of these files.
    pub fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn a_bomb_is_refused_before_it_goes_off() {
        let bomb = zipped(&[("a.xml", &vec![b' '; 80 * 1024 * 1024])]);
        assert!(bomb.len() < 200_000);
        let reason = Archive::open(&bomb).unwrap().text("a.xml").unwrap_err();
        assert!(reason.contains("unpacks to more than"), "{reason}");
        assert_eq!(Archive::open(&bomb).unwrap().declared_bytes(), 80 * 1024 * 1024);
        let mut small = zipped(&[("a.xml", "é".as_bytes())]);
        assert_eq!(Archive::open(&small).unwrap().text("a.xml").unwrap().as_deref(), Some("é"));
        assert_eq!(Archive::open(&small).unwrap().text("b.xml").unwrap(), None);
        small.truncate(20);
        assert!(Archive::open(&small).is_err());
    }
}

//! Documents that operators upload, kept as files below the data folder, each with what was said of it beside it. Checks
//! names and sizes; whether a document can be read is for its reader to say.

use crate::domain::language::Language;
use crate::knowledge::document::Terms;
use crate::knowledge::source::{Defaults, SourceFile};
use crate::knowledge::{generation::write_durably, source};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What the names of uploaded documents begin with.
pub const PREFIX: &str = "uploads/";

/// The folder, beside the documents, of what was said of them. The dot keeps it from being read as documents.
const SAID: &str = ".said";

/// A document being uploaded: it does not count yet.
const DRAFTS: &str = ".drafts";

/// The longest name, in bytes.
const LONGEST_NAME: usize = 120;

/// The folder of uploaded documents.
#[derive(Debug, Clone)]
pub struct Uploads {
    folder: PathBuf,
}

/// A name that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// Its characters.
    #[error(
        "a name has 1 to 120 letters, digits, blanks, `-`, `_`, `.`, `(` and `)`, and does not begin with a dot"
    )]
    Characters,
    /// Its ending.
    #[error("the ending of the name must be {}", source::ENDINGS)]
    Ending,
}

#[derive(Serialize, Deserialize)]
struct Said {
    language: Option<Language>,
    #[serde(flatten)]
    terms: Terms,
}

impl Uploads {
    /// The documents in `folder`, which need not exist.
    pub fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Checks a name.
    ///
    /// # Errors
    /// [`InvalidName`].
    pub fn check_name(name: &str) -> Result<(), InvalidName> {
        let allowed = |it: char| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_' | '.' | '(' | ')');
        if name.is_empty()
            || name.len() > LONGEST_NAME
            || name.starts_with(['.', ' '])
            || !name.chars().all(allowed)
        {
            return Err(InvalidName::Characters);
        }
        if SourceFile::at(String::new(), PathBuf::from(name)).is_none() {
            return Err(InvalidName::Ending);
        }
        Ok(())
    }

    /// All documents, with what was said of them.
    pub fn files(&self) -> Vec<SourceFile> {
        let Ok(files) = source::on_disk(std::slice::from_ref(&self.folder)) else { return Vec::new() };
        files
            .into_iter()
            .map(|file| {
                let said = self.said(file.name());
                file.below(PREFIX.trim_end_matches('/')).with(&said)
            })
            .collect()
    }

    fn said(&self, name: &str) -> Defaults {
        let said: Option<Said> = fs::read(self.folder.join(SAID).join(format!("{name}.json")))
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok());
        said.map(|said| Defaults { language: said.language, terms: said.terms }).unwrap_or_default()
    }

    /// Writes a document where it does not count yet, so that it can be tried.
    ///
    /// # Errors
    /// The disk's.
    pub fn draft(&self, name: &str, bytes: &[u8], defaults: &Defaults) -> io::Result<Draft> {
        let folder = self.folder.join(DRAFTS);
        fs::create_dir_all(&folder)?;
        let path = folder.join(name);
        write_durably(&path, bytes)?;
        Ok(Draft { uploads: self.clone(), name: name.to_owned(), path, defaults: defaults.clone() })
    }

    /// Removes a document by its name in the index; whether it was there.
    ///
    /// # Errors
    /// The disk's.
    pub fn remove(&self, origin: &str) -> io::Result<bool> {
        let Some(name) = origin.strip_prefix(PREFIX).filter(|name| Self::check_name(name).is_ok()) else {
            return Ok(false);
        };
        let _ = fs::remove_file(self.folder.join(SAID).join(format!("{name}.json")));
        match fs::remove_file(self.folder.join(name)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// A document that does not count yet. It is gone when it is dropped.
#[derive(Debug)]
pub struct Draft {
    uploads: Uploads,
    name: String,
    path: PathBuf,
    defaults: Defaults,
}

impl Draft {
    /// The document.
    pub fn file(&self) -> Option<SourceFile> {
        Some(SourceFile::at(format!("{PREFIX}{}", self.name), self.path.clone())?.with(&self.defaults))
    }

    /// Makes it count, in place of the one of that name before it.
    ///
    /// # Errors
    /// The disk's.
    pub fn publish(self) -> io::Result<()> {
        let said = self.uploads.folder.join(SAID);
        fs::create_dir_all(&said)?;
        let words = Said { language: self.defaults.language, terms: self.defaults.terms.clone() };
        write_durably(&said.join(format!("{}.json", self.name)), &serde_json::to_vec(&words)?)?;
        fs::rename(&self.path, self.uploads.folder.join(&self.name))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        let _ = fs::remove_file(Path::new(&self.path));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_the_folder() {
        for name in ["tabela de preços (2026).xlsx", "a.md", "faq_v2.jsonl"] {
            assert_eq!(Uploads::check_name(name), Ok(()), "{name}");
        }
        for name in ["", "../a.md", "a/b.md", ".a.md", "a\\b.md", "a\0.md", " a.md", &"a".repeat(130)] {
            assert_eq!(Uploads::check_name(name), Err(InvalidName::Characters), "{name}");
        }
        for name in ["a", "a.exe", "a.md.zip"] {
            assert_eq!(Uploads::check_name(name), Err(InvalidName::Ending), "{name}");
        }
    }

    #[test]
    fn a_draft_counts_only_when_it_is_published() {
        let folder = tempfile::tempdir().unwrap();
        let uploads = Uploads::at(folder.path().join("uploads"));
        let terms = Terms { owner: Some("Ana".into()), ..Terms::default() };
        let defaults = Defaults { language: Some(Language::English), terms };
        drop(uploads.draft("a.md", b"x", &defaults).unwrap());
        assert!(uploads.files().is_empty());
        uploads.draft("a.md", b"x", &defaults).unwrap().publish().unwrap();
        let files = uploads.files();
        assert_eq!((files.len(), files[0].name()), (1, "uploads/a.md"));
        assert_eq!(files[0].defaults(), &defaults);
        assert!(!uploads.remove("uploads/../a.md").unwrap() && !uploads.remove("a.md").unwrap());
        assert!(uploads.remove("uploads/a.md").unwrap());
        assert!(uploads.files().is_empty() && !uploads.remove("uploads/a.md").unwrap());
    }
}

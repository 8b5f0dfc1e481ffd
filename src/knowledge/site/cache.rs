//! What was fetched of one web site: its pages with what the server said of them, so that the next visit asks only for what
//! changed, and a site that is away leaves what was known. Files only; fetches nothing.

use crate::knowledge::generation::write_durably;
use crate::knowledge::source::SourceFile;
use jiff::Timestamp;
use reqwest::Url;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io;
use std::path::PathBuf;

const LIST: &str = "pages.json";

const HTML: &str = ".html";
const PDF: &str = ".pdf";

/// The pages of a site.
#[derive(Debug, Clone)]
pub struct SiteCache {
    folder: PathBuf,
}

/// All that is known of a site.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Known {
    /// When it was last visited.
    pub visited: Option<Timestamp>,
    /// Why the last visit failed, if it did.
    pub error: Option<String>,
    /// Its pages, by address.
    pub pages: BTreeMap<String, KnownPage>,
    /// Pages that could not be had, with the reason.
    #[serde(default)]
    pub failed: BTreeMap<String, String>,
}

/// A page that was fetched.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KnownPage {
    /// Its file.
    pub file: String,
    /// The server's mark of this version.
    pub etag: Option<String>,
    /// When the server says it was changed.
    pub last_modified: Option<String>,
}

/// What is kept of a page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Content {
    /// A web page's text.
    Html(String),
    /// A PDF; it is read when it is indexed.
    Pdf,
}

impl SiteCache {
    /// The site kept in `folder`, which need not exist.
    pub fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// What is known; nothing, if it cannot be read.
    pub fn known(&self) -> Known {
        let read = fs::read(self.folder.join(LIST)).ok();
        read.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    /// The pages as documents, and what could not be had.
    pub fn files(&self, site: &Url) -> Vec<SourceFile> {
        let known = self.known();
        let pages =
            known.pages.into_iter().map(|(url, page)| SourceFile::page(url, self.folder.join(page.file)));
        let failed = known.failed.into_iter().map(|(url, reason)| SourceFile::missing(url, reason));
        let away = known.error.map(|error| SourceFile::missing(site.to_string(), error));
        pages.chain(failed).chain(away).collect()
    }

    /// What is kept of a page, if its file is still there.
    pub fn content(&self, page: &KnownPage) -> Option<Content> {
        let path = self.folder.join(&page.file);
        if page.file.ends_with(PDF) {
            return path.is_file().then_some(Content::Pdf);
        }
        fs::read_to_string(path).ok().map(Content::Html)
    }

    /// Writes a web page; the name of its file.
    ///
    /// # Errors
    /// The disk's.
    pub fn write_html(&self, url: &str, text: &str) -> io::Result<String> {
        self.write(url, text.as_bytes(), HTML)
    }

    /// Writes a PDF; the name of its file.
    ///
    /// # Errors
    /// The disk's.
    pub fn write_pdf(&self, url: &str, bytes: &[u8]) -> io::Result<String> {
        self.write(url, bytes, PDF)
    }

    fn write(&self, url: &str, bytes: &[u8], ending: &str) -> io::Result<String> {
        fs::create_dir_all(&self.folder)?;
        let digest =
            Sha256::new().chain_update(url.as_bytes()).chain_update([0]).chain_update(bytes).finalize();
        let name: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let name = format!("{name}{ending}");
        write_durably(&self.folder.join(&name), bytes)?;
        Ok(name)
    }

    /// Makes this what is known, and removes the files of pages that are not.
    ///
    /// # Errors
    /// The disk's.
    pub fn save(&self, known: &Known) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let draft = self.folder.join(format!("{LIST}.new"));
        write_durably(&draft, &serde_json::to_vec(known)?)?;
        fs::rename(draft, self.folder.join(LIST))?;
        let files: HashSet<&str> =
            known.pages.values().map(|page| page.file.as_str()).chain([LIST]).collect();
        for entry in fs::read_dir(&self.folder)?.flatten() {
            if !files.contains(entry.file_name().to_string_lossy().as_ref()) {
                let _ = fs::remove_file(entry.path());
            }
        }
        Ok(())
    }
}

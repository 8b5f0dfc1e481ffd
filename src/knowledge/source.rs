//! Finds documents in folders, files or the set that comes with the program, and reads them one after the other.
//! Never follows a loop of links, never reads more than the limits allow, never lets one bad document stop the rest.

use crate::domain::language::Language;
use crate::knowledge::document::{Body, Document, Failure};
use crate::knowledge::{front_matter, jsonl};
use std::borrow::Cow;
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// The largest document, in bytes; a JSONL line is a document.
pub const LARGEST_DOCUMENT: u64 = 5 * 1024 * 1024;

/// The largest JSONL corpus, in bytes.
pub const LARGEST_CORPUS: u64 = 200 * 1024 * 1024;

/// Folders deeper than this are not entered.
const DEEPEST_FOLDER: usize = 32;

/// A place that was asked for and cannot be used. Nothing is indexed then: a mistyped path must not empty the index.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// It cannot be read.
    #[error("cannot read {}: {reason}", path.display())]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// It is a file of a kind nobody here can read.
    #[error("{} is no document; use .md, .txt or .jsonl", .0.display())]
    Unsupported(PathBuf),
}

/// A file that holds one document or many.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Its path below the root, with forward slashes.
    name: String,
    kind: Kind,
    content: Content,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Markdown,
    Plain,
    Corpus,
}

#[derive(Debug, Clone)]
enum Content {
    Disk(PathBuf),
    Memory(Cow<'static, [u8]>),
}

impl Kind {
    fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "md" | "markdown" => Some(Self::Markdown),
            "txt" => Some(Self::Plain),
            "jsonl" => Some(Self::Corpus),
            _ => None,
        }
    }

    fn largest(self) -> u64 {
        match self {
            Self::Markdown | Self::Plain => LARGEST_DOCUMENT,
            Self::Corpus => LARGEST_CORPUS,
        }
    }
}

/// The documents below these files and folders, in the order of their names.
///
/// # Errors
/// One of the paths does not exist, cannot be read, or is a file of another kind.
pub fn on_disk(paths: &[PathBuf]) -> Result<Vec<SourceFile>, SourceError> {
    let mut files = Vec::new();
    let mut entered = HashSet::new();
    for path in paths {
        let unreadable = |reason| SourceError::Unreadable { path: path.clone(), reason };
        if fs::metadata(path).map_err(unreadable)?.is_dir() {
            walk(path, "", 0, &mut entered, &mut files).map_err(unreadable)?;
        } else {
            let kind = Kind::of(path).ok_or_else(|| SourceError::Unsupported(path.clone()))?;
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
            files.push(SourceFile { name, kind, content: Content::Disk(path.clone()) });
        }
    }
    Ok(files)
}

/// Documents that are in memory already; files of other kinds are passed over.
pub fn in_memory(files: impl IntoIterator<Item = (String, Cow<'static, [u8]>)>) -> Vec<SourceFile> {
    let mut files: Vec<_> = files
        .into_iter()
        .filter_map(|(name, bytes)| {
            let kind = Kind::of(Path::new(&name))?;
            Some(SourceFile { name, kind, content: Content::Memory(bytes) })
        })
        .collect();
    files.sort_by(|left, right| left.name.cmp(&right.name));
    files
}

fn walk(
    folder: &Path,
    prefix: &str,
    depth: usize,
    entered: &mut HashSet<PathBuf>,
    files: &mut Vec<SourceFile>,
) -> io::Result<()> {
    // A folder reached a second time is a loop of links, or a link beside its target.
    if depth > DEEPEST_FOLDER || !entered.insert(folder.canonicalize()?) {
        return Ok(());
    }
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let file_name = entry.file_name();
        let file_name = file_name.to_string_lossy();
        if file_name.starts_with('.') {
            continue;
        }
        let path = entry.path();
        let name = format!("{prefix}{file_name}");
        // A link that leads nowhere is nobody's document.
        let Ok(metadata) = fs::metadata(&path) else { continue };
        if metadata.is_dir() {
            walk(&path, &format!("{name}/"), depth + 1, entered, files)?;
        } else if let (true, Some(kind)) = (metadata.is_file(), Kind::of(&path)) {
            files.push(SourceFile { name, kind, content: Content::Disk(path) });
        }
    }
    Ok(())
}

impl SourceFile {
    /// Its path below the root.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads its documents; those that name no language are in `language`.
    pub fn documents(&self, language: Language) -> Box<dyn Iterator<Item = Result<Document, Failure>> + '_> {
        match self.open() {
            Err(failure) => Box::new(std::iter::once(Err(failure))),
            Ok(reader) if self.kind == Kind::Corpus => {
                Box::new(jsonl::Documents::new(reader, &self.name, language, LARGEST_DOCUMENT))
            }
            Ok(reader) => Box::new(std::iter::once(self.single(reader, language))),
        }
    }

    fn failure(&self, reason: impl Into<String>) -> Failure {
        Failure { origin: self.name.clone(), line: None, reason: reason.into() }
    }

    fn open(&self) -> Result<Box<dyn BufRead + '_>, Failure> {
        let (size, reader): (u64, Box<dyn BufRead>) = match &self.content {
            Content::Memory(bytes) => (bytes.len() as u64, Box::new(bytes.as_ref())),
            Content::Disk(path) => {
                let file = File::open(path).map_err(|error| self.failure(error.to_string()))?;
                let size = file.metadata().map_err(|error| self.failure(error.to_string()))?.len();
                (size, Box::new(BufReader::new(file)))
            }
        };
        let largest = self.kind.largest();
        if size > largest {
            return Err(self.failure(format!("{size} bytes are more than the {largest} allowed")));
        }
        Ok(reader)
    }

    fn single(&self, reader: Box<dyn BufRead + '_>, default_language: Language) -> Result<Document, Failure> {
        let mut bytes = Vec::new();
        reader
            .take(LARGEST_DOCUMENT)
            .read_to_end(&mut bytes)
            .map_err(|error| self.failure(error.to_string()))?;
        let text = std::str::from_utf8(&bytes).map_err(|error| Failure {
            line: Some(1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count()),
            ..self.failure("the document is not valid UTF-8")
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let (head, body) = match self.kind {
            Kind::Markdown => {
                let (head, body) = front_matter::split(text).map_err(|malformed| Failure {
                    line: Some(malformed.line),
                    ..self.failure(malformed.reason)
                })?;
                (head, Body::Markdown(body.to_owned()))
            }
            Kind::Plain | Kind::Corpus => {
                (front_matter::FrontMatter::default(), Body::Plain(text.replace("\r\n", "\n")))
            }
        };
        Ok(Document {
            source: self.name.clone(),
            origin: self.name.clone(),
            title: head.title,
            language: head.language.unwrap_or(default_language),
            tags: head.tags,
            body,
        })
    }
}

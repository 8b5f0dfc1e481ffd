//! Finds documents in folders, files or the set that comes with the program, and reads them one after the other, each by
//! the reader of its format.
//! Never follows a loop of links, never reads more than the limits allow, never lets one bad document stop the rest.

use crate::domain::language::Language;
use crate::knowledge::document::{Body, Document, Failure, Terms};
use crate::knowledge::readers::outside::Outside;
use crate::knowledge::readers::{Extract, Format, table, text, title_of_name};
use crate::knowledge::{front_matter, jsonl};
use std::borrow::Cow;
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The largest document, in bytes; a JSONL line is a document.
pub const LARGEST_DOCUMENT: u64 = 5 * 1024 * 1024;

/// The largest document of another program's format, in bytes: pictures and fonts are in it, too.
pub const LARGEST_FOREIGN: u64 = 50 * 1024 * 1024;

/// The largest JSONL corpus, in bytes.
pub const LARGEST_CORPUS: u64 = 200 * 1024 * 1024;

/// Folders deeper than this are not entered.
const DEEPEST_FOLDER: usize = 32;

/// The endings of what can be read.
pub const ENDINGS: &str = ".md, .txt, .html, .pdf, .docx, .xlsx, .ods, .csv or .jsonl";

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
    #[error("{} is no document; use {ENDINGS}", .0.display())]
    Unsupported(PathBuf),
}

/// A file that holds one document or many.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Its path below the root, with forward slashes.
    name: String,
    kind: Kind,
    content: Content,
    /// What holds for documents that do not say it themselves.
    defaults: Defaults,
    outside: Option<Arc<Outside>>,
}

/// What a source says of its documents.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Defaults {
    /// Their language.
    pub language: Option<Language>,
    /// From when and until when they hold, for whom, and who answers for them.
    pub terms: Terms,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Markdown,
    Plain,
    Corpus,
    Foreign(Format),
    /// A document for people that nobody here can read; it is reported, not passed over.
    Unread,
}

#[derive(Debug, Clone)]
enum Content {
    Disk(PathBuf),
    Memory(Cow<'static, [u8]>),
    /// It should be there and is not.
    Missing(String),
}

impl Kind {
    fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "md" | "markdown" => Some(Self::Markdown),
            "txt" => Some(Self::Plain),
            "jsonl" => Some(Self::Corpus),
            "doc" | "odt" | "rtf" | "ppt" | "pptx" | "odp" | "pages" | "epub" => Some(Self::Unread),
            other => Format::of_ending(other).map(Self::Foreign),
        }
    }

    fn largest(self) -> u64 {
        match self {
            Self::Markdown | Self::Plain => LARGEST_DOCUMENT,
            Self::Corpus => LARGEST_CORPUS,
            Self::Foreign(_) | Self::Unread => LARGEST_FOREIGN,
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
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
            let file = SourceFile::at(name, path.clone());
            files.push(file.ok_or_else(|| SourceError::Unsupported(path.clone()))?);
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
            Some(SourceFile::new(name, kind, Content::Memory(bytes)))
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
        } else if metadata.is_file() {
            files.extend(SourceFile::at(name, path));
        }
    }
    Ok(())
}

impl SourceFile {
    fn new(name: String, kind: Kind, content: Content) -> Self {
        Self { name, kind, content, defaults: Defaults::default(), outside: None }
    }

    /// The file at `path`, called `name`; none if its ending is nobody's format.
    pub fn at(name: String, path: PathBuf) -> Option<Self> {
        let kind = Kind::of(&path)?;
        Some(Self::new(name, kind, Content::Disk(path)))
    }

    /// A page of a web site that was fetched to `path`; its name is its address.
    pub fn page(url: String, path: PathBuf) -> Self {
        let kind = Kind::of(&path).unwrap_or(Kind::Foreign(Format::Html));
        Self::new(url, kind, Content::Disk(path))
    }

    /// A place that cannot be read now; what was indexed of it stays. The name of a folder ends with `/`.
    pub fn missing(name: String, reason: String) -> Self {
        Self::new(name, Kind::Unread, Content::Missing(reason))
    }

    /// The file, with what its source says of it.
    #[must_use]
    pub fn with(mut self, defaults: &Defaults) -> Self {
        self.defaults = defaults.clone();
        self
    }

    /// The file, below another name.
    #[must_use]
    pub fn below(mut self, prefix: &str) -> Self {
        self.name = format!("{prefix}/{}", self.name);
        self
    }

    /// The file, with risky formats read by `outside`. Without one they are not read.
    #[must_use]
    pub fn read_by(mut self, outside: &Arc<Outside>) -> Self {
        self.outside = Some(Arc::clone(outside));
        self
    }

    /// Its path below the root.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What its source says of it.
    pub fn defaults(&self) -> &Defaults {
        &self.defaults
    }

    /// Where it lies, if it lies on the disk.
    pub fn path(&self) -> Option<&Path> {
        match &self.content {
            Content::Disk(path) => Some(path),
            Content::Memory(_) | Content::Missing(_) => None,
        }
    }

    /// Reads its documents; those that name no language are in `language`.
    pub fn documents(&self, language: Language) -> Box<dyn Iterator<Item = Result<Document, Failure>> + '_> {
        let language = self.defaults.language.unwrap_or(language);
        let reader = match self.open() {
            Ok(reader) => reader,
            Err(failure) => return Box::new(std::iter::once(Err(failure))),
        };
        let documents: Box<dyn Iterator<Item = Result<Document, Failure>>> = match self.kind {
            Kind::Corpus => Box::new(jsonl::Documents::new(reader, &self.name, language, LARGEST_DOCUMENT)),
            Kind::Markdown => Box::new(std::iter::once(self.markdown(reader, language))),
            Kind::Plain => Box::new(std::iter::once(self.plain(reader, language))),
            Kind::Foreign(format) => Box::new(self.foreign(format, reader, language).into_iter()),
            Kind::Unread => Box::new(std::iter::once(Err(
                self.failure("nobody here reads this format; save it as PDF or .docx")
            ))),
        };
        Box::new(documents.map(|read| {
            read.and_then(|mut document| {
                document.terms = std::mem::take(&mut document.terms).or(&self.defaults.terms);
                match document.terms.fault() {
                    None => Ok(document),
                    Some(fault) => Err(Failure { line: document.line, ..self.failure(fault) }),
                }
            })
        }))
    }

    fn failure(&self, reason: impl Into<String>) -> Failure {
        Failure { origin: self.name.clone(), line: None, reason: reason.into() }
    }

    fn open(&self) -> Result<Box<dyn BufRead + '_>, Failure> {
        let (size, reader): (u64, Box<dyn BufRead>) = match &self.content {
            Content::Missing(reason) => return Err(self.failure(reason.clone())),
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

    fn bytes(&self, reader: Box<dyn BufRead + '_>) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        // It may have grown since its size was asked for.
        reader
            .take(self.kind.largest())
            .read_to_end(&mut bytes)
            .map_err(|error| self.failure(error.to_string()))?;
        Ok(bytes)
    }

    fn text(&self, reader: Box<dyn BufRead + '_>) -> Result<String, Failure> {
        text::decode(&self.bytes(reader)?).map_err(|reason| self.failure(reason))
    }

    fn document(&self, language: Language, body: Body) -> Document {
        Document {
            source: self.name.clone(),
            origin: self.name.clone(),
            line: None,
            title: None,
            language,
            tags: Vec::new(),
            terms: Terms::default(),
            body,
        }
    }

    fn plain(&self, reader: Box<dyn BufRead + '_>, language: Language) -> Result<Document, Failure> {
        let text = self.text(reader)?;
        Ok(self.document(language, Body::Plain(text.replace("\r\n", "\n"))))
    }

    fn markdown(&self, reader: Box<dyn BufRead + '_>, language: Language) -> Result<Document, Failure> {
        let text = self.text(reader)?;
        let (head, body) = front_matter::split(&text)
            .map_err(|malformed| Failure { line: Some(malformed.line), ..self.failure(malformed.reason) })?;
        let lines_above = text[..text.len() - body.len()].lines().count();
        Ok(Document {
            line: Some(1 + lines_above),
            title: head.title,
            tags: head.tags,
            terms: head.terms,
            ..self.document(head.language.unwrap_or(language), Body::Markdown(body.to_owned()))
        })
    }

    fn foreign(
        &self,
        format: Format,
        reader: Box<dyn BufRead + '_>,
        language: Language,
    ) -> Vec<Result<Document, Failure>> {
        let extract = self.bytes(reader).and_then(|bytes| {
            let read = match (&self.outside, format.is_risky()) {
                (_, false) => format.read(&bytes),
                (Some(outside), true) => outside.read(format, &bytes),
                (None, true) => Err("this format is not read here".to_owned()),
            };
            read.map_err(|reason| self.failure(reason))
        });
        match extract {
            Err(failure) => vec![Err(failure)],
            Ok(Extract::Tables(tables)) => {
                let title = title_of_name(&self.name);
                table::documents(&tables, &table::Context { origin: &self.name, language, title: &title })
            }
            Ok(Extract::Blocks { title, language: tag, blocks }) => {
                // What the operator says of the source goes before what the page says of itself.
                let own = tag.and_then(|tag| tag.parse().ok()).filter(|_| self.defaults.language.is_none());
                let title = title.or_else(|| Some(title_of_name(&self.name)));
                let body = Body::Outline(blocks);
                vec![Ok(Document { title, ..self.document(own.unwrap_or(language), body) })]
            }
        }
    }
}

//! `sources.toml` of the knowledge folder: which other folders, files and web sites documents come from, and what holds
//! for the documents of each. Reads and checks the file, every mistake with its line; opens no source.

use crate::domain::language::Language;
use crate::domain::problem::{Problem, line_of};
use crate::knowledge::day::day;
use crate::knowledge::document::Terms;
use crate::knowledge::source::Defaults;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::{Spanned, Value};

/// The name of the file.
pub const FILE: &str = "sources.toml";

/// Where documents come from, beside the folder that the file lies in.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Sources {
    /// Folders and files.
    pub places: Vec<PlaceSource>,
    /// Web sites.
    pub sites: Vec<SiteSource>,
}

/// A folder or a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlaceSource {
    /// What its documents' names begin with; nothing for a file, and for the knowledge folder itself.
    pub name: Option<String>,
    /// Where it is.
    pub path: PathBuf,
    /// What holds for its documents.
    pub defaults: Defaults,
    /// The line it stands on.
    pub line: usize,
}

/// A web site.
#[derive(Clone, PartialEq, Debug)]
pub struct SiteSource {
    /// What it is called.
    pub name: String,
    /// Where reading begins; only pages on this host are read.
    pub url: reqwest::Url,
    /// What holds for its pages.
    pub defaults: Defaults,
    /// How long its pages count as fresh.
    pub every: Duration,
    /// The most pages.
    pub most_pages: usize,
    /// How many links away from the first page, at most.
    pub deepest: usize,
    /// The least time between two requests; the site itself may ask for more.
    pub delay: Duration,
    /// Paths begin with one of these; all do, if there are none.
    pub include: Vec<String>,
    /// No path begins with one of these.
    pub exclude: Vec<String>,
    /// The line it stands on.
    pub line: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    folder: Vec<PlaceEntry>,
    #[serde(default)]
    file: Vec<PlaceEntry>,
    #[serde(default)]
    site: Vec<SiteEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaceEntry {
    path: Spanned<String>,
    name: Option<Spanned<String>>,
    language: Option<Spanned<String>>,
    audience: Option<String>,
    owner: Option<String>,
    valid_from: Option<Spanned<Value>>,
    valid_until: Option<Spanned<Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SiteEntry {
    url: Spanned<String>,
    name: Option<Spanned<String>>,
    language: Option<Spanned<String>>,
    audience: Option<String>,
    owner: Option<String>,
    valid_from: Option<Spanned<Value>>,
    valid_until: Option<Spanned<Value>>,
    every_hours: Option<Spanned<u64>>,
    most_pages: Option<Spanned<usize>>,
    deepest: Option<Spanned<usize>>,
    delay_ms: Option<Spanned<u64>>,
    #[serde(default)]
    include: Vec<String>,
    #[serde(default)]
    exclude: Vec<String>,
}

const EVERY_HOURS: u64 = 24;
const MOST_PAGES: usize = 200;
const DEEPEST: usize = 4;
const DELAY_MS: u64 = 1_000;

/// The most that may be asked for.
const LIMIT_PAGES: usize = 5_000;
const LIMIT_DEPTH: usize = 20;
const LIMIT_DELAY_MS: u64 = 60_000;

/// Reads the file in `folder`; there are no other sources if there is none. In problems it is called `shown`.
///
/// # Errors
/// Every mistake in it.
pub fn load(folder: &Path, shown: &str) -> Result<Sources, Vec<Problem>> {
    match fs::read_to_string(folder.join(FILE)) {
        Ok(text) => read(&text, folder, shown),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Sources::default()),
        Err(error) => Err(vec![Problem::in_file(shown, error.to_string())]),
    }
}

/// [`load`], from the file's text.
///
/// # Errors
/// Every mistake in it.
pub fn read(text: &str, folder: &Path, shown: &str) -> Result<Sources, Vec<Problem>> {
    let file: File = toml::from_str(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        vec![Problem::at_offset(shown, text, offset, error.message().to_owned())]
    })?;
    let mut reader = Reader { text, folder, shown, problems: Vec::new(), names: HashSet::new() };
    let mut sources = Sources::default();
    for entry in file.folder {
        let place = reader.folder(entry);
        sources.places.extend(place);
    }
    for entry in file.file {
        let place = reader.file(entry);
        sources.places.extend(place);
    }
    for entry in file.site {
        let site = reader.site(entry);
        sources.sites.extend(site);
    }
    reader.problems.sort();
    if reader.problems.is_empty() { Ok(sources) } else { Err(reader.problems) }
}

struct Reader<'a> {
    text: &'a str,
    folder: &'a Path,
    shown: &'a str,
    problems: Vec<Problem>,
    names: HashSet<String>,
}

impl Reader<'_> {
    fn line<T>(&self, at: &Spanned<T>) -> usize {
        line_of(self.text, at.span().start)
    }

    fn problem<T>(&mut self, at: &Spanned<T>, message: impl Into<String>) {
        self.problems.push(Problem::at_offset(self.shown, self.text, at.span().start, message));
    }

    fn folder(&mut self, entry: PlaceEntry) -> Option<PlaceSource> {
        let path = self.place(&entry.path, Path::is_dir, "there is no such folder")?;
        let own = path.canonicalize().ok() == self.folder.canonicalize().ok();
        let name = match &entry.name {
            Some(name) => self.name(name),
            None if own => None,
            None => {
                let last = path.file_name().map(|name| name.to_string_lossy().into_owned());
                let name = last.filter(|name| name != "..");
                if name.is_none() {
                    self.problem(&entry.path, "give the folder a `name`; its documents' names begin with it");
                }
                name.filter(|name| self.is_free(&entry.path, name))
            }
        };
        let line = self.line(&entry.path);
        Some(PlaceSource { name, path, defaults: self.defaults(&entry), line })
    }

    fn file(&mut self, entry: PlaceEntry) -> Option<PlaceSource> {
        if let Some(name) = &entry.name {
            self.problem(name, "a file is called by its own name; leave `name` out");
        }
        let path = self.place(&entry.path, Path::is_file, "there is no such file")?;
        let line = self.line(&entry.path);
        Some(PlaceSource { name: None, path, defaults: self.defaults(&entry), line })
    }

    fn site(&mut self, entry: SiteEntry) -> Option<SiteSource> {
        let url = match entry.url.as_ref().parse::<reqwest::Url>() {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Some(url),
            Ok(_) | Err(_) => {
                self.problem(
                    &entry.url,
                    "`url` is no address of a web page; write it like https://shop.example/",
                );
                None
            }
        };
        let host = url.as_ref().and_then(reqwest::Url::host_str).unwrap_or_default().to_owned();
        let name = match &entry.name {
            Some(name) => self.name(name),
            None => Some(host).filter(|host| url.is_some() && self.is_free(&entry.url, host)),
        };
        let line = self.line(&entry.url);
        let terms = PlaceEntry {
            path: entry.url,
            name: None,
            language: entry.language,
            audience: entry.audience,
            owner: entry.owner,
            valid_from: entry.valid_from,
            valid_until: entry.valid_until,
        };
        let defaults = self.defaults(&terms);
        let hours = self.number(entry.every_hours, EVERY_HOURS, 1..=24 * 365);
        let delay = self.number(entry.delay_ms, DELAY_MS, 0..=LIMIT_DELAY_MS);
        let most_pages = self.number(entry.most_pages, MOST_PAGES, 1..=LIMIT_PAGES);
        let deepest = self.number(entry.deepest, DEEPEST, 0..=LIMIT_DEPTH);
        Some(SiteSource {
            name: name?,
            url: url?,
            defaults,
            every: Duration::from_secs(hours * 3600),
            most_pages,
            deepest,
            delay: Duration::from_millis(delay),
            include: entry.include,
            exclude: entry.exclude,
            line,
        })
    }

    fn place(
        &mut self,
        path: &Spanned<String>,
        is_there: fn(&Path) -> bool,
        missing: &str,
    ) -> Option<PathBuf> {
        if path.as_ref().trim().is_empty() {
            self.problem(path, "`path` is empty");
            return None;
        }
        let found = self.folder.join(path.as_ref());
        // What is away for now is reported when it is read, and what was indexed of it stays.
        if found.exists() && !is_there(&found) {
            self.problem(path, missing);
        }
        Some(found)
    }

    fn name(&mut self, name: &Spanned<String>) -> Option<String> {
        let text = name.as_ref();
        let sound = !text.is_empty()
            && text.len() <= 60
            && text.chars().all(|it| it.is_alphanumeric() || matches!(it, '-' | '_' | '.'));
        if !sound {
            self.problem(name, "a `name` has 1 to 60 letters, digits, `-`, `_` and `.`");
            return None;
        }
        Some(text.clone()).filter(|text| self.is_free(name, text))
    }

    fn is_free(&mut self, at: &Spanned<String>, name: &str) -> bool {
        let free = self.names.insert(name.to_owned());
        if !free {
            self.problem(
                at,
                format!("a source above is called `{name}`, too; give one of them another `name`"),
            );
        }
        free
    }

    fn defaults(&mut self, entry: &PlaceEntry) -> Defaults {
        let language = entry.language.as_ref().and_then(|tag| match tag.as_ref().parse::<Language>() {
            Ok(language) => Some(language),
            Err(error) => {
                self.problem(tag, error.to_string());
                None
            }
        });
        let terms = Terms {
            valid_from: entry.valid_from.as_ref().and_then(|value| self.date(value)),
            valid_until: entry.valid_until.as_ref().and_then(|value| self.date(value)),
            audience: entry.audience.clone(),
            owner: entry.owner.clone(),
        };
        if let Some(fault) = terms.fault() {
            self.problem(&entry.path, fault);
        }
        Defaults { language, terms }
    }

    fn date(&mut self, value: &Spanned<Value>) -> Option<Date> {
        let read = match value.as_ref() {
            Value::String(text) => day(text),
            Value::Datetime(moment) => day(&moment.to_string()),
            other => day(&other.to_string()),
        };
        read.map_err(|reason| self.problem(value, reason)).ok()
    }

    fn number<T: Copy + PartialOrd + std::fmt::Display>(
        &mut self,
        written: Option<Spanned<T>>,
        usual: T,
        allowed: std::ops::RangeInclusive<T>,
    ) -> T {
        let Some(written) = written else { return usual };
        if !allowed.contains(written.as_ref()) {
            let message = format!("it lies between {} and {}", allowed.start(), allowed.end());
            self.problem(&written, message);
        }
        *written.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_usual_file_is_read() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("politicas")).unwrap();
        let text = "[[folder]]\npath = \".\"\nowner = \"Ana\"\n\n[[folder]]\npath = \"politicas\"\naudience = \"revenda\"\n\n\
                    [[file]]\npath = \"precos.xlsx\"\nvalid_from = 2026-11-01\nvalid_until = \"30/11/2026\"\n\n\
                    [[site]]\nurl = \"https://loja.example/ajuda/\"\nlanguage = \"pt\"\nmost_pages = 20\nexclude = [\"/blog/\"]\n";
        let sources = read(text, folder.path(), "sources.toml").unwrap();
        let names: Vec<_> = sources.places.iter().map(|place| place.name.as_deref()).collect();
        assert_eq!(names, [None, Some("politicas"), None]);
        assert_eq!(sources.places[0].defaults.terms.owner.as_deref(), Some("Ana"));
        let prices = &sources.places[2];
        assert_eq!(prices.defaults.terms.valid_until, Some("2026-11-30".parse().unwrap()));
        assert_eq!(prices.line, 10);
        let site = &sources.sites[0];
        assert_eq!((site.name.as_str(), site.most_pages, site.deepest), ("loja.example", 20, DEEPEST));
        assert_eq!(site.defaults.language, Some(Language::Portuguese));
    }

    #[test]
    fn every_mistake_is_named_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.md"), "x").unwrap();
        let text = "[[folder]]\npath = \"a.md\"\nlanguage = \"klingon\"\n[[file]]\npath = \"\"\n\
                    [[site]]\nurl = \"ftp://x/\"\nmost_pages = 0\nvalid_until = \"logo\"\n\
                    [[site]]\nurl = \"https://x.example/\"\nname = \"a b\"\n\
                    [[folder]]\npath = \"b\"\n[[folder]]\npath = \"c/b\"\nvalid_from = 2026-12-01\nvalid_until = 2026-11-01\n";
        let problems = read(text, folder.path(), "sources.toml").unwrap_err();
        let lines: Vec<_> = problems.iter().map(|problem| problem.line.unwrap()).collect();
        assert_eq!(lines, [2, 3, 5, 7, 8, 9, 12, 16, 16]);
    }

    #[test]
    fn what_the_format_does_not_know_is_named_with_its_line() {
        for (text, line, words) in [
            ("[[folder]]\npath = \"a\"\ncolour = 1\n", 3, "unknown field `colour`"),
            ("[[site]]\nurl = 7\n", 2, "expected a string"),
            ("[[folder]]\nname = \"x\"\n", 1, "missing field `path`"),
            ("[folder\n", 1, ""),
        ] {
            let problems = read(text, Path::new("."), "sources.toml").unwrap_err();
            assert_eq!(problems[0].line, Some(line), "{text}");
            assert!(problems[0].message.contains(words), "{}", problems[0].message);
        }
        assert_eq!(load(Path::new("/nowhere"), "sources.toml").unwrap(), Sources::default());
    }
}

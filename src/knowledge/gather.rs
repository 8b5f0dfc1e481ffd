//! All files that the index is to hold: the knowledge folder, what `sources.toml` adds to it, the pages that were fetched
//! of web sites, what operators uploaded, or the documents that come with the program. Reads no document.

use crate::domain::problem::Problem;
use crate::knowledge::ingest::IngestError;
use crate::knowledge::readers::outside::Outside;
use crate::knowledge::site::cache::SiteCache;
use crate::knowledge::source::{self, Defaults, SourceFile};
use crate::knowledge::sources::{self, Sources};
use crate::knowledge::uploads::Uploads;
use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Documents that are in memory, by their names.
pub type Embedded = Vec<(String, Cow<'static, [u8]>)>;

/// Where everything lies.
#[derive(Debug, Clone)]
pub struct Places {
    /// The knowledge folder.
    pub folder: PathBuf,
    /// The knowledge folder as the operator calls it.
    pub shown: String,
    /// Uploaded documents.
    pub uploads: Uploads,
    /// Where the pages of web sites are kept, a folder for each site.
    pub sites: PathBuf,
    /// What reads risky formats.
    pub outside: Arc<Outside>,
}

impl Places {
    /// What `sources.toml` says.
    ///
    /// # Errors
    /// Every mistake in it.
    pub fn sources(&self) -> Result<Sources, Vec<Problem>> {
        sources::load(&self.folder, &Path::new(&self.shown).join(sources::FILE).display().to_string())
    }

    /// Where the pages of the site called `name` are kept.
    pub fn site(&self, name: &str) -> SiteCache {
        SiteCache::at(self.sites.join(name))
    }

    /// Everything that the settings name; `embedded` takes the place of a knowledge folder that does not exist.
    ///
    /// # Errors
    /// [`IngestError::Sources`], or [`IngestError::Source`] if the knowledge folder cannot be read.
    pub fn configured(&self, embedded: impl FnOnce() -> Embedded) -> Result<Vec<SourceFile>, IngestError> {
        let mut files = if self.folder.exists() {
            source::on_disk(std::slice::from_ref(&self.folder))?
        } else {
            source::in_memory(embedded())
        };
        let sources = self.sources().map_err(IngestError::Sources)?;
        self.add_places(&sources, &mut files);
        for site in &sources.sites {
            let cache = self.site(&site.name);
            files.extend(cache.files(&site.url).into_iter().map(|file| file.with(&site.defaults)));
        }
        files.extend(self.uploads.files());
        Ok(files.into_iter().map(|file| file.read_by(&self.outside)).collect())
    }

    /// These files and folders and nothing else.
    ///
    /// # Errors
    /// [`IngestError::Source`] if one of them cannot be used.
    pub fn named(&self, paths: &[PathBuf]) -> Result<Vec<SourceFile>, IngestError> {
        Ok(source::on_disk(paths)?.into_iter().map(|file| file.read_by(&self.outside)).collect())
    }

    fn add_places(&self, sources: &Sources, files: &mut Vec<SourceFile>) {
        for place in &sources.places {
            let found = match source::on_disk(std::slice::from_ref(&place.path)) {
                Ok(found) => found,
                Err(error) => {
                    let name = match &place.name {
                        Some(name) => format!("{name}/"),
                        None => place.path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
                    };
                    files.push(SourceFile::missing(name, error.to_string()));
                    continue;
                }
            };
            // A place may say more of documents that are there already.
            let mut there: HashMap<PathBuf, usize> = HashMap::new();
            for (at, file) in files.iter().enumerate() {
                there.extend(file.path().and_then(|path| path.canonicalize().ok()).map(|path| (path, at)));
            }
            for file in found {
                let known =
                    file.path().and_then(|path| path.canonicalize().ok()).and_then(|path| there.get(&path));
                match (known, &place.name) {
                    (Some(at), _) => files[*at].say(&place.defaults),
                    (None, Some(name)) => files.push(file.below(name).with(&place.defaults)),
                    (None, None) => files.push(file.with(&place.defaults)),
                }
            }
        }
    }
}

impl SourceFile {
    /// Adds what a more special source says of the file.
    fn say(&mut self, defaults: &Defaults) {
        let before = self.defaults();
        let language = defaults.language.or(before.language);
        let terms = defaults.terms.clone().or(&before.terms);
        *self = self.clone().with(&Defaults { language, terms });
    }
}

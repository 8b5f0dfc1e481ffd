//! Gets one file over HTTP and goes on where an attempt before was cut off, if the server still has the same file. What is
//! not whole, or not what the server announced, is never given out. Follows redirects within the allowance; knows nothing
//! of what the file is.

use crate::app::terminal::say;
use crate::limits::net::{Allowance, guard_url};
use anyhow::{Context, bail, ensure};
use http::header::{CONTENT_LENGTH, CONTENT_RANGE, ETAG, IF_RANGE, LOCATION, RANGE};
use http::{HeaderMap, HeaderName, StatusCode};
use reqwest::{Client, Response, Url};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

/// The hub sends its visitors on to where the bytes are.
const MOST_REDIRECTS: usize = 5;

/// Bytes between two lines of progress.
const PROGRESS: u64 = 32 * 1024 * 1024;

/// Where the model hub says which SHA-256 a large file has, before it sends its visitors on.
static HASH: HeaderName = HeaderName::from_static("x-linked-etag");

/// What is fetched, and how.
pub struct Download<'a> {
    /// Makes the requests.
    pub client: &'a Client,
    /// Which private addresses may be called.
    pub allowance: &'a Allowance,
    /// Where it is.
    pub url: Url,
    /// Its name, for messages and on the disk.
    pub name: &'static str,
    /// The most bytes it may have.
    pub most: u64,
    /// Where it is kept until it is whole, and from where it is taken then.
    pub folder: &'a Path,
}

/// What is known of a file of which a part is there.
#[derive(PartialEq, Serialize, Deserialize)]
struct Mark {
    url: String,
    /// The server's name of this version of the file.
    tag: String,
}

/// A server's answer, and what was announced on the way to it.
struct Answered {
    response: Response,
    hash: Option<String>,
}

impl Download<'_> {
    /// Gets the file; where it lies then. What was got before an error stays for the next attempt, unless it is of no use.
    ///
    /// # Errors
    /// It cannot be had, or is not what it should be.
    pub async fn run(&self) -> anyhow::Result<PathBuf> {
        fs::create_dir_all(self.folder)?;
        let (path, marked) = (self.folder.join(self.name), self.folder.join(format!("{}.mark", self.name)));
        let mark = fs::read(&marked).ok().and_then(|bytes| serde_json::from_slice::<Mark>(&bytes).ok());
        let mark = mark.filter(|mark| mark.url == self.url.as_str());
        let there = mark.as_ref().and_then(|_| Some(fs::metadata(&path).ok()?.len())).unwrap_or(0);
        let Answered { mut response, hash } = self.answer(mark.as_ref(), there).await?;
        let status = response.status();
        // What is asked for begins where the file ends: nothing of it is missing.
        let complete = status == StatusCode::RANGE_NOT_SATISFIABLE
            && total(response.headers()) == Some(there)
            && there > 0;
        let goes_on = status == StatusCode::PARTIAL_CONTENT && starts_at(response.headers()) == Some(there);
        if !complete && !goes_on && status != StatusCode::OK {
            if status == StatusCode::PARTIAL_CONTENT || status == StatusCode::RANGE_NOT_SATISFIABLE {
                // What is there is no beginning of what the server has.
                self.forget(&path, &marked);
            }
            bail!("it answered {status}");
        }
        let announced = match status {
            StatusCode::OK => number(response.headers(), &CONTENT_LENGTH),
            _ => total(response.headers()),
        };
        let mut sink = if complete || goes_on {
            tracing::info!(file = self.name, bytes = there, "goes on where it was cut off");
            Sink::behind(&path, self)?
        } else {
            Sink::fresh(&path, self)?
        };
        match text(response.headers(), &ETAG).filter(|tag| !tag.starts_with("W/")) {
            Some(tag) => fs::write(&marked, serde_json::to_vec(&Mark { url: self.url.to_string(), tag })?)?,
            // A part of a file that has no name cannot be told from a part of another.
            None if !complete => drop(fs::remove_file(&marked)),
            None => {}
        }
        if !complete {
            while let Some(chunk) = response.chunk().await.context("it was cut off; try again to go on")? {
                sink.write(&chunk).inspect_err(|_| self.forget(&path, &marked))?;
            }
        }
        let (length, digest) = sink.finish()?;
        ensure!(
            announced.is_none_or(|announced| announced == length),
            "{} was cut off on its way; try again to go on",
            self.name
        );
        if hash.is_some_and(|hash| hash != digest) {
            self.forget(&path, &marked);
            bail!("{} does not have the SHA-256 that was announced; it was thrown away", self.name);
        }
        say(&format!("{}  {length} bytes  sha256 {digest}", self.name));
        Ok(path)
    }

    fn forget(&self, path: &Path, marked: &Path) {
        for file in [path, marked] {
            if let Err(error) = fs::remove_file(file)
                && error.kind() != io::ErrorKind::NotFound
            {
                tracing::warn!(%error, file = %file.display(), "what is of no use cannot be removed");
            }
        }
    }

    /// The answer at the end of all redirects.
    async fn answer(&self, mark: Option<&Mark>, there: u64) -> anyhow::Result<Answered> {
        let (mut url, mut hash) = (self.url.clone(), None);
        for _ in 0..=MOST_REDIRECTS {
            guard_url(&url, self.allowance)?;
            let mut request = self.client.get(url.clone());
            if let Some(mark) = mark.filter(|_| there > 0) {
                request = request.header(RANGE, format!("bytes={there}-")).header(IF_RANGE, &mark.tag);
            }
            let response = request.send().await.map_err(reqwest::Error::without_url)?;
            let named =
                text(response.headers(), &HASH).map(|hash| hash.trim_matches('"').to_ascii_lowercase());
            hash = hash.or(named.filter(|hash| hash.len() == 64));
            if !response.status().is_redirection() {
                return Ok(Answered { response, hash });
            }
            let location = text(response.headers(), &LOCATION);
            url = url.join(&location.context("it sends its visitors nowhere")?)?;
        }
        bail!("it sends its visitors round in circles")
    }
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Option<u64> {
    text(headers, name)?.trim().parse().ok()
}

/// Of `bytes 5-9/10` or `bytes */10`: 10.
fn total(headers: &HeaderMap) -> Option<u64> {
    text(headers, &CONTENT_RANGE)?.rsplit_once('/')?.1.trim().parse().ok()
}

/// Of `bytes 5-9/10`: 5.
fn starts_at(headers: &HeaderMap) -> Option<u64> {
    text(headers, &CONTENT_RANGE)?.trim().strip_prefix("bytes ")?.split_once('-')?.0.trim().parse().ok()
}

/// A file that is written, hashed and kept to its size.
pub struct Sink {
    file: File,
    name: &'static str,
    most: u64,
    length: u64,
    hasher: Sha256,
}

impl Sink {
    /// An empty file of at most `most` bytes.
    ///
    /// # Errors
    /// The disk's.
    pub fn new(path: &Path, name: &'static str, most: u64) -> anyhow::Result<Self> {
        let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self { file, name, most, length: 0, hasher: Sha256::new() })
    }

    fn fresh(path: &Path, download: &Download<'_>) -> anyhow::Result<Self> {
        Self::new(path, download.name, download.most)
    }

    /// Goes on behind what is there.
    fn behind(path: &Path, download: &Download<'_>) -> anyhow::Result<Self> {
        let (mut hasher, mut length) = (Sha256::new(), 0);
        let mut there = BufReader::with_capacity(1024 * 1024, File::open(path)?);
        loop {
            let bytes = there.fill_buf()?;
            let count = bytes.len();
            if count == 0 {
                break;
            }
            hasher.update(bytes);
            length += count as u64;
            there.consume(count);
        }
        let file = OpenOptions::new().append(true).open(path)?;
        Ok(Self { file, name: download.name, most: download.most, length, hasher })
    }

    /// Writes more of it.
    ///
    /// # Errors
    /// It becomes too large, or the disk refuses.
    pub fn write(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        let before = self.length;
        self.length += bytes.len() as u64;
        ensure!(self.length <= self.most, "{} has more than {} bytes", self.name, self.most);
        self.file.write_all(bytes).with_context(|| format!("cannot write {}", self.name))?;
        self.hasher.update(bytes);
        if before / PROGRESS != self.length / PROGRESS {
            tracing::info!(file = self.name, megabytes = self.length >> 20, "so far");
        }
        Ok(())
    }

    /// Brings it to the disk; its length and its SHA-256.
    ///
    /// # Errors
    /// The disk's.
    pub fn finish(self) -> anyhow::Result<(u64, String)> {
        self.file.sync_all()?;
        let digest = self.hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok((self.length, digest))
    }
}

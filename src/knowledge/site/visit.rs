//! One visit of a web site: its rules, its maps, then page by page. What is not there any more is forgotten only by a visit that
//! came to its end; where the site is away, what was known of it stays.

use super::cache::{Content, Known, KnownPage, SiteCache};
use super::robots::{self, Robots};
use super::sitemap::{self, Sitemap};
use super::wire::{Answer, Fault, Validators, Wire};
use crate::knowledge::readers::{html, page_text};
use crate::knowledge::source::{LARGEST_DOCUMENT, LARGEST_FOREIGN};
use crate::knowledge::sources::SiteSource;
use crate::limits::net::Allowance;
use crate::limits::pause::Pause;
use jiff::Timestamp;
use reqwest::Url;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

/// How long a visit may take; what was not visited by then is visited the next time.
const LONGEST_VISIT: Duration = Duration::from_secs(2 * 3600);

/// After so many pages in a row that are not answered, the site counts as away.
const MOST_FAULTS_IN_A_ROW: usize = 5;

/// The most site maps.
const MOST_MAPS: usize = 50;

/// Endings of addresses that are no pages.
const NO_PAGES: [&str; 29] = [
    "jpg", "jpeg", "png", "gif", "webp", "avif", "svg", "ico", "css", "js", "json", "xml", "rss", "zip",
    "gz", "mp4", "mp3", "webm", "woff", "woff2", "ttf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "exe",
    "txt",
];

const PDF_BEGINS: &[u8] = b"%PDF-";

/// What a visit may use.
pub struct Means<'a> {
    /// Which private hosts may be called.
    pub allowance: &'a Allowance,
    /// How waiting is done.
    pub pause: &'a dyn Pause,
    /// The present time.
    pub now: Timestamp,
}

/// What a visit did.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Visited {
    /// Pages that are new or changed.
    pub fetched: usize,
    /// Pages that are as they were.
    pub unchanged: usize,
    /// Pages that are no longer there.
    pub removed: usize,
}

/// Visits the site and writes its new pages into the cache; what is known now is for the caller to
/// [`save`](SiteCache::save).
pub async fn visit(site: &SiteSource, cache: &SiteCache, means: &Means<'_>) -> (Known, Visited) {
    let before = cache.known();
    let mut wire = match Wire::new(&site.url, site.delay, means.allowance, means.pause) {
        Ok(wire) => wire,
        Err(fault) => return away(before, means.now, fault.to_string()),
    };
    let robots = match rules(&mut wire, site).await {
        Ok(robots) => robots,
        Err(reason) => return away(before, means.now, reason),
    };
    wire.delay = wire.delay.max(robots.delay.unwrap_or_default());
    let mut tour =
        Tour { site, cache, robots: &robots, before: &before, queue: VecDeque::new(), met: HashSet::new() };
    tour.meet(site.url.clone(), 0);
    for page in listed(&mut wire, site, &robots).await {
        tour.meet(page, 1);
    }
    tour.go(&mut wire, means.now).await
}

fn away(before: Known, now: Timestamp, reason: String) -> (Known, Visited) {
    (Known { visited: Some(now), error: Some(reason), ..before }, Visited::default())
}

/// What the site allows; a site that cannot say it is away.
async fn rules(wire: &mut Wire<'_>, site: &SiteSource) -> Result<Robots, String> {
    let url = site.url.join("/robots.txt").map_err(|error| error.to_string())?;
    match wire.get(&url, &Validators::default(), robots::LARGEST as u64 * 2, &|_| true).await {
        Ok(Answer::Body { bytes, .. }) => Ok(Robots::read(&String::from_utf8_lossy(&bytes))),
        Ok(Answer::Gone(_) | Answer::Unchanged) => Ok(Robots::default()),
        // A file that is not to be used is none; a server that is away may have rules.
        Err(Fault::Refused(_)) => Ok(Robots::default()),
        Err(fault @ (Fault::Away(_) | Fault::Forbidden(_))) => Err(format!("robots.txt: {fault}")),
    }
}

/// The pages that the site's maps list.
async fn listed(wire: &mut Wire<'_>, site: &SiteSource, robots: &Robots) -> Vec<Url> {
    let named: Vec<Url> = robots.sitemaps.iter().filter_map(|map| site.url.join(map).ok()).collect();
    let usual = site.url.join("/sitemap.xml").ok();
    let mut queue: VecDeque<Url> = if named.is_empty() { usual.into_iter().collect() } else { named.into() };
    let (mut met, mut pages) = (HashSet::new(), Vec::new());
    while let Some(url) = queue.pop_front() {
        if met.len() >= MOST_MAPS || !wire.is_home(&url) || !met.insert(url.to_string()) {
            continue;
        }
        let Ok(Answer::Body { bytes, .. }) =
            wire.get(&url, &Validators::default(), sitemap::LARGEST, &|_| true).await
        else {
            continue;
        };
        match sitemap::read(&bytes) {
            Ok(Sitemap { pages: found, maps }) => {
                pages.extend(found.iter().filter_map(|page| site.url.join(page).ok()));
                queue.extend(maps.iter().filter_map(|map| site.url.join(map).ok()));
            }
            Err(reason) => tracing::warn!(site = site.name, reason, "a site map cannot be read"),
        }
    }
    pages
}

struct Tour<'a> {
    site: &'a SiteSource,
    cache: &'a SiteCache,
    robots: &'a Robots,
    before: &'a Known,
    queue: VecDeque<(Url, usize)>,
    met: HashSet<String>,
}

impl Tour<'_> {
    /// Puts a page on the list, unless it is there already or not to be visited.
    fn meet(&mut self, mut url: Url, depth: usize) {
        tidy(&mut url);
        if depth <= self.site.deepest && self.admits(&url) && self.met.insert(url.to_string()) {
            self.queue.push_back((url, depth));
        }
    }

    fn admits(&self, url: &Url) -> bool {
        let path = url.path();
        let begins = |prefixes: &[String]| prefixes.iter().any(|prefix| path.starts_with(prefix.as_str()));
        let ending = path
            .rsplit('/')
            .next()
            .and_then(|file| file.rsplit_once('.'))
            .map(|(_, ending)| ending.to_ascii_lowercase());
        let whole = match url.query() {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        };
        url.host_str() == self.site.url.host_str()
            && matches!(url.scheme(), "http" | "https")
            && ending.is_none_or(|ending| !NO_PAGES.contains(&ending.as_str()))
            && self.robots.allow(&whole)
            // Where reading begins is wanted in any case.
            && (*url == self.site.url || (self.site.include.is_empty() || begins(&self.site.include)) && !begins(&self.site.exclude))
    }

    async fn go(mut self, wire: &mut Wire<'_>, now: Timestamp) -> (Known, Visited) {
        let started = Instant::now();
        let mut visited = Visited::default();
        let mut pages: BTreeMap<String, KnownPage> = BTreeMap::new();
        let mut failed = BTreeMap::new();
        let (mut asked, mut faults, mut answered) = (0, 0, false);
        let mut away = None;
        while let Some((url, depth)) = self.queue.pop_front() {
            if asked == self.site.most_pages {
                break;
            }
            if started.elapsed() > LONGEST_VISIT || faults == MOST_FAULTS_IN_A_ROW {
                let reason =
                    if faults > 0 { "the site stopped answering" } else { "the visit took too long" };
                // What was fetched counts; what was not reached stays as it was.
                let kept = self.before.pages.clone().into_iter().chain(pages).collect();
                return (
                    Known { visited: Some(now), error: Some(reason.to_owned()), pages: kept, failed },
                    visited,
                );
            }
            asked += 1;
            let known = self.before.pages.get(url.as_str());
            match self.fetch(wire, &url, known, depth).await {
                Ok(Some((address, page))) => {
                    (faults, answered) = (0, true);
                    if known == Some(&page)
                        || self.before.pages.get(&address).is_some_and(|it| it.file == page.file)
                    {
                        visited.unchanged += 1;
                    } else {
                        visited.fetched += 1;
                    }
                    pages.insert(address, page);
                }
                Ok(None) => (faults, answered) = (0, true),
                Err(fault) => {
                    if matches!(fault, Fault::Away(_)) {
                        faults += 1;
                        away = Some(fault.to_string());
                    }
                    failed.insert(url.to_string(), fault.to_string());
                    // It may be there again tomorrow.
                    pages.extend(known.map(|page| (url.to_string(), page.clone())));
                }
            }
        }
        if let Some(reason) = away {
            // What a page that is away links to is not known now: nothing is forgotten that was not seen to be gone.
            let unseen = self.before.pages.iter().filter(|(url, _)| !self.met.contains(*url));
            pages.extend(unseen.map(|(url, page)| (url.clone(), page.clone())));
            if !answered {
                let failed = BTreeMap::new();
                return (Known { visited: Some(now), error: Some(reason), pages, failed }, visited);
            }
        }
        visited.removed = self.before.pages.keys().filter(|url| !pages.contains_key(*url)).count();
        (Known { visited: Some(now), error: None, pages, failed }, visited)
    }

    /// One page; nothing if it is none, is gone, or asks not to be kept.
    async fn fetch(
        &mut self,
        wire: &mut Wire<'_>,
        url: &Url,
        known: Option<&KnownPage>,
        depth: usize,
    ) -> Result<Option<(String, KnownPage)>, Fault> {
        let kept = known.and_then(|page| Some((page, self.cache.content(page)?)));
        let validators = kept.as_ref().map_or_else(Validators::default, |(page, _)| Validators {
            etag: page.etag.clone(),
            last_modified: page.last_modified.clone(),
        });
        let largest = if looks_like_pdf(url) { LARGEST_FOREIGN } else { LARGEST_DOCUMENT };
        let answer = wire.get(url, &validators, largest, &|url| self.admits(url)).await?;
        let (url, text, validators, file) = match (answer, kept) {
            (Answer::Gone(_), _) | (Answer::Unchanged, None) => return Ok(None),
            (Answer::Unchanged, Some((page, Content::Pdf))) => {
                return Ok(Some((url.to_string(), page.clone())));
            }
            (Answer::Unchanged, Some((page, Content::Html(text)))) => {
                (url.clone(), text, validators, Some(page.file.clone()))
            }
            (Answer::Body { url, kind, charset, validators, bytes }, _) => match kind.as_str() {
                "text/html" | "application/xhtml+xml" => {
                    let text = page_text(&bytes, charset.as_deref()).map_err(Fault::Refused)?;
                    (*url, text, validators, None)
                }
                // Some servers know no kinds.
                "application/pdf" | "application/octet-stream" if bytes.starts_with(PDF_BEGINS) => {
                    return self.keep_pdf(*url, &bytes, validators).map(Some);
                }
                _ => return Ok(None),
            },
        };
        let page = html::page(&text);
        if !page.no_follow {
            for link in &page.links {
                if let Ok(link) = url.join(link) {
                    self.meet(link, depth + 1);
                }
            }
        }
        if page.no_index || page.extract.is_empty() {
            return Ok(None);
        }
        let mut address = url;
        tidy(&mut address);
        self.met.insert(address.to_string());
        let file = match file {
            Some(file) => file,
            None => self
                .cache
                .write_html(address.as_str(), &text)
                .map_err(|error| Fault::Refused(error.to_string()))?,
        };
        let Validators { etag, last_modified } = validators;
        Ok(Some((address.to_string(), KnownPage { file, etag, last_modified })))
    }

    /// A PDF is kept as it is; it links to nothing.
    fn keep_pdf(
        &mut self,
        mut address: Url,
        bytes: &[u8],
        validators: Validators,
    ) -> Result<(String, KnownPage), Fault> {
        tidy(&mut address);
        self.met.insert(address.to_string());
        let file = self.cache.write_pdf(address.as_str(), bytes);
        let file = file.map_err(|error| Fault::Refused(error.to_string()))?;
        let Validators { etag, last_modified } = validators;
        Ok((address.to_string(), KnownPage { file, etag, last_modified }))
    }
}

/// Whether the address promises a PDF, which may be larger than a page of text.
fn looks_like_pdf(url: &Url) -> bool {
    url.path().to_ascii_lowercase().ends_with(".pdf")
}

/// One address for one page: without its fragment and without what only counts visitors.
fn tidy(url: &mut Url) {
    url.set_fragment(None);
    let counts = |name: &str| name.starts_with("utm_") || matches!(name, "fbclid" | "gclid" | "msclkid");
    if url.query_pairs().any(|(name, _)| counts(&name)) {
        let kept: Vec<(String, String)> = url
            .query_pairs()
            .filter(|(name, _)| !counts(name))
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        url.set_query(None);
        if !kept.is_empty() {
            url.query_pairs_mut().extend_pairs(kept);
        }
    }
}

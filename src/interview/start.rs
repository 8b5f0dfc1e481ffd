//! When an interview begins by itself: what the customer says, or where the visit came from. It reads words and
//! names and decides nothing else.

use super::definition::Start;
use crate::domain::interview::StartRule;
use crate::domain::language::Language;
use crate::language::fold::{fold, words};
use crate::language::stem::{is_stopword, stem};
use serde_json::{Map, Value};
use std::collections::HashSet;

/// Longest message whose intent is looked at; who writes more tells a story.
const LONGEST: usize = 600;

/// Where a visit came from, as the page, the campaign or the ad says; untrusted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Visit<'a> {
    /// Path of the page.
    pub page: Option<&'a str>,
    /// Name of the campaign.
    pub campaign: Option<&'a str>,
    /// Id of the ad.
    pub ad: Option<&'a str>,
}

impl<'a> Visit<'a> {
    /// The visit as a conversation's metadata tell it.
    pub fn of(metadata: &'a Map<String, Value>) -> Self {
        let text = |names: &[&str]| names.iter().find_map(|name| told(metadata, name));
        Self {
            page: text(&["page", "path", "url"]).map(path_of),
            campaign: text(&["campaign", "utm_campaign"]),
            ad: text(&["ad", "ad_id", "source_id", "utm_content"]),
        }
    }

    /// Whether it came from what one of the patterns says.
    pub fn is_from(&self, patterns: &[String]) -> bool {
        let names = [self.page, self.campaign, self.ad];
        names.into_iter().flatten().any(|name| patterns.iter().any(|pattern| fits(pattern, name)))
    }
}

/// What the metadata of a visit, or the advertisement that brought it (on WhatsApp the newest one), tell by this name.
pub(super) fn told<'m>(metadata: &'m Map<String, Value>, name: &str) -> Option<&'m str> {
    let advertisement = |key: &str| metadata.get(key).and_then(|referral| referral.get(name));
    let own = metadata.get(name);
    own.or_else(|| advertisement("last_referral")).or_else(|| advertisement("referral"))?.as_str()
}

/// The path of an address, without host, query and fragment.
fn path_of(address: &str) -> &str {
    let behind_scheme = address
        .split_once("://")
        .map_or(address, |(_, rest)| rest.find('/').map_or("/", |slash| &rest[slash..]));
    behind_scheme.split(['?', '#']).next().unwrap_or(behind_scheme)
}

/// A message, read once for every definition that it might begin.
pub struct Opening {
    /// Its words, with a blank before and behind each.
    spaced: String,
    /// What it says in each language; empty if it is too long to be looked at.
    meanings: Vec<HashSet<String>>,
}

impl Opening {
    /// Reads `text`.
    pub fn of(text: &str) -> Self {
        let languages = Language::ALL.into_iter().filter(|_| text.len() <= LONGEST);
        Self {
            spaced: format!(" {} ", words(text).join(" ")),
            meanings: languages.map(|language| meaning(text, language)).collect(),
        }
    }
}

/// What the examples of a definition say, read once when it is loaded.
#[derive(Clone, Debug, Default)]
pub struct Intents {
    /// By language, in the order of [`Language::ALL`].
    meanings: Vec<Vec<HashSet<String>>>,
}

impl Intents {
    /// Those of `start`.
    pub fn of(start: &Start) -> Self {
        let read = |language| start.intents.iter().map(|example| meaning(example, language)).collect();
        Self { meanings: Language::ALL.into_iter().map(read).collect() }
    }

    /// Whether the message says all that one of the examples says.
    pub fn are_in(&self, opening: &Opening) -> bool {
        self.meanings
            .iter()
            .zip(&opening.meanings)
            .any(|(examples, said)| examples.iter().any(|wanted| wanted.len() > 1 && wanted.is_subset(said)))
    }
}

/// The rule by which a definition begins with this message, if one does. `first` says whether it is the first message
/// of the conversation: where the visit came from counts only then.
pub fn rule(
    start: &Start,
    intents: &Intents,
    opening: &Opening,
    first: bool,
    visit: &Visit<'_>,
) -> Option<StartRule> {
    keyword(start, &opening.spaced)
        .or_else(|| intents.are_in(opening).then_some(StartRule::Intent))
        .or_else(|| first.then(|| by_visit(start, visit)).flatten())
}

fn by_visit(start: &Start, visit: &Visit<'_>) -> Option<StartRule> {
    let among = |patterns: &[String], name: Option<&str>| {
        name.filter(|name| patterns.iter().any(|pattern| fits(pattern, name))).map(str::to_owned)
    };
    among(&start.ads, visit.ad)
        .map(StartRule::Ad)
        .or_else(|| among(&start.campaigns, visit.campaign).map(StartRule::Campaign))
        .or_else(|| among(&start.pages, visit.page).map(StartRule::Page))
}

/// A keyword that stands in the text as whole words.
fn keyword(start: &Start, spaced: &str) -> Option<StartRule> {
    let said = |keyword: &&String| {
        let wanted = words(keyword).join(" ");
        !wanted.is_empty() && spaced.contains(&format!(" {wanted} "))
    };
    start.keywords.iter().find(said).cloned().map(StartRule::Keyword)
}

/// The stems of the words that carry meaning.
fn meaning(text: &str, language: Language) -> HashSet<String> {
    words(text)
        .into_iter()
        .filter(|word| word.len() > 1 && !is_stopword(word, language))
        .map(|word| stem(&word, language))
        .collect()
}

/// Whether `name` is what `pattern` says; `*` stands for anything.
pub fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (fold(pattern), fold(name));
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

//! What the customer wants, found again from the whole dialogue at every message: nothing is kept between turns.

use super::super::arguments::kind_of;
use super::super::choice::{list_of, pick};
use super::super::rank::{CLEARLY, Ranked};
use super::Mind;
use crate::language::emails::find_emails;
use crate::language::identifiers::{find_documents, find_phones, find_postal_codes};
use serde_json::Value;

/// A tool the customer wants, and their words on it.
pub(super) struct Wish {
    pub(super) tool: usize,
    /// Newest first.
    pub(super) episode: Vec<String>,
    /// The parameter they were just asked for.
    pub(super) asked: Option<String>,
    /// Whether they picked from a list they were shown.
    pub(super) picked: bool,
}

impl Mind<'_> {
    /// What the customer wants, found again from the whole dialogue.
    pub(super) fn wish(&self) -> Option<Wish> {
        let turns = self.dialogue.turns();
        let mut wish: Option<Wish> = None;
        for (before, text) in &turns {
            let ranked = self.rank(text);
            let best = ranked.first().copied().filter(|best| best.is_wanted());
            let asked = self.asked(before, wish.as_ref());
            wish = match (asked, best) {
                // The answer to an open question, unless it is clearly about something else.
                (Some((tool, name)), best) if !turns_away(best, tool) => {
                    let mut episode = vec![text.clone()];
                    episode.extend(wish.map(|wish| wish.episode).unwrap_or_default());
                    Some(Wish { tool, episode, asked: Some(name), picked: false })
                }
                (_, best) => self.new_wish(text, best, &ranked, wish),
            };
        }
        wish
    }

    /// The open question before a turn, put to the tool that was being pursued.
    fn asked(&self, before: &str, wish: Option<&Wish>) -> Option<(usize, String)> {
        let (place, name) = self.open_question(before)?;
        let pursued = wish.and_then(|wish| {
            let tool = self.tools().get(wish.tool)?;
            let ask = tool
                .words
                .ask
                .iter()
                .find(|(_, ask)| ask.get(self.language).is_some_and(|ask| before.contains(ask)))?;
            Some((wish.tool, ask.0.clone()))
        });
        pursued.or_else(|| Some((place, name.to_owned())))
    }

    fn new_wish(
        &self,
        text: &str,
        best: Option<Ranked>,
        ranked: &[Ranked],
        before: Option<Wish>,
    ) -> Option<Wish> {
        let earlier = || before.as_ref().map(|wish| wish.episode.clone()).unwrap_or_default();
        // A pick from the list that was just shown.
        if let Some(tool) = self.picks(text, best, before.as_ref()) {
            let mut episode = vec![text.to_owned()];
            episode.extend(earlier());
            return Some(Wish { tool, episode, asked: None, picked: true });
        }
        if let Some(best) = best {
            return Some(Wish {
                tool: best.tool,
                episode: vec![text.to_owned()],
                asked: None,
                picked: false,
            });
        }
        if let Some(tool) = self.asks_whether_there_is(text) {
            return Some(Wish { tool, episode: vec![text.to_owned()], asked: None, picked: false });
        }
        // A bare value goes to the tool that was waiting for such a thing, or that needs one.
        let tool = self.takes_value(text, ranked)?;
        let mut episode = vec![text.to_owned()];
        if before.as_ref().is_some_and(|wish| wish.tool == tool) {
            episode.extend(earlier());
        }
        Some(Wish { tool, episode, asked: None, picked: false })
    }

    /// The tool whose choice `text` makes from the newest list shown.
    fn picks(&self, text: &str, best: Option<Ranked>, before: Option<&Wish>) -> Option<usize> {
        let (shown, value) = self.dialogue.results().next()?;
        let mut fitting = Vec::new();
        // Those that choose from what this tool shows, be it of another list.
        let mut kin = Vec::new();
        for (place, tool) in self.tools().iter().enumerate() {
            for schema in tool
                .parameters
                .get("properties")
                .and_then(Value::as_object)
                .into_iter()
                .flat_map(|p| p.values())
            {
                let hint = |key: &str| schema.get(key).and_then(Value::as_str);
                if hint("x-balcao-choice-of") != Some(shown.name.as_str()) {
                    continue;
                }
                kin.push(place);
                if let Some((items, field)) = hint("x-balcao-choice").and_then(|path| list_of(value, path))
                    && pick(text, items, &field, &self.request.now, self.language).is_some()
                {
                    fitting.push(place);
                }
            }
        }
        // What the customer was after decides between tools that choose from one list.
        let wanted = before.map(|wish| wish.tool).filter(|tool| fitting.contains(tool));
        let ranked = best.map(|best| best.tool).filter(|tool| fitting.contains(tool));
        if best.is_some_and(|best| best.score >= CLEARLY && !kin.contains(&best.tool)) {
            return None;
        }
        ranked.or(wanted).or_else(|| fitting.first().copied())
    }

    fn takes_value(&self, text: &str, ranked: &[Ranked]) -> Option<usize> {
        let kinds: Vec<&str> = [
            ("email", !find_emails(text).is_empty()),
            ("postal_code", !find_postal_codes(text).is_empty()),
            ("phone", !find_phones(text).is_empty()),
            ("document", !find_documents(text).is_empty()),
        ]
        .into_iter()
        .filter_map(|(kind, found)| found.then_some(kind))
        .collect();
        let bare_number = text.trim().trim_start_matches('#').bytes().all(|byte| byte.is_ascii_digit())
            && text.trim().len() >= 3;
        let takes = |place: &usize| {
            let tool = self.tools().get(*place)?;
            let properties = tool.parameters.get("properties")?.as_object()?;
            properties
                .iter()
                .any(|(name, schema)| {
                    let kind = kind_of(name, schema);
                    kinds.contains(&kind)
                        || (bare_number
                            && matches!(kind, "order_number" | "ticket_number" | "number" | "code"))
                })
                .then_some(*place)
        };
        let last = self.dialogue.last_call().and_then(|call| self.tool(&call.name));
        last.as_ref()
            .and_then(takes)
            .or_else(|| ranked.iter().map(|ranked| ranked.tool).find(|place| takes(place).is_some()))
            .or_else(|| {
                let needing: Vec<usize> = (0..self.tools().len())
                    .filter(|place| {
                        self.tools().get(*place).is_some_and(|tool| {
                            tool.required().any(|name| {
                                tool.parameter(name).is_some_and(|schema| {
                                    let kind = kind_of(name, schema);
                                    kinds.contains(&kind) || bare_number && kind == "order_number"
                                })
                            })
                        })
                    })
                    .collect();
                needing.first().copied()
            })
    }
}

/// Whether `best` clearly leads away from `tool`.
fn turns_away(best: Option<Ranked>, tool: usize) -> bool {
    best.is_some_and(|best| best.tool != tool && best.score >= CLEARLY)
}

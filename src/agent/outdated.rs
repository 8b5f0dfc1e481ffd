//! What earlier turns were told by documents that say something else by now: it proves nothing any more, and the model is
//! told so. Which passages are outdated is the knowledge's to say.

use super::run::Run;
use crate::domain::event::{Event, EventBody};
use crate::domain::ids::TurnId;
use crate::domain::message::{Message, SourceRef};
use crate::domain::tool_call::ToolOutcome;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};

/// What the model reads behind an answer that rested on such a passage.
pub const SAID: &str = "The documents that this answer rested on have changed since: do not repeat it.";
/// What it reads in the place of what a search had found.
const FOUND: &str = "these documents have changed since; search again";

impl Run<'_> {
    /// Of what earlier turns were told by documents, only what still holds is proof. If the knowledge cannot be asked, it is
    /// taken to hold.
    pub(super) async fn forget_what_changed(&mut self) {
        let (events, turn) = (&self.task.events, self.task.turn);
        let passages = passages_before(events, turn);
        if passages.is_empty() {
            return;
        }
        match self.agent.knowledge.outdated(passages).await {
            Ok(changed) if changed.is_empty() => {}
            Ok(changed) => {
                self.past = Cow::Owned(without(events, turn, &changed));
                self.changed = changed;
            }
            Err(error) => {
                tracing::error!(error = %error, "the knowledge could not be asked what still holds")
            }
        }
    }
}

/// The passages that turns before `current` were given.
pub fn passages_before(events: &[Event], current: TurnId) -> Vec<String> {
    let mut found = BTreeSet::new();
    for event in events.iter().filter(|event| event.turn != Some(current)) {
        match &event.body {
            EventBody::Retrieved { passages, .. } => {
                found.extend(passages.iter().map(|passage| passage.id.clone()));
            }
            EventBody::ToolFinished { outcome: ToolOutcome::Done { sources, .. }, .. } => {
                found.extend(sources.iter().map(|source| source.id.clone()));
            }
            _ => {}
        }
    }
    found.into_iter().collect()
}

/// The log without what `outdated` passages told turns before `current`.
pub fn without(events: &[Event], current: TurnId, outdated: &HashSet<String>) -> Vec<Event> {
    let mut events = events.to_vec();
    for event in events.iter_mut().filter(|event| event.turn != Some(current)) {
        match &mut event.body {
            EventBody::Retrieved { passages, .. } => {
                passages.retain(|passage| !outdated.contains(&passage.id));
            }
            EventBody::ToolFinished { outcome: ToolOutcome::Done { data, sources, .. }, .. } => {
                forget(data, sources, outdated);
            }
            _ => {}
        }
    }
    events
}

/// Whether what was said rests on one of these passages.
pub fn rests_on(message: &Message, outdated: &HashSet<String>) -> bool {
    message.sources.iter().any(|source| outdated.contains(&source.id))
}

/// Takes out of a search's result what no longer holds; the passages in it are in the order of its sources.
fn forget(data: &mut Value, sources: &mut Vec<SourceRef>, outdated: &HashSet<String>) {
    let is_outdated = |source: &SourceRef| outdated.contains(&source.id);
    if !sources.iter().any(is_outdated) {
        return;
    }
    match data.get_mut("passages").and_then(Value::as_array_mut) {
        Some(passages) if passages.len() == sources.len() => {
            let mut stand = sources.iter().map(|source| !is_outdated(source));
            passages.retain(|_| stand.next().unwrap_or(false));
            data["outdated"] = json!(FOUND);
        }
        Some(_) | None => *data = json!({"outdated": FOUND}),
    }
    sources.retain(|source| !is_outdated(source));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(id: &str) -> SourceRef {
        SourceRef { id: id.to_owned(), title: String::new(), heading: None, url: None, claims: Vec::new() }
    }

    #[test]
    fn of_a_search_only_what_stands_is_kept() {
        let outdated = HashSet::from(["b".to_owned()]);
        let mut sources = vec![source("a"), source("b")];
        let mut data = json!({"found": 2, "passages": [{"text": "um"}, {"text": "dois"}]});
        forget(&mut data, &mut sources, &outdated);
        assert_eq!((data["passages"].clone(), sources.len()), (json!([{"text": "um"}]), 1));
        let mut other = json!({"price": "R$ 150"});
        forget(&mut other, &mut vec![source("b")], &outdated);
        assert_eq!(other, json!({"outdated": FOUND}), "what cannot be told apart is gone whole");
        let mut untouched = json!({"passages": []});
        forget(&mut untouched, &mut vec![source("a")], &outdated);
        assert_eq!(untouched, json!({"passages": []}));
    }
}

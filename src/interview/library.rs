//! The interviews a business leads: every definition that is switched on, which version a lead gets, which one a
//! message begins.

use super::definition::Definition;
use super::read;
use super::start::{self, Intents, Opening, Visit};
use crate::domain::ids::ContactId;
use crate::domain::interview::StartRule;
use crate::domain::problem::Problem;
use crate::language::clauses::clauses;
use crate::prompts::load;
use std::path::Path;
use std::sync::Arc;

/// Folder of the definitions below `prompts/`.
const FOLDER: &str = "interviews";

/// Every definition that is switched on, in the order of their names.
#[derive(Clone, Debug, Default)]
pub struct Interviews {
    definitions: Vec<Arc<Definition>>,
    /// What the examples of each say.
    intents: Vec<Intents>,
}

impl Interviews {
    /// Loads and checks every file: those of the operator's `prompts` folder if it has a folder of interviews, the
    /// embedded ones else. `active` names the interviews that are switched on.
    ///
    /// # Errors
    /// Every mistake at once, also in files that are switched off.
    pub fn load(folder: Option<&Path>, active: &[String]) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut definitions = Vec::new();
        for (file, text) in load::below(folder, FOLDER, ".toml", &mut problems) {
            match read::read(&file, &text) {
                Ok(definition) => definitions.push((file, definition)),
                Err(found) => problems.extend(found),
            }
        }
        problems.extend(read::together(&definitions));
        // A file that could not be read defines nothing: that is said already.
        let readable = problems.is_empty();
        for name in active.iter().filter(|_| readable) {
            if !definitions.iter().any(|(_, definition)| definition.name == *name) {
                let known: Vec<&str> = definitions.iter().map(|(_, known)| known.name.as_str()).collect();
                let message = format!(
                    "`interviews.active` names `{name}`, which no file defines; there are: {}",
                    known.join(", ")
                );
                problems.push(Problem::in_file("settings", message));
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let mut definitions: Vec<Arc<Definition>> = definitions
            .into_iter()
            .map(|(_, definition)| Arc::new(definition))
            .filter(|definition| active.contains(&definition.name))
            .collect();
        definitions.sort_by(|left, right| (&left.name, &left.version).cmp(&(&right.name, &right.version)));
        Ok(Self::led(definitions))
    }

    /// These definitions, all switched on.
    pub fn of(definitions: Vec<Definition>) -> Self {
        Self::led(definitions.into_iter().map(Arc::new).collect())
    }

    fn led(definitions: Vec<Arc<Definition>>) -> Self {
        let intents = definitions.iter().map(|definition| Intents::of(&definition.start)).collect();
        Self { definitions, intents }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.definitions.is_empty()
    }

    /// Every definition.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Definition>> {
        self.definitions.iter()
    }

    /// Whether a message that begins `definition` asks for something else, too: a question that is itself what begins it
    /// (`como contrato o sistema?`) is answered by the interview.
    pub fn asks_more(&self, definition: &Definition, text: &str) -> bool {
        let place = self.definitions.iter().position(|known| known.name == definition.name);
        let Some(intents) = place.and_then(|place| self.intents.get(place)) else { return true };
        let clauses = clauses(text);
        let questions = clauses.iter().filter(|clause| clause.asks && clause.is_last);
        let mut sentences = questions.map(|question| {
            let first = clauses.iter().find(|clause| clause.sentence == question.sentence);
            &text[first.map_or(question.span.start, |first| first.span.start)..question.span.end]
        });
        sentences.any(|sentence| !intents.are_in(&Opening::of(sentence)))
    }

    /// Names of those that a model may begin, in their order.
    pub fn by_tool(&self) -> impl Iterator<Item = &str> {
        let mut seen = Vec::new();
        self.definitions.iter().filter(|definition| definition.start.tool).filter_map(move |definition| {
            let name = definition.name.as_str();
            let is_new = !seen.contains(&name);
            seen.push(name);
            is_new.then_some(name)
        })
    }

    /// Whether a model may begin any.
    pub fn any_by_tool(&self) -> bool {
        self.by_tool().next().is_some()
    }

    /// One version of one interview. A version that is no longer there is led on by one that is.
    pub fn get(&self, name: &str, version: &str) -> Option<&Arc<Definition>> {
        let named = || self.definitions.iter().filter(|definition| definition.name == name);
        named().find(|definition| definition.version == version).or_else(|| named().next())
    }

    /// The version of `name` that this lead gets: always the same for the same lead, by the versions' shares.
    pub fn version_for(&self, name: &str, contact: ContactId) -> Option<&Arc<Definition>> {
        let versions: Vec<_> = self.definitions.iter().filter(|definition| definition.name == name).collect();
        let whole: u32 = versions.iter().map(|definition| definition.share).sum();
        // The random part of the id; its beginning is the time.
        let draw = u32::try_from(contact.0.as_u128() % 1_000_003).unwrap_or(0).checked_rem(whole)?;
        let mut upto = 0;
        versions.into_iter().find(|definition| {
            upto += definition.share;
            draw < upto
        })
    }

    /// The interview that a message begins, and by which rule.
    pub fn begun_by(
        &self,
        text: &str,
        first: bool,
        visit: &Visit<'_>,
        contact: ContactId,
    ) -> Option<(&Arc<Definition>, StartRule)> {
        if self.definitions.is_empty() {
            return None;
        }
        let opening = Opening::of(text);
        self.definitions.iter().zip(&self.intents).find_map(|(definition, intents)| {
            let rule = start::rule(&definition.start, intents, &opening, first, visit)?;
            Some((self.version_for(&definition.name, contact)?, rule))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn versions_are_led_by_their_shares_and_a_lead_keeps_theirs() {
        let shipped = include_str!("../../prompts/interviews/projeto.toml");
        let version = |version: &str, share: u32| {
            let header = format!("name = \"projeto\"\nversion = \"{version}\"\nshare = {share}");
            read::read("projeto.toml", &shipped.replacen("version = \"1\"", &header, 1)).unwrap()
        };
        let interviews = Interviews::of(vec![version("1", 1), version("2", 3), version("3", 0)]);
        let of = |lead: u128| {
            // As contacts have them: the time first, then what is random.
            let mixed = lead.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
            interviews.version_for("projeto", ContactId(Uuid::from_u128(mixed))).unwrap().version.clone()
        };
        let counts = |version: &str| (0..4_000).filter(|lead| of(*lead) == version).count();
        assert!(counts("1").abs_diff(1_000) < 100, "{}", counts("1"));
        assert!(counts("2").abs_diff(3_000) < 100, "{}", counts("2"));
        assert_eq!(counts("3"), 0, "it is switched off");
        assert_eq!(of(7), of(7));
    }
}

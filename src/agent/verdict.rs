//! What is done about a drafted answer: sent, asked for once more, or withheld. The guard says what is wrong with its
//! sentences; here it is also seen when a model does not help although it could.

use super::claims::{denies_ability, evades};
use super::guard::{judge, wrong_language};
use super::proof::can_be_shown;
use super::proof::cited::citations_in;
use super::run::Run;
use super::step::{Turn, Verdict};
use crate::domain::effect::Effect;
use crate::domain::event::EventBody;
use crate::domain::language::Language;
use crate::domain::message::Role;
use crate::domain::provenance::Origin;
use crate::language::fold::fold;
use crate::language::statements::{Fact, THING, read};
use crate::llm::model::{Resort, ToolChoice};
use crate::llm::offline::{Likely, Opinion};

/// A draft this long says more than a question for the customer's wish.
const EVASION: usize = 80;
/// What a model may do whose sentence is true all the same: words of a source are looked for, nothing is believed.
const SHOW: &str = " If the sentence is true, you may keep it and show where it stands: below the answer, one line for each of its \
                    values, `@@ value | exact words of one tool result or passage | calculation`, the calculation only if it is \
                    computed from numbers of these words or of the customer's. For example: `@@ R$ 938,00 | \"price_cents\":46900 | 2 × 469,00`. \
                    The customer does not see these lines.";
/// Tools that are named to the model as likely ones.
const LIKELY: usize = 3;

impl Run<'_> {
    pub(super) async fn judge(&mut self, draft: &str, turn: &Turn) -> anyhow::Result<Verdict> {
        let (said, _) = citations_in(draft);
        let fault = match wrong_language(&said, self.language) && !self.by_built_in {
            true => Some(Fault::grave(format!("Answer the customer in {}.", self.language))),
            false => self.unhelpful(&said, turn),
        };
        match fault {
            Some(fault) if turn.may_repair() => return Ok(Verdict::Repair { reason: fault.reason }),
            Some(fault) if fault.grave => return Ok(Verdict::Withhold),
            _ => {}
        }
        let judged = self.look_twice(draft, turn).await?;
        self.bindings = judged.bindings;
        for withheld in &judged.withheld {
            self.buffered.push(EventBody::Withheld {
                reason: withheld.reason.to_owned(),
                text: withheld.sentence.clone(),
            });
        }
        Ok(match judged.withheld.first() {
            // Nothing but lines for the guard.
            None if judged.text.trim().is_empty() && turn.may_repair() => {
                Verdict::Repair { reason: "Your answer has no words for the customer: write it.".to_owned() }
            }
            None if judged.text.trim().is_empty() => Verdict::Withhold,
            None => Verdict::Send(judged.text),
            Some(first) if turn.may_repair() => Verdict::Repair {
                reason: format!(
                    "Your draft was not sent, because of the sentence {:?}: {}. Write the answer again, only with what \
                     the tool results and passages say; if they do not say it, say that you do not know and offer a \
                     person.{}",
                    first.sentence,
                    first.reason,
                    if can_be_shown(first.reason) { SHOW } else { "" }
                ),
            },
            Some(_) if judged.text.trim().is_empty() => Verdict::Withhold,
            Some(_) => Verdict::Send(judged.text),
        })
    }

    /// The tools that the newest words are likely to want, best first.
    pub(super) fn likely_tools(&self) -> Vec<Likely> {
        let said: Vec<&str> = self.task.answers.iter().map(|message| message.text.as_str()).collect();
        let tools = self.tools();
        let mut likely = self.agent.built_in.likely_tools(&tools, self.language, &said.join("\n"));
        likely.truncate(LIKELY);
        likely
    }

    /// What is wrong with a draft that does not help, although there are results to tell, a tool to call or something
    /// to ask for.
    fn unhelpful(&self, draft: &str, turn: &Turn) -> Option<Fault> {
        if turn.resort() == Resort::Last {
            return None;
        }
        // What is announced may be the buttons below.
        let offers = self.outcome.effects.iter().any(|effect| matches!(effect, Effect::Buttons { .. }));
        if draft.trim_end().ends_with(':') && !offers {
            return Some(Fault::grave(
                "Your draft was not sent: it announces something and does not say it. Say it.",
            ));
        }
        let folded = fold(draft);
        if self.task.answers.iter().any(|said| is_echo(&folded, &said.text)) {
            return Some(Fault::grave(
                "Your draft was not sent: it repeats the customer's own words. Answer them.",
            ));
        }
        let states_facts = states_facts(draft, self.language);
        let denies = denies_ability(&folded);
        let repeats = self.was_said_before(draft);
        // Behind an answer, a question for more wishes is politeness. Who says the same no again has not listened.
        let evades = (evades(&folded) && draft.len() < EVASION && !states_facts) || (denies && repeats);
        if turn.has_results() {
            let reason = "Your draft was not sent: it tells the customer nothing of what the tool results say. Tell it.";
            return evades.then(|| Fault::grave(reason));
        }
        let asks = draft.contains('?');
        if asks && !evades && !repeats {
            return None;
        }
        if evades && let Some(likely) = self.likely_tools().into_iter().find(|likely| likely.clearly) {
            return Some(Fault::uncalled(&likely.name));
        }
        // What a policy does not allow is told in the words of one who cannot help. The built-in model has looked
        // whether the customer wants a tool more than what the passages say.
        let request = self.request(self.base.clone(), turn, ToolChoice::Auto);
        match self.agent.built_in.opinion(&request)? {
            // Who asks again for what the customer has just said has not listened either.
            Opinion::Call { tool, .. } if evades || denies || repeats => Some(Fault::uncalled(&tool)),
            Opinion::Call { tool, changes: true, clearly: true } => Some(Fault::uncalled(&tool)),
            // A model may know an answer that the built-in one would look up; it is asked only once.
            Opinion::Call { tool, changes: false, .. } if states_facts && !self.is_known(draft) => {
                Some(Fault { grave: false, ..Fault::uncalled(&tool) })
            }
            // The tool was the model's own choice: it failed for what the customer was not asked for.
            Opinion::Ask if (evades || denies) && turn.has_called() => Some(Fault::grave(
                "Your draft was not sent: it does not help. Ask for the one thing that a tool needs and the customer \
                 has not said.",
            )),
            _ => None,
        }
    }

    /// Whether everything that `draft` states was looked up before, or said by the customer.
    fn is_known(&self, draft: &str) -> bool {
        let judged = judge(draft, &self.proof, self.language);
        judged.withheld.is_empty()
            && judged.bindings.iter().all(|binding| match binding.origin {
                Origin::Tool { .. } | Origin::Customer { .. } => true,
                Origin::Passage { .. }
                | Origin::Business
                | Origin::Clock
                | Origin::Person { .. }
                | Origin::Computed => false,
            })
    }

    /// Whether the bot's last message was the same and told nothing: a price may well be the same again.
    fn was_said_before(&self, draft: &str) -> bool {
        let last = self.task.events.iter().rev().find_map(|event| match &event.body {
            EventBody::Message(message) if message.role == Role::Assistant => Some(message.text.trim()),
            _ => None,
        });
        last == Some(draft.trim()) && !states_facts(draft, self.language)
    }
}

/// Whether `draft` states anything that could be looked up.
fn states_facts(draft: &str, language: Language) -> bool {
    read(draft, language)
        .stated
        .iter()
        .any(|stated| !matches!(stated.fact, Fact::Relative(_) | Fact::Word(_) | Fact::Count(_, THING)))
}

/// Whether the draft is what the customer said. A greeting is answered by the same greeting.
fn is_echo(folded_draft: &str, said: &str) -> bool {
    const GREETING: usize = 20;
    said.len() > GREETING && folded_draft.trim() == fold(said).trim()
}

/// What is wrong with a draft.
struct Fault {
    /// For the model.
    reason: String,
    /// Whether it may not be sent even if the model stands by it.
    grave: bool,
}

impl Fault {
    fn grave(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), grave: true }
    }

    /// Words instead of the call to `tool`.
    fn uncalled(tool: &str) -> Self {
        Self::grave(format!(
            "Your draft was not sent: it does not help, and nothing was looked up or done. Call {tool} now with what \
             the customer said, or ask for what it needs and the customer has not said."
        ))
    }
}

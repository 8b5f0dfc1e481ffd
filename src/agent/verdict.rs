//! What is done about a drafted answer: sent, asked for once more, or withheld. The guard says what is wrong with its
//! sentences; here it is also seen when a model does not help although it could.

use super::claims::{denies_ability, evades};
use super::guard::{judge, wrong_language};
use super::run::Run;
use super::step::{Turn, Verdict};
use crate::domain::event::EventBody;
use crate::language::fold::fold;
use crate::llm::model::{Resort, ToolChoice};
use crate::llm::offline::Likely;

/// Tools that are named to the model as likely ones.
const LIKELY: usize = 3;

impl Run<'_> {
    pub(super) fn judge(&mut self, draft: &str, turn: &Turn) -> Verdict {
        if wrong_language(draft, self.language) && turn.may_repair() {
            return Verdict::Repair { reason: format!("Answer the customer in {}.", self.language) };
        }
        if let Some(reason) = self.unhelpful(draft, turn) {
            return match turn.may_repair() {
                true => Verdict::Repair { reason },
                false => Verdict::Withhold,
            };
        }
        let judged = judge(draft, &self.proof, self.language);
        for withheld in &judged.withheld {
            self.buffered.push(EventBody::Withheld {
                reason: withheld.reason.to_owned(),
                text: withheld.sentence.clone(),
            });
        }
        match judged.withheld.first() {
            None => Verdict::Send(judged.text),
            Some(first) if turn.may_repair() => Verdict::Repair {
                reason: format!(
                    "Your draft was not sent, because of the sentence {:?}: {}. Write the answer again, only with what \
                     the tool results and passages say; if they do not say it, say that you do not know and offer a \
                     person.",
                    first.sentence, first.reason
                ),
            },
            Some(_) if judged.text.trim().is_empty() => Verdict::Withhold,
            Some(_) => Verdict::Send(judged.text),
        }
    }

    /// The tools that the newest words are likely to want, best first.
    pub(super) fn likely_tools(&self) -> Vec<Likely> {
        let said: Vec<&str> = self.task.answers.iter().map(|message| message.text.as_str()).collect();
        let tools = self.agent.dispatcher.registry().specs();
        let mut likely = self.agent.built_in.likely_tools(&tools, self.language, &said.join("\n"));
        likely.truncate(LIKELY);
        likely
    }

    /// What to tell a model that says no, or asks what the customer wants, although there are results to tell or a
    /// tool to call. The built-in model's word is good: it has looked.
    fn unhelpful(&self, draft: &str, turn: &Turn) -> Option<String> {
        let folded = fold(draft);
        let (evades, denies) = (evades(&folded), denies_ability(&folded) && !draft.contains('?'));
        if turn.resort() == Resort::Last || !(evades || denies) {
            return None;
        }
        if turn.has_results() {
            let reason = "Your draft was not sent: it tells the customer nothing of what the tool results say. Tell it.";
            return evades.then(|| reason.to_owned());
        }
        let tool = self.wanted_tool(turn, evades)?;
        Some(format!(
            "Your draft was not sent: it does not help, and nothing was looked up. Call {tool} now with what the customer \
             said, or ask for what it needs and the customer has not said."
        ))
    }

    /// The tool that the customer surely wants. What a policy does not allow is told in the words of one who cannot
    /// help: then the built-in model has to want the tool more than what the passages say.
    fn wanted_tool(&self, turn: &Turn, evades: bool) -> Option<String> {
        let likely = self.likely_tools().into_iter().find(|likely| likely.clearly && evades);
        likely.map(|likely| likely.name).or_else(|| {
            let request = self.request(self.base.clone(), turn, ToolChoice::Auto);
            self.agent.built_in.would_call(&request)
        })
    }
}

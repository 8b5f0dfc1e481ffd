//! What is done about a drafted answer: sent, asked for once more, or withheld. The guard says what is wrong with its
//! sentences; here it is also seen when a model does not help although it could.

use super::claims::{denies_ability, evades, stalls};
use super::facts::facts_of;
use super::guard::{judge, wrong_language};
use super::run::Run;
use super::step::{Turn, Verdict};
use crate::domain::event::EventBody;
use crate::domain::message::Role;
use crate::domain::tool::Risk;
use crate::language::fold::fold;
use crate::llm::model::{Resort, ToolChoice};
use crate::llm::offline::Likely;

/// A draft this long says more than a question for the customer's wish.
const EVASION: usize = 80;
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

    /// What to tell a model that says no, asks what the customer wants or waits to be asked again,
    /// although there are results to tell or a tool to call.
    fn unhelpful(&self, draft: &str, turn: &Turn) -> Option<String> {
        if turn.resort() == Resort::Last {
            return None;
        }
        let folded = fold(draft);
        // Who says the same no again has not listened either.
        // Behind an answer, the same words are politeness.
        let evades = (evades(&folded) && draft.len() < EVASION && facts_of(draft, self.language).is_empty())
            || (denies_ability(&folded) && self.was_said_before(draft));
        if turn.has_results() {
            let reason = "Your draft was not sent: it tells the customer nothing of what the tool results say. Tell it.";
            return evades.then(|| reason.to_owned());
        }
        let asks = draft.contains('?');
        let (denies, stalls) = (!asks && denies_ability(&folded), !asks && stalls(&folded));
        if !(evades || denies || stalls) {
            return None;
        }
        let tool = self.wanted_tool(turn, if evades { Wanted::Clearly } else { Wanted::MoreThanPassages })?;
        // Who tells what is known may end with "let me know"; a change that was asked for is not made by that.
        let changes =
            self.agent.dispatcher.registry().get(&tool).is_some_and(|entry| entry.spec().risk != Risk::Read);
        (evades || denies || changes).then(|| {
            format!(
                "Your draft was not sent: it does not help, and nothing was looked up or done. Call {tool} now with what \
                 the customer said, or ask for what it needs and the customer has not said."
            )
        })
    }

    /// Whether the bot's last message was the same and told nothing: a price may well be the same again.
    fn was_said_before(&self, draft: &str) -> bool {
        let last = self.task.events.iter().rev().find_map(|event| match &event.body {
            EventBody::Message(message) if message.role == Role::Assistant => Some(message.text.trim()),
            _ => None,
        });
        last == Some(draft.trim()) && facts_of(draft, self.language).is_empty()
    }

    /// The tool that the customer wants. What a policy does not allow is told in the words of one who cannot help: then
    /// the built-in model has to want the tool more than what the passages say. Its word is good: it has looked.
    fn wanted_tool(&self, turn: &Turn, wanted: Wanted) -> Option<String> {
        let likely = match wanted {
            Wanted::Clearly => self.likely_tools().into_iter().find(|likely| likely.clearly),
            Wanted::MoreThanPassages => None,
        };
        likely.map(|likely| likely.name).or_else(|| {
            let request = self.request(self.base.clone(), turn, ToolChoice::Auto);
            self.agent.built_in.would_call(&request)
        })
    }
}

/// How much a tool has to be wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Wanted {
    /// The customer's words are those that usually want it.
    Clearly,
    /// The passages are the lesser answer.
    MoreThanPassages,
}

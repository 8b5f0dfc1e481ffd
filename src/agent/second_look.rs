//! A second look at a drafted answer, by a model that is shown what is known and nothing of why the draft was written. It sees
//! what reading words cannot: a term of another service, a condition that was dropped. What it objects to is not sent. What the
//! guard could not prove it may show; then the words have to stand in a source, and the value in them.

use super::context::today;
use super::guard::{Judged, judge, judge_after};
use super::history;
use super::proof::can_be_vouched_for;
use super::proof::cited::{Citation, citations_in};
use super::run::{Room, Run, milliseconds};
use super::step::Turn;
use crate::domain::event::EventBody;
use crate::language::sentences::sentences;
use crate::llm::model::{ChatAnswer, ChatMessage, ChatRequest, Resort, ToolChoice};
use crate::prompts::render::{DraftedVariables, KnownVariables, SecondLookVariables};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Number of the request for its model: no step of the turn has it.
const BESIDE: u32 = 0;
/// Tokens of a list of numbers and of what is shown.
const MOST_TOKENS: u32 = 700;
/// How long the customer waits for it.
const PATIENCE: Duration = Duration::from_secs(20);
/// Fewer letters state nothing that is worth a look, if the guard finds no claim in them.
const COURTESY: usize = 60;
/// What the first line of an answer begins with.
const HEAD: &str = "unproven:";

/// What a model says of a draft that it looked at.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Look {
    /// Numbers of the sentences that it found unproven, from 1.
    unproven: Vec<usize>,
    /// What it shows for values of the others.
    shown: Vec<Citation>,
}

impl Look {
    /// Reads an answer about a draft of so many sentences; none if it is not of the form that was asked for.
    pub fn read(answer: &str, sentences: usize) -> Option<Self> {
        let (said, shown) = citations_in(answer);
        let line = said.lines().map(bare).find(|line| line.starts_with(HEAD))?;
        let list = line[HEAD.len()..].trim().trim_end_matches('.');
        let is_none = matches!(list, "none" | "nenhuma" | "nenhum" | "ninguna" | "");
        let numbers = list.split([',', ';', ' ']).map(str::trim).filter(|number| !number.is_empty());
        let unproven = match is_none {
            true => Vec::new(),
            false => numbers
                .map(|number| number.parse().ok().filter(|number| (1..=sentences).contains(number)))
                .collect::<Option<Vec<usize>>>()?,
        };
        Some(Self { unproven, shown })
    }

    /// Whether it found the sentence of that number unproven.
    pub fn objects_to(&self, number: usize) -> bool {
        self.unproven.contains(&number)
    }

    /// What it shows.
    pub fn shown(&self) -> &[Citation] {
        &self.shown
    }
}

/// A line without the marks that models put around it.
fn bare(line: &str) -> String {
    line.trim().trim_matches(['*', '`', '#', '>', ' ']).replace("**", "").to_lowercase()
}

impl Run<'_> {
    /// The guard's judgement of a draft, and a model's, if that is to be asked.
    ///
    /// # Errors
    /// A prompt that cannot be filled in.
    pub(super) async fn look_twice(&mut self, draft: &str, turn: &Turn) -> anyhow::Result<Judged> {
        let judged = judge(draft, &self.proof, self.language);
        if !self.is_worth_a_look(draft, &judged, turn) {
            return Ok(judged);
        }
        let (said, _) = citations_in(draft);
        // The step after the draft's is the one that comes.
        let answer = match self.replay.looks.remove(&(turn.step() - 1)) {
            Some((answer, usage)) => {
                self.aside = self.aside.plus(usage);
                answer
            }
            None => self.ask_for_a_look(&said, &judged, turn).await?,
        };
        let look = Look::read(&answer, sentences(&said).len());
        let outcome = match &look {
            None if answer.is_empty() => "failed",
            None => "unreadable",
            Some(look) if look.unproven.is_empty() => "agreed",
            Some(_) => "objected",
        };
        metrics::counter!("balcao_second_looks_total", "outcome" => outcome).increment(1);
        Ok(match look {
            Some(look) => judge_after(draft, &self.proof, self.language, &look),
            None => judged,
        })
    }

    fn is_worth_a_look(&self, draft: &str, judged: &Judged, turn: &Turn) -> bool {
        let states = !judged.bindings.is_empty()
            || !judged.withheld.is_empty()
            || (self.proof.grounded && draft.chars().count() > COURTESY);
        // What has to be written anew is looked at when it is.
        let is_settled = turn.may_repair() && judged.withheld.iter().any(|it| !can_be_vouched_for(it.reason));
        let spent = turn.usage().plus(self.aside);
        // Pictures and files of the customer's are not shown to who looks.
        let has_files = !self.pictures.is_empty() || !self.documents.is_empty();
        self.agent.settings.second_look
            && !has_files
            && spent.input_tokens + spent.output_tokens < self.agent.settings.max_tokens
            && turn.resort() != Resort::Last
            && !self.by_built_in
            && states
            && !is_settled
    }

    /// What a model says of the draft; nothing if none does in time.
    async fn ask_for_a_look(&mut self, said: &str, judged: &Judged, turn: &Turn) -> anyhow::Result<String> {
        let task = self.looking_prompt(said, judged, turn)?;
        // What was drafted and paid is written down before anybody waits again.
        self.flush().await?;
        let request = ChatRequest {
            // Some endpoints answer nothing without words of a customer's.
            messages: vec![ChatMessage::System(task), ChatMessage::Customer("UNPROVEN?".to_owned())],
            tools: Arc::default(),
            tool_choice: ToolChoice::None,
            passages: Vec::new(),
            pictures: Vec::new(),
            documents: Vec::new(),
            language: self.language,
            now: self.now.clone(),
            max_output_tokens: MOST_TOKENS,
            step: BESIDE,
            // The built-in one knows no more than the guard.
            resort: Resort::Outside,
            payer: self.payer(),
        };
        let began = Instant::now();
        let looking = self.answer_in_time(&request, &|_| {}, &|| false);
        let answer = tokio::time::timeout(PATIENCE, looking).await.ok().flatten();
        let waited = began.elapsed();
        self.outcome.waited += waited;
        let ChatAnswer { text, model, usage, .. } = match answer {
            Some(Ok(answer)) => answer,
            Some(Err(error)) => {
                tracing::warn!(turn.id = %self.task.turn, %error, "no model looked at the draft a second time");
                ChatAnswer::default()
            }
            None => ChatAnswer::default(),
        };
        self.aside = self.aside.plus(usage);
        let event = EventBody::LookedAgain {
            step: turn.step() - 1,
            model,
            text: text.clone(),
            usage,
            duration_ms: milliseconds(waited),
        };
        self.buffered.push(event);
        Ok(text)
    }

    /// Days of the next months on which the house is open otherwise than in other weeks.
    fn special_days(&self) -> Option<String> {
        const DAYS: i32 = 180;
        let business = &self.agent.business;
        let calendar = business.calendar();
        let days = (0..DAYS).filter_map(|days| {
            let day = self.now.date().checked_add(jiff::Span::new().days(days)).ok()?;
            let hours = calendar.hours_on(day);
            if hours.iter().copied().eq(business.hours.on(day.weekday())) {
                return None;
            }
            let spans = hours
                .iter()
                .map(|(from, until)| format!("{}-{}", from.strftime("%H:%M"), until.strftime("%H:%M")));
            let spans = spans.collect::<Vec<_>>().join(", ");
            Some(format!("{day} {}", if spans.is_empty() { "closed" } else { &spans }))
        });
        let days = days.collect::<Vec<_>>().join("; ");
        (!business.hours.is_empty() && !days.is_empty()).then_some(days)
    }

    fn looking_prompt(&self, said: &str, judged: &Judged, turn: &Turn) -> anyhow::Result<String> {
        let business = &self.agent.business;
        let hours = business.hours.to_string();
        let mut settings: Vec<String> =
            [&business.name, &business.address, &business.phone, &business.email, &business.website, &hours]
                .map(String::clone)
                .into();
        settings.extend(self.special_days());
        let doubted = |sentence: &str| {
            let mut withheld = judged.withheld.iter();
            withheld.any(|it| it.sentence == sentence.trim() && can_be_vouched_for(it.reason))
        };
        let drafted = (1..).zip(sentences(said)).filter(|(_, sentence)| !sentence.trim().is_empty());
        // The rules that the writer goes by prove nothing.
        let of_this_turn = turn.transcript().iter().cloned().map(|message| match self.room {
            Room::Plenty => message,
            Room::Little => history::shortened_result(message),
        });
        let before: Vec<ChatMessage> = self.base.iter().skip(1).cloned().chain(of_this_turn).collect();
        let variables = SecondLookVariables {
            today: today(&self.now, self.language),
            clock: self.now.strftime("%H:%M").to_string(),
            settings: settings.into_iter().filter(|line| !line.is_empty()).collect(),
            known: before.iter().filter_map(known).collect(),
            draft: drafted
                .map(|(number, sentence)| DraftedVariables {
                    number,
                    text: sentence.trim(),
                    doubted: doubted(sentence),
                })
                .collect(),
        };
        self.agent.prompts.second_look(self.language, &variables)
    }
}

/// A message of the transcript as something that is known. Its lines are set in, so that no words can look like the head of another
/// part.
fn known(message: &ChatMessage) -> Option<KnownVariables> {
    let (from, text) = match message {
        ChatMessage::System(text) => ("notes".to_owned(), text),
        ChatMessage::Customer(text) => ("customer".to_owned(), text),
        ChatMessage::Assistant { text, .. } => ("assistant".to_owned(), text),
        ChatMessage::ToolResult { call, content } => {
            (format!("tool {} {}", call.name, call.arguments), content)
        }
    };
    let set_in = || text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n");
    (!text.trim().is_empty()).then(|| KnownVariables { from, text: set_in() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_names_sentences_and_shows_words() {
        let look = Look::read("UNPROVEN: 2, 3\n@@ R$ 9,90 | \"price\":9.9", 3).unwrap();
        assert_eq!((look.unproven.as_slice(), look.shown.len()), ([2, 3].as_slice(), 1));
        for all_right in ["UNPROVEN: none", "**UNPROVEN:** none.", "Sure:\n`UNPROVEN: Nenhuma`", "unproven:"]
        {
            assert_eq!(Look::read(all_right, 3), Some(Look::default()), "{all_right}");
        }
    }

    #[test]
    fn what_is_no_answer_of_that_form_says_nothing() {
        for answer in
            ["", "All sentences are fine.", "UNPROVEN: 4", "UNPROVEN: 0", "UNPROVEN: the second", "[1]"]
        {
            assert_eq!(Look::read(answer, 3), None, "{answer}");
        }
    }
}

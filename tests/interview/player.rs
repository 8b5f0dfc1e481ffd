//! A lead who answers what is asked from a script, and an interview that is led by the engine alone: what is heard,
//! what comes next, what it comes to. No model, no server.

use balcao::domain::ids::{ConversationId, InterviewId, MessageId};
use balcao::domain::interview::{
    Answer, EndReason, InterviewState, InterviewStep, Manner, Question, Standing, StartRule, Verdict,
};
use balcao::domain::language::Language;
use balcao::interview::definition::Definition;
use balcao::interview::hear::{Hearing, hear};
use balcao::interview::plan;
use balcao::interview::react::{Put, Reaction, Then, Words, put, react};
use balcao::interview::say::Voice;
use balcao::interview::score::verdict;
use balcao::language::detect::detect;
use balcao::prompts::Prompts;
use jiff::{ToSpan, Zoned};
use serde::Deserialize;
use std::collections::{BTreeMap, VecDeque};
use uuid::Uuid;

/// More messages than any lead sends.
pub const LONGEST: usize = 40;

/// A lead and what has to come of the interview.
#[derive(Clone, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Lead {
    /// What kind of person.
    pub name: String,
    /// Name of the interview.
    pub interview: String,
    /// The message that begins it.
    pub opening: String,
    /// What is said to a question for a field: the first time, the second …; the last one again and again.
    #[serde(default)]
    pub says: BTreeMap<String, Vec<String>>,
    /// What is said to the question for consent.
    #[serde(default = "yes")]
    pub consent: String,
    /// What is said to `is this still so?` and `did you mean?`.
    #[serde(default = "yes")]
    pub confirms: String,
    /// What is said to the summary, one after the other; then yes.
    #[serde(default)]
    pub summary: Vec<String>,
    /// Known from the CRM: field to what a person would have said.
    #[serde(default)]
    pub on_file: BTreeMap<String, String>,
    /// Goes away in the middle and comes back days later.
    #[serde(default)]
    pub returns: Option<Return>,
    /// What each field has to hold in the end, as it is shown to people.
    #[serde(default)]
    pub expect: BTreeMap<String, String>,
    /// How it ends: `completed` if nothing else is said.
    #[serde(default = "completed")]
    pub ends: String,
    /// How warm.
    #[serde(default)]
    pub temperature: Option<String>,
    /// Which route.
    #[serde(default)]
    pub route: Option<String>,
    /// At most so many questions.
    pub questions: usize,
}

/// How a lead goes away and comes back.
#[derive(Clone, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Return {
    /// When asked for this field.
    pub at: String,
    /// What is said before going; nothing if there are no words.
    #[serde(default)]
    pub leaves: Option<String>,
    /// After so many days.
    pub days: i64,
    /// What is said then.
    pub says: String,
}

/// Something a lead says, so many days after what came before.
pub struct Line {
    pub days: i64,
    pub text: String,
}

impl Line {
    /// Said at once.
    pub fn now(text: &str) -> Self {
        Self { days: 0, text: text.to_owned() }
    }
}

fn yes() -> String {
    "sim".to_owned()
}

fn completed() -> String {
    "completed".to_owned()
}

/// How an interview went.
pub struct Played {
    pub state: InterviewState,
    pub ended: Option<EndReason>,
    pub verdict: Verdict,
    /// The conversation, for the report.
    pub lines: Vec<String>,
}

/// Plays `lead` through `definition`.
pub fn play(definition: &Definition, prompts: &Prompts, lead: &Lead, now: &Zoned) -> Played {
    let language = detect(&lead.opening).unwrap_or_default();
    let voice = Voice { definition, sentences: prompts.interview(language), language };
    let (mut now, at) = (now.clone(), now.timestamp());
    let begin = |known: Vec<Answer>| {
        let step = InterviewStep::Started {
            name: definition.name.clone(),
            version: definition.version.clone(),
            rule: StartRule::Intent,
            known,
        };
        let id = InterviewId(Uuid::nil());
        InterviewState::begin(id, ConversationId(Uuid::nil()), language, &step, at).unwrap()
    };
    let mut state = begin(known(definition, &begin(Vec::new()), lead, language, &now));
    let mut script = Script::of(lead);
    let mut to_say = VecDeque::from([Line::now(&lead.opening)]);
    let mut begins = true;
    let mut lines = Vec::new();
    while let Some(Line { days, text }) = to_say.pop_front() {
        now = now.checked_add(days.days()).unwrap();
        let at = now.timestamp();
        if !begins {
            assert!(state.goes_on(definition.resume_days, at), "{} is forgotten", lead.name);
        }
        let returns = days > 0 || state.standing == Standing::Paused;
        if returns {
            state.on(&InterviewStep::Resumed { conversation: state.conversation }, at);
        }
        lines.push(format!("  > {text}"));
        let heard = hear(&Hearing { definition, state: &state, language, now: &now }, &text);
        let asks = text.contains('?');
        let words = Words { message: MessageId(Uuid::nil()), text: &text, at, begins, asks, returns };
        let Reaction { steps, said, then, .. } = react(&voice, &state, &heard, words);
        begins = false;
        for step in &steps {
            state.on(step, at);
        }
        lines.extend(said.iter().map(|said| format!("  < {said}")));
        let question = match put(definition, &state, now.date(), &then) {
            Put::End(reason) => return ended(definition, state, Some(reason), lines, &now),
            Put::Ask(question) => {
                state.on(&InterviewStep::Asked(question.clone()), at);
                question
            }
            Put::Repeat(question) => question,
            Put::Nothing => match (then, state.open_question(), state.standing) {
                (Then::Rest, Some(question), Standing::Running | Standing::Paused) => question.clone(),
                _ => break,
            },
        };
        let remaining = plan::remaining(definition, &state, now.date());
        lines.push(format!("  < {}", voice.question(&question, &state, remaining).text.replace('\n', " / ")));
        if to_say.is_empty() && lines.len() < 3 * LONGEST {
            to_say.extend(script.reply(&question));
        }
    }
    ended(definition, state, None, lines, &now)
}

fn ended(
    definition: &Definition,
    state: InterviewState,
    ended: Option<EndReason>,
    lines: Vec<String>,
    now: &Zoned,
) -> Played {
    let verdict = verdict(definition, &state, now.date(), Language::Portuguese);
    Played { state, ended, verdict, lines }
}

/// What the CRM knows of the lead.
fn known(
    definition: &Definition,
    empty: &InterviewState,
    lead: &Lead,
    language: Language,
    now: &Zoned,
) -> Vec<Answer> {
    let mut known = Vec::new();
    for (field, said) in &lead.on_file {
        let mut state = empty.clone();
        let question = Question { fields: vec![field.clone()], manner: Manner::Ask, offered: None };
        state.on(&InterviewStep::Asked(question), now.timestamp());
        let heard = hear(&Hearing { definition, state: &state, language, now }, said);
        let answer = heard.answers.into_iter().find(|answer| answer.field == *field).unwrap();
        known.push(Answer {
            field: field.clone(),
            given: answer.given,
            origin: balcao::domain::interview::AnswerOrigin::Crm,
            confidence: 90,
            words: String::new(),
            at: now.timestamp(),
        });
    }
    known
}

/// What a lead says, question by question.
pub struct Script<'a> {
    lead: &'a Lead,
    said: BTreeMap<String, usize>,
    summary: VecDeque<String>,
    was_away: bool,
}

impl<'a> Script<'a> {
    /// The script of `lead`.
    pub fn of(lead: &'a Lead) -> Self {
        let summary = lead.summary.iter().cloned().collect();
        Self { lead, said: BTreeMap::new(), summary, was_away: false }
    }

    /// What is said to `question`.
    pub fn reply(&mut self, question: &Question) -> Vec<Line> {
        let returns = self.lead.returns.as_ref().filter(|returns| question.fields.contains(&returns.at));
        if let (Some(returns), false) = (returns, self.was_away) {
            self.was_away = true;
            let back = Line { days: returns.days, text: returns.says.clone() };
            return returns.leaves.iter().map(|words| Line::now(words)).chain([back]).collect();
        }
        let text = match question.manner {
            Manner::Consent => self.lead.consent.clone(),
            Manner::Confirm | Manner::Correct => self.lead.confirms.clone(),
            Manner::Summary => self.summary.pop_front().unwrap_or_else(yes),
            Manner::Ask | Manner::Again => {
                let both: Vec<String> = question.fields.iter().map(|field| self.field(field)).collect();
                both.join(", ")
            }
        };
        vec![Line::now(&text)]
    }

    fn field(&mut self, field: &str) -> String {
        let count = self.said.entry(field.to_owned()).or_default();
        let all = self.lead.says.get(field);
        let said = all.and_then(|all| all.get(*count).or(all.last())).cloned();
        *count += 1;
        said.unwrap_or_else(|| "prefiro não dizer".to_owned())
    }
}

//! The same leads turn by turn through the whole program, over HTTP and a database: once with the built-in model alone,
//! once with a model that follows a script and has nothing of its own to say. The score is printed. A real model at
//! `BALCAO_TEST_MODEL_URL` (an OpenAI-compatible endpoint) takes the script's place and hears every lead, one at a time:
//! `BALCAO_TEST_MODEL_URL=… cargo test --features bench --test main a_scripted_model -- --nocapture`.

use super::leads::{shipped, table};
use super::player::{LONGEST, Lead, Script};
use crate::support::app::{AppOptions, Brain, TestApp, says};
use balcao::config::secret::Secret;
use balcao::domain::clock::Clock;
use balcao::domain::ids::ConversationId;
use balcao::domain::interview::{InterviewState, Standing};
use balcao::interview::definition::Definition;
use balcao::interview::say::Voice;
use balcao::llm::scripted::ScriptedModel;
use balcao::prompts::Prompts;
use balcao::store::Stores;
use futures_util::StreamExt;
use futures_util::stream;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;
use uuid::Uuid;

/// So many leads talk at once to a model that takes no time.
const AT_ONCE: usize = 4;

/// The longest that a real model may take for an answer, in milliseconds; some run on a processor.
const REAL_MODEL_MS: u64 = 300_000;

/// The Thursday of the table, going on at the machine's pace.
struct Thursday(Instant);

impl Clock for Thursday {
    fn now(&self) -> Timestamp {
        let thursday: Timestamp = "2026-11-26T12:00:00-03:00".parse().unwrap();
        thursday + SignedDuration::try_from(self.0.elapsed()).unwrap()
    }

    fn new_id(&self) -> Uuid {
        Uuid::now_v7()
    }

    fn random(&self) -> u64 {
        4
    }
}

/// What came of some leads.
#[derive(Default)]
struct Sums {
    leads: usize,
    expected: usize,
    right: usize,
    invented: usize,
    questions: usize,
    fields: usize,
    model_calls: usize,
    faults: Vec<String>,
}

async fn run(options: AppOptions, leads: &[Lead], at_once: usize) -> Sums {
    let names = ["projeto", "financiamento", "demonstracao"].map(str::to_owned).to_vec();
    let app = options
        .with(|settings| settings.interviews.active = names)
        .at(Arc::new(Thursday(Instant::now())))
        .start()
        .await;
    let stores = app.stores().await;
    let (definitions, prompts) = (shipped(), Prompts::load(None).unwrap());
    let played = stream::iter(leads).map(|lead| played(&app, &stores, lead)).buffered(at_once);
    let all: Vec<(Option<InterviewState>, usize)> = played.collect().await;
    let mut sums = Sums { leads: leads.len(), ..Sums::default() };
    for (lead, (state, model_calls)) in leads.iter().zip(all) {
        sums.model_calls += model_calls;
        match state {
            Some(state) => sums.count(lead, &definitions, &prompts, &state),
            None => sums.faults.push(format!("{}: no interview began", lead.name)),
        }
    }
    app.end().await;
    sums
}

/// The interview of a lead who talks to the program until it is over, or rests; and how often a model was asked.
async fn played(app: &TestApp, stores: &Stores, lead: &Lead) -> (Option<InterviewState>, usize) {
    let mut talk = app.talk().await;
    let id: ConversationId = talk.id.parse().unwrap();
    let mut script = Script::of(lead);
    let mut words = lead.opening.clone();
    let (mut state, mut model_calls) = (None, 0);
    for _ in 0..LONGEST {
        let answer = talk.say(&words).await;
        model_calls += answer.model_calls.len();
        let Some(newest) = stores.interviews.newest_in(id).await.unwrap() else { break };
        let now = newest.state;
        let question = now.open_question().filter(|_| now.standing == Standing::Running).cloned();
        state = Some(now);
        match question {
            Some(question) if answer.owner.is_none() => words = script.reply(&question),
            _ => break,
        }
    }
    (state, model_calls)
}

impl Sums {
    fn count(
        &mut self,
        lead: &Lead,
        definitions: &BTreeMap<String, Definition>,
        prompts: &Prompts,
        state: &InterviewState,
    ) {
        let definition = &definitions[&lead.interview];
        let language = state.language;
        let voice = Voice { definition, sentences: prompts.interview(language), language };
        let shown = |id: &str| {
            let field = definition.fields.iter().find(|field| field.id == id).unwrap();
            state.value(id).map(|value| voice.value(field, value))
        };
        let mut fault = |text: String| self.faults.push(format!("{}: {text}", lead.name));
        if state.name != lead.interview {
            return fault(format!("the interview `{}` began", state.name));
        }
        for (field, wanted) in &lead.expect {
            self.expected += 1;
            match shown(field) {
                Some(held) if held == *wanted => self.right += 1,
                held => fault(format!("{field}: {held:?} instead of {wanted:?}")),
            }
        }
        for field in state.answers.keys() {
            let said = lead.says.contains_key(field) || lead.expect.contains_key(field);
            if let (Some(value), false) = (shown(field), said) {
                self.invented += 1;
                fault(format!("{field} was invented: {value}"));
            }
        }
        if state.spent() > lead.questions {
            fault(format!("{} questions instead of {}", state.spent(), lead.questions));
        }
        if let (Some(wanted), Some(verdict)) = (&lead.temperature, &state.verdict)
            && wanted != verdict.temperature.as_str()
        {
            fault(format!("{} instead of {wanted}", verdict.temperature.as_str()));
        }
        let stands = state.standing.as_str();
        if lead.ends != "open" && lead.ends != stands {
            fault(format!("it ends {stands} instead of {}", lead.ends));
        }
        if lead.ends == "completed" {
            self.questions += state.spent();
            self.fields += definition.fields.len();
        }
    }

    #[expect(clippy::print_stdout, reason = "the score is what the leads are played for")]
    fn judge(&self, model: &str) {
        println!(
            "interviews through the program, {model}: {} leads; {} of {} fields right ({:.1} %), {} invented; \
             {} questions for {} fields; {} model calls; {} faults\n{}",
            self.leads,
            self.right,
            self.expected,
            100.0 * self.right as f64 / self.expected as f64,
            self.invented,
            self.questions,
            self.fields,
            self.model_calls,
            self.faults.len(),
            self.faults.join("\n"),
        );
        assert!(self.leads >= 20, "{} leads", self.leads);
        assert_eq!(self.invented, 0);
        assert!(self.right as f64 >= 0.97 * self.expected as f64, "{} of {}", self.right, self.expected);
        assert!(self.questions < self.fields);
        assert_eq!(self.faults, Vec::<String>::new());
    }
}

/// Leads of whom nothing is on file: visitors nobody knows.
fn strangers() -> Vec<Lead> {
    table().into_iter().filter(|lead| lead.on_file.is_empty()).collect()
}

#[tokio::test]
async fn leads_talk_to_the_program_with_the_built_in_model() {
    run(AppOptions::new(Brain::BuiltIn), &strangers(), AT_ONCE).await.judge("the built-in model");
}

#[tokio::test]
async fn leads_talk_to_the_program_with_a_scripted_model() {
    if let Ok(url) = std::env::var("BALCAO_TEST_MODEL_URL") {
        let real = AppOptions::new(Brain::BuiltIn).with(|settings| {
            settings.llm.base_url = url;
            settings.llm.api_key = Secret::new("key");
            settings.llm.chain = vec!["openai".to_owned()];
            settings.llm.timeout_first_token_ms = REAL_MODEL_MS;
            settings.llm.timeout_total_ms = REAL_MODEL_MS;
            settings.llm.retry.within_ms = REAL_MODEL_MS;
            settings.turn.max_seconds = REAL_MODEL_MS / 1000;
        });
        return run(real, &strangers(), 1).await.judge("a real model");
    }
    // Every second one. The model hears nothing that the rules do not hear, and has one answer for whatever is asked
    // beside the interview.
    let leads: Vec<Lead> = strangers().into_iter().step_by(2).collect();
    let model = ScriptedModel::new("scripted", (0..400).map(|_| says("Certo.")).collect());
    run(AppOptions::new(Brain::Own(Arc::new(model))), &leads, AT_ONCE).await.judge("a scripted model");
}

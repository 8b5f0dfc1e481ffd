//! The same leads turn by turn through the whole program, over HTTP and a database: once with the built-in model alone,
//! once with a model that follows a script and has nothing of its own to say. The score is printed. A real model at
//! `BALCAO_TEST_MODEL_URL` (an OpenAI-compatible endpoint) takes the script's place and hears every lead, one at a time:
//! `BALCAO_TEST_MODEL_URL=… cargo test --features bench --test main a_scripted_model -- --nocapture`.

use super::leads::{shipped, table};
use super::player::{LONGEST, Lead, Line, Script};
use crate::support::app::{AppOptions, Brain, TestApp, says};
use crate::support::clock::LeapingClock;
use balcao::config::secret::Secret;
use balcao::domain::ids::ConversationId;
use balcao::domain::interview::{InterviewState, Standing};
use balcao::interview::definition::Definition;
use balcao::interview::say::Voice;
use balcao::llm::scripted::ScriptedModel;
use balcao::prompts::Prompts;
use balcao::store::Stores;
use futures_util::StreamExt;
use futures_util::stream;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// So many leads talk at once to a model that takes no time.
const AT_ONCE: usize = 4;

/// The longest that a real model may take for an answer, in milliseconds; some run on a processor.
const REAL_MODEL_MS: u64 = 300_000;

/// The Thursday of the table.
const THURSDAY: &str = "2026-11-26T12:00:00-03:00";

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
    let clock = LeapingClock::at(THURSDAY);
    let options = options.with(|settings| settings.interviews.active = names);
    let app = options.at(clock.clone()).start().await;
    let stores = app.stores().await;
    let (definitions, prompts) = (shipped(), Prompts::load(None).unwrap());
    // Whoever is away moves the clock, which is everybody's.
    let (away, there): (Vec<&Lead>, Vec<&Lead>) = leads.iter().partition(|lead| lead.returns.is_some());
    let play = |lead| played(&app, &stores, &clock, lead);
    let mut all: Vec<Played> = stream::iter(&there).map(|lead| play(*lead)).buffered(at_once).collect().await;
    for lead in &away {
        all.push(play(*lead).await);
    }
    let mut sums = Sums { leads: leads.len(), ..Sums::default() };
    for (lead, Played { state, model_calls }) in there.into_iter().chain(away).zip(all) {
        sums.model_calls += model_calls;
        match state {
            Some(state) => sums.count(lead, &definitions, &prompts, &state),
            None => sums.faults.push(format!("{}: no interview began", lead.name)),
        }
    }
    app.end().await;
    sums
}

/// How the interview of a lead went.
struct Played {
    /// None if there was none.
    state: Option<InterviewState>,
    /// How often a model was asked.
    model_calls: usize,
}

/// Lets a lead talk to the program until the interview is over, or rests.
async fn played(app: &TestApp, stores: &Stores, clock: &LeapingClock, lead: &Lead) -> Played {
    let mut talk = app.talk().await;
    let id: ConversationId = talk.id.parse().unwrap();
    put_on_file(stores, id, lead).await;
    let mut script = Script::of(lead);
    let mut to_say = VecDeque::from([Line::now(&lead.opening)]);
    let mut played = Played { state: None, model_calls: 0 };
    for _ in 0..LONGEST {
        let Some(Line { days, text }) = to_say.pop_front() else { break };
        clock.wait_days(days);
        let answer = talk.say(&text).await;
        played.model_calls += answer.model_calls.len();
        let Some(newest) = stores.interviews.newest_in(id).await.unwrap() else { break };
        let now = newest.state;
        let question = now.open_question().filter(|_| now.standing == Standing::Running).cloned();
        played.state = Some(now);
        match question {
            _ if !to_say.is_empty() => {}
            Some(question) if answer.owner.is_none() => to_say.extend(script.reply(&question)),
            _ => break,
        }
    }
    played
}

/// Makes the visitor somebody whom the business knows.
async fn put_on_file(stores: &Stores, id: ConversationId, lead: &Lead) {
    if lead.on_file.is_empty() {
        return;
    }
    let conversation = stores.conversations.get(id).await.unwrap().unwrap();
    let mut contact = stores.contacts.get(conversation.contact).await.unwrap().unwrap();
    for (field, value) in &lead.on_file {
        let known = match field.as_str() {
            "name" => &mut contact.name,
            "email" => &mut contact.email,
            "phone" => &mut contact.phone,
            other => panic!("no record holds `{other}`"),
        };
        *known = Some(value.clone());
    }
    stores.contacts.save(&contact).await.unwrap();
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
            let said = said || lead.on_file.contains_key(field);
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
        let route = state.verdict.as_ref().and_then(|verdict| verdict.route.as_ref());
        if let (Some(wanted), true) = (&lead.route, state.verdict.is_some())
            && route != Some(wanted)
        {
            fault(format!("route {route:?} instead of {wanted}"));
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
        assert!(self.leads >= 60, "{} leads", self.leads);
        assert_eq!(self.invented, 0);
        assert!(self.right as f64 >= 0.97 * self.expected as f64, "{} of {}", self.right, self.expected);
        assert!(self.questions < self.fields);
        assert_eq!(self.faults, Vec::<String>::new());
    }
}

#[tokio::test]
async fn leads_talk_to_the_program_with_the_built_in_model() {
    run(AppOptions::new(Brain::BuiltIn), &table(), AT_ONCE).await.judge("the built-in model");
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
        return run(real, &table(), 1).await.judge("a real model");
    }
    // The model hears nothing that the rules do not hear, and has one answer for whatever is asked beside the interview.
    let model = ScriptedModel::new("scripted", (0..900).map(|_| says("Certo.")).collect());
    run(AppOptions::new(Brain::Own(Arc::new(model))), &table(), AT_ONCE).await.judge("a scripted model");
}

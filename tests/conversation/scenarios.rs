//! Runs the conversations of `tests/scenarios/`: the customer's words with a scripted model and the real tools, and
//! what has to come of each. The wording is the script's; calls, effects and key facts are the program's. Each is
//! played over either database.

use crate::support::app::{AppOptions, Brain, TestApp, shop_database};
use crate::support::talk::{Answer, Talk, Tool};
use balcao::domain::contact::{Identity, IdentityKind};
use balcao::llm::scripted::{Reply, ScriptedModel};
use balcao::store::Stores;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    /// What it is about.
    #[expect(dead_code, reason = "for readers of the file")]
    about: String,
    turn: Vec<Turn>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Turn {
    /// What the operator does before the customer speaks: `reply`, `take`, `return`, `close`.
    operator: Option<String>,
    /// What the customer says; `{name}` stands for something captured.
    customer: Option<String>,
    /// What the scripted model answers, with placeholders too.
    model: Vec<Value>,
    expect: Expect,
    /// What the built-in model has to come to, where that is something else.
    offline_expect: Option<Expect>,
    /// Values for later turns: name = "tool.path.in.result".
    capture: BTreeMap<String, String>,
}

#[derive(Deserialize, Default, Debug)]
#[serde(default, deny_unknown_fields)]
struct Expect {
    /// Nobody answers: a person has the conversation.
    silence: bool,
    /// `answered` unless given.
    stop_reason: Option<String>,
    /// Every call, in order.
    tools: Vec<ExpectedTool>,
    contains: Vec<String>,
    lacks: Vec<String>,
    /// Titles of the sources under the answer, in order; not looked at where absent.
    sources: Option<Vec<String>>,
    confirmation: Option<Value>,
    /// Who has the conversation afterwards, where that changed.
    owner: Option<String>,
    /// The standing appointments of the customer.
    appointments: Option<Vec<Value>>,
    /// The states of the customer's tickets.
    tickets: Option<Vec<String>>,
    /// Records of people by e-mail, with what has to stand in them.
    people: BTreeMap<String, Value>,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct ExpectedTool {
    name: String,
    #[serde(default = "done")]
    outcome: String,
    /// A part of the arguments.
    #[serde(default)]
    arguments: Value,
    /// A part of the result.
    #[serde(default)]
    result: Value,
}

fn done() -> String {
    "done".to_owned()
}

macro_rules! scenarios {
    ($($name:ident),* $(,)?) => {
        mod scripted {
            $(
                #[tokio::test]
                async fn $name() {
                    super::scripted(super::Store::Sqlite, super::text!($name)).await;
                }
            )*
        }
        mod built_in {
            $(
                #[tokio::test]
                async fn $name() {
                    super::built_in(super::Store::Sqlite, super::text!($name)).await;
                }
            )*
        }
        mod scripted_on_postgres {
            $(
                #[tokio::test]
                async fn $name() {
                    super::scripted(super::Store::Postgres, super::text!($name)).await;
                }
            )*
        }
        mod built_in_on_postgres {
            $(
                #[tokio::test]
                async fn $name() {
                    super::built_in(super::Store::Postgres, super::text!($name)).await;
                }
            )*
        }
    };
}

macro_rules! text {
    ($name:ident) => {
        include_str!(concat!("../scenarios/", stringify!($name), ".toml"))
    };
}
use text;

#[derive(Clone, Copy)]
enum Store {
    Sqlite,
    Postgres,
}

impl Store {
    async fn start(self, brain: Brain) -> TestApp {
        let options = AppOptions::new(brain);
        match self {
            Self::Sqlite => options.start().await,
            Self::Postgres => options.on(&shop_database().await).start().await,
        }
    }
}

scenarios!(
    appointment,
    order_status,
    person,
    policy,
    product_and_shipping,
    returning_lead,
    sizes,
    small_talk,
    ticket,
    unknown_question,
);

async fn scripted(store: Store, text: &str) {
    let scenario: Scenario = toml::from_str(text).unwrap();
    let model = Arc::new(ScriptedModel::new("scripted", Vec::new()));
    let app = store.start(Brain::Scripted(model.clone())).await;
    let (stores, mut talk, mut known) = (app.stores().await, app.talk().await, BTreeMap::new());
    for turn in &scenario.turn {
        for reply in &turn.model {
            model.push(serde_json::from_value::<Reply>(filled(reply, &known)).unwrap());
        }
        play(turn, &turn.expect, &mut talk, &stores, &mut known).await;
        assert_eq!(model.remaining(), 0, "not asked for behind {:?}", turn.customer);
    }
    app.end().await;
}

async fn built_in(store: Store, text: &str) {
    let scenario: Scenario = toml::from_str(text).unwrap();
    let app = store.start(Brain::BuiltIn).await;
    let (stores, mut talk, mut known) = (app.stores().await, app.talk().await, BTreeMap::new());
    for turn in &scenario.turn {
        let expect = turn.offline_expect.as_ref().unwrap_or(&turn.expect);
        play(turn, expect, &mut talk, &stores, &mut known).await;
    }
    app.end().await;
}

async fn play(
    turn: &Turn,
    expect: &Expect,
    talk: &mut Talk,
    stores: &Stores,
    known: &mut BTreeMap<String, String>,
) {
    if let Some(operator) = &turn.operator {
        talk.operator(operator, json!({"text": "Oi, aqui é a Bia. Já resolvi com você.", "name": "Bia"}))
            .await;
    }
    let Some(customer) = &turn.customer else { return };
    let customer = filled(&json!(customer), known);
    let customer = customer.as_str().unwrap();
    if expect.silence {
        let turns = talk.detail().await["turns"].clone();
        talk.send(customer).await;
        assert_eq!(talk.detail().await["turns"], turns, "nobody but a person answers {customer:?}");
        return;
    }
    let answer = talk.say(customer).await;
    let fits = std::panic::catch_unwind(|| judge(expect, &answer, known));
    fits.unwrap_or_else(|_| panic!("behind {customer:?}, expected {expect:#?}, got {answer:#?}"));
    effects(expect, talk, stores).await;
    for (name, path) in &turn.capture {
        let (tool, path) = path.split_once('.').unwrap();
        let value = path.split('.').fold(&answer.tool(tool).result["data"], |value, part| {
            match part.parse::<usize>() {
                Ok(index) => &value[index],
                Err(_) => &value[part],
            }
        });
        known.insert(name.clone(), value.as_str().unwrap().to_owned());
    }
}

fn judge(expect: &Expect, answer: &Answer, known: &BTreeMap<String, String>) {
    assert_eq!(answer.stop_reason, expect.stop_reason.as_deref().unwrap_or("answered"));
    assert_eq!(answer.tool_names(), expect.tools.iter().map(|tool| tool.name.as_str()).collect::<Vec<_>>());
    for (Tool { outcome, arguments, result, .. }, wanted) in answer.tools.iter().zip(&expect.tools) {
        assert_eq!(*outcome, wanted.outcome);
        assert!(holds(arguments, &filled(&wanted.arguments, known)), "other arguments");
        assert!(holds(&result["data"], &filled(&wanted.result, known)), "another result");
    }
    for part in &expect.contains {
        let part = filled(&json!(part), known);
        assert!(answer.text.contains(part.as_str().unwrap()), "{part} is missing");
    }
    for part in &expect.lacks {
        assert!(!answer.text.contains(part.as_str()), "{part:?} should not be there");
    }
    if let Some(sources) = &expect.sources {
        assert_eq!(answer.sources, *sources);
    }
    assert_eq!(answer.owner, expect.owner);
    let confirmation = expect.confirmation.as_ref().map(|wanted| filled(wanted, known));
    assert_eq!(answer.confirmation, confirmation);
}

/// What stands in the back office.
async fn effects(expect: &Expect, talk: &Talk, stores: &Stores) {
    let detail = talk.detail().await;
    let contact = detail["contact_id"].as_str().unwrap().parse().unwrap();
    if let Some(wanted) = &expect.appointments {
        let zone = TimeZone::get("America/Sao_Paulo").unwrap();
        let found: Vec<Value> = stores
            .backoffice
            .appointments_of(contact, Timestamp::MIN)
            .await
            .unwrap()
            .iter()
            .filter(|appointment| !matches!(appointment.status.as_str(), "cancelled"))
            .map(|appointment| {
                let start = appointment.start.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M").to_string();
                json!({"service": appointment.service, "professional": appointment.professional, "start": start})
            })
            .collect();
        assert_eq!(found, *wanted);
    }
    if let Some(wanted) = &expect.tickets {
        let tickets = stores.backoffice.tickets(contact).await.unwrap();
        assert_eq!(tickets.iter().map(|ticket| ticket.status.as_str()).collect::<Vec<_>>(), *wanted);
    }
    for (email, wanted) in &expect.people {
        let identity = Identity { kind: IdentityKind::Email, value: email.clone() };
        let person = stores.contacts.find(&identity).await.unwrap();
        let found = serde_json::to_value(person).unwrap();
        assert!(holds(&found, wanted), "{email}: {found}");
    }
}

/// Whether `part` stands in `whole`.
fn holds(whole: &Value, part: &Value) -> bool {
    match part {
        Value::Null => true,
        Value::Object(fields) => fields.iter().all(|(name, field)| match field {
            Value::Null => whole[name].is_null(),
            field => holds(&whole[name], field),
        }),
        other => whole == other,
    }
}

fn filled(value: &Value, known: &BTreeMap<String, String>) -> Value {
    match value {
        Value::String(text) => {
            let replaced = known
                .iter()
                .fold(text.clone(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value));
            Value::String(replaced)
        }
        Value::Array(items) => items.iter().map(|item| filled(item, known)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, field)| (name.clone(), filled(field, known))).collect()
        }
        other => other.clone(),
    }
}

//! What leads say and what is to be heard, as tables; and what must hold for any text at all.

mod properties;

use super::{Fault, Heard, Hearing, hear};
use crate::domain::ids::{ConversationId, InterviewId};
use crate::domain::interview::{
    Answer, AnswerOrigin, Given, InterviewState, InterviewStep, Manner, Question, Span, StartRule, Value,
};
use crate::domain::language::Language;
use crate::interview::definition::Definition;
use crate::interview::field::Kind;
use crate::language::yes_no::YesNo;
use jiff::{Timestamp, Zoned};
use serde::Deserialize;
use uuid::Uuid;

/// The present in every case: a Thursday.
fn now() -> Zoned {
    "2026-11-26T10:00:00-03:00[America/Sao_Paulo]".parse().unwrap()
}

fn definition() -> Definition {
    toml::from_str(include_str!("tests/definition.toml")).unwrap()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(default)]
    language: Language,
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What the waiting question asks for, by blanks; none: nothing was asked.
    #[serde(default)]
    asked: String,
    #[serde(default)]
    manner: Option<Manner>,
    /// Fields that were asked and answered before, by blanks, the newest last.
    #[serde(default)]
    known: String,
    say: String,
    /// What is to be heard, by ` | `, in the order of [`shown`].
    hear: String,
    /// The most that the program may be sure of any answer.
    #[serde(default)]
    sure: Option<u8>,
}

/// A state in which `known` was answered and `asked` waits.
fn state(definition: &Definition, case: &Case, language: Language) -> InterviewState {
    let at: Timestamp = "2026-11-26T12:00:00Z".parse().unwrap();
    let step = InterviewStep::Started {
        name: "test".to_owned(),
        version: "1".to_owned(),
        rule: StartRule::Intent,
        known: Vec::new(),
    };
    let conversation = ConversationId(Uuid::from_u128(1));
    let mut state =
        InterviewState::begin(InterviewId(Uuid::from_u128(2)), conversation, language, &step, at).unwrap();
    let question =
        |fields: Vec<String>, manner: Manner, offered: Option<Value>| Question { fields, manner, offered };
    for id in case.known.split_whitespace() {
        state.on(&InterviewStep::Asked(question(vec![id.to_owned()], Manner::Ask, None)), at);
        let field = definition.fields.iter().find(|field| field.id == id).unwrap();
        let value = match field.kind {
            Kind::Money => Value::Money(Span::exactly(500_000)),
            Kind::Number | Kind::People => Value::Number(Span::exactly(5)),
            Kind::Email => Value::Email("outra@exemplo.com".to_owned()),
            Kind::Choice => Value::Choices(vec![field.choices[0].id.clone()]),
            _ => Value::Text("antes".to_owned()),
        };
        let answer = Answer {
            field: id.to_owned(),
            given: Given::Value(value),
            origin: AnswerOrigin::Channel,
            confidence: 95,
            words: String::new(),
            at,
        };
        state.on(&InterviewStep::Heard { answers: vec![answer] }, at);
    }
    let asked: Vec<String> = case.asked.split_whitespace().map(str::to_owned).collect();
    if !asked.is_empty() || case.manner.is_some() {
        let manner = case.manner.unwrap_or(Manner::Ask);
        let offered =
            matches!(manner, Manner::Confirm | Manner::Correct).then(|| Value::Text("x".to_owned()));
        state.on(&InterviewStep::Asked(question(asked, manner, offered)), at);
    }
    state
}

fn span(span: Span, unit: i64) -> String {
    let end = |end: Option<i64>| match end {
        None => "*".to_owned(),
        Some(value) if value % unit == 0 => (value / unit).to_string(),
        Some(value) => format!("{}.{:02}", value / unit, value % unit),
    };
    if span.low == span.high { end(span.low) } else { format!("{}..{}", end(span.low), end(span.high)) }
}

fn value(value: &Value) -> String {
    match value {
        Value::Text(text)
        | Value::Name(text)
        | Value::Email(text)
        | Value::Phone(text)
        | Value::Cpf(text)
        | Value::Cnpj(text)
        | Value::PostalCode(text) => text.clone(),
        Value::Choices(taken) => taken.join("+"),
        Value::Money(money) => span(*money, 100),
        Value::Number(number) => span(*number, 1),
        Value::YesNo(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Days { from, until } if from == until && from.is_some() => from.unwrap().to_string(),
        Value::Days { from, until } => {
            let end = |day: &Option<jiff::civil::Date>| day.map_or("*".to_owned(), |day| day.to_string());
            format!("{}..{}", end(from), end(until))
        }
    }
}

/// What was heard in one line: answers, offers (`?`), problems (`!`), then the rest.
fn shown(heard: &Heard) -> String {
    let mut parts = Vec::new();
    for answer in &heard.answers {
        let given = match answer.given.value() {
            Some(given) => value(given),
            None if answer.given == Given::Refused => "refused".to_owned(),
            None => "unknown".to_owned(),
        };
        parts.push(format!("{}={given}", answer.field));
    }
    parts.extend(heard.offers.iter().map(|(field, offered)| format!("{field}?{}", value(offered))));
    parts.extend(heard.problems.iter().map(|problem| format!("{}!{:?}", problem.field, problem.fault)));
    parts.extend(heard.yes_no.map(|answer| if answer == YesNo::Yes { "yes" } else { "no" }.to_owned()));
    let why = || heard.why_of.as_ref().map_or("why".to_owned(), |field| format!("why({field})"));
    parts.extend(heard.asks_why.then(why));
    parts.extend(heard.asks_something.then(|| "something".to_owned()));
    parts.extend(heard.wants.map(|want| format!("{want:?}")));
    parts.join(" | ")
}

/// How many of a table's cases are heard right, and those that are not.
fn score(table: &str) -> (usize, usize, Vec<String>) {
    let table: Table = toml::from_str(table).unwrap();
    let definition = definition();
    let now = now();
    let mut wrong = Vec::new();
    for case in &table.case {
        let state = state(&definition, case, table.language);
        let hearing = Hearing { definition: &definition, state: &state, language: table.language, now: &now };
        let heard = hear(&hearing, &case.say);
        let got = shown(&heard);
        let most = heard.answers.iter().map(|answer| answer.confidence).max().unwrap_or(0);
        let too_sure = case.sure.is_some_and(|sure| most > sure);
        if got != case.hear || too_sure {
            wrong.push(format!(
                "{:?} asked [{}]: expected `{}`, heard `{got}` ({most})",
                case.say, case.asked, case.hear
            ));
        }
        assert!(heard.answers.iter().all(|answer| case.say.contains(&answer.words)), "{}", case.say);
    }
    (table.case.len() - wrong.len(), table.case.len(), wrong)
}

#[test]
fn what_leads_say_is_heard() {
    let (mut right, mut all, mut wrong) = (0, 0, Vec::new());
    for (name, table) in [
        ("portuguese", include_str!("tests/portuguese.toml")),
        ("portuguese, values", include_str!("tests/values.toml")),
        ("portuguese, traps", include_str!("tests/traps.toml")),
        ("portuguese, talk", include_str!("tests/talk.toml")),
        ("english", include_str!("tests/english.toml")),
        ("spanish", include_str!("tests/spanish.toml")),
    ] {
        let (table_right, table_all, table_wrong) = score(table);
        println!("{name}: {table_right} of {table_all}");
        right += table_right;
        all += table_all;
        wrong.extend(table_wrong);
    }
    println!("heard right: {right} of {all}");
    assert!(all >= 250, "{all}");
    assert!(wrong.is_empty(), "{} of {all} wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_problem_keeps_the_words() {
    let definition = definition();
    let now = now();
    let case = Case {
        asked: "cpf".to_owned(),
        manner: None,
        known: String::new(),
        say: "é 529.982.247-26".to_owned(),
        hear: String::new(),
        sure: None,
    };
    let state = state(&definition, &case, Language::Portuguese);
    let hearing =
        Hearing { definition: &definition, state: &state, language: Language::Portuguese, now: &now };
    let heard = hear(&hearing, &case.say);
    assert_eq!(heard.problems[0].fault, Fault::CheckDigits);
    assert_eq!(heard.problems[0].words, "529.982.247-26");
    assert!(!heard.is_nothing() && hear(&hearing, "").is_nothing());
    assert!(heard.answers.is_empty());
}

//! What holds for every interview and every lead: it ends, within its budget, never asks what is known, and what the
//! lead is worth does not hang on the order of the answers.

use super::definition::Definition;
use super::field::{Field, Kind};
use super::plan::{Move, next};
use super::read::read;
use super::score::verdict;
use crate::domain::ids::{ConversationId, InterviewId, MessageId};
use crate::domain::interview::{
    Answer, AnswerOrigin, ConsentGiven, EndReason, Given, InterviewState, InterviewStep, Manner, Question,
    Span, StartRule, Temperature, Value,
};
use crate::domain::language::Language;
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

const TODAY: Date = date(2026, 11, 26);

fn shipped() -> Vec<Definition> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts/interviews");
    let mut definitions = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        definitions.push(read(&path.display().to_string(), &text).unwrap());
    }
    assert_eq!(definitions.len(), 3);
    definitions.sort_by(|left, right| left.name.cmp(&right.name));
    definitions
}

fn now() -> Timestamp {
    "2026-11-26T15:00:00Z".parse().unwrap()
}

fn begin(definition: &Definition, known: Vec<Answer>) -> InterviewState {
    let step = InterviewStep::Started {
        name: definition.name.clone(),
        version: definition.version.clone(),
        rule: StartRule::Intent,
        known,
    };
    let id = InterviewId(Uuid::nil());
    InterviewState::begin(id, ConversationId(Uuid::nil()), Language::Portuguese, &step, now()).unwrap()
}

/// A value of the field, chosen by `seed`.
fn some_value(field: &Field, seed: u64) -> Value {
    let number = i64::try_from(seed % 200_000).unwrap();
    match field.kind {
        Kind::Text => Value::Text(format!("palavras {seed}")),
        Kind::Name => Value::Name("Ana Lima".to_owned()),
        Kind::Choice => {
            let taken = usize::try_from(seed).unwrap() % field.choices.len();
            Value::Choices(vec![field.choices[taken].id.clone()])
        }
        Kind::Money => Value::Money(match seed % 3 {
            0 => Span::exactly(number * 100),
            1 => Span { low: Some(number * 50), high: Some(number * 100) },
            _ => Span { low: None, high: Some(number * 100) },
        }),
        Kind::Number | Kind::People => Value::Number(Span::exactly(number % 500 + 1)),
        Kind::Deadline => Value::Days {
            from: None,
            until: Some(TODAY.saturating_add(jiff::Span::new().days(number % 400))),
        },
        Kind::YesNo => Value::YesNo(seed.is_multiple_of(2)),
        Kind::Email => Value::Email("ana@example.com".to_owned()),
        Kind::Phone => Value::Phone("+5511955550101".to_owned()),
        Kind::Cpf => Value::Cpf("52998224725".to_owned()),
        Kind::Cnpj => Value::Cnpj("11222333000181".to_owned()),
        Kind::PostalCode => Value::PostalCode(format!("{:08}", number * 400 % 100_000_000)),
    }
}

fn answer(field: &str, given: Given, at: Timestamp) -> Answer {
    Answer {
        field: field.to_owned(),
        given,
        origin: AnswerOrigin::Said(MessageId(Uuid::nil())),
        confidence: 95,
        words: "assim".to_owned(),
        at,
    }
}

fn answered(field: &Field, seed: u64) -> Answer {
    answer(&field.id, Given::Value(some_value(field, seed)), now())
}

/// What a lead does with a question, chosen by `seed`.
fn reply(definition: &Definition, question: &Question, seed: u64) -> InterviewStep {
    let field = |id: &String| definition.fields.iter().find(|field| field.id == *id).unwrap();
    match question.manner {
        Manner::Consent => InterviewStep::Consented(ConsentGiven {
            version: "1".to_owned(),
            agreed: !seed.is_multiple_of(5),
            words: "sim".to_owned(),
            at: now(),
        }),
        Manner::Summary => InterviewStep::Heard { answers: Vec::new() },
        Manner::Ask | Manner::Again | Manner::Confirm | Manner::Correct => {
            let given = |id: &String| match seed % 7 {
                0 => answer(id, Given::Refused, now()),
                1 => answer(id, Given::DoesNotKnow, now()),
                2 => answer(id, Given::Withdrawn, now()),
                _ => answered(field(id), seed / 7),
            };
            match seed % 11 {
                0 => InterviewStep::Unheard,
                1 => InterviewStep::Heard { answers: question.fields.iter().take(1).map(given).collect() },
                _ => InterviewStep::Heard { answers: question.fields.iter().map(given).collect() },
            }
        }
    }
}

/// The lead goes back to the question before. Whether there is one.
fn go_back(state: &mut InterviewState) -> bool {
    let before = state.asked.iter().rev().skip(1).flat_map(|question| &question.fields);
    let Some(field) = before.clone().find(|field| state.is_answered(field)).cloned() else { return false };
    let question = Question { fields: vec![field.clone()], manner: Manner::Ask, offered: None };
    state.on(&InterviewStep::WentBack { field: field.clone() }, now());
    state.on(&InterviewStep::Heard { answers: vec![answer(&field, Given::Withdrawn, now())] }, now());
    state.on(&InterviewStep::Asked(question), now());
    true
}

proptest! {
    #[test]
    fn an_interview_ends_within_its_budget_and_never_asks_what_is_known(
        which in 0_usize..3,
        volunteered in proptest::collection::vec((any::<prop::sample::Index>(), any::<u64>()), 0..6),
        on_file in proptest::collection::vec((any::<prop::sample::Index>(), any::<u64>(), 0_i64..700), 0..4),
        seeds in proptest::collection::vec(any::<u64>(), 60),
    ) {
        let definition = shipped().remove(which);
        let known = on_file.iter().map(|(index, seed, days)| {
            let mut known = answered(index.get(&definition.fields), *seed);
            known.origin = AnswerOrigin::Crm;
            known.at = now() - SignedDuration::from_hours(24 * days);
            known
        }).collect();
        let mut state = begin(&definition, known);
        let first = volunteered.iter().map(|(index, seed)| answered(index.get(&definition.fields), *seed)).collect();
        state.on(&InterviewStep::Heard { answers: first }, now());
        let mut end = None;
        for seed in seeds {
            match next(&definition, &state, TODAY) {
                Move::End(reason) => {
                    end = Some(reason);
                    break;
                }
                Move::Ask(question) => {
                    prop_assert!(question.fields.len() <= 2);
                    for field in &question.fields {
                        prop_assert!(question.manner == Manner::Confirm || !state.is_answered(field), "{field} is known");
                        let sensitive = definition.fields.iter().any(|known| known.id == *field && known.sensitive);
                        prop_assert!(!sensitive || state.consent.as_ref().is_some_and(|consent| consent.agreed));
                    }
                    state.on(&InterviewStep::Asked(question.clone()), now());
                    prop_assert!(state.spent() <= definition.budget, "{} questions", state.spent());
                    if seed.is_multiple_of(13) && go_back(&mut state) {
                        prop_assert!(state.spent() <= definition.budget, "{} questions", state.spent());
                        continue;
                    }
                    state.on(&reply(&definition, &question, seed), now());
                }
            }
        }
        prop_assert!(end.is_some(), "it goes on and on: {:?}", state.asked);
        if end == Some(EndReason::Completed) {
            let worth = verdict(&definition, &state, TODAY, Language::Portuguese);
            prop_assert!(worth.temperature != Temperature::Disqualified);
        }
    }

    #[test]
    fn the_order_of_answers_does_not_change_what_a_lead_is_worth(
        which in 0_usize..3,
        seeds in proptest::collection::vec(any::<u64>(), 12),
        order in Just((0..12_usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let definition = shipped().remove(which);
        let answers: Vec<Answer> =
            definition.fields.iter().zip(&seeds).map(|(field, seed)| answered(field, *seed)).collect();
        let mut straight = begin(&definition, Vec::new());
        straight.on(&InterviewStep::Heard { answers: answers.clone() }, now());
        let mut shuffled = begin(&definition, Vec::new());
        for index in order {
            if let Some(answer) = answers.get(index) {
                shuffled.on(&InterviewStep::Heard { answers: vec![answer.clone()] }, now());
            }
        }
        let worth = |state: &InterviewState| verdict(&definition, state, TODAY, Language::Portuguese);
        prop_assert_eq!(worth(&straight), worth(&shuffled));
    }

    #[test]
    fn what_a_person_edited_stays(seed in any::<u64>(), other in any::<u64>()) {
        let definition = shipped().remove(0);
        let field = &definition.fields[usize::try_from(seed % 5).unwrap()];
        let mut state = begin(&definition, Vec::new());
        let mut edited = answered(field, seed);
        edited.origin = AnswerOrigin::Person("Marina".to_owned());
        state.on(&InterviewStep::Edited { answers: vec![edited.clone()] }, now());
        state.on(&InterviewStep::Heard { answers: vec![answered(field, other)] }, now());
        prop_assert_eq!(&state.answers[&field.id], &edited);
    }
}

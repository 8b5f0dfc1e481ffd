//! The step function: every turn ends, every call has one outcome, and the limits hold whatever a model does.

use balcao::agent::step::{Happened, Next, PlannedCall, Turn, Verdict};
use balcao::config::turn::TurnSettings;
use balcao::domain::effect::Effect;
use balcao::domain::ids::CallId;
use balcao::domain::tool_call::{RefusalClass, ToolCall, ToolOutcome};
use balcao::domain::turn::{StopReason, Usage};
use balcao::llm::model::{ChatMessage, ModelErrorKind, Resort, ToolChoice};
use balcao::llm::scripted::transcript_faults;
use proptest::prelude::*;
use serde_json::json;

fn limits() -> TurnSettings {
    let table: toml::Table = include_str!("../../src/config/default/turn.toml").parse().unwrap();
    table["turn"].clone().try_into().unwrap()
}

fn call(step: u32, index: usize, name: &str) -> ToolCall {
    ToolCall { id: CallId::at(step, index), name: name.to_owned(), arguments: json!({}) }
}

fn answered(text: &str, calls: Vec<ToolCall>) -> Happened {
    Happened::Answered { text: text.to_owned(), calls, usage: Usage::default() }
}

fn done(effects: Vec<Effect>) -> ToolOutcome {
    ToolOutcome::Done { data: json!({"ok": true}), effects, sources: Vec::new(), cut: false }
}

fn reason(next: &Next) -> Option<StopReason> {
    match next {
        Next::Stop(ending) => Some(ending.reason),
        Next::AskModel(_) | Next::Shorten(_) | Next::MakeCalls(_) | Next::Judge(_) | Next::Wait => None,
    }
}

/// Ends every planned call with `outcome` and returns what comes then.
fn end_all(turn: &mut Turn, next: Next, outcome: &ToolOutcome) -> Next {
    let Next::MakeCalls(planned) = next else { panic!("no calls: {next:?}") };
    planned.into_iter().fold(Next::Wait, |_, PlannedCall { call, refused }| {
        turn.on(Happened::CallEnded { call, outcome: refused.unwrap_or_else(|| outcome.clone()) })
    })
}

#[test]
fn the_model_is_asked_again_only_when_every_call_has_ended() {
    let mut turn = Turn::new(limits());
    turn.on(answered("", vec![call(1, 0, "a"), call(1, 1, "b")]));
    let first = turn.on(Happened::CallEnded { call: call(1, 1, "b"), outcome: done(Vec::new()) });
    assert_eq!(first, Next::Wait);
    let second = turn.on(Happened::CallEnded { call: call(1, 0, "a"), outcome: done(Vec::new()) });
    assert_eq!(second, Next::AskModel(ToolChoice::Auto));
}

#[test]
fn forty_calls_at_once_are_cut_to_the_limit() {
    let mut turn = Turn::new(limits());
    let many = (0..40).map(|index| call(1, index, &format!("tool_{index}"))).collect();
    let Next::MakeCalls(planned) = turn.on(answered("", many)) else { panic!() };
    assert_eq!(planned.len(), 40, "every call gets an outcome");
    let made = planned.iter().filter(|planned| planned.refused.is_none()).count();
    assert_eq!(made, limits().max_calls_per_step);
}

#[test]
fn bad_arguments_go_back_at_most_twice_then_words_are_forced() {
    let mut turn = Turn::new(limits());
    let bad = ToolOutcome::Refused { reason: "no".into(), class: RefusalClass::BadArguments };
    for step in 1..=3 {
        let mut wrong = call(step, 0, "t");
        wrong.arguments = json!({ "n": step });
        let next = turn.on(answered("", vec![wrong]));
        let next = end_all(&mut turn, next, &bad);
        let expected = if step <= 2 { ToolChoice::Auto } else { ToolChoice::None };
        assert_eq!(next, Next::AskModel(expected), "step {step}");
    }
}

#[test]
fn several_bad_calls_of_one_answer_are_one_round() {
    let mut turn = Turn::new(limits());
    let bad = ToolOutcome::Refused { reason: "no".into(), class: RefusalClass::BadArguments };
    for step in 1..=3 {
        let wrong = ["a", "b", "c", "d"].iter().enumerate();
        let wrong = wrong.map(|(index, name)| call(step, index, &format!("{name}{step}"))).collect();
        let next = turn.on(answered("", wrong));
        let next = end_all(&mut turn, next, &bad);
        let expected = if step <= 2 { ToolChoice::Auto } else { ToolChoice::None };
        assert_eq!(next, Next::AskModel(expected), "step {step}");
    }
}

#[test]
fn nothing_twice_is_garbage_and_every_failure_has_its_reason() {
    let mut turn = Turn::new(limits());
    assert_eq!(turn.on(answered("  ", Vec::new())), Next::AskModel(ToolChoice::Auto));
    assert_eq!(turn.resort(), Resort::First);
    assert_eq!(turn.on(answered("", Vec::new())), Next::AskModel(ToolChoice::Auto));
    assert_eq!(turn.resort(), Resort::Last, "the built-in model has a try");
    let none = Happened::ModelFailed(ModelErrorKind::Permanent);
    assert_eq!(reason(&turn.on(none)), Some(StopReason::ModelGarbage));
    for (kind, expected) in [
        (ModelErrorKind::Transient { retry_after: None }, StopReason::ModelUnavailable),
        (ModelErrorKind::Exhausted, StopReason::ModelUnavailable),
        (ModelErrorKind::OverQuota { retry_after: std::time::Duration::from_secs(9) }, StopReason::OverQuota),
        (ModelErrorKind::Refused, StopReason::ModelRefused),
    ] {
        assert_eq!(reason(&Turn::new(limits()).on(Happened::ModelFailed(kind))), Some(expected));
    }
}

#[test]
fn a_transcript_that_is_too_long_is_cut_once() {
    let mut turn = Turn::new(limits());
    let too_long = || Happened::ModelFailed(ModelErrorKind::TooLong);
    assert_eq!(turn.on(too_long()), Next::Shorten(ToolChoice::Auto));
    assert_eq!(reason(&turn.on(too_long())), Some(StopReason::TokenLimit));
}

#[test]
fn the_built_in_model_takes_over_from_what_was_done_not_from_what_went_wrong() {
    let mut turn = Turn::new(limits());
    let next = turn.on(answered("", vec![call(1, 0, "good"), call(1, 1, "bad")]));
    let Next::MakeCalls(planned) = next else { panic!() };
    for PlannedCall { call, .. } in planned {
        let refused = ToolOutcome::Refused { reason: "no".into(), class: RefusalClass::BadArguments };
        let outcome = if call.name == "good" { done(vec![Effect::Wrote]) } else { refused };
        turn.on(Happened::CallEnded { call, outcome });
    }
    assert!(turn.has_results());
    turn.on(answered("Custa 5 reais.", Vec::new()));
    turn.on(Happened::Judged(Verdict::Repair { reason: "unproven".into() }));
    turn.on(answered("Custa 5 reais.", Vec::new()));
    assert_eq!(turn.on(Happened::Judged(Verdict::Withhold)), Next::AskModel(ToolChoice::Auto));
    assert_eq!(turn.resort(), Resort::Last);
    let [ChatMessage::Assistant { calls, .. }, ChatMessage::ToolResult { call, .. }] = turn.transcript()
    else {
        panic!("{:#?}", turn.transcript())
    };
    assert_eq!((calls.len(), call.name.as_str()), (1, "good"));
    turn.on(answered("Pronto.", Vec::new()));
    let end = turn.on(Happened::Judged(Verdict::Withhold));
    assert_eq!(reason(&end), Some(StopReason::GuardWithheld), "once");
}

fn outcome() -> impl Strategy<Value = ToolOutcome> {
    let refused = |class| ToolOutcome::Refused { reason: "no".into(), class };
    prop_oneof![
        Just(done(Vec::new())),
        Just(done(vec![Effect::Wrote])),
        Just(refused(RefusalClass::BadArguments)),
        Just(refused(RefusalClass::NotSaid)),
        Just(ToolOutcome::Unknown { reason: "?".into() }),
    ]
}

proptest! {
    /// Whatever a model answers and however calls end, the turn stops within its steps, and at each model call every
    /// call of the transcript has exactly one result right behind it.
    #[test]
    fn every_turn_ends_with_a_whole_transcript(
        script in prop::collection::vec((prop::collection::vec(0..4_usize, 0..12), any::<bool>(), outcome()), 1..40)
    ) {
        let limits = limits();
        let mut turn = Turn::new(limits.clone());
        let mut next = turn.begin();
        let mut asked = 0;
        let mut script = script.into_iter().cycle();
        for _ in 0..1_000 {
            next = match next {
                Next::Shorten(_) => return Err(TestCaseError::fail("nothing was too long")),
                Next::AskModel(_) => {
                    asked += 1;
                    // The built-in model may be asked three times more.
                    prop_assert!(asked <= limits.max_steps + 3);
                    let mut shown = vec![ChatMessage::System("rules".into()), ChatMessage::Customer("oi".into())];
                    shown.extend(turn.transcript().iter().cloned());
                    prop_assert!(transcript_faults(&shown).is_empty(), "{:?}", transcript_faults(&shown));
                    let (names, words, _) = script.next().unwrap();
                    let step = turn.step();
                    let made =
                        names.iter().enumerate().map(|(index, name)| call(step, index, &format!("t{name}"))).collect();
                    turn.on(answered(if words { "texto" } else { "" }, made))
                }
                Next::MakeCalls(planned) => {
                    let (_, _, outcome) = script.next().unwrap();
                    end_all(&mut turn, Next::MakeCalls(planned), &outcome)
                }
                Next::Judge(text) => turn.on(Happened::Judged(Verdict::Send(text))),
                Next::Wait => return Err(TestCaseError::fail("waits for nothing")),
                Next::Stop(_) => return Ok(()),
            };
        }
        prop_assert!(false, "the turn does not end");
    }
}

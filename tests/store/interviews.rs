//! Interviews as rows: written with the turn that led them, changed by people, given to whoever waited longest.

use super::support::{Bench, finished, on_every_store};
use balcao::domain::contact::ConsentRecord;
use balcao::domain::conversation::Conversation;
use balcao::domain::event::EventBody;
use balcao::domain::ids::{ConversationId, InterviewId};
use balcao::domain::interview::{
    Answer, AnswerOrigin, EndReason, Given, InterviewStep, Manner, Question, Standing, StartRule,
    Temperature, Value, Verdict,
};
use balcao::domain::message::Role;
use balcao::domain::turn::Claim;
use balcao::store::error::StoreError;
use balcao::store::interviews::{
    Amendment, InterviewFilter, InterviewRecord, NewInterview, Opening, Rating, Seen,
};
use balcao::store::turns::TurnCommit;
use std::time::Duration;

on_every_store!(
    a_commit_writes_the_row_with_the_log,
    a_lost_claim_writes_no_row,
    what_was_appended_before_a_crash_is_in_the_row,
    an_edit_during_a_turn_is_not_lost,
    an_interview_goes_on_in_another_conversation,
    a_change_at_the_moment_it_goes_on_elsewhere_does_not_take_it_back,
    interviews_are_listed_by_what_they_are,
    what_is_amended_twice_is_amended_once,
    a_lead_is_looked_after_until_somebody_knows,
    a_consent_is_kept_once,
    two_that_give_leads_out_at_once_give_to_different_people,
    a_correction_is_rated_and_moves_a_lead_that_nobody_has_seen,
    a_correction_that_others_know_nothing_of_is_still_looked_after,
    a_person_begins_an_interview_when_nobody_else_is_at_it,
    every_interview_of_a_contact_has_a_name,
);

fn started(name: &str) -> InterviewStep {
    let known = Vec::new();
    InterviewStep::Started { name: name.to_owned(), version: "1".to_owned(), rule: StartRule::Intent, known }
}

fn asked(field: &str) -> InterviewStep {
    let fields = vec![field.to_owned()];
    InterviewStep::Asked(Question { fields, manner: Manner::Ask, offered: None })
}

fn answer(bench: &Bench, field: &str, text: &str) -> Answer {
    Answer {
        field: field.to_owned(),
        given: Given::Value(Value::Text(text.to_owned())),
        origin: AnswerOrigin::Person("Ana".to_owned()),
        confidence: 90,
        words: format!("{text} \0 🙂"),
        at: bench.now(),
    }
}

fn ended(route: Option<&str>) -> InterviewStep {
    let verdict = Verdict {
        temperature: Temperature::Hot,
        score: 80,
        confidence: 90,
        qualified: true,
        segment: None,
        route: route.map(str::to_owned),
        reasons: vec!["+25 need".to_owned()],
    };
    InterviewStep::Ended { reason: EndReason::Completed, verdict: Some(verdict) }
}

fn events(id: InterviewId, steps: Vec<InterviewStep>) -> Vec<EventBody> {
    steps.into_iter().map(|step| EventBody::Interview { interview: id, step: Box::new(step) }).collect()
}

fn commit(id: InterviewId, steps: Vec<InterviewStep>) -> TurnCommit {
    let mut events = events(id, steps);
    events.push(finished());
    TurnCommit { events, interview: Some(id), ..TurnCommit::default() }
}

async fn turn(bench: &Bench, conversation: ConversationId) -> Claim {
    bench.said(conversation, "oi").await;
    bench.claimed(conversation).await
}

/// An interview that was led in a turn of its own.
async fn led(bench: &Bench, name: &str, mut steps: Vec<InterviewStep>) -> (Conversation, InterviewId) {
    let conversation = bench.opened().await;
    let id = InterviewId(balcao::domain::clock::Clock::new_id(bench.clock.as_ref()));
    let claim = turn(bench, conversation.id).await;
    steps.insert(0, started(name));
    bench.stores.turns.commit(&claim, commit(id, steps), bench.now()).await.unwrap();
    (conversation, id)
}

async fn got(bench: &Bench, id: InterviewId) -> InterviewRecord {
    bench.stores.interviews.get(id).await.unwrap().expect("there is a row")
}

async fn a_commit_writes_the_row_with_the_log(bench: Bench) {
    let (conversation, id) = led(&bench, "projeto", vec![asked("need")]).await;
    let record = got(&bench, id).await;
    let kept = bench.get(conversation.id).await;
    assert!(kept.interviewed && !conversation.interviewed);
    assert_eq!((record.contact, record.seq), (conversation.contact, kept.last_seq - 1));
    assert_eq!((record.state.name.as_str(), record.state.standing), ("projeto", Standing::Running));
    let quiet = bench.later(Duration::from_secs(3_600));
    assert!(record.state.waiting && record.follow_up_at == Some(quiet), "whoever keeps quiet is looked at");
    assert_eq!(bench.stores.interviews.newest_in(conversation.id).await.unwrap(), Some(record.clone()));
    assert_eq!(bench.stores.interviews.newest_of(conversation.contact).await.unwrap(), Some(record));
    let claim = turn(&bench, conversation.id).await;
    let heard = InterviewStep::Heard { answers: vec![answer(&bench, "need", "varanda")] };
    bench.stores.turns.commit(&claim, commit(id, vec![heard]), bench.now()).await.unwrap();
    let record = got(&bench, id).await;
    assert_eq!(record.state.answers["need"], answer(&bench, "need", "varanda"));
    let other = bench.opened().await;
    assert!(!other.interviewed, "somebody else's interview");
    assert_eq!(bench.stores.interviews.newest_of(other.contact).await.unwrap(), None);
}

async fn a_lost_claim_writes_no_row(bench: Bench) {
    let conversation = bench.opened().await.id;
    let claim = turn(&bench, conversation).await;
    let person = balcao::domain::conversation::Owner::Person { name: "Bia".to_owned() };
    bench.stores.conversations.change_owner(conversation, bench.owner_change(person)).await.unwrap();
    let id = InterviewId(conversation.0);
    let committed = bench.stores.turns.commit(&claim, commit(id, vec![started("x")]), bench.now()).await;
    assert!(matches!(committed, Err(StoreError::Stale)), "{committed:?}");
    assert_eq!(bench.stores.interviews.get(id).await.unwrap(), None);
}

async fn what_was_appended_before_a_crash_is_in_the_row(bench: Bench) {
    let conversation = bench.opened().await.id;
    let claim = turn(&bench, conversation).await;
    let id = InterviewId(conversation.0);
    let begun = events(id, vec![started("projeto"), asked("need")]);
    bench.stores.turns.append(&claim, begun, bench.now()).await.unwrap();
    bench.advance(super::support::LEASE * 2);
    let resumed = bench.claimed(conversation).await;
    assert!(resumed.resumed);
    bench.stores.turns.commit(&resumed, commit(id, vec![InterviewStep::Unheard]), bench.now()).await.unwrap();
    let state = got(&bench, id).await.state;
    assert_eq!((state.asked.len(), state.waiting), (1, false));
}

async fn an_edit_during_a_turn_is_not_lost(bench: Bench) {
    let (conversation, id) = led(&bench, "projeto", vec![asked("need")]).await;
    let claim = turn(&bench, conversation.id).await;
    let early = InterviewStep::Heard { answers: vec![answer(&bench, "name", "Rui")] };
    bench.stores.turns.append(&claim, events(id, vec![early]), bench.now()).await.unwrap();
    let edited = Amendment::Edited { answers: vec![answer(&bench, "need", "escritório")], rating: None };
    let record = bench.stores.interviews.amend(id, edited, bench.now()).await.unwrap();
    assert_eq!(record.state.locked, ["need"]);
    assert!(record.state.is_answered("name"), "what the turn had appended counts");
    let late = vec![answer(&bench, "need", "varanda"), answer(&bench, "budget", "5 mil")];
    let heard = InterviewStep::Heard { answers: late };
    bench.stores.turns.commit(&claim, commit(id, vec![heard]), bench.now()).await.unwrap();
    let state = got(&bench, id).await.state;
    assert_eq!(state.answers["need"], answer(&bench, "need", "escritório"), "the field is locked");
    assert!(state.is_answered("budget") && state.is_answered("name"));
    assert_eq!(bench.kinds(conversation.id).await.iter().filter(|kind| **kind == "interview").count(), 5);
}

async fn an_interview_goes_on_in_another_conversation(bench: Bench) {
    let (first, id) = led(&bench, "projeto", vec![asked("need"), InterviewStep::Paused]).await;
    let mut opening = bench.opening();
    opening.identity = bench.stores.conversations.identity(first.id).await.unwrap().unwrap();
    let second = bench.stores.conversations.open(opening).await.unwrap();
    assert_eq!(second.contact, first.contact);
    assert!(second.interviewed);
    for (here, field) in [(second.id, "name"), (first.id, "budget"), (second.id, "when")] {
        let claim = turn(&bench, here).await;
        let steps = vec![
            InterviewStep::Resumed { conversation: here },
            InterviewStep::Heard { answers: vec![answer(&bench, field, "sim")] },
        ];
        bench.stores.turns.commit(&claim, commit(id, steps), bench.now()).await.unwrap();
        let record = got(&bench, id).await;
        assert_eq!((record.state.conversation, record.state.standing), (here, Standing::Running));
        assert!(record.state.is_answered(field));
    }
    let record = got(&bench, id).await;
    assert_eq!(record.state.answers.len(), 3);
    assert_eq!(record.state.asked.len(), 1, "nothing is counted twice");
    assert_eq!(bench.stores.interviews.newest_in(first.id).await.unwrap(), None);
}

async fn a_change_at_the_moment_it_goes_on_elsewhere_does_not_take_it_back(bench: Bench) {
    for round in 0..12 {
        let (first, id) = led(&bench, "projeto", vec![asked("need")]).await;
        let mut opening = bench.opening();
        opening.identity = bench.stores.conversations.identity(first.id).await.unwrap().unwrap();
        let second = bench.stores.conversations.open(opening).await.unwrap();
        let claim = turn(&bench, second.id).await;
        let steps = vec![InterviewStep::Resumed { conversation: second.id }];
        let (interviews, now, seen) = (&bench.stores.interviews, bench.now(), got(&bench, id).await.seen());
        let wait = || interviews.amend(id, Amendment::Waits { again_at: None, seen }, now);
        let (_, _, _, committed) =
            tokio::join!(wait(), wait(), wait(), bench.stores.turns.commit(&claim, commit(id, steps), now));
        committed.unwrap();
        assert_eq!(got(&bench, id).await.state.conversation, second.id, "round {round}");
    }
}

async fn interviews_are_listed_by_what_they_are(bench: Bench) {
    let mut ids = Vec::new();
    for (name, steps) in [("a", vec![]), ("b", vec![ended(None)]), ("a", vec![ended(None)])] {
        bench.advance(Duration::from_secs(60));
        ids.push(led(&bench, name, steps).await.1);
    }
    let since = bench.now();
    let list = async |filter: InterviewFilter| {
        let page = bench.stores.interviews.list(&filter).await.unwrap();
        (page.items.iter().map(|record| record.state.id).collect::<Vec<_>>(), page.next)
    };
    let all = InterviewFilter { limit: 2, ..InterviewFilter::default() };
    let (first, next) = list(all.clone()).await;
    assert_eq!(first, [ids[2], ids[1]]);
    assert_eq!(list(InterviewFilter { cursor: next, ..all.clone() }).await, (vec![ids[0]], None));
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(list(InterviewFilter { name: text("a"), ..all.clone() }).await.0, [ids[2], ids[0]]);
    assert_eq!(list(InterviewFilter { standing: text("running"), ..all.clone() }).await.0, [ids[0]]);
    assert_eq!(list(InterviewFilter { temperature: text("hot"), ..all.clone() }).await.0, [ids[2], ids[1]]);
    assert_eq!(list(InterviewFilter { since: Some(since), ..all.clone() }).await.0, [ids[2]]);
    let wrong = InterviewFilter { cursor: text("1_x"), ..all };
    assert!(matches!(bench.stores.interviews.list(&wrong).await, Err(StoreError::Conflict(_))));
}

fn given_to(people: &[&str]) -> Amendment {
    let people = people.iter().map(|name| (*name).to_owned()).collect();
    Amendment::Assigned { route: "capital".to_owned(), people, acknowledge_by: None }
}

async fn what_is_amended_twice_is_amended_once(bench: Bench) {
    let interviews = &bench.stores.interviews;
    let (conversation, id) = led(&bench, "projeto", vec![ended(Some("capital"))]).await;
    let seen = Amendment::Acknowledged { person: "Ana".to_owned() };
    let early = interviews.amend(id, seen.clone(), bench.now()).await;
    assert!(matches!(early, Err(StoreError::Conflict(_))), "the lead is nobody's: {early:?}");
    let nurtured = Amendment::Nurtured { list: "ideias".to_owned() };
    for amendment in [given_to(&["Ana", "Bia"]), seen, nurtured, Amendment::PassedOn { corrections: 0 }] {
        let once = interviews.amend(id, amendment.clone(), bench.now()).await.unwrap();
        bench.advance(Duration::from_secs(5));
        assert_eq!(interviews.amend(id, amendment, bench.now()).await.unwrap(), once);
    }
    let record = got(&bench, id).await;
    let assignment = record.assignment.unwrap();
    assert_eq!((assignment.person.as_str(), assignment.acknowledged_by.as_deref()), ("Ana", Some("Ana")));
    assert!(record.state.passed_on && record.nurture.unwrap().list == "ideias");
    let kinds = bench.kinds(conversation.id).await;
    assert_eq!(kinds.iter().filter(|kind| **kind == "interview").count(), 6);
    let nobody = interviews.amend(InterviewId(conversation.id.0), given_to(&["Ana"]), bench.now()).await;
    assert!(matches!(nobody, Err(StoreError::NotFound)));
}

async fn a_lead_is_looked_after_until_somebody_knows(bench: Bench) {
    let interviews = &bench.stores.interviews;
    let minute = Duration::from_secs(60);
    let (_, id) = led(&bench, "projeto", vec![ended(Some("capital"))]).await;
    let (_, open) = led(&bench, "projeto", vec![asked("need")]).await;
    let take = async || {
        let taken = interviews.take_follow_ups(bench.now(), bench.later(minute), 10).await.unwrap();
        taken.into_iter().map(|record| record.state.id).collect::<Vec<_>>()
    };
    assert_eq!(take().await, [id], "only what is over");
    assert_eq!(take().await, [], "somebody has it");
    bench.advance(minute);
    assert_eq!(take().await, [id], "whoever had it is gone");
    let people = vec!["Ana".to_owned()];
    let acknowledge_by = Some(bench.later(minute * 30));
    let assigned = Amendment::Assigned { route: "capital".to_owned(), people, acknowledge_by };
    interviews.amend(id, assigned, bench.now()).await.unwrap();
    interviews.amend(id, Amendment::Told { again_at: None, corrections: 0 }, bench.now()).await.unwrap();
    bench.advance(minute * 29);
    assert_eq!(take().await, []);
    bench.advance(minute);
    assert_eq!(take().await, [id], "nobody has acknowledged");
    interviews.amend(id, Amendment::Escalated { person: "Bia".to_owned() }, bench.now()).await.unwrap();
    interviews.amend(id, Amendment::Told { again_at: None, corrections: 0 }, bench.now()).await.unwrap();
    bench.advance(minute * 600);
    assert_eq!(take().await, [open], "only who keeps quiet");
    let seen = got(&bench, open).await.seen();
    let before = Seen { seq: seen.seq - 1, ..seen };
    interviews.amend(open, Amendment::Waits { again_at: None, seen: before }, bench.now()).await.unwrap();
    assert_ne!(got(&bench, open).await.follow_up_at, None, "they have written since");
    interviews.amend(open, Amendment::Waits { again_at: None, seen }, bench.now()).await.unwrap();
    bench.advance(minute * 600);
    assert_eq!(take().await, []);
}

async fn two_that_give_leads_out_at_once_give_to_different_people(bench: Bench) {
    let people = ["Ana", "Bia", "Caio", "Duda"];
    let mut giving = Vec::new();
    for _ in 0..8 {
        let (_, id) = led(&bench, "projeto", vec![ended(Some("capital"))]).await;
        let (interviews, now) = (bench.stores.interviews.clone(), bench.now());
        giving.push(tokio::spawn(async move { interviews.amend(id, given_to(&people), now).await }));
    }
    let mut got = Vec::new();
    for given in giving {
        got.push(given.await.unwrap().unwrap().assignment.unwrap().person);
    }
    got.sort();
    assert_eq!(got, ["Ana", "Ana", "Bia", "Bia", "Caio", "Caio", "Duda", "Duda"]);
}

async fn a_consent_is_kept_once(bench: Bench) {
    let contact = bench.saved_contact("Ana").await.id;
    let consent = |purpose: &str, agreed| ConsentRecord {
        contact,
        purpose: purpose.to_owned(),
        version: "2".to_owned(),
        agreed,
        words: "pode sim".to_owned(),
        channel: "web".to_owned(),
        at: bench.now(),
    };
    let contacts = &bench.stores.contacts;
    for record in [consent("interview", true), consent("marketing", false), consent("interview", true)] {
        contacts.record_consent(&record).await.unwrap();
    }
    let kept = contacts.consents(contact).await.unwrap();
    assert_eq!(kept, [consent("interview", true), consent("marketing", false)]);
    let nobody = ConsentRecord { contact: bench.contact_id(), ..consent("x", true) };
    assert!(matches!(contacts.record_consent(&nobody).await, Err(StoreError::Conflict(_))));
}

fn verdict(temperature: Temperature, route: Option<&str>) -> Verdict {
    Verdict {
        temperature,
        score: 20,
        confidence: 90,
        qualified: temperature > Temperature::Cold,
        segment: None,
        route: route.map(str::to_owned),
        reasons: Vec::new(),
    }
}

/// An edit of `need`, rated so at the place `seen`.
fn edited(bench: &Bench, seen: Seen, temperature: Temperature, route: Option<&str>) -> Amendment {
    let rating = Rating { verdict: verdict(temperature, route), list: None, seen };
    Amendment::Edited { answers: vec![answer(bench, "need", "casa")], rating: Some(rating) }
}

async fn a_correction_is_rated_and_moves_a_lead_that_nobody_has_seen(bench: Bench) {
    let interviews = &bench.stores.interviews;
    let (conversation, id) = led(&bench, "projeto", vec![ended(Some("capital"))]).await;
    interviews.amend(id, given_to(&["Ana"]), bench.now()).await.unwrap();
    interviews.amend(id, Amendment::PassedOn { corrections: 0 }, bench.now()).await.unwrap();
    interviews.amend(id, Amendment::Nurtured { list: "ideias".to_owned() }, bench.now()).await.unwrap();
    let told = Amendment::Told { again_at: None, corrections: 0 };
    let before = interviews.amend(id, told, bench.now()).await.unwrap();
    assert!(before.follow_up_at.is_none());

    let stale =
        edited(&bench, Seen { seq: before.seq - 1, ..before.seen() }, Temperature::Warm, Some("capital"));
    let refused = interviews.amend(id, stale, bench.now()).await;
    assert!(matches!(refused, Err(StoreError::Stale)), "{refused:?}");
    assert_eq!(got(&bench, id).await, before, "nothing of it was done");

    let same = edited(&bench, before.seen(), Temperature::Warm, Some("capital"));
    let same = interviews.amend(id, same, bench.now()).await.unwrap();
    assert_eq!(same.assignment, before.assignment, "the same route, the same person");
    assert_eq!((same.state.corrections, same.state.passed_on), (1, false));
    assert_eq!((same.follow_up_at, &same.nurture), (Some(bench.now()), &None));
    assert_eq!(same.state.verdict.as_ref().unwrap().temperature, Temperature::Warm);
    assert_eq!(same.state.locked, ["need"]);

    let moved = edited(&bench, same.seen(), Temperature::Disqualified, Some("online"));
    let moved = interviews.amend(id, moved, bench.now()).await.unwrap();
    assert_eq!((moved.assignment, moved.state.corrections), (None, 2));
    assert_eq!(moved.state.standing, Standing::Ended(EndReason::Disqualified));
    let filter = InterviewFilter {
        temperature: Some("disqualified".to_owned()),
        standing: Some("disqualified".to_owned()),
        limit: 5,
        ..InterviewFilter::default()
    };
    assert_eq!(interviews.list(&filter).await.unwrap().items.len(), 1, "the row says so too");

    let people = vec!["Bia".to_owned()];
    let given = Amendment::Assigned { route: "online".to_owned(), people, acknowledge_by: None };
    interviews.amend(id, given, bench.now()).await.unwrap();
    let seen = Amendment::Acknowledged { person: "Bia".to_owned() };
    let seen = interviews.amend(id, seen, bench.now()).await.unwrap();
    let again = edited(&bench, seen.seen(), Temperature::Hot, Some("capital"));
    let again = interviews.amend(id, again, bench.now()).await.unwrap();
    assert_eq!(again.assignment, seen.assignment, "whoever has seen it keeps it");
    assert_eq!(again.state.standing, Standing::Ended(EndReason::Completed));
    let rated = bench.stores.conversations.events(conversation.id, 0, 100).await.unwrap();
    let rated = rated.iter().filter(|event| {
        matches!(&event.body, EventBody::Interview { step, .. } if matches!(**step, InterviewStep::Rated { .. }))
    });
    assert_eq!(rated.count(), 3);
}

async fn a_correction_that_others_know_nothing_of_is_still_looked_after(bench: Bench) {
    let interviews = &bench.stores.interviews;
    let (_, id) = led(&bench, "projeto", vec![ended(Some("capital"))]).await;
    let before = got(&bench, id).await;
    let correction = edited(&bench, before.seen(), Temperature::Warm, Some("capital"));
    interviews.amend(id, correction, bench.now()).await.unwrap();
    // Somebody else was at it with what was known before.
    interviews.amend(id, Amendment::PassedOn { corrections: 0 }, bench.now()).await.unwrap();
    let told = Amendment::Told { again_at: None, corrections: 0 };
    let after = interviews.amend(id, told, bench.now()).await.unwrap();
    assert_eq!((after.state.passed_on, after.follow_up_at), (false, Some(bench.now())));
    let told = Amendment::Told { again_at: None, corrections: 1 };
    assert_eq!(interviews.amend(id, told, bench.now()).await.unwrap().follow_up_at, None);
}

/// An interview that Marina begins in `conversation`.
fn beginning(bench: &Bench, conversation: &Conversation) -> NewInterview {
    let (name, version) = ("projeto".to_owned(), "1".to_owned());
    let rule = StartRule::Operator("Marina".to_owned());
    NewInterview {
        id: InterviewId(balcao::domain::clock::Clock::new_id(bench.clock.as_ref())),
        conversation: conversation.id,
        only_at: conversation.epoch,
        reason: "Marina began an interview".to_owned(),
        started: InterviewStep::Started { name, version, rule, known: Vec::new() },
        opening: Some(Opening {
            asked: asked("need"),
            message: bench.message(Role::Assistant, "Que projeto?"),
            outbox: Some(bench.delivery()),
        }),
        at: bench.now(),
    }
}

async fn a_person_begins_an_interview_when_nobody_else_is_at_it(bench: Bench) {
    let interviews = &bench.stores.interviews;
    let marina = balcao::domain::conversation::Owner::Person { name: "Marina".to_owned() };
    let quiet = bench.opened().await;
    let owned = bench.stores.conversations.change_owner(quiet.id, bench.owner_change(marina)).await.unwrap();
    let late = interviews.begin(beginning(&bench, &quiet)).await;
    assert!(matches!(late, Err(StoreError::Stale)), "it is not as it was: {late:?}");
    let record = interviews.begin(beginning(&bench, &owned)).await.unwrap();
    assert_eq!(record.state.rule, StartRule::Operator("Marina".to_owned()));
    assert!(record.state.waiting && record.state.asked.len() == 1);
    let now = bench.get(quiet.id).await;
    assert!(now.owner.is_bot() && now.interviewed && now.epoch > owned.epoch);
    let kinds = bench.kinds(quiet.id).await;
    assert_eq!(kinds[kinds.len() - 4..], ["owner_changed", "interview", "interview", "message"]);
    let due = bench.stores.outbox.claim(bench.now(), bench.later(Duration::from_secs(9)), 9).await.unwrap();
    assert_eq!(due.len(), 1, "the question goes out");

    // What the customer has just said is answered first.
    let asks = bench.opened().await;
    bench.said(asks.id, "oi").await;
    let record = interviews.begin(beginning(&bench, &bench.get(asks.id).await)).await.unwrap();
    assert!(!record.state.waiting && record.state.asked.is_empty());
    assert_eq!(bench.kinds(asks.id).await, ["message", "interview"]);
    let claim = bench.claimed(asks.id).await;
    assert_eq!(claim.answers.len(), 1, "it is due still");

    // A turn at work is not disturbed.
    let busy = interviews.begin(beginning(&bench, &bench.get(asks.id).await)).await;
    assert!(matches!(busy, Err(StoreError::Conflict(_))), "{busy:?}");
    bench.stores.turns.commit(&claim, bench.answer(&claim, "olá"), bench.now()).await.unwrap();
    let nowhere = NewInterview { conversation: bench.conversation_id(), ..beginning(&bench, &asks) };
    assert!(matches!(interviews.begin(nowhere).await, Err(StoreError::NotFound)));
}

async fn every_interview_of_a_contact_has_a_name(bench: Bench) {
    let (conversation, _) = led(&bench, "projeto", vec![ended(None)]).await;
    for name in ["demonstracao", "projeto"] {
        bench.advance(Duration::from_secs(1));
        let claim = turn(&bench, conversation.id).await;
        let id = InterviewId(balcao::domain::clock::Clock::new_id(bench.clock.as_ref()));
        bench.stores.turns.commit(&claim, commit(id, vec![started(name)]), bench.now()).await.unwrap();
    }
    led(&bench, "financiamento", Vec::new()).await;
    let names = bench.stores.interviews.names_of(conversation.contact).await.unwrap();
    assert_eq!(names, ["demonstracao", "projeto"]);
}

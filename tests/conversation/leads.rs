//! What becomes of a lead after its interview: whose it is, who is told, by whom it is acknowledged, what happens when the
//! CRM or the mail server is away.

use crate::store::support::{Bench, finished, on_every_store};
use crate::support::app::{AppOptions, Brain};
use crate::support::smtp::{PASSWORD, Smtp, USER};
use crate::support::web::shipped_interviews;
use balcao::backoffice::BackofficeError;
use balcao::backoffice::crm::Crm;
use balcao::backoffice::embedded::{Foundation, embedded};
use balcao::backoffice::nurture::Lists;
use balcao::config::email::EmailSettings;
use balcao::config::secret::Secret;
use balcao::config::settings::Settings;
use balcao::conversation::interview_desk::InterviewDesk;
use balcao::conversation::lead_report::report;
use balcao::conversation::leads::LeadDesk;
use balcao::domain::clock::Clock;
use balcao::domain::contact::Contact;
use balcao::domain::conversation::Owner;
use balcao::domain::event::EventBody;
use balcao::domain::ids::{CallId, ConversationId, InterviewId, MessageId};
use balcao::domain::interview::{
    Answer, AnswerOrigin, EndReason, Given, InterviewState, InterviewStep, Manner, Question, Span, Standing,
    StartRule, Temperature, Value, Verdict,
};
use balcao::domain::language::Language;
use balcao::domain::money::Money;
use balcao::domain::tool_call::{RefusalClass, ToolCall, ToolOutcome};
use balcao::interview::library::Interviews;
use balcao::limits::alerts::Alerts;
use balcao::limits::mail::{Mail, Mailer, Post};
use balcao::limits::net::Allowance;
use balcao::prompts::Prompts;
use balcao::store::interviews::{Amendment, InterviewRecord};
use balcao::store::turns::TurnCommit;
use serde_json::{Value as Json, json};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{Mutex, mpsc};

on_every_store!(
    leads_go_to_whoever_is_there_and_waited_longest,
    nobody_acknowledges_and_one_other_is_told_once,
    whoever_takes_the_conversation_has_seen_the_lead,
    a_mail_server_that_is_away_is_asked_again,
    a_lead_that_the_crm_did_not_take_is_passed_on_later,
    who_is_not_ready_is_kept_warm,
    the_report_counts_what_happened,
    who_stops_answering_is_passed_on_as_far_as_they_came_and_may_come_back,
    who_left_no_address_is_left_in_peace,
    who_wanted_a_person_in_the_middle_reaches_the_crm_too,
    a_marketing_tool_that_is_away_keeps_nobody_waiting,
    a_correction_reaches_the_crm_and_tells_nobody_twice,
    a_lead_that_belongs_elsewhere_after_a_correction_goes_there,
);

const MINUTE: Duration = Duration::from_secs(60);

fn crm(bench: &Bench) -> Arc<dyn Crm> {
    let settings = Settings::load(None, &Vec::new()).unwrap();
    let foundation = Foundation {
        records: bench.stores.backoffice.clone(),
        contacts: bench.stores.contacts.clone(),
        clock: bench.clock.clone(),
    };
    embedded(&foundation, &settings.backoffice, &settings.business).crm
}

fn mailer(smtp: &Smtp, allowance: &Allowance) -> Mailer {
    let settings = EmailSettings {
        through: "smtp".to_owned(),
        smtp_url: format!("{}?tls=none", smtp.url),
        user: USER.to_owned(),
        password: Secret::new(PASSWORD),
        from: "Balcão <avisos@example.com>".to_owned(),
    };
    Mailer::new(&settings, allowance).unwrap().unwrap()
}

fn desk(bench: &Bench, smtp: &Smtp) -> LeadDesk {
    LeadDesk {
        stores: bench.stores.clone(),
        crm: crm(bench),
        definitions: shipped_interviews(),
        prompts: Arc::new(Prompts::load(None).unwrap()),
        mailer: Some(Arc::new(mailer(smtp, &Allowance::Everything))),
        lists: None,
        alerts: Arc::new(Alerts::logged(bench.clock.clone())),
        clock: bench.clock.clone(),
        timezone: Settings::load(None, &Vec::new()).unwrap().business.timezone,
        language: Language::Portuguese,
    }
}

/// What people of the business do to interviews.
fn corrections(bench: &Bench) -> InterviewDesk {
    InterviewDesk {
        stores: bench.stores.clone(),
        interviews: Interviews::load(None, &["projeto".to_owned()]).unwrap(),
        registry: Arc::default(),
        prompts: Arc::new(Prompts::load(None).unwrap()),
        clock: bench.clock.clone(),
        timezone: Settings::load(None, &Vec::new()).unwrap().business.timezone,
        language: Language::Portuguese,
        pushed: HashSet::new(),
    }
}

fn verdict(temperature: Temperature) -> Verdict {
    let route = (temperature > Temperature::Cold).then(|| "capital".to_owned());
    Verdict {
        temperature,
        score: 70,
        confidence: 90,
        qualified: temperature > Temperature::Cold,
        segment: Some("empresas".to_owned()),
        route,
        reasons: vec!["+25 need: “meu salário é 9 mil”".to_owned()],
    }
}

/// An interview that was led and is over, with what else its turn did.
async fn led(bench: &Bench, temperature: Temperature, more: Vec<EventBody>) -> (ConversationId, InterviewId) {
    led_to(bench, verdict(temperature), more).await
}

/// The same, to this verdict.
async fn led_to(bench: &Bench, verdict: Verdict, mut more: Vec<EventBody>) -> (ConversationId, InterviewId) {
    let conversation = bench.opened().await.id;
    let id = InterviewId(bench.clock.new_id());
    let fields = vec!["need".to_owned()];
    let answer = Answer {
        field: "need".to_owned(),
        given: Given::Value(Value::Choices(vec!["office".to_owned()])),
        origin: AnswerOrigin::Channel,
        confidence: 90,
        words: "escritório".to_owned(),
        at: bench.now(),
    };
    let (name, version) = ("projeto".to_owned(), "1".to_owned());
    let steps = [
        InterviewStep::Started { name, version, rule: StartRule::Intent, known: Vec::new() },
        InterviewStep::Asked(Question { fields, manner: Manner::Ask, offered: None }),
        InterviewStep::Heard { answers: vec![answer] },
        InterviewStep::Ended { reason: EndReason::Completed, verdict: Some(verdict) },
    ];
    for call in &mut more {
        if let EventBody::ToolFinished { call, .. } = call {
            call.arguments["interview"] = json!(id);
        }
    }
    let steps = steps.into_iter().map(|step| EventBody::Interview { interview: id, step: Box::new(step) });
    let events = more.into_iter().chain(steps).chain([finished()]).collect();
    bench.said(conversation, "quero um orçamento").await;
    let claim = bench.claimed(conversation).await;
    let commit = TurnCommit { events, interview: Some(id), ..TurnCommit::default() };
    bench.stores.turns.commit(&claim, commit, bench.now()).await.unwrap();
    (conversation, id)
}

async fn got(bench: &Bench, id: InterviewId) -> InterviewRecord {
    bench.stores.interviews.get(id).await.unwrap().unwrap()
}

async fn leads_go_to_whoever_is_there_and_waited_longest(bench: Bench) {
    let smtp = Smtp::start().await;
    let desk = desk(&bench, &smtp);
    // Monday: Caio is not there.
    let (_, monday) = led(&bench, Temperature::Hot, Vec::new()).await;
    assert_eq!(desk.round().await.unwrap(), 1);
    bench.advance(MINUTE * 60 * 24);
    let (_, tuesday) = led(&bench, Temperature::Hot, Vec::new()).await;
    let (_, next) = led(&bench, Temperature::Hot, Vec::new()).await;
    desk.round().await.unwrap();
    let mut people = Vec::new();
    for id in [monday, tuesday, next] {
        people.push(got(&bench, id).await.assignment.unwrap().person);
    }
    assert_eq!(people, ["Marina Tavares", "Caio Nogueira", "Marina Tavares"]);
    let mails = smtp.mails();
    let first = &mails[0];
    assert!(first.contains("<marina@example.com>"), "{first}");
    assert!(first.contains(&format!("Message-ID: <lead.{monday}@example.com>")), "{first}");
    assert!(first.contains("Subject: Lead quente: sem nome"), "{first}");
    assert!(!mails.iter().any(|mail| mail.contains("9 mil")), "what the lead said stays where it was said");
    let told = mails.iter().filter(|mail| mail.contains("Message-ID: <lead.")).count();
    assert_eq!((told, mails.len()), (3, 4), "the first one was not acknowledged");
}

async fn nobody_acknowledges_and_one_other_is_told_once(bench: Bench) {
    let smtp = Smtp::start().await;
    // Two processes.
    let (desk, other) = (desk(&bench, &smtp), desk(&bench, &smtp));
    let (conversation, late) = led(&bench, Temperature::Hot, Vec::new()).await;
    let (_, seen) = led(&bench, Temperature::Hot, Vec::new()).await;
    let (one, two) = tokio::join!(desk.round(), other.round());
    assert_eq!(one.unwrap() + two.unwrap(), 2);
    assert_eq!(smtp.mails().len(), 2, "each lead is told of once");
    let acknowledged = Amendment::Acknowledged { person: "Marina Tavares".to_owned() };
    bench.stores.interviews.amend(seen, acknowledged, bench.now()).await.unwrap();
    bench.advance(MINUTE * 29);
    assert_eq!(desk.round().await.unwrap(), 0);
    bench.advance(MINUTE);
    let (one, two) = tokio::join!(desk.round(), other.round());
    one.unwrap();
    two.unwrap();
    bench.advance(MINUTE * 60);
    assert_eq!(desk.round().await.unwrap(), 0);
    let mails = smtp.mails();
    assert_eq!(mails.len(), 3, "{mails:#?}");
    assert!(mails[2].contains("<atendimento@example.com>"), "{}", mails[2]);
    assert!(mails[2].contains(&format!("Message-ID: <escalation.{late}@example.com>")), "{}", mails[2]);
    assert!(got(&bench, late).await.assignment.unwrap().escalated_at.is_some());
    assert!(got(&bench, seen).await.assignment.unwrap().escalated_at.is_none());
    let told = bench.stores.conversations.events(conversation, 0, 100).await.unwrap();
    let told = told.iter().filter(|event| {
        matches!(&event.body, EventBody::Interview { step, .. } if matches!(**step, InterviewStep::Escalated { .. }))
    });
    assert_eq!(told.count(), 1);
}

async fn whoever_takes_the_conversation_has_seen_the_lead(bench: Bench) {
    let smtp = Smtp::start().await;
    let desk = desk(&bench, &smtp);
    let (conversation, id) = led(&bench, Temperature::Hot, Vec::new()).await;
    desk.round().await.unwrap();
    let bia = Owner::Person { name: "Bia".to_owned() };
    bench.stores.conversations.change_owner(conversation, bench.owner_change(bia)).await.unwrap();
    bench.advance(MINUTE * 31);
    desk.round().await.unwrap();
    assert_eq!(got(&bench, id).await.assignment.unwrap().acknowledged_by.as_deref(), Some("Bia"));
    assert_eq!(smtp.mails().len(), 1);
}

async fn a_mail_server_that_is_away_is_asked_again(bench: Bench) {
    let smtp = Smtp::start().await;
    let desk = desk(&bench, &smtp);
    let (_, id) = led(&bench, Temperature::Hot, Vec::new()).await;
    smtp.set_busy(true);
    desk.round().await.unwrap();
    let assignment = got(&bench, id).await.assignment.unwrap();
    assert_eq!(assignment.notified_at, None);
    smtp.set_busy(false);
    assert_eq!(desk.round().await.unwrap(), 0, "not at once");
    bench.advance(MINUTE);
    desk.round().await.unwrap();
    let again = got(&bench, id).await.assignment.unwrap();
    assert_eq!((again.person, again.notified_at), (assignment.person, Some(bench.now())));
    assert_eq!(smtp.mails().len(), 1);
}

async fn a_lead_that_the_crm_did_not_take_is_passed_on_later(bench: Bench) {
    let smtp = Smtp::start().await;
    let desk = desk(&bench, &smtp);
    let arguments = json!({
        "interview": "", "name": "Rita", "email": "rita@example.com", "note": "escritório",
        "origin": {"channel": "web"},
        "opportunity": {"title": "Projeto: Rita", "value": null, "stage": "qualified"},
    });
    let call = ToolCall { id: CallId::own("lead_save"), name: "lead_save".to_owned(), arguments };
    let outcome = ToolOutcome::Refused { reason: "away".to_owned(), class: RefusalClass::Unavailable };
    let failed = EventBody::ToolFinished { call, outcome, duration_ms: 1 };
    let (conversation, id) = led(&bench, Temperature::Hot, vec![failed]).await;
    assert!(!got(&bench, id).await.state.passed_on);
    desk.round().await.unwrap();
    assert!(got(&bench, id).await.state.passed_on);
    let contact = bench.get(conversation).await.contact;
    let history = crm(&bench).history(contact).await.unwrap();
    assert_eq!(history.contact.email.as_deref(), Some("rita@example.com"));
    assert_eq!(history.opportunities.len(), 1);
    assert!(smtp.mails()[0].contains("Subject: Lead quente: Rita"), "{}", smtp.mails()[0]);
}

async fn who_is_not_ready_is_kept_warm(bench: Bench) {
    let smtp = Smtp::start().await;
    let desk = desk(&bench, &smtp);
    let (conversation, id) = led(&bench, Temperature::Cold, Vec::new()).await;
    desk.round().await.unwrap();
    let record = got(&bench, id).await;
    assert_eq!(record.nurture.unwrap().list, "ideias-de-projeto");
    assert_eq!((record.assignment, record.follow_up_at), (None, None));
    assert_eq!(smtp.mails().len(), 0);
    assert_eq!(bench.kinds(conversation).await.last(), Some(&"interview"));
}

/// An answer of Bia's.
/// A turn of a conversation that takes these steps of an interview.
async fn turn(bench: &Bench, conversation: ConversationId, id: InterviewId, steps: Vec<InterviewStep>) {
    bench.said(conversation, "oi").await;
    let claim = bench.claimed(conversation).await;
    let steps = steps.into_iter().map(|step| EventBody::Interview { interview: id, step: Box::new(step) });
    let events = steps.chain([finished()]).collect();
    let commit = TurnCommit { events, interview: Some(id), ..TurnCommit::default() };
    bench.stores.turns.commit(&claim, commit, bench.now()).await.unwrap();
}

/// The steps of a lead who says these things and leaves at the summary.
fn half_led(bench: &Bench, said: Vec<(&str, Value)>) -> Vec<InterviewStep> {
    let (name, version) = ("projeto".to_owned(), "1".to_owned());
    let answers = said.into_iter().map(|(field, value)| said_by_lead(bench, field, value)).collect();
    let question = Question { fields: Vec::new(), manner: Manner::Summary, offered: None };
    vec![
        InterviewStep::Started { name, version, rule: StartRule::Intent, known: Vec::new() },
        InterviewStep::Heard { answers },
        InterviewStep::Asked(question),
    ]
}

fn said_by_lead(bench: &Bench, field: &str, value: Value) -> Answer {
    Answer {
        field: field.to_owned(),
        given: Given::Value(value),
        origin: AnswerOrigin::Said(MessageId(bench.clock.new_id())),
        confidence: 90,
        words: "assim".to_owned(),
        at: bench.now(),
    }
}

async fn who_stops_answering_is_passed_on_as_far_as_they_came_and_may_come_back(bench: Bench) {
    let smtp = Smtp::start().await;
    let desk = desk(&bench, &smtp);
    let conversation = bench.opened().await;
    let id = InterviewId(bench.clock.new_id());
    let said = vec![
        ("need", choice("office")),
        ("budget", reais(6_000)),
        ("postal_code", Value::Text("01310-100".to_owned())),
        ("name", Value::Name("Rita Prado".to_owned())),
        ("email", Value::Email("rita@example.com".to_owned())),
    ];
    turn(&bench, conversation.id, id, half_led(&bench, said)).await;
    for _ in 0..3 {
        bench.advance(MINUTE * 60 * 7);
        desk.round().await.unwrap();
        assert_eq!(got(&bench, id).await.state.standing, Standing::Running, "it is not late yet");
    }
    bench.advance(MINUTE * 60 * 3 + MINUTE);
    desk.round().await.unwrap();
    let left = got(&bench, id).await;
    assert_eq!(left.state.standing, Standing::Ended(EndReason::Abandoned));
    assert!(left.state.passed_on && left.assignment.is_some(), "{left:#?}");
    let mails = smtp.mails();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].contains("parou de responder"), "{}", mails[0]);
    let history = crm(&bench).history(conversation.contact).await.unwrap();
    assert_eq!(history.contact.email.as_deref(), Some("rita@example.com"));
    assert_eq!(history.opportunities.len(), 1);
    // Nothing is told or written again.
    bench.advance(MINUTE * 60 * 30);
    desk.round().await.unwrap();

    // She comes back, and wants more than that.
    let ended =
        InterviewStep::Ended { reason: EndReason::Completed, verdict: Some(verdict(Temperature::Hot)) };
    let more = vec![said_by_lead(&bench, "budget", reais(9_000))];
    let resumed = InterviewStep::Resumed { conversation: conversation.id };
    turn(&bench, conversation.id, id, vec![resumed, InterviewStep::Heard { answers: more }, ended]).await;
    assert!(!got(&bench, id).await.state.passed_on, "what she said since is not in the CRM");
    desk.round().await.unwrap();
    assert!(got(&bench, id).await.state.passed_on);
    let history = crm(&bench).history(conversation.contact).await.unwrap();
    let [opportunity] = history.opportunities.as_slice() else { panic!("{:#?}", history.opportunities) };
    assert_eq!(opportunity.value, Some(Money(900_000)));
}

async fn who_left_no_address_is_left_in_peace(bench: Bench) {
    let smtp = Smtp::start().await;
    let desk = desk(&bench, &smtp);
    let conversation = bench.opened().await;
    let id = InterviewId(bench.clock.new_id());
    let said = vec![("need", choice("office")), ("budget", reais(6_000))];
    turn(&bench, conversation.id, id, half_led(&bench, said)).await;
    for _ in 0..3 {
        bench.advance(MINUTE * 60 * 20);
        desk.round().await.unwrap();
    }
    let open = got(&bench, id).await;
    assert_eq!(open.state.standing, Standing::Running);
    assert_eq!(open.follow_up_at, None, "nobody looks again until they write");
    assert_eq!(smtp.mails(), Vec::<String>::new());
}

async fn who_wanted_a_person_in_the_middle_reaches_the_crm_too(bench: Bench) {
    let smtp = Smtp::start().await;
    let desk = desk(&bench, &smtp);
    let conversation = bench.opened().await;
    let id = InterviewId(bench.clock.new_id());
    let email = ("email", Value::Email("rita@example.com".to_owned()));
    let mut steps = half_led(&bench, vec![("need", choice("office")), email]);
    let reason = EndReason::HandedOff;
    steps.push(InterviewStep::Ended { reason, verdict: Some(verdict(Temperature::Warm)) });
    turn(&bench, conversation.id, id, steps).await;
    desk.round().await.unwrap();
    assert!(got(&bench, id).await.state.passed_on);
    let history = crm(&bench).history(conversation.contact).await.unwrap();
    assert_eq!(history.contact.email.as_deref(), Some("rita@example.com"));
    let mails = smtp.mails();
    assert!(mails.len() == 1 && mails[0].contains("pediu uma pessoa"), "{mails:?}");
}

/// A marketing tool that may be away.
#[derive(Default)]
struct Tool {
    is_away: AtomicBool,
    entered: Mutex<Vec<String>>,
}

#[async_trait::async_trait]
impl Lists for Tool {
    async fn enter(&self, list: &str, key: &str, _: &Contact) -> Result<bool, BackofficeError> {
        if self.is_away.load(Ordering::Relaxed) {
            return Err(BackofficeError::Unavailable("no answer".to_owned()));
        }
        self.entered.lock().await.push(format!("{list} {key}"));
        Ok(true)
    }
}

async fn a_marketing_tool_that_is_away_keeps_nobody_waiting(bench: Bench) {
    let smtp = Smtp::start().await;
    let tool = Arc::new(Tool::default());
    let desk = LeadDesk { lists: Some(tool.clone()), ..desk(&bench, &smtp) };
    tool.is_away.store(true, Ordering::Relaxed);
    let cold = Verdict { route: Some("online".to_owned()), ..verdict(Temperature::Cold) };
    let (_, id) = led_to(&bench, cold, Vec::new()).await;
    for _ in 0..3 {
        desk.round().await.unwrap();
        bench.advance(MINUTE * 2);
    }
    let waiting = got(&bench, id).await;
    assert!(waiting.assignment.is_some() && waiting.nurture.is_none(), "{waiting:#?}");
    assert_eq!(smtp.mails().len(), 1, "the person is told, and once");
    tool.is_away.store(false, Ordering::Relaxed);
    for _ in 0..2 {
        desk.round().await.unwrap();
        bench.advance(MINUTE * 2);
    }
    assert_eq!(*tool.entered.lock().await, [format!("ideias-de-projeto {id}")]);
    assert!(got(&bench, id).await.nurture.is_some());
    assert_eq!(smtp.mails().len(), 1);
}

fn corrected(bench: &Bench, field: &str, value: Value) -> Answer {
    Answer {
        field: field.to_owned(),
        given: Given::Value(value),
        origin: AnswerOrigin::Person("Bia".to_owned()),
        confidence: 100,
        words: String::new(),
        at: bench.now(),
    }
}

fn reais(reais: i64) -> Value {
    Value::Money(Span::exactly(reais * 100))
}

async fn a_correction_reaches_the_crm_and_tells_nobody_twice(bench: Bench) {
    let smtp = Smtp::start().await;
    let (desk, people) = (desk(&bench, &smtp), corrections(&bench));
    let arguments = json!({
        "interview": "", "name": "Rita", "email": "rita@example.com", "note": "escritório", "tags": ["office", "hot"],
        "origin": {"channel": "web"}, "opportunity": {"title": "Orçamento", "value": 800_000, "stage": "qualified"},
    });
    let call = ToolCall { id: CallId::own("lead_save"), name: "lead_save".to_owned(), arguments };
    let outcome = ToolOutcome::Refused { reason: "away".to_owned(), class: RefusalClass::Unavailable };
    let failed = EventBody::ToolFinished { call, outcome, duration_ms: 1 };
    let (conversation, id) = led(&bench, Temperature::Hot, vec![failed]).await;
    desk.round().await.unwrap();
    let first = got(&bench, id).await;
    assert_eq!(smtp.mails().len(), 1);
    let answers = |bench: &Bench, value: i64| {
        vec![
            corrected(bench, "budget", reais(value)),
            corrected(bench, "postal_code", Value::PostalCode("05422010".to_owned())),
            corrected(bench, "name", Value::Name("Rita Prado".to_owned())),
            corrected(bench, "email", Value::Email("rita.prado@example.com".to_owned())),
        ]
    };
    // Another amount, and the first one again: the newest word counts.
    for (value, corrections) in [(9_000, 1), (8_000, 2)] {
        bench.advance(MINUTE);
        let record = people.correct(id, answers(&bench, value)).await.unwrap();
        assert_eq!(record.state.corrections, corrections);
        let verdict = record.state.verdict.unwrap();
        assert_eq!((verdict.temperature, verdict.route.as_deref()), (Temperature::Hot, Some("capital")));
        assert!(verdict.reasons.iter().any(|reason| reason.contains("(Bia)")), "{verdict:?}");
        desk.round().await.unwrap();
        let contact = bench.get(conversation).await.contact;
        let history = crm(&bench).history(contact).await.unwrap();
        assert_eq!(history.contact.email.as_deref(), Some("rita.prado@example.com"));
        assert_eq!(history.contact.name.as_deref(), Some("Rita Prado"));
        let [opportunity] = history.opportunities.as_slice() else { panic!("{history:#?}") };
        assert_eq!((opportunity.value, opportunity.stage.as_str()), (Some(Money(value * 100)), "qualified"));
        assert_eq!(history.notes.len(), 1 + corrections as usize, "each correction leaves a remark");
    }
    let after = got(&bench, id).await;
    assert!(after.state.passed_on);
    assert_eq!(after.assignment, first.assignment, "the lead stays with its person");
    bench.advance(MINUTE);
    desk.round().await.unwrap();
    assert_eq!(smtp.mails().len(), 1, "who knows of the lead is not told again");

    // Colder, and the CRM calls it so.
    people.correct(id, vec![corrected(&bench, "budget", reais(800))]).await.unwrap();
    desk.round().await.unwrap();
    let contact = bench.get(conversation).await.contact;
    let tags = crm(&bench).history(contact).await.unwrap().contact.tags;
    assert!(tags.contains(&"warm".to_owned()) && !tags.contains(&"hot".to_owned()), "{tags:?}");
}

async fn a_lead_that_belongs_elsewhere_after_a_correction_goes_there(bench: Bench) {
    let smtp = Smtp::start().await;
    let (desk, people) = (desk(&bench, &smtp), corrections(&bench));
    bench.advance(MINUTE * 60 * 24);
    // Tuesday: Marina has had a lead, so the next one of the capital is Caio's.
    led(&bench, Temperature::Hot, Vec::new()).await;
    desk.round().await.unwrap();
    let (_, id) = led(&bench, Temperature::Hot, Vec::new()).await;
    desk.round().await.unwrap();
    assert_eq!(got(&bench, id).await.assignment.unwrap().person, "Caio Nogueira");
    let far = |bench: &Bench| {
        let value = Value::PostalCode("13010111".to_owned());
        vec![corrected(bench, "postal_code", value), corrected(bench, "budget", reais(9_000))]
    };
    let record = people.correct(id, far(&bench)).await.unwrap();
    assert_eq!((record.assignment, record.state.verdict.unwrap().route.as_deref()), (None, Some("online")));
    desk.round().await.unwrap();
    let assignment = got(&bench, id).await.assignment.unwrap();
    assert_eq!((assignment.person.as_str(), assignment.route.as_str()), ("Marina Tavares", "online"));
    let mails = smtp.mails();
    assert_eq!(mails.len(), 3, "the new person is told");
    assert!(mails[2].contains(&format!("Message-ID: <lead.{id}.1@example.com>")), "{}", mails[2]);

    // What nobody wants to call is in nobody's hands; what is led still is not rated.
    let poor = vec![corrected(&bench, "budget", reais(200)), corrected(&bench, "need", choice("home"))];
    let record = people.correct(id, poor).await.unwrap();
    assert_eq!(record.state.standing, Standing::Ended(EndReason::Disqualified));
    assert_eq!(record.assignment, None);
    desk.round().await.unwrap();
    bench.advance(MINUTE * 60);
    desk.round().await.unwrap();
    assert_eq!(smtp.mails().len(), 4, "only the first lead is late");
}

fn choice(id: &str) -> Value {
    Value::Choices(vec![id.to_owned()])
}

async fn the_report_counts_what_happened(bench: Bench) {
    led(&bench, Temperature::Hot, Vec::new()).await;
    led(&bench, Temperature::Cold, Vec::new()).await;
    let left = bench.opened().await.id;
    let id = InterviewId(bench.clock.new_id());
    bench.said(left, "oi").await;
    let claim = bench.claimed(left).await;
    let (name, version) = ("projeto".to_owned(), "1".to_owned());
    let fields = vec!["budget".to_owned()];
    let steps = [
        InterviewStep::Started { name, version, rule: StartRule::Intent, known: Vec::new() },
        InterviewStep::Asked(Question { fields, manner: Manner::Ask, offered: None }),
    ];
    let steps = steps.into_iter().map(|step| EventBody::Interview { interview: id, step: Box::new(step) });
    let commit = TurnCommit {
        events: steps.chain([finished()]).collect(),
        interview: Some(id),
        ..TurnCommit::default()
    };
    bench.stores.turns.commit(&claim, commit, bench.now()).await.unwrap();
    let interviews = bench.stores.interviews.as_ref();
    let now = report(interviews, &shipped_interviews(), None, bench.now()).await.unwrap();
    assert_eq!((now[0].started, now[0].completed, now[0].open), (3, 2, 1));
    bench.advance(MINUTE * 60 * 24 * 31);
    let later = report(interviews, &shipped_interviews(), None, bench.now()).await.unwrap();
    let [version] = later.as_slice() else { panic!("{later:#?}") };
    assert_eq!((version.name.as_str(), version.version.as_str()), ("projeto", "1"));
    assert_eq!((version.started, version.completed, version.open), (3, 2, 0));
    assert_eq!(version.abandoned.get("budget"), Some(&1), "{version:?}");
    assert_eq!((version.questions_per_lead, version.qualified_rate), (Some(1.0), Some(0.5)));
    assert_eq!((version.data_quality, version.booked_rate), (Some(0.667), Some(0.0)));
    let since = report(interviews, &shipped_interviews(), Some(bench.now()), bench.now()).await.unwrap();
    assert_eq!(since, []);
}

#[tokio::test]
async fn a_mail_server_on_a_private_address_has_to_be_allowed() {
    let smtp = Smtp::start().await;
    let mail = Mail {
        id: "1".to_owned(),
        name: "Ana".to_owned(),
        address: "ana@example.com".to_owned(),
        subject: "Olá".to_owned(),
        text: "Tudo bem?".to_owned(),
    };
    let refused = mailer(&smtp, &Allowance::PublicOnly).send(&mail).await.unwrap_err();
    assert!(format!("{refused:#}").contains("allowed_hosts"), "{refused:#}");
    let listed = Allowance::Hosts(vec!["127.0.0.1".to_owned()]);
    mailer(&smtp, &listed).send(&mail).await.unwrap();
    assert_eq!(smtp.mails().len(), 1);
}

/// What a cooperative lead says to a question.
fn reply(state: &InterviewState) -> &'static str {
    let Some(question) = state.open_question() else { return "sim" };
    match question.manner {
        Manner::Summary | Manner::Confirm | Manner::Correct | Manner::Consent => return "sim",
        Manner::Ask | Manner::Again => {}
    }
    match question.fields.first().map(String::as_str) {
        Some("need") => "jardim vertical",
        Some("budget") => "8 mil reais",
        Some("name") => "Rita Prado",
        Some("email") => "rita.prado@example.com",
        Some("phone") => "11 95555-0188",
        Some("postal_code") => "01310-100",
        Some("deadline" | "when") => "até o fim do mês que vem",
        _ => "prefiro não dizer",
    }
}

#[tokio::test]
async fn a_lead_is_interviewed_kept_and_passed_on() {
    let mut app = AppOptions::new(Brain::BuiltIn).start().await;
    let mut talk = app.talk().await;
    talk.say("Oi! Quero um orçamento de jardim vertical").await;
    let id: ConversationId = talk.id.parse().unwrap();
    let stores = app.stores().await;
    let mut state = stores.interviews.newest_in(id).await.unwrap().expect("it began").state;
    assert_eq!(state.name, "projeto");
    let mut said = 0;
    while !matches!(state.standing, Standing::Ended(_)) {
        assert!(said < 15, "it has no end: {state:#?}");
        said += 1;
        if said == 2 {
            app.restart().await;
            talk.again(&app.door).await;
        }
        talk.say(reply(&state)).await;
        let record = stores.interviews.newest_in(id).await.unwrap().unwrap();
        assert_eq!(record.state.id, state.id, "it is one interview");
        state = record.state;
    }
    assert!(state.passed_on, "{state:#?}");
    let conversation = stores.conversations.get(id).await.unwrap().unwrap();
    let contact = stores.contacts.get(conversation.contact).await.unwrap().unwrap();
    assert!(contact.tags.iter().any(|tag| tag == "vertical"), "{contact:#?}");
    let notes = stores.backoffice.notes(conversation.contact, 5).await.unwrap();
    assert_eq!(notes.len(), 1);
    assert!(notes[0].text.ends_with("\nOrigem: web"), "{}", notes[0].text);
    app.end().await;
}

#[tokio::test]
async fn the_webhook_hears_of_a_lead_although_it_and_the_program_were_away() {
    let hook = Hook::start().await;
    let url = hook.url.clone();
    let mut app =
        AppOptions::new(Brain::BuiltIn).with(|settings| settings.alerts.webhook_url = url).start().await;
    let mut talk = app.talk().await;
    for line in LINES {
        talk.say(line).await;
    }
    let refused = hook.next().await;
    assert_eq!(refused["event"], "lead");
    app.restart().await;
    hook.mend();
    let told = loop {
        let told = hook.next().await;
        if told["status"] == 200 {
            break told;
        }
    };
    assert_eq!((&told["event"], &told["id"]), (&json!("lead"), &refused["id"]), "the same alert");
    assert!(told["text"].as_str().unwrap().contains("Ana Lima"), "{told}");
    app.end().await;
}

const LINES: [&str; 5] = [
    "quero um orçamento de jardim vertical",
    "uns 6 mil",
    "05422-010",
    "Ana Lima, ana.lima@example.com",
    "sim",
];

/// Somewhere alerts are posted to; it is broken at first. It tells of every post, with the status it answered.
struct Hook {
    url: String,
    works: Arc<AtomicBool>,
    posts: Mutex<mpsc::UnboundedReceiver<Json>>,
}

impl Hook {
    async fn start() -> Self {
        let (seen, posts) = mpsc::unbounded_channel();
        let works = Arc::new(AtomicBool::new(false));
        let state = works.clone();
        let receive = move |axum::Json(mut alert): axum::Json<Json>| async move {
            let status = if state.load(Ordering::SeqCst) { 200 } else { 503 };
            alert["status"] = json!(status);
            seen.send(alert).ok();
            http::StatusCode::from_u16(status).unwrap()
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/alerts", listener.local_addr().unwrap());
        let router = axum::Router::new().route("/alerts", axum::routing::post(receive));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, works, posts: Mutex::new(posts) }
    }

    fn mend(&self) {
        self.works.store(true, Ordering::SeqCst);
    }

    async fn next(&self) -> Json {
        let next = async { self.posts.lock().await.recv().await.unwrap() };
        tokio::time::timeout(Duration::from_secs(60), next).await.expect("nothing was posted")
    }
}

//! WhatsApp with the binary itself: a phone in the terminal, the doctor, and a process that is killed over a message.

use super::support::{Place, stderr, stdout};
use crate::support::meta::{
    ACCOUNT, APP_SECRET, Act, Customer, FakeMeta, NUMBER, Reports, TOKEN, VERIFY_TOKEN,
};
use balcao::domain::clock::SystemClock;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// A place whose WhatsApp is this Meta.
async fn behind(meta: &FakeMeta) -> Place {
    let mut place = Place::new().await;
    for (key, value) in [
        ("ENABLED", "true"),
        ("GRAPH_BASE_URL", meta.url.as_str()),
        ("ACCESS_TOKEN", TOKEN),
        ("VERIFY_TOKEN", VERIFY_TOKEN),
        ("APP_SECRETS", APP_SECRET),
        ("PHONE_NUMBER_ID", NUMBER),
        ("WABA_ID", ACCOUNT),
        ("QUIET_MS", "0"),
        ("QUIET_UNFINISHED_MS", "0"),
        ("QUIET_LONGEST_MS", "0"),
        ("UNKNOWN_FATE_WAIT_S", "2"),
    ] {
        place.set(&format!("BALCAO__CHANNELS__WHATSAPP__{key}"), value);
    }
    place
}

#[tokio::test]
async fn a_phone_in_the_terminal_goes_through_the_real_webhook() {
    let mut place = Place::new().await;
    for key in ["QUIET_MS", "QUIET_UNFINISHED_MS", "QUIET_LONGEST_MS"] {
        place.set(&format!("BALCAO__CHANNELS__WHATSAPP__{key}"), "0");
    }
    let typed = "Qual o horário de funcionamento?\nquero um orçamento de jardim vertical\n";
    let output = place.run(&["whatsapp", "simulate"], typed).await;
    assert!(output.status.success(), "{output:?}");
    let shown = stdout(&output);
    assert!(shown.contains("9h"), "{shown}");
    // The only choice has no number, which would be an answer to what was asked.
    assert!(shown.contains("[Pular]") && !shown.contains("1) Pular"), "{shown}");
}

#[tokio::test]
async fn the_doctor_names_what_is_wrong() {
    let meta = FakeMeta::start_at([], Arc::new(SystemClock)).await;
    let mut place = behind(&meta).await;
    let server = place.serve().await;
    meta.knows_at(&server.door.base);
    let output = place.run(&["whatsapp", "doctor"], "").await;
    let told = stdout(&output);
    assert!(output.status.success(), "{told} {}", stderr(&output));
    for line in [
        "ok       token: valid",
        "quality GREEN, limit TIER_250",
        "it posts to this app",
        "warning  templates: none",
        "ok       webhook: it answers Meta's handshake",
    ] {
        assert!(told.contains(line), "{line}: {told}");
    }
    let templates = stdout(&place.run(&["whatsapp", "templates"], "").await);
    assert!(templates.contains("retomar_atendimento\tpt_BR\tAPPROVED\tUTILITY\t2 values"), "{templates}");
    place.set("BALCAO__CHANNELS__WHATSAPP__VERIFY_TOKEN", "another");
    let output = place.run(&["whatsapp", "doctor"], "").await;
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("WRONG    webhook: it does not answer Meta's handshake"), "{output:?}");
    assert!(server.terminate().await.0.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_killed_over_a_message_sends_it_once() {
    // Taken, and the answer lost; and not taken at all. In both cases nobody knows when the process dies.
    for (act, copies) in [(Act::TakeAndHang, 1), (Act::Hang, 1)] {
        let meta = FakeMeta::start_at([act.clone()], Arc::new(SystemClock)).await;
        let place = behind(&meta).await;
        let server = place.serve().await;
        meta.knows_at(&server.door.base);
        let ana = Customer::ana();
        meta.tells(ana.writes("wamid.1", "Qual o horário de funcionamento?")).await;
        meta.asked(1).await;
        server.kill();
        let server = place.serve().await;
        meta.knows_at(&server.door.base);
        // Somebody else is served meanwhile, so that reports do come in.
        meta.tells(Customer::bia_hidden().writes("wamid.2", "Qual o horário de funcionamento?")).await;
        let taken = meta.taken(1 + copies).await;
        let to_ana = taken.iter().filter(|taken| taken.to().ends_with("5511987650001")).count();
        assert_eq!(to_ana, copies, "{act:?}: {taken:#?}");
        assert!(server.terminate().await.0.success());
    }
}

/// What Meta does with one message after the other, again and again.
const MISCHIEF: [Act; 11] = [
    Act::Take,
    Act::TakeAndCut,
    Act::Take,
    Act::Fail,
    Act::TakeAndFail,
    Act::Take,
    Act::Refuse(131_056),
    Act::Cut,
    Act::Take,
    Act::TakeAndHang,
    Act::Take,
];

/// Writes, and waits for each answer before the next question. Everything is posted twice.
async fn converse(meta: &FakeMeta, customer: &Customer, name: &str) {
    let questions = [
        "Qual o horário de funcionamento?",
        "Vocês alugam plantas para casamento?",
        "Como funciona a troca?",
    ];
    for (number, question) in questions.iter().enumerate() {
        meta.insists(&customer.writes(&format!("wamid.{name}.{number}"), question), 2);
        meta.taken_for(customer, number + 1).await;
    }
}

/// Somebody who likes what was said, every half second: posts keep coming in, so that silence about a message tells
/// something. A reaction is not answered.
async fn react(meta: &FakeMeta) {
    let bia = Customer::bia_hidden();
    let mut seconds = tokio::time::interval(Duration::from_millis(500));
    for number in 0.. {
        seconds.tick().await;
        let kind = json!({"type": "reaction", "reaction": {"message_id": "wamid.NOSSA000=", "emoji": "👍"}});
        meta.insists(&bia.says(&format!("wamid.reaction.{number}"), &kind), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_every_message_is_answered_once() {
    let mischief = MISCHIEF.iter().cycle().take(60).cloned();
    let meta = FakeMeta::start_at(mischief, Arc::new(SystemClock)).await.reporting(Reports::Wild);
    let mut place = behind(&meta).await;
    place.set("BALCAO__CHANNELS__WHATSAPP__TIMEOUT_MS", "700");
    place.set("BALCAO__CHANNELS__WHATSAPP__UNKNOWN_FATE_WAIT_S", "3");
    let customers: Vec<Customer> = (1..=4)
        .map(|number| Customer {
            user: format!("BR.5550000000{number}"),
            phone: Some(format!("551198765000{number}")),
            name: format!("Cliente {number}"),
        })
        .collect();
    let server = place.serve().await;
    meta.knows_at(&server.door.base);
    let killing = async {
        let mut server = server;
        for asked in [3, 7, 12] {
            meta.asked(asked).await;
            server.kill();
            server = place.serve().await;
            meta.knows_at(&server.door.base);
        }
        server
    };
    let talking = customers.iter().map(|customer| converse(&meta, customer, &customer.user));
    let all = async { tokio::join!(killing, futures_util::future::join_all(talking)) };
    let (server, _) = tokio::select! {
        ended = all => ended,
        () = react(&meta) => unreachable!("somebody always likes something"),
    };
    for customer in &customers {
        let taken = meta.taken_for(customer, 3).await;
        assert!(taken[0].text().contains("9h"), "{taken:#?}");
    }
    meta.refusals();
    assert!(server.terminate().await.0.success());
}

//! Reads the final state through the public API: every conversation's log, and what its customer is shown.

use crate::checker::deliveries;
use crate::evidence::{Entry, Heard, Log, Pushed, Said, What};
use crate::world::{Opened, Unanswered, World};
use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;
use reqwest::Method;
use serde_json::Value;
use std::time::{Duration, Instant};

/// How long the program may take to do all that is left, once it is left in peace.
const SETTLES_WITHIN: Duration = Duration::from_secs(90);
/// So many conversations are read side by side.
const AT_A_TIME: usize = 16;
/// How long nothing more may happen then.
const REST: Duration = Duration::from_millis(1_500);

/// Waits until nothing is due in any conversation, or too long; then for anything that should not come any more.
pub async fn settle(world: &World) -> Duration {
    let began = Instant::now();
    let mut waiting: Vec<usize> = (0..world.plan.customers.len()).collect();
    while began.elapsed() < SETTLES_WITHIN {
        let looks = waiting.iter().map(|customer| async move {
            match log_of(world, *customer).await {
                Ok(None) => None,
                Ok(Some(log)) if is_settled(world, &log) => None,
                Ok(Some(_)) | Err(Unanswered) => Some(*customer),
            }
        });
        let left: Vec<usize> =
            stream::iter(looks).buffer_unordered(AT_A_TIME).filter_map(std::future::ready).collect().await;
        waiting = left;
        if waiting.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let took = began.elapsed();
    tokio::time::sleep(REST).await;
    took
}

/// Whether nothing is due in a conversation, neither to be answered nor to be delivered.
fn is_settled(world: &World, log: &Log) -> bool {
    let evidence = world.evidence();
    let delivered = evidence.delivered.iter().filter(|delivery| delivery.customer == log.customer).count();
    // What was acknowledged may still be on its way into the log.
    let is_there = |word: &String| log.messages().any(|(_, said)| said.client_id.as_ref() == Some(word));
    let mut acknowledged =
        evidence.sent.iter().filter(|(_, sent)| sent.customer == log.customer && sent.acknowledged.is_some());
    if !acknowledged.all(|(word, _)| is_there(word)) {
        return false;
    }
    let answered = !log.is_bots || (log.open().is_empty() && !log.is_at_work());
    answered && delivered >= deliveries::due(log, &evidence).count()
}

/// Every conversation that was opened.
pub async fn logs(world: &World) -> Vec<Log> {
    let all = 0..world.plan.customers.len();
    let reads = all.map(|customer| log_in_time(world, customer));
    stream::iter(reads).buffered(AT_A_TIME).filter_map(std::future::ready).collect().await
}

/// A customer's conversation, asked for again while the program does not answer.
async fn log_in_time(world: &World, customer: usize) -> Option<Log> {
    for _ in 0..20 {
        if let Ok(log) = log_of(world, customer).await {
            return log;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    world.evidence().oddities.push(format!("customer {customer}'s conversation cannot be read"));
    None
}

/// A customer's conversation; none if there is none.
async fn log_of(world: &World, customer: usize) -> Result<Option<Log>, Unanswered> {
    let Some(opened) = world.progress(customer).borrow().opened.clone() else { return Ok(None) };
    let shown = shown(world, &opened, customer).await?;
    let door = customer % world.doors.len();
    let path = format!("/api/v1/conversations/{}", opened.id);
    let answer = world.ask(Method::GET, door, &path, &world.key).send().await;
    let detail = world.read("a conversation's detail", 200, answer).await?;
    if detail["truncated"] == true {
        world.evidence().oddities.push(format!("customer {customer}'s log is too long to be read"));
    }
    let events = detail["events"].as_array().cloned().unwrap_or_default();
    let entries = events.iter().map(entry).collect();
    let pushed = match detail["channel"].as_str() {
        Some("relay") => Pushed::ByName,
        Some("whatsapp") => Pushed::ByWords,
        _ => Pushed::No,
    };
    let is_bots = detail["owner"] == "bot";
    Ok(Some(Log { customer, id: opened.id, pushed, is_bots, entries, shown }))
}

async fn shown(world: &World, opened: &Opened, customer: usize) -> Result<Vec<Heard>, Unanswered> {
    let mut shown: Vec<Heard> = Vec::new();
    loop {
        let after = shown.last().map_or(0, |heard| heard.seq);
        let path = format!("/api/v1/conversations/{}/messages?after={after}&limit=500", opened.id);
        let door = customer % world.doors.len();
        let answer = world.ask(Method::GET, door, &path, &opened.token).send().await;
        let page = world.read("a history", 200, answer).await?;
        let page = page["messages"].as_array().cloned().unwrap_or_default();
        if page.is_empty() {
            return Ok(shown);
        }
        shown.extend(page.iter().map(|message| Heard {
            seq: message["seq"].as_i64().unwrap_or_default(),
            id: text(&message["id"]),
        }));
    }
}

fn entry(event: &Value) -> Entry {
    let body = &event["body"];
    let what = match body["event"].as_str().unwrap_or_default() {
        "message" => What::Message(Said {
            id: text(&body["id"]),
            role: text(&body["role"]),
            client_id: body["client_id"].as_str().map(str::to_owned),
            text: text(&body["text"]),
            reply_to: body["reply_to"].as_array().into_iter().flatten().map(text).collect(),
        }),
        "owner_changed" => What::Owner { bot: body["owner"]["kind"] == "bot" },
        "turn_started" => What::Started,
        "turn_finished" => What::Finished { reason: text(&body["stop_reason"]) },
        "state_changed" => What::State { closed: body["state"] == "closed" },
        other => What::Other(match body["call"]["arguments"]["word"].as_str() {
            Some(word) => format!("{other} {word} {}", text(&body["outcome"]["outcome"])),
            None => other.to_owned(),
        }),
    };
    let at = text(&event["at"]).parse::<Timestamp>().map_or(0, Timestamp::as_millisecond);
    Entry {
        seq: event["seq"].as_i64().unwrap_or_default(),
        at,
        turn: event["turn"].as_str().map(str::to_owned),
        what,
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

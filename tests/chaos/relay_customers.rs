//! Customers who write by the gateway. What it reports is reported until it is acknowledged, and it keeps no order:
//! messages of a burst arrive in any order or at once, at any process.

use crate::customers::fork;
use crate::plan::{Burst, Message, Repeat};
use crate::relay_peer::address;
use crate::relay_signature::sign;
use crate::world::{Opened, Post, Unanswered, World};
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// The part they play, for their dice.
const PART: u64 = 5;

/// Plays a customer to the end.
pub async fn play(world: Arc<World>, number: usize) {
    tokio::select! {
        () = write(&world, number) => {}
        () = world.over.cancelled() => {}
    }
    world.progress(number).send_modify(|progress| progress.over = true);
}

async fn write(world: &Arc<World>, number: usize) {
    let customer = &world.plan.customers[number];
    let mut dice = world.plan.dice(PART, number);
    tokio::time::sleep(customer.starts).await;
    let mut late = JoinSet::new();
    for burst in &customer.bursts {
        write_burst(world, number, burst, &mut dice, &mut late).await;
        world.progress(number).send_modify(|progress| progress.bursts += 1);
        tokio::time::sleep(burst.then).await;
    }
    while late.join_next().await.is_some() {}
}

async fn write_burst(
    world: &Arc<World>,
    number: usize,
    burst: &Burst,
    dice: &mut StdRng,
    late: &mut JoinSet<()>,
) {
    let mut messages = burst.messages.clone();
    if dice.random_ratio(1, 4) {
        messages.shuffle(dice);
    }
    let at_once = dice.random_ratio(1, 4);
    let mut flying = JoinSet::new();
    for message in messages {
        if !at_once {
            tokio::time::sleep(message.before).await;
        }
        let arrivals: &[Duration] = match message.repeat {
            Repeat::Never => &[Duration::ZERO],
            Repeat::Later(after) => &[Duration::ZERO, after],
            Repeat::AtOnce => &[Duration::ZERO, Duration::ZERO],
        };
        for (place, after) in arrivals.iter().enumerate() {
            let (world, message, mut dice, after) = (Arc::clone(world), message.clone(), fork(dice), *after);
            let arriving = async move {
                tokio::time::sleep(after).await;
                report(&world, number, &message, &mut dice).await;
            };
            match place {
                0 => flying.spawn(arriving),
                _ => late.spawn(arriving),
            };
        }
        if !at_once {
            while flying.join_next().await.is_some() {}
        }
    }
    while flying.join_next().await.is_some() {}
}

async fn report(world: &World, number: usize, message: &Message, dice: &mut StdRng) {
    let text = message.text();
    let body = json!({"type": "message", "id": message.word, "from": address(number), "text": text});
    loop {
        world.note_sent(&Post { customer: number, word: &message.word, text: &text, wish: message.wish });
        if let Ok(accepted) = tell(world, &body, dice).await {
            world.note_acknowledged(&message.word, &accepted);
            note_conversation(world, number, &accepted);
            return;
        }
    }
}

/// Reports an event once. An answer that did not come has been waited for.
pub async fn tell(world: &World, event: &Value, dice: &mut StdRng) -> Result<Value, Unanswered> {
    let door = world.any_door(dice);
    let request = world.ask(Method::POST, door, "/webhooks/relay", "");
    let id = format!("event-{:016x}", dice.random::<u64>());
    let answer = sign(request, &id, event.to_string()).send().await;
    let read = world.read("an event of the gateway", 200, answer).await;
    if read.is_err() {
        tokio::time::sleep(Duration::from_millis(dice.random_range(20..200))).await;
    }
    read
}

/// Everything that is said by an address stands in one conversation.
fn note_conversation(world: &World, number: usize, accepted: &Value) {
    let id = accepted["conversation_id"].as_str().unwrap_or_default().to_owned();
    let mut other = None;
    world.progress(number).send_if_modified(|progress| match &progress.opened {
        None => {
            progress.opened = Some(Opened { id: id.clone(), token: world.key.clone() });
            true
        }
        Some(known) => {
            other = (known.id != id).then(|| known.id.clone());
            false
        }
    });
    if let Some(other) = other {
        world
            .evidence()
            .oddities
            .push(format!("customer {number} is in two conversations: {other} and {id}"));
    }
}

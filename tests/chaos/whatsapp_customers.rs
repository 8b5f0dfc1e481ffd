//! Customers on WhatsApp. Meta posts what they write until it is acknowledged, at any process, some of it twice, and keeps
//! no order: messages of a burst arrive in any order or at once.

use crate::customers::fork;
use crate::plan::{Burst, Message, Repeat};
use crate::whatsapp_meta::{NUMBER, body, phone, sign};
use crate::world::{Opened, Post, World};
use balcao::channels::whatsapp::address::{PhoneNumberId, UserId, conversation, first_contact};
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use reqwest::Method;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// The part they play, for their dice.
const PART: u64 = 7;

/// How they begin.
const OPENINGS: [&str; 5] = [
    "Olá, minha gente!",
    "Desculpa incomodar vocês de novo.",
    "Por gentileza, uma ajuda rápida.",
    "Boa tarde, espero que estejam bem.",
    "Então, pensando melhor agora:",
];

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
        if world.progress(number).borrow().opened.is_none() {
            let opened = find(world, number, &mut dice).await;
            world.progress(number).send_modify(|progress| progress.opened = Some(opened));
        }
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
                post(&world, number, &message, &mut dice).await;
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

/// The words of a message behind some of the customer's own: who always writes much the same, and at once, is a program on
/// the other side, which is rightly not answered for ever.
fn opened(message: &Message) -> String {
    let which = message.word.bytes().map(usize::from).sum::<usize>() % OPENINGS.len();
    format!("{} {}", OPENINGS[which], message.text())
}

async fn post(world: &World, number: usize, message: &Message, dice: &mut StdRng) {
    let (text, phone) = (opened(message), phone(number));
    let at = (crate::evidence::now() / 1_000).to_string();
    let user = user(number);
    let said = json!({"from": phone, "from_user_id": user, "id": message.word, "timestamp": at, "type": "text",
        "text": {"body": text}});
    let contact = json!({"profile": {"name": format!("Cliente {number}")}, "wa_id": phone, "user_id": user});
    let signed = body(&json!({"contacts": [contact], "messages": [said]}));
    loop {
        world.note_sent(&Post { customer: number, word: &message.word, text: &text, wish: message.wish });
        let request = world.ask(Method::POST, world.any_door(dice), "/webhooks/whatsapp", "");
        if let Ok(answer) = sign(request, signed.clone()).send().await {
            match answer.status().as_u16() {
                200 => return world.note_kept(&message.word),
                503 => {}
                other => world.evidence().oddities.push(format!("a webhook was answered {other}")),
            }
        }
        tokio::time::sleep(Duration::from_millis(dice.random_range(20..200))).await;
    }
}

/// How Meta names a customer.
fn user(number: usize) -> String {
    format!("BR.{}", 10_000 + number)
}

/// The conversation of a customer, once it is there: the webhook does not tell, and a search by words would be the heaviest
/// thing that is asked of the program.
async fn find(world: &World, number: usize, dice: &mut StdRng) -> Opened {
    let ours = PhoneNumberId::read(NUMBER).expect("digits");
    let theirs = UserId::read(&user(number)).expect("an id as Meta makes them");
    let id = conversation(&ours, first_contact(&theirs.identity())).to_string();
    let path = format!("/api/v1/conversations/{id}");
    loop {
        let answer = world.ask(Method::GET, world.any_door(dice), &path, &world.key).send().await;
        if answer.is_ok_and(|answer| answer.status().is_success()) {
            return Opened { id, token: world.key.clone() };
        }
        tokio::time::sleep(Duration::from_millis(dice.random_range(100..300))).await;
    }
}

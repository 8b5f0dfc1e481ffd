//! Customers on the web: they open a conversation and write their bursts, each message until it is acknowledged, some
//! of them twice. They do not wait for answers.

use crate::plan::{Message, Repeat};
use crate::world::{Opened, Post, World};
use rand::Rng;
use rand::rngs::StdRng;
use reqwest::Method;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// The part they play, for their dice.
const PART: u64 = 1;

/// Plays a customer to the end.
pub async fn play(world: Arc<World>, number: usize) {
    let writing = write(&world, number);
    tokio::select! {
        () = writing => {}
        () = world.over.cancelled() => {}
    }
    world.progress(number).send_modify(|progress| progress.over = true);
}

async fn write(world: &Arc<World>, number: usize) {
    let customer = &world.plan.customers[number];
    let mut dice = world.plan.dice(PART, number);
    tokio::time::sleep(customer.starts).await;
    let opened = open(world, number, &mut dice).await;
    world.progress(number).send_modify(|progress| progress.opened = Some(opened.clone()));
    let mut repeats = JoinSet::new();
    for burst in &customer.bursts {
        for message in &burst.messages {
            tokio::time::sleep(message.before).await;
            let post = Posting { world: Arc::clone(world), opened: opened.clone(), number };
            post.post(message, &mut dice, &mut repeats).await;
        }
        world.progress(number).send_modify(|progress| progress.bursts += 1);
        tokio::time::sleep(burst.then).await;
    }
    while repeats.join_next().await.is_some() {}
}

async fn open(world: &World, number: usize, dice: &mut StdRng) -> Opened {
    loop {
        let door = world.any_door(dice);
        let body = json!({"metadata": {"customer": number}});
        let answer = world.ask(Method::POST, door, "/api/v1/conversations", "").json(&body).send().await;
        if let Ok(opened) = world.read("a new conversation", 201, answer).await {
            let part = |name: &str| opened[name].as_str().unwrap_or_default().to_owned();
            return Opened { id: part("id"), token: part("token") };
        }
        tokio::time::sleep(Duration::from_millis(dice.random_range(20..200))).await;
    }
}

#[derive(Clone)]
struct Posting {
    world: Arc<World>,
    opened: Opened,
    number: usize,
}

impl Posting {
    async fn post(&self, message: &Message, dice: &mut StdRng, repeats: &mut JoinSet<()>) {
        let door = self.world.any_door(dice);
        match message.repeat {
            Repeat::Never => self.once(message, door, dice).await,
            Repeat::Later(after) => {
                self.once(message, door, dice).await;
                let (again, message, mut dice) = (self.clone(), message.clone(), fork(dice));
                repeats.spawn(async move {
                    tokio::time::sleep(after).await;
                    let door = again.world.any_door(&mut dice);
                    again.once(&message, door, &mut dice).await;
                });
            }
            Repeat::AtOnce => {
                let other = (door + 1) % self.world.doors.len();
                let mut others = fork(dice);
                tokio::join!(self.once(message, door, dice), self.once(message, other, &mut others));
            }
        }
    }

    async fn once(&self, message: &Message, door: usize, dice: &mut StdRng) {
        let text = message.text();
        let post = Post { customer: self.number, word: &message.word, text: &text, wish: message.wish };
        self.world.post_until_acknowledged(&self.opened, post, door, dice).await;
    }
}

/// Dice of their own for what goes on beside.
pub fn fork(dice: &mut StdRng) -> StdRng {
    rand::SeedableRng::seed_from_u64(dice.random())
}

//! People of the business who come into conversations while the bot is at work, answer, and leave again.

use crate::evidence::Echo;
use crate::plan::{Entrance, Exit, Person, Way};
use crate::relay_customers::tell;
use crate::relay_peer::address;
use crate::world::{Unanswered, World};
use futures_util::future::join_all;
use rand::Rng;
use rand::rngs::StdRng;
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// The part they play, for their dice.
const PART: u64 = 3;

/// Who they are.
const NAMES: [&str; 3] = ["Bia", "Caio", "Duda"];

/// Plays the people of a customer's conversation.
pub async fn play(world: Arc<World>, number: usize) {
    let people = world.plan.customers[number].people.iter().enumerate();
    let playing = join_all(people.map(|(place, person)| visit(&world, number, place, person)));
    tokio::select! {
        _ = playing => {}
        () = world.end.cancelled() => {}
    }
}

async fn visit(world: &World, number: usize, place: usize, person: &Person) {
    let mut progress = world.progress(number).subscribe();
    let ready = progress.wait_for(|progress| progress.bursts >= person.burst || progress.over).await;
    let Some(opened) = ready.unwrap().opened.clone() else { return };
    let elsewhere = person.elsewhere && world.plan.customers[number].way == Way::Relay;
    let visit = Visit {
        world,
        number,
        conversation: opened.id,
        name: format!("{} {number}", NAMES[place]),
        elsewhere,
    };
    let mut dice = world.plan.dice(PART + ((place as u64) << 8), number);
    tokio::time::sleep(person.after).await;
    match person.entrance {
        Entrance::Takes => visit.act("take", &mut dice).await,
        Entrance::Answers => visit.answer(0, &mut dice).await,
    }
    world.evidence().takeovers += 1;
    for (count, pause) in (1..).zip(&person.answers) {
        tokio::time::sleep(*pause).await;
        visit.answer(count, &mut dice).await;
    }
    tokio::time::sleep(person.stays).await;
    match person.exit {
        Exit::Returns => visit.act("return", &mut dice).await,
        Exit::Closes => visit.act("close", &mut dice).await,
        Exit::Keeps => {}
    }
}

struct Visit<'w> {
    world: &'w World,
    number: usize,
    conversation: String,
    name: String,
    /// Whether the answers come as echoes.
    elsewhere: bool,
}

impl Visit<'_> {
    /// Something that changes nothing when it is asked for again.
    async fn act(&self, what: &str, dice: &mut StdRng) {
        let body = json!({"name": self.name});
        while self.ask(Method::POST, &format!("/{what}"), &body, dice).await.is_err() {}
    }

    /// An answer. It has no id, so that it is looked for before it is given again.
    async fn answer(&self, count: usize, dice: &mut StdRng) {
        let text =
            format!("Aqui é {}: já vejo isso para você ({}).", self.name, ["um", "dois", "três"][count]);
        if self.elsewhere {
            return self.echo(count, text, dice).await;
        }
        let body = json!({"text": text, "name": self.name});
        while self.ask(Method::POST, "/reply", &body, dice).await.is_err() {
            if self.is_said(&text, dice).await {
                return;
            }
        }
    }

    /// An answer on another device, which the gateway reports until it is acknowledged, and at times once more.
    async fn echo(&self, count: usize, text: String, dice: &mut StdRng) {
        let id = format!("echo-{}-{count}", self.name);
        let event =
            json!({"type": "echo", "id": id, "to": address(self.number), "author": self.name, "text": text});
        let echo = Echo { customer: self.number, text, acknowledged: false, ids: Default::default() };
        self.world.evidence().echoes.insert(id.clone(), echo);
        for _ in 0..dice.random_range(1..=2) {
            let taken = loop {
                if let Ok(taken) = tell(self.world, &event, dice).await {
                    break taken;
                }
            };
            let mut evidence = self.world.evidence();
            let echo = evidence.echoes.get_mut(&id).unwrap();
            echo.acknowledged = true;
            echo.ids.insert(taken["message_id"].as_str().unwrap_or_default().to_owned());
        }
    }

    async fn is_said(&self, text: &str, dice: &mut StdRng) -> bool {
        loop {
            if let Ok(history) = self.ask(Method::GET, "/messages?limit=500", &Value::Null, dice).await {
                let messages = history["messages"].as_array().cloned().unwrap_or_default();
                return messages.iter().any(|message| message["text"] == text);
            }
        }
    }

    async fn ask(
        &self,
        method: Method,
        tail: &str,
        body: &Value,
        dice: &mut StdRng,
    ) -> Result<Value, Unanswered> {
        let path = format!("/api/v1/conversations/{}{tail}", self.conversation);
        let mut request = self.world.ask(method, self.world.any_door(dice), &path, &self.world.key);
        if !body.is_null() {
            request = request.json(body);
        }
        let answer = self.world.read(tail, 200, request.send().await).await;
        if answer.is_err() {
            tokio::time::sleep(Duration::from_millis(dice.random_range(50..300))).await;
        }
        answer
    }
}

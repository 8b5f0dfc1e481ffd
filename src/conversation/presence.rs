//! Shows customers of channels that are pushed to that their message was read and an answer is being written, again and
//! again as long as it is. The turn says when it begins and ends; nothing waits for what is shown.

use crate::domain::ids::{ConversationId, TurnId};
use async_trait::async_trait;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How often it is shown: before a phone stops showing it by itself.
const EVERY: Duration = Duration::from_secs(20);
/// How often at most: no turn takes longer.
const MOST: u32 = 30;
/// So many signs may wait; later ones are not shown.
const QUEUE: usize = 1024;
/// Signs under way at once.
const AT_ONCE: usize = 64;

/// What is being answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answering {
    /// Where.
    pub conversation: ConversationId,
    /// The channel's id of the newest message that is answered.
    pub message: String,
}

/// A channel that can show that somebody is at it.
#[async_trait]
pub trait Presence: Send + Sync {
    /// Its name in conversations.
    fn channel(&self) -> &str;

    /// Shows it once, for a while. Failing is of no matter.
    async fn show(&self, answering: &Answering);
}

enum Sign {
    Begins(TurnId, String, Answering),
    Ends(TurnId),
}

/// Where turns say that they begin.
#[derive(Clone)]
pub struct PresenceDesk {
    signs: mpsc::Sender<Sign>,
}

/// A turn that is at work; it is over when this is dropped.
pub struct AtWork {
    turn: TurnId,
    signs: mpsc::Sender<Sign>,
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.signs.try_send(Sign::Ends(self.turn)).ok();
    }
}

/// Shows it; to be run beside the server.
pub struct PresenceTask {
    signs: mpsc::Receiver<Sign>,
    channels: HashMap<String, Arc<dyn Presence>>,
    at_work: HashMap<TurnId, Shown>,
    every: Duration,
}

struct Shown {
    channel: String,
    answering: Answering,
    again_at: Instant,
    times: u32,
}

impl PresenceDesk {
    /// A desk and the task behind it.
    pub fn over(channels: Vec<Arc<dyn Presence>>) -> (Self, PresenceTask) {
        let (sender, signs) = mpsc::channel(QUEUE);
        let channels = channels.into_iter().map(|channel| (channel.channel().to_owned(), channel)).collect();
        (Self { signs: sender }, PresenceTask { signs, channels, at_work: HashMap::new(), every: EVERY })
    }

    /// A turn of the bot's begins on `channel`.
    pub fn begins(&self, turn: TurnId, channel: &str, answering: Answering) -> AtWork {
        self.signs.try_send(Sign::Begins(turn, channel.to_owned(), answering)).ok();
        AtWork { turn, signs: self.signs.clone() }
    }
}

impl PresenceTask {
    /// Shows until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut under_way = JoinSet::new();
        loop {
            let next = self.at_work.values().map(|shown| shown.again_at).min();
            tokio::select! {
                () = stop.cancelled() => return,
                sign = self.signs.recv() => match sign {
                    Some(Sign::Begins(turn, channel, answering)) => {
                        if self.channels.contains_key(&channel) {
                            let shown = Shown { channel, answering, again_at: Instant::now(), times: 0 };
                            self.at_work.insert(turn, shown);
                            self.show_due(&mut under_way);
                        }
                    }
                    Some(Sign::Ends(turn)) => {
                        self.at_work.remove(&turn);
                    }
                    None => return,
                },
                () = tokio::time::sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() => {
                    self.show_due(&mut under_way);
                }
                Some(_) = under_way.join_next() => {}
            }
        }
    }

    fn show_due(&mut self, under_way: &mut JoinSet<()>) {
        let now = Instant::now();
        for shown in self.at_work.values_mut().filter(|shown| shown.again_at <= now) {
            shown.again_at = now + self.every;
            shown.times += 1;
            let Some(channel) = self.channels.get(&shown.channel).cloned() else { continue };
            if under_way.len() < AT_ONCE {
                let answering = shown.answering.clone();
                under_way.spawn(async move { channel.show(&answering).await });
            }
        }
        self.at_work.retain(|_, shown| shown.times < MOST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::watch;
    use uuid::Uuid;

    /// Remembers what was shown, in order.
    struct Phone(watch::Sender<Vec<String>>);

    #[async_trait]
    impl Presence for Phone {
        fn channel(&self) -> &str {
            "phone"
        }

        async fn show(&self, answering: &Answering) {
            self.0.send_modify(|shown| shown.push(answering.message.clone()));
        }
    }

    fn answering(message: &str) -> Answering {
        Answering { conversation: ConversationId(Uuid::nil()), message: message.to_owned() }
    }

    async fn shown(phone: &Phone, message: &str, times: usize) -> Vec<String> {
        let count = |shown: &Vec<String>| shown.iter().filter(|one| *one == message).count();
        phone.0.subscribe().wait_for(|shown| count(shown) >= times).await.unwrap().clone()
    }

    #[tokio::test]
    async fn it_is_shown_as_long_as_the_turn_is_at_work() {
        let phone = Arc::new(Phone(watch::Sender::default()));
        let (desk, task) = PresenceDesk::over(vec![phone.clone()]);
        let task = PresenceTask { every: Duration::from_millis(1), ..task };
        let stop = CancellationToken::new();
        let mut running = JoinSet::new();
        running.spawn(task.run(stop.clone()));
        let turn = |number| TurnId(Uuid::from_u128(number));
        let elsewhere = desk.begins(turn(1), "web", answering("none"));
        let first = desk.begins(turn(2), "phone", answering("wamid.1"));
        shown(&phone, "wamid.1", 3).await;
        drop(first);
        let second = desk.begins(turn(3), "phone", answering("wamid.2"));
        // One that was under way when the turn ended may still come in between.
        let then = shown(&phone, "wamid.2", 3).await;
        let last = shown(&phone, "wamid.2", 9).await;
        let firsts = |shown: &[String]| shown.iter().filter(|one| *one == "wamid.1").count();
        assert_eq!(firsts(&then), firsts(&last), "what is over is not shown");
        assert!(!last.contains(&"none".to_owned()));
        drop((elsewhere, second));
        stop.cancel();
        running.join_next().await.unwrap().unwrap();
    }
}

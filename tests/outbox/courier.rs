//! Order, retries, doubt and giving up: nothing lost, nothing sent twice.

use super::channel::{Act, FakeChannel};
use crate::store::support::{Bench, on_every_store};
use balcao::domain::event::EventBody;
use balcao::domain::ids::{ConversationId, OutboxId};
use balcao::domain::message::Role;
use balcao::limits::alerts::Alerts;
use balcao::outbox::courier::Courier;
use balcao::store::outbox::{DeliveryStanding, DeliveryStatus, NewDelivery};
use balcao::store::turns::TurnCommit;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

on_every_store!(
    messages_leave_in_order_whatever_the_channel_does,
    a_send_in_doubt_is_looked_into_and_not_repeated,
    a_courier_that_died_leaves_a_doubt_and_no_second_message,
    a_doubt_that_nobody_resolves_is_the_operators,
    what_is_refused_or_tried_too_often_is_given_up_and_can_be_replayed,
    statuses_come_late_twice_and_out_of_order,
    a_slow_send_holds_up_nobody_else,
);

/// Longer than any wait of these tests' channel, and than a lost claim.
const LONG: Duration = Duration::from_secs(400);

struct Office {
    bench: Bench,
    channel: FakeChannel,
    courier: Arc<Courier>,
}

fn office(bench: Bench, channel: FakeChannel) -> Office {
    let alerts = Arc::new(Alerts::logged(bench.clock.clone()));
    let courier =
        Courier::new(bench.stores.clone(), vec![Arc::new(channel.clone())], bench.clock.clone(), alerts);
    Office { bench, channel, courier: Arc::new(courier) }
}

impl Office {
    /// The bot answers in `conversation`, by the channel.
    async fn answers(&self, conversation: ConversationId, text: &str) -> OutboxId {
        self.bench.said(conversation, "oi").await;
        let claim = self.bench.claimed(conversation).await;
        let mut commit: TurnCommit = self.bench.answer(&claim, text);
        let message = commit.events.iter().find_map(|event| match event {
            EventBody::Message(message) if message.role == Role::Assistant => Some(message.id),
            _ => None,
        });
        let delivery = NewDelivery { message: message.unwrap(), ..self.bench.delivery() };
        let id = delivery.id;
        commit.outbox.push(delivery);
        self.bench.stores.turns.commit(&claim, commit, self.bench.now()).await.unwrap();
        id
    }

    async fn round(&self) -> usize {
        self.courier.clone().round().await.unwrap()
    }

    /// Rounds with long waits between them, until nothing is left to do.
    async fn rounds(&self) {
        for _ in 0..20 {
            while self.round().await > 0 {}
            self.bench.advance(LONG);
        }
        assert_eq!(self.bench.stores.outbox.depth().await.unwrap(), 0);
    }

    async fn standing(&self, id: OutboxId) -> DeliveryStanding {
        self.bench.stores.outbox.standing(id).await.unwrap().unwrap()
    }
}

async fn messages_leave_in_order_whatever_the_channel_does(bench: Bench) {
    let acts = [Act::Busy(1), Act::TakeSilently, Act::Take, Act::Lose, Act::Busy(0)];
    let office = office(bench, FakeChannel::start(acts).await);
    let conversation = office.bench.opened().await.id;
    for text in ["um", "dois", "três"] {
        office.answers(conversation, text).await;
    }
    office.rounds().await;
    assert_eq!(office.channel.taken(), ["um", "dois", "três"]);
}

async fn a_send_in_doubt_is_looked_into_and_not_repeated(bench: Bench) {
    let office = office(bench, FakeChannel::start([Act::TakeSilently]).await);
    let id = office.answers(office.bench.opened().await.id, "olá").await;
    office.round().await;
    assert_eq!(office.standing(id).await.state, "waiting");
    office.rounds().await;
    let standing = office.standing(id).await;
    assert_eq!((standing.state.as_str(), standing.external_id), ("sent", Some(format!("ext-{id}"))));
    assert_eq!(office.channel.taken(), ["olá"]);
}

async fn a_courier_that_died_leaves_a_doubt_and_no_second_message(bench: Bench) {
    let office = office(bench, FakeChannel::start([]).await);
    let id = office.answers(office.bench.opened().await.id, "olá").await;
    // It claimed, sent, and died before it could write that down.
    let (now, lease) = (office.bench.now(), office.bench.later(LONG));
    let claimed = office.bench.stores.outbox.claim(now, lease, 1).await.unwrap();
    assert!(!claimed[0].in_doubt);
    let message = office.bench.stores.outbox.message(&claimed[0]).await.unwrap().unwrap();
    let parcel = balcao::outbox::push::Parcel { delivery: claimed[0].clone(), message };
    balcao::outbox::push::Push::send(&office.channel, &parcel).await.unwrap();
    office.bench.advance(LONG);
    office.rounds().await;
    assert_eq!((office.standing(id).await.state.as_str(), office.channel.taken().len()), ("sent", 1));
}

async fn a_doubt_that_nobody_resolves_is_the_operators(bench: Bench) {
    let channel = FakeChannel::start([Act::TakeSilently]).await.muted();
    let office = office(bench, channel);
    let conversation = office.bench.opened().await.id;
    let id = office.answers(conversation, "olá").await;
    office.answers(conversation, "e mais").await;
    office.rounds().await;
    assert_eq!(office.channel.taken(), ["olá", "e mais"], "what waits behind it goes on");
    let dead = office.bench.stores.outbox.dead(10).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert!(dead[0].1.contains("not sent again"), "{}", dead[0].1);
    assert_eq!(dead[0].0.id, id);
}

async fn what_is_refused_or_tried_too_often_is_given_up_and_can_be_replayed(bench: Bench) {
    let acts = [Act::Refuse, Act::Busy(1), Act::Busy(1), Act::Busy(1), Act::Busy(1), Act::Busy(86_400)];
    let office = office(bench, FakeChannel::start(acts).await);
    let mut ids = Vec::new();
    for text in ["recusada", "ocupada", "paciência"] {
        ids.push(office.answers(office.bench.opened().await.id, text).await);
        office.rounds().await;
    }
    let dead = office.bench.stores.outbox.dead(10).await.unwrap();
    let errors: Vec<&str> = dead.iter().map(|(_, error)| error.as_str()).collect();
    assert_eq!(
        errors,
        [
            "busy (the channel asks for 86400 s of patience)",
            "busy (after 4 attempts)",
            "the number does not exist"
        ]
    );
    assert!(office.bench.stores.outbox.replay(ids[0], office.bench.now()).await.unwrap());
    office.rounds().await;
    assert_eq!(office.channel.taken(), ["recusada"]);
}

async fn statuses_come_late_twice_and_out_of_order(bench: Bench) {
    let office = office(bench, FakeChannel::start([]).await);
    let id = office.answers(office.bench.opened().await.id, "olá").await;
    office.rounds().await;
    let outbox = &office.bench.stores.outbox;
    let external = format!("ext-{id}");
    let (read_at, later) = (office.bench.now(), office.bench.later(LONG));
    for (status, at) in
        [(DeliveryStatus::Read, read_at), (DeliveryStatus::Delivered, later), (DeliveryStatus::Read, later)]
    {
        assert!(outbox.status("whatsapp", &external, status, at).await.unwrap());
    }
    let failed = DeliveryStatus::Failed { error: "expired".to_owned() };
    assert!(!outbox.status("whatsapp", &external, failed.clone(), later).await.unwrap(), "it was read");
    assert!(!outbox.status("sms", &external, DeliveryStatus::Read, later).await.unwrap());
    let standing = office.standing(id).await;
    assert_eq!((standing.delivered_at, standing.read_at), (Some(read_at), Some(read_at)));
    assert_eq!(standing.state, "sent");

    let other = office.answers(office.bench.opened().await.id, "oi").await;
    office.rounds().await;
    assert!(outbox.status("whatsapp", &format!("ext-{other}"), failed, later).await.unwrap());
    assert_eq!(outbox.dead(1).await.unwrap()[0].1, "expired");
}

async fn a_slow_send_holds_up_nobody_else(bench: Bench) {
    let office = office(bench, FakeChannel::start([Act::TakeSilently]).await.patiently());
    let (slow, other) = (office.bench.opened().await.id, office.bench.opened().await.id);
    office.answers(slow, "sem resposta").await;
    let courier = Courier::new(
        office.bench.stores.clone(),
        vec![Arc::new(office.channel.clone())],
        office.bench.clock.clone(),
        Arc::new(Alerts::logged(office.bench.clock.clone())),
    );
    let stop = CancellationToken::new();
    let working = tokio::spawn(courier.run(stop.clone()));
    while office.channel.taken().is_empty() {
        tokio::task::yield_now().await;
    }
    // The first one is under way and will be for a minute.
    for text in ["um", "dois"] {
        office.answers(other, text).await;
    }
    let both = async {
        while office.channel.taken().len() < 3 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), both).await.expect("they wait for the slow one");
    assert_eq!(office.channel.taken(), ["sem resposta", "um", "dois"]);
    working.abort();
}

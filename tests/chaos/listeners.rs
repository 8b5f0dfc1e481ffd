//! Customers who read their event stream, at whichever process, and go on behind the last event they have whenever it
//! breaks. They take down the messages they read.

use crate::events::EventReader;
use crate::evidence::Heard;
use crate::world::{Opened, World};
use rand::Rng;
use rand::rngs::StdRng;
use std::sync::Arc;
use std::time::Duration;

/// The part they play, for their dice.
const PART: u64 = 2;

/// Reads until the run ends.
pub async fn listen(world: Arc<World>, number: usize) {
    let mut progress = world.progress(number).subscribe();
    let reading = async {
        let opened = progress.wait_for(|progress| progress.opened.is_some()).await.unwrap().opened.clone();
        read(&world, number, &opened.unwrap()).await;
    };
    tokio::select! {
        () = reading => {}
        () = world.end.cancelled() => {}
    }
}

async fn read(world: &World, number: usize, opened: &Opened) {
    let mut dice = world.plan.dice(PART, number);
    let path = format!("/api/v1/conversations/{}/events", opened.id);
    let mut last = None;
    world.evidence().heard.insert(number, Vec::new());
    loop {
        let door = world.any_door(&mut dice);
        let mut request = world.listen(door, &path, &opened.token);
        if let Some(last) = last {
            request = request.header("last-event-id", i64::to_string(&last));
        }
        if let Ok(answer) = request.send().await
            && answer.status() == 200
        {
            let mut reader = EventReader::new(answer);
            follow(world, number, &mut reader, &mut dice).await;
            last = reader.last_id.or(last);
        }
        tokio::time::sleep(Duration::from_millis(dice.random_range(10..200))).await;
    }
}

/// Until the stream ends, or the reader is tired of it, as a telephone in a tunnel is. Once nobody writes any more there
/// are no tunnels: thousands of readers who come again and again would leave no time for what is still to be answered.
async fn follow(world: &World, number: usize, reader: &mut EventReader, dice: &mut StdRng) {
    let tunnel = tokio::time::sleep(Duration::from_millis(dice.random_range(500..15_000)));
    tokio::pin!(tunnel);
    loop {
        let frame = tokio::select! {
            frame = reader.next() => frame,
            () = &mut tunnel, if !world.over.is_cancelled() => return,
        };
        let Some(frame) = frame else { return };
        if frame.event == "message" {
            let id = frame.data["id"].as_str().unwrap_or_default().to_owned();
            let heard = Heard { seq: frame.id.unwrap_or_default(), id };
            world.evidence().heard.entry(number).or_default().push(heard);
        }
    }
}

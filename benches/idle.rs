//! What a visitor costs who has the page open and writes nothing: memory of the server for each event stream.

use crate::Place;
use crate::client::Connection;
use crate::deployment::Plan;
use crate::machine;
use crate::model::name;
use crate::visitor::converse;
use anyhow::Context;
use futures_util::{StreamExt, TryStreamExt, stream};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// What the house aims at for a stream, in KB.
const AIM: f64 = 12.0;
/// How many come in at the same time.
const DOORS: usize = 32;
/// Clients of one source address: the system has some 28,000 ports for each.
const PORTS: usize = 10_000;
/// Until what the arrivals needed for a moment is free again.
const SETTLING: Duration = Duration::from_secs(3);
/// Until the server has noticed that clients have left: at the latest when it says that it is alive.
const LEAVING: Duration = Duration::from_secs(20);

/// Measures and prints.
pub async fn measure(place: &Place, sizes: &[usize]) -> anyhow::Result<()> {
    println!("\nidle      {}; SQLite; event streams of a conversation", machine::bind());
    println!(
        "          each, in which nothing is said. Resident memory of the process, without the system's own buffers"
    );
    println!("     clients      before        with     each (aim: {AIM} KB)   when they have left");
    for size in sizes {
        if let Some(missing) = machine::lacks_files(*size) {
            println!("  {size:>10}   left out: {missing}");
            continue;
        }
        let deployment = Plan::new(place, "idle").start().await?;
        let address = *deployment.addresses().first().context("no server")?;
        let opening = stream::iter(0..DOORS).map(|door| open(address, door, *size)).buffer_unordered(DOORS);
        let conversations: Vec<(String, String)> = opening.try_concat().await?;
        tokio::time::sleep(SETTLING).await;
        let before = deployment.resident()?;
        let listening = stream::iter(conversations.iter().enumerate())
            .map(|(number, (path, token))| listen(address, number, path, token))
            .buffer_unordered(DOORS);
        let clients: Vec<Connection> = listening.try_collect().await?;
        tokio::time::sleep(SETTLING).await;
        let with = deployment.resident()?;
        let each = (with - before) * 1024.0 / clients.len() as f64;
        drop(clients);
        tokio::time::sleep(LEAVING).await;
        let left = deployment.resident()?;
        println!(
            "  {size:>10}   {before:6.1} MB   {with:6.1} MB   {each:6.1} KB                 {left:6.1} MB"
        );
    }
    Ok(())
}

/// The conversations of one door, over one connection.
async fn open(address: SocketAddr, door: usize, count: usize) -> anyhow::Result<Vec<(String, String)>> {
    let mut connection = Connection::to(address).await?;
    let mut opened = Vec::with_capacity(count / DOORS + 1);
    for number in (door..count).step_by(DOORS) {
        opened.push(converse(&mut connection, &name(number)).await?);
    }
    Ok(opened)
}

async fn listen(address: SocketAddr, number: usize, path: &str, token: &str) -> anyhow::Result<Connection> {
    let last = u8::try_from(1 + number / PORTS)?;
    let mut stream = Connection::between(Ipv4Addr::new(127, 0, 0, last), address).await?;
    stream.listen(&format!("{path}/events"), token).await?;
    Ok(stream)
}

//! `balcao serve`: binds, says where it listens, works until it is told to stop, and stops in good order.

use super::build::{App, Options};
use super::instance::{self, Instance};
use super::mcp;
use crate::config::store::StorePlace;
use crate::web::connections;
use anyhow::Context;
use futures_util::FutureExt;
use std::fs::File;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long requests and turns may take to come to an end once the program was told to stop.
const GRACE: Duration = Duration::from_secs(8);
/// How long deliveries under way may take to end, once turns have ended.
const COURIER_GRACE: Duration = Duration::from_secs(1);
/// How long it may take to write down how connectors did.
const HEALTH_GRACE: Duration = Duration::from_secs(1);
/// How long the vectors of a batch may take to be made, after all that.
const VECTORS_GRACE: Duration = Duration::from_secs(1);
/// How long servers of tools may take to end, after all that.
const MCP_GRACE: Duration = Duration::from_secs(1);
/// How often metrics free what they no longer need.
const UPKEEP: Duration = Duration::from_secs(30);

/// A server that accepts connections.
pub struct Server {
    app: App,
    listener: TcpListener,
    /// Where it listens.
    pub address: SocketAddr,
    /// Tells it to stop.
    pub stop: CancellationToken,
    /// Whether it is to start again when it has stopped.
    pub again: Arc<AtomicBool>,
    instance: Instance,
    _alone: Option<File>,
}

impl Server {
    /// Builds the program and binds `listen`; port 0 takes any free one.
    ///
    /// # Errors
    /// Whatever stands in the way, in words for the operator.
    pub async fn bind(options: Options, listen: &str) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(listen).await.with_context(|| {
            format!("cannot listen on {listen}; is something else there? Use --listen ADDRESS:PORT for another place")
        })?;
        let address = listener.local_addr()?;
        let (data, clock) = (options.data.clone(), options.clock.clone());
        let app = Box::pin(App::build(options)).await?;
        // A server's database may have other processes at work: what a dead one has claimed runs out by itself.
        let alone = match app.settings.store.place(&data)? {
            StorePlace::File(database) => instance::lock(&database)?,
            StorePlace::Server => None,
        };
        if alone.is_some() {
            let left = app.stores.turns.expire_claims(clock.now()).await?;
            tracing::debug!(left, "turns that an earlier process left in the middle");
            app.stores.posts.expire_claims(clock.now()).await?;
            app.stores.outbox.expire_claims(clock.now()).await?;
        }
        let instance = Instance::announce(&data, address, &app.stores).await?;
        let (stop, again) = (app.stop.clone(), app.again.clone());
        Ok(Self { app, listener, address, stop, again, instance, _alone: alone })
    }

    /// Serves until `stop` is cancelled; then lets requests and turns end, and closes the store.
    pub async fn run(self) {
        let database = self.app.database();
        let stores = self.app.stores.clone();
        #[expect(clippy::disallowed_methods, reason = "awaited below")]
        let worker = tokio::spawn(self.app.worker.run());
        #[expect(clippy::disallowed_methods, reason = "awaited below")]
        let upkeep = tokio::spawn(upkeep(self.stop.clone()));
        #[expect(clippy::disallowed_methods, reason = "awaited below")]
        let keeper = tokio::spawn(self.app.keeper.run(self.stop.clone()));
        #[expect(clippy::disallowed_methods, reason = "awaited below")]
        let leads = tokio::spawn(self.app.leads.run(self.stop.clone()));
        let posts = self.app.posts.map(|posts| {
            #[expect(clippy::disallowed_methods, reason = "awaited below")]
            tokio::spawn(posts.run(self.stop.clone()))
        });
        #[expect(clippy::disallowed_methods, reason = "awaited below")]
        let news = tokio::spawn(self.app.news.run(self.stop.clone()));
        #[expect(clippy::disallowed_methods, reason = "awaited below")]
        let customers = tokio::spawn(self.app.customers.run(self.stop.clone()));
        #[expect(clippy::disallowed_methods, reason = "awaited below")]
        let courier = tokio::spawn(self.app.courier.run(self.stop.clone()));
        #[expect(clippy::disallowed_methods, reason = "awaited below")]
        let presence = tokio::spawn(self.app.presence.run(self.stop.clone()));
        let watch = self.app.settings.knowledge.watch.then(|| {
            #[expect(clippy::disallowed_methods, reason = "awaited below")]
            tokio::spawn(self.app.library.watch(self.stop.clone()))
        });
        #[expect(clippy::disallowed_methods, reason = "awaited below")]
        let vectors = tokio::spawn(self.app.vectors.run(self.stop.clone()));
        // Turns and deliveries that come to an end after `stop` still call.
        let calls_ended = CancellationToken::new();
        #[expect(clippy::disallowed_methods, reason = "awaited below")]
        let health = tokio::spawn(self.app.health.run(calls_ended.clone()));
        let alerts = self.app.alerts.map(|alerts| {
            #[expect(clippy::disallowed_methods, reason = "awaited below")]
            tokio::spawn(alerts.run(self.stop.clone()))
        });
        let router = crate::web::router::router(self.app.web);
        let quiet = self.app.settings.limits.quiet_connection();
        let serving = connections::serve(self.listener, router, quiet, self.stop.clone());
        // One grace for both: where connections use it up, turns have had it too.
        let stopped = self.stop.clone();
        let late = async move {
            stopped.cancelled().await;
            tokio::time::sleep(GRACE).await;
        }
        .shared();
        tokio::select! {
            () = serving => {}
            () = late.clone() => tracing::warn!("some connections did not end in time and were cut"),
        }
        self.stop.cancel();
        tokio::select! {
            _ = worker => {}
            () = late => tracing::warn!("some turns did not end in time; they go on from their journal at the next start"),
        }
        // An attempt has a shorter time limit than a lease: what is cut here is looked into at the next start.
        if tokio::time::timeout(COURIER_GRACE, courier).await.is_err() {
            tracing::warn!(
                "a delivery did not end in time; whether it was sent is looked into at the next start"
            );
        }
        // What it leaves in the middle is taken in again at the next start.
        if let Some(posts) = posts {
            tokio::time::timeout(COURIER_GRACE, posts).await.ok();
        }
        news.await.ok();
        customers.await.ok();
        upkeep.await.ok();
        keeper.await.ok();
        presence.await.ok();
        // A mail that is cut here is sent again at the next start, under the same id.
        tokio::time::timeout(COURIER_GRACE, leads).await.ok();
        if let Some(watch) = watch {
            watch.await.ok();
        }
        calls_ended.cancel();
        // What is cut here is a few seconds of statistics.
        tokio::time::timeout(HEALTH_GRACE, health).await.ok();
        // What a server of tools does not end by itself is ended with it.
        tokio::time::timeout(MCP_GRACE, mcp::ended(self.app.mcp)).await.ok();
        // What is half made is swept away at the next start.
        tokio::time::timeout(VECTORS_GRACE, vectors).await.ok();
        if let Some(alerts) = alerts {
            alerts.await.ok();
        }
        self.instance.withdraw(&stores).await;
        drop(stores);
        database.close().await;
    }
}

async fn upkeep(stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(UPKEEP) => crate::telemetry::metrics::upkeep(),
        }
    }
}

/// How it came to an end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// It was told to stop.
    Stopped,
    /// An operator wants it to start again, where it listened.
    Again(SocketAddr),
}

/// `balcao serve`.
///
/// # Errors
/// As [`Server::bind`].
pub async fn serve(options: Options, listen: &str) -> anyhow::Result<Ending> {
    let server = Server::bind(options, listen).await?;
    let (stop, again, address) = (server.stop.clone(), server.again.clone(), server.address);
    announce(address);
    let told = Arc::new(AtomicBool::new(false));
    let telling = told.clone();
    #[expect(clippy::disallowed_methods, reason = "aborted below")]
    let signals = tokio::spawn(async move {
        until_told_to_stop().await;
        telling.store(true, Ordering::Release);
        stop.cancel();
    });
    server.run().await;
    signals.abort();
    // Who says stop meanwhile means it.
    let is_wanted = again.load(Ordering::Acquire) && !told.load(Ordering::Acquire);
    Ok(if is_wanted { Ending::Again(address) } else { Ending::Stopped })
}

#[expect(clippy::print_stdout, reason = "the one line that says where the page is")]
fn announce(address: SocketAddr) {
    println!("Balcão: http://{address}");
}

async fn until_told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        tokio::signal::ctrl_c().await.ok();
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

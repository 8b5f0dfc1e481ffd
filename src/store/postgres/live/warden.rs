//! Finds turns whose process is gone: every process holds one connection under a name of its own for as long as it
//! lives, and the server forgets the connection of a killed one at once. Its claims are let run out, so that another
//! process takes the turns up without waiting for the lease; a machine that is cut off is left to the lease.

use super::PATIENCE;
use crate::domain::ids::ConversationId;
use crate::store::error::StoreError;
use crate::store::live::LiveHub;
use crate::store::postgres::database::connected;
use crate::store::postgres::rows::Columns;
use crate::store::postgres::scripts;
use jiff::Timestamp;
use sqlx::postgres::PgPool;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// How often it is looked who is there.
const LOOK: Duration = Duration::from_millis(200);
/// So many looks in a row have to miss a process: one that only connects anew is not gone.
const LOOKS: u32 = 3;

/// The name a process's claims and its connection bear.
pub(in crate::store::postgres) fn name(process: u64) -> String {
    format!("balcao-{process:016x}")
}

/// The task that looks.
pub(super) struct Warden {
    pub(super) pool: PgPool,
    pub(super) live: Arc<LiveHub>,
}

impl Warden {
    /// Looks until told to stop.
    pub(super) async fn run(self, stop: CancellationToken) {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut missed: HashMap<String, u32> = HashMap::new();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = look.tick() => {}
            }
            if let Err(error) = self.look(&mut missed).await {
                // Who cannot ask must not conclude anything from it.
                missed.clear();
                tracing::debug!(%error, "it could not be looked which processes are gone");
            }
        }
    }

    async fn look(&self, missed: &mut HashMap<String, u32>) -> Result<(), StoreError> {
        let rows = connected(&self.pool, PATIENCE).await?.rows(sqlx::query(scripts::MISSING_WORKERS)).await?;
        let mut missing = HashMap::with_capacity(rows.len());
        let mut gone = Vec::new();
        for row in &rows {
            let worker = Columns::of(row).name()?.to_owned();
            let looks = missed.get(&worker).copied().unwrap_or(0) + 1;
            if looks >= LOOKS {
                gone.push(worker);
            } else {
                missing.insert(worker, looks);
            }
        }
        *missed = missing;
        if gone.is_empty() {
            return Ok(());
        }
        let freed = connected(&self.pool, PATIENCE)
            .await?
            .rows(sqlx::query(scripts::FREE_CLAIMS).bind(&gone))
            .await?;
        for row in &freed {
            self.live.signal_work(ConversationId(Columns::of(row).id()?), Timestamp::UNIX_EPOCH);
        }
        tracing::warn!(turns = freed.len(), processes = ?gone, "turns of processes that are gone are taken up");
        Ok(())
    }
}

//! Which version of the index is live, as this process knows it, and how another one becomes so. Follows the alias; the
//! passages themselves are read and written elsewhere.

use super::failure::Failure;
use super::server::Server;
use super::state::not_ours;
use super::version::Question;
use super::view::View;
use crate::domain::clock::Clock;
use crate::knowledge::chunk::Chunk;
use crate::knowledge::index::{Hit, IndexError};
use qdrant_client::qdrant::alias_operations::Action;
use qdrant_client::qdrant::{CreateAlias, RenameAlias};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Notify;
use uuid::Uuid;

/// How often it is looked whether another process has replaced the version.
const FOLLOW: Duration = Duration::from_secs(2);

/// How often what writers left behind is looked for.
const SWEEP: Duration = Duration::from_secs(3_600);

/// A version that was begun so long ago and is not searched belongs to a writer that is no more.
const ABANDONED: Duration = Duration::from_secs(3_600);

/// Versions that may replace each other while one is being read.
const MOST_LOADS: usize = 5;

/// What the index's thread works on as well.
pub(super) struct Shared {
    pub(super) server: Server,
    /// The alias; names of versions begin with it.
    pub(super) name: String,
    clock: Arc<dyn Clock>,
    live: RwLock<Live>,
    /// Held while it is found out which version is live, or decided.
    looking: tokio::sync::Mutex<()>,
    /// Asks the follower to look at once.
    pub(super) look: Notify,
    pub(super) moved: Arc<Notify>,
}

/// What is known of the server.
#[derive(Clone, Default)]
pub(super) struct Live {
    pub(super) view: Arc<View>,
    /// Why it cannot be asked, if so.
    pub(super) away: Option<Failure>,
}

impl Shared {
    /// Of an index of this name, of which nothing is known yet.
    pub(super) fn new(server: Server, name: &str, clock: &Arc<dyn Clock>) -> Self {
        Self {
            server,
            name: name.to_owned(),
            clock: Arc::clone(clock),
            live: RwLock::default(),
            looking: tokio::sync::Mutex::default(),
            look: Notify::new(),
            moved: Arc::default(),
        }
    }

    pub(super) fn live(&self) -> Live {
        self.live.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, live: Live) {
        *self.live.write().unwrap_or_else(PoisonError::into_inner) = live;
    }

    /// A name for a new version.
    pub(super) fn next_name(&self) -> String {
        format!("{}-{}", self.name, self.clock.new_id().simple())
    }

    /// What is live, looked up anew.
    pub(super) async fn refresh(&self) -> Result<Arc<View>, Failure> {
        let _looking = self.looking.lock().await;
        let before = self.live();
        match self.load(&before.view).await {
            Ok(view) => {
                let changed = !view.collections().eq(before.view.collections());
                let back = before.away.is_some();
                self.set(Live { view: Arc::clone(&view), away: None });
                if back {
                    tracing::info!("the Qdrant server of the knowledge answers again");
                }
                if changed || back {
                    self.moved.notify_one();
                }
                Ok(view)
            }
            Err(failure) => {
                if before.away.is_none() {
                    let error = IndexError::from(failure.clone());
                    tracing::error!(%error, "the knowledge cannot be searched until the Qdrant server answers");
                }
                self.set(Live { away: Some(failure.clone()), ..before });
                Err(failure)
            }
        }
    }

    async fn load(&self, known: &Arc<View>) -> Result<Arc<View>, Failure> {
        for _ in 0..MOST_LOADS {
            let Some(collection) = self.server.behind(&self.name).await? else { return Ok(Arc::default()) };
            if known.collections().next() == Some(&collection) {
                return Ok(Arc::clone(known));
            }
            match View::load(&self.server, &collection, known).await {
                // Replaced and removed since.
                Err(Failure::Missing(_)) => {}
                loaded => return loaded.map(Arc::new),
            }
        }
        Err(Failure::Away(
            "the index is replaced faster than it can be read, or a part of it is missing".into(),
        ))
    }

    /// Looks now and then until the index is dropped, and what it runs on with it.
    pub(super) async fn follow(&self) {
        let mut swept = tokio::time::Instant::now();
        loop {
            tokio::select! {
                () = tokio::time::sleep(FOLLOW) => {}
                () = self.look.notified() => {}
            }
            // Its failure has been told, and is told to whoever searches.
            if self.refresh().await.is_ok() && swept.elapsed() > SWEEP {
                self.sweep().await;
                swept = tokio::time::Instant::now();
            }
        }
    }

    pub(super) async fn search(&self, question: &Question) -> Result<Vec<Hit>, Failure> {
        let Live { view, away } = self.live();
        if let Some(failure) = away {
            return Err(failure);
        }
        match view.search(&self.server, question).await {
            // Replaced and removed since it was looked up.
            Err(Failure::Missing(_)) => self.refresh().await?.search(&self.server, question).await,
            found => self.looked(found),
        }
    }

    pub(super) async fn passages(&self, ids: &[Uuid]) -> Result<Vec<Chunk>, Failure> {
        let Live { view, away } = self.live();
        if let Some(failure) = away {
            return Err(failure);
        }
        match view.passages(&self.server, ids).await {
            Err(Failure::Missing(_)) => self.refresh().await?.passages(&self.server, ids).await,
            found => self.looked(found),
        }
    }

    /// Has the follower look at once where a server was asked in vain.
    fn looked<T>(&self, found: Result<T, Failure>) -> Result<T, Failure> {
        found.inspect_err(|_| self.look.notify_one())
    }

    /// Makes this what is searched, if that is still `base`.
    pub(super) async fn publish(&self, base: &View, view: Arc<View>) -> Result<(), Failure> {
        let Some(collection) = view.collections().next().cloned() else { return Ok(()) };
        let _looking = self.looking.lock().await;
        let marked = |collection: &str| format!("{collection}.live");
        let create = |alias: String| {
            Action::CreateAlias(CreateAlias { collection_name: collection.clone(), alias_name: alias })
        };
        let mut actions = Vec::new();
        if let Some(base) = base.collections().next() {
            // Fails where another process has taken the mark away, and then nothing of this is done.
            actions.push(Action::RenameAlias(RenameAlias {
                old_alias_name: marked(base),
                new_alias_name: marked(&collection),
            }));
        } else if self.server.behind(&self.name).await?.is_some() {
            return Err(Failure::Missing("the index has been written in the meantime".into()));
        }
        // Of two processes that write the very first version at the same moment, one can still be lost: it looks below.
        actions.extend([create(marked(&collection)), create(self.name.clone())]);
        let changed = self.server.change_aliases(actions).await;
        match (changed, self.server.behind(&self.name).await) {
            (_, Ok(Some(live))) if live == collection => {}
            (Err(Failure::Exists(_)), _) => return Err(not_ours()),
            (Err(failure), _) | (Ok(()), Err(failure)) => return Err(failure),
            (Ok(()), Ok(_)) => return Err(Failure::Missing("another process was later".into())),
        }
        let replaced = base.collections().filter(|old| !view.collections().any(|new| new == *old));
        let replaced: Vec<&String> = replaced.collect();
        self.set(Live { view: Arc::clone(&view), away: None });
        for collection in replaced {
            // What cannot be removed now is swept away later.
            if let Err(failure) = self.server.remove(collection).await {
                tracing::warn!(?failure, "a version of the knowledge that was replaced could not be removed");
            }
        }
        Ok(())
    }

    /// Removes a version that was not to be, unless it is searched after all.
    pub(super) async fn discard(&self, collection: &str) {
        // What cannot be removed now is swept away later.
        let searched = self.server.behind(&self.name).await;
        if searched.is_ok_and(|live| live.as_deref() != Some(collection)) {
            self.server.remove(collection).await.ok();
        }
    }

    /// Removes versions that writers which are no more have left behind.
    pub(super) async fn sweep(&self) {
        let (Ok(all), Ok(live)) = (self.server.all().await, self.refresh().await) else {
            return;
        };
        let is_live = |collection: &String| live.collections().any(|it| it == collection);
        for collection in all.iter().filter(|it| !is_live(it) && self.is_abandoned(it)) {
            match self.server.remove(collection).await {
                Ok(()) => {
                    tracing::info!(collection, "a version of the knowledge that nobody finished was removed")
                }
                Err(failure) => tracing::warn!(?failure, "an unfinished version could not be removed"),
            }
        }
    }

    fn is_abandoned(&self, collection: &str) -> bool {
        let id = collection.strip_prefix(&self.name).and_then(|rest| rest.strip_prefix('-'));
        // Only names of the form that versions have, so that no other collection is touched.
        let id = id.filter(|id| id.len() == 32).and_then(|id| Uuid::try_parse(id).ok());
        let Some(begun) = id.and_then(|id| id.get_timestamp()) else { return false };
        let now = u64::try_from(self.clock.now().as_second()).unwrap_or(0);
        now.saturating_sub(begun.to_unix().0) > ABANDONED.as_secs()
    }
}

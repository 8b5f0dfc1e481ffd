//! Calls of a Qdrant server over gRPC: how long each may take, and which are made again. Only those are that come to
//! the same when they are done twice: reads, and writes to a collection that nobody searches yet. Knows collections,
//! points and aliases; what they are to the index is not its business.

use super::failure::Failure;
use crate::domain::clock::Clock;
use crate::knowledge::index::IndexError;
use crate::limits::backoff::Backoff;
use qdrant_client::qdrant::alias_operations::Action;
use qdrant_client::qdrant::collections_client::CollectionsClient;
use qdrant_client::qdrant::points_client::PointsClient;
use qdrant_client::qdrant::snapshots_client::SnapshotsClient;
use qdrant_client::qdrant::{
    AliasOperations, ChangeAliases, CreateCollection, CreateFieldIndexCollection, CreateSnapshotRequest,
    DeleteCollection, FieldType, GetPoints, ListAliasesRequest, ListCollectionsRequest, PointId, PointStruct,
    QueryBatchPoints, QueryPoints, RetrievedPoint, ScoredPoint, ScrollPoints, UpdateStatus, UpsertPoints,
};
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};
use tonic::{Request, Response, Status};

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(1);

/// Longest wait for a small question about collections; a probe asks one and has two seconds.
const ASK: Duration = Duration::from_millis(1_500);

/// Longest wait for points that are written or read by the page.
const BULK: Duration = Duration::from_secs(60);

/// Longest wait for a snapshot.
const SNAPSHOT: Duration = Duration::from_secs(600);

/// How often a write is tried, and how long it waits in between.
const ATTEMPTS: u32 = 6;
const BACKOFF: Backoff = Backoff { first: Duration::from_millis(200), longest: Duration::from_secs(5) };

/// A connection on which an answer is awaited for so long is asked whether it lives …
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// … and has so long to say so.
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(5);

/// Where a server is and how it is asked.
pub(super) struct Address<'a> {
    /// Scheme, host and port.
    pub(super) url: &'a str,
    /// Its key; empty sends none.
    pub(super) key: &'a str,
    /// Longest wait for the answer to a search.
    pub(super) patience: Duration,
    /// Randomness for waits.
    pub(super) clock: Arc<dyn Clock>,
}

/// Sends the key along.
#[derive(Clone)]
struct Key(Option<MetadataValue<Ascii>>);

impl Interceptor for Key {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(key) = &self.0 {
            request.metadata_mut().insert("api-key", key.clone());
        }
        Ok(request)
    }
}

/// A server. Cheap to clone; clones share one connection, which is made when it is needed.
#[derive(Clone)]
pub(super) struct Server {
    transport: InterceptedService<Channel, Key>,
    patience: Duration,
    clock: Arc<dyn Clock>,
}

/// How a write ended that is awaited but may still be under way.
fn applied(status: Option<i32>) -> Result<(), Failure> {
    match status.map(UpdateStatus::try_from) {
        Some(Ok(UpdateStatus::Completed)) => Ok(()),
        Some(_) | None => Err(Failure::Busy("a write was not done in time".into(), Duration::ZERO)),
    }
}

impl Server {
    /// Of this address. Asks nothing yet; must be called inside a runtime.
    pub(super) fn new(address: &Address<'_>) -> Result<Self, IndexError> {
        let fault = |error: &dyn std::fmt::Display| IndexError::Fault(format!("knowledge.url: {error}"));
        let mut endpoint = Endpoint::from_shared(address.url.to_owned())
            .map_err(|error| fault(&error))?
            .connect_timeout(CONNECT)
            .http2_keep_alive_interval(KEEP_ALIVE)
            .keep_alive_timeout(KEEP_ALIVE_TIMEOUT);
        if address.url.starts_with("https:") {
            let roots = ClientTlsConfig::new().with_native_roots();
            endpoint = endpoint.tls_config(roots).map_err(|error| fault(&error))?;
        }
        let mut key = None;
        if !address.key.is_empty() {
            let mut value: MetadataValue<Ascii> = address
                .key
                .parse()
                .map_err(|_| IndexError::Fault("knowledge.api_key cannot be sent".into()))?;
            value.set_sensitive(true);
            key = Some(value);
        }
        Ok(Self {
            transport: InterceptedService::new(endpoint.connect_lazy(), Key(key)),
            patience: address.patience,
            clock: Arc::clone(&address.clock),
        })
    }

    fn points(&self) -> PointsClient<InterceptedService<Channel, Key>> {
        PointsClient::new(self.transport.clone()).max_decoding_message_size(usize::MAX)
    }

    fn collections(&self) -> CollectionsClient<InterceptedService<Channel, Key>> {
        CollectionsClient::new(self.transport.clone()).max_decoding_message_size(usize::MAX)
    }

    /// Asks, and asks once more if the connection turns out to be one of a server that is no longer there.
    async fn read<T, F>(&self, patience: Duration, call: impl Fn() -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        let asked = Instant::now();
        let asking = async {
            match call().await.map_err(Failure::from) {
                Err(Failure::Away(_)) if asked.elapsed() < patience / 4 => {
                    call().await.map_err(Failure::from)
                }
                answer => answer,
            }
        };
        let answer = tokio::time::timeout(patience, asking).await;
        answer.unwrap_or_else(|_| Err(Failure::late(patience))).map(Response::into_inner)
    }

    /// Writes what may be written twice.
    async fn write<T, F>(&self, call: impl Fn() -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let mut attempt = 1;
        loop {
            let tried = tokio::time::timeout(BULK, call()).await;
            let failure = match tried.unwrap_or_else(|_| Err(Failure::late(BULK))) {
                Ok(done) => return Ok(done),
                Err(failure) => failure,
            };
            attempt += 1;
            let wait = BACKOFF.wait(attempt, self.clock.random());
            match &failure {
                Failure::Away(_) if attempt <= ATTEMPTS => tokio::time::sleep(wait).await,
                Failure::Busy(_, asked) if attempt <= ATTEMPTS => tokio::time::sleep(wait.max(*asked)).await,
                Failure::Away(_)
                | Failure::Busy(..)
                | Failure::Missing(_)
                | Failure::Exists(_)
                | Failure::Refused(_) => return Err(failure),
            }
        }
    }

    /// The collection an alias leads to, if there is such an alias.
    pub(super) async fn behind(&self, alias: &str) -> Result<Option<String>, Failure> {
        let listed =
            self.read(ASK, || async { self.collections().list_aliases(ListAliasesRequest {}).await }).await?;
        let found = listed.aliases.into_iter().find(|it| it.alias_name == alias);
        Ok(found.map(|it| it.collection_name))
    }

    /// All collections.
    pub(super) async fn all(&self) -> Result<Vec<String>, Failure> {
        let listed =
            self.read(ASK, || async { self.collections().list(ListCollectionsRequest {}).await }).await?;
        Ok(listed.collections.into_iter().map(|it| it.name).collect())
    }

    /// Makes a collection whose name nobody else would choose, with indexes of these fields.
    pub(super) async fn create(
        &self,
        collection: CreateCollection,
        fields: &[(&str, FieldType)],
    ) -> Result<(), Failure> {
        let name = collection.collection_name.clone();
        let created = self
            .write(|| async { Ok::<_, Failure>(self.collections().create(collection.clone()).await?) })
            .await;
        match created {
            // The first attempt did it, and its answer was lost.
            Ok(_) | Err(Failure::Exists(_)) => {}
            Err(failure) => return Err(failure),
        }
        for (field, kind) in fields {
            let index = CreateFieldIndexCollection {
                collection_name: name.clone(),
                wait: Some(true),
                field_name: (*field).to_owned(),
                field_type: Some(*kind as i32),
                ..CreateFieldIndexCollection::default()
            };
            self.write(|| async {
                let answer = self.points().create_field_index(index.clone()).await?.into_inner();
                applied(answer.result.map(|result| result.status))
            })
            .await?;
        }
        Ok(())
    }

    /// Writes points; when this returns they can be searched.
    pub(super) async fn upsert(&self, collection: &str, points: Vec<PointStruct>) -> Result<(), Failure> {
        let request = UpsertPoints {
            collection_name: collection.to_owned(),
            wait: Some(true),
            points,
            ..UpsertPoints::default()
        };
        self.write(|| async {
            let answer = self.points().upsert(request.clone()).await?.into_inner();
            applied(answer.result.map(|result| result.status))
        })
        .await
    }

    /// The best points for each of several questions.
    pub(super) async fn search(
        &self,
        collection: &str,
        questions: Vec<QueryPoints>,
    ) -> Result<Vec<Vec<ScoredPoint>>, Failure> {
        let request = QueryBatchPoints {
            collection_name: collection.to_owned(),
            query_points: questions,
            ..QueryBatchPoints::default()
        };
        let asking = || async { self.points().query_batch(request.clone()).await };
        let answer = self.read(self.patience, asking).await?;
        Ok(answer.result.into_iter().map(|it| it.result).collect())
    }

    /// These points with everything they have.
    pub(super) async fn get(
        &self,
        collection: &str,
        ids: Vec<PointId>,
        patience: Patience,
    ) -> Result<Vec<RetrievedPoint>, Failure> {
        let request = GetPoints {
            collection_name: collection.to_owned(),
            ids,
            with_payload: Some(true.into()),
            with_vectors: Some(true.into()),
            ..GetPoints::default()
        };
        let patience = match patience {
            Patience::Search => self.patience,
            Patience::Bulk => BULK,
        };
        Ok(self.read(patience, || async { self.points().get(request.clone()).await }).await?.result)
    }

    /// A page of points, and where the next one begins.
    pub(super) async fn page(
        &self,
        request: ScrollPoints,
    ) -> Result<(Vec<RetrievedPoint>, Option<PointId>), Failure> {
        let page = self.read(BULK, || async { self.points().scroll(request.clone()).await }).await?;
        Ok((page.result, page.next_page_offset))
    }

    /// Changes aliases, all of them or none; once, because what came of it must be known before it is done again.
    pub(super) async fn change_aliases(&self, actions: Vec<Action>) -> Result<(), Failure> {
        let actions = actions.into_iter().map(|action| AliasOperations { action: Some(action) }).collect();
        let request = ChangeAliases { actions, ..ChangeAliases::default() };
        let changed = tokio::time::timeout(BULK, self.collections().update_aliases(request)).await;
        changed.map_err(|_| Failure::late(BULK))??;
        Ok(())
    }

    /// Removes a collection, if it is there.
    pub(super) async fn remove(&self, collection: &str) -> Result<(), Failure> {
        let request =
            DeleteCollection { collection_name: collection.to_owned(), ..DeleteCollection::default() };
        let removed = self
            .write(|| async { Ok::<_, Failure>(self.collections().delete(request.clone()).await?) })
            .await;
        match removed {
            Ok(_) | Err(Failure::Missing(_)) => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    /// Has the server keep a copy of a collection, and gives the copy's name.
    pub(super) async fn snapshot(&self, collection: &str) -> Result<String, Failure> {
        let request = CreateSnapshotRequest { collection_name: collection.to_owned() };
        let mut client = SnapshotsClient::new(self.transport.clone());
        let made = tokio::time::timeout(SNAPSHOT, client.create(request)).await;
        let made = made.map_err(|_| Failure::late(SNAPSHOT))??.into_inner();
        let name = made.snapshot_description.map(|description| description.name);
        name.ok_or_else(|| Failure::Refused("the Qdrant server made no snapshot".into()))
    }
}

/// How long one waits for points.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Patience {
    /// A customer waits.
    Search,
    /// Nobody does.
    Bulk,
}

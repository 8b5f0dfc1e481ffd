//! The peer's collections, aliases and snapshots.

use super::convert::refused;
use ::qdrant_client::qdrant::alias_operations::Action;
use ::qdrant_client::qdrant::collections_server::Collections;
use ::qdrant_client::qdrant::snapshots_server::Snapshots;
use ::qdrant_client::qdrant::vectors_config::Config;
use ::qdrant_client::qdrant::*;
use qdrant_edge::{
    Distance as EdgeDistance, EdgeConfig, EdgeShard, EdgeSparseVectorParams, EdgeVectorParams,
    Modifier as EdgeModifier, ScrollRequest, WithPayloadInterface, WithVector,
};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, RwLock, RwLockReadGuard};
use tonic::{Request, Response, Status};

/// One collection.
pub struct Collection {
    pub shard: EdgeShard,
    /// Numbers of each dense vector, by name.
    pub dense: BTreeMap<String, u64>,
    /// Names of sparse vectors.
    pub sparse: Vec<String>,
    /// A writer at a time.
    pub writing: Mutex<()>,
    pub snapshots: Mutex<Vec<SnapshotDescription>>,
}

/// All that the peer keeps.
pub struct Cellar {
    /// Dropped before the folder: the engine writes a last time when it is let go.
    kept: RwLock<Kept>,
    folder: tempfile::TempDir,
    written: AtomicUsize,
}

#[derive(Default)]
struct Kept {
    collections: BTreeMap<String, Arc<Collection>>,
    aliases: BTreeMap<String, String>,
}

impl Kept {
    fn must_exist(&self, name: &str) -> Result<(), Status> {
        if self.collections.contains_key(name) { Ok(()) } else { Err(missing(name)) }
    }

    fn must_not_exist(&self, name: &str) -> Result<(), Status> {
        let taken = self.collections.contains_key(name);
        if taken {
            Err(Status::already_exists(format!("Wrong input: Collection `{name}` already exists!")))
        } else {
            Ok(())
        }
    }
}

fn missing(name: &str) -> Status {
    Status::not_found(format!("Not found: Collection `{name}` doesn't exist!"))
}

impl Cellar {
    pub fn new() -> Self {
        Self { kept: RwLock::default(), folder: tempfile::tempdir().unwrap(), written: AtomicUsize::new(0) }
    }

    /// Counts passages that are written.
    pub fn count(&self, passages: usize) {
        self.written.fetch_add(passages, Ordering::Relaxed);
    }

    pub fn written(&self) -> usize {
        self.written.load(Ordering::Relaxed)
    }

    fn kept(&self) -> RwLockReadGuard<'_, Kept> {
        self.kept.read().unwrap()
    }

    /// The collection of this name, or behind this alias.
    pub fn open(&self, name: &str) -> Result<Arc<Collection>, Status> {
        let kept = self.kept();
        let name = kept.aliases.get(name).map_or(name, String::as_str);
        kept.collections.get(name).cloned().ok_or_else(|| missing(name))
    }

    pub fn names(&self) -> Vec<String> {
        self.kept().collections.keys().cloned().collect()
    }

    pub fn clear(&self) {
        *self.kept.write().unwrap() = Kept::default();
    }

    pub fn holds(&self, words: &str) -> bool {
        let collections: Vec<_> = self.kept().collections.values().cloned().collect();
        collections.iter().any(|collection| {
            let everything = ScrollRequest {
                limit: Some(10_000),
                with_payload: Some(WithPayloadInterface::Bool(true)),
                with_vector: WithVector::Bool(false),
                ..ScrollRequest::default()
            };
            let (records, _) = collection.shard.scroll(everything).unwrap();
            records.iter().any(|record| serde_json::to_string(&record.payload).unwrap().contains(words))
        })
    }
}

/// An implementation of a service of which only these calls are made.
macro_rules! service {
    ($service:ident { $($own:tt)* } refusing { $($name:ident($request:ty) -> $answer:ty;)* }) => {
        #[tonic::async_trait]
        impl $service for crate::support::qdrant::collections::Cellar {
            $($own)*
            $(async fn $name(&self, _: Request<$request>) -> Result<Response<$answer>, Status> {
                Err(Status::unimplemented(concat!("this peer has no ", stringify!($name))))
            })*
        }
    };
}
pub(super) use service;

fn done() -> Result<Response<CollectionOperationResponse>, Status> {
    Ok(Response::new(CollectionOperationResponse { result: true, time: 0.0 }))
}

service! {
    Collections {
        async fn list(
            &self,
            _: Request<ListCollectionsRequest>,
        ) -> Result<Response<ListCollectionsResponse>, Status> {
            let collections = self.names().into_iter().map(|name| CollectionDescription { name }).collect();
            Ok(Response::new(ListCollectionsResponse { collections, time: 0.0 }))
        }

        async fn create(
            &self,
            request: Request<CreateCollection>,
        ) -> Result<Response<CollectionOperationResponse>, Status> {
            let request = request.into_inner();
            let name = request.collection_name;
            let mut kept = self.kept.write().unwrap();
            kept.must_not_exist(&name)?;
            if kept.aliases.contains_key(&name) {
                return Err(Status::invalid_argument(format!(
                    "Wrong input: Can't create collection with name {name}. Alias with the same name already exists"
                )));
            }
            let mut config = EdgeConfig::builder();
            let mut dense = BTreeMap::new();
            match request.vectors_config.and_then(|vectors| vectors.config) {
                Some(Config::ParamsMap(named)) => {
                    for (vector, params) in named.map {
                        if params.distance != Distance::Dot as i32 {
                            return Err(Status::unimplemented("this peer compares by dot product alone"));
                        }
                        let size = usize::try_from(params.size).unwrap();
                        config = config.vector(vector.as_str(), EdgeVectorParams::builder(size, EdgeDistance::Dot).build());
                        dense.insert(vector, params.size);
                    }
                }
                Some(Config::Params(_)) => return Err(Status::unimplemented("this peer has named vectors alone")),
                None => {}
            }
            let mut sparse = Vec::new();
            for (vector, params) in request.sparse_vectors_config.map(|it| it.map).unwrap_or_default() {
                let modifier = match params.modifier.map(Modifier::try_from) {
                    Some(Ok(Modifier::Idf)) => Some(EdgeModifier::Idf),
                    Some(Ok(Modifier::None)) | None => None,
                    Some(Err(error)) => return Err(Status::invalid_argument(error.to_string())),
                };
                let params = EdgeSparseVectorParams { modifier, ..EdgeSparseVectorParams::default() };
                config = config.sparse_vector(vector.as_str(), params);
                sparse.push(vector);
            }
            let place = tempfile::Builder::new().tempdir_in(self.folder.path())?.keep();
            let shard = EdgeShard::new(&place, config.build()).map_err(refused)?;
            let (writing, snapshots) = (Mutex::default(), Mutex::default());
            kept.collections.insert(name, Arc::new(Collection { shard, dense, sparse, writing, snapshots }));
            done()
        }

        async fn delete(
            &self,
            request: Request<DeleteCollection>,
        ) -> Result<Response<CollectionOperationResponse>, Status> {
            let name = request.into_inner().collection_name;
            let mut kept = self.kept.write().unwrap();
            kept.aliases.retain(|_, collection| *collection != name);
            let result = kept.collections.remove(&name).is_some();
            Ok(Response::new(CollectionOperationResponse { result, time: 0.0 }))
        }

        async fn update_aliases(
            &self,
            request: Request<ChangeAliases>,
        ) -> Result<Response<CollectionOperationResponse>, Status> {
            let mut kept = self.kept.write().unwrap();
            // As Qdrant: one after the other, and none after one that fails.
            for action in request.into_inner().actions.into_iter().filter_map(|it| it.action) {
                match action {
                    Action::CreateAlias(CreateAlias { collection_name, alias_name }) => {
                        kept.must_exist(&collection_name)?;
                        kept.must_not_exist(&alias_name)?;
                        kept.aliases.insert(alias_name, collection_name);
                    }
                    Action::RenameAlias(RenameAlias { old_alias_name, new_alias_name }) => {
                        let Some(collection) = kept.aliases.remove(&old_alias_name) else {
                            return Err(Status::not_found(format!(
                                "Not found: Alias {old_alias_name} does not exists!"
                            )));
                        };
                        kept.aliases.insert(new_alias_name, collection);
                    }
                    Action::DeleteAlias(DeleteAlias { alias_name }) => {
                        kept.aliases.remove(&alias_name);
                    }
                }
            }
            done()
        }

        async fn list_aliases(
            &self,
            _: Request<ListAliasesRequest>,
        ) -> Result<Response<ListAliasesResponse>, Status> {
            let described = |(alias, collection): (&String, &String)| AliasDescription {
                alias_name: alias.clone(),
                collection_name: collection.clone(),
            };
            let aliases = self.kept().aliases.iter().map(described).collect();
            Ok(Response::new(ListAliasesResponse { aliases, time: 0.0 }))
        }
    } refusing {
        get(GetCollectionInfoRequest) -> GetCollectionInfoResponse;
        update(UpdateCollection) -> CollectionOperationResponse;
        list_collection_aliases(ListCollectionAliasesRequest) -> ListAliasesResponse;
        collection_cluster_info(CollectionClusterInfoRequest) -> CollectionClusterInfoResponse;
        collection_exists(CollectionExistsRequest) -> CollectionExistsResponse;
        update_collection_cluster_setup(UpdateCollectionClusterSetupRequest) -> UpdateCollectionClusterSetupResponse;
        create_shard_key(CreateShardKeyRequest) -> CreateShardKeyResponse;
        delete_shard_key(DeleteShardKeyRequest) -> DeleteShardKeyResponse;
        list_shard_keys(ListShardKeysRequest) -> ListShardKeysResponse;
    }
}

service! {
    Snapshots {
        async fn create(
            &self,
            request: Request<CreateSnapshotRequest>,
        ) -> Result<Response<CreateSnapshotResponse>, Status> {
            let name = request.into_inner().collection_name;
            let collection = self.open(&name)?;
            let mut snapshots = collection.snapshots.lock().unwrap();
            let copy = tempfile::Builder::new().prefix("snapshot-").tempdir_in(self.folder.path())?.keep();
            collection.shard.flush();
            let mut size = 0;
            for file in std::fs::read_dir(collection.shard.path())? {
                let file = file?;
                if file.file_type()?.is_file() {
                    size += std::fs::copy(file.path(), copy.join(file.file_name()))?;
                }
            }
            let description = SnapshotDescription {
                name: format!("{name}-{}.snapshot", snapshots.len() + 1),
                size: i64::try_from(size).unwrap(),
                ..SnapshotDescription::default()
            };
            snapshots.push(description.clone());
            Ok(Response::new(CreateSnapshotResponse { snapshot_description: Some(description), time: 0.0 }))
        }

        async fn list(
            &self,
            request: Request<ListSnapshotsRequest>,
        ) -> Result<Response<ListSnapshotsResponse>, Status> {
            let collection = self.open(&request.into_inner().collection_name)?;
            let snapshot_descriptions = collection.snapshots.lock().unwrap().clone();
            Ok(Response::new(ListSnapshotsResponse { snapshot_descriptions, time: 0.0 }))
        }
    } refusing {
        delete(DeleteSnapshotRequest) -> DeleteSnapshotResponse;
        create_full(CreateFullSnapshotRequest) -> CreateSnapshotResponse;
        list_full(ListFullSnapshotsRequest) -> ListSnapshotsResponse;
        delete_full(DeleteFullSnapshotRequest) -> DeleteSnapshotResponse;
    }
}

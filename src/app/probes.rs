//! What `/readyz` looks at: the database and the chain of models. They ask nothing that costs money or time.

use crate::llm::chain::Chain;
use crate::store::open::StoreHandle;
use crate::web::ports::HealthProbe;
use async_trait::async_trait;
use std::sync::Arc;

/// Looks whether the database answers.
pub(super) struct StoreProbe(pub(super) Arc<StoreHandle>);

#[async_trait]
impl HealthProbe for StoreProbe {
    fn name(&self) -> &'static str {
        "store"
    }

    async fn check(&self) -> Result<Option<String>, String> {
        self.0.ready().await.map(|()| None).map_err(|error| error.to_string())
    }
}

/// Looks whether a turn would find a model to ask. Asks none itself: that costs money and time.
pub(super) struct ModelProbe(pub(super) Option<Arc<Chain>>);

#[async_trait]
impl HealthProbe for ModelProbe {
    fn name(&self) -> &'static str {
        "model"
    }

    async fn check(&self) -> Result<Option<String>, String> {
        match &self.0 {
            Some(chain) if !chain.has_way() => {
                let names: Vec<&str> = chain.names().collect();
                Err(format!("no model can be asked for now: {}", names.join(", ")))
            }
            Some(_) | None => Ok(None),
        }
    }
}

//! What `/readyz` looks at, as far as the composition root alone can reach it. A look costs nothing.

use crate::llm::chain::Chain;
use crate::store::open::StoreHandle;
use crate::web::ports::HealthProbe;
use async_trait::async_trait;
use std::sync::Arc;

/// Looks whether the database works.
pub struct StoreProbe(pub Arc<StoreHandle>);

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
pub struct ModelProbe(pub Option<Arc<Chain>>);

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

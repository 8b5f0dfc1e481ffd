//! What the HTTP surface asks of models and tools, answered by the parts of the program.

use crate::domain::tool::ToolSpec;
use crate::llm::chain::Chain;
use crate::llm::outage::Outage;
use crate::tools::registry::Registry;
use crate::web::ports::{ModelDrill, ToolCatalog};
use std::sync::Arc;
use std::time::Duration;

/// Rehearses that the models are away.
pub(super) struct Drill {
    pub(super) outage: Arc<Outage>,
    pub(super) chain: Option<Arc<Chain>>,
}

impl ModelDrill for Drill {
    fn begin(&self, length: Duration) -> Option<jiff::Timestamp> {
        let chain = self.chain.as_ref()?;
        chain.has_models().then(|| self.outage.begin(length))
    }

    fn end(&self) {
        self.outage.end();
    }
}

/// The tools as the model sees them.
pub(super) struct Offered(pub(super) Arc<Registry>);

impl ToolCatalog for Offered {
    fn tools(&self) -> Vec<ToolSpec> {
        self.0.specs().as_ref().clone()
    }
}

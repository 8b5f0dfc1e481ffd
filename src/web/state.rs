//! What every handler may use, handed over by the composition root. It holds no request's data.

use super::ports::{
    HealthProbe, KnowledgeDocuments, KnowledgeIngest, KnowledgeSearch, ModelDrill, RenderMetrics, ToolCatalog,
};
use super::quotas::InboundQuotas;
use super::setup::Setup;
use super::sse::places::StreamPlaces;
use super::webhooks::relay::RelayDoor;
use super::webhooks::whatsapp::WhatsAppDoor;
use crate::backoffice::connector::Connector;
use crate::channels::whatsapp::line::Line;
use crate::config::channels::WebSettings;
use crate::config::limits::LimitSettings;
use crate::conversation::customers::CustomerDesk;
use crate::conversation::files::FileShelf;
use crate::conversation::gaps::GapFinder;
use crate::conversation::interview_desk::InterviewDesk;
use crate::conversation::leads::Definitions;
use crate::conversation::ownership::Ownership;
use crate::domain::clock::Clock;
use crate::inbox::accept::Inbox;
use crate::inbox::coalesce::Quiet;
use crate::knowledge::proposals::Proposals;
use crate::store::Stores;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// What [`WebState`] is made of.
pub struct WebParts {
    /// The database.
    pub stores: Stores,
    /// The way in.
    pub inbox: Arc<Inbox>,
    /// Who may answer.
    pub ownership: Arc<Ownership>,
    /// Time and ids.
    pub clock: Arc<dyn Clock>,
    /// `[channels.web]`.
    pub settings: WebSettings,
    /// `[limits]`.
    pub limits: LimitSettings,
    /// What `/readyz` looks at.
    pub probes: Vec<Arc<dyn HealthProbe>>,
    /// What `/metrics` shows.
    pub metrics: RenderMetrics,
    /// Files that customers sent.
    pub files: FileShelf,
    /// Retrieval.
    pub search: Arc<dyn KnowledgeSearch>,
    /// Indexing.
    pub ingest: Arc<dyn KnowledgeIngest>,
    /// Documents.
    pub documents: Arc<dyn KnowledgeDocuments>,
    /// What is done for customers who ask after their data.
    pub customers: Arc<CustomerDesk>,
    /// Entries that people propose for the knowledge.
    pub proposals: Arc<Proposals>,
    /// What could not be answered.
    pub gaps: GapFinder,
    /// What is known of the interviews.
    pub definitions: Definitions,
    /// What people of the business do to interviews.
    pub interview_desk: Arc<InterviewDesk>,
    /// Tools.
    pub tools: Arc<dyn ToolCatalog>,
    /// Where the gateway of the relay channel comes in, if there is one.
    pub relay: Option<RelayDoor>,
    /// Where Meta comes in, if WhatsApp is set up.
    pub whatsapp: Option<WhatsAppDoor>,
    /// The connectors that are used, by name.
    pub connectors: BTreeMap<String, Arc<Connector>>,
    /// Where files of the business are put to be sent, if WhatsApp is set up.
    pub line: Option<Arc<dyn Line>>,
    /// Which systems stand behind the counter.
    pub setup: Arc<dyn Setup>,
    /// Rehearsals.
    pub drill: Arc<dyn ModelDrill>,
    /// Ends the event streams when the program stops.
    pub shutdown: CancellationToken,
}

/// What every handler may use.
pub struct WebState {
    /// What it was made of.
    pub parts: WebParts,
    /// What visitors and addresses may still send.
    pub quotas: InboundQuotas,
    /// Places for event streams.
    pub places: Arc<StreamPlaces>,
}

/// How handlers hold it.
pub type SharedState = Arc<WebState>;

impl WebState {
    /// Puts the parts together.
    pub fn new(parts: WebParts) -> SharedState {
        let quotas = InboundQuotas::new(&parts.limits, &parts.clock);
        let places =
            StreamPlaces::new(parts.limits.streams_per_conversation, parts.limits.streams_per_address);
        Arc::new(Self { quotas, places, parts })
    }

    /// How long web customers pause between messages.
    pub fn quiet(&self) -> Quiet {
        let settings = &self.parts.settings;
        Quiet {
            finished: Duration::from_millis(settings.quiet_ms),
            unfinished: Duration::from_millis(settings.quiet_unfinished_ms),
            longest: Duration::from_millis(settings.quiet_longest_ms),
            total: Duration::from_millis(settings.quiet_total_ms),
            messages: settings.quiet_messages,
        }
    }
}

//! A call's context, a back office that is away, and a vendor that is a real HTTP server.

use async_trait::async_trait;
use balcao::backoffice::agenda::{Agenda, Book, Booked, Reschedule, Slot, SlotQuery};
use balcao::backoffice::catalog::{
    Catalog, CouponOffer, ProductFound, ProductQuery, ShippingQuery, ShippingQuote,
};
use balcao::backoffice::crm::{ContactHistory, Crm, Handle, SaveContact, SaveOpportunity, SavedContact};
use balcao::backoffice::tickets::{NewTicket, Tickets};
use balcao::backoffice::{Backoffice, BackofficeError};
use balcao::config::secret::Secret;
use balcao::domain::agenda::{Professional, Service};
use balcao::domain::catalog::Order;
use balcao::domain::clock::{Clock, ManualClock};
use balcao::domain::contact::{ConsentRecord, Contact};
use balcao::domain::crm::{Note, Opportunity};
use balcao::domain::ids::{CallId, ContactId, ConversationId, TurnId};
use balcao::domain::language::Language;
use balcao::domain::passage::Passage;
use balcao::domain::ticket::Ticket;
use balcao::limits::net::Allowance;
use balcao::limits::pause::Pause;
use balcao::tools::builtin;
use balcao::tools::builtin::knowledge::KnowledgeSearch;
use balcao::tools::http::HttpTools;
use balcao::tools::load::load;
use balcao::tools::registry::Registry;
use balcao::tools::tool::{Tool, ToolContext};
use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Friday morning at the counter.
pub const NOW: &str = "2026-11-20T09:00[America/Sao_Paulo]";

/// The context of call `call`.
pub fn context(call: &str) -> ToolContext {
    let now: jiff::Zoned = NOW.parse().unwrap();
    let clock = ManualClock::at(now.timestamp());
    ToolContext {
        conversation: ConversationId(clock.new_id()),
        turn: TurnId(clock.new_id()),
        call: CallId(call.to_owned()),
        contact: ContactId(clock.new_id()),
        verified: Vec::new(),
        language: Language::Portuguese,
        channel: "web".into(),
        now,
        transcript: String::new(),
        interviews: Vec::new(),
        deadline: Instant::now() + Duration::from_secs(60),
    }
}

/// Waits for nothing.
pub struct NoPause;

impl Pause for NoPause {
    fn pause(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::ready(()))
    }
}

/// Waits by moving the clock on.
pub struct ClockPause {
    pub clock: Arc<ManualClock>,
}

impl Pause for ClockPause {
    fn pause(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.clock.advance(duration);
        Box::pin(std::future::ready(()))
    }
}

/// Waits for nothing and counts how often.
#[derive(Default)]
pub struct CountingPause(pub AtomicUsize);

impl Pause for CountingPause {
    fn pause(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Box::pin(std::future::ready(()))
    }
}

/// What HTTP tools share, with one secret.
pub fn http_tools(allowance: Allowance) -> HttpTools {
    let now: jiff::Zoned = NOW.parse().unwrap();
    let secrets = BTreeMap::from([("api_key".to_owned(), Secret::new("s3cr3t+/="))]);
    HttpTools::new(allowance, &secrets, Arc::new(ManualClock::at(now.timestamp())), Arc::new(NoPause))
        .unwrap()
}

/// The built-in tools over systems that are all away.
pub fn tools_without_systems() -> Vec<Arc<dyn Tool>> {
    let away = Arc::new(Away);
    let backoffice = Backoffice {
        crm: away.clone(),
        agenda: away.clone(),
        tickets: away.clone(),
        catalog: away.clone(),
        payments: None,
        nurture: None,
        mail: None,
    };
    builtin::all(&backoffice, &(away as Arc<dyn KnowledgeSearch>))
}

struct Away;

fn away<T>() -> Result<T, BackofficeError> {
    Err(BackofficeError::Unavailable("connection refused by crm.internal:5432".into()))
}

#[async_trait]
impl Crm for Away {
    async fn find_contact(&self, _: &Handle) -> Result<Option<Contact>, BackofficeError> {
        away()
    }
    async fn contact(&self, _: ContactId) -> Result<Contact, BackofficeError> {
        away()
    }
    async fn save_contact(&self, _: &str, _: SaveContact) -> Result<SavedContact, BackofficeError> {
        away()
    }
    async fn save_opportunity(&self, _: &str, _: SaveOpportunity) -> Result<Opportunity, BackofficeError> {
        away()
    }
    async fn add_note(&self, _: &str, _: ContactId, _: &str) -> Result<Note, BackofficeError> {
        away()
    }
    async fn history(&self, _: ContactId) -> Result<ContactHistory, BackofficeError> {
        away()
    }
    async fn remember(&self, _: &str, _: ContactId, _: &str, _: &str) -> Result<Contact, BackofficeError> {
        away()
    }
    async fn record_consent(&self, _: &ConsentRecord) -> Result<(), BackofficeError> {
        away()
    }
}

#[async_trait]
impl Agenda for Away {
    async fn services(&self) -> Result<Vec<Service>, BackofficeError> {
        away()
    }
    async fn professionals(&self) -> Result<Vec<Professional>, BackofficeError> {
        away()
    }
    async fn list_slots(&self, _: SlotQuery) -> Result<Vec<Slot>, BackofficeError> {
        away()
    }
    async fn book(&self, _: &str, _: Book) -> Result<Booked, BackofficeError> {
        away()
    }
    async fn appointments(&self, _: ContactId) -> Result<Vec<Booked>, BackofficeError> {
        away()
    }
    async fn reschedule(&self, _: &str, _: Reschedule) -> Result<Booked, BackofficeError> {
        away()
    }
    async fn cancel(&self, _: &str, _: &str, _: ContactId) -> Result<Booked, BackofficeError> {
        away()
    }
}

#[async_trait]
impl Tickets for Away {
    async fn create(&self, _: &str, _: NewTicket) -> Result<Ticket, BackofficeError> {
        away()
    }
    async fn status(&self, _: i64, _: ContactId) -> Result<Ticket, BackofficeError> {
        away()
    }
    async fn list(&self, _: ContactId) -> Result<Vec<Ticket>, BackofficeError> {
        away()
    }
    async fn comment(&self, _: &str, _: i64, _: ContactId, _: &str) -> Result<Ticket, BackofficeError> {
        away()
    }
}

#[async_trait]
impl Catalog for Away {
    async fn search_products(&self, _: ProductQuery) -> Result<Vec<ProductFound>, BackofficeError> {
        away()
    }
    async fn product(&self, _: &str) -> Result<ProductFound, BackofficeError> {
        away()
    }
    async fn categories(&self) -> Result<Vec<String>, BackofficeError> {
        away()
    }
    async fn order(&self, _: &str) -> Result<Order, BackofficeError> {
        away()
    }
    async fn orders(&self, _: ContactId) -> Result<Vec<Order>, BackofficeError> {
        away()
    }
    async fn shipping_options(&self, _: ShippingQuery) -> Result<ShippingQuote, BackofficeError> {
        away()
    }
    async fn coupon_offers(&self, _: Option<ContactId>) -> Result<Vec<CouponOffer>, BackofficeError> {
        away()
    }
}

#[async_trait]
impl KnowledgeSearch for Away {
    async fn passages(&self, _: &str, _: usize, _: Language) -> anyhow::Result<Vec<Passage>> {
        anyhow::bail!("index is gone")
    }
}

/// The built-in tools with their embedded words, over systems that are away.
pub fn registry() -> Registry {
    load(tools_without_systems(), Path::new("tests/no-such-folder"), &http_tools(Allowance::PublicOnly))
        .unwrap_or_else(|problems| {
            panic!("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        })
}

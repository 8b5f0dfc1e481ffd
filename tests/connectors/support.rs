//! A connector over a fake: its own database, a clock that stands still, waits that only move the clock.

use super::documents::Documents;
use super::fakes::server::Fake;
use crate::backoffice::support::{Counter, NOW, settings};
use balcao::backoffice::connector::Connector;
use balcao::backoffice::connector::agenda::{Calendars, ConnectorCalendar};
use balcao::backoffice::connector::engine::Ground;
use balcao::backoffice::connector::pack::Pack;
use balcao::backoffice::connector::read::read;
use balcao::backoffice::connector::shelf;
use balcao::backoffice::connector::token::Sealer;
use balcao::backoffice::embedded::{EmbeddedAgenda, Foundation};
use balcao::backoffice::mirrored::MirroredAgenda;
use balcao::config::connectors::{ConnectorSetting, Value as Setting};
use balcao::config::load::Places;
use balcao::config::secret::Secret;
use balcao::domain::clock::{Clock, ManualClock};
use balcao::limits::alerts::Alerts;
use balcao::limits::net::{Allowance, client_builder};
use balcao::limits::pause::Pause;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// Waits by moving the clock.
struct Waits {
    clock: Arc<ManualClock>,
}

impl Pause for Waits {
    fn pause(&self, length: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.clock.advance(length);
        Box::pin(tokio::task::yield_now())
    }
}

/// Turns texts round, so that what is kept is not what is used.
pub struct Reversed;

impl Sealer for Reversed {
    fn seal(&self, text: &str) -> String {
        text.chars().rev().collect()
    }

    fn open(&self, sealed: &str) -> Option<String> {
        Some(sealed.chars().rev().collect())
    }
}

/// What connectors of one test stand on.
pub struct World {
    pub counter: Counter,
    pub ground: Ground,
    documents: Documents,
}

impl World {
    pub async fn new() -> Self {
        let counter = Counter::demo().await;
        let waits = Arc::new(Waits { clock: counter.clock.clone() });
        let allowance = Allowance::Everything;
        let ground = Ground {
            client: client_builder(&allowance).build().unwrap(),
            allowance,
            store: counter.stores.connectors.clone(),
            health: counter.stores.health.clone(),
            sealer: Arc::new(Reversed),
            clock: counter.clock.clone(),
            pause: waits,
            alerts: Arc::new(Alerts::logged(counter.clock.clone())),
            cells: None,
        };
        assert_eq!(counter.clock.now().to_string(), NOW);
        Self { counter, ground, documents: Documents::default() }
    }

    /// The built-in connector of this name over a fake.
    pub fn connector<V>(&self, name: &str, fake: &Fake<V>, values: &[(&str, &str)]) -> Arc<Connector> {
        self.built_in(name, &self.documents.before(name, &fake.url), values)
    }

    /// The built-in connector of this name over a server at `url`.
    pub fn built_in(&self, name: &str, url: &str, values: &[(&str, &str)]) -> Arc<Connector> {
        let packs = shelf::packs(Path::new("nowhere")).unwrap();
        self.over(packs[name].clone(), url, values)
    }

    /// The built-in connector of this name over a fake, which waits no longer than 300 ms for an answer.
    pub fn impatient<V>(&self, name: &str, fake: &Fake<V>, values: &[(&str, &str)]) -> Arc<Connector> {
        let mut pack = shelf::packs(Path::new("nowhere")).unwrap().remove(name).unwrap();
        Arc::make_mut(&mut pack).timeout = Duration::from_millis(300);
        self.over(pack, &fake.url, values)
    }

    /// The demo shop's agenda beside these calendars of a vendor's.
    pub fn agenda(&self, vendor: Arc<Connector>, calendars: Calendars) -> MirroredAgenda {
        let settings = settings();
        let zone = settings.business.timezone.clone();
        let outside =
            Arc::new(ConnectorCalendar::new(vendor, calendars, zone.clone(), self.counter.clock.clone()));
        let stores = &self.counter.stores;
        let foundation = Foundation {
            records: stores.backoffice.clone(),
            contacts: stores.contacts.clone(),
            clock: self.counter.clock.clone(),
        };
        let own = EmbeddedAgenda::new(foundation, settings.backoffice.agenda_rules, &settings.business);
        MirroredAgenda {
            own: Arc::new(own.beside(outside.clone())),
            outside,
            contacts: stores.contacts.clone(),
            records: stores.backoffice.clone(),
            zone,
        }
    }

    /// A connector of a file of the test's own.
    pub fn declared(&self, file: &str, url: &str, values: &[(&str, &str)]) -> Arc<Connector> {
        let pack = read("test", "test.toml", file).unwrap_or_else(|problems| panic!("{problems:?}"));
        self.over(Arc::new(pack), url, values)
    }

    fn over(&self, pack: Arc<Pack>, url: &str, values: &[(&str, &str)]) -> Arc<Connector> {
        let setting = setting(url, values);
        Arc::new(
            Connector::new(pack, &setting, &Places::default(), &self.ground)
                .unwrap_or_else(|problems| panic!("{problems:?}")),
        )
    }
}

/// `[connectors.NAME]`.
pub fn setting(url: &str, values: &[(&str, &str)]) -> ConnectorSetting {
    let values = values.iter().map(|(name, value)| ((*name).to_owned(), Setting(Secret::new(*value))));
    ConnectorSetting { base_url: Some(url.to_owned()), version: None, values: values.collect() }
}

/// Credentials of the fakes.
pub const PIPEDRIVE: [(&str, &str); 4] =
    [("api_token", "p1pe"), ("stage_new", "11"), ("stage_qualified", "12"), ("stage_proposal", "13")];
pub const RDSTATION_CRM: [(&str, &str); 5] = [
    ("token", "rd-s3cret"),
    ("user_id", "5f0000000000000000000001"),
    ("stage_new", "st-new"),
    ("stage_qualified", "st-qualified"),
    ("stage_proposal", "st-proposal"),
];
pub const RDSTATION_MARKETING: [(&str, &str); 1] = [("api_key", "rd-k3y")];
pub const ASAAS: [(&str, &str); 2] =
    [("access_token", "$aact_1"), ("pix_key", "b6295ee1-f054-47d1-9e90-ee57b74f60d9")];
pub const BLING: [(&str, &str); 3] =
    [("client_id", "loja"), ("client_secret", "bl1ng"), ("refresh_token", "refresh-0")];
pub const CALCOM: [(&str, &str); 2] = [("api_key", "cal_1"), ("calendar", "31")];
pub const CHATWOOT: [(&str, &str); 3] =
    [("account_id", "1"), ("inbox_id", "3"), ("api_access_token", "chat-t0ken")];
pub const KOMMO: [(&str, &str); 4] = [
    ("access_token", "k0mmo"),
    ("stage_new", "7001"),
    ("stage_qualified", "7002"),
    ("stage_proposal", "7003"),
];
pub const FRESHDESK: [(&str, &str); 2] = [("api_key", "fr3sh"), ("email", "balcao@shop.example")];
pub const GLPI: [(&str, &str); 2] = [("user_token", "us3r"), ("app_token", "app-1")];
pub const NUVEMSHOP: [(&str, &str); 3] =
    [("store_id", "4321"), ("access_token", "nuv3m"), ("contact", "dono@shop.example")];
pub const HUBSPOT: [(&str, &str); 1] = [("access_token", "pat-1")];
pub const ZENDESK: [(&str, &str); 2] = [("email", "bot@shop.example"), ("api_token", "t0ken")];
pub const REDMINE: [(&str, &str); 2] = [("api_key", "k3y"), ("project_id", "loja")];
pub const SENDGRID: [(&str, &str); 1] = [("api_key", "SG.1")];
pub const SHOPIFY: [(&str, &str); 1] = [("access_token", "shpat_1")];
pub const VTEX: [(&str, &str); 2] = [("app_key", "vtexappkey-loja"), ("app_token", "vt3x")];
pub const WOOCOMMERCE: [(&str, &str); 2] = [("consumer_key", "ck_1"), ("consumer_secret", "cs_1")];
pub const MELHOR_ENVIO: [(&str, &str); 3] =
    [("access_token", "m3lhor"), ("contact", "dono@shop.example"), ("from_postal_code", "01001000")];
pub const MERCADO_PAGO: [(&str, &str); 1] = [("access_token", "APP_USR-1")];

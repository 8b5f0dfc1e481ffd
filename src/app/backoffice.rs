//! Who stands behind the counter: the embedded systems, or connectors in their place, as `[backoffice]` says.

use super::build::{Options, Outside};
use super::let_in::sealed_name;
use super::secrets;
use crate::backoffice::Backoffice;
use crate::backoffice::connector::Connector;
use crate::backoffice::connector::agenda::{Calendars, ConnectorCalendar};
use crate::backoffice::connector::catalog::ConnectorShop;
use crate::backoffice::connector::contract::Capability;
use crate::backoffice::connector::crm::ConnectorCrm;
use crate::backoffice::connector::engine::Ground;
use crate::backoffice::connector::mail::ConnectorPost;
use crate::backoffice::connector::nurture::ConnectorLists;
use crate::backoffice::connector::pack::Pack;
use crate::backoffice::connector::payments::ConnectorPayments;
use crate::backoffice::connector::shelf;
use crate::backoffice::connector::shipping::ConnectorCarriers;
use crate::backoffice::connector::tickets::ConnectorTickets;
use crate::backoffice::connector::token::Sealer;
use crate::backoffice::embedded::{EmbeddedAgenda, EmbeddedCatalog, Foundation, embedded};
use crate::backoffice::mirrored::MirroredAgenda;
use crate::config::backoffice::{EMBEDDED, NONE};
use crate::config::connectors::{ConnectorSetting, Value};
use crate::config::email::SMTP;
use crate::config::environment;
use crate::config::load::Places;
use crate::config::settings::Settings;
use crate::config::store::StorePlace;
use crate::config::vault::Vault;
use crate::declared::near::nearest;
use crate::domain::problem::Problem;
use crate::limits::mail::Sender;
use crate::limits::net::client_builder;
use crate::limits::pause::TimerPause;
use crate::llm::factory::allowance;
use crate::store::Stores;
use crate::tools::http::Secrets;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// So many seconds may pass before a vendor's products are read again, unless the connector says otherwise.
const PRODUCTS_SECONDS: u32 = 60;

/// The systems behind the counter.
///
/// # Errors
/// Every fault in a connector's file and in the settings of the connectors that are used.
pub fn backoffice(options: &Options, stores: &Stores, outside: &Outside) -> Result<Backoffice, Vec<Problem>> {
    over(options, stores, connectors(options, stores, outside)?)
}

/// The same over connectors that are set up.
///
/// # Errors
/// Faults in the settings that say whose calendar is whose.
pub fn over(
    options: &Options,
    stores: &Stores,
    connectors: BTreeMap<Capability, Arc<Connector>>,
) -> Result<Backoffice, Vec<Problem>> {
    let settings = &options.settings.backoffice;
    let foundation = Foundation {
        records: stores.backoffice.clone(),
        contacts: stores.contacts.clone(),
        clock: options.clock.clone(),
    };
    let mut backoffice = embedded(&foundation, settings, &options.settings.business);
    let (mut shop, mut carriers) = (None, None);
    for (capability, connector) in connectors {
        match capability {
            Capability::Crm => {
                backoffice.crm = Arc::new(ConnectorCrm::new(
                    connector,
                    backoffice.crm.clone(),
                    stores.contacts.clone(),
                    stores.backoffice.clone(),
                    options.clock.clone(),
                ));
            }
            Capability::Tickets => {
                let (contacts, clock) = (stores.contacts.clone(), options.clock.clone());
                backoffice.tickets = Arc::new(ConnectorTickets::new(connector, contacts, clock));
            }
            Capability::Agenda => {
                let zone = options.settings.business.timezone.clone();
                let calendars = calendars(&connector, &options.settings.places)?;
                let outside = Arc::new(ConnectorCalendar::new(
                    connector,
                    calendars,
                    zone.clone(),
                    options.clock.clone(),
                ));
                let rules = settings.agenda_rules.clone();
                let own = EmbeddedAgenda::new(foundation.clone(), rules, &options.settings.business);
                backoffice.agenda = Arc::new(MirroredAgenda {
                    own: Arc::new(own.beside(outside.clone())),
                    outside,
                    contacts: stores.contacts.clone(),
                    records: stores.backoffice.clone(),
                    zone,
                });
            }
            Capability::Payments => {
                backoffice.payments =
                    Some(Arc::new(ConnectorPayments::new(connector, options.clock.clone())));
            }
            Capability::Catalog => {
                let seconds = connector.setting("index_seconds").and_then(|text| text.parse().ok());
                let records = ConnectorShop::new(connector, stores.contacts.clone(), options.clock.clone());
                shop = Some((Arc::new(records), seconds.unwrap_or(PRODUCTS_SECONDS)));
            }
            Capability::Mail => {
                let from = Sender::read(&options.settings.email.from).map_err(|error| {
                    vec![options.settings.places.problem(&["email", "from"], &error.to_string())]
                })?;
                backoffice.mail = Some(Arc::new(ConnectorPost::new(connector, from)));
            }
            Capability::Nurture => backoffice.nurture = Some(Arc::new(ConnectorLists::new(connector))),
            Capability::Shipping => carriers = Some(Arc::new(ConnectorCarriers::new(connector))),
        }
    }
    if shop.is_some() || carriers.is_some() {
        let rules = settings.catalog_rules.clone();
        let mut catalog = EmbeddedCatalog::new(foundation, rules, &options.settings.business);
        if let Some((shop, seconds)) = shop {
            catalog = catalog.over(shop, seconds);
        }
        if let Some(carriers) = carriers {
            catalog = catalog.sent_by(carriers);
        }
        backoffice.catalog = Arc::new(catalog);
    }
    Ok(backoffice)
}

/// The connectors that are used, each once.
pub fn by_name(connectors: &BTreeMap<Capability, Arc<Connector>>) -> BTreeMap<String, Arc<Connector>> {
    connectors.values().map(|connector| (connector.name().to_owned(), connector.clone())).collect()
}

/// Which calendar is whose, as the connector's settings say.
fn calendars(connector: &Connector, places: &Places) -> Result<Calendars, Vec<Problem>> {
    let setting = |name: &str| connector.setting(name).unwrap_or_default();
    Calendars::read(setting("calendars"), setting("calendar"))
        .map_err(|message| vec![places.problem(&["connectors", connector.name(), "calendars"], &message)])
}

/// The connectors that are used, by what they stand for. One that stands for several things is the same for all.
///
/// # Errors
/// As [`backoffice`].
pub fn connectors(
    options: &Options,
    stores: &Stores,
    outside: &Outside,
) -> Result<BTreeMap<Capability, Arc<Connector>>, Vec<Problem>> {
    let packs = shelf::packs(&options.operator.join("tools").join("connectors"))?;
    let mut problems = unused(options, &packs);
    let chosen = chosen(options, &packs, &mut problems);
    if chosen.is_empty() {
        return if problems.is_empty() { Ok(BTreeMap::new()) } else { Err(problems) };
    }
    let secrets = secrets::known(options)?;
    let mut ready: BTreeMap<String, Arc<Connector>> = BTreeMap::new();
    let mut by_capability = BTreeMap::new();
    let ground = match ground(options, stores, outside) {
        Ok(ground) => ground,
        Err(error) => {
            problems.push(Problem::in_file("settings", format!("no HTTPS on this machine: {error}")));
            return Err(problems);
        }
    };
    for (capability, pack) in chosen {
        let connector = match ready.get(&pack.name) {
            Some(connector) => connector.clone(),
            None => {
                let setting = completed(options, &pack, &secrets);
                match Connector::new(pack.clone(), &setting, &options.settings.places, &ground) {
                    Ok(connector) => Arc::new(connector),
                    Err(found) => {
                        problems.extend(found);
                        continue;
                    }
                }
            }
        };
        ready.insert(pack.name.clone(), connector.clone());
        by_capability.insert(capability, connector);
    }
    if problems.is_empty() { Ok(by_capability) } else { Err(problems) }
}

/// The settings of a connector; what is not among them may be sealed in the data folder, as `connectors__NAME__KEY`.
pub fn completed(options: &Options, pack: &Pack, secrets: &Secrets) -> ConnectorSetting {
    let mut setting = options.settings.connectors.get(&pack.name).cloned().unwrap_or_default();
    for key in
        pack.settings.keys().filter(|key| !setting.values.contains_key(*key)).cloned().collect::<Vec<_>>()
    {
        let sealed = sealed_name(&pack.name, &key);
        let found = secrets.iter().find(|(name, _)| name.eq_ignore_ascii_case(&sealed));
        if let Some((_, secret)) = found {
            setting.values.insert(key, Value(secret.clone()));
        }
    }
    setting
}

/// Which connector `[backoffice]` and `[email]` name for what.
fn chosen(
    options: &Options,
    packs: &BTreeMap<String, Arc<Pack>>,
    problems: &mut Vec<Problem>,
) -> Vec<(Capability, Arc<Pack>)> {
    let mut chosen = Vec::new();
    for (capability, keeper) in keepers(&options.settings) {
        let key = capability.as_str();
        if keeper == without(key) {
            continue;
        }
        let able = || packs.values().filter(|pack| pack.capabilities().contains(&capability));
        let mut fault = |message: String| {
            problems.push(options.settings.places.problem(&place(capability), &message));
        };
        match packs.get(keeper) {
            Some(pack) if pack.capabilities().contains(&capability) => {
                chosen.push((capability, pack.clone()))
            }
            Some(pack) => {
                fault(format!("{} is no {capability}; these are: {}", pack.title, listed(able())));
            }
            None => {
                let hint = nearest(keeper, packs.keys().map(String::as_str))
                    .map(|near| format!("; did you mean `{near}`?"))
                    .unwrap_or_default();
                fault(format!(
                    "there is no connector `{keeper}`{hint}; there are: {}, {}",
                    without(key),
                    listed(able())
                ));
            }
        }
    }
    chosen
}

/// Who stands for what, as the settings say.
pub fn keepers(settings: &Settings) -> Vec<(Capability, &str)> {
    let mail = (Capability::Mail.as_str(), settings.email.through.as_str());
    let named = settings.backoffice.keepers().into_iter().chain([mail]);
    let known = |key: &str| Capability::ALL.into_iter().find(|capability| capability.as_str() == key);
    named.filter_map(|(key, keeper)| Some((known(key)?, keeper))).collect()
}

/// The setting that says who stands for it.
pub fn place(capability: Capability) -> [&'static str; 2] {
    if capability == Capability::Mail { ["email", "through"] } else { ["backoffice", capability.as_str()] }
}

/// What stands there if no connector does it.
pub fn without(key: &str) -> &'static str {
    match key {
        _ if key == Capability::Payments.as_str() || key == Capability::Nurture.as_str() => NONE,
        _ if key == Capability::Mail.as_str() => SMTP,
        _ => EMBEDDED,
    }
}

fn listed<'p>(packs: impl Iterator<Item = &'p Arc<Pack>>) -> String {
    let names: Vec<&str> = packs.map(|pack| pack.name.as_str()).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// Sections of settings that no connector's file stands behind.
fn unused(options: &Options, packs: &BTreeMap<String, Arc<Pack>>) -> Vec<Problem> {
    let unknown = options.settings.connectors.keys().filter(|name| !packs.contains_key(*name));
    unknown
        .map(|name| {
            let hint = nearest(name, packs.keys().map(String::as_str))
                .map(|near| format!("; did you mean `{near}`?"))
                .unwrap_or_default();
            let message = format!("there is no such connector{hint}");
            options.settings.places.problem(&["connectors", name], &message)
        })
        .collect()
}

/// What connectors stand on.
///
/// # Errors
/// If there is no HTTPS on this machine.
pub fn ground(options: &Options, stores: &Stores, outside: &Outside) -> anyhow::Result<Ground> {
    let allowance = allowance(&options.settings.limits);
    Ok(Ground {
        client: client_builder(&allowance).build()?,
        allowance,
        store: stores.connectors.clone(),
        health: stores.health.clone(),
        sealer: Arc::new(Sealing::of(options)),
        clock: options.clock.clone(),
        pause: Arc::new(TimerPause),
        alerts: outside.alerts.clone(),
        cells: outside.cells.clone(),
    })
}

/// Seals tokens with the key of the operator's secrets.
struct Sealing {
    vault: Option<Mutex<Vault>>,
    /// Whether a key may be made if there is none: processes that share a database have folders of their own, and
    /// without a key that all are given each could read only its own tokens. Then they are kept as they are.
    makes_key: bool,
}

/// What tokens are sealed under.
const TOKEN: &str = "connector_token";
/// What a text begins with that is kept as it is, and one that is sealed.
const PLAIN: &str = "plain ";
const SEALED: &str = "sealed ";

impl Sealing {
    fn of(options: &Options) -> Self {
        let makes_key = matches!(options.settings.store.place(&options.data), Ok(StorePlace::File(_)));
        match Vault::open(&options.data, &environment::variables()) {
            Ok(vault) => Self { vault: Some(Mutex::new(vault)), makes_key },
            Err(error) => {
                tracing::warn!(%error, "tokens of connectors are kept unsealed");
                Self { vault: None, makes_key: false }
            }
        }
    }

    fn sealed(&self, text: &str) -> Option<String> {
        let mut vault = self.vault.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        if !vault.has_key() && (!self.makes_key || vault.make_key().is_err()) {
            return None;
        }
        vault.seal_text(TOKEN, text).ok()
    }
}

impl Sealer for Sealing {
    fn seal(&self, text: &str) -> String {
        let sealed = if text.is_empty() { None } else { self.sealed(text) };
        sealed.map_or_else(|| format!("{PLAIN}{text}"), |sealed| format!("{SEALED}{sealed}"))
    }

    fn open(&self, sealed: &str) -> Option<String> {
        if let Some(text) = sealed.strip_prefix(PLAIN) {
            return Some(text.to_owned());
        }
        let vault = self.vault.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        let opened = vault.open_text(TOKEN, sealed.strip_prefix(SEALED)?);
        opened.ok().map(|secret| secret.expose().to_owned())
    }
}

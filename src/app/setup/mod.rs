//! Sets systems up while the program runs, for the page of the operators: what is chosen is looked at, tried, and kept for
//! the next start. Secrets are sealed in the data folder; everything else goes into the operator's file, whose other lines
//! stay as they are. What would not hold is not kept.

mod address;
mod view;

use super::backoffice::{backoffice, completed, ground, keepers, place, without};
use super::build::{Options, Outside, registry_over};
use super::check::NoKnowledge;
use super::let_in::{self, REFRESH_TOKEN, sealed_name};
use super::secrets;
use crate::backoffice::connector::Connector;
use crate::backoffice::connector::consent::{Consent, NoCode};
use crate::backoffice::connector::contract::Capability;
use crate::backoffice::connector::pack::Pack;
use crate::backoffice::connector::shelf;
use crate::config::connectors::Value;
use crate::config::edit::{Edit, edited, replace};
use crate::config::environment;
use crate::config::secret::{Secret, SecretSource};
use crate::config::settings::Settings;
use crate::config::vault::{Vault, VaultError};
use crate::domain::problem::Problem;
use crate::store::Stores;
use crate::web::setup::{Outcome, Remark, Setup, SetupError, Standing, Trial, Wish};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use reqwest::Url;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use view::Chosen;

/// How long a system that is tried may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a vendor's page may take to come back.
const CONSENT: SignedDuration = SignedDuration::from_mins(30);
/// How many of them are waited for at once.
const CONSENTS: usize = 8;

/// The connectors there are, by name.
type Packs = BTreeMap<String, Arc<Pack>>;

/// Sets systems up.
pub struct SetupDesk {
    /// As the program was started.
    options: Options,
    stores: Stores,
    /// What is in use until the next start.
    in_force: Option<Chosen>,
    /// Whether the program is to start again when it has stopped.
    again: Arc<AtomicBool>,
    stop: CancellationToken,
    /// One change at a time.
    changing: tokio::sync::Mutex<()>,
    waiting: Mutex<Vec<Waiting>>,
}

/// A vendor's page that somebody is on.
struct Waiting {
    connector: Arc<Connector>,
    consent: Arc<Consent>,
    since: Timestamp,
}

/// Settings as they would be.
struct Change {
    /// The operator's file.
    text: String,
    /// The program over them; secrets that are to be sealed stand among the settings.
    options: Options,
    /// What is to be sealed, or no longer, by its name there.
    seals: Vec<(String, Option<String>)>,
}

impl SetupDesk {
    /// For a program that was put together of `options`; `stop` ends it, and `again` says that it is to start again.
    pub fn new(
        options: &Options,
        stores: &Stores,
        stop: &CancellationToken,
        again: &Arc<AtomicBool>,
    ) -> Self {
        let in_force = packs(options)
            .and_then(|packs| Ok(Chosen::of(options, &packs, &secrets::known(options).map_err(refused)?)))
            .ok();
        Self {
            options: options.clone(),
            stores: stores.clone(),
            in_force,
            again: again.clone(),
            stop: stop.clone(),
            changing: tokio::sync::Mutex::default(),
            waiting: Mutex::default(),
        }
    }

    /// The program over the settings as they are given now.
    fn now(&self) -> Result<Options, SetupError> {
        self.over(self.options.origin.settings())
    }

    fn over(&self, settings: Result<Settings, Vec<Problem>>) -> Result<Options, SetupError> {
        Ok(Options { settings: settings.map_err(refused)?, ..self.options.clone() })
    }

    /// The settings with what is wished for a connector.
    fn changed(&self, pack: &Arc<Pack>, wish: &Wish) -> Result<Change, SetupError> {
        let now = self.now()?;
        address::keeps_secrets(pack, &completed(&now, pack, &secrets::known(&now).map_err(refused)?), wish)?;
        let origin = &self.options.origin;
        let (mut edits, mut seals) = (Vec::new(), Vec::new());
        for (name, value) in &wish.settings {
            let Some(spec) = pack.settings.get(name) else {
                return Err(SetupError::of_setting(name, format!("{} has no such setting", pack.title)));
            };
            let keys = vec!["connectors", &pack.name, name];
            if let Some(variable) = origin.fixed_by(&keys) {
                return Err(SetupError::of_setting(name, fixed(variable)));
            }
            if now.settings.tools.secrets.secret(&sealed_name(&pack.name, name)).is_some() {
                let message = "is given under [tools.secrets], which goes first: change it there";
                return Err(SetupError::of_setting(name, message));
            }
            let value = value.as_deref().map(str::trim).filter(|value| !value.is_empty());
            // What is sealed must not stand in the file too, which goes first; nor the other way round.
            edits.push(Edit { keys, value: value.filter(|_| !spec.secret) });
            seals.push((sealed_name(&pack.name, name), value.filter(|_| spec.secret).map(str::to_owned)));
        }
        if let Some(base_url) = &wish.base_url {
            let keys = vec!["connectors", &pack.name, "base_url"];
            if let Some(variable) = origin.fixed_by(&keys) {
                return Err(SetupError::of_setting("base_url", fixed(variable)));
            }
            let value = base_url.as_deref().map(str::trim).filter(|url| !url.is_empty());
            edits.push(Edit { keys, value });
        }
        let text = self.edited(&edits)?;
        let mut options = self.over(origin.settings_with(&text))?;
        let values = &mut options.settings.connectors.entry(pack.name.clone()).or_default().values;
        for (name, value) in &wish.settings {
            let is_secret = pack.settings.get(name).is_some_and(|spec| spec.secret);
            if is_secret || value.is_none() {
                // An empty one counts as none, whatever is sealed.
                let value = value.as_deref().unwrap_or_default().trim();
                values.insert(name.clone(), Value(Secret::new(value)));
            }
        }
        Ok(Change { text, options, seals })
    }

    fn edited(&self, edits: &[Edit<'_>]) -> Result<String, SetupError> {
        let file = self.options.origin.file.display();
        let text = self.options.origin.text();
        let text = text.map_err(|error| SetupError::Unwritable(format!("{file} cannot be read: {error}")))?;
        edited(&text, edits).map_err(|error| SetupError::Unwritable(format!("{file}: {error}")))
    }

    /// Whether the program would start with these systems.
    fn holds(&self, options: &Options, connector: Option<&str>) -> Result<(), SetupError> {
        let outside = Outside::alone(options);
        backoffice(options, &self.stores, &outside)
            .and_then(|backoffice| registry_over(options, &backoffice, Arc::new(NoKnowledge), &outside))
            .map(drop)
            .map_err(|problems| remarks(connector, problems))
    }

    /// Keeps the change: what was sealed is there before the file names it, and goes when nothing does any more.
    async fn kept(&self, change: Change) -> Result<(), SetupError> {
        let options = self.options.clone();
        let writing = move || -> Result<(), SetupError> {
            let origin = &options.origin;
            let unsealed = |error: VaultError| SetupError::Unwritable(error.to_string());
            let mut vault = Vault::open(&options.data, &environment::variables()).map_err(unsealed)?;
            let before = vault.secrets().map_err(unsealed)?;
            let now = options.clock.now();
            for (name, value) in &change.seals {
                if let Some(value) = value {
                    vault.set(name, value, now).map_err(unsealed)?;
                }
            }
            if origin.text().ok().as_ref() != Some(&change.text)
                && let Err(error) = replace(&origin.file, &change.text)
            {
                // All or nothing: a secret that is meant for another address must not stay.
                for (name, _) in change.seals.iter().filter(|(_, value)| value.is_some()) {
                    match before.secret(name) {
                        Some(secret) => vault.set(name, secret.expose(), now).map(drop).map_err(unsealed)?,
                        None => vault.remove(name).map(drop).map_err(unsealed)?,
                    }
                }
                let file = origin.file.display();
                return Err(SetupError::Unwritable(format!("{file} cannot be written: {error}")));
            }
            for (name, value) in &change.seals {
                if value.is_none() {
                    vault.remove(name).map_err(unsealed)?;
                }
            }
            Ok(())
        };
        let written = tokio::task::spawn_blocking(writing).await;
        written.map_err(|error| SetupError::Unwritable(error.to_string()))?
    }

    /// The page that this was brought back from, and the code in it.
    fn answered(&self, brought: &str) -> Result<(Waiting, String), SetupError> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|page| self.options.clock.now().duration_since(page.since) < CONSENT);
        for index in 0..waiting.len() {
            match waiting[index].consent.code(brought) {
                Ok(code) => return Ok((waiting.remove(index), code)),
                Err(NoCode::Foreign) => {}
                Err(other @ (NoCode::Refused(_) | NoCode::Missing)) => {
                    return Err(SetupError::refused(other.to_string()));
                }
            }
        }
        Err(SetupError::refused("nobody waits for this answer any more; sign in again from the start"))
    }
}

#[async_trait]
impl Setup for SetupDesk {
    async fn look(&self) -> Result<Standing, SetupError> {
        let options = self.now()?;
        let packs = packs(&options)?;
        let secrets = secrets::known(&options).map_err(refused)?;
        Ok(view::standing(&options, &packs, &secrets, self.in_force.as_ref()))
    }

    async fn try_out(&self, connector: &str, capability: &str, wish: &Wish) -> Result<Trial, SetupError> {
        let packs = packs(&self.options)?;
        let pack = pack(&packs, connector)?;
        let capability = capability_of(capability)?;
        if !pack.capabilities().contains(&capability) {
            return Err(SetupError::refused(format!("{} cannot stand for {capability}", pack.title)));
        }
        let change = self.changed(pack, wish)?;
        let known = secrets::known(&change.options).map_err(refused)?;
        let setting = completed(&change.options, pack, &known);
        let at_work = self.in_force.as_ref().and_then(|chosen| chosen.of_connector(connector));
        if at_work
            .is_some_and(|at_work| at_work.values.get(REFRESH_TOKEN) != setting.values.get(REFRESH_TOKEN))
        {
            // Vendors take such a token once: what comes of it would be lost to the connector that is at work.
            return Ok(Trial { outcome: Outcome::NotAsked, problems: Vec::new() });
        }
        let ground = ground(&change.options, &self.stores, &Outside::alone(&change.options))
            .map_err(|error| SetupError::refused(format!("no HTTPS on this machine: {error:#}")))?;
        let made = Connector::new(pack.clone(), &setting, &change.options.settings.places, &ground);
        let problem = |message: String| Trial {
            outcome: Outcome::Problems,
            problems: vec![Remark { setting: None, message }],
        };
        let made = match made {
            Ok(made) => made,
            Err(problems) => {
                let SetupError::Refused(problems) = remarks(Some(connector), problems) else {
                    return Ok(problem("it cannot be set up".to_owned()));
                };
                return Ok(Trial { outcome: Outcome::Problems, problems });
            }
        };
        let outcome = match tokio::time::timeout(PATIENCE, made.tried(capability)).await {
            Err(_) => return Ok(problem(format!("no answer after {} seconds", PATIENCE.as_secs()))),
            Ok(Err(fault)) => return Ok(problem(fault.to_string())),
            Ok(Ok(true)) => Outcome::Answers,
            Ok(Ok(false)) => Outcome::NotAsked,
        };
        Ok(Trial { outcome, problems: Vec::new() })
    }

    async fn keep_connector(&self, connector: &str, wish: &Wish) -> Result<(), SetupError> {
        let _alone = self.changing.lock().await;
        let packs = packs(&self.options)?;
        let change = self.changed(pack(&packs, connector)?, wish)?;
        // What nobody uses may be half given: the rest comes later, e.g. with consent.
        if keepers(&change.options.settings).iter().any(|(_, keeper)| *keeper == connector) {
            self.holds(&change.options, Some(connector))?;
        }
        self.kept(change).await
    }

    async fn keep_keeper(&self, capability: &str, keeper: &str) -> Result<(), SetupError> {
        let _alone = self.changing.lock().await;
        let capability = capability_of(capability)?;
        let keys = place(capability);
        if let Some(variable) = self.options.origin.fixed_by(&keys) {
            return Err(SetupError::refused(fixed(variable)));
        }
        if keeper != without(capability.as_str()) {
            pack(&packs(&self.options)?, keeper)?;
        }
        let text = self.edited(&[Edit { keys: keys.to_vec(), value: Some(keeper) }])?;
        let options = self.over(self.options.origin.settings_with(&text))?;
        self.holds(&options, Some(keeper))?;
        self.kept(Change { text, options, seals: Vec::new() }).await
    }

    async fn ask_consent(&self, connector: &str, redirect: &str) -> Result<String, SetupError> {
        let options = self.now()?;
        let packs = packs(&options)?;
        let pack = pack(&packs, connector)?;
        let redirect = Url::parse(redirect).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let redirect = redirect
            .ok_or_else(|| SetupError::refused("the vendor's page needs an address to come back to"))?;
        let made = let_in::connector(&options, pack, &self.stores)
            .map_err(|problems| remarks(Some(connector), problems))?;
        let consent = made.consent(&redirect).ok_or_else(|| {
            SetupError::refused(format!("{} does not let programs in by signing in", pack.title))
        })?;
        let address = consent.address().to_string();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= CONSENTS {
            waiting.remove(0);
        }
        let since = self.options.clock.now();
        waiting.push(Waiting { connector: Arc::new(made), consent: Arc::new(consent), since });
        Ok(address)
    }

    async fn bring_consent(&self, brought: &str) -> Result<String, SetupError> {
        let (page, code) = self.answered(brought)?;
        let name = page.connector.name().to_owned();
        let title = &page.connector.pack().title;
        let token = page.connector.first_token(&page.consent, &code).await;
        let token = token.map_err(|fault| {
            SetupError::refused(format!("{title} gave no token ({}); sign in again", fault.as_str()))
        })?;
        let settings = BTreeMap::from([(REFRESH_TOKEN.to_owned(), Some(token.expose().to_owned()))]);
        let _alone = self.changing.lock().await;
        let packs = packs(&self.options)?;
        let change = self.changed(pack(&packs, &name)?, &Wish { settings, base_url: None })?;
        self.kept(change).await?;
        Ok(name)
    }

    async fn start_again(&self) -> Result<(), SetupError> {
        // Everything that `balcao check` looks at: once it has stopped there is no way back.
        let (problems, _) = Box::pin(super::check::problems(&self.now()?))
            .await
            .map_err(|error| SetupError::refused(format!("{error:#}")))?;
        if !problems.is_empty() {
            return Err(refused(problems));
        }
        self.again.store(true, Ordering::Release);
        self.stop.cancel();
        Ok(())
    }
}

fn packs(options: &Options) -> Result<Packs, SetupError> {
    shelf::packs(&options.operator.join("tools").join("connectors")).map_err(refused)
}

fn pack<'p>(packs: &'p Packs, name: &str) -> Result<&'p Arc<Pack>, SetupError> {
    packs.get(name).ok_or_else(|| SetupError::Unknown(format!("connector `{name}`")))
}

fn capability_of(name: &str) -> Result<Capability, SetupError> {
    let known = Capability::ALL.into_iter().find(|capability| capability.as_str() == name);
    known.ok_or_else(|| SetupError::Unknown(format!("capability `{name}`")))
}

fn fixed(variable: &str) -> String {
    format!("is given by the environment variable {variable}, which goes first: change it there")
}

fn refused(problems: Vec<Problem>) -> SetupError {
    remarks(None, problems)
}

/// Problems as remarks, each at its setting if it is about one of the connector's.
fn remarks(connector: Option<&str>, problems: Vec<Problem>) -> SetupError {
    let of = |problem: &Problem| {
        let (keys, message) = problem.message.strip_prefix('`')?.split_once("`: ")?;
        let setting = keys.strip_prefix("connectors.")?.strip_prefix(connector?)?.strip_prefix('.')?;
        Some(Remark { setting: Some(setting.to_owned()), message: message.to_owned() })
    };
    let remark = |problem: Problem| {
        of(&problem).unwrap_or_else(|| Remark { setting: None, message: problem.to_string() })
    };
    SetupError::Refused(problems.into_iter().map(remark).collect())
}

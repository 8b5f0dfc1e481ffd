//! A connector at work: reads as often as it likes, and has every effect once. What was begun is noted before it is
//! sent; what came of it, when it is known. An effect of unknown fate is looked up, where the vendor can tell, and
//! never repeated blindly.

use super::auth::{Authorizer, Filling, filled};
use super::call::{Call, Compiling, Results};
use super::consent::Consent;
use super::contract::contract;
use super::fault::Fault;
use super::health_book::HealthBook;
use super::judge::Judge;
use super::pack::{Pack, Repeat, Step};
use super::points::Points;
use super::setup::{address, auth, settings};
use super::token::{Sealer, Tokens};
use super::values::{CallValues, Fixed, Settings};
use super::webhook::{SECRETS, Webhook};
use super::wire::{Purpose, Wire};
use crate::config::connectors::ConnectorSetting;
use crate::config::load::Places;
use crate::config::secret::Secret;
use crate::declared::reader::Placed;
use crate::declared::request::idempotency_key;
use crate::domain::clock::Clock;
use crate::domain::problem::Problem;
use crate::limits::alerts::Alerts;
use crate::limits::breaker::{Breaker, BreakerPolicy};
use crate::limits::cells::SharedCells;
use crate::limits::net::Allowance;
use crate::limits::pause::Pause;
use crate::limits::quota::{OutboundQuota, OutboundRates};
use crate::store::connectors::{Begun, CallName, ConnectorStore};
use crate::store::health::HealthStore;
use jiff::SignedDuration;
use reqwest::{Client, Url};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How far a vendor's clock may be behind.
const CLOCKS_APART: SignedDuration = SignedDuration::from_mins(5);

/// What every connector stands on.
#[derive(Clone)]
pub struct Ground {
    /// The guarded client, which may call what `allowance` allows.
    pub client: Client,
    /// Which private addresses may be called.
    pub allowance: Allowance,
    /// What calls leave behind.
    pub store: Arc<dyn ConnectorStore>,
    /// Where it is kept how systems do.
    pub health: Arc<dyn HealthStore>,
    /// Hides tokens in the store.
    pub sealer: Arc<dyn Sealer>,
    /// Time, ids, jitter.
    pub clock: Arc<dyn Clock>,
    /// Waiting.
    pub pause: Arc<dyn Pause>,
    /// Where it is told that a vendor is away.
    pub alerts: Arc<Alerts>,
    /// Quotas that several processes share.
    pub cells: Option<Arc<dyn SharedCells>>,
}

/// One connector, set up.
pub struct Connector {
    pack: Arc<Pack>,
    operations: BTreeMap<String, Vec<Call>>,
    fixed: Fixed,
    wire: Wire,
    settings: Settings,
    webhook: Option<Webhook>,
    store: Arc<dyn ConnectorStore>,
    pub(super) clock: Arc<dyn Clock>,
}

/// Where a call of unknown fate is looked up: an operation that finds what was made, with its arguments.
pub struct Lookup<'l> {
    /// The operation; one that the file does not declare finds nothing.
    pub operation: &'l str,
    /// Its arguments.
    pub arguments: Value,
}

impl Connector {
    /// Sets a connector up.
    ///
    /// # Errors
    /// Everything that is wrong with the file, and what is missing in the settings.
    pub fn new(
        pack: Arc<Pack>,
        setting: &ConnectorSetting,
        places: &Places,
        ground: &Ground,
    ) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let settings = settings(&pack, setting, places, &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        let version = setting.version.as_deref().unwrap_or(&pack.version);
        let fixed = Fixed::new(&settings, version);
        let base = filled(&pack.base_url, &fixed, &mut problems)
            .and_then(|vendors| address(&vendors, setting, &pack, places, &mut problems));
        let Some(base) = base else { return Err(problems) };
        let judge = Judge::new(&pack.faults, pack.message.as_ref(), &mut problems);
        let Some(auth) = auth(&pack, &settings, places, &mut problems) else { return Err(problems) };
        let authorizer = Authorizer::new(auth, &fixed, &mut problems, |oauth, problems| {
            let url = |template: &Placed<String>, problems: &mut Vec<Problem>| {
                let vendors = filled(template, &fixed, problems)?;
                let own = address(&vendors, setting, &pack, places, problems)?;
                Url::parse(&own).ok()
            };
            let authorize_url = oauth.authorize_url.as_ref().and_then(|place| url(place, problems));
            let url = url(&oauth.token_url, problems)?;
            let filling = Filling::new(oauth, authorize_url, &fixed, problems)?;
            Some(Tokens::new(filling, url, ground.store.clone(), ground.sealer.clone()))
        });
        let mut operations = BTreeMap::new();
        for (name, steps) in &pack.operations {
            let arguments = contract(name).map_or(&[][..], |contract| contract.arguments);
            let quota = |step: &Step| {
                let rates = OutboundRates { requests_per_minute: step.requests, tokens_per_minute: 0 };
                let endpoint = format!("connector {} {name} {}", pack.name, step.name);
                OutboundQuota::new(rates, ground.clock.clone(), ground.pause.clone())
                    .shared(ground.cells.as_ref(), &endpoint)
            };
            let mut calls = Vec::with_capacity(steps.len());
            let mut before: Vec<String> = Vec::new();
            for step in steps {
                let on = Compiling {
                    pack: &pack,
                    base: &base,
                    settings: &settings,
                    fixed: &fixed,
                    arguments,
                    steps: &before,
                    quota: &quota,
                };
                calls.extend(Call::compile(step, &on, &mut problems));
                before.push(step.name.clone());
            }
            operations.insert(name.clone(), calls);
        }
        let secrets = settings.get(SECRETS).map(Secret::expose).unwrap_or_default();
        let webhook = pack.webhook.as_ref().and_then(|spec| Webhook::new(spec, secrets, &mut problems));
        let points = pack.quota.points.as_ref().and_then(|paths| Points::new(paths, &mut problems));
        let Some(authorizer) = authorizer.filter(|_| problems.is_empty()) else {
            if problems.is_empty() {
                problems.push(pack.place.problem("calls cannot be authorised as it is set up"));
            }
            return Err(problems);
        };
        let rates =
            OutboundRates { requests_per_minute: pack.quota.requests, tokens_per_minute: pack.quota.units };
        let subject = format!("connector {}", pack.name);
        let wire = Wire {
            name: pack.name.clone(),
            client: ground.client.clone(),
            allowance: ground.allowance.clone(),
            breaker: Breaker::new(subject.as_str(), BreakerPolicy::SINGLE_ATTEMPTS, ground.clock.clone())
                .watched(ground.alerts.clone()),
            quota: OutboundQuota::new(rates, ground.clock.clone(), ground.pause.clone())
                .shared(ground.cells.as_ref(), &subject),
            timeout: pack.timeout,
            judge,
            authorizer,
            clock: ground.clock.clone(),
            pause: ground.pause.clone(),
            alerts: ground.alerts.clone(),
            told_quota: pack.quota.told.clone(),
            told: std::sync::Mutex::default(),
            points,
            health: HealthBook::new(&pack.name, ground.health.clone(), ground.clock.clone()),
        };
        let (store, clock) = (ground.store.clone(), ground.clock.clone());
        Ok(Self { pack, operations, fixed, wire, settings, webhook, store, clock })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.pack.name
    }

    /// Its file.
    pub fn pack(&self) -> &Pack {
        &self.pack
    }

    /// One of its settings as it holds.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.settings.get(name).map(Secret::expose)
    }

    /// How the vendor's system does.
    pub fn health(&self) -> &HealthBook {
        &self.wire.health
    }

    /// Whether calls are let through, or the system is left alone for a while because it failed.
    pub fn is_let_through(&self) -> bool {
        self.wire.breaker.would_permit()
    }

    /// Calls that this process may still make within the minute, by its own count and by the vendor's word; none if there
    /// is no bound.
    pub fn quota_left(&self) -> Option<u32> {
        let (most, now) = (self.pack.quota.requests, self.clock.now());
        let own = (most > 0).then(|| most.saturating_sub(self.wire.health.within_a_minute()));
        let told = self.wire.told().calls_left(now);
        own.into_iter().chain(told).min()
    }

    /// What it posts of its own accord, if it does and a secret is set for it.
    pub fn webhook(&self) -> Option<&Webhook> {
        self.webhook.as_ref()
    }

    /// What is kept of its calls.
    pub fn store(&self) -> &Arc<dyn ConnectorStore> {
        &self.store
    }

    /// Whether it can do something.
    pub fn can(&self, operation: &str) -> bool {
        self.operations.contains_key(operation)
    }

    /// Where and how a person lets the program in; `None` if the vendor has no such way. `redirect` is where the vendor
    /// sends the person's browser afterwards.
    pub fn consent(&self, redirect: &Url) -> Option<Consent> {
        self.wire.authorizer.tokens()?.consent(redirect)
    }

    /// The first refresh token, for the code that consent gave.
    ///
    /// # Errors
    /// `Unauthorized` for a code that the vendor does not take; `Broken` if it gives no refresh token.
    pub async fn first_token(&self, consent: &Consent, code: &str) -> Result<Secret, Fault> {
        let tokens = self.wire.authorizer.tokens().ok_or(Fault::Missing)?;
        tokens.first(&self.wire, consent, code).await
    }

    /// Reads.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn read(&self, operation: &str, arguments: &Value) -> Result<Value, Fault> {
        self.look(operation, arguments, "").await
    }

    /// Reads, with the key of an effect by which the vendor can be asked for it.
    async fn look(&self, operation: &str, arguments: &Value, key: &str) -> Result<Value, Fault> {
        let mut results = Results::new();
        let mut last = Value::Null;
        for call in self.calls(operation)? {
            let values =
                CallValues { arguments, steps: &results, key, page: &Value::Null, now: self.clock.now() };
            if !call.applies(&self.fixed, &values) {
                results.insert(call.name.clone(), Value::Null);
                continue;
            }
            last = call.make(&self.wire, &self.fixed, &values, Purpose::Look).await?;
            results.insert(call.name.clone(), last.clone());
        }
        Ok(last)
    }

    /// Has an effect, once for each `key`; the same again returns what the first time returned. What fails without
    /// an answer is looked up as `lookup` says.
    ///
    /// # Errors
    /// [`Fault`]; `Unknown` if it may have happened.
    pub async fn effect(
        &self,
        operation: &str,
        key: &str,
        arguments: &Value,
        lookup: &Lookup<'_>,
    ) -> Result<Value, Fault> {
        let vendors_key = idempotency_key(&format!("{} {operation} {key}", self.name()));
        let mut results = Results::new();
        let mut last = Value::Null;
        for call in self.calls(operation)? {
            let values = CallValues {
                arguments,
                steps: &results,
                key: &vendors_key,
                page: &Value::Null,
                now: self.clock.now(),
            };
            last = match call.applies(&self.fixed, &values) {
                false => {
                    results.insert(call.name.clone(), Value::Null);
                    continue;
                }
                true if call.repeat == Repeat::Always => {
                    call.make(&self.wire, &self.fixed, &values, Purpose::Effect).await?
                }
                true => {
                    let name = CallName {
                        connector: self.name().to_owned(),
                        key: key.to_owned(),
                        operation: format!("{operation} {}", call.name),
                    };
                    self.once(&name, call, &values, lookup).await?
                }
            };
            results.insert(call.name.clone(), last.clone());
        }
        Ok(last)
    }

    async fn once(
        &self,
        name: &CallName,
        call: &Call,
        values: &CallValues<'_>,
        lookup: &Lookup<'_>,
    ) -> Result<Value, Fault> {
        match self.store.begin(name, &self.pack.revision, self.clock.now()).await? {
            Begun::Done(result) => return Ok(result),
            Begun::Fresh => {}
            // Broken off before: with its own key the vendor does it once all the same; without, it is looked up.
            Begun::InDoubt if call.repeat == Repeat::Key => {}
            Begun::InDoubt => return self.look_up(name, lookup).await,
        }
        match call.make(&self.wire, &self.fixed, values, Purpose::Effect).await {
            Ok(result) => {
                self.store.finish(name, &result).await?;
                Ok(result)
            }
            Err(fault) if fault.is_certain() => {
                self.store.forget(name).await?;
                Err(fault)
            }
            Err(Fault::Unknown) => self.look_up(name, lookup).await,
            Err(fault) => Err(fault),
        }
    }

    /// Finds out whether something of unknown fate was done. What is not found may still come to light: a search
    /// may be behind.
    async fn look_up(&self, name: &CallName, lookup: &Lookup<'_>) -> Result<Value, Fault> {
        if !self.can(lookup.operation) {
            return Err(Fault::Unknown);
        }
        let mut arguments = lookup.arguments.clone();
        if let Value::Object(fields) = &mut arguments {
            fields.retain(|_, value| !value.is_null());
            // What was there before the call was begun is not what it made, however alike it is.
            if let Some(record) = self.store.record(name).await? {
                let since = record.begun_at.as_second() - CLOCKS_APART.as_secs();
                fields.insert("since".to_owned(), Value::from(since));
                fields.insert("since_ms".to_owned(), Value::from((since * 1_000).to_string()));
            }
        }
        let vendors_key = self.key_of(name);
        let found = self.look(lookup.operation, &arguments, &vendors_key).await;
        match found {
            Ok(found) if !found.is_null() => {
                tracing::info!(connector = %self.name(), operation = %name.operation, "an effect of unknown fate was found");
                self.store.finish(name, &found).await?;
                Ok(found)
            }
            Ok(_) | Err(_) => Err(Fault::Unknown),
        }
    }

    fn key_of(&self, name: &CallName) -> String {
        let operation = name.operation.split(' ').next().unwrap_or_default();
        idempotency_key(&format!("{} {operation} {}", self.name(), name.key))
    }

    fn calls(&self, operation: &str) -> Result<&[Call], Fault> {
        let calls = self.operations.get(operation).map(Vec::as_slice);
        calls.ok_or_else(|| Fault::Broken(format!("this connector cannot do `{operation}`")))
    }
}

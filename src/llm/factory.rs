//! Builds the chain of models from `[llm]`. Reports every problem of the settings at once; calls no endpoint.

use super::budgeted::Budgeted;
use super::chain::Chain;
use super::link::{Gate, Link};
use super::model::ChatModel;
use super::offline::OfflineModel;
use super::openai::{Endpoint, Files, Images, OpenAiModel};
use super::outage::Outage;
use super::price::Price;
use super::retry::{RetryPolicy, Retrying};
use crate::config::limits::LimitSettings;
use crate::config::llm::{BudgetSettings, EndpointSettings, LlmSettings};
use crate::domain::clock::Clock;
use crate::limits::alerts::Alerts;
use crate::limits::backoff::Backoff;
use crate::limits::breaker::{Breaker, BreakerPolicy};
use crate::limits::budget::{Bounds, Budget, SpendBook};
use crate::limits::cells::SharedCells;
use crate::limits::net::Allowance;
use crate::limits::pause::Pause;
use crate::limits::quota::{OutboundQuota, OutboundRates};
use jiff::tz::TimeZone;
use std::sync::Arc;
use std::time::Duration;

/// Where the main endpoint is if the operator names none.
const OPENAI: &str = "https://api.openai.com/v1";

/// What the models of a chain share.
#[derive(Clone)]
pub struct ChainParts {
    /// Time and randomness.
    pub clock: Arc<dyn Clock>,
    /// Waiting.
    pub pause: Arc<dyn Pause>,
    /// Which private addresses named endpoints may have.
    pub allowance: Allowance,
    /// The built-in model.
    pub offline: Arc<dyn ChatModel>,
    /// The built-in model as one that can say whether it is sure.
    pub lead: Arc<OfflineModel>,
    /// Quotas that several processes share.
    pub cells: Option<Arc<dyn SharedCells>>,
    /// Where it stands what models have cost; without it nothing bounds that.
    pub book: Option<Arc<dyn SpendBook>>,
    /// Whose days and months count.
    pub zone: TimeZone,
    /// Where it is told that a model is away.
    pub alerts: Arc<Alerts>,
    /// The outage that is rehearsed now and then.
    pub outage: Arc<Outage>,
}

/// Settings from which no chain can be built.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", problems.join("\n"))]
pub struct ChainError {
    /// Every problem, with its key.
    pub problems: Vec<String>,
}

/// The chain that `settings` describe. Without a key or base URL for any endpoint it is the built-in model alone.
///
/// # Errors
/// [`ChainError`] with every problem.
pub fn build_chain(settings: &LlmSettings, parts: &ChainParts) -> Result<Chain, ChainError> {
    let mut links = Vec::new();
    let mut problems = problems_with_money(settings);
    let mut leads = false;
    let budget = budget(settings, parts).map(Arc::new);
    for (position, entry) in settings.chain.iter().enumerate() {
        match link(entry, settings, parts, budget.as_ref()) {
            Ok(Built::Remote(link)) => links.push(*link),
            Ok(Built::Offline) => {
                links.push(Link { model: parts.offline.clone(), gate: None });
                break;
            }
            Ok(Built::Lead) if position == 0 => leads = true,
            Ok(Built::Lead) => {
                problems.push(format!("llm.chain[{position}] `{entry}`: it can only stand first"))
            }
            Ok(Built::Unconfigured) => {}
            Err(problem) => problems.push(format!("llm.chain[{position}] `{entry}`: {problem}")),
        }
    }
    if !problems.is_empty() {
        return Err(ChainError { problems });
    }
    if links.is_empty() {
        links.push(Link { model: parts.offline.clone(), gate: None });
    }
    let chain = Chain::new(links).rehearsing(parts.outage.clone());
    Ok(if leads { chain.led_by(parts.lead.clone()) } else { chain })
}

/// The private addresses that `[limits]` allows.
pub fn allowance(settings: &LimitSettings) -> Allowance {
    if settings.allow_private_networks {
        Allowance::Everything
    } else {
        Allowance::Hosts(settings.allowed_hosts.clone())
    }
}

enum Built {
    Remote(Box<Link>),
    Offline,
    /// The built-in model, only where it is sure.
    Lead,
    /// The main endpoint has neither a key nor a base URL.
    Unconfigured,
}

/// What models may cost; none if nothing bounds it.
pub fn budget(settings: &LlmSettings, parts: &ChainParts) -> Option<Budget> {
    let bounds = bounds(settings);
    let book = parts.book.as_ref().filter(|_| bounds.are_set())?;
    let (clock, zone, alerts) = (parts.clock.clone(), parts.zone.clone(), parts.alerts.clone());
    Some(Budget::new(bounds, book.clone(), clock, zone, alerts))
}

fn bounds(settings: &LlmSettings) -> Bounds {
    let BudgetSettings { turn, conversation_day, contact_day, day, month } = settings.budget;
    // In the price of a million tokens a token costs as many millionths.
    let micros = |amount: f64| {
        let price = Price { input: amount, output: 0.0 };
        (amount > 0.0).then(|| price.of(1_000_000, 0))
    };
    Bounds {
        turn: micros(turn),
        conversation: micros(conversation_day),
        contact: micros(contact_day),
        day: micros(day),
        month: micros(month),
    }
}

fn problems_with_money(settings: &LlmSettings) -> Vec<String> {
    let is_amount = |amount: f64| amount.is_finite() && amount >= 0.0;
    let bounds = settings.budget.all().into_iter().map(|(key, amount)| (format!("llm.budget.{key}"), amount));
    let prices = settings.prices.iter().flat_map(|(model, price)| {
        [("input", price.input), ("output", price.output)]
            .map(|(key, amount)| (format!("llm.prices.\"{model}\".{key}"), amount))
    });
    let wrong = bounds.chain(prices).filter(|(_, amount)| !is_amount(*amount));
    wrong.map(|(key, amount)| format!("`{key}`: {amount} is no amount of money")).collect()
}

fn link(
    entry: &str,
    settings: &LlmSettings,
    parts: &ChainParts,
    budget: Option<&Arc<Budget>>,
) -> Result<Built, String> {
    if entry == "offline" {
        return Ok(Built::Offline);
    }
    if entry == "offline-if-sure" {
        return Ok(Built::Lead);
    }
    let (place, model) = match entry.split_once(':') {
        Some((_, "")) => return Err("no model stands behind the colon".into()),
        Some((place, model)) => (place, Some(model)),
        None => (entry, None),
    };
    let (endpoint, allowance) = match place.strip_prefix("openai@") {
        Some(name) => {
            let endpoint =
                settings.endpoints.get(name).ok_or_else(|| format!("there is no [llm.endpoints.{name}]"))?;
            (endpoint.clone(), parts.allowance.clone())
        }
        None if place != "openai" => {
            return Err("write `openai`, `openai:MODEL`, `openai@NAME:MODEL` or `offline`".into());
        }
        None if settings.base_url.trim().is_empty() && settings.api_key.is_empty() => {
            return Ok(Built::Unconfigured);
        }
        // The operator's own word: it needs no allowance.
        None => (main_endpoint(settings), Allowance::Everything),
    };
    let model = model.map(str::to_owned).or(endpoint.model.clone()).filter(|model| !model.trim().is_empty());
    let Some(model) = model else { return Err("no model is named, here or at the endpoint".into()) };
    let name = format!("{place}:{model}");
    let price = settings.prices.get(&model).map(|price| Price { input: price.input, output: price.output });
    if price.is_none() && bounds(settings).are_set() {
        return Err(format!(
            "[llm.budget] bounds what models cost, and [llm.prices] has none for `{model}`: it would count as free. A model \
             of your own machine has {{ input = 0, output = 0 }}"
        ));
    }
    let rates = OutboundRates {
        requests_per_minute: endpoint.requests_per_minute.unwrap_or(settings.requests_per_minute),
        tokens_per_minute: endpoint.tokens_per_minute.unwrap_or(settings.tokens_per_minute),
    };
    let gate = Gate {
        breaker: Breaker::new(name.clone(), BreakerPolicy::AFTER_RETRIES, parts.clock.clone())
            .watched(parts.alerts.clone()),
        quota: OutboundQuota::new(rates, parts.clock.clone(), parts.pause.clone())
            .shared(parts.cells.as_ref(), &name),
        quota_wait: Duration::from_millis(settings.quota_wait_ms),
    };
    let milliseconds = |own: Option<u64>, common: u64| Duration::from_millis(own.unwrap_or(common));
    let endpoint = Endpoint {
        name,
        base_url: endpoint.base_url,
        api_key: endpoint.api_key.unwrap_or_default(),
        timeout_first_token: milliseconds(endpoint.timeout_first_token_ms, settings.timeout_first_token_ms),
        timeout_total: milliseconds(endpoint.timeout_total_ms, settings.timeout_total_ms),
        temperature: endpoint.temperature.unwrap_or(settings.temperature),
        price,
        model,
        allowance,
        images: match endpoint.images.unwrap_or(settings.images) {
            true => Images::Shown,
            false => Images::Named,
        },
        files: match endpoint.documents.unwrap_or(settings.documents) {
            true => Files::Sent,
            false => Files::Told,
        },
    };
    let model = OpenAiModel::new(endpoint, parts.clock.clone()).map_err(|error| error.to_string())?;
    let model: Arc<dyn ChatModel> = match (budget, price) {
        // Each attempt may be billed: the budget stands behind what asks again.
        (Some(budget), Some(price)) => Arc::new(Budgeted::new(Arc::new(model), price, budget.clone())),
        (Some(_) | None, _) => Arc::new(model),
    };
    let model = Retrying::new(model, retry_policy(settings), parts.clock.clone(), parts.pause.clone());
    Ok(Built::Remote(Box::new(Link { model: Arc::new(model), gate: Some(gate) })))
}

fn retry_policy(settings: &LlmSettings) -> RetryPolicy {
    let retry = settings.retry;
    RetryPolicy {
        attempts: retry.attempts,
        within: Duration::from_millis(retry.within_ms),
        backoff: Backoff {
            first: Duration::from_millis(retry.first_wait_ms),
            longest: Duration::from_millis(retry.longest_wait_ms),
        },
    }
}

/// The main endpoint in the shape of the others.
fn main_endpoint(settings: &LlmSettings) -> EndpointSettings {
    let base_url = settings.base_url.trim();
    EndpointSettings {
        base_url: if base_url.is_empty() { OPENAI } else { base_url }.to_owned(),
        api_key: Some(settings.api_key.clone()),
        model: Some(settings.model.clone()),
        timeout_first_token_ms: None,
        timeout_total_ms: None,
        temperature: None,
        requests_per_minute: None,
        tokens_per_minute: None,
        images: None,
        documents: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::llm::PriceSettings;
    use crate::config::secret::Secret;
    use crate::domain::clock::SystemClock;
    use crate::limits::pause::TimerPause;
    use crate::llm::scripted::ScriptedModel;

    const DEFAULTS: &str = include_str!("../config/default/llm.toml");

    fn settings(change: impl FnOnce(&mut LlmSettings)) -> LlmSettings {
        #[derive(serde::Deserialize)]
        struct File {
            llm: LlmSettings,
        }
        let mut settings = toml::from_str::<File>(DEFAULTS).unwrap().llm;
        change(&mut settings);
        settings
    }

    fn names(settings: &LlmSettings) -> Result<Vec<String>, ChainError> {
        let parts = ChainParts {
            cells: None,
            book: None,
            zone: TimeZone::UTC,
            clock: Arc::new(SystemClock),
            pause: Arc::new(TimerPause),
            allowance: Allowance::PublicOnly,
            offline: Arc::new(ScriptedModel::new("offline", Vec::new())),
            lead: Arc::new(OfflineModel::new()),
            alerts: Arc::new(Alerts::logged(Arc::new(SystemClock))),
            outage: Arc::new(Outage::new(Arc::new(SystemClock))),
        };
        build_chain(settings, &parts).map(|chain| chain.names().map(str::to_owned).collect())
    }

    fn endpoint(base_url: &str) -> EndpointSettings {
        EndpointSettings {
            base_url: base_url.into(),
            api_key: None,
            model: None,
            ..main_endpoint(&settings(|_| {}))
        }
    }

    #[test]
    fn without_an_endpoint_the_built_in_model_answers() {
        assert_eq!(names(&settings(|_| {})).unwrap(), ["offline"]);
        assert_eq!(names(&settings(|llm| llm.chain = vec!["openai:x".into()])).unwrap(), ["offline"]);
    }

    #[test]
    fn builds_what_the_chain_names() {
        let built = settings(|llm| {
            llm.api_key = Secret::new("key");
            llm.base_url = "http://127.0.0.1:8081/v1/".into();
            llm.chain =
                ["openai", "openai:big:1b", "openai@spare:m", "offline", "openai"].map(str::to_owned).into();
            llm.endpoints.insert("spare".into(), endpoint("https://llm.example.com/v1"));
        });
        assert_eq!(
            names(&built).unwrap(),
            ["openai:gpt-4.1-mini", "openai:big:1b", "openai@spare:m", "offline"]
        );
    }

    #[test]
    fn names_every_problem() {
        let broken = settings(|llm| {
            llm.chain = ["openai@nowhere:m", "cloud", "openai:", "openai@near:m", "openai@spare", "offline"]
                .map(str::to_owned)
                .into();
            llm.endpoints.insert("near".into(), endpoint("http://10.0.0.5/v1"));
            llm.endpoints.insert("spare".into(), endpoint("https://llm.example.com/v1"));
        });
        let late = settings(|llm| {
            llm.base_url = "http://models.test/v1".into();
            llm.chain = ["openai", "offline-if-sure"].map(str::to_owned).into();
        });
        assert!(names(&late).unwrap_err().problems[0].contains("it can only stand first"));
        let problems = names(&broken).unwrap_err().problems;
        assert_eq!(problems.len(), 5, "{problems:#?}");
        assert!(problems[3].contains("allow_private_networks"), "{problems:#?}");
    }

    #[test]
    fn a_budget_needs_the_price_of_every_model() {
        let price = |input| PriceSettings { input, output: 0.0 };
        let bounded = |model: &str, input, day| {
            names(&settings(|llm| {
                llm.base_url = "http://models.test/v1".into();
                llm.budget.day = day;
                llm.prices.insert(model.into(), price(input));
            }))
        };
        assert_eq!(bounded("gpt-4.1-mini", 0.0, 20.0).unwrap(), ["openai:gpt-4.1-mini", "offline"]);
        for (model, input, day, told) in [
            ("another", 1.0, 20.0, "none for `gpt-4.1-mini`"),
            ("gpt-4.1-mini", 1.0, -1.0, "`llm.budget.day`"),
            ("gpt-4.1-mini", 1.0, f64::INFINITY, "`llm.budget.day`"),
            ("gpt-4.1-mini", f64::NAN, 0.0, "`llm.prices.\"gpt-4.1-mini\".input`"),
        ] {
            let problems = bounded(model, input, day).unwrap_err().problems;
            assert!(problems[0].contains(told), "{told}: {problems:?}");
        }
    }

    #[test]
    fn a_key_that_no_header_carries_is_a_problem_not_a_panic() {
        let broken = settings(|llm| llm.api_key = Secret::new("a\nb"));
        assert!(names(&broken).unwrap_err().problems[0].contains("API key"));
    }
}

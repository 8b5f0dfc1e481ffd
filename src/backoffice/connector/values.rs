//! What the templates of a connector may name, and the values behind the names. A value is always encoded for the
//! place it stands in: what an operator or a customer wrote stays a value.

use crate::config::secret::Secret;
use crate::declared::template::Names;
use jiff::Timestamp;
use minijinja::Value as Jinja;
use minijinja::value::Serde;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Credentials and settings by name.
pub type Settings = BTreeMap<String, Secret>;

/// What templates may name.
pub struct Known<'s> {
    /// The connector's settings.
    pub settings: &'s Settings,
    /// What the operation is given; `None` where there is no operation yet, as in addresses and credentials.
    pub arguments: Option<&'static [&'static str]>,
    /// Names of the steps before.
    pub steps: &'s [String],
}

impl Names for Known<'_> {
    fn fault(&self, variable: &str) -> Option<String> {
        let mut parts = variable.split('.');
        let (root, field) = (parts.next().unwrap_or_default(), parts.next());
        match (root, field, self.arguments) {
            ("version", None, _) | ("setting", None, _) => None,
            ("setting", Some(name), _) => (!self.settings.contains_key(name))
                .then(|| format!("template: `setting.{name}` is not declared under [settings]")),
            ("args" | "steps" | "key" | "page" | "now", None, Some(_)) => None,
            ("args", Some(name), Some(known)) => (!known.contains(&name))
                .then(|| format!("template: `args.{name}`; this operation is given {}", known.join(", "))),
            ("steps", Some(name), Some(_)) => (!self.steps.iter().any(|step| step == name))
                .then(|| format!("template: no step before this one is called `{name}`")),
            (other, _, Some(_)) => Some(format!(
                "template: `{other}` is not known here; use args, setting, steps, version, key, page or now"
            )),
            (other, _, None) => {
                Some(format!("template: `{other}` is not known here; use setting or version"))
            }
        }
    }
}

/// What does not change from call to call.
#[derive(Clone)]
pub struct Fixed {
    settings: Jinja,
    version: String,
}

impl Fixed {
    /// These settings and this version.
    pub fn new(settings: &Settings, version: &str) -> Self {
        let settings = settings.iter().map(|(name, secret)| (name.as_str(), Jinja::from(secret.expose())));
        Self {
            settings: Jinja::from_pairs(settings.collect::<BTreeMap<_, _>>()),
            version: version.to_owned(),
        }
    }

    /// For addresses and credentials.
    pub fn values(&self) -> Jinja {
        minijinja::context! { setting => self.settings.clone(), version => self.version.clone() }
    }

    /// For one call.
    pub fn with(&self, call: &CallValues<'_>) -> Jinja {
        minijinja::context! {
            setting => self.settings.clone(),
            version => self.version.clone(),
            args => Jinja::from(Serde(call.arguments)),
            steps => Jinja::from(Serde(call.steps)),
            key => call.key,
            page => Jinja::from(Serde(call.page)),
            now => call.now.to_string(),
        }
    }
}

/// The values of one call.
pub struct CallValues<'v> {
    /// What the operation is given.
    pub arguments: &'v Value,
    /// Results of the steps before, by name.
    pub steps: &'v Map<String, Value>,
    /// A UUID that is the same whenever the same effect is asked for.
    pub key: &'v str,
    /// Which page; null for the first one.
    pub page: &'v Value,
    /// The present.
    pub now: Timestamp,
}

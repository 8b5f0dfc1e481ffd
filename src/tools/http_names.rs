//! What the templates of an operator's own HTTP tool may name: arguments, values of the program, secrets. It fills
//! nothing in.

use super::http::Secrets;
use super::spec::parameter_names;
use crate::declared::template::Names;
use crate::domain::tool::ToolSpec;
use minijinja::Value as Jinja;
use minijinja::value::Serde;
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// What templates may name.
pub struct Known<'s> {
    spec: &'s ToolSpec,
    secrets: &'s Secrets,
    /// Those that were named.
    named: RefCell<BTreeSet<String>>,
}

impl<'s> Known<'s> {
    /// The parameters of `spec`, the values of the program, and `secrets` by name.
    pub fn new(spec: &'s ToolSpec, secrets: &'s Secrets) -> Self {
        Self { spec, secrets, named: RefCell::default() }
    }

    /// The secrets that templates named so far: a tool sees no others.
    pub fn named_secrets(&self) -> Secrets {
        let named = self.named.borrow();
        let known = |name: &String| Some((name.clone(), self.secrets.get(name)?.clone()));
        named.iter().filter_map(known).collect()
    }

    fn secret(&self, name: &str) -> Option<String> {
        if name.to_ascii_lowercase().starts_with(CONNECTORS) {
            return Some(format!(
                "template: the secret `{name}` is a connector's own; give this tool one of its own"
            ));
        }
        if !self.secrets.contains_key(name) {
            return Some(format!(
                "template: the secret `{name}` is not set; give it with `balcao secrets set {name}` or under [tools.secrets]"
            ));
        }
        self.named.borrow_mut().insert(name.to_owned());
        None
    }
}

/// What the names of connectors' secrets begin with.
const CONNECTORS: &str = "connectors__";

impl Names for Known<'_> {
    fn fault(&self, variable: &str) -> Option<String> {
        let mut parts = variable.split('.');
        let (root, field) = (parts.next().unwrap_or_default(), parts.next());
        match (root, field) {
            ("args" | "context", None) => None,
            ("secret", None) => Some("template: which secret? write `secret.NAME`".to_owned()),
            ("args", Some(name)) => {
                let names = parameter_names(self.spec);
                let open = names.is_empty()
                    || self.spec.parameters.get("additionalProperties") != Some(&Value::Bool(false));
                let known = open && is_composed(&self.spec.parameters)
                    || names.iter().any(|known| known == name)
                    || self.spec.hidden.iter().any(|known| known == name);
                (!known).then(|| format!("template: `args.{name}` is not a parameter"))
            }
            ("context", Some(name)) => (!CONTEXT.contains(&name))
                .then(|| format!("template: `context.{name}`; there are {}", CONTEXT.join(", "))),
            ("secret", Some(name)) => self.secret(name),
            (other, _) => Some(format!("template: `{other}` is not known here; use args, context or secret")),
        }
    }
}

/// Whether parameters may come from elsewhere than the `properties` at the top.
fn is_composed(schema: &Value) -> bool {
    ["allOf", "anyOf", "oneOf", "if", "patternProperties", "dependentSchemas", "$ref", "$dynamicRef"]
        .iter()
        .any(|keyword| schema.get(*keyword).is_some())
}

/// The values of the program that templates may use.
pub const CONTEXT: [&str; 10] = [
    "conversation_id",
    "turn_id",
    "call_id",
    "contact_id",
    "language",
    "channel",
    "now",
    "email",
    "phone",
    "idempotency_key",
];

/// The values of one call. Secrets are the operator's own words and go in as they are.
pub fn values(arguments: &Map<String, Value>, context: &Map<String, Value>, secrets: &Secrets) -> Jinja {
    let secret: BTreeMap<&str, Jinja> = secrets
        .iter()
        .map(|(name, value)| (name.as_str(), Jinja::from_safe_string(value.expose().to_owned())))
        .collect();
    minijinja::context! {
        args => Jinja::from(Serde(arguments)),
        context => Jinja::from(Serde(context)),
        secret => Jinja::from_pairs(secret),
    }
}

//! May this call be made, must the customer be asked first, or is it refused?

use super::evidence::{Evidence, Prose};
use crate::domain::provenance::Provenance;
use crate::domain::tool::{ParamSource, Risk, ToolSpec};
use crate::domain::tool_call::{RefusalClass, ToolOutcome};
use crate::language::emails::find_emails;
use crate::language::fold::fold;
use serde_json::Value;

/// Whether the customer has already agreed to this very call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Consent {
    /// Not asked.
    NotAsked,
    /// The customer said yes to exactly these arguments.
    Given,
}

/// Takes out of a call that only reads what need not be given and what the customer never said, although it has to be
/// their word: models fill such places with names of their own. Returns what was taken out.
pub fn take_out_unsaid(spec: &ToolSpec, arguments: &mut Value, evidence: &Evidence) -> Vec<String> {
    let Some(object) = arguments.as_object_mut().filter(|_| spec.risk == Risk::Read) else {
        return Vec::new();
    };
    let is_unsaid = |name: &str, value: &Value| {
        let free = spec.sources.get(name) == Some(&ParamSource::Said)
            && !spec.required().any(|required| required == name);
        // Who says "com o Caio" means Caio Nogueira.
        let said = |word: &str| evidence.origin(&Value::from(word), Prose::Said).is_reliable();
        free && value.as_str().is_some_and(|text| {
            !said(text) && !text.split_whitespace().filter(|word| word.chars().count() > 2).any(said)
        })
    };
    let unsaid: Vec<String> =
        object.iter().filter(|(name, value)| is_unsaid(name, value)).map(|(name, _)| name.clone()).collect();
    object.retain(|name, _| !unsaid.contains(name));
    unsaid
}

/// Judges a call whose arguments fit the schema. `None`: make it.
pub fn decide(
    spec: &ToolSpec,
    arguments: &Value,
    evidence: &Evidence,
    consent: Consent,
) -> Option<ToolOutcome> {
    if consent == Consent::Given {
        return None;
    }
    let mut doubtful = Vec::new();
    for (name, value) in arguments.as_object().into_iter().flatten() {
        let declared = spec.sources.get(name).copied();
        if matches!(declared, Some(ParamSource::Model | ParamSource::Context)) {
            continue;
        }
        let prose = if declared.is_some() { Prose::Said } else { Prose::Free };
        let mut leaves = Vec::new();
        let schema = spec.parameter(name);
        let standing = standing(name, schema, Standing::Plain);
        leaves_of(Leaf { path: name.clone(), value, schema, standing }, &mut leaves);
        for leaf in leaves {
            match (origin_of(&leaf, evidence, prose), spec.risk) {
                (origin, _) if origin.is_reliable() => {}
                (Provenance::Nobody, _) if is_identity(&leaf) => return Some(not_said(&leaf.path)),
                (Provenance::Nobody, Risk::Read) if declared.is_some() => return Some(not_said(&leaf.path)),
                (_, Risk::Read) => {}
                (origin, Risk::Write | Risk::Sensitive) => doubtful.push((leaf.path, origin)),
            }
        }
    }
    match spec.risk {
        Risk::Read => None,
        Risk::Write if doubtful.is_empty() => None,
        Risk::Write => Some(ToolOutcome::NeedsConfirmation {
            because: doubtful
                .iter()
                .map(|(path, origin)| format!("`{path}` comes from {}", plain(*origin)))
                .collect::<Vec<_>>()
                .join("; "),
        }),
        Risk::Sensitive => {
            Some(ToolOutcome::NeedsConfirmation { because: "the tool is sensitive".to_owned() })
        }
    }
}

/// A value inside an argument, judged by itself: one field that nobody said does not condemn the others.
struct Leaf<'a> {
    /// Where it stands, as the model reads it: `customer.emails[0]`.
    path: String,
    value: &'a Value,
    schema: Option<&'a Value>,
    standing: Standing,
}

/// What the names and schemas over a value say of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Standing {
    /// Nothing.
    Plain,
    /// It belongs to a person, a place or an account: their kind, their number.
    Within,
    /// It stands for a person or an account.
    Identity,
    /// It is a place, or a part of one.
    Address,
}

fn leaves_of<'a>(leaf: Leaf<'a>, leaves: &mut Vec<Leaf<'a>>) {
    let part = |key: &str| leaf.schema.and_then(|schema| schema.get(key));
    match leaf.value {
        // What the schema itself fixes is one value.
        _ if is_fixed(&leaf) => leaves.push(leaf),
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                let (path, schema) = (format!("{}[{index}]", leaf.path), part("items"));
                leaves_of(Leaf { path, value, schema, standing: leaf.standing }, leaves);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = format!("{}.{name}", leaf.path);
                let schema = part("properties").and_then(|properties| properties.get(name));
                let standing = standing(name, schema, leaf.standing);
                leaves_of(Leaf { path, value, schema, standing }, leaves);
            }
        }
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => leaves.push(leaf),
    }
}

fn origin_of(leaf: &Leaf<'_>, evidence: &Evidence, prose: Prose) -> Provenance {
    if is_fixed(leaf) {
        return Provenance::Program;
    }
    // A choice of an enum is the model's reading of what the customer wants, unless the operator asked for the
    // customer's own word.
    if prose == Prose::Free && leaf.schema.is_some_and(|schema| schema.get("enum").is_some()) {
        return Provenance::Program;
    }
    evidence.origin(leaf.value, prose)
}

/// Whether the schema itself fixes the value: that is the program's word.
fn is_fixed(leaf: &Leaf<'_>) -> bool {
    let fixed = |key: &str| leaf.schema.and_then(|schema| schema.get(key)) == Some(leaf.value);
    fixed("default") || fixed("const")
}

/// What `name` and `schema` say of a value below something that stands `above` it.
fn standing(name: &str, schema: Option<&Value>, above: Standing) -> Standing {
    let hint =
        |key: &str| schema.and_then(|schema| schema.get(key)).and_then(Value::as_str).unwrap_or_default();
    let kind = hint("x-balcao-kind");
    let is_named = |names: &[&str]| {
        let folded = fold(name);
        let mut parts = folded.split(['_', '-', ' ', '.']);
        parts.any(|part| {
            let singular = part.strip_suffix('s').unwrap_or(part);
            names.contains(&part) || names.contains(&singular)
        })
    };
    if matches!(kind, "postal_code" | "address") || is_named(ADDRESS_NAMES) {
        Standing::Address
    } else if matches!(hint("format"), "email" | "idn-email" | "phone")
        || matches!(kind, "email" | "phone" | "document" | "account")
        || is_named(IDENTITY_NAMES)
    {
        Standing::Identity
    } else {
        match above {
            Standing::Plain => Standing::Plain,
            Standing::Within | Standing::Identity => Standing::Within,
            Standing::Address => Standing::Address,
        }
    }
}

fn plain(origin: Provenance) -> &'static str {
    match origin {
        Provenance::Customer => "the customer",
        Provenance::Operator => "an operator",
        Provenance::Program => "the program",
        Provenance::Trusted => "a trusted field",
        Provenance::Untrusted => "untrusted text",
        Provenance::Nobody => "nobody: it was computed or invented",
    }
}

fn not_said(name: &str) -> ToolOutcome {
    ToolOutcome::Refused {
        reason: format!(
            "the customer never said this `{name}`; do not invent it: ask the customer for it and call again"
        ),
        class: RefusalClass::NotSaid,
    }
}

/// Names of what stands for a person or an account: never guessed, never computed.
const IDENTITY_NAMES: &[&str] = &[
    "email",
    "e_mail",
    "mail",
    "phone",
    "telefone",
    "celular",
    "whatsapp",
    "mobile",
    "cpf",
    "cnpj",
    "document",
    "documento",
    "passport",
    "account",
    "conta",
    "iban",
    "pix",
    "chave",
    "card",
    "cartao",
];
/// Names of places, for which the same holds.
const ADDRESS_NAMES: &[&str] = &["address", "addresse", "endereco", "rua", "street", "cep", "postal", "zip"];
/// So many digits make a number that a person or an account is found by.
const IDENTIFYING_DIGITS: usize = 4;

fn is_identity(leaf: &Leaf<'_>) -> bool {
    let text = match leaf.value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => String::new(),
    };
    match leaf.standing {
        Standing::Identity | Standing::Address => true,
        Standing::Within if text.chars().filter(char::is_ascii_digit).count() >= IDENTIFYING_DIGITS => true,
        Standing::Within | Standing::Plain => text.contains('@') && !find_emails(&text).is_empty(),
    }
}

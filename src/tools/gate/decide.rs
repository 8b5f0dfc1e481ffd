//! May this call be made, must the customer be asked first, or is it refused?

use super::evidence::{Evidence, Prose};
use crate::domain::provenance::Provenance;
use crate::domain::tool::{ParamSource, Risk, ToolSpec};
use crate::domain::tool_call::{RefusalClass, ToolOutcome};
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
        if spec.source_of(name) != ParamSource::Said {
            continue;
        }
        let declared = spec.sources.contains_key(name);
        let origin = origin_of(spec, name, value, evidence, declared);
        match (origin, spec.risk) {
            (origin, _) if origin.is_reliable() => {}
            (Provenance::Nobody, _) if is_identity(spec, name, value) => return Some(not_said(name)),
            (Provenance::Nobody, Risk::Read) if declared => return Some(not_said(name)),
            (_, Risk::Read) => {}
            (origin, Risk::Write | Risk::Sensitive) => doubtful.push((name.as_str(), origin)),
        }
    }
    match spec.risk {
        Risk::Read => None,
        Risk::Write if doubtful.is_empty() => None,
        Risk::Write => Some(ToolOutcome::NeedsConfirmation {
            because: doubtful
                .iter()
                .map(|(name, origin)| format!("`{name}` comes from {}", plain(*origin)))
                .collect::<Vec<_>>()
                .join("; "),
        }),
        Risk::Sensitive => {
            Some(ToolOutcome::NeedsConfirmation { because: "the tool is sensitive".to_owned() })
        }
    }
}

fn origin_of(spec: &ToolSpec, name: &str, value: &Value, evidence: &Evidence, declared: bool) -> Provenance {
    if let Some(schema) = spec.parameter(name) {
        // What the schema itself fixes is the program's word; a choice of an enum is the model's reading of what
        // the customer wants, unless the operator asked for the customer's own word.
        if schema.get("default") == Some(value) || schema.get("const") == Some(value) {
            return Provenance::Program;
        }
        if !declared && schema.get("enum").is_some() {
            return Provenance::Program;
        }
    }
    evidence.origin(value, if declared { Prose::Said } else { Prose::Free })
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

/// Names that stand for a person, a place or an account: never guessed, never computed.
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
    "address",
    "endereco",
    "rua",
    "street",
    "cep",
    "postal",
    "zip",
];

fn is_identity(spec: &ToolSpec, name: &str, value: &Value) -> bool {
    let schema = spec.parameter(name);
    let hint =
        |key: &str| schema.and_then(|schema| schema.get(key)).and_then(Value::as_str).unwrap_or_default();
    if matches!(hint("format"), "email" | "idn-email" | "phone")
        || matches!(
            hint("x-balcao-kind"),
            "email" | "phone" | "document" | "postal_code" | "address" | "account"
        )
    {
        return true;
    }
    let folded = fold(name);
    if folded.split(['_', '-', ' ', '.']).any(|part| IDENTITY_NAMES.contains(&part)) {
        return true;
    }
    match value {
        Value::String(text) => {
            text.contains('@') && !crate::language::identifiers::find_emails(text).is_empty()
        }
        Value::Array(items) => items.iter().any(|item| is_identity(spec, "", item)),
        Value::Object(fields) => fields.iter().any(|(key, field)| is_identity(spec, key, field)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

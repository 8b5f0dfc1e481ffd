//! Reads connectors' files, with the place of every fault. Whether templates hold is seen where they are compiled.

use super::contract::{OPERATIONS, contract};
use super::pack::{
    FaultRule, Meaning, MoneyUnit, NextPage, Pack, Pages, PointPaths, Quota, Repeat, ResetIn, SettingSpec,
    Step, ToldQuota,
};
use super::read_auth::auth_choices;
use super::read_webhook::webhook;
use crate::declared::near::nearest;
use crate::declared::reader::{Fields, Node, Placed, Reader};
use crate::domain::problem::Problem;
use crate::domain::secret::hexadecimal;
use reqwest::header::HeaderName;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::time::Duration;
use toml::Spanned;
use toml::de::DeValue;

const PACK_KEYS: [&str; 14] = [
    "title",
    "documentation",
    "base_url",
    "version",
    "settings",
    "auth",
    "headers",
    "quota",
    "money",
    "timeout_ms",
    "message",
    "faults",
    "operations",
    "webhook",
];
const CALL_KEYS: [&str; 13] = [
    "method",
    "path",
    "headers",
    "query",
    "body",
    "form",
    "repeat",
    "idempotency_header",
    "cost",
    "requests_per_minute",
    "result",
    "words",
    "pages",
];
const STEP_KEYS: [&str; 2] = ["name", "when"];
const MEANINGS: [(&str, Meaning); 7] = [
    ("done", Meaning::Done),
    ("missing", Meaning::Missing),
    ("limited", Meaning::Limited),
    ("conflict", Meaning::Conflict),
    ("rejected", Meaning::Rejected),
    ("unauthorized", Meaning::Unauthorized),
    ("failing", Meaning::Failing),
];
const REPEATS: [(&str, Repeat); 3] =
    [("always", Repeat::Always), ("key", Repeat::Key), ("never", Repeat::Never)];
const RESETS: [(&str, ResetIn); 3] =
    [("seconds", ResetIn::Seconds), ("milliseconds", ResetIn::Milliseconds), ("epoch", ResetIn::Epoch)];
const UNITS: [(&str, MoneyUnit); 2] = [("decimal", MoneyUnit::Decimal), ("cents", MoneyUnit::Cents)];

/// Reads one file; `name` is the connector's.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read(name: &str, file: &str, source: &str) -> Result<Pack, Vec<Problem>> {
    let mut reader = Reader::new(file, source);
    let document = reader.document();
    if reader.has_problems() {
        return Err(reader.finish());
    }
    let span = document.span();
    let node = Spanned::new(span.clone(), DeValue::Table(document.into_inner()));
    let pack = pack(&mut reader, name, source, &node);
    let problems = reader.finish();
    match pack {
        Some(pack) if problems.is_empty() => Ok(pack),
        _ => Err(problems),
    }
}

fn pack(reader: &mut Reader<'_>, name: &str, source: &str, node: &Node<'_>) -> Option<Pack> {
    let fields = reader.fields(node, &PACK_KEYS);
    let title = reader.required(&fields, "title");
    let documentation = reader.required(&fields, "documentation");
    let base_url = reader.required(&fields, "base_url");
    let settings = fields.get("settings").map(|node| settings(reader, node)).unwrap_or_default();
    let auth = match fields.get("auth") {
        Some(node) => auth_choices(reader, node, &settings),
        None => {
            reader.fault(fields.span.clone(), "[auth] is missing; `kind = \"none\"` if calls need none");
            None
        }
    };
    let faults = fields.get("faults").map(|node| faults(reader, node)).unwrap_or_default();
    let timeout =
        fields.get("timeout_ms").and_then(|node| reader.count(node)).map_or(10_000, |timeout| timeout.value);
    let operations = match fields.get("operations") {
        Some(node) => operations(reader, node),
        None => {
            reader.fault(fields.span.clone(), "[operations] is missing");
            BTreeMap::new()
        }
    };
    let webhook = fields.get("webhook").and_then(|node| webhook(reader, node, &settings));
    Some(Pack {
        name: name.to_owned(),
        place: reader.place(node.span()),
        title: title?.value,
        documentation: documentation?.value,
        base_url: base_url?,
        version: text(reader, &fields, "version"),
        settings,
        auth: auth?,
        headers: texts(reader, &fields, "headers"),
        quota: fields.get("quota").map(|node| quota(reader, node)).unwrap_or_default(),
        money: fields
            .get("money")
            .and_then(|node| reader.word(node, &UNITS))
            .map(|unit| unit.value)
            .unwrap_or_default(),
        timeout: Duration::from_millis(timeout.clamp(100, 120_000)),
        message: fields.get("message").and_then(|node| reader.string(node)),
        faults,
        operations,
        webhook,
        revision: hexadecimal(&Sha256::digest(source.as_bytes())[..6]),
    })
}

pub(super) fn text(reader: &mut Reader<'_>, fields: &Fields<'_, '_>, key: &str) -> String {
    fields.get(key).and_then(|node| reader.string(node)).map(|text| text.value).unwrap_or_default()
}

fn number(reader: &mut Reader<'_>, fields: &Fields<'_, '_>, key: &str) -> Option<u32> {
    let count = fields.get(key).and_then(|node| reader.count(node))?;
    Some(u32::try_from(count.value).unwrap_or(u32::MAX))
}

pub(super) fn flag(reader: &mut Reader<'_>, fields: &Fields<'_, '_>, key: &str) -> bool {
    fields.get(key).and_then(|node| reader.boolean(node)).is_some_and(|flag| flag.value)
}

/// A table of strings in the order they were written.
pub(super) fn texts(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    key: &str,
) -> Vec<(String, Placed<String>)> {
    let Some(node) = fields.get(key) else { return Vec::new() };
    let entries = reader.entries(node);
    let named = entries.into_iter().map(|(name, _, value)| (name.to_owned(), reader.string(value)));
    named.filter_map(|(name, text)| Some((name, text?))).collect()
}

fn placed(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<Placed<Value>> {
    let place = reader.place(node.span());
    reader.json(node).map(|value| Placed { value, place })
}

fn settings(reader: &mut Reader<'_>, node: &Node<'_>) -> BTreeMap<String, SettingSpec> {
    let mut settings = BTreeMap::new();
    for (name, span, node) in reader.entries(node) {
        if ["base_url", "version"].contains(&name) {
            reader.fault(span, format!("every connector has `{name}`; do not declare it"));
            continue;
        }
        let fields = reader.fields(node, &["about", "secret", "address", "default"]);
        let Some(about) = fields.get("about") else {
            reader.fault(span, "`about` is missing: what it is and where an operator finds it");
            continue;
        };
        if let Some(about) = reader.texts(about) {
            let about = about.localized();
            let default = fields.get("default").and_then(|node| reader.string(node)).map(|text| text.value);
            let (secret, address) = (flag(reader, &fields, "secret"), flag(reader, &fields, "address"));
            settings.insert(name.to_owned(), SettingSpec { about, secret, address, default });
        }
    }
    settings
}

fn quota(reader: &mut Reader<'_>, node: &Node<'_>) -> Quota {
    let known = ["requests_per_minute", "units_per_minute", "remaining", "reset", "reset_in", "points"];
    let fields = reader.fields(node, &known);
    let remaining = fields.get("remaining").and_then(|node| header_name(reader, node));
    let reset = fields.get("reset").and_then(|node| header_name(reader, node));
    let reset_in = fields.get("reset_in").and_then(|node| reader.word(node, &RESETS));
    Quota {
        requests: number(reader, &fields, "requests_per_minute").unwrap_or(0),
        units: number(reader, &fields, "units_per_minute").unwrap_or(0),
        told: remaining.map(|remaining| ToldQuota {
            remaining,
            reset,
            reset_in: reset_in.map(|reset_in| reset_in.value).unwrap_or_default(),
        }),
        points: fields.get("points").and_then(|node| points(reader, node)),
    }
}

fn points(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<PointPaths> {
    let known = ["left", "most", "refills", "cost"];
    let fields = reader.fields(node, &known);
    let [left, most, refills, cost] = known.map(|name| {
        let path = fields.get(name).and_then(|node| reader.string(node));
        if path.is_none() {
            reader.fault(node.span(), format!("`{name}` of the points is missing"));
        }
        path
    });
    Some(PointPaths { left: left?, most: most?, refills: refills?, cost: cost? })
}

fn header_name(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<String> {
    let name = reader.string(node)?.value.to_lowercase();
    if HeaderName::from_bytes(name.as_bytes()).is_err() {
        reader.fault(node.span(), format!("`{name}` is no name of a header"));
        return None;
    }
    Some(name)
}

fn faults(reader: &mut Reader<'_>, node: &Node<'_>) -> Vec<FaultRule> {
    let DeValue::Array(rules) = node.get_ref() else {
        reader.fault(node.span(), "expected [[faults]] tables");
        return Vec::new();
    };
    let mut faults = Vec::new();
    for rule in rules.iter() {
        let fields = reader.fields(rule, &["status", "when", "means"]);
        let means = match fields.get("means") {
            Some(node) => reader.word(node, &MEANINGS),
            None => {
                reader.fault(rule.span(), "`means` is missing");
                None
            }
        };
        let status = number(reader, &fields, "status").and_then(|status| u16::try_from(status).ok());
        let when = fields.get("when").and_then(|node| reader.string(node));
        if let Some(means) = means {
            faults.push(FaultRule { status, when, means: means.value });
        }
    }
    faults
}

fn operations(reader: &mut Reader<'_>, node: &Node<'_>) -> BTreeMap<String, Vec<Step>> {
    let mut operations = BTreeMap::new();
    for (name, span, node) in reader.entries(node) {
        if contract(name).is_none() {
            let names = OPERATIONS.iter().map(|operation| operation.name);
            let hint =
                nearest(name, names).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            reader.fault(span, format!("nothing calls an operation `{name}`{hint}"));
            continue;
        }
        let entries = reader.entries(node);
        let steps =
            match entries.iter().find(|(key, _, _)| *key == "steps").map(|(_, _, node)| node.get_ref()) {
                Some(DeValue::Array(steps)) => {
                    if let Some((key, span, _)) = entries.iter().find(|(key, _, _)| *key != "steps") {
                        reader.fault(span.clone(), format!("`{key}` belongs to a step here"));
                    }
                    steps.iter().filter_map(|node| step(reader, node)).collect()
                }
                Some(_) => {
                    reader.fault(node.span(), "`steps` is a list of tables");
                    Vec::new()
                }
                None => only_step(reader, node).into_iter().collect(),
            };
        if steps.is_empty() {
            reader.fault(node.span(), format!("`{name}` calls nothing"));
        }
        operations.insert(name.to_owned(), steps);
    }
    operations
}

fn only_step(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<Step> {
    let fields = reader.fields(node, &CALL_KEYS);
    call(reader, &fields, "only".to_owned(), None)
}

fn step(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<Step> {
    let keys: Vec<&str> = CALL_KEYS.into_iter().chain(STEP_KEYS).collect();
    let fields = reader.fields(node, &keys);
    let name = reader.required(&fields, "name");
    let when = fields.get("when").and_then(|node| reader.string(node));
    call(reader, &fields, name?.value, when)
}

fn call(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    name: String,
    when: Option<Placed<String>>,
) -> Option<Step> {
    let method = reader.required(fields, "method");
    let path = fields.get("path").and_then(|node| reader.string(node));
    if path.is_none() {
        reader.fault(fields.span.clone(), "`path` is missing");
    }
    let is_read = method.as_ref().is_some_and(|method| ["GET", "HEAD"].contains(&method.value.as_str()));
    let mut headers = texts(reader, fields, "headers");
    let mut body = fields.get("body").and_then(|node| placed(reader, node));
    if let Some(form) = fields.get("form").and_then(|node| placed(reader, node)) {
        let value = "application/x-www-form-urlencoded".to_owned();
        headers.push(("content-type".to_owned(), Placed { value, place: form.place.clone() }));
        body = Some(form);
    }
    let query = fields.get("query").map(|node| reader.entries(node)).unwrap_or_default();
    let idempotency_header =
        fields.get("idempotency_header").and_then(|node| reader.string(node)).map(|header| header.value);
    let repeat = match (fields.get("repeat"), is_read, &idempotency_header) {
        (Some(node), _, _) => reader.word(node, &REPEATS).map(|repeat| repeat.value),
        (None, true, _) => Some(Repeat::Always),
        (None, false, Some(_)) => Some(Repeat::Key),
        (None, false, None) => Some(Repeat::Never),
    };
    Some(Step {
        name,
        when,
        method: method?.value,
        path: path?,
        headers,
        query: query
            .into_iter()
            .filter_map(|(name, _, node)| Some((name.to_owned(), placed(reader, node)?)))
            .collect(),
        body,
        repeat: repeat?,
        idempotency_header,
        cost: number(reader, fields, "cost").unwrap_or(0),
        requests: number(reader, fields, "requests_per_minute").unwrap_or(0),
        result: fields.get("result").and_then(|node| reader.string(node)),
        words: fields.get("words").map(|node| words(reader, node)).unwrap_or_default(),
        pages: fields.get("pages").and_then(|node| pages(reader, node)),
    })
}

fn words(reader: &mut Reader<'_>, node: &Node<'_>) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut words = BTreeMap::new();
    for (field, _, node) in reader.entries(node) {
        let mut ours = BTreeMap::new();
        for (theirs, _, node) in reader.entries(node) {
            if let Some(our) = reader.string(node) {
                ours.insert(theirs.to_owned(), our.value);
            }
        }
        words.insert(field.to_owned(), ours);
    }
    words
}

fn pages(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<Pages> {
    let fields = reader.fields(node, &["next", "first", "more", "most"]);
    let next = match (fields.get("next"), fields.get("first")) {
        (Some(node), None) => NextPage::Found(reader.string(node)?),
        (None, Some(_)) => NextPage::Counted(number(reader, &fields, "first")?),
        _ => {
            reader.fault(node.span(), "pages go on by `next` or count up from `first`");
            return None;
        }
    };
    let more = fields.get("more").and_then(|node| reader.string(node));
    Some(Pages { next, more, most: number(reader, &fields, "most").unwrap_or(5).clamp(1, 50) })
}

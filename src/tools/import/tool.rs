//! One operation as the text of a tool file: what `tools/custom/` would hold had somebody written it by hand.

use super::arguments::{Arguments, Body, arguments};
use super::auth::{NeededSecret, credential, secret_name};
use super::document::{Document, Found};
use super::operations::Operation;
use super::schema::{Limits, plain_text};
use super::write::{entry, inline, string, table};
use crate::domain::problem::Problem;
use crate::domain::tool::Risk;
use reqwest::Url;
use serde_json::{Map, Value};

/// Longest schema of arguments, in bytes of JSON: it is read with every request to the model.
const LARGEST_SCHEMA: usize = 8_000;

/// Longest description of a tool, in characters.
const LONGEST_DESCRIPTION: usize = 600;

/// Longest name that people read, in characters.
const LONGEST_TITLE: usize = 60;

/// How schemas are cut, from the mildest way on until one is short enough.
const CUTS: [Limits; 6] = [
    Limits { depth: 6, fields: 60, description: 300 },
    Limits { depth: 4, fields: 40, description: 200 },
    Limits { depth: 3, fields: 30, description: 140 },
    Limits { depth: 2, fields: 30, description: 120 },
    Limits { depth: 2, fields: 15, description: 80 },
    Limits { depth: 1, fields: 12, description: 60 },
];

/// What does not stand in the document.
pub struct Importing<'a> {
    /// Where the API is, in place of what the document says.
    pub base_url: Option<&'a str>,
    /// Where the document came from, for addresses that it gives relative to itself.
    pub origin: Option<&'a Url>,
    /// What names of secrets begin with.
    pub vendor: &'a str,
}

/// A tool, ready to be written.
#[derive(Debug)]
pub struct Imported {
    /// Its name.
    pub name: String,
    /// The text of its file, without a head.
    pub body: String,
    /// The secrets it needs.
    pub secrets: Vec<NeededSecret>,
    /// What the operator should know of it.
    pub notes: Vec<String>,
}

/// The tool of an operation.
///
/// # Errors
/// Everything in the operation that a tool cannot say, with its place in the document.
pub fn tool(
    document: &Document,
    operation: &Operation<'_>,
    importing: &Importing<'_>,
) -> Result<Imported, Vec<Problem>> {
    let mut problems = Vec::new();
    let base = base(document, operation, importing).map_err(|problem| problems.push(problem)).ok();
    let proof =
        credential(document, operation, importing.vendor).map_err(|problem| problems.push(problem)).ok();
    let arguments = cut_arguments(document, operation).map_err(|found| problems.extend(found)).ok();
    let (Some(base), Some(mut proof), Some(mut arguments)) = (base, proof, arguments) else {
        return Err(problems);
    };
    for (place, name) in std::mem::take(&mut arguments.credentials) {
        let is_authorization = name.eq_ignore_ascii_case("authorization");
        let known =
            proof.headers.iter().chain(&proof.query).any(|(known, _)| known.eq_ignore_ascii_case(&name));
        match place {
            _ if known => {}
            // Documents that know no schemes describe the header itself.
            "header" if is_authorization => {
                proof.bearer(secret_name(importing.vendor, "token"), "the bearer token");
            }
            "header" => {
                proof.header(&name, secret_name(importing.vendor, &name), &format!("the header `{name}`"))
            }
            _ => proof.query(&name, secret_name(importing.vendor, &name), &format!("the query's `{name}`")),
        }
    }
    if proof.is_empty() && operation.risk != Risk::Read {
        arguments
            .notes
            .push("nothing proves to the vendor who calls: the document asks for no credential".to_owned());
    }
    let url = format!("{}{}", base, arguments.path);
    let mut body = head(operation, &arguments);
    body.push_str(&parameters(&arguments.schema));
    let mut headers = vec![("Accept".to_owned(), "application/json".to_owned())];
    headers.extend(proof.headers);
    headers.append(&mut arguments.headers);
    let mut query = arguments.query;
    query.extend(proof.query);
    body.push_str(&format!(
        "\n[tool.http]\nmethod = {}\nurl = {}\n",
        string(&operation.method),
        string(&url)
    ));
    body.push_str(&table("headers", &headers));
    body.push_str(&table("query", &query));
    if let Some(header) = &arguments.idempotency_header {
        body.push_str(&format!("idempotency_header = {}\n", string(header)));
    }
    match &arguments.body {
        Body::Nothing => {}
        Body::Whole(template) => body.push_str(&format!("body = {}\n", string(template))),
        Body::Fields(fields) => body.push_str(&table("body", fields)),
    }
    Ok(Imported { name: operation.name.clone(), body, secrets: proof.secrets, notes: arguments.notes })
}

/// The arguments, cut until they are short enough.
fn cut_arguments(document: &Document, operation: &Operation<'_>) -> Result<Arguments, Vec<Problem>> {
    let mut shortest = None;
    for limits in CUTS {
        let found = arguments(document, operation, limits)?;
        let length = found.schema.to_string().len();
        if length <= LARGEST_SCHEMA {
            return Ok(found);
        }
        shortest = Some((length, found));
    }
    match shortest {
        Some((length, mut found)) => {
            found.notes.push(format!("its arguments are long: {length} bytes are read with every request"));
            Ok(found)
        }
        None => Err(Vec::new()),
    }
}

fn head(operation: &Operation<'_>, arguments: &Arguments) -> String {
    let said = operation.found.text("description").unwrap_or_default();
    let description = match (operation.summary.trim_end_matches('.'), plain_text(said, LONGEST_DESCRIPTION)) {
        ("", text) if text.is_empty() => format!("Calls {} {}.", operation.method, operation.path),
        ("", text) => text,
        (summary, text)
            if text.is_empty() || text.starts_with(summary) && text.len() <= summary.len() + 1 =>
        {
            format!("{summary}.")
        }
        (summary, text) if text.starts_with(summary) || summary.ends_with('…') => text,
        (summary, text) => plain_text(&format!("{summary}. {text}"), LONGEST_DESCRIPTION),
    };
    let risk = match operation.risk {
        Risk::Read => "read",
        Risk::Write => "write",
        Risk::Sensitive => "sensitive",
    };
    let mut text = format!("[[tool]]\nname = {}\n", string(&operation.name));
    // A title is a template: braces would be read as one.
    let title = operation.summary.trim_end_matches('.');
    if !title.is_empty() && title.chars().count() <= LONGEST_TITLE && !title.contains(['{', '}']) {
        text.push_str(&format!("title = {}\n", string(title)));
    }
    text.push_str(&format!("description = {}\nrisk = {}\n", string(&description), string(risk)));
    let said: Vec<(String, String)> =
        arguments.said.iter().map(|name| (name.clone(), "said".to_owned())).collect();
    text.push_str(&table("sources", &said));
    text
}

/// The schema, a table for each argument.
fn parameters(schema: &Value) -> String {
    let mut text = "\n[tool.parameters]\n".to_owned();
    let all = schema.as_object().into_iter().flatten();
    for (name, value) in all.filter(|(name, _)| *name != "properties") {
        text.push_str(&entry(name, value));
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    if properties.is_none_or(Map::is_empty) {
        text.push_str("properties = {}\n");
    }
    for (name, field) in properties.into_iter().flatten() {
        text.push_str(&format!("\n[tool.parameters.properties.{name}]\n"));
        for (key, value) in
            field.as_object().into_iter().flatten().filter(|(_, value)| inline(value).is_some())
        {
            text.push_str(&entry(key, value));
        }
    }
    text
}

/// Where the operation is called, without a slash at the end.
fn base(
    document: &Document,
    operation: &Operation<'_>,
    importing: &Importing<'_>,
) -> Result<String, Problem> {
    let root = document.root();
    let places = [&operation.found, &operation.item, &root];
    let server = places.iter().find_map(|place| place.list("servers").into_iter().next());
    let (pointer, mut address) = match (&server, importing.base_url) {
        (_, Some(given)) => ("--base-url".to_owned(), given.to_owned()),
        (Some(server), None) => (server.pointer.clone(), server.text("url").unwrap_or("/").to_owned()),
        (None, None) => ("#/servers".to_owned(), "/".to_owned()),
    };
    if importing.base_url.is_none()
        && let Some(server) = &server
    {
        address = filled(server, &address);
    }
    let whole = address.starts_with("http://") || address.starts_with("https://");
    let url = match (whole, importing.origin) {
        (true, _) => Url::parse(&address).ok(),
        (false, Some(origin)) => origin.join(&address).ok(),
        (false, None) => {
            let message = format!("`{address}` does not say where the API is; give it with --base-url");
            return Err(document.problem(&pointer, message));
        }
    };
    match url {
        Some(url) if url.has_host() && !address.contains(['{', '}']) => {
            Ok(url.as_str().split(['?', '#']).next().unwrap_or_default().trim_end_matches('/').to_owned())
        }
        Some(_) | None => Err(document.problem(&pointer, format!("`{address}` is no address to call"))),
    }
}

/// An address with the defaults of its variables.
fn filled(server: &Found<'_>, address: &str) -> String {
    let mut address = address.to_owned();
    let variables = server.get("variables");
    for name in variables.iter().flat_map(|all| all.value.as_object()).flat_map(Map::keys) {
        let default = variables.as_ref().and_then(|all| all.get(name)).and_then(|one| one.text("default"));
        if let Some(default) = default {
            address = address.replace(&format!("{{{name}}}"), default);
        }
    }
    address
}

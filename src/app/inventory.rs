//! Which data there are, where they come from, and who gets them: what an owner wants to know before a system is connected, and what
//! the record of processing under LGPD (art. 37) and GDPR (art. 30) begins with. It reads settings and files and calls nobody. No
//! secret is told: of an address only its host.

use super::backoffice::backoffice;
use super::build::{Options, Outside, listed, registry_over};
use super::chain::chain;
use super::check::NoKnowledge;
use super::leads::interviews;
use super::scratch::ScratchStore;
use crate::config::backoffice::{EMBEDDED, NONE};
use crate::config::embeddings::ModelChoice;
use crate::config::knowledge::KnowledgePlace;
use crate::config::store::StorePlace;
use crate::config::whatsapp::Provider;
use crate::domain::language::Language;
use crate::domain::tool::Risk;
use crate::knowledge::sources;
use serde::Serialize;
use std::collections::HashSet;
use std::sync::Arc;

/// Everything that `balcao inventory` tells.
#[derive(Serialize)]
pub struct Inventory {
    /// What this program keeps.
    pub kept: Vec<Holding>,
    /// What it reads from elsewhere.
    pub read: Vec<Holding>,
    /// Who is given what.
    pub given: Vec<Holding>,
    /// What customers are asked for, by interview and by tool.
    pub asked: Vec<Asked>,
}

/// Data in a place.
#[derive(Serialize)]
pub struct Holding {
    /// What it is called in the settings.
    pub name: String,
    /// A path, a host.
    pub place: String,
    /// Which data.
    pub data: &'static str,
    /// Whether they are of people.
    pub personal: bool,
}

/// What is asked, and where it goes.
#[derive(Serialize)]
pub struct Asked {
    /// `interview projeto`, `tool ticket_create`.
    pub by: String,
    /// Why, in the words that the customer reads; what a tool does.
    pub purpose: String,
    /// On what legal basis, of an interview.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub legal_basis: Option<String>,
    /// Each value.
    pub values: Vec<Value>,
    /// Who gets it.
    pub goes_to: Vec<String>,
}

/// One value that is asked for.
#[derive(Serialize)]
pub struct Value {
    /// What it is called.
    pub id: String,
    /// What it is saved as; nothing if only with the interview or the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub saved_as: Option<String>,
    /// Whether it has to be given.
    pub required: bool,
    /// Whether the law protects it more than others.
    pub sensitive: bool,
}

fn holding(name: impl Into<String>, place: impl Into<String>, data: &'static str, personal: bool) -> Holding {
    Holding { name: name.into(), place: place.into(), data, personal }
}

/// Everything that the settings and files tell.
///
/// # Errors
/// Mistakes in them, as `balcao check` tells them.
pub async fn inventory(options: &Options) -> anyhow::Result<Inventory> {
    Ok(Inventory {
        kept: kept(options)?,
        read: read(options)?,
        given: given(options)?,
        asked: asked(options).await?,
    })
}

fn kept(options: &Options) -> anyhow::Result<Vec<Holding>> {
    let settings = &options.settings;
    let database = match settings.store.place(&options.data)? {
        StorePlace::File(path) => path.display().to_string(),
        StorePlace::Server => host(&settings.store.url),
    };
    const PEOPLE: &str = "conversations with every step of the bot, people and what they agreed to, appointments, orders, tickets, \
                          leads, keys (hashed)";
    let mut kept = vec![holding("database", database, PEOPLE, true)];
    if settings.channels.whatsapp.enabled {
        let days = settings.channels.whatsapp.media.keep_days;
        let place = format!("{}, {days} days", options.data.join("files").display());
        kept.push(holding(
            "files of customers",
            place,
            "pictures, documents, films and voice that customers sent",
            true,
        ));
    }
    let index = match settings.knowledge.place(&options.data)? {
        KnowledgePlace::Folder(folder) => folder.display().to_string(),
        KnowledgePlace::Server(url) => host(&url),
    };
    kept.push(holding("search index", index, "passages of the documents, and their vectors", false));
    let secrets = options.data.join("secrets.json");
    if secrets.exists() {
        kept.push(holding(
            "sealed secrets",
            secrets.display().to_string(),
            "credentials of other systems",
            false,
        ));
    }
    Ok(kept)
}

fn read(options: &Options) -> anyhow::Result<Vec<Holding>> {
    let settings = &options.settings;
    let folder = options.operator.join(&settings.knowledge.folder);
    const DOCUMENTS: &str = "documents that answers are taken from";
    let mut read = vec![match folder.exists() {
        true => holding("knowledge", folder.display().to_string(), DOCUMENTS, false),
        false => holding("knowledge", "comes with the program", DOCUMENTS, false),
    }];
    let sources = sources::load(&folder, &settings.knowledge.folder.display().to_string()).map_err(listed)?;
    read.extend(sources.places.iter().map(|source| {
        holding(source.name.as_deref().unwrap_or("file"), source.path.display().to_string(), DOCUMENTS, false)
    }));
    read.extend(
        sources
            .sites
            .iter()
            .map(|site| holding(&site.name, host(site.url.as_str()), "pages of a web site", false)),
    );
    for (capability, keeper) in settings.backoffice.keepers() {
        let (data, personal) = match capability {
            "crm" => ("people, deals and notes", true),
            "agenda" => ("which times are taken", false),
            "tickets" => ("tickets and what was answered to them", true),
            "catalog" => ("products, prices, stock; orders with who placed them", true),
            "payments" => ("what became of payments", true),
            "shipping" => ("prices and times of delivery", false),
            _ => continue,
        };
        if ![EMBEDDED, NONE].contains(&keeper) {
            read.push(holding(capability, place_of(options, keeper), data, personal));
        }
    }
    for (name, database) in &settings.databases.by_name {
        read.push(holding(
            format!("database {name}"),
            host(database.url.expose()),
            "what its named queries select",
            true,
        ));
    }
    Ok(read)
}

fn given(options: &Options) -> anyhow::Result<Vec<Holding>> {
    const TALK: &str = "the conversation, results of tools, passages";
    let settings = &options.settings;
    let mut given = Vec::new();
    for model in chain(options, &Arc::default(), &Outside::alone(options))?.names() {
        if let Some(endpoint) =
            model.strip_prefix("openai").map(|rest| rest.split(':').next().unwrap_or(rest))
        {
            given.push(holding(model, endpoint_host(options, endpoint), TALK, true));
        }
    }
    match settings.embeddings.choice()? {
        ModelChoice::Main { .. } => {
            given.push(holding(
                "embeddings",
                endpoint_host(options, ""),
                "passages, and what customers ask",
                true,
            ));
        }
        ModelChoice::Endpoint { name, .. } => {
            let place = endpoint_host(options, &format!("@{name}"));
            given.push(holding("embeddings", place, "passages, and what customers ask", true));
        }
        ModelChoice::Auto | ModelChoice::Off | ModelChoice::E5 | ModelChoice::File(_) => {}
    }
    if settings.transcription.is_on() {
        let place = or_openai(&settings.transcription.base_url);
        given.push(holding("transcription", place, "what customers say in voice messages", true));
    }
    let whatsapp = &settings.channels.whatsapp;
    if whatsapp.enabled {
        let base = match whatsapp.provider {
            Provider::Meta => &whatsapp.graph_base_url,
            Provider::Evolution => &whatsapp.evolution.base_url,
        };
        given.push(holding("WhatsApp", host(base), "answers to customers, and their numbers", true));
    }
    if settings.channels.relay.enabled {
        given.push(holding("relay", host(&settings.channels.relay.url), "answers to customers", true));
    }
    for (capability, keeper) in settings.backoffice.keepers() {
        let data = match capability {
            "crm" => "people, deals, notes of conversations",
            "agenda" => "appointments with the name and contact of who booked",
            "tickets" => "what customers report, with their name and contact",
            "payments" => "amount and order number of a payment",
            "shipping" => "postal code and parcel",
            "nurture" => "leads who are not ready, with their e-mail and what they agreed to",
            _ => continue,
        };
        if ![EMBEDDED, NONE].contains(&keeper) {
            given.push(holding(capability, place_of(options, keeper), data, capability != "shipping"));
        }
    }
    for (name, server) in &settings.mcp.servers {
        let place =
            if server.url.is_empty() { format!("program {}", server.command) } else { host(&server.url) };
        given.push(holding(format!("mcp {name}"), place, "arguments of its tools", true));
    }
    for (tool, place) in own_tools(options) {
        given.push(holding(format!("tool {tool}"), place, "its arguments", true));
    }
    if !settings.email.from.is_empty() {
        let place = match settings.email.is_by_server() {
            true => host(&settings.email.smtp_url),
            false => settings.email.through.clone(),
        };
        given.push(holding("e-mail", place, "leads and hand-overs, to people of the business", true));
    }
    if !settings.alerts.webhook_url.is_empty() {
        given.push(holding(
            "alerts",
            host(&settings.alerts.webhook_url),
            "outages; no words of customers",
            false,
        ));
    }
    Ok(given)
}

/// What interviews ask, and what tools that change something are told.
async fn asked(options: &Options) -> anyhow::Result<Vec<Asked>> {
    let language = options.settings.business.language;
    let keepers = options.settings.backoffice.keepers();
    let keeper_of = |capability: &str| {
        let keeper = keepers.iter().find(|(key, _)| *key == capability).map(|(_, keeper)| *keeper);
        keeper
            .filter(|keeper| ![EMBEDDED, NONE].contains(keeper))
            .map(|keeper| format!("{keeper} ({capability})"))
    };
    let with_own = |others: Vec<Option<String>>| {
        std::iter::once("database".to_owned()).chain(others.into_iter().flatten()).collect::<Vec<_>>()
    };
    let mut asked = Vec::new();
    for definition in interviews(options).map_err(listed)?.iter() {
        let word = |value: serde_json::Result<serde_json::Value>| value.ok()?.as_str().map(str::to_owned);
        let people = definition.routes.iter().flat_map(|route| &route.people);
        let mails = people.filter_map(|person| person.email.clone()).map(|to| Some(format!("{to} (mail)")));
        let nurtures =
            [&definition.end.hot, &definition.end.warm, &definition.end.cold, &definition.end.disqualified]
                .iter()
                .any(|end| end.nurture.is_some());
        let mut others: Vec<Option<String>> = vec![keeper_of("crm")];
        others.push(keeper_of("nurture").filter(|_| nurtures));
        if !options.settings.email.from.is_empty() {
            others.extend(mails);
        }
        let mut seen = HashSet::new();
        others.retain(|other| seen.insert(other.clone()));
        asked.push(Asked {
            by: format!("interview {}", definition.name),
            purpose: definition.purpose.text.get(language).to_owned(),
            legal_basis: word(serde_json::to_value(definition.purpose.legal_basis)),
            values: definition
                .fields
                .iter()
                .map(|field| Value {
                    id: field.id.clone(),
                    saved_as: field.saves_to.and_then(|target| word(serde_json::to_value(target))),
                    required: field.required,
                    sensitive: field.sensitive,
                })
                .collect(),
            goes_to: with_own(others),
        });
    }
    let scratch = ScratchStore::open(options).await?;
    let outside = Outside::alone(options);
    let registry = backoffice(options, &scratch.stores, &outside)
        .and_then(|backoffice| registry_over(options, &backoffice, Arc::new(NoKnowledge), &outside));
    scratch.close().await;
    let own: Vec<(String, String)> = own_tools(options);
    for entry in registry.map_err(listed)?.iter() {
        let spec = entry.spec();
        if spec.risk == Risk::Read {
            continue;
        }
        let capability = match spec.name.split('_').next() {
            Some("crm") => "crm",
            Some("agenda") => "agenda",
            Some("ticket") => "tickets",
            Some("payment") => "payments",
            _ => "",
        };
        let properties = spec.parameters["properties"].as_object();
        let names = properties.into_iter().flat_map(serde_json::Map::keys);
        let host = own.iter().find(|(tool, _)| *tool == spec.name).map(|(_, place)| place.clone());
        asked.push(Asked {
            by: format!("tool {}", spec.name),
            purpose: spec
                .title
                .get(language)
                .or(spec.title.get(Language::default()))
                .unwrap_or_default()
                .to_owned(),
            legal_basis: None,
            values: names
                .map(|name| Value {
                    id: name.clone(),
                    saved_as: None,
                    required: spec.required().any(|required| required == name),
                    sensitive: false,
                })
                .collect(),
            goes_to: with_own(vec![keeper_of(capability), host]),
        });
    }
    Ok(asked)
}

/// The operator's own tools, each with where its calls go.
fn own_tools(options: &Options) -> Vec<(String, String)> {
    let folder = options.operator.join("tools").join("custom");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|file| file.path()).collect();
    files.sort();
    let tables = files
        .iter()
        .filter(|file| file.extension().is_some_and(|ending| ending == "toml"))
        .filter_map(|file| std::fs::read_to_string(file).ok()?.parse::<toml::Table>().ok());
    let tools = tables
        .flat_map(|table| table.get("tool").and_then(toml::Value::as_array).cloned().unwrap_or_default());
    tools
        .filter_map(|tool| {
            let text = |part: &str, key: &str| tool.get(part)?.get(key)?.as_str().map(str::to_owned);
            let place = text("http", "url").map(|url| host(&url));
            let place = place.or_else(|| text("sql", "database").map(|name| format!("database {name}")))?;
            Some((tool.get("name")?.as_str()?.to_owned(), place))
        })
        .collect()
}

/// Where a capability is served.
fn place_of(options: &Options, keeper: &str) -> String {
    let base = options.settings.connectors.get(keeper).and_then(|connector| connector.base_url.as_deref());
    base.map_or_else(|| keeper.to_owned(), |base| format!("{keeper} at {}", host(base)))
}

/// The host of `openai` (an empty name) or of `@NAME`.
fn endpoint_host(options: &Options, name: &str) -> String {
    let llm = &options.settings.llm;
    let further = name.strip_prefix('@').and_then(|name| llm.endpoints.get(name));
    or_openai(further.map_or(&llm.base_url, |endpoint| &endpoint.base_url))
}

fn or_openai(base_url: &str) -> String {
    if base_url.is_empty() { "api.openai.com".to_owned() } else { host(base_url) }
}

/// The host and port of an address, which may hold templates and passwords: nothing else of it is shown.
fn host(url: &str) -> String {
    let behind = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = behind.split(['/', '?', '#']).next().unwrap_or_default();
    match authority.rsplit('@').next() {
        Some(host) if !host.is_empty() => host.to_owned(),
        _ => "a file of this machine".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn of_an_address_only_the_host_is_shown() {
        for (url, shown) in [
            ("postgres://ana:secret@db:5432/balcao?sslmode=require", "db:5432"),
            ("https://api.example.com/v1/{{ args.id }}?key={{ secret.key }}", "api.example.com"),
            ("smtps://smtp.example.com", "smtp.example.com"),
            ("sqlite:///var/shop.db", "a file of this machine"),
        ] {
            assert_eq!(host(url), shown);
        }
    }
}

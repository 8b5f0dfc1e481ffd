//! Which data there are, where they come from, and who gets them: what an owner wants to know before a system is connected, and what
//! the record of processing under LGPD (art. 37) and GDPR (art. 30) begins with. It reads settings and files and calls nobody. No
//! secret is told: of an address only its host.

use super::backoffice::backoffice;
use super::build::{Options, Outside, listed, registry_over};
use super::chain::chain;
use super::check::NoKnowledge;
use super::leads::interviews;
use super::places::{endpoint_host, host, mails, own_tools, place_of, place_of_server};
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

/// Parameters of tools that are people's.
const OF_PEOPLE: [&str; 7] = ["email", "phone", "name", "number", "postal_code", "document", "cpf"];

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
    let place = match settings.privacy.conversations_days {
        0 => database,
        days => format!("{database}, conversations {days} days"),
    };
    let mut kept = vec![holding("database", place, PEOPLE, true)];
    if settings.channels.whatsapp.enabled && settings.channels.whatsapp.media.download {
        let kept_for = match settings.channels.whatsapp.media.keep_days {
            0 => "as long as the conversation".to_owned(),
            days => format!("{days} days"),
        };
        let place = format!("{}, {kept_for}", options.data.join("files").display());
        kept.push(holding(
            "files of customers",
            place,
            "pictures, documents and films that customers sent",
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
    for (tool, place) in own_tools(options) {
        read.push(holding(format!("tool {tool}"), place, "what it answers", true));
    }
    for (name, server) in &settings.mcp.servers {
        read.push(holding(format!("mcp {name}"), place_of_server(server), "what its tools answer", true));
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
    const TALK: &str = "the conversation, results of tools, passages; pictures and files of customers where the settings let it have them";
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
    if settings.transcription.is_on() && settings.channels.whatsapp.enabled {
        // Without an address of its own it is the main model's.
        let place = match settings.transcription.base_url.trim() {
            "" => endpoint_host(options, ""),
            own => host(own),
        };
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
            "payments" => "amount, order number and e-mail of who pays",
            "catalog" => "numbers and e-mails that orders are looked up by",
            "shipping" => "postal code and parcel",
            "nurture" => {
                "leads who are not ready: name, e-mail, phone, answers kept as tags, what they agreed to"
            }
            _ => continue,
        };
        if ![EMBEDDED, NONE].contains(&keeper) {
            given.push(holding(capability, place_of(options, keeper), data, capability != "shipping"));
        }
    }
    for (name, server) in &settings.mcp.servers {
        let place = place_of_server(server);
        given.push(holding(format!("mcp {name}"), place, "arguments of its tools", true));
    }
    for (tool, place) in own_tools(options) {
        given.push(holding(format!("tool {tool}"), place, "its arguments", true));
    }
    if mails(options) {
        let place = match settings.email.is_by_server() {
            true => host(&settings.email.smtp_url),
            false => settings.email.through.clone(),
        };
        given.push(holding("e-mail", place, "leads, to people of the business", true));
    }
    if !settings.alerts.webhook_url.is_empty() {
        given.push(holding(
            "alerts",
            host(&settings.alerts.webhook_url),
            "outages; leads with their name and rating",
            true,
        ));
    }
    Ok(given)
}

/// What interviews ask; what tools are told that change something or want to know who somebody is.
async fn asked(options: &Options) -> anyhow::Result<Vec<Asked>> {
    let language = options.settings.business.language;
    let keepers = options.settings.backoffice.keepers();
    let keeper_of = |capability: &str| {
        let keeper = keepers.iter().find(|(key, _)| *key == capability).map(|(_, keeper)| *keeper);
        keeper
            .filter(|keeper| ![EMBEDDED, NONE].contains(keeper))
            .map(|keeper| format!("{keeper} ({capability})"))
    };
    let chain = chain(options, &Arc::default(), &Outside::alone(options))?;
    let models: Vec<String> = chain
        .names()
        .filter(|name| name.starts_with("openai"))
        .map(|name| format!("{name} (model)"))
        .collect();
    let with_own = |others: Vec<Option<String>>| {
        let own = std::iter::once("database".to_owned()).chain(models.iter().cloned());
        own.chain(others.into_iter().flatten()).collect::<Vec<_>>()
    };
    let mut asked = Vec::new();
    for definition in interviews(options).map_err(listed)?.iter() {
        let word = |value: serde_json::Result<serde_json::Value>| value.ok()?.as_str().map(str::to_owned);
        let people =
            definition.routes.iter().flat_map(|route| &route.people).chain(&definition.follow_up.escalate_to);
        let people_mailed =
            people.filter_map(|person| person.email.clone()).map(|to| Some(format!("{to} (mail)")));
        let nurtures =
            [&definition.end.hot, &definition.end.warm, &definition.end.cold, &definition.end.disqualified]
                .iter()
                .any(|end| end.nurture.is_some());
        let mut others: Vec<Option<String>> = vec![keeper_of("crm")];
        others.push(keeper_of("nurture").filter(|_| nurtures));
        if mails(options) {
            others.extend(people_mailed);
        }
        let webhook = &options.settings.alerts.webhook_url;
        others.extend((!webhook.is_empty()).then(|| Some(format!("{} (alerts)", host(webhook)))));
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
        // What is asked of customers; what a model makes up for a search is none of theirs.
        let reads_nobodys = spec.risk == Risk::Read
            && spec.parameters["properties"]
                .as_object()
                .is_none_or(|properties| !properties.keys().any(|name| OF_PEOPLE.contains(&name.as_str())));
        if reads_nobodys && !own.iter().any(|(tool, _)| *tool == spec.name) {
            continue;
        }
        let capability = match spec.name.split('_').next() {
            Some("crm") => "crm",
            Some("agenda") => "agenda",
            Some("ticket") => "tickets",
            Some("payment") => "payments",
            Some("order") => "catalog",
            Some("shipping") => "shipping",
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

//! `balcao whatsapp …`: looks whether WhatsApp is set up as it has to be, shows its templates and what messages cost, and
//! plays a phone. Nothing is changed at Meta.

use super::database;
use crate::app::build::Options;
use crate::app::simulate::{self, Holder};
use crate::app::terminal::say;
use crate::app::whatsapp;
use crate::channels::whatsapp::account::{self, Finding, KnownTemplate, Verdict};
use crate::channels::whatsapp::client::GraphClient;
use crate::channels::whatsapp::template::Template;
use crate::config::secret::Secret;
use crate::config::whatsapp::Provider;
use crate::limits::net::{client_builder, guard_url};
use crate::llm::factory::allowance;
use anyhow::Context;
use clap::Subcommand;
use jiff::{SignedDuration, Timestamp};
use reqwest::Url;
use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Duration;

/// How long the webhook may take to answer.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// What the webhook is asked to repeat.
const CHALLENGE: &str = "1158201444";
/// What is asked of a number.
const NUMBER_FIELDS: &str = "display_phone_number,verified_name,quality_rating,status,name_status,\
    whatsapp_business_manager_messaging_limit";

/// `balcao whatsapp …`
#[derive(Subcommand)]
pub enum WhatsAppCommand {
    /// Look at token, numbers, subscriptions, templates and webhook; exit 1 if something does not work
    Doctor,
    /// The account's templates, with the state that Meta has them in
    Templates,
    /// What messages cost in the last 30 days, by category
    Costs,
    /// Play a customer's phone in the terminal, without Meta: through the real webhook and the real client
    Simulate {
        /// The customer's number, digits with the country
        #[arg(long, value_name = "DIGITS", default_value = "5511900000001")]
        phone: String,
        /// What the customer calls themselves
        #[arg(long, default_value = "Cliente")]
        name: String,
    },
}

/// Does it.
///
/// # Errors
/// If the channel is not set up, or the database cannot be read.
pub async fn whatsapp(options: &Options, command: WhatsAppCommand) -> anyhow::Result<ExitCode> {
    match command {
        WhatsAppCommand::Doctor => doctor(options, &client(options)?).await,
        WhatsAppCommand::Templates => {
            for known in templates(options, &client(options)?).await.map_err(anyhow::Error::msg)? {
                let KnownTemplate { name, language, status, category, values, body } = known;
                let body = body.split_whitespace().collect::<Vec<_>>().join(" ");
                say(&format!("{name}\t{language}\t{status}\t{category}\t{values} values\t{body}"));
            }
            Ok(ExitCode::SUCCESS)
        }
        WhatsAppCommand::Costs => costs(options).await,
        WhatsAppCommand::Simulate { phone, name } => {
            Box::pin(simulate::simulate(options.clone(), Holder { phone, name })).await?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn client(options: &Options) -> anyhow::Result<GraphClient> {
    anyhow::ensure!(
        options.settings.channels.whatsapp.provider == Provider::Meta,
        "this asks Meta, and [channels.whatsapp] provider is another one"
    );
    let settings = &options.settings.channels.whatsapp;
    anyhow::ensure!(settings.enabled, "WhatsApp is not set up; see `[channels.whatsapp]` in `balcao config`");
    whatsapp::client(options).context("channels.whatsapp.graph_base_url")
}

async fn doctor(options: &Options, client: &GraphClient) -> anyhow::Result<ExitCode> {
    let settings = &options.settings.channels.whatsapp;
    let mut found = Vec::new();
    let own = settings.access_token.expose();
    let app = match client.read(&["debug_token"], &[("input_token", own)], None).await {
        Ok(answer) => {
            let (findings, app) = account::token(&answer, options.clock.now());
            found.extend(findings);
            app
        }
        Err(error) => {
            found.push(Finding::bad("token", error));
            None
        }
    };
    for number in settings.all_numbers() {
        let id = &number.phone_number_id;
        match client.read(&[id], &[("fields", NUMBER_FIELDS)], None).await {
            Ok(answer) => found.extend(account::number(id, &answer)),
            Err(error) => found.push(Finding::bad(&format!("number {id}"), error)),
        }
    }
    let accounts = accounts(options);
    if accounts.is_empty() {
        found.push(Finding::warning(
            "account",
            "`waba_id` is not set: subscriptions and templates are not looked at",
        ));
    }
    for id in &accounts {
        match client.read(&[id, "subscribed_apps"], &[], None).await {
            Ok(answer) => found.push(account::subscribed(id, &answer, app.as_deref())),
            Err(error) => found.push(Finding::bad(&format!("account {id}"), error)),
        }
    }
    found.extend(fallbacks(options, client).await?);
    found.extend(webhook(options, client, app.as_deref()).await);
    for Finding { verdict, subject, told } in &found {
        let mark = match verdict {
            Verdict::Good => "ok     ",
            Verdict::Warning => "warning",
            Verdict::Bad => "WRONG  ",
        };
        say(&format!("{mark}  {subject}: {told}"));
    }
    let works = found.iter().all(|one| one.verdict < Verdict::Bad);
    Ok(if works { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn accounts(options: &Options) -> BTreeSet<String> {
    let numbers = options.settings.channels.whatsapp.all_numbers();
    numbers.into_iter().map(|number| number.waba_id).filter(|id| !id.is_empty()).collect()
}

async fn templates(options: &Options, client: &GraphClient) -> Result<Vec<KnownTemplate>, String> {
    let accounts = accounts(options);
    if accounts.is_empty() {
        return Err("`waba_id` is not set".to_owned());
    }
    let mut known = Vec::new();
    for id in accounts {
        let fields = [("fields", "name,language,status,category,components"), ("limit", "250")];
        known.extend(account::templates(&client.read(&[&id, "message_templates"], &fields, None).await?));
    }
    Ok(known)
}

/// The templates of the settings, held against Meta's.
async fn fallbacks(options: &Options, client: &GraphClient) -> anyhow::Result<Vec<Finding>> {
    let wanted = &options.settings.channels.whatsapp.template_fallback;
    if wanted.is_empty() {
        let told =
            "none stands in where the window is closed: later answers are given up, and the operator is told";
        return Ok(vec![Finding::warning("templates", told)]);
    }
    let known = match templates(options, client).await {
        Ok(known) => known,
        Err(error) => return Ok(vec![Finding::bad("templates", error)]),
    };
    wanted
        .values()
        .map(|one| {
            let read =
                Template::read(&one.name, &one.language, &one.components).map_err(anyhow::Error::msg)?;
            Ok(account::fits(&read, &known))
        })
        .collect()
}

/// What the app is told of, and whether its address answers as Meta would have it.
async fn webhook(options: &Options, client: &GraphClient, app: Option<&str>) -> Vec<Finding> {
    let Some(app) = app else { return Vec::new() };
    let settings = &options.settings.channels.whatsapp;
    let Some(secret) = settings.app_secrets.iter().rfind(|secret| !secret.is_empty()) else {
        return Vec::new();
    };
    let token = Secret::new(format!("{app}|{}", secret.expose()));
    let answer = match client.read(&[app, "subscriptions"], &[], Some(&token)).await {
        Ok(answer) => answer,
        Err(error) => {
            let told = format!("Meta does not say where it posts, perhaps for a wrong app secret: {error}");
            return vec![Finding::bad("webhook", told)];
        }
    };
    let (mut found, address) = account::webhook(&answer);
    if let Some(address) = address {
        found.push(match handshake(options, &address).await {
            Ok(()) => Finding::good("webhook", "it answers Meta's handshake"),
            Err(error) => Finding::bad("webhook", format!("it does not answer Meta's handshake: {error}")),
        });
    }
    found
}

/// Asks the webhook as Meta does when it is entered.
async fn handshake(options: &Options, address: &str) -> anyhow::Result<()> {
    let allowance = allowance(&options.settings.limits);
    let mut url: Url = address.parse().context("it is no address")?;
    guard_url(&url, &allowance)?;
    let token = options.settings.channels.whatsapp.verify_token.expose();
    url.query_pairs_mut().extend_pairs([
        ("hub.mode", "subscribe"),
        ("hub.challenge", CHALLENGE),
        ("hub.verify_token", token),
    ]);
    let http = client_builder(&allowance).timeout(HANDSHAKE).build()?;
    let answer = http.get(url).send().await.map_err(|error| {
        // The address holds the token.
        anyhow::anyhow!("it cannot be reached{}", if error.is_timeout() { " in time" } else { "" })
    })?;
    let status = answer.status();
    anyhow::ensure!(
        status.is_success(),
        "it answers {}: is this its server, with this token?",
        status.as_u16()
    );
    let body = answer.text().await.unwrap_or_default();
    anyhow::ensure!(body.trim() == CHALLENGE, "it answers something else than the challenge");
    Ok(())
}

async fn costs(options: &Options) -> anyhow::Result<ExitCode> {
    let (stores, handle) = database(options).await?;
    let since =
        options.clock.now().saturating_sub(SignedDuration::from_hours(30 * 24)).unwrap_or(Timestamp::MIN);
    let costs = stores.sends.costs(since).await;
    handle.close().await;
    let costs = costs?;
    if costs.is_empty() {
        say("nothing was billed in the last 30 days");
    }
    for cost in costs {
        #[expect(clippy::cast_precision_loss, reason = "shown with four digits")]
        let amount = cost.cost_micros as f64 / 1_000_000.0;
        say(&format!("{}\t{} messages\t{amount:.4}", cost.category, cost.messages));
    }
    Ok(ExitCode::SUCCESS)
}

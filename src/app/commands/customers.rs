//! `balcao customers`: what is kept of somebody, handed over or forgotten.

use super::{ask, database};
use crate::app::backoffice::{by_name, connectors, over};
use crate::app::build::{Options, Outside, listed};
use crate::app::customers::desk;
use crate::app::instance::{Running, running};
use crate::app::terminal::say;
use crate::conversation::customer_file::customer_file;
use crate::conversation::customers::{Customer, CustomerDesk};
use crate::domain::erasure::{AtVendors, Erasure, Holdings, RemovalState};
use crate::domain::ids::ContactId;
use crate::store::open::StoreHandle;
use anyhow::Context;
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};
use std::io::IsTerminal;
use std::process::ExitCode;

/// Who forgets at a terminal that no key is needed for.
const AT_THE_TERMINAL: &str = "terminal";
/// How many erasures are shown.
const SHOWN: u32 = 200;
/// What somebody types who means it.
const WORD: &str = "forget";

/// `balcao customers …`
#[derive(Subcommand)]
pub enum CustomersCommand {
    /// Who somebody is here, and how much is kept of them
    Find(Whom),
    /// Everything that is kept of somebody, as JSON to hand over to them
    Export(Whom),
    /// Forget somebody for good, here and in the CRM; shows first what goes
    Forget(ForgetArguments),
    /// The customers that were forgotten, and what vendors still have of them
    Erasures {
        /// One JSON object a line, newest first
        #[arg(long)]
        json: bool,
    },
}

/// Who is meant.
#[derive(Args)]
pub struct Whom {
    /// An e-mail, a phone number, or the id of a customer or of a conversation
    #[arg(value_name = "WHOM")]
    whom: String,
}

/// `balcao customers forget …`
#[derive(Args)]
pub struct ForgetArguments {
    #[command(flatten)]
    whom: Whom,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Leave what the CRM of a vendor has, and list it
    #[arg(long)]
    leave_vendors: bool,
}

/// Where customers are found and forgotten: a running server, or the database itself.
enum Desk {
    Server(Running),
    Own(Box<CustomerDesk>, StoreHandle),
}

/// `balcao customers`. The same with a server on the data folder and without.
///
/// # Errors
/// If the database or the running server cannot be read, there is no such customer, or they cannot be forgotten now.
pub async fn customers(options: &Options, command: CustomersCommand) -> anyhow::Result<ExitCode> {
    let desk = Desk::open(options).await?;
    let done = desk.run(command).await;
    if let Desk::Own(_, handle) = desk {
        handle.close().await;
    }
    done.map(|()| ExitCode::SUCCESS)
}

impl Desk {
    async fn open(options: &Options) -> anyhow::Result<Self> {
        if let Some(server) = running(&options.data).await {
            return Ok(Self::Server(server));
        }
        let (stores, handle) = database(options).await?;
        let outside = Outside::alone(options);
        let connectors = connectors(options, &stores, &outside).map_err(listed)?;
        let by_name = by_name(&connectors);
        let backoffice = over(options, &stores, connectors).map_err(listed)?;
        let desk = desk(options, &stores, &backoffice, &by_name, &outside);
        Ok(Self::Own(Box::new(desk), handle))
    }

    async fn run(&self, command: CustomersCommand) -> anyhow::Result<()> {
        match command {
            CustomersCommand::Find(Whom { whom }) => {
                for customer in self.find(&whom).await? {
                    say(&told(&customer));
                }
            }
            CustomersCommand::Export(Whom { whom }) => {
                let id = self.only(&whom).await?.contact.id;
                say(&serde_json::to_string_pretty(&self.export(id).await?)?);
            }
            CustomersCommand::Forget(ForgetArguments { whom: Whom { whom }, yes, leave_vendors }) => {
                let customer = self.only(&whom).await?;
                say(&told(&customer));
                if !yes && !is_meant()? {
                    say("nothing was deleted");
                    return Ok(());
                }
                let at_vendors = if leave_vendors { AtVendors::Leave } else { AtVendors::Delete };
                say(&told_of(&self.forget(customer.contact.id, at_vendors).await?));
            }
            CustomersCommand::Erasures { json } => {
                let erasures = self.erasures().await?;
                if erasures.is_empty() && !json {
                    say("nobody was forgotten");
                }
                for erasure in &erasures {
                    say(&if json { serde_json::to_string(erasure)? } else { told_of(erasure) });
                }
            }
        }
        Ok(())
    }

    /// Everybody who may be meant, whose handle it is first.
    async fn find(&self, whom: &str) -> anyhow::Result<Vec<Customer>> {
        let found: Vec<Customer> = match self {
            Self::Server(server) => {
                let body = json!({"whom": whom});
                let mut answer: Value = ask(server, Method::POST, "customers/search", Some(body)).await?;
                serde_json::from_value(answer["customers"].take())?
            }
            Self::Own(desk, _) => desk.find(whom).await?,
        };
        anyhow::ensure!(
            !found.is_empty(),
            "nobody is known by that; an e-mail, a phone number, or the id of a customer or conversation would do"
        );
        Ok(found)
    }

    /// Who is meant, where only one can be.
    async fn only(&self, whom: &str) -> anyhow::Result<Customer> {
        let mut found = self.find(whom).await?;
        if found.len() > 1 {
            let told: Vec<String> = found.iter().map(told).collect();
            anyhow::bail!(
                "several may be meant; name each by its id, one after another:\n{}",
                told.join("\n")
            );
        }
        found.pop().context("nobody is known by that")
    }

    async fn export(&self, id: ContactId) -> anyhow::Result<Value> {
        match self {
            Self::Server(server) => ask(server, Method::GET, &format!("customers/{id}"), None).await,
            Self::Own(desk, _) => {
                customer_file(&desk.stores, id).await?.context("somebody has forgotten them meanwhile")
            }
        }
    }

    async fn forget(&self, id: ContactId, at_vendors: AtVendors) -> anyhow::Result<Erasure> {
        match self {
            Self::Server(server) => {
                let reach = serde_json::to_value(at_vendors)?;
                let path = format!("customers/{id}?at_vendors={}", reach.as_str().unwrap_or_default());
                ask(server, Method::DELETE, &path, None).await
            }
            Self::Own(desk, _) => {
                let erasure = desk.forget(id, at_vendors, AT_THE_TERMINAL).await?;
                // No server goes on with it now.
                desk.round().await?;
                Ok(desk.stores.erasures.get(erasure.id).await?.unwrap_or(erasure))
            }
        }
    }

    async fn erasures(&self) -> anyhow::Result<Vec<Erasure>> {
        match self {
            Self::Server(server) => {
                let mut answer: Value = ask(server, Method::GET, "erasures", None).await?;
                Ok(serde_json::from_value(answer["erasures"].take())?)
            }
            Self::Own(desk, _) => Ok(desk.stores.erasures.list(SHOWN).await?),
        }
    }
}

/// Whether whoever sits at the terminal means it.
fn is_meant() -> anyhow::Result<bool> {
    let stdin = std::io::stdin();
    anyhow::ensure!(stdin.is_terminal(), "nobody can be asked here: give --yes to forget them");
    say(&format!("This cannot be undone. Type “{WORD}” to go on:"));
    let mut typed = String::new();
    stdin.read_line(&mut typed)?;
    Ok(typed.trim() == WORD)
}

fn told(customer: &Customer) -> String {
    let contact = &customer.contact;
    let handles = [&contact.name, &contact.email, &contact.phone];
    let handles: Vec<&str> = handles.into_iter().flatten().map(String::as_str).collect();
    let who = if handles.is_empty() { "somebody without a name".to_owned() } else { handles.join(", ") };
    let doubt = if customer.is_proven {
        ""
    } else {
        "\n    it only stands in a conversation of theirs: perhaps somebody else"
    };
    format!("{who}  {}\n    {}{doubt}", contact.id, amounts(&customer.holdings))
}

fn told_of(erasure: &Erasure) -> String {
    let Erasure { id, contact, asked_by, at, removed, removals } = erasure;
    let who = contact.map_or_else(|| "a customer".to_owned(), |contact| contact.to_string());
    let mut text = format!("{who} was forgotten {at} by {asked_by}  {id}\n    {}", amounts(removed));
    if removed.orders > 0 {
        text.push_str("\n    the orders stay, without anything that says whose they were");
    }
    for removal in removals {
        let became = match removal.state {
            RemovalState::Waiting => "still to be deleted; it is tried again by itself",
            RemovalState::Done => "deleted",
            RemovalState::ByHand => "still there: to be deleted by a person",
        };
        text.push_str(&format!("\n    {} {} {}: {became}", removal.connector, removal.kind, removal.remote));
    }
    text
}

fn amounts(holdings: &Holdings) -> String {
    let kinds = [
        (holdings.conversations, "conversations"),
        (holdings.messages, "messages"),
        (holdings.interviews, "interviews"),
        (holdings.consents, "consents"),
        (holdings.opportunities, "opportunities"),
        (holdings.notes, "notes"),
        (holdings.appointments, "appointments"),
        (holdings.tickets, "tickets"),
        (holdings.orders, "orders"),
    ];
    let there: Vec<String> = kinds
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, kind)| format!("{kind}: {count}"))
        .collect();
    if there.is_empty() { "nothing is kept".to_owned() } else { there.join(", ") }
}

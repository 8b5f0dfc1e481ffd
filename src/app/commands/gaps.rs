//! `balcao gaps`: what could not be answered, grouped by meaning, and the entries that are proposed to fill it.

use super::{ask, database};
use crate::app::build::Options;
use crate::app::instance::{Running, running};
use crate::app::knowledge::{Library, open_embedder};
use crate::app::terminal::say;
use crate::conversation::gaps::propose::{proposal, reworded};
use crate::conversation::gaps::{Cause, Gap, GapFinder};
use crate::domain::ids::MessageId;
use crate::knowledge::kinship::Kinship;
use crate::knowledge::proposals::{Decision, Proposal, Proposals, Standing, Wording};
use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::process::ExitCode;
use std::sync::Arc;
use tokio::runtime::Handle;
use uuid::Uuid;

/// Who proposes and decides at a terminal that no key is needed for.
const AT_THE_TERMINAL: &str = "terminal";

/// `balcao gaps …`
#[derive(Args)]
pub struct GapsArguments {
    /// At most so many
    #[arg(long, default_value_t = 20)]
    limit: usize,
    /// One JSON object a line, the most frequent first
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    command: Option<GapsCommand>,
}

/// `balcao gaps propose …`
#[derive(Subcommand)]
pub enum GapsCommand {
    /// Propose an entry that fills a gap; it is no knowledge before it is approved
    Propose {
        /// The gap's id
        gap: MessageId,
        #[command(flatten)]
        words: Words,
    },
    /// The proposed entries, decided ones included
    Proposals {
        /// One JSON object a line, newest first
        #[arg(long)]
        json: bool,
    },
    /// Make a proposed entry knowledge, in other words if some are given
    Approve {
        /// The proposal's id
        proposal: Uuid,
        #[command(flatten)]
        words: Words,
    },
    /// Turn a proposed entry down
    Reject {
        /// The proposal's id
        proposal: Uuid,
    },
}

/// How an entry is worded.
#[derive(Args)]
pub struct Words {
    /// The question [default: as it is there]
    #[arg(long)]
    question: Option<String>,
    /// The answer [default: as it is there]
    #[arg(long)]
    answer: Option<String>,
}

/// Prints the gaps or the proposals, or decides on one. It is the same with a server on the data folder and without.
///
/// # Errors
/// If the database or the running server cannot be read, or there is no such gap or proposal.
pub async fn gaps(options: &Options, arguments: GapsArguments) -> anyhow::Result<ExitCode> {
    let server = running(&options.data).await;
    match arguments.command {
        None => list(options, server.as_ref(), arguments.limit, arguments.json).await?,
        Some(GapsCommand::Propose { gap, words }) => {
            let proposed = match &server {
                Some(server) => {
                    let body = json!({"question": words.question, "answer": words.answer});
                    ask(server, reqwest::Method::POST, &format!("gaps/{gap}/proposals"), Some(body)).await?
                }
                None => propose(options, gap, words.into()).await?,
            };
            say(&told_of(&proposed));
        }
        Some(GapsCommand::Proposals { json }) => {
            let found: Vec<Proposal> = match &server {
                Some(server) => {
                    let mut body: Value = ask(server, reqwest::Method::GET, "proposals", None).await?;
                    serde_json::from_value(body["proposals"].take())?
                }
                None => Proposals::below(&options.data).list()?,
            };
            if found.is_empty() && !json {
                say("nothing is proposed");
            }
            for proposal in &found {
                say(&if json { serde_json::to_string(proposal)? } else { told_of(proposal) });
            }
        }
        Some(GapsCommand::Approve { proposal, words }) => {
            decide(options, server.as_ref(), proposal, Decision::Approve(words.into())).await?;
        }
        Some(GapsCommand::Reject { proposal }) => {
            decide(options, server.as_ref(), proposal, Decision::Reject).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl From<Words> for Wording {
    fn from(words: Words) -> Self {
        Self { question: words.question, answer: words.answer }
    }
}

async fn list(
    options: &Options,
    server: Option<&Running>,
    limit: usize,
    as_json: bool,
) -> anyhow::Result<()> {
    let mut found: Vec<Gap> = match server {
        Some(server) => {
            let mut body: Value =
                ask(server, reqwest::Method::GET, &format!("gaps?limit={limit}"), None).await?;
            serde_json::from_value(body["gaps"].take())?
        }
        None => found(options).await?,
    };
    found.truncate(limit);
    if found.is_empty() && !as_json {
        say("nothing was left unanswered");
    }
    for gap in &found {
        say(&if as_json { serde_json::to_string(gap)? } else { told(gap) });
    }
    Ok(())
}

/// The gaps, read off the database.
async fn found(options: &Options) -> anyhow::Result<Vec<Gap>> {
    let (stores, handle) = database(options).await?;
    let business = Arc::new(options.settings.business.clone());
    let meanings = Arc::new(meanings(options).await?);
    let found = GapFinder { stores, business, meanings }.find().await;
    handle.close().await;
    Ok(found?)
}

/// What questions mean, by the model that the settings name; by no model, if that cannot be opened.
async fn meanings(options: &Options) -> anyhow::Result<Kinship> {
    let (kinship, options, runtime) = (Kinship::default(), options.clone(), Handle::current());
    let embedder =
        tokio::task::spawn_blocking(move || open_embedder(&options, &options.settings.embeddings, runtime))
            .await?;
    match embedder {
        // The first and only one.
        Ok(Some(embedder)) => drop(kinship.embedder.set(embedder)),
        Ok(None) => {}
        Err(error) => tracing::warn!(%error, "questions are put together by their words alone"),
    }
    Ok(kinship)
}

async fn propose(options: &Options, id: MessageId, wording: Wording) -> anyhow::Result<Proposal> {
    let found = found(options).await?;
    let gap = found.iter().find(|gap| gap.messages.contains(&id));
    let gap = gap.context("no gap has this id; see `balcao gaps`")?;
    let clock = options.clock.as_ref();
    let proposed = proposal(gap, wording, None, AT_THE_TERMINAL.to_owned(), clock)?;
    Proposals::below(&options.data).add(&proposed)?;
    Ok(proposed)
}

async fn decide(
    options: &Options,
    server: Option<&Running>,
    id: Uuid,
    decision: Decision,
) -> anyhow::Result<()> {
    let decided: Proposal = match (server, decision) {
        (Some(server), Decision::Approve(Wording { question, answer })) => {
            let body = json!({"question": question, "answer": answer});
            ask(server, reqwest::Method::POST, &format!("proposals/{id}/approve"), Some(body)).await?
        }
        (Some(server), Decision::Reject) => {
            ask(server, reqwest::Method::POST, &format!("proposals/{id}/reject"), None).await?
        }
        (None, Decision::Approve(wording)) => {
            let decision = Decision::Approve(reworded(wording)?);
            // Opened first: an index that another process has must not leave an entry that nobody finds.
            let library = Library::open_unfilled(options)?;
            let proposals = Proposals::below(&options.data);
            let decided = proposals.decide(id, decision, AT_THE_TERMINAL, options.clock.now())?;
            tokio::task::spawn_blocking(move || library.ingest_blocking(&[])).await??;
            decided
        }
        (None, Decision::Reject) => {
            let proposals = Proposals::below(&options.data);
            proposals.decide(id, Decision::Reject, AT_THE_TERMINAL, options.clock.now())?
        }
    };
    say(&told_of(&decided));
    Ok(())
}

fn told(gap: &Gap) -> String {
    let causes: Vec<String> =
        gap.causes.iter().map(|(cause, count)| format!("{} {count}", called(*cause))).collect();
    let mut text = format!("{} × ({})  {}", gap.count, causes.join(", "), gap.id);
    for example in &gap.examples {
        text.push_str(&format!("\n    - {}", example.question));
    }
    for answer in gap.answers.iter().take(1) {
        text.push_str(&format!("\n    answered by a person: {}", indented(answer)));
    }
    text
}

fn told_of(proposal: &Proposal) -> String {
    let state = match proposal.state {
        Standing::Proposed => "proposed",
        Standing::Approved => "approved",
        Standing::Rejected => "rejected",
    };
    let by = proposal.decided_by.as_deref().unwrap_or(&proposal.proposed_by);
    let (question, answer) = (&proposal.question, indented(&proposal.answer));
    format!("{state} by {by}  {}\n    {question}\n    {answer}", proposal.id)
}

fn indented(text: &str) -> String {
    text.replace('\n', "\n    ")
}

fn called(cause: Cause) -> &'static str {
    match cause {
        Cause::Abstained => "abstained",
        Cause::LowEvidence => "low evidence",
        Cause::Withheld => "withheld",
        Cause::Corrected => "corrected",
        Cause::AnsweredByPerson => "answered by a person",
    }
}

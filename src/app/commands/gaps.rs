//! `balcao gaps`: what could not be answered, grouped by meaning.

use super::database;
use crate::app::build::Options;
use crate::app::client;
use crate::app::instance::running;
use crate::app::terminal::say;
use crate::conversation::gaps::{Cause, Gap};
use anyhow::Context;
use clap::Args;
use serde_json::Value;
use std::process::ExitCode;

/// `balcao gaps …`
#[derive(Args)]
pub struct GapsArguments {
    /// At most so many
    #[arg(long, default_value_t = 20)]
    limit: usize,
    /// One JSON object a line, the most frequent first
    #[arg(long)]
    json: bool,
}

/// Prints the gaps. The output is the same with a server on the data folder and without.
///
/// # Errors
/// If the database or the running server cannot be read.
pub async fn gaps(options: &Options, arguments: &GapsArguments) -> anyhow::Result<ExitCode> {
    let mut found = match running(&options.data).await {
        Some(server) => {
            let url = format!("{}/api/v1/gaps?limit={}", server.url, arguments.limit);
            let answer = client::http()?.get(url).bearer_auth(&server.key).send().await?;
            let mut body: Value =
                answer.error_for_status()?.json().await.context("the server answered no JSON")?;
            serde_json::from_value(body["gaps"].take())?
        }
        None => {
            let (stores, handle) = database(options).await?;
            let found = crate::conversation::gaps::gaps(&stores).await;
            handle.close().await;
            found?
        }
    };
    found.truncate(arguments.limit);
    if found.is_empty() && !arguments.json {
        say("nothing was left unanswered");
    }
    for gap in &found {
        say(&if arguments.json { serde_json::to_string(gap)? } else { told(gap) });
    }
    Ok(ExitCode::SUCCESS)
}

fn told(gap: &Gap) -> String {
    let causes: Vec<String> =
        gap.causes.iter().map(|(cause, count)| format!("{} {count}", called(*cause))).collect();
    let mut text = format!("{} × ({})  {}", gap.count, causes.join(", "), gap.id);
    for example in &gap.examples {
        text.push_str(&format!("\n    - {}", example.question));
    }
    for answer in gap.answers.iter().take(1) {
        text.push_str(&format!("\n    answered by a person: {answer}"));
    }
    text
}

fn called(cause: Cause) -> &'static str {
    match cause {
        Cause::Abstained => "abstained",
        Cause::LowEvidence => "low evidence",
        Cause::Withheld => "withheld",
        Cause::AnsweredByPerson => "answered by a person",
    }
}

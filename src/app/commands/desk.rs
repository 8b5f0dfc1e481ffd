//! `balcao mcp`: the desk's own read tools for other agents, on standard input and output. Beside a running server the
//! knowledge is asked through it; products, delivery and times are read from the database, which takes several processes.

use super::database;
use super::knowledge::look_up;
use crate::app::backoffice::backoffice;
use crate::app::build::{Options, Outside, listed, registry_over};
use crate::domain::language::Language;
use crate::domain::passage::Passage;
use crate::limits::pause::TimerPause;
use crate::limits::quota::{OutboundQuota, OutboundRates};
use crate::tools::builtin::knowledge::KnowledgeSearch;
use crate::tools::mcp::desk::{Desk, LONGEST_LINE};
use async_trait::async_trait;
use clap::Args;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

/// `balcao mcp …`
#[derive(Args)]
pub struct McpArguments {
    /// Most calls in a minute
    #[arg(long, value_name = "NUMBER", default_value_t = 60)]
    calls_per_minute: u32,
}

/// The knowledge, through whoever has it at the moment.
struct Knowledge(Options);

#[async_trait]
impl KnowledgeSearch for Knowledge {
    async fn passages(&self, query: &str, limit: usize, _language: Language) -> anyhow::Result<Vec<Passage>> {
        look_up(&self.0, query, limit).await
    }
}

/// `balcao mcp`: answers until the input ends.
///
/// # Errors
/// If the database or the tools cannot be opened.
pub async fn mcp(options: Options, arguments: McpArguments) -> anyhow::Result<ExitCode> {
    let (stores, handle) = database(&options).await?;
    let knowledge = Arc::new(Knowledge(options.clone()));
    let outside = Outside::alone(&options);
    let backoffice = backoffice(&options, &stores, &outside).map_err(listed)?;
    let registry = registry_over(&options, &backoffice, knowledge, &outside).map_err(listed)?;
    let rates =
        OutboundRates { requests_per_minute: arguments.calls_per_minute.max(1), tokens_per_minute: 0 };
    let quota = OutboundQuota::new(rates, options.clock.clone(), Arc::new(TimerPause));
    let business = &options.settings.business;
    let who = (business.language, business.timezone.clone());
    let desk =
        Desk::new(registry, quota, options.clock.clone(), who, options.settings.turn.result_characters);
    let answered = answer(&desk).await;
    handle.close().await;
    answered?;
    Ok(ExitCode::SUCCESS)
}

async fn answer(desk: &Desk) -> std::io::Result<()> {
    let mut input = BufReader::new(tokio::io::stdin());
    let mut output = tokio::io::stdout();
    loop {
        let mut line = Vec::new();
        let read = (&mut input).take(LONGEST_LINE as u64 + 1).read_until(b'\n', &mut line).await?;
        if read == 0 {
            return Ok(());
        }
        if line.len() > LONGEST_LINE {
            return Err(std::io::Error::other("a line is too long to be read"));
        }
        if let Some(mut answer) = desk.answer(&String::from_utf8_lossy(&line)).await {
            answer.push('\n');
            output.write_all(answer.as_bytes()).await?;
            output.flush().await?;
        }
    }
}

//! `balcao import` and `balcao export`: the embedded back office as CSV files.

use super::database;
use crate::app::build::Options;
use crate::app::terminal::say;
use crate::backoffice::csv::{self, BadRows, ImportOptions, Kind, Shop};
use anyhow::Context;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// `balcao import …`
#[derive(Args)]
pub struct ImportArguments {
    /// A CSV file named like its kind (products.csv, produtos.csv, orders.csv …), or a folder of such files
    path: PathBuf,
    /// What the rows are, if the file has another name
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// Leave bad rows out instead of importing nothing
    #[arg(long)]
    skip_bad: bool,
}

/// `balcao export …`
#[derive(Args)]
pub struct ExportArguments {
    /// products, customers, services, professionals, orders, appointments, tickets, coupons, shipping; or all
    kind: String,
    /// File for one kind [default: standard output]; folder for all
    #[arg(long, short, value_name = "PATH")]
    output: Option<PathBuf>,
}

fn kind_of(name: &str) -> anyhow::Result<Kind> {
    Kind::of_file(name).with_context(|| {
        let known: Vec<_> = Kind::ALL.iter().map(|kind| kind.file_name().trim_end_matches(".csv")).collect();
        format!("`{name}` is not a kind of rows; use one of {}", known.join(", "))
    })
}

/// `balcao import`.
///
/// # Errors
/// If a file cannot be read or the store fails; rows that are not right are in the report.
pub async fn import(options: &Options, arguments: ImportArguments) -> anyhow::Result<ExitCode> {
    let files = match (&arguments.kind, arguments.path.is_dir()) {
        (None, true) => csv::read_folder(&arguments.path)?,
        (Some(_), true) => {
            anyhow::bail!("--kind is for one file, and {} is a folder", arguments.path.display())
        }
        (Some(kind), false) => vec![csv::read_file(kind_of(kind)?, &arguments.path)?],
        (None, false) => {
            let name = arguments.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            vec![csv::read_file(kind_of(name)?, &arguments.path)?]
        }
    };
    let (stores, handle) = database(options).await?;
    let shop = Shop::new(stores.backoffice.clone(), stores.contacts.clone(), &options.settings.business);
    let bad_rows = if arguments.skip_bad { BadRows::Skip } else { BadRows::Refuse };
    let report = csv::import(&files, &shop, ImportOptions { now: options.clock.now(), bad_rows }).await;
    handle.close().await;
    let report = report?;
    for (kind, rows) in &report.imported {
        say(&format!("{}: {rows} rows", kind.file_name()));
    }
    for column in &report.ignored_columns {
        say(&format!("left alone: {column}"));
    }
    for problem in &report.problems {
        say(&problem.to_string());
    }
    if report.more_problems > 0 {
        say(&format!("and {} more", report.more_problems));
    }
    if report.imported.is_empty() && !report.is_clean() {
        say("nothing was imported");
    }
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// `balcao export`.
///
/// # Errors
/// If the output cannot be written or the store fails.
pub async fn export(options: &Options, arguments: ExportArguments) -> anyhow::Result<ExitCode> {
    let (stores, handle) = database(options).await?;
    let shop = Shop::new(stores.backoffice.clone(), stores.contacts.clone(), &options.settings.business);
    let result = write(&shop, &arguments).await;
    handle.close().await;
    result.map(|()| ExitCode::SUCCESS)
}

async fn write(shop: &Shop, arguments: &ExportArguments) -> anyhow::Result<()> {
    if arguments.kind == "all" {
        let folder =
            arguments.output.clone().context("name the folder: balcao export all --output FOLDER")?;
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        for kind in Kind::ALL {
            let path = folder.join(kind.file_name());
            let file =
                std::fs::File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
            let rows = csv::export(kind, shop, file).await?;
            say(&format!("{}: {rows} rows", path.display()));
        }
        return Ok(());
    }
    let kind = kind_of(&arguments.kind)?;
    match &arguments.output {
        Some(path) => {
            let file =
                std::fs::File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
            csv::export(kind, shop, file).await?;
        }
        None => {
            csv::export(kind, shop, std::io::stdout()).await?;
        }
    }
    Ok(())
}

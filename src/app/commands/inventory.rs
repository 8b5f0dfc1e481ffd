//! `balcao inventory`: shows which data there are, where they come from, and who gets them.

use crate::app::build::Options;
use crate::app::inventory::{Asked, Holding, Value, inventory as collect};
use crate::app::terminal::say;
use clap::Args;
use std::process::ExitCode;

/// `balcao inventory`
#[derive(Args)]
pub struct InventoryArguments {
    /// One JSON object with `kept`, `read`, `given` and `asked`
    #[arg(long)]
    json: bool,
}

/// `balcao inventory`.
///
/// # Errors
/// Mistakes in the settings or files, as `balcao check` tells them.
pub async fn inventory(options: &Options, arguments: &InventoryArguments) -> anyhow::Result<ExitCode> {
    let found = collect(options).await?;
    if arguments.json {
        say(&serde_json::to_string_pretty(&found)?);
        return Ok(ExitCode::SUCCESS);
    }
    for (title, holdings) in [
        ("Kept by this program", &found.kept),
        ("Read from elsewhere", &found.read),
        ("Given to others", &found.given),
    ] {
        say(title);
        for Holding { name, place, data, personal } in holdings {
            let mark = if *personal { "personal data: " } else { "" };
            say(&format!("  {name} ({place})\n      {mark}{data}"));
        }
        if holdings.is_empty() {
            say("  nothing");
        }
        say("");
    }
    say("Asked of customers");
    for Asked { by, purpose, legal_basis, values, goes_to } in &found.asked {
        let basis = legal_basis.as_ref().map(|basis| format!(" (legal basis: {basis})")).unwrap_or_default();
        say(&format!("  {by}: {purpose}{basis}"));
        for Value { id, saved_as, required, sensitive } in values {
            let mut marks = vec![];
            marks.extend(required.then_some("required".to_owned()));
            marks.extend(sensitive.then_some("sensitive".to_owned()));
            marks.extend(saved_as.as_ref().map(|target| format!("saved as {target}")));
            let marks = if marks.is_empty() { String::new() } else { format!(" ({})", marks.join(", ")) };
            say(&format!("      {id}{marks}"));
        }
        say(&format!("      goes to: {}", goes_to.join(", ")));
    }
    Ok(ExitCode::SUCCESS)
}

//! Sets up logging to standard error, once per process.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

/// How logs look.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum LogFormat {
    /// For a person's eyes.
    #[default]
    Plain,
    /// One JSON object a line.
    Json,
}

/// Begins to log what `filter` lets through, e.g. `info` or `balcao=debug`. Does nothing if logging has begun.
pub fn begin(filter: &str, format: LogFormat) {
    // What other people's servers say is not for the log, and `tools/mcp` says what became of them.
    let quiet = if filter.contains("rmcp") { filter.to_owned() } else { format!("{filter},rmcp=off") };
    let filter = EnvFilter::try_new(quiet).unwrap_or_else(|_| EnvFilter::new("info,rmcp=off"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        // A line that cannot be written is lost. To complain of it on the same standard error would be a panic in the
        // middle of a request, on the very disk that is full.
        .log_internal_errors(false)
        .with_span_events(FmtSpan::NONE);
    let begun = match format {
        LogFormat::Plain => {
            builder.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).try_init()
        }
        LogFormat::Json => builder.json().try_init(),
    };
    // A second beginning (tests, a chat inside a server) keeps the first.
    drop(begun);
}

//! Logs and metrics. A log line reads well alone and carries fields (`conversation.id`, `turn.id`, `tool.name`,
//! `duration_ms`); it never carries message text, phone numbers, e-mails or tokens.

pub mod log;
pub mod metrics;

//! `[email]`: how mail is sent. It only describes values.

use super::secret::Secret;
use serde::Deserialize;

/// See `default/email.toml` for what each means.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmailSettings {
    /// Who sends it: `smtp`, or the name of a connector.
    pub through: String,
    /// The mail server; empty for none.
    pub smtp_url: String,
    /// Who signs in there; empty for nobody.
    pub user: String,
    /// With what.
    pub password: Secret,
    /// Who the mail comes from.
    pub from: String,
}

/// In the place of a connector's name: the operator's own mail server sends it.
pub const SMTP: &str = "smtp";

impl EmailSettings {
    /// Whether a mail server sends it.
    pub fn is_by_server(&self) -> bool {
        self.through == SMTP
    }

    /// What is wrong, by key.
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        if self.is_by_server() && self.smtp_url.trim().is_empty() {
            return problems;
        }
        if !self.is_by_server() {
            if !self.smtp_url.trim().is_empty() {
                problems.push(("smtp_url", format!("is not used: `through` names {}", self.through)));
            }
        } else if !["smtp://", "smtps://"].iter().any(|scheme| self.smtp_url.starts_with(scheme)) {
            problems.push(("smtp_url", "is `smtp://HOST:PORT` or `smtps://HOST:PORT`".to_owned()));
        }
        if self.smtp_url.contains('@') {
            problems
                .push(("smtp_url", "holds no user and no password: they have keys of their own".to_owned()));
        }
        if !self.from.contains('@') {
            problems
                .push(("from", "is needed to send mail, e.g. `Balcão <avisos@exemplo.com.br>`".to_owned()));
        }
        problems
    }
}

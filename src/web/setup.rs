//! What the page on which systems are set up needs from the rest of the program: a trait that the composition root
//! implements, and what passes through it. No secret ever comes back through here.

use crate::domain::tool::Localized;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Looks at and changes which systems stand behind the counter.
#[async_trait]
pub trait Setup: Send + Sync {
    /// What is chosen, and what could be.
    ///
    /// # Errors
    /// [`SetupError`].
    async fn look(&self) -> Result<Standing, SetupError>;

    /// Calls a system with these settings, read only; nothing is kept.
    ///
    /// # Errors
    /// [`SetupError`]; what the system itself says is in the trial.
    async fn try_out(&self, connector: &str, capability: &str, wish: &Wish) -> Result<Trial, SetupError>;

    /// Keeps settings of a connector: secrets sealed, everything else in the operator's file.
    ///
    /// # Errors
    /// [`SetupError`]; then nothing is kept.
    async fn keep_connector(&self, connector: &str, wish: &Wish) -> Result<(), SetupError>;

    /// Keeps who stands for a capability.
    ///
    /// # Errors
    /// [`SetupError`]; then nothing is kept.
    async fn keep_keeper(&self, capability: &str, keeper: &str) -> Result<(), SetupError>;

    /// The vendor's page on which a person lets the program in; it comes back to `redirect`.
    ///
    /// # Errors
    /// [`SetupError`].
    async fn ask_consent(&self, connector: &str, redirect: &str) -> Result<String, SetupError>;

    /// Keeps the token for what the browser brought back from such a page. The connector's name.
    ///
    /// # Errors
    /// [`SetupError`].
    async fn bring_consent(&self, brought: &str) -> Result<String, SetupError>;

    /// Has the program start again with what was kept.
    ///
    /// # Errors
    /// [`SetupError`], if it would not start; it goes on as it is.
    async fn start_again(&self) -> Result<(), SetupError>;
}

/// What is chosen, and what could be.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct Standing {
    /// The operator's file.
    pub settings_file: String,
    /// Whether what is kept is not yet in use.
    pub waits_for_restart: bool,
    /// Who stands for what.
    pub keepers: Vec<Keeper>,
    /// The connectors there are.
    pub connectors: Vec<Choice>,
}

/// Who stands for a capability.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct Keeper {
    /// `crm`, `agenda`, `tickets`, `catalog`, `payments`, `shipping`, `nurture` or `mail`.
    pub capability: &'static str,
    /// What is kept: the name of a connector, or what `without` says.
    pub keeper: String,
    /// What is in use until the next start.
    pub in_force: String,
    /// What stands here without a connector: `embedded`, `none` or `smtp`.
    pub without: &'static str,
    /// The variable that gives it, so that it cannot be changed here.
    pub fixed_by: Option<String>,
    /// The connectors that can stand for it.
    pub choices: Vec<String>,
}

/// A connector that can be chosen.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct Choice {
    /// Its name.
    pub name: String,
    /// The vendor's name.
    pub title: String,
    /// Where the vendor documents its API.
    pub documentation: String,
    /// What it can stand for.
    pub capabilities: Vec<&'static str>,
    /// Whether a person lets the program in on a page of the vendor's.
    pub signs_in: bool,
    /// Scheme and host in place of the vendor's, if the operator gave any.
    pub base_url: Option<String>,
    /// What it wants to know.
    pub settings: Vec<SettingView>,
    /// Sets of settings, of which one has to be given.
    pub ways: Vec<Vec<String>>,
}

/// A setting of a connector.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SettingView {
    /// Its name.
    pub name: String,
    /// What it is and where the operator finds it, by language.
    #[schema(value_type = Object)]
    pub about: Localized,
    /// Whether it must not be seen: then `value` is never there.
    pub is_secret: bool,
    /// Whether there is no connector without it.
    pub is_needed: bool,
    /// Whether it is only a part of the vendor's address, which `base_url` replaces.
    pub is_address: bool,
    /// What holds if none is given.
    pub default: Option<String>,
    /// Where it is given.
    pub given: Option<Given>,
    /// What is given.
    pub value: Option<String>,
    /// The variable that gives it, so that it cannot be changed here.
    pub fixed_by: Option<String>,
}

/// Where a setting is given.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Given {
    /// In the operator's file.
    File,
    /// In the environment.
    Environment,
    /// Sealed in the data folder.
    Sealed,
}

/// Settings of a connector as they shall be. What is left out stays as it is.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    /// By name; `null` takes one away.
    #[serde(default)]
    pub settings: BTreeMap<String, Option<String>>,
    /// Scheme and host in place of the vendor's; `null` for the vendor's.
    #[serde(default, deserialize_with = "mentioned")]
    #[schema(value_type = Option<String>)]
    pub base_url: Option<Option<String>>,
}

/// `null` is something else than nothing said.
fn mentioned<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// What came of trying a connector.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Trial {
    /// What came of it.
    pub outcome: Outcome,
    /// What is in the way.
    pub problems: Vec<Remark>,
}

/// What came of trying a connector.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The system answers and takes the credentials.
    Answers,
    /// It was not called: there is no call without an effect.
    NotAsked,
    /// It cannot be used like this.
    Problems,
}

/// Something that is wrong.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Remark {
    /// The setting at fault, if it is one of the connector's.
    pub setting: Option<String>,
    /// What is wrong, in words.
    pub message: String,
}

/// Why something was not set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// There is no such thing.
    #[error("there is no {0}")]
    Unknown(String),
    /// It would not hold.
    #[error("{}", .0.iter().map(|remark| remark.message.as_str()).collect::<Vec<_>>().join("\n"))]
    Refused(Vec<Remark>),
    /// It cannot be kept.
    #[error("{0}")]
    Unwritable(String),
}

impl SetupError {
    /// One thing that is wrong with this setting.
    pub fn of_setting(setting: &str, message: impl Into<String>) -> Self {
        Self::Refused(vec![Remark { setting: Some(setting.to_owned()), message: message.into() }])
    }

    /// One thing that is wrong.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::Refused(vec![Remark { setting: None, message: message.into() }])
    }
}

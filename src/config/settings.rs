//! All settings, read and checked.

use super::alerts::AlertSettings;
use super::backoffice::BackofficeSettings;
use super::business::Business;
use super::channels::ChannelsSettings;
use super::connectors::ConnectorSettings;
use super::databases::DatabaseSettings;
use super::email::EmailSettings;
use super::embeddings::EmbeddingSettings;
use super::environment::Variables;
use super::handoff::HandoffSettings;
use super::interviews::InterviewSettings;
use super::knowledge::KnowledgeSettings;
use super::limits::LimitSettings;
use super::llm::LlmSettings;
use super::load::{Layers, Places, Written};
use super::mcp::McpSettings;
use super::privacy::PrivacySettings;
use super::reminders::ReminderSettings;
use super::store::StoreSettings;
use super::tools::ToolsSettings;
use super::transcription::TranscriptionSettings;
use super::turn::TurnSettings;
use crate::domain::problem::Problem;
use std::path::Path;

/// The compiled-in defaults, section by section: also what `balcao config` prints.
pub const DEFAULTS: [(&str, &str); 20] = [
    ("business", include_str!("default/business.toml")),
    ("llm", include_str!("default/llm.toml")),
    ("turn", include_str!("default/turn.toml")),
    ("knowledge", include_str!("default/knowledge.toml")),
    ("embeddings", include_str!("default/embeddings.toml")),
    ("backoffice", include_str!("default/backoffice.toml")),
    ("channels", include_str!("default/channels.toml")),
    ("limits", include_str!("default/limits.toml")),
    ("store", include_str!("default/store.toml")),
    ("tools", include_str!("default/tools.toml")),
    ("mcp", include_str!("default/mcp.toml")),
    ("databases", include_str!("default/databases.toml")),
    ("alerts", include_str!("default/alerts.toml")),
    ("handoff", include_str!("default/handoff.toml")),
    ("reminders", include_str!("default/reminders.toml")),
    ("privacy", include_str!("default/privacy.toml")),
    ("interviews", include_str!("default/interviews.toml")),
    ("email", include_str!("default/email.toml")),
    ("transcription", include_str!("default/transcription.toml")),
    ("connectors", include_str!("default/connectors.toml")),
];

/// All settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `[business]`
    pub business: Business,
    /// `[llm]`
    pub llm: LlmSettings,
    /// `[turn]`
    pub turn: TurnSettings,
    /// `[knowledge]`
    pub knowledge: KnowledgeSettings,
    /// `[embeddings]`
    pub embeddings: EmbeddingSettings,
    /// `[backoffice]`
    pub backoffice: BackofficeSettings,
    /// `[channels]`
    pub channels: ChannelsSettings,
    /// `[limits]`
    pub limits: LimitSettings,
    /// `[store]`
    pub store: StoreSettings,
    /// `[tools]`
    pub tools: ToolsSettings,
    /// `[mcp]`
    pub mcp: McpSettings,
    /// `[databases]`
    pub databases: DatabaseSettings,
    /// `[alerts]`
    pub alerts: AlertSettings,
    /// `[handoff]`
    pub handoff: HandoffSettings,
    /// `[reminders]`
    pub reminders: ReminderSettings,
    /// `[privacy]`
    pub privacy: PrivacySettings,
    /// `[interviews]`
    pub interviews: InterviewSettings,
    /// `[email]`
    pub email: EmailSettings,
    /// `[transcription]`
    pub transcription: TranscriptionSettings,
    /// `[connectors]`
    pub connectors: ConnectorSettings,
    /// Where they stand in the operator's file.
    pub places: Places,
}

impl Settings {
    /// Reads defaults, `file` if given, and `variables`.
    ///
    /// # Errors
    /// Every mistake, with its place.
    pub fn load(file: Option<&Path>, variables: &Variables) -> Result<Self, Vec<Problem>> {
        Self::read(file.map_or(Written::Nowhere, Written::File), variables)
    }

    /// Reads defaults, what is written, and `variables`.
    ///
    /// # Errors
    /// Every mistake, with its place.
    pub fn read(written: Written<'_>, variables: &Variables) -> Result<Self, Vec<Problem>> {
        let mut layers = Layers::new(&DEFAULTS, written, variables);
        let business = layers.section("business");
        let llm = layers.section("llm");
        let turn: Option<TurnSettings> = layers.section("turn");
        let knowledge: Option<KnowledgeSettings> = layers.section("knowledge");
        let embeddings: Option<EmbeddingSettings> = layers.section("embeddings");
        let backoffice: Option<BackofficeSettings> = layers.section("backoffice");
        let channels: Option<ChannelsSettings> = layers.section("channels");
        let limits = layers.section("limits");
        let store: Option<StoreSettings> = layers.section("store");
        let tools = layers.section("tools");
        let mcp: Option<McpSettings> = layers.section("mcp");
        let databases = layers.section("databases");
        let alerts = layers.section("alerts");
        let handoff = layers.section("handoff");
        let reminders: Option<ReminderSettings> = layers.section("reminders");
        let privacy: Option<PrivacySettings> = layers.section("privacy");
        let interviews = layers.section("interviews");
        let email: Option<EmailSettings> = layers.section("email");
        let transcription: Option<TranscriptionSettings> = layers.section("transcription");
        let connectors = layers.section("connectors");
        for (key, problem) in transcription.iter().flat_map(TranscriptionSettings::problems) {
            layers.report(&["transcription", key], &problem);
        }
        for (key, problem) in reminders.iter().flat_map(ReminderSettings::problems) {
            layers.report(&["reminders", key], &problem);
        }
        for (key, problem) in privacy.iter().flat_map(PrivacySettings::problems) {
            layers.report(&["privacy", key], &problem);
        }
        for (key, problem) in email.iter().flat_map(EmailSettings::problems) {
            layers.report(&["email", key], &problem);
        }
        for problem in knowledge.iter().flat_map(KnowledgeSettings::problems) {
            layers.report(&["knowledge"], &problem.to_string());
        }
        for (key, problem) in embeddings.iter().flat_map(EmbeddingSettings::problems) {
            layers.report(&["embeddings", key], &problem);
        }
        for (key, problem) in backoffice.iter().flat_map(BackofficeSettings::problems) {
            let keys: Vec<&str> = std::iter::once("backoffice").chain(key.split('.')).collect();
            layers.report(&keys, &problem);
        }
        for (keys, problem) in channels.iter().flat_map(ChannelsSettings::problems) {
            let keys: Vec<&str> = std::iter::once("channels").chain(keys.iter().copied()).collect();
            layers.report(&keys, &problem);
        }
        for (key, problem) in turn.iter().flat_map(TurnSettings::problems) {
            layers.report(&["turn", key], &problem);
        }
        for (key, problem) in mcp.iter().flat_map(McpSettings::problems) {
            let keys: Vec<&str> = std::iter::once("mcp").chain(key.split('.')).collect();
            layers.report(&keys, &problem);
        }
        if let Some(Err(problem)) = store.as_ref().map(|store| store.place(Path::new(""))) {
            layers.report(&["store", "url"], &problem.to_string());
        }
        let places = layers.places.clone();
        let problems = layers.finish();
        match (
            business,
            llm,
            turn,
            knowledge,
            embeddings,
            backoffice,
            channels,
            limits,
            store,
            tools,
            mcp,
            databases,
            alerts,
            handoff,
            reminders,
            privacy,
            interviews,
            email,
            transcription,
            connectors,
        ) {
            (
                Some(business),
                Some(llm),
                Some(turn),
                Some(knowledge),
                Some(embeddings),
                Some(backoffice),
                Some(mut channels),
                Some(limits),
                Some(store),
                Some(tools),
                Some(mcp),
                Some(databases),
                Some(alerts),
                Some(handoff),
                Some(reminders),
                Some(privacy),
                Some(interviews),
                Some(email),
                Some(transcription),
                Some(connectors),
            ) if problems.is_empty() => {
                channels.web.named_after(&business);
                Ok(Self {
                    business,
                    llm,
                    turn,
                    knowledge,
                    embeddings,
                    backoffice,
                    channels,
                    limits,
                    store,
                    tools,
                    mcp,
                    databases,
                    alerts,
                    handoff,
                    reminders,
                    privacy,
                    interviews,
                    email,
                    transcription,
                    connectors,
                    places,
                })
            }
            _ => Err(problems),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_whole() {
        let settings = Settings::load(None, &Vec::new()).unwrap();
        assert!(settings.turn.max_steps > 1);
    }

    #[test]
    fn a_claim_is_neither_gone_at_once_nor_there_for_hours() {
        for seconds in ["0", "-5", "601", "86400"] {
            let variables = vec![("BALCAO__TURN__LEASE_SECONDS".to_owned(), seconds.to_owned())];
            let problems = Settings::load(None, &variables).unwrap_err();
            assert!(problems[0].to_string().contains("from 3 to 600"), "{problems:?}");
        }
    }

    #[test]
    fn a_chat_without_a_title_is_called_like_the_business() {
        let variables = [("BALCAO__BUSINESS__NAME".to_owned(), "Padaria Sol".to_owned())];
        let settings = Settings::load(None, &variables.to_vec()).unwrap();
        assert_eq!(settings.channels.web.title, "Padaria Sol");
    }

    #[test]
    fn three_variables_switch_the_main_model_on() {
        let variables =
            [("OPENAI_BASE_URL", "http://127.0.0.1:1/v1"), ("OPENAI_API_KEY", "k"), ("BALCAO_MODEL", "m")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let settings = Settings::load(None, &variables.to_vec()).unwrap();
        assert_eq!(settings.llm.base_url, "http://127.0.0.1:1/v1");
        assert_eq!(settings.llm.model, "m");
        assert_eq!(settings.llm.api_key.expose(), "k");
    }
}

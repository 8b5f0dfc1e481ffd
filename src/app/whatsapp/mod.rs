//! WhatsApp put together: Meta's client as a channel of the outbox, the sign that an answer is being written, and what
//! becomes of the statuses that Meta reports.

mod background;
mod compose;
mod ears;
mod errand;
mod files;
mod push;
mod typing;
mod unasked;

use super::build::Options;
use super::reception::Heard;
use crate::channels::whatsapp::address::PhoneNumberId;
use crate::channels::whatsapp::client::GraphClient;
use crate::channels::whatsapp::evolution::client::EvolutionClient;
use crate::channels::whatsapp::line::Line;
use crate::channels::whatsapp::price::Prices;
use crate::channels::whatsapp::template::Template;
use crate::config::settings::Settings;
use crate::config::whatsapp::{Provider, WhatsAppSettings};
use crate::conversation::files::FileShelf;
use crate::conversation::presence::Presence;
use crate::conversation::reception::ears::{Deaf, Ears};
use crate::conversation::reception::files::{Files, NoFiles};
use crate::limits::alerts::Alerts;
use crate::limits::pace::Pace;
use crate::llm::factory::allowance;
use crate::llm::transcribe::Transcriber;
use crate::outbox::push::Push;
use crate::outbox::receipts::{Receipts, StandIn};
use crate::store::Stores;
use anyhow::Context;
use ears::{Listener, Listening};
use files::{Fetcher, Fetching};
use push::WhatsAppPush;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use typing::Typing;
use unasked::Unasked;

/// The need whose template stands in for an answer.
const ANSWER: &str = "answer";

/// What `[channels.whatsapp]` describes, as far as sending goes.
pub struct WhatsApp {
    line: Arc<dyn Line>,
    template: Option<Template>,
    transcriber: Option<Transcriber>,
}

/// The parts that the rest of the program works with.
pub struct Sides {
    /// Meta, or who stands in between.
    pub line: Arc<dyn Line>,
    /// The channel of the outbox.
    pub push: Arc<dyn Push>,
    /// Shows that an answer is being written.
    pub presence: Arc<dyn Presence>,
    /// Takes in what Meta says of messages, and what customers' voices say.
    pub heard: Heard,
}

/// The channel, if it is enabled.
///
/// # Errors
/// What is wrong with its settings, by their names.
pub fn whatsapp(options: &Options) -> anyhow::Result<Option<WhatsApp>> {
    let settings = &options.settings.channels.whatsapp;
    if !settings.enabled {
        return Ok(None);
    }
    let line: Arc<dyn Line> = match settings.provider {
        Provider::Meta => Arc::new(client(options).context("channels.whatsapp.graph_base_url")?),
        Provider::Evolution => {
            let client = EvolutionClient::new(&settings.evolution, settings.timeout());
            Arc::new(client.context("channels.whatsapp.evolution.base_url")?)
        }
    };
    let template = template(settings)?;
    let Settings { transcription, llm, limits, .. } = &options.settings;
    let transcriber = match transcription.is_on() && settings.media.download {
        true => {
            Some(Transcriber::new(transcription, llm, &allowance(limits)).context("transcription.base_url")?)
        }
        false => None,
    };
    Ok(Some(WhatsApp { line, template, transcriber }))
}

/// Meta, as the settings say.
///
/// # Errors
/// An address that is none.
pub fn client(options: &Options) -> anyhow::Result<GraphClient> {
    let settings = &options.settings.channels.whatsapp;
    GraphClient::new(
        &settings.graph_base_url,
        &settings.graph_version,
        settings.access_token.clone(),
        settings.timeout(),
        options.clock.clone(),
    )
}

/// The template that stands in for answers, if there is one. Every template of the settings is read.
fn template(settings: &WhatsAppSettings) -> anyhow::Result<Option<Template>> {
    let mut answer = None;
    for (need, template) in &settings.template_fallback {
        let read = Template::read(&template.name, &template.language, &template.components)
            .map_err(|wrong| anyhow::anyhow!("channels.whatsapp.template_fallback.{need}: {wrong}"))?;
        if need == ANSWER {
            answer = Some(read);
        }
    }
    Ok(answer)
}

impl WhatsApp {
    /// Its parts over the stores.
    pub fn sides(
        self,
        options: &Options,
        stores: &Stores,
        alerts: &Arc<Alerts>,
        stop: &CancellationToken,
    ) -> Sides {
        let settings = &options.settings.channels.whatsapp;
        let numbers = settings.all_numbers();
        let numbers =
            numbers.iter().filter_map(|number| PhoneNumberId::read(&number.phone_number_id)).collect();
        let stand_in = if self.template.is_some() { StandIn::Template } else { StandIn::None };
        let per_second = NonZeroU32::new(settings.rates.number_per_second).unwrap_or(NonZeroU32::MIN);
        let push = WhatsAppPush {
            line: self.line.clone(),
            stores: stores.clone(),
            clock: options.clock.clone(),
            alerts: alerts.clone(),
            pace: Pace::new(per_second, options.clock.clone())
                .shared(stores.quotas.as_ref(), "whatsapp number"),
            numbers,
            template: self.template,
            business: options.settings.business.name.clone(),
            rates: settings.rates,
            unasked: Unasked::between(settings.unasked_hours, options.settings.business.timezone.clone()),
            most: settings.max_message_characters,
            timeout: settings.timeout(),
            unknown_fate_wait: settings.unknown_fate_wait(),
            began: options.clock.now(),
        };
        let ears: Arc<dyn Ears> = match self.transcriber {
            Some(transcriber) => {
                let media = settings.media;
                let listener = Listener {
                    line: self.line.clone(),
                    transcriber,
                    most: media.audio_mib << 20,
                    timeout: Duration::from_millis(media.timeout_ms),
                };
                Arc::new(Listening::new(listener, stop.clone()))
            }
            None => Arc::new(Deaf),
        };
        let files: Arc<dyn Files> = match settings.media.download {
            true => {
                let fetcher = Fetcher {
                    line: self.line.clone(),
                    shelf: FileShelf::below(&options.data),
                    settings: settings.media,
                    clock: options.clock.clone(),
                };
                Arc::new(Fetching::new(fetcher, stop.clone()))
            }
            false => Arc::new(NoFiles),
        };
        let prices = Prices::new(&settings.prices);
        let clock = options.clock.clone();
        let receipts = Receipts::new(stores.clone(), clock, alerts.clone(), prices, stand_in);
        Sides {
            line: self.line.clone(),
            push: Arc::new(push),
            presence: Arc::new(Typing { line: self.line, conversations: stores.conversations.clone() }),
            heard: Heard { receipts: Arc::new(receipts), ears, files },
        }
    }
}

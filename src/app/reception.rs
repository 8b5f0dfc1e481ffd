//! The way in of WhatsApp put together: the door that Meta posts at, and the worker behind it.

use super::build::{Options, Outside};
use crate::channels::whatsapp::CHANNEL;
use crate::config::settings::Settings;
use crate::conversation::ownership::Ownership;
use crate::conversation::reception::ears::Ears;
use crate::conversation::reception::files::Files;
use crate::conversation::reception::worker::PostWorker;
use crate::conversation::reception::{Desk, DeskParts};
use crate::outbox::receipts::Receipts;
use crate::store::Stores;
use crate::web::webhooks::whatsapp::WhatsAppDoor;
use std::collections::HashMap;
use std::sync::Arc;

/// What the channel hears of its messages and of the customers' voices.
pub struct Heard {
    /// Takes in what becomes of messages.
    pub receipts: Arc<Receipts>,
    /// Listens to voice messages.
    pub ears: Arc<dyn Ears>,
    /// Fetches the customers' files.
    pub files: Arc<dyn Files>,
}

/// Both, if the channel is set up: then there is somebody who takes in what becomes of its messages.
pub fn reception(
    options: &Options,
    stores: &Stores,
    outside: &Outside,
    ownership: &Arc<Ownership>,
    heard: Option<Heard>,
) -> Option<(WhatsAppDoor, Box<PostWorker>)> {
    let settings = &options.settings.channels.whatsapp;
    let Heard { receipts, ears, files } = heard?;
    let parts = DeskParts {
        stores: stores.clone(),
        ownership: ownership.clone(),
        statuses: receipts,
        ears,
        files,
        alerts: outside.alerts.clone(),
        clock: options.clock.clone(),
        language: options.settings.business.language,
    };
    let desk = Desk::new(parts, settings);
    let (posts, live, clock) = (stores.posts.clone(), stores.live.clone(), options.clock.clone());
    let worker = PostWorker::new(desk, posts, live, clock, outside.alerts.clone());
    Some((WhatsAppDoor::new(settings), Box::new(worker)))
}

/// What the assistant says of itself with its first words, by channel.
pub fn introductions(settings: &Settings) -> HashMap<String, String> {
    let introduction = settings.channels.whatsapp.introduction.trim();
    let said = (!introduction.is_empty()).then(|| (CHANNEL.to_owned(), introduction.to_owned()));
    said.into_iter().collect()
}

//! Channels beside the web, each with the real server on one side and its service on the other.

mod relay;
mod whatsapp;
mod whatsapp_audience;
mod whatsapp_evolution;
mod whatsapp_journeys;
mod whatsapp_kinds;
mod whatsapp_media;
mod whatsapp_rules;
mod whatsapp_sending;
mod whatsapp_voice;

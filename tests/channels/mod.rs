//! Channels beside the web, each with the real server on one side and its service on the other.

mod relay;
mod whatsapp;
mod whatsapp_sending;
mod whatsapp_voice;

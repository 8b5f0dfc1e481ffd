//! Where messaging services call. Each channel's own module in `channels/` says what a call means and whom it is from; a
//! channel that is not set up answers as if it were not there.

pub mod connectors;
pub mod relay;
pub mod whatsapp;

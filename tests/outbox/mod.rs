//! The courier between the outbox and a channel that is pushed to.

mod channel;
mod courier;

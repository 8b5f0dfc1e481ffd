//! News that systems behind the counter report of their own accord: kept by the webhook, looked up at the system, told
//! to whoever the record belongs to. Which conversation that is says a key that was noted when the customer proved to
//! own the record; no model has a say, and nothing of a post is believed but the key. And what customers are reminded of:
//! looked up again before it is told.

mod calendar;
mod desk;
mod lookup;
mod mention;
mod post;
mod reminder;
mod worker;

pub use desk::{NewsDesk, NewsError};
pub(super) use mention::note;
pub use post::{CHANNEL, KeptNews};
pub use reminder::Reminding;
pub use worker::NewsWorker;

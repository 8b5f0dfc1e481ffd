//! Takes in what WhatsApp posted: who it is from, what it is, and what follows from it. The bodies are kept already;
//! everything here may be done twice and changes nothing the second time.

mod audience;
mod desk;
pub mod ears;
pub mod files;
mod hear;
mod manners;
mod people;
mod sayings;
pub mod statuses;
mod wishes;
pub mod worker;

pub(super) use people::BY_PHONE;

pub use desk::{Desk, DeskParts, Taken};

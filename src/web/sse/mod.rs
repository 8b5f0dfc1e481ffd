//! The event stream of a conversation: a projection of its log, then what happens live. It never loses or repeats
//! a committed event; what is provisional may get lost.

pub mod feed;
pub mod places;
pub mod projection;

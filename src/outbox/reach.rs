//! Whether a customer of WhatsApp is reached at all, as far as their last messages tell. Pure.

use crate::channels::whatsapp::errors::{GraphError, Remedy};
use crate::domain::message::Message;
use crate::store::sends::{SendRecord, SendState};

/// Whether the last that Meta said of a message to somebody is that they cannot be reached, and they have not written
/// since. `sent` and `said` are the newest attempts and the newest messages of theirs, newest first.
pub fn is_out_of_reach(sent: &[SendRecord], said: &[Message]) -> bool {
    let unreached = |send: &&SendRecord| {
        let error = GraphError { code: send.code, ..GraphError::default() };
        matches!(send.state, SendState::Refused | SendState::Failed) && error.remedy() == Remedy::Unreachable
    };
    let last_sign = said.first().map(|message| message.created_at);
    sent.iter().find(unreached).is_some_and(|send| last_sign.is_none_or(|sign| sign <= send.begun_at))
}

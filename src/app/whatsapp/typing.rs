//! Shows a customer on WhatsApp that their message was read and that an answer is being written.

use crate::channels::whatsapp::CHANNEL;
use crate::channels::whatsapp::address::WhatsAppAddress;
use crate::channels::whatsapp::line::Line;
use crate::channels::whatsapp::outgoing::Receipt;
use crate::conversation::presence::{Answering, Presence};
use crate::store::conversations::ConversationStore;
use async_trait::async_trait;
use std::sync::Arc;

/// [`Presence`] on WhatsApp.
pub(super) struct Typing {
    pub(super) line: Arc<dyn Line>,
    pub(super) conversations: Arc<dyn ConversationStore>,
}

#[async_trait]
impl Presence for Typing {
    fn channel(&self) -> &str {
        CHANNEL
    }

    async fn show(&self, answering: &Answering) {
        let identity = self.conversations.identity(answering.conversation).await.ok().flatten();
        let Some(address) = identity.as_ref().and_then(WhatsAppAddress::of) else { return };
        let receipt = Receipt::typing(&answering.message);
        // Nothing hangs on it: the answer comes all the same.
        if let Err(error) = self.line.receipt(&address.number, &receipt).await {
            tracing::debug!(conversation.id = %answering.conversation, error, "that an answer is being written was not shown");
        }
    }
}

//! The relay channel put together: the gateway's client as a channel of the outbox, and the door its events come in by.

use super::build::Options;
use crate::channels::relay::CHANNEL;
use crate::channels::relay::client::{RelayClient, Sent, Whereabouts};
use crate::channels::relay::signature::SigningKeys;
use crate::channels::relay::wire::{Address, Outgoing};
use crate::inbox::accept::{Inbox, InboxLimits};
use crate::llm::factory::allowance;
use crate::outbox::push::{Fate, Parcel, Push, Schedule, SendError};
use crate::store::Stores;
use crate::store::conversations::ConversationStore;
use crate::web::webhooks::relay::RelayDoor;
use anyhow::Context;
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;

/// A claim of the courier outlives the client's own patience, so that the client says what happened.
const MARGIN: Duration = Duration::from_secs(1);

/// What `[channels.relay]` describes.
pub struct Relay {
    client: RelayClient,
    keys: SigningKeys,
    timeout: Duration,
}

/// The channel, if it is enabled.
///
/// # Errors
/// What is wrong with its settings, by their names.
pub fn relay(options: &Options) -> anyhow::Result<Option<Relay>> {
    let settings = &options.settings.channels.relay;
    if !settings.enabled {
        return Ok(None);
    }
    let keys = SigningKeys::read(&settings.secrets).context("channels.relay.secrets")?;
    let allowance = allowance(&options.settings.limits);
    let (url, timeout) = (settings.url.trim(), settings.timeout());
    let client = RelayClient::new(url, keys.clone(), timeout, &allowance, options.clock.clone())
        // The address is left out: whoever knows it may post there.
        .context("channels.relay.url: messages cannot be posted to this address")?;
    Ok(Some(Relay { client, keys, timeout }))
}

impl Relay {
    /// Both sides of the channel: where events come in, and what messages leave by.
    pub fn sides(self, options: &Options, stores: &Stores) -> (RelayDoor, Arc<dyn Push>) {
        let conversations = stores.conversations.clone();
        // Who writes by the gateway is known to it, and can open no second conversation when the first one is full.
        let limits = InboxLimits {
            messages_per_conversation: usize::MAX,
            ..InboxLimits::from(&options.settings.limits)
        };
        let inbox = Inbox::new(conversations.clone(), options.clock.clone(), limits);
        let (settings, language) = (&options.settings.channels.relay, options.settings.business.language);
        let door = RelayDoor::new(self.keys, inbox, settings, language);
        let push = RelayPush { client: self.client, timeout: self.timeout, conversations };
        (door, Arc::new(push))
    }
}

struct RelayPush {
    client: RelayClient,
    timeout: Duration,
    conversations: Arc<dyn ConversationStore>,
}

#[async_trait]
impl Push for RelayPush {
    fn channel(&self) -> &str {
        CHANNEL
    }

    fn schedule(&self) -> Schedule {
        Schedule { timeout: self.timeout + MARGIN, ..Schedule::default() }
    }

    async fn send(&self, parcel: &Parcel) -> Result<String, SendError> {
        let conversation = parcel.delivery.conversation;
        let identity = match self.conversations.identity(conversation).await {
            Ok(identity) => identity,
            Err(error) => return Err(SendError::NotNow { after: None, error: error.to_string() }),
        };
        let Some(to) = identity.as_ref().and_then(Address::of) else {
            return Err(SendError::Refused {
                error: "the conversation has no address of the relay".to_owned(),
            });
        };
        let outgoing = Outgoing {
            delivery_id: parcel.delivery.id,
            conversation_id: conversation,
            message_id: parcel.message.id,
            to: &to,
            role: parcel.message.role,
            text: &parcel.message.text,
            buttons: &parcel.message.buttons,
        };
        match self.client.send(&outgoing).await {
            Sent::Taken { external_id } => Ok(external_id),
            Sent::NotNow { after, error } => Err(SendError::NotNow { after, error }),
            Sent::Refused { error } => Err(SendError::Refused { error }),
            Sent::InDoubt { error } => Err(SendError::InDoubt { error }),
        }
    }

    async fn fate(&self, parcel: &Parcel) -> Fate {
        match self.client.whereabouts(parcel.delivery.id).await {
            Whereabouts::Taken { external_id } => Fate::Sent { external_id },
            Whereabouts::NotTaken => Fate::NotSent,
            Whereabouts::Unknown => Fate::Unknown,
        }
    }
}

//! How many event streams may be open at a time, per conversation and per address. A place is given back when it
//! is dropped.

use crate::domain::ids::ConversationId;
use crate::web::extract::client::ClientAddress;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// Places for event streams.
pub struct StreamPlaces {
    per_conversation: u32,
    per_address: u32,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    conversations: HashMap<ConversationId, u32>,
    addresses: HashMap<u64, u32>,
}

/// A place; gives itself back.
pub struct StreamPlace {
    places: Arc<StreamPlaces>,
    conversation: ConversationId,
    /// `None` for this machine itself, whose streams are not counted: it may be a proxy in front of everybody.
    address: Option<u64>,
}

impl StreamPlaces {
    /// So many places for one conversation and for one address.
    pub fn new(per_conversation: u32, per_address: u32) -> Arc<Self> {
        Arc::new(Self { per_conversation, per_address, taken: Mutex::default() })
    }

    /// Takes a place, or `None` if all are taken.
    pub fn take(self: &Arc<Self>, conversation: ConversationId, from: &ClientAddress) -> Option<StreamPlace> {
        let address = (!from.is_loopback()).then(|| from.block());
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if count(&taken.conversations, &conversation) >= self.per_conversation
            || address.is_some_and(|address| count(&taken.addresses, &address) >= self.per_address)
        {
            return None;
        }
        *taken.conversations.entry(conversation).or_default() += 1;
        if let Some(address) = address {
            *taken.addresses.entry(address).or_default() += 1;
        }
        Some(StreamPlace { places: Arc::clone(self), conversation, address })
    }
}

impl Drop for StreamPlace {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        give_back(&mut taken.conversations, &self.conversation);
        if let Some(address) = &self.address {
            give_back(&mut taken.addresses, address);
        }
    }
}

fn count<K: Hash + Eq>(counts: &HashMap<K, u32>, key: &K) -> u32 {
    counts.get(key).copied().unwrap_or(0)
}

fn give_back<K: Hash + Eq>(counts: &mut HashMap<K, u32>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

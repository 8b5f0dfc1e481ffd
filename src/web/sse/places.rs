//! How many event streams may be open at a time, per conversation and per address. A place is given back when it
//! is dropped.

use crate::domain::ids::ConversationId;
use crate::web::extract::client::{AddressBlock, ClientAddress};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// Places for event streams.
pub struct StreamPlaces {
    per_conversation: usize,
    per_address: usize,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    conversations: HashMap<ConversationId, usize>,
    addresses: HashMap<AddressBlock, usize>,
}

/// A place; gives itself back.
pub struct StreamPlace {
    places: Arc<StreamPlaces>,
    conversation: ConversationId,
    address: AddressBlock,
}

impl StreamPlaces {
    /// So many places for one conversation and for one address.
    pub fn new(per_conversation: usize, per_address: usize) -> Arc<Self> {
        Arc::new(Self { per_conversation, per_address, taken: Mutex::default() })
    }

    /// Takes a place, or `None` if all are taken.
    pub fn take(self: &Arc<Self>, conversation: ConversationId, from: &ClientAddress) -> Option<StreamPlace> {
        let address = from.block();
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if count(&taken.conversations, &conversation) >= self.per_conversation
            || count(&taken.addresses, &address) >= self.per_address
        {
            return None;
        }
        *taken.conversations.entry(conversation).or_default() += 1;
        *taken.addresses.entry(address).or_default() += 1;
        Some(StreamPlace { places: Arc::clone(self), conversation, address })
    }
}

impl Drop for StreamPlace {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        give_back(&mut taken.conversations, &self.conversation);
        give_back(&mut taken.addresses, &self.address);
    }
}

fn count<K: Hash + Eq>(counts: &HashMap<K, usize>, key: &K) -> usize {
    counts.get(key).copied().unwrap_or(0)
}

fn give_back<K: Hash + Eq>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

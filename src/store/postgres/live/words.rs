//! What processes tell each other, and how it fits into notifications. Knows no connection.

use crate::domain::ids::{ConversationId, Seq, TurnId};
use crate::store::live::Live;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// PostgreSQL refuses payloads of 8000 bytes and more.
const PAYLOAD: usize = 7_900;
/// The head of a payload, without words.
const HEAD: usize = 100;
/// Longest text of one word; even if JSON has to escape it all, it fits into a payload.
const TEXT: usize = 1_200;

/// One notice.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "w")]
pub(super) enum Word {
    /// The log of a conversation goes up to `seq`.
    Committed { conversation: ConversationId, seq: Seq },
    /// A conversation will be due.
    Work { conversation: ConversationId, due_at: i64 },
    /// Something changed in the outbox.
    Delivery,
    /// Provisional words of an answer.
    Delta { conversation: ConversationId, turn: TurnId, text: String },
    /// What the customer may read while waiting.
    Progress { conversation: ConversationId, turn: TurnId, text: String },
}

impl Word {
    /// Provisional words on their way out; events never go this way.
    pub(super) fn of(conversation: ConversationId, live: Live) -> Option<Self> {
        match live {
            Live::Delta { turn, text } => Some(Self::Delta { conversation, turn, text }),
            Live::Progress { turn, text } => Some(Self::Progress { conversation, turn, text }),
            Live::Committed(_) => None,
        }
    }

    fn conversation(&self) -> Option<ConversationId> {
        match self {
            Self::Committed { conversation, .. }
            | Self::Work { conversation, .. }
            | Self::Delta { conversation, .. }
            | Self::Progress { conversation, .. } => Some(*conversation),
            Self::Delivery => None,
        }
    }

    /// Whether it says, in the place of `self`, everything that both say.
    fn take_in(&mut self, later: &Self) -> bool {
        match (self, later) {
            (Self::Committed { seq, .. }, Self::Committed { seq: newer, .. }) => {
                *seq = (*seq).max(*newer);
                true
            }
            (Self::Work { due_at, .. }, Self::Work { due_at: newer, .. }) => {
                *due_at = *newer;
                true
            }
            (Self::Delivery, Self::Delivery) => true,
            (Self::Delta { turn, text, .. }, Self::Delta { turn: same, text: more, .. }) if turn == same => {
                text.push_str(more);
                true
            }
            _ => false,
        }
    }
}

/// What one process tells at once.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Payload {
    /// Which process.
    pub(super) process: u64,
    /// Makes payloads differ: PostgreSQL drops repeated ones.
    number: u64,
    /// What it tells.
    pub(super) words: Vec<Word>,
}

/// Words that wait to leave: in order for each conversation, those that follow each other put together.
#[derive(Default)]
pub(super) struct Batch {
    words: Vec<Word>,
    /// The place of each conversation's last word.
    last: HashMap<Option<ConversationId>, usize>,
    /// Whether something besides provisional words waits.
    pub(super) is_urgent: bool,
}

impl Batch {
    /// Adds a word.
    pub(super) fn add(&mut self, word: Word) {
        self.is_urgent |= !matches!(word, Word::Delta { .. } | Word::Progress { .. });
        let last = self.last.get(&word.conversation()).and_then(|place| self.words.get_mut(*place));
        if last.is_some_and(|last| last.take_in(&word)) {
            return;
        }
        self.last.insert(word.conversation(), self.words.len());
        self.words.push(word);
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Everything that waits, as payloads, numbered from `number` on.
    pub(super) fn take(&mut self, process: u64, number: &mut u64) -> Vec<String> {
        let Self { words, .. } = std::mem::take(self);
        let mut payloads = Vec::new();
        let mut pending: Vec<Word> = Vec::new();
        let mut length = HEAD;
        let mut close = |words: &mut Vec<Word>| {
            *number = number.wrapping_add(1);
            let payload = Payload { process, number: *number, words: std::mem::take(words) };
            // It holds nothing that JSON cannot say.
            payloads.extend(serde_json::to_string(&payload));
        };
        for word in words.into_iter().flat_map(pieces) {
            let size = serde_json::to_string(&word).map_or(0, |text| text.len() + 1);
            if length + size > PAYLOAD && !pending.is_empty() {
                close(&mut pending);
                length = HEAD;
            }
            length += size;
            pending.push(word);
        }
        if !pending.is_empty() {
            close(&mut pending);
        }
        payloads
    }
}

/// A word in pieces that each fit. What is only read while waiting is cut instead.
fn pieces(word: Word) -> Vec<Word> {
    match word {
        Word::Delta { conversation, turn, text } => {
            let mut pieces = Vec::new();
            let mut rest = text.as_str();
            while !rest.is_empty() {
                let (piece, behind) = rest.split_at(rest.floor_char_boundary(TEXT));
                pieces.push(Word::Delta { conversation, turn, text: piece.to_owned() });
                rest = behind;
            }
            pieces
        }
        Word::Progress { conversation, turn, mut text } => {
            text.truncate(text.floor_char_boundary(TEXT));
            vec![Word::Progress { conversation, turn, text }]
        }
        Word::Committed { .. } | Word::Work { .. } | Word::Delivery => vec![word],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn conversation(number: u128) -> ConversationId {
        ConversationId(Uuid::from_u128(number))
    }

    fn delta(number: u128, text: &str) -> Word {
        let (conversation, turn) = (conversation(number), TurnId(Uuid::from_u128(1)));
        Word::Delta { conversation, turn, text: text.to_owned() }
    }

    fn sent(batch: &mut Batch) -> Vec<Word> {
        let payloads = batch.take(7, &mut 0);
        assert!(payloads.iter().all(|payload| payload.len() < 8_000));
        let read = |text: &String| serde_json::from_str::<Payload>(text).unwrap().words;
        payloads.iter().flat_map(read).collect()
    }

    #[test]
    fn words_of_a_conversation_keep_their_order_and_share_a_payload() {
        let mut batch = Batch::default();
        let committed = |number, seq| Word::Committed { conversation: conversation(number), seq };
        batch.add(delta(1, "a"));
        assert!(!batch.is_urgent);
        for word in [delta(2, "x"), delta(1, "b"), committed(1, 4), committed(2, 9), committed(1, 5)] {
            batch.add(word);
        }
        batch.add(delta(1, "c"));
        assert!(batch.is_urgent);
        let expected = [delta(1, "ab"), delta(2, "x"), committed(1, 5), committed(2, 9), delta(1, "c")];
        assert_eq!(sent(&mut batch), expected);
        assert!(batch.is_empty() && !batch.is_urgent);
    }

    #[test]
    fn every_payload_fits_and_no_text_is_lost() {
        let mut batch = Batch::default();
        let text = "\u{1}ção🙂\"".repeat(4_000);
        batch.add(delta(1, &text));
        for number in 2..500 {
            batch.add(Word::Work { conversation: conversation(number), due_at: i64::MAX });
        }
        let words = sent(&mut batch);
        let whole: String = words
            .iter()
            .filter_map(|word| match word {
                Word::Delta { text, .. } => Some(text.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(whole, text);
        assert_eq!(words.iter().filter(|word| matches!(word, Word::Work { .. })).count(), 498);
    }
}

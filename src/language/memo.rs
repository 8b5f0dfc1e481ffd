//! Remembers what was read out of a text, so that a text that comes again (a product's name, a passage, what a customer
//! said three turns ago) is not read again. Only for readings that depend on nothing else. Bounded: what was not asked
//! for in a while is forgotten.

use crate::domain::language::Language;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Texts that are remembered before the older half is forgotten, and their bytes.
const GENERATION: usize = 2_048;
const GENERATION_BYTES: usize = 4 * 1024 * 1024;
/// Longer texts are read anew: they would fill the memory, and rarely come twice. Results of tools are not longer.
const LONGEST_TEXT: usize = 16 * 1024;

/// Readings by text and language.
pub struct Memo<V> {
    generations: Mutex<Generations<V>>,
}

struct Generations<V> {
    young: [HashMap<Box<str>, Arc<V>>; 3],
    old: [HashMap<Box<str>, Arc<V>>; 3],
    /// Bytes of the texts in `young`.
    young_bytes: usize,
}

impl<V> Default for Memo<V> {
    fn default() -> Self {
        let empty = || std::array::from_fn(|_| HashMap::new());
        Self { generations: Mutex::new(Generations { young: empty(), old: empty(), young_bytes: 0 }) }
    }
}

impl<V> Memo<V> {
    /// What `read` makes of `text`, now or before.
    pub fn of(&self, text: &str, language: Language, read: impl FnOnce() -> V) -> Arc<V> {
        if text.len() > LONGEST_TEXT {
            return Arc::new(read());
        }
        if let Some(known) = self.generations().known(text, language) {
            return known;
        }
        // Not under the lock: others go on, and at worst two read the same.
        let value = Arc::new(read());
        self.generations().keep(text, language, value.clone());
        value
    }

    fn generations(&self) -> std::sync::MutexGuard<'_, Generations<V>> {
        self.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V> Generations<V> {
    fn known(&mut self, text: &str, language: Language) -> Option<Arc<V>> {
        let place = place(language);
        if let Some(known) = self.young[place].get(text) {
            return Some(known.clone());
        }
        let (text, known) = self.old[place].remove_entry(text)?;
        self.young_bytes += text.len();
        self.young[place].insert(text, known.clone());
        Some(known)
    }

    fn keep(&mut self, text: &str, language: Language, value: Arc<V>) {
        let count: usize = self.young.iter().map(HashMap::len).sum();
        if count >= GENERATION || self.young_bytes + text.len() > GENERATION_BYTES {
            self.young_bytes = 0;
            self.old = std::mem::replace(&mut self.young, std::array::from_fn(|_| HashMap::new()));
        }
        self.young_bytes += text.len();
        self.young[place(language)].insert(text.into(), value);
    }
}

fn place(language: Language) -> usize {
    match language {
        Language::Portuguese => 0,
        Language::English => 1,
        Language::Spanish => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn a_text_is_read_once_in_each_language() {
        let memo = Memo::default();
        let reads = Cell::new(0);
        let read = |text: &str, language| {
            *memo.of(text, language, || {
                reads.set(reads.get() + 1);
                text.len()
            })
        };
        for _ in 0..3 {
            assert_eq!(read("jiboia", Language::Portuguese), 6);
            assert_eq!(read("jiboia", Language::English), 6);
        }
        assert_eq!(reads.get(), 2);
    }

    #[test]
    fn what_is_asked_for_stays_and_the_rest_is_forgotten() {
        let memo = Memo::default();
        let language = Language::Portuguese;
        memo.of("sempre", language, || 1);
        for number in 0..3 * GENERATION {
            memo.of(&number.to_string(), language, || 0);
            assert_eq!(*memo.of("sempre", language, || 2), 1);
        }
        let generations = memo.generations();
        let kept: usize = generations.young.iter().chain(&generations.old).map(HashMap::len).sum();
        assert!(kept <= 2 * GENERATION + 1, "{kept}");
        drop(generations);
        memo.of(&"x".repeat(LONGEST_TEXT + 1), language, || 0);
        assert_eq!(*memo.of(&"x".repeat(LONGEST_TEXT + 1), language, || 3), 3);
    }
}

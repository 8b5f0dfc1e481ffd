//! The words of an answer on their way to the customer while the model still writes: they leave sentence by
//! sentence, each after the guard has passed it. What was shown is provisional; the committed message counts.

use super::guard::Guard;
use super::proof::Proof;
use crate::domain::language::Language;
use crate::language::sentences::sentences;
use std::sync::{Mutex, PoisonError};

/// A draft that grows.
pub struct Draft<'a> {
    show: &'a (dyn Fn(&str) + Send + Sync),
    written: Mutex<Written<'a>>,
}

struct Written<'a> {
    guard: Guard<'a>,
    text: String,
    /// Up to where sentences were judged.
    judged: usize,
    /// Whether anything was shown.
    shown: bool,
    /// Set when a sentence was withheld: what follows would hang in the air.
    stopped: bool,
}

impl<'a> Draft<'a> {
    /// A draft whose passed sentences go to `show`.
    pub fn new(proof: &'a Proof, language: Language, show: &'a (dyn Fn(&str) + Send + Sync)) -> Self {
        let guard = Guard::new(proof, language);
        let written = Written { guard, text: String::new(), judged: 0, shown: false, stopped: false };
        Self { show, written: Mutex::new(written) }
    }

    /// The model wrote `words`.
    pub fn write(&self, words: &str) {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        written.text.push_str(words);
        if written.stopped {
            return;
        }
        let Written { guard, text, judged, shown, stopped } = &mut *written;
        let parts = sentences(&text[*judged..]);
        // The last part may still grow.
        let whole = parts.len().saturating_sub(1);
        for sentence in &parts[..whole] {
            *judged += sentence.len();
            if guard.pass(sentence).is_err() {
                *stopped = true;
                return;
            }
            *shown |= !sentence.trim().is_empty();
            (self.show)(sentence);
        }
    }

    /// Whether the customer has seen something of it.
    pub fn was_shown(&self) -> bool {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_leave_sentence_by_sentence_and_stop_at_the_first_unproven_one() {
        let shown = Mutex::new(String::new());
        let show = |words: &str| shown.lock().unwrap().push_str(words);
        let proof = Proof::default();
        let draft = Draft::new(&proof, Language::Portuguese, &show);
        for word in ["Ol", "á! Tudo", " bem? Custa R$", " 10,00. Leve", " já. Agora"] {
            draft.write(word);
        }
        assert_eq!(*shown.lock().unwrap(), "Olá! Tudo bem? ");
    }
}

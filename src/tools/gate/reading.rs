//! What a text holds that others may be compared with: its words, in a row and each by itself, and its identifiers.
//! Depends on nothing but the text, so that a text that comes again is not read again.

use crate::domain::language::Language;
use crate::language::emails::find_emails;
use crate::language::fold::{fold, words};
use crate::language::identifiers::{find_documents, find_numbers, find_phones, find_postal_codes};
use crate::language::memo::Memo;
use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

static READ: LazyLock<Memo<Reading>> = LazyLock::new(Memo::default);

/// A text that was read.
#[derive(Debug)]
pub struct Reading {
    /// The text, folded.
    pub folded: String,
    /// Its words with a blank before and behind each: ` quero o pedido 10421 `.
    pub phrase: String,
    /// Each word.
    pub words: HashSet<String>,
    /// E-mails, phones, postal codes, documents and numbers, each in its canonical form.
    pub identifiers: HashSet<String>,
}

impl Reading {
    /// Reads `text`. No language reads it otherwise.
    pub fn of(text: &str) -> Arc<Self> {
        READ.of(text, Language::Portuguese, || Self::anew(text))
    }

    fn anew(text: &str) -> Self {
        let words = words(text);
        let mut phrase = String::with_capacity(text.len() + 2);
        phrase.push(' ');
        for word in &words {
            phrase.push_str(word);
            phrase.push(' ');
        }
        let found = [
            find_emails(text),
            find_phones(text),
            find_postal_codes(text),
            find_documents(text),
            find_numbers(text),
        ];
        Self {
            folded: fold(text),
            phrase,
            words: words.into_iter().collect(),
            identifiers: found.into_iter().flatten().map(|found| found.value).collect(),
        }
    }
}

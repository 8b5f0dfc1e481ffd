//! How long to wait for more words before a turn begins: people write "oi", "tudo bem?" and the question as three
//! messages. Pure; it knows nothing of clocks or channels.

use std::time::Duration;

/// Quiet periods of a channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quiet {
    /// Behind a text that looks finished.
    pub finished: Duration,
    /// Behind a text that looks as if more follows.
    pub unfinished: Duration,
}

impl Quiet {
    /// How long to wait behind `text`.
    pub fn after(&self, text: &str) -> Duration {
        if looks_unfinished(text) { self.unfinished } else { self.finished }
    }
}

/// A greeting has few words; a longer text is more than a greeting and need not be read.
const LONGEST_GREETING: usize = 60;

fn looks_unfinished(text: &str) -> bool {
    let text = text.trim_end();
    if text.ends_with([',', ';', ':', '…', '-', '–', '(']) || text.ends_with("..") {
        return true;
    }
    let last = text.rsplit(char::is_whitespace).next().unwrap_or_default();
    ends_in_joining_word(last) || is_bare_greeting(text)
}

/// Words that no sentence ends with: and, or, but, because, with, of, the …
fn ends_in_joining_word(last: &str) -> bool {
    const JOINING: [&str; 30] = [
        "e", "ou", "mas", "que", "porque", "pq", "com", "de", "do", "da", "para", "pra", "o", "a", "os",
        "as", "um", "uma", "and", "or", "but", "because", "with", "the", "of", "y", "pero", "con", "el",
        "la",
    ];
    JOINING.iter().any(|word| word.eq_ignore_ascii_case(last))
}

fn is_bare_greeting(text: &str) -> bool {
    const GREETING: [&str; 40] = [
        "oi",
        "oie",
        "oii",
        "oiii",
        "olá",
        "ola",
        "opa",
        "eai",
        "aí",
        "ai",
        "alô",
        "alo",
        "bom",
        "boa",
        "dia",
        "tarde",
        "noite",
        "tudo",
        "bem",
        "joia",
        "hi",
        "hello",
        "hey",
        "there",
        "good",
        "morning",
        "afternoon",
        "evening",
        "hola",
        "buenas",
        "buenos",
        "buen",
        "día",
        "días",
        "dias",
        "tardes",
        "noches",
        "qué",
        "que",
        "tal",
    ];
    if text.len() > LONGEST_GREETING {
        return false;
    }
    let lower = text.to_lowercase();
    let words = lower.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty());
    let mut greets = false;
    for word in words {
        if GREETING.contains(&word) {
            greets = true;
        } else if word != "e" {
            return false;
        }
    }
    greets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_longer_where_more_seems_to_follow() {
        let quiet = Quiet { finished: Duration::from_millis(150), unfinished: Duration::from_millis(600) };
        for (text, milliseconds) in [
            ("Qual o preço da camiseta azul?", 150),
            ("Quero trocar o tênis que comprei.", 150),
            ("sim", 150),
            ("10482", 150),
            ("👍", 150),
            ("quero um horário amanhã", 150),
            ("oi, qual o status do pedido 10482?", 150),
            ("oi", 600),
            ("Oi!", 600),
            ("Olá, bom dia!", 600),
            ("oi tudo bem?", 600),
            ("e aí", 600),
            ("Hello there", 600),
            ("hola, buenas tardes 😊", 600),
            ("queria saber uma coisa,", 600),
            ("então...", 600),
            ("então…", 600),
            ("quero uma camiseta azul e", 600),
            ("I want the blue one and", 600),
            ("o pedido é:", 600),
            ("", 150),
            ("   ", 150),
        ] {
            assert_eq!(quiet.after(text).as_millis(), milliseconds, "{text:?}");
        }
    }

    #[test]
    fn a_very_long_text_is_not_read_as_a_greeting() {
        let quiet = Quiet { finished: Duration::ZERO, unfinished: Duration::from_secs(1) };
        assert_eq!(quiet.after(&"oi ".repeat(100_000)), Duration::ZERO);
    }
}

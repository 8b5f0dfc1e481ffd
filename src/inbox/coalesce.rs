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
    /// The longest single wait, whatever the customer's rhythm.
    pub longest: Duration,
    /// The longest that the first message of a burst waits.
    pub total: Duration,
    /// So many messages are a burst that is waited for no longer.
    pub messages: usize,
}

/// What a text looks like from its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// A question, or one word that answers one.
    Finished,
    /// A sentence that may have another one behind it.
    Statement,
    /// More is coming.
    Unfinished,
}

/// The unanswered messages that came before the newest one, and how this customer writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Burst {
    /// How many.
    pub before: usize,
    /// How long the first of them has waited.
    pub waited: Duration,
    /// The customer's usual pause between two messages of one burst, once it is known.
    pub rhythm: Option<Duration>,
}

/// One message of the log, as far as the rhythm goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Heard {
    /// When, on any clock that only counts.
    pub at: Duration,
    /// Whether the customer said it.
    pub by_customer: bool,
}

/// A longer pause is a new thought, not a burst.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// So many pauses make a rhythm, and so many of the newest are looked at.
const FEWEST: usize = 2;
const NEWEST: usize = 9;

impl Burst {
    /// The burst that the newest message ends, which comes at `now`, behind the log `heard`, oldest first.
    pub fn of(heard: &[Heard], now: Duration) -> Self {
        let open = heard.iter().rev().take_while(|message| message.by_customer).count();
        let first = heard.get(heard.len() - open).filter(|_| open > 0);
        Self {
            before: open,
            waited: first.map_or(Duration::ZERO, |first| now.saturating_sub(first.at)),
            rhythm: rhythm(heard),
        }
    }
}

/// The middle one of the newest pauses between messages that the customer wrote in a row.
fn rhythm(heard: &[Heard]) -> Option<Duration> {
    let pauses = heard.windows(2).rev().filter_map(|pair| match pair {
        [one, other] if one.by_customer && other.by_customer => Some(other.at.saturating_sub(one.at)),
        _ => None,
    });
    let mut pauses: Vec<Duration> = pauses.filter(|pause| *pause <= LONGEST_PAUSE).take(NEWEST).collect();
    pauses.sort_unstable();
    (pauses.len() >= FEWEST).then(|| pauses[pauses.len() / 2])
}

impl Quiet {
    /// How long to wait behind `text`, the newest message of `burst`.
    pub fn after(&self, text: &str, burst: Burst) -> Duration {
        if burst.before + 1 >= self.messages {
            return Duration::ZERO;
        }
        let rhythm = burst.rhythm.unwrap_or_default();
        let wished = match ending(text) {
            Ending::Finished => self.finished,
            Ending::Statement => self.finished.max(rhythm),
            // Who is known to take longer between two messages is given half as much again.
            Ending::Unfinished => self.unfinished.max(rhythm + rhythm / 2),
        };
        wished.min(self.longest).min(self.total.saturating_sub(burst.waited))
    }
}

/// A greeting has few words; a longer text is more than a greeting and need not be read.
const LONGEST_GREETING: usize = 60;

/// How a text ends.
///
/// | the text | its ending |
/// |---|---|
/// | `Qual o preço da camiseta azul?` | finished |
/// | `sim`, `10482`, `👍`, `ana@example.com` (one word) | finished |
/// | `Quero trocar o tênis que comprei` | a statement: more may follow from who writes in pieces |
/// | `oi`, `Olá, bom dia!`, `oi tudo bem?` | unfinished: the wish comes next |
/// | `queria saber uma coisa,`  `então...`  `o pedido é:`  `quero a azul e` | unfinished |
/// | `vou mandar a foto`, `segue o comprovante` | unfinished: a picture or file comes next |
pub fn ending(text: &str) -> Ending {
    let text = text.trim();
    if text.ends_with([',', ';', ':', '…', '-', '–', '(']) || text.ends_with("..") {
        return Ending::Unfinished;
    }
    let last = text.rsplit(char::is_whitespace).next().unwrap_or_default();
    if ends_in_joining_word(last) || is_bare_greeting(text) || announces_media(text) {
        return Ending::Unfinished;
    }
    if text.ends_with('?') || last.len() == text.len() { Ending::Finished } else { Ending::Statement }
}

/// Whether a picture or a file is announced: "vou mandar a foto".
fn announces_media(text: &str) -> bool {
    const SENDING: [&str; 16] = [
        "segue", "mandar", "mando", "mandando", "enviar", "envio", "enviando", "anexo", "olha", "veja",
        "sending", "send", "attach", "here's", "mando", "adjunto",
    ];
    const MEDIA: [&str; 20] = [
        "foto",
        "fotos",
        "imagem",
        "imagens",
        "print",
        "comprovante",
        "áudio",
        "audio",
        "vídeo",
        "video",
        "arquivo",
        "anexo",
        "documento",
        "pdf",
        "photo",
        "picture",
        "screenshot",
        "file",
        "imagen",
        "archivo",
    ];
    if text.len() > LONGEST_GREETING || text.ends_with('?') {
        return false;
    }
    let lower = text.to_lowercase();
    let words = || lower.split(|character: char| !(character.is_alphanumeric() || character == '\''));
    words().any(|word| SENDING.contains(&word)) && words().any(|word| MEDIA.contains(&word))
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
    use proptest::prelude::*;

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    const WEB: Quiet =
        Quiet { finished: ms(150), unfinished: ms(600), longest: ms(2_500), total: ms(6_000), messages: 8 };

    #[test]
    fn waits_longer_where_more_seems_to_follow() {
        use Ending::{Finished, Statement, Unfinished};
        for (text, expected) in [
            ("Qual o preço da camiseta azul?", Finished),
            ("oi, qual o status do pedido 10482?", Finished),
            ("sim", Finished),
            ("10482", Finished),
            ("👍", Finished),
            ("ana@example.com", Finished),
            ("", Finished),
            ("   ", Finished),
            ("Quero trocar o tênis que comprei.", Statement),
            ("quero um horário amanhã", Statement),
            ("vi a foto no site", Statement),
            ("posso mandar uma foto?", Finished),
            ("oi", Unfinished),
            ("Oi!", Unfinished),
            ("Olá, bom dia!", Unfinished),
            ("oi tudo bem?", Unfinished),
            ("e aí", Unfinished),
            ("Hello there", Unfinished),
            ("hola, buenas tardes 😊", Unfinished),
            ("queria saber uma coisa,", Unfinished),
            ("então...", Unfinished),
            ("então…", Unfinished),
            ("quero uma camiseta azul e", Unfinished),
            ("I want the blue one and", Unfinished),
            ("o pedido é:", Unfinished),
            ("vou mandar a foto", Unfinished),
            ("Segue o comprovante", Unfinished),
        ] {
            assert_eq!(ending(text), expected, "{text:?}");
        }
        assert_eq!(WEB.after("Qual o preço?", Burst::default()), ms(150));
        assert_eq!(WEB.after("quero um horário", Burst::default()), ms(150));
        assert_eq!(WEB.after("oi", Burst::default()), ms(600));
    }

    /// A log of (seconds, customer?).
    fn log(entries: &[(u64, bool)]) -> Vec<Heard> {
        entries
            .iter()
            .map(|(at, by_customer)| Heard { at: ms(at * 1_000), by_customer: *by_customer })
            .collect()
    }

    #[test]
    fn learns_how_the_customer_writes() {
        let quick = Burst::of(&log(&[(0, true), (3, false), (60, true), (61, false)]), ms(70_000));
        assert_eq!(quick, Burst { before: 0, waited: Duration::ZERO, rhythm: None });
        let pieces =
            log(&[(0, true), (2, true), (4, true), (9, false), (90, true), (200, true), (202, true)]);
        let burst = Burst::of(&pieces, ms(203_000));
        assert_eq!(burst, Burst { before: 3, waited: ms(113_000), rhythm: Some(ms(2_000)) });
        let learned = Burst { rhythm: Some(ms(2_000)), ..Burst::default() };
        assert_eq!(WEB.after("quero um horário", learned), ms(2_000));
        assert_eq!(WEB.after("oi", learned), ms(2_500), "the longest wait");
        assert_eq!(WEB.after("Qual o preço?", learned), ms(150), "a question waits for its answer");
    }

    #[test]
    fn waits_and_counts_are_bounded() {
        let late = Burst { before: 3, waited: ms(5_800), rhythm: None };
        assert_eq!(WEB.after("oi", late), ms(200));
        assert_eq!(WEB.after("oi", Burst { waited: ms(60_000), ..late }), Duration::ZERO);
        assert_eq!(WEB.after("oi", Burst { before: 7, ..Burst::default() }), Duration::ZERO);
    }

    #[test]
    fn a_very_long_text_is_not_read_as_a_greeting() {
        assert_eq!(ending(&"oi ".repeat(100_000)), Ending::Statement);
    }

    proptest! {
        /// Whatever people write, and whenever: no single wait and no whole burst is longer than its bound.
        #[test]
        fn no_burst_waits_forever(texts in proptest::collection::vec((".{0,40}", 0u64..30_000), 1..40)) {
            let mut heard: Vec<Heard> = Vec::new();
            let mut now = Duration::ZERO;
            for (text, pause) in texts {
                now += ms(pause);
                let burst = Burst::of(&heard, now);
                let wait = WEB.after(&text, burst);
                prop_assert!(wait <= WEB.longest);
                prop_assert!(burst.waited + wait <= WEB.total.max(burst.waited));
                prop_assert!(burst.before + 1 < WEB.messages || wait.is_zero());
                heard.push(Heard { at: now, by_customer: pause % 5 != 0 });
            }
        }
    }
}

//! Completes a question that leans on the ones before it ("e no sábado?", "how much?"), by rules: who asks on about the
//! same thing opens with "and", points at it ("isso", "it"), or asks for a trait without saying of what. Says what the
//! earlier messages lend; what that is worth to a search is not decided here.

use crate::domain::language::Language;
use crate::knowledge::analyze;
use crate::knowledge::stop_words::{Role, is_greeting_pair, role};
use std::collections::HashSet;

/// Earlier messages that a follow-up may lean on, at most.
const MOST_CARRIED: usize = 2;

/// A message of more words says itself what it is about.
const LONGEST_FOLLOW_UP: usize = 9;

/// A message that points at something says itself what it is about when it has more telling words than this.
const MOST_OWN_WORDS: usize = 2;

/// What `text` takes from the customer's messages before it, the newest first; nothing if it stands alone. What it
/// says anew (another weekday, size or place) is left out of what it takes.
pub fn carried(text: &str, before: &[&str], language: Language) -> Vec<String> {
    let lists = Lists::of(language);
    let mut carried: Vec<String> = Vec::new();
    let mut leaning = text;
    for earlier in before.iter().take(MOST_CARRIED) {
        if !lists.leans(leaning, language) {
            break;
        }
        let lent = lists.lent(earlier, text, language);
        if !lent.is_empty() {
            carried.push(lent);
        }
        leaning = earlier;
    }
    carried
}

struct Lists {
    /// Words that open a question which goes on from another.
    openers: &'static [&'static [&'static str]],
    /// Words that point at what was said.
    pointers: &'static [&'static str],
    /// Words that ask.
    questions: &'static [&'static str],
    /// Traits that something has; alone they ask "of what?".
    traits: &'static [&'static str],
    /// Words of which a question holds one: a new one takes the place of the old.
    kinds: &'static [&'static [&'static str]],
    /// Prepositions that say where, to whom or by what: a new phrase takes the place of the old.
    places: &'static [&'static [&'static str]],
}

impl Lists {
    fn of(language: Language) -> &'static Self {
        match language {
            Language::Portuguese => &PORTUGUESE,
            Language::English => &ENGLISH,
            Language::Spanish => &SPANISH,
        }
    }

    /// Whether a message cannot be understood without the one before it.
    fn leans(&self, text: &str, language: Language) -> bool {
        let words: Vec<String> = analyze::words(text).collect();
        if words.is_empty() || words.len() > LONGEST_FOLLOW_UP {
            return false;
        }
        let is = |list: &[&str], word: &String| list.contains(&word.as_str());
        let told: Vec<&String> = words.iter().filter(|word| role(language, word) != Role::Greeting).collect();
        let opened = self.openers.iter().any(|opener| {
            opener.len() < told.len() && opener.iter().zip(&told).all(|(opener, word)| opener == word)
        });
        let own = told.iter().filter(|word| {
            role(language, word) == Role::Content
                && !is(self.traits, word)
                && !is(self.pointers, word)
                && !is(self.questions, word)
        });
        let own = own.count();
        let asks = told.iter().any(|word| is(self.questions, word) || is(self.traits, word));
        let points = told.iter().any(|word| is(self.pointers, word));
        opened || (points && own <= MOST_OWN_WORDS) || (asks && own == 0)
    }

    /// The words of an earlier message, without those that the follow-up replaces.
    fn lent(&self, earlier: &str, text: &str, language: Language) -> String {
        let said: HashSet<String> = analyze::words(text).collect();
        let replaced = |groups: &'static [&'static [&'static str]]| {
            let groups = groups.iter().filter(|group| group.iter().any(|word| said.contains(*word)));
            groups.flat_map(|group| group.iter().copied()).collect::<HashSet<&str>>()
        };
        let (kinds, places) = (replaced(self.kinds), replaced(self.places));
        let mut lent: Vec<&str> = Vec::new();
        let mut in_place = false;
        let fold = |word: &str| analyze::words(word).next().unwrap_or_default();
        let mut words = earlier.split_whitespace().map(|word| (word, fold(word))).peekable();
        while let Some((word, folded)) = words.next() {
            if words.next_if(|(_, next)| is_greeting_pair(language, &folded, next)).is_some() {
                continue;
            }
            if places.contains(folded.as_str()) {
                in_place = true;
            } else if role(language, &folded) != Role::Content {
                in_place = false;
            }
            if !in_place && !kinds.contains(folded.as_str()) && role(language, &folded) != Role::Greeting {
                lent.push(word);
            }
        }
        let telling = lent.iter().flat_map(|word| analyze::words(word));
        let telling = telling.filter(|word| matches!(role(language, word), Role::Content | Role::Filler));
        if telling.count() == 0 { String::new() } else { lent.join(" ") }
    }
}

static PORTUGUESE: Lists = Lists {
    openers: &[&["e"], &["mas", "e"], &["ah", "e"], &["mas", "se"], &["ou", "no"], &["ou", "na"]],
    pointers: &[
        "ele", "ela", "eles", "elas", "dele", "dela", "deles", "delas", "nele", "nela", "isso", "disso",
        "nisso", "esse", "essa", "esses", "essas", "desse", "dessa", "nesse", "nessa", "este", "esta",
        "deste", "desta", "la", "mesmo", "mesma",
    ],
    questions: &["quanto", "quantos", "quantas", "qual", "quais", "quando", "onde", "como", "pq"],
    traits: &[
        "tempo", "custa", "custam", "preco", "precos", "valor", "valores", "sai", "fica", "prazo", "demora",
        "demoram", "dura", "tamanho", "tamanhos", "cor", "cores", "modelo", "modelos", "caro", "barato",
        "desconto", "gratis", "mede", "pesa", "grande", "pequeno", "pequena", "medio", "media", "detalhes",
        "serve", "chega",
    ],
    kinds: &[
        &[
            "segunda", "terca", "quarta", "quinta", "sexta", "sabado", "domingo", "sabados", "domingos",
            "feriado", "feriados", "hoje", "amanha",
        ],
        &["p", "m", "g", "pp", "gg", "pequeno", "pequena", "medio", "media", "grande"],
        &["inverno", "verao", "outono", "primavera"],
        &["gato", "gatos", "cachorro", "cachorros", "cao", "caes"],
    ],
    places: &[
        &["em", "no", "na", "nos", "nas"],
        &["para", "pra", "pro", "pras", "pros"],
        &["com"],
        &["pelo", "pela", "por"],
    ],
};

static ENGLISH: Lists = Lists {
    openers: &[&["and"], &["what", "about"], &["how", "about"], &["but", "what"], &["or"], &["what", "if"]],
    pointers: &[
        "it", "its", "that", "this", "they", "them", "their", "one", "ones", "those", "these", "there",
        "same",
    ],
    questions: &["how", "what", "when", "where", "which", "who", "why"],
    traits: &[
        "time",
        "much",
        "many",
        "long",
        "cost",
        "costs",
        "price",
        "prices",
        "size",
        "sizes",
        "color",
        "colors",
        "colour",
        "colours",
        "big",
        "small",
        "large",
        "medium",
        "free",
        "cheap",
        "cheaper",
        "expensive",
        "discount",
        "take",
        "takes",
        "weigh",
    ],
    kinds: &[
        &[
            "monday",
            "tuesday",
            "wednesday",
            "thursday",
            "friday",
            "saturday",
            "sunday",
            "saturdays",
            "sundays",
            "weekend",
            "holiday",
            "holidays",
            "today",
            "tomorrow",
        ],
        &["small", "medium", "large", "big"],
        &["winter", "summer", "autumn", "fall", "spring"],
        &["cat", "cats", "dog", "dogs"],
    ],
    places: &[&["in", "on", "at"], &["to", "for"], &["with"], &["by"]],
};

static SPANISH: Lists = Lists {
    openers: &[&["y"], &["pero", "y"], &["o", "en"], &["que", "tal"]],
    pointers: &[
        "ella", "ellos", "ellas", "eso", "ese", "esa", "esos", "esas", "esto", "este", "esta", "alli", "ahi",
        "mismo", "misma",
    ],
    questions: &["cuanto", "cuanta", "cuantos", "cuantas", "cual", "cuales", "cuando", "donde", "como"],
    traits: &[
        "tiempo",
        "cuesta",
        "cuestan",
        "vale",
        "valen",
        "precio",
        "precios",
        "sale",
        "salen",
        "plazo",
        "tarda",
        "tardan",
        "dura",
        "tamano",
        "tamanos",
        "color",
        "colores",
        "caro",
        "barato",
        "descuento",
        "gratis",
        "mide",
        "pesa",
        "grande",
        "pequeno",
        "pequena",
        "mediano",
        "mediana",
        "queda",
        "llega",
    ],
    kinds: &[
        &[
            "lunes",
            "martes",
            "miercoles",
            "jueves",
            "viernes",
            "sabado",
            "sabados",
            "domingo",
            "domingos",
            "feriado",
            "feriados",
            "festivos",
            "hoy",
            "manana",
        ],
        &["pequeno", "pequena", "mediano", "mediana", "grande"],
        &["invierno", "verano", "otono", "primavera"],
        &["gato", "gatos", "perro", "perros"],
    ],
    places: &[&["en"], &["para", "a", "al"], &["con"], &["por"]],
};

//! The name by which somebody is spoken to: `Oi, Rui!`, `Obrigada, dona Ana`, `Alugamos, sim, Rui!`. Pure; what becomes of
//! the words is its caller's.

use crate::language::fold::{Token, TokenKind};
use crate::language::persons::{Name, bare_name};
use crate::language::span::Found;
use std::ops::Range;

/// Words before the name of who is spoken to; of `bom dia` and `thank you` the last.
const GREETINGS: [&str; 36] = [
    "oi",
    "oie",
    "ola",
    "opa",
    "hi",
    "hello",
    "hey",
    "hola",
    "dear",
    "dia",
    "tarde",
    "noite",
    "dias",
    "tardes",
    "noches",
    "morning",
    "afternoon",
    "evening",
    "obrigado",
    "obrigada",
    "gracias",
    "thanks",
    "you",
    "prezado",
    "prezada",
    "caro",
    "cara",
    "querido",
    "querida",
    "estimado",
    "estimada",
    "desculpe",
    "desculpa",
    "sorry",
    "perdon",
    "claro",
];
/// Of these the word before says whether it is a greeting: `boa tarde`, and not `amanhã à tarde`.
const HALVES: [(&str, &str); 9] = [
    ("dia", "bom"),
    ("tarde", "boa"),
    ("noite", "boa"),
    ("dias", "buenos"),
    ("tardes", "buenas"),
    ("noches", "buenas"),
    ("morning", "good"),
    ("afternoon", "good"),
    ("evening", "good"),
];
/// Words between a greeting and the name.
const TITLES: [&str; 15] = [
    "sr", "sra", "srta", "seu", "dona", "dr", "dra", "senhor", "senhora", "mr", "mrs", "ms", "don", "senor",
    "senora",
];
/// Words between two parts of a name.
const PARTICLES: [&str; 5] = ["da", "de", "do", "dos", "das"];
/// Most words of a name.
const MOST_WORDS: usize = 4;
/// How sure of a name is who finds it among first names.
const A_FIRST_NAME: u8 = 95;

/// A name that somebody is spoken to by.
pub(super) struct SpokenTo {
    /// What may be left out, the comma beside it included.
    pub(super) span: Range<usize>,
    /// The words of the name, folded.
    pub(super) words: Vec<String>,
}

/// The names that somebody is spoken to by in `text`, of which `all` are the tokens. Words in `own` belong to the business,
/// those in `known` to who is spoken to.
pub(super) fn spoken_to(text: &str, all: &[Token], own: &[String], known: &[String]) -> Vec<SpokenTo> {
    let reader = Reader { text, all, own, known: known.to_vec() };
    // Who is greeted once is known in the rest of the text.
    let greeted = (0..all.len()).filter_map(|place| reader.behind_a_greeting(place));
    let known = greeted.flat_map(|found| found.words).chain(known.iter().cloned()).collect();
    let reader = Reader { known, ..reader };
    let mut found: Vec<SpokenTo> = Vec::new();
    for (place, token) in all.iter().enumerate() {
        if found.last().is_some_and(|last| token.span.start < last.span.end) {
            continue;
        }
        found.extend(reader.behind_a_greeting(place).or_else(|| reader.aside(place)));
    }
    found
}

struct Reader<'a> {
    text: &'a str,
    all: &'a [Token],
    own: &'a [String],
    known: Vec<String>,
}

impl Reader<'_> {
    /// `Oi, Rui!`, `Olá dona Ana`.
    fn behind_a_greeting(&self, place: usize) -> Option<SpokenTo> {
        if !self.greets(place) {
            return None;
        }
        let mut begin = place + 1;
        let has_comma = self.is(begin, ",");
        begin += usize::from(has_comma);
        while self.all.get(begin).is_some_and(|token| TITLES.contains(&token.text.as_str())) {
            begin += 1;
            begin += usize::from(self.is(begin, "."));
        }
        let end = self.name_from(begin)?;
        // `Oi, Temos sim`: a sentence begins.
        let is_sure = self.is_first_name(begin) || !has_comma || self.ends_at(end);
        let span = self.all[place].span.end..self.all[end - 1].span.end;
        is_sure.then(|| SpokenTo { span, words: self.words(begin..end) })
    }

    /// `Rui, alugamos`, `alugamos, sim, Rui!`.
    fn aside(&self, place: usize) -> Option<SpokenTo> {
        if place == 0 {
            let end = self.name_from(0).filter(|end| self.is_first_name(0) && self.is(*end, ","))?;
            return Some(SpokenTo { span: 0..self.all[end].span.end, words: self.words(0..end) });
        }
        if !self.is(place, ",") {
            return None;
        }
        let end = self.name_from(place + 1).filter(|end| self.ends_at(*end))?;
        // One of several: `em Serra, Vila Velha, Vitória.`
        let in_a_list = self.is_large(place - 1);
        let is_called = self.is(end, "!") || self.is(end, "?");
        let span = self.all[place].span.start..self.all[end - 1].span.end;
        (!in_a_list && (is_called || self.is_first_name(place + 1)))
            .then(|| SpokenTo { span, words: self.words(place + 1..end) })
    }

    fn greets(&self, place: usize) -> bool {
        let word = self.all[place].text.as_str();
        let before = place.checked_sub(1).map_or("", |before| self.all[before].text.as_str());
        match HALVES.iter().find(|(half, _)| *half == word) {
            Some((_, first)) => *first == before,
            None if word == "you" => before == "thank",
            None => GREETINGS.contains(&word),
        }
    }

    /// Where the name ends that begins at `begin`.
    fn name_from(&self, begin: usize) -> Option<usize> {
        self.all.get(begin).filter(|token| token.kind == TokenKind::Word)?;
        let is_name = |place: usize| {
            let token = &self.all[place];
            token.kind == TokenKind::Word
                && self.is_large(place)
                && !self.own.contains(&token.text)
                // `Temos`, `Alugamos`
                && !token.text.ends_with("mos")
                && bare_name(&self.text[token.span.clone()]).is_some()
        };
        if !is_name(begin) && !self.is_first_name(begin) {
            return None;
        }
        let mut end = begin + 1;
        while end < self.all.len() && end - begin < MOST_WORDS {
            let is_particle = PARTICLES.contains(&self.all[end].text.as_str());
            let goes_on = match is_particle {
                true => end + 1 < self.all.len() && is_name(end + 1),
                false => is_name(end),
            };
            if !goes_on || self.text[self.all[end - 1].span.end..self.all[end].span.start].contains('\n') {
                break;
            }
            end += 1;
        }
        Some(end)
    }

    /// Whether a first name that many have stands there, however it is written, or one that is known here.
    fn is_first_name(&self, place: usize) -> bool {
        self.all.get(place).filter(|token| token.kind == TokenKind::Word).is_some_and(|token| {
            let is_common =
                |name: Found<Name>| name.value.sure >= A_FIRST_NAME && !self.own.contains(&token.text);
            self.known.contains(&token.text)
                || bare_name(&self.text[token.span.clone()]).is_some_and(is_common)
        })
    }

    /// Whether nothing more is said before the next mark or line.
    fn ends_at(&self, end: usize) -> bool {
        let Some(next) = self.all.get(end) else { return true };
        next.kind == TokenKind::Mark || self.text[self.all[end - 1].span.end..next.span.start].contains('\n')
    }

    fn is(&self, place: usize, mark: &str) -> bool {
        self.all.get(place).is_some_and(|token| token.text == mark)
    }

    fn is_large(&self, place: usize) -> bool {
        self.text[self.all[place].span.clone()].starts_with(char::is_uppercase)
    }

    fn words(&self, places: Range<usize>) -> Vec<String> {
        let words = self.all[places].iter().map(|token| token.text.clone());
        words.filter(|word| !PARTICLES.contains(&word.as_str())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::fold::tokens;

    #[test]
    fn who_is_spoken_to_is_found_and_nothing_else() {
        let own = ["casa".to_owned(), "jatoba".to_owned()];
        for (text, rest) in [
            ("Oi, Rui! Alugamos, sim.", "Oi! Alugamos, sim."),
            ("Olá Rui, tudo bem?", "Olá, tudo bem?"),
            ("oi bruno, alugamos sim", "oi, alugamos sim"),
            ("Hi Rui\nYes, we do.", "Hi\nYes, we do."),
            ("Hola Xiomara, claro que sí", "Hola, claro que sí"),
            ("Oi Wandeclécio tudo bem?", "Oi tudo bem?"),
            ("Boa tarde, dona Ana Paula da Silva. Temos, sim.", "Boa tarde. Temos, sim."),
            ("Good morning, Mr. Smith, we rent them", "Good morning, we rent them"),
            ("Alugamos, sim, Rui!", "Alugamos, sim!"),
            ("Alugamos, sim, Bruno.", "Alugamos, sim."),
            ("Oi Rui! Alugamos, sim, Rui.", "Oi! Alugamos, sim."),
            ("Bruno, alugamos sim.", " alugamos sim."),
            ("Obrigada, Rui", "Obrigada"),
            // Nobody is spoken to.
            ("Oi, Temos sim", "Oi, Temos sim"),
            ("Oi! Alugamos por dia.", "Oi! Alugamos por dia."),
            ("Oi, tudo bem? Alugamos.", "Oi, tudo bem? Alugamos."),
            ("Olá, Casa Jatobá!", "Olá, Casa Jatobá!"),
            ("Entregamos em Serra, Vila Velha, Vitória.", "Entregamos em Serra, Vila Velha, Vitória."),
            ("Fica na Rua do Jatobá, 128, Pinheiros.", "Fica na Rua do Jatobá, 128, Pinheiros."),
            ("Amanhã à tarde Pinheiros recebe entregas", "Amanhã à tarde Pinheiros recebe entregas"),
            ("A rosa do deserto custa R$ 50.", "A rosa do deserto custa R$ 50."),
        ] {
            let mut shown = text.to_owned();
            for found in spoken_to(text, &tokens(text), &own, &[]).into_iter().rev() {
                shown.replace_range(found.span, "");
            }
            assert_eq!(shown, rest, "{text}");
        }
    }
}

//! What a fact is said of: the words that stand before it, back to the fact of its kind before; or behind it, where
//! sentences put the number first (`R$ 29,90 a pequena, R$ 89,90 a grande`).

use super::lexicon::{Unit, is_neutral, shared, shared_size, unit};
use super::reach::{
    clause_before, clause_behind, comma_behind, is_behind_its_verb, nouns_behind, part_before,
};
use super::tails::tail_behind;
use super::{Fact, Source, Stated, THING, Word};
use crate::domain::language::Language;
use crate::language::fold::{Token, TokenKind, is_stopword, stem, tokens};
use crate::language::memo::Memo;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::sync::LazyLock;

/// A word that names something, as a number; those that name a day have `DAY` set.
pub type Term = u32;

/// Marks terms of days.
const DAY: Term = 1 << 31;
/// Marks terms of rates.
const RATE: Term = 1 << 30;

/// Terms of texts that were read before: names and titles come again and again.
static TERMS: LazyLock<Memo<Vec<Term>>> = LazyLock::new(Memo::default);

/// A number of so many digits names something too.
const NAMING_DIGITS: usize = 3;

/// The term of a stem.
fn term(stem: &str) -> Term {
    let mut hasher = DefaultHasher::new();
    stem.hash(&mut hasher);
    // Less than half of it is as good a hash as the whole.
    (hasher.finish() & u64::from(RATE - 1)) as Term
}

/// Whether a term names a day.
pub fn names_a_day(term: Term) -> bool {
    term & DAY != 0
}

/// Whether a term names a weekday.
pub fn names_a_weekday(named: Term) -> bool {
    names_a_day(named) && (0..7).any(|day| day_term(Fact::Weekday(day)) == Some(named))
}

/// Whether a term says for how long an amount is.
pub fn names_a_rate(term: Term) -> bool {
    term & (DAY | RATE) == RATE
}

/// The term of a day so many days from the present one.
pub fn term_of_relative(days: i8) -> Term {
    term(&format!("@relative{days}")) | DAY
}

/// The term that days name what is said of them with.
fn day_term(fact: Fact) -> Option<Term> {
    match fact {
        Fact::Weekday(day) => Some(term(&format!("@weekday{day}")) | DAY),
        Fact::Date { day: 0, .. } => None,
        Fact::Date { day, month, .. } => Some(term(&format!("@date{day}/{month}")) | DAY),
        Fact::Relative(days) => Some(term_of_relative(days)),
        _ => None,
    }
}

/// The term that a length names what it costs with: `por 4 horas`.
pub(super) fn length_term(fact: Fact) -> Option<Term> {
    match fact {
        Fact::Minutes(minutes, _) => Some(term(&format!("@minutes{minutes}"))),
        Fact::Months(months) => Some(term(&format!("@months{months}"))),
        _ => None,
    }
}

/// The term of a length for which an amount is: `por dia`, `per night`.
pub fn rate_term(word: &str) -> Option<Term> {
    let rate = match word {
        "hora" | "hour" => "hour",
        "dia" | "day" | "diaria" | "diario" | "daily" => "day",
        "noite" | "night" | "noche" | "pernoite" => "night",
        "semana" | "week" | "semanal" | "weekly" => "week",
        "mes" | "month" | "mensal" | "mensual" | "monthly" | "mensalidade" => "month",
        "semestre" | "semestral" => "half-year",
        "trimestre" | "trimestral" | "quarter" | "quarterly" => "quarter",
        "bimestre" | "bimestral" => "two months",
        "ano" | "year" | "anual" | "yearly" | "annual" => "year",
        _ => return None,
    };
    Some(term(&format!("@per {rate}")) | RATE)
}

/// The terms of a name or a key: `delivery_fee`, `Jiboia (Tamanho: G)`.
pub fn terms_of(text: &str, language: Language) -> Vec<Term> {
    TERMS.of(text, language, || terms_anew(text, language)).to_vec()
}

fn terms_anew(text: &str, language: Language) -> Vec<Term> {
    let all = tokens(text);
    let names = |(at, token): (usize, &Token)| {
        size_term(&all, at)
            .or_else(|| model_term(&all, at))
            .or_else(|| word_term(&token.text, token.kind, language))
    };
    let mut found: Vec<Term> = all.iter().enumerate().filter_map(names).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The term of a size behind its name: `Size: L`, `Talla 39`.
fn size_term(all: &[Token], at: usize) -> Option<Term> {
    let before = all[..at].iter().rev().find(|token| token.kind != TokenKind::Mark)?;
    let is_named =
        matches!(before.text.as_str(), "size" | "talla" | "tamanho" | "tamano" | "tam" | "numero" | "n");
    let token = all.get(at).filter(|_| is_named)?;
    match token.kind {
        TokenKind::Digits => Some(term(&token.text)),
        TokenKind::Word => shared_size(Some(&before.text), &token.text).map(term),
        TokenKind::Mark => None,
    }
}

/// The terms of a day, for what carries its date as a value.
pub fn terms_of_day(date: jiff::civil::Date) -> [Term; 2] {
    let weekday = date.weekday().to_monday_zero_offset().unsigned_abs();
    [term(&format!("@weekday{weekday}")) | DAY, term(&format!("@date{}/{}", date.day(), date.month())) | DAY]
}

/// The term of letters and digits that are one name: `X1`; and of a measure, which tells one size from another: `15 kg`.
fn model_term(all: &[Token], at: usize) -> Option<Term> {
    let (one, next) = (all.get(at)?, all.get(at + 1)?);
    match (one.kind, next.kind) {
        (TokenKind::Word, TokenKind::Digits) => {
            one.touches(next).then(|| term(&format!("{}{}", one.text, next.text)))
        }
        (TokenKind::Digits, TokenKind::Word) => match unit(&next.text)? {
            Unit::Of("piece" | "times") => None,
            Unit::Of(name) => Some(term(&format!("{}{name}", one.text))),
            // How long something takes does not name it.
            Unit::Minutes(_) | Unit::Months(_) => None,
        },
        _ => None,
    }
}

fn word_term(word: &str, kind: TokenKind, language: Language) -> Option<Term> {
    match kind {
        TokenKind::Mark => None,
        TokenKind::Digits => (word.len() >= NAMING_DIGITS).then(|| term(word)),
        TokenKind::Word => {
            if let Some(shared) = shared(word) {
                return Some(term(shared));
            }
            let names = word.len() > 2 && !is_stopword(word, language) && !is_neutral(word);
            names.then(|| term(&stem(word, language)))
        }
    }
}

/// Gives every fact the terms it is said of; returns those of the whole sentence, sorted.
pub(super) fn attach(source: &Source<'_>, found: &mut [Stated]) -> Vec<Term> {
    let mut terms: Vec<(usize, Term)> = Vec::new();
    for (at, token) in source.tokens.iter().enumerate() {
        // A number is the fact, not what the fact is said of; a code names something.
        let is_stated = found.iter().any(|stated| {
            let inside = stated.span.start <= token.span.start && token.span.end <= stated.span.end;
            inside && !matches!(stated.fact, Fact::Code(_) | Fact::Number(_) | Fact::Word(_))
        });
        let is_rate = at > 0
            && (matches!(source.word(at - 1), "por" | "per" | "/" | "ao" | "cada" | "each" | "al")
                // `R$ 50 a diária`, and not `A diária custa R$ 50`
                || (source.word(at - 1) == "a" && at > 1 && source.tokens[at - 2].kind != TokenKind::Word));
        terms.extend(rate_term(&token.text).filter(|_| is_rate).map(|rate| (token.span.start, rate)));
        let of_word = || {
            if is_stated || (is_rate && rate_term(&token.text).is_some()) {
                None
            } else {
                let is_number = found
                    .iter()
                    .any(|stated| matches!(stated.fact, Fact::Number(_)) && stated.span == token.span);
                // `agotados en el 39`: a number that counts nothing names something.
                let of_number = (is_number && token.text.len() > 1).then(|| term(&token.text));
                of_number.or_else(|| word_term(&token.text, token.kind, source.language))
            }
        };
        let of_size = || size_term(source.tokens, at);
        if let Some(term) = of_size().or_else(|| model_term(source.tokens, at)).or_else(of_word) {
            terms.push((token.span.start, term));
        }
    }
    terms.extend(found.iter().filter_map(|stated| Some((stated.span.start, day_term(stated.fact)?))));
    if found.iter().any(|stated| matches!(stated.fact, Fact::Money(_))) {
        let lengths = found.iter().filter_map(|stated| Some((stated.span.start, length_term(stated.fact)?)));
        terms.extend(lengths);
    }
    terms.extend(christmas(source));
    terms.sort_unstable();
    let spans: Vec<(Fact, Range<usize>)> =
        found.iter().map(|stated| (stated.fact, stated.span.clone())).collect();
    let within = |range: Range<usize>, own: &Range<usize>| -> Vec<Term> {
        let mut near: Vec<Term> = terms
            .iter()
            .filter(|(at, _)| range.contains(at) && !own.contains(at))
            .map(|(_, term)| *term)
            .collect();
        near.sort_unstable();
        near.dedup();
        near
    };
    // What stands right behind a number is said of that number: `R$ 29,90 (pequena)`, `R$ 199 na capital`.
    let tails: Vec<Option<Range<usize>>> =
        spans.iter().map(|(fact, span)| tail_behind(source, span.end, *fact)).collect();
    let mut inherited: Vec<Vec<Term>> = vec![Vec::new(); found.len()];
    for index in 0..found.len() {
        let (fact, own) = spans[index].clone();
        let of_kind = |place: &usize| spans[*place].0.competes_with(fact) && spans[*place].1 != own;
        let previous = (0..index).rev().find(of_kind);
        let next = (index + 1..spans.len()).find(of_kind);
        let begin = previous.map_or(0, |place| {
            tails[place].as_ref().map_or(spans[place].1.end, |tail| tail.end).min(own.start)
        });
        // Another clause speaks of another thing.
        let clause = clause_before(source, own.start);
        let is_bare_clause = clause > begin && within(clause..own.start, &own).is_empty();
        let begin = if clause > begin && !is_bare_clause { clause } else { begin };
        let end = next.map_or(source.text.len(), |place| spans[place].1.start);
        // Where the first of a kind has nothing before it, the number comes first all along.
        let first =
            spans.iter().find(|(other, _)| other.competes_with(fact)).map_or(0, |(_, span)| span.start);
        let number_first = within(0..first, &own).is_empty();
        let before = within(begin..own.start, &own);
        let before_is_empty = before.is_empty();
        // What is included stands behind the word as often as before it.
        let around_it = matches!(fact, Fact::Word(Word::Included | Word::Extra));
        let mut near = match (number_first, before_is_empty) {
            _ if matches!(fact, Fact::Count(_, THING)) => {
                within(own.end..nouns_behind(source, own.end), &own)
            }
            // `access at weekends, free parking`
            _ if matches!(fact, Fact::Word(Word::Free)) && is_before_its_noun(source, &own) => {
                within(own.end..nouns_behind(source, own.end), &own)
            }
            _ if around_it && includes(&source.text[own.clone()]) => {
                within(own.end..clause_behind(source, own.end, end), &own)
            }
            (_, false) if around_it => {
                let told = spans[..index].iter().map(|(_, span)| span.end).max().unwrap_or(0);
                let part = within(part_before(source, own.start).max(begin).max(told)..own.start, &own);
                if part.is_empty() { before } else { part }
            }
            _ if around_it => within(own.end..end, &own),
            // `Cuesta 240 €, que puedes pagar en dos cuotas de 120 €`: what costs that was named before.
            (true, _) if is_behind_its_verb(source, own.start) => {
                within(own.end..comma_behind(source, own.end, end), &own)
            }
            (true, _) => within(own.end..clause_behind(source, own.end, end), &own),
            (false, false) => before,
            // `de R$ 29,90 a R$ 89,90`: the second is said of what the first is said of.
            (false, true) => previous.map_or_else(Vec::new, |place| inherited[place].clone()),
        };
        inherited[index].clone_from(&near);
        if let Some(tail) = &tails[index] {
            let told = within(tail.start..tail.end.min(end), &own);
            // What is only inherited must not drown what is said.
            if (before_is_empty || is_bare_clause) && !number_first && !told.is_empty() {
                near.clear();
            }
            near.extend(told);
            near.sort_unstable();
            near.dedup();
        }
        found[index].near = near;
    }
    let opening = found.iter().map(|stated| stated.span.start).min().unwrap_or(0);
    let mut lead: Vec<Term> = terms.iter().filter(|(at, _)| *at < opening).map(|(_, term)| *term).collect();
    lead.sort_unstable();
    lead.dedup();
    found.iter_mut().for_each(|stated| stated.lead.clone_from(&lead));
    let mut all: Vec<Term> = terms.into_iter().map(|(_, term)| term).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The days that sentences call `Natal` and `véspera de Natal`.
fn christmas(source: &Source<'_>) -> impl Iterator<Item = (usize, Term)> {
    let day = |day: u8| term(&format!("@date{day}/12")) | DAY;
    source.tokens.iter().enumerate().filter_map(move |(at, token)| {
        let is_eve =
            matches!(source.before(at, 2), "vespera" | "visperas") || matches!(source.word(at + 1), "eve");
        match (token.text.as_str(), is_eve) {
            ("natal" | "christmas" | "navidad", true) | ("nochebuena", _) => {
                Some((token.span.start, day(24)))
            }
            ("natal" | "christmas" | "navidad", false) => Some((token.span.start, day(25))),
            (_, _) => None,
        }
    })
}

/// Whether `free` stands right before what is free.
fn is_before_its_noun(source: &Source<'_>, own: &Range<usize>) -> bool {
    source.text[own.clone()].eq_ignore_ascii_case("free")
        && source
            .tokens
            .iter()
            .find(|token| token.span.start >= own.end)
            .is_some_and(|next| word_term(&next.text, next.kind, source.language).is_some())
}

/// Whether a word is one that stands before what is included.
fn includes(word: &str) -> bool {
    matches!(
        word.to_lowercase().as_str(),
        "inclui" | "incluem" | "include" | "includes" | "incluye" | "incluyen"
    ) || ["mais ", "plus ", "más "].iter().any(|more| word.to_lowercase().starts_with(more))
}

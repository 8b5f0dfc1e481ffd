//! What a tool result states: every scalar with its path, typed by the name of its field, and with the terms that name the
//! record it stands in. Two records of one result are two subjects.

use super::fields::{
    Listing, STOCK, class_of, class_within, has_words, is_name, is_of_prices, is_qualifier, iso_minutes,
    lists, lists_what_is_taken, longest_name, says_share, says_taken, unit_of, weekday_of, words_of,
};
use crate::domain::language::Language;
use crate::language::memo::Memo;
use crate::language::statements::{
    Fact, Hedge, Kind, Pace, Stated, Term, Word, decimal, names_a_day, rate_term, read, read_sentence,
    terms_of, terms_of_day,
};
use serde_json::{Map, Value};
use std::sync::{Arc, LazyLock};

static READ: LazyLock<Memo<Vec<Item>>> = LazyLock::new(Memo::default);

/// Longest name of a weekday.
const LONGEST_DAY: usize = 16;
/// A text of more words tells something.
const WORDS_OF_PROSE: usize = 4;
/// Deepest nesting that is read.
const DEEPEST: usize = 24;

/// Fields of what a price includes.
const INCLUDED: &str =
    "includes included include inclui incluso inclusa incluido incluida inclusos incluye incluidos";

/// What a value is evidence of.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum What {
    /// A fact that is written out.
    Fact(Fact),
    /// A number in ten-thousandths, of what its field's name says.
    Raw(u64, Class),
}

/// What the name of a field says of its number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// Nothing; it may be an amount or a quantity.
    Any,
    /// That it takes long, and not in what unit.
    Length,
    /// That it is a share or an amount.
    Share,
    /// That it is an hour.
    Hour,
    /// An amount, in the currency or in its hundredths.
    Money,
    /// An amount in hundredths.
    Cents,
    /// A percentage.
    Percent,
    /// A quantity.
    Count,
    /// How many are listed, of which a reply may tell fewer.
    Listed,
    /// A length, in so many minutes each.
    Minutes(u32),
    /// A length, in so many months each.
    Months(u32),
    /// A name.
    Name,
}

/// One piece of evidence in a result.
#[derive(Clone, Debug)]
pub struct Item {
    /// What it is evidence of.
    pub what: What,
    /// Where it stands, e.g. `products[0].price`.
    pub path: String,
    /// Terms that name its record and its field, sorted.
    pub near: Vec<Term>,
    /// Terms that name its own record and not those around it.
    pub own: Vec<Term>,
    /// Terms that name its field, sorted.
    pub field: Vec<Term>,
    /// Whether its record says that it is not to be had: `livre: false`.
    pub is_taken: bool,
}

/// Everything that a result states, which is `written` like this.
pub fn read_result(written: &str, data: &Value, language: Language) -> Arc<Vec<Item>> {
    READ.of(written, language, || {
        let mut reader = Reader { language, items: Vec::new() };
        reader.value(data, &Place::default(), 0);
        reader.items
    })
}

/// Where the reader is.
#[derive(Clone, Default)]
struct Place {
    path: String,
    /// The field's name in words.
    key: Vec<String>,
    /// Terms of the record and of those around it.
    subject: Vec<Term>,
    /// Terms of the fields around it.
    way: Vec<Term>,
    /// Terms of the record alone.
    own: Vec<Term>,
    /// The field that the record around it is named by.
    named_by: Option<String>,
    /// Whether the record says that it is not to be had.
    is_taken: bool,
    /// Whether the field says how many are listed beside it: `{"results": […], "total": 4}`.
    counts_a_list: bool,
    /// What the field around it is called.
    of: Vec<String>,
    /// Whether a field beside it says that it is a share: `{"type": "PERCENT", "value": 15}`.
    is_share: bool,
}

struct Reader {
    language: Language,
    items: Vec<Item>,
}

impl Reader {
    fn value(&mut self, value: &Value, place: &Place, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        match value {
            Value::Object(fields) => self.record(fields, place, depth),
            Value::Array(elements) => {
                self.add(What::Raw(elements.len() as u64 * 10_000, Class::Listed), place);
                for (index, element) in elements.iter().enumerate() {
                    let inner = Place { path: format!("{}[{index}]", place.path), ..place.clone() };
                    self.value(element, &inner, depth + 1);
                }
            }
            Value::String(text) => self.text(text, place),
            Value::Number(number) => {
                if let Some(raw) = number.as_f64().and_then(ten_thousandths) {
                    self.number(raw, place);
                }
            }
            Value::Bool(told) => self.flag(*told, place),
            Value::Null => {}
        }
    }

    /// A record is named by its short texts. One that has a name of its own, as the record around it has, is another
    /// subject: what a product goes with is not the product.
    fn record(&mut self, fields: &Map<String, Value>, place: &Place, depth: usize) {
        let named_by = fields.keys().find(|key| is_name(key)).cloned();
        let is_other = named_by.is_some() && named_by == place.named_by;
        let mut subject = Vec::new();
        for (key, value) in fields {
            let is_key = is_name(key) || is_qualifier(key);
            match value {
                Value::String(text)
                    if (is_key || has_words(text))
                        && text.len() <= longest_name(key, named_by.as_deref()) =>
                {
                    // `size: "L"`
                    let is_size = words_of(key).iter().any(|word| lists("size talla tamanho tamano", word));
                    let named = if is_size { format!("size {text}") } else { text.clone() };
                    subject.extend(naming(&named, self.language));
                    // `dia: "jueves"`
                    if is_qualifier(key) && text.len() <= LONGEST_DAY {
                        let terms = &read_sentence(text, self.language).terms;
                        subject.extend(terms.iter().copied().filter(|term| names_a_day(*term)));
                    }
                }
                Value::String(text) => subject.extend(days_of(text)),
                // `dias: ["terça", "quinta"]`
                Value::Array(elements) => subject.extend(weekdays_in(key, elements, self.language)),
                Value::Number(number) if is_key || is_naming(number, key) => {
                    let is_number =
                        words_of(key).iter().any(|word| lists("numero number size talla tamanho", word));
                    let named = if is_number { format!("numero {number}") } else { number.to_string() };
                    subject.extend(terms_of(&named, self.language));
                }
                _ => {}
            }
        }
        let around = if is_other { [].as_slice() } else { place.subject.as_slice() };
        let own: Vec<Term> = subject.iter().filter(|term| !around.contains(term)).copied().collect();
        subject.extend(around);
        // `orcamento: {total}` is the total of the budget.
        let mut way = terms_of(&place.key.join(" "), self.language);
        subject.extend(&way);
        way.extend(&place.way);
        subject.sort_unstable();
        subject.dedup();
        let is_taken = fields.iter().any(|(key, value)| says_taken(key, value));
        let listing = Listing::of(fields);
        let is_share =
            fields.iter().any(|(key, value)| value.as_str().is_some_and(|value| says_share(key, value)));
        for (key, value) in fields {
            // `ocupados: ["10:30"]`
            let is_taken = is_taken || (value.is_array() && lists_what_is_taken(key));
            let inner = Place {
                counts_a_list: listing.is_counted_by(key, value),
                path: if place.path.is_empty() { key.clone() } else { format!("{}.{key}", place.path) },
                key: words_of(key),
                subject: subject.clone(),
                way: way.clone(),
                own: own.clone(),
                named_by: named_by.clone().or_else(|| place.named_by.clone()),
                is_taken,
                of: place.key.clone(),
                is_share,
            };
            self.value(value, &inner, depth + 1);
        }
    }

    fn text(&mut self, text: &str, place: &Place) {
        let written = match unit_of(&place.key, text) {
            _ if let Some(day) = weekday_of(&place.key, text, self.language) => day.to_owned(),
            Some(unit) => format!("{text} {unit}"),
            None if text.contains(' ') => text.to_owned(),
            None => text.replace('_', " "),
        };
        let reading = read(&written, self.language);
        let days = days_of(text);
        // `quote_id: "qt_4410"` counts nothing.
        let is_code = class_of(&place.key) == Class::Name;
        for Stated { fact, near, hedge, .. } in &reading.stated {
            // `menos de 48 horas` of prose is told as it is; `about 3` of a field is no number.
            let is_exact = *hedge == Hedge::Exact || text.split(' ').count() > WORDS_OF_PROSE;
            if is_exact && !(is_code && matches!(fact.kind(), Kind::Count | Kind::Number)) {
                let near: Vec<Term> = near.iter().chain(&days).copied().collect();
                self.add_with(What::Fact(*fact), place, &near);
            }
        }
        if let Some(minutes) = iso_minutes(text) {
            self.add(What::Fact(Fact::Minutes(minutes, Pace::Unsaid)), place);
        }
        // `free_above`: from what amount on it is free.
        if place.key.iter().any(|word| lists("free gratis gratuito", word)) && !text.is_empty() {
            self.add(What::Fact(Fact::Word(Word::Free)), place);
        }
        // `includes: "parts and labor"`
        if place.key.iter().any(|word| lists(INCLUDED, word)) && reading.stated.is_empty() && !text.is_empty()
        {
            let near = terms_of(text, self.language);
            self.add_with(What::Fact(Fact::Word(Word::Included)), place, &near);
        }
        let trimmed = text.trim().trim_start_matches('-');
        if !trimmed.is_empty()
            && trimmed.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','))
            && let Some(raw) = decimal(trimmed)
        {
            self.number(raw, place);
        }
    }

    /// `parcelas_sem_juros: 10`, `hoje: true`: what the words of a field's name say, where its value is no nothing.
    fn key(&mut self, place: &Place) {
        let tells = |word: &String| {
            lists("hoje hoy today juros interes interest custo costo cost free gratis mesmo same", word)
        };
        let counts = |word: &String| word.bytes().all(|byte| byte.is_ascii_digit());
        if !place.key.iter().any(|word| tells(word) || counts(word)) {
            return;
        }
        let reading = read(&place.key.join(" "), self.language);
        for stated in &reading.stated {
            if matches!(
                stated.fact,
                Fact::Minutes(..)
                    | Fact::Months(_)
                    | Fact::Relative(_)
                    | Fact::Word(Word::WithoutInterest | Word::Free | Word::SameDay)
            ) {
                self.add(What::Fact(stated.fact), place);
            }
        }
    }

    fn number(&mut self, raw: u64, place: &Place) {
        // `prices: {adult: 42}`
        let class = match class_within(&place.key, &place.of) {
            _ if place.counts_a_list => Class::Any,
            Class::Any | Class::Share if place.is_share => Class::Percent,
            Class::Any if is_of_prices(&place.path) => Class::Money,
            class => class,
        };
        if raw > 0 {
            self.key(place);
        }
        self.add(What::Raw(raw, class), place);
        // `child_under_12`
        for digits in place.key.iter().filter(|word| word.bytes().all(|byte| byte.is_ascii_digit())) {
            if let Some(told) = decimal(digits) {
                self.add(What::Fact(Fact::Number(told)), place);
            }
        }
        let has = |words: &str| place.key.iter().any(|word| lists(words, word));
        if has(STOCK) {
            self.add(What::Fact(Fact::Word(if raw > 0 { Word::InStock } else { Word::SoldOut })), place);
        }
        if raw == 0 && (matches!(class, Class::Money | Class::Cents) || has("taxa tasa cargo")) {
            self.add(What::Fact(Fact::Word(Word::Free)), place);
        }
    }

    fn flag(&mut self, told: bool, place: &Place) {
        if told {
            self.key(place);
        }
        let has = |words: &str| place.key.iter().any(|word| lists(words, word));
        let fact = if has("agotado agotada esgotado esgotada unavailable indisponivel lotado soldout")
            || (has("sold") && has("out"))
            || (has("out") && has("stock"))
        {
            Some(if told { Word::SoldOut } else { Word::InStock })
        } else if has("available stock estoque disponivel disponible livre libre vago") {
            Some(if told { Word::InStock } else { Word::SoldOut })
        } else if has("free gratis gratuito") {
            told.then_some(Word::Free)
        } else if has("open aberto abierto") {
            Some(if told { Word::Open } else { Word::Closed })
        } else if has(INCLUDED) {
            Some(if told { Word::Included } else { Word::Extra })
        } else {
            None
        };
        if let Some(word) = fact {
            self.add(What::Fact(Fact::Word(word)), place);
        }
    }

    fn add(&mut self, what: What, place: &Place) {
        self.add_with(what, place, &[]);
    }

    fn add_with(&mut self, what: What, place: &Place, more: &[Term]) {
        let mut near = place.subject.clone();
        let mut field = terms_of(&place.key.join(" "), self.language);
        near.extend(&field);
        field.extend(&place.way);
        field.sort_unstable();
        // `precio_dia`: for how long an amount is.
        near.extend(place.key.iter().filter_map(|word| rate_term(word)));
        near.extend(more);
        near.sort_unstable();
        near.dedup();
        let (path, own, is_taken) = (place.path.clone(), place.own.clone(), place.is_taken);
        self.items.push(Item { what, path, near, own, field, is_taken });
    }
}

/// Whether a number is one that names its record: many digits, and no quantity.
fn is_naming(number: &serde_json::Number, key: &str) -> bool {
    const FEWEST: u64 = 1_000;
    number.as_u64().is_some_and(|whole| whole >= FEWEST) && class_of(&words_of(key)) == Class::Any
}

/// The terms of the weekdays that a list names.
fn weekdays_in(key: &str, elements: &[Value], language: Language) -> Vec<Term> {
    let names = elements.iter().map(Value::as_str).collect::<Option<Vec<&str>>>().unwrap_or_default();
    let key = words_of(key);
    let days = names.into_iter().filter(|name| name.len() <= LONGEST_DAY).flat_map(|name| {
        let day = weekday_of(&key, name, language).unwrap_or(name);
        read_sentence(day, language).terms.clone()
    });
    days.filter(|term| names_a_day(*term)).collect()
}

/// The terms that a short text names its record by, days included.
fn naming(text: &str, language: Language) -> Vec<Term> {
    let mut terms = days_of(text);
    if terms.is_empty() {
        terms = terms_of(&text.replace('_', " "), language);
    }
    terms
}

/// The terms of a text that is a day or a time, as machines write it.
fn days_of(text: &str) -> Vec<Term> {
    let date = text.get(..10).filter(|_| text.len() <= 40).and_then(|day| day.parse().ok());
    date.map_or_else(Vec::new, |date| terms_of_day(date).to_vec())
}

fn ten_thousandths(value: f64) -> Option<u64> {
    let scaled = (value.abs() * 10_000.0).round();
    (scaled < 1e16).then_some(scaled as u64)
}

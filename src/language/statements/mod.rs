//! What a text states that can be true or false: amounts, shares, lengths, quantities, days, hours, numbers, codes, and
//! the words for stock and gratuity; each with its place and with the subject it stands beside. Pure, the same for a
//! reply and for what may prove it; whether something is proven is not known here.

mod clock;
mod codes;
mod compound;
mod counted;
mod currencies;
mod fractions;
mod lexicon;
mod numbers;
mod reach;
mod subjects;
mod tables;
mod tails;
mod times;
mod words;

use super::memo::Memo;
use super::sentences::sentences;
use crate::domain::language::Language;
pub use lexicon::{Pace, measure_of};
pub(crate) use numbers::decimal;
use std::ops::Range;
use std::sync::{Arc, LazyLock};
pub use subjects::{
    Term, names_a_day, names_a_rate, names_a_weekday, rate_term, term_of_relative, terms_of, terms_of_day,
};
use tables::Table;

/// Longest text that is read.
const LONGEST_TEXT: usize = 16 * 1024;

/// The unit of a number that counts things of no measure: `5 profissionais`. The words behind it name them. It is a
/// statement only where another number of them is told.
pub const THING: &str = "thing";

/// Longest label of a line.
const LONGEST_LABEL: usize = 48;

static TEXTS: LazyLock<Memo<Reading>> = LazyLock::new(Memo::default);
static SENTENCES: LazyLock<Memo<Sentence>> = LazyLock::new(Memo::default);

/// One thing that is stated.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Fact {
    /// An amount in centavos.
    Money(i64),
    /// A percentage, in hundredths.
    Percent(u32),
    /// A length of time in minutes, and how its days are counted.
    Minutes(u32, Pace),
    /// A length of time in months.
    Months(u32),
    /// A quantity in hundredths of its unit.
    Count(u64, &'static str),
    /// A number that nothing explains, in ten-thousandths.
    Number(u64),
    /// A day, or a month where the day is 0; its year, or 0 for none.
    Date {
        /// Day of the month.
        day: u8,
        /// Month, from 1.
        month: u8,
        /// Year, or 0.
        year: u16,
    },
    /// `dia 27`.
    DayOfMonth(u8),
    /// A weekday; Monday is 0.
    Weekday(u8),
    /// Tomorrow is 1.
    Relative(i8),
    /// Minutes from midnight, and how far morning and afternoon are told apart.
    Clock(u16, Half),
    /// A moment, in seconds since 1970.
    Moment(i64),
    /// A code, telephone, e-mail or address of the web: the hash of its canonical form.
    Code(u64),
    /// A word for a state of things.
    Word(Word),
}

/// Whether a time of day says which half of the day it means.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Half {
    /// It does.
    Told,
    /// `às nove`, `at 3:30`: it may be either.
    Either,
}

/// Words that are statements by themselves.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Word {
    /// `em estoque`.
    InStock,
    /// `disponível`: of goods, or of hours.
    Available,
    /// `esgotado`.
    SoldOut,
    /// `grátis`.
    Free,
    /// `sem juros`.
    WithoutInterest,
    /// `incluso`.
    Included,
    /// `à parte`, `não incluso`.
    Extra,
    /// `no mesmo dia`.
    SameDay,
    /// `aberto`.
    Open,
    /// `fechado`.
    Closed,
}

/// Which facts compete for one subject.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Amounts.
    Money,
    /// Percentages.
    Percent,
    /// Lengths of time.
    Length,
    /// Quantities.
    Count,
    /// Bare numbers.
    Number,
    /// Days.
    Day,
    /// Times of day.
    Clock,
    /// Names of things.
    Code,
    /// Stock.
    Stock,
    /// Opening.
    Opening,
    /// What a price includes.
    Inclusion,
    /// Other words.
    Word,
}

impl Fact {
    /// What it competes with.
    pub fn kind(self) -> Kind {
        match self {
            Self::Money(_) => Kind::Money,
            Self::Percent(_) => Kind::Percent,
            Self::Minutes(..) | Self::Months(_) | Self::Word(Word::SameDay) => Kind::Length,
            Self::Count(..) => Kind::Count,
            Self::Number(_) => Kind::Number,
            Self::Date { .. }
            | Self::DayOfMonth(_)
            | Self::Weekday(_)
            | Self::Relative(_)
            | Self::Moment(_) => Kind::Day,
            Self::Clock(..) => Kind::Clock,
            Self::Code(_) => Kind::Code,
            Self::Word(Word::InStock | Word::SoldOut | Word::Available) => Kind::Stock,
            Self::Word(Word::Open | Word::Closed) => Kind::Opening,
            Self::Word(Word::Included | Word::Extra) => Kind::Inclusion,
            Self::Word(Word::Free | Word::WithoutInterest) => Kind::Word,
        }
    }
}

impl Fact {
    /// Whether two facts may be told of one thing in the same place: amounts are, kilos and people are not.
    pub fn competes_with(self, other: Self) -> bool {
        match (self, other) {
            (Self::Count(_, one), Self::Count(_, unit)) => one == unit,
            // A month is no day.
            (Self::Date { day: 0, .. }, other) | (other, Self::Date { day: 0, .. }) => {
                matches!(other, Self::Date { day: 0, .. })
            }
            (one, other) => one.kind() == other.kind(),
        }
    }
}

/// A fact, where it is stated, and beside which subject.
#[derive(Clone, Debug)]
pub struct Stated {
    /// The fact.
    pub fact: Fact,
    /// Bytes of the text.
    pub span: Range<usize>,
    /// Terms that name what it is said of, sorted.
    pub near: Vec<Term>,
    /// Terms that open its sentence, sorted: what all of it is said of, less surely.
    pub lead: Vec<Term>,
    /// How loosely it is said.
    pub hedge: Hedge,
}

/// How loosely a number is said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hedge {
    /// It is that number.
    Exact,
    /// `cerca de`.
    About,
    /// `quase`: that number or a little less.
    Below,
    /// `mais de`: that number or a little more.
    Above,
}

/// A text that was read.
#[derive(Debug, Default)]
pub struct Reading {
    /// What it states, in order.
    pub stated: Vec<Stated>,
    /// Terms before the colons that lines begin with (`Pix: 5% de desconto`), sorted.
    pub labels: Vec<Term>,
}

/// A sentence that was read by itself.
#[derive(Debug)]
pub struct Sentence {
    /// What it states, in order; where its words name no subject, `near` is empty.
    pub stated: Vec<Stated>,
    /// The terms of the whole sentence, sorted.
    pub terms: Vec<Term>,
}

/// What `text` states. A fact without a subject of its own is said of the one before.
pub fn read(text: &str, language: Language) -> Arc<Reading> {
    TEXTS.of(text, language, || {
        let text = super::fold::beginning(text, LONGEST_TEXT);
        let mut reading = Reading::default();
        let (mut carried, mut begin, mut table) = (Vec::new(), 0, Table::default());
        for sentence in sentences(text) {
            let read = read_sentence(sentence, language);
            table.read_line(sentence, text.get(begin + sentence.len()..).unwrap_or_default(), language);
            for stated in read.stated.iter().chain(&table.measured(sentence, language)) {
                let mut near = if stated.near.is_empty() { carried.clone() } else { stated.near.clone() };
                near.extend(table.terms_at(sentence, stated.span.start, language));
                near.sort_unstable();
                near.dedup();
                let span = begin + stated.span.start..begin + stated.span.end;
                reading.stated.push(Stated { span, near, lead: stated.lead.clone(), ..*stated });
            }
            if !read.terms.is_empty() {
                carried.clone_from(&read.terms);
            }
            // In running prose a colon explains.
            let opens_a_line = begin == 0 || text.as_bytes().get(begin - 1) == Some(&b'\n');
            begin += sentence.len();
            if let Some(label) = label_of(sentence).filter(|_| opens_a_line) {
                reading.labels.extend(terms_of(label, language));
            }
        }
        reading.labels.sort_unstable();
        reading
    })
}

/// What a line is labelled with: `Pix: 5%`, `| Mensal | R$ 119,00 |`.
fn label_of(line: &str) -> Option<&str> {
    let (label, _) = match line.trim_start().strip_prefix('|') {
        Some(row) => row.split_once('|')?,
        None => line.split_once(':')?,
    };
    Some(label).filter(|label| label.len() <= LONGEST_LABEL)
}

/// What one sentence states.
pub fn read_sentence(sentence: &str, language: Language) -> Arc<Sentence> {
    SENTENCES.of(sentence, language, || read_anew(sentence, language))
}

fn read_anew(sentence: &str, language: Language) -> Sentence {
    let text = super::fold::beginning(sentence, LONGEST_TEXT);
    let mut tokens = super::fold::tokens(text);
    // Bold type stands between no words.
    if text.contains('*') {
        tokens.retain(|token| token.text != "*");
    }
    let source = Source { text, tokens: &tokens, language };
    let mut taken = vec![false; tokens.len()];
    let mut found = codes::find(&source, &mut taken);
    numbers::find_money(&source, &mut taken, &mut found);
    times::find(&source, &mut taken, &mut found);
    numbers::find(&source, &mut taken, &mut found);
    words::find(&source, &mut found);
    found.sort_by_key(|stated| stated.span.start);
    let terms = subjects::attach(&source, &mut found);
    Sentence { stated: found, terms }
}

/// A sentence on its way to being read.
struct Source<'text> {
    text: &'text str,
    tokens: &'text [super::fold::Token],
    language: Language,
}

impl Source<'_> {
    /// The folded token at `at`, or nothing beyond the ends.
    fn word(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.text.as_str())
    }

    /// The folded token so many places before `at`.
    fn before(&self, at: usize, places: usize) -> &str {
        at.checked_sub(places).map_or("", |place| self.word(place))
    }

    /// Whether nothing stands between the tokens `at` and `at + 1`.
    fn touches_next(&self, at: usize) -> bool {
        matches!((self.tokens.get(at), self.tokens.get(at + 1)), (Some(one), Some(next)) if one.touches(next))
    }

    /// Whether the mark at `at` goes on with digits: `18,50`.
    fn touches_next_digit(&self, at: usize) -> bool {
        self.touches_next(at)
            && self.tokens.get(at + 1).is_some_and(|next| next.kind == super::fold::TokenKind::Digits)
    }

    /// The bytes of `used` tokens from `at` on.
    fn span(&self, at: usize, used: usize) -> Range<usize> {
        let last = (at + used.max(1) - 1).min(self.tokens.len().saturating_sub(1));
        let start = self.tokens.get(at).map_or(0, |token| token.span.start);
        start..self.tokens.get(last).map_or(start, |token| token.span.end)
    }

    /// A fact in `used` tokens from `at` on.
    fn stated(&self, fact: Fact, at: usize, used: usize) -> Stated {
        Stated { fact, span: self.span(at, used), near: Vec::new(), lead: Vec::new(), hedge: Hedge::Exact }
    }
}

/// Whether none of `used` tokens from `at` on was taken; takes them.
fn take(taken: &mut [bool], at: usize, used: usize) -> bool {
    let Some(range) = taken.get_mut(at..at + used) else { return false };
    if range.iter().any(|taken| *taken) {
        return false;
    }
    range.fill(true);
    true
}

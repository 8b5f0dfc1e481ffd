//! How a sentence says what it says: as a question, as the customer's own word, as a word of the house. Decides what the
//! customer's own words may prove. Pure.

use super::wording::{
    ARRIVAL, ATTRIBUTED, CONDITIONS, COSTS, COUNTDOWN, DIFFERENCES, EXPLANATIONS, HOLIDAYS, LIMITS, NEXT_DAY,
    NOT_GOODS, NOT_THE_SHOP, OPENING, ORDERS, PERSONAL, PROMISED, SUMS, TAKEN, TIMELY, UNSURE,
};
use crate::domain::language::Language;
use crate::language::phrases::{Phrases, spaced};
use crate::language::sentences::asks;
use crate::language::statements::{Fact, Kind, Stated, Word};
use std::borrow::Cow;
use std::cell::OnceCell;

/// A sentence, looked at as a whole.
pub(super) struct Manner<'a> {
    sentence: &'a str,
    language: Language,
    /// ` temos 3 vasos `: folded words with a blank before and behind each.
    words: OnceCell<String>,
    promises: OnceCell<bool>,
    /// Whether it asks.
    pub(super) asks: bool,
}

/// A text without its `sí`, which without the accent is `si`.
fn without_yes(text: &str) -> Cow<'_, str> {
    if text.contains("Sí") || text.contains("sí") {
        Cow::Owned(text.replace("Sí", "").replace(" sí", ""))
    } else {
        Cow::Borrowed(text)
    }
}

impl<'a> Manner<'a> {
    pub(super) fn of(sentence: &'a str, language: Language) -> Self {
        let asks = asks(sentence);
        Self { sentence, language, words: OnceCell::new(), promises: OnceCell::new(), asks }
    }

    /// Whether words state a condition; in Spanish `se` is none.
    fn is_conditional(&self, text: &str) -> bool {
        let words = spaced(&without_yes(text));
        CONDITIONS.are_in(&if self.language == Language::Spanish {
            words.replace(" se ", " ")
        } else {
            words
        })
    }

    fn has(&self, phrases: &Phrases) -> bool {
        phrases.are_in(self.words.get_or_init(|| spaced(&without_yes(self.sentence))))
    }

    /// Whether the house says it of itself.
    pub(super) fn promises(&self) -> bool {
        *self.promises.get_or_init(|| self.has(&PROMISED))
    }

    /// Whether the house says it of itself in the clause that `stated` stands in.
    pub(super) fn promises_beside(&self, stated: &Stated) -> bool {
        let (before, behind) = (self.sentence.get(..stated.span.start), self.sentence.get(stated.span.end..));
        let before =
            before.unwrap_or_default().rsplit([',', ';', '(', ':', '—', '–']).next().unwrap_or_default();
        let behind =
            behind.unwrap_or_default().split([',', ';', ')', ':', '—', '–']).next().unwrap_or_default();
        let word = self.sentence.get(stated.span.clone()).unwrap_or_default();
        self.promises() && PROMISED.are_in(&spaced(&format!("{before}{word}{behind}")))
    }

    /// `hoje mesmo`, `hoy mismo`.
    pub(super) fn stresses(&self, stated: &Stated) -> bool {
        let around = |text: Option<&str>| spaced(text.unwrap_or_default());
        let (before, behind) =
            (around(self.sentence.get(..stated.span.start)), around(self.sentence.get(stated.span.end..)));
        let is_due =
            ["by", "ate", "hasta", "until"].iter().any(|word| before.ends_with(&format!(" {word} ")));
        (is_due && !self.is_unsure(stated))
            || behind.starts_with(" mesmo ")
            || behind.starts_with(" mismo ")
            || before.ends_with(" ainda ")
    }

    /// Whether it speaks of the customer's own affair.
    pub(super) fn is_personal(&self) -> bool {
        self.has(&PERSONAL)
    }

    /// Whether it says what is not known, or would be if: a condition reaches as far as its clause.
    fn is_unsure(&self, stated: &Stated) -> bool {
        let before = self.sentence.get(..stated.span.start).unwrap_or_default();
        let behind = self.sentence.get(stated.span.end..).unwrap_or_default();
        let ends = [',', ';', ':', '(', ')', '.'];
        let clause =
            [before.rsplit(ends).next().unwrap_or_default(), behind.split(ends).next().unwrap_or_default()];
        self.has(&UNSURE) || clause.iter().any(|part| self.is_conditional(part))
    }

    /// Whether it speaks of when the house is open.
    pub(super) fn is_of_opening(&self) -> bool {
        self.has(&OPENING)
    }

    /// Whether it says that something comes to the customer.
    pub(super) fn promises_arrival(&self) -> bool {
        self.has(&ARRIVAL)
    }

    /// Whether a negation stands in the same clause as `stated`.
    fn denies(&self, stated: &Stated) -> bool {
        let (before, behind) = (self.sentence.get(..stated.span.start), self.sentence.get(stated.span.end..));
        let ends = [',', ';', ':', '.'];
        let before = before.unwrap_or_default().rsplit(ends).next().unwrap_or_default();
        let behind = behind.unwrap_or_default().split(ends).next().unwrap_or_default();
        let words = format!("{}|{}", spaced(before), spaced(behind));
        // `no` is Portuguese for `in the`.
        (self.language != Language::Portuguese && words.contains(" no "))
            || [
                " nao ",
                " not ",
                " don t ",
                " isn t ",
                " doesn t ",
                " couldn t ",
                " can t ",
                " cannot ",
                " nunca ",
                " never ",
            ]
            .iter()
            .any(|word| words.contains(word))
    }

    /// Whether what `stated` is said of is said to be taken.
    pub(super) fn says_it_is_taken(&self, stated: &Stated) -> bool {
        self.denies(stated) || self.has(&TAKEN)
    }

    /// Whether the customer's own words may prove `stated`: a name always, a wish where the house promises nothing, an
    /// amount only as the customer's.
    pub(super) fn repeats_the_customer(&self, stated: &Stated) -> bool {
        if self.asks {
            return true;
        }
        if self.takes_up(stated) {
            return true;
        }
        match stated.fact.kind() {
            Kind::Code => true,
            Kind::Count if self.is_of_the_customers(stated) => true,
            Kind::Number | Kind::Count => self.has(&ATTRIBUTED) || !self.claims_a_quantity(stated),
            Kind::Clock => !self.promises_beside(stated) || self.denies(stated),
            Kind::Day => !self.promises() || self.denies(stated),
            Kind::Money => {
                self.has(&ATTRIBUTED)
                    || self.denies(stated)
                    || self.is_limit(stated)
                    || self.is_the_customers_basket(stated)
            }
            Kind::Length if matches!(stated.fact, Fact::Word(_)) => false,
            Kind::Length if self.is_an_age(stated) => true,
            Kind::Percent | Kind::Length => self.has(&ATTRIBUTED) || self.denies(stated),
            Kind::Stock | Kind::Opening | Kind::Inclusion | Kind::Word => false,
        }
    }

    /// `Para receber até o dia 2, …`, `antes de las 8`: what a clause takes up before the house says something, and what
    /// only bounds it.
    pub(super) fn takes_up(&self, stated: &Stated) -> bool {
        let before = self.sentence.get(..stated.span.start).unwrap_or_default();
        let words = spaced(before);
        let is_bound = || {
            // `llegas a tiempo para el lunes`
            if TIMELY.are_in(&words) {
                return true;
            }
            let mut last = words.split_ascii_whitespace().rev().take(3);
            last.any(|word| matches!(word, "antes" | "before" | "depois" | "despues" | "after"))
        };
        let is_age = || {
            let behind = spaced(self.sentence.get(stated.span.end..).unwrap_or_default());
            [" de ", " tem ", " com ", " con ", " with "].iter().any(|word| words.ends_with(word))
                || behind.starts_with(" old ")
        };
        let opens = || self.stands_in_a_condition(before, stated);
        match stated.fact {
            Fact::Clock(..) => is_bound() || opens(),
            Fact::Date { .. } | Fact::DayOfMonth(_) => {
                (is_bound() && !self.promises_beside(stated)) || opens()
            }
            Fact::Months(_) => is_age() || opens(),
            Fact::Count(..) | Fact::Number(_) | Fact::Minutes(..) | Fact::Money(_) | Fact::Relative(_) => {
                opens()
            }
            Fact::Weekday(_) => TIMELY.are_in(&words) || opens(),
            Fact::Percent(_) | Fact::Moment(_) | Fact::Code(_) | Fact::Word(_) => false,
        }
    }

    /// `Se você vier às 15h, …`, `…, mas se chegar às 23h`: whether the clause that `stated` ends `before` in only takes up
    /// what was said.
    fn stands_in_a_condition(&self, before: &str, stated: &Stated) -> bool {
        const OPENING: &str = "para pra se como sendo caso for if since as with con com si assim quando cuando when once \
            apenas ya siendo entendi entiendo";
        const INSIDE: &str = "se si if caso quando cuando when once com con with";
        let lists = |list: &str, word: &str| list.split_ascii_whitespace().any(|one| one == word);
        let marks = [',', ';', ':', '(', '—'];
        let clause = spaced(&without_yes(before.rsplit(marks).next().unwrap_or_default()));
        let first =
            clause.split_ascii_whitespace().find(|word| !lists("mas pero but e y and so entao", word));
        let is_first = !before.contains(marks);
        let goes_on =
            || self.sentence.get(stated.span.end..).is_some_and(|behind| behind.contains([',', ':']));
        // `Pedindo até meio-dia, chega hoje`
        let is_doing = |word: &str| {
            let ending = if self.language == Language::English { "ing" } else { "ndo" };
            word.len() > 4 && word.ends_with(ending)
        };
        first.is_some_and(|word| {
            if is_first && is_doing(word) {
                goes_on()
            } else if is_first {
                lists(OPENING, word) && goes_on()
            } else {
                lists(INSIDE, word)
            }
        })
    }

    /// `os 80 cm da sua porta`.
    fn is_of_the_customers(&self, stated: &Stated) -> bool {
        let behind = spaced(self.sentence.get(stated.span.end..).unwrap_or_default());
        let mut words = behind.split_ascii_whitespace();
        matches!(words.next(), Some("da" | "do" | "de" | "of" | "in"))
            && matches!(words.next(), Some("sua" | "seu" | "your" | "tu" | "su"))
    }

    /// `a 9-year-old`.
    fn is_an_age(&self, stated: &Stated) -> bool {
        let behind = self.sentence.get(stated.span.end..).unwrap_or_default();
        behind.starts_with("-old") || behind.starts_with(" old")
    }

    /// `your $96 cart`, `tu cesta de 60 €`, `com o carrinho em R$ 142,00`.
    fn is_the_customers_basket(&self, stated: &Stated) -> bool {
        const BASKETS: [&str; 13] = [
            "carrinho",
            "cesta",
            "sacola",
            "carrito",
            "cart",
            "basket",
            "bag",
            "compra",
            "compras",
            "pedido",
            "order",
            "orcamento",
            "budget",
        ];
        let before = spaced(self.sentence.get(..stated.span.start).unwrap_or_default());
        let behind = spaced(self.sentence.get(stated.span.end..).unwrap_or_default());
        let mut around =
            before.split_ascii_whitespace().rev().take(4).chain(behind.split_ascii_whitespace().take(1));
        around.any(|word| BASKETS.contains(&word))
    }

    /// `temos 37`: a number right behind a word of the house. A number of an order names it.
    fn claims_a_quantity(&self, stated: &Stated) -> bool {
        let before = self.sentence.get(..stated.span.start).unwrap_or_default();
        let words = spaced(before);
        let last: Vec<&str> = words.split(' ').filter(|word| !word.is_empty()).rev().take(4).collect();
        let names = last.iter().take(3).any(|word| {
            matches!(
                *word,
                "pedido"
                    | "order"
                    | "numero"
                    | "number"
                    | "no"
                    | "chamado"
                    | "ticket"
                    | "protocolo"
                    | "cep"
                    | "codigo"
                    | "n"
            )
        });
        !names && self.promises_beside(stated)
    }

    fn is_limit(&self, stated: &Stated) -> bool {
        let before = spaced(self.sentence.get(..stated.span.start).unwrap_or_default());
        LIMITS.split('|').any(|limit| before.trim_end().ends_with(limit)) && !self.has(&COSTS)
    }

    /// Whether a word that is a statement has to be proven here: not in a question, nor beside `se` and `não sei`.
    pub(super) fn states(&self, stated: &Stated, names_a_day: bool) -> bool {
        let Fact::Word(word) = stated.fact else { return true };
        if self.asks || self.is_unsure(stated) {
            return false;
        }
        match word {
            // What the house does not charge for is told of its policies.
            Word::Free => {
                let said = spaced(self.sentence.get(stated.span.clone()).unwrap_or_default());
                !said.contains(" cobra")
                    && ![" don charge ", " t charge ", " not charge "].contains(&said.as_str())
            }
            Word::InStock
            | Word::SoldOut
            | Word::WithoutInterest
            | Word::Included
            | Word::Extra
            | Word::SameDay => true,
            // `estou disponível`, `informação disponível`
            Word::Available => !self.has(&NOT_GOODS),
            Word::Open | Word::Closed => (names_a_day || self.has(&HOLIDAYS)) && !self.has(&NOT_THE_SHOP),
        }
    }

    /// Whether it counts days from the present one: `faltam 12 dias`, `há 12 dias`.
    pub(super) fn counts_down(&self, stated: &Stated) -> bool {
        let before = spaced(self.sentence.get(..stated.span.start).unwrap_or_default());
        self.has(&COUNTDOWN) || before.ends_with(" ha ") || before.ends_with(" hace ")
    }

    /// Whether it tells of the day before another, or of the one behind it.
    pub(super) fn names_the_next_day(&self) -> bool {
        self.has(&NEXT_DAY)
    }

    /// Whether it says which of two days is first.
    pub(super) fn tells_which_is_first(&self) -> bool {
        self.has(&ORDERS)
    }

    /// Whether it says how far two amounts are apart.
    pub(super) fn tells_apart(&self) -> bool {
        self.has(&DIFFERENCES)
    }

    /// Whether it explains where an amount comes from.
    pub(super) fn explains(&self) -> bool {
        self.sums_up() || self.tells_apart() || self.sentence.contains('=') || self.has(&EXPLANATIONS)
    }

    /// Whether it adds up.
    pub(super) fn sums_up(&self) -> bool {
        self.has(&SUMS)
    }
}

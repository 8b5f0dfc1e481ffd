//! Whether a claim that stands nowhere follows from claims that do: a sum, a difference, a multiple, a share. Every part has
//! to be told. Pure.

use super::bind::{Binder, Place};
use super::equal::says;
use super::evident::Evident;
use super::formulas::is_the_result_of_its_sum;
use super::ledger::Ledger;
use super::result::What;
use crate::domain::language::Language;
use crate::domain::provenance::Origin;
use crate::language::fold::fold;
use crate::language::numbers::find_quantities;
use crate::language::phrases::{Phrases, spaced};
use crate::language::statements::{Fact, Hedge, Stated, THING, Term, read_sentence};
use std::sync::LazyLock;

/// What is paid so often in what the words name; half of it is paid for a half.
static PERIODS: LazyLock<[(Phrases, i64); 7]> = LazyLock::new(|| {
    [
        (Phrases::of("ano|anual|anuais|year|yearly|annual|annually|anuales"), 12),
        (Phrases::of("semestre|semestral"), 6),
        (Phrases::of("trimestre|trimestral|quarter|quarterly"), 3),
        (Phrases::of("metade|meia|meio|half|mitad|media|medio|dobro|double|doble"), 2),
        (Phrases::of("segundo|segunda|second"), 2),
        (Phrases::of("terceiro|terceira|third|tercer|tercero|tercera"), 3),
        (Phrases::of("quarto andar|fourth|cuarto piso"), 4),
    ]
});

/// Words of what is left to pay.
static BALANCES: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "saldo|restam|resta|restante|faltam|falta|balance|remaining|left to pay|outstanding|restan|te queda",
    )
});

/// Most amounts that sums are tried with.
const MOST_AMOUNTS: usize = 24;

/// Most amounts that three are taken of.
const MOST_OF_THREE: usize = 8;

impl Binder {
    /// Whether an amount follows from others by a sum, a difference, a multiple or a share, all of which are told: by a
    /// difference only if the sentence may tell of one.
    pub(super) fn is_computed(
        &self,
        cents: i64,
        near: &[Term],
        place: &Place<'_>,
        by_difference: bool,
    ) -> bool {
        let Place { sentence, ledger, about, manner, language } = *place;
        if is_another_balance(cents, place) {
            return false;
        }
        let mut amounts = self.amounts.clone();
        for stated in &read_sentence(sentence, language).stated {
            if let Fact::Money(other) = stated.fact
                && other != cents
                && ledger
                    .evidence()
                    .any(|evident| evident.origin.is_of_the_house() && says(stated.fact, &evident, ledger))
            {
                amounts.push(other);
            }
        }
        let whole = read_sentence(sentence, language).terms.clone();
        let spoken_of = |evident: &Evident<'_>| {
            evident.origin.is_of_the_house()
                && [near, &whole, &self.carried, about].iter().any(|terms| evident.fits(terms) > 0)
        };
        // What is multiplied or shared is what the sentence names best; what is added up is anything that is spoken of.
        let named = |evident: &Evident<'_>| {
            [near, &self.carried, about].iter().map(|terms| evident.fits(terms)).collect()
        };
        // A field that is no price by its name is one where the sentence names it, or where nothing of its result is.
        let has_prices = |origin: &Origin| {
            ledger.evidence().any(|other| other.origin == origin && other.amount().is_some())
        };
        let amount_of = |evident: &Evident<'_>| {
            evident.amount().or_else(|| {
                evident.loose_amount().filter(|_| {
                    evident.fits_with_field(&whole) > evident.fits(&whole) || !has_prices(evident.origin)
                })
            })
        };
        let priced: Vec<(i64, Vec<usize>, &Origin)> = ledger
            .evidence()
            .filter(spoken_of)
            .flat_map(|evident| {
                let amounts = [amount_of(&evident), evident.minor_amount()];
                let named: Vec<usize> = named(&evident);
                amounts.into_iter().flatten().map(move |amount| (amount, named.clone(), evident.origin))
            })
            .collect();
        // What stands in one result belongs together: what was paid, and the total it was paid of.
        let origins: Vec<_> = ledger.evidence().filter(spoken_of).map(|evident| evident.origin).collect();
        let in_one_result = ledger
            .evidence()
            .filter(|evident| {
                evident.path.is_some_and(|path| !path.contains('[')) && origins.contains(&evident.origin)
            })
            .filter_map(|evident| evident.amount());
        // A result of which the sentence names nothing, and that has a few amounts only.
        let unnamed =
            amounts_of_unnamed_results(ledger, |origin| priced.iter().any(|(.., other)| *other == origin));
        amounts.extend(unnamed);
        let mut parts = amounts.clone();
        parts.extend(priced.iter().map(|(amount, ..)| *amount));
        // An amount often stands there twice, in reais and in centavos.
        let mut in_one_result: Vec<i64> = in_one_result.collect();
        in_one_result.sort_unstable();
        in_one_result.dedup();
        if let [only] = in_one_result.as_slice() {
            amounts.push(*only);
        }
        parts.extend(in_one_result);
        // `tu cesta de 60 €`: what the customer says that they have.
        parts.extend(
            ledger
                .evidence()
                .filter(|evident| matches!(evident.origin, Origin::Customer { .. }))
                .filter_map(|evident| evident.amount()),
        );
        // The best of each source: what a tool found, and what a passage says of it.
        let is_best = |fits: &Vec<usize>, origin: &Origin| {
            priced.iter().all(|(_, others, other)| *other != origin || others <= fits)
        };
        amounts.extend(
            priced.iter().filter(|(_, fits, origin)| is_best(fits, origin)).map(|(amount, ..)| *amount),
        );
        parts.sort_unstable();
        let is_told_twice = parts.windows(2).any(|pair| pair[0] == pair[1] && pair[0] * 2 == cents);
        parts.dedup();
        parts.truncate(MOST_AMOUNTS);
        amounts.sort_unstable();
        amounts.dedup();
        amounts.truncate(MOST_AMOUNTS);
        let stated_shares = self.shares_with(sentence, language);
        let mut shares = stated_shares.clone();
        // `pacotes de 5 kg` of what is sold by the kilo.
        let packs: Vec<i64> = ledger
            .evidence()
            .filter(spoken_of)
            .filter_map(|evident| match evident.what {
                What::Fact(Fact::Count(hundredths, "kg" | "g" | "l" | "m" | "piece")) => {
                    i64::try_from(hundredths).ok()
                }
                What::Fact(_) | What::Raw(..) => None,
            })
            .collect();
        shares.extend(ledger.evidence().filter(spoken_of).filter_map(|evident| evident.share()));
        let mut times: Vec<i64> =
            find_quantities(sentence, language).into_iter().map(|found| found.value).collect();
        let said = times.clone();
        times.extend(&self.times.factors);
        // `nights: 2` of the result that the price is from.
        times.extend(
            ledger
                .evidence()
                .filter(|evident| priced.iter().any(|(.., origin)| *origin == evident.origin))
                .filter_map(|evident| evident.multiplies()),
        );
        // How many the customer wants.
        times.extend(ledger.evidence().filter(|evident| !evident.origin.is_of_the_house()).filter_map(
            |evident| match evident.what {
                What::Fact(Fact::Count(hundredths, THING | "piece" | "person")) => {
                    i64::try_from(hundredths / 100).ok()
                }
                What::Fact(_) | What::Raw(..) => None,
            },
        ));
        // `80 por clase` of a course that has 8 of them.
        times.extend(
            ledger.evidence().filter(spoken_of).filter_map(|evident| evident.number_named_by(&whole)),
        );
        let words = spaced(sentence);
        times.extend(PERIODS.iter().filter(|(phrases, _)| phrases.are_in(&words)).map(|(_, times)| *times));
        let sums_up = manner.sums_up() || self.heads_sums;
        let any = |holds: &dyn Fn(i64) -> bool| amounts.iter().any(|amount| holds(*amount));
        let shared = |amount: i64, share: u32| amount * i64::from(share) / 10_000;
        let is = |value: i64| (value - cents).abs() <= 1;
        is_the_result_of_its_sum(cents, &self.amounts, place)
            || any(&|one| times.iter().any(|times| *times > 1 && (one * times == cents || is(one / times))))
            || any(&|one| {
                // `10 % menos que los $ 96.000 de tres meses`
                times.iter().chain([&1]).any(|times| {
                    let one = one * times;
                    shares.iter().any(|share| {
                        is(shared(one, *share))
                            || is(one - shared(one, *share))
                            || is(one + shared(one, *share))
                    })
                }) || times
                    .iter()
                    .any(|times| *times > 1 && shares.iter().any(|share| is(shared(one, *share) / times)))
            })
            || (parts.len() <= MOST_OF_THREE
                && stated_shares.iter().any(|share| {
                    parts
                        .iter()
                        .any(|one| parts.iter().any(|other| one < other && is(shared(one + other, *share))))
                }))
            || parts.iter().any(|one| {
                packs
                    .iter()
                    .map(|pack| one * pack / 100)
                    .any(|pack| times.iter().chain([&1]).any(|times| is(pack * times)))
            })
            || (sums_up && (is_told_twice || adds_up(&parts, cents)))
            || ((manner.explains() || sums_up)
                && parts.iter().any(|one| {
                    parts.iter().any(|other| {
                        one != other
                            && (one + other == cents
                                || times.iter().any(|times| one * times + other == cents))
                    })
                }))
            // `2 adultos y 2 estudiantes pagarían 36 €`
            || (sums_up && parts.len() <= MOST_OF_THREE && adds_up_in_parts(&parts, &said, cents))
            || (by_difference
                && parts.iter().any(|one| {
                    parts.iter().any(|other| {
                        let rest = one - other;
                        *other != cents
                            && (rest == cents || times.iter().any(|times| *times > 1 && is(rest / times)))
                    })
                }))
            || (self.amounts.len() > 1 && self.amounts.iter().sum::<i64>() == cents)
    }

    /// Whether a percentage is what lies between two amounts that were told.
    pub(super) fn is_computed_share(&self, share: u32, hedge: Hedge, place: &Place<'_>) -> bool {
        let Place { sentence, language, .. } = *place;
        // Hundredths of a percent that a share may be rounded by.
        let rounded: i64 = if hedge == Hedge::Exact { 50 } else { 200 };
        let mut amounts = self.amounts.clone();
        amounts.extend(read_sentence(sentence, language).stated.iter().filter_map(
            |stated| match stated.fact {
                Fact::Money(cents) => Some(cents),
                _ => None,
            },
        ));
        let part = |less: i64, more: i64| {
            let near = |part: i64| (part * 10_000 / more - i64::from(share)).abs() < rounded;
            0 < less && less < more && (near(more - less) || near(less))
        };
        if amounts.iter().any(|one| amounts.iter().any(|other| part(*one, *other))) {
            return true;
        }
        // `the 10-pass is $153, 15% off the single price`
        let times: Vec<i64> =
            find_quantities(sentence, language).into_iter().map(|found| found.value).collect();
        let single = place.ledger.evidence().filter(|evident| evident.origin.is_of_the_house());
        let tells_a_share = place
            .ledger
            .evidence()
            .any(|evident| evident.origin.is_of_the_house() && evident.share().is_some());
        let mut single = single.filter_map(|evident| evident.amount());
        !tells_a_share
            && single.any(|one| {
                times.iter().any(|times| *times > 1 && amounts.iter().any(|less| part(*less, one * times)))
            })
    }

    /// `3x de R$ 60,00`: whether an amount that is told is paid in so many parts.
    pub(super) fn is_instalment(&self, cents: i64, stated: &Stated, place: &Place<'_>) -> bool {
        const PARTS: [&str; 11] = [
            "x",
            "vezes",
            "parcelas",
            "times",
            "instalments",
            "installments",
            "payments",
            "cuotas",
            "veces",
            "pagos",
            "prestacoes",
        ];
        let before = fold(place.sentence.get(..stated.span.start).unwrap_or_default());
        let words: Vec<&str> = before
            .split(|sign: char| !sign.is_alphanumeric())
            .filter(|word| !word.is_empty() && !matches!(*word, "de" | "of"))
            .collect();
        let parts = match words.as_slice() {
            [.., number, unit] if PARTS.contains(unit) => {
                find_quantities(number, place.language).first().map(|found| found.value)
            }
            [.., joined] => joined.strip_suffix('x').and_then(|number| number.parse().ok()),
            [] => None,
        };
        let is_whole =
            |amount: i64| parts.is_some_and(|parts| parts > 1 && (amount - cents * parts).abs() <= parts);
        let is_told = |evident: &Evident<'_>| {
            evident.origin.is_of_the_house() && evident.amount().is_some_and(is_whole)
        };
        self.amounts.iter().copied().any(is_whole) || place.ledger.evidence().any(|evident| is_told(&evident))
    }

    fn shares_with(&self, sentence: &str, language: Language) -> Vec<u32> {
        let mut shares = self.shares.clone();
        shares.extend(read_sentence(sentence, language).stated.iter().filter_map(
            |stated| match stated.fact {
                Fact::Percent(share) => Some(share),
                _ => None,
            },
        ));
        shares
    }
}

/// Whether an amount is told as what is left to pay, and a result says that something else is.
fn is_another_balance(cents: i64, place: &Place<'_>) -> bool {
    let stated = &read_sentence(place.sentence, place.language).stated;
    let mut amounts = stated.iter().filter(|stated| stated.fact == Fact::Money(cents));
    let is_told_so = amounts.any(|stated| {
        let before = place.sentence.get(..stated.span.start).unwrap_or_default();
        let clause = before.rsplit([',', ';', '.', '(']).next().unwrap_or_default();
        BALANCES.are_in(&spaced(clause))
    });
    let mut balances = place
        .ledger
        .evidence()
        .filter(|evident| evident.origin.is_of_the_house() && evident.is_a_balance())
        .peekable();
    is_told_so
        && balances.peek().is_some()
        && !balances.any(|evident| says(Fact::Money(cents), &evident, place.ledger))
}

/// The amounts of tool results that `is_named` says nothing of, where they are few.
fn amounts_of_unnamed_results(ledger: &Ledger, is_named: impl Fn(&Origin) -> bool) -> Vec<i64> {
    const FEW: usize = 3;
    let mut found: Vec<(&Origin, Vec<i64>)> = Vec::new();
    for evident in ledger.evidence().filter(|evident| matches!(evident.origin, Origin::Tool { .. })) {
        let Some(amount) = evident.amount().filter(|_| !is_named(evident.origin)) else { continue };
        match found.iter_mut().find(|(origin, _)| *origin == evident.origin) {
            Some((_, amounts)) if amounts.contains(&amount) => {}
            Some((_, amounts)) => amounts.push(amount),
            None => found.push((evident.origin, vec![amount])),
        }
    }
    found.into_iter().filter(|(_, amounts)| amounts.len() <= FEW).flat_map(|(_, amounts)| amounts).collect()
}

/// Whether two of a few amounts, each so often as is said, make `cents` together.
fn adds_up_in_parts(parts: &[i64], said: &[i64], cents: i64) -> bool {
    let taken = |amount: i64| said.iter().chain([&1]).map(move |times| amount * times);
    parts.iter().enumerate().any(|(place, one)| {
        parts[place + 1..]
            .iter()
            .any(|other| taken(*one).any(|one| taken(*other).any(|other| one + other == cents)))
    })
}

/// Whether three of a few amounts make `cents` together.
fn adds_up(parts: &[i64], cents: i64) -> bool {
    parts.len() <= MOST_OF_THREE
        && (0..parts.len()).any(|one| {
            (one + 1..parts.len()).any(|two| {
                (two + 1..parts.len()).any(|three| parts[one] + parts[two] + parts[three] == cents)
            })
        })
}

/// Whether `stated` is how often an amount that is told is taken in the same sentence: `três meses ficam em R$ 96,00`.
pub(super) fn is_multiplier(stated: &Stated, place: &Place<'_>) -> bool {
    let times: Vec<i64> = match stated.fact {
        Fact::Months(months) => vec![i64::from(months), i64::from(months / 12)],
        Fact::Minutes(minutes, _) => vec![i64::from(minutes / (24 * 60)), i64::from(minutes / 60)],
        Fact::Count(hundredths, _) => i64::try_from(hundredths / 100).into_iter().collect(),
        Fact::Number(parts) => i64::try_from(parts / 10_000).into_iter().collect(),
        _ => Vec::new(),
    };
    let is_told = |cents: i64| {
        place.ledger.evidence().any(|evident| {
            evident.origin.is_of_the_house() && says(Fact::Money(cents), &evident, place.ledger)
        })
    };
    let sentence = read_sentence(place.sentence, place.language);
    let amounts = sentence.stated.iter().filter_map(|other| match other.fact {
        Fact::Money(cents) => Some(cents),
        _ => None,
    });
    amounts
        .flat_map(|cents| times.iter().map(move |times| (cents, *times)))
        .any(|(cents, times)| times > 1 && cents % times == 0 && is_told(cents / times))
}

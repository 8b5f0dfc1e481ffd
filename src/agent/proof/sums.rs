//! Whether a claim that stands nowhere follows from claims that do: a sum, a difference, a multiple, a share. Every part has
//! to be told. Pure.

use super::bind::{Binder, Place};
use super::equal::says;
use super::ledger::Evident;
use crate::domain::language::Language;
use crate::language::numbers::find_quantities;
use crate::language::statements::{Fact, Term, read_sentence};

/// Most amounts that sums are tried with.
const MOST_AMOUNTS: usize = 24;

impl Binder {
    /// Whether an amount follows from others by a sum, a difference, a multiple or a share, all of which are told.
    pub(super) fn is_computed(&self, cents: i64, near: &[Term], place: &Place<'_>) -> bool {
        let Place { sentence, ledger, about, manner, language } = *place;
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
        let priced = || {
            ledger
                .evidence()
                .filter(spoken_of)
                .filter_map(|evident| Some((evident.amount()?, named(&evident))))
        };
        let best: Vec<usize> = priced().map(|(_, fits): (i64, Vec<usize>)| fits).max().unwrap_or_default();
        let mut parts = amounts.clone();
        parts.extend(priced().map(|(amount, _)| amount));
        amounts.extend(priced().filter(|(_, fits)| *fits == best).map(|(amount, _)| amount));
        parts.sort_unstable();
        parts.dedup();
        parts.truncate(MOST_AMOUNTS);
        amounts.sort_unstable();
        amounts.dedup();
        amounts.truncate(MOST_AMOUNTS);
        let mut shares = self.shares_with(sentence, language);
        shares.extend(ledger.evidence().filter(spoken_of).filter_map(|evident| evident.share()));
        let times: Vec<i64> =
            find_quantities(sentence, language).into_iter().map(|found| found.value).collect();
        let any = |holds: &dyn Fn(i64) -> bool| amounts.iter().any(|amount| holds(*amount));
        let shared = |amount: i64, share: u32| amount * i64::from(share) / 10_000;
        let is = |value: i64| (value - cents).abs() <= 1;
        any(&|one| times.iter().any(|times| *times > 1 && (one * times == cents || is(one / times))))
            || any(&|one| shares.iter().any(|share| is(shared(one, *share)) || is(one - shared(one, *share))))
            || (manner.sums_up()
                && parts.iter().any(|one| {
                    parts.iter().any(|other| {
                        one != other
                            && (one + other == cents
                                || times.iter().any(|times| one * times + other == cents))
                    })
                }))
            || (self.amounts.len() > 1 && self.amounts.iter().sum::<i64>() == cents)
    }

    /// Whether a percentage is what lies between two amounts that were told.
    pub(super) fn is_computed_share(&self, share: u32, sentence: &str, language: Language) -> bool {
        let mut amounts = self.amounts.clone();
        amounts.extend(read_sentence(sentence, language).stated.iter().filter_map(
            |stated| match stated.fact {
                Fact::Money(cents) => Some(cents),
                _ => None,
            },
        ));
        let part = |less: i64, more: i64| {
            more > 0 && less < more && ((more - less) * 10_000 / more - i64::from(share)).abs() < 50
        };
        amounts.iter().any(|one| amounts.iter().any(|other| part(*one, *other)))
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

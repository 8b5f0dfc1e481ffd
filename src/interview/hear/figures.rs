//! Amounts as answers: money, counts, people. Which of several fields an amount belongs to is told by the words around it;
//! without a cue it belongs to what was asked, or to nothing.

use super::cues::{Cues, Family, family, is_money};
use super::message::{Trust, WordAt};
use super::{Ear, Fault, How, Outcome, Reading};
use crate::domain::interview::{Span, Value};
use crate::interview::field::{Field, Kind};
use crate::language::amounts::{Amount, Unit};

use crate::language::clauses::Stance;
use crate::language::fold::fold;
use crate::language::headcount::find_headcount;
use crate::language::span::Found;
use std::ops::Range;

/// How many times more a thousand is, which people leave out: `uns 5` of five thousand.
const THOUSAND: i64 = 1_000;

impl Ear<'_> {
    /// Amounts of money.
    pub(super) fn money(&self, field: &Field, how: How) -> Vec<Reading> {
        let cues = Cues::of(field);
        let (mut marked, mut bare) = (Vec::new(), Vec::new());
        for found in &self.message.amounts {
            let list = if is_marked(&found.value) { &mut marked } else { &mut bare };
            list.extend(self.one_sum(field, &cues, how, found));
        }
        // `12 pessoas e 5 mil`: what says that it is money counts before what could be anything.
        if marked.is_empty() { bare } else { marked }
    }

    fn one_sum(&self, field: &Field, cues: &Cues, how: How, found: &Found<Amount>) -> Option<Reading> {
        let amount = &found.value;
        let trust = self.message.trust(&found.span)?;
        let marked = is_marked(amount);
        match &amount.unit {
            Unit::Plain | Unit::Currency | Unit::Foreign => {}
            // `5 mil mensais pra investir`: a large round number with a word behind it may count anything.
            Unit::Other(_) | Unit::People(_) | Unit::Time | Unit::Percent | Unit::Times => return None,
        }
        if amount.article || trust.of_another {
            return None;
        }
        let nearest = self.nearest_sum_cue(field, cues, &found.span);
        let confidence = match (how, nearest) {
            // `faturamos 50 mil` is no answer to what one wants to spend.
            (_, Nearest::Elsewhere) => return None,
            (How::Asked, Nearest::Own) => 95,
            (How::Asked, Nearest::None) if marked || trust.is_bare => 95,
            (How::Asked, Nearest::None) if self.is_told_of_oneself(&found.span) => 80,
            (How::Recalled, Nearest::Own) => 90,
            (How::Recalled, Nearest::None) if marked => 85,
            (How::Recalled, Nearest::None) if trust.is_bare && self.nothing_else_waits() => 75,
            (How::Volunteered, Nearest::Own) if marked => 90,
            (How::Volunteered, Nearest::None) if marked && self.is_to_spend(cues, &found.span) => 75,
            (How::Asked | How::Recalled | How::Volunteered, Nearest::Own | Nearest::None) => return None,
        };
        let span = Span { low: amount.low, high: amount.high };
        let outcome = if amount.unit == Unit::Foreign
            && span.low.or(span.high).is_some_and(|low| low < i64::MAX / THOUSAND)
        {
            let is_too_large = span.low.or(span.high).is_some_and(|low| low / 100 > 1_000_000_000);
            Outcome::Fault(if is_too_large { Fault::TooLarge } else { Fault::OtherCurrency })
        } else {
            let slang = fold(found.body(self.message.text));
            let means_thousands =
                amount.unit == Unit::Plain || slang.contains("conto") || slang.contains("pau");
            in_thousands(field, amount, span)
                .filter(|_| means_thousands)
                .map_or(Outcome::Value(Value::Money(span)), |large| Outcome::Offer(Value::Money(large)))
        };
        Some(Reading { span: found.span.clone(), outcome, confidence: sure(confidence, amount, trust) })
    }

    /// `posso chegar a 5000`, but not `meu pedido é 10421`: a bare number in a sentence about oneself.
    fn is_told_of_oneself(&self, span: &Range<usize>) -> bool {
        let Some(clause) = self.message.clause_of(span).filter(|clause| clause.stance == Stance::Own) else {
            return false;
        };
        let named = |word: &WordAt| {
            matches!(
                word.folded.as_str(),
                "pedido"
                    | "protocolo"
                    | "order"
                    | "numero"
                    | "number"
                    | "codigo"
                    | "code"
                    | "nota"
                    | "cpf"
                    | "cnpj"
                    | "cep"
                    | "apartamento"
                    | "apto"
                    | "casa"
                    | "rua"
                    | "telefone"
                    | "anos"
                    | "idade"
                    | "dia"
            )
        };
        !self.message.words_in(&clause.span).iter().any(named)
    }

    /// Whether a question waits that a bare number could answer.
    fn nothing_else_waits(&self) -> bool {
        self.asked().iter().all(|field| {
            !matches!(
                field.kind,
                Kind::Money | Kind::Number | Kind::People | Kind::Choice | Kind::Deadline | Kind::Text
            )
        })
    }

    /// Which money field the words around an amount speak of.
    fn nearest_sum_cue(&self, field: &Field, cues: &Cues, span: &Range<usize>) -> Nearest {
        let Some(clause) = self.message.clause_of(span) else { return Nearest::None };
        let others: Vec<Cues> = self
            .hearing
            .definition
            .fields
            .iter()
            .filter(|other| other.kind == Kind::Money && other.id != field.id)
            .map(Cues::of)
            .collect();
        let language = self.message.language;
        let mut nearest: Option<(usize, Nearest)> = None;
        for word in self.message.words_in(&clause.span) {
            let own = cues.know(&word.folded, language);
            let foreign = others.iter().any(|other| other.know(&word.folded, language));
            let kin = family(&word.folded).is_some_and(is_money);
            let meant = match (own, foreign || kin) {
                (true, false) => Nearest::Own,
                (true, true) if !others.iter().any(|other| other.know(&word.folded, language)) => {
                    Nearest::Own
                }
                (false, true) => Nearest::Elsewhere,
                (true, true) | (false, false) => continue,
            };
            let away = distance(&word.span, span);
            if nearest.is_none_or(|(least, _)| away < least) {
                nearest = Some((away, meant));
            }
        }
        nearest.map_or(Nearest::None, |(_, meant)| meant)
    }

    /// `tenho 5 mil`, where the only money the interview knows is a budget.
    fn is_to_spend(&self, cues: &Cues, span: &Range<usize>) -> bool {
        let only =
            self.hearing.definition.fields.iter().filter(|other| other.kind == Kind::Money).count() == 1;
        let Some(clause) = self.message.clause_of(span).filter(|_| only && cues.are_of(Family::Budget))
        else {
            return false;
        };
        let before = self.message.words_in(&(clause.span.start..span.start));
        let has = before.iter().any(|word| {
            matches!(
                word.folded.as_str(),
                "tenho" | "temos" | "posso" | "podemos" | "have" | "tengo" | "tenemos"
            )
        });
        let behind = self.message.words_in(&(span.end..clause.span.end));
        let ends = behind.first().is_none_or(|word| {
            matches!(
                word.folded.as_str(),
                "pra" | "para" | "pro" | "e" | "no" | "for" | "and" | "y" | "guardado" | "hoje"
            )
        });
        has && ends
    }

    /// Counts, and how many people.
    pub(super) fn counts(&self, field: &Field, how: How) -> Vec<Reading> {
        let cues = Cues::of(field);
        let people = field.kind == Kind::People || cues.are_of(Family::Team);
        let mut named = Vec::new();
        let mut bare = Vec::new();
        let mut large = Vec::new();
        for found in &self.message.amounts {
            let Some((fit, reading)) = self.one_count(field, &cues, how, found) else { continue };
            match fit {
                Fit::Named => named.push(reading),
                Fit::Bare => bare.push(reading),
                Fit::Large => large.push(reading),
            }
        }
        if people {
            named.extend(self.told_heads(&cues, how));
            named.sort_by_key(|reading| reading.span.start);
        }
        [named, bare, large].into_iter().find(|list| !list.is_empty()).unwrap_or_default()
    }

    fn one_count(
        &self,
        field: &Field,
        cues: &Cues,
        how: How,
        found: &Found<Amount>,
    ) -> Option<(Fit, Reading)> {
        let amount = &found.value;
        let trust = self.message.trust(&found.span).filter(|trust| !trust.of_another)?;
        let whole = [amount.low, amount.high].into_iter().flatten().all(|value| value % 100 == 0);
        let said = self.said_of_us(&found.span);
        let team = cues.are_of(Family::Team) || field.kind == Kind::People && !self.has_family(cues);
        let cued = self.is_cued(cues, &found.span);
        let fit = match &amount.unit {
            Unit::People(noun) if self.counts_such(field, cues, noun, how) => Fit::Named,
            Unit::Other(noun) if cues.know(noun, self.message.language) => Fit::Named,
            Unit::Other(_)
                if how == How::Asked && field.kind == Kind::Number && self.message.amounts.len() == 1 =>
            {
                Fit::Bare
            }
            Unit::Plain if said && team && !amount.scaled => Fit::Named,
            Unit::Plain if how == How::Asked && amount.scaled => Fit::Large,
            Unit::Plain if how == How::Asked && !amount.article => Fit::Bare,
            Unit::Plain if how == How::Asked && trust.is_bare => Fit::Bare,
            Unit::Plain
                if how == How::Recalled && trust.is_bare && self.nothing_else_waits() && !amount.scaled =>
            {
                Fit::Bare
            }
            Unit::Plain if cued && !amount.article && !amount.scaled => Fit::Named,
            Unit::Time | Unit::Percent if how == How::Asked && self.asks_in(field, &found.span) => Fit::Bare,
            Unit::Plain
            | Unit::Other(_)
            | Unit::People(_)
            | Unit::Time
            | Unit::Percent
            | Unit::Times
            | Unit::Currency
            | Unit::Foreign => return None,
        };
        let hundredth = |value: i64| value / 100;
        let span = Span { low: amount.low.map(hundredth), high: amount.high.map(hundredth) };
        let confidence = match (how, fit) {
            (How::Asked, Fit::Named | Fit::Bare) => 95,
            (How::Asked, Fit::Large) => 75,
            (How::Recalled, Fit::Named) | (How::Volunteered, _) => 90,
            (How::Recalled, Fit::Bare | Fit::Large) => 75,
        };
        let confidence = sure(confidence, amount, trust);
        whole.then_some((
            fit,
            Reading { span: found.span.clone(), outcome: Outcome::Value(Value::Number(span)), confidence },
        ))
    }

    /// Whether the words around name the field itself: `área de 80`.
    fn is_cued(&self, cues: &Cues, span: &Range<usize>) -> bool {
        let Some(clause) = self.message.clause_of(span) else { return false };
        let before = self.message.words_in(&(clause.span.start..span.start));
        before
            .iter()
            .rev()
            .take(3)
            .any(|word| cues.know(&word.folded, self.message.language) && word.folded.len() > 3)
    }

    /// Whether the field counts what `noun` names.
    fn counts_such(&self, field: &Field, cues: &Cues, noun: &str, how: How) -> bool {
        if cues.know(noun, self.message.language) {
            return true;
        }
        let generic = matches!(noun, "pessoas" | "pessoa" | "people" | "persons" | "gente" | "personas");
        let open = generic || !self.has_family(cues);
        match how {
            How::Asked => field.kind == Kind::People && open || field.kind == Kind::Number && generic,
            How::Recalled | How::Volunteered => {
                let rivals =
                    self.hearing.definition.fields.iter().filter(|other| other.kind == Kind::People).count();
                field.kind == Kind::People && generic && rivals == 1
            }
        }
    }

    fn has_family(&self, cues: &Cues) -> bool {
        [Family::Team, Family::Guests, Family::Students, Family::Users]
            .into_iter()
            .any(|family| cues.are_of(family))
    }

    /// Whether the question itself speaks of the unit: `há quantos anos`.
    fn asks_in(&self, field: &Field, span: &Range<usize>) -> bool {
        let asked = crate::language::fold::words(field.ask.get(self.hearing.language));
        self.message.words_in(span).last().is_some_and(|word| asked.contains(&word.folded))
    }

    /// `somos 12`, `equipe de 5`.
    fn said_of_us(&self, span: &Range<usize>) -> bool {
        let Some(clause) = self.message.clause_of(span) else { return false };
        let before: Vec<&str> =
            self.message.words_in(&(clause.span.start..span.start)).iter().map(word_text).collect();
        matches!(
            before.as_slice(),
            [.., "somos" | "equipe" | "time" | "team" | "equipo"]
                | [.., "somos", "em" | "uns" | "umas" | "en"]
                | [.., "equipe" | "time" | "team" | "equipo", "de" | "of" | "com" | "tem"]
                | [.., "we", "are"]
                | [.., "we", "re"]
        )
    }

    /// `só eu`, `eu e mais dois`.
    fn told_heads(&self, cues: &Cues, how: How) -> Option<Reading> {
        let text = self.message.text;
        let found = find_headcount(text, self.message.language)?;
        let first = self.message.clauses.iter().find(|clause| super::overlap(&clause.span, &found.span))?;
        let trust = self.message.trust(&(first.span.start..first.span.start + 1)).filter(|_| !first.asks)?;
        let fits = match how {
            How::Asked => true,
            How::Recalled => trust.is_bare,
            // A party may be of two as well.
            How::Volunteered => {
                cues.are_of(Family::Team) && text[found.span.clone()].to_lowercase().contains("trabalh")
            }
        };
        fits.then_some(Reading {
            outcome: Outcome::Value(Value::Number(Span::exactly(found.value))),
            confidence: trust.most.min(90),
            span: found.span,
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Nearest {
    Own,
    Elsewhere,
    None,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fit {
    Named,
    Bare,
    Large,
}

fn word_text(word: &WordAt) -> &str {
    &word.folded
}

fn is_marked(amount: &Amount) -> bool {
    amount.scaled || matches!(amount.unit, Unit::Currency | Unit::Foreign)
}

/// An amount that is too small for the field, and not if it is meant in thousands.
fn in_thousands(field: &Field, amount: &Amount, span: Span) -> Option<Span> {
    let min = field.min?.saturating_mul(100);
    let most = span.high.or(span.low)?;
    let large = |value: Option<i64>| value.map(|value| value.saturating_mul(THOUSAND));
    let grown = Span { low: large(span.low), high: large(span.high) };
    let fits = grown.high.or(grown.low)? >= min
        && field
            .max
            .is_none_or(|max| grown.low.or(grown.high).is_some_and(|low| low <= max.saturating_mul(100)));
    (!amount.scaled && most < min && most < THOUSAND * 100 && most > 0 && fits).then_some(grown)
}

fn sure(confidence: u8, amount: &Amount, trust: Trust) -> u8 {
    let guessed = if amount.approximate { confidence.min(90) } else { confidence };
    guessed.min(trust.most)
}

fn distance(one: &Range<usize>, other: &Range<usize>) -> usize {
    if one.end <= other.start { other.start - one.end } else { one.start.saturating_sub(other.end) }
}

//! Choices as answers: by their own words, by kin and small slips of them, by number and place in the list that was shown.
//! Who was not asked has to say a choice's own words.

use super::cues::texts;
use super::message::{Message, WordAt};
use super::{Ear, Fault, How, Outcome, Reading, overlap};
use crate::domain::interview::Value;
use crate::interview::field::Field;
use crate::language::amounts::{Amount, Unit, find_amounts};
use crate::language::clauses::Clause;
use crate::language::email_slips::distance;
use crate::language::filler::is_filler;
use crate::language::fold::words;
use crate::language::places::{Placed, read_places};
use crate::language::stem::stem;
use std::ops::Range;

/// A choice that stands somewhere in the message.
struct Hit {
    choice: usize,
    span: Range<usize>,
    /// How many words of meaning were found.
    weight: usize,
    confidence: u8,
}

/// Words too common to mean a choice when nobody asked.
const COMMON: &[&str] = &[
    "outro", "outra", "outros", "outras", "other", "otro", "otra", "sim", "nao", "yes", "basico", "basica",
    "pequeno", "pequena", "medio", "media", "grande", "mensal", "anual", "nenhum", "nenhuma", "none",
    "todos", "todas", "all", "casa", "novo", "nova", "manha", "tarde", "noite", "geral", "tudo", "nada",
    "urgente", "mesmo", "mesma", "small", "medium", "large", "new", "home", "mil", "reais",
];

impl Ear<'_> {
    pub(super) fn choices(&self, field: &Field, how: How) -> Vec<Reading> {
        if field.choices.is_empty() {
            return Vec::new();
        }
        let message = self.message;
        // `isso é pessoal` refuses an answer and chooses nothing.
        if how != How::Asked && message.wishes.refuses() {
            return Vec::new();
        }
        let mut hits: Vec<Hit> = Vec::new();
        let mut fresh = 0;
        for clause in &message.clauses {
            // `meu zap é 11 95555-0123` gives a number and chooses nothing.
            let gives_contact = message
                .phones
                .iter()
                .chain(&message.emails)
                .any(|contact| overlap(&contact.span, &clause.span));
            if how != How::Asked && gives_contact {
                continue;
            }
            let found = self.in_clause(field, how, clause);
            if !found.is_empty() {
                fresh = hits.len();
            }
            hits.extend(found);
        }
        if hits.is_empty() && how == How::Asked {
            return self.by_place(field).or_else(|| self.by_range(field)).into_iter().collect();
        }
        if hits.is_empty() {
            return Vec::new();
        }
        // `site, na verdade loja`: the newest counts.
        if !field.several && message.wishes.corrects() && hits[0].choice != hits[hits.len() - 1].choice {
            hits.drain(..fresh);
        }
        let all_but = how == How::Asked && field.several && is_all_but(message);
        let mut taken: Vec<usize> = hits.iter().map(|hit| hit.choice).collect();
        taken.sort_unstable();
        taken.dedup();
        if all_but {
            taken = (0..field.choices.len()).filter(|choice| !taken.contains(choice)).collect();
        }
        let (first, last) =
            (hits.iter().map(|hit| hit.span.start).min(), hits.iter().map(|hit| hit.span.end).max());
        let Some(span) = first.zip(last).map(|(first, last)| first..last) else { return Vec::new() };
        let confidence = hits.iter().map(|hit| hit.confidence).min().unwrap_or(0);
        vec![Reading { span, outcome: chosen(field, &taken), confidence }]
    }

    /// The choices whose words stand in a clause.
    fn in_clause(&self, field: &Field, how: How, clause: &Clause) -> Vec<Hit> {
        let message = self.message;
        let inside = message.words_in(&clause.span);
        let mut hits: Vec<Hit> = Vec::new();
        for (choice, one) in field.choices.iter().enumerate() {
            let labels = texts(&one.label).into_iter().map(|(text, _)| text);
            let best = labels
                .chain(one.words.iter().map(String::as_str))
                .filter_map(|phrase| {
                    self.phrase(inside, phrase, how).map(|(span, weight, sure)| Hit {
                        choice,
                        span,
                        weight,
                        confidence: sure,
                    })
                })
                .max_by_key(|hit| (hit.confidence, hit.weight));
            let Some(mut hit) = best else { continue };
            // A label may hold its own no: `ainda não tenho`.
            let own_no = inside.iter().any(|word| {
                overlap(&word.span, &hit.span)
                    && matches!(word.folded.as_str(), "nao" | "sem" | "not" | "no" | "nenhum")
            });
            let trust = match message.trust(&hit.span) {
                // What somebody else has or sells is not what the lead wants.
                Some(trust) if how != How::Asked && trust.of_another => continue,
                Some(trust) => trust.most,
                None if own_no && !clause.asks => 85,
                None => continue,
            };
            hit.confidence = hit.confidence.min(trust);
            hits.push(hit);
        }
        // What is a part of something longer or surer is not meant by itself.
        let is_part = |hit: &Hit| {
            hits.iter().any(|other| {
                // `eu` inside of `eu e meu sócio`
                let holds = other.span.start <= hit.span.start
                    && hit.span.end <= other.span.end
                    && other.span.len() > hit.span.len()
                    && other.weight >= hit.weight;
                other.choice != hit.choice
                    && overlap(&other.span, &hit.span)
                    && (holds || (other.weight, other.confidence) > (hit.weight, hit.confidence))
            })
        };
        let keep: Vec<bool> = hits.iter().map(|hit| !is_part(hit)).collect();
        let mut keep = keep.into_iter();
        hits.retain(|_| keep.next().unwrap_or(true));
        hits
    }

    /// Where `phrase` stands among `inside`, how many words of meaning it has, and how sure that is.
    fn phrase(&self, inside: &[WordAt], phrase: &str, how: How) -> Option<(Range<usize>, usize, u8)> {
        let language = self.message.language;
        let wanted = words(phrase);
        if wanted.is_empty() {
            return None;
        }
        let meaning: Vec<&String> =
            wanted.iter().filter(|word| word.len() > 1 && !is_filler(word, language)).collect();
        let weight = meaning.len().max(1);
        let telling = meaning.iter().any(|word| {
            word.len() > 2
                && !word.bytes().all(|byte| byte.is_ascii_digit())
                && !COMMON.contains(&word.as_str())
        });
        if how != How::Asked && !telling {
            return None;
        }
        let stands = inside
            .windows(wanted.len())
            .find(|window| window.iter().zip(&wanted).all(|(word, wanted)| word.folded == *wanted));
        if let Some(window) = stands {
            let span = window.first()?.span.start..window.last()?.span.end;
            return Some((span, weight, 95));
        }
        if meaning.is_empty() {
            return None;
        }
        let place = |same: &dyn Fn(&str, &str) -> bool| -> Option<Range<usize>> {
            let mut span: Option<Range<usize>> = None;
            for wanted in &meaning {
                let word = inside.iter().find(|word| same(&word.folded, wanted))?;
                span = Some(span.map_or(word.span.clone(), |span: Range<usize>| {
                    span.start.min(word.span.start)..span.end.max(word.span.end)
                }));
            }
            span
        };
        let kin = |word: &str, wanted: &str| {
            let root = stem(word, language);
            root.len() > 2 && root == stem(wanted, language)
        };
        if let Some(span) = place(&kin) {
            return Some((span, weight, 90));
        }
        let slip = |word: &str, wanted: &str| {
            let most = match wanted.len() {
                0..=4 => 0,
                5..=7 => 1,
                _ => 2,
            };
            kin(word, wanted) || most > 0 && word.len() >= 4 && distance(word, wanted) <= most
        };
        if how != How::Asked {
            return None;
        }
        place(&slip).map(|span| (span, weight, 80))
    }

    /// `a segunda`, `2`, `1 e 3`, `todas`, `o do meio`.
    fn by_place(&self, field: &Field) -> Option<Reading> {
        let text = self.message.text;
        let placed = read_places(text, field.choices.len())?;
        let span = self.message.clauses.first()?.span.start..self.message.clauses.last()?.span.end;
        let asked = self.message.clauses.iter().any(|clause| clause.asks);
        let taken = match placed {
            Placed::Some(taken) => taken,
            Placed::All => (0..field.choices.len()).collect(),
        };
        let mut confidence = if asked { 60 } else { 95 };
        // `2` is the second, unless the choices are ranges and two lies in another one.
        if let ([place], Some(range)) = (taken.as_slice(), self.range_of(field))
            && range != *place
            && text.trim().bytes().all(|byte| byte.is_ascii_digit())
        {
            return Some(Reading { span, outcome: Outcome::Fault(Fault::Unclear), confidence: 0 });
        }
        if self.message.wishes.doubts() {
            confidence = confidence.min(80);
        }
        Some(Reading { span, outcome: chosen(field, &taken), confidence })
    }

    /// The choice whose label is a range that holds the amount of the message.
    fn by_range(&self, field: &Field) -> Option<Reading> {
        let choice = self.range_of(field)?;
        let amount = self.message.amounts.first()?;
        let trust = self.message.trust(&amount.span)?;
        let span = amount.span.clone();
        Some(Reading { span, outcome: chosen(field, &[choice]), confidence: trust.most.min(85) })
    }

    fn range_of(&self, field: &Field) -> Option<usize> {
        let [found] = self.message.amounts.as_slice() else { return None };
        let amount = &found.value;
        if matches!(amount.unit, Unit::Time | Unit::Percent | Unit::Times | Unit::Foreign) {
            return None;
        }
        let holds = |label: &Amount| {
            let low = label.low.unwrap_or(i64::MIN);
            let high = label.high.unwrap_or(i64::MAX);
            match (amount.low, amount.high) {
                (Some(from), Some(to)) => low <= from && to <= high,
                (None, Some(to)) => low < to && to <= high && label.low.is_none(),
                (Some(from), None) => low <= from && label.high.is_none(),
                (None, None) => false,
            }
        };
        field.choices.iter().enumerate().find_map(|(choice, one)| {
            let label = one.label.get(self.hearing.language);
            let ranges = find_amounts(label, self.hearing.language);
            let range =
                ranges.first().filter(|range| ranges.len() == 1 && range.value.low != range.value.high)?;
            holds(&range.value).then_some(choice)
        })
    }
}

fn chosen(field: &Field, taken: &[usize]) -> Outcome {
    let ids: Vec<String> =
        taken.iter().filter_map(|choice| Some(field.choices.get(*choice)?.id.clone())).collect();
    Outcome::Value(Value::Choices(ids))
}

/// `todas menos a segunda`.
fn is_all_but(message: &Message<'_>) -> bool {
    let all = message.words.iter().position(|word| {
        matches!(word.folded.as_str(), "tudo" | "todos" | "todas" | "all" | "everything" | "todo")
    });
    let but = message
        .words
        .iter()
        .position(|word| matches!(word.folded.as_str(), "menos" | "exceto" | "except" | "but" | "excepto"));
    all.zip(but).is_some_and(|(all, but)| all < but)
}

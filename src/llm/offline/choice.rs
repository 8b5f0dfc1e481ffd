//! The item a customer picks from a list they were shown: by its place, its time, its code or its words.

use crate::domain::language::Language;
use crate::language::dates::{Grain, When, find_times};
use crate::language::filler::is_filler;
use crate::language::fold::{stem, words};
use crate::language::identifiers::find_numbers;
use crate::language::money::find_money;
use crate::language::sizes::unify_sizes;
use jiff::Zoned;
use jiff::civil::DateTime;
use serde_json::Value;
use std::collections::HashSet;

/// A list in a result, and the field that names an item: `slots[].start` is (`slots`, `start`).
pub fn list_of<'v>(result: &'v Value, path: &str) -> Option<(&'v Vec<Value>, String)> {
    let (list, field) = path.split_once("[].")?;
    let items = result.get(list)?.as_array().filter(|items| !items.is_empty())?;
    Some((items, field.to_owned()))
}

/// Which of `items` the customer picks with `text`; `None` if none, or more than one fits equally well.
pub fn pick(text: &str, items: &[Value], field: &str, now: &Zoned, language: Language) -> Option<usize> {
    if times_of(items, field).is_some() && is_vague(text, now, language) {
        return None;
    }
    by_time(text, items, field, now, language)
        .or_else(|| by_code(text, items, field))
        .or_else(|| by_words(text, items, language))
        .or_else(|| by_place(text, items.len()))
}

fn by_place(text: &str, count: usize) -> Option<usize> {
    const PLACES: [&[&str]; 6] = [
        &["primeiro", "primeira", "first", "primero", "primera"],
        &["segundo", "segunda opcao", "second", "segundo"],
        &["terceiro", "terceira", "third", "tercero", "tercera"],
        &["quarto", "fourth", "cuarto"],
        &["quinto", "fifth", "quinto"],
        &["ultimo", "ultima", "last"],
    ];
    let said = words(text);
    let joined = format!(" {} ", said.join(" "));
    if said.len() > 8 {
        return None;
    }
    for (place, names) in PLACES.iter().enumerate() {
        if names.iter().any(|name| joined.contains(&format!(" {name} "))) {
            return Some(if place == 5 { count.checked_sub(1)? } else { place })
                .filter(|place| *place < count);
        }
    }
    // A lone number, or "opção 2".
    let number: usize = match said.as_slice() {
        [only] => only.parse().ok()?,
        [word, number]
            if matches!(word.as_str(), "opcao" | "numero" | "option" | "number" | "opcion" | "o" | "a") =>
        {
            number.parse().ok()?
        }
        _ => return None,
    };
    (1..=count).contains(&number).then(|| number - 1)
}

/// Whether `text` tells when to look, and no time: nobody is booked for one that they did not name, though of all that were
/// offered only one is on a `segunda de manhã`.
fn is_vague(text: &str, now: &Zoned, language: Language) -> bool {
    let found = find_times(text, now, language);
    let any = |grains: &[Grain]| found.iter().any(|found| grains.contains(&found.value.grain));
    any(&[Grain::PartOfDay]) && !any(&[Grain::Minute, Grain::Hour])
}

/// The times that name the items of a list of times.
fn times_of(items: &[Value], field: &str) -> Option<Vec<DateTime>> {
    let time = |item: &Value| item.get(field).and_then(Value::as_str).and_then(|time| time.parse().ok());
    items.iter().map(time).collect()
}

fn by_time(text: &str, items: &[Value], field: &str, now: &Zoned, language: Language) -> Option<usize> {
    let times = times_of(items, field)?;
    let wished: Vec<When> = find_times(text, now, language).into_iter().map(|found| found.value).collect();
    let exact = wished.iter().find(|when| matches!(when.grain, Grain::Minute | Grain::Hour));
    let day = wished.iter().find(|when| !matches!(when.grain, Grain::Minute | Grain::Hour));
    let fits = |time: &DateTime| {
        let on_day = day.is_none_or(|day| day.from <= *time && *time < day.until);
        let at_time = exact.is_none_or(|exact| exact.from.time() == time.time());
        let named_day = exact.is_none_or(|exact| !exact.day_named || exact.from.date() == time.date());
        on_day && at_time && named_day
    };
    if exact.is_none() && day.is_none() {
        return None;
    }
    let mut fitting = times.iter().enumerate().filter(|(_, time)| fits(time)).map(|(index, _)| index);
    let first = fitting.next()?;
    // A time of day says which one; a day alone only if there is no other on it.
    (exact.is_some() || fitting.next().is_none()).then_some(first)
}

fn by_code(text: &str, items: &[Value], field: &str) -> Option<usize> {
    let codes: HashSet<String> =
        find_numbers(text).into_iter().map(|found| found.value.to_lowercase()).collect();
    let said = words(text);
    items.iter().position(|item| {
        let code = match item.get(field) {
            Some(Value::String(code)) => code.to_lowercase(),
            Some(Value::Number(number)) => number.to_string(),
            _ => return false,
        };
        code.len() > 1 && (codes.contains(&code) || said.contains(&code))
    })
}

fn by_words(text: &str, items: &[Value], language: Language) -> Option<usize> {
    let said = stems(text, language);
    let (best, fitting) = best_fitting(&said, items.iter().enumerate(), language);
    match fitting.as_slice() {
        [only] if best > 0 => Some(*only),
        _ => None,
    }
}

/// Which of `parts` the texts name, those that come first counting most. Between parts that fit equally well the first
/// is as good as any; `None` if nothing names one.
pub fn part_named<'t>(
    texts: impl Iterator<Item = &'t str>,
    parts: &[Value],
    language: Language,
) -> Option<usize> {
    let mut fitting: Vec<usize> = (0..parts.len()).collect();
    let mut was_named = false;
    for text in texts {
        let said = stems(text, language);
        let left = fitting.iter().filter_map(|place| Some((*place, parts.get(*place)?)));
        let (best, closer) = best_fitting(&said, left, language);
        if best > 0 {
            was_named = true;
            fitting = closer;
        }
    }
    fitting.first().copied().filter(|_| was_named)
}

/// The most words of `said` that any of `items` has in its names, and the places of those that have so many.
fn best_fitting<'v>(
    said: &HashSet<String>,
    items: impl Iterator<Item = (usize, &'v Value)>,
    language: Language,
) -> (usize, Vec<usize>) {
    let overlaps: Vec<(usize, usize)> =
        items.map(|(place, item)| (place, names_in(item, language).intersection(said).count())).collect();
    let best = overlaps.iter().map(|(_, overlap)| *overlap).max().unwrap_or(0);
    let fitting = overlaps.into_iter().filter(|(_, overlap)| *overlap == best).map(|(place, _)| place);
    (best, fitting.collect())
}

/// Words of an item's names and labels. They are short; descriptions would fit everything, and prices name nothing.
fn names_in(item: &Value, language: Language) -> HashSet<String> {
    item.as_object()
        .into_iter()
        .flat_map(|fields| fields.values())
        .filter_map(Value::as_str)
        .filter(|name| name.len() <= 80 && find_money(name, language).is_empty())
        .flat_map(|name| stems(name, language))
        .collect()
}

fn stems(text: &str, language: Language) -> HashSet<String> {
    unify_sizes(words(text))
        .iter()
        .filter(|word| word.len() > 1 && !is_filler(word, language))
        .map(|word| stem(word, language))
        .collect()
}

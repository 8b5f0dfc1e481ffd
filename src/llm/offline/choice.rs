//! The item a customer picks from a list they were shown: by its place, its time, its code or its words.

use crate::domain::language::Language;
use crate::language::dates::{Grain, When, find_times};
use crate::language::fold::{stem, words};
use crate::language::identifiers::find_numbers;
use crate::llm::offline::rank::content_words;
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

fn by_time(text: &str, items: &[Value], field: &str, now: &Zoned, language: Language) -> Option<usize> {
    let times: Vec<DateTime> = items
        .iter()
        .map(|item| item.get(field).and_then(Value::as_str).and_then(|time| time.parse().ok()))
        .collect::<Option<Vec<_>>>()?;
    let wished: Vec<When> = find_times(text, now, language).into_iter().map(|found| found.value).collect();
    let exact = wished.iter().find(|when| matches!(when.grain, Grain::Minute | Grain::Hour));
    let day = wished.iter().find(|when| !matches!(when.grain, Grain::Minute | Grain::Hour));
    let fits = |time: &DateTime| {
        let on_day = day.is_none_or(|day| day.from <= *time && *time < day.until);
        let at_time = exact.is_none_or(|exact| exact.from.time() == time.time());
        let named_day =
            exact.is_none_or(|exact| exact.from.date() == now.date() || exact.from.date() == time.date());
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
    let said: HashSet<String> =
        content_words(text, language).iter().map(|word| stem(word, language)).collect();
    if said.is_empty() {
        return None;
    }
    let overlaps: Vec<usize> = items
        .iter()
        .map(|item| {
            let mut own = HashSet::new();
            for field in item.as_object().into_iter().flat_map(|fields| fields.values()) {
                // Names and labels are short; descriptions would fit everything.
                if let Some(name) = field.as_str().filter(|name| name.len() <= 80) {
                    own.extend(content_words(name, language).iter().map(|word| stem(word, language)));
                }
            }
            own.intersection(&said).count()
        })
        .collect();
    let best = *overlaps.iter().max()?;
    if best == 0 {
        return None;
    }
    let mut top = overlaps.iter().enumerate().filter(|(_, overlap)| **overlap == best);
    let (first, _) = top.next()?;
    top.next().is_none().then_some(first)
}

//! Fills a tool's arguments from what the customer said and from what they were shown. Never invents: what is not
//! there is left out, and asked for if it is needed.

use super::choice::{list_of, part_named, pick};
use super::dialogue::Dialogue;
use super::names::introduced;
use super::rank::{Ranker, content_words};
use crate::domain::language::Language;
use crate::domain::tool::{ParamSource, Risk, ToolSpec};
use crate::language::dates::{Grain, find_times};
use crate::language::emails::find_emails;
use crate::language::filler::is_filler;
use crate::language::fold::{fold, is_stopword, stem, words};
use crate::language::identifiers::{find_documents, find_numbers, find_phones, find_postal_codes};
use crate::language::money::find_money;
use crate::language::numbers::find_quantities;
use crate::language::sizes::size_of;
use crate::language::span::Found;
use jiff::Zoned;
use serde_json::{Map, Value, json};
use std::ops::Range;

/// So many words of content tell what happened; fewer only say that something did.
const STORY_WORDS: usize = 4;

/// Most words that are searched for.
const SEARCH_WORDS: usize = 12;

/// What arguments are filled from.
pub struct Sources<'a> {
    /// Everything that was said and shown.
    pub dialogue: &'a Dialogue,
    /// The customer's words on this matter, newest first.
    pub episode: &'a [String],
    /// The parameter the customer was just asked for, if any.
    pub asked: Option<&'a str>,
    /// Knows which words only name the wish.
    pub ranker: &'a Ranker,
    /// The tool's place in the ranker.
    pub place: usize,
    /// The present.
    pub now: &'a Zoned,
    /// The customer's language.
    pub language: Language,
}

/// Arguments as far as they are known.
pub fn fill(tool: &ToolSpec, sources: &Sources<'_>) -> Map<String, Value> {
    let mut filled = Map::new();
    let properties = tool.parameters.get("properties").and_then(Value::as_object);
    for (name, schema) in properties.into_iter().flatten() {
        if tool.hidden.contains(name) || tool.source_of(name) == ParamSource::Context {
            continue;
        }
        let required = tool.required().any(|required| required == name);
        if let Some(value) = sources.value(tool, name, schema, required, &mut filled) {
            filled.insert(name.clone(), value);
        }
    }
    filled
}

/// Required parameters that are still open, in the schema's order.
pub fn missing<'t>(tool: &'t ToolSpec, filled: &Map<String, Value>) -> Option<&'t str> {
    tool.required().find(|name| !filled.contains_key(*name))
}

/// What kind of value a parameter takes.
pub fn kind_of<'s>(name: &'s str, schema: &'s Value) -> &'s str {
    let hint = |key: &str| schema.get(key).and_then(Value::as_str);
    if let Some(kind) = hint("x-balcao-kind") {
        return kind;
    }
    match hint("format") {
        Some("email") => return "email",
        Some("date") => return "date",
        Some("date-time") => return "date_time",
        Some("phone") => return "phone",
        _ => {}
    }
    let folded = fold(name);
    let has = |parts: &[&str]| folded.split(['_', '-']).any(|part| parts.contains(&part));
    match hint("type") {
        Some("boolean") => "consent",
        Some("integer" | "number") if has(&["valor", "amount", "price", "preco", "value"]) => "money_number",
        Some("integer" | "number") if has(&["number", "numero", "id", "pedido", "order"]) => "number",
        Some("integer" | "number") => "quantity",
        _ if has(&["email", "mail"]) => "email",
        _ if has(&["phone", "telefone", "celular", "whatsapp"]) => "phone",
        _ if has(&["cep", "zip", "postal"]) => "postal_code",
        _ if has(&["cpf", "cnpj", "document", "documento"]) => "document",
        _ if has(&["date", "data", "dia", "day"]) => "date",
        _ if has(&["number", "numero", "code", "codigo", "id", "pedido", "order"]) => "code",
        _ if has(&["name", "nome"]) => "name",
        _ => "text",
    }
}

impl Sources<'_> {
    fn value(
        &self,
        tool: &ToolSpec,
        name: &str,
        schema: &Value,
        required: bool,
        filled: &mut Map<String, Value>,
    ) -> Option<Value> {
        if let Some(choices) = schema.get("enum").and_then(Value::as_array) {
            return self.of_enum(choices);
        }
        if let Some(chosen) = self.chosen(schema, filled) {
            return Some(chosen);
        }
        let wants_text = required || self.asked == Some(name);
        match kind_of(name, schema) {
            "email" => self.newest(find_emails).map(Value::from),
            "phone" => self.newest(find_phones).map(Value::from),
            "postal_code" => self.newest(find_postal_codes).map(Value::from),
            "document" => self.newest(find_documents).map(Value::from),
            "order_number" | "code" => self.number(name, schema).map(Value::from),
            "ticket_number" | "number" => {
                self.number(name, schema).and_then(|text| text.parse::<i64>().ok()).map(Value::from)
            }
            "date" => self.time(false),
            "date_time" => self.time(true),
            "money" => self
                .episode
                .iter()
                .find_map(|text| Some(find_money(text, self.language).first()?.body(text).into())),
            "money_number" => self.episode.iter().find_map(|text| {
                let money = find_money(text, self.language).first()?.value;
                Some(json!(money.0 as f64 / 100.0))
            }),
            "quantity" => self.quantity(required),
            // Asked for by choosing the tool: "remember that …".
            "consent" if required => Some(Value::Bool(true)),
            "consent" => None,
            "name" if required || self.asked == Some(name) => self.name(name),
            "name" => self.introduced().map(Value::from),
            "sku" => self.matter().map(Value::from),
            "search" => self.search().map(Value::from),
            _ if wants_text => self.text(tool, name),
            _ => None,
        }
    }

    /// What the customer picked from the list that this parameter chooses from. Fields of the same item that other
    /// parameters are named after come along.
    fn chosen(&self, schema: &Value, filled: &mut Map<String, Value>) -> Option<Value> {
        let of = schema.get("x-balcao-choice-of").and_then(Value::as_str)?;
        let path = schema.get("x-balcao-choice").and_then(Value::as_str)?;
        if let Some((call, (items, field))) = self
            .dialogue
            .results()
            .filter(|(call, _)| call.name == of)
            .find_map(|(call, value)| Some((call, list_of(value, path)?)))
        {
            let only = (items.len() == 1).then_some(0);
            let picked =
                self.episode.iter().find_map(|text| pick(text, items, &field, self.now, self.language));
            // A list that has one item, or one that was asked for by name, needs no pick; a time always does.
            let named = || {
                let asked_with = call.arguments.as_object()?.values().filter_map(Value::as_str);
                asked_with.into_iter().find_map(|text| pick(text, items, &field, self.now, self.language))
            };
            let implied = if field.ends_with("start") { None } else { only.or_else(named) };
            let item = items.get(picked.or(implied)?)?;
            if let Some(professional) = item.get("professional").filter(|value| value.is_string()) {
                filled.entry("professional").or_insert_with(|| professional.clone());
            }
            return self.part_of(item, schema, &call.arguments).or_else(|| item.get(&field).cloned());
        }
        if path.contains("[]") {
            // The same field of a single record: the code of what was just booked.
            let field = path.rsplit(['.', ']']).next()?;
            return self
                .dialogue
                .results()
                .find_map(|(_, value)| value.get(field).filter(|value| !value.is_null()))
                .cloned();
        }
        let result = self.dialogue.results().find(|(call, _)| call.name == of)?.1;
        result.get(path).filter(|value| !value.is_null()).cloned()
    }

    /// The same field of the part of `item` that the customer named, now or when they asked for the list.
    fn part_of(&self, item: &Value, schema: &Value, asked_with: &Value) -> Option<Value> {
        let (parts, field) = list_of(item, schema.get("x-balcao-choice-part").and_then(Value::as_str)?)?;
        let arguments = asked_with.as_object().into_iter().flat_map(Map::values);
        let said = self.episode.iter().map(String::as_str).chain(arguments.filter_map(Value::as_str));
        parts.get(part_named(said, parts, self.language)?)?.get(&field).cloned()
    }

    /// The newest identifier of a kind in the whole conversation: nobody has to say it twice.
    fn newest(&self, find: fn(&str) -> Vec<Found<String>>) -> Option<String> {
        self.dialogue.customer().find_map(|text| find(text).pop().map(|found| found.value))
    }

    fn number(&self, name: &str, schema: &Value) -> Option<String> {
        let longest =
            schema.get("maxLength").and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok());
        let of_order = kind_of(name, schema) == "order_number";
        let numbers = |text: &str| -> Option<String> {
            let taken = self.taken(text);
            find_numbers(text)
                .into_iter()
                .rev()
                .filter(|found| !overlaps(&taken, &found.span))
                .map(|found| found.value)
                .find(|number| {
                    number.len() >= if of_order { 3 } else { 2 }
                        && longest.is_none_or(|limit| number.len() <= limit)
                })
        };
        self.episode
            .iter()
            .find_map(|text| numbers(text))
            .or_else(|| self.dialogue.customer().find_map(numbers))
    }

    /// Places of a text that mean something else than a plain number.
    fn taken(&self, text: &str) -> Vec<Range<usize>> {
        let mut taken: Vec<Range<usize>> =
            [find_emails(text), find_phones(text), find_postal_codes(text), find_documents(text)]
                .into_iter()
                .flatten()
                .map(|found| found.span)
                .collect();
        taken.extend(find_money(text, self.language).into_iter().map(|found| found.span));
        taken.extend(
            find_times(text, self.now, self.language)
                .into_iter()
                // A bare number is also a time of day in its own right; that alone does not take it.
                .filter(|found| {
                    found
                        .body(text)
                        .bytes()
                        .any(|byte| byte.is_ascii_alphabetic() || matches!(byte, b':' | b'/'))
                })
                .map(|found| found.span),
        );
        taken
    }

    fn time(&self, needs_clock: bool) -> Option<Value> {
        let found = |text: &String| {
            let times = find_times(text, self.now, self.language);
            let with_clock =
                times.iter().find(|found| matches!(found.value.grain, Grain::Minute | Grain::Hour));
            match (with_clock, needs_clock) {
                (Some(found), true) => {
                    // A day said beside the time of day belongs to it.
                    let day = times.iter().find(|other| other.span != found.span);
                    let start = day.map_or(found.value.from, |day| {
                        day.value.from.date().to_datetime(found.value.from.time())
                    });
                    Some(Value::from(start.strftime("%Y-%m-%dT%H:%M").to_string()))
                }
                (None, true) => None,
                (_, false) => times.first().map(|found| Value::from(found.body(text))),
            }
        };
        self.episode.iter().find_map(found)
    }

    fn quantity(&self, required: bool) -> Option<Value> {
        self.episode.iter().find_map(|text| {
            let taken = self.taken(text);
            let numbers: Vec<_> = find_quantities(text, self.language)
                .into_iter()
                .filter(|found| !overlaps(&taken, &found.span) && (1..=999).contains(&found.value))
                // "um vaso" names a vase, it does not count it.
                .filter(|found| {
                    found.value > 1 || found.body(text).bytes().all(|byte| byte.is_ascii_digit()) || required
                })
                .collect();
            numbers.first().map(|found| found.value.into())
        })
    }

    fn of_enum(&self, choices: &[Value]) -> Option<Value> {
        let said: Vec<String> =
            self.episode.iter().flat_map(|text| words(text)).map(|word| stem(&word, self.language)).collect();
        choices
            .iter()
            .find(|choice| {
                choice.as_str().is_some_and(|choice| {
                    words(choice)
                        .iter()
                        .filter(|word| word.len() > 3)
                        .any(|word| said.contains(&stem(word, self.language)))
                })
            })
            .cloned()
    }

    /// The name by which the customer introduced themselves, newest first.
    fn introduced(&self) -> Option<String> {
        self.dialogue.customer().find_map(introduced)
    }

    fn name(&self, name: &str) -> Option<Value> {
        if self.asked == Some(name) {
            let newest = self.episode.first()?.trim();
            return (!newest.is_empty() && newest.len() <= 120).then(|| newest.into());
        }
        self.introduced().or_else(|| self.matter()).map(Value::from)
    }

    /// `text` without its places that mean something else than words.
    fn free(&self, text: &str) -> String {
        let mut free = text.to_owned();
        for span in self.taken(text).iter().rev() {
            if free.is_char_boundary(span.start) && free.is_char_boundary(span.end) && span.end <= free.len()
            {
                free.replace_range(span.clone(), " ");
            }
        }
        free
    }

    /// The words of the newest text that name the matter, not the wish.
    fn matter(&self) -> Option<String> {
        self.episode.iter().find_map(|text| {
            let matter: Vec<String> = content_words(&self.free(text), self.language)
                .into_iter()
                .filter(|word| !self.ranker.frames(self.place, word) && !is_filler(word, self.language))
                .take(10)
                .collect();
            (!matter.is_empty()).then(|| matter.join(" "))
        })
    }

    /// What to search for. A search ranks by words, so that only those go that every wish of this kind begins with:
    /// a word too many does no harm, and one too few finds something else.
    fn search(&self) -> Option<String> {
        let newest = self.episode.first()?;
        let telling = self.episode.iter().find_map(|text| {
            let free = self.free(text);
            let said = words(&free);
            let before = std::iter::once(None).chain(said.iter().map(Some));
            let telling: Vec<&str> = said
                .iter()
                .zip(before)
                .filter(|(word, before)| word.len() > 1 || size_of(*before, word).is_some())
                .map(|(word, _)| word.as_str())
                .filter(|word| !is_stopword(word, self.language) && !self.ranker.opens(self.place, word))
                .take(SEARCH_WORDS)
                .collect();
            (!telling.is_empty()).then(|| telling.join(" "))
        });
        telling.or_else(|| Some(content_words(newest, self.language).join(" ")).filter(|text| text.len() > 1))
    }

    fn text(&self, tool: &ToolSpec, name: &str) -> Option<Value> {
        let newest = self.episode.first()?.trim();
        if self.asked == Some(name) {
            return (newest.chars().count() > 1).then(|| newest.into());
        }
        // A search is better off with the matter alone; a report wants the whole story, if there is one yet.
        match tool.risk {
            Risk::Read => self
                .matter()
                .or_else(|| {
                    Some(content_words(newest, self.language).join(" ")).filter(|text| text.len() > 1)
                })
                .map(Value::from),
            Risk::Write | Risk::Sensitive => {
                let story: Vec<&str> = self.episode.iter().rev().map(|text| text.trim()).collect();
                let story = story.join(" ");
                (content_words(&story, self.language).len() >= STORY_WORDS).then(|| story.into())
            }
        }
    }
}

fn overlaps(taken: &[Range<usize>], span: &Range<usize>) -> bool {
    taken.iter().any(|other| other.start < span.end && span.start < other.end)
}

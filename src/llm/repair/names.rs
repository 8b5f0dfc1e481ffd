//! Finds the tool a model meant by a name that is not quite right. A guess that two tools would fit is no guess.

use crate::domain::tool::ToolSpec;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Longer than any tool's name with a prefix; a longer one is not looked at.
const MAX_NAME: usize = 128;

/// Most edits between a misspelt name and the tool's.
const MAX_EDITS: usize = 2;

/// Letters and digits of `text` in lower case without accents, so that `Order-Status` equals `order_status`.
pub(super) fn fold(text: &str) -> String {
    folded(text).collect()
}

fn folded(text: &str) -> impl Iterator<Item = char> {
    text.nfd().filter(|c| !is_combining_mark(*c) && c.is_alphanumeric()).flat_map(char::to_lowercase)
}

/// The tool called exactly so, or so but for case, dashes and a prefix such as `functions.`.
pub(super) fn find<'a>(name: &str, tools: &'a [ToolSpec]) -> Option<&'a ToolSpec> {
    if name.len() > MAX_NAME {
        return None;
    }
    tools.iter().find(|tool| tool.name == name).or_else(|| {
        let bare = fold(name.rsplit(['.', '/', ':']).next().unwrap_or(name));
        only(tools.iter().filter(|tool| folded(&tool.name).eq(bare.chars())))
    })
}

/// Like [`find`], and failing that the one tool whose name is nearest, if it is near enough.
pub(super) fn find_near<'a>(name: &str, tools: &'a [ToolSpec]) -> Option<&'a ToolSpec> {
    find(name, tools).or_else(|| {
        if name.len() > MAX_NAME {
            return None;
        }
        let folded: Vec<char> = fold(name.rsplit(['.', '/', ':']).next().unwrap_or(name)).chars().collect();
        // In a short name two edits make another word.
        let allowed = MAX_EDITS.min(folded.len() / 4);
        only(tools.iter().filter(|tool| {
            let other: Vec<char> = fold(&tool.name).chars().collect();
            folded.len().abs_diff(other.len()) <= allowed && distance(&folded, &other) <= allowed
        }))
    })
}

/// The only item, if there is exactly one.
pub(super) fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let first = items.next()?;
    items.next().is_none().then_some(first)
}

/// Levenshtein's distance.
fn distance(left: &[char], right: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut diagonal = i;
        let mut before = i + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(right) {
            let replaced = diagonal + usize::from(a != b);
            diagonal = *cell;
            before = replaced.min(diagonal + 1).min(before + 1);
            *cell = before;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(left.len())
}

#[cfg(test)]
mod tests {
    use super::super::testing::tool;
    use super::*;
    use serde_json::json;

    #[test]
    fn finds_near_misses_but_never_guesses_between_two() {
        let tools: Vec<_> = ["order_status", "crm_get_contact", "crm_set_contact", "agenda_list_slots"]
            .map(|name| tool(name, json!({"type": "object"})))
            .into();
        for (name, expected) in [
            ("order_status", Some("order_status")),
            ("Order-Status", Some("order_status")),
            ("orderStatus", Some("order_status")),
            ("functions.order_status", Some("order_status")),
            ("default_api:order_status", Some("order_status")),
            ("order_statu", Some("order_status")),
            ("agenda_lists_slot", Some("agenda_list_slots")),
            ("crm_met_contact", None),
            ("order", None),
            ("cancel_everything", None),
            ("", None),
        ] {
            assert_eq!(find_near(name, &tools).map(|tool| tool.name.as_str()), expected, "{name}");
        }
        assert!(find_near(&"a".repeat(1_000_000), &tools).is_none());
    }

    #[test]
    fn counts_edits() {
        for (left, right, expected) in
            [("", "", 0), ("abc", "abd", 1), ("kitten", "sitting", 3), ("", "ab", 2)]
        {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            assert_eq!(distance(&chars(left), &chars(right)), expected, "{left} {right}");
        }
    }
}

//! The markup in which models write calls and reasoning when no server takes it out. A table, nothing else.

/// What a marker begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Marker {
    /// Reasoning, up to [`Marker::ReasoningEnd`].
    Reasoning,
    /// The end of reasoning; alone if the chat template wrote the beginning.
    ReasoningEnd,
    /// Calls as JSON or Python-like text.
    Calls,
    /// One call whose name follows: `<function=name>`.
    Named,
    /// The end of a block, or a control token: nothing for a customer.
    Stray,
}

/// Every marker, longer ones before their prefixes.
const MARKERS: [(&str, Marker); 36] = [
    ("<think>", Marker::Reasoning),
    ("<thinking>", Marker::Reasoning),
    ("</think>", Marker::ReasoningEnd),
    ("</thinking>", Marker::ReasoningEnd),
    ("<tool_calls>", Marker::Calls),
    ("<tool_call>", Marker::Calls),
    ("<tools>", Marker::Calls),
    ("<tool>", Marker::Calls),
    ("<function_calls>", Marker::Calls),
    ("<function_call>", Marker::Calls),
    ("<functioncall>", Marker::Calls),
    ("<|python_tag|>", Marker::Calls),
    ("<|tool_calls|>", Marker::Calls),
    ("<|tool_call|>", Marker::Calls),
    ("<|tool_call_start|>", Marker::Calls),
    ("[tool_calls]", Marker::Calls),
    ("[tool_call]", Marker::Calls),
    ("<function=", Marker::Named),
    ("<function name=", Marker::Named),
    ("<invoke name=", Marker::Named),
    ("</tool_calls>", Marker::Stray),
    ("</tool_call>", Marker::Stray),
    ("</tools>", Marker::Stray),
    ("</tool>", Marker::Stray),
    ("</function_calls>", Marker::Stray),
    ("</function_call>", Marker::Stray),
    ("</functioncall>", Marker::Stray),
    ("</function>", Marker::Stray),
    ("</invoke>", Marker::Stray),
    ("<|tool_call_end|>", Marker::Stray),
    ("[/tool_calls]", Marker::Stray),
    ("[/tool_call]", Marker::Stray),
    ("<|im_end|>", Marker::Stray),
    ("<|eot_id|>", Marker::Stray),
    ("<|eom_id|>", Marker::Stray),
    ("<|endoftext|>", Marker::Stray),
];

/// The marker at the start of `text`, in any case, and its length in bytes.
pub(super) fn at_start(text: &str) -> Option<(Marker, usize)> {
    MARKERS.iter().find(|(marker, _)| starts_with(text, marker)).map(|(text, marker)| (*marker, text.len()))
}

/// Whether `text`, once more of it has come, may turn out to be a marker.
pub(super) fn may_start(text: &str) -> bool {
    MARKERS.iter().any(|(marker, _)| text.len() < marker.len() && starts_with(marker, text))
}

/// Where the first end of reasoning in `text` ends, in bytes.
pub(super) fn end_of_reasoning(text: &str) -> Option<usize> {
    text.match_indices("</").find_map(|(at, _)| match at_start(&text[at..]) {
        Some((Marker::ReasoningEnd, length)) => Some(at + length),
        Some(_) | None => None,
    })
}

fn starts_with(text: &str, prefix: &str) -> bool {
    text.as_bytes().get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix.as_bytes()))
}

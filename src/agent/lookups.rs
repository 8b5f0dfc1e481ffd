//! What systems told in a conversation, as far as it may be relied on: the values of trusted result fields. Which of
//! them an interview wants to know is its own to say.

use crate::domain::event::{Event, EventBody};
use crate::domain::tool_call::ToolOutcome;
use crate::interview::definition::Definition;
use crate::interview::known::Told;
use crate::tools::gate::paths::select;
use crate::tools::registry::Registry;
use jiff::Timestamp;
use serde_json::Value;

/// What the calls of these events told of the fields of `definition`, oldest first.
pub fn told(events: &[Event], registry: &Registry, definition: &Definition) -> Vec<Told> {
    let calls = events.iter().filter_map(|event| match &event.body {
        EventBody::ToolFinished { call, outcome: ToolOutcome::Done { data, .. }, .. } => {
            Some((call.name.as_str(), data, event.at))
        }
        _ => None,
    });
    calls.flat_map(|(tool, data, at)| told_by((tool, data, at), registry, definition)).collect()
}

/// What one result told of them. A place that holds several different values tells nothing.
pub fn told_by(
    (tool, data, at): (&str, &Value, Timestamp),
    registry: &Registry,
    definition: &Definition,
) -> Vec<Told> {
    let Some(entry) = registry.get(tool) else { return Vec::new() };
    let trusted = &entry.spec().result_trusted;
    let wanted = definition.fields.iter().flat_map(|field| field.lookups());
    let wanted = wanted.filter(|(from, path)| *from == tool && trusted.iter().any(|known| known == path));
    wanted
        .filter_map(|(tool, path)| {
            let values = select(data, path);
            let first = values.first().filter(|first| !first.is_null())?;
            let is_one = values.iter().all(|value| value == first);
            let (tool, path, value) = (tool.to_owned(), path.to_owned(), (*first).clone());
            is_one.then_some(Told { tool, path, value, at })
        })
        .collect()
}

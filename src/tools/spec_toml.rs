//! Reads `tools/<domain>.toml`: one table per tool, every key optional, an unknown key a fault. What the tables
//! may do to a tool is decided in `spec`.

use super::spec::{Narrowing, ParameterNarrowing};
use super::templates::check_texts;
use crate::declared::reader::{Fields, Node, Placed, Reader, entries_of};
use crate::domain::problem::Problem;
use crate::domain::tool::{ParamSource, Risk};

/// The risk classes as written.
pub const RISKS: [(&str, Risk); 3] =
    [("read", Risk::Read), ("write", Risk::Write), ("sensitive", Risk::Sensitive)];

/// The parameter sources as written.
pub const SOURCES: [(&str, ParamSource); 3] =
    [("model", ParamSource::Model), ("said", ParamSource::Said), ("context", ParamSource::Context)];

const TOOL_KEYS: [&str; 10] = [
    "enabled",
    "title",
    "description",
    "examples",
    "risk",
    "progress",
    "say",
    "timeout_ms",
    "result_trusted",
    "parameters",
];

const PARAMETER_KEYS: [&str; 7] = ["ask", "label", "source", "hidden", "fixed", "enum", "max"];

/// Reads the tables of one domain file. Faults are returned beside whatever could be read.
pub fn read(file: &str, source: &str) -> (Vec<Narrowing>, Vec<Problem>) {
    let mut reader = Reader::new(file, source);
    let document = reader.document();
    if reader.has_problems() {
        // What follows from a slip of syntax would only hide it.
        return (Vec::new(), reader.finish());
    }
    let mut narrowings = Vec::new();
    for (name, span, node) in entries_of(document.get_ref()) {
        let place = reader.place(span);
        let fields = reader.fields(node, &TOOL_KEYS);
        let mut narrowing = Narrowing::of(Placed { value: name.to_owned(), place });
        read_tool(&mut reader, &fields, &mut narrowing);
        narrowings.push(narrowing);
    }
    (narrowings, reader.finish())
}

fn read_tool(reader: &mut Reader<'_>, fields: &Fields<'_, '_>, into: &mut Narrowing) {
    into.enabled = fields.get("enabled").and_then(|node| reader.boolean(node));
    into.title = fields.get("title").and_then(|node| reader.texts(node));
    into.description = fields.get("description").and_then(|node| reader.string(node));
    into.examples = fields.get("examples").and_then(|node| reader.strings(node));
    into.risk = fields.get("risk").and_then(|node| reader.word(node, &RISKS));
    into.progress = fields.get("progress").and_then(|node| reader.texts(node));
    into.say = fields.get("say").and_then(|node| reader.texts(node));
    into.timeout_ms = fields.get("timeout_ms").and_then(|node| reader.count(node));
    into.result_trusted = fields.get("result_trusted").and_then(|node| reader.strings(node));
    for texts in [&into.say, &into.progress].into_iter().flatten() {
        let problems = check_texts(texts);
        reader.extend(problems);
    }
    if let Some(node) = fields.get("parameters") {
        for (name, span, parameter) in reader.entries(node) {
            let mut narrowing = ParameterNarrowing::at(reader.place(span));
            read_parameter(reader, parameter, &mut narrowing);
            into.parameters.insert(name.to_owned(), narrowing);
        }
    }
}

fn read_parameter(reader: &mut Reader<'_>, node: &Node<'_>, into: &mut ParameterNarrowing) {
    let fields = reader.fields(node, &PARAMETER_KEYS);
    into.ask = fields.get("ask").and_then(|node| reader.texts(node));
    into.label = fields.get("label").and_then(|node| reader.texts(node));
    into.source = fields.get("source").and_then(|node| reader.word(node, &SOURCES));
    into.hidden = fields.get("hidden").and_then(|node| reader.boolean(node));
    into.max = fields.get("max").and_then(|node| reader.count(node));
    into.fixed = fields.get("fixed").and_then(|node| {
        let place = reader.place(node.span());
        reader.json(node).map(|value| Placed { value, place })
    });
    into.one_of = fields.get("enum").and_then(|node| {
        let place = reader.place(node.span());
        match reader.json(node)? {
            serde_json::Value::Array(value) => Some(Placed { value, place }),
            _ => {
                reader.fault(node.span(), "`enum` is a list of values");
                None
            }
        }
    });
}

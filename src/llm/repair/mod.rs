//! Turns what weak models write into words and calls. It knows the tools' names and schemas, nothing of what the
//! tools do; it never invents a call or a value, and a call it cannot read is dropped, not shown.

mod arguments;
mod blocks;
mod calls;
mod delta_filter;
pub mod loose_json;
mod markers;
mod names;

pub use blocks::Ending;
pub use delta_filter::DeltaFilter;

use crate::domain::tool::ToolSpec;
use serde_json::Value;

/// A call with the tool's real name, where it could be told, and arguments fitted to its schema.
#[derive(Clone, PartialEq, Debug)]
pub struct MendedCall {
    /// Name of the tool, or what the model wrote if there is no such tool.
    pub name: String,
    /// The arguments; anything but an object is refused at dispatch.
    pub arguments: Value,
}

/// An answer's text after repair.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Repaired {
    /// The words for the customer, without any tool syntax or reasoning.
    pub text: String,
    /// The calls that stood in the text.
    pub calls: Vec<MendedCall>,
    /// What had to be mended, for metrics.
    pub repairs: Vec<&'static str>,
}

/// Separates the words of an answer from the calls and the reasoning written into it. A text without either comes
/// back unchanged.
pub fn repair_text(text: &str, tools: &[ToolSpec], ending: Ending) -> Repaired {
    let found = blocks::separate(text, tools, ending);
    let mut repaired = Repaired { text: found.text, calls: Vec::new(), repairs: found.repairs };
    for call in found.calls {
        let mended = mend(call.name, call.arguments, tools, &mut repaired.repairs);
        if repaired.calls.contains(&mended) {
            note(&mut repaired.repairs, "repeated_call");
        } else {
            repaired.calls.push(mended);
        }
    }
    repaired
}

/// Mends a call that the endpoint delivered as such, with its arguments as text.
pub fn repair_call(
    name: String,
    arguments: &str,
    tools: &[ToolSpec],
    repairs: &mut Vec<&'static str>,
) -> MendedCall {
    let arguments = match serde_json::from_str(arguments) {
        Ok(strict @ Value::Object(_)) => strict,
        Ok(other) => calls::unwrapped(other),
        Err(_) if arguments.trim().is_empty() => calls::unwrapped(Value::Null),
        Err(_) => {
            note(repairs, "loose_json");
            loose_json::read_all(arguments)
                .map_or_else(|| Value::String(arguments.to_owned()), calls::unwrapped)
        }
    };
    mend(name, arguments, tools, repairs)
}

fn mend(name: String, arguments: Value, tools: &[ToolSpec], repairs: &mut Vec<&'static str>) -> MendedCall {
    let Some(tool) = names::find_near(&name, tools) else { return MendedCall { name, arguments } };
    if tool.name != name {
        note(repairs, "tool_name");
    }
    let (arguments, changed) = arguments::fit(arguments, &tool.parameters);
    if changed {
        note(repairs, "arguments");
    }
    MendedCall { name: tool.name.clone(), arguments }
}

fn note(repairs: &mut Vec<&'static str>, repair: &'static str) {
    if !repairs.contains(&repair) {
        repairs.push(repair);
    }
}

#[cfg(test)]
pub(super) mod testing {
    //! A tool to test with.

    use crate::domain::tool::{Localized, Risk, ToolSpec, ToolWords};
    use serde_json::Value;
    use std::time::Duration;

    pub fn tool(name: &str, parameters: Value) -> ToolSpec {
        ToolSpec {
            name: name.to_owned(),
            description: format!("Does {name}."),
            title: Localized::default(),
            parameters,
            risk: Risk::Read,
            sources: Default::default(),
            hidden: Vec::new(),
            result_trusted: Vec::new(),
            timeout: Duration::from_secs(5),
            progress: Localized::default(),
            words: ToolWords::default(),
        }
    }
}

//! The tool by which a model begins an interview. It only says that one begins: the program puts the questions, and
//! which interviews may begin with this customer is the program's word, not the model's.

use crate::domain::effect::Effect;
use crate::domain::tool::{BEGIN_INTERVIEW, Localized, Risk, ToolSpec, ToolWords};
use crate::domain::tool_call::RefusalClass;
use crate::tools::tool::{Tool, ToolContext, ToolError, ToolOutput};
use async_trait::async_trait;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Most words of a purpose that the model reads, in characters.
const PURPOSE: usize = 200;

/// An interview that a model may begin.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Offer {
    /// Name of its definition.
    pub name: String,
    /// What it is called.
    pub title: String,
    /// Something that customers say who want it, if the definition has an example.
    pub example: Option<String>,
}

/// The tool over `offers`; none if there is nothing to begin.
pub fn tools(offers: &[Offer]) -> Vec<Arc<dyn Tool>> {
    match offers.is_empty() {
        true => Vec::new(),
        false => vec![Arc::new(Begin { spec: spec(offers) })],
    }
}

struct Begin {
    spec: ToolSpec,
}

fn spec(offers: &[Offer]) -> ToolSpec {
    let names: Vec<&str> = offers.iter().map(|offer| offer.name.as_str()).collect();
    let listed: Vec<String> = offers
        .iter()
        .map(|Offer { name, title, example }| {
            let example = example.as_ref().map(|example| format!(", as in “{example}”")).unwrap_or_default();
            let text: String = format!("{title}{example}").chars().take(PURPOSE).collect();
            format!("`{name}`: {text}")
        })
        .collect();
    let description = format!(
        "Begins a short interview whose questions the program asks by itself. Call it when the customer clearly wants \
         what one of these is for, and not for a plain question about it. {}",
        listed.join("; ")
    );
    let interview = json!({"type": "string", "enum": names, "description": "Which interview."});
    ToolSpec {
        name: BEGIN_INTERVIEW.to_owned(),
        description,
        title: Localized(BTreeMap::from(
            [
                ("pt-BR", "começar as perguntas"),
                ("en", "begin the questions"),
                ("es", "empezar las preguntas"),
            ]
            .map(|(tag, text)| (tag.to_owned(), text.to_owned())),
        )),
        parameters: json!({
            "type": "object",
            "properties": {"interview": interview},
            "required": ["interview"],
            "additionalProperties": false,
        }),
        // Nothing outside changes, and the customer may decline every question.
        risk: Risk::Read,
        sources: BTreeMap::new(),
        hidden: Vec::new(),
        result_trusted: Vec::new(),
        timeout: Duration::from_secs(5),
        progress: Localized::default(),
        words: ToolWords::default(),
    }
}

#[async_trait]
impl Tool for Begin {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(&self, arguments: Value, context: &ToolContext) -> Result<ToolOutput, ToolError> {
        let name = arguments.get("interview").and_then(Value::as_str).unwrap_or_default();
        if !context.interviews.iter().any(|allowed| allowed == name) {
            return Err(ToolError::Tell {
                reason: "this customer is being interviewed, or was asked already; answer without it"
                    .to_owned(),
                class: RefusalClass::Declined,
            });
        }
        let note = "the program puts its first question right behind your answer: ask nothing yourself, say in one \
                    short sentence that a few questions follow";
        let effects = vec![Effect::BeginInterview { name: name.to_owned() }];
        Ok(ToolOutput { effects, ..ToolOutput::data(json!({"begun": name, "note": note})) })
    }
}

//! The request of an HTTP tool: what the operator wrote, filled in with the arguments of the model and with what the
//! program knows. It sends nothing.

use super::http::{Secrets, origin_of};
use super::http_names::{Known, values};
use super::http_wire::Request;
use super::tool::{ToolContext, ToolError};
use crate::declared::request::{Filled, Misfit, RequestTemplate, Written, idempotency_key};
use crate::domain::contact::IdentityKind;
use crate::domain::problem::Problem;
use crate::domain::tool::ToolSpec;
use crate::domain::tool_call::RefusalClass;
use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};
use serde_json::{Map, Value, json};

/// A request with places for values.
pub struct Blueprint {
    request: RequestTemplate,
    idempotency_header: Option<HeaderName>,
    bound: Vec<String>,
    secrets: Secrets,
}

impl Blueprint {
    /// Compiles every template; `None` if anything is wrong.
    pub fn compile(
        spec: &ToolSpec,
        request: &Request,
        secrets: &Secrets,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let before = problems.len();
        let idempotency_header = request.idempotency_header.as_ref().and_then(|header| {
            let name = HeaderName::from_bytes(header.value.as_bytes());
            name.map_err(|_| problems.push(header.place.problem("no header name"))).ok()
        });
        let origin = origin_of(&request.url.value, secrets)
            .map_err(|message| problems.push(request.url.place.problem(message)))
            .ok();
        let written = Written {
            method: request.method.clone(),
            url: request.url.clone(),
            headers: request.headers.clone(),
            query: request.query.clone(),
            body: request.body.clone(),
        };
        // Without an origin the templates are compiled all the same: every fault is told at once.
        let anywhere = Url::parse("http://localhost/").ok()?;
        let names = Known::new(spec, secrets);
        let compiled =
            RequestTemplate::compile(&written, origin.as_ref().unwrap_or(&anywhere), &names, problems);
        if problems.len() > before {
            return None;
        }
        let bound = request.bound.clone();
        Some(Self { request: compiled?, idempotency_header, bound, secrets: names.named_secrets() })
    }

    /// Scheme and host: no value can change them.
    pub fn origin(&self) -> &Url {
        self.request.origin()
    }

    /// The request of one call.
    ///
    /// # Errors
    /// A value that does not fit its place, or an identity the person has not proven.
    pub fn fill(&self, arguments: &Value, context: &ToolContext) -> Result<Filled, ToolError> {
        let program = context_values(context);
        let mut arguments = arguments.as_object().cloned().unwrap_or_default();
        for name in &self.bound {
            match program.get(name).filter(|value| !value.is_null()) {
                Some(value) => arguments.insert(name.clone(), value.clone()),
                None => return Err(not_proven(name)),
            };
        }
        let values = values(&arguments, &program, &self.secrets);
        let mut filled = self.request.fill(&values).map_err(|detail| misfit(&detail))?;
        if let Some(name) = &self.idempotency_header {
            let key = idempotency_key(&context.effect_key());
            let value = HeaderValue::from_str(&key).map_err(|_| misfit(&Misfit(key)))?;
            filled.headers.insert(name, value);
        }
        Ok(filled)
    }
}

/// What the program knows, by the names templates use.
pub(super) fn context_values(context: &ToolContext) -> Map<String, Value> {
    let proven = |kind: IdentityKind| {
        context.verified.iter().find(|identity| identity.kind == kind).map(|identity| identity.value.clone())
    };
    let values = json!({
        "conversation_id": context.conversation.to_string(),
        "turn_id": context.turn.to_string(),
        "call_id": context.call.to_string(),
        "contact_id": context.contact.to_string(),
        "language": context.language.tag(),
        "channel": context.channel,
        "now": context.now.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        "email": proven(IdentityKind::Email),
        "phone": proven(IdentityKind::Phone),
        "idempotency_key": idempotency_key(&context.effect_key()),
    });
    match values {
        Value::Object(values) => values,
        _ => Map::new(),
    }
}

/// The detail stays in the log: it may hold a secret.
fn misfit(detail: &Misfit) -> ToolError {
    tracing::debug!(%detail, "the request of a custom tool could not be filled in");
    ToolError::Tell {
        reason:
            "the request could not be filled in with these arguments; check that none is empty or malformed"
                .into(),
        class: RefusalClass::BadArguments,
    }
}

pub(super) fn not_proven(name: &str) -> ToolError {
    ToolError::Tell {
        reason: format!(
            "the customer's {name} is not proven in this conversation; ask for proof first, or offer a person"
        ),
        class: RefusalClass::NotVerified,
    }
}

//! One call of an operation, compiled: its request, what makes the result out of the answer, how pages go on. It
//! decides nothing about whether a call may be made.

use super::auth::filled;
use super::fault::Fault;
use super::judge::{find, is_true};
use super::pack::{NextPage, Pack, Repeat, Step};
use super::points::Price;
use super::values::{CallValues, Fixed, Known, Settings};
use super::wire::{Answer, Charge, Purpose, Wire};
use crate::declared::projection::Projection;
use crate::declared::reader::Placed;
use crate::declared::request::{RequestTemplate, Written};
use crate::domain::problem::Problem;
use crate::limits::quota::OutboundQuota;
use jmespath::Expression;
use minijinja::{Environment, UndefinedBehavior};
use reqwest::Url;
use reqwest::header::{ETAG, HeaderName, HeaderValue};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Most items of all pages together.
const MOST_ITEMS: usize = 10_000;

/// One call.
pub struct Call {
    /// Its name within the operation.
    pub name: String,
    /// When it may be sent again although it may have arrived.
    pub repeat: Repeat,
    when: Option<String>,
    cost: u32,
    quota: Option<OutboundQuota>,
    price: Price,
    request: RequestTemplate,
    idempotency_header: Option<HeaderName>,
    projection: Projection,
    words: BTreeMap<String, BTreeMap<String, String>>,
    next: Next,
    more: Option<Box<Expression<'static>>>,
    most_pages: u32,
}

enum Next {
    /// There is one page.
    None,
    Found(Box<Expression<'static>>),
    Counted(u32),
}

/// What a call is compiled against.
pub struct Compiling<'c> {
    /// The file it stands in.
    pub pack: &'c Pack,
    /// Scheme, host and path that every path is put behind.
    pub base: &'c str,
    /// The settings that hold.
    pub settings: &'c Settings,
    /// The same, for templates.
    pub fixed: &'c Fixed,
    /// What the operation is given.
    pub arguments: &'static [&'static str],
    /// Names of the steps before.
    pub steps: &'c [String],
    /// Makes the quota of an endpoint that has one of its own.
    pub quota: &'c dyn Fn(&Step) -> OutboundQuota,
}

impl Call {
    /// Compiles one step.
    pub fn compile(step: &Step, on: &Compiling<'_>, problems: &mut Vec<Problem>) -> Option<Self> {
        let before = problems.len();
        let names = Known { settings: on.settings, arguments: Some(on.arguments), steps: on.steps };
        let place = &step.path.place;
        let url = Placed { value: format!("{}{}", on.base, step.path.value), place: place.clone() };
        let origin = Url::parse(on.base)
            .map_err(|error| problems.push(place.problem(format!("base_url: {error}"))))
            .ok()?;
        let written = Written {
            method: step.method.clone(),
            url,
            headers: on.pack.headers.iter().chain(&step.headers).cloned().collect(),
            query: step.query.clone(),
            body: step.body.clone(),
        };
        let request = RequestTemplate::compile(&written, &origin, &names, problems);
        let projection =
            Projection::read(step.result.as_ref()).map_err(|problem| problems.push(problem)).ok();
        let idempotency_header = step.idempotency_header.as_ref().and_then(|name| {
            let name = HeaderName::from_bytes(name.as_bytes());
            name.map_err(|_| problems.push(place.problem("idempotency_header is no header name"))).ok()
        });
        if let Some(when) = &step.when
            && Environment::new().compile_expression(&when.value).is_err()
        {
            problems.push(when.place.problem("`when` is no expression"));
        }
        let next = match step.pages.as_ref().map(|pages| &pages.next) {
            None => Next::None,
            Some(NextPage::Counted(first)) => Next::Counted(*first),
            Some(NextPage::Found(path)) => match jmespath::compile(&path.value) {
                Ok(expression) => Next::Found(Box::new(expression)),
                Err(error) => {
                    problems.push(path.place.problem(format!("not JMESPath: {}", error.reason)));
                    Next::None
                }
            },
        };
        let more = step.pages.as_ref().and_then(|pages| pages.more.as_ref()).and_then(|path| {
            let compiled = jmespath::compile(&path.value).map(Box::new);
            let fault = |error: jmespath::JmespathError| format!("not JMESPath: {}", error.reason);
            compiled.map_err(|error| problems.push(path.place.problem(fault(error)))).ok()
        });
        let words = words(step, on.fixed, problems);
        if problems.len() > before {
            return None;
        }
        Some(Self {
            name: step.name.clone(),
            repeat: step.repeat,
            when: step.when.as_ref().map(|when| when.value.clone()),
            cost: step.cost,
            quota: (step.requests > 0).then(|| (on.quota)(step)),
            price: Price::default(),
            request: request?,
            idempotency_header,
            projection: projection?,
            words,
            next,
            more,
            most_pages: step.pages.as_ref().map_or(1, |pages| pages.most),
        })
    }

    /// Whether it is made at all, by what came before.
    pub fn applies(&self, fixed: &Fixed, values: &CallValues<'_>) -> bool {
        let Some(when) = &self.when else { return true };
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Chainable);
        let compiled = environment.compile_expression(when);
        compiled.and_then(|when| when.eval(fixed.with(values))).is_ok_and(|value| value.is_true())
    }

    /// Makes the call, page after page, and returns its result. A call that cannot change anything is made to look,
    /// whatever the operation is for.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn make(
        &self,
        wire: &Wire,
        fixed: &Fixed,
        values: &CallValues<'_>,
        purpose: Purpose,
    ) -> Result<Value, Fault> {
        let mut page = match &self.next {
            Next::Counted(first) => Value::from(*first),
            Next::None | Next::Found(_) => Value::Null,
        };
        let mut all: Option<Value> = None;
        let mut before = 0;
        let mut is_whole = true;
        for count in 1..=self.most_pages {
            let answer = match self.once(wire, fixed, &CallValues { page: &page, ..*values }, purpose).await {
                Ok(answer) => answer,
                // Some vendors have no empty page behind the last one.
                Err(Fault::Missing) if all.is_some() => break,
                Err(fault) => return Err(fault),
            };
            let next = self.page_after(&page, &answer.body);
            let more = self.more.as_ref().map(|more| is_true(more, &answer.body));
            let result = self.result(answer, values, wire)?;
            let items = result.as_array().map_or(0, Vec::len);
            all = Some(match (all, result) {
                (Some(Value::Array(mut all)), Value::Array(more)) => {
                    all.extend(more);
                    Value::Array(all)
                }
                (None, result) => result,
                (Some(all), _) => all,
            });
            // A counted page that holds less than the one before is the last one, unless the answer says it itself.
            let is_last = match more {
                Some(more) => !more,
                None => items == 0 || matches!(self.next, Next::Counted(_)) && items < before,
            };
            before = items;
            let Some(next) = next.filter(|next| !is_last && *next != page) else { break };
            let count_of_items = all.as_ref().and_then(Value::as_array).map_or(0, Vec::len);
            if count == self.most_pages || count_of_items >= MOST_ITEMS {
                is_whole = false;
                break;
            }
            page = next;
        }
        if !is_whole && self.most_pages > 1 {
            tracing::warn!(connector = %wire.name, call = %self.name, "a vendor's list is longer than what is read of it; what is behind the end is not known here");
        }
        Ok(all.unwrap_or(Value::Null))
    }

    async fn once(
        &self,
        wire: &Wire,
        fixed: &Fixed,
        values: &CallValues<'_>,
        purpose: Purpose,
    ) -> Result<Answer, Fault> {
        let mut filled = self.request.fill(&fixed.with(values)).map_err(|detail| {
            tracing::debug!(connector = %wire.name, %detail, "the request of a connector could not be filled in");
            Fault::Rejected
        })?;
        if let Some(name) = &self.idempotency_header {
            let key = HeaderValue::from_str(values.key).map_err(|_| Fault::Rejected)?;
            filled.headers.insert(name, key);
        }
        let purpose = if filled.method.is_safe() { Purpose::Look } else { purpose };
        let charge = Charge { cost: self.cost, own: self.quota.as_ref(), price: &self.price };
        wire.exchange(&filled, self.repeat, purpose, charge).await
    }

    fn page_after(&self, page: &Value, body: &Value) -> Option<Value> {
        match &self.next {
            Next::None => None,
            Next::Counted(_) => Some(Value::from(page.as_u64()? + 1)),
            Next::Found(path) => {
                find(path, body).filter(|next| !matches!(next, Value::Null | Value::Bool(false)))
            }
        }
    }

    fn result(&self, answer: Answer, values: &CallValues<'_>, wire: &Wire) -> Result<Value, Fault> {
        let etag = answer.headers.get(ETAG).and_then(|etag| etag.to_str().ok()).map(str::to_owned);
        let mut arguments = values.arguments.clone();
        if let Value::Object(fields) = &mut arguments {
            fields.insert("key".to_owned(), Value::from(values.key));
            fields.insert("steps".to_owned(), Value::Object(values.steps.clone()));
        }
        let projected = self.projection.apply(answer.body, answer.status.as_u16(), &arguments);
        let mut result = projected.map_err(|detail| {
            tracing::error!(connector = %wire.name, call = %self.name, %detail, "a vendor's answer cannot be projected");
            Fault::Broken("the system's answer could not be understood".to_owned())
        })?;
        if let (Some(etag), Value::Object(fields)) = (etag, &mut result) {
            fields.entry("etag").or_insert(Value::String(etag));
        }
        match &mut result {
            Value::Array(items) => items.iter_mut().for_each(|item| self.reword(item)),
            other => self.reword(other),
        }
        Ok(result)
    }

    /// Puts our words in place of the vendor's.
    fn reword(&self, item: &mut Value) {
        let Value::Object(fields) = item else { return };
        for (field, words) in &self.words {
            let Some(value) = fields.get_mut(field) else { continue };
            let theirs = match &*value {
                Value::String(text) => text.clone(),
                Value::Null => continue,
                other => other.to_string(),
            };
            if let Some(ours) = words.get(&theirs).or_else(|| words.get("*")) {
                *value = Value::String(ours.clone());
            }
        }
    }
}

/// Our words by the vendor's; where theirs are the operator's own, such as ids of stages, a setting gives them.
fn words(
    step: &Step,
    fixed: &Fixed,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut all = BTreeMap::new();
    for (field, words) in &step.words {
        let mut ours = BTreeMap::new();
        for (theirs, our) in words {
            let theirs = Placed { value: theirs.clone(), place: step.path.place.clone() };
            ours.extend(
                filled(&theirs, fixed, problems)
                    .filter(|theirs| !theirs.is_empty())
                    .map(|theirs| (theirs, our.clone())),
            );
        }
        all.insert(field.clone(), ours);
    }
    all
}

/// The results of the steps of one run, by name.
pub type Results = Map<String, Value>;

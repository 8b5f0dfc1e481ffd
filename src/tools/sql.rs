//! An operator's own query as a tool: reads the `[tool.sql]` table, binds the arguments of a call, asks within limits. It
//! reads alone, and what it finds is untrusted unless the operator vouches for a field.

use super::http_request::{context_values, not_proven};
use super::http_spec::{Call, Declared};
use super::spec::parameter_names;
use super::sql_text;
use super::tool::{Tool, ToolContext, ToolError, ToolOutput};
use crate::declared::reader::{Node, Placed, Reader};
use crate::domain::clock::Clock;
use crate::domain::problem::Problem;
use crate::domain::query::{Query, QueryError, QueryLimits, ReadOnlyDatabase};
use crate::domain::tool::{Risk, ToolSpec};
use crate::domain::tool_call::RefusalClass;
use crate::limits::alerts::Alerts;
use crate::limits::breaker::{Breaker, BreakerPolicy};
use async_trait::async_trait;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

const SQL_KEYS: [&str; 4] = ["database", "query", "rows", "timeout_ms"];

/// Most rows that a tool may ask for.
const MOST_ROWS: u64 = 500;

/// Most bytes of a result; the model is told less.
const MOST_BYTES: usize = 256 * 1024;

/// The most time one question may take.
const LONGEST_TIMEOUT_MS: u64 = 60_000;

/// The `[tool.sql]` table.
#[derive(Clone, Debug)]
pub struct Question {
    /// Which of `[databases]`.
    pub database: Placed<String>,
    /// What is asked.
    pub query: Placed<Query>,
    /// How much may come back.
    pub limits: QueryLimits,
    /// Parameters bound by the program.
    pub bound: Vec<String>,
}

/// Reads the table; what is wrong with it is noted.
pub(super) fn read(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<Question> {
    let fields = reader.fields(node, &SQL_KEYS);
    let database = reader.required(&fields, "database");
    let text = reader.required(&fields, "query");
    let mut number = |key: &str, default: u64, most: u64| match fields.get(key).map(|node| reader.count(node))
    {
        None => Some(default),
        Some(None) => None,
        Some(Some(count)) if (1..=most).contains(&count.value) => Some(count.value),
        Some(Some(count)) => {
            reader.extend([count.place.problem(format!("{key} is from 1 to {most}"))]);
            None
        }
    };
    let rows = number("rows", 50, MOST_ROWS);
    let timeout = number("timeout_ms", 5_000, LONGEST_TIMEOUT_MS);
    let text = text?;
    let query = match sql_text::read(&text.value) {
        Ok(value) => Placed { value, place: text.place },
        Err(message) => {
            reader.extend([text.place.problem(format!("query: {message}"))]);
            return None;
        }
    };
    let limits = QueryLimits {
        rows: usize::try_from(rows?).ok()?,
        bytes: MOST_BYTES,
        timeout: Duration::from_millis(timeout?),
    };
    Some(Question { database: database?, query, limits, bound: Vec::new() })
}

/// The databases of the settings by name, each with the breaker that its tools share.
#[derive(Clone, Default)]
pub struct Databases {
    by_name: BTreeMap<String, (Arc<dyn ReadOnlyDatabase>, Arc<Breaker>)>,
}

impl Databases {
    /// These databases.
    pub fn new(
        databases: BTreeMap<String, Arc<dyn ReadOnlyDatabase>>,
        clock: &Arc<dyn Clock>,
        alerts: &Arc<Alerts>,
    ) -> Self {
        let with_breaker = |(name, database): (String, Arc<dyn ReadOnlyDatabase>)| {
            let target = format!("database {name}");
            let breaker = Breaker::new(target, BreakerPolicy::SINGLE_ATTEMPTS, clock.clone());
            (name, (database, Arc::new(breaker.watched(alerts.clone()))))
        };
        Self { by_name: databases.into_iter().map(with_breaker).collect() }
    }
}

/// One tool that asks a database.
pub struct SqlTool {
    spec: ToolSpec,
    question: Question,
    database: Arc<dyn ReadOnlyDatabase>,
    breaker: Arc<Breaker>,
}

impl SqlTool {
    /// The tool that was declared.
    ///
    /// # Errors
    /// A database or a parameter that is not there, or a risk that a tool which reads cannot have.
    pub fn new(declared: Declared, databases: &Databases) -> Result<Self, Vec<Problem>> {
        let Declared { place, spec, call } = declared;
        let Call::Sql(question) = call else {
            return Err(vec![place.problem("this tool asks no database")]);
        };
        let mut problems = Vec::new();
        if spec.risk != Risk::Read {
            problems.push(place.problem("a query changes nothing: its risk is read"));
        }
        let known = parameter_names(&spec);
        for name in question.query.value.names() {
            if !known.iter().any(|known| known == name) && !question.bound.iter().any(|bound| bound == name) {
                problems.push(question.query.place.problem(format!("query: `:{name}` is not a parameter")));
            }
        }
        let name = &question.database.value;
        let Some((database, breaker)) = databases.by_name.get(name) else {
            problems.push(
                question
                    .database
                    .place
                    .problem(format!("there is no database `{name}`; give its url under [databases.{name}]")),
            );
            return Err(problems);
        };
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self { database: database.clone(), breaker: breaker.clone(), spec, question })
    }
}

#[async_trait]
impl Tool for SqlTool {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn online(&self) -> Option<Result<(), String>> {
        Some(self.database.check(&self.question.query.value).await.map_err(|error| error.to_string()))
    }

    async fn call(&self, arguments: Value, context: &ToolContext) -> Result<ToolOutput, ToolError> {
        let mut values = arguments.as_object().cloned().unwrap_or_default();
        let program = context_values(context);
        for name in &self.question.bound {
            match program.get(name).filter(|value| !value.is_null()) {
                Some(value) => values.insert(name.clone(), value.clone()),
                None => return Err(not_proven(name)),
            };
        }
        let permit = self.breaker.permit().map_err(|_| away())?;
        let read = self.database.read(&self.question.query.value, &values, self.question.limits).await;
        let error = match read {
            Ok(found) => {
                permit.succeeded();
                let mut data = json!({"rows": found.rows});
                if found.more {
                    data["more"] = json!("there are more rows than can be shown; ask for less");
                }
                return Ok(ToolOutput::data(data));
            }
            Err(error) => error,
        };
        tracing::warn!(tool = %self.spec.name, %error, "a query was not answered");
        Err(match error {
            QueryError::BadValue(message) => {
                permit.succeeded();
                tell(RefusalClass::BadArguments, format!("a value does not fit: {message}"))
            }
            // The operator's own slip: no waiting mends it.
            QueryError::Fault(_) => {
                permit.succeeded();
                tell(RefusalClass::Unavailable, "this lookup is not set up well; offer a person")
            }
            QueryError::TimedOut => {
                permit.failed();
                tell(
                    RefusalClass::TimedOut,
                    "the database did not answer in time; say so, and offer to try again later or a person",
                )
            }
            QueryError::Unavailable(_) => {
                permit.failed();
                away()
            }
        })
    }
}

fn tell(class: RefusalClass, reason: impl Into<String>) -> ToolError {
    ToolError::Tell { reason: reason.into(), class }
}

fn away() -> ToolError {
    tell(
        RefusalClass::Unavailable,
        "the database does not answer at the moment; say so, and offer to try again later or a person",
    )
}

//! Somebody's own PostgreSQL database, asked for an operator's tool: in a transaction that cannot write, with the server's
//! own time limit. It is not the store's own way to its database.

use crate::domain::query::{Query, QueryError, QueryLimits, QueryPart, ReadOnlyDatabase, Rows};
use async_trait::async_trait;
use futures_util::TryStreamExt;
use serde_json::{Map, Value};
use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgPool, PgPoolOptions, PgRow};
use sqlx::query::Query as Prepared;
use sqlx::{AssertSqlSafe, ConnectOptions, Either, Executor, Postgres, Row, SqlSafeStr, Statement, TypeInfo};
use std::str::FromStr;
use std::time::Duration;

/// How long a connection may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Connections to one database.
const CONNECTIONS: u32 = 4;

/// How long a prepared query may take to be looked at.
const CHECK: Duration = Duration::from_secs(10);

/// A database.
pub struct PostgresQueries {
    pool: PgPool,
}

impl PostgresQueries {
    /// The database at this URL; it is connected to when it is asked.
    ///
    /// # Errors
    /// A URL that is none; it is not repeated, as it may hold a password.
    pub fn at(url: &str) -> Result<Self, String> {
        let options = PgConnectOptions::from_str(url).map_err(|_| {
            "the URL is not understood; use `postgres://USER:PASSWORD@HOST:PORT/DATABASE`".to_owned()
        })?;
        let options = options
            .application_name("balcao tool")
            .disable_statement_logging()
            .options([("default_transaction_read_only", "on")]);
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .min_connections(0)
            .acquire_timeout(PATIENCE)
            .connect_lazy_with(options);
        Ok(Self { pool })
    }

    async fn ask(
        &self,
        query: &Query,
        values: &Map<String, Value>,
        limits: QueryLimits,
    ) -> Result<Rows, QueryError> {
        let mut transaction = self
            .pool
            .begin_with("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            .await
            .map_err(sorted)?;
        let limit = format!("SET LOCAL statement_timeout = {}", limits.timeout.as_millis().max(1));
        transaction.execute(AssertSqlSafe(limit)).await.map_err(sorted)?;
        let types = types(&mut transaction, query).await?;
        let text = text(query, &types);
        let asked =
            format!("SELECT row_to_json(answer)::text FROM (\n{text}\n) AS answer LIMIT {}", limits.rows + 1);
        let mut prepared: Prepared<'_, Postgres, PgArguments> = sqlx::query(AssertSqlSafe(asked));
        for (name, kind) in query.names().into_iter().zip(&types) {
            prepared = prepared.bind(written(name, values.get(name), kind)?);
        }
        let found = collect(&mut transaction, prepared, limits).await;
        // Nothing was written: whether this arrives does not matter.
        transaction.rollback().await.ok();
        found
    }
}

#[async_trait]
impl ReadOnlyDatabase for PostgresQueries {
    async fn read(
        &self,
        query: &Query,
        values: &Map<String, Value>,
        limits: QueryLimits,
    ) -> Result<Rows, QueryError> {
        // The server ends the statement; this is for a server that says nothing at all.
        let patience = PATIENCE + limits.timeout + Duration::from_secs(1);
        tokio::time::timeout(patience, self.ask(query, values, limits))
            .await
            .unwrap_or(Err(QueryError::TimedOut))
    }

    async fn check(&self, query: &Query) -> Result<(), QueryError> {
        let checking = async {
            let mut connection = self.pool.acquire().await.map_err(sorted)?;
            types(&mut connection, query).await.map(|_| ())
        };
        tokio::time::timeout(CHECK, checking).await.unwrap_or(Err(QueryError::TimedOut))
    }
}

async fn collect(
    connection: &mut PgConnection,
    prepared: Prepared<'_, Postgres, PgArguments>,
    limits: QueryLimits,
) -> Result<Rows, QueryError> {
    let mut found = Rows::default();
    let mut bytes = 0;
    let mut rows = prepared.persistent(false).fetch(connection);
    while let Some(row) = rows.try_next().await.map_err(sorted)? {
        let text = text_of(&row)?;
        bytes += text.len();
        if found.rows.len() >= limits.rows || bytes > limits.bytes {
            found.more = true;
            break;
        }
        let row = serde_json::from_str(&text).map_err(|error| QueryError::Fault(error.to_string()))?;
        found.rows.push(row);
    }
    Ok(found)
}

fn text_of(row: &PgRow) -> Result<String, QueryError> {
    row.try_get::<String, _>(0).map_err(sorted)
}

/// The types that the server gives the values of a query.
async fn types(connection: &mut PgConnection, query: &Query) -> Result<Vec<String>, QueryError> {
    let names = query.names();
    let bare = text(query, &vec![String::new(); names.len()]);
    // What cannot stand inside another query would not be asked either.
    let inside = format!("SELECT answer FROM (\n{bare}\n) AS answer");
    let statement = connection.prepare(AssertSqlSafe(inside).into_sql_str()).await.map_err(sorted)?;
    let types = match statement.parameters() {
        Some(Either::Left(types)) => types.iter().map(|kind| kind.name().to_owned()).collect(),
        Some(Either::Right(_)) | None => vec!["TEXT".to_owned(); names.len()],
    };
    Ok(types)
}

/// The query as the server takes it. Every value goes as text and is read by the server as what it has to be: a `date`
/// or an amount is written as a person writes it.
fn text(query: &Query, types: &[String]) -> String {
    let names = query.names();
    let mut text = String::new();
    for part in &query.parts {
        match part {
            QueryPart::Text(plain) => text.push_str(plain),
            QueryPart::Value(name) => {
                let index = names.iter().position(|known| known == name).unwrap_or_default();
                match types.get(index).map(String::as_str) {
                    None | Some("") => text.push_str(&format!("${}", index + 1)),
                    Some(kind) => text.push_str(&format!("(${}::text)::{kind}", index + 1)),
                }
            }
        }
    }
    text
}

/// A value as text that the server reads.
fn written(name: &str, value: Option<&Value>, kind: &str) -> Result<Option<String>, QueryError> {
    Ok(match value {
        None | Some(Value::Null) => None,
        // A zero would end the text for the server.
        Some(Value::String(text)) if text.contains('\0') => {
            return Err(QueryError::BadValue(format!("`{name}` holds a character that cannot be sent")));
        }
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Array(items)) if kind.ends_with("[]") => {
            let items: Vec<String> = items
                .iter()
                .map(|item| match item {
                    Value::Null => "NULL".to_owned(),
                    Value::String(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
                    other => format!("\"{}\"", other.to_string().replace('\\', "\\\\").replace('"', "\\\"")),
                })
                .collect();
            Some(format!("{{{}}}", items.join(",")))
        }
        Some(value) => Some(value.to_string()),
    })
}

/// Sorts an error by what the asker can do about it.
fn sorted(error: sqlx::Error) -> QueryError {
    let sqlx::Error::Database(database) = &error else {
        return match &error {
            sqlx::Error::Configuration(_) | sqlx::Error::Protocol(_) | sqlx::Error::ColumnDecode { .. } => {
                QueryError::Fault(error.to_string())
            }
            _ => QueryError::Unavailable(error.to_string()),
        };
    };
    let (code, message) = (database.code().unwrap_or_default(), database.message().to_owned());
    match code.get(..2) {
        _ if code == "57014" => QueryError::TimedOut,
        // Data exceptions: what was given does not fit its place.
        Some("22") => QueryError::BadValue(message),
        Some("08" | "28" | "3D" | "40" | "53" | "55" | "57" | "58") => QueryError::Unavailable(message),
        Some(_) | None => QueryError::Fault(format!("{message} ({code})")),
    }
}

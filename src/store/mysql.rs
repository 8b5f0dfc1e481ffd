//! Somebody's own MySQL or MariaDB database, asked for an operator's tool: in a transaction that cannot write, with the
//! server's own time limit. The program keeps nothing in such a database.

use crate::domain::query::{Query, QueryError, QueryLimits, QueryPart, ReadOnlyDatabase, Rows};
use async_trait::async_trait;
use futures_util::TryStreamExt;
use serde_json::{Map, Value};
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlDatabaseError, MySqlPool, MySqlPoolOptions};
use sqlx::{
    AssertSqlSafe, Column, ConnectOptions, Executor, MySql, Row, SqlSafeStr, Statement, mysql::MySqlArguments,
};
use std::str::FromStr;
use std::time::Duration;

/// How long a connection may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Connections to one database.
const CONNECTIONS: u32 = 4;

/// How long a prepared query may take to be looked at.
const CHECK: Duration = Duration::from_secs(10);

/// Strings, quoted names and `||` mean what they mean to the other databases: queries are read in one manner.
const MANNER: &str =
    "SET SESSION sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT')";

/// A database.
pub struct MySqlQueries {
    pool: MySqlPool,
}

impl MySqlQueries {
    /// The database at this URL; it is connected to when it is asked.
    ///
    /// # Errors
    /// A URL that is none; it is not repeated, as it may hold a password.
    pub fn at(url: &str) -> Result<Self, String> {
        let unread =
            || "the URL is not understood; use `mysql://USER:PASSWORD@HOST:PORT/DATABASE`".to_owned();
        let options = MySqlConnectOptions::from_str(url).map_err(|_| unread())?;
        if options.get_database().is_none_or(str::is_empty) {
            return Err(unread());
        }
        let pool = MySqlPoolOptions::new()
            .max_connections(CONNECTIONS)
            .min_connections(0)
            .acquire_timeout(PATIENCE)
            .after_connect(|connection, _| {
                Box::pin(async move { connection.execute(MANNER).await.map(|_| ()) })
            })
            .connect_lazy_with(options.disable_statement_logging());
        Ok(Self { pool })
    }

    async fn ask(
        &self,
        query: &Query,
        values: &Map<String, Value>,
        limits: QueryLimits,
    ) -> Result<Rows, QueryError> {
        let mut transaction =
            self.pool.begin_with("START TRANSACTION READ ONLY").await.map_err(|error| sorted(&error))?;
        limit(&mut transaction, limits.timeout).await?;
        let columns = columns(&mut transaction, query).await?;
        let pairs: Vec<String> = columns.iter().map(|name| pair(name)).collect();
        // As characters: the type JSON is not read as text by the client.
        let asked = format!(
            "SELECT CAST(JSON_OBJECT({}) AS CHAR) FROM (\n{}\n) AS answer LIMIT {}",
            pairs.join(", "),
            text(query),
            limits.rows + 1
        );
        let mut bound = sqlx::query(AssertSqlSafe(asked)).persistent(false);
        for part in &query.parts {
            if let QueryPart::Value(name) = part {
                bound = bind(bound, values.get(name));
            }
        }
        let found = collect(&mut transaction, bound, limits).await;
        // Nothing was written: whether this arrives does not matter.
        transaction.rollback().await.ok();
        found
    }
}

#[async_trait]
impl ReadOnlyDatabase for MySqlQueries {
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
            let mut connection = self.pool.acquire().await.map_err(|error| sorted(&error))?;
            columns(&mut connection, query).await.map(|_| ())
        };
        tokio::time::timeout(CHECK, checking).await.unwrap_or(Err(QueryError::TimedOut))
    }
}

/// Lets the server end what takes longer: MariaDB counts in seconds, MySQL in milliseconds.
async fn limit(connection: &mut MySqlConnection, timeout: Duration) -> Result<(), QueryError> {
    let version: String = sqlx::query_scalar("SELECT VERSION()")
        .fetch_one(&mut *connection)
        .await
        .map_err(|error| sorted(&error))?;
    let setting = match version.contains("MariaDB") {
        true => format!("SET SESSION max_statement_time = {:.3}", timeout.as_secs_f64().max(0.001)),
        false => format!("SET SESSION max_execution_time = {}", timeout.as_millis().max(1)),
    };
    connection.execute(AssertSqlSafe(setting)).await.map(|_| ()).map_err(|error| sorted(&error))
}

/// The names of what a query gives.
async fn columns(connection: &mut MySqlConnection, query: &Query) -> Result<Vec<String>, QueryError> {
    // What cannot stand inside another query would not be asked either; nothing that writes a file can.
    let inside = format!("SELECT * FROM (\n{}\n) AS answer", text(query));
    let statement =
        connection.prepare(AssertSqlSafe(inside).into_sql_str()).await.map_err(|error| sorted(&error))?;
    Ok(statement.columns().iter().map(|column| column.name().to_owned()).collect())
}

/// A column as a name and a value of an object.
fn pair(name: &str) -> String {
    format!("'{}', answer.\"{}\"", name.replace('\'', "''"), name.replace('"', "\"\""))
}

/// The query as the server takes it.
fn text(query: &Query) -> String {
    let pieces = query.parts.iter().map(|part| match part {
        QueryPart::Text(plain) => plain.as_str(),
        QueryPart::Value(_) => "?",
    });
    pieces.collect()
}

type Bound<'q> = sqlx::query::Query<'q, MySql, MySqlArguments>;

fn bind<'q>(query: Bound<'q>, value: Option<&Value>) -> Bound<'q> {
    match value {
        None | Some(Value::Null) => query.bind(None::<String>),
        Some(Value::Bool(truth)) => query.bind(*truth),
        Some(Value::String(text)) => query.bind(text.clone()),
        Some(Value::Number(number)) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => query.bind(whole),
            (None, Some(real)) => query.bind(real),
            (None, None) => query.bind(number.to_string()),
        },
        Some(list @ (Value::Array(_) | Value::Object(_))) => query.bind(list.to_string()),
    }
}

async fn collect(
    connection: &mut MySqlConnection,
    bound: Bound<'_>,
    limits: QueryLimits,
) -> Result<Rows, QueryError> {
    let mut found = Rows::default();
    let mut bytes = 0;
    let mut rows = bound.fetch(connection);
    while let Some(row) = rows.try_next().await.map_err(|error| sorted(&error))? {
        let text: String = row.try_get(0).map_err(|error| sorted(&error))?;
        bytes += text.len();
        if found.rows.len() >= limits.rows || bytes > limits.bytes {
            found.more = true;
            break;
        }
        found.rows.push(serde_json::from_str(&text).map_err(|error| QueryError::Fault(error.to_string()))?);
    }
    Ok(found)
}

/// Sorts an error by what the asker can do about it.
fn sorted(error: &sqlx::Error) -> QueryError {
    let sqlx::Error::Database(database) = error else {
        return match error {
            sqlx::Error::Configuration(_) | sqlx::Error::Protocol(_) | sqlx::Error::ColumnDecode { .. } => {
                QueryError::Fault(error.to_string())
            }
            _ => QueryError::Unavailable(error.to_string()),
        };
    };
    let message = database.message().to_owned();
    match database.try_downcast_ref::<MySqlDatabaseError>().map(MySqlDatabaseError::number) {
        // The time limits of MySQL and of MariaDB, and a statement that was ended.
        Some(3024 | 1969 | 1317) => QueryError::TimedOut,
        // Wrong or too large values for their place, and characters that an old table's alphabet lacks.
        Some(1264 | 1267 | 1271 | 1292 | 1366 | 1411 | 1525) => QueryError::BadValue(message),
        // Too many connections, no access, no such database, locks, a server that goes away or only reads its own logs.
        Some(1040 | 1044 | 1045 | 1049 | 1053 | 1129 | 1130 | 1203 | 1205 | 1213 | 1226) => {
            QueryError::Unavailable(message)
        }
        Some(number) => QueryError::Fault(format!("{message} ({number})")),
        None => QueryError::Fault(message),
    }
}

//! Where the database is and how it is reached. Everything it says names the server, never the password.

use crate::config::store::StoreSettings;
use anyhow::{Context, Result, anyhow};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A connection that lay idle so long is asked whether it still lives before it is used.
const DOUBTFUL: Duration = Duration::from_secs(5);
/// The server ends a transaction whose process says nothing for so long: its locks must not outlive it.
const ABANDONED_MS: u64 = 60_000;
/// How long a first connection may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A database by its URL.
#[derive(Clone)]
pub(super) struct Place {
    options: PgConnectOptions,
}

impl Place {
    /// Reads the URL.
    ///
    /// # Errors
    /// If it is none.
    pub(super) fn of(settings: &StoreSettings) -> Result<Self> {
        // The reason is left out: it may repeat the password.
        let options = PgConnectOptions::from_str(&settings.url).map_err(|_| {
            anyhow!("store.url is not understood; use `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, with %-signs for special characters in the password")
        })?;
        Ok(Self { options: options.application_name("balcao").disable_statement_logging() })
    }

    /// A connection without time limits.
    pub(super) async fn connect(&self) -> Result<PgConnection> {
        let connecting = tokio::time::timeout(PATIENCE, PgConnection::connect_with(&self.options));
        let connected = match connecting.await {
            Ok(connected) => connected.map_err(anyhow::Error::new),
            Err(_) => Err(anyhow!("no answer within {} s", PATIENCE.as_secs())),
        };
        connected.with_context(|| {
            format!(
                "the database {self} cannot be reached; does the server run there, may this machine reach it, and \
                 are user and password in `store.url` right?"
            )
        })
    }

    /// A connection that does not wait for the disk: for what is not durable anyway.
    pub(super) async fn connect_for_notices(&self) -> Result<PgConnection, sqlx::Error> {
        let options = self.options.clone().options([("synchronous_commit", "off")]);
        PgConnection::connect_with(&options).await
    }

    /// One connection that listens, made anew by the pool when it breaks. It bears the name of the process: as long
    /// as it is there, so is the process.
    pub(super) fn listening_pool(&self, process: &str) -> PgPool {
        PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(PATIENCE)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_lazy_with(self.options.clone().application_name(process))
    }

    /// The connections for everything else, each with its time limits.
    pub(super) fn pool(&self, settings: &StoreSettings) -> PgPool {
        let options = self.options.clone().statement_cache_capacity(256).options([
            ("lock_timeout", settings.busy_timeout_ms),
            ("statement_timeout", settings.statement_timeout_ms),
            ("idle_in_transaction_session_timeout", ABANDONED_MS),
        ]);
        PgPoolOptions::new()
            .max_connections(settings.connections.max(1))
            .min_connections(1)
            .acquire_timeout(Duration::from_millis(settings.busy_timeout_ms))
            // A look at every connection would be a round trip for every operation.
            .test_before_acquire(false)
            .before_acquire(|connection, meta| {
                Box::pin(async move {
                    let lives = tokio::time::timeout(DOUBTFUL, connection.ping());
                    Ok(meta.idle_for < DOUBTFUL || matches!(lives.await, Ok(Ok(()))))
                })
            })
            .connect_lazy_with(options)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = &self.options;
        let database = options.get_database().unwrap_or(options.get_username());
        match options.get_socket() {
            Some(socket) => write!(formatter, "`{database}` on {}", socket.display()),
            None => write!(formatter, "`{database}` on {}:{}", options.get_host(), options.get_port()),
        }
    }
}

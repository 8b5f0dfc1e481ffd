//! One conversation with a server: begun by the protocol's handshake, and over when either side goes. It makes no tools of
//! what it is told.

use super::child::Program;
use crate::limits::net::{Allowance, client_builder, guard_url};
use http::{HeaderName, HeaderValue};
use reqwest::Url;
use rmcp::ClientHandler;
use rmcp::model::{ClientCapabilities, ClientConfig, Implementation, PaginatedRequestParams, Tool};
use rmcp::service::{NotificationContext, Peer, RoleClient, RunningServiceCancellationToken, serve_client};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use std::collections::{BTreeMap, HashMap};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// How long a server may take until it is ready to list its tools; one that is fetched first takes its time.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long it may take to list them.
const LIST_PATIENCE: Duration = Duration::from_secs(20);

/// How long taking leave may take.
const CLOSING: Duration = Duration::from_secs(2);

/// Longest message of a server, in bytes.
const LARGEST_MESSAGE: usize = 4 * 1024 * 1024;

/// Most pages of a list of tools.
const MOST_PAGES: usize = 20;

/// How a server is reached.
#[derive(Clone)]
pub enum Reach {
    /// A program of its own.
    Program {
        /// The program.
        command: String,
        /// Its arguments.
        arguments: Vec<String>,
        /// All of its environment.
        environment: BTreeMap<String, String>,
    },
    /// An address.
    Address {
        /// The address.
        url: Url,
        /// Headers of every request.
        headers: HashMap<HeaderName, HeaderValue>,
        /// Where the program may go.
        allowance: Allowance,
    },
}

/// Hears what the server says unasked, and grants none of its wishes.
struct Listener {
    changed: Arc<Notify>,
}

impl ClientHandler for Listener {
    fn get_info(&self) -> ClientConfig {
        let about = Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
        ClientConfig::new(ClientCapabilities::default(), about)
    }

    async fn on_tool_list_changed(&self, _context: NotificationContext<RoleClient>) {
        self.changed.notify_one();
    }
}

/// A conversation under way.
pub struct Connection {
    peer: Peer<RoleClient>,
    cancel: Option<RunningServiceCancellationToken>,
    /// Completes when it is over; nothing once it was.
    ended: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    program: Option<Program>,
    /// Told when the server's tools have changed.
    pub changed: Arc<Notify>,
}

impl Connection {
    /// Begins one.
    ///
    /// # Errors
    /// Why not, in words for the operator; with what the program said last.
    pub async fn open(reach: &Reach) -> Result<Self, String> {
        let changed = Arc::new(Notify::new());
        let listener = Listener { changed: changed.clone() };
        let (begun, program) = match reach {
            Reach::Program { command, arguments, environment } => {
                let (program, stdout, stdin) = Program::start(command, arguments, environment)
                    .map_err(|error| format!("`{command}` cannot be started: {error}"))?;
                let transport = AsyncRwTransport::new(stdout, stdin).with_max_line_length(LARGEST_MESSAGE);
                (tokio::time::timeout(PATIENCE, serve_client(listener, transport)).await, Some(program))
            }
            Reach::Address { url, headers, allowance } => {
                guard_url(url, allowance).map_err(|error| error.to_string())?;
                let client =
                    client_builder(allowance).build().map_err(|error| format!("no HTTPS here: {error}"))?;
                let config = StreamableHttpClientTransportConfig::with_uri(url.as_str())
                    .custom_headers(headers.clone())
                    .max_sse_event_size(LARGEST_MESSAGE)
                    .max_json_response_size(LARGEST_MESSAGE);
                let transport = StreamableHttpClientTransport::with_client(client, config);
                (tokio::time::timeout(PATIENCE, serve_client(listener, transport)).await, None)
            }
        };
        let why = match begun {
            Ok(Ok(service)) => {
                return Ok(Self {
                    peer: service.peer().clone(),
                    cancel: Some(service.cancellation_token()),
                    ended: Some(Box::pin(async { drop(service.waiting().await) })),
                    program,
                    changed,
                });
            }
            Ok(Err(error)) => short(&error.to_string()),
            Err(_) => format!("it was not ready within {} s", PATIENCE.as_secs()),
        };
        let last_words = match program {
            Some(program) => program.end().await,
            None => String::new(),
        };
        Err(if last_words.is_empty() { why } else { format!("{why}; it said: {last_words}") })
    }

    /// Who is asked.
    pub fn peer(&self) -> Peer<RoleClient> {
        self.peer.clone()
    }

    /// Waits until it is over.
    pub async fn over(&mut self) {
        if let Some(ended) = &mut self.ended {
            ended.await;
            self.ended = None;
        }
    }

    /// Ends it, and the program behind it; what that said last.
    pub async fn close(mut self) -> String {
        if let Some(cancel) = self.cancel.take() {
            cancel.cancel();
        }
        tokio::time::timeout(CLOSING, self.over()).await.ok();
        match self.program.take() {
            Some(program) => program.end().await,
            None => String::new(),
        }
    }
}

/// Every tool a server offers.
///
/// # Errors
/// Why it did not say, in words for the operator.
pub async fn tools(peer: &Peer<RoleClient>) -> Result<Vec<Tool>, String> {
    let listing = async {
        let (mut tools, mut cursor) = (Vec::new(), None);
        for _ in 0..MOST_PAGES {
            let page = PaginatedRequestParams::default().with_cursor(cursor);
            let page = peer.list_tools(Some(page)).await;
            let page =
                page.map_err(|error| format!("it does not list its tools: {}", short(&error.to_string())))?;
            tools.extend(page.tools);
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(tools);
            }
        }
        Err(format!("its list of tools has more than {MOST_PAGES} pages"))
    };
    match tokio::time::timeout(LIST_PATIENCE, listing).await {
        Ok(listed) => listed,
        Err(_) => Err(format!("it did not list its tools within {} s", LIST_PATIENCE.as_secs())),
    }
}

/// The beginning of what somebody else said, in one line.
pub fn short(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect()
}

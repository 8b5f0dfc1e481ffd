//! What every fake stands on: HTTP/1.1 over loopback, written out by hand so that an answer can be lost after the work
//! was done, never come, or break off.

use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    /// Path as it was sent, percent signs and all, without the query.
    pub path: String,
    /// Query parameters, decoded.
    pub query: Vec<(String, String)>,
    /// Headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Asked {
    /// The body as JSON; null if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// One query parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The parts of the path, decoded.
    pub fn parts(&self) -> Vec<String> {
        self.path.split('/').filter(|part| !part.is_empty()).map(decoded).collect()
    }

    /// A form body.
    pub fn form(&self) -> BTreeMap<String, String> {
        pairs(&self.body).into_iter().collect()
    }
}

/// Whether a piece of a path names what has this number.
pub fn is_id(number: &Value, piece: &str) -> bool {
    number.as_u64().is_some_and(|number| piece.parse() == Ok(number))
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub fn json(status: u16, body: Value) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Self { status, headers, body: body.to_string() }
    }

    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: String::new() }
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// What goes wrong with one request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Nothing is done; this is answered.
    Refuse(Answer),
    /// It is done, and the answer is lost on the way.
    Lose,
    /// Nothing is done, and no answer comes.
    Drop,
    /// It is done, and the connection stays open without an answer.
    Hang,
    /// Nothing goes wrong.
    Pass,
}

/// A vendor.
pub trait Vendor: Send + 'static {
    fn answer(&mut self, asked: &Asked) -> Answer;
}

/// A running fake.
pub struct Fake<V> {
    pub url: String,
    pub vendor: Arc<Mutex<V>>,
    asked: Arc<Mutex<Vec<Asked>>>,
    faults: Faults,
    server: JoinHandle<()>,
}

/// Faults by method and a piece of the path, in order.
type Faults = Arc<Mutex<VecDeque<(String, String, Fault)>>>;

impl<V: Vendor> Fake<V> {
    pub async fn start(vendor: V) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (vendor, asked, faults) = (Arc::new(Mutex::new(vendor)), Arc::default(), Faults::default());
        let server = tokio::spawn(serve(listener, vendor.clone(), Arc::clone(&asked), faults.clone()));
        Self { url, vendor, asked, faults, server }
    }

    /// The next request of this method whose path holds `path` goes wrong.
    pub fn fail(&self, method: &str, path: &str, fault: Fault) {
        self.faults.lock().unwrap().push_back((method.to_owned(), path.to_owned(), fault));
    }

    /// Every request so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Requests of this method whose path holds `path`.
    pub fn asked_of(&self, method: &str, path: &str) -> Vec<Asked> {
        self.asked().into_iter().filter(|asked| asked.method == method && asked.path.contains(path)).collect()
    }

    /// Whether every fault came to pass.
    pub fn is_done_failing(&self) -> bool {
        self.faults.lock().unwrap().is_empty()
    }
}

impl<V> Drop for Fake<V> {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve<V: Vendor>(
    listener: TcpListener,
    vendor: Arc<Mutex<V>>,
    asked: Arc<Mutex<Vec<Asked>>>,
    faults: Faults,
) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(connection(stream, vendor.clone(), asked.clone(), faults.clone()));
    }
}

/// One request for each connection: what comes after a lost answer is then a connection of its own.
async fn connection<V: Vendor>(
    mut stream: TcpStream,
    vendor: Arc<Mutex<V>>,
    ledger: Arc<Mutex<Vec<Asked>>>,
    faults: Faults,
) {
    let Some(asked) = request(&mut stream).await else { return };
    ledger.lock().unwrap().push(asked.clone());
    let fault = {
        let mut faults = faults.lock().unwrap();
        let at = faults
            .iter()
            .position(|(method, path, _)| *method == asked.method && asked.path.contains(path.as_str()));
        at.and_then(|at| faults.remove(at)).map(|(_, _, fault)| fault)
    };
    let answer = match fault {
        Some(Fault::Refuse(answer)) => answer,
        Some(Fault::Drop) => return,
        Some(Fault::Lose) => {
            vendor.lock().unwrap().answer(&asked);
            return;
        }
        Some(Fault::Hang) => {
            vendor.lock().unwrap().answer(&asked);
            // Until who asked hangs up.
            let mut rest = [0; 1];
            while matches!(stream.read(&mut rest).await, Ok(1..)) {}
            return;
        }
        Some(Fault::Pass) | None => vendor.lock().unwrap().answer(&asked),
    };
    let mut text = format!(
        "HTTP/1.1 {} x\r\nconnection: close\r\ncontent-length: {}\r\n",
        answer.status,
        answer.body.len()
    );
    for (name, value) in &answer.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    text.push_str(&answer.body);
    stream.write_all(text.as_bytes()).await.ok();
    stream.shutdown().await.ok();
}

async fn request(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 16 * 1024];
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_lowercase(), value.trim().to_owned()))
        .collect();
    let length: usize = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    while bytes.len() < end + 4 + length {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    }
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    Some(Asked {
        method,
        path: path.to_owned(),
        query: pairs(query),
        headers,
        body: String::from_utf8(bytes[end + 4..end + 4 + length].to_vec()).ok()?,
    })
}

fn pairs(text: &str) -> Vec<(String, String)> {
    let parts = text.split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(|(name, value)| (decoded(&name.replace('+', " ")), decoded(&value.replace('+', " "))))
        .collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        match (first, tail) {
            (b'%', [high, low, after @ ..]) => {
                let hex = std::str::from_utf8(&[*high, *low]).unwrap().to_owned();
                bytes.push(u8::from_str_radix(&hex, 16).unwrap());
                rest = after;
            }
            (byte, tail) => {
                bytes.push(*byte);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).unwrap()
}

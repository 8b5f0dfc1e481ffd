//! A model that speaks OpenAI's chat protocol at a pace of its own: first a call of a tool that reads, then words.
//! It takes down how long it took over each visitor, so that what the program adds can be told from what it waits.

use crate::client::{find, length};
use anyhow::Context;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep_until};

/// Pieces of an answer, without those that end it.
const PIECES: u32 = 40;

/// Visitors it can tell apart.
const VISITORS: usize = 16 * 16 * 16 * 16;

const ARGUMENTS: &str = r#"{"query":"vasos de cerâmica para a sala de estar"}"#;

/// Without a number, a date or a deed, none of which could be proven.
const WORDS: &str = "Claro, posso ajudar com isso! Temos opções bonitas na loja, e as peças são feitas com cuidado por \
artesãos da região. As cores variam conforme o lote, e o acabamento é sempre natural. Se você preferir algo mais claro, \
vale olhar as peças de cerâmica. Se gosta de tons quentes, a madeira combina muito bem. Todas podem ficar em ambientes \
internos, longe da chuva e do sol forte. Quer que eu mostre mais detalhes de alguma delas?";

/// How fast it is.
#[derive(Clone, Copy)]
pub struct Pace {
    /// From the request to the first piece.
    pub first_token: Duration,
    /// From piece to piece.
    pub between: Duration,
}

impl Pace {
    /// As hosted models are, more or less.
    pub const HOSTED: Self =
        Self { first_token: Duration::from_millis(200), between: Duration::from_millis(5) };
    /// No waiting at all: what is left is the program.
    pub const AT_ONCE: Self = Self { first_token: Duration::ZERO, between: Duration::ZERO };
}

/// The running model.
pub struct Model {
    address: SocketAddr,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

struct Shared {
    pace: Pace,
    call: Vec<Vec<u8>>,
    words: Vec<Vec<u8>>,
    /// Microseconds by visitor.
    taken: Vec<AtomicU64>,
    asked: AtomicU64,
}

impl Model {
    /// Starts it on a free port.
    pub async fn start(pace: Pace) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let taken = (0..VISITORS).map(|_| AtomicU64::new(0)).collect();
        let shared = Arc::new(Shared { pace, call: call(), words: words(), taken, asked: AtomicU64::new(0) });
        let serving = tokio::spawn(serve(listener, shared.clone()));
        Ok(Self { address, shared, serving })
    }

    /// Its base URL.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// How long it has taken over a visitor so far.
    pub fn taken(&self, visitor: usize) -> Duration {
        let taken = self.shared.taken.get(visitor % VISITORS);
        Duration::from_micros(taken.map_or(0, |taken| taken.load(Ordering::Relaxed)))
    }

    /// How often it was asked so far.
    pub fn asked(&self) -> u64 {
        self.shared.asked.load(Ordering::Relaxed)
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// The name by which the model knows a visitor: it stands in the prompt.
pub fn name(visitor: usize) -> String {
    let letter = |shift: usize| char::from(b'a' + u8::try_from((visitor >> shift) & 15).unwrap_or(0));
    ["Visitante ".to_owned(), [12, 8, 4, 0].map(letter).iter().collect()].concat()
}

fn visitor(body: &[u8]) -> Option<usize> {
    const BEFORE: &[u8] = b"Visitante ";
    let at = find(body, BEFORE)? + BEFORE.len();
    let letters = body.get(at..at + 4)?;
    letters.iter().try_fold(0, |sum, letter| Some(sum * 16 + usize::from(letter.checked_sub(b'a')?)))
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        // A connection ends with an error whenever the program closes it.
        connections.spawn(converse(stream, shared.clone()));
        while connections.try_join_next().is_some() {}
    }
}

async fn converse(mut stream: TcpStream, shared: Arc<Shared>) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(64 * 1024);
    loop {
        let end = loop {
            match find(&buffer, b"\r\n\r\n") {
                Some(end) => break end + 4,
                None => anyhow::ensure!(stream.read_buf(&mut buffer).await? > 0, "closed"),
            }
        };
        let head = String::from_utf8_lossy(buffer.get(..end).unwrap_or_default()).to_ascii_lowercase();
        let length = length(&head).context("a request without a length")?;
        while buffer.len() < end + length {
            anyhow::ensure!(stream.read_buf(&mut buffer).await? > 0, "closed");
        }
        let began = Instant::now();
        shared.asked.fetch_add(1, Ordering::Relaxed);
        let body = buffer.get(end..).unwrap_or_default();
        let visitor = visitor(body);
        let pieces = if is_behind_a_call(body) { &shared.words } else { &shared.call };
        buffer.clear();
        answer(&mut stream, pieces, shared.pace, began).await?;
        if let Some(taken) = visitor.and_then(|visitor| shared.taken.get(visitor)) {
            let took = u64::try_from(began.elapsed().as_micros()).unwrap_or(0);
            taken.fetch_add(took, Ordering::Relaxed);
        }
    }
}

/// Whether the newest message of the transcript is the result of a call. Tools follow the transcript.
fn is_behind_a_call(body: &[u8]) -> bool {
    const MARK: &[u8] = br#"{"role":""#;
    let last = body.windows(MARK.len()).rposition(|window| window == MARK);
    last.and_then(|at| body.get(at + MARK.len()..)).is_some_and(|role| role.starts_with(b"tool"))
}

async fn answer(
    stream: &mut TcpStream,
    pieces: &[Vec<u8>],
    pace: Pace,
    began: Instant,
) -> anyhow::Result<()> {
    let mut out =
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for (number, piece) in (0..).zip(pieces) {
        // What ends an answer comes with its last piece.
        if number <= PIECES {
            let due = began + pace.first_token + pace.between * number;
            if due > Instant::now() {
                if !out.is_empty() && number > 0 {
                    stream.write_all(&out).await?;
                    out.clear();
                }
                sleep_until(due).await;
            }
        }
        out.extend_from_slice(piece);
    }
    Ok(stream.write_all(&out).await?)
}

fn call() -> Vec<Vec<u8>> {
    let opening = json!({"tool_calls": [{"index": 0, "id": "call_1", "type": "function",
        "function": {"name": "product_search", "arguments": ""}}]});
    let mut deltas = vec![opening];
    deltas.extend(
        in_pieces(ARGUMENTS)
            .map(|piece| json!({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]})),
    );
    answer_of(deltas, "tool_calls")
}

fn words() -> Vec<Vec<u8>> {
    let mut deltas = vec![json!({"role": "assistant", "content": ""})];
    deltas.extend(in_pieces(WORDS).map(|piece| json!({"content": piece})));
    answer_of(deltas, "stop")
}

fn in_pieces(text: &str) -> impl Iterator<Item = String> {
    let characters: Vec<char> = text.chars().collect();
    (0..PIECES as usize).map(move |number| {
        let at = |number: usize| number * characters.len() / PIECES as usize;
        characters.get(at(number)..at(number + 1)).unwrap_or_default().iter().collect()
    })
}

fn answer_of(deltas: Vec<Value>, reason: &str) -> Vec<Vec<u8>> {
    let chunk = |choices: Value, usage: Value| {
        json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_700_000_000, "model": "fake",
            "choices": choices, "usage": usage})
    };
    let mut events: Vec<String> = deltas
        .into_iter()
        .map(|delta| chunk(json!([{"index": 0, "delta": delta, "finish_reason": null}]), Value::Null))
        .chain([
            chunk(json!([{"index": 0, "delta": {}, "finish_reason": reason}]), Value::Null),
            chunk(json!([]), json!({"prompt_tokens": 2000, "completion_tokens": 60, "total_tokens": 2060})),
        ])
        .map(|chunk| format!("data: {chunk}\n\n"))
        .collect();
    events.push("data: [DONE]\n\n".to_owned());
    let mut pieces: Vec<Vec<u8>> =
        events.iter().map(|event| format!("{:x}\r\n{event}\r\n", event.len()).into_bytes()).collect();
    pieces.push(b"0\r\n\r\n".to_vec());
    pieces
}

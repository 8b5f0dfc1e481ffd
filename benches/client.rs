//! A client that costs next to nothing, so that it can sit on one core beside hundreds of visitors: HTTP/1.1 over
//! one connection that stays open, bodies of known length, and event streams.

use anyhow::Context;
use serde_json::Value;
use std::fmt::Write;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// A connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    address: SocketAddr,
    /// From which address of this machine; any if there is none.
    from: Option<Ipv4Addr>,
    /// Whether anything was answered on it: the server may close one that keeps quiet.
    is_used: bool,
}

/// A request.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Its method.
    pub method: &'a str,
    /// Path and query.
    pub path: &'a str,
    /// Key or token; empty for none.
    pub bearer: &'a str,
    /// JSON; empty for none.
    pub body: &'a str,
}

/// An answer.
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as text, if the status is as it should be.
    pub fn text(self, status: u16) -> anyhow::Result<String> {
        let text = String::from_utf8_lossy(&self.body).into_owned();
        anyhow::ensure!(self.status == status, "status {}: {text}", self.status);
        Ok(text)
    }

    /// The body as JSON, if the status is as it should be.
    pub fn json(self, status: u16) -> anyhow::Result<Value> {
        let text = self.text(status)?;
        serde_json::from_str(&text).context(text)
    }
}

impl Connection {
    /// Connects.
    pub async fn to(address: SocketAddr) -> anyhow::Result<Self> {
        Self::over(None, address).await
    }

    /// Connects from an address of this machine.
    pub async fn between(from: Ipv4Addr, address: SocketAddr) -> anyhow::Result<Self> {
        Self::over(Some(from), address).await
    }

    async fn over(from: Option<Ipv4Addr>, address: SocketAddr) -> anyhow::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        if let Some(from) = from {
            socket.bind(SocketAddr::from((from, 0)))?;
        }
        let stream = socket.connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::new(), address, from, is_used: false })
    }

    /// Asks and waits for the answer; over a new connection if the server closed this one in the meantime, as every
    /// client has to.
    pub async fn ask(&mut self, request: Request<'_>) -> anyhow::Result<Answer> {
        let answered = self.ask_once(request).await;
        if answered.is_ok() || !self.is_used || !self.buffer.is_empty() {
            self.is_used = true;
            return answered;
        }
        *self = Self::over(self.from, self.address).await?;
        self.ask_once(request).await
    }

    async fn ask_once(&mut self, request: Request<'_>) -> anyhow::Result<Answer> {
        self.send(request).await?;
        let (status, length) = self.head().await?;
        let length = length.context("an answer without a length")?;
        while self.buffer.len() < length {
            self.receive().await?;
        }
        let rest = self.buffer.split_off(length);
        Ok(Answer { status, body: std::mem::replace(&mut self.buffer, rest) })
    }

    /// Asks for an event stream; from then on the connection is for [`Connection::event`] only.
    pub async fn listen(&mut self, path: &str, bearer: &str) -> anyhow::Result<()> {
        self.send(Request { method: "GET", path, bearer, body: "" }).await?;
        let (status, _) = self.head().await?;
        anyhow::ensure!(status == 200, "the stream was refused with {status}");
        Ok(())
    }

    /// Waits for an event of type `kind` whose data holds all `parts`; returns its frame.
    pub async fn event(&mut self, kind: &str, parts: &[&str]) -> anyhow::Result<String> {
        let mark = format!("event: {kind}\ndata: ");
        loop {
            // Frames are whole lines; the chunk sizes between them are in nobody's way.
            while let Some(end) = find(&self.buffer, b"\n\n") {
                let frame = self.buffer.get(..end).unwrap_or_default();
                let is_wanted = find(frame, mark.as_bytes()).is_some()
                    && parts.iter().all(|part| find(frame, part.as_bytes()).is_some());
                let wanted = is_wanted.then(|| String::from_utf8_lossy(frame).into_owned());
                self.buffer.drain(..end + 2);
                if let Some(frame) = wanted {
                    return Ok(frame);
                }
            }
            self.receive().await?;
        }
    }

    async fn send(&mut self, request: Request<'_>) -> anyhow::Result<()> {
        let Request { method, path, bearer, body } = request;
        let mut text = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\n", self.address);
        if !bearer.is_empty() {
            write!(text, "authorization: Bearer {bearer}\r\n")?;
        }
        if !body.is_empty() {
            write!(text, "content-type: application/json\r\ncontent-length: {}\r\n", body.len())?;
        }
        text.push_str("\r\n");
        text.push_str(body);
        Ok(self.stream.write_all(text.as_bytes()).await?)
    }

    /// Status and length of the body, which begins the buffer afterwards.
    async fn head(&mut self) -> anyhow::Result<(u16, Option<usize>)> {
        let end = loop {
            match find(&self.buffer, b"\r\n\r\n") {
                Some(end) => break end,
                None => self.receive().await?,
            }
        };
        let head = String::from_utf8_lossy(self.buffer.get(..end).unwrap_or_default()).to_ascii_lowercase();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).context("no status")?;
        let length = length(&head);
        self.buffer.drain(..end + 4);
        Ok((status, length))
    }

    async fn receive(&mut self) -> anyhow::Result<()> {
        let count = self.stream.read_buf(&mut self.buffer).await?;
        anyhow::ensure!(count > 0, "the server closed the connection");
        Ok(())
    }
}

/// The length of the body behind a head in lower case.
pub fn length(head: &str) -> Option<usize> {
    head.lines().find_map(|line| line.strip_prefix("content-length:"))?.trim().parse().ok()
}

/// Where `part` first stands in `bytes`; what is empty stands everywhere.
pub fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len().max(1)).position(|window| window.starts_with(part))
}

//! A mail server on loopback that keeps what it is given. It speaks SMTP as RFC 5321 has it, asks for a password, and
//! fails the test at a word out of turn.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Who may send.
pub const USER: &str = "balcao";
/// With what.
pub const PASSWORD: &str = "s3nha";

/// The server.
pub struct Smtp {
    /// `smtp://127.0.0.1:PORT`
    pub url: String,
    mails: Arc<Mutex<Vec<String>>>,
    busy: Arc<AtomicBool>,
}

impl Smtp {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let (mails, busy) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (kept, away) = (mails.clone(), busy.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, kept.clone(), away.clone()));
            }
        });
        Self { url, mails, busy }
    }

    /// Whether it takes no mail for now.
    pub fn set_busy(&self, busy: bool) {
        self.busy.store(busy, Ordering::SeqCst);
    }

    /// What it was given, headers and all, in order.
    pub fn mails(&self) -> Vec<String> {
        self.mails.lock().unwrap().clone()
    }
}

async fn talk(stream: TcpStream, mails: Arc<Mutex<Vec<String>>>, busy: Arc<AtomicBool>) {
    let (reading, mut writing) = stream.into_split();
    let mut lines = BufReader::new(reading).lines();
    if busy.load(Ordering::SeqCst) {
        writing.write_all(b"421 busy, try later\r\n").await.unwrap();
        return;
    }
    writing.write_all(b"220 mail.test ESMTP\r\n").await.unwrap();
    let (mut known, mut sender, mut recipient) = (false, false, false);
    while let Ok(Some(line)) = lines.next_line().await {
        let word = line.split([' ', ':']).next().unwrap().to_ascii_uppercase();
        let answer = match word.as_str() {
            "EHLO" => "250-mail.test\r\n250 AUTH PLAIN",
            "AUTH" => {
                let given = STANDARD.decode(line.rsplit(' ').next().unwrap()).unwrap();
                known = given == format!("\0{USER}\0{PASSWORD}").as_bytes();
                if known { "235 welcome" } else { "535 no" }
            }
            "MAIL" if known => {
                sender = true;
                "250 ok"
            }
            "RCPT" if sender => {
                recipient = true;
                "250 ok"
            }
            "DATA" if recipient => {
                writing.write_all(b"354 go on\r\n").await.unwrap();
                let mut mail = String::new();
                while let Ok(Some(line)) = lines.next_line().await {
                    if line == "." {
                        break;
                    }
                    mail.push_str(line.strip_prefix('.').unwrap_or(&line));
                    mail.push('\n');
                }
                mails.lock().unwrap().push(mail);
                "250 kept"
            }
            "QUIT" => "221 bye",
            "NOOP" | "RSET" => "250 ok",
            _ => "503 out of turn",
        };
        writing.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
    }
}

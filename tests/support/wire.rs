//! The wire between a process and its database: passes everything on until it is cut.

use std::path::PathBuf;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// What becomes of a wire.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cut {
    /// Connections break, and none can be made.
    Severed,
    /// Connections stand, and nothing passes.
    Frozen,
}

/// A wire.
pub struct Wire {
    /// Its end at the process.
    pub port: u16,
    cut: watch::Sender<Option<Cut>>,
    serving: JoinHandle<()>,
}

impl Wire {
    /// A wire to the server that listens on `socket`.
    pub async fn to(socket: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let cut = watch::Sender::new(None);
        let serving = tokio::spawn(serve(listener, socket, cut.subscribe()));
        Self { port, cut, serving }
    }

    /// Cuts it.
    pub fn cut(&self, how: Cut) {
        self.cut.send_replace(Some(how));
    }

    /// Makes it whole again.
    pub fn mend(&self) {
        self.cut.send_replace(None);
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, socket: PathBuf, cut: watch::Receiver<Option<Cut>>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Ok((near, _)) = listener.accept() => {
                if *cut.borrow() != Some(Cut::Severed) {
                    connections.spawn(connect(near, socket.clone(), cut.clone()));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connect(near: TcpStream, socket: PathBuf, mut cut: watch::Receiver<Option<Cut>>) {
    near.set_nodelay(true).ok();
    let Ok(far) = UnixStream::connect(socket).await else { return };
    let (near_in, near_out) = near.into_split();
    let (far_in, far_out) = far.into_split();
    tokio::select! {
        _ = pass(near_in, far_out, cut.clone()) => {}
        _ = pass(far_in, near_out, cut.clone()) => {}
        _ = async { cut.wait_for(|cut| *cut == Some(Cut::Severed)).await.map(drop) } => {}
    }
}

/// Passes bytes on, as long as the wire is whole.
async fn pass(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mut cut: watch::Receiver<Option<Cut>>,
) -> std::io::Result<()> {
    let mut bytes = vec![0; 64 * 1024];
    loop {
        let count = from.read(&mut bytes).await?;
        if count == 0 {
            return Ok(());
        }
        cut.wait_for(Option::is_none).await.ok();
        to.write_all(&bytes[..count]).await?;
    }
}

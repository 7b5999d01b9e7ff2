//! An application that answers at once and keeps every byte.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::support::{text, within};

/// Keeps what arrives, split after each empty line, and answers each part with the same bytes: it serves requests
/// without a body, and whatever comes after an upgrade.
pub(crate) struct RawApplication {
    pub(crate) address: SocketAddr,
    parts: mpsc::UnboundedReceiver<Vec<u8>>,
}

impl RawApplication {
    pub(crate) async fn start(answer: &'static [u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, parts) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let sender = sender.clone();
                tokio::spawn(async move {
                    let mut unread = Vec::new();
                    while matches!(stream.read_buf(&mut unread).await, Ok(1..)) {
                        while let Some(end) = unread.windows(4).position(|four| four == b"\r\n\r\n")
                        {
                            // Nobody may be left to care.
                            let _ = sender.send(unread.drain(..end + 4).collect());
                            let _ = stream.write_all(answer).await;
                        }
                    }
                });
            }
        });
        Self { address, parts }
    }

    /// The bytes of the next part.
    pub(crate) async fn next_bytes(&mut self) -> Vec<u8> {
        within("a request", self.parts.recv()).await.unwrap()
    }

    /// The next part as text.
    pub(crate) async fn next(&mut self) -> String {
        text(&self.next_bytes().await)
    }

    /// The next part if it is already there.
    pub(crate) fn next_now(&mut self) -> Option<String> {
        self.parts.try_recv().ok().map(|bytes| text(&bytes))
    }
}

//! The way from one Envoy to the service, which can be cut.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::support::eventually;

/// Carries what is sent to its address to the service, and back.
pub(crate) struct Cable {
    /// Its near end.
    pub(crate) address: SocketAddr,
    service: SocketAddr,
    carrying: JoinHandle<()>,
}

impl Cable {
    /// A whole one.
    pub(crate) async fn to(service: SocketAddr) -> Self {
        let near = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        Self {
            address: near.local_addr().expect("an address"),
            service,
            carrying: tokio::spawn(carry(near, service)),
        }
    }

    /// Ends all its connections; nobody gets another one.
    pub(crate) async fn cut(&mut self) {
        self.carrying.abort();
        let address = self.address;
        eventually("the cable to be cut", async || {
            TcpStream::connect(address).await.is_err().then_some(())
        })
        .await;
    }

    /// It carries again.
    pub(crate) async fn mend(&mut self) {
        let address = self.address;
        let near = eventually("the address", async || {
            TcpListener::bind(address).await.ok()
        });
        self.carrying = tokio::spawn(carry(near.await, self.service));
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.carrying.abort();
    }
}

async fn carry(near: TcpListener, service: SocketAddr) {
    // Its connections end with it.
    let mut connections = JoinSet::new();
    while let Ok((mut envoy, _)) = near.accept().await {
        connections.spawn(async move {
            if let Ok(mut far) = TcpStream::connect(service).await {
                // Whichever side ends it, it is over.
                let _ = copy_bidirectional(&mut envoy, &mut far).await;
            }
        });
    }
}

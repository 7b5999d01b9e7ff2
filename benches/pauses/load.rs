//! Clients: HTTP/1.1 over a few kept connections, one request under way on each.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::rc::Rc;

use tokio::task::LocalSet;

use crate::support::{Connection, Request};

/// How many answers there were of each status.
pub(crate) type Statuses = BTreeMap<u16, u32>;

/// Sends so many requests over so many connections. The number of each makes it another one.
pub(crate) async fn send(
    address: SocketAddr,
    connections: u32,
    count: u32,
    request: impl Fn(u32) -> Request + 'static,
) -> Statuses {
    let request = Rc::new(request);
    let next = Rc::new(Cell::new(0));
    let local = LocalSet::new();
    let clients: Vec<_> = (0..connections)
        .map(|_| {
            let (request, next) = (Rc::clone(&request), Rc::clone(&next));
            local.spawn_local(async move {
                let mut statuses = Statuses::new();
                let mut kept = None;
                while next.get() < count {
                    let request = request(next.replace(next.get() + 1));
                    let mut connection = match kept.take() {
                        Some(connection) => connection,
                        None => Connection::open(address).await,
                    };
                    let response = connection.request(&request).await;
                    *statuses.entry(response.status).or_default() += 1;
                    if response.header("connection").as_deref() != Some("close") {
                        kept = Some(connection);
                    }
                }
                statuses
            })
        })
        .collect();
    local
        .run_until(async {
            let mut all = Statuses::new();
            for client in clients {
                for (status, count) in client.await.expect("a client") {
                    *all.entry(status).or_default() += count;
                }
            }
            all
        })
        .await
}

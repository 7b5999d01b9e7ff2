//! The service and its Redis end and come back while many requests are under way.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{Fleet, counted, spread};
use crate::fleet::service::Service;
use crate::support::eventually;

/// How long something lasts.
const WHILE: Duration = Duration::from_millis(1_500);

impl Fleet {
    /// How many logins of each account each Envoy has let through.
    fn let_through(&self) -> BTreeMap<(usize, String), usize> {
        let mut counts = BTreeMap::new();
        for (at, envoy) in self.envoys.iter().enumerate() {
            for received in envoy.application.requests() {
                let account = String::from_utf8_lossy(received.body.as_ref()).into_owned();
                *counts.entry((at, account)).or_default() += 1;
            }
        }
        counts
    }
}

#[tokio::test]
async fn whatever_ends_under_load_no_envoy_lets_a_limit_through_twice() {
    for on_unavailable in ["local", "refuse"] {
        let mut service = Service::start().await;
        let policy = counted(json!({ "key": ["account"], "limit": 3 }))
            .with(json!({ "fleet": { "timeout": "250ms", "on_unavailable": on_unavailable } }));
        let fleet = Fleet::start(&policy, &service).await;
        let (is_over, rounds, longest) = (
            Cell::new(false),
            Cell::new(0_usize),
            Cell::new(Duration::ZERO),
        );
        let load = async {
            while !is_over.get() {
                let account = format!("account-{}", rounds.get());
                let begun = Instant::now();
                fleet.at_once(spread(60, &account)).await;
                longest.set(longest.get().max(begun.elapsed()));
                rounds.set(rounds.get() + 1);
            }
        };
        let faults = async {
            tokio::time::sleep(WHILE).await;
            service.kill_redis();
            tokio::time::sleep(WHILE).await;
            service.start_redis().await;
            tokio::time::sleep(WHILE).await;
            service.kill();
            tokio::time::sleep(WHILE).await;
            service.restart().await;
            tokio::time::sleep(WHILE).await;
            is_over.set(true);
        };
        tokio::join!(load, faults);
        let mut failed = 0;
        for result in ["error", "timeout", "unreachable", "reset", "spared"] {
            failed += fleet.calls(result).await;
        }
        assert!(failed > 0, "{on_unavailable}: nothing has failed");
        // Twenty requests wait at each Envoy at once, and each for its time-out alone.
        assert!(
            longest.get() < Duration::from_secs(10),
            "{on_unavailable}: {:?}",
            longest.get()
        );
        eventually("the fleet to count together again", async || {
            let account = format!("after-{:?}", Instant::now());
            (fleet.at_once(spread(30, &account)).await == 3).then_some(())
        })
        .await;
        for round in 0..rounds.get() {
            fleet.at_once(spread(6, &format!("account-{round}"))).await;
        }
        for ((at, account), count) in fleet.let_through() {
            assert!(
                count <= 3,
                "{on_unavailable}: {count} of {account} at Envoy {at}"
            );
        }
    }
}

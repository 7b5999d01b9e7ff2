//! The service fails, and comes back.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{ENVOYS, Fleet, counted, spread};
use crate::fleet::cable::Cable;
use crate::fleet::service::{Service, UNITS};
use crate::support::eventually;

#[tokio::test]
async fn without_redis_each_envoy_counts_for_itself_and_then_all_together() {
    let mut service = Service::start().await;
    let fleet = Fleet::start(
        &counted(json!({ "key": ["account"], "limit": 3 })),
        &service,
    )
    .await;
    assert_eq!(fleet.at_once(spread(60, "before")).await, 3);
    service.kill_redis();
    assert_eq!(fleet.at_once(spread(60, "during")).await, 3 * ENVOYS);
    assert!(fleet.calls("error").await + fleet.calls("timeout").await > 0);
    // Those that have refused it lately do so without asking.
    assert!(fleet.at_once(spread(60, "before")).await <= 6);
    service.start_redis().await;
    eventually("the fleet to count together again", async || {
        let account = format!("after-{:?}", Instant::now());
        (fleet.at_once(spread(30, &account)).await == 3).then_some(())
    })
    .await;
    assert_eq!(fleet.at_once(spread(60, "during")).await, 0, "passed twice");
}

/// What the calls of one Envoy may have become that meets nobody.
const FAILURES: [&str; 4] = ["unreachable", "reset", "timeout", "spared"];

#[tokio::test]
async fn an_envoy_that_is_cut_off_counts_alone_and_the_others_together() {
    for (on_unavailable, alone) in [("local", 3), ("refuse", 0)] {
        let service = Service::start().await;
        let mut cable = Cable::to(service.address).await;
        let policy = counted(json!({ "key": ["account"], "limit": 3 }))
            .with(json!({ "fleet": { "on_unavailable": on_unavailable } }));
        let addresses = [cable.address, service.address, service.address];
        let fleet = Fleet::reaching(&policy, addresses, |config, _| config).await;
        assert_eq!(fleet.at_once(spread(60, "before")).await, 3);

        cable.cut().await;
        let [own, one, other] = fleet.shares();
        fleet.at_once(spread(60, "during")).await;
        let [own_now, one_now, other_now] = fleet.shares();
        assert_eq!(own_now - own, alone, "{on_unavailable}");
        let together = one_now + other_now - one - other;
        assert_eq!(together, 3, "{on_unavailable}: the others");
        let [cut_off, others @ ..] = fleet.envoys.as_slice() else {
            panic!("three Envoys");
        };
        let (mut failed, log) = (0, cut_off.envoy.log());
        for result in FAILURES {
            failed += cut_off
                .counted(&format!("fleet_calls.result={result}"))
                .await;
            let told = log.matches(&format!("result={result}")).count();
            assert!(told <= 2, "once a worker: {log}");
        }
        assert!(failed > 0, "{on_unavailable}: nothing has failed");
        assert!(log.contains("palisade: fleet: "), "{log}");
        for envoy in others {
            let log = envoy.envoy.log();
            assert!(!log.contains("palisade: fleet: "), "{log}");
        }

        cable.mend().await;
        eventually("the fleet to count together again", async || {
            let account = format!("after-{:?}", Instant::now());
            (fleet.at_once(spread(30, &account)).await == 3).then_some(())
        })
        .await;
        for account in ["before", "during"] {
            let passed = fleet.at_once(spread(60, account)).await;
            assert_eq!(passed, 0, "{on_unavailable}: {account} passes twice");
        }
    }
}

#[tokio::test]
async fn nobody_is_held_longer_than_the_time_out_and_a_breaker_spares_the_rest() {
    let service = Service::start().await;
    let policy = counted(json!({ "key": ["account"], "limit": 1000 }))
        .with(json!({ "fleet": { "timeout": "100ms" } }));
    let fleet = Fleet::start(&policy, &service).await;
    assert_eq!(fleet.login(0, "alice").await.status, 200);
    service.stop_answering();
    let begun = Instant::now();
    for _ in 0..40 {
        assert_eq!(fleet.login(0, "alice").await.status, 200);
    }
    // Two workers wait five times each, and once in a while to try; a service that hangs would hold each for a minute.
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
    assert!(fleet.calls("spared").await >= 20);
    assert!(fleet.calls("timeout").await >= 5);
    let log = fleet.envoys[0].envoy.log();
    assert_eq!(
        log.matches("does not answer within fleet.timeout").count(),
        2,
        "once a worker: {log}"
    );
}

#[tokio::test]
async fn a_request_that_cannot_be_counted_is_refused_where_the_operator_says_so() {
    let mut service = Service::start().await;
    let policy = counted(json!({ "key": ["account"], "limit": 1000 }))
        .with(json!({ "fleet": { "on_unavailable": "refuse" } }));
    let fleet = Fleet::start(&policy, &service).await;
    assert_eq!(fleet.login(0, "alice").await.status, 200);
    service.kill();
    assert_eq!(fleet.login(0, "alice").await.status, 429);
    service.restart().await;
    eventually("the service to be asked again", async || {
        (fleet.login(0, "alice").await.status == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_configuration_of_the_service_that_does_not_fit_is_told_by_its_name() {
    for (domain, units, result) in [
        ("another", &UNITS[..], "unknown_domain"),
        ("palisade", &["year"][..], "unknown_descriptor"),
    ] {
        let service = Service::knowing(domain, units).await;
        // Two windows of 30 days fit into nothing but a year, and two minutes into anything shorter.
        let policy = counted(json!({ "key": ["account"], "limit": 3, "window": "1m" }));
        let long = json!({ "key": ["account"], "limit": 9, "window": "30d", "scope": "fleet" });
        let policy = policy
            .limit("long", long)
            .in_route("login", json!({ "limits": ["own", "long"] }));
        let fleet = Fleet::start(&policy, &service).await;
        assert_eq!(fleet.login(0, "alice").await.status, 200);
        assert_eq!(fleet.calls(result).await, 1, "{domain}");
        let log = fleet.envoys[0].envoy.log();
        assert!(log.contains(&format!("result={result}")), "{log}");
    }
}

//! Changes of the configuration, with waves across them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::policy::{Knobs, MOVING};
use super::waves::Wave;
use super::world::World;
use crate::support::{Envoy, Update};

/// How long Envoy has to take a configuration and end its drain.
const PATIENCE: Duration = Duration::from_secs(60);

/// Changes the configuration once: what has been counted before holds afterwards, against the new threshold.
pub(crate) async fn reload(
    world: &Arc<World>,
    envoy: &mut Envoy,
    knobs: Knobs,
    number: u64,
) -> Knobs {
    let new = knobs.next(number);
    let most = knobs.moving.max(new.moving);
    let mut wave = Wave::new(world, envoy.address, MOVING, most, number);
    wave.burst(MOVING.most as usize * 2).await;
    wave.exhaust(knobs.moving).await;
    let before = world.model.count(wave.case);
    world.model.reload_begins();
    let config = world.config(new);
    let update = envoy.update(&config);
    let during = wave.burst(12);
    let (update, ()) = tokio::join!(update, during);
    if update != Update::Accepted {
        world
            .model
            .violated("reloads", "Envoy has rejected the configuration", wave.case);
    }
    drained(world, envoy).await;
    world.model.reload_ends();
    world.model.note(
        wave.case,
        &format!("from {} to {}", knobs.moving, new.moving),
    );
    wave.exhaust(new.moving).await;
    let expected = (before.doubts == 0).then_some(before.certain().max(new.moving));
    world.model.close(wave.case, MOVING.name, expected);
    new
}

/// Waits until nothing of the configuration before is left.
async fn drained(world: &World, envoy: &Envoy) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let stats = envoy.stats().await;
        let left: u64 = [
            "filter_chains_draining",
            "listeners_draining",
            "listeners_warming",
        ]
        .iter()
        .filter_map(|name| stats.get(&format!("listener_manager.total_{name}")))
        .sum();
        if left == 0 {
            return;
        }
        if Instant::now() > deadline {
            world
                .model
                .violated("reloads", "the configuration before does not end", 0);
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

//! Processes that serve one test after the other.
//!
//! It takes Envoy more than a second of work to compile the filter, and V8 keeps what it has compiled for as long as
//! somebody in the process uses it: here a listener to which nobody connects. A test gets a process in which nothing of
//! the test before it runs any more and every counter and gauge of ours is 0; its filters share memory under a `vm_id`
//! of their own.
//!
//! With `PALISADE_SHARE_ENVOY=0` each test has a process of its own: who looks for what one test does to the next
//! begins there.

use super::EnvoyConfig;
use super::process::{Process, may_start};
use std::sync::Mutex;

/// Those that wait for their next test, the longest first. They end with the test program, by their watchdogs.
static IDLE: Mutex<Vec<Process>> = Mutex::new(Vec::new());

/// Whether processes are shared at all.
pub(super) fn is_on() -> bool {
    std::env::var("PALISADE_SHARE_ENVOY").as_deref() != Ok("0")
}

/// A process with so many workers for the next test; the log of a new one that does not serve.
pub(super) async fn take(workers: u32) -> Result<Process, String> {
    while let Some(mut process) = idle(workers) {
        if clean(&mut process, workers)
            .await
            .is_ok_and(|is_clean| is_clean)
        {
            process.next_test();
            return Ok(process);
        }
    }
    let _starting = may_start().await;
    let mut process = Process::spawn_shared(workers);
    process.wait_for(VMS, |vms| vms == vms_of(workers)).await?;
    clean(&mut process, workers).await?;
    process.next_test();
    Ok(process)
}

/// Leaves the process to the next test, if it is one to be shared and nothing has gone wrong in it.
pub(super) fn leave(mut process: Process) {
    let is_sound = !std::thread::panicking() && !process.has_ended() && {
        let log = process.log();
        !["[error]", "[critical]"]
            .iter()
            .any(|sign| log.contains(sign))
    };
    if is_sound && process.remove_listeners() {
        IDLE.lock().unwrap().push(process);
    }
}

fn idle(workers: u32) -> Option<Process> {
    let mut idle = IDLE.lock().unwrap();
    let found = idle.iter().position(|process| process.keeps(workers))?;
    Some(idle.remove(found))
}

/// Waits until only the keeper is left, and resets the counters; false when a gauge of ours stays.
async fn clean(process: &mut Process, workers: u32) -> Result<bool, String> {
    process.wait_for(VMS, |vms| vms == vms_of(workers)).await?;
    process
        .wait_for("listener_manager.total_listeners_draining", |draining| {
            draining == 0
        })
        .await?;
    process.reset_counters().await?;
    Ok(process.gauges("wasmcustom.").await? == 0)
}

const VMS: &str = "wasm.envoy.wasm.runtime.v8.active";

/// The VMs of one plugin: one that has compiled, one of the main thread, and one of each worker.
fn vms_of(workers: u32) -> u64 {
    u64::from(workers) + 2
}

//! What has been learnt from answers, as signals.

use super::engine::Engine;
use crate::decision::Signals;
use crate::host::Host;
use crate::policy::Guard;
use crate::telemetry::Event;
use crate::time::Time;

impl Engine {
    /// Adds what is learnt of the client's autonomous system, where anybody on the route asks for it.
    pub(super) fn recall(&self, signals: &mut Signals, guard: &Guard, now: Time, host: &impl Host) {
        if !guard.reads_asn_failures {
            return;
        }
        let asn = signals.reputation.network.asn;
        let rate = asn.and_then(|asn| self.counting.failure_rate(asn, now, host));
        let known = rate.is_some();
        host.meter(Event::AsnRate { known });
        signals.asn_failure_rate = rate;
        signals.score = self.policy.weights.score(signals);
    }
}

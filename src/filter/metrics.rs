use std::cell::Cell;

use super::abi::{self, MetricKind};
use crate::intelligence::provider::FailureReason;
use crate::random::Map;
use crate::telemetry::{
    CaptchaResult, Catalogue, Change, Event, FleetResult, Kind, LookupResult, Meter,
};

/// The host's numbers of all metrics that were ever defined in this VM, by name: the host keeps a metric for ever, and
/// makes another one of a second definition.
pub(super) type Definitions = Map<String, u32>;

/// The host's numbers of the metrics of one policy.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    catalogue: Catalogue,
    /// By position in the catalogue; `None` where the host refused.
    ids: Vec<Option<u32>>,
    told: Told,
}

/// Which failures of services the log has told lately: each once in ten minutes.
#[derive(Debug, Default)]
struct Told {
    period: Cell<u32>,
    reasons: Cell<u32>,
    of_fleet: Cell<u32>,
}

impl Told {
    const SECONDS: u32 = 600;

    fn is_new(&self, told: &Cell<u32>, place: Option<usize>) -> bool {
        let period = abi::now().seconds() / Self::SECONDS;
        if self.period.replace(period) != period {
            self.reasons.set(0);
            self.of_fleet.set(0);
        }
        let bit = place.and_then(|place| 1_u32.checked_shl(u32::try_from(place).ok()?));
        let bit = bit.unwrap_or(0);
        let before = told.replace(told.get() | bit);
        before & bit == 0
    }
}

impl Metrics {
    /// Defines every metric of the catalogue that no other configuration has defined: what a configuration does not use
    /// is defined by the first that does.
    pub(super) fn define(catalogue: Catalogue, definitions: &mut Definitions) -> Self {
        let ids = catalogue
            .metrics()
            .iter()
            .map(|metric| {
                if let Some(id) = definitions.get(&metric.name) {
                    return Some(*id);
                }
                let kind = match metric.kind {
                    Kind::Counter => MetricKind::Counter,
                    Kind::Gauge => MetricKind::Gauge,
                    Kind::Histogram => MetricKind::Histogram,
                };
                let id = abi::define_metric(kind, &metric.name)
                    .inspect_err(|status| {
                        log::warn!("palisade: metric {} refused: {status:?}", metric.name)
                    })
                    .ok()?;
                definitions.insert(metric.name.clone(), id);
                Some(id)
            })
            .collect();
        Self {
            catalogue,
            ids,
            told: Told::default(),
        }
    }
}

impl Meter for Metrics {
    fn meter(&self, event: Event) {
        match event {
            Event::SchemaDrift { first: true } => log::warn!(
                "palisade: the intelligence API answered 200 with none of the fields that the provider's table names; \
                 has its format changed? Nothing is known of such addresses. (counted in palisade_schema_drift)"
            ),
            Event::Lookup(LookupResult::Failure(reason)) => {
                let place = FailureReason::ALL.iter().position(|other| *other == reason);
                if let Some(advice) = reason.advice()
                    && self.told.is_new(&self.told.reasons, place)
                {
                    log::warn!(
                        "palisade: the intelligence API: {advice} (counted in palisade_lookups, result={})",
                        reason.name()
                    );
                }
            }
            Event::Captcha(CaptchaResult::Failed { first: true, .. }) => log::error!(
                "palisade: the captcha service does not take the secret; nobody's captcha counts until captcha.secret_env \
                 is corrected (counted in palisade_captchas, result=refused_secret)"
            ),
            Event::FleetCall(result) => {
                let place = FleetResult::ALL.iter().position(|other| *other == result);
                if let Some(advice) = result.advice()
                    && self.told.is_new(&self.told.of_fleet, place)
                {
                    log::warn!(
                        "palisade: fleet: {advice} (counted in palisade_fleet_calls, result={})",
                        result.name()
                    );
                }
            }
            Event::FleetBreakerOpened => log::warn!(
                "palisade: fleet: the service is not asked for a while, and this proxy counts for itself; the line before \
                 says why"
            ),
            Event::RangeBreakerOpened => log::warn!(
                "palisade: breached passwords: the service is not asked for a while, and nobody knows whose password is \
                 breached; palisade_range_calls says why"
            ),
            Event::RangeBreakerClosed => {
                log::warn!("palisade: breached passwords: the service answers again");
            }
            Event::FleetBreakerClosed => log::warn!("palisade: fleet: the service answers again"),
            Event::BreakerOpened => log::warn!(
                "palisade: the intelligence API is not asked for a while; the line before says why"
            ),
            Event::BreakerClosed => log::warn!("palisade: the intelligence API answers again"),
            _ => {}
        }
        let Some((index, change)) = self.catalogue.find(event) else {
            return;
        };
        let Some(id) = self.ids.get(index.get()).copied().flatten() else {
            return;
        };
        match change {
            Change::Add(by) => abi::increment_metric(id, by),
            Change::Set(value) => abi::record_metric(id, value),
        }
    }
}

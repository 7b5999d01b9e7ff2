use std::collections::HashMap;

use super::abi::{self, MetricKind};
use crate::telemetry::{CaptchaResult, Catalogue, Change, Event, Kind, Meter};

/// The host's numbers of all metrics that were ever defined in this VM, by name: the host keeps a metric for ever, and
/// makes another one of a second definition.
pub(super) type Definitions = HashMap<String, u32>;

/// The host's numbers of the metrics of one policy.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    catalogue: Catalogue,
    /// By position in the catalogue; `None` where the host refused.
    ids: Vec<Option<u32>>,
}

impl Metrics {
    /// Defines every metric of the catalogue that no other configuration has defined.
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
        Self { catalogue, ids }
    }
}

impl Meter for Metrics {
    fn meter(&self, event: Event) {
        match event {
            Event::SchemaDrift { first: true } => log::warn!(
                "palisade: the intelligence API answered 200 with none of the fields that the provider's table names; \
                 has its format changed? Nothing is known of such addresses. (counted in palisade_schema_drift)"
            ),
            Event::Captcha(CaptchaResult::Failed { first: true, .. }) => log::error!(
                "palisade: the captcha service does not take the secret; nobody's captcha counts until captcha.secret_env \
                 is corrected (counted in palisade_captchas, result=refused_secret)"
            ),
            Event::BreakerOpened => log::warn!(
                "palisade: the intelligence API fails or its quota is gone; it is not asked for a while"
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
            Change::Record(value) => abi::record_metric(id, value),
        }
    }
}

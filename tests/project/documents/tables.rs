//! The tables of the documents are what is declared in the code.

use std::collections::BTreeSet;

use palisade::challenge::Difficulty;
use palisade::identity::account::AccountError;
use palisade::intelligence::Score;
use palisade::intelligence::provider::{FailureReason, PRESET_NAMES, Scope};
use palisade::signals::Annotation;
use palisade::telemetry::{Family, Kind, Unit};
use serde_json::json;

use super::{Row, codes, load, names, table};

fn strings<'a>(items: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    items.into_iter().map(str::to_owned).collect()
}

/// The names of one family in Prometheus.
pub(super) fn prometheus_names(family: Family) -> Vec<String> {
    let name = format!("palisade_{}", family.name());
    match family.kind() {
        Kind::Histogram => ["bucket", "sum", "count"]
            .map(|end| format!("{name}_{end}"))
            .into(),
        Kind::Counter | Kind::Gauge => vec![name],
    }
}

/// The row for the metrics of one name.
pub(super) fn metric_row(family: Family) -> Row {
    let kind = match family.kind() {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
    };
    let labels = family
        .scope()
        .labels()
        .iter()
        .copied()
        .chain([family.label()]);
    let labels: Vec<String> = labels
        .filter(|label| !label.is_empty())
        .map(|label| format!("`{label}`"))
        .collect();
    let names = prometheus_names(family);
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let conditions = [family.feature().condition(), family.scope().condition()];
    let conditions: Vec<&str> = conditions
        .into_iter()
        .filter(|condition| !condition.is_empty())
        .collect();
    vec![
        names.join(", "),
        kind.to_owned(),
        family.unit().name().to_owned(),
        labels.join(", "),
        conditions.join("; "),
        family.counts().to_owned(),
    ]
}

#[test]
fn the_metrics_table_tells_the_values_of_labels() {
    for family in Family::ALL {
        let told = codes(family.counts());
        // The results of lookups are the rows of another table.
        let listed = ["level", "reason", "result"].contains(&family.label());
        for value in family.values() {
            let is_told = told.iter().any(|code| code == value);
            let elsewhere = !listed || family == Family::Lookups;
            assert!(is_told || elsewhere, "{value} of {family:?}");
        }
    }
}

#[test]
fn a_metric_has_its_unit_in_its_name() {
    for family in Family::ALL {
        let name = family.name();
        let unit = match name {
            _ if name.ends_with("_ms") => Unit::Milliseconds,
            _ if name.ends_with("_seconds") => Unit::Seconds,
            _ => Unit::One,
        };
        assert_eq!(family.unit(), unit, "{name}");
    }
}

#[test]
fn the_failures_table_tells_every_reason() {
    let told: BTreeSet<(String, String)> = table("failures")
        .iter()
        .map(|row| (codes(&row[0])[0].clone(), row[2].clone()))
        .collect();
    let scope = |reason: FailureReason| match reason.scope() {
        Scope::Provider => "provider",
        Scope::Quota => "quota",
        Scope::Address => "address",
        Scope::Local => "local",
    };
    let real =
        FailureReason::ALL.map(|reason| (reason.name().to_owned(), scope(reason).to_owned()));
    assert_eq!(told, real.into_iter().collect());
}

#[test]
fn the_table_of_missing_accounts_is_every_reason_in_order() {
    let reason = |lack: AccountError| format!("account_{}", lack.name());
    assert_eq!(
        names(&table("missing accounts")),
        AccountError::ALL.map(reason)
    );
}

#[test]
fn the_annotations_table_is_every_annotation_in_order() {
    assert_eq!(
        names(&table("annotations")),
        strings(Annotation::ALL.map(Annotation::header))
    );
}

#[test]
fn the_providers_table_is_every_preset_in_order() {
    assert_eq!(names(&table("providers")), strings(PRESET_NAMES));
}

#[test]
fn the_difficulty_table_is_what_clients_are_asked() {
    let rows = table("difficulty");
    assert_eq!(rows.len(), 4);
    for row in rows {
        let digits = |cell: &str| -> String { cell.chars().filter(char::is_ascii_digit).collect() };
        let score = Score::clamped(digits(&row[0]).parse().unwrap());
        for (cell, repetition) in row[1..].iter().zip([0, 8, 40]) {
            let asked = Difficulty::default().scaled(score, repetition).get();
            assert_eq!(digits(cell), asked.to_string(), "{row:?}");
        }
    }
}

#[test]
fn the_table_of_built_in_rules_is_what_routes_get() {
    let policy = load(&json!({"routes": [{"name": "r", "match": {}}]}));
    let rules = policy.protections[0].ruleset.rules.iter();
    let real: Vec<(String, String)> = rules
        .map(|rule| (rule.name.clone(), rule.then.name().to_owned()))
        .collect();
    let rows = table("default rules");
    let then = rows.iter().map(|row| codes(&row[2])[0].clone());
    assert_eq!(names(&rows).into_iter().zip(then).collect::<Vec<_>>(), real);
}

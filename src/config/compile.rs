//! The raw configuration -> the policy. What types alone cannot check is checked here.

mod agents;
mod captcha;
mod challenge;
mod client;
mod codes;
mod conditions;
mod identity;
mod learned;
mod limits;
mod lists;
mod provider;
mod response;
mod routes;
mod session;
mod signing;
mod travel;

use super::error::ConfigErrors;
use super::raw::RawTemplates;
use super::raw::{
    Configuration, RawAction, RawAnnotation, RawGeoip, RawMode, RawScore, RawWeighed,
};
use crate::address::HeaderName;
use crate::decision::{Action, Mode, Weights};
use crate::device::KnownDevices;
use crate::intelligence::{Flag, GeoipHeaders};
use crate::json::Json;
use crate::policy::{self, Annotation, Annotations, Policy};
use crate::reply::{Template, Templates};

/// Checks and compiles what was read from `source`.
///
/// # Errors
/// Every mistake that was found.
pub(super) fn compile(
    raw: &Configuration,
    source: &Json,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Policy, ConfigErrors> {
    let mut errors = ConfigErrors::default();
    let trust = client::compile(&raw.client, &mut errors);
    let geoip = raw.geoip.as_ref().map(|raw| geoip(raw, &mut errors));
    let lists = lists::compile(&raw.lists, &trust.carriers, &mut errors);
    let weights = weights(&raw.score, &raw.lists, &mut errors);
    let intelligence = raw
        .intelligence
        .as_ref()
        .map(|raw| provider::compile(raw, source, environment, &mut errors));
    let identity = identity::compile(&raw.identity, &mut errors);
    let keys = raw
        .signing_keys_env
        .as_ref()
        .map(|raw| signing::keys(raw, environment, &mut errors));
    let devices = raw.device.as_ref().and_then(|raw| {
        let cookies = signing::device(raw, &mut errors);
        let keys = signing::needed(&keys, "device", &mut errors)?;
        Some(KnownDevices {
            cookies,
            keys,
            new_per_day: signing::new_per_day(raw, &mut errors)?,
        })
    });
    let unlock = raw
        .unlock
        .as_ref()
        .and_then(|raw| signing::unlock(raw, &keys, &mut errors));
    let challenges = challenge::compile(&raw.challenge, keys.clone().flatten(), &mut errors);
    let captcha = raw
        .captcha
        .as_ref()
        .and_then(|raw| captcha::compile(raw, environment, &mut errors));
    let response_body_limit = response::body_limit(&raw.response, &mut errors);
    let limits = limits::compile(raw, &lists, &mut errors);
    let counters = limits::budget(&raw.counters, &mut errors);
    let sources = raw.identity.session.as_deref();
    let session = session::compile(raw.session.as_ref(), sources, &keys, &mut errors);
    let routes = routes::compile(raw, &lists, &limits, &identity, &mut errors);
    let annotations = annotations(raw, &mut errors);
    let reply_templates = templates(&raw.reply.templates, &mut errors);
    // A part that could not be compiled has left an error.
    let (mut protections, table, profiles) = routes.unwrap_or_default();
    agents::note_use(&mut protections, &limits, &weights);
    let uniform = agents::uniform(&raw.agents.uniform, &mut errors);
    let travel = travel::compile(raw, &protections, &mut errors);
    let asn_failures = learned::asn_failures(raw, &protections, &mut errors);
    let policy = challenges.zip(uniform).map(|(challenges, uniform)| Policy {
        uniform,
        challenges,
        trust,
        intelligence: intelligence.flatten(),
        geoip,
        lists: policy::Lists::new(lists.lists),
        weights,
        identity,
        devices,
        captcha,
        unlock,
        limits: limits.into(),
        asn_failures,
        counters,
        response_body_limit,
        session,
        travel,
        routes: table,
        profiles,
        protections,
        annotations,
        reply_templates,
        audit_lines_per_second: raw.audit.lines_per_second.unwrap_or(10),
    });
    errors.unless_any(policy)
}

/// A label in metrics and a name in the configuration: nothing that a stats tag or a log could be broken with.
fn check_name(path: &str, name: &str, errors: &mut ConfigErrors) {
    let fits = (1..=64).contains(&name.len())
        && name.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte)
        });
    if !fits {
        errors.add(
            path,
            Some(format!("{name:?}")),
            "expected 1 to 64 of a-z, 0-9, _ and -",
        );
    }
}

/// Refuses an empty list: nobody means it.
fn check_not_empty<T>(path: &str, items: &[T], what: &str, errors: &mut ConfigErrors) {
    if items.is_empty() {
        errors.add(
            path,
            Some("[]".to_owned()),
            format_args!("expected at least one {what}"),
        );
    }
}

fn geoip(raw: &RawGeoip, errors: &mut ConfigErrors) -> GeoipHeaders {
    let mut any = false;
    let mut name = |field: &str, name: &Option<String>| -> Option<String> {
        let name = name.as_ref()?;
        any = true;
        match HeaderName::new(name) {
            Ok(name) => Some(name.as_str().to_owned()),
            Err(error) => {
                errors.add(format_args!("geoip.{field}"), None, error);
                None
            }
        }
    };
    let flags = [
        (Flag::Vpn, &raw.vpn),
        (Flag::Proxy, &raw.proxy),
        (Flag::Tor, &raw.tor),
        (Flag::Hosting, &raw.hosting),
    ];
    let headers = GeoipHeaders {
        country: name("country", &raw.country),
        asn: name("asn", &raw.asn),
        flags: flags
            .into_iter()
            .filter_map(|(flag, header)| Some((flag, name(flag.name(), header)?)))
            .collect(),
    };
    if !any {
        errors.add(
            "geoip",
            Some("{}".to_owned()),
            "expected at least one header name",
        );
    }
    headers
}

fn weights(raw: &RawScore, lists: &[super::raw::RawList], errors: &mut ConfigErrors) -> Weights {
    let mut check = |path: String, weight: i16| {
        if !(-100..=100).contains(&weight) {
            errors.add(
                path,
                Some(weight.to_string()),
                "expected a weight from -100 to 100",
            );
        }
        weight
    };
    let mut weights = Weights::default();
    for (weighed, weight) in &raw.weights.0 {
        let weight = check(format!("score.weights.{}", weighed.name()), *weight);
        match weighed {
            RawWeighed::Flag(flag) => weights.set_flag(*flag, weight),
            RawWeighed::Agent(signal) => weights.set_agent(*signal, weight),
            RawWeighed::Unknown => weights.set_unknown(weight),
            RawWeighed::ImpossibleTravel => weights.set_impossible_travel(weight),
            RawWeighed::AsnFailureRate => weights.set_asn_failure_rate(weight),
        }
    }
    let lists = lists.iter().enumerate();
    weights.set_lists(
        lists
            .map(|(index, list)| check(format!("lists[{index}].weight"), list.weight))
            .collect(),
    );
    weights
}

fn templates(raw: &RawTemplates, errors: &mut ConfigErrors) -> Templates {
    let mut read = |name: &str, text: &Option<String>| {
        let text = text.as_ref()?;
        Template::parse(text)
            .map_err(|error| errors.add(format_args!("reply.templates.{name}"), None, error))
            .ok()
    };
    Templates {
        denied: read("denied", &raw.denied),
        limited: read("limited", &raw.limited),
    }
}

fn annotations(raw: &Configuration, errors: &mut ConfigErrors) -> Annotations {
    let headers = match &raw.annotate.headers {
        None => Annotation::USUAL.to_vec(),
        Some(named) => {
            let mut headers: Vec<Annotation> = named.iter().map(|name| annotation(*name)).collect();
            headers.dedup();
            if headers.len() != named.len() {
                errors.add("annotate.headers", None, "expected each header once");
            }
            headers
        }
    };
    Annotations {
        headers,
        filter_state: raw.annotate.filter_state.unwrap_or(true),
    }
}

const fn annotation(raw: RawAnnotation) -> Annotation {
    match raw {
        RawAnnotation::Verdict => Annotation::Verdict,
        RawAnnotation::Context => Annotation::Context,
        RawAnnotation::Reason => Annotation::Reason,
        RawAnnotation::Score => Annotation::Score,
        RawAnnotation::Signals => Annotation::Signals,
        RawAnnotation::Asn => Annotation::Asn,
        RawAnnotation::AsnType => Annotation::AsnType,
        RawAnnotation::AsnFailureRate => Annotation::AsnFailureRate,
        RawAnnotation::Connection => Annotation::Connection,
        RawAnnotation::Country => Annotation::Country,
        RawAnnotation::Travel => Annotation::Travel,
        RawAnnotation::Lists => Annotation::Lists,
        RawAnnotation::Limits => Annotation::Limits,
        RawAnnotation::Ref => Annotation::Ref,
    }
}

const fn action(raw: RawAction) -> Action {
    match raw {
        RawAction::Allow => Action::Allow,
        RawAction::StepUp => Action::StepUp,
        RawAction::Challenge => Action::Challenge,
        RawAction::Deny => Action::Deny,
    }
}

const fn mode(raw: RawMode) -> Mode {
    match raw {
        RawMode::Enforce => Mode::Enforce,
        RawMode::Monitor => Mode::Monitor,
    }
}

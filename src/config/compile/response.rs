//! What makes a response a failure or a success.

use super::check_not_empty;
use crate::address::HeaderName;
use crate::config::error::ConfigErrors;
use crate::config::raw::{RawBodySign, RawHeaderSign, RawResponse, RawScalar, RawSigns};
use crate::response::{
    BODY_LIMIT, BodySign, Classifier, HeaderSign, Rest, Scalar, Signs, ValueMatch,
};

/// How many signs of one kind there may be: each is looked for in every response.
const MOST: usize = 32;
/// How long a text may be that is looked for, in bytes.
const LONGEST: usize = 256;

/// How deep in bodies signs are looked for.
pub(super) fn body_limit(raw: &RawResponse, errors: &mut ConfigErrors) -> usize {
    let limit = raw.body_limit.map_or(BODY_LIMIT, |size| size.0.0);
    if !(1 << 10..=1 << 20).contains(&limit) {
        errors.add(
            "response.body_limit",
            Some(format!("{limit} bytes")),
            "expected 1KiB to 1MiB",
        );
    }
    limit
}

/// A classifier from a route's `failure` and `success`; `path` is the route's.
pub(super) fn compile(
    failure: Option<&RawSigns>,
    success: Option<&RawSigns>,
    path: &str,
    errors: &mut ConfigErrors,
) -> Classifier {
    let mut side = |raw: Option<&RawSigns>, name: &str, default: fn() -> Signs| match raw {
        Some(raw) => signs(raw, &format!("{path}.{name}"), errors),
        None => default(),
    };
    let rest = match (failure, success) {
        (None, Some(_)) => Rest::Failure,
        _ => Rest::Neither,
    };
    let failure = side(failure, "failure", Signs::default_failure);
    let success = side(success, "success", Signs::default_success);
    Classifier::new(failure, success).with_rest(rest)
}

fn signs(raw: &RawSigns, path: &str, errors: &mut ConfigErrors) -> Signs {
    let RawSigns {
        status,
        header,
        grpc_status,
        body,
    } = raw;
    if status.is_none() && header.is_none() && grpc_status.is_none() && body.is_none() {
        errors.add(
            path,
            Some("{}".to_owned()),
            "expected at least one of status, header, grpc_status and body",
        );
    }
    Signs {
        statuses: list(status.as_deref(), &format!("{path}.status"), errors)
            .iter()
            .map(|status| status.0)
            .collect(),
        headers: list(header.as_deref(), &format!("{path}.header"), errors)
            .iter()
            .enumerate()
            .filter_map(|(index, raw)| header_sign(raw, &format!("{path}.header[{index}]"), errors))
            .collect(),
        grpc_statuses: list(
            grpc_status.as_deref(),
            &format!("{path}.grpc_status"),
            errors,
        )
        .iter()
        .enumerate()
        .map(|(index, status)| {
            if *status > 16 {
                errors.add(
                    format_args!("{path}.grpc_status[{index}]"),
                    Some(status.to_string()),
                    "expected a gRPC status from 0 to 16",
                );
            }
            u32::from(*status)
        })
        .collect(),
        body: list(body.as_deref(), &format!("{path}.body"), errors)
            .iter()
            .enumerate()
            .filter_map(|(index, raw)| body_sign(raw, &format!("{path}.body[{index}]"), errors))
            .collect(),
    }
}

fn list<'a, T>(items: Option<&'a [T]>, path: &str, errors: &mut ConfigErrors) -> &'a [T] {
    let Some(items) = items else { return &[] };
    check_not_empty(path, items, "entry", errors);
    if items.len() > MOST {
        errors.add(
            path,
            Some(format!("{} entries", items.len())),
            format_args!("expected at most {MOST}"),
        );
    }
    items
}

fn text(text: &str, path: String, errors: &mut ConfigErrors) -> String {
    if !(1..=LONGEST).contains(&text.len()) {
        errors.add(
            path,
            Some(format!("{} bytes", text.len())),
            format_args!("expected a text of 1 to {LONGEST} bytes"),
        );
    }
    text.to_owned()
}

fn header_sign(raw: &RawHeaderSign, path: &str, errors: &mut ConfigErrors) -> Option<HeaderSign> {
    let name = HeaderName::new(&raw.name)
        .map_err(|error| errors.add(format_args!("{path}.name"), None, error))
        .ok();
    let value = match (&raw.equals, &raw.prefix, &raw.contains) {
        (None, None, None) => ValueMatch::Present,
        (Some(value), None, None) => {
            ValueMatch::Equals(text(value, format!("{path}.equals"), errors))
        }
        (None, Some(value), None) => {
            ValueMatch::Prefix(text(value, format!("{path}.prefix"), errors))
        }
        (None, None, Some(value)) => {
            ValueMatch::Contains(text(value, format!("{path}.contains"), errors))
        }
        _ => {
            errors.add(
                path,
                None,
                "expected at most one of equals, prefix and contains; for two ways to fit, write two entries",
            );
            return None;
        }
    };
    Some(HeaderSign { name: name?, value })
}

fn body_sign(raw: &RawBodySign, path: &str, errors: &mut ConfigErrors) -> Option<BodySign> {
    let pointer = match (&raw.contains, &raw.json, &raw.equals) {
        (Some(value), None, None) => {
            return Some(BodySign::Contains(text(
                value,
                format!("{path}.contains"),
                errors,
            )));
        }
        (None, Some(pointer), _) => pointer,
        _ => {
            errors.add(
                path,
                None,
                "expected either contains, or json with or without equals",
            );
            return None;
        }
    };
    let pointer = pointer.parse().map_err(|expected| {
        errors.add(
            format_args!("{path}.json"),
            Some(format!("{pointer:?}")),
            format_args!("expected {expected}"),
        );
    });
    let sign = match &raw.equals {
        None => BodySign::Says(pointer.ok()?),
        Some(RawScalar::Bool(flag)) => BodySign::Equals(pointer.ok()?, Scalar::Bool(*flag)),
        Some(RawScalar::Number(number)) => BodySign::Equals(pointer.ok()?, Scalar::Number(*number)),
        // An empty text is a value like others here.
        Some(RawScalar::Text(value)) if value.is_empty() => {
            BodySign::Equals(pointer.ok()?, Scalar::Text(String::new()))
        }
        Some(RawScalar::Text(value)) => {
            let value = text(value, format!("{path}.equals"), errors);
            BodySign::Equals(pointer.ok()?, Scalar::Text(value))
        }
    };
    Some(sign)
}

#[cfg(test)]
mod tests;

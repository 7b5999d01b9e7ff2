//! What the application, the access log and the audit log are told.

use crate::json::{FromJson, Mistakes, Place};
use crate::policy::Annotations;
use crate::signals::Annotation;

/// What the application and the access log are told about requests that go on.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawAnnotate {
    /// The request headers that are set, each behind `x-palisade-`; default `[verdict, context]`. Every header
    /// under that prefix that a client sends is removed in any case.
    #[serde(default)]
    pub headers: Option<Vec<Annotation>>,
    /// Whether requests that go on set the filter state `wasm.palisade` for access logs; refusals always do.
    /// Default true.
    #[serde(default)]
    pub filter_state: Option<bool>,
}

/// One structured line per request that is refused, or would be.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawAudit {
    /// The most lines a second in one worker, and as many of what is only monitored and of revocations; default 10.
    /// What is left out is counted in the next line.
    #[serde(default)]
    pub lines_per_second: Option<u32>,
}

/// Compiles `annotate`.
pub(super) fn compile(
    raw: &RawAnnotate,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Annotations {
    let headers = match &raw.headers {
        None => Annotation::USUAL.to_vec(),
        Some(named) => {
            let mut headers = named.clone();
            headers.dedup();
            if headers.len() != named.len() {
                mistakes.add(&at.field("headers"), &"expected each header once");
            }
            headers
        }
    };
    Annotations {
        headers,
        filter_state: raw.filter_state.unwrap_or(true),
    }
}

//! Who has made an answer, as Envoy's response code details tell it.

/// Where an answer comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// From the application.
    Application,
    /// From the application, and Envoy follows its redirect by itself: there is nothing else to read of it than this
    /// status.
    Redirect(u16),
    /// From Envoy, and the request certainly reached nobody behind it.
    Undelivered,
    /// From Envoy: a filter of it has refused the request, or the application may have had it without answering.
    Envoy,
}

/// No host, cluster or route was there to send it to, or a limit on requests held it up before it was sent.
const NEVER_SENT: [&[u8]; 6] = [
    b"no_healthy_upstream",
    b"cluster_not_found",
    b"route_not_found",
    b"maintenance_mode",
    b"request_rate_limited",
    b"local_rate_limited",
];

/// A reset before anything was answered; in braces stands why.
const RESET: &[u8] = b"upstream_reset_before_response_started{";

/// No connection came about, or a circuit breaker was open.
const NO_CONNECTION: [&[u8]; 5] = [
    b"overflow",
    b"connection_failure",
    b"local_connection_failure",
    b"remote_connection_failure",
    b"connection_timeout",
];

impl Origin {
    /// By the response code details, the status, and how often the request was sent on or tried to be: what was tried
    /// again may have been received before.
    #[must_use]
    pub fn of(details: &[u8], status: Option<u16>, attempts: Option<u64>) -> Self {
        match details {
            b"via_upstream" => Self::Application,
            b"internal_redirect" => status.map_or(Self::Envoy, Self::Redirect),
            _ if attempts.is_some_and(|attempts| attempts <= 1) && was_never_sent(details) => {
                Self::Undelivered
            }
            _ => Self::Envoy,
        }
    }
}

fn was_never_sent(details: &[u8]) -> bool {
    let reason = details.strip_prefix(RESET).map(|rest| {
        let end = rest.iter().position(|byte| matches!(byte, b'|' | b'}'));
        rest.split_at(end.unwrap_or(rest.len())).0
    });
    match reason {
        Some(reason) => NO_CONNECTION.contains(&reason),
        None => NEVER_SENT.contains(&details),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_certainly_not_sent_reached_nobody() {
        let of = |details: &str, attempts| Origin::of(details.as_bytes(), Some(503), attempts);
        for details in [
            "no_healthy_upstream",
            "cluster_not_found",
            "upstream_reset_before_response_started{overflow}",
            "upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:_111}",
        ] {
            assert_eq!(of(details, Some(1)), Origin::Undelivered, "{details}");
            assert_eq!(
                of(details, Some(2)),
                Origin::Envoy,
                "{details}, tried twice"
            );
            assert_eq!(of(details, None), Origin::Envoy, "{details}, tried unknown");
        }
        for details in [
            "",
            "upstream_response_timeout",
            "upstream_reset_before_response_started{connection_termination}",
            "upstream_reset_before_response_started{protocol_error}",
            "upstream_reset_before_response_started{remote_reset}",
            "response_payload_too_large",
            "ext_authz_denied",
            "no_healthy_upstream_",
        ] {
            assert_eq!(of(details, Some(1)), Origin::Envoy, "{details}");
        }
        assert_eq!(of("via_upstream", None), Origin::Application);
        assert_eq!(of("internal_redirect", Some(1)), Origin::Redirect(503));
    }
}

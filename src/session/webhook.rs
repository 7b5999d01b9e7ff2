//! What the application is told of a revocation.
//!
//! ```text
//! POST <path>
//! content-type: application/json
//! x-palisade-signature: t=1764000002,v1=<hex>
//!
//! {"event":"session.revoked","id":"5f0c...","session":"9a...","session_sha256":"2c...","action":"deny","route":"login",
//!  "reason":"tor","client":"192.0.2.1","requested_at_ms":1764000000123,"revoked_at_ms":1764000001456,"revoked_until":1764086401}
//! ```
//!
//! | field | is |
//! |---|---|
//! | `id` | 32 hexadecimal digits, the same in all attempts: who has seen it does nothing again |
//! | `session` | 16 hexadecimal digits: the keyed hash under which Palisade knows the session |
//! | `session_sha256` | SHA-256, in hexadecimal digits, of the session as the client sent it |
//! | `action` | what becomes of its requests: `challenge` or `deny` |
//! | `route`, `reason` | of the request that brought it about |
//! | `client` | its address; `null` when it had none that could be read |
//! | `requested_at_ms`, `revoked_at_ms` | when that request came and when its session was revoked, in milliseconds since the Unix epoch |
//! | `revoked_until` | until when, in seconds since the Unix epoch |
//!
//! The session itself is never sent, since whoever has it is logged in. The application knows what it has given out,
//! and finds the session by its hash: of the cookie's value, percent-decoded and without quotes around it; of a bearer
//! token, of a JWT without its last dot and its signature; of the claim's text; of the header's value.
//!
//! `t` is when the request was sent, in seconds since the Unix epoch, and `v1` HMAC-SHA256 with the signing key over
//! `palisade.revocation.v1.`, `t`, a dot and the body as it stands. Who verifies it also refuses a `t` that is minutes
//! away, so that a notice that somebody recorded is of no use. Where there are several signing keys, the first one
//! signs: give the application the new one before it stands there.

use serde::Serialize;

use super::{Revocation, SessionReference};
use crate::address::ClientAddress;
use crate::encoding::hex;
use crate::signing::{Purpose, SigningKeys};
use crate::time::Time;

/// The header that has the signature.
pub const SIGNATURE_HEADER: &str = "x-palisade-signature";

/// What tells one notice from all others: 16 random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WebhookId([u8; 16]);

impl WebhookId {
    /// The id of these random bytes.
    #[must_use]
    pub const fn new(random: [u8; 16]) -> Self {
        Self(random)
    }

    /// 64 of its bits, others for each of eight numbers.
    pub(super) fn bits(self, number: u32) -> u64 {
        let bits = u128::from_le_bytes(self.0).rotate_left(number.wrapping_mul(16));
        let [a, b, c, d, e, f, g, h, ..] = bits.to_le_bytes();
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }
}

impl std::fmt::Display for WebhookId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

/// A notice, ready to be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    id: WebhookId,
    body: String,
}

#[derive(Serialize)]
struct Body<'a> {
    event: &'static str,
    id: String,
    session: String,
    session_sha256: String,
    action: &'static str,
    route: &'a str,
    reason: &'a str,
    client: Option<String>,
    requested_at_ms: u64,
    revoked_at_ms: u64,
    revoked_until: u32,
}

impl Webhook {
    /// The notice that `session` is revoked. `route` and `reason` are names of the configuration.
    #[must_use]
    pub fn new(
        id: WebhookId,
        session: SessionReference,
        revocation: &Revocation,
        (route, reason): (&str, &str),
        client: Option<ClientAddress>,
    ) -> Self {
        let body = Body {
            event: "session.revoked",
            id: id.to_string(),
            session: hex::encode(&session.key.get().get().to_be_bytes()),
            session_sha256: hex::encode(&session.digest),
            action: revocation.sanction().action().name(),
            route,
            reason,
            client: client.map(|client| client.to_string()),
            requested_at_ms: revocation.requested_at().millis(),
            revoked_at_ms: revocation.revoked_at().millis(),
            revoked_until: revocation.until().seconds(),
        };
        Self {
            id,
            // Texts and numbers can always be written.
            body: serde_json::to_string(&body).unwrap_or_default(),
        }
    }

    /// Which one it is.
    #[must_use]
    pub const fn id(&self) -> WebhookId {
        self.id
    }

    /// What is sent.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }

    /// The value of [`SIGNATURE_HEADER`] of a notice that is sent now.
    #[must_use]
    pub fn signature(&self, keys: &SigningKeys, now: Time) -> String {
        let sent = now.seconds();
        let text = format!("{sent}.{}", self.body);
        let mac = keys.sign_text(Purpose::Revocation, &text);
        format!("t={sent},v1={}", hex::encode(&mac))
    }
}

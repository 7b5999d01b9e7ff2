//! Which address of a request is the client's, and whose word is taken for it.

use std::fmt;

use crate::message::is_token_byte;

use super::carried::ReportedAddress;
use super::client_address::literal;
use super::{Carriers, CidrSet, ClientAddress};

/// How many entries of `X-Forwarded-For` are read, empty ones included.
const MAX_ENTRIES: usize = 32;

/// The name of a request header in lower case, as the host tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderName(Box<str>);

impl HeaderName {
    /// A field name after RFC 9110 (a token, of at most 128 characters), in any case.
    ///
    /// # Errors
    /// Says what was found instead.
    pub fn new(name: &str) -> Result<Self, HeaderNameError> {
        if (1..=128).contains(&name.len()) && name.bytes().all(is_token_byte) {
            Ok(Self(name.to_ascii_lowercase().into()))
        } else {
            Err(HeaderNameError(name.chars().take(64).collect()))
        }
    }

    /// The name in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text that is not the name of a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderNameError(String);

impl fmt::Display for HeaderNameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is not a header name; expected 1 to 128 letters, digits and hyphens, such as cf-connecting-ip",
            self.0
        )
    }
}

impl std::error::Error for HeaderNameError {}

/// Where a trusted proxy tells the client's address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Forwarded {
    /// Nowhere: the peer is the client, and no header is read.
    #[default]
    Peer,
    /// In `X-Forwarded-For`, to which every proxy on the way appends who asked it.
    XForwardedFor,
    /// In one header that a trusted edge sets anew, such as `cf-connecting-ip` or `true-client-ip`.
    Header(HeaderName),
}

/// Who is believed about the client's address. By default nobody is: the peer is the client.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// The proxies whose word is taken. With none, the peer is always the client.
    pub trusted_proxies: CidrSet,
    /// Where they tell it.
    pub source: Forwarded,
    /// Which addresses carry an IPv4 address, that of their client.
    pub carriers: Carriers,
}

/// What was odd about the headers that name the client. Only a trusted peer's headers are ever looked at,
/// so each of these points at a proxy of the operator's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anomaly {
    /// Something that is no address stood where one was expected.
    Garbage,
    /// More than 32 entries, all of them trusted as far as they were read.
    TooLong,
    /// More than one value where a trusted edge sets exactly one.
    Repeated,
    /// The trusted peer named nobody.
    Missing,
}

impl Anomaly {
    /// Every anomaly.
    pub const ALL: [Self; 4] = [Self::Garbage, Self::TooLong, Self::Repeated, Self::Missing];

    /// The name in metrics and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Garbage => "garbage",
            Self::TooLong => "too_long",
            Self::Repeated => "repeated",
            Self::Missing => "missing",
        }
    }
}

/// Who the client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// The client's address.
    pub client: ClientAddress,
    /// What was odd on the way to it.
    pub note: Option<Anomaly>,
}

impl Trust {
    /// The name of the header whose lines [`Trust::resolve`] wants; `None` when it reads none.
    #[must_use]
    pub fn header(&self) -> Option<&str> {
        match &self.source {
            Forwarded::Peer => None,
            Forwarded::XForwardedFor => Some("x-forwarded-for"),
            Forwarded::Header(name) => Some(name.as_str()),
        }
    }

    /// The client of a request that came from `peer` with these lines of [`Trust::header`], in their order; `None` when
    /// the peer is no address.
    ///
    /// A peer that is not trusted is the client, whatever the lines say. `X-Forwarded-For` is then walked from the
    /// right, over all lines, to the first address that is not trusted: everything left of that was written by that
    /// client or before it, and is not read. Whether Envoy has already appended the peer itself makes no difference.
    /// What is no address ends the walk, and the last trusted address counts as the client: nobody trusted vouches for
    /// anything further.
    #[must_use]
    pub fn resolve<'a>(
        &self,
        peer: &[u8],
        lines: impl DoubleEndedIterator<Item = &'a [u8]>,
    ) -> Option<Resolution> {
        let reported = self.reported(peer)?;
        let peer = reported.client;
        let is_believed = self.source != Forwarded::Peer && self.is_trusted(reported);
        Some(match &self.source {
            Forwarded::XForwardedFor if is_believed => self.walk(peer, lines),
            Forwarded::Header(_) if is_believed => match self.single(lines) {
                Ok(client) => Resolution { client, note: None },
                Err(note) => Resolution {
                    client: peer,
                    note: Some(note),
                },
            },
            _ => Resolution {
                client: peer,
                note: None,
            },
        })
    }

    fn reported(&self, text: &[u8]) -> Option<ReportedAddress> {
        literal(text).map(|address| self.carriers.reported(address))
    }

    fn is_trusted(&self, reported: ReportedAddress) -> bool {
        reported.vouched && self.trusted_proxies.contains(reported.client)
    }

    fn walk<'a>(
        &self,
        peer: ClientAddress,
        lines: impl DoubleEndedIterator<Item = &'a [u8]>,
    ) -> Resolution {
        let entries = lines
            .rev()
            .flat_map(|line| line.rsplit(|byte| *byte == b','));
        let mut nearest = Resolution {
            client: peer,
            note: Some(Anomaly::Missing),
        };
        let mut left = MAX_ENTRIES;
        for (index, entry) in entries.enumerate() {
            let reported = self.reported(entry);
            // Envoy with `use_remote_address` has appended the peer, which tells nothing new.
            if index == 0 && reported.is_some_and(|reported| reported.client == peer) {
                continue;
            }
            let odd = |note| Resolution {
                note: Some(note),
                ..nearest
            };
            let Some(rest) = left.checked_sub(1) else {
                return odd(Anomaly::TooLong);
            };
            left = rest;
            // RFC 9110, 5.6.1: empty elements of a list are ignored.
            if entry.trim_ascii().is_empty() {
                continue;
            }
            let Some(reported) = reported else {
                return odd(Anomaly::Garbage);
            };
            nearest = Resolution {
                client: reported.client,
                note: None,
            };
            if !self.is_trusted(reported) {
                break;
            }
        }
        nearest
    }

    /// The address in exactly one line.
    fn single<'a>(
        &self,
        mut lines: impl Iterator<Item = &'a [u8]>,
    ) -> Result<ClientAddress, Anomaly> {
        let line = lines.next().ok_or(Anomaly::Missing)?;
        if lines.next().is_some() || line.contains(&b',') {
            return Err(Anomaly::Repeated);
        }
        if line.trim_ascii().is_empty() {
            return Err(Anomaly::Missing);
        }
        let reported = self.reported(line).ok_or(Anomaly::Garbage)?;
        Ok(reported.client)
    }
}

#[cfg(test)]
mod tests;

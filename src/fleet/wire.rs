//! What Envoy's rate limit service is sent, and what it answers: gRPC frames of protobuf messages.
//!
//! Of `envoy.service.ratelimit.v3` the fields that are written or read; what else stands in an answer is passed over.

use prost::Message;

/// A gRPC frame has these bytes before its message: whether it is compressed, and its length.
const FRAME: usize = 5;

/// One counter of the service, and how much is added to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Descriptor {
    pub(super) key: &'static str,
    pub(super) value: [u8; 11],
    pub(super) hits: u64,
}

/// What the service has counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    /// So much, with what was added.
    Known(u32),
    /// Its configuration does not know the counter, or not with our limit.
    Unconfigured,
}

/// `RateLimitRequest`.
#[derive(Clone, PartialEq, Message)]
struct Request {
    #[prost(string, tag = "1")]
    domain: String,
    #[prost(message, repeated, tag = "2")]
    descriptors: Vec<Wanted>,
}

/// `RateLimitDescriptor`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Wanted {
    #[prost(message, repeated, tag = "1")]
    pub(crate) entries: Vec<Entry>,
    /// An empty one adds nothing; without one, the service would add one.
    #[prost(message, optional, tag = "3")]
    pub(crate) hits_addend: Option<Hits>,
}

/// `RateLimitDescriptor.Entry`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Entry {
    #[prost(string, tag = "1")]
    pub(crate) key: String,
    #[prost(string, tag = "2")]
    pub(crate) value: String,
}

/// `UInt64Value`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Hits {
    #[prost(uint64, tag = "1")]
    pub(crate) value: u64,
}

/// `RateLimitResponse`.
#[derive(Clone, PartialEq, Message)]
struct Response {
    #[prost(message, repeated, tag = "2")]
    statuses: Vec<Status>,
}

/// `DescriptorStatus`. Its numbers have 32 bits; read as 64, one that has more is seen.
#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(message, optional, tag = "2")]
    current_limit: Option<Limit>,
    #[prost(uint64, tag = "3")]
    limit_remaining: u64,
}

/// `RateLimit`.
#[derive(Clone, PartialEq, Message)]
struct Limit {
    #[prost(uint64, tag = "1")]
    requests_per_unit: u64,
}

/// The frame of a request.
pub(super) fn request(domain: &str, descriptors: &[Descriptor]) -> Vec<u8> {
    let wanted = descriptors.iter().map(|descriptor| Wanted {
        entries: vec![Entry {
            key: descriptor.key.to_owned(),
            value: String::from_utf8_lossy(&descriptor.value).into_owned(),
        }],
        hits_addend: Some(Hits {
            value: descriptor.hits,
        }),
    });
    let message = Request {
        domain: domain.to_owned(),
        descriptors: wanted.collect(),
    };
    let message = message.encode_to_vec();
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    [&[0], &length.to_be_bytes()[..], &message].concat()
}

/// What the frame of a response tells of each descriptor, in their order; `None` if it is none.
pub(super) fn response(frame: &[u8]) -> Option<Vec<Counted>> {
    let ([compressed, length @ ..], message) = frame.split_first_chunk::<FRAME>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    if *compressed != 0 || message.len() != length {
        return None;
    }
    let response = Response::decode(message).ok()?;
    response.statuses.into_iter().map(counted).collect()
}

fn counted(status: Status) -> Option<Counted> {
    let remaining = u32::try_from(status.limit_remaining).ok()?;
    let Some(limit) = status.current_limit else {
        return Some(Counted::Unconfigured);
    };
    let most = u32::try_from(limit.requests_per_unit).ok()?;
    let counted = most.checked_sub(remaining)?;
    // With a lower limit than ours, the service tells no number above that, and nothing would ever be too many.
    Some(match most {
        u32::MAX => Counted::Known(counted),
        _ => Counted::Unconfigured,
    })
}

/// Whether a response is read without fault, whatever it is: for the fuzzer.
pub fn reads(frame: &[u8]) -> bool {
    response(frame).is_some()
}

#[cfg(test)]
mod tests;

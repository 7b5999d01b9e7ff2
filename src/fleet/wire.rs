//! What Envoy's rate limit service is sent, and what it answers: gRPC frames of protobuf messages.
//!
//! Of `envoy.service.ratelimit.v3` the fields that are written or read; what else stands in an answer is passed over.

use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint};

/// A gRPC frame has these bytes before its message: whether it is compressed, and its length.
const FRAME: usize = 5;
/// No descriptor of ours takes more bytes.
const ROOM: usize = 48;

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

/// The frame of a request: a `RateLimitRequest` with the domain as its field 1, and a `RateLimitDescriptor` for each
/// counter as field 2. Written piece by piece: messages that own their texts would be put together first, and copied.
pub(super) fn request(domain: &str, descriptors: &[Descriptor]) -> Vec<u8> {
    let mut frame = vec![0; FRAME];
    frame.reserve(descriptors.len().saturating_mul(ROOM).saturating_add(ROOM));
    piece(1, domain.as_bytes(), &mut frame);
    let (mut entry, mut wanted, mut hits) = (Vec::new(), Vec::new(), Vec::new());
    for descriptor in descriptors {
        // The `Entry` in field 1 of the descriptor.
        entry.clear();
        piece(1, descriptor.key.as_bytes(), &mut entry);
        piece(2, &descriptor.value, &mut entry);
        // The `UInt64Value` in its field 3. An empty one adds nothing; without one, the service would add one.
        hits.clear();
        if descriptor.hits > 0 {
            encode_key(1, WireType::Varint, &mut hits);
            encode_varint(descriptor.hits, &mut hits);
        }
        wanted.clear();
        piece(1, &entry, &mut wanted);
        piece(3, &hits, &mut wanted);
        piece(2, &wanted, &mut frame);
    }
    let length = u32::try_from(frame.len().saturating_sub(FRAME)).unwrap_or(u32::MAX);
    if let Some([_, place @ ..]) = frame.first_chunk_mut::<FRAME>() {
        *place = length.to_be_bytes();
    }
    frame
}

/// A field that holds a text or a message.
fn piece(field: u32, bytes: &[u8], whole: &mut Vec<u8>) {
    encode_key(field, WireType::LengthDelimited, whole);
    encode_varint(u64::try_from(bytes.len()).unwrap_or(u64::MAX), whole);
    whole.extend_from_slice(bytes);
}

/// Whether this is one whole frame: no page and no text of an error is.
pub(crate) fn is_frame(body: &[u8]) -> bool {
    message(body).is_some()
}

/// The message in a frame.
fn message(frame: &[u8]) -> Option<&[u8]> {
    let ([compressed, length @ ..], message) = frame.split_first_chunk::<FRAME>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    (*compressed == 0 && message.len() == length).then_some(message)
}

/// What the frame of a response tells of each descriptor, in their order; `None` if it is none.
pub(super) fn response(frame: &[u8]) -> Option<Vec<Counted>> {
    let response = Response::decode(message(frame)?).ok()?;
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

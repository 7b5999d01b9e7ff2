//! What Envoy's rate limit service is sent, and what it answers: gRPC frames of protobuf messages.
//!
//! Of `envoy.service.ratelimit.v3` a few fields are written and read, by hand: it takes less of the filter than a
//! library, and no allocation for each field.
//!
//! | message | fields |
//! |---|---|
//! | RateLimitRequest | domain 1, descriptors 2 |
//! | RateLimitDescriptor | entries 1, hits_addend 3 |
//! | Entry | key 1, value 2 |
//! | UInt64Value | value 1 |
//! | RateLimitResponse | statuses 2 |
//! | DescriptorStatus | current_limit 2, limit_remaining 3 |
//! | RateLimit | requests_per_unit 1 |

/// A gRPC frame has these bytes before its message: whether it is compressed, and its length.
const FRAME: usize = 5;

const VARINT: u64 = 0;
const FIXED_64: u64 = 1;
const BYTES: u64 = 2;
const FIXED_32: u64 = 5;

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
    /// Its configuration does not know the counter.
    Unconfigured,
}

/// The frame of a request.
pub(super) fn request(domain: &str, descriptors: &[Descriptor]) -> Vec<u8> {
    let mut message = Vec::with_capacity(
        domain
            .len()
            .saturating_add(descriptors.len().saturating_mul(48)),
    );
    message.extend_from_slice(&[0; FRAME]);
    put_bytes(&mut message, 1, domain.as_bytes());
    let (mut own, mut entry, mut hits) = (Vec::new(), Vec::new(), Vec::new());
    for descriptor in descriptors {
        own.clear();
        entry.clear();
        hits.clear();
        put_bytes(&mut entry, 1, descriptor.key.as_bytes());
        put_bytes(&mut entry, 2, &descriptor.value);
        put_bytes(&mut own, 1, &entry);
        // An empty one adds nothing; without one, the service would add one.
        if descriptor.hits > 0 {
            put_varint(&mut hits, tag(1, VARINT));
            put_varint(&mut hits, descriptor.hits);
        }
        put_bytes(&mut own, 3, &hits);
        put_bytes(&mut message, 2, &own);
    }
    let length = u32::try_from(message.len().saturating_sub(FRAME)).unwrap_or(u32::MAX);
    for (place, byte) in message.iter_mut().skip(1).zip(length.to_be_bytes()) {
        *place = byte;
    }
    message
}

/// What the frame of a response tells of each descriptor, in their order; `None` if it is none.
pub(super) fn response(frame: &[u8]) -> Option<Vec<Counted>> {
    let ([compressed, length @ ..], message) = frame.split_first_chunk::<FRAME>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    if *compressed != 0 || message.len() != length {
        return None;
    }
    let mut statuses = Vec::new();
    each_field(message, |field, value| {
        if let (2, Value::Bytes(bytes)) = (field, value) {
            statuses.push(status(bytes)?);
        }
        Some(())
    })?;
    Some(statuses)
}

fn status(bytes: &[u8]) -> Option<Counted> {
    let (mut most, mut remaining) = (None, 0);
    each_field(bytes, |field, value| {
        match (field, value) {
            (2, Value::Bytes(limit)) => {
                most = Some(0);
                each_field(limit, |field, value| {
                    if let (1, Value::Number(number)) = (field, value) {
                        most = Some(u32::try_from(number).ok()?);
                    }
                    Some(())
                })?;
            }
            (3, Value::Number(number)) => remaining = u32::try_from(number).ok()?,
            _ => {}
        }
        Some(())
    })?;
    Some(match most {
        Some(most) => Counted::Known(most.checked_sub(remaining)?),
        None => Counted::Unconfigured,
    })
}

enum Value<'b> {
    Number(u64),
    Bytes(&'b [u8]),
    Other,
}

/// Reads a message field by field. `None` where it is cut off, or holds what no message of today does.
fn each_field<'b>(
    mut rest: &'b [u8],
    mut read: impl FnMut(u64, Value<'b>) -> Option<()>,
) -> Option<()> {
    while !rest.is_empty() {
        let tag = varint(&mut rest)?;
        let value = match tag & 7 {
            VARINT => Value::Number(varint(&mut rest)?),
            BYTES => {
                let length = usize::try_from(varint(&mut rest)?).ok()?;
                Value::Bytes(taken(&mut rest, length)?)
            }
            FIXED_64 => taken(&mut rest, 8).map(|_| Value::Other)?,
            FIXED_32 => taken(&mut rest, 4).map(|_| Value::Other)?,
            _ => return None,
        };
        read(tag >> 3, value)?;
    }
    Some(())
}

fn taken<'b>(rest: &mut &'b [u8], length: usize) -> Option<&'b [u8]> {
    let (taken, left) = rest.split_at_checked(length)?;
    *rest = left;
    Some(taken)
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..u64::BITS).step_by(7) {
        let (byte, left) = rest.split_first()?;
        *rest = left;
        let bits = u64::from(byte & 0x7f);
        // The tenth byte has room for one bit.
        if shift == 63 && bits > 1 {
            return None;
        }
        number |= bits << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

const fn tag(field: u64, kind: u64) -> u64 {
    field << 3 | kind
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "seven bits of it"
)]
fn put_varint(message: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        message.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    message.push(number as u8);
}

fn put_bytes(message: &mut Vec<u8>, field: u64, bytes: &[u8]) {
    put_varint(message, tag(field, BYTES));
    put_varint(message, u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    message.extend_from_slice(bytes);
}

/// Whether a response is read without fault, whatever it is: for the fuzzer.
pub fn reads(frame: &[u8]) -> bool {
    response(frame).is_some()
}

#[cfg(test)]
mod tests;

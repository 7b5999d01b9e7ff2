//! What is read of every answer's head, whatever its signs are.

use crate::message::HeaderBlock;

/// Where the gRPC status of a response stands.
pub(super) enum GrpcStatus {
    /// It is no gRPC response.
    None,
    /// In the headers.
    Known(u32),
    /// In the trailers.
    InTrailers,
}

/// The lines of a response's head that are looked at for every classifier.
#[derive(Default)]
pub(super) struct Head {
    status: Option<u16>,
    is_grpc: bool,
    grpc_status: Option<u32>,
    /// It is compressed, or a part from somewhere in the middle.
    pub(super) hides_body: bool,
}

impl Head {
    pub(super) fn read(headers: &HeaderBlock) -> Self {
        let mut head = Self::default();
        for (name, value) in headers.iter() {
            if name == b":status" {
                head.status = number(value).and_then(|status| u16::try_from(status).ok());
            } else if name.eq_ignore_ascii_case(b"content-type") {
                head.is_grpc |= is_grpc(value);
            } else if name.eq_ignore_ascii_case(b"grpc-status") {
                head.grpc_status = head.grpc_status.or(Some(grpc_status(value)));
            } else if name.eq_ignore_ascii_case(b"content-encoding") {
                head.hides_body |= value
                    .split(|byte| *byte == b',')
                    .map(<[u8]>::trim_ascii)
                    .any(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity"));
            }
        }
        head.hides_body |= head.status == Some(206);
        head
    }

    /// The HTTP status, unless it is the 200 that every gRPC response has.
    pub(super) fn telling_status(&self) -> Option<u16> {
        self.status
            .filter(|status| !(self.is_grpc && *status == 200))
    }

    /// A response of another status than 200 comes from something in between, and clients make a gRPC status of it.
    pub(super) fn grpc_status(&self) -> GrpcStatus {
        match (self.is_grpc, self.grpc_status, self.status) {
            (false, _, _) => GrpcStatus::None,
            (true, Some(status), _) => GrpcStatus::Known(status),
            (true, None, Some(200)) => GrpcStatus::InTrailers,
            (true, None, Some(401)) => GrpcStatus::Known(16),
            (true, None, Some(403)) => GrpcStatus::Known(7),
            (true, None, _) => GrpcStatus::Known(UNKNOWN),
        }
    }
}

/// `application/grpc`, `application/grpc+proto`, `application/grpc-web`. The last has its status in the body, so it
/// ends [`Fit::Unreadable`] unless Envoy's own filter has translated it before.
fn is_grpc(content_type: &[u8]) -> bool {
    const GRPC: &[u8] = b"application/grpc";
    let (start, rest) = content_type
        .split_at_checked(GRPC.len())
        .unwrap_or_default();
    start.eq_ignore_ascii_case(GRPC) && rest.first().is_none_or(|byte| b"+-; \t".contains(byte))
}

/// gRPC's `UNKNOWN`, which clients take for a status that is none.
const UNKNOWN: u32 = 2;

pub(super) fn grpc_status(value: &[u8]) -> u32 {
    number(value).unwrap_or(UNKNOWN)
}

fn number(value: &[u8]) -> Option<u32> {
    let digits = value.trim_ascii();
    if digits.len() > 9 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

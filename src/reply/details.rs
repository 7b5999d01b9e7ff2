//! What a gRPC client is told beside status and message: `google.rpc.Status` with one `google.rpc.ErrorInfo`.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use prost::Message as _;
use prost_types::Any;

/// The header in which gRPC libraries look for it, base64 as all that end like this.
pub(super) const HEADER: &str = "grpc-status-details-bin";

#[derive(Clone, PartialEq, prost::Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ErrorInfo {
    #[prost(string, tag = "1")]
    pub(super) reason: String,
    #[prost(string, tag = "2")]
    pub(super) domain: String,
    #[prost(btree_map = "string, string", tag = "3")]
    pub(super) metadata: BTreeMap<String, String>,
}

/// The header's value. `reason` is in upper case, as `google.rpc.ErrorInfo` wants it.
pub(super) fn encode(
    code: u32,
    message: &str,
    reason: &str,
    metadata: impl Iterator<Item = (&'static str, String)>,
) -> String {
    let mut info = ErrorInfo {
        reason: reason.to_owned(),
        domain: "palisade".to_owned(),
        metadata: BTreeMap::new(),
    };
    // To collect would sort all of them first: 8 KiB of code.
    info.metadata
        .extend(metadata.map(|(key, value)| (key.to_owned(), value)));
    let status = Status {
        code: i32::try_from(code).unwrap_or_default(),
        message: message.to_owned(),
        details: vec![Any {
            type_url: "type.googleapis.com/google.rpc.ErrorInfo".to_owned(),
            value: info.encode_to_vec(),
        }],
    };
    STANDARD_NO_PAD.encode(status.encode_to_vec())
}

/// The inverse of [`encode`]: the code, and the one detail.
#[cfg(test)]
pub(super) fn decode(value: &str) -> (u32, ErrorInfo) {
    let status = STANDARD_NO_PAD.decode(value).expect("base64");
    let status = Status::decode(status.as_slice()).expect("a status");
    assert_eq!(
        status.details[0].type_url,
        "type.googleapis.com/google.rpc.ErrorInfo"
    );
    let info = ErrorInfo::decode(status.details[0].value.as_slice()).expect("an info");
    (u32::try_from(status.code).expect("a code"), info)
}

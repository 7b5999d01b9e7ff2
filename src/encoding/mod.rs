//! Bytes and texts in other texts: hexadecimal digits, base64, percent-encoding, HTML. Nothing here knows of requests.

pub(crate) mod base64;
pub(crate) mod compact;
pub(crate) mod hex;
pub(crate) mod html;
pub(crate) mod percent;

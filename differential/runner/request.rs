//! A request, as a client writes it and as it goes on.

use std::fmt::{self, Write as _};

use serde_json::{Value, json};

/// A request. `content-length` is none of its headers: it follows from the body.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Request {
    /// Whether the client speaks HTTP/2, in which Envoy lets through more.
    pub(crate) is_http2: bool,
    pub(crate) method: String,
    pub(crate) target: Vec<u8>,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Option<Vec<u8>>,
}

impl Request {
    pub(crate) fn new(method: &str, target: impl Into<Vec<u8>>) -> Self {
        Self {
            is_http2: false,
            method: method.to_owned(),
            target: target.into(),
            headers: Vec::new(),
            body: None,
        }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// The bytes of HTTP/1.1.
    pub(crate) fn to_bytes(&self, authority: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(512);
        bytes.extend_from_slice(self.method.as_bytes());
        bytes.push(b' ');
        bytes.extend_from_slice(&self.target);
        bytes.extend_from_slice(b" HTTP/1.1\r\nhost: ");
        bytes.extend_from_slice(authority.as_bytes());
        bytes.extend_from_slice(b"\r\n");
        for (name, value) in &self.headers {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        if let Some(body) = &self.body {
            bytes.extend_from_slice(format!("content-length: {}\r\n", body.len()).as_bytes());
        } else if self.method.starts_with('P') {
            // POST, PUT and PATCH say that they have none.
            bytes.extend_from_slice(b"content-length: 0\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(self.body.as_deref().unwrap_or_default());
        bytes
    }

    /// How much there is of it.
    pub(crate) fn size(&self) -> usize {
        let headers = self
            .headers
            .iter()
            .map(|(name, value)| name.len() + value.len() + 4);
        self.target.len()
            + headers.sum::<usize>()
            + self.body.as_ref().map_or(0, |body| body.len() + 1)
    }

    /// Its size, where HTTP/2 counts as well: what needs no HTTP/2 is simpler.
    pub(crate) fn weight(&self) -> usize {
        2 * self.size() + usize::from(self.is_http2)
    }

    pub(crate) fn to_json(&self) -> Value {
        let headers = self
            .headers
            .iter()
            .map(|(name, value)| json!([name, text(value)]));
        json!({
            "version": if self.is_http2 { "HTTP/2" } else { "HTTP/1.1" },
            "method": self.method,
            "target": text(&self.target),
            "headers": headers.collect::<Vec<_>>(),
            "body": self.body.as_deref().map(text),
        })
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = if self.is_http2 { "(HTTP/2) " } else { "" };
        write!(f, "{version}{} {}", self.method, shown(&self.target))?;
        for (name, value) in &self.headers {
            write!(f, " | {name}: {}", shown(value))?;
        }
        if let Some(body) = &self.body {
            write!(f, " | body: {}", shown(body))?;
        }
        Ok(())
    }
}

/// Text if it is that, else hexadecimal digits.
pub(crate) fn text(bytes: &[u8]) -> Value {
    std::str::from_utf8(bytes).map_or_else(|_| json!({ "hex": hex(bytes) }), |text| json!(text))
}

/// What [`text`] wrote.
pub(crate) fn bytes(value: &Value) -> Option<Vec<u8>> {
    if let Some(text) = value.as_str() {
        return Some(text.as_bytes().to_vec());
    }
    let digits = value.get("hex")?.as_str()?.as_bytes();
    let pairs = digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    pairs.collect()
}

fn hex(bytes: &[u8]) -> String {
    let mut out = String::new();
    for byte in bytes {
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// Bytes for people: what is not plain text is escaped.
pub(crate) fn shown(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\u{20}'..='\u{7e}' => out.push(character),
                _ => out.extend(character.escape_debug().flat_map(|plain| match plain {
                    '\u{20}'..='\u{7e}' => plain.to_string().chars().collect::<Vec<_>>(),
                    other => other.escape_unicode().collect(),
                })),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    if out.len() > 600 {
        let cut: String = out.chars().take(600).collect();
        return format!("{cut}.. ({} bytes)", bytes.len());
    }
    out
}

//! The request that asks for one address.

use std::fmt::{self, Write as _};
use std::net::IpAddr;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::key::ApiKey;
use super::raw::RawRequest;
use super::{Invalid, Problems};

/// A request that is ready to be sent. It may carry the key, so `Debug` shows neither path nor header values.
#[derive(Clone, PartialEq, Eq)]
pub struct LookupRequest {
    /// Always `GET`.
    pub method: &'static str,
    /// Host name and perhaps port.
    pub authority: String,
    /// Path and query.
    pub path: String,
    /// Further headers, names in lower case.
    pub headers: Vec<(String, String)>,
}

impl fmt::Debug for LookupRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LookupRequest")
            .field("method", &self.method)
            .field("authority", &self.authority)
            .finish_non_exhaustive()
    }
}

/// Whether a provider wants a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyUse {
    /// No part of the request holds it.
    Never,
    /// It is sent when there is one.
    Optional,
    /// Without it the provider refuses.
    Required,
}

/// How a provider is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RequestTemplate {
    authority: String,
    path: Template,
    query: Vec<Template>,
    headers: Vec<(String, Template)>,
    key_optional: bool,
}

impl RequestTemplate {
    /// Checks what the operator wrote; `None` once a problem is noted.
    pub(super) fn compile(raw: &RawRequest, problems: &mut Problems) -> Option<Self> {
        let authority = problems.take(
            "request.authority",
            authority(raw.authority.as_deref().unwrap_or_default()),
        );
        let path = problems.take(
            "request.path",
            path(raw.path.as_deref().unwrap_or_default()),
        );
        let mut headers: Vec<(String, Template)> = Vec::new();
        for (name, value) in raw.headers.iter().flatten() {
            let place = format!("request.headers.{name}");
            let Some(header) = problems.take(&place, header(name, value)) else {
                continue;
            };
            if headers.iter().any(|(other, _)| *other == header.0) {
                problems.add(&place, "this header stands here twice");
            }
            headers.push(header);
        }
        let (path, query) = path?;
        let template = Self {
            authority: authority?,
            path,
            query,
            headers,
            key_optional: raw.key_optional.unwrap_or(false),
        };
        if !template.parts().any(|part| *part == Part::Address) {
            problems.add("request.path", "expected {ip} where the address goes");
        }
        Some(template)
    }

    fn parts(&self) -> impl Iterator<Item = &Part> {
        std::iter::once(&self.path)
            .chain(&self.query)
            .chain(self.headers.iter().map(|(_, value)| value))
            .flat_map(|template| &template.0)
    }

    pub(super) fn key_use(&self) -> KeyUse {
        if !self.parts().any(Part::is_key) {
            KeyUse::Never
        } else if self.key_optional {
            KeyUse::Optional
        } else {
            KeyUse::Required
        }
    }

    pub(super) fn render(&self, address: IpAddr, key: Option<&ApiKey>) -> LookupRequest {
        let address = address.to_canonical().to_string();
        let values = Values {
            address: &address,
            key,
        };
        let mut path = self.path.render(&values, percent_encode);
        let mut separator = '?';
        for parameter in self.query.iter().filter(|each| values.fill(each)) {
            path.push(separator);
            path.push_str(&parameter.render(&values, percent_encode));
            separator = '&';
        }
        let headers = self
            .headers
            .iter()
            .filter(|(_, value)| values.fill(value))
            .map(|(name, value)| (name.clone(), value.render(&values, str::to_owned)))
            .collect();
        LookupRequest {
            method: "GET",
            authority: self.authority.clone(),
            path,
            headers,
        }
    }
}

struct Values<'a> {
    address: &'a str,
    key: Option<&'a ApiKey>,
}

impl Values<'_> {
    /// Whether there is a value for every place of the template.
    fn fill(&self, template: &Template) -> bool {
        self.key.is_some() || !template.0.iter().any(Part::is_key)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Address,
    Key,
    KeyBase64,
}

impl Part {
    const fn is_key(&self) -> bool {
        matches!(self, Self::Key | Self::KeyBase64)
    }
}

impl Template {
    fn render(&self, values: &Values<'_>, encode: fn(&str) -> String) -> String {
        let key = values.key.map(ApiKey::expose).unwrap_or_default();
        self.0
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.clone(),
                Part::Address => encode(values.address),
                Part::Key => encode(key),
                Part::KeyBase64 => encode(&STANDARD.encode(key)),
            })
            .collect()
    }
}

/// No error of a request shows what was found: an operator may have written the key itself there.
impl FromStr for Template {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            let (name, after) = after.split_once('}').ok_or("expected } after {")?;
            parts.push(match name {
                "ip" => Part::Address,
                "key" => Part::Key,
                "key:base64" => Part::KeyBase64,
                _ => {
                    return Err("expected only {ip}, {key} or {key:base64} in braces".to_owned());
                }
            });
            rest = after;
        }
        if rest.contains('}') {
            return Err("expected { before }".to_owned());
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self(parts))
    }
}

fn authority(text: &str) -> Result<String, String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    if text.is_empty() || !text.bytes().all(allowed) {
        return Err(
            "expected a host name such as api.ipasis.com, with a port if need be".to_owned(),
        );
    }
    Ok(text.to_owned())
}

fn path(text: &str) -> Result<(Template, Vec<Template>), String> {
    if !text.starts_with('/')
        || !text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'#')
    {
        return Err(
            "expected a path such as /v1/lookup?ip={ip}, in visible ASCII and without #".to_owned(),
        );
    }
    match text.split_once('?') {
        None => Ok((text.parse()?, Vec::new())),
        Some((path, query)) => Ok((
            path.parse()?,
            query
                .split('&')
                .map(str::parse)
                .collect::<Result<_, String>>()?,
        )),
    }
}

fn header(name: &str, value: &str) -> Result<(String, Template), String> {
    // These frame or route the call-out; Envoy writes them itself.
    const OURS: [&str; 6] = [
        "connection",
        "content-length",
        "host",
        "te",
        "transfer-encoding",
        "upgrade",
    ];
    let name = name.to_ascii_lowercase();
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(token) {
        return Err("expected a header name such as x-api-key".to_owned());
    }
    if OURS.contains(&name.as_str()) {
        return Err(format!("{name} is Envoy's to set"));
    }
    let text = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
    if !value.bytes().all(text) {
        return Err("expected a header value in visible ASCII".to_owned());
    }
    Ok((name, value.parse()?))
}

/// Encodes all but the unreserved characters of RFC 3986, the colons of IPv6 among them.
fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

impl Problems {
    /// The value, or nothing and one problem more.
    pub(super) fn take<T>(&mut self, path: &str, result: Result<T, String>) -> Option<T> {
        result.map_err(|message| self.add(path, &message)).ok()
    }

    pub(super) fn add(&mut self, path: &str, message: &str) {
        self.0.push(Invalid {
            path: path.to_owned(),
            message: message.to_owned(),
        });
    }
}

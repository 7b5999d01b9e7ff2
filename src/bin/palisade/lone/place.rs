//! Where an account or a session stands in a request: the policy says it, and here it is written there.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Writer;

/// A place in a request, as `identity.account`, `identity.session` and `account` of a route name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A field of an urlencoded form.
    Form(String),
    /// A member of a JSON document, by its pointer.
    Json(String),
    /// A parameter of the query.
    Query(String),
    /// A header.
    Header(String),
    /// A cookie.
    Cookie(String),
    /// The user of `authorization: Basic`.
    Basic,
    /// The token of `authorization: Bearer`.
    Bearer,
}

impl Place {
    /// One place of the policy's tree; `None` for one into which nothing can be written from a name alone.
    pub(crate) fn read(place: &Value) -> Option<Self> {
        let Some((kind, name)) = place.as_object().and_then(|place| place.iter().next()) else {
            return match place.as_str()? {
                "basic" => Some(Self::Basic),
                "bearer" => Some(Self::Bearer),
                _ => None,
            };
        };
        let name = name.as_str()?;
        match kind.as_str() {
            "form" => Some(Self::Form(name.to_owned())),
            "json" => Some(Self::Json(name.to_owned())),
            "query" => Some(Self::Query(name.to_owned())),
            "header" => Some(Self::Header(name.to_ascii_lowercase())),
            "cookie" => Some(Self::Cookie(name.to_owned())),
            _ => None,
        }
    }

    /// Where the account of a route stands, by its number, and else that of all: the first place that is named.
    pub(crate) fn of_account(tree: &Value, route: usize) -> Option<&Value> {
        let own = tree.pointer(&format!("/routes/{route}/account"));
        let places = own.or_else(|| tree.pointer("/identity/account"))?;
        Some(places.get(0).unwrap_or(places))
    }

    /// Writes the name of an account or a session there. A place in the body replaces what it was.
    pub(crate) fn put(&self, name: &str, request: &mut Writer<'_>) {
        match self {
            Self::Form(field) => {
                let form = format!("{}={}", encoded(field), encoded(name));
                request.body = form.into_bytes();
                request.header("content-type", "application/x-www-form-urlencoded");
            }
            Self::Json(pointer) => {
                request.body = nested(pointer, name).to_string().into_bytes();
                request.header("content-type", "application/json");
            }
            Self::Query(parameter) => {
                let mark = if request.path.contains('?') { '&' } else { '?' };
                let added = format!("{mark}{}={}", encoded(parameter), encoded(name));
                request.path.to_mut().push_str(&added);
            }
            Self::Header(header) => request.header(header.clone(), name.to_owned()),
            Self::Cookie(cookie) => {
                let line = format!("{cookie}={name}");
                request.header("cookie", line);
            }
            Self::Basic => {
                let pair = STANDARD.encode(format!("{name}:"));
                request.header("authorization", format!("Basic {pair}"));
            }
            Self::Bearer => request.header("authorization", format!("Bearer {name}")),
        }
    }
}

/// Percent-encoded but for what needs no encoding anywhere.
pub(crate) fn encoded(text: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |value: u8| {
        DIGITS
            .get(usize::from(value))
            .map_or('0', |digit| char::from(*digit))
    };
    let mut written = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'-' | b'.' | b'_' | b'~' => written.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => written.push(char::from(byte)),
            byte => written.extend(['%', digit(byte >> 4), digit(byte & 15)]),
        }
    }
    written
}

/// An object in which the value stands at this JSON pointer.
fn nested(pointer: &str, value: &str) -> Value {
    let names = pointer.split('/').skip(1);
    let names: Vec<String> = names
        .map(|name| name.replace("~1", "/").replace("~0", "~"))
        .collect();
    names
        .into_iter()
        .rev()
        .fold(json!(value), |inner, name| json!({ name: inner }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_written_where_the_policy_looks_for_it() {
        let written = |place: &Value| {
            let mut request = Writer {
                path: "/login".into(),
                ..Writer::default()
            };
            Place::read(place).expect("one").put("a+b@x", &mut request);
            let headers: Vec<String> = request
                .headers
                .iter()
                .map(|(n, v)| format!("{n}: {v}"))
                .collect();
            let body = String::from_utf8(request.body).expect("text");
            format!("{} {} {body}", request.path, headers.join("; "))
        };
        for (place, expected) in [
            (
                json!({"form": "user"}),
                "/login content-type: application/x-www-form-urlencoded user=a%2Bb%40x",
            ),
            (
                json!({"json": "/a/b"}),
                r#"/login content-type: application/json {"a":{"b":"a+b@x"}}"#,
            ),
            (json!({"query": "u"}), "/login?u=a%2Bb%40x  "),
            (json!({"header": "X-User"}), "/login x-user: a+b@x "),
            (json!({"cookie": "sid"}), "/login cookie: sid=a+b@x "),
            (json!("basic"), "/login authorization: Basic YStiQHg6 "),
            (json!("bearer"), "/login authorization: Bearer a+b@x "),
        ] {
            assert_eq!(written(&place), expected);
        }
        assert_eq!(Place::read(&json!({"path_segment": 2})), None);
        assert_eq!(Place::read(&json!("from_session")), None);
    }
}

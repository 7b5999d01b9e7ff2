//! The request that a call describes, as Envoy would hand it over.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use palisade::message::{HeaderBlock, RequestHead, serialise};
use palisade::policy::Policy;
use palisade::request::HEADER_PREFIX;
use serde_json::{Value, json};

use super::curl::{self, Curl, encoded};

/// The request.
#[derive(Debug, clap::Args)]
pub(super) struct Asked {
    /// Method and path: 'POST /login'
    #[arg(long, value_name = "METHOD PATH", value_parser = request_line, required_unless_present = "curl")]
    request: Option<(String, String)>,
    /// The whole request as a command line of curl, as browsers copy it
    #[arg(long, value_name = "COMMAND", value_parser = curl::read, conflicts_with_all = ["request", "host", "body"])]
    curl: Option<Curl>,
    /// The address that Envoy says the request comes from
    #[arg(long, value_name = "ADDRESS")]
    client: IpAddr,
    /// The host
    #[arg(long, value_name = "HOST", default_value = "localhost")]
    host: String,
    /// A header, as often as there are some: 'User-Agent: curl/8'
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(String, String)>,
    /// The client's TLS fingerprint, as Envoy's TLS inspector tells it
    #[arg(long, value_name = "FINGERPRINT")]
    pub(super) ja4: Option<String>,
    /// The body as it is; its content-type is a header
    #[arg(long, value_name = "TEXT", conflicts_with = "account")]
    body: Option<String>,
    /// The account, where the route looks for it first
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
}

fn request_line(text: &str) -> Result<(String, String), &'static str> {
    let pair = text.split_once(' ');
    let (method, path) = pair.ok_or("expected a method and a path, such as 'POST /login'")?;
    match path.starts_with('/') {
        true => Ok((method.to_owned(), path.to_owned())),
        false => Err("expected a path that begins with /"),
    }
}

fn header(text: &str) -> Result<(String, String), &'static str> {
    let pair = text.split_once(':').ok_or("expected NAME: VALUE")?;
    Ok((pair.0.trim().to_ascii_lowercase(), pair.1.trim().to_owned()))
}

/// An answer that says nothing but its status.
pub(super) fn answer(status: u16) -> HeaderBlock {
    block(&[(":status".to_owned(), status.to_string())])
}

fn block(lines: &[(String, String)]) -> HeaderBlock {
    let lines = lines
        .iter()
        .map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    HeaderBlock::new(serialise(lines))
}

impl Asked {
    /// `address:port`, as Envoy writes it.
    pub(super) fn peer(&self) -> String {
        match self.client {
            IpAddr::V4(address) => format!("{address}:1"),
            IpAddr::V6(address) => format!("[{address}]:1"),
        }
    }

    /// Head and body.
    ///
    /// # Errors
    /// Where the account cannot be put where the route looks for it.
    pub(super) fn written(
        &self,
        policy: &Policy,
        tree: &Value,
    ) -> Result<(HeaderBlock, Vec<u8>), String> {
        let Curl {
            method,
            host,
            mut path,
            mut headers,
            body,
        } = self.request();
        let mut body = body.into_bytes();
        if let Some(account) = &self.account {
            let place = place((&method, &host, &path), policy, tree)?;
            let (name, kind) = match place.as_object().and_then(|place| place.iter().next()) {
                Some((kind, name)) => (name.as_str().unwrap_or_default(), kind.as_str()),
                None => ("", place.as_str().unwrap_or_default()),
            };
            match kind {
                "form" => {
                    let form = format!("{}={}", encoded(name), encoded(account));
                    body = form.into_bytes();
                    let kind = "application/x-www-form-urlencoded";
                    headers.push(("content-type".to_owned(), kind.to_owned()));
                }
                "json" => {
                    body = nested(name, account).to_string().into_bytes();
                    headers.push(("content-type".to_owned(), "application/json".to_owned()));
                }
                "query" => {
                    let mark = if path.contains('?') { '&' } else { '?' };
                    path = format!("{path}{mark}{}={}", encoded(name), encoded(account));
                }
                "header" => headers.push((name.to_ascii_lowercase(), account.clone())),
                "basic" => {
                    let pair = STANDARD.encode(format!("{account}:"));
                    headers.push(("authorization".to_owned(), format!("Basic {pair}")));
                }
                _ => {
                    return Err(format!(
                        "the route looks for the account in {place}; write the request with --header and --body instead of \
                         --account"
                    ));
                }
            }
        }
        let mut lines = vec![
            (":method".to_owned(), method),
            (":path".to_owned(), path),
            (":scheme".to_owned(), "https".to_owned()),
            (":authority".to_owned(), host),
        ];
        if !body.is_empty() {
            headers.push(("content-length".to_owned(), body.len().to_string()));
        }
        lines.extend(headers);
        Ok((block(&lines), body))
    }

    /// What the call says of it, but for the account.
    fn request(&self) -> Curl {
        let mut request = self.curl.clone().unwrap_or_else(|| {
            let (method, path) = self.request.clone().unwrap_or_default();
            Curl {
                method,
                path,
                host: self.host.clone(),
                body: self.body.clone().unwrap_or_default(),
                headers: Vec::new(),
            }
        });
        request.headers.extend(self.headers.iter().cloned());
        request
    }
}

/// Where the route of a request looks for the account first.
fn place(
    (method, host, path): (&str, &str, &str),
    policy: &Policy,
    tree: &Value,
) -> Result<Value, String> {
    let lines = [(":method", method), (":path", path), (":authority", host)];
    let headers = block(&lines.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let head = RequestHead::read(&headers, HEADER_PREFIX.as_bytes());
    let found = policy.find(&head, &headers, false, None);
    let own = found.and_then(|(found, _)| {
        let route = found.routes.first.get();
        tree.pointer(&format!("/routes/{route}/account"))
    });
    let places = own.or_else(|| tree.pointer("/identity/account"));
    let first = places.map(|places| places.get(0).unwrap_or(places).clone());
    first.ok_or_else(|| {
        "no account is looked for: neither the route nor `identity` names one".to_owned()
    })
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

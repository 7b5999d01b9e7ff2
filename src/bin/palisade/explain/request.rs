//! The request that a call describes, as Envoy would hand it over.

use std::net::IpAddr;

use palisade::message::RequestHead;
use palisade::policy::Policy;
use palisade::request::HEADER_PREFIX;
use serde_json::Value;

use super::curl::{self, Curl};
use crate::lone::{Place, Writer};

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
    /// How often the request's password was seen in breaches; unless given, the service of ranges does not tell
    #[arg(long, value_name = "COUNT")]
    pub(super) breaches: Option<u32>,
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

impl Asked {
    /// `address:port`, as Envoy writes it.
    pub(super) fn peer(&self) -> String {
        match self.client {
            IpAddr::V4(address) => format!("{address}:1"),
            IpAddr::V6(address) => format!("[{address}]:1"),
        }
    }

    /// The request.
    ///
    /// # Errors
    /// Where the account cannot be put where the route looks for it.
    pub(super) fn written(&self, policy: &Policy, tree: &Value) -> Result<Writer<'_>, String> {
        let Curl {
            method,
            host,
            path,
            headers,
            body,
        } = self.request();
        let mut request = Writer {
            method: method.into(),
            path: path.into(),
            host: host.into(),
            headers: headers
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
            body: body.into_bytes(),
        };
        if let Some(account) = &self.account {
            let place = place(&request, policy, tree)?;
            let known = Place::read(place).ok_or_else(|| {
                format!(
                    "the route looks for the account in {place}; write the request with --header and --body instead of \
                     --account"
                )
            })?;
            known.put(account, &mut request);
        }
        Ok(request)
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
fn place<'t>(request: &Writer<'_>, policy: &Policy, tree: &'t Value) -> Result<&'t Value, String> {
    let headers = Writer {
        headers: Vec::new(),
        body: Vec::new(),
        ..request.clone()
    };
    let headers = headers.head();
    let head = RequestHead::read(&headers, HEADER_PREFIX.as_bytes());
    let found = policy.find(&head, &headers, false, None);
    let route = found.map(|(found, _)| found.routes.first.get());
    let place = match route {
        Some(route) => Place::of_account(tree, route),
        None => tree.pointer("/identity/account/0"),
    };
    place.ok_or_else(|| {
        "no account is looked for: neither the route nor `identity` names one".to_owned()
    })
}

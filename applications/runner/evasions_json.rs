//! One login in JSON, written in every way that might be read by the application and not by the filter.

use serde_json::{Value, json};

use crate::attackers::AGENT;
use crate::page::encoded;
use crate::support::Request;

/// A login by JSON, as it is meant.
pub(crate) struct JsonLogin {
    pub(crate) target: String,
    /// Where the account stands, key by key.
    pub(crate) field: &'static [&'static str],
    pub(crate) account: String,
    /// Everything but the account.
    pub(crate) body: Value,
}

/// Nobody's name, written beside the account's.
const DECOY: &str = "nobody@example.com";

/// All ways, each with a name; the first is as it is meant.
pub(crate) fn all(login: &JsonLogin) -> Vec<(String, Request)> {
    let mut all = vec![(
        "as it is meant".to_owned(),
        post(login, &with(login, &login.account)),
    )];
    all.extend(spellings(login));
    all.extend(texts(login));
    all.extend(framings(login));
    all.extend(paths(login));
    all
}

fn spellings(login: &JsonLogin) -> Vec<(String, Request)> {
    let account = login.account.as_str();
    let (first, rest) = account.split_at(1);
    let wide = char::from_u32(u32::from(first.as_bytes()[0]) + 0xfee0).expect("a letter");
    let names = [
        ("capitals", account.to_uppercase()),
        ("a blank before", format!(" {account}")),
        ("blanks behind", format!("{account}  ")),
        ("a line end behind", format!("{account}\r\n")),
        ("a zero byte behind", format!("{account}\0")),
        ("a no-break space behind", format!("{account}\u{a0}")),
        (
            "a zero-width space inside",
            format!("{first}\u{200b}{rest}"),
        ),
        ("a soft hyphen inside", format!("{first}\u{ad}{rest}")),
        ("a byte order mark before", format!("\u{feff}{account}")),
        ("a control character before", format!("\u{1}{account}")),
        ("a full-width letter", format!("{wide}{rest}")),
        ("letters with accents", account.replace('o', "\u{f6}")),
        ("quotes around", format!("\"{account}\"")),
        ("angle brackets around", format!("<{account}>")),
        ("a trailing dot", format!("{account}.")),
        ("a comment", format!("{account}(x)")),
        ("a name before the mailbox", format!("x <{account}>")),
        (
            "percent letter",
            format!("%{:02x}{rest}", first.as_bytes()[0]),
        ),
    ];
    names
        .into_iter()
        .map(|(name, account)| {
            (
                format!("account: {name}"),
                post(login, &with(login, &account)),
            )
        })
        .collect()
}

/// The same document, written otherwise.
fn texts(login: &JsonLogin) -> Vec<(String, Request)> {
    let account = login.account.as_str();
    let plain = with(login, account);
    let key = *login.field.first().expect("a field");
    let inner = nested(&login.field[1..], account).to_string();
    let decoy = nested(&login.field[1..], DECOY).to_string();
    let rest = &login.body.to_string()[1..];
    let escaped = format!("\\u{:04x}{}", key.as_bytes()[0], &key[1..]);
    let letter = format!("\\u{:04x}", account.as_bytes()[0]);
    let filler = "x".repeat(70_000);
    let large = "x".repeat(300_000);
    let deep = format!("{}{}", "[".repeat(3000), "]".repeat(3000));
    let ways = [
        (
            "twice, decoy first",
            format!("{{\"{key}\":{decoy},\"{key}\":{inner},{rest}"),
        ),
        (
            "twice, decoy last",
            format!("{{\"{key}\":{inner},\"{key}\":{decoy},{rest}"),
        ),
        (
            "decoy, then the key escaped",
            format!("{{\"{key}\":{decoy},\"{escaped}\":{inner},{rest}"),
        ),
        ("the key escaped", format!("{{\"{escaped}\":{inner},{rest}")),
        (
            "a letter escaped",
            plain.replacen(account, &format!("{letter}{}", &account[1..]), 1),
        ),
        (
            "the key in capitals",
            format!("{{\"{}\":{inner},{rest}", key.to_uppercase()),
        ),
        (
            "decoy, and the key in capitals",
            format!(
                "{{\"{key}\":{decoy},\"{}\":{inner},{rest}",
                key.to_uppercase()
            ),
        ),
        ("a list of one", format!("{{\"{key}\":[{inner}],{rest}")),
        ("in a list", format!("[{plain}]")),
        ("two documents", format!("{plain}{plain}")),
        (
            "decoy, then the document",
            format!("{{\"{key}\":{decoy},{rest}\n{plain}"),
        ),
        ("bytes behind", format!("{plain}x")),
        ("a comment before", format!("/* x */{plain}")),
        ("a comma behind", plain.replacen('}', ",}", 1)),
        ("single quotes", plain.replace('"', "'")),
        ("a byte order mark before", format!("\u{feff}{plain}")),
        ("NaN beside", format!("{{\"x\":NaN,{}", &plain[1..])),
        (
            "a huge number beside",
            format!("{{\"x\":1e999,{}", &plain[1..]),
        ),
        (
            "a lone surrogate beside",
            format!("{{\"x\":\"\\ud800\",{}", &plain[1..]),
        ),
        ("a zero byte behind", format!("{plain}\0")),
        ("blanks before", format!("\r\n\t {plain}")),
        (
            "70 KB before",
            format!("{{\"x\":\"{filler}\",{}", &plain[1..]),
        ),
        (
            "300 KB before",
            format!("{{\"x\":\"{large}\",{}", &plain[1..]),
        ),
        (
            "deep lists before",
            format!("{{\"x\":{deep},{}", &plain[1..]),
        ),
        (
            "as a prototype",
            format!("{{\"__proto__\":{{\"{key}\":{inner}}},{rest}"),
        ),
    ];
    ways.into_iter()
        .map(|(name, body)| (format!("json: {name}"), post(login, &body)))
        .collect()
}

/// The same bytes, sent otherwise.
fn framings(login: &JsonLogin) -> Vec<(String, Request)> {
    let plain = with(login, &login.account);
    let kinds = [
        "text/plain",
        "text/json",
        "application/x-www-form-urlencoded",
        "application/vnd.api+json",
        "application/csp-report",
        "application/octet-stream",
        "APPLICATION/JSON",
        "application/json; charset=utf-7",
        "application/json, text/plain",
        "multipart/form-data; boundary=x",
        "",
    ];
    let mut all: Vec<(String, Request)> = kinds
        .into_iter()
        .map(|kind| {
            let request = post(login, &plain).replace("content-type", kind);
            (format!("sent: type {kind:?}"), request)
        })
        .collect();
    let little: Vec<u8> = plain.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = plain.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for (name, kind, body) in [
        (
            "UTF-16 LE",
            "application/json; charset=utf-16le",
            little.clone(),
        ),
        ("UTF-16 BE", "application/json; charset=utf-16be", big),
        ("UTF-16, no word of it", "application/json", little),
    ] {
        let request = post(login, "").replace("content-type", kind).body(body);
        all.push((format!("sent: {name}"), request));
    }
    let gzip = post(login, "")
        .header("content-encoding", "gzip")
        .body(gzip(plain.as_bytes()));
    all.push(("sent: gzip".to_owned(), gzip));
    let fields: Vec<(&str, String)> = login
        .body
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?.to_owned())))
        .chain([(*login.field.last().expect("a field"), login.account.clone())])
        .collect();
    let form =
        post(login, &encoded(&fields)).replace("content-type", "application/x-www-form-urlencoded");
    all.push(("sent: a form".to_owned(), form));
    let key = login.field.last().expect("a field");
    let query = format!("{}?{key}={DECOY}", login.target);
    all.push(("sent: decoy in the query".to_owned(), at(&query, &plain)));
    let query = format!("{}?{}", login.target, encoded(&fields));
    all.push(("sent: all in the query".to_owned(), at(&query, "{}")));
    let chunked = format!("{:x}\r\n{plain}\r\n0\r\n\r\n", plain.len());
    let chunked = post(login, "")
        .header("transfer-encoding", "chunked")
        .body(chunked);
    all.push(("sent: in a chunk".to_owned(), chunked));
    for header in [
        "x-http-method-override",
        "x-http-method",
        "x-method-override",
    ] {
        all.push((
            format!("sent: {header}"),
            post(login, &plain).header(header, "GET"),
        ));
    }
    all.push((
        "sent: PUT".to_owned(),
        post(login, &plain).with_method("PUT"),
    ));
    all
}

/// The same door, named otherwise.
fn paths(login: &JsonLogin) -> Vec<(String, Request)> {
    let plain = with(login, &login.account);
    let target = login.target.as_str();
    let (folder, file) = target.split_at(target.rfind('/').expect("a path") + 1);
    let first = file.as_bytes()[0];
    let ways = [
        ("a slash behind", format!("{target}/")),
        ("two slashes", format!("{folder}/{file}")),
        ("two slashes before", format!("/{target}")),
        ("a dot segment", format!("{folder}./{file}")),
        ("two dots", format!("{folder}x/../{file}")),
        (
            "an encoded letter",
            format!("{folder}%{first:02X}{}", &file[1..]),
        ),
        ("capitals", target.to_uppercase()),
        ("a parameter", format!("{target};x=1")),
        ("an ending", format!("{target}.json")),
        ("a zero byte behind", format!("{target}%00")),
        ("an empty query", format!("{target}?")),
        (
            "an absolute target",
            format!("http://other.example{target}"),
        ),
    ];
    ways.into_iter()
        .map(|(name, target)| (format!("path: {name}"), at(&target, &plain)))
        .collect()
}

/// The document with this account.
fn with(login: &JsonLogin, account: &str) -> String {
    let mut body = login.body.clone();
    let (key, rest) = login.field.split_first().expect("a field");
    body[*key] = nested(rest, account);
    body.to_string()
}

/// The account in an object for each key. What else stands in such an object is Matrix' kind of identifier.
fn nested(keys: &[&str], account: &str) -> Value {
    match keys.split_first() {
        None => json!(account),
        Some((key, rest)) => json!({ *key: nested(rest, account), "type": "m.id.user" }),
    }
}

fn post(login: &JsonLogin, body: &str) -> Request {
    at(&login.target, body)
}

fn at(target: &str, body: &str) -> Request {
    Request::post(target)
        .header("user-agent", AGENT)
        .header("accept", "application/json")
        .header("content-type", "application/json")
        .body(body)
}

/// A gzip file with one stored block (RFC 1952): readers take it like any other.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).expect("a short body");
    let crc = bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (0u32.wrapping_sub(crc & 1)))
        })
    });
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1];
    out.extend(length.to_le_bytes());
    out.extend((!length).to_le_bytes());
    out.extend(bytes);
    out.extend((!crc).to_le_bytes());
    out.extend(u32::from(length).to_le_bytes());
    out
}

//! One login, written in every way that might be read by the application and not by the filter.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::attackers::AGENT;
use crate::page::{encoded, percent};
use crate::support::Request;

/// A login by a form, as it is meant.
pub(crate) struct Login {
    /// Path and query.
    pub(crate) target: String,
    /// The field of the account.
    pub(crate) field: &'static str,
    pub(crate) account: String,
    /// All the other fields, the password among them.
    pub(crate) others: Vec<(&'static str, String)>,
}

/// Nobody's name, written beside the account's.
const DECOY: &str = "nobody";

/// All ways, each with a name; the first is as it is meant.
pub(crate) fn all(login: &Login) -> Vec<(String, Request)> {
    let mut all = vec![(
        "as it is meant".to_owned(),
        post(&login.target, &with(login, &login.account)),
    )];
    all.extend(spellings(login));
    all.extend(framings(login));
    all.extend(paths(login));
    all
}

/// Other spellings of the account.
pub(crate) fn spellings(login: &Login) -> Vec<(String, Request)> {
    let account = login.account.as_str();
    let (first, rest) = account.split_at(1);
    let wide = full_width(account);
    let cyrillic = account.replace('o', "\u{43e}").replace('e', "\u{435}");
    let accents = account.replace('o', "\u{f6}").replace('e', "\u{e9}");
    let names = [
        ("capitals", account.to_uppercase()),
        ("a blank before", format!(" {account}")),
        ("blanks behind", format!("{account}  ")),
        ("a tab behind", format!("{account}\t")),
        ("a line end behind", format!("{account}\r\n")),
        ("a zero byte behind", format!("{account}\0")),
        ("a vertical tab behind", format!("{account}\u{b}")),
        ("a no-break space behind", format!("{account}\u{a0}")),
        ("an ideographic space before", format!("\u{3000}{account}")),
        (
            "a zero-width space inside",
            format!("{first}\u{200b}{rest}"),
        ),
        ("a soft hyphen inside", format!("{first}\u{ad}{rest}")),
        ("a byte order mark before", format!("\u{feff}{account}")),
        ("a control character before", format!("\u{1}{account}")),
        ("a control character inside", format!("{first}\u{1}{rest}")),
        ("a delete inside", format!("{first}\u{7f}{rest}")),
        ("full-width letters", wide),
        ("cyrillic letters", cyrillic),
        ("letters with accents", accents),
        ("a combining accent", format!("{account}\u{301}")),
        ("a tag inside", format!("{first}<b>{rest}")),
        ("an empty tag behind", format!("{account}<>")),
        (
            "a text between tags with quotes",
            format!("{account}<a \">x7<b \">"),
        ),
        ("a tag with a quote before", format!("<a '>'>{account}")),
        ("a character reference before", format!("&x1;{account}")),
        (
            "a real character reference",
            format!("&#{};{rest}", u32::from(first.as_bytes()[0])),
        ),
        ("percent once more", format!("{first}%10{rest}")),
        (
            "percent letter",
            format!("%{:02x}{rest}", first.as_bytes()[0]),
        ),
        ("quotes around", format!("\"{account}\"")),
        ("a backslash inside", format!("{first}\\{rest}")),
        ("a trailing dot", format!("{account}.")),
        ("a plus tag", format!("{account}+x")),
        ("a comment", format!("{account}(x)")),
        ("a comma", format!("{account},x")),
        ("a wildcard", format!("{first}%{rest}")),
        ("an underscore for a letter", format!("_{rest}")),
    ];
    names
        .into_iter()
        .map(|(name, account)| {
            let body = with(login, &account);
            (format!("account: {name}"), post(&login.target, &body))
        })
        .collect()
}

/// The same form, written or sent in other ways.
pub(crate) fn framings(login: &Login) -> Vec<(String, Request)> {
    let (target, field, account) = (login.target.as_str(), login.field, login.account.as_str());
    let decoy = DECOY;
    let others = encoded(&login.others);
    let plain = with(login, account);
    let [name, value, other] = [field, account, decoy].map(percent);
    let filler = "x".repeat(70_000);
    let large = "x".repeat(300_000);
    let first = percent_all(&field[..1]);
    let forms = [
        ("twice, decoy first", format!("{name}={other}&{plain}")),
        ("twice, decoy last", format!("{plain}&{name}={other}")),
        ("as a list", format!("{name}%5B%5D={value}&{others}")),
        (
            "as a list with an index",
            format!("{name}%5B0%5D={value}&{others}"),
        ),
        (
            "decoy, and a list",
            format!("{name}={other}&{name}%5B%5D={value}&{others}"),
        ),
        (
            "field with a dot for a line",
            format!("{}={value}&{others}", name.replace('_', ".")),
        ),
        (
            "field percent-encoded",
            format!("{first}{}={value}&{others}", &field[1..]),
        ),
        (
            "field with a blank before",
            format!("+{name}={value}&{name}={other}&{others}"),
        ),
        (
            "field with a zero byte",
            format!("{name}%00={value}&{name}={other}&{others}"),
        ),
        (
            "semicolons",
            format!("{name}={other};{name}={value}&{others}"),
        ),
        ("a field of 70 KB before", format!("x={filler}&{plain}")),
        ("a field of 70 KB behind", format!("{plain}&x={filler}")),
        ("a field of 300 KB before", format!("x={large}&{plain}")),
        (
            "two thousand fields before",
            format!("{}{plain}", "x=1&".repeat(2000)),
        ),
        ("bad percent before", format!("%zz=%&{plain}")),
        ("bad UTF-8 before", format!("x=%ff&{plain}")),
    ];
    let mut all: Vec<(String, Request)> = forms
        .into_iter()
        .map(|(name, body)| (format!("form: {name}"), post(target, &body)))
        .collect();
    let mut push = |name: &str, request: Request| all.push((format!("sent: {name}"), request));

    let query = if target.contains('?') { '&' } else { '?' };
    let and_query = |what: &str| format!("{target}{query}{name}={what}");
    push(
        "account in the query alone",
        post(&and_query(&value), &others),
    );
    push("decoy in the query", post(&and_query(&other), &plain));
    push(
        "decoy in the form, account in the query",
        post(&and_query(&value), &with(login, decoy)),
    );
    push(
        "all in the query",
        post(&format!("{target}{query}{plain}"), ""),
    );
    push(
        "a GET with all in the query",
        get(&format!("{target}{query}{plain}")),
    );
    push(
        "a cookie of the field's name",
        post(target, &others).header("cookie", format!("{name}={value}")),
    );

    for kind in [
        "text/plain",
        "application/json",
        "application/octet-stream",
        "APPLICATION/X-WWW-FORM-URLENCODED",
        "application/x-www-form-urlencoded; charset=utf-16",
        "application/x-www-form-urlencoded; charset=utf-7",
        "application/x-www-form-urlencoded;charset=IBM037",
        "application/x-www-form-urlencoded, text/plain",
        "multipart/form-data",
        "",
    ] {
        let request = post(target, &plain).replace("content-type", kind);
        push(&format!("type {kind:?}"), request);
    }
    push(
        "two types",
        post(target, &plain).header("content-type", "text/plain"),
    );
    push("multipart", multipart(target, login, false));
    push("multipart, decoy first", multipart(target, login, true));
    push(
        "multipart, name without quotes",
        multipart_unquoted(target, login),
    );
    push(
        "content-encoding gzip, plain",
        post(target, &plain).header("content-encoding", "gzip"),
    );
    push(
        "content-encoding identity",
        post(target, &plain).header("content-encoding", "identity"),
    );
    push("PUT", post(target, &plain).with_method("PUT"));
    push("PATCH", post(target, &plain).with_method("PATCH"));
    push("lower-case post", post(target, &plain).with_method("post"));
    for name in [
        "x-http-method-override",
        "x-http-method",
        "x-method-override",
    ] {
        let request = get(&format!("{target}{query}{plain}")).header(name, "POST");
        push(&format!("a GET with {name}"), request);
        let request = post(target, &plain).with_method("PUT").header(name, "POST");
        push(&format!("a PUT with {name}"), request);
    }
    let chunked = post(target, "")
        .header("transfer-encoding", "chunked")
        .body(chunks(&plain, 7));
    push("in chunks", chunked);
    all
}

/// The same door, named otherwise.
pub(crate) fn paths(login: &Login) -> Vec<(String, Request)> {
    let body = with(login, &login.account);
    let mut all: Vec<(String, Request)> = paths_of(&login.target)
        .into_iter()
        .map(|(name, target)| (format!("path: {name}"), post(&target, &body)))
        .collect();
    for header in ["x-original-url", "x-rewrite-url", "x-forwarded-prefix"] {
        let request = post("/", &body).header(header, &login.target);
        all.push((format!("path: / with {header}"), request));
    }
    all
}

fn paths_of(target: &str) -> Vec<(&'static str, String)> {
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, format!("?{query}")),
        None => (target, String::new()),
    };
    // Of Django's `/login/` the last name is `login/`.
    let last = path.trim_end_matches('/').rfind('/').unwrap_or_default() + 1;
    let (folder, file) = path.split_at(last);
    let (first, rest) = file.split_at(1);
    vec![
        ("a slash behind", format!("{path}/{query}")),
        ("two slashes before", format!("/{path}{query}")),
        ("a dot segment", format!("{folder}./{file}{query}")),
        ("two dots", format!("{folder}x/../{file}{query}")),
        ("encoded dots", format!("{folder}x/%2e%2e/{file}{query}")),
        (
            "an encoded letter",
            format!("{folder}{}{rest}{query}", percent_all(first)),
        ),
        (
            "twice encoded",
            format!("{folder}%25{}{rest}{query}", &percent_all(first)[1..]),
        ),
        (
            "capitals",
            format!("{folder}{}{query}", file.to_uppercase()),
        ),
        ("a parameter", format!("{path};x=1{query}")),
        ("more path", format!("{path}/x{query}")),
        ("an extension", format!("{path}.html{query}")),
        ("an ending of JSON", format!("{path}.json{query}")),
        ("a blank behind", format!("{path}%20{query}")),
        ("a zero byte behind", format!("{path}%00{query}")),
        ("a backslash", format!("{folder}x\\..\\{file}{query}")),
        ("a tab inside", format!("{folder}%09{file}{query}")),
        (
            "an empty query",
            format!("{path}?{}", query.trim_start_matches('?')),
        ),
        (
            "an absolute target",
            format!("http://other.example{path}{query}"),
        ),
    ]
}

/// Credentials of HTTP, written in every way that might be read by the application and not by the filter.
pub(crate) fn credentials(target: &str, name: &str, password: &str) -> Vec<(String, Request)> {
    let encode = |name: &str| STANDARD.encode(format!("{name}:{password}"));
    let plain = encode(name);
    let bare = plain.trim_end_matches('=');
    let (first, second) = plain.split_at(6);
    let decoy = encode(DECOY);
    let lines = [
        ("as it is meant", format!("Basic {plain}")),
        ("a lower-case scheme", format!("basic {plain}")),
        ("an upper-case scheme", format!("BASIC {plain}")),
        ("two blanks", format!("Basic  {plain}")),
        ("a tab", format!("Basic\t{plain}")),
        ("a blank behind", format!("Basic {plain} ")),
        ("no padding", format!("Basic {bare}")),
        ("more padding", format!("Basic {bare}====")),
        ("a blank inside", format!("Basic {first} {second}")),
        ("a sign inside", format!("Basic {first}*{second}")),
        ("another scheme before", format!("Bearer x, Basic {plain}")),
        ("two in a line", format!("Basic {decoy}, Basic {plain}")),
        ("quotes around", format!("Basic \"{plain}\"")),
        ("without a scheme", plain.clone()),
        (
            "in capitals",
            format!("Basic {}", encode(&name.to_uppercase())),
        ),
        (
            "blanks around the name",
            format!("Basic {}", encode(&format!(" {name} "))),
        ),
        (
            "a zero byte in the name",
            format!("Basic {}", encode(&format!("{name}\0"))),
        ),
        (
            "a control character in the name",
            format!("Basic {}", encode(&format!("\u{1}{name}"))),
        ),
        (
            "full-width letters",
            format!("Basic {}", encode(&full_width(name))),
        ),
    ];
    let get = || get(target);
    let mut all: Vec<(String, Request)> = lines
        .into_iter()
        .map(|(way, line)| {
            (
                format!("credentials: {way}"),
                get().header("authorization", line),
            )
        })
        .collect();
    let own = format!("Basic {plain}");
    let other = format!("Basic {decoy}");
    let mut push = |way: &str, request: Request| all.push((format!("credentials: {way}"), request));
    push(
        "two lines, decoy first",
        get()
            .header("authorization", &other)
            .header("authorization", &own),
    );
    push(
        "two lines, decoy last",
        get()
            .header("authorization", &own)
            .header("authorization", &other),
    );
    push(
        "a line with an underscore",
        get().header("x_authorization", &own),
    );
    push("of a proxy", get().header("proxy-authorization", &own));
    push(
        "redirected",
        get().header("redirect-http-authorization", &own),
    );
    push(
        "in a POST",
        post(target, "x=1").header("authorization", &own),
    );
    push(
        "in a HEAD",
        get().with_method("HEAD").header("authorization", &own),
    );
    push(
        "in a PUT",
        get().with_method("PUT").header("authorization", &own),
    );
    all.extend(paths_of(target).into_iter().map(|(way, target)| {
        let request = Request::get(&target).header("user-agent", AGENT);
        (
            format!("path: {way}"),
            request.header("authorization", &own),
        )
    }));
    all
}

fn full_width(text: &str) -> String {
    let wide = |c: char| char::from_u32(u32::from(c) + 0xfee0).filter(|_| c.is_ascii_graphic());
    text.chars().map(|c| wide(c).unwrap_or('?')).collect()
}

fn with(login: &Login, account: &str) -> String {
    let mut fields = vec![(login.field, account.to_owned())];
    fields.extend(login.others.iter().cloned());
    encoded(&fields)
}

fn post(target: &str, body: &str) -> Request {
    crate::attackers::form(target, body)
}

fn get(target: &str) -> Request {
    Request::get(target).header("user-agent", AGENT)
}

fn percent_all(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn chunks(body: &str, size: usize) -> String {
    let mut out = String::new();
    for piece in body.as_bytes().chunks(size) {
        let piece = String::from_utf8_lossy(piece);
        out.push_str(&format!("{:x}\r\n{piece}\r\n", piece.len()));
    }
    out.push_str("0\r\n\r\n");
    out
}

fn multipart(target: &str, login: &Login, decoy_first: bool) -> Request {
    let mut fields = vec![(login.field, login.account.clone())];
    fields.extend(login.others.iter().cloned());
    if decoy_first {
        fields.insert(0, (login.field, DECOY.to_owned()));
    }
    let parts = fields.iter().map(|(name, value)| {
        format!("--b0undary\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    });
    let body = parts.collect::<String>() + "--b0undary--\r\n";
    post(target, &body).replace("content-type", "multipart/form-data; boundary=b0undary")
}

fn multipart_unquoted(target: &str, login: &Login) -> Request {
    let request = multipart(target, login, false);
    let body = crate::support::text(request.body_bytes()).replace('"', "");
    request.body(body)
}

//! The worst that a client can send: for each reader, what costs it most for each byte.

use crate::heads::{browser, client};
use crate::support::Request;

/// Envoy takes no larger heads, unless it is told to.
const HEAD: usize = 56 << 10;

/// A name, and what is sent.
pub(crate) struct Worst {
    pub(crate) name: &'static str,
    pub(crate) request: Request,
}

/// All of them, with bodies of this size at most.
pub(crate) fn all(limit: usize) -> Vec<Worst> {
    let mut all = forms(limit);
    all.extend(documents(limit));
    all.extend(parts(limit));
    all.extend(heads());
    all
}

fn login() -> Request {
    browser("/login", &client(1))
}

/// Again and again, up to a size.
fn filled(piece: impl AsRef<[u8]>, size: usize) -> Vec<u8> {
    let piece = piece.as_ref();
    piece.repeat(size / piece.len())
}

/// Some 500 bytes of marks that each go before all others.
fn marks() -> String {
    // U+0315 has class 232, U+0300 230, U+0316 220, U+0327 202, U+0334 1.
    ["\u{315}", "\u{300}", "\u{316}", "\u{327}", "\u{334}"]
        .map(|mark| mark.repeat(50))
        .concat()
}

fn form(name: &'static str, kind: &str, body: Vec<u8>) -> Worst {
    Worst {
        name,
        request: login().header("content-type", kind).body(body),
    }
}

fn forms(limit: usize) -> Vec<Worst> {
    const FORM: &str = "application/x-www-form-urlencoded";
    const LATIN: &str = "application/x-www-form-urlencoded; charset=iso-8859-1";
    let marked = format!("email=a{}\u{ff}&", marks()).into_bytes();
    // One byte that is no UTF-8.
    let mut torn = format!("email=a{}", marks()).into_bytes();
    torn.extend_from_slice(b"\xff&");
    vec![
        form("form: pairs of one letter", FORM, filled("a&", limit)),
        form(
            "form: names that are nearly it",
            FORM,
            filled("e.mail.x&", limit),
        ),
        form(
            "form: names with escapes",
            FORM,
            filled("%65.m%u0061%69&", limit),
        ),
        form(
            "form: names that decompose",
            FORM,
            filled("\u{fdfa}&", limit),
        ),
        form(
            "form: one name that decomposes",
            FORM,
            filled("\u{fdfa}", limit),
        ),
        form(
            "form: one name of marks",
            FORM,
            filled("\u{315}\u{334}", limit),
        ),
        form("form: semicolons", FORM, filled("%65;.;", limit)),
        form("form: equals signs", FORM, filled("=", limit)),
        form(
            "form: spellings",
            FORM,
            filled("email=Bob&email=bob&", limit),
        ),
        form(
            "form: Latin-1 values of marks",
            LATIN,
            filled(&marked, limit),
        ),
        form("form: Latin-1 values, torn", LATIN, filled(&torn, limit)),
    ]
}

fn documents(limit: usize) -> Vec<Worst> {
    const JSON: &str = "application/json";
    const LATIN: &str = "application/json; charset=iso-8859-1";
    let members = |member: String| {
        let mut body = b"{".to_vec();
        body.extend(filled(member, limit - 16));
        body.extend_from_slice(b"\"z\":0}");
        body
    };
    let deep = limit / 2 - 8;
    let nested = [
        "{\"x\":".to_owned(),
        "[".repeat(deep),
        "]".repeat(deep),
        "}".to_owned(),
    ]
    .concat();
    let users = limit / 9 - 4;
    let same = [
        "{\"user\":".repeat(users),
        "0".to_owned(),
        "}".repeat(users),
    ]
    .concat();
    vec![
        form("JSON: members", JSON, members("\"a\":0,".to_owned())),
        form(
            "JSON: keys that are nearly it",
            JSON,
            members("\"e.mail.x\":0,".to_owned()),
        ),
        form(
            "JSON: keys with escapes",
            JSON,
            members("\"\\u0065.m\":0,".to_owned()),
        ),
        form(
            "JSON: keys that decompose",
            JSON,
            members("\"\u{fdfa}.\":0,".to_owned()),
        ),
        form(
            "JSON: the account again and again",
            JSON,
            members("\"email\":\"Bob\",".to_owned()),
        ),
        form(
            "JSON: Latin-1 values of marks",
            LATIN,
            members(format!("\"email\":\"a{}\",", marks())),
        ),
        form(
            "JSON: a long text",
            JSON,
            members(format!("\"{}\":0,", "\\u0065\\n".repeat(limit / 8 - 8))),
        ),
        form(
            "JSON: a long number",
            JSON,
            members(format!("\"email\":{},", "1".repeat(limit - 64))),
        ),
        form("JSON: deep lists", JSON, nested.into_bytes()),
        form("JSON: deep objects", JSON, same.into_bytes()),
    ]
}

fn parts(limit: usize) -> Vec<Worst> {
    let boundary = format!("{}x", "-".repeat(69));
    let kind = format!("multipart/form-data; boundary={boundary}");
    let part = |head: &str, content: &str| format!("--{boundary}\r\n{head}\r\n\r\n{content}\r\n");
    let body = |part: String, limit: usize| {
        let mut body = filled(part, limit - 100);
        body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        body
    };
    let named = |name: &str| format!("Content-Disposition: form-data; name=\"{name}\"");
    let short = "multipart/form-data; boundary=x";
    let many = {
        let mut many = filled(
            "--x\r\nContent-Disposition: form-data; name=\"e.m\"\r\n\r\n\r\n",
            limit - 8,
        );
        many.extend_from_slice(b"--x--\r\n");
        many
    };
    let head = format!(
        "{}; filename=\"{}\"",
        named("a"),
        "\\\"".repeat(limit / 2 - 400)
    );
    vec![
        form("multipart: many parts", short, many),
        form(
            "multipart: nearly the boundary",
            &kind,
            body(part(&named("a"), &"-".repeat(limit - 400)), limit),
        ),
        form(
            "multipart: a name that decomposes",
            &kind,
            body(
                part(&named(&"\u{fdfa}".repeat(limit / 3 - 200)), "x"),
                limit,
            ),
        ),
        form(
            "multipart: escaped quotes",
            &kind,
            body(part(&head, "x"), limit),
        ),
    ]
}

fn headed(name: &'static str, header: &str, value: Vec<u8>) -> Worst {
    Worst {
        name,
        request: login()
            .header(header, value)
            .header("content-type", "application/x-www-form-urlencoded")
            .body("email=bob&password=wrong"),
    }
}

fn heads() -> Vec<Worst> {
    let spelled: Vec<u8> = (0..HEAD / 20)
        .flat_map(|number| {
            let letters = "abcdefghijkl".chars().enumerate();
            let name: String = letters
                .map(|(bit, letter)| match number >> bit & 1 {
                    0 => letter,
                    _ => letter.to_ascii_uppercase(),
                })
                .collect();
            format!("email={name}; ").into_bytes()
        })
        .collect();
    let encoded: String = marks().bytes().map(|byte| format!("%{byte:02X}")).collect();
    let claims = format!("{{{}\"z\":0}}", "\"sub\":\"Bob\",".repeat(480));
    let token = base64::Engine::encode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, claims);
    let target = |name, path: Vec<u8>| Worst {
        name,
        request: {
            let mut request = Request::post(path).client(&client(1));
            request = request.header("content-type", "application/x-www-form-urlencoded");
            request.body("email=bob")
        },
    };
    let path = |start: &str, piece: &str| [start.as_bytes(), &filled(piece, HEAD)].concat();
    let lines = (0..85).fold(login(), |request, number| {
        request.header(format!("x-{number}"), "e.mail")
    });
    vec![
        headed("cookies: of one letter", "cookie", filled("a=b;", HEAD)),
        headed(
            "cookies: the session within itself",
            "cookie",
            filled("sid=\"%25a.", HEAD),
        ),
        headed(
            "cookies: sessions of all names",
            "cookie",
            filled("sid=a\\.b;JSESSIONID=%25.x;", HEAD),
        ),
        headed("cookies: the account in all cases", "cookie", spelled),
        headed(
            "cookies: accounts of marks",
            "cookie",
            filled(format!("email=a{encoded};"), HEAD),
        ),
        headed(
            "cookies: accounts within themselves",
            "cookie",
            filled("login_name=\"%25a.", HEAD),
        ),
        headed(
            "cookies: our own",
            "cookie",
            filled(
                "__Host-palisade-device=AAAA.BBBB.CCCC;__Host-palisade-clearance=AAAA.BBBB;",
                HEAD,
            ),
        ),
        headed(
            "bearer: a token with many claims",
            "authorization",
            format!("Bearer e30.{token}.x").into_bytes(),
        ),
        headed(
            "bearer: words",
            "authorization",
            filled("Bearer bearer, token=", HEAD),
        ),
        headed(
            "user-agent",
            "x-user-agent",
            filled("Mozilla/5.0 (X11) ", HEAD),
        ),
        headed(
            "forwarded addresses",
            "x-forwarded-for",
            filled("11.0.0.1, ", HEAD),
        ),
        headed(
            "accepted languages",
            "accept-language",
            filled("de;q=0.5,", HEAD),
        ),
        target("query: names that decompose", path("/login?", "%EF%B7%BA&")),
        target(
            "query: accounts",
            path("/login?", "email=Bob&email=bob&access_token=x&"),
        ),
        target(
            "path: segments that lead nowhere",
            path("/api", "/..;a=%2e/%2E./a//"),
        ),
        target("path: nearly a pattern", path("/api/v1/login", "/a")),
        target("path: parameters", path("/login", ";sid=a.b")),
        Worst {
            name: "many lines",
            request: lines
                .header("content-type", "application/x-www-form-urlencoded")
                .body("email=bob"),
        },
    ]
}

//! What honest clients send, with what stands beside the account.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Generator;
use crate::place::{COOKIE, Field, Place};
use crate::request::Request;

/// Fields of honest forms whose names resemble the account's.
const NEIGHBOURS: [(&str, &str); 21] = [
    ("email_confirmation", "other@c.example"),
    ("new-email", "other@c.example"),
    ("emailOptIn", "1"),
    ("emails", "yes"),
    ("email2", "x"),
    ("no_email", "0"),
    ("emailAddress", "z@c.example"),
    ("email_address", "z@c.example"),
    ("remember_me", "on"),
    ("user_email_opt_in", "1"),
    ("csrf_token", "aB3+/=="),
    ("utf8", "\u{2713}"),
    ("authenticity_token", "x=="),
    ("redirect", "/a?b=c&d=e#f"),
    ("_csrf", "0"),
    ("users", "3"),
    ("username", "bob"),
    ("user_agent", "x"),
    ("commit", "Log in"),
    ("locale", "de-DE"),
    ("mail", "other@c.example"),
];

const PASSWORDS: [&str; 20] = [
    "hunter2",
    "",
    "p&ss=w;rd",
    "a+b c",
    "100%",
    "%41",
    "\"quoted\"",
    "'x'",
    "\\n",
    "[email]=victim",
    "email=x&y",
    "{\"a\":1}",
    "p\u{e4}ss\u{20ac}",
    "\u{1f600}",
    "a,b;c d",
    "<>",
    "?#&",
    "=",
    "--boundary--",
    "\u{3000}x",
];

/// Cookies of real sites beside the session.
const JAR: [&str; 18] = [
    "_ga=GA1.2.1234567890.1600000000",
    "_gid=GA1.2.1.2",
    "theme=dark",
    "consent={\"ads\":false,\"sid\":1}",
    "list=a,b,c",
    "cart=%7B%22a%22%3A1%7D",
    "name=Jos\u{e9}",
    "flag",
    "empty=",
    "quoted=\"a b\"",
    "__Host-csrf=x",
    "_fbp=fb.1.1.2",
    "OptanonConsent=isGpcEnabled=0&datestamp=Mon+Jan",
    "mp_x=%7B%7D",
    "amplitude_id=eyJkIjoiMSJ9==",
    "lang=en-US,en;",
    "xsid=1",
    "sid2=2",
];

impl Generator {
    /// A request, and the value that stands in it.
    pub(super) fn honest(&mut self, place: Place) -> (Request, Vec<u8>) {
        let expected = self.victim.as_bytes().to_vec();
        let kind = match place {
            Place::Body => [Place::Form, Place::Multipart, Place::Json][self.random.below(3)],
            other => other,
        };
        let request = match kind {
            Place::Form => {
                let fields = self.fields();
                let body = self.urlencoded(&fields);
                let kind = self.random.pick(&[
                    "application/x-www-form-urlencoded",
                    "application/x-www-form-urlencoded; charset=UTF-8",
                    "application/x-www-form-urlencoded;charset=utf-8",
                    "application/x-www-form-urlencoded; charset=utf-8",
                ]);
                Request::new(
                    "POST",
                    self.random.pick(&[
                        "/login",
                        "/login?next=%2Faccount",
                        "/login?utm_source=x&lang=de",
                    ]),
                )
                .header("content-type", kind)
                .with_body(body)
            }
            Place::Query => {
                let fields = self.fields();
                let query = self.urlencoded(&fields);
                Request::new("POST", format!("/login?{query}"))
            }
            Place::Multipart => self.honest_multipart(),
            Place::Json => self.honest_json(),
            Place::Cookie => {
                let mut jar: Vec<String> = (0..self.random.below(5))
                    .map(|_| JAR[self.random.below(JAR.len())].to_owned())
                    .collect();
                let at = self.random.below(jar.len() + 1);
                jar.insert(at, format!("{COOKIE}={}", self.victim));
                let jar = jar.join("; ").replace(";;", ";");
                Request::new("GET", "/account").header("cookie", jar)
            }
            Place::Basic => {
                let password = PASSWORDS[self.random.below(PASSWORDS.len())];
                let credentials = STANDARD.encode(format!("{}:{password}", self.victim));
                Request::new("GET", "/account")
                    .header("authorization", format!("Basic {credentials}"))
            }
            Place::Bearer => {
                let scheme = self.random.pick(&["Bearer", "Bearer", "bearer"]);
                Request::new("GET", "/account")
                    .header("authorization", format!("{scheme} {}", self.victim))
            }
            Place::Segment => {
                let name = self.victim.replace('@', self.random.pick(&["@", "%40"]));
                Request::new(
                    self.random.pick(&["GET", "POST"]),
                    format!(
                        "/users/{name}/login{}",
                        self.random.pick(&["", "?lang=de", "?x=a/b"])
                    ),
                )
            }
            Place::Route | Place::Body => {
                let (method, path, route) = [
                    ("POST", "/login", "login"),
                    ("POST", "/login/code", "code"),
                    ("GET", "/account", "account"),
                    ("GET", "/users/victim@b.example/login", "user"),
                    ("POST", "/users/jos%C3%A9/login", "user"),
                    ("GET", "/admin", "admin"),
                ][self.random.below(6)];
                let query = self
                    .random
                    .pick(&["", "?a=b", "?next=/admin", "?q=%2Flogin%3F&x=a+b"]);
                return (Request::new(method, format!("{path}{query}")), route.into());
            }
        };
        (request, expected)
    }

    /// The field of the account among others, none of which is it.
    fn fields(&mut self) -> Vec<(String, String)> {
        let mut fields: Vec<(String, String)> = Vec::new();
        for _ in 0..self.random.below(4) {
            let (name, value) = NEIGHBOURS[self.random.below(NEIGHBOURS.len())];
            let name = match self.field {
                Field::Nested if self.random.one_in(2) => format!("user[{name}]"),
                _ => name.to_owned(),
            };
            fields.push((name, value.to_owned()));
        }
        let password = PASSWORDS[self.random.below(PASSWORDS.len())].to_owned();
        fields.push((
            if self.field == Field::Nested {
                "user[password]"
            } else {
                "password"
            }
            .to_owned(),
            password,
        ));
        let at = self.random.below(fields.len() + 1);
        // Keyboards of telephones add a blank.
        let blank = if self.random.one_in(6) { " " } else { "" };
        fields.insert(
            at,
            (
                self.field.name().to_owned(),
                format!("{}{blank}", self.victim),
            ),
        );
        fields
    }

    /// As browsers and libraries encode.
    fn urlencoded(&mut self, fields: &[(String, String)]) -> String {
        let keeps_brackets = self.random.one_in(3);
        let encode = |text: &str| {
            let mut out = String::new();
            for byte in text.bytes() {
                match byte {
                    b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' => {
                        out.push(char::from(byte))
                    }
                    b'[' | b']' if keeps_brackets => out.push(char::from(byte)),
                    b' ' => out.push('+'),
                    _ => out.push_str(&format!("%{byte:02X}")),
                }
            }
            out
        };
        let pairs = fields
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)));
        pairs.collect::<Vec<_>>().join("&")
    }

    fn honest_multipart(&mut self) -> Request {
        let boundary = self.random.pick(&[
            "----WebKitFormBoundary7MA4YWxkTrZu0gW",
            "---------------------------9051914041544843365972754266",
            "------------------------d74496d66958873e",
            "axios-1.7.2-boundary-x",
            "3fbd04f5-b1ed-4060-99b9-fca7ff59c113",
            "e46zTkOLBf4k",
        ]);
        let fields = self.fields();
        // Browsers, curl, requests and OkHttp; Apache HttpClient 4; .NET; Dart.
        let style = self.random.below(6);
        let mut body = String::new();
        for (name, value) in &fields {
            body.push_str(&format!("--{boundary}\r\n"));
            body.push_str(&match style {
                0 => format!(
                    "Content-Disposition: form-data; name=\"{name}\"\r\n\
                     Content-Type: text/plain; charset=ISO-8859-1\r\n\
                     Content-Transfer-Encoding: 8bit\r\n"
                ),
                1 => format!("content-disposition: form-data; name=\"{name}\"\r\n"),
                2 => format!(
                    "Content-Disposition: form-data; name=\"{name}\"\r\nContent-Length: {}\r\n",
                    value.len()
                ),
                3 => format!(
                    "Content-Type: text/plain; charset=utf-8\r\n\
                     Content-Disposition: form-data; name=\"{name}\"\r\n"
                ),
                _ => format!("Content-Disposition: form-data; name=\"{name}\"\r\n"),
            });
            body.push_str(&format!("\r\n{value}\r\n"));
        }
        if self.random.one_in(4) {
            body.push_str(&format!(
                "--{boundary}\r\n\
                 Content-Disposition: form-data; name=\"avatar\"; filename=\"me (1).png\"\r\n\
                 Content-Type: image/png\r\n\r\n\u{89}PNG\r\n\r\n"
            ));
        }
        body.push_str(&format!("--{boundary}--\r\n"));
        let kind = match style {
            2 => format!("multipart/form-data; boundary=\"{boundary}\""),
            0 if self.random.one_in(2) => {
                format!("multipart/form-data; charset=ISO-8859-1; boundary={boundary}")
            }
            _ => format!("multipart/form-data; boundary={boundary}"),
        };
        Request::new("POST", "/login")
            .header("content-type", kind)
            .with_body(body)
    }

    fn honest_json(&mut self) -> Request {
        let mut document = serde_json::Map::new();
        for _ in 0..self.random.below(4) {
            let (name, value) = NEIGHBOURS[self.random.below(NEIGHBOURS.len())];
            let value = match self.random.below(4) {
                0 => serde_json::json!(true),
                1 => serde_json::json!([value]),
                2 => serde_json::json!({ "email": value }),
                _ => serde_json::json!(value),
            };
            document.insert(name.to_owned(), value);
        }
        document.insert(
            "password".to_owned(),
            PASSWORDS[self.random.below(PASSWORDS.len())].into(),
        );
        match self.field {
            Field::Flat => {
                document.insert("email".to_owned(), self.victim.into());
            }
            Field::Nested => {
                document.insert(
                    "user".to_owned(),
                    serde_json::json!({ "email": self.victim, "password": "x" }),
                );
            }
        }
        let kind = self.random.pick(&[
            "application/json",
            "application/json",
            "application/json; charset=utf-8",
            "application/json;charset=UTF-8",
        ]);
        let body = if self.random.one_in(3) {
            serde_json::to_string_pretty(&document)
        } else {
            serde_json::to_string(&document)
        };
        Request::new("POST", "/login")
            .header("content-type", kind)
            .with_body(body.unwrap_or_default())
    }
}

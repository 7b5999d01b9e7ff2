//! Urlencoded forms and queries.

use super::Generator;
use crate::request::Request;

const TYPES: [&str; 34] = [
    "Application/X-WWW-Form-URLEncoded",
    "application/x-www-form-urlencoded;charset=UTF-8",
    "application/x-www-form-urlencoded; charset=utf-8",
    "application/x-www-form-urlencoded; charset=utf-16",
    "application/x-www-form-urlencoded; charset=utf-16le",
    "application/x-www-form-urlencoded; charset=iso-8859-1",
    "application/x-www-form-urlencoded; charset=utf-7",
    "application/x-www-form-urlencoded; charset=ibm037",
    "application/x-www-form-urlencoded; charset=cp1252",
    "application/x-www-form-urlencoded; charset=us-ascii",
    "application/x-www-form-urlencoded; charset=idna",
    "application/x-www-form-urlencoded; charset=rot13",
    "application/x-www-form-urlencoded; charset=unicode-escape",
    "application/x-www-form-urlencoded; charset=shift_jis",
    "application/x-www-form-urlencoded; charset=utf-8-sig",
    "application/x-www-form-urlencoded; charset=\"utf-8\"",
    "application/x-www-form-urlencoded; charset=x; charset=utf-8",
    "application/x-www-form-urlencoded; boundary=x",
    "application/x-www-form-urlencoded, text/plain",
    "text/plain, application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded,multipart/form-data; boundary=x",
    "application/x-www-form-urlencoded text/plain",
    "application/x-www-form-urlencoded;",
    " application/x-www-form-urlencoded ;x",
    "application/x-www-form-urlencodedx",
    "xapplication/x-www-form-urlencoded",
    "application/x-url-encoded",
    "text/plain",
    "",
    "x-www-form-urlencoded",
    "application/x-www-form-urlencoded/x",
    "application/*",
    "*/*",
    "application/json",
];

const SEPARATORS: [&str; 16] = [
    "&", "&", "&", "&", "&&", ";", ",", " ", "&amp;", "\n", "\r\n", "?", "|", "%26", "\0", "; ",
];
const EQUALS: [&str; 14] = [
    "=", "=", "=", "=", "=", "=", "==", "%3D", ":", "", " = ", "=[", "\t=", "=>",
];

impl Generator {
    /// A name and a value, encoded.
    pub(super) fn pair(&mut self, in_target: bool) -> Vec<u8> {
        let name = self.name();
        let value = self.value();
        let mut pair = self.encoded(&name, in_target);
        let equals = if self.random.one_in(4) {
            self.random.pick(&EQUALS)
        } else {
            "="
        };
        pair.extend(
            equals
                .bytes()
                .filter(|byte| !in_target || byte.is_ascii_graphic()),
        );
        pair.extend(self.encoded(&value, in_target));
        pair
    }

    pub(super) fn pairs(&mut self, in_target: bool) -> Vec<u8> {
        let mut out = Vec::new();
        if self.random.one_in(15) {
            let start = self.random.pick(&[
                "?", "&", "=", "#", "\u{feff}", " ", "[]", "&=", "=&", "\r\n", ";", "[&", "%",
            ]);
            out.extend(
                start
                    .bytes()
                    .filter(|byte| !in_target || byte.is_ascii_graphic()),
            );
        }
        let plain = format!("{}={}&", self.field.name(), self.decoy);
        if self.random.one_in(3) {
            out.extend(plain.bytes());
        }
        if self.random.one_in(15) {
            let other = self.random.pick(&[
                "_charset_=utf-16&",
                "_charset_=iso-8859-1&",
                "_charset_=utf-7&",
                "_charset_=&",
                "utf8=%26%2310003%3B&",
                "_method=PUT&",
                "_method=GET&",
                "a=%&",
                "a=%80&",
                "a[b]=c&a=d&",
                "a[=b&",
                "csrf=x;",
                "x=\"&",
                "user=x&",
                "user[]=x&",
                "email[x]=y&",
            ]);
            out.extend(other.bytes());
        }
        let count = 1 + self.random.below(3);
        for number in 0..count {
            if number > 0 {
                let separator = if self.random.one_in(4) {
                    self.random.pick(&SEPARATORS)
                } else {
                    "&"
                };
                out.extend(
                    separator
                        .bytes()
                        .filter(|byte| !in_target || byte.is_ascii_graphic()),
                );
            }
            out.extend(self.pair(in_target));
        }
        if self.random.one_in(4) {
            out.extend(b"&");
            out.extend(plain.trim_end_matches('&').bytes());
        }
        if self.random.one_in(20) {
            out.extend(
                self.random
                    .pick(&[
                        "&password=x",
                        "&",
                        ";",
                        "&a",
                        "&=",
                        "\r\n",
                        "\0",
                        "&%",
                        "&[]=",
                        "&a[",
                        "%",
                    ])
                    .bytes()
                    .filter(|byte| !in_target || byte.is_ascii_graphic()),
            );
        }
        out
    }

    pub(super) fn form(&mut self) -> Request {
        let mut body = self.pairs(false);
        let mut request = Request::new("POST", "/login");
        if self.random.one_in(8) {
            let kind = self.random.pick(&TYPES);
            if kind.contains("utf-16") && self.random.one_in(2) {
                let text = String::from_utf8_lossy(&body).into_owned();
                let big = !kind.contains("le");
                body = text
                    .encode_utf16()
                    .flat_map(|unit| {
                        if big {
                            unit.to_be_bytes()
                        } else {
                            unit.to_le_bytes()
                        }
                    })
                    .collect();
            }
            request = request.header("content-type", kind);
        } else if !self.random.one_in(40) {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        if self.random.one_in(60) {
            let kind = self.random.pick(&TYPES);
            request = request.header("content-type", kind);
        }
        if self.random.one_in(60) {
            let coding = self.random.pick(&["identity", "gzip", "deflate", "", "x"]);
            request = request.header("content-encoding", coding);
        }
        request.with_body(body)
    }

    pub(super) fn query(&mut self) -> Request {
        let Request {
            method, mut target, ..
        } = self.head_only();
        target.push(b'?');
        target.extend(self.pairs(true));
        let request = Request::new(&method, target);
        if self.random.one_in(10) {
            let body = self.pairs(false);
            return request
                .header("content-type", "application/x-www-form-urlencoded")
                .with_body(body);
        }
        request
    }
}

//! JSON documents.

use super::Generator;
use crate::place::Field;
use crate::request::Request;

const TYPES: [&str; 24] = [
    "Application/JSON",
    "application/json;charset=UTF-8",
    "application/json; charset=utf-8",
    "application/json; charset=utf-16",
    "application/json; charset=utf-16le",
    "application/json; charset=utf-7",
    "application/json; charset=iso-8859-1",
    "application/json; charset=ibm037",
    "application/json; charset=\"utf-8\"",
    "application/json; charset='utf-8'",
    "application/json; x",
    "application/json;",
    "application/json, text/plain",
    "application/vnd.api+json",
    "application/ld+json; x=y",
    "application/x-json",
    "text/json",
    "text/x-json",
    "application/jsonp",
    "application/json-patch+json",
    "text/plain",
    "",
    "application/x-www-form-urlencoded",
    "application/csp-report",
];

const KEYS: [&str; 30] = [
    "email",
    "email",
    "Email",
    "EMAIL",
    "eMAIL",
    "ema\u{131}l",
    "emai\u{217c}",
    "\u{ff45}mail",
    "email ",
    " email",
    "email\\u0000",
    "email\\u0000x",
    "\\u0065mail",
    "\\u0045mail",
    "e\\mail",
    "\\/email",
    "\\ud800email",
    "email\\udc00",
    "\\ufeffemail",
    "\u{feff}email",
    "email[]",
    "[email]",
    "e\u{301}mail",
    "email.x",
    "user.email",
    "user[email]",
    "email\\n",
    "\\temail",
    "'email'",
    "/email",
];

impl Generator {
    pub(super) fn json(&mut self) -> Request {
        let mut body = self.document();
        if self.random.one_in(12) {
            body = match self.random.below(5) {
                0 => [b"\xef\xbb\xbf", body.as_slice()].concat(),
                1 => String::from_utf8_lossy(&body)
                    .encode_utf16()
                    .flat_map(u16::to_le_bytes)
                    .collect(),
                2 => String::from_utf8_lossy(&body)
                    .encode_utf16()
                    .flat_map(u16::to_be_bytes)
                    .collect(),
                3 => {
                    let units = String::from_utf8_lossy(&body)
                        .encode_utf16()
                        .flat_map(u16::to_le_bytes)
                        .collect::<Vec<_>>();
                    [b"\xff\xfe", units.as_slice()].concat()
                }
                _ => String::from_utf8_lossy(&body)
                    .chars()
                    .flat_map(|one| u32::from(one).to_le_bytes())
                    .collect(),
            };
        }
        let mut request = Request::new("POST", "/login");
        if self.random.one_in(8) {
            let kind = self.random.pick(&TYPES);
            request = request.header("content-type", kind);
        } else if !self.random.one_in(40) {
            request = request.header("content-type", "application/json");
        }
        if self.random.one_in(60) {
            let kind = self.random.pick(&TYPES);
            request = request.header("content-type", kind);
        }
        request.with_body(body)
    }

    fn document(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        if self.random.one_in(25) {
            let start = self.random.pick(&[
                " ",
                "\n",
                "\0",
                "//x\n",
                "/*x*/",
                "for(;;);",
                ")]}',\n",
                "null",
                "{}",
                "[]",
                "\u{a0}",
                "\u{2028}",
                "\u{feff}",
                "#x\n",
                "(",
                "1 ",
                "[",
                "{\"a\":1}\n",
            ]);
            out.extend(start.bytes());
        }
        match self.field {
            Field::Flat => out.extend(self.object()),
            Field::Nested => {
                let inner = self.object();
                let key = match self.random.below(20) {
                    0 => "User",
                    1 => "\\u0075ser",
                    2 => "user[]",
                    _ => "user",
                };
                let mut members = vec![[format!("\"{key}\":").as_bytes(), &inner].concat()];
                match self.random.below(8) {
                    0 => members.push([b"\"user\":", self.object().as_slice()].concat()),
                    1 => members.insert(0, [b"\"user\":", self.object().as_slice()].concat()),
                    2 => members.push(format!("\"user.email\":\"{}\"", self.victim).into()),
                    3 => members.push(format!("\"user[email]\":\"{}\"", self.victim).into()),
                    4 => members[0] = [format!("\"{key}\":[").as_bytes(), &inner, b"]"].concat(),
                    5 => members.push(format!("\"email\":\"{}\"", self.victim).into()),
                    _ => {}
                }
                out.push(b'{');
                out.extend(members.join(&b","[..]));
                out.push(b'}');
            }
        }
        if self.random.one_in(20) {
            let end = self.random.pick(&[
                " ",
                "\n",
                "\0",
                "x",
                "//x",
                "/*x*/",
                "{}",
                "{\"email\":\"victim\"}",
                "\n{\"email\":\"victim\"}",
                ",",
                "]",
                ";",
                "\u{feff}",
                "\u{a0}",
                "}",
            ]);
            out.extend(end.bytes());
        }
        if self.random.one_in(60) {
            let depth = [3, 40, 150, 600, 5000][self.random.below(5)];
            let end = out.iter().rposition(|byte| *byte == b'}').unwrap_or(0);
            let deep = format!(",\"deep\":{}{}", "[".repeat(depth), "]".repeat(depth));
            out.splice(end..end, deep.bytes());
        }
        out
    }

    fn object(&mut self) -> Vec<u8> {
        let mut members = Vec::new();
        let plain = format!("\"email\":\"{}\"", self.decoy).into_bytes();
        if self.random.one_in(3) {
            members.push(plain.clone());
        }
        for _ in 0..1 + self.random.below(2) {
            members.push(self.member());
        }
        if self.random.one_in(4) {
            members.push(plain);
        }
        let comma = match self.random.below(30) {
            0 => &b",,"[..],
            1 => b";",
            2 => b"\n",
            3 => b",/**/",
            4 => b", //x\n",
            5 => b"\x0b,",
            _ => b",",
        };
        let end = match self.random.below(40) {
            0 => &b",}"[..],
            1 => b"",
            2 => b",null}",
            3 => b"]",
            _ => b"}",
        };
        [b"{", members.join(comma).as_slice(), end].concat()
    }

    fn member(&mut self) -> Vec<u8> {
        let key: Vec<u8> = if self.random.one_in(2) {
            b"email".into()
        } else if self.random.one_in(4) {
            let mut key = b"email".to_vec();
            self.edit(&mut key);
            key
        } else {
            KEYS[self.random.below(KEYS.len())].into()
        };
        let (open, close) = match self.random.below(24) {
            0 => ("'", "'"),
            1 => ("", ""),
            2 => ("\u{201c}", "\u{201d}"),
            _ => ("\"", "\""),
        };
        let colon = match self.random.below(40) {
            0 => "=",
            1 => "::",
            2 => "\u{a0}:",
            3 => "=>",
            _ => ":",
        };
        let value = self.json_value();
        [
            open.as_bytes(),
            &key,
            close.as_bytes(),
            colon.as_bytes(),
            &value,
        ]
        .concat()
    }

    fn json_value(&mut self) -> Vec<u8> {
        let account = self.account();
        let quoted = format!("\"{account}\"").into_bytes();
        match self.random.below(26) {
            0 => [b"[", quoted.as_slice(), b"]"].concat(),
            1 => [b"{\"x\":", quoted.as_slice(), b"}"].concat(),
            2 => format!("'{account}'").into(),
            3 => account.into(),
            4 => b"null".into(),
            5 => b"\"\"".into(),
            6 => self
                .random
                .pick(&[
                    "true",
                    "NaN",
                    "Infinity",
                    "-Infinity",
                    "0x10",
                    "1e3",
                    "01",
                    "+1",
                    "1.",
                    ".5",
                    "-0",
                    "12345.0",
                ])
                .into(),
            7 => {
                // Escapes of what needs none.
                let at = self.random.below(account.len());
                let (before, after) = account.split_at(at);
                let mut rest = after.chars();
                let first = rest.next().map_or(0, u32::from);
                format!("\"{before}\\u{first:04x}{}\"", rest.as_str()).into()
            }
            8 => {
                let escape = self.random.pick(&[
                    "\\u0000",
                    "\\ud800",
                    "\\udc00",
                    "\\x00",
                    "\\0",
                    "\\a",
                    "\\'",
                    "\\",
                    "\\u00",
                    "\\U00000041",
                    "\\ufeff",
                    "\\u200b",
                    "\\n",
                    "\\ud83d",
                    "\n",
                    "\t",
                    "\0",
                ]);
                format!("\"{account}{escape}\"").into()
            }
            9 => {
                let mut value = account.as_bytes().to_vec();
                self.edit(&mut value);
                [b"\"", value.as_slice(), b"\""].concat()
            }
            10 => format!("\"{account}\" \"{}\"", self.victim).into(),
            11 => format!("\"{account}\"/*x*/").into(),
            _ => quoted,
        }
    }
}

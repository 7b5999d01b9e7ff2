//! Lines of cookies.

use super::Generator;
use crate::place::COOKIE;
use crate::request::Request;

const NAMES: [&str; 46] = [
    "sid",
    "sid",
    "sid",
    "SID",
    "Sid",
    " sid",
    "sid ",
    "\tsid",
    "\"sid\"",
    "'sid'",
    "%73id",
    "s%69d",
    "sid%00",
    "%20sid",
    "sid%20",
    "sid[]",
    "sid[0]",
    "[sid]",
    "sid.x",
    ".sid",
    "sid.",
    "s\u{131}d",
    "\u{17f}id",
    "\u{a0}sid",
    "\u{85}sid",
    "\u{feff}sid",
    "sid\u{a0}",
    "sid\u{200b}",
    "x,sid",
    ",sid",
    "$sid",
    "$Version=1; sid",
    "$Path=/; sid",
    "__Host-sid",
    "a b sid",
    "a=b sid",
    "a=b,sid",
    "a=b, sid",
    "a=\"b\" sid",
    "a=\"b\",sid",
    "a=\"b; sid",
    "a='b; sid",
    "a=(b sid",
    "a={\"x\":1,\"sid",
    "sid;",
    "s\\id",
];

const BEFORE: [&str; 24] = [
    "a=1; ",
    "a=1;",
    "a=1, ",
    "a=1,",
    "a=1 ",
    "a; ",
    "a=1;\t",
    "; ",
    ";",
    ",",
    " ",
    "=1; ",
    "=; ",
    "a=\"x\"; ",
    "a=\"x; ",
    "a=\"x\\\"; ",
    "a='x; ",
    "$Version=1; ",
    "$Version=\"1\", ",
    "a=\u{e9}; ",
    "a=[x; ",
    "a={\"b\":\"c\",\"d\"}; ",
    "a==; ",
    "a=1\u{a0}; ",
];

impl Generator {
    pub(super) fn cookies(&mut self) -> Request {
        let mut request = self.head_only();
        if self.random.one_in(15) {
            request.target = match self.random.below(3) {
                0 => format!("/account;{COOKIE}={}", self.victim),
                1 => format!("/account;jsessionid={}", self.victim),
                _ => format!("/account?{COOKIE}={}", self.victim),
            }
            .into();
        }
        for _ in 0..1 + usize::from(self.random.one_in(8)) {
            let mut line = self.cookie_line();
            // What Envoy refuses tells nothing.
            line.retain(|byte| matches!(byte, b'\t' | b' '..=b'~' | 0x80..));
            request = request.header("cookie", line);
        }
        request
    }

    fn cookie_line(&mut self) -> Vec<u8> {
        let mut line = Vec::new();
        if self.random.one_in(3) {
            line.extend(BEFORE[self.random.below(BEFORE.len())].bytes());
        }
        let plain = format!("{COOKIE}={}", self.decoy);
        if self.random.one_in(4) {
            line.extend(plain.bytes());
            line.extend(
                self.random
                    .pick(&["; ", "; ", ";", ",", ", ", " ", "&", "\t", ";;"])
                    .bytes(),
            );
        }
        for number in 0..1 + self.random.below(2) {
            if number > 0 {
                line.extend(
                    self.random
                        .pick(&[
                            "; ", "; ", "; ", ";", ",", ", ", " ", "&", "\t", "\u{a0}", "|", ":",
                        ])
                        .bytes(),
                );
            }
            let mut name: Vec<u8> = NAMES[self.random.below(NAMES.len())].into();
            if self.random.one_in(8) {
                self.edit(&mut name);
            }
            line.extend(name);
            line.extend(
                self.random
                    .pick(&[
                        "=", "=", "=", "=", "=", "=", "=", "=", " = ", "==", ":", "", "%3D", "=\t",
                        " =",
                    ])
                    .bytes(),
            );
            line.extend(self.cookie_value());
        }
        if self.random.one_in(5) {
            line.extend(b"; ");
            line.extend(plain.bytes());
        }
        if self.random.one_in(10) {
            line.extend(
                self.random
                    .pick(&[
                        ";",
                        "; $Path=/",
                        "; Path=/",
                        ",",
                        "\"",
                        "; a",
                        "; =",
                        " x",
                        "; b=\"",
                        "\\",
                        "; a=b, c=d",
                    ])
                    .bytes(),
            );
        }
        line
    }

    fn cookie_value(&mut self) -> Vec<u8> {
        let account = self.account();
        let first = account.as_bytes().first().copied().unwrap_or(b'x');
        let rest = account.get(1..).unwrap_or_default();
        match self.random.below(28) {
            0 => format!("\"{account}\""),
            1 => format!("\"\\{first:03o}{rest}\""),
            2 => format!("\"\\{account}\""),
            3 => format!("\"{account}"),
            4 => format!("{account}\""),
            5 => format!("'{account}'"),
            6 => format!("%{first:02x}{rest}"),
            7 => format!("%25{first:02x}{rest}"),
            8 => format!("{account},{}", self.decoy),
            9 => format!("{account}={}", self.decoy),
            10 => format!("{account}[{}", self.decoy),
            11 => format!("{account} {}", self.decoy),
            12 => format!("{account}+"),
            13 => format!(" {account} "),
            14 => format!("\u{a0}{account}"),
            15 => format!("{account}\u{a0}"),
            16 => format!("\"{account}\"x"),
            17 => format!("{account}.node7"),
            18 => format!("j:\"{account}\""),
            19 => format!("\"{account}\\\"; {}\"", self.decoy),
            20 => format!("{account}%00"),
            21 => format!("{account}&{}", self.decoy),
            22 => format!("%22{account}%22"),
            _ => account.to_owned(),
        }
        .into()
    }
}

//! Paths: routes, and a segment that is an account.

use super::Generator;
use crate::request::Request;

/// Routes with the methods that they are for.
const PATHS: [(&str, &str); 5] = [
    ("POST", "/login"),
    ("POST", "/login/code"),
    ("GET", "/account"),
    ("POST", "/users/bob/login"),
    ("GET", "/admin"),
];

impl Generator {
    pub(super) fn route(&mut self) -> Request {
        let (method, path) = PATHS[self.random.below(PATHS.len())];
        let mut path = path.as_bytes().to_vec();
        if self.random.one_in(6) {
            let (_, other) = PATHS[self.random.below(PATHS.len())];
            let between = self.random.pick(&[
                "%3f/..", "/..", "%23/..", ";/..", "/..;", "%3b/..", "/%2e%2e", "%00/..", "/.%2e",
                "\\..", "%5c..", "%80/..",
            ]);
            path = [other.as_bytes(), between.as_bytes(), &path].concat();
        }
        for _ in 0..1 + self.random.below(2) {
            self.respell(&mut path);
        }
        if self.random.one_in(12) {
            path.extend(
                self.random
                    .pick(&["?", "?x", "?/../admin", "?x=%", "??", "?;", "?#"])
                    .bytes(),
            );
        }
        if self.random.one_in(60) {
            let times = [100, 1000, 1400, 2600][self.random.below(4)];
            let filler = self
                .random
                .pick(&["/./", "/x/..", "//", "/%2e", "/;"])
                .repeat(times);
            path.splice(0..0, filler.bytes().take(7000));
        }
        let method = if self.random.one_in(15) {
            self.random
                .pick(&["GET", "POST", "PUT", "OPTIONS", "DELETE"])
        } else {
            method
        };
        Request::new(method, path)
    }

    pub(super) fn segment(&mut self) -> Request {
        let account = self.account();
        let mut name = account.as_bytes().to_vec();
        let count = self.random.below(3);
        for _ in 0..count {
            self.respell(&mut name);
        }
        if self.random.one_in(10) {
            let other = self.account();
            name.extend(
                self.random
                    .pick(&[
                        "%2f", "%5c", ";", "%3f", "%23", "%00", ";x=", "%3b", "%252f", "+", "%20",
                        ",", "%0a", "/../",
                    ])
                    .bytes(),
            );
            name.extend(other.bytes());
        }
        let mut path = [b"/users/", name.as_slice(), b"/login"].concat();
        if self.random.one_in(4) {
            self.respell(&mut path);
        }
        Request::new(self.random.pick(&["GET", "POST"]), path)
    }

    /// One change of a path.
    fn respell(&mut self, path: &mut Vec<u8>) {
        let slashes: Vec<usize> = (0..path.len()).filter(|at| path[*at] == b'/').collect();
        let slash = slashes.get(self.random.below(slashes.len())).copied();
        let any = self.random.below(path.len() + 1);
        let at = match (self.random.below(3), slash) {
            (0, Some(slash)) => slash,
            (1, _) => path.len(),
            _ => any,
        };
        match self.random.below(12) {
            0..=2 => {
                // One byte, encoded.
                let at = any.min(path.len().saturating_sub(1));
                let Some(&byte) = path.get(at) else { return };
                if at == 0 && byte == b'/' {
                    return;
                }
                let code = match self.random.below(9) {
                    0 => format!("%25{byte:02x}"),
                    1 => format!("%u00{byte:02x}"),
                    2 => format!("%2525{byte:02x}"),
                    3 => format!("%{byte:02X}"),
                    4 => format!("%c0%{:02x}", byte | 0x80),
                    5 => format!("%ef%bc%{:02x}", byte.wrapping_add(0x60)),
                    _ => format!("%{byte:02x}"),
                };
                path.splice(at..=at, code.bytes());
            }
            3..=6 => {
                let inserted = self.random.pick(&[
                    "%80",
                    "%00",
                    "%20",
                    "%09",
                    "%0a",
                    "%0d%0a",
                    "%ff",
                    "%c2%a0",
                    "%e2%80%8b",
                    "%ef%bb%bf",
                    "%",
                    "%2",
                    "%zz",
                    "+",
                    ";",
                    ";x",
                    ";a=b",
                    ";jsessionid=x",
                    "%3b",
                    "%3bx",
                    "%3f",
                    "%3fx",
                    "%23",
                    "%23x",
                    "%5c",
                    "\\",
                    "%2f",
                    "%2F",
                    "%252f",
                    "%7f",
                    "%c2%85",
                    "%e3%80%80",
                    "%ed%a0%80",
                    "%ad",
                    "%c2%ad",
                    ".",
                    "%2e",
                    "~",
                    "*",
                    ":",
                    "|",
                    "^",
                    "`",
                    "\"",
                    "<",
                    "{",
                    "&",
                    "=",
                    ",",
                    "'",
                    "!",
                    "$",
                    "%25",
                    "%u002f",
                    "%uff0f",
                ]);
                path.splice(at..at, inserted.bytes());
            }
            7 | 8 => {
                let at = slash.unwrap_or(0);
                let inserted = self.random.pick(&[
                    "/",
                    "/.",
                    "/x/..",
                    "/./",
                    "//",
                    "/..",
                    "/x/..;",
                    "/.;",
                    "/%2e",
                    "/%2e%2e",
                    "/x/%2e%2e",
                    "/x%2f..",
                    "/x/..%2f",
                    "\\",
                    "/\\",
                    "/;",
                    "/;x",
                    "/x\\..",
                    "/x/.%2e",
                    "/x/..%00",
                    "/x/..%5c",
                    "/.%00",
                    "/...",
                    "/x/...",
                    "/*",
                    "/~",
                    "/index.php",
                    "/x/../",
                    "/x//..",
                    "/%20",
                    "/x;/..",
                    "/.;x=y",
                ]);
                path.splice(at..at, inserted.bytes());
            }
            9 | 10 => {
                let end = self.random.pick(&[
                    "/",
                    "//",
                    "/.",
                    "/..",
                    "/x/..",
                    ".",
                    "..",
                    ".json",
                    ".html",
                    ".php",
                    "/index.php",
                    ";",
                    ";x",
                    "%20",
                    "%2f",
                    "%00",
                    "%0a",
                    "/%2e",
                    "%3f",
                    "%23",
                    "/;",
                    "\\",
                    "%5c",
                    "::$DATA",
                    "~1",
                    "%e2%80%8b",
                    "?",
                    "/?",
                    "/.;",
                    "/%20",
                    "%09",
                    "%0d",
                    "%",
                    "%25",
                    "/*",
                    ".%00",
                    "%c2%a0",
                    "/./",
                    ".xml",
                    ".*",
                ]);
                path.extend(end.bytes());
            }
            11 if self.random.one_in(3) => {
                // Passes in HTTP/2 alone.
                let raw = [
                    &b"\x80"[..],
                    b"\xff",
                    b"\xc2\xa0",
                    b"\xef\xbb\xbf",
                    b"\xc3\xa9",
                    b"\xe2\x80\x8b",
                ];
                let inserted = raw[self.random.below(raw.len())];
                path.splice(at..at, inserted.iter().copied());
            }
            _ => {
                if let Some(byte) = path.get_mut(any).filter(|byte| byte.is_ascii_alphabetic()) {
                    *byte ^= 0x20;
                }
            }
        }
    }
}

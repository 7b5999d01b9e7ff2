//! The header `authorization`.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};

use super::Generator;
use crate::place::Place;
use crate::request::Request;

impl Generator {
    pub(super) fn authorization(&mut self, place: Place) -> Request {
        let mut request = self.head_only();
        for _ in 0..1 + usize::from(self.random.one_in(8)) {
            let mut line = self.authorization_line(place);
            line.retain(|byte| matches!(byte, b'\t' | b' '..=b'~' | 0x80..));
            request = request.header("authorization", line);
        }
        if self.random.one_in(30) {
            let name = self.random.pick(&[
                "x-authorization",
                "proxy-authorization",
                "authorization_",
                "x_authorization",
            ]);
            let line = self.authorization_line(place);
            request = request.header(name, line);
        }
        request
    }

    fn authorization_line(&mut self, place: Place) -> Vec<u8> {
        let scheme = if place == Place::Basic {
            "Basic"
        } else {
            "Bearer"
        };
        let mut line = match self.random.below(30) {
            0 => format!("{} ", scheme.to_ascii_lowercase()),
            1 => format!("{} ", scheme.to_ascii_uppercase()),
            2 => format!("{scheme}  "),
            3 => format!("{scheme}\t"),
            4 => format!("{scheme}\u{a0}"),
            5 => format!("{scheme}:"),
            6 => format!("{scheme}: "),
            7 => format!("{scheme}="),
            8 => scheme.to_owned(),
            9 => format!("Basic x, {scheme} "),
            10 => format!("Digest x,{scheme} "),
            11 => format!("x {scheme} "),
            12 => format!("{scheme} {scheme} "),
            13 => format!("\"{scheme}\" "),
            14 => format!(",{scheme} "),
            15 => format!("{scheme},"),
            16 => format!("\u{feff}{scheme} "),
            17 => format!("\u{a0}{scheme} "),
            18 => format!("{scheme} \u{a0}"),
            19 => "Token ".to_owned(),
            20 => format!("{scheme} token="),
            21 => format!("{scheme} token=\""),
            22 => format!("{scheme} x "),
            23 => format!("{scheme} ,"),
            _ => format!("{scheme} "),
        }
        .into_bytes();
        let value = if place == Place::Basic {
            self.basic()
        } else {
            self.token()
        };
        line.extend(value);
        if self.random.one_in(5) {
            let other = if place == Place::Basic {
                STANDARD.encode(format!("{}:x", self.decoy))
            } else {
                self.decoy.to_owned()
            };
            let end = match self.random.below(12) {
                0 => " junk".to_owned(),
                1 => format!(" {other}"),
                2 => format!(", {scheme} {other}"),
                3 => format!(",{other}"),
                4 => "=".to_owned(),
                5 => "\t".to_owned(),
                6 => ";x".to_owned(),
                7 => "\u{a0}".to_owned(),
                8 => "\"".to_owned(),
                9 => ", x=y".to_owned(),
                10 => format!(" {scheme} {other}"),
                _ => "==".to_owned(),
            };
            line.extend(end.bytes());
        }
        if self.random.one_in(20) {
            self.edit(&mut line);
        }
        line
    }

    fn token(&mut self) -> Vec<u8> {
        let account = self.account();
        match self.random.below(12) {
            0 => format!("\"{account}\""),
            1 => format!("{account},"),
            2 => format!("{account}="),
            3 => format!("<{account}>"),
            4 => format!("%{:02x}{}", account.as_bytes()[0], &account[1..]),
            _ => account.to_owned(),
        }
        .into()
    }

    fn basic(&mut self) -> Vec<u8> {
        let account = self.account();
        let noise = self.noise();
        let password = self.random.pick(&["x", "", "x:y", "\u{e9}", "pass word"]);
        let user = match self.random.below(16) {
            0 => [noise, account.as_bytes()].concat(),
            1 => [account.as_bytes(), noise].concat(),
            2 => [account.as_bytes(), b"%00"].concat(),
            3 => [b"\"", account.as_bytes(), b"\""].concat(),
            4 => [b"%76", &account.as_bytes()[1..]].concat(),
            _ => account.into(),
        };
        let colon = match self.random.below(16) {
            0 => "",
            1 => "::",
            2 => "%3a",
            3 => " : ",
            _ => ":",
        };
        let pair = [user.as_slice(), colon.as_bytes(), password.as_bytes()].concat();
        let pair = if self.random.one_in(30) {
            String::from_utf8_lossy(&pair)
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect()
        } else {
            pair
        };
        let decoy = STANDARD.encode(format!("{}:x", self.decoy));
        let mut text = match self.random.below(12) {
            0 => STANDARD_NO_PAD.encode(&pair),
            1 => URL_SAFE.encode(&pair),
            2 => STANDARD.encode(&pair) + &decoy,
            3 => decoy + &STANDARD.encode(&pair),
            4 => String::from_utf8_lossy(&pair).into_owned(),
            _ => STANDARD.encode(&pair),
        };
        if self.random.one_in(6) {
            let at = self.random.below(text.len() + 1);
            let junk = self.random.pick(&[
                "=", " ", "-", "_", "!", ",", "\t", ".", "==", "\u{e9}", "\u{a0}", "*", "~", ":",
                "%3D", "+", "/",
            ]);
            let at = (at..=text.len())
                .find(|at| text.is_char_boundary(*at))
                .unwrap_or(0);
            text.insert_str(at, junk);
        }
        text.into()
    }
}

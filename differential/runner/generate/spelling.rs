//! Spellings of names and values.

use super::Generator;
use crate::place::Field;

const FLAT: [&str; 92] = [
    "email",
    "email",
    "email",
    "email[]",
    "email[0]",
    "email[x]",
    "[email]",
    "email]",
    "email[",
    "[email",
    "email[]]",
    "email[[]",
    "[[email]]",
    "[email][]",
    "[]email",
    "email[][]",
    "email[][x]",
    "email.x",
    "email.0",
    ".email",
    "email.",
    "email[0",
    "email[]x",
    "email[x].y",
    "Email",
    "EMAIL",
    "eMail",
    "emaIl",
    "email:",
    "email;",
    "email=",
    "?email",
    "#email",
    "&email",
    "'email'",
    "\"email\"",
    "email\"",
    "\"email",
    "\\email",
    "e\\mail",
    "email\\",
    "\\145mail",
    "em\\u0061il",
    "&#101;mail",
    "email ",
    " email",
    "e mail",
    "email\0",
    "email\0x",
    "\0email",
    "x email",
    "x;email",
    "x,email",
    "x.email",
    "x[email]",
    "x:email",
    "x/email",
    "/email",
    "email/",
    "email-",
    "-email",
    "email_",
    "_email",
    "email()",
    "(email)",
    "{email}",
    "email{",
    "<email>",
    "email|",
    "email~",
    "email*",
    "email*0",
    "email*0*",
    "$email",
    "@email",
    "email@",
    "!email",
    "%email",
    "em%ail",
    "ema\u{131}l",
    "ema\u{130}l",
    "\u{ff45}mail",
    "e\u{301}mail",
    "\u{e9}mail",
    "emai\u{217c}",
    "email\u{feff}",
    "\u{feff}email",
    "[0][email]",
    "[0]email",
    "0[email]",
    "email,x",
    "email;x",
];

const NESTED: [&str; 62] = [
    "user[email]",
    "user[email]",
    "user[email]",
    "user[email][]",
    "user[email][0]",
    "user[email][x]",
    "user[[email]]",
    "user[email",
    "user]email[",
    "user[email]x",
    "user[email].x",
    "user[][email]",
    "user[0][email]",
    "user[x][email]",
    "user [email]",
    "user[ email]",
    "user[email ]",
    " user[email]",
    "user[email] ",
    "user[\"email\"]",
    "user['email']",
    "[user][email]",
    "[user[email]]",
    "user.email",
    "user.email[]",
    "user[.email]",
    "user.[email]",
    "user[email.]",
    "User[Email]",
    "USER[EMAIL]",
    "user[Email]",
    "user{email}",
    "user(email)",
    "user:email",
    "user/email",
    "user->email",
    "user_email",
    "user_email]",
    "user[email]]",
    "user[[email]",
    "user[email][",
    "user[]email",
    "user[email][email]",
    "user",
    "user[]",
    "user[email\0]",
    "user\0[email]",
    "user[\0email]",
    "us er[email]",
    "user%5Bemail%5D",
    "user[em\\ail]",
    "user[\u{ff45}mail]",
    "user[email]\u{feff}",
    "\u{feff}user[email]",
    "u[user][email]",
    "email",
    "user[e][mail]",
    "user[email];",
    "user;[email]",
    "user,[email]",
    "user[email,]",
    "user[=email]",
];

const PUNCTUATION: &[u8] = b"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

impl Generator {
    /// A name that some reader may take for the field's, not encoded.
    pub(super) fn name(&mut self) -> Vec<u8> {
        let plain = self.field.name();
        if self.random.one_in(4) {
            return plain.into();
        }
        let mut name: Vec<u8> = match self.field {
            _ if self.random.one_in(3) => plain.into(),
            Field::Flat => FLAT[self.random.below(FLAT.len())].into(),
            Field::Nested => NESTED[self.random.below(NESTED.len())].into(),
        };
        let edits = if name == plain.as_bytes() { 1 } else { 0 };
        for _ in 0..edits + usize::from(self.random.one_in(4)) {
            self.edit(&mut name);
        }
        name
    }

    /// One change somewhere, most often at an end.
    pub(super) fn edit(&mut self, text: &mut Vec<u8>) {
        let at = match self.random.below(5) {
            0 | 1 => 0,
            2 | 3 => text.len(),
            _ => self.random.below(text.len() + 1),
        };
        match self.random.below(10) {
            0..=4 => {
                let noise = self.noise();
                text.splice(at..at, noise.iter().copied());
            }
            5..=7 => text.insert(at, PUNCTUATION[self.random.below(PUNCTUATION.len())]),
            8 => {
                if let Some(byte) = text.get_mut(at) {
                    *byte ^= if byte.is_ascii_alphabetic() { 0x20 } else { 0 };
                }
            }
            _ => {
                let other = self
                    .random
                    .pick(&["x", "0", "[]", "\\", "%", "+", "=", "&amp;"]);
                text.splice(at..at, other.bytes());
            }
        }
    }

    /// A value: one of the two accounts, rarely with something about it.
    pub(super) fn value(&mut self) -> Vec<u8> {
        let account = self.account();
        let mut value: Vec<u8> = account.into();
        if self.random.one_in(8) {
            self.edit(&mut value);
        }
        if self.random.one_in(40) {
            let other = self.account();
            let between = self
                .random
                .pick(&[",", ";", " ", "\0", "\n", "&", "=", "|", "\t", ":"]);
            value.extend(between.bytes());
            value.extend(other.bytes());
        }
        if self.random.one_in(40) {
            value.clear();
        }
        value
    }

    /// Encodes for a form, or for a query, in which no byte may stand that a target cannot have.
    pub(super) fn encoded(&mut self, text: &[u8], in_target: bool) -> Vec<u8> {
        let mut out = Vec::new();
        let sloppy = self.random.one_in(12);
        for &byte in text {
            let plain = byte.is_ascii_alphanumeric() || b"-._*@".contains(&byte);
            let possible = matches!(byte, b'!'..=b'~') && byte != b'#';
            let raw = if plain {
                !self.random.one_in(60)
            } else if b"[]".contains(&byte) {
                !self.random.one_in(3)
            } else {
                sloppy && (possible || !in_target)
            };
            match byte {
                _ if raw => out.push(byte),
                b' ' if !self.random.one_in(3) => out.push(b'+'),
                _ if self.random.one_in(60) => out.extend(format!("%25{byte:02X}").bytes()),
                _ if self.random.one_in(60) => out.extend(format!("%u{byte:04x}").bytes()),
                _ if self.random.one_in(2) => out.extend(format!("%{byte:02X}").bytes()),
                _ => out.extend(format!("%{byte:02x}").bytes()),
            }
        }
        if self.random.one_in(14) {
            let at = self.random.below(out.len() + 1);
            let broken = self.random.pick(&[
                "%",
                "%80",
                "%zz",
                "%8",
                "%u",
                "%u00",
                "%u0000",
                "%00",
                "+",
                "%2",
                "%ff",
                "%c0%80",
                "%ed%a0%80",
                "%0a",
                "%0d%0a",
                "%e2%80%8b",
                "%a0",
                "%u200b",
                "%uD800",
                "%25",
                "&#0;",
                "%%",
                "%-1",
                "% 1",
                "%+1",
                "%0x",
            ]);
            out.splice(at..at, broken.bytes());
        }
        out
    }
}

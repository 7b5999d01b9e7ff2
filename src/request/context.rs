//! All that is told beside the verdict in one value: a dictionary of structured fields (RFC 9651, 3.2).

use super::members::Members;

/// A dictionary as it is written: `reason="vpn", score=35, signals=("vpn" "hosting")`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Dictionary(String);

/// What stands under a key of a dictionary of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// An integer, or a token.
    Bare(String),
    /// A string.
    Text(String),
    /// An inner list of strings.
    List(Vec<String>),
}

impl Dictionary {
    /// Adds an item.
    pub(super) fn item(&mut self, key: &str, item: &Item) {
        match item {
            Item::Bare(value) => self.token(key, value),
            Item::Text(value) => self.text(key, value),
            Item::List(values) => {
                let values: Vec<&str> = values.iter().map(String::as_str).collect();
                self.list(key, &values);
            }
        }
    }

    /// As it is sent.
    pub(super) fn into_text(self) -> String {
        self.0
    }

    fn key(&mut self, key: &str) {
        match self.0.is_empty() {
            true => self.0.reserve(128),
            false => self.0.push_str(", "),
        }
        self.0.push_str(key);
        self.0.push('=');
    }

    /// Strings are visible ASCII and blanks; the names of operators are nothing else.
    fn string(&mut self, value: &str) {
        self.0.push('"');
        let is_plain = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
        if value.as_bytes().iter().all(is_plain) {
            self.0.push_str(value);
            self.0.push('"');
            return;
        }
        for character in value.chars() {
            match character {
                '"' | '\\' => self.0.extend(['\\', character]),
                ' '..='~' => self.0.push(character),
                _ => self.0.push('?'),
            }
        }
        self.0.push('"');
    }
}

/// Keys are given once each, in lower case.
impl Members for Dictionary {
    fn integer(&mut self, key: &str, value: u64) {
        self.key(key);
        self.0.push_str(itoa::Buffer::new().format(value));
    }

    fn token(&mut self, key: &str, value: &str) {
        self.key(key);
        self.0.push_str(value);
    }

    fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        self.string(value);
    }

    fn list(&mut self, key: &str, values: &[&str]) {
        if values.is_empty() {
            return;
        }
        self.key(key);
        let mut before = '(';
        for value in values {
            self.0.push(before);
            self.string(value);
            before = ' ';
        }
        self.0.push(')');
    }
}

/// Reads a dictionary that was written here, up to the first thing that was not.
#[must_use]
pub fn read(text: &str) -> Vec<(String, Item)> {
    let mut members = Vec::new();
    let mut rest = text;
    while let Some((key, value)) = rest.split_once('=') {
        let Some((item, after)) = item(value) else {
            break;
        };
        members.push((key.to_owned(), item));
        rest = after.strip_prefix(", ").unwrap_or_default();
    }
    members
}

/// An item, and what follows it.
fn item(text: &str) -> Option<(Item, &str)> {
    if let Some((value, rest)) = string(text) {
        return Some((Item::Text(value), rest));
    }
    if let Some(mut rest) = text.strip_prefix('(') {
        let mut values = Vec::new();
        loop {
            let (value, after) = string(rest)?;
            values.push(value);
            match after.strip_prefix(' ') {
                Some(next) => rest = next,
                None => return Some((Item::List(values), after.strip_prefix(')')?)),
            }
        }
    }
    let end = text.find(',').unwrap_or(text.len());
    let (value, rest) = text.split_at_checked(end)?;
    (!value.is_empty()).then(|| (Item::Bare(value.to_owned()), rest))
}

fn string(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut value = String::new();
    let mut characters = inner.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, inner.get(at.saturating_add(1)..)?)),
            '\\' => value.push(characters.next()?.1),
            _ => value.push(character),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_dictionary_is_a_structured_field() {
        let mut dictionary = Dictionary::default();
        dictionary.text("reason", "say \"no\"\\");
        dictionary.integer("score", 35);
        dictionary.integer("asn", 0);
        dictionary.integer("most", u64::MAX);
        dictionary.list("signals", &["vpn", "hosting"]);
        dictionary.list("lists", &[]);
        dictionary.token("monitored", "deny");
        assert_eq!(
            dictionary.into_text(),
            r#"reason="say \"no\"\\", score=35, asn=0, most=18446744073709551615, signals=("vpn" "hosting"), monitored=deny"#
        );
    }

    proptest! {
        #[test]
        fn what_was_written_reads_back(
            texts in prop::collection::vec("[ -~]{0,12}", 0..4),
            list in prop::collection::vec("[ -~]{0,6}", 1..4), number: u64,
        ) {
            let mut dictionary = Dictionary::default();
            let mut written = Vec::new();
            for (at, text) in texts.iter().enumerate() {
                let key = format!("key_{at}");
                dictionary.text(&key, text);
                written.push((key, Item::Text(text.clone())));
            }
            dictionary.list("list", &list.iter().map(String::as_str).collect::<Vec<_>>());
            dictionary.integer("number", number);
            written.push(("list".to_owned(), Item::List(list)));
            written.push(("number".to_owned(), Item::Bare(number.to_string())));
            prop_assert_eq!(read(&dictionary.into_text()), written);
        }

        #[test]
        fn any_text_is_read(text: String) {
            let _ = read(&text);
        }
    }
}

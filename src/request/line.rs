//! A line of the audit log: one JSON object, member by member.

use super::members::Members;

/// An object as it is written: `{"palisade":"refused","score":90}`.
#[derive(Debug)]
pub(super) struct AuditLine(String);

impl AuditLine {
    /// An object with its first member.
    pub(super) fn new(name: &str, value: &str) -> Self {
        let mut line = Self(String::with_capacity(512));
        line.0.push('{');
        line.text(name, value);
        line
    }

    /// As it is written.
    pub(super) fn into_text(mut self) -> String {
        self.0.push('}');
        self.0
    }

    /// The name of a member; names are given once each, and need no escaping.
    fn name(&mut self, name: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.0.extend(["\"", name, "\":"]);
    }
}

impl Members for AuditLine {
    fn integer(&mut self, name: &str, value: u64) {
        self.name(name);
        self.0.push_str(itoa::Buffer::new().format(value));
    }

    fn token(&mut self, name: &str, value: &str) {
        self.text(name, value);
    }

    fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        // The text alone: a `Value` can be a float as well, whose digits cost 40 KiB.
        self.0
            .push_str(&serde_json::to_string(value).unwrap_or_default());
    }

    fn list(&mut self, name: &str, values: &[&str]) {
        if !values.is_empty() {
            self.text(name, &values.join(","));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_object_whatever_stands_in_it() {
        let mut line = AuditLine::new("palisade", "refused");
        line.integer("score", 90);
        line.text("host", "a\"}\n{\"palisade\":\"forged\\");
        line.list("signals", &["tor", "vpn"]);
        line.list("lists", &[]);
        let text = line.into_text();
        let expected = r#"{"palisade":"refused","score":90,"host":"a\"}\n{\"palisade\":\"forged\\","signals":"tor,vpn"}"#;
        assert_eq!(text, expected);
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
    }
}

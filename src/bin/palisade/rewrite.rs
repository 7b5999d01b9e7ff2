//! Changes in a YAML text that leave its comments where they are.

use crate::yaml::{Mark, Node};

/// A text, and what is to stand in it instead.
pub(crate) struct Rewrite<'t> {
    text: &'t str,
    changes: Vec<(usize, usize, String)>,
}

impl<'t> Rewrite<'t> {
    pub(crate) const fn new(text: &'t str) -> Self {
        Self {
            text,
            changes: Vec::new(),
        }
    }

    /// Puts a text in the place of a value.
    pub(crate) fn replace(&mut self, node: &Node, by: impl Into<String>) {
        let (from, to) = (self.offset(node.mark()), self.offset(node.end()));
        // A text without quotes ends behind the white space that follows it.
        let written = self
            .text
            .get(from..to)
            .map_or(to, |written| from.saturating_add(written.trim_end().len()));
        self.changes.push((from, written, by.into()));
    }

    /// Where a place is in the text, in bytes.
    fn offset(&self, mark: Mark) -> usize {
        let lines = self.text.split_inclusive('\n');
        let before: usize = lines
            .clone()
            .take(mark.line.saturating_sub(1))
            .map(str::len)
            .sum();
        let line = self
            .text
            .lines()
            .nth(mark.line.saturating_sub(1))
            .unwrap_or_default();
        let column: usize = line
            .chars()
            .take(mark.column.saturating_sub(1))
            .map(char::len_utf8)
            .sum();
        before.saturating_add(column)
    }

    /// The text with all changes; of two that meet, the first one.
    pub(crate) fn finish(mut self) -> String {
        self.changes.sort_by_key(|(from, _, _)| *from);
        let mut written = String::new();
        let mut at = 0;
        for (from, to, by) in self.changes {
            let Some(between) = self.text.get(at..from) else {
                continue;
            };
            written.push_str(between);
            written.push_str(&by);
            at = to;
        }
        written.push_str(self.text.get(at..).unwrap_or_default());
        written
    }
}

/// A text as it stands in YAML, in quotes where it needs them.
pub(crate) fn scalar(text: &str) -> String {
    let plain = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"/_.@-".contains(&byte));
    let begins = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/');
    if plain && begins && palisade::config::yaml::boolean(text).is_none() && text != "null" {
        text.to_owned()
    } else {
        serde_json::Value::from(text).to_string()
    }
}

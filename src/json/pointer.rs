//! Places in a JSON document (RFC 6901).

use std::str::FromStr;

/// A JSON pointer: `/error/code`, `/errors/0`, or nothing for the whole document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer(Vec<String>);

impl Pointer {
    /// The most steps of any pointer.
    pub(crate) const MOST_STEPS: usize = 16;
    /// The most bytes of one that is read with [`FromStr`].
    const LONGEST: usize = 256;

    /// Reads a pointer of any length and at most [`Self::MOST_STEPS`].
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self(Vec::new()));
        }
        let steps: Option<Vec<String>> =
            text.strip_prefix('/')?.split('/').map(unescaped).collect();
        steps
            .filter(|steps| steps.len() <= Self::MOST_STEPS)
            .map(Self)
    }

    /// The names of keys and the indices of elements on the way.
    pub(crate) fn steps(&self) -> &[String] {
        &self.0
    }
}

impl FromStr for Pointer {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "a JSON pointer such as /error or /errors/0/code, of at most 256 bytes and 16 steps \
            (~1 stands for a slash in a name, ~0 for ~)";
        Self::parse(text)
            .filter(|_| text.len() <= Self::LONGEST)
            .ok_or(EXPECTED)
    }
}

fn unescaped(step: &str) -> Option<String> {
    let mut parts = step.split('~');
    let mut name = parts.next()?.to_owned();
    for part in parts {
        let (sign, rest) = part
            .strip_prefix('0')
            .map(|rest| ('~', rest))
            .or_else(|| part.strip_prefix('1').map(|rest| ('/', rest)))?;
        name.push(sign);
        name.push_str(rest);
    }
    Some(name)
}

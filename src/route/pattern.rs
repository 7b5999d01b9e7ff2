//! Patterns of paths.

use std::borrow::Cow;
use std::fmt;

use regex_lite::{Regex, RegexBuilder};

use super::glob::{Case, Glob};
use super::path::canonical;

/// The longest pattern, in bytes.
const MAX_PATTERN: usize = 1024;
/// How large a regular expression may be once compiled, in bytes: it bounds the time that a match takes.
const MAX_REGEX_SIZE: usize = 64 * 1024;

/// Some paths.
///
/// Patterns are written in the canonical form of paths ([`canonical`]): as people read them, decoded
/// (`/café`, `/a b`), with one slash between segments and none at the end. A pattern that no canonical path could
/// match is an error that names the right spelling.
#[derive(Clone, Debug)]
pub struct PathPattern {
    kind: Kind,
    case: Case,
}

#[derive(Clone, Debug)]
enum Kind {
    Exact(Box<[u8]>),
    /// Without its trailing slash: the root is empty.
    Prefix(Box<[u8]>),
    Glob(Glob),
    Regex(Regex),
}

impl PathPattern {
    /// Exactly this path.
    ///
    /// # Errors
    /// When the path is not canonical or longer than 1,024 bytes.
    pub fn exact(path: &str, case: Case) -> Result<Self, PatternError> {
        let kind = Kind::Exact(checked(path)?.into());
        Ok(Self { kind, case })
    }

    /// This path and every path below it: `/admin` is `/admin` and `/admin/users`, not `/administrator`.
    ///
    /// # Errors
    /// When the path is not canonical or longer than 1,024 bytes.
    pub fn prefix(path: &str, case: Case) -> Result<Self, PatternError> {
        let path = checked(path)?;
        let kind = Kind::Prefix(path.strip_suffix(b"/").unwrap_or(path).into());
        Ok(Self { kind, case })
    }

    /// A path in which `*` stands for any text within a segment, none included, and `**`, as a segment of its own,
    /// for any number of segments, none included: `/api/*/login`, `/**/reset`, `/admin/**`.
    ///
    /// # Errors
    /// When the path is not canonical or longer than 1,024 bytes, when `**` shares its segment, or when it has
    /// brackets or braces, which mean nothing here.
    pub fn glob(path: &str, case: Case) -> Result<Self, PatternError> {
        checked(path)?;
        if path.contains(['[', ']', '{', '}']) {
            return Err(PatternError::Brackets);
        }
        let kind = Kind::Glob(Glob::new(path).ok_or(PatternError::SharedSegment)?);
        Ok(Self { kind, case })
    }

    /// A regular expression (of the crate `regex-lite`) for the whole canonical path.
    ///
    /// A path that is not UTF-8 is matched with replacement characters. Slower than the other patterns.
    ///
    /// # Errors
    /// When the expression is malformed, longer than 1,024 bytes, too large once compiled, or begins with a letter
    /// or digit, which no path does.
    pub fn regex(expression: &str, case: Case) -> Result<Self, PatternError> {
        if expression.len() > MAX_PATTERN {
            return Err(PatternError::TooLong(expression.len()));
        }
        if expression.starts_with(|first: char| first.is_ascii_alphanumeric()) {
            return Err(PatternError::NoSlash);
        }
        let compile = |expression: &str| {
            RegexBuilder::new(expression)
                .case_insensitive(case == Case::Insensitive)
                .size_limit(MAX_REGEX_SIZE)
                .build()
                .map_err(|error| PatternError::Regex(error.to_string()))
        };
        // On its own first: `a)|(b` would be whole only between the anchors.
        compile(expression)?;
        let kind = Kind::Regex(compile(&format!("^(?:{expression})$"))?);
        Ok(Self { kind, case })
    }

    /// Whether `path`, one reading of a request's path, fits as a whole.
    #[must_use]
    pub fn matches(&self, path: &[u8]) -> bool {
        match &self.kind {
            Kind::Exact(own) => self.case.same(own, path),
            Kind::Prefix(own) => path
                .split_at_checked(own.len())
                .is_some_and(|(head, rest)| {
                    matches!(rest.first(), None | Some(b'/')) && self.case.same(own, head)
                }),
            Kind::Glob(glob) => glob.matches(path, self.case),
            Kind::Regex(regex) => regex.is_match(&String::from_utf8_lossy(path)),
        }
    }
}

/// The bytes of a path that is written as it is compared.
fn checked(path: &str) -> Result<&[u8], PatternError> {
    if path.len() > MAX_PATTERN {
        return Err(PatternError::TooLong(path.len()));
    }
    match canonical(path.as_bytes()) {
        canonical if *canonical == *path.as_bytes() => Ok(path.as_bytes()),
        canonical => Err(PatternError::NotCanonical {
            canonical: spelled(canonical),
        }),
    }
}

fn spelled(path: Cow<'_, [u8]>) -> String {
    String::from_utf8_lossy(&path).into_owned()
}

/// Why a pattern was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatternError {
    /// No request's path is ever compared in this spelling.
    NotCanonical {
        /// The spelling that is.
        canonical: String,
    },
    /// It has so many bytes.
    TooLong(usize),
    /// `**` beside other text in one segment.
    SharedSegment,
    /// `[`, `]`, `{` or `}` in a glob.
    Brackets,
    /// A regular expression that begins like no path.
    NoSlash,
    /// A regular expression that cannot be compiled, and why.
    Regex(String),
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotCanonical { canonical } => write!(
                f,
                "no path is compared in this form; expected a path that begins with a slash, does not end with \
                 one, is decoded, and has no query, parameters, empty or dot segments, such as {canonical:?}"
            ),
            Self::TooLong(length) => {
                write!(f, "{length} bytes; expected at most {MAX_PATTERN}")
            }
            Self::SharedSegment => f.write_str(
                "** shares its segment with other text; expected ** alone between slashes, or * for \
                 text within a segment",
            ),
            Self::Brackets => f.write_str(
                "brackets and braces mean nothing in a glob; expected * for any text within a segment, \
                 or a regular expression",
            ),
            Self::NoSlash => f.write_str(
                "a regular expression is compared with the whole path, which begins with a slash; \
                 expected it to begin with /, or with .* for any beginning",
            ),
            Self::Regex(reason) => write!(
                f,
                "not a regular expression ({reason}); expected one of the syntax of the regex-lite crate"
            ),
        }
    }
}

impl std::error::Error for PatternError {}

#[cfg(test)]
mod tests;

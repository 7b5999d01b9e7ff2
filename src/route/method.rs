//! The methods of protected requests.

use std::fmt;

use crate::message::is_token_byte;

/// Some methods, or all.
///
/// Letters of either case are equal. `GET` includes `HEAD`, which applications answer with the same code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Methods(Box<[Box<[u8]>]>);

impl Methods {
    /// These methods; all methods when there is none.
    ///
    /// # Errors
    /// Names what is no method after RFC 9110: a token, of at most 32 characters here.
    pub fn new<'a>(methods: impl IntoIterator<Item = &'a str>) -> Result<Self, MethodError> {
        let checked = |name: &str| {
            if (1..=32).contains(&name.len()) && name.bytes().all(is_token_byte) {
                Ok(name.to_ascii_uppercase().into_bytes().into())
            } else {
                Err(MethodError(name.chars().take(64).collect()))
            }
        };
        let mut names: Vec<Box<[u8]>> =
            methods.into_iter().map(checked).collect::<Result<_, _>>()?;
        if names.iter().any(|name| **name == *b"GET") {
            names.push(b"HEAD".as_slice().into());
        }
        Ok(Self(names.into()))
    }

    /// Those that are named; none where all are meant.
    pub fn named(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(|name| &**name)
    }

    /// Whether `method` is one of these. An absent (empty) method is every method.
    #[must_use]
    pub fn contains(&self, method: &[u8]) -> bool {
        let mut own = self.0.iter();
        self.0.is_empty() || method.is_empty() || own.any(|own| own.eq_ignore_ascii_case(method))
    }
}

/// A text that is no method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MethodError(String);

impl fmt::Display for MethodError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is not a method; expected one word such as POST, and no list at all for every method",
            self.0
        )
    }
}

impl std::error::Error for MethodError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_compared_without_regard_to_case() {
        let methods = Methods::new(["post", "PUT"]).unwrap();
        for method in [b"POST".as_slice(), b"Post", b"put", b""] {
            assert!(methods.contains(method));
        }
        for method in [b"GET".as_slice(), b"HEAD", b"POS", b"POSTS", b"\xff"] {
            assert!(!methods.contains(method));
        }
    }

    #[test]
    fn no_method_is_every_method() {
        for method in [b"GET".as_slice(), b"", b"\xff\x00"] {
            assert!(Methods::default().contains(method));
            assert!(Methods::new([]).unwrap().contains(method));
        }
    }

    #[test]
    fn what_get_serves_is_not_passed_by_head() {
        assert!(Methods::new(["get"]).unwrap().contains(b"HEAD"));
        assert!(!Methods::new(["head"]).unwrap().contains(b"GET"));
    }

    #[test]
    fn what_is_no_method_is_refused() {
        for name in [
            "",
            "GET POST",
            "GET,POST",
            "POST\n",
            "ÄNDERN",
            &"X".repeat(33),
        ] {
            let error = Methods::new([name]).unwrap_err().to_string();
            assert!(error.contains("is not a method; expected"), "{error}");
        }
    }
}

//! What a request asks to be done, to whichever application.

use crate::message::{HeaderBlock, RequestHead, is_method_override, is_token_byte};

/// The method of a request, and every other one that an application may take it for.
///
/// Many frameworks let a client name another method than that of the request line: in a header
/// (`x-http-method-override`), in the query (`_method=PUT`), or in the body of a POST, as the forms of Rails, Laravel
/// and Symfony do. The body is not read to find the route, so a POST with a body may be for every method.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The method of the request line; empty, when absent, is every method.
    pub method: &'a [u8],
    /// Those that head and query name.
    pub named: Vec<Vec<u8>>,
    /// Whether it may be any other as well.
    pub hidden: bool,
}

/// The longest method that is compared.
const LONGEST: usize = 32;
/// The most methods that head and query can name.
const MOST: usize = 4;

impl<'a> Asked<'a> {
    /// This method and no other.
    #[must_use]
    pub const fn only(method: &'a [u8]) -> Self {
        Self {
            method,
            named: Vec::new(),
            hidden: false,
        }
    }

    /// What `head` asks, out of `headers`; `ends` if no body follows.
    #[must_use]
    pub fn read(head: &RequestHead<'a>, headers: &HeaderBlock, ends: bool) -> Self {
        let mut asked = Self::only(head.method);
        asked.hidden = !ends && head.method.eq_ignore_ascii_case(b"POST");
        if head.overrides_method {
            let lines = headers.iter();
            for (_, value) in lines.filter(|(name, _)| is_method_override(name)) {
                asked.name(value);
            }
        }
        let query = head.path.iter().position(|byte| *byte == b'?');
        let query = query.and_then(|at| head.path.get(at..)).unwrap_or_default();
        let mut pairs = query.split(|byte| matches!(byte, b'&' | b';' | b'?'));
        // Nearly every query is passed over by this one look.
        if query
            .windows(2)
            .any(|two| two.eq_ignore_ascii_case(b"me") || two.first() == Some(&b'%'))
        {
            pairs.by_ref().for_each(|pair| asked.read_pair(pair));
        }
        asked
    }

    /// Whether it changes something and names no other method: not the one of a page that is only shown, to anybody.
    /// What the body names is not looked at.
    #[must_use]
    pub fn is_plain_write(&self) -> bool {
        const SAFE: [&[u8]; 5] = [b"", b"GET", b"HEAD", b"OPTIONS", b"TRACE"];
        let is_safe = SAFE
            .iter()
            .any(|safe| self.method.eq_ignore_ascii_case(safe));
        !is_safe && self.named.is_empty()
    }

    /// Every method that it names.
    pub(super) fn methods(&self) -> impl Iterator<Item = &[u8]> {
        std::iter::once(self.method).chain(self.named.iter().map(Vec::as_slice))
    }

    fn read_pair(&mut self, pair: &[u8]) {
        let at = pair.iter().position(|byte| *byte == b'=');
        let (name, value) = pair.split_at(at.unwrap_or(pair.len()));
        if names_method(&decoded(name)) {
            self.name(&decoded(value.strip_prefix(b"=").unwrap_or_default()));
        }
    }

    /// Notes every word of a value.
    fn name(&mut self, value: &[u8]) {
        for word in value.split(|byte| !is_token_byte(*byte)) {
            let known = |other: &Vec<u8>| other.eq_ignore_ascii_case(word);
            if word.is_empty()
                || word.eq_ignore_ascii_case(self.method)
                || self.named.iter().any(known)
            {
                continue;
            }
            if word.len() > LONGEST || self.named.len() >= MOST {
                self.hidden = true;
            } else {
                self.named.push(word.to_vec());
            }
        }
    }
}

/// Whether some framework takes a parameter of this name for the method: `_method`, also where another sign stands for
/// the underscore, as PHP has it, and the names of the headers. `method` alone is a usual field.
fn names_method(name: &[u8]) -> bool {
    let is_word = |byte: &&u8| byte.is_ascii_alphanumeric();
    let word: Vec<u8> = name
        .iter()
        .filter(is_word)
        .map(u8::to_ascii_lowercase)
        .collect();
    match &*word {
        b"method" => name
            .first()
            .is_some_and(|byte| !byte.is_ascii_alphanumeric()),
        b"xhttpmethodoverride" | b"xhttpmethod" | b"xmethodoverride" => true,
        _ => false,
    }
}

/// Whether a body may name another method than that of the request line, to whichever framework: in a field `_method`
/// of a form, as Rack, Rails, Laravel and Symfony read it, or of JSON. Where it merely looks so, no more than a
/// privilege is at stake.
#[must_use]
pub fn names_method_in_body(body: &[u8]) -> bool {
    const WORD: &[u8] = b"method";
    const OVERRIDE: &[u8] = b"httpmethod";
    let plain;
    let body = match body.contains(&b'%') {
        true => {
            plain = decoded(body);
            plain.as_slice()
        }
        false => body,
    };
    // A letter of a name may be escaped in JSON.
    let mut escapes = body.windows(4);
    if escapes.any(|four| matches!(four, [b'\\', b'u', b'0', b'0'])) {
        return true;
    }
    let is_named = |(at, start): (usize, &[u8])| {
        let before = body.get(..at).unwrap_or_default();
        let joined = before.last().is_some_and(|byte| {
            !byte.is_ascii_alphanumeric() && !matches!(byte, b'&' | b'"' | b'\n' | b' ')
        });
        start.eq_ignore_ascii_case(WORD) && joined
    };
    let mut words = body.windows(WORD.len()).enumerate();
    let mut overrides = body.windows(OVERRIDE.len());
    words.any(is_named) || overrides.any(|word| word.eq_ignore_ascii_case(OVERRIDE))
}

/// With its escapes decoded once.
fn decoded(text: &[u8]) -> Vec<u8> {
    super::rewrite::decode(text).unwrap_or_else(|| text.to_vec())
}

#[cfg(test)]
mod tests;

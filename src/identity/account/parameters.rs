//! Parameters of a header field: `; name=value; name="value"`.

/// A parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parameter<'h> {
    pub(super) name: &'h [u8],
    /// Between the quotes, escapes and all.
    pub(super) value: &'h [u8],
    pub(super) is_quoted: bool,
    /// Where the name begins in the header.
    pub(super) at: usize,
}

/// The value before the parameters, without blanks, and the rest of the header with where it begins.
pub(super) fn split(header: &[u8]) -> (&[u8], Rest<'_>) {
    let end = header.iter().position(|byte| *byte == b';');
    let end = end.unwrap_or(header.len());
    let (value, _) = header.split_at_checked(end).unwrap_or_default();
    (value.trim_ascii(), Rest { header, at: end })
}

/// What of a header is not read yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rest<'h> {
    header: &'h [u8],
    at: usize,
}

/// The parameters; `None` if another reader may find others.
///
/// So every parameter has a name and a value with nothing around the `=`; a bare value is a token without quotes, save
/// for the empty pair of an extended one (`filename*=utf-8''x`, RFC 8187). Nothing follows a quoted one, and behind a
/// quote that is escaped in it stands nothing that would be another parameter to those who end at that quote.
pub(super) fn read(mut rest: Rest<'_>) -> Option<Vec<Parameter<'_>>> {
    let mut parameters = Vec::new();
    while rest.byte().is_some() {
        rest.expect(b';')?;
        rest.while_is(|byte| matches!(byte, b' ' | b'\t'));
        if matches!(rest.byte(), None | Some(b';')) {
            continue;
        }
        let at = rest.at;
        let name = rest.while_is(is_token);
        rest.expect(b'=')?;
        let is_quoted = rest.expect(b'"').is_some();
        let value = if is_quoted {
            let begin = rest;
            match rest.quoted() {
                Some(value) if matches!(rest.byte(), None | Some(b';' | b' ' | b'\t')) => value,
                _ if name.eq_ignore_ascii_case(b"filename") => {
                    rest = begin;
                    rest.unescaped()?
                }
                _ => return None,
            }
        } else {
            rest.while_is(|byte| is_token(byte) || b"()/:=?'".contains(&byte))
        };
        let is_file = name.eq_ignore_ascii_case(b"filename");
        let quotes_fit = match is_quoted {
            true => is_file || !value.contains(&b'"'),
            false => has_fit_quotes(name, value),
        };
        if !quotes_fit
            || name.is_empty()
            || value.last() == Some(&b'\\')
            || (value.is_empty() && !is_quoted)
        {
            return None;
        }
        rest.while_is(|byte| matches!(byte, b' ' | b'\t'));
        parameters.push(Parameter {
            name,
            value,
            is_quoted,
            at,
        });
    }
    Some(parameters)
}

/// Whether there are no single quotes in a bare value, or the pair that an extended one has. PHP takes them for quotes.
fn has_fit_quotes(name: &[u8], value: &[u8]) -> bool {
    let quotes = value.iter().filter(|byte| **byte == b'\'').count();
    let is_extended = name.ends_with(b"*") && value.windows(2).any(|pair| pair == b"''");
    quotes == 0 || (quotes == 2 && is_extended)
}

/// A byte of a token (RFC 9110, 5.6.2) other than the single quote.
const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}

impl<'h> Rest<'h> {
    fn byte(self) -> Option<u8> {
        self.header.get(self.at).copied()
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.byte()? == byte).then(|| self.at = self.at.saturating_add(1))
    }

    /// What stands up to the last quote of all, and that quote, if nothing of it could be another parameter: some
    /// libraries write the names of files as they are, quotes and all.
    fn unescaped(&mut self) -> Option<&'h [u8]> {
        let rest = self.header.get(self.at..)?;
        let text = rest.trim_ascii_end().strip_suffix(b"\"")?;
        let is_harmless = !text.iter().any(|byte| matches!(byte, b';' | b'=' | b'\\'));
        is_harmless.then(|| {
            self.at = self.header.len();
            text
        })
    }

    /// What stands up to the quote that ends it, and that quote. Libraries escape quotes in the names of files.
    fn quoted(&mut self) -> Option<&'h [u8]> {
        let mut value = self.while_is(|byte| byte != b'"');
        let begin = self.at.checked_sub(value.len())?;
        let mut escapes = false;
        while value.last() == Some(&b'\\') {
            escapes = true;
            self.expect(b'"')?;
            self.while_is(|byte| byte != b'"');
            value = self.header.get(begin..self.at)?;
        }
        self.expect(b'"')?;
        let is_harmless = |value: &[u8]| !value.iter().any(|byte| matches!(byte, b';' | b'='));
        (!escapes || is_harmless(value)).then_some(value)
    }

    fn while_is(&mut self, is: impl Fn(u8) -> bool) -> &'h [u8] {
        let rest = self.header.get(self.at..).unwrap_or_default();
        let length = rest.iter().take_while(|byte| is(**byte)).count();
        self.at = self.at.saturating_add(length);
        rest.get(..length).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header, and names and values of its parameters.
    type Case = (
        &'static str,
        Option<&'static [(&'static str, &'static str)]>,
    );

    fn parameters(header: &str) -> Option<Vec<(String, String)>> {
        let (_, rest) = split(header.as_bytes());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let pairs = read(rest)?.into_iter();
        Some(
            pairs
                .map(|each| (text(each.name), text(each.value)))
                .collect(),
        )
    }

    #[test]
    fn parameters_are_read_where_every_reader_finds_the_same() {
        let cases: [Case; 21] = [
            ("a/b", Some(&[])),
            ("a/b;", Some(&[])),
            ("a/b ; ;; x=1", Some(&[("x", "1")])),
            (
                "a; x=1;y=\"2; z=3\" ; z=4",
                Some(&[("x", "1"), ("y", "2; z=3"), ("z", "4")]),
            ),
            ("a; f=\"C:\\dir\\f\"", Some(&[("f", "C:\\dir\\f")])),
            ("a; x=\"\"", Some(&[("x", "")])),
            ("a; x", None),
            ("a; x=", None),
            ("a; =1", None),
            ("a; x =1", None),
            ("a; x= 1", None),
            ("a; x=1 2", None),
            ("a; x=\"1", None),
            ("a; x=\"1\"2", None),
            ("a; x=\"1\\\"; y=\\\"2\"", None),
            ("a; x=\"1\\\\\"", None),
            ("a; x='1'", None),
            ("a; f*=utf-8''x", Some(&[("f*", "utf-8''x")])),
            ("a; f*=utf-8'de'x", None),
            ("a; f=utf-8''x", None),
            ("a; x=1, b; y=2", None),
        ];
        for (header, expected) in cases {
            let expected = expected.map(|pairs| {
                let owned =
                    |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
                pairs.iter().map(owned).collect()
            });
            assert_eq!(parameters(header), expected, "{header}");
        }
    }

    #[test]
    fn the_place_of_a_name_is_that_in_the_header() {
        let header = b"a/b; x=1; boundary=z";
        let (value, rest) = split(header);
        assert_eq!(value, b"a/b");
        let parameters = read(rest).unwrap();
        for parameter in parameters {
            let (_, from_name) = header.split_at(parameter.at);
            assert!(from_name.starts_with(parameter.name));
        }
    }
}

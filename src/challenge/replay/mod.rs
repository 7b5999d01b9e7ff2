//! The fields of a form that was posted, as hidden inputs of the page, so that the same form can be posted again.
//!
//! What a browser would not send again as it was is not carried at all: the page then asks the person to send the form
//! again. Passwords are among the fields: the page that holds them must be `no-store`, and no cache or log may see it.

mod multipart;
mod origin;
#[cfg(test)]
mod tests;
mod urlencoded;

use std::fmt::Write as _;

pub use origin::is_same_origin;

use crate::encoding::html::escape;

/// How much is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayLimits {
    /// Most bytes of the body. In the page a byte becomes five at most.
    pub bytes: usize,
    /// Most fields.
    pub fields: usize,
}

impl Default for ReplayLimits {
    /// 32 KiB and 128 fields: far more than any login form.
    fn default() -> Self {
        Self {
            bytes: 32_768,
            fields: 128,
        }
    }
}

/// How a form encodes its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// `application/x-www-form-urlencoded`
    UrlEncoded,
    /// `multipart/form-data`
    Multipart,
}

impl Encoding {
    /// The value of the attribute `enctype`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UrlEncoded => "application/x-www-form-urlencoded",
            Self::Multipart => "multipart/form-data",
        }
    }
}

/// The fields of a form as hidden inputs, in their order, duplicates included; already escaped.
#[derive(Clone, PartialEq, Eq)]
pub struct Carried {
    encoding: Encoding,
    fields: usize,
    inputs: String,
}

/// Why a form is not carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Obstacle {
    /// The body is no form, or a form in another charset than UTF-8.
    NoForm,
    /// The body has more bytes than [`ReplayLimits::bytes`].
    TooLarge,
    /// It has more fields than [`ReplayLimits::fields`].
    TooManyFields,
    /// The body is not what its content type says.
    Malformed,
    /// A part is a file, or has a type of its own.
    File,
    /// A name or a value is not UTF-8.
    NotUtf8,
    /// A name or a value that a browser would send otherwise: U+0000, a lone CR or LF, no name, a `_charset_` that
    /// says another charset.
    NotRepeatable,
    /// Another site posted it, or nobody says which one did.
    OtherSite,
}

impl Obstacle {
    /// Every obstacle.
    pub const ALL: [Self; 8] = [
        Self::NoForm,
        Self::TooLarge,
        Self::TooManyFields,
        Self::Malformed,
        Self::File,
        Self::NotUtf8,
        Self::NotRepeatable,
        Self::OtherSite,
    ];

    /// Its name in metrics and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoForm => "no_form",
            Self::TooLarge => "too_large",
            Self::TooManyFields => "too_many_fields",
            Self::Malformed => "malformed",
            Self::File => "file",
            Self::NotUtf8 => "not_utf8",
            Self::NotRepeatable => "not_repeatable",
            Self::OtherSite => "other_site",
        }
    }
}

impl Carried {
    /// The fields of a posted body. Linear in its length.
    ///
    /// # Errors
    /// Why a browser would not send the same form again.
    pub fn read(
        content_type: Option<&[u8]>,
        body: &[u8],
        limits: ReplayLimits,
    ) -> Result<Self, Obstacle> {
        let kind = ContentType::read(content_type.unwrap_or_default()).ok_or(Obstacle::NoForm)?;
        if body.len() > limits.bytes {
            return Err(Obstacle::TooLarge);
        }
        let mut carried = Self {
            encoding: Encoding::UrlEncoded,
            fields: 0,
            inputs: String::new(),
        };
        let mut add = |name: &[u8], value: &[u8]| carried.add(name, value, limits.fields);
        match kind {
            ContentType::UrlEncoded => urlencoded::fields(body, &mut add)?,
            ContentType::Multipart { boundary } => {
                multipart::fields(boundary, body, &mut add)?;
                carried.encoding = Encoding::Multipart;
            }
        }
        Ok(carried)
    }

    /// How the form encodes them.
    #[must_use]
    pub const fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// How many they are.
    #[must_use]
    pub const fn fields(&self) -> usize {
        self.fields
    }

    /// The hidden inputs, as HTML.
    #[must_use]
    pub fn inputs(&self) -> &str {
        &self.inputs
    }

    fn add(&mut self, name: &[u8], value: &[u8], most: usize) -> Result<(), Obstacle> {
        if self.fields >= most {
            return Err(Obstacle::TooManyFields);
        }
        let name = str::from_utf8(name).map_err(|_| Obstacle::NotUtf8)?;
        let value = str::from_utf8(value).map_err(|_| Obstacle::NotUtf8)?;
        // A browser leaves inputs without a name out, and fills in `_charset_` itself.
        let changes = name.is_empty()
            || (name.eq_ignore_ascii_case("_charset_") && value != "UTF-8")
            || !is_repeatable(name)
            || !is_repeatable(value);
        if changes {
            return Err(Obstacle::NotRepeatable);
        }
        self.fields = self.fields.saturating_add(1);
        self.inputs.push_str("<input type=\"hidden\" name=\"");
        escape(name, &mut self.inputs);
        self.inputs.push_str("\" value=\"");
        escape(value, &mut self.inputs);
        self.inputs.push_str("\">\n");
        Ok(())
    }
}

/// Fields hold passwords: only their number is shown.
impl std::fmt::Debug for Carried {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Carried(")?;
        self.fields.fmt(f)?;
        f.write_char(')')
    }
}

/// Whether a browser sends this text again as it is: a page cannot hold U+0000, and a form sends every line break as
/// CRLF.
fn is_repeatable(text: &str) -> bool {
    let mut before = 0;
    for byte in text.bytes() {
        if byte == 0 || (before == b'\r') != (byte == b'\n') {
            return false;
        }
        before = byte;
    }
    before != b'\r'
}

/// A content type that a form may have.
enum ContentType<'a> {
    UrlEncoded,
    Multipart { boundary: &'a [u8] },
}

impl<'a> ContentType<'a> {
    /// `None` for every other one, one in another charset, and one without a boundary that RFC 2046 allows.
    fn read(value: &'a [u8]) -> Option<Self> {
        let mut parts = value.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
        let kind = parts.next()?;
        let mut boundary = None;
        for part in parts.filter(|part| !part.is_empty()) {
            let equals = part.iter().position(|byte| *byte == b'=')?;
            let (name, value) = (part.get(..equals)?, part.get(equals.saturating_add(1)..)?);
            let value = value
                .strip_prefix(b"\"")
                .map_or(Some(value), |quoted| quoted.strip_suffix(b"\""))?;
            if name.eq_ignore_ascii_case(b"charset") && !value.eq_ignore_ascii_case(b"utf-8") {
                return None;
            }
            if name.eq_ignore_ascii_case(b"boundary") && boundary.replace(value).is_some() {
                return None;
            }
        }
        if kind.eq_ignore_ascii_case(b"application/x-www-form-urlencoded") {
            return Some(Self::UrlEncoded);
        }
        let boundary = boundary.filter(|boundary| is_boundary(boundary))?;
        kind.eq_ignore_ascii_case(b"multipart/form-data")
            .then_some(Self::Multipart { boundary })
    }
}

/// One to seventy characters of RFC 2046, 5.1.1; no space, which browsers never use.
fn is_boundary(boundary: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=?".contains(byte);
    (1..=70).contains(&boundary.len()) && boundary.iter().all(allowed)
}

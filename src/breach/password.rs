//! Where the password of a request stands, and what is read of it.

use zeroize::Zeroizing;

use super::digest::Digest;
use crate::identity::account::{
    AccountError, AccountSource, BodyBytes, BodyNeed, Declared, Gather, Places, Plan,
};
use crate::message::HeaderBlock;

/// The longest password that is read, in bytes.
const LONGEST: usize = 4_096;

/// Where the password of a request stands, on one route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordPlaces(Places);

/// What the head of a request says of its password, and how its body is to be read.
#[derive(Debug)]
pub struct PasswordReading {
    gathered: Gathered,
    plan: Plan,
}

/// The password of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Password {
    /// It has none.
    Absent,
    /// It cannot be read for certain: values differ, or some reader may find another one.
    Unclear,
    /// The hash of it.
    Known(Digest),
}

impl Password {
    /// What is certain if both are read.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match self == other {
            true => self,
            false => Self::Unclear,
        }
    }
}

impl PasswordPlaces {
    /// These places, and wherever else a framework may find a field of the same name, in bodies that the application
    /// reads so.
    #[must_use]
    pub fn new(places: Vec<AccountSource>, declared: Declared) -> Self {
        Self(Places::merged(places).declaring(declared))
    }

    /// Reads what stands in the head.
    #[must_use]
    pub fn read_head(&self, head: &HeaderBlock) -> PasswordReading {
        let mut gathered = Gathered::default();
        let plan = self.0.read_head(head, &mut gathered);
        PasswordReading { gathered, plan }
    }
}

impl PasswordReading {
    /// Whether the body must be read.
    #[must_use]
    pub const fn body(&self) -> BodyNeed {
        self.plan.body()
    }

    /// The password. `places` are those that read the head.
    #[must_use]
    pub fn conclude(mut self, places: &PasswordPlaces, body: BodyBytes<'_>) -> Password {
        places.0.read_body(&self.plan, body, &mut self.gathered);
        match self.gathered {
            Gathered { doubts: true, .. } => Password::Unclear,
            Gathered { value: None, .. } => Password::Absent,
            Gathered {
                value: Some(value), ..
            } => Password::Known(Digest::of(&value)),
        }
    }
}

/// Whether all readers take a text for the same: some end it at a control character, or leave that out, some take away
/// the blanks around it, and of bytes that are no UTF-8 nobody knows the charset.
fn is_plain(raw: &[u8]) -> bool {
    // Scripts take the mark of the byte order for a blank as well.
    let is_blank = |text: char| text.is_whitespace() || text == '\u{feff}';
    let is_bare = |text: &str| !text.starts_with(is_blank) && !text.ends_with(is_blank);
    raw.len() <= LONGEST
        && !raw.iter().any(u8::is_ascii_control)
        && str::from_utf8(raw).is_ok_and(is_bare)
}

/// What the places say together.
#[derive(Default)]
struct Gathered {
    value: Option<Zeroizing<Vec<u8>>>,
    doubts: bool,
}

impl std::fmt::Debug for Gathered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Gathered(hidden)")
    }
}

impl Gather for Gathered {
    fn value(&mut self, raw: &[u8]) {
        match &self.value {
            _ if raw.is_empty() => {}
            Some(value) => self.doubts |= value.as_slice() != raw,
            None if !is_plain(raw) => self.doubts = true,
            None => self.value = Some(Zeroizing::new(raw.to_vec())),
        }
    }

    fn candidate(&mut self, raw: &[u8]) {
        self.value(raw);
    }

    fn refuse(&mut self, _: AccountError) {
        self.doubts = true;
    }

    fn hint(&mut self, _: AccountError) {}
}

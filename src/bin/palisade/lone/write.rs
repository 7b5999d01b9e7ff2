//! A request in pieces -> head and body, as Envoy would hand them over.

use std::borrow::Cow;

use palisade::message::HeaderBlock;

/// A request that is being written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Writer<'t> {
    /// The method.
    pub(crate) method: Cow<'t, str>,
    /// The path, with its query.
    pub(crate) path: Cow<'t, str>,
    /// The host; empty where nobody knows it.
    pub(crate) host: Cow<'t, str>,
    /// Names, in lower case, and values of the other headers.
    pub(crate) headers: Vec<(Cow<'t, str>, Cow<'t, str>)>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl<'t> Writer<'t> {
    /// Adds a header.
    pub(crate) fn header(&mut self, name: impl Into<Cow<'t, str>>, value: impl Into<Cow<'t, str>>) {
        self.headers.push((name.into(), value.into()));
    }

    /// The head as it stands.
    pub(crate) fn head(&self) -> HeaderBlock {
        let length = match self.body.len() {
            0 => None,
            length => Some(length.to_string()),
        };
        let own = [
            (":method", &*self.method),
            (":path", &*self.path),
            (":scheme", "https"),
            (":authority", &*self.host),
        ];
        let own = own.into_iter().filter(|(_, value)| !value.is_empty());
        let length = length.iter().map(|length| ("content-length", &**length));
        let rest = self.headers.iter().map(|(name, value)| (&**name, &**value));
        block(own.chain(length).chain(rest))
    }
}

/// An answer that says nothing but its status.
pub(crate) fn answer(status: u16) -> HeaderBlock {
    block([(":status", &*status.to_string())].into_iter())
}

/// An answer of this status with these headers.
pub(crate) fn answer_with(status: u16, headers: &[(String, String)]) -> HeaderBlock {
    let status = status.to_string();
    let headers = headers.iter().map(|(name, value)| (&**name, &**value));
    block([(":status", &*status)].into_iter().chain(headers))
}

/// These lines as the host hands them over.
fn block<'t>(lines: impl Iterator<Item = (&'t str, &'t str)> + Clone) -> HeaderBlock {
    HeaderBlock::of(lines.map(|(name, value)| (name.as_bytes(), value.as_bytes())))
}

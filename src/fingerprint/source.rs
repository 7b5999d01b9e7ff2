//! Where the fingerprint of a request is found.

use std::borrow::Cow;

use super::Ja4;
use crate::address::HeaderName;
use crate::host::Host;
use crate::message::HeaderBlock;
use crate::telemetry::{Event, FingerprintResult};

/// Where Envoy tells the JA4 fingerprint of the client's ClientHello.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ja4Source {
    /// In filter state, which no client can write.
    FilterState,
    /// In a header that Envoy overwrites before this filter.
    Header(HeaderName),
}

/// The key of the filter state that holds it.
pub const FILTER_STATE: &str = "palisade.ja4";

/// What Envoy writes where there is no fingerprint.
const NONE: &[u8] = b"-";

impl Ja4Source {
    /// The fingerprint of a request. A header that stands on several lines is none: one of them came from elsewhere.
    #[must_use]
    pub fn read(&self, headers: &HeaderBlock, host: &impl Host) -> Option<Ja4> {
        let found = match self {
            Self::FilterState => host.filter_state(FILTER_STATE).map(Cow::Owned),
            Self::Header(name) => {
                let mut lines = headers.lines(name.as_str());
                match (lines.next(), lines.next()) {
                    (Some(_), Some(_)) => Some(Cow::Borrowed(&b""[..])),
                    (line, _) => line.map(Cow::Borrowed),
                }
            }
        };
        let ja4 = found.as_deref().and_then(Ja4::parse);
        let result = match (found.as_deref(), ja4) {
            (_, Some(_)) => FingerprintResult::Known,
            (None | Some(NONE), None) => FingerprintResult::None,
            (Some(_), None) => FingerprintResult::Unreadable,
        };
        host.meter(Event::Fingerprint(result));
        ja4
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_host::FakeHost;
    use crate::message::serialise;

    const JA4: &str = "t13d1516h2_8daaf6152771_02713d6af862";

    fn block(lines: &[(&str, &str)]) -> HeaderBlock {
        let lines = lines
            .iter()
            .map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        HeaderBlock::new(serialise(lines))
    }

    fn read(
        source: &Ja4Source,
        lines: &[(&str, &str)],
        state: Option<&str>,
    ) -> (Option<String>, FingerprintResult) {
        let host = FakeHost::default();
        if let Some(state) = state {
            host.filter_state
                .borrow_mut()
                .push((FILTER_STATE, state.to_owned()));
        }
        let ja4 = source.read(&block(lines), &host);
        let results = [
            FingerprintResult::Known,
            FingerprintResult::None,
            FingerprintResult::Unreadable,
        ];
        let counted = |result: &FingerprintResult| host.counted(Event::Fingerprint(*result)) == 1;
        let result = results.into_iter().find(counted).unwrap();
        (ja4.map(|ja4| ja4.as_str().to_owned()), result)
    }

    #[test]
    fn filter_state_tells_it_and_no_header_does() {
        let source = &Ja4Source::FilterState;
        let forged = [("palisade.ja4", JA4), ("x-ja4", JA4)];
        assert_eq!(read(source, &forged, None), (None, FingerprintResult::None));
        assert_eq!(
            read(source, &[], Some("-")),
            (None, FingerprintResult::None)
        );
        assert_eq!(
            read(source, &[], Some("t13")),
            (None, FingerprintResult::Unreadable)
        );
        assert_eq!(
            read(source, &[], Some(JA4)),
            (Some(JA4.to_owned()), FingerprintResult::Known)
        );
    }

    #[test]
    fn a_header_tells_it_that_stands_once() {
        let source = &Ja4Source::Header(HeaderName::new("x-ja4").unwrap());
        let known = (Some(JA4.to_owned()), FingerprintResult::Known);
        assert_eq!(read(source, &[("x-ja4", JA4)], None), known);
        assert_eq!(
            read(source, &[], Some(JA4)),
            (None, FingerprintResult::None)
        );
        let twice = [("x-ja4", JA4), ("x-ja4", JA4)];
        assert_eq!(
            read(source, &twice, None),
            (None, FingerprintResult::Unreadable)
        );
    }
}

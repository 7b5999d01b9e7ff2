use super::claims::{Claims, major};

/// Low-entropy client hints, as every Chromium sends them over HTTPS; empty where there are none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hints<'a> {
    pub(super) brands: &'a [u8],
    pub(super) mobile: &'a [u8],
    pub(super) platform: &'a [u8],
}

/// The first version by which agent and hints have always agreed.
const FIRST_AGREEING: u32 = 110;

impl Hints<'_> {
    /// Whether the brands themselves say so.
    pub(super) fn headless(&self) -> bool {
        self.brand(b"\"HeadlessChrome\"").is_some()
    }

    /// Whether no browser that is what the agent claims sends these hints.
    pub(super) fn contradict(&self, claims: &Claims<'_>) -> bool {
        claims.browser
            && (self.no_chromium(claims)
                || self.other_version(claims)
                || self.other_platform(claims)
                || self.other_form(claims))
    }

    /// Only Chromium sends hints.
    fn no_chromium(&self, claims: &Claims<'_>) -> bool {
        let sends_none = claims.chrome.is_none()
            && (claims.explorer || claims.firefox.is_some() || claims.is_safari());
        sends_none && !self.brands.is_empty()
    }

    fn other_version(&self, claims: &Claims<'_>) -> bool {
        let hinted = self.brand(b"\"Chromium\";v=\"").map_or(0, major);
        claims.chrome.is_some_and(|claimed| {
            claimed != hinted && claimed >= FIRST_AGREEING && hinted >= FIRST_AGREEING
        })
    }

    /// Hints of a desktop under the agent of something else. The reverse, a phone's hints under a desktop's agent, is
    /// how small browsers ask for the desktop site.
    fn other_platform(&self, claims: &Claims<'_>) -> bool {
        let touch = claims.android || claims.ios;
        match self.platform {
            b"\"Windows\"" => !claims.windows && (claims.mac || touch),
            b"\"macOS\"" => !claims.mac && (claims.windows || touch),
            _ => false,
        }
    }

    /// A phone that says to be a desktop, and not because its owner asked for the desktop site.
    fn other_form(&self, claims: &Claims<'_>) -> bool {
        let desktop =
            (claims.windows || claims.mac) && !(claims.android || claims.ios || claims.mobile);
        self.mobile == b"?1" && desktop && self.platform != b"\"Android\""
    }

    /// What follows the first `text` in the brands.
    fn brand(&self, text: &[u8]) -> Option<&[u8]> {
        let at = self
            .brands
            .windows(text.len())
            .position(|window| window == text)?;
        self.brands.get(at.checked_add(text.len())?..)
    }
}

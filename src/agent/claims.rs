use super::names::{self, Kind};

/// What an agent says of itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Claims<'a> {
    pub(super) scripted: bool,
    pub(super) headless: bool,
    pub(super) crawler: bool,
    /// Starts with `Mozilla/`, as every browser does.
    pub(super) browser: bool,
    words: usize,
    webkit: Option<&'a [u8]>,
    /// `Gecko/` with a version; the others are only like it.
    gecko: bool,
    /// The major version.
    pub(super) chrome: Option<u32>,
    pub(super) firefox: Option<u32>,
    edge: Option<u32>,
    safari: bool,
    version: bool,
    pub(super) explorer: bool,
    pub(super) windows: bool,
    pub(super) mac: bool,
    pub(super) android: bool,
    pub(super) ios: bool,
    pub(super) mobile: bool,
    /// Xiaomi's browser.
    miui: bool,
}

/// No browser comes near this before the 2040s.
const HIGHEST_MAJOR: u32 = 400;

impl<'a> Claims<'a> {
    pub(super) fn read(agent: &'a [u8]) -> Self {
        let mut claims = Self::default();
        let separates = |byte: &u8| byte.is_ascii_whitespace() || b";,()[]\"'".contains(byte);
        let mut before: &[u8] = b"";
        for word in agent.split(separates).filter(|word| !word.is_empty()) {
            claims.add(word, before);
            before = word;
        }
        claims
    }

    fn add(&mut self, word: &'a [u8], before: &[u8]) {
        let mut parts = word.splitn(2, |byte| *byte == b'/');
        let name = parts.next().unwrap_or_default();
        let version = parts.next();
        // What stands first, or first in the parentheses of one that says to be a browser.
        let leads = self.words == 0 || (self.words == 1 && self.browser);
        let major = || Some(version.map_or(0, major));
        match name {
            b"Mozilla" => self.browser |= self.words == 0,
            b"AppleWebKit" => self.webkit = self.webkit.or(version),
            b"Gecko" => self.gecko |= version.is_some(),
            b"Chrome" => self.chrome = self.chrome.or_else(major),
            b"Firefox" => self.firefox = self.firefox.or_else(major),
            b"Edg" => self.edge = self.edge.or_else(major),
            b"Safari" => self.safari = true,
            b"Version" => self.version = true,
            b"MSIE" | b"Trident" => self.explorer = true,
            // Not `Windows Phone`, which says to be an Android and an iPhone as well.
            b"NT" => self.windows |= before == b"Windows",
            b"Macintosh" => self.mac = true,
            b"Android" => self.android = true,
            b"iPhone" | b"iPad" | b"iPod" => self.ios = true,
            b"Mobile" => self.mobile = true,
            b"XiaoMi" => self.miui = true,
            // The load tester has this one version; the mail app of that name has others.
            b"hey" => self.scripted |= leads && version == Some(b"0.0.1"),
            // Scrapinghub's renderer; other apps of that name have a version.
            b"splash" => self.headless |= version.is_none() && self.browser,
            // The words of browsers, above, stand for nothing else; so only the others cost a search.
            _ => match names::kind(name) {
                Some(Kind::Resolver) => self.scripted |= leads,
                Some(Kind::Tool) => self.scripted = true,
                Some(Kind::Headless) => self.headless = true,
                Some(Kind::Crawler) => self.crawler = true,
                None => {}
            },
        }
        self.words = self.words.saturating_add(1);
    }

    /// Apple's own, as it says: Safari, and what every browser on iOS is made of.
    pub(super) const fn is_safari(&self) -> bool {
        self.safari && self.version && self.chrome.is_none() && (self.mac || self.ios)
    }

    /// Whether no browser says this of itself.
    pub(super) fn impossible(&self) -> bool {
        let too_high = |major: Option<u32>| major.is_some_and(|major| major > HIGHEST_MAJOR);
        self.browser
            && (self.words == 1
                || [self.chrome, self.firefox, self.edge]
                    .into_iter()
                    .any(too_high)
                || self.impossible_chrome()
                || (self.firefox.is_some() && !self.gecko))
    }

    fn impossible_chrome(&self) -> bool {
        let Some(major) = self.chrome else {
            return self.edge.is_some();
        };
        let foreign_engine = match self.webkit {
            None => true,
            // Frozen since 2013; television sets of that time may say something else.
            // Where it passes for a desktop, Xiaomi's says the one before.
            Some(b"534.24") if self.miui => false,
            Some(version) => major >= 60 && version != b"537.36",
        };
        // There it is called CriOS.
        let on_ios = self.ios && !self.android;
        let other_edge = self.edge.is_some_and(|edge| edge != major);
        foreign_engine || on_ios || other_edge
    }
}

/// The number that a version starts with; 0 without one.
pub(super) fn major(version: &[u8]) -> u32 {
    version
        .iter()
        .map_while(|byte| char::from(*byte).to_digit(10))
        .fold(0, |number: u32, digit| {
            number.saturating_mul(10).saturating_add(digit)
        })
}

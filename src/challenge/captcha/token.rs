//! Tokens: what a widget leaves in a request for the service to verify.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::challenge::cookie::names_of_script;
use crate::identity::account::{
    AccountError, AccountSource, BodyBytes, BodyNeed, Gather, Places, Plan,
};
use crate::message::{HeaderBlock, cookies};

/// The request header in which a program answers a challenge with a token.
pub const TOKEN_HEADER: &str = "x-palisade-captcha";
/// The cookie in which the challenge page leaves a token. One that is too long for a cookie goes on in a second one,
/// `-2`, and a third one, `-3`. Over TLS they have the prefix `__Host-`.
pub const TOKEN_COOKIE: &str = "palisade-captcha";
/// The cookies in their order.
pub const TOKEN_COOKIES: [&str; 3] = [TOKEN_COOKIE, "palisade-captcha-2", "palisade-captcha-3"];

/// A token that is worth asking the service about. `Debug` does not show it: until it is used it is as good as a solved
/// captcha.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// What tells one token from every other one, for the counter that makes it single use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TokenId(pub [u8; 16]);

/// Why a request has no token that could be asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenFailure {
    /// It has several different ones: each would cost a call.
    Several,
    /// It is longer than any of this service.
    TooLong,
    /// It has other characters than tokens have.
    Malformed,
}

impl TokenFailure {
    /// Every failure.
    pub const ALL: [Self; 3] = [Self::Several, Self::TooLong, Self::Malformed];

    /// Its name in metrics and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Several => "several_tokens",
            Self::TooLong => "too_long_token",
            Self::Malformed => "malformed_token",
        }
    }
}

impl Token {
    /// The token itself.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// What is counted.
    #[must_use]
    pub fn id(&self) -> TokenId {
        let digest: [u8; 32] = Sha256::digest(self.0.as_bytes()).into();
        let [id @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = digest;
        TokenId(id)
    }

    /// Letters, digits and `-._~+/=|:`. These are all that services use, and no firewall before a service takes them
    /// for an attack: with its 403 a client could have the service seem unavailable.
    fn read(bytes: &[u8]) -> Result<Self, TokenFailure> {
        let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/=|:".contains(byte);
        if !bytes.iter().all(allowed) {
            return Err(TokenFailure::Malformed);
        }
        str::from_utf8(bytes)
            .map(|text| Self(text.to_owned()))
            .map_err(|_| TokenFailure::Malformed)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}

/// Where the tokens of a service stand in a request: first of all in [`TOKEN_HEADER`], then in [`TOKEN_COOKIE`], then
/// in the operator's places. The first of the three that has one decides, so that the form with a spent token which the
/// challenge page posts again does not stand against the page's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TokenPlaces {
    places: Places,
    limits: TokenLimits,
}

/// What a token of a service looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TokenLimits {
    /// Most characters.
    pub(super) longest: usize,
    /// How a value begins that is no token yet.
    pub(super) no_token: Option<String>,
}

/// What the head of a request says about the token, and whether its body must be read.
#[derive(Clone, Debug)]
pub struct TokenReading {
    gathered: Gathered,
    /// `None` when the head decides.
    plan: Option<Plan>,
}

impl TokenReading {
    /// Whether the body must be read.
    #[must_use]
    pub fn body(&self) -> BodyNeed {
        self.plan.as_ref().map_or(BodyNeed::None, Plan::body)
    }
}

impl TokenPlaces {
    pub(super) const fn new(places: Vec<AccountSource>, limits: TokenLimits) -> Self {
        Self {
            places: Places::new(places),
            limits,
        }
    }

    /// The names of the headers among the operator's places.
    pub(super) fn headers(&self) -> impl Iterator<Item = &str> {
        self.places.headers()
    }

    pub(super) fn read_head(&self, head: &HeaderBlock) -> TokenReading {
        for read in [from_header, from_cookies] {
            let mut gathered = Gathered::new(&self.limits);
            read(head, &mut gathered);
            if !gathered.is_empty() {
                return TokenReading {
                    gathered,
                    plan: None,
                };
            }
        }
        let mut gathered = Gathered::new(&self.limits);
        let plan = self.places.read_head(head, &mut gathered);
        TokenReading {
            gathered,
            plan: Some(plan),
        }
    }

    pub(super) fn conclude(
        &self,
        reading: TokenReading,
        body: BodyBytes<'_>,
    ) -> Result<Option<Token>, TokenFailure> {
        let TokenReading { mut gathered, plan } = reading;
        if let Some(plan) = plan {
            self.places.read_body(&plan, body, &mut gathered);
        }
        gathered.result()
    }
}

fn from_header(head: &HeaderBlock, gathered: &mut Gathered) {
    for value in head.lines(TOKEN_HEADER) {
        gathered.value(value);
    }
}

/// Those that no other host of the site can set, before all others. Of several the last one counts: it is the newest of
/// those with the shortest path, and what others have the browser send beside it must not make the client's own
/// worthless.
fn from_cookies(head: &HeaderBlock, gathered: &mut Gathered) {
    let names = TOKEN_COOKIES.map(names_of_script);
    from_cookies_called(
        head,
        names.each_ref().map(|[host, _]| host.as_str()),
        gathered,
    );
    if gathered.is_empty() {
        from_cookies_called(head, TOKEN_COOKIES, gathered);
    }
}

fn from_cookies_called(head: &HeaderBlock, names: [&str; 3], gathered: &mut Gathered) {
    let mut token: Vec<u8> = Vec::new();
    for name in names {
        let named =
            cookies(head).filter(|(own, value)| *own == name.as_bytes() && !value.is_empty());
        // A later part without an earlier one is left over from another token.
        let Some((_, part)) = named.last() else { break };
        if token.len().saturating_add(part.len()) > gathered.limits.longest {
            gathered.failure.get_or_insert(TokenFailure::TooLong);
            return;
        }
        token.extend_from_slice(part);
    }
    gathered.value(&token);
}

/// The one token of a request.
#[derive(Clone, Debug)]
struct Gathered {
    limits: TokenLimits,
    token: Option<Vec<u8>>,
    failure: Option<TokenFailure>,
}

impl Gathered {
    fn new(limits: &TokenLimits) -> Self {
        Self {
            limits: limits.clone(),
            token: None,
            failure: None,
        }
    }

    const fn is_empty(&self) -> bool {
        self.token.is_none() && self.failure.is_none()
    }

    fn result(self) -> Result<Option<Token>, TokenFailure> {
        match (self.failure, self.token) {
            (Some(failure), _) => Err(failure),
            (None, None) => Ok(None),
            (None, Some(token)) => Token::read(&token).map(Some),
        }
    }
}

impl Gather for Gathered {
    fn value(&mut self, raw: &[u8]) {
        let raw = raw.trim_ascii();
        let none = self.limits.no_token.as_deref();
        if raw.is_empty() || none.is_some_and(|none| raw.starts_with(none.as_bytes())) {
            return;
        }
        match &self.token {
            Some(known) if known == raw => {}
            Some(_) => {
                self.failure.get_or_insert(TokenFailure::Several);
            }
            None if raw.len() > self.limits.longest => {
                self.failure.get_or_insert(TokenFailure::TooLong);
            }
            None => self.token = Some(raw.to_vec()),
        }
    }

    /// What cannot be read holds no token; the client is then challenged.
    fn refuse(&mut self, _: AccountError) {}

    fn candidate(&mut self, _: &[u8]) {}

    fn hint(&mut self, _: AccountError) {}
}

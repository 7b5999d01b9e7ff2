use std::num::NonZeroU8;

use crate::json::{FromJson, Json, Mistakes, Node};

use crate::config::text::{Size, Text, Textual};
use crate::identity::JsonPointer;
use crate::time::Span;

/// Who is counted: where accounts and sessions stand in a request, and what is one network.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawIdentity {
    /// Where the account stands, up to 8 places. All are read, and two that name different accounts are a conflict; so name
    /// only those that the application reads. A route may have its own.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1)))]
    pub account: Option<Vec<RawAccountSource>>,
    /// Which spellings are one account.
    #[serde(default)]
    pub normalise: RawNormalise,
    /// Where the session stands, up to 8 places. All are read, and each session that is found is counted.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1)))]
    pub session: Option<Vec<RawSessionSource>>,
    /// The largest body that is read for an account, 1KiB to 1MiB; default 64KiB.
    #[serde(default)]
    pub body_limit: Option<Text<Size>>,
    /// How long a request waits for a body that is read, 1s to 5m; default 1m. Then it is answered with 408.
    #[serde(default)]
    pub body_timeout: Option<Text<Span>>,
    /// Which addresses are one subnet.
    #[serde(default)]
    pub subnet: RawSubnet,
}

/// A place where the account of a request may stand.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RawAccountSource {
    /// A field of an urlencoded form; a nested one is `user[email]`.
    Form(String),
    /// A field of a multipart form.
    Multipart(String),
    /// A value of a JSON document, as a JSON pointer: `/user/email`.
    Json(Text<JsonPointer>),
    /// A header.
    Header(String),
    /// A parameter of the query.
    Query(String),
    /// The user of `authorization: Basic`.
    Basic,
    /// A segment of the path: 2 for `alice` in `/users/alice`. With the name that the application has for it, the parameter
    /// of that name is read in query and body too, since some frameworks merge them.
    PathSegment(RawPathSegment),
    /// A cookie.
    Cookie(String),
    /// A claim of the JWT in `authorization: Bearer`, by its name (`sub`) or a JSON pointer. The application must verify the
    /// token.
    Claim(String),
}

/// A segment of the path: its number, or number and name.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(untagged))]
pub enum RawPathSegment {
    /// The number; the first segment is 1.
    Number(NonZeroU8),
    /// Number and name.
    Named(RawNamedSegment),
}

/// A segment of the path with its name.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawNamedSegment {
    /// The first one is 1.
    pub number: NonZeroU8,
    /// What the application calls it: `name` in a route such as `/users/:name/login`.
    pub name: String,
}

impl FromJson for RawPathSegment {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes) -> Option<Self> {
        match node.value {
            Json::Object(_) => FromJson::from_json(node, mistakes).map(Self::Named),
            _ => FromJson::from_json(node, mistakes).map(Self::Number),
        }
    }
}

/// A place where the session of a request may stand.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RawSessionSource {
    /// A cookie.
    Cookie(String),
    /// The token of `authorization: Bearer`; of a JWT all but the signature.
    Bearer,
    /// A claim of the JWT in `authorization: Bearer`, by its name (`sid`) or a JSON pointer. The application must verify the
    /// token.
    Claim(String),
    /// A header.
    Header(String),
}

/// Which spellings are one account. White space around it, invisible characters and Unicode's compatibility forms (NFKC) never
/// tell accounts apart.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawNormalise {
    /// Upper and lower case; default `fold`. A mail domain is always folded.
    #[serde(default)]
    pub case: RawCaseRule,
    /// Accents, strokes, hooks, ligatures and the digits of other scripts; default `keep`. Choose `remove` if the application finds
    /// `josé` for `jose` and `Ørsted` for `orsted`, as MySQL's default collation and PostgreSQL's `unaccent` do.
    #[serde(default)]
    pub accents: RawPartRule,
    /// Dots before the `@` of a mailbox; default `keep`.
    #[serde(default)]
    pub dots: RawPartRule,
    /// What follows a `+` before the `@` of a mailbox; default `keep`.
    #[serde(default)]
    pub tags: RawPartRule,
    /// White space inside an account; default `keep`. That around it is always removed.
    #[serde(default)]
    pub blanks: RawPartRule,
    /// How people write telephone numbers, if an account may be one. All spellings of a number are then one account.
    #[serde(default)]
    pub phone: Option<RawPhone>,
}

/// How the people of one country write telephone numbers. What has nothing but 7 to 15 digits and what stands between them is taken
/// for a number.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawPhone {
    /// The calling code of the country whose code people leave out: 49 for Germany, 1 for North America.
    #[cfg_attr(feature = "cli", schemars(range(min = 1, max = 999)))]
    pub country_code: u16,
    /// What people dial before a number of that country, in quotes; default `"0"`. `""` where they dial none, as in Italy and Spain.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(regex(pattern = "^[0-9]{0,5}$")))]
    pub trunk_prefix: Option<String>,
    /// What people dial before the code of another country, in quotes; default `"00"`. `"011"` in North America.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(regex(pattern = "^[0-9]{1,5}$")))]
    pub international_prefix: Option<String>,
}

/// Whether upper and lower case are one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RawCaseRule {
    /// They are one.
    #[default]
    Fold,
    /// They are two.
    Keep,
}

/// Whether a part of an account tells it from others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RawPartRule {
    /// It does.
    #[default]
    Keep,
    /// It does not.
    Remove,
}

/// How many leading bits the addresses of one subnet share.
#[derive(Clone, Copy, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawSubnet {
    /// Of IPv4 addresses, 8 to 32; default 24.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 8, max = 32)))]
    pub ipv4: Option<u8>,
    /// Of IPv6 addresses, 16 to 128; default 64.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 16, max = 128)))]
    pub ipv6: Option<u8>,
}

impl Textual for JsonPointer {
    const EXPECTED: &'static str = "a JSON pointer such as /user/email";
    const PATTERN: &'static str = r"^(/([^/~]|~[01])*)+$";
}

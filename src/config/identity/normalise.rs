//! Which spellings are one account.

use crate::identity::account::{
    CountryCode, DialPrefix, Distinction, Normalisation, Pattern, PhoneFormat,
};
use crate::json::{FromJson, Mistakes, Place};

/// Which spellings are one account. White space around it, invisible characters and Unicode's compatibility forms
/// (NFKC) never tell accounts apart.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawNormalise {
    /// Upper and lower case; default `fold`. A mail domain is always folded.
    #[serde(default)]
    pub case: RawCaseRule,
    /// Accents, strokes, hooks, ligatures and the digits of other scripts; default `keep`. Choose `remove` if the
    /// application finds `josé` for `jose` and `Ørsted` for `orsted`, as MySQL's default collation and PostgreSQL's
    /// `unaccent` do.
    #[serde(default)]
    pub accents: Distinction,
    /// Dots before the `@` of a mailbox; default `keep`.
    #[serde(default)]
    pub dots: Distinction,
    /// What follows a `+` before the `@` of a mailbox; default `keep`.
    #[serde(default)]
    pub tags: Distinction,
    /// White space inside an account; default `keep`. That around it is always removed.
    #[serde(default)]
    pub blanks: Distinction,
    /// How people write telephone numbers, if an account may be one. All spellings of a number are then one account.
    #[serde(default)]
    pub phone: Option<RawPhone>,
    /// A regular expression for what the application cuts out of an account wherever it stands, in lower case unless
    /// case is kept: WordPress takes `admin<b1>`, `ad%10min` and `&x1;admin` for `admin`.
    #[serde(default)]
    pub remove: Option<String>,
    /// A regular expression for a whole account in its one form: `[a-z0-9._@+-]+`. What does not look like it is
    /// refused like a missing account.
    #[serde(default)]
    pub allow: Option<String>,
}

/// How the people of one country write telephone numbers. What has nothing but 7 to 15 digits and what stands between
/// them is taken for a number.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawPhone {
    /// The calling code of the country whose code people leave out: 49 for Germany, 1 for North America.
    #[cfg_attr(feature = "cli", schemars(range(min = 1, max = 999)))]
    pub country_code: u16,
    /// What people dial before a number of that country, in quotes; default `"0"`. `""` where they dial none, as in
    /// Italy and Spain.
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

/// Which spellings are one account.
pub(super) fn compile(
    raw: &RawNormalise,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Normalisation {
    Normalisation {
        case: match raw.case {
            RawCaseRule::Fold => Distinction::Removed,
            RawCaseRule::Keep => Distinction::Kept,
        },
        marks: raw.accents,
        dots: raw.dots,
        tags: raw.tags,
        blanks: raw.blanks,
        phone: raw
            .phone
            .as_ref()
            .and_then(|raw| phone(raw, &at.field("phone"), mistakes)),
        remove: pattern(raw.remove.as_deref(), &at.field("remove"), mistakes),
        allow: pattern(raw.allow.as_deref(), &at.field("allow"), mistakes),
    }
}

/// The pattern that stands here, if any does.
fn pattern(raw: Option<&str>, at: &Place<'_>, mistakes: &mut Mistakes<'_>) -> Option<Pattern> {
    mistakes.take(at, Pattern::new(raw?))
}

/// How people write telephone numbers.
fn phone(raw: &RawPhone, at: &Place<'_>, mistakes: &mut Mistakes<'_>) -> Option<PhoneFormat> {
    let country = mistakes.require(
        &at.field("country_code"),
        CountryCode::new(raw.country_code),
        &"expected the calling code of a country, such as 49 or 1",
    );
    let mut prefix =
        |field, written: Option<&str>, default, fits: fn(&str) -> bool, expected: &str| {
            let text = written.unwrap_or(default);
            let prefix = DialPrefix::new(text).filter(|_| fits(text));
            mistakes.require(&at.field(field), prefix, &expected)
        };
    let trunk = prefix(
        "trunk_prefix",
        raw.trunk_prefix.as_deref(),
        "0",
        |_| true,
        "expected up to 5 digits, such as \"0\", or \"\" for none",
    );
    let international = prefix(
        "international_prefix",
        raw.international_prefix.as_deref(),
        "00",
        |text| !text.is_empty(),
        "expected 1 to 5 digits, such as \"00\"",
    );
    Some(PhoneFormat {
        country: country?,
        trunk: trunk?,
        international: international?,
    })
}

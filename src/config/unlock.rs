//! Links that lift the lock of one account.

use crate::config::signing;
use crate::json::{FromJson, Mistakes, Place};
use crate::signing::SigningKeys;
use crate::unlock::UnlockLinks;

/// Links that lift the lock of one account: `PATH?PARAMETER=TOKEN`, with a token that the application or
/// `palisade unlock` signs. The filter answers them itself.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawUnlock {
    /// The path of the links, exactly.
    #[cfg_attr(feature = "cli", schemars(regex(pattern = "^/")))]
    pub path: String,
    /// The parameter of the query with the token; default `token`.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1, max = 64)))]
    pub parameter: Option<String>,
    /// Where the browser is sent then, with `unlock=done`, `used`, `expired` or `invalid` in the query: a path on this
    /// host or an URL.
    #[cfg_attr(feature = "cli", schemars(length(min = 1, max = 1_024)))]
    pub redirect: String,
}

/// Links that lift the lock of one account.
/// Compiles `unlock`.
pub(super) fn compile(
    raw: &RawUnlock,
    at: &Place<'_>,
    keys: &Option<Option<SigningKeys>>,
    mistakes: &mut Mistakes<'_>,
) -> Option<UnlockLinks> {
    let visible = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
    let mut refuse_unless = |field: &str, fits: bool, expected: &str| {
        if !fits {
            mistakes.add(&at.field(field), &format_args!("expected {expected}"));
        }
    };
    let path = &raw.path;
    refuse_unless(
        "path",
        path.starts_with('/') && visible(path) && !path.contains(['?', '#']),
        "a path that starts with /, of visible ASCII characters, without a query",
    );
    let parameter = raw.parameter.as_deref().unwrap_or("token");
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    refuse_unless(
        "parameter",
        (1..=64).contains(&parameter.len()) && parameter.bytes().all(safe),
        "1 to 64 letters, digits, -, _ and .",
    );
    let redirect = &raw.redirect;
    let known = ["/", "https://", "http://"];
    refuse_unless(
        "redirect",
        known.iter().any(|start| redirect.starts_with(start))
            && visible(redirect)
            && !redirect.contains('#')
            && redirect.len() <= 1_024,
        "a path that starts with / or an URL, of visible ASCII characters, without a fragment",
    );
    Some(UnlockLinks {
        path: path.clone(),
        parameter: parameter.to_owned(),
        redirect: redirect.clone(),
        keys: signing::needed(keys, at, mistakes)?,
    })
}

//! How refusals are told.

use crate::json::{FromJson, Mistakes, Place};
use crate::reply::{
    Preference, RefusalSlot, RefusalTemplate, RefusalTemplateError, RefusalTemplates,
};
use crate::reply::{Slot, Status, Template, Templates};
use crate::template::{self, TemplateError};

/// How refusals are told.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawReply {
    /// The form of all refusals; default `auto`.
    #[serde(default)]
    pub format: Preference,
    /// Whom a refused person can ask, on each refusal's page: a mail address, a URL that begins with `https://`, or one
    /// line of text such as a telephone number, of 200 bytes at most.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1, max = 200)))]
    pub contact: Option<String>,
    /// Pages of your own.
    #[serde(default)]
    pub templates: RawTemplates,
}

/// Pages of your own: HTML with `{{title}}` and `{{message}}`, and perhaps `{{reference}}`, `{{status}}`,
/// `{{style}}` (the default one), `{{next}}` (what to do, and the contact) and `{{language}}`. Values are escaped.
/// The page may load nothing and run no script.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawTemplates {
    /// For what is refused: HTML of 64 KiB at most.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1, max = 65_536)))]
    pub denied: Option<String>,
    /// For what is too much for now: HTML of 64 KiB at most.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1, max = 65_536)))]
    pub limited: Option<String>,
}

/// Compiles `reply.templates`.
pub(super) fn templates(
    raw: &RawTemplates,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Templates {
    let mut read = |name: &str, text: &Option<String>| match Template::parse(text.as_ref()?) {
        Ok(template) => Some(template),
        Err(error) => {
            tell::<Slot>(&error, &at.field(name), mistakes);
            None
        }
    };
    Templates {
        denied: read("denied", &raw.denied),
        limited: read("limited", &raw.limited),
    }
}

/// Bodies of your own for the refusals of a route, in the form that the application's page reads: for programs and
/// scripts, and not where a browser asks for a page. Placeholders are `{{title}}`, `{{message}}`, `{{reason}}`,
/// `{{reference}}`, `{{status}}`, `{{retry_after}}` (whole seconds) and `{{challenge}}`. Values are escaped.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawRefusals {
    /// For what is refused, whatever the client does.
    #[serde(default)]
    pub deny: Option<RawRefusal>,
    /// For what needs a challenge; default the usual body, from which programs know what to do.
    #[serde(default)]
    pub challenge: Option<RawRefusal>,
    /// For what is too much for now, as for a locked account.
    #[serde(default)]
    pub limit: Option<RawRefusal>,
    /// For what does not say clearly which account it is about.
    #[serde(default)]
    pub missing_account: Option<RawRefusal>,
    /// For all of these that are not given, but challenges.
    #[serde(default)]
    pub otherwise: Option<RawRefusal>,
}

/// What one kind of refusal is answered with.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawRefusal {
    /// The status, 400 to 599; default as of the rule or the limit.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 400, max = 599)))]
    pub status: Option<u16>,
    /// The type of the body: JSON, XML or `text/plain`; default `application/json`.
    #[serde(default)]
    pub content_type: Option<String>,
    /// The body. In JSON a value stands within quotes, as in `"Wait {{retry_after}} seconds"`, or alone, as in
    /// `"message": {{message}}`.
    #[cfg_attr(feature = "cli", schemars(length(min = 1, max = 16_384)))]
    pub body: String,
}

/// Compiles the `refusals` of a route.
pub(super) fn refusals(
    raw: &RawRefusals,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> RefusalTemplates {
    let kinds = [
        ("deny", &raw.deny),
        ("challenge", &raw.challenge),
        ("limit", &raw.limit),
        ("missing_account", &raw.missing_account),
        ("otherwise", &raw.otherwise),
    ];
    if kinds.iter().all(|(_, raw)| raw.is_none()) {
        mistakes.add(
            at,
            &"expected at least one of deny, challenge, limit, missing_account and otherwise",
        );
    }
    let [deny, challenge, limit, missing_account, otherwise] =
        kinds.map(|(name, raw)| refusal(raw.as_ref()?, &at.field(name), mistakes));
    RefusalTemplates {
        deny,
        challenge,
        limit,
        missing_account,
        otherwise,
    }
}

#[inline(never)]
fn refusal(
    raw: &RawRefusal,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<RefusalTemplate> {
    let status = match raw.status {
        None => None,
        Some(status) => Some(mistakes.require(
            &at.field("status"),
            Status::new(status),
            &"expected 400 to 599",
        )?),
    };
    let content_type = raw.content_type.as_deref().unwrap_or("application/json");
    let error = match RefusalTemplate::parse(status, content_type, &raw.body) {
        Ok(template) => return Some(template),
        Err(error) => error,
    };
    match &error {
        RefusalTemplateError::ContentType => mistakes.add(&at.field("content_type"), &error),
        RefusalTemplateError::Template(wrong) => {
            tell::<RefusalSlot>(wrong, &at.field("body"), mistakes);
        }
        _ => mistakes.add(&at.field("body"), &error),
    }
    None
}

/// Tells what is wrong with a template, and which placeholder was probably meant.
#[cold]
fn tell<S: template::Slot>(error: &TemplateError, at: &Place<'_>, mistakes: &mut Mistakes<'_>) {
    match error {
        TemplateError::Unknown { name, .. } => {
            let names: Vec<&str> = S::ALL.iter().map(|slot| slot.name()).collect();
            mistakes.unknown(at, error, name, &names);
        }
        _ => mistakes.add(at, error),
    }
}

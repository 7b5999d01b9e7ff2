//! The widget that the challenge page shows.

use std::borrow::Cow;
use std::time::Duration;

use crate::callout::{Placeholder, Template};
use crate::json::FromJson;
use crate::json::{Mistakes, Place};

/// The widget in the challenge page.
#[derive(Clone, Debug, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawWidget {
    /// Whose programming interface it has; default `field`.
    #[serde(default)]
    pub interface: Interface,
    /// The URL of its script, which may hold `{site_key}` and `{language}`.
    pub script: String,
    /// What the page may load scripts, frames, styles and images from and connect to: sources of a
    /// Content-Security-Policy with a scheme, such as `https://*.example.com`.
    #[cfg_attr(feature = "cli", schemars(length(min = 1, max = 8)))]
    pub sources: Vec<String>,
    /// The class of the element that the script turns into the widget.
    #[serde(default)]
    pub class: Option<String>,
}

/// The programming interface of a widget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Interface {
    /// `turnstile.render`
    Turnstile,
    /// `hcaptcha.render`
    Hcaptcha,
    /// `grecaptcha.render`
    RecaptchaV2,
    /// `grecaptcha.execute`
    RecaptchaV3,
    /// `frcaptcha.createWidget`
    FriendlyCaptcha,
    /// An element of `class` with `data-sitekey`, in which the script leaves the token in `field`; the page has a
    /// button to go on.
    #[default]
    Field,
}

impl Interface {
    /// Its name, as the page's script knows it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Turnstile => "turnstile",
            Self::Hcaptcha => "hcaptcha",
            Self::RecaptchaV2 => "recaptcha_v2",
            Self::RecaptchaV3 => "recaptcha_v3",
            Self::FriendlyCaptcha => "friendly_captcha",
            Self::Field => "field",
        }
    }
}

/// The widget of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WidgetTemplate {
    interface: Interface,
    script: Template<Part>,
    sources: Vec<String>,
    class: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    SiteKey,
    Language,
}

impl Placeholder for Part {
    const EXPECTED: &'static str = "only {site_key} or {language} in braces";

    fn named(name: &str) -> Option<Self> {
        match name {
            "site_key" => Some(Self::SiteKey),
            "language" => Some(Self::Language),
            _ => None,
        }
    }
}

/// The widget of one site, as the challenge page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Widget {
    template: WidgetTemplate,
    site_key: SiteKey,
    field: String,
    action: Option<String>,
    lifetime: Duration,
}

/// The public name of a site at a service: 1 to 128 letters, digits, `_`, `-` and `.`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteKey(String);

impl SiteKey {
    /// Reads a site key.
    ///
    /// # Errors
    /// What was expected.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
        if (1..=128).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err("expected the site key, 1 to 128 letters, digits, _, - and .")
        }
    }

    /// The site key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl WidgetTemplate {
    pub(super) fn compile(
        raw: &RawWidget,
        at: &Place<'_>,
        mistakes: &mut Mistakes<'_>,
    ) -> Option<Self> {
        let script = mistakes.take(&at.field("script"), script(&raw.script));
        let mut sources = Vec::new();
        for (index, source) in raw.sources.iter().enumerate() {
            if is_source(source) {
                sources.push(source.clone());
            } else {
                mistakes.add(
                    &at.field("sources").element(index),
                    &format_args!("expected a source such as https://*.example.com"),
                );
            }
        }
        if !(1..=8).contains(&raw.sources.len()) {
            mistakes.add(&at.field("sources"), &"expected 1 to 8 sources");
        }
        let class = raw.class.clone().unwrap_or_default();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        let needs_class = raw.interface == Interface::Field;
        if class.is_empty() == needs_class || class.len() > 64 || !class.bytes().all(plain) {
            mistakes.add(
                &at.field("class"),
                &"expected the class that the script looks for, up to 64 letters, \
                digits, _ and -, and only with the interface field",
            );
        }
        Some(Self {
            interface: raw.interface,
            script: script?,
            sources,
            class,
        })
    }

    pub(super) const fn is_field(&self) -> bool {
        matches!(self.interface, Interface::Field)
    }

    pub(super) fn of(
        &self,
        site_key: SiteKey,
        field: &str,
        action: Option<String>,
        lifetime: Duration,
    ) -> Widget {
        Widget {
            template: self.clone(),
            site_key,
            field: field.to_owned(),
            action,
            lifetime,
        }
    }
}

impl Widget {
    /// The name of its programming interface, as the page's script knows it.
    pub(crate) const fn interface(&self) -> &'static str {
        self.template.interface.name()
    }

    /// The URL of its script.
    pub(crate) fn script(&self, language: &str) -> String {
        let value = |part| {
            Some(Cow::Borrowed(match part {
                Part::SiteKey => self.site_key.as_str(),
                Part::Language => language,
            }))
        };
        // Both values are of characters that a URL may hold.
        let script = self.template.script.render(value, str::to_owned);
        script.unwrap_or_default()
    }

    /// What the page may load from and connect to.
    pub(crate) fn sources(&self) -> String {
        self.template.sources.join(" ")
    }

    pub(crate) fn class(&self) -> &str {
        &self.template.class
    }

    pub(crate) fn site_key(&self) -> &str {
        self.site_key.as_str()
    }

    /// The form field in which its script leaves the token.
    pub(crate) fn field(&self) -> &str {
        &self.field
    }

    /// What the captcha is solved for; empty where nothing is said.
    pub(crate) fn action(&self) -> &str {
        self.action.as_deref().unwrap_or_default()
    }

    /// How long a token is good.
    pub(crate) const fn lifetime(&self) -> Duration {
        self.lifetime
    }
}

fn script(text: &str) -> Result<Template<Part>, String> {
    let visible = |byte: u8| byte.is_ascii_graphic() && !b"\"'<>\\`".contains(&byte);
    if !has_scheme(text) || !text.bytes().all(visible) {
        return Err("expected the https URL of a script, in visible ASCII".to_owned());
    }
    Template::braced(text)
}

/// A source of a Content-Security-Policy that cannot end its directive.
fn is_source(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/@%*".contains(&byte);
    has_scheme(text) && text.bytes().all(allowed)
}

/// `https`, or `http` on this very machine, for tests.
fn has_scheme(text: &str) -> bool {
    let local = text.starts_with("http://127.0.0.1:") || text.starts_with("http://localhost:");
    let rest = text.strip_prefix("https://").unwrap_or_default();
    local || rest.contains('.')
}

//! The page that solves a challenge in a browser: one HTML document. For proof of work nothing is loaded from anywhere;
//! for a captcha only what its service needs.
//!
//! Its script leaves the solution in a cookie, [`SOLUTION_COOKIE`] or [`TOKEN_COOKIE`], and then repeats the request as
//! it was: it reloads the page for a GET, and posts the same fields to the same URL for a POST. So neither the URL nor
//! the body of what reaches the application changes. The form has no `action`, so that it can only go where it went
//! before.

mod template;
#[cfg(test)]
mod tests;
mod texts;

use std::borrow::Cow;
use std::fmt::Write as _;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub use crate::template::TemplateError;
pub use template::Template;
pub use texts::Language;

use super::captcha::{TOKEN_COOKIE, Widget};
use super::proof::Challenge;
use super::replay::Carried;
use super::solutions::SOLUTION_COOKIE;
use crate::encoding::compact::compact;
use crate::encoding::html::escape;
use crate::template::Part;
use template::Slot;

/// The frame that is used unless the operator gives one.
const FRAME: &str = include_str!("page.html");
const STYLE: &str = compact!(include_str!("page.css"));
const SOLVER: &str = compact!(include_str!("solver.js"));
const AGAIN: &str = compact!(include_str!("again.js"));
const SCRIPT: &str = compact!(include_str!("page.js"));
const CAPTCHA: &str = compact!(include_str!("captcha.js"));

/// Seconds that the cookie with the solution lives when the script goes on by itself.
const SOON: u64 = 60;

/// A value that only this page's own style and scripts have, so that no other may run; made of fresh random bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nonce(String);

impl Nonce {
    /// The nonce of these bytes.
    #[must_use]
    pub fn new(random: [u8; 16]) -> Self {
        Self(STANDARD.encode(random))
    }
}

/// What happens once the challenge is solved.
#[derive(Clone, Copy, Debug)]
pub enum Then<'a> {
    /// The same URL is asked for again: the request was a GET.
    Reload,
    /// The same form is posted again.
    Post(&'a Carried),
    /// The person is asked to go back and to send the form again, because it cannot be carried.
    SendAgain,
}

/// What is to be solved.
#[derive(Clone, Copy, Debug)]
pub enum Task<'a> {
    /// A proof of work, which the browser does by itself.
    Work(&'a Challenge),
    /// A captcha of an outside service.
    Captcha(&'a Widget),
}

/// When the work begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At once.
    Now,
    /// When the person asks for it: the last solution was refused, and a page that solves, is refused and solves again
    /// would go on for ever.
    OnClick,
}

/// What the page shows and does.
#[derive(Clone, Debug)]
pub struct Page<'a> {
    /// The language of its texts.
    pub language: Language,
    /// What to solve.
    pub task: Task<'a>,
    /// What happens then.
    pub then: Then<'a>,
    /// When it begins.
    pub start: Start,
    /// How long a solved challenge is good, for a person who has to send the form again.
    pub lifetime: Duration,
    /// Fresh for every page.
    pub nonce: Nonce,
    /// What a person quotes to the operator, and what also stands in the log; 64 characters are shown.
    pub reference: &'a str,
}

/// A page as the host's local reply call takes it; its status is the caller's, and never 200.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// Header names in lower case, and their values.
    pub headers: Vec<(&'static str, Cow<'static, str>)>,
    /// The HTML.
    pub body: Vec<u8>,
}

impl Default for Template {
    fn default() -> Self {
        // A test holds it to the same rules as any other.
        Self::parse(FRAME).unwrap_or_else(|_| Self::nothing())
    }
}

/// The page, in the frame that `template` is.
#[must_use]
pub fn render(page: &Page<'_>, template: &Template) -> Rendered {
    let texts = page.language.texts();
    let reference: String = page.reference.chars().take(64).collect();
    let mut html = String::new();
    for part in template.parts() {
        match part {
            Part::Text(text) => html.push_str(text),
            Part::Slot(Slot::Language) => escape(page.language.code(), &mut html),
            Part::Slot(Slot::Title) => escape(texts.title, &mut html),
            Part::Slot(Slot::Explanation) => match page.task {
                Task::Work(_) => escape(texts.explanation, &mut html),
                Task::Captcha(_) => escape(texts.captcha, &mut html),
            },
            Part::Slot(Slot::ReferenceLabel) => escape(texts.reference, &mut html),
            Part::Slot(Slot::Reference) => escape(&reference, &mut html),
            Part::Slot(Slot::Nonce) => escape(&page.nonce.0, &mut html),
            Part::Slot(Slot::Style) => {
                element("style", "", &page.nonce, &[STYLE], &mut html);
            }
            Part::Slot(Slot::Challenge) => challenge(page, &mut html),
            Part::Slot(Slot::Script) => {
                let script = match page.task {
                    Task::Work(_) => {
                        let id = " id=\"palisade-solver\"";
                        element("script", id, &page.nonce, &[SOLVER], &mut html);
                        SCRIPT
                    }
                    Task::Captcha(_) => CAPTCHA,
                };
                element("script", "", &page.nonce, &[AGAIN, script], &mut html);
            }
        }
    }
    Rendered {
        headers: headers(page),
        body: html.into_bytes(),
    }
}

fn headers(page: &Page<'_>) -> Vec<(&'static str, Cow<'static, str>)> {
    let nonce = &page.nonce.0;
    // Browsers apply `form-action` to where the application redirects after the POST, too: a login that goes on to
    // another origin or to an app would end here. The form itself can go nowhere else without an `action`.
    let form = match page.then {
        Then::Post(_) => "",
        Then::Reload | Then::SendAgain => "form-action 'none'; ",
    };
    let loaded = match page.task {
        Task::Work(_) => {
            format!("script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; worker-src blob:")
        }
        Task::Captcha(widget) => {
            let sources = widget.sources();
            format!(
                "script-src 'nonce-{nonce}' {sources}; style-src 'nonce-{nonce}' {sources}; frame-src {sources}; \
                 img-src {sources}; connect-src {sources}"
            )
        }
    };
    let policy =
        format!("default-src 'none'; {loaded}; {form}base-uri 'none'; frame-ancestors 'none'");
    // Not `no-referrer`, with which the POST would say `Origin: null` and fail an application's check. A captcha's
    // service looks for the site that its widget stands on.
    let referrer = match page.task {
        Task::Work(_) => "same-origin",
        Task::Captcha(_) => "strict-origin-when-cross-origin",
    };
    vec![
        ("cache-control", Cow::Borrowed("no-store")),
        ("content-type", Cow::Borrowed("text/html; charset=utf-8")),
        ("content-security-policy", Cow::Owned(policy)),
        ("referrer-policy", Cow::Borrowed(referrer)),
        ("x-content-type-options", Cow::Borrowed("nosniff")),
    ]
}

/// An element whose text is ours, as it is.
fn element(name: &str, attributes: &str, nonce: &Nonce, texts: &[&str], html: &mut String) {
    // Writing to a string cannot fail.
    let _ = writeln!(html, "<{name}{attributes} nonce=\"{}\">", nonce.0);
    html.extend(texts.iter().copied());
    let _ = writeln!(html, "</{name}>");
}

/// What the script works with.
fn challenge(page: &Page<'_>, html: &mut String) {
    let texts = page.language.texts();
    let later = match page.task {
        Task::Work(_) => page.lifetime.as_secs(),
        Task::Captcha(widget) => widget.lifetime().as_secs(),
    };
    let (then, lifetime) = match page.then {
        Then::Reload => ("reload", SOON),
        Then::Post(_) => ("post", SOON),
        Then::SendAgain => ("back", later),
    };
    let start = match page.start {
        Start::Now => "now",
        Start::OnClick => "click",
    };
    let shown = serde_json::to_string(texts).unwrap_or_default();
    html.push_str("<div id=\"palisade\"");
    let mut data: Vec<(&str, Cow<'_, str>)> = vec![
        ("texts", Cow::Owned(shown)),
        ("then", Cow::Borrowed(then)),
        ("start", Cow::Borrowed(start)),
        ("lifetime", Cow::Owned(lifetime.to_string())),
    ];
    match page.task {
        Task::Work(challenge) => data.extend([
            ("challenge", Cow::Owned(challenge.json())),
            ("cookie", Cow::Borrowed(SOLUTION_COOKIE)),
        ]),
        Task::Captcha(widget) => data.extend([
            ("api", Cow::Borrowed(widget.interface())),
            ("script", Cow::Owned(widget.script(page.language.code()))),
            ("sitekey", Cow::Borrowed(widget.site_key())),
            ("action", Cow::Borrowed(widget.action())),
            ("field", Cow::Borrowed(widget.field())),
            ("kind", Cow::Borrowed(widget.class())),
            ("cookie", Cow::Borrowed(TOKEN_COOKIE)),
        ]),
    }
    for (name, value) in data {
        let _ = write!(html, "\ndata-{name}=\"");
        escape(&value, html);
        html.push('"');
    }
    html.push_str(">\n<p role=\"status\"></p>\n");
    match page.task {
        Task::Work(_) => {
            html.push_str("<progress aria-label=\"");
            escape(texts.progress, html);
            html.push_str("\" value=\"0\" hidden></progress>\n");
        }
        Task::Captcha(_) => html.push_str("<div class=\"widget\"></div>\n"),
    }
    html.push_str("<p><button type=\"button\" hidden></button></p>\n<noscript><p>");
    escape(texts.no_script, html);
    html.push_str("</p></noscript>\n");
    if let Then::Post(carried) = page.then {
        let _ = write!(
            html,
            "<form method=\"post\" enctype=\"{}\" accept-charset=\"utf-8\" hidden>\n{}</form>\n",
            carried.encoding().name(),
            carried.inputs()
        );
    }
    html.push_str("</div>\n");
}

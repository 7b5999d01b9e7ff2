//! The page for people: one file, no script, no external resource.

use super::{Shown, words};
use crate::encoding::html::escaped;

/// The style of the page. [`CONTENT_SECURITY_POLICY`] names its hash, so they change together.
pub(super) const STYLE: &str = ":root{color-scheme:light dark}\
body{margin:0;font:1rem/1.5 system-ui,sans-serif;color:#1c1c1e;background:#fff}\
main{max-width:36rem;margin:15vh auto 0;padding:1rem;overflow-wrap:anywhere}\
h1{font-size:1.5rem;line-height:1.25}\
.reference{font-size:.875rem;color:#55555a}\
@media(prefers-color-scheme:dark){\
body{color:#f2f2f7;background:#1c1c1e}\
.reference{color:#aeaeb2}}";

/// Nothing may be loaded, run, sent or framed; only the style above applies.
pub(super) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; \
style-src 'sha256-oMxOQfRcDi9xz6em83RcDNdD/JCaGUZ/MrQhZBsZfO8='; \
base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(super) fn page(shown: &Shown<'_>) -> Vec<u8> {
    let title = escaped(shown.title);
    let message = escaped(shown.message);
    let status = shown.status;
    let code = shown.language.code();
    let next = next(shown);
    // Reduced to letters, digits and `._-` before.
    let [_, label] = words::labels(shown.language);
    let reference = if shown.reference.is_empty() {
        String::new()
    } else {
        format!(" · {label} <code>{}</code>", shown.reference)
    };
    format!(
        "<!doctype html>\n\
         <html lang=\"{code}\">\n\
         <head>\n\
         <meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n\
         <title>{title}</title>\n\
         <style>{STYLE}</style>\n\
         </head>\n\
         <body>\n\
         <main>\n\
         <h1 dir=\"auto\">{title}</h1>\n\
         <p dir=\"auto\">{message}</p>\n\
         {next}\
         <p class=\"reference\">Status {status}{reference}</p>\n\
         </main>\n\
         </body>\n\
         </html>\n"
    )
    .into_bytes()
}

/// What the person can do, and whom they can ask: none, one or two paragraphs.
pub(super) fn next(shown: &Shown<'_>) -> String {
    let mut html = String::new();
    if !shown.next.is_empty() {
        html.extend(["<p>", &escaped(shown.next), "</p>\n"]);
    }
    if let Some(contact) = shown.contact {
        let [label, _] = words::labels(shown.language);
        let contact = contact.html(&shown.reference);
        html.extend(["<p>", label, " ", &contact, "</p>\n"]);
    }
    html
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use sha2::{Digest as _, Sha256};

    use super::{CONTENT_SECURITY_POLICY, STYLE};

    #[test]
    fn the_policy_admits_the_style_of_the_page_and_nothing_else() {
        let hash = STANDARD.encode(Sha256::digest(STYLE));
        assert_eq!(
            CONTENT_SECURITY_POLICY,
            format!(
                "default-src 'none'; style-src 'sha256-{hash}'; \
                 base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            )
        );
    }
}

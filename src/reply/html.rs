//! The page for people: one file, no script, no external resource.

use super::{Kind, Shown};
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
    let challenge = match shown.kind {
        Kind::Denied | Kind::Limited => "",
        Kind::ChallengeRequired => "<p>A challenge is required before this can go on.</p>\n",
    };
    // Reduced to letters, digits and `._-` before.
    let reference = if shown.reference.is_empty() {
        String::new()
    } else {
        format!(" · Reference <code>{}</code>", shown.reference)
    };
    format!(
        "<!doctype html>\n\
         <html lang=\"en\">\n\
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
         {challenge}\
         <p class=\"reference\">Status {status}{reference}</p>\n\
         </main>\n\
         </body>\n\
         </html>\n"
    )
    .into_bytes()
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

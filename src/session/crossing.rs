//! Whether another site has had a request made.

use crate::challenge::replay::is_same_origin;
use crate::message::RequestHead;

/// Whether a page of another site has had the browser make this request: by a link, a form or an image. It must not
/// have the visitor signed out, so such a request is judged before it goes on, and revokes nothing.
///
/// Where the browser does not say it by `sec-fetch-site`, another host in `origin` or `referer` does.
pub(crate) fn is_cross_site(head: &RequestHead<'_>) -> bool {
    let page = head.page;
    page.is_cross_site.unwrap_or_else(|| {
        let from = page.origin.or(page.referer);
        from.is_some_and(|from| !is_same_origin(None, Some(origin(from)), head.authority))
    })
}

/// Whether a page has a browser load it as an image, a script or the like, where nobody would see an answer; by what it
/// accepts, where the browser does not say it by `sec-fetch-dest`.
pub(crate) fn is_embedded(head: &RequestHead<'_>) -> bool {
    head.page.embeds.unwrap_or_else(|| {
        head.accept
            .is_some_and(|accepted| accepted.starts_with(b"image/"))
    })
}

/// The origin of an address, which may be one already.
fn origin(address: &[u8]) -> &[u8] {
    let slashes = address
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'/');
    let end = slashes.map(|(at, _)| at).nth(2);
    end.and_then(|end| address.get(..end)).unwrap_or(address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{HeaderBlock, serialise};

    #[test]
    fn what_a_page_embeds_is_told() {
        for (name, value, expected) in [
            ("sec-fetch-dest", "image", true),
            ("sec-fetch-dest", "script", true),
            ("sec-fetch-dest", "made-up", true),
            ("sec-fetch-dest", "empty", false),
            ("sec-fetch-dest", "Document ", false),
            ("sec-fetch-dest", "iframe", false),
            ("accept", "image/avif,image/webp,*/*;q=0.8", true),
            ("accept", "text/html,image/webp", false),
            ("user-agent", "curl", false),
        ] {
            let lines = [(name.as_bytes(), value.as_bytes())];
            let block = HeaderBlock::new(serialise(lines.into_iter()));
            assert_eq!(
                is_embedded(&RequestHead::read(&block, b"x-")),
                expected,
                "{name}: {value}"
            );
        }
    }

    #[test]
    fn what_another_site_has_had_made_is_told() {
        let shop = "shop.example";
        for (lines, expected) in [
            (&[][..], false),
            (&[("sec-fetch-site", "cross-site")], true),
            (&[("sec-fetch-site", "Cross-Site ")], true),
            (&[("sec-fetch-site", "same-origin")], false),
            (&[("sec-fetch-site", "none")], false),
            (
                &[
                    ("sec-fetch-site", "same-site"),
                    ("origin", "https://a.example"),
                ],
                false,
            ),
            (&[("origin", "https://shop.example")], false),
            (&[("origin", "https://shop.example:443")], false),
            (&[("origin", "https://evil.example")], true),
            (&[("origin", "null")], true),
            (&[("referer", "https://shop.example/a/b?c")], false),
            (&[("referer", "https://evil.example/shop.example/")], true),
            (&[("referer", "https://shop.example.evil/")], true),
        ] {
            let head = [(":authority", shop)];
            let all = head.iter().chain(lines.iter());
            let headers = all.map(|(name, value)| (name.as_bytes(), value.as_bytes()));
            let block = HeaderBlock::new(serialise(headers));
            assert_eq!(
                is_cross_site(&RequestHead::read(&block, b"x-")),
                expected,
                "{lines:?}"
            );
        }
    }
}

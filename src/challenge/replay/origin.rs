/// Whether a page of this very origin sent the form, so that sending it again from the challenge page changes nothing.
///
/// A form that another site posted must not be carried: sent again from here it would bring the cookies that `SameSite`
/// held back, and our `Origin`. The challenge would then wash clean what is cross-site request forgery.
///
/// `site` is `sec-fetch-site`, `origin` is `origin`, `authority` is `:authority`; any of them may be absent or garbage.
#[must_use]
pub fn is_same_origin(
    site: Option<&[u8]>,
    origin: Option<&[u8]>,
    authority: Option<&[u8]>,
) -> bool {
    match site {
        // Also of a page whose referrer policy makes its origin `null`.
        Some(b"same-origin") => true,
        // A reload, or a browser that does not say.
        None | Some(b"none") => match (origin.and_then(host), authority) {
            (Some((host, default_port)), Some(authority)) => {
                bare(host, default_port).eq_ignore_ascii_case(bare(authority, default_port))
            }
            _ => false,
        },
        Some(_) => false,
    }
}

/// The host of an origin, port included, and the port that may be left out.
fn host(origin: &[u8]) -> Option<(&[u8], &'static [u8])> {
    let (host, port): (_, &[u8]) = match origin.strip_prefix(b"https://") {
        Some(host) => (host, b":443"),
        None => (origin.strip_prefix(b"http://")?, b":80"),
    };
    (!host.is_empty()).then_some((host, port))
}

fn bare<'a>(authority: &'a [u8], default_port: &[u8]) -> &'a [u8] {
    authority.strip_suffix(default_port).unwrap_or(authority)
}

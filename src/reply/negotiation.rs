//! Which form of reply a client asks for (RFC 9110, 12.5.1), read in bounded time.

use crate::json::FromJson;

#[cfg(test)]
mod tests;

/// Most bytes of `Accept` that are read.
const ACCEPT_LIMIT: usize = 1_024;
/// Most media ranges of `Accept` that are read.
const RANGE_LIMIT: usize = 32;

/// The form of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Problem details (RFC 9457).
    Problem,
    /// A plain JSON object, `{"error": ...}`.
    Json,
    /// A page for people.
    Html,
    /// A gRPC status and message.
    Grpc,
}

/// The form of a refusal. gRPC requests always get a gRPC status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Preference {
    /// As the client's `Accept` header asks.
    #[default]
    Auto,
    /// `application/problem+json` (RFC 9457).
    Problem,
    /// `{"error": ...}`.
    Json,
    /// A small page.
    Html,
}

/// The form of the reply to a request with these headers, either of which may be absent or garbage.
///
/// gRPC clients understand nothing but gRPC. Of the others the client's own ranking decides; where it
/// ranks two alike, the one that it names more precisely; then a page before problem details before JSON,
/// because only browsers name `text/html`. Who accepts just anything, or nothing that exists, gets
/// problem details: a refusal must be said somehow.
#[must_use]
pub fn negotiate(
    preference: Preference,
    accept: Option<&[u8]>,
    content_type: Option<&[u8]>,
) -> Format {
    if content_type.is_some_and(is_grpc) {
        return Format::Grpc;
    }
    match preference {
        Preference::Problem => Format::Problem,
        Preference::Json => Format::Json,
        Preference::Html => Format::Html,
        Preference::Auto => accept.map_or(Format::Problem, preferred),
    }
}

/// `application/grpc`, with a message format (`+proto`) or not, or one of gRPC-Web.
fn is_grpc(content_type: &[u8]) -> bool {
    let Some((kind, rest)) = content_type
        .trim_ascii_start()
        .split_at_checked(b"application/grpc".len())
    else {
        return false;
    };
    kind.eq_ignore_ascii_case(b"application/grpc")
        && (matches!(rest.first(), None | Some(b'+' | b';' | b' ' | b'\t'))
            || rest
                .get(..4)
                .is_some_and(|web| web.eq_ignore_ascii_case(b"-web")))
}

/// How precisely a media range names a format; a more precise range overrules the others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Precision {
    Anything,
    Family,
    Exact,
}

fn preferred(accept: &[u8]) -> Format {
    const OFFERED: [Format; 3] = [Format::Html, Format::Problem, Format::Json];
    let mut best = [None; OFFERED.len()];
    for range in ranges(accept) {
        for (best, format) in best.iter_mut().zip(OFFERED) {
            let named = range.covers(format);
            // Of two ranges alike, as `text/html;level=1` and `text/html`, the better one counts.
            *best = (*best).max(named.map(|precision| (precision, range.quality)));
        }
    }
    let wishes = best.into_iter().zip(OFFERED);
    wishes
        .filter_map(|(best, format)| {
            let (precision, quality) = best?;
            let rank = match (format, precision) {
                // `*/*` asks for no page.
                (Format::Html, Precision::Anything) => 0,
                (Format::Json, _) => 1,
                (Format::Problem, _) => 2,
                (Format::Html | Format::Grpc, _) => 3,
            };
            (quality > 0).then_some(((quality, precision, rank), format))
        })
        .max_by_key(|(wish, _)| *wish)
        .map_or(Format::Problem, |(_, format)| format)
}

/// A media range and its quality in thousandths.
struct Range<'a> {
    kind: &'a [u8],
    subtype: &'a [u8],
    quality: u16,
}

impl Range<'_> {
    fn covers(&self, format: Format) -> Option<Precision> {
        let (kind, subtype): (&[u8], &[u8]) = match format {
            Format::Html => (b"text", b"html"),
            Format::Json => (b"application", b"json"),
            Format::Problem => (b"application", b"problem+json"),
            Format::Grpc => return None,
        };
        if self.kind == b"*" && self.subtype == b"*" {
            Some(Precision::Anything)
        } else if !self.kind.eq_ignore_ascii_case(kind) {
            None
        } else if self.subtype == b"*" {
            Some(Precision::Family)
        } else {
            self.subtype
                .eq_ignore_ascii_case(subtype)
                .then_some(Precision::Exact)
        }
    }
}

/// The media ranges of an `Accept` header; those that make no sense are left out. A comma inside a
/// quoted parameter splits its range, which then makes no sense.
fn ranges(accept: &[u8]) -> impl Iterator<Item = Range<'_>> {
    let whole = match accept.get(..ACCEPT_LIMIT) {
        // A range that was cut could have lost its quality.
        Some(start) if accept.len() > ACCEPT_LIMIT => {
            let end = start.iter().rposition(|&byte| byte == b',').unwrap_or(0);
            start.get(..end).unwrap_or_default()
        }
        _ => accept,
    };
    whole
        .split(|&byte| byte == b',')
        .take(RANGE_LIMIT)
        .filter_map(range)
}

fn range(text: &[u8]) -> Option<Range<'_>> {
    let mut parts = text.split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
    let media = parts.next()?;
    let slash = media.iter().position(|&byte| byte == b'/')?;
    let (kind, subtype) = media.split_at_checked(slash)?;
    let quality = parts
        .find_map(|part| match part {
            [b'q' | b'Q', b'=', value @ ..] => Some(quality(value)),
            _ => None,
        })
        .unwrap_or(Some(1_000))?;
    Some(Range {
        kind,
        subtype: subtype.get(1..)?,
        quality,
    })
}

/// A quality value (`0`, `0.25`, `1.000`) in thousandths.
pub(crate) fn quality(value: &[u8]) -> Option<u16> {
    let (whole, fraction) = match value {
        [whole] => (whole, &[][..]),
        [whole, b'.', fraction @ ..] if fraction.len() <= 3 => (whole, fraction),
        _ => return None,
    };
    let mut thousandths: u16 = 0;
    for (digit, weight) in fraction.iter().zip([100_u16, 10, 1]) {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit <= 9)?;
        thousandths = thousandths.saturating_add(u16::from(digit).saturating_mul(weight));
    }
    match (whole, thousandths) {
        (b'0', thousandths) => Some(thousandths),
        (b'1', 0) => Some(1_000),
        _ => None,
    }
}

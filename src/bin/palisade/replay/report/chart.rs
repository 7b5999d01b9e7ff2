//! Charts as SVG, in the colours of the page around them.

use std::fmt::Write as _;

use super::super::tally::Outcomes;

/// The most bars of a chart: what is finer is added up.
const BARS: usize = 168;
const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 200.0;

/// The classes of a bar's parts, from the bottom up.
const PARTS: [&str; 5] = ["allow", "step_up", "challenge", "limit", "deny"];

fn number(count: u64) -> f64 {
    // Charts have no more than a few thousand points.
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// A bar for each of these, in parts.
pub(super) fn stacked(title: &str, all: &[(&str, Outcomes)]) -> String {
    let size = all.len().div_ceil(BARS).max(1);
    let bars: Vec<(&str, Outcomes)> = all.chunks(size).filter_map(sum).collect();
    let most = bars
        .iter()
        .map(|(_, own)| own.all())
        .max()
        .unwrap_or(0)
        .max(1);
    let step = WIDTH / number(u64::try_from(bars.len()).unwrap_or(1).max(1));
    let width = (step * 0.85).max(1.0);
    let mut svg = format!(
        r#"<svg viewBox="0 0 {WIDTH} {}" role="img" aria-label="{title}">"#,
        HEIGHT + 24.0
    );
    let mut left = 0.0;
    for (name, own) in &bars {
        let mut top = HEIGHT;
        let _ = write!(svg, "<g><title>{name}");
        for (action, count) in own.each() {
            let _ = write!(svg, "\n{}: {count}", action.name());
        }
        svg.push_str("</title>");
        for ((_, count), class) in own.each().iter().zip(PARTS) {
            let height = number(*count) * HEIGHT / number(most);
            if height > 0.0 {
                top -= height;
                let _ = write!(
                    svg,
                    r#"<rect class="{class}" x="{left:.2}" y="{top:.2}" width="{width:.2}" height="{height:.2}"/>"#
                );
            }
        }
        svg.push_str("</g>");
        left += step;
    }
    let _ = write!(
        svg,
        r#"<line class="axis" x1="0" y1="{HEIGHT}" x2="{WIDTH}" y2="{HEIGHT}"/>"#
    );
    let ends = bars.first().zip(bars.last());
    if let Some(((first, _), (last, _))) = ends {
        let below = HEIGHT + 18.0;
        let _ = write!(svg, r#"<text x="0" y="{below}">{first}</text>"#);
        let _ = write!(
            svg,
            r#"<text x="{WIDTH}" y="{below}" text-anchor="end">{last}</text>"#
        );
    }
    let _ = write!(svg, r#"<text x="0" y="12">{most}</text></svg>"#);
    svg
}

/// Several in one, by the name of the first.
fn sum<'n>(all: &[(&'n str, Outcomes)]) -> Option<(&'n str, Outcomes)> {
    let (name, _) = all.first()?;
    let mut sum = Outcomes::default();
    for (_, own) in all {
        sum.allow = sum.allow.saturating_add(own.allow);
        sum.step_up = sum.step_up.saturating_add(own.step_up);
        sum.challenge = sum.challenge.saturating_add(own.challenge);
        sum.limit = sum.limit.saturating_add(own.limit);
        sum.deny = sum.deny.saturating_add(own.deny);
    }
    Some((name, sum))
}

/// One bar over the width, in parts.
pub(super) fn bar(own: Outcomes) -> String {
    let all = number(own.all()).max(1.0);
    let mut left = 0.0;
    let mut svg =
        r#"<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">"#
            .to_owned();
    for ((_, count), class) in own.each().iter().zip(PARTS) {
        let width = number(*count) * 100.0 / all;
        if width > 0.0 {
            let _ = write!(
                svg,
                r#"<rect class="{class}" x="{left:.2}" y="0" width="{width:.2}" height="6"/>"#
            );
            left += width;
        }
    }
    svg.push_str("</svg>");
    svg
}

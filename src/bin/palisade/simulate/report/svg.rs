//! Curves over time as SVG. Colours are those of the page or the reader's: light and dark.

use super::Report;
use super::words::number;
use crate::markup::escaped;
use crate::simulate::figures::{Curve, Figures, POINTS};
use palisade::time::Span;

/// The size of a picture, and of what is left of it for titles and axes.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 200.0;
const LEFT: f64 = 64.0;
const BOTTOM: f64 = 24.0;
const TOP: f64 = 30.0;

/// What the colours are, light and dark.
pub(super) const STYLE: &str = "\
.curves{--text:#1f2328;--faint:#d0d7de;--reached:#c1121f;--stopped:#8c959f;--done:#1a7f37;--turned:#9a6700;\
font:12px system-ui,sans-serif;fill:var(--text)}\
@media(prefers-color-scheme:dark){.curves{--text:#e6edf3;--faint:#3d444d;--reached:#ff7b72;--stopped:#7d8590;\
--done:#56d364;--turned:#e3b341}}\
.curves path{fill:none;stroke-width:1.6}.curves .grid{stroke:var(--faint);stroke-width:1}\
.curves .reached{stroke:var(--reached)}.curves .stopped{stroke:var(--stopped);stroke-dasharray:4 2}\
.curves .done{stroke:var(--done)}.curves .turned{stroke:var(--turned);stroke-dasharray:1 2}\
.curves rect.reached{fill:var(--reached)}.curves rect.stopped{fill:var(--stopped)}\
.curves rect.done{fill:var(--done)}.curves rect.turned{fill:var(--turned)}";

const fn class(curve: Curve) -> &'static str {
    match curve {
        Curve::Reached => "reached",
        Curve::Stopped => "stopped",
        Curve::Done => "done",
        Curve::TurnedAway => "turned",
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::as_conversions,
    reason = "places in a picture"
)]
const fn float(number: u64) -> f64 {
    number as f64
}

/// A picture by itself: without defences, and with all of them.
pub(in crate::simulate) fn curves(report: &Report<'_>) -> String {
    let pictures = pictures(report);
    let height = (HEIGHT + TOP + BOTTOM) * float(u64::try_from(pictures.len()).unwrap_or(0));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {:.0}\" class=\"curves\" role=\"img\"><title>{}</title>\
         <style>{STYLE}</style>",
        height + 24.0,
        escaped(&report.scenario.title),
    );
    for (place, (title, figures)) in (0_u64..).zip(pictures) {
        svg.push_str(&panel(
            title,
            figures,
            report,
            (HEIGHT + TOP + BOTTOM) * float(place),
        ));
    }
    svg.push_str(&legend(height + 12.0));
    svg.push_str("</svg>\n");
    svg
}

/// The runs that are drawn.
fn pictures<'r>(report: &'r Report<'_>) -> Vec<(&'static str, &'r Figures)> {
    let named = |name: &str| report.rows.iter().find(|row| row.name == name);
    let drawn = [
        ("without any defence", named("none")),
        ("with all defences", named("all")),
    ];
    drawn
        .into_iter()
        .filter_map(|(title, row)| Some((title, row?.figures.as_ref().ok()?)))
        .collect()
}

/// One picture at this height: an axis of requests, one of time, and four curves.
fn panel(title: &str, figures: &Figures, report: &Report<'_>, at: f64) -> String {
    let most = Curve::ALL
        .into_iter()
        .flat_map(|curve| figures.curve(curve))
        .copied()
        .max()
        .unwrap_or(0)
        .max(1);
    let points = float(u64::try_from(POINTS).unwrap_or(1).saturating_sub(1)).max(1.0);
    let (base, room) = (at + TOP + HEIGHT, WIDTH - LEFT - 12.0);
    let mut svg = format!(
        "<text x=\"{LEFT}\" y=\"{:.0}\" font-weight=\"600\">{}</text>",
        at + TOP - 12.0,
        escaped(title)
    );
    for quarter in 0..=4_u64 {
        let y = base - HEIGHT * float(quarter) / 4.0;
        svg.push_str(&format!(
            "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{:.0}\"/><text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LEFT + room,
            LEFT - 6.0,
            y + 4.0,
            number(most.saturating_mul(quarter) / 4),
        ));
    }
    let length = report.scenario.length;
    for quarter in 0..=4_u32 {
        let seconds = length.as_secs().saturating_mul(quarter.into()) / 4;
        let x = LEFT + room * f64::from(quarter) / 4.0;
        let anchor = if quarter == 4 { "end" } else { "middle" };
        svg.push_str(&format!(
            "<text x=\"{x:.0}\" y=\"{:.0}\" text-anchor=\"{anchor}\">{}</text>",
            base + 16.0,
            Span::new(std::time::Duration::from_secs(seconds)),
        ));
    }
    for curve in Curve::ALL {
        let mut way = String::new();
        for (place, value) in (0_u64..).zip(figures.curve(curve)) {
            let x = LEFT + room * float(place) / points;
            let y = base - HEIGHT * float(*value) / float(most);
            way.push_str(&format!(
                "{}{x:.1} {y:.1}",
                if place == 0 { 'M' } else { 'L' }
            ));
        }
        let class = class(curve);
        svg.push_str(&format!(
            "<path class=\"{class}\" d=\"{way}\"><title>{}</title></path>",
            curve.name()
        ));
    }
    svg
}

/// What each curve is.
fn legend(at: f64) -> String {
    let mut svg = String::new();
    let mut x = 12.0;
    for curve in Curve::ALL {
        let class = class(curve);
        let name = curve.name();
        svg.push_str(&format!(
            "<rect class=\"{class}\" x=\"{x:.0}\" y=\"{:.0}\" width=\"10\" height=\"10\"/><text x=\"{:.0}\" y=\"{:.0}\">{name}</text>",
            at - 9.0,
            x + 14.0,
            at,
        ));
        x += 36.0 + 5.6 * float(u64::try_from(name.len()).unwrap_or(0));
    }
    svg
}

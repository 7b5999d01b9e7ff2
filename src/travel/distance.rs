use crate::intelligence::Position;

/// The earth's mean radius in kilometres (IUGG).
const RADIUS: f64 = 6_371.008_8;

/// Half a degree's tenth in radians: half the difference of two positions is a whole number of them.
const TWENTIETH: f64 = std::f64::consts::PI / 3_600.0;

/// A quarter of a turn, in twentieths of a degree.
const QUARTER: u16 = 1_800;

/// The great-circle distance, by the haversine formula on a sphere: within 0.6% of the one on the ellipsoid.
#[must_use]
pub fn kilometres(one: Position, other: Position) -> u16 {
    let (latitude, longitude) = one.to_tenths();
    let (other_latitude, other_longitude) = other.to_tenths();
    let haversine = |one: i16, other: i16| {
        let sine = sine(one.abs_diff(other));
        sine * sine
    };
    let square = haversine(latitude, other_latitude)
        + cosine(latitude) * cosine(other_latitude) * haversine(longitude, other_longitude);
    let angle = 2.0 * arcsine(square.clamp(0.0, 1.0).sqrt());
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::as_conversions,
        reason = "0 to half the circumference, 20,015"
    )]
    let kilometres = (angle * RADIUS).round() as u16;
    kilometres
}

/// The cosine of a latitude in tenths of a degree.
fn cosine(latitude: i16) -> f64 {
    sine(QUARTER.saturating_sub(latitude.unsigned_abs().saturating_mul(2)))
}

/// The sine of an angle of up to half a turn, in twentieths of a degree: Taylor's polynomial, good to 11 digits where
/// it ends, at a quarter. The standard library's is right to the last digit, and some KiB of the filter.
fn sine(twentieths: u16) -> f64 {
    let half = QUARTER.saturating_mul(2);
    let x = f64::from(twentieths.min(half.saturating_sub(twentieths))) * TWENTIETH;
    let factors = [210.0, 156.0, 110.0, 72.0, 42.0, 20.0, 6.0];
    let square = x * x;
    x * factors
        .into_iter()
        .fold(1.0, |sum, factor| 1.0 - sum * square / factor)
}

/// The arcsine of 0 to 1: the Taylor polynomial up to one half, good to 7 digits there; beyond, by the half angle.
fn arcsine(x: f64) -> f64 {
    if x > 0.5 {
        return std::f64::consts::FRAC_PI_2 - 2.0 * arcsine(((1.0 - x) / 2.0).sqrt());
    }
    // The ratio of each coefficient to the one before.
    let ratios = [
        (169.0, 210.0),
        (121.0, 156.0),
        (81.0, 110.0),
        (49.0, 72.0),
        (25.0, 42.0),
        (9.0, 20.0),
        (1.0, 6.0),
    ];
    let square = x * x;
    x * ratios
        .into_iter()
        .fold(1.0, |sum, (over, under)| 1.0 + sum * square * over / under)
}

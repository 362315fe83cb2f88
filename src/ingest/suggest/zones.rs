//! The zone that a place in the United States is likely in: a guess, always told as one.
//!
//! By boxes a degree or so wide of the truth near the lines between zones.

use crate::domain::time::Zone;

/// South, north, west, east; the first that holds the point counts.
const BOXES: &[(f64, f64, f64, f64, &str)] = &[
    (18.5, 23.0, -161.0, -154.0, "Pacific/Honolulu"),
    (51.0, 72.0, -180.0, -129.0, "America/Anchorage"),
    (17.5, 18.8, -68.0, -64.0, "America/Puerto_Rico"),
    (31.3, 37.0, -114.8, -109.05, "America/Phoenix"),
    (24.0, 50.0, -86.5, -66.5, "America/New_York"),
    (25.0, 49.5, -101.5, -86.5, "America/Chicago"),
    (31.0, 49.5, -114.1, -101.5, "America/Denver"),
    (32.0, 49.5, -125.0, -114.1, "America/Los_Angeles"),
];

/// States that lie in one zone, but for a corner.
const STATES: &[(&str, &str)] = &[
    ("America/New_York", "CT DE DC FL GA IN KY ME MD MA MI NH NJ NY NC OH PA RI SC VT VA WV"),
    ("America/Chicago", "AL AR IL IA KS LA MN MS MO NE ND OK SD TN TX WI"),
    ("America/Denver", "CO MT NM UT WY ID"),
    ("America/Phoenix", "AZ"),
    ("America/Los_Angeles", "CA NV OR WA"),
    ("America/Anchorage", "AK"),
    ("Pacific/Honolulu", "HI"),
    ("America/Puerto_Rico", "PR"),
];

pub(super) fn at(latitude: f64, longitude: f64) -> Option<Zone> {
    let within = |b: &&(f64, f64, f64, f64, &str)| (b.0..b.1).contains(&latitude) && (b.2..b.3).contains(&longitude);
    BOXES.iter().find(within)?.4.parse().ok()
}

pub(super) fn of_state(code: &str) -> Option<Zone> {
    let code = code.trim().to_uppercase();
    let (zone, _) = STATES.iter().find(|(_, codes)| codes.split(' ').any(|c| c == code))?;
    zone.parse().ok()
}

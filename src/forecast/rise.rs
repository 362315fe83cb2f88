//! Where is it busier of late than long history had it? The weeks in which a forecast is needed most.
//!
//! A group (area) has *risen* on an issue day when its counts of the last fourteen days, three or more, lie above the middle
//! 95 % of what all days before them make likely; the whole likewise, and then all of its groups have. With n events on E
//! days before, and the last days counting for e, the predictive distribution of their count is negative binomial of mean
//! (n + ½) e/E and size n + ½ (gamma–Poisson). Only what was known on the issue day enters.
//!
//! Limits: of a hundred steady areas two or so are above their range by chance, and a land that grows has always risen.

use super::panel::Known;
use crate::stats::CountDistribution;

const DAYS: usize = 14;
const LEAST: f64 = 3.0;
/// The upper end of the middle 95 %.
const UPPER: f64 = 0.975;

/// By group.
pub(super) fn risen(known: &Known) -> Vec<bool> {
    let n = known.exposure.len();
    let before = n.saturating_sub(DAYS);
    let days = |range: std::ops::Range<usize>| known.exposure[range].iter().sum::<f64>();
    let (past, late) = (days(0..before), days(before..n));
    let above = |counts: &[f64]| {
        let seen: f64 = counts[before..].iter().sum();
        if seen < LEAST || past <= 0.0 {
            return false;
        }
        let events = counts[..before].iter().sum::<f64>() + 0.5;
        let usual = CountDistribution::negative_binomial(events * late / past, events);
        seen > usual.quantile(UPPER) as f64
    };
    let everywhere = above(&known.whole);
    known.groups.iter().map(|g| everywhere || above(g)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            place::Point,
            time::{Day, DayRange},
        },
        forecast::panel::{Completeness, Layout, Panel, Sighting},
    };

    #[test]
    fn an_area_rises_when_its_fortnight_is_above_what_all_days_before_make_likely() {
        let centres = [Point::new(44.0, -69.0).unwrap(), Point::new(44.1, -69.0).unwrap()];
        let layout = Layout::new(&centres, &[Some(0), Some(1)], 2, 2).unwrap();
        let days = DayRange::new(Day::from_epoch_days(0), Day::from_epoch_days(299)).unwrap();
        // The first area: an event a day; the second: one every twenty days, and four more in the last fortnight.
        let usual = (0..300).flat_map(|d| [(0, d, 1), (1, d, u32::from(d % 20 == 0))]);
        let extra = [(1, 288, 1), (1, 290, 1), (1, 295, 2)];
        let seen: Vec<Sighting> = usual
            .chain(extra)
            .filter(|(.., count)| *count > 0)
            .map(|(place, day, count)| Sighting { place, day, lag: 0, count })
            .collect();
        let panel = Panel::new(days, layout, seen.clone(), seen, &[], Completeness::ByLag(vec![])).unwrap();
        assert_eq!(risen(&panel.known_at(days.to)), [false, true]);
        assert_eq!(risen(&panel.known_at(Day::from_epoch_days(287))), [false, false]);
    }
}

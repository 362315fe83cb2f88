//! Seeded lands of square cells for the forecasters: every rate is known.

use emberwatch::{
    domain::{
        forecast::ForecastLevel,
        place::Point,
        time::{Day, DayRange},
    },
    forecast::{
        ForecastModel, model,
        panel::{Completeness, Layout, Panel, Sighting},
        rolling::{Rolling, Target},
        scoring::OriginScores,
    },
    stats::{CountDistribution, Random},
};

pub const FIRST: i32 = 18_500;

/// `side` × `side` cells about 0.9 km apart, in vertical stripes of areas, with negative binomial counts of mean
/// `rate(cell, day)` and size `size`.
pub fn world(side: usize, areas: usize, days: u32, size: f64, seed: u64, rate: impl Fn(usize, u32) -> f64) -> Panel {
    let n = side * side;
    let centres: Vec<Point> = (0..n)
        .map(|i| Point::new(44.0 + 0.008 * (i / side) as f64, -69.0 + 0.0112 * (i % side) as f64).unwrap())
        .collect();
    let stripe = |cell: usize| ((cell % side) * areas / side) as u32;
    let cell_area: Vec<Option<u32>> = (0..n).map(|c| Some(stripe(c))).collect();
    let mut random = Random::seeded(seed);
    let (mut cells, mut in_areas) = (Vec::new(), Vec::new());
    for day in 0..days {
        for cell in 0..n {
            let count = CountDistribution::negative_binomial(rate(cell, day), size).sample(&mut random) as u32;
            if count > 0 {
                cells.push(Sighting { place: cell as u32, day, lag: 0, count });
                in_areas.push(Sighting { place: stripe(cell), day, lag: 0, count });
            }
        }
    }
    let layout = Layout::new(&centres, &cell_area, areas, n).unwrap();
    let range = DayRange::new(Day::from_epoch_days(FIRST), Day::from_epoch_days(FIRST + days as i32 - 1)).unwrap();
    Panel::new(range, layout, cells, in_areas, &[], Completeness::ByLag(vec![])).unwrap()
}

/// Weekly issue days from `from` (a day of the panel) to the end, after eight unscored ones.
pub fn backtest<'a>(panel: &'a Panel, from: i32, horizons: &[u32]) -> Outcome<'a> {
    backtest_with(panel, from, horizons, model::all().to_vec())
}

pub fn backtest_with<'a>(
    panel: &'a Panel,
    from: i32,
    horizons: &[u32],
    models: Vec<&'static dyn ForecastModel>,
) -> Outcome<'a> {
    let targets = [ForecastLevel::Cell, ForecastLevel::Area, ForecastLevel::Whole]
        .into_iter()
        .flat_map(|level| horizons.iter().map(move |&h| Target::standard(level, h)))
        .collect();
    let mut rolling = Rolling::new(panel, models, targets);
    for week in -8.. {
        let origin = panel.days.from + from + 7 * week;
        if origin >= panel.days.to {
            break;
        }
        rolling.visit(origin, week >= 0);
    }
    Outcome(rolling)
}

pub struct Outcome<'a>(Rolling<'a>);

impl Outcome<'_> {
    pub fn scores(&self, model: &str, level: ForecastLevel, horizon: u32) -> &[OriginScores] {
        let m = self.0.lines().find(|&m| self.0.name(m).0 == model).unwrap();
        let t = self.0.targets.iter().position(|t| *t == Target::standard(level, horizon)).unwrap();
        &self.0.scores[m][t]
    }
}

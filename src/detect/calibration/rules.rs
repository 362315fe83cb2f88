//! The rules that are compared: each says of a day which places it would raise an alarm for, and how loudly.

use super::{Setting, total, worlds::World};
use crate::{
    detect::{
        ears::{EarsMethod, EarsOptions, ears},
        scan::{Location, NullMaxima, PValueMethod, ScanCase, ScanError, ScanInput, ScanOptions, ScanPlace, scan},
    },
    domain::time::{Day, DayRange},
};

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Prospective space-time permutation scan; the score is −ln p, by a Gumbel distribution in the tail.
    Scan,
    /// EARS C2 of each area's daily count; the score is in standard deviations.
    EarsC2,
    /// So many events in an area within a day, as spike alerts of overdose maps are set.
    CountInADay,
    /// The same with the fixed threshold of three that many places use.
    ThreeInADay,
}

impl Rule {
    pub const ALL: [Self; 4] = [Self::Scan, Self::EarsC2, Self::CountInADay, Self::ThreeInADay];

    pub fn name(self) -> &'static str {
        match self {
            Self::Scan => "space-time permutation scan",
            Self::EarsC2 => "EARS C2 by area",
            Self::CountInADay => "k events in an area in 24 h",
            Self::ThreeInADay => "3 events in an area in 24 h, as it is",
        }
    }

    /// A threshold that is not set by the budget.
    pub fn fixed(self) -> Option<f64> {
        (self == Self::ThreeInADay).then_some(3.0)
    }
}

/// One alarm a rule could raise.
#[derive(Debug, Clone)]
pub struct Alarm {
    pub score: f64,
    /// Sorted.
    pub places: Vec<u32>,
    /// The scan's p-value by rank.
    pub rank_p: Option<f64>,
}

/// A world with the counts that rules ask for.
pub struct Judge<'a> {
    setting: &'a Setting,
    world: &'a World,
    seed: u64,
    places: Vec<ScanPlace>,
    members: Vec<Vec<u32>>,
    /// By area: its daily counts.
    counts: Vec<Vec<u32>>,
}

impl<'a> Judge<'a> {
    /// `seed`: of the scans' replicates; days count up from it.
    pub fn new(setting: &'a Setting, world: &'a World, seed: u64) -> Self {
        let areas = setting.area_of.iter().max().map_or(0, |a| *a as usize + 1);
        let mut members = vec![Vec::new(); areas];
        for (place, area) in setting.area_of.iter().enumerate() {
            members[*area as usize].push(place as u32);
        }
        let mut counts = vec![vec![0; world.len()]; areas];
        for (day, cases) in world.iter().enumerate() {
            for place in cases {
                counts[setting.area_of[*place as usize] as usize][day] += 1;
            }
        }
        let place = |(i, c): (usize, &_)| ScanPlace { id: format!("{i:06}"), location: Location::Geographic(*c) };
        Self { setting, world, seed, places: setting.centres.iter().enumerate().map(place).collect(), members, counts }
    }

    /// What a rule says at the end of a day.
    ///
    /// # Errors
    /// What the scan says of its options.
    pub fn alarms(&self, rule: Rule, day: usize) -> Result<Vec<Alarm>, ScanError> {
        let of_area = |score: f64, area: usize| Alarm { score, places: self.members[area].clone(), rank_p: None };
        Ok(match rule {
            Rule::Scan => self.scan(day)?,
            Rule::EarsC2 => {
                let options = EarsOptions::new(EarsMethod::C2);
                // The baseline reaches no further back than nine days.
                let start = (day + 1).saturating_sub(options.first() + 1);
                let today = |area: usize| ears(&self.counts[area][start..=day], &options).pop().flatten();
                let judged = (0..self.counts.len()).filter_map(|a| Some((today(a)?.score, a)));
                judged.filter(|(score, _)| *score > 0.0).map(|(score, a)| of_area(score, a)).collect()
            }
            Rule::CountInADay | Rule::ThreeInADay => {
                let counts = (0..self.counts.len()).map(|a| (self.counts[a][day], a));
                counts.filter(|(n, _)| *n > 0).map(|(n, a)| of_area(f64::from(n), a)).collect()
            }
        })
    }

    fn scan(&self, day: usize) -> Result<Vec<Alarm>, ScanError> {
        let from = (day + 1).saturating_sub(self.setting.warm_up.max(2));
        if total(self.world) == 0 {
            return Ok(Vec::new());
        }
        let at = |d: usize| Day::from_epoch_days(d as i32);
        let cases = (from..=day)
            .flat_map(|d| {
                self.world[d].iter().map(move |p| ScanCase { place: *p as usize, day: at(d), count: 1, covariate: 0 })
            })
            .collect();
        let input = ScanInput::of_cases(self.places.clone(), cases, DayRange { from: at(from), to: at(day) });
        let options = |p_value| ScanOptions {
            p_value,
            // Another seed every day and world, as the service has another every day and jurisdiction.
            seed: self.seed.wrapping_add(day as u64),
            threads: Some(1),
            ..self.setting.scan.clone()
        };
        let options = options(PValueMethod::Gumbel);
        let found = scan(&input, &options)?;
        let null = NullMaxima::new(&found.maxima, &options);
        Ok(found
            .clusters
            .iter()
            .map(|c| {
                let mut places: Vec<u32> = c.places.iter().map(|p| *p as u32).collect();
                places.sort_unstable();
                Alarm { score: -c.p_value.max(1e-300).ln(), places, rank_p: Some(null.by_rank(c.llr)) }
            })
            .collect())
    }
}

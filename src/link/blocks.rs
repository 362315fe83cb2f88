//! Which pairs are looked at: those of different sources within the longest gap and within reach.
//!
//! Events are held in blocks of time × place, so that a hundred thousand are paired in seconds. The grid is
//! in degrees and as wide as the reach of an exact point; what is vague, or has no point, is compared with
//! everything of its time. With a shift the second of each pair is moved in time by whole days: such pairs
//! can't be one occurrence but keep weekday, hour and place, so they show what agrees by chance.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{
    LinkOptions, Sighting,
    compare::{Agreement, NO_POINT, class_of, compare, reach_m},
    sighting::WORDS,
};
use crate::domain::ids::JurisdictionId;

/// Exact points at most this uncertain are held in the grid.
const GRID_CLASS: usize = 0;
const GRID_UNCERTAINTY_M: f64 = 400.0;
const METRES_PER_DEGREE: f64 = 111_195.0;

pub(super) struct Blocks<'a> {
    all: &'a [&'a Sighting],
    words: &'a [[Option<u16>; WORDS]],
    options: &'a LinkOptions,
    classes: Vec<usize>,
    /// Read for every pair that is offered, so kept beside each other and as numbers.
    seconds: Vec<i64>,
    sources: &'a [u16],
    jurisdictions: Vec<u16>,
    agreements: HashSet<(u16, u16)>,
    /// By time and place, and by time alone for what is vague.
    exact: HashMap<(i64, i32, i32), Vec<u32>>,
    vague: HashMap<i64, Vec<u32>>,
    by_time: HashMap<i64, Vec<u32>>,
    span_s: i64,
    cell_deg: f64,
}

/// Two positions, the first of the source that comes first by its name, and how they agree.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    pub a: u32,
    pub b: u32,
    pub agreement: Agreement,
}

impl<'a> Blocks<'a> {
    pub(super) fn new(
        all: &'a [&'a Sighting],
        words: &'a [[Option<u16>; WORDS]],
        sources: &'a [u16],
        options: &'a LinkOptions,
    ) -> Self {
        let span_s = options.max_gap.num_seconds().max(1);
        // Degrees of longitude are shorter to the north: wide enough up to 72° (×3.24).
        let cell_deg = reach_m(GRID_UNCERTAINTY_M, options) / METRES_PER_DEGREE;
        let owners: BTreeSet<&JurisdictionId> = all.iter().map(|s| &s.jurisdiction).collect();
        let owner: BTreeMap<&JurisdictionId, u16> = owners.into_iter().zip(0..).collect();
        let agreed = |(a, b): &(JurisdictionId, JurisdictionId)| Some((*owner.get(a)?, *owner.get(b)?));
        let mut blocks = Self {
            seconds: all.iter().map(|s| s.occurred_at.timestamp()).collect(),
            sources,
            jurisdictions: all.iter().map(|s| owner[&s.jurisdiction]).collect(),
            agreements: options.agreements.iter().filter_map(agreed).collect(),
            all,
            words,
            options,
            classes: all.iter().map(|s| class_of(s)).collect(),
            exact: HashMap::new(),
            vague: HashMap::new(),
            by_time: HashMap::new(),
            span_s,
            cell_deg,
        };
        for i in 0..all.len() {
            let bucket = blocks.seconds[i].div_euclid(span_s);
            blocks.by_time.entry(bucket).or_default().push(i as u32);
            match blocks.cell(i) {
                Some((x, y)) => blocks.exact.entry((bucket, x, y)).or_default().push(i as u32),
                None => blocks.vague.entry(bucket).or_default().push(i as u32),
            }
        }
        blocks
    }

    fn cell(&self, at: usize) -> Option<(i32, i32)> {
        let p = self.all[at].point.filter(|_| self.classes[at] == GRID_CLASS)?;
        let x = (p.lon() / (self.cell_deg * 3.24)).floor() as i32;
        Some((x, (p.lat() / self.cell_deg).floor() as i32))
    }

    /// Every pair whose second, moved back by the shift, is near its first.
    pub(super) fn pairs(&self, shift_days: i64, take: impl FnMut(Pair)) {
        self.pairs_of(0..self.all.len(), shift_days, |_| true, take);
    }

    /// Those of the pairs that have two points.
    pub(super) fn pairs_of_points(&self, shift_days: i64, take: impl FnMut(Pair)) {
        let has_point = |i: &usize| self.classes[*i] != NO_POINT;
        self.pairs_of((0..self.all.len()).filter(has_point), shift_days, |j| has_point(&j), take);
    }

    fn pairs_of(
        &self,
        firsts: impl Iterator<Item = usize>,
        shift_days: i64,
        second: impl Fn(usize) -> bool,
        mut take: impl FnMut(Pair),
    ) {
        let shift = shift_days * 86_400;
        for i in firsts {
            let at = self.seconds[i] + shift;
            let bucket = at.div_euclid(self.span_s);
            for near in bucket - 1..=bucket + 1 {
                match self.cell(i) {
                    Some((x, y)) => {
                        for cell in (-1..=1).flat_map(|dx| (-1..=1).map(move |dy| (x + dx, y + dy))) {
                            self.offer(i, shift, self.exact.get(&(near, cell.0, cell.1)), &second, &mut take);
                        }
                        self.offer(i, shift, self.vague.get(&near), &second, &mut take);
                    }
                    None => self.offer(i, shift, self.by_time.get(&near), &second, &mut take),
                }
            }
        }
    }

    fn offer(
        &self,
        i: usize,
        shift: i64,
        others: Option<&Vec<u32>>,
        second: &impl Fn(usize) -> bool,
        take: &mut impl FnMut(Pair),
    ) {
        for j in others.into_iter().flatten() {
            let other = *j as usize;
            if !second(other) {
                continue;
            }
            let gap = self.seconds[other] - self.seconds[i] - shift;
            if self.sources[i] >= self.sources[other] || gap.abs() > self.span_s || !self.may_meet(i, other) {
                continue;
            }
            let (x, y) = ((self.all[i], &self.words[i]), (self.all[other], &self.words[other]));
            if let Some(agreement) = compare(x, y, gap as f64 / 60.0, self.options) {
                take(Pair { a: i as u32, b: *j, agreement });
            }
        }
    }

    /// Of one kind, and of one jurisdiction or of two that agreed to it.
    fn may_meet(&self, i: usize, j: usize) -> bool {
        let (x, y) = (self.jurisdictions[i], self.jurisdictions[j]);
        let agreed = || self.agreements.contains(&(x, y)) || self.agreements.contains(&(y, x));
        self.all[i].kind == self.all[j].kind && (x == y || agreed())
    }

    /// How many pairs of different sources stand within the longest gap, by class of the vaguer point, and
    /// in all: near or far.
    pub(super) fn within_the_gap(&self) -> ([f64; NO_POINT + 1], f64) {
        let mut times: HashMap<(u16, usize), Vec<i64>> = HashMap::new();
        for (i, at) in self.seconds.iter().enumerate() {
            times.entry((self.sources[i], self.classes[i])).or_default().push(*at);
        }
        times.values_mut().for_each(|t| t.sort_unstable());
        let mut by_class = [0.0; NO_POINT + 1];
        for (i, at) in self.seconds.iter().enumerate() {
            for ((source, class), list) in &times {
                if self.sources[i] < *source {
                    let from = list.partition_point(|t| *t < *at - self.span_s);
                    let to = list.partition_point(|t| *t <= *at + self.span_s);
                    // Whole numbers, so the order of the map does not show.
                    by_class[self.classes[i].max(*class)] += (to - from) as f64;
                }
            }
        }
        (by_class, by_class.iter().sum())
    }
}

//! What is asked and what is answered.

use super::index::{
    Index,
    places::Place,
    rows::{AreaClass, Entry, NONE, Spot, Worth},
    town_key, zip_number,
};
use crate::domain::{
    event::PlacedBy,
    place::{Point, Precision},
    place_name::PlaceName,
};

/// What is known about where.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Query<'a> {
    pub text: Option<&'a str>,
    pub town: Option<&'a str>,
    pub zip: Option<&'a str>,
    pub county: Option<&'a str>,
}

/// Where a text leads.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    Found(Match),
    /// Several places this far apart fit equally, and nothing coarser is known.
    Ambiguous {
        /// How many; the candidates are at most [`MOST_ALTERNATIVES`] of them.
        places: usize,
        candidates: Vec<Alternative>,
        spread_km: f64,
    },
    NotFound(Why),
}

impl Answer {
    /// This answer where it comes from a street text, else the finer of this and another index's.
    #[must_use]
    pub fn or_finer(self, other: impl FnOnce() -> Answer) -> Answer {
        match self {
            Answer::Found(m) if m.placed_by == PlacedBy::Gazetteer => Answer::Found(m),
            Answer::Found(mine) => match other() {
                Answer::Found(m) if m.precision < mine.precision => Answer::Found(m),
                _ => Answer::Found(mine),
            },
            nothing => match other() {
                Answer::NotFound(_) => nothing,
                found => found,
            },
        }
    }
}

/// A place that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    pub point: Point,
    /// No finer than the radius allows.
    pub precision: Precision,
    /// 1 for a street text confirmed by town or ZIP, less for less; 0.5 for a town, 0.4 for a ZIP area, 0.2 for a county.
    pub score: f64,
    /// Metres around the point that hold the true place about nine times in ten.
    pub radius_m: f64,
    /// The entry that was taken, as its source writes it.
    pub matched: String,
    pub placed_by: PlacedBy,
    pub basis: Basis,
    /// Other places that fit as well but for a detail, nearest first; at most [`MOST_ALTERNATIVES`].
    pub others: Vec<Alternative>,
}

/// Another place that a text could mean.
#[derive(Debug, Clone, PartialEq)]
pub struct Alternative {
    pub point: Point,
    pub name: String,
}

/// No answer carries more alternatives than this.
pub const MOST_ALTERNATIVES: usize = 5;

/// How an answer was come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// The text, or another spelling of it, stands in the list.
    Known,
    /// With a direction, a suffix or letters changed.
    Corrected,
    /// One of several points that the list gives for this text.
    OneOfSeveral,
    /// Between the house numbers of a stretch or between two known houses.
    Interpolated,
    /// The streets are known, their crossing is not: from their other known points.
    Inferred,
    /// The whole street.
    Street,
    /// The list's own fall-back point.
    Fallback,
    /// A town, ZIP area or county.
    Area,
}

impl Basis {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Corrected => "corrected spelling",
            Self::OneOfSeveral => "one of several",
            Self::Interpolated => "interpolated",
            Self::Inferred => "inferred",
            Self::Street => "whole street",
            Self::Fallback => "fall-back point of the list",
            Self::Area => "area",
        }
    }
}

/// Why nothing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    Nothing,
    PostBox,
    UnknownStreet,
    UnknownCrossing,
    UnknownArea,
}

impl Why {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "nothing says where",
            Self::PostBox => "a post office box is no place",
            Self::UnknownStreet => "no such street is known there",
            Self::UnknownCrossing => "the streets are known there, their crossing cannot be told",
            Self::UnknownArea => "no such town, ZIP area or county is known",
        }
    }
}

/// Town and ZIP of a question, looked up.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Where {
    towns: Vec<u32>,
    town_given: bool,
    zip: Option<u32>,
    centre: Option<Spot>,
}

/// Whether a place is the one that is asked for, as far as its town and ZIP say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Fit {
    Here,
    Away,
    /// Its points are, so far as they lie within so many metres.
    Within {
        centre: Spot,
        metres: f64,
    },
}

/// Entries without town or ZIP belong to a town whose centre is so near …
const NEAR_M: f64 = 12_000.0;
/// … and are another place when it is so far away.
const FAR_M: f64 = 40_000.0;

impl Where {
    pub fn of(index: &Index, town: Option<&str>, zip: Option<&str>) -> Self {
        let towns = town.map(|t| towns_named(index, t)).unwrap_or_default();
        let zip = zip.and_then(zip_number);
        let of_zip = zip.and_then(|z| index.areas(AreaClass::Zip, z).next());
        let centre =
            of_zip.or_else(|| towns.iter().find_map(|t| index.areas(AreaClass::Town, *t).next())).map(|a| a.at);
        Self { towns, town_given: town.is_some_and(|t| !t.trim().is_empty()), zip, centre }
    }

    /// The town and ZIP of a known point.
    pub fn at(e: &Entry) -> Self {
        let towns = if e.town == NONE { Vec::new() } else { vec![e.town] };
        Self { town_given: !towns.is_empty(), towns, zip: Some(e.zip).filter(|z| *z != 0), centre: None }
    }

    pub fn is_known(&self) -> bool {
        self.town_given || self.zip.is_some()
    }

    pub fn has_zip(&self) -> bool {
        self.zip.is_some()
    }

    /// Whether what is known of a street under this town and ZIP is of the town that is asked for: its rating is
    /// above 0, or nothing else is known.
    pub fn fit(&self, town: u32, zip: u32) -> Fit {
        if !self.is_known() {
            return Fit::Here;
        }
        match (self.by_town(town), self.by_zip(zip), self.centre) {
            (0, 0, Some(centre)) if town == NONE => Fit::Within { centre, metres: NEAR_M },
            // Lines without towns, asked for with a town that nothing is known of: nothing speaks against them.
            (0, 0, None) if town == NONE => Fit::Here,
            (0, by_zip, _) if by_zip <= 0 => Fit::Away,
            (by_town, by_zip, _) if (by_town >= 0 || by_zip > 0) && by_town + by_zip > 0 => Fit::Here,
            _ => Fit::Away,
        }
    }

    /// The places of a street that may be the one that is asked for.
    pub fn places<'a>(&'a self, index: &'a Index, street: u32) -> impl Iterator<Item = (Place, Fit)> + use<'a> {
        let towns = self.town_given.then_some(self.towns.as_slice());
        index.places().of_street_in(street, towns, self.zip).filter_map(|place| match self.fit(place.town, place.zip) {
            Fit::Away => None,
            fit => Some((place, fit)),
        })
    }

    fn by_town(&self, town: u32) -> i32 {
        match (town == NONE, self.town_given) {
            (false, true) if self.towns.contains(&town) => 2,
            (false, true) => -2,
            _ => 0,
        }
    }

    fn by_zip(&self, zip: u32) -> i32 {
        match (zip, self.zip) {
            (0, _) | (_, None) => 0,
            (a, Some(b)) if a == b => 2,
            _ => -1,
        }
    }

    /// How well a place fits what else is known; `None` when it is another place.
    pub fn rate(&self, town: u32, zip: u32, at: Spot) -> Option<i32> {
        let (by_town, by_zip) = (self.by_town(town), self.by_zip(zip));
        if by_town == 0 && by_zip < 0 {
            // Another ZIP, and no town to say otherwise: believed only beside the ZIP's own point, where its border may run.
            return self.centre.filter(|c| c.distance_m(at) <= NEAR_M).map(|_| by_zip);
        }
        if by_town == 0
            && by_zip <= 0
            && town == NONE
            && let Some(centre) = self.centre
        {
            let away = centre.distance_m(at);
            return if away > FAR_M { None } else { Some(by_zip + i32::from(away <= NEAR_M)) };
        }
        // Another town is believed to be the same place only under the same ZIP.
        (by_town >= 0 || by_zip > 0).then_some(by_town + by_zip)
    }
}

/// Numbers of the towns that a text may mean; one slip is forgiven in a longer name that is not known otherwise.
pub(super) fn towns_named(index: &Index, text: &str) -> Vec<u32> {
    let name = PlaceName::parse(text);
    if name.base.is_empty() {
        return Vec::new();
    }
    let names = index.towns();
    let exact: Vec<u32> =
        names.starting(&format!("{}\t", name.base)).filter(|id| class_agrees(names.get(*id), &name)).collect();
    if !exact.is_empty() || name.base.len() < 5 {
        return exact;
    }
    let near = names.near(&town_key(&name));
    let Some(least) = near.first().map(|(_, d)| *d) else { return exact };
    let mut found: Vec<u32> = near.iter().filter(|(_, d)| *d == least).map(|(id, _)| *id).collect();
    found.retain(|id| class_agrees(names.get(*id), &name));
    let base = |id: &u32| names.get(*id).split('\t').next().unwrap_or("");
    // Two different names one slip away: neither is taken.
    if found.windows(2).any(|w| base(&w[0]) != base(&w[1])) { Vec::new() } else { found }
}

fn class_agrees(key: &str, name: &PlaceName) -> bool {
    let class = key.split('\t').nth(1).unwrap_or("");
    class.is_empty() || name.class.is_none_or(|c| c == class)
}

/// Points closer together than this are one place.
pub(super) const SAME_PLACE_M: f64 = 250.0;

/// What several known points of one text come to.
pub(super) enum Judged {
    Nothing,
    One(Chosen),
    Several { rows: Vec<usize>, spread_m: f64 },
}

pub(super) struct Chosen {
    pub row: usize,
    pub rating: i32,
    /// The points that were set aside for a detail, and how far the farthest lies.
    pub others: Vec<usize>,
    pub reach_m: f64,
}

/// Choose among known points by town, ZIP and spelling; never the first of several that fit equally.
pub(super) fn judge(index: &Index, rows: impl Iterator<Item = usize>, around: &Where, asked: &str) -> Judged {
    let entries = index.entries();
    let rated: Vec<(i32, usize, Entry)> = rows
        .filter_map(|row| {
            let e = entries.get(row);
            around.rate(e.town, e.zip, e.at).map(|r| (r, row, e))
        })
        .collect();
    let Some(rating) = rated.iter().map(|(r, ..)| *r).max() else { return Judged::Nothing };
    let mut best: Vec<(usize, Entry)> =
        rated.iter().filter(|(r, ..)| *r == rating).map(|(_, row, e)| (*row, *e)).collect();
    let all = best.clone();
    let narrow: [&dyn Fn(&Entry) -> bool; 3] = [
        &|e| e.worth == Worth::Own,
        // Of two orders of one crossing the one that is written as asked is taken.
        &|e| e.text != NONE && index.spelt(e.text, e.text_len).eq_ignore_ascii_case(asked),
        // Rows of a list that, like the question, have no ZIP.
        &|e| !around.has_zip() && around.is_known() && e.zip == 0,
    ];
    for step in narrow {
        if let Some(at) = middle(&best) {
            return Judged::One(chosen(best[at].0, rating, &best[at].1, &all));
        }
        let kept: Vec<(usize, Entry)> = best.iter().filter(|(_, e)| step(e)).copied().collect();
        if !kept.is_empty() {
            best = kept;
        }
    }
    match middle(&best) {
        Some(at) => Judged::One(chosen(best[at].0, rating, &best[at].1, &all)),
        None => {
            let spots: Vec<Spot> = best.iter().map(|(_, e)| e.at).collect();
            Judged::Several { spread_m: spread_m(&spots), rows: best.iter().map(|(row, _)| *row).collect() }
        }
    }
}

fn chosen(row: usize, rating: i32, e: &Entry, all: &[(usize, Entry)]) -> Chosen {
    let mut others: Vec<(f64, usize)> =
        all.iter().map(|(r, o)| (o.at.distance_m(e.at), *r)).filter(|(d, _)| *d > SAME_PLACE_M).collect();
    others.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let reach_m = others.last().map_or(0.0, |(d, _)| *d);
    Chosen { row, rating, others: others.into_iter().map(|(_, r)| r).collect(), reach_m }
}

/// The position of the middle one of points that are one place; `None` when they are several places.
fn middle(best: &[(usize, Entry)]) -> Option<usize> {
    if best.len() == 1 {
        return Some(0);
    }
    let spots: Vec<Spot> = best.iter().map(|(_, e)| e.at).collect();
    (spread_m(&spots) <= SAME_PLACE_M).then(|| medoid(&spots))
}

/// The point with the least sum of distances to the others.
pub(super) fn medoid(spots: &[Spot]) -> usize {
    const SAMPLE: usize = 64;
    let step = spots.len().div_ceil(SAMPLE).max(1);
    let far = |i: usize| {
        let plane = spots[i].plane();
        spots.iter().step_by(step).map(|q| plane.distance_m(*q)).sum::<f64>()
    };
    (0..spots.len())
        .step_by(step)
        .map(|i| (far(i), spots[i], i))
        .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)))
        .map_or(0, |(.., i)| i)
}

/// The diagonal of the box that holds all of them.
pub(super) fn spread_m(spots: &[Spot]) -> f64 {
    let (Some(south), Some(north)) = (spots.iter().map(|s| s.lat).min(), spots.iter().map(|s| s.lat).max()) else {
        return 0.0;
    };
    let (Some(west), Some(east)) = (spots.iter().map(|s| s.lon).min(), spots.iter().map(|s| s.lon).max()) else {
        return 0.0;
    };
    Spot { lat: south, lon: west }.distance_m(Spot { lat: north, lon: east })
}

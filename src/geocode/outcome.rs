//! Known points, inferred ones and areas made into answers: precision, score, radius, alternatives.

use super::{
    index::{
        Index,
        rows::{Area, AreaClass, Entry, NONE, Origin, Spot, Worth},
        zip_number,
    },
    infer::{self, Inferred, Kind},
    question::{
        Alternative, Answer, Basis, Chosen, Judged, MOST_ALTERNATIVES, Match, Where, Why, spread_m, towns_named,
    },
    scattered,
};
use crate::domain::{event::PlacedBy, place::Precision};

/// Inferred points with a larger radius say no more than the town does.
const WIDEST_INFERRED_M: f64 = 2_000.0;
/// A town's centre differs from list to list by a little; two towns of one name do not.
const SAME_TOWN_M: f64 = 5_000.0;

impl Index {
    /// An answer from known points. `street`: the name and town, where the text is a whole street.
    pub(super) fn known(&self, judged: Judged, slips: u32, street: Option<(&str, &Where)>) -> Answer {
        let entries = self.entries();
        let chosen = match judged {
            Judged::Nothing => return Answer::NotFound(Why::UnknownStreet),
            Judged::Several { rows, spread_m } => {
                let candidates = rows.iter().take(MOST_ALTERNATIVES).filter_map(|row| self.alternative(*row)).collect();
                return Answer::Ambiguous { places: rows.len(), candidates, spread_km: spread_m / 1000.0 };
            }
            Judged::One(chosen) => chosen,
        };
        let e = entries.get(chosen.row);
        let Some(point) = e.at.point() else { return Answer::NotFound(Why::UnknownStreet) };
        let natural = match (e.worth, e.origin, e.b == NONE, e.number > 0) {
            (Worth::PlaceFallback, ..) => Precision::Place,
            (Worth::StreetFallback, ..) => Precision::Street,
            (_, _, false, _) => Precision::Intersection,
            (_, Origin::Landmark | Origin::Address, ..) | (.., true) => Precision::Rooftop,
            _ => Precision::Street,
        };
        let mut radius_m = natural.typical_radius_m().unwrap_or(5_000.0).max(chosen.reach_m);
        if natural == Precision::Street
            && e.worth == Worth::Own
            && let Some((name, around)) = street
            && let Some(reach) = infer::reach(self, name, around, e.at)
        {
            radius_m = reach.max(chosen.reach_m);
        }
        let basis = match (e.worth, chosen.reach_m > 0.0, slips) {
            (Worth::Own, false, 0) => Basis::Known,
            (Worth::Own, false, _) => Basis::Corrected,
            (Worth::Own, true, _) => Basis::OneOfSeveral,
            _ => Basis::Fallback,
        };
        Answer::Found(Match {
            point,
            precision: coarsened(natural, radius_m),
            score: score(&chosen, &e, slips),
            radius_m,
            matched: self.name_of(&e),
            placed_by: PlacedBy::Gazetteer,
            basis,
            others: chosen.others.iter().take(MOST_ALTERNATIVES).filter_map(|row| self.alternative(*row)).collect(),
        })
    }

    fn alternative(&self, row: usize) -> Option<Alternative> {
        let e = self.entries().get(row);
        let town = if e.town == NONE { "" } else { self.towns().get(e.town).split('\t').next().unwrap_or("") };
        let name = self.name_of(&e);
        let name = if town.is_empty() { name } else { format!("{name}, {town}") };
        e.at.point().map(|point| Alternative { point, name })
    }

    pub(super) fn inferred(&self, found: &Inferred, slips: u32, name: &str, around: &Where) -> Answer {
        let lost = Answer::NotFound(Why::UnknownCrossing);
        // Where nothing was measured, twice the scale is taken, which is on the safe side of every list seen.
        let radius_m = self.error_of(infer::class(found, around), found.scale_m).unwrap_or_else(|| match found.kind {
            Kind::Milepost => (0.15 * found.scale_m).max(150.0),
            _ => (2.0 * found.scale_m).max(150.0),
        });
        let radius_m = radius_m.max(30.0) * if slips > 0 { 1.5 } else { 1.0 };
        let widest = widest_m(around);
        if radius_m > widest || (!around.is_known() && found.kind != Kind::Milepost && found.scale_m > widest) {
            return lost;
        }
        let Some(point) = found.at.point() else { return lost };
        let whole =
            matches!(found.kind, Kind::OneStreet | Kind::OnePoint | Kind::Whole | Kind::OfHouses | Kind::Outside);
        Answer::Found(Match {
            point,
            precision: coarsened(if whole { Precision::Street } else { Precision::Intersection }, radius_m),
            score: (if radius_m <= 150.0 { 0.7_f64 } else { 0.6 } - 0.1 * f64::from(slips)).max(0.1),
            radius_m,
            matched: name.to_owned(),
            placed_by: PlacedBy::Gazetteer,
            basis: if whole { Basis::Street } else { Basis::Inferred },
            others: Vec::new(),
        })
    }

    /// Whether a whole street has points so far apart that [`inferred`](Self::inferred) would tell nothing of it;
    /// `false` where that is not sure.
    pub(super) fn is_too_wide(&self, name: &str, around: &Where) -> bool {
        // A little more than needed, for the rounding of distances.
        let scale_m = 1.01 * widest_m(around);
        let may_be_told = |class: u32| self.least_error_of(class, scale_m).is_some_and(|r| r <= widest_m(around));
        let kinds = [Kind::Whole, Kind::OfHouses, Kind::Outside];
        if around.is_known() && kinds.iter().any(|k| may_be_told(k.class()) || may_be_told(k.class() + 1)) {
            return false;
        }
        scattered::spread_exceeds(self, &self.streets().family(name), around, scale_m)
    }

    pub(super) fn town(&self, town: Option<&str>) -> Answer {
        self.area(AreaClass::Town, town, Precision::Place, 0.5, PlacedBy::Town)
    }

    pub(super) fn county(&self, county: Option<&str>) -> Answer {
        self.area(AreaClass::County, county, Precision::Jurisdiction, 0.2, PlacedBy::County)
    }

    fn area(
        &self,
        class: AreaClass,
        name: Option<&str>,
        precision: Precision,
        score: f64,
        placed_by: PlacedBy,
    ) -> Answer {
        let Some(name) = name.filter(|n| !n.trim().is_empty()) else { return Answer::NotFound(Why::Nothing) };
        let found: Vec<_> = towns_named(self, name).into_iter().flat_map(|id| self.areas(class, id)).collect();
        let spots: Vec<Spot> = found.iter().map(|a| a.at).collect();
        let Some(first) = found.first() else { return Answer::NotFound(Why::UnknownArea) };
        let spread = spread_m(&spots);
        if spread > SAME_TOWN_M {
            let name = |a: &Area| self.spelt(a.text, a.text_len).to_owned();
            let candidates = found
                .iter()
                .take(MOST_ALTERNATIVES)
                .filter_map(|a| a.at.point().map(|point| Alternative { point, name: name(a) }))
                .collect();
            return Answer::Ambiguous { places: found.len(), candidates, spread_km: spread / 1000.0 };
        }
        let typical = precision.typical_radius_m().unwrap_or(30_000.0);
        let radius_m = if first.radius_m > 0 { f64::from(first.radius_m) } else { typical };
        area_match(first.at, precision, score, radius_m, self.spelt(first.text, first.text_len).to_owned(), placed_by)
    }

    pub(super) fn zip(&self, zip: Option<&str>) -> Answer {
        let Some(number) = zip.and_then(zip_number) else { return Answer::NotFound(Why::Nothing) };
        // Several points of one ZIP area (a polygon's centre and a list's) are one answer.
        match self.areas(AreaClass::Zip, number).next() {
            Some(a) => {
                let typical = Precision::Zip.typical_radius_m().unwrap_or(6_000.0);
                let radius_m = if a.radius_m > 0 { f64::from(a.radius_m) } else { typical };
                area_match(a.at, Precision::Zip, 0.4, radius_m, format!("{number:05}"), PlacedBy::Zip)
            }
            None => Answer::NotFound(Why::UnknownArea),
        }
    }
}

/// Without a town, a street name leads anywhere in the list: only short streets are told then.
fn widest_m(around: &Where) -> f64 {
    if around.is_known() { WIDEST_INFERRED_M } else { WIDEST_INFERRED_M / 2.0 }
}

fn area_match(
    at: Spot,
    precision: Precision,
    score: f64,
    radius_m: f64,
    matched: String,
    placed_by: PlacedBy,
) -> Answer {
    match at.point() {
        Some(point) => Answer::Found(Match {
            point,
            precision,
            score,
            radius_m,
            matched,
            placed_by,
            basis: Basis::Area,
            others: Vec::new(),
        }),
        None => Answer::NotFound(Why::UnknownArea),
    }
}

/// A precision no finer than the radius allows.
pub(super) fn coarsened(precision: Precision, radius_m: f64) -> Precision {
    let allowed = match radius_m {
        r if r <= 40.0 => Precision::Rooftop,
        r if r <= 150.0 => Precision::Range,
        r if r <= 1_500.0 => Precision::Street,
        _ => Precision::Place,
    };
    // Crossings and interpolated houses are equally fine; the name of what was found is kept.
    if allowed == Precision::Range && precision == Precision::Intersection { precision } else { precision.max(allowed) }
}

fn score(chosen: &Chosen, e: &Entry, slips: u32) -> f64 {
    let mut score: f64 = match chosen.rating {
        2.. => 1.0,
        0 | 1 => 0.9,
        _ => 0.8,
    };
    if chosen.reach_m > 0.0 {
        score = score.min(0.85);
    }
    score -= 0.1 * f64::from(slips);
    if e.worth != Worth::Own {
        score = score.min(0.5);
    }
    score.max(0.1)
}

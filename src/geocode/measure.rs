//! How far answers that are told from others lie from the truth.
//!
//! When the index is built, known points are asked for as if they were not known, and the distance from the truth that
//! held nine in ten is kept by the kind of answer and its scale (split conformal prediction; Vovk, Gammerman and Shafer
//! 2005). So a list full of fall-back points gets wide radii by itself, and so does the country, where houses stand far
//! apart. To measure one more kind of answer: a question of it in [`measure`] or [`measure_houses`].

use super::{
    house,
    index::{
        Index,
        rows::{Entry, NONE, Origin, Worth},
    },
    infer::{Kind, class, crossing, street},
    number::HouseNumber,
    question::Where,
};

/// Known points asked for as if they were not known; more would only take longer.
const MOST_QUESTIONS: usize = 6_000;
/// Errors are kept for groups of at least so many questions of like scale.
const GROUP: usize = 60;

/// By kind and scale, the radius that held nine in ten: (kind, largest scale, radius, questions), sorted.
pub(super) fn measure(index: &Index) -> Vec<(u32, u32, u32, u32)> {
    let entries = index.entries();
    let asked = |e: &Entry| e.origin == Origin::Text && e.number == 0;
    let step = entries.len().div_ceil(MOST_QUESTIONS).max(1);
    let mut errors: Vec<(u32, f64, f64)> = Vec::new();
    // A step that shares no factor with the order of the rows would be better still; the rows are sorted by name.
    for row in (0..entries.len()).step_by(step) {
        let e = entries.get(row);
        if !asked(&e) {
            continue;
        }
        let (around, names) = (Where::at(&e), index.streets());
        let found = if e.b == NONE {
            street(index, names.get(e.a), &around, Some(row))
        } else {
            crossing(index, names.get(e.a), names.get(e.b), &around, Some(row))
        };
        if let Some(found) = found {
            errors.push((class(&found, &around), found.scale_m, found.at.distance_m(e.at)));
        }
    }
    measure_houses(index, &mut errors);
    grouped(errors)
}

/// The same for houses: as if this one were not known, between its neighbours, on its stretch, on its street.
fn measure_houses(index: &Index, errors: &mut Vec<(u32, f64, f64)>) {
    let (entries, names) = (index.entries(), index.streets());
    let is_house = |e: &Entry| e.origin == Origin::Address && e.b == NONE && e.worth == Worth::Own;
    let count = (0..entries.len()).filter(|row| is_house(&entries.get(*row))).count();
    let step = count.div_ceil(MOST_QUESTIONS).max(1);
    for row in (0..entries.len()).filter(|row| is_house(&entries.get(*row))).step_by(step) {
        let e = entries.get(row);
        let (around, number) = (Where::at(&e), HouseNumber { value: e.number, ..HouseNumber::default() });
        if !around.is_known() {
            continue;
        }
        let stretches = house::stretches(index, e.a, &number, &around);
        if let [(at, length_m)] = stretches.as_slice() {
            errors.push((Kind::Stretch.class(), *length_m, at.distance_m(e.at)));
        }
        let between = house::between(index, e.a, &number, &around, Some(row));
        if let Some(found) = &between {
            errors.push((found.kind.class(), found.scale_m, found.at.distance_m(e.at)));
        }
        let Some(found) = street(index, names.get(e.a), &around, Some(row)) else { continue };
        let away_m = found.at.distance_m(e.at);
        errors.push((class(&found, &around), found.scale_m, away_m));
        if between.is_none() && stretches.is_empty() {
            errors.push((Kind::Outside.class(), found.scale_m, away_m));
        }
    }
}

/// The radius that held nine in ten, by class and scale.
fn grouped(mut errors: Vec<(u32, f64, f64)>) -> Vec<(u32, u32, u32, u32)> {
    errors.sort_by(|x, y| x.0.cmp(&y.0).then(x.1.total_cmp(&y.1)).then(x.2.total_cmp(&y.2)));
    let mut out = Vec::new();
    for kind in errors.chunk_by(|x, y| x.0 == y.0) {
        let groups = (kind.len() / GROUP).clamp(1, 12);
        let size = kind.len().div_ceil(groups);
        let mut rest = kind;
        while !rest.is_empty() {
            // A group ends between two scales, and the last takes what is left.
            let mut end = if rest.len() < 2 * size { rest.len() } else { size };
            while end < rest.len() && rest[end].1.ceil() <= rest[end - 1].1.ceil() {
                end += 1;
            }
            let (group, others) = rest.split_at(end);
            rest = others;
            let mut away: Vec<f64> = group.iter().map(|(.., d)| *d).collect();
            away.sort_by(f64::total_cmp);
            let rank = ((away.len() + 1) * 9).div_ceil(10).min(away.len());
            let largest = group.last().map_or(0.0, |(_, s, _)| s.ceil());
            out.push((kind[0].0, largest as u32, away[rank - 1].ceil() as u32, away.len() as u32));
        }
    }
    out
}

//! The gazetteer and how it answers.

use std::collections::{HashMap, HashSet};

use super::normal::StreetText;
use crate::domain::{
    event::PlacedBy,
    place::{Point, Precision},
    place_name::PlaceName,
};

/// Points closer together than this are one place.
const SAME_PLACE_KM: f64 = 0.25;
/// A point that stands for so many different street texts is a fall-back of whoever made the list.
const FALLBACK_TEXTS: usize = 20;

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
        candidates: usize,
        spread_km: f64,
    },
    NotFound,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    pub point: Point,
    pub precision: Precision,
    /// 1 for a street text confirmed by town or ZIP, less for less; 0.5 for a town, 0.4 for a ZIP area, 0.2 for a county.
    pub score: f64,
    /// The entry that was taken, as the gazetteer writes it.
    pub matched: String,
    pub placed_by: PlacedBy,
}

#[derive(Debug)]
struct Street {
    text: String,
    point: Point,
    town: Option<PlaceName>,
    zip: Option<String>,
}

#[derive(Debug)]
struct Named {
    name: PlaceName,
    written: String,
    point: Point,
}

/// Street texts, towns, ZIP areas and counties with their points.
#[derive(Debug, Default)]
pub struct Gazetteer {
    streets: Vec<Street>,
    by_key: HashMap<String, Vec<u32>>,
    /// Texts per point, to find the list's own fall-backs.
    texts_at: HashMap<(i64, i64), HashSet<u64>>,
    towns: HashMap<String, Vec<Named>>,
    counties: HashMap<String, Vec<Named>>,
    zips: HashMap<String, Vec<Point>>,
}

impl Gazetteer {
    pub fn is_empty(&self) -> bool {
        self.streets.is_empty() && self.towns.is_empty() && self.zips.is_empty() && self.counties.is_empty()
    }

    pub fn add_street(&mut self, text: &str, town: Option<&str>, zip: Option<&str>, point: Point) {
        let parsed = StreetText::parse(text);
        let key = parsed.key();
        if key.is_empty() {
            return;
        }
        let texts = self.texts_at.entry(rounded(point)).or_default();
        if texts.len() < FALLBACK_TEXTS {
            texts.insert(hash(&parsed.street_key()));
        }
        let town = town.map(PlaceName::parse).filter(|t| !t.base.is_empty());
        self.by_key.entry(key).or_default().push(self.streets.len() as u32);
        self.streets.push(Street { text: text.trim().to_owned(), point, town, zip: zip.and_then(five_digits) });
    }

    pub fn add_town(&mut self, name: &str, point: Point) {
        add_named(&mut self.towns, name, point);
    }

    pub fn add_county(&mut self, name: &str, point: Point) {
        add_named(&mut self.counties, name, point);
    }

    pub fn add_zip(&mut self, zip: &str, point: Point) {
        if let Some(zip) = five_digits(zip) {
            self.zips.entry(zip).or_default().push(point);
        }
    }

    /// The best that the texts allow.
    pub fn answer(&self, query: &Query) -> Answer {
        // "12 Main St, Orono, ME 04473": what stands behind the street fills what is not known otherwise.
        let (street, tail_town, tail_zip) = query.text.map(split_tail).unwrap_or_default();
        let town = query.town.filter(|t| !t.trim().is_empty()).or(tail_town);
        let zip = query.zip.and_then(five_digits).or(tail_zip);
        let mut doubt = Answer::NotFound;
        for level in [
            self.street(street, town, zip.as_deref()),
            one_of(self.towns_named(town), Precision::Place, 0.5, PlacedBy::Town),
            self.zip(zip.as_deref()),
            one_of(named(&self.counties, query.county), Precision::Jurisdiction, 0.2, PlacedBy::County),
        ] {
            match level {
                Answer::Found(found) => return Answer::Found(found),
                Answer::Ambiguous { .. } if doubt == Answer::NotFound => doubt = level,
                _ => {}
            }
        }
        doubt
    }

    fn street(&self, text: &str, town: Option<&str>, zip: Option<&str>) -> Answer {
        let parsed = StreetText::parse(text);
        if parsed.streets.is_empty() {
            return Answer::NotFound;
        }
        let mut with_number = true;
        let mut found = self.by_key.get(&parsed.key());
        if found.is_none() && parsed.number.is_some() {
            with_number = false;
            found = self.by_key.get(&parsed.street_key());
        }
        let Some(found) = found else { return Answer::NotFound };
        let town = town.map(PlaceName::parse);
        let rated: Vec<(i32, &Street)> = found
            .iter()
            .map(|i| &self.streets[*i as usize])
            .filter_map(|s| agreement(s, town.as_ref(), zip).map(|a| (a, s)))
            .collect();
        let Some(best) = rated.iter().map(|(a, _)| *a).max() else { return Answer::NotFound };
        let mut best_rated: Vec<&Street> = rated.iter().filter(|(a, _)| *a == best).map(|(_, s)| *s).collect();
        // Of two orders of one crossing the one that is written as asked is taken.
        let as_asked: Vec<&Street> =
            best_rated.iter().copied().filter(|s| s.text.eq_ignore_ascii_case(text.trim())).collect();
        if !as_asked.is_empty() {
            best_rated = as_asked;
        }
        let points: Vec<Point> = best_rated.iter().map(|s| s.point).collect();
        let Some(at) = middle(&points) else {
            return Answer::Ambiguous { candidates: points.len(), spread_km: spread_km(&points) };
        };
        let street = best_rated[at];
        let fallback = self.texts_at.get(&rounded(street.point)).is_some_and(|t| t.len() >= FALLBACK_TEXTS);
        let precision = match (fallback, parsed.is_crossing(), parsed.number.is_some() && with_number) {
            (true, ..) => Precision::Place,
            (_, true, _) => Precision::Intersection,
            (_, _, true) => Precision::Rooftop,
            _ => Precision::Street,
        };
        let mut score: f64 = if best >= 2 {
            1.0
        } else if best >= 0 {
            0.9
        } else {
            0.8
        };
        if !with_number {
            score -= 0.2;
        }
        if fallback {
            score = score.min(0.5);
        }
        Answer::Found(Match {
            point: street.point,
            precision,
            score,
            matched: street.text.clone(),
            placed_by: PlacedBy::Gazetteer,
        })
    }

    fn towns_named(&self, town: Option<&str>) -> Vec<&Named> {
        named(&self.towns, town)
    }

    fn zip(&self, zip: Option<&str>) -> Answer {
        let Some((zip, points)) = zip.and_then(|z| self.zips.get_key_value(z)) else { return Answer::NotFound };
        // Several points of one ZIP area (a polygon's centre and a list's) are one answer.
        Answer::Found(Match {
            point: points[0],
            precision: Precision::Zip,
            score: 0.4,
            matched: zip.clone(),
            placed_by: PlacedBy::Zip,
        })
    }
}

/// How well an entry fits what else is known; `None` when it is another place.
fn agreement(street: &Street, town: Option<&PlaceName>, zip: Option<&str>) -> Option<i32> {
    let by_town = match (&street.town, town) {
        (Some(a), Some(b)) => {
            if a.agrees(b) {
                2
            } else {
                -2
            }
        }
        _ => 0,
    };
    let by_zip = match (street.zip.as_deref(), zip) {
        (Some(a), Some(b)) => {
            if a == b {
                2
            } else {
                -1
            }
        }
        _ => 0,
    };
    // Another town is believed to be the same place only under the same ZIP.
    (by_town >= 0 || by_zip > 0).then_some(by_town + by_zip)
}

fn named<'g>(list: &'g HashMap<String, Vec<Named>>, text: Option<&str>) -> Vec<&'g Named> {
    let Some(name) = text.map(PlaceName::parse) else { return Vec::new() };
    list.get(&name.base).map(|all| all.iter().filter(|n| n.name.agrees(&name)).collect()).unwrap_or_default()
}

fn one_of(found: Vec<&Named>, precision: Precision, score: f64, placed_by: PlacedBy) -> Answer {
    let points: Vec<Point> = found.iter().map(|n| n.point).collect();
    if points.is_empty() {
        return Answer::NotFound;
    }
    let spread = spread_km(&points);
    // A town's centre differs from list to list by a little; two towns of one name do not.
    if spread > 5.0 {
        return Answer::Ambiguous { candidates: points.len(), spread_km: spread };
    }
    Answer::Found(Match { point: points[0], precision, score, matched: found[0].written.clone(), placed_by })
}

/// The position of the middle one of points that are one place; `None` when they are several places.
fn middle(points: &[Point]) -> Option<usize> {
    if points.len() == 1 {
        return Some(0);
    }
    if spread_km(points) > SAME_PLACE_KM {
        return None;
    }
    let far = |p: &Point| points.iter().map(|q| p.distance_km(*q)).sum::<f64>();
    let key = |i: &usize| (far(&points[*i]), points[*i].lat(), points[*i].lon());
    (0..points.len()).min_by(|a, b| key(a).partial_cmp(&key(b)).unwrap_or(std::cmp::Ordering::Equal))
}

/// The largest distance between any two; of long lists between the first and the others.
fn spread_km(points: &[Point]) -> f64 {
    let from = if points.len() > 50 { &points[..1] } else { points };
    from.iter().flat_map(|p| points.iter().map(|q| p.distance_km(*q))).fold(0.0, f64::max)
}

/// "12 Main St, Orono, ME 04473" → street, town, ZIP.
fn split_tail(text: &str) -> (&str, Option<&str>, Option<String>) {
    let mut parts = text.split(',').map(str::trim);
    let street = parts.next().unwrap_or("");
    let rest: Vec<&str> = parts.filter(|p| !p.is_empty()).collect();
    let zip = rest.last().and_then(|p| p.split_whitespace().last()).and_then(five_digits);
    let is_town =
        |p: &&str| !p.bytes().any(|b| b.is_ascii_digit()) && p.len() > 2 && !p.to_uppercase().starts_with("APT");
    (street, rest.iter().copied().find(is_town), zip)
}

fn five_digits(zip: &str) -> Option<String> {
    let digits = zip.trim().split('-').next().unwrap_or("");
    // A spreadsheet drops the leading zero of New England's.
    let ok = (3..=5).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    ok.then(|| format!("{digits:0>5}"))
}

fn add_named(list: &mut HashMap<String, Vec<Named>>, written: &str, point: Point) {
    let name = PlaceName::parse(written);
    if !name.base.is_empty() {
        list.entry(name.base.clone()).or_default().push(Named { name, written: written.trim().to_owned(), point });
    }
}

fn rounded(point: Point) -> (i64, i64) {
    ((point.lat() * 1e5).round() as i64, (point.lon() * 1e5).round() as i64)
}

/// FNV-1a: only for counting different texts.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(lat: f64, lon: f64) -> Point {
        Point::new(lat, lon).unwrap()
    }

    fn little() -> Gazetteer {
        let mut g = Gazetteer::default();
        g.add_street("MAIN ST & OAK ST", Some("ORONO"), Some("04473"), p(44.88, -68.67));
        g.add_street("MAIN ST & OAK ST", Some("BANGOR"), Some("04401"), p(44.80, -68.77));
        g.add_street("12 ELM ST", Some("ORONO"), None, p(44.881, -68.671));
        g.add_street("ELM ST", Some("ORONO"), None, p(44.882, -68.672));
        g.add_town("Orono", p(44.883, -68.672));
        g.add_town("Hatfield Boro", p(40.2, -75.3));
        g.add_town("Hatfield Twp", p(40.3, -75.2));
        g.add_zip("4473", p(44.9, -68.7));
        g.add_county("Penobscot", p(45.2, -68.7));
        g
    }

    fn found(q: Query) -> Match {
        match little().answer(&q) {
            Answer::Found(m) => m,
            other => panic!("{q:?}: {other:?}"),
        }
    }

    #[test]
    fn a_text_with_several_distant_points_is_ambiguous_until_the_town_decides() {
        let text = Some("oak street and main street");
        let q = Query { text, ..Query::default() };
        assert!(matches!(little().answer(&q), Answer::Ambiguous { candidates: 2, spread_km } if spread_km > 10.0));
        let m = found(Query { town: Some("Town of Bangor"), ..q });
        assert_eq!((m.point, m.precision, m.score), (p(44.80, -68.77), Precision::Intersection, 1.0));
        assert_eq!(found(Query { zip: Some("04473-1234"), ..q }).point, p(44.88, -68.67));
        assert_eq!(found(Query { text: Some("Main St & Oak St, Orono, ME"), ..q }).point, p(44.88, -68.67));
    }

    #[test]
    fn precision_falls_with_what_was_found() {
        let at = |text, town, zip, county| {
            let m = found(Query { text, town, zip, county });
            (m.precision, m.placed_by)
        };
        let orono = Some("ORONO");
        assert_eq!(at(Some("12 Elm Street"), orono, None, None), (Precision::Rooftop, PlacedBy::Gazetteer));
        assert_eq!(at(Some("14 Elm Street"), orono, None, None), (Precision::Street, PlacedBy::Gazetteer));
        assert_eq!(at(Some("9 Nowhere Rd"), orono, None, None), (Precision::Place, PlacedBy::Town));
        assert_eq!(at(None, Some("Elsewhere"), Some("04473"), None), (Precision::Zip, PlacedBy::Zip));
        assert_eq!(at(None, None, None, Some("PENOBSCOT COUNTY")), (Precision::Jurisdiction, PlacedBy::County));
        // The street is known, but in another town.
        assert_eq!(
            little().answer(&Query { text: Some("12 Elm St"), town: Some("Bangor"), ..Query::default() }),
            Answer::NotFound
        );
    }

    #[test]
    fn two_towns_of_one_name_are_not_one_place() {
        let q = |town| Query { town: Some(town), ..Query::default() };
        assert!(matches!(little().answer(&q("HATFIELD")), Answer::Ambiguous { .. }));
        assert_eq!(found(q("HATFIELD TOWNSHIP")).matched, "Hatfield Twp");
        assert_eq!(little().answer(&Query::default()), Answer::NotFound);
    }

    #[test]
    fn a_point_that_the_list_gives_to_many_streets_is_only_a_place() {
        let mut g = Gazetteer::default();
        for i in 0..20 {
            g.add_street(&format!("{} ST & DEAD END", "X".repeat(i + 1)), None, None, p(40.0, -75.0));
        }
        let Answer::Found(m) = g.answer(&Query { text: Some("XX ST & DEAD END"), ..Query::default() }) else {
            panic!("not found")
        };
        assert_eq!((m.precision, m.score), (Precision::Place, 0.5));
    }
}

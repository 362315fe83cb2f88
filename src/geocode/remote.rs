//! Geocoders on other machines: what of a text may be sent, and what an answer is worth.
//!
//! Sent are house number and street, or the two streets of a crossing, as far as [`sendable`] can tell them; units, names
//! of people and of buildings, and words that are no address stay here, and so do texts without a street, post boxes,
//! mileposts and exits. A town that stands in the text only is sent where it is one of the jurisdiction's.
//!
//! An answer is held against the question, because services answer with what they have: another house of the street,
//! the street's middle, a town. What lies outside the jurisdiction's outlines is never believed, nor what is of another
//! street, or of another town than the text names (unless the service's own town or ZIP agrees: mail towns reach over
//! borders). Of those that stand, the finest count; where they are equal and far apart the text is *ambiguous*.
//!
//! Radii are ours, on the side of doubt, because no service states one: a house the typical 25 m of a roof; a house
//! between known numbers 150 m, since interpolation along TIGER ranges misses by tens of metres in cities and by more in
//! the country (Cayo and Talbot 2003; Zandbergen 2008) and nothing of it was measured here; a street its typical 800 m.
//! A slip in the street's name makes them half as wide again.
//!
//! Limits: a street that the service knows by another name only is refused; landmarks are not asked about; how far the
//! ends of a long street lie from its middle is not known.

use super::{
    number::HouseNumber,
    outcome::coarsened,
    parse::Address,
    parts::Parts,
    question::SAME_PLACE_M,
    sendable::sendable,
    spelling::{digits_differ, distance},
    street::StreetText,
    vocabulary::state,
};
use crate::domain::{
    place::{Point, Precision},
    place_name::PlaceName,
    remote::{RemoteCandidate, RemoteLevel, RemotePlace, RemoteQuestion, RemoteRefusal, RemoteReply, RemoteVerdict},
};

/// Of a house that was computed between known numbers, and of a block.
const INTERPOLATED_M: f64 = 150.0;
/// Points of one street or town this far apart are one answer.
const SAME_STREET_M: f64 = 1_500.0;
const SAME_TOWN_M: f64 = 5_000.0;

/// Where a point lies, as seen from what a text says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Around {
    /// In none of the jurisdiction's outlines.
    Outside,
    /// In another area than the town that the text names.
    OtherTown,
    /// In the area that the text names.
    InTown,
    /// In the jurisdiction; the text names no area that is known.
    Inside,
}

/// An address that may be asked about.
#[derive(Clone, PartialEq)]
pub struct Asked {
    /// As it is sent.
    street: String,
    town: Option<String>,
    zip: Option<String>,
    state: Option<String>,
    number: Option<HouseNumber>,
    block: bool,
    /// Comparable names.
    streets: Vec<String>,
}

impl Asked {
    /// `None` where nothing of the text may be sent. A town that only the text names counts where `is_town` knows it:
    /// names of people stand there, too.
    pub fn of(address: &str, town: Option<&str>, zip: Option<&str>, is_town: &dyn Fn(&str) -> bool) -> Option<Self> {
        let read = Address::parse(address);
        if read.post_box || !has_street(address) {
            return None;
        }
        let street = sendable(&read.street)?;
        let text = StreetText::parse(&street);
        let marker = |s: &String| {
            ["MM", "EXIT"]
                .iter()
                .any(|m| s.strip_prefix(m).is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit())))
        };
        let crossing = text.streets.len() == 2;
        let house = text.streets.len() == 1 && text.number.is_some();
        // A street without a number says no more to them than to us.
        if !(crossing || house) || text.streets.iter().any(marker) {
            return None;
        }
        let given = |t: Option<&str>| t.map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
        let five = |zip: String| {
            let zip: String = zip.trim().chars().take(5).collect();
            (zip.len() == 5 && zip.bytes().all(|b| b.is_ascii_digit())).then_some(zip)
        };
        Some(Self {
            street: street.replacen(" BLK ", " ", usize::from(text.block)),
            town: given(town).or(read.town.filter(|t| is_town(t))),
            zip: given(zip).or(read.zip).and_then(five),
            state: read.state.as_deref().map(str::to_uppercase).as_deref().and_then(state).map(str::to_owned),
            number: text.number,
            block: text.block,
            streets: text.streets,
        })
    }

    /// What is sent to a service: nothing else of the event is.
    pub fn question(&self, state: Option<&str>, country: Option<&str>) -> RemoteQuestion {
        RemoteQuestion {
            street: self.street.clone(),
            town: self.town.clone(),
            zip: self.zip.clone(),
            state: self.state.clone().or(state.map(str::to_owned)),
            country: country.map(str::to_ascii_lowercase),
        }
    }

    pub fn town(&self) -> Option<&str> {
        self.town.as_deref()
    }

    /// What a reply is worth; `around` tells where a point lies.
    pub fn judge(&self, reply: &RemoteReply, around: &dyn Fn(Point) -> Around) -> RemoteVerdict {
        if reply.tied {
            return RemoteVerdict::Ambiguous { spread_km: None };
        }
        let mut refused = None;
        let mut graded: Vec<Graded> = Vec::new();
        for candidate in &reply.candidates {
            match self.grade(candidate, around(candidate.point)) {
                Ok(one) => graded.push(one),
                Err(why) => refused = refused.or(Some(why)),
            }
        }
        let Some(finest) = graded.iter().map(|g| g.precision).min() else {
            return refused.map_or(RemoteVerdict::Nothing, RemoteVerdict::Refused);
        };
        graded.retain(|g| g.precision == finest);
        let agreement = graded.iter().map(|g| g.agreement).max().unwrap_or(0);
        graded.retain(|g| g.agreement == agreement);
        let far = |a: &Graded, b: &Graded| a.point.distance_km(b.point) * 1000.0;
        let spread = graded.iter().flat_map(|a| graded.iter().map(move |b| far(a, b))).fold(0.0, f64::max);
        let one_place = match finest {
            Precision::Street => SAME_STREET_M,
            Precision::Place | Precision::Zip => SAME_TOWN_M,
            _ => SAME_PLACE_M,
        };
        if spread > one_place {
            return RemoteVerdict::Ambiguous { spread_km: Some(spread / 1000.0) };
        }
        // Their order is their word on which fits best; the radius holds the others.
        let Some(first) = graded.first() else { return RemoteVerdict::Nothing };
        let radius_m = graded.iter().map(|g| far(first, g)).fold(first.radius_m, f64::max);
        RemoteVerdict::Found(RemotePlace {
            point: first.point,
            precision: coarsened(first.precision, radius_m),
            radius_m,
            score: first.score,
        })
    }

    fn grade(&self, c: &RemoteCandidate, around: Around) -> Result<Graded, RemoteRefusal> {
        if around == Around::Outside {
            return Err(RemoteRefusal::Outside);
        }
        let (precision, radius_m, slips) = self.level(c)?;
        let agreement = self.agreement(c, around)?;
        let radius_m = radius_m * if slips > 0 { 1.5 } else { 1.0 };
        let base = match precision {
            Precision::Rooftop | Precision::Intersection => 0.9,
            Precision::Range => 0.8,
            Precision::Street => 0.6,
            Precision::Place => 0.5,
            _ => 0.4,
        };
        let score = (base - 0.1 * f64::from(slips)).max(0.1).min(c.confidence.unwrap_or(1.0));
        let precision = coarsened(precision, radius_m);
        Ok(Graded { point: c.point, precision, radius_m, score, agreement: agreement - slips as i32 })
    }

    /// What a candidate can stand for, given the question: precision, radius, slips in the street's name.
    fn level(&self, c: &RemoteCandidate) -> Result<(Precision, f64, u32), RemoteRefusal> {
        let typical = |p: Precision, slips| Ok((p, p.typical_radius_m().unwrap_or(SAME_TOWN_M), slips));
        let crossing = self.streets.len() > 1;
        match c.level {
            RemoteLevel::Crossing => {
                let named = StreetText::parse(c.street.as_deref().unwrap_or("")).streets;
                if !crossing || named.len() != self.streets.len() {
                    return Err(RemoteRefusal::OtherStreet);
                }
                let slips = |theirs: &[&String]| {
                    self.streets.iter().zip(theirs).map(|(a, b)| differ(a, b)).sum::<Option<u32>>()
                };
                let ways = [slips(&[&named[0], &named[1]]), slips(&[&named[1], &named[0]])];
                let least = ways.into_iter().flatten().min().ok_or(RemoteRefusal::OtherStreet)?;
                typical(Precision::Intersection, least)
            }
            RemoteLevel::House | RemoteLevel::Interpolated if crossing => Err(RemoteRefusal::OtherStreet),
            RemoteLevel::House | RemoteLevel::Interpolated | RemoteLevel::Street => {
                let slips = self.same_street(c).ok_or(RemoteRefusal::OtherStreet)?;
                let theirs = c.house_number.as_deref().map(str::to_uppercase).and_then(|n| HouseNumber::parse(&n));
                if c.level == RemoteLevel::Street || theirs.is_none() || theirs != self.number {
                    return typical(Precision::Street, slips);
                }
                if self.block || c.level == RemoteLevel::Interpolated {
                    return Ok((Precision::Range, INTERPOLATED_M, slips));
                }
                typical(Precision::Rooftop, slips)
            }
            RemoteLevel::Zip if c.zip.is_some() && same_zip(&c.zip, &self.zip) == Some(true) => {
                typical(Precision::Zip, 0)
            }
            RemoteLevel::Town if same_town(&c.town, &self.town) == Some(true) => typical(Precision::Place, 0),
            RemoteLevel::Venue => Err(RemoteRefusal::OtherStreet),
            RemoteLevel::Zip | RemoteLevel::Town | RemoteLevel::Larger => Err(RemoteRefusal::TooCoarse),
        }
    }

    fn same_street(&self, c: &RemoteCandidate) -> Option<u32> {
        let theirs = StreetText::parse(c.street.as_deref()?).streets;
        let [theirs] = theirs.as_slice() else { return None };
        self.streets.iter().filter_map(|ours| differ(ours, theirs)).min()
    }

    /// How well town and ZIP agree.
    fn agreement(&self, c: &RemoteCandidate, around: Around) -> Result<i32, RemoteRefusal> {
        let (town, zip) = (same_town(&c.town, &self.town), same_zip(&c.zip, &self.zip));
        match (town, zip, around) {
            (Some(true), Some(true), _) => Ok(4),
            (_, Some(true), _) | (Some(true), None, _) | (_, None, Around::InTown) => Ok(2),
            (Some(true), Some(false), _) => Ok(1),
            // Services name towns otherwise than dispatchers do: inside the right outline that is no contradiction.
            (_, Some(false), Around::InTown) => Ok(0),
            (_, _, Around::OtherTown) | (_, Some(false), _) | (Some(false), None, _) => Err(RemoteRefusal::OtherTown),
            (None, None, _) => Ok(0),
        }
    }
}

struct Graded {
    point: Point,
    precision: Precision,
    radius_m: f64,
    score: f64,
    agreement: i32,
}

/// How much two street names differ by what is left out or misspelt; `None` when they are two streets.
fn differ(a: &str, b: &str) -> Option<u32> {
    if a == b {
        return Some(0);
    }
    let (x, y) = (Parts::of(a), Parts::of(b));
    let missing = x.missing(&y)?;
    if x.core == y.core {
        return Some(missing);
    }
    let long = x.core.len() >= 5 && y.core.len() >= 5;
    let near = long && !digits_differ(a, b) && distance(x.core.as_bytes(), y.core.as_bytes(), 1).is_some();
    near.then_some(missing + 1)
}

fn same_town(theirs: &Option<String>, ours: &Option<String>) -> Option<bool> {
    let (theirs, ours) = (PlaceName::parse(theirs.as_deref()?), PlaceName::parse(ours.as_deref()?));
    (!theirs.base.is_empty() && !ours.base.is_empty()).then(|| theirs.agrees(&ours))
}

fn same_zip(theirs: &Option<String>, ours: &Option<String>) -> Option<bool> {
    let five = |z: &Option<String>| z.as_deref().map(|z| z.trim().chars().take(5).collect::<String>());
    let (theirs, ours) = (five(theirs)?, five(ours)?);
    (!theirs.is_empty() && !ours.is_empty()).then(|| theirs == ours)
}

fn has_street(text: &str) -> bool {
    super::parse::label(text).iter().any(|w| w.label.is_street())
}

#[cfg(test)]
#[path = "remote_tests.rs"]
mod tests;

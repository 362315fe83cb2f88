//! Nominatim: `/search`, format `jsonv2` (nominatim.org/release-docs/latest/api/Search and …/Output).
//!
//! `place_rank` says what a place is: 30 houses and named places, 26 and 27 streets, 13 to 25 towns and their parts,
//! below that counties and states. A house that stands as a way without being a building is one that Nominatim computed
//! along an interpolation or a TIGER range (its documentation, notes on the OSM reference).
//!
//! Limits: crossings are not known to it; it answers with one of the streets.

use serde_json::Value;

use super::{BadAnswer, Box4, text_of};
use crate::domain::{
    place::Point,
    remote::{MOST_CANDIDATES, RemoteCandidate, RemoteLevel, RemoteQuestion, RemoteReply},
};

pub(super) const PATH: &str = "/search";

/// Narrowed to the box: what lies outside is not believed anyway.
pub(super) fn query(question: &RemoteQuestion, within: Option<Box4>) -> Vec<(&'static str, String)> {
    let mut pairs = vec![
        ("q", question.one_line()),
        ("format", "jsonv2".into()),
        ("addressdetails", "1".into()),
        ("limit", MOST_CANDIDATES.to_string()),
        ("accept-language", "en".into()),
    ];
    if let Some(country) = &question.country {
        pairs.push(("countrycodes", country.clone()));
    }
    if let Some([west, south, east, north]) = within {
        pairs.push(("viewbox", format!("{west:.5},{south:.5},{east:.5},{north:.5}")));
        pairs.push(("bounded", "1".into()));
    }
    pairs
}

/// # Errors
/// When the bytes are no list of places.
pub(super) fn read(bytes: &[u8]) -> Result<RemoteReply, BadAnswer> {
    let answer: Value = serde_json::from_slice(bytes).map_err(|_| BadAnswer::NotJson)?;
    if answer.get("error").is_some() {
        return Err(BadAnswer::ItsError);
    }
    let places = answer.as_array().ok_or(BadAnswer::Shape("expected a list of places"))?;
    let candidates: Vec<RemoteCandidate> = places.iter().filter_map(candidate).take(MOST_CANDIDATES).collect();
    if candidates.is_empty() && !places.is_empty() {
        return Err(BadAnswer::Shape("no place has a latitude, a longitude and a rank"));
    }
    Ok(RemoteReply { candidates, tied: false })
}

fn candidate(place: &Value) -> Option<RemoteCandidate> {
    let number = |key| text_of(place.get(key))?.parse::<f64>().ok();
    let word = |key| place.get(key).and_then(Value::as_str).unwrap_or("");
    let address = |key| text_of(place.get("address").and_then(|a| a.get(key)));
    let rank = number("place_rank")?;
    let house_number = address("house_number");
    let level = match rank {
        _ if word("type") == "postcode" || word("addresstype") == "postcode" => RemoteLevel::Zip,
        28.0.. if house_number.is_some() => {
            if word("category") == "place" && word("type") == "house" && word("osm_type") == "way" {
                RemoteLevel::Interpolated
            } else {
                RemoteLevel::House
            }
        }
        28.0.. => RemoteLevel::Venue,
        26.0..28.0 => RemoteLevel::Street,
        13.0..26.0 => RemoteLevel::Town,
        _ => RemoteLevel::Larger,
    };
    let towns = ["city", "town", "village", "hamlet", "municipality"];
    Some(RemoteCandidate {
        point: Point::new(number("lat")?, number("lon")?).ok()?,
        level,
        house_number,
        street: address("road").or_else(|| address("pedestrian")),
        town: towns.into_iter().find_map(address),
        zip: address("postcode"),
        // Its importance tells how well known a place is, not how well it fits.
        confidence: None,
    })
}

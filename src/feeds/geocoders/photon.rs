//! Photon: `/api?q=…` (github.com/komoot/photon, docs/api-v1.md). Answers in GeocodeJSON.
//!
//! The property `type` says what a place is; `house` is a house where it has a number, else a named place. As in
//! Nominatim, from whose data Photon is made, a house that stands as a way tagged `place=house` was computed.
//!
//! Limits: its search forgives misspellings freely, so that an answer is often of another street; versions before 1.0
//! refuse `country`.

use serde_json::{Map, Value};

use super::{BadAnswer, Box4, features, text_of};
use crate::domain::{
    place::Point,
    remote::{MOST_CANDIDATES, RemoteCandidate, RemoteLevel, RemoteQuestion, RemoteReply},
};

pub(super) const PATH: &str = "/api";

pub(super) fn query(question: &RemoteQuestion, within: Option<Box4>) -> Vec<(&'static str, String)> {
    let mut pairs = vec![("q", question.one_line()), ("limit", MOST_CANDIDATES.to_string()), ("lang", "en".into())];
    if let Some(country) = &question.country {
        pairs.push(("countrycode", country.to_uppercase()));
    }
    if let Some([west, south, east, north]) = within {
        pairs.push(("bbox", format!("{west:.5},{south:.5},{east:.5},{north:.5}")));
    }
    pairs
}

/// # Errors
/// When the bytes are no collection of places.
pub(super) fn read(bytes: &[u8]) -> Result<RemoteReply, BadAnswer> {
    features::read(bytes, candidate)
}

fn candidate(point: Point, properties: &Map<String, Value>) -> Option<RemoteCandidate> {
    let text = |key| text_of(properties.get(key));
    let (kind, key, value) = (text("type"), text("osm_key"), text("osm_value"));
    let house_number = text("housenumber");
    let level = match (kind.as_deref(), key.as_deref(), value.as_deref()) {
        (_, Some("place"), Some("postcode")) => RemoteLevel::Zip,
        (Some("house"), Some("place"), Some("house"))
            if house_number.is_some() && text("osm_type").as_deref() == Some("W") =>
        {
            RemoteLevel::Interpolated
        }
        (Some("house"), ..) | (None, Some(_), _) if house_number.is_some() => RemoteLevel::House,
        (Some("street"), ..) | (None, Some("highway"), _) => RemoteLevel::Street,
        (Some("locality" | "district" | "city"), ..) | (None, Some("place"), _) => RemoteLevel::Town,
        (Some("county" | "state" | "country"), ..) => RemoteLevel::Larger,
        (None, None, _) => return None,
        _ => RemoteLevel::Venue,
    };
    let name = text("name");
    let town = text("city").or_else(|| if level == RemoteLevel::Town { name.clone() } else { None });
    let street = text("street").or_else(|| if level == RemoteLevel::Street { name } else { None });
    Some(RemoteCandidate { point, level, house_number, street, town, zip: text("postcode"), confidence: None })
}

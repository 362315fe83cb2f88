//! Pelias: `/v1/search?text=…` (github.com/pelias/documentation, search.md, response.md, result_quality.md).
//!
//! `layer` says what a place is; `match_type` or `accuracy` that a house was interpolated. Its `confidence` is kept: ours
//! is never higher.

use serde_json::{Map, Value};

use super::{BadAnswer, Box4, features, text_of};
use crate::domain::{
    place::Point,
    remote::{MOST_CANDIDATES, RemoteCandidate, RemoteLevel, RemoteQuestion, RemoteReply},
};

pub(super) const PATH: &str = "/v1/search";

pub(super) fn query(question: &RemoteQuestion, within: Option<Box4>) -> Vec<(&'static str, String)> {
    let mut pairs = vec![("text", question.one_line()), ("size", MOST_CANDIDATES.to_string()), ("lang", "en".into())];
    if let Some(country) = &question.country {
        pairs.push(("boundary.country", country.to_uppercase()));
    }
    if let Some([west, south, east, north]) = within {
        let names =
            ["boundary.rect.min_lon", "boundary.rect.min_lat", "boundary.rect.max_lon", "boundary.rect.max_lat"];
        let sides = [west, south, east, north].map(|degrees| format!("{degrees:.5}"));
        pairs.extend(names.into_iter().zip(sides));
    }
    pairs
}

/// # Errors
/// When the bytes are no collection of places, or tell an error.
pub(super) fn read(bytes: &[u8]) -> Result<RemoteReply, BadAnswer> {
    features::read(bytes, candidate)
}

fn candidate(point: Point, properties: &Map<String, Value>) -> Option<RemoteCandidate> {
    let text = |key| text_of(properties.get(key));
    let between = |key| text(key).as_deref() == Some("interpolated");
    let layer = text("layer")?;
    let level = match layer.as_str() {
        "address" if between("match_type") || between("accuracy") => RemoteLevel::Interpolated,
        "address" => RemoteLevel::House,
        "intersection" => RemoteLevel::Crossing,
        "street" => RemoteLevel::Street,
        "postalcode" => RemoteLevel::Zip,
        "locality" | "localadmin" | "borough" | "neighbourhood" => RemoteLevel::Town,
        "venue" => RemoteLevel::Venue,
        _ => RemoteLevel::Larger,
    };
    let named = matches!(level, RemoteLevel::Street | RemoteLevel::Crossing);
    let zip = text("postalcode").or_else(|| if level == RemoteLevel::Zip { text("name") } else { None });
    Some(RemoteCandidate {
        point,
        level,
        house_number: text("housenumber"),
        // A crossing's own `street` is one of the two.
        street: if named { text("name").or_else(|| text("street")) } else { text("street") },
        town: text("locality").or_else(|| text("localadmin")),
        zip,
        confidence: properties.get("confidence").and_then(Value::as_f64).filter(|c| (0.0..=1.0).contains(c)),
    })
}

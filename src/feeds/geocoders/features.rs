//! What Photon and Pelias have in common: a GeoJSON collection of points with properties.

use serde_json::{Map, Value};

use super::BadAnswer;
use crate::domain::{
    place::Point,
    remote::{MOST_CANDIDATES, RemoteCandidate, RemoteReply},
};

/// `one` makes a candidate of a point and its properties; `None` where they say nothing.
///
/// # Errors
/// When the bytes are no collection, or it has features and none of them can be read.
pub(super) fn read(
    bytes: &[u8],
    one: impl Fn(Point, &Map<String, Value>) -> Option<RemoteCandidate>,
) -> Result<RemoteReply, BadAnswer> {
    let answer: Value = serde_json::from_slice(bytes).map_err(|_| BadAnswer::NotJson)?;
    let listed = |errors: &Value| errors.as_array().is_none_or(|e| !e.is_empty());
    if answer.get("geocoding").and_then(|g| g.get("errors")).is_some_and(listed) {
        return Err(BadAnswer::ItsError);
    }
    let features = answer.get("features").and_then(Value::as_array);
    let features = features.ok_or(BadAnswer::Shape("expected a collection of features"))?;
    let candidate = |feature: &Value| {
        let at = feature.get("geometry")?.get("coordinates")?.as_array()?;
        let point = Point::new(at.get(1)?.as_f64()?, at.first()?.as_f64()?).ok()?;
        one(point, feature.get("properties")?.as_object()?)
    };
    let candidates: Vec<RemoteCandidate> = features.iter().filter_map(candidate).take(MOST_CANDIDATES).collect();
    if candidates.is_empty() && !features.is_empty() {
        return Err(BadAnswer::Shape("no feature has a point and says what it is"));
    }
    Ok(RemoteReply { candidates, tied: false })
}

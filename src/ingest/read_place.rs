//! What a row says about where: coordinates that can be, texts, and what the sender's points are worth.

use std::borrow::Cow;

use super::{
    plan::Plan,
    read_row::{Fault, fault, word},
    row::{Row, shortened},
    value::Text,
};
use crate::domain::{
    event::PlaceText,
    place::{Point, Precision},
    quality::RejectReason,
};

/// North of and south of everybody: what lies outside is a swapped pair of coordinates.
const INHABITED: std::ops::RangeInclusive<f64> = -56.0..=84.0;

impl Plan {
    /// The sender's coordinates. `None` when both are empty.
    pub(super) fn point(&self, row: &Row) -> Result<Option<Point>, (usize, String)> {
        let (lat, lon) =
            if self.swapped { (&self.longitude, &self.latitude) } else { (&self.latitude, &self.longitude) };
        let (lat_text, lon_text) = (lat.read(row, &self.nulls), lon.read(row, &self.nulls));
        if lat_text.is_empty() && lon_text.is_empty() {
            return Ok(None);
        }
        let column = |t: &Text| t.column().unwrap_or(0);
        let number = |spec, text: &str| {
            let parsed = text.parse::<f64>().ok().filter(|x| x.is_finite());
            let found = if text.is_empty() {
                "one coordinate is missing".to_owned()
            } else {
                format!("\"{}\" is not a coordinate; expected degrees such as 44.8016", shortened(text))
            };
            parsed.ok_or((column(spec), found))
        };
        let (y, x) = (number(lat, &lat_text)?, number(lon, &lon_text)?);
        let point = Point::new(y, x).map_err(|e| {
            let swapped = if Point::new(x, y).is_ok() && !(-90.0..=90.0).contains(&y) {
                "; are latitude and longitude swapped?"
            } else {
                ""
            };
            (column(lat), format!("{e}{swapped}"))
        })?;
        if !INHABITED.contains(&y) {
            return Err((column(lat), format!("nobody lives at latitude {y}; are latitude and longitude swapped?")));
        }
        Ok(Some(point))
    }

    pub(super) fn address<'r>(&'r self, row: &'r Row) -> Cow<'r, str> {
        self.address.read(row, &self.nulls)
    }

    pub(super) fn place(&self, row: &Row) -> Result<PlaceText, Fault> {
        let mut point = self.point(row).map_err(|(at, m)| fault(RejectReason::BadPoint, Some(at), m))?;
        let mut stated_precision = word(self.precision.read(row, &self.nulls), self.precision.column())?;
        if let Some((_, precision, use_point)) =
            self.rules.iter().find(|(tests, ..)| tests.iter().all(|t| t.holds(row)))
        {
            stated_precision = Some(*precision);
            point = point.filter(|_| *use_point);
        } else if self.randomised {
            stated_precision = Some(stated_precision.map_or(Precision::Street, |p| p.max(Precision::Street)));
        }
        let text = |t: &Text| {
            let text = t.read(row, &self.nulls);
            (!text.is_empty()).then(|| shortened(&text))
        };
        Ok(PlaceText {
            point,
            stated_precision,
            address: text(&self.address),
            town: text(&self.town),
            zip: text(&self.zip).map(whole_zip),
            county: text(&self.county),
            state: text(&self.state),
        })
    }
}

/// A ZIP code with the zeros in front that a spreadsheet took from it: `4401` is `04401`.
fn whole_zip(text: String) -> String {
    let digits = text.strip_suffix(".0").unwrap_or(&text);
    let cut = matches!(digits.len(), 3 | 4) && digits.bytes().all(|b| b.is_ascii_digit());
    if cut { format!("{digits:0>5}") } else { text }
}

//! The batch geocoder of the US Census Bureau: `/geocoder/locations/addressbatch`
//! (geocoding.geo.census.gov/geocoder/Geocoding_Services_API.html).
//!
//! Sent is a form with a CSV of `number, street, town, state, ZIP` without a header; numbers count from 1 and are ours
//! for this request only. Answered are rows in any order: number, the address as sent, `Match`, `No_Match` or `Tie`, and
//! of a match also `Exact` or `Non_Exact`, the matched address, `longitude,latitude`, the TIGER/Line segment and its side.
//! Points are interpolated along ranges of house numbers. A `Tie` names no places, so it is ambiguous whatever else is known.
//!
//! Limits: the service takes 10,000 rows; fewer are sent, so that an answer comes in minutes. It knows no crossings.

use std::{fmt::Write as _, iter};

use sha2::{Digest, Sha256};

use super::BadAnswer;
use crate::domain::{
    place::Point,
    remote::{RemoteCandidate, RemoteLevel, RemoteQuestion, RemoteReply},
};

pub(super) const PATH: &str = "/geocoder/locations/addressbatch";
/// Addresses in a request.
pub(super) const MOST: usize = 500;
const BENCHMARK: &str = "Public_AR_Current";

/// Content type and body of the form (RFC 7578).
pub(super) fn body(questions: &[RemoteQuestion]) -> (String, Vec<u8>) {
    let mut rows = csv::Writer::from_writer(Vec::new());
    for (number, q) in (1..).zip(questions) {
        let number: u32 = number;
        let part = |t: &Option<String>| t.clone().unwrap_or_default();
        let row = [number.to_string(), q.street.clone(), part(&q.town), part(&q.state), part(&q.zip)];
        rows.write_record(row).expect("writing into memory never fails, and every row has five fields");
    }
    let rows = rows.into_inner().expect("writing into memory never fails");
    // A mark between the parts that is not in them.
    let mark = format!("emberwatch-{}", hex::encode(&Sha256::digest(&rows)[..16]));
    let mut body = String::new();
    let _ = write!(
        body,
        "--{mark}\r\nContent-Disposition: form-data; name=\"benchmark\"\r\n\r\n{BENCHMARK}\r\n--{mark}\r\n\
         Content-Disposition: form-data; name=\"addressFile\"; filename=\"addresses.csv\"\r\n\
         Content-Type: text/csv\r\n\r\n"
    );
    let end = format!("\r\n--{mark}--\r\n");
    let whole = iter::empty().chain(body.into_bytes()).chain(rows).chain(end.into_bytes()).collect();
    (format!("multipart/form-data; boundary={mark}"), whole)
}

/// Answers in the order of the questions; `None` for those without a row.
///
/// # Errors
/// When no row is one of ours.
pub(super) fn read(bytes: &[u8], questions: usize) -> Result<Vec<Option<RemoteReply>>, BadAnswer> {
    let mut replies: Vec<Option<RemoteReply>> = vec![None; questions];
    let mut rows = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    for row in rows.records() {
        let row = row.map_err(|_| BadAnswer::NotCsv)?;
        let number = row.get(0).and_then(|n| n.trim().parse::<usize>().ok());
        let Some(slot) = number.and_then(|n| replies.get_mut(n.checked_sub(1)?)) else { continue };
        if let Some(reply) = reply(&row) {
            *slot = Some(reply);
        }
    }
    if replies.iter().all(Option::is_none) && questions > 0 {
        return Err(BadAnswer::Shape("expected rows with Match, No_Match or Tie"));
    }
    Ok(replies)
}

fn reply(row: &csv::StringRecord) -> Option<RemoteReply> {
    match row.get(2)?.trim() {
        "No_Match" => Some(RemoteReply::default()),
        "Tie" => Some(RemoteReply { tied: true, ..RemoteReply::default() }),
        "Match" => {
            let (lon, lat) = row.get(5)?.split_once(',')?;
            let point = Point::new(lat.trim().parse().ok()?, lon.trim().parse().ok()?).ok()?;
            // "1504 TAUB LOOP, HOUSTON, TX, 77030"
            let parts: Vec<String> = row.get(4)?.split(',').map(|p| p.trim().chars().take(200).collect()).collect();
            let part = |i: usize| parts.get(i).filter(|p| !p.is_empty()).cloned();
            let (number, street) = parts.first()?.split_once(' ')?;
            let candidate = RemoteCandidate {
                point,
                level: RemoteLevel::Interpolated,
                house_number: Some(number.to_owned()),
                street: Some(street.to_owned()),
                town: part(1),
                zip: part(3),
                confidence: None,
            };
            Some(RemoteReply { candidates: vec![candidate], tied: false })
        }
        _ => None,
    }
}

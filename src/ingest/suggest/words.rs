//! What columns are usually called, and what their values usually say. To teach the assistant a new
//! spelling, add it here.

/// What a column may be. The order is that in which columns are given away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Role {
    Latitude,
    Longitude,
    Occurred,
    OccurredTime,
    Received,
    Reported,
    RecordId,
    Kind,
    Owner,
    Outcome,
    Naloxone,
    Quantity,
    Withdrawn,
    TimePrecision,
    Precision,
    Address,
    Town,
    Zip,
    County,
    State,
}

/// Names of each role, best first, as words joined by `_`.
const NAMES: &[(Role, &[&str])] = &[
    (Role::Latitude, &["latitude", "lat", "latitude_random", "gps_lat", "y_coord", "y"]),
    (Role::Longitude, &["longitude", "lon", "lng", "long", "longitude_random", "gps_lon", "x_coord", "x"]),
    (
        Role::Occurred,
        &[
            "occurred_at",
            "occurred",
            "date_time_of_overdose",
            "overdose_date",
            "overdose_date_time",
            "od_date",
            "date_of_overdose",
            "incident_date_time",
            "incident_datetime",
            "incident_date",
            "date_of_incident",
            "event_date",
            "event_datetime",
            "injury_date",
            "date_of_injury",
            "date_of_death",
            "death_date",
            "dod",
            "date_time",
            "datetime",
            "arrived_at",
            "arrival_time",
            "admit_date",
            "visit_date",
            "dispatch_time",
            "dispatched_at",
            "call_time",
            "call_date_time",
            "notified_local",
            "alarm_date_time",
            "psap_time",
            "call_date",
            "encounter_date",
            "contact_date",
            "reversal_date",
            "date_distributed",
            "distribution_date",
            "date",
            "timestamp",
            "time_stamp",
            "when",
            "at",
            "time",
        ],
    ),
    (
        Role::OccurredTime,
        &[
            "time_of_overdose",
            "overdose_time",
            "incident_time",
            "event_time",
            "time_of_incident",
            "call_time",
            "time_of_call",
            "death_time",
            "time_of_death",
            "time",
            "hour",
        ],
    ),
    (
        Role::Received,
        &[
            "received_at",
            "received",
            "date_received",
            "exported_at",
            "loaded_at",
            "ingested_at",
            "inserted_at",
            "created_at",
            "scraped_at",
        ],
    ),
    (
        Role::Reported,
        &[
            "reported_at",
            "reported",
            "report_date",
            "date_reported",
            "reported_on",
            "report_time",
            "report_written",
            "entered_at",
            "date_entered",
            "entry_date",
            "submitted_at",
            "submission_date",
        ],
    ),
    (
        Role::RecordId,
        &[
            "event_id",
            "record_id",
            "incident_number",
            "incident_id",
            "incident_no",
            "incident_num",
            "case_number",
            "case_no",
            "case_id",
            "source_id",
            "objectid",
            "object_id",
            "run_number",
            "run_no",
            "call_number",
            "call_id",
            "visit_id",
            "encounter_id",
            "contact_id",
            "report_id",
            "report_no",
            "report_number",
            "entry_id",
            "pcr_number",
            "row_id",
            "uuid",
            "guid",
            "global_id",
            "globalid",
            "fid",
            "id",
            "number",
            "no",
        ],
    ),
    (Role::Kind, &["kind", "event_kind"]),
    (Role::Owner, &["jurisdiction", "jurisdiction_id"]),
    (
        Role::Outcome,
        &[
            "outcome",
            "fatal",
            "fatality",
            "fatal_nonfatal",
            "fatal_or_nonfatal",
            "survived",
            "patient_outcome",
            "overdose_outcome",
            "deceased",
            "died",
            "result",
        ],
    ),
    (
        Role::Naloxone,
        &[
            "naloxone",
            "narcan",
            "naloxone_given",
            "narcan_given",
            "naloxone_administered",
            "narcan_administered",
            "naloxone_doses",
            "narcan_doses",
            "doses",
            "naloxone_admin",
        ],
    ),
    (Role::Quantity, &["kits", "quantity", "kits_distributed", "number_of_kits", "kits_given", "people", "count"]),
    (Role::Withdrawn, &["withdrawn", "deleted", "is_deleted", "void", "voided", "record_status", "status"]),
    (Role::TimePrecision, &["time_precision", "date_type", "date_precision"]),
    (
        Role::Precision,
        &[
            "precision",
            "geo_precision",
            "geocode_quality",
            "geocode_precision",
            "location_quality",
            "match_type",
            "accuracy",
        ],
    ),
    (
        Role::Address,
        &[
            "address",
            "addr",
            "street_address",
            "incident_address",
            "injury_address",
            "location_address",
            "street",
            "location",
            "site_address",
            "block",
        ],
    ),
    (
        Role::Town,
        &[
            "town",
            "city",
            "twp",
            "township",
            "municipality",
            "incident_city",
            "injury_city",
            "town_name",
            "city_name",
            "locality",
            "area",
            "place",
        ],
    ),
    (Role::Zip, &["zip", "zipcode", "zip_code", "postal_code", "postcode", "incident_zip", "injury_zip"]),
    (Role::County, &["county", "county_name", "incident_county", "injury_county"]),
    (Role::State, &["state", "state_code", "incident_state", "injury_state"]),
];

/// How well a name fits a role: 0 not at all, higher is better.
pub(super) fn fit(role: Role, column: &str) -> usize {
    let plain = plain(column);
    let names = NAMES.iter().find(|(r, _)| *r == role).map_or(&[][..], |(_, n)| *n);
    names.iter().position(|n| *n == plain).map_or(0, |at| 1_000 - at)
}

/// Names a header may hold, for finding it.
pub(super) fn usual_columns() -> Vec<String> {
    NAMES.iter().flat_map(|(_, names)| names.iter().map(|n| (*n).to_owned())).collect()
}

/// `Incident Date/Time` and `IncidentDateTime` are `incident_date_time`.
pub(super) fn plain(column: &str) -> String {
    let mut out = String::new();
    let mut before_lower = false;
    for c in column.trim().chars() {
        if c.is_alphanumeric() {
            if c.is_uppercase() && before_lower {
                out.push('_');
            }
            out.extend(c.to_lowercase());
        } else if !out.ends_with('_') {
            out.push('_');
        }
        before_lower = c.is_lowercase();
    }
    out.trim_matches('_').to_owned()
}

/// A name that tells of a receipt or a copy rather than of what happened.
pub(super) fn is_of_receipt(column: &str) -> bool {
    let plain = plain(column);
    ["report", "receiv", "entered", "entry", "creat", "updat", "modif", "export", "load", "insert", "submit", "scrape"]
        .iter()
        .any(|w| plain.contains(w))
}

/// A part of a date, which the date itself tells better.
pub(super) fn is_of_calendar(column: &str) -> bool {
    let plain = plain(column);
    ["weekday", "month", "year", "quarter", "day_of_week", "hour", "sort"]
        .iter()
        .any(|w| plain.split('_').any(|p| p == *w))
        || plain == "day_of_week"
}

/// A text that speaks of an overdose.
pub(super) fn tells_of_overdose(text: &str) -> bool {
    let lower = text.to_lowercase();
    [
        "overdos",
        "over dose",
        "narcan",
        "naloxone",
        "opioid",
        "opiate",
        "heroin",
        "fentanyl",
        "poisoning - drug",
        "drug poisoning",
    ]
    .iter()
    .any(|w| lower.contains(w))
}

pub(super) fn outcome(text: &str) -> Option<&'static str> {
    Some(match text.to_lowercase().as_str() {
        "fatal" | "dead" | "deceased" | "died" | "death" | "expired" => "fatal",
        "deceased - suspected" | "suspected fatal" | "suspected_fatal" | "suspected" => "suspected_fatal",
        "nonfatal" | "non-fatal" | "non fatal" | "alive" | "survived" | "discharged" | "admitted" | "transported" => {
            "nonfatal"
        }
        "unknown" | "unk" | "u" | "not stated" | "undetermined" => "unknown",
        _ => return None,
    })
}

pub(super) fn naloxone(text: &str) -> Option<&'static str> {
    Some(match text.to_lowercase().as_str() {
        "yes" | "y" | "true" | "given" | "administered" => "given",
        "no" | "n" | "false" | "none" | "0" | "not given" | "not administered" => "none",
        "1" | "single" | "one" | "single dose" => "single",
        "2" | "3" | "4" | "5" | "2+" | "multiple" | "two" | "multiple doses" => "multiple",
        "unknown" | "unk" | "u" => "unknown",
        _ => return None,
    })
}

pub(super) fn precision(text: &str) -> Option<&'static str> {
    let lower = text.to_lowercase();
    for word in ["rooftop", "range", "intersection", "street", "place", "zip", "jurisdiction", "unknown"] {
        if lower == word {
            return Some(word);
        }
    }
    let has = |words: &[&str]| words.iter().any(|w| lower.contains(w));
    if has(&["rooftop", "address point", "parcel", "exact", "gps"]) {
        Some("rooftop")
    } else if has(&["interpolat", "block"]) {
        Some("range")
    } else if has(&["centroid", "city", "town", "municipal"]) {
        Some("place")
    } else if has(&["random", "street"]) {
        Some("street")
    } else {
        None
    }
}

/// Texts that mean "nothing".
pub(super) fn is_nothing(text: &str) -> bool {
    matches!(text, "NULL" | "null" | "None" | "N/A" | "n/a" | "NA" | "NaN" | "nan" | "-" | "--" | "." | "#N/A")
}

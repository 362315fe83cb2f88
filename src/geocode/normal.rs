//! Street texts made comparable.
//!
//! After USPS Publication 28 (suffixes, directionals, secondary units): "North Main Street and 1st
//! Avenue", "1ST AVE & N MAIN ST" and "n. main st/first ave" are one text. Streets of a crossing are
//! sorted, because dispatchers name them in either order.

use crate::domain::place::Precision;

/// A street text, taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StreetText {
    /// Normalised streets, sorted; one for a plain address, two or more for a crossing.
    pub streets: Vec<String>,
    /// House number of a plain address.
    pub number: Option<String>,
}

impl StreetText {
    pub fn parse(text: &str) -> Self {
        let mut streets = Vec::new();
        let mut number = None;
        let parts = crossing_parts(text);
        for part in &parts {
            let mut words = words(part);
            strip_unit(&mut words);
            if words.len() > 1 && is_house_number(&words[0]) {
                let n = words.remove(0);
                if parts.len() == 1 {
                    number = Some(n);
                }
            }
            let street = join(words);
            if !street.is_empty() {
                streets.push(street);
            }
        }
        streets.sort_unstable();
        streets.dedup();
        Self { streets, number }
    }

    pub fn is_crossing(&self) -> bool {
        self.streets.len() > 1
    }

    /// Without the house number.
    pub fn street_key(&self) -> String {
        self.streets.join(" & ")
    }

    pub fn key(&self) -> String {
        match &self.number {
            Some(n) => format!("{n} {}", self.street_key()),
            None => self.street_key(),
        }
    }
}

/// What a sender's point beside this text is worth where the sender does not say: a crossing, a house
/// interpolated along its street, or somewhere along a street.
pub fn typical_precision(text: &str) -> Precision {
    let parsed = StreetText::parse(text);
    match (parsed.is_crossing(), parsed.number.is_some() || parsed.streets.is_empty()) {
        (true, _) => Precision::Intersection,
        (_, true) => Precision::Range,
        _ => Precision::Street,
    }
}

/// Words and what they are compared as. Suffixes of Publication 28, appendix C1, with directionals and ordinals.
const WORDS: [(&str, &str); 78] = [
    ("STREET", "ST"),
    ("STR", "ST"),
    ("AVENUE", "AVE"),
    ("AV", "AVE"),
    ("ROAD", "RD"),
    ("DRIVE", "DR"),
    ("LANE", "LN"),
    ("COURT", "CT"),
    ("CIRCLE", "CIR"),
    ("BOULEVARD", "BLVD"),
    ("PLACE", "PL"),
    ("TERRACE", "TER"),
    ("TERR", "TER"),
    ("HIGHWAY", "HWY"),
    ("PARKWAY", "PKWY"),
    ("PKY", "PKWY"),
    ("EXPRESSWAY", "EXPY"),
    ("EXPWY", "EXPY"),
    ("TURNPIKE", "TPKE"),
    ("TPK", "TPKE"),
    ("PK", "PIKE"),
    ("ALLEY", "ALY"),
    ("SQUARE", "SQ"),
    ("TRAIL", "TRL"),
    ("PLAZA", "PLZ"),
    ("BYPASS", "BYP"),
    ("CROSSING", "XING"),
    ("EXTENSION", "EXT"),
    ("HEIGHTS", "HTS"),
    ("HOLLOW", "HOLW"),
    ("JUNCTION", "JCT"),
    ("LANDING", "LNDG"),
    ("MEADOWS", "MDWS"),
    ("MOUNT", "MT"),
    ("MOUNTAIN", "MTN"),
    ("SAINT", "ST"),
    ("FORT", "FT"),
    ("POINT", "PT"),
    ("RIDGE", "RDG"),
    ("SPRING", "SPG"),
    ("SPRINGS", "SPGS"),
    ("STATION", "STA"),
    ("VALLEY", "VLY"),
    ("VIEW", "VW"),
    ("VILLAGE", "VLG"),
    ("CENTER", "CTR"),
    ("CENTRE", "CTR"),
    ("CREEK", "CRK"),
    ("BRIDGE", "BRG"),
    ("CAUSEWAY", "CSWY"),
    ("CRESCENT", "CRES"),
    ("ESTATES", "EST"),
    ("FREEWAY", "FWY"),
    ("GARDENS", "GDNS"),
    ("GROVE", "GRV"),
    ("HARBOR", "HBR"),
    ("NORTH", "N"),
    ("SOUTH", "S"),
    ("EAST", "E"),
    ("WEST", "W"),
    ("NORTHEAST", "NE"),
    ("NORTHWEST", "NW"),
    ("SOUTHEAST", "SE"),
    ("SOUTHWEST", "SW"),
    ("FIRST", "1ST"),
    ("SECOND", "2ND"),
    ("THIRD", "3RD"),
    ("FOURTH", "4TH"),
    ("FIFTH", "5TH"),
    ("SIXTH", "6TH"),
    ("SEVENTH", "7TH"),
    ("EIGHTH", "8TH"),
    ("NINTH", "9TH"),
    ("TENTH", "10TH"),
    ("ROUTE", "RT"),
    ("RTE", "RT"),
    ("INTERSTATE", "I"),
    ("STE", "SUITE"),
];

/// Words that begin a secondary unit: what follows is inside the building.
const UNITS: [&str; 9] = ["APT", "APARTMENT", "UNIT", "SUITE", "RM", "ROOM", "FL", "FLOOR", "LOT"];

/// Split at `&`, `/`, `@`, `+` and the words AND and AT.
fn crossing_parts(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    for piece in text.split_inclusive(|c: char| c.is_whitespace() || matches!(c, '&' | '/' | '@' | '+')) {
        let (word, mark) = match piece.char_indices().last() {
            Some((at, c)) if c.is_whitespace() || matches!(c, '&' | '/' | '@' | '+') => (&piece[..at], Some(c)),
            _ => (piece, None),
        };
        let joins = word.eq_ignore_ascii_case("and") || word.eq_ignore_ascii_case("at");
        let last = parts.len() - 1;
        if !joins {
            parts[last].push_str(word);
        }
        if joins || mark.is_some_and(|c| !c.is_whitespace()) {
            parts.push(String::new());
        } else {
            parts[last].push(' ');
        }
    }
    parts.retain(|p| p.chars().any(char::is_alphanumeric));
    parts
}

fn words(part: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for raw in part.split(|c: char| !(c.is_alphanumeric() || matches!(c, '\'' | '.' | '#'))) {
        let upper: String =
            raw.chars().filter(|c| c.is_alphanumeric() || *c == '#').flat_map(char::to_uppercase).collect();
        if upper.is_empty() {
            continue;
        }
        let word = WORDS.iter().find(|(long, _)| *long == upper).map_or(upper.as_str(), |(_, short)| short);
        // "RT 422" and "I-76" are written as one word in most feeds.
        match out.last_mut() {
            Some(last)
                if matches!(last.as_str(), "RT" | "I" | "US" | "SR") && word.bytes().all(|b| b.is_ascii_digit()) =>
            {
                last.push_str(word);
            }
            _ => out.push(word.to_owned()),
        }
    }
    out
}

fn strip_unit(words: &mut Vec<String>) {
    let unit = words.iter().skip(1).position(|w| w.starts_with('#') || UNITS.contains(&w.as_str()));
    if let Some(at) = unit {
        words.truncate(at + 1);
    }
}

fn is_house_number(word: &str) -> bool {
    // "12", "12A", "12B2"; not "10TH" or "1ST".
    word.starts_with(|c: char| c.is_ascii_digit()) && !["ST", "ND", "RD", "TH"].iter().any(|s| word.ends_with(s))
}

fn join(words: Vec<String>) -> String {
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_crossing_are_one_text() {
        let key = |t: &str| StreetText::parse(t).key();
        for text in
            ["1ST AVE & N MAIN ST", "north main street AND first avenue", "N. Main St/1st Ave", "1st Av @ N Main St."]
        {
            assert_eq!(key(text), "1ST AVE & N MAIN ST", "{text}");
        }
        assert_eq!(key("RT 422 & Dead-End"), key("DEAD END AND ROUTE 422"));
        assert_eq!(key("I-76 EB"), "I76 EB");
    }

    #[test]
    fn a_house_number_and_a_unit_are_told_from_the_street() {
        let t = StreetText::parse("123 Main Street, Apt 4B");
        assert_eq!((t.number.as_deref(), t.street_key().as_str()), (Some("123"), "MAIN ST"));
        let t = StreetText::parse("10TH AVE");
        assert_eq!((t.number, t.streets), (None, vec!["10TH AVE".to_owned()]));
        assert_eq!(StreetText::parse(" . ").key(), "");
    }
}

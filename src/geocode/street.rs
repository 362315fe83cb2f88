//! Street texts made comparable.
//!
//! "North Main Street and 1st Avenue", "1ST AVE & N MAIN ST" and "n. main st/first ave" are one text: words take their
//! standard form (USPS Publication 28, [`vocabulary`]), what joins two streets parts them, and the streets of a crossing
//! are sorted, because dispatchers name them in either order. "St" is one word whether it is a street or a saint, so
//! both readings meet. Numbered roads lose the difference between US, State and Route: people write either.

use super::{
    naming::{plain, street_of},
    number::HouseNumber,
    vocabulary::{self, Kind},
};
use crate::domain::place::Precision;

/// A street text, taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StreetText {
    /// Normalised streets, sorted; one for a plain address, two or more for a crossing.
    pub streets: Vec<String>,
    /// House number of a plain address.
    pub number: Option<HouseNumber>,
    /// "150-152": the first number, should the hyphen join two houses and not the parts of one number.
    pub first: Option<HouseNumber>,
    /// "500 BLK": the number names the block, not a house.
    pub block: bool,
    /// The first street of a crossing that has a house number, and the number: "12 MAIN ST @ JOE'S BAR".
    pub beside: Option<(HouseNumber, String)>,
}

impl StreetText {
    pub fn parse(text: &str) -> Self {
        let (parts, block) = parts_of(text);
        let mut out = Self { block, ..Self::default() };
        let crossing = parts.len() > 1;
        for mut words in parts {
            strip_unit(&mut words);
            let number = take_number(&mut words, crossing);
            let street = street_of(&words);
            if let Some((number, first)) = number {
                if !crossing {
                    (out.number, out.first) = (Some(number), first);
                } else if out.beside.is_none() {
                    out.beside = Some((number, street.clone()));
                }
            }
            if !street.is_empty() {
                out.streets.push(street);
            }
        }
        out.streets.sort_unstable();
        out.streets.dedup();
        out
    }

    pub fn is_crossing(&self) -> bool {
        self.streets.len() > 1
    }
}

/// All words of a text in a row, without what joins streets.
pub(super) fn words(text: &str) -> Vec<String> {
    parts_of(text).0.concat()
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

/// The streets of a text as lists of standard words, and whether a block was named.
fn parts_of(text: &str) -> (Vec<Vec<String>>, bool) {
    let mut parts: Vec<Vec<String>> = vec![Vec::new()];
    let mut block = false;
    let mut word = String::new();
    let text = plain(text);
    let mut raw = RawWords::new(&text);
    while let Some(joins) = raw.next(&mut word) {
        if !word.is_empty() {
            let last = parts.len() - 1;
            if matches!(word.as_str(), "AND" | "AT" | "NEAR") && parts.iter().any(|p| !p.is_empty()) {
                parts.push(Vec::new());
            } else if matches!(word.as_str(), "BLK" | "BLOCK") && names_block(&mut parts[last]) {
                block = true;
            } else if word != "OF" || !block {
                parts[last].push(std::mem::take(&mut word));
            }
        }
        if joins {
            parts.push(Vec::new());
        }
    }
    let mut parts: Vec<Vec<String>> = parts.into_iter().flat_map(split_marker).filter(|p| !p.is_empty()).collect();
    for part in &mut parts {
        while part.len() > 1
            && matches!(part[0].as_str(), "NEAR" | "NR" | "AT" | "CORNER" | "CNR" | "CRNR" | "OF" | "INTERSECTION")
        {
            part.remove(0);
        }
        block |= masked_block(part);
        part_number(part);
    }
    // "150 & 152 MAIN ST" is one building.
    if let [first, second, ..] = parts.as_slice()
        && second.len() > 1
        && first.len() == 1
        && [first, second].iter().all(|p| p[0].bytes().all(|b| b.is_ascii_digit()))
    {
        parts.remove(0);
    }
    (parts, block)
}

/// Whether BLOCK behind these words names a block; its number is put first: "500", "UNIT", "MAIN ST 500".
fn names_block(words: &mut [String]) -> bool {
    let Some(last) = words.last() else { return false };
    let is_number = last.bytes().all(|b| b.is_ascii_digit());
    if words.len() == 1 && (last == "UNIT" || last.bytes().all(|b| b == b'0')) {
        // The block of the numbers below 100.
        words[0] = "1".to_owned();
        return true;
    }
    if words.len() == 1 {
        return last.starts_with(|c: char| c.is_ascii_digit());
    }
    if is_number && last.len() > 2 {
        words.rotate_right(1);
        return true;
    }
    false
}

/// "12XX MAIN ST": the last two digits are hidden.
fn masked_block(words: &mut [String]) -> bool {
    let [number, _, ..] = words else { return false };
    match number.strip_suffix("XX") {
        Some(hundreds) if hundreds.len() <= 4 && hundreds.bytes().all(|b| b.is_ascii_digit()) => {
            *number = if hundreds.bytes().all(|b| b == b'0') { "1".to_owned() } else { format!("{hundreds}00") };
            true
        }
        _ => false,
    }
}

/// A number that runs into its street, "150MAIN ST", is parted from it; one that is written in two words, "N6 W23001",
/// is put together.
fn part_number(words: &mut Vec<String>) {
    let [first, second, ..] = words.as_slice() else { return };
    let digits = first.bytes().take_while(u8::is_ascii_digit).count();
    let (number, name) = first.split_at(digits);
    if (1..=5).contains(&digits)
        // "4TWH ST" is an ordinal with a slip.
        && name.len() > 3
        && name.bytes().all(|b| b.is_ascii_alphabetic())
        && !["ST", "ND", "RD", "TH"].iter().any(|end| name.starts_with(end))
    {
        let parted = [number.to_owned(), name.to_owned()];
        words.splice(..1, parted);
    } else if words.len() > 2 && digits == 0 && second.len() > 3 && HouseNumber::parse(second).is_some() {
        let joined = format!("{first}{second}");
        if HouseNumber::parse(&joined).is_some() {
            words.splice(..2, [joined]);
        }
    }
}

/// "I 95 MM 12" and "EXIT 3 I 95" are crossings of a road with a marker.
fn split_marker(words: Vec<String>) -> Vec<Vec<String>> {
    let digit = |i: usize| words.get(i).is_some_and(|w| w.starts_with(|c: char| c.is_ascii_digit()));
    let marker = (0..words.len()).find_map(|i| match vocabulary::standard(&words[i]) {
        "MM" | "EXIT" | "MILE" if digit(i + 1) => Some((i, 2)),
        "MILE" if words.get(i + 1).is_some_and(|w| w == "MARKER" || w == "POST") && digit(i + 2) => Some((i, 3)),
        _ => None,
    });
    match marker {
        Some((at, n)) if words.len() > n => {
            let road = [&words[..at], &words[at + n..]].concat();
            vec![road, words[at..at + n].to_vec()]
        }
        _ => vec![words],
    }
}

/// Upper-case words of a text, with the news of a joining mark behind each.
struct RawWords<'a> {
    rest: std::iter::Peekable<std::str::CharIndices<'a>>,
    text: &'a str,
}

impl<'a> RawWords<'a> {
    fn new(text: &'a str) -> Self {
        Self { rest: text.char_indices().peekable(), text }
    }

    /// The next word into `word` (it may be empty); whether a mark that joins two streets follows it.
    fn next(&mut self, word: &mut String) -> Option<bool> {
        word.clear();
        self.rest.peek()?;
        while let Some((at, c)) = self.rest.next() {
            match c {
                '&' | '@' | '+' => return Some(true),
                '/' if !self.between_digits(at) => return Some(true),
                '#' => {
                    if !word.is_empty() {
                        // "12 MAIN ST#4": the mark is looked at by itself next time round.
                        word.push(' ');
                    }
                    word.push('#');
                }
                '.' | '-' if self.between_digits(at) => word.push(c),
                '\'' | '.' | '’' => {}
                '/' => word.push('/'),
                c if c.is_alphanumeric() => word.extend(c.to_uppercase()),
                _ if word.is_empty() => {}
                _ => return Some(false),
            }
        }
        Some(false)
    }

    /// In a fraction or a decimal.
    fn between_digits(&self, at: usize) -> bool {
        let bytes = self.text.as_bytes();
        at > 0 && bytes[at - 1].is_ascii_digit() && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
    }
}

fn strip_unit(words: &mut Vec<String>) {
    let unit = words.iter().skip(1).position(|w| w.contains('#') || vocabulary::UNITS.contains(&w.as_str()));
    if let Some(at) = unit {
        // The word before a mark written without a space stays.
        let kept = words[at + 1].split('#').next().unwrap_or("").trim().to_owned();
        words.truncate(at + 1);
        if !kept.is_empty() && !vocabulary::UNITS.contains(&kept.as_str()) {
            words.push(kept);
        }
    }
}

/// The house number that begins a text, taken from its words; and its first, should it be two.
fn take_number(words: &mut Vec<String>, crossing: bool) -> Option<(HouseNumber, Option<HouseNumber>)> {
    let [word, second, rest @ ..] = words.as_slice() else { return None };
    // "12 ST" and "3 AVE NW" are streets by their numbers.
    let kind = |w: &String| vocabulary::known(w).map(|(_, kind)| kind);
    if kind(second) == Some(Kind::Suffix { sure: true }) && rest.iter().all(|w| kind(w) == Some(Kind::Direction)) {
        return None;
    }
    let mut number = HouseNumber::parse(word).filter(|n| !crossing || n.rest.len() < 2)?;
    let first = HouseNumber::first(word);
    words.remove(0);
    if crossing {
        return Some((number, first));
    }
    if words.len() > 1 && words[0].contains('/') {
        number.rest = words.remove(0).replace('/', "");
    } else if let [letter, name, _, ..] = words.as_slice()
        && number.rest.is_empty()
        && matches!(letter.as_str(), "A" | "B" | "C")
        && name.len() > 1
        && !matches!(vocabulary::known(name), Some((_, Kind::Suffix { sure: true })))
    {
        // "125 A MAPLE ST"; but "125 A ST" is a number on A Street.
        number.rest = words.remove(0);
    }
    Some((number, first))
}

/// FNV-1a over bytes.
pub(super) fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(FNV_START, |hash, b| fnv_step(hash, *b))
}

pub(super) const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;

pub(super) fn fnv_step(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> String {
        StreetText::parse(text).streets.join(" & ")
    }

    #[test]
    fn spellings_of_one_crossing_are_one_text() {
        for text in [
            "1ST AVE & N MAIN ST",
            "north main street AND first avenue",
            "N. Main St/1st Ave",
            "1st Av @ N Main St.",
            "corner of 1st Ave and N Main St",
        ] {
            assert_eq!(key(text), "1ST AVE & N MAIN ST", "{text}");
        }
        assert_eq!(key("RT 422 & Dead-End"), key("DEAD END AND ROUTE 422"));
        assert_eq!(key("US Highway 422 near Oak St"), "OAK ST & RT422");
        assert_eq!(key("I-76 EB"), "I76 EB");
        for text in ["Mile Marker 12.5 & I 95", "I-95 MM 12.5", "I 95 milepost 12.5", "MP 12.5 Interstate 95"] {
            assert_eq!(key(text), "I95 & MM12.5", "{text}");
        }
    }

    #[test]
    fn a_house_number_and_a_unit_are_told_from_the_street() {
        let t = StreetText::parse("123 Main Street, Apt 4B");
        assert_eq!((t.number.as_ref().map(|n| n.value), t.streets.join(" ").as_str()), (Some(123), "MAIN ST"));
        let t = StreetText::parse("10TH AVE");
        assert_eq!((t.number, t.streets), (None, vec!["10TH AVE".to_owned()]));
        assert_eq!(key(" . "), "");
        assert_eq!(
            StreetText::parse("500 BLK OF ELM ST"),
            StreetText { block: true, ..StreetText::parse("500 ELM ST") }
        );
        assert_eq!(StreetText::parse("12 1/2 Oak St").number.map(|n| n.rest), Some("12".to_owned()));
        assert_eq!(key("12 MAIN ST#4"), "MAIN ST");
        assert_eq!(HouseNumber::parse("12A").map(|n| n.rest_code()), Some(1));
    }
}

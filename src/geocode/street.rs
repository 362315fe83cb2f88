//! Street texts made comparable.
//!
//! "North Main Street and 1st Avenue", "1ST AVE & N MAIN ST" and "n. main st/first ave" are one text: words take their
//! standard form (USPS Publication 28, [`vocabulary`]), what joins two streets parts them, and the streets of a crossing
//! are sorted, because dispatchers name them in either order. "St" is one word whether it is a street or a saint, so
//! both readings meet. Numbered roads lose the difference between US, State and Route: people write either.

use super::vocabulary::{self, Kind};
use crate::domain::place::Precision;

/// A street text, taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StreetText {
    /// Normalised streets, sorted; one for a plain address, two or more for a crossing.
    pub streets: Vec<String>,
    /// House number of a plain address.
    pub number: Option<HouseNumber>,
    /// "500 BLK": the number names the block, not a house.
    pub block: bool,
}

/// A house number: what orders it, and what stands behind ("123 A", "12 1/2").
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HouseNumber {
    pub value: u32,
    pub rest: String,
}

impl HouseNumber {
    /// "123", "123A", "12-34" (as 12 with the rest 34), "123 1/2" given as one word.
    pub fn parse(word: &str) -> Option<Self> {
        let digits = word.bytes().take_while(u8::is_ascii_digit).count();
        let value = word[..digits].parse().ok().filter(|v| (1..=9_999_999).contains(v))?;
        let rest: String = word[digits..].chars().filter(|c| c.is_alphanumeric()).collect();
        let ordinal = matches!(rest.as_str(), "ST" | "ND" | "RD" | "TH");
        (!ordinal && (rest.len() <= 2 || rest.bytes().all(|b| b.is_ascii_digit()) && rest.len() <= 4))
            .then_some(Self { value, rest })
    }

    /// One byte for the rest, so that 12A and 12B stay apart in a small record.
    pub(super) fn rest_code(&self) -> u8 {
        match self.rest.as_bytes() {
            [] => 0,
            [letter @ b'A'..=b'Z'] => letter - b'A' + 1,
            other => 27 + (fnv(other) % 229) as u8,
        }
    }
}

impl StreetText {
    pub fn parse(text: &str) -> Self {
        let (parts, block) = parts_of(text);
        let mut out = Self { block, ..Self::default() };
        let crossing = parts.len() > 1;
        for mut words in parts {
            strip_unit(&mut words);
            if words.len() > 1
                && let Some(number) = HouseNumber::parse(&words[0])
                && (!crossing || number.rest.len() < 2)
            {
                words.remove(0);
                if !crossing {
                    out.number = Some(take_fraction(number, &mut words));
                }
            }
            let street = street_of(&words);
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
    let mut raw = RawWords::new(text);
    while let Some(joins) = raw.next(&mut word) {
        if !word.is_empty() {
            if matches!(word.as_str(), "AND" | "AT" | "NEAR") && parts.iter().any(|p| !p.is_empty()) {
                parts.push(Vec::new());
            } else if matches!(word.as_str(), "BLK" | "BLOCK") && parts.last().is_some_and(|p| p.len() == 1) {
                block = true;
            } else if word != "OF" || !block {
                let last = parts.len() - 1;
                parts[last].push(std::mem::take(&mut word));
            }
        }
        if joins {
            parts.push(Vec::new());
        }
    }
    let mut parts: Vec<Vec<String>> = parts.into_iter().flat_map(split_marker).filter(|p| !p.is_empty()).collect();
    for part in &mut parts {
        while part.len() > 1 && matches!(part[0].as_str(), "NEAR" | "AT" | "CORNER" | "OF" | "INTERSECTION") {
            part.remove(0);
        }
    }
    (parts, block)
}

/// "I 95 MM 12" and "EXIT 3 I 95" are crossings of a road with a marker.
fn split_marker(words: Vec<String>) -> Vec<Vec<String>> {
    let digit = |i: usize| words.get(i).is_some_and(|w| w.starts_with(|c: char| c.is_ascii_digit()));
    let marker = (0..words.len()).find_map(|i| match vocabulary::standard(&words[i]) {
        "MM" | "EXIT" if digit(i + 1) => Some((i, 2)),
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
                '.' if self.between_digits(at) => word.push('.'),
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

fn take_fraction(mut number: HouseNumber, words: &mut Vec<String>) -> HouseNumber {
    if words.len() > 1 && words[0].contains('/') {
        number.rest = words.remove(0).replace('/', "");
    }
    number
}

/// The comparable name of one street.
pub(super) fn street_of(words: &[String]) -> String {
    let mut out: Vec<&str> = Vec::with_capacity(words.len());
    for word in words {
        out.push(vocabulary::standard(word));
    }
    let mut name = String::with_capacity(24);
    let mut i = 0;
    while i < out.len() {
        let (piece, used) = numbered_road(&out[i..], i == 0);
        if !name.is_empty() {
            name.push(' ');
        }
        name.push_str(&piece);
        i += used;
    }
    name
}

/// "US HWY 422", "STATE RT 422", "RT 422" and "RT422" are one road; "I 76" and "I76", "CNTY RD 12" and "CR12" too.
fn numbered_road(words: &[&str], first: bool) -> (String, usize) {
    let digits = |w: Option<&&str>| {
        w.is_some_and(|w| {
            w.starts_with(|c: char| c.is_ascii_digit())
                && w.len() <= 5
                && !w.contains('/')
                && vocabulary_ordinal(w).is_none()
        })
    };
    let (class, used) = match words {
        ["US" | "STATE" | "PA" | "SR" | "HWY", "HWY" | "RT" | "RD", ..] => ("RT", 2),
        ["RT" | "HWY" | "US" | "SR" | "PR" | "STATE", ..] => ("RT", 1),
        ["CNTY", "RD" | "HWY" | "RT", ..] => ("CR", 2),
        ["CR", ..] => ("CR", 1),
        ["FM", ..] => ("FM", 1),
        ["I", ..] if first => ("I", 1),
        ["MM", ..] => ("MM", 1),
        ["MILE", "MARKER" | "POST", ..] => ("MM", 2),
        ["EXIT", ..] => ("EXIT", 1),
        _ => return (words[0].to_owned(), 1),
    };
    if digits(words.get(used)) { (format!("{class}{}", words[used]), used + 1) } else { (words[0].to_owned(), 1) }
}

fn vocabulary_ordinal(word: &str) -> Option<()> {
    ["ST", "ND", "RD", "TH"].iter().any(|s| word.ends_with(s)).then_some(())
}

/// The parts of a comparable name: what may be left out when people write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    pub direction: Option<&'a str>,
    pub core: &'a str,
    pub suffix: Option<&'a str>,
    /// The direction or carriageway behind the suffix.
    pub behind: Option<&'a str>,
}

impl<'a> Parts<'a> {
    pub fn of(name: &'a str) -> Self {
        let mut core = name;
        let kind = |w: &str| vocabulary::known(w).map(|(_, k)| k);
        let direction = core.split_once(' ').filter(|(w, _)| kind(w) == Some(Kind::Direction)).map(|(w, rest)| {
            core = rest;
            w
        });
        let mut behind = None;
        if let Some((head, w)) = core.rsplit_once(' ')
            && matches!(kind(w), Some(Kind::Direction | Kind::Bound))
        {
            (core, behind) = (head, Some(w));
        }
        let suffix =
            core.rsplit_once(' ').filter(|(_, w)| matches!(kind(w), Some(Kind::Suffix { .. }))).map(|(head, w)| {
                core = head;
                w
            });
        Self { direction, core, suffix, behind }
    }

    /// How much two names of one core differ by what one of them leaves out; `None` when they contradict.
    pub fn missing(&self, other: &Parts) -> Option<u32> {
        let differ = |a: Option<&str>, b: Option<&str>| match (a, b) {
            (Some(a), Some(b)) if a != b => None,
            (Some(_), Some(_)) | (None, None) => Some(0),
            _ => Some(1),
        };
        // "MAIN ST N" and "N MAIN ST" are one street.
        let directions = match (self.direction.or(self.behind), other.direction.or(other.behind)) {
            (Some(a), Some(b)) if a != b => return None,
            (Some(_), Some(_)) | (None, None) => 0,
            _ => 1,
        };
        Some(directions + differ(self.suffix, other.suffix)?)
    }
}

/// FNV-1a over bytes.
pub(super) fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3))
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

    #[test]
    fn what_people_leave_out_of_a_name_is_told_from_what_contradicts() {
        let missing = |a, b| Parts::of(a).missing(&Parts::of(b));
        assert_eq!(missing("N MAIN ST", "MAIN ST"), Some(1));
        assert_eq!(missing("N MAIN ST", "MAIN ST N"), Some(0));
        assert_eq!(missing("N MAIN ST", "MAIN"), Some(2));
        assert_eq!(missing("N MAIN ST", "S MAIN ST"), None);
        assert_eq!(missing("MAIN ST", "MAIN AVE"), None);
    }
}

//! What of an address text may leave the building.
//!
//! Dispatchers write more than the address into its field: callers' names, telephone numbers, what happened. So nothing is
//! sent that cannot be told to be a street: a house number, and the words up to the street's type ("ST", "AVE") with a
//! direction behind it; or a numbered road; or a name of one word. What follows is cut off, and a text of which no such part
//! is left is not sent at all.
//!
//! Limits: streets of several words without a type ("12 VIA DEL MAR") are not sent; a word between number and type is
//! taken for the street's name whatever it is ("12 SMITH RESIDENCE ST").

use super::{
    naming::street_of,
    number::HouseNumber,
    vocabulary::{self, Kind},
};

/// Longest name of a street, in words, without what stands behind its type.
const LONGEST_NAME: usize = 5;
const JOINING: [&str; 6] = ["&", "@", "/", "+", "AND", "AT"];

/// House number and street, or two streets joined by `&`; `None` where no such part can be told.
pub(super) fn sendable(street: &str) -> Option<String> {
    let words: Vec<String> = street.split_whitespace().map(str::to_uppercase).collect();
    let sides: Vec<&[String]> = words.split(|w| JOINING.contains(&w.as_str())).filter(|s| !s.is_empty()).collect();
    match sides.as_slice() {
        [one] => {
            let number = one.first().filter(|w| is_house_number(w))?;
            let rest = &one[1..];
            let fraction = rest.first().filter(|w| matches!(w.as_str(), "1/2" | "1/3" | "1/4" | "3/4"));
            let rest = &rest[usize::from(fraction.is_some())..];
            let block = rest.first().is_some_and(|w| is_block(w));
            let rest = &rest[usize::from(block)..];
            let rest = if block && rest.first().is_some_and(|w| w == "OF") { &rest[1..] } else { rest };
            let block = if block { " BLK" } else { "" };
            let fraction = fraction.map_or_else(String::new, |f| format!(" {f}"));
            Some(format!("{number}{fraction}{block} {}", name(rest)?))
        }
        [a, b] => Some(format!("{} & {}", side(a)?, side(b)?)),
        _ => None,
    }
}

/// One street of a crossing; a house number before it says no more.
fn side(words: &[String]) -> Option<String> {
    let rest = if words.len() > 1 && is_house_number(&words[0]) { &words[1..] } else { words };
    name(rest)
}

/// The words of a street's name, up to its type.
fn name(words: &[String]) -> Option<String> {
    let kind = |i: usize| words.get(i).and_then(|w| vocabulary::known(w)).map(|(_, kind)| kind);
    let is_type = |i: usize| matches!(kind(i), Some(Kind::Suffix { .. }));
    let behind = |i: usize| is_type(i) || matches!(kind(i), Some(Kind::Direction | Kind::Bound));
    if let Some(n) = (2..=words.len().min(4)).rev().find(|n| is_numbered_road(&words[..*n])) {
        return Some(words[..n].join(" "));
    }
    let first = usize::from(words.len() > 1 && kind(0) == Some(Kind::Direction));
    // A type that is often part of a name ("HILL") is one only where none follows soon.
    let mut end = (first + 1..words.len().min(first + LONGEST_NAME)).find(|i| is_type(*i));
    while let Some(at) = end
        && !matches!(kind(at), Some(Kind::Suffix { sure: true }))
        && let Some(next) = (at + 1..=at + 2).find(|i| is_type(*i))
    {
        end = Some(next);
    }
    let kept = match end {
        Some(at) => {
            let more = (at + 1..at + 3).take_while(|i| behind(*i)).count();
            &words[..=at + more]
        }
        None if words.len() == first + 1 => words,
        None => return None,
    };
    kept.iter().all(|w| is_word(w)).then(|| kept.join(" "))
}

/// "12", "12B", "12-34"; no telephone number.
fn is_house_number(word: &str) -> bool {
    let short = |part: &str| (1..=6).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    match word.split_once('-') {
        Some((a, b)) => short(a) && short(b) && a.len() + b.len() <= 7 && a.len() <= 4 && b.len() <= 4,
        None => {
            short(word.strip_suffix(|c: char| c.is_ascii_uppercase()).unwrap_or(word))
                && HouseNumber::parse(word).is_some()
        }
    }
}

/// Letters, or a number as streets have it: "10TH", "5".
fn is_word(word: &str) -> bool {
    let letters = word.chars().all(|c| c.is_alphabetic() || matches!(c, '\'' | '’' | '-' | '.'));
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    let numbered = (1..=3).contains(&digits)
        && (matches!(&word[digits..], "ST" | "ND" | "RD" | "TH") || digits == word.len() && digits < 3);
    letters || numbered
}

/// "US RTE 1", "STATE HWY 9 N", "CR 12".
fn is_numbered_road(words: &[String]) -> bool {
    let name = street_of(words);
    let mut parts = name.split(' ');
    let road = parts.next().unwrap_or("");
    let number = ["RT", "CR", "FM", "I"].iter().find_map(|class| road.strip_prefix(class)).unwrap_or("");
    let is_number = number.starts_with(|c: char| c.is_ascii_digit())
        && number.len() <= 4
        && number.chars().all(|c| c.is_ascii_alphanumeric());
    let direction = |w: &str| matches!(vocabulary::known(w), Some((_, Kind::Direction | Kind::Bound)));
    is_number && parts.next().is_none_or(direction) && parts.next().is_none()
}

fn is_block(word: &str) -> bool {
    matches!(word, "BLK" | "BLOCK")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_and_street_are_sent_and_what_follows_is_not() {
        for (text, sent) in [
            ("12 MAIN ST", Some("12 MAIN ST")),
            ("12 MAIN ST CALLER SAYS MALE NOT BREATHING", Some("12 MAIN ST")),
            ("12 MAIN ST 34 YO MALE OD", Some("12 MAIN ST")),
            ("12 1/2 N MAIN ST W JOHN DOE", Some("12 1/2 N MAIN ST W")),
            ("12 FOREST HILL RD JOHN DOE", Some("12 FOREST HILL RD")),
            ("12 PARK LN CT", Some("12 PARK LN CT")),
            ("12 ST JOHN AVE", Some("12 ST JOHN AVE")),
            ("12 OLD MILL POND RD", Some("12 OLD MILL POND RD")),
            ("12B 10TH AVE", Some("12B 10TH AVE")),
            ("12 BROADWAY", Some("12 BROADWAY")),
            ("12 BROADWAY JOHN DOE", None),
            ("12 US RTE 1 JOHN DOE", Some("12 US RTE 1")),
            ("12 STATE HWY 9 N", Some("12 STATE HWY 9 N")),
            ("500 BLK OF ELM ST", Some("500 BLK ELM ST")),
            ("207-555-1234 12 MAIN ST", None),
            ("207 555 1234 MAIN ST", None),
            ("2075551234 MAIN ST", None),
            ("JOHN DOE 12 MAIN ST", None),
            ("12", None),
        ] {
            assert_eq!(sendable(text).as_deref(), sent, "{text}");
        }
    }

    #[test]
    fn of_a_crossing_both_sides_must_be_streets() {
        for (text, sent) in [
            ("MAIN ST & OAK AVE", Some("MAIN ST & OAK AVE")),
            ("MAIN / ELM", Some("MAIN & ELM")),
            ("N MAIN ST AND US RTE 1 JOHN DOE", Some("N MAIN ST & US RTE 1")),
            ("12 MAIN ST @ ELM ST CALLER UPSET", Some("MAIN ST & ELM ST")),
            ("MAIN ST & JOHN DOE", None),
            ("A ST & B ST & C ST", None),
        ] {
            assert_eq!(sendable(text).as_deref(), sent, "{text}");
        }
    }
}

//! Street texts as people write them: other words for the same, and slips of the hand.
//!
//! Slips are the four of Damerau (1964): a letter too many, one missing, another one, two exchanged. They strike
//! anywhere, also the space and the mark between two streets.

use super::draw::Draw;

/// Short forms and what they are written out as.
const LONG: [(&str, &str); 20] = [
    ("RD", "ROAD"),
    ("AVE", "AVENUE"),
    ("ST", "STREET"),
    ("DR", "DRIVE"),
    ("LN", "LANE"),
    ("CT", "COURT"),
    ("CIR", "CIRCLE"),
    ("BLVD", "BOULEVARD"),
    ("PL", "PLACE"),
    ("N", "NORTH"),
    ("S", "SOUTH"),
    ("E", "EAST"),
    ("W", "WEST"),
    ("HWY", "HIGHWAY"),
    ("TER", "TERRACE"),
    ("PKWY", "PARKWAY"),
    ("ALY", "ALLEY"),
    ("EXPY", "EXPRESSWAY"),
    ("TPKE", "TURNPIKE"),
    ("SQ", "SQUARE"),
];
const MARKS: [&str; 7] = [" & ", " and ", " AND ", " / ", "/", " @ ", "&"];

/// The same in other words: long forms for short ones, another mark, the other order, another case.
pub fn respelt(text: &str, draw: &mut Draw) -> String {
    let mut parts: Vec<String> = text.split(" & ").map(|part| written_out(part, draw)).collect();
    if draw.chance(0.5) {
        parts.reverse();
    }
    let joined = parts.join(MARKS[draw.below(MARKS.len())]);
    match draw.below(3) {
        0 => joined.to_lowercase(),
        1 => joined.to_uppercase(),
        _ => joined,
    }
}

fn written_out(part: &str, draw: &mut Draw) -> String {
    let mut words: Vec<&str> = part.split(' ').collect();
    for word in &mut words {
        if let Some((_, long)) = LONG.iter().find(|(short, _)| short.eq_ignore_ascii_case(word))
            && draw.chance(0.5)
        {
            *word = long;
        }
    }
    words.join(" ")
}

/// The text with one slip.
pub fn slip(text: &str, draw: &mut Draw) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    let other = char::from(b'A' + draw.below(26) as u8);
    let n = letters.len();
    match draw.below(4) {
        0 => letters.insert(draw.below(n + 1), other),
        1 if n > 1 => {
            letters.remove(draw.below(n));
        }
        2 if n > 0 => letters[draw.below(n)] = other,
        _ if n > 1 => {
            let at = draw.below(n - 1);
            letters.swap(at, at + 1);
        }
        _ => letters.push(other),
    }
    letters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_slips_and_a_slip_changes_at_most_two_letters() {
        let write = |seed| {
            let mut draw = Draw::new(seed);
            (0..50).map(|_| slip("N MAIN ST & OAK AVE", &mut draw)).collect::<Vec<_>>()
        };
        assert_eq!(write(3), write(3));
        for text in write(4) {
            assert!(text.chars().count().abs_diff(19) <= 1, "{text}");
        }
        let other = respelt("MAIN ST & OAK AVE", &mut Draw::new(1));
        assert!(other.to_uppercase().contains("MAIN") && other.to_uppercase().contains("OAK"), "{other}");
    }
}

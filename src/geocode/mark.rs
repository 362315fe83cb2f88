//! Marks between two streets that were lost, or that a slip has damaged.
//!
//! A crossing is written with a mark between its streets, and one letter too many, missing, wrong or exchanged there
//! joins what belongs apart: "ROADAND ELM ST", "RDA ND ELM ST", "OAK DRELM ST", "OAK AVEXELM ST". So a text that is
//! known as nothing is read once more with a mark wherever one slip may have taken it. Whoever asks believes such a
//! reading only where both streets cross in the list.
//!
//! Limit: a mark of one letter that is lost inside a word is looked for only behind a word that ends a street's name.

use super::{
    crossing,
    index::Index,
    naming::street_of,
    question::{Judged, Where, judge},
    spelling::distance,
    street::{StreetText, words},
    vocabulary::{self, Kind},
};

/// A longer text is a story, and is not tried at every cut of it.
const MOST_WORDS: usize = 32;
const LONGEST: usize = 90;

/// Cut a text in two at every word: a mark between two streets that was lost or is another word.
pub(super) fn lost(index: &Index, asked: &str, around: &Where) -> Option<Judged> {
    let (names, words) = (index.streets(), words(asked));
    if words.len() > MOST_WORDS {
        return None;
    }
    crossing::other_cuts(&words)
        .find_map(|(a, b)| known(index, names.find(&street_of(a))?, names.find(&street_of(b))?, asked, around))
}

/// The same where a slip has damaged the mark itself; tried last, because most texts have none.
pub(super) fn damaged(index: &Index, asked: &str, around: &Where) -> Option<Judged> {
    let names = index.streets();
    let street = |text: &str| match StreetText::parse(text).streets.as_slice() {
        [one] => names.find(one),
        _ => None,
    };
    mended(asked).iter().find_map(|(a, b)| known(index, street(a)?, street(b)?, asked, around))
}

fn known(index: &Index, a: u32, b: u32, asked: &str, around: &Where) -> Option<Judged> {
    let judged = judge(index, index.entries().crossing(a, b), around, asked);
    (!matches!(judged, Judged::Nothing)).then_some(judged)
}

/// The two streets of every reading with a mended mark, as they are written.
fn mended(text: &str) -> Vec<(String, String)> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ").to_uppercase();
    if !text.is_ascii() || text.len() > LONGEST {
        return Vec::new();
    }
    let mut found = damaged_and(&text);
    found.extend(lost_letter(&text));
    found
}

/// What is one slip from " AND ", the letters beside it included.
fn damaged_and(text: &str) -> Vec<(String, String)> {
    const AND: &[u8] = b" AND ";
    let letters = text.as_bytes();
    let mut found = Vec::new();
    for from in 1..letters.len() {
        // A slip leaves three of the five, or moves them by one.
        for length in 4..=6 {
            let Some(window) = letters.get(from..from + length) else { break };
            if from + length < letters.len() && window.contains(&b'N') && distance(window, AND, 1) == Some(1) {
                let (left, right) = (&text[..from], &text[from + length..]);
                // A letter of a street may have changed places with the space: "ROA DAND ELM", "ROAD ANDE LM".
                match window {
                    [b' ', last, b'A', b'N', b'D', b' '] => {
                        found.push((format!("{left}{}", char::from(*last)), right.to_owned()))
                    }
                    [b' ', b'A', b'N', b'D', first, b' '] => {
                        found.push((left.to_owned(), format!("{}{right}", char::from(*first))))
                    }
                    _ => {}
                }
                found.push((left.to_owned(), right.to_owned()));
            }
        }
    }
    found
}

/// "OAK DRELM ST", "OAK DRXELM ST": the mark was one letter, and is missing or another letter.
fn lost_letter(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut start = 0;
    for word in text.split(' ') {
        for end in 2..word.len() {
            let ends_name = matches!(
                vocabulary::known(&word[..end]),
                Some((_, Kind::Suffix { .. } | Kind::Direction | Kind::Bound))
            );
            if !ends_name {
                continue;
            }
            let at = start + end;
            for skipped in 0..=1 {
                let rest = &text[at + skipped..];
                if start > 0 && rest.len() > 2 && !rest.starts_with(' ') {
                    found.push((text[..at].to_owned(), rest.to_owned()));
                }
            }
        }
        start += word.len() + 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slip_at_a_mark_leaves_a_reading_with_both_streets() {
        for text in [
            "Oak Roadand Elm St",
            "Oak Road andElm St",
            "Oak RoadA nd Elm St",
            "Oak Road an dElm St",
            "Oak Road aXnd Elm St",
            "Oak Road nd Elm St",
            "Oak RoadXand Elm St",
            "Oak Road andXElm St",
            "Oak RoadElm St",
            "Oak RoadXElm St",
            "Oak Roa dand Elm St",
            "Oak Road andE lm St",
        ] {
            assert!(mended(text).contains(&("OAK ROAD".into(), "ELM ST".into())), "{text}: {:?}", mended(text));
        }
    }

    #[test]
    fn a_street_is_not_cut_where_no_mark_may_have_been() {
        for text in ["Oak St", "Elm", "", "ÉÉÉ", "Maple Hill Lane"] {
            assert_eq!(mended(text), Vec::new(), "{text}");
        }
        assert_eq!(mended(&"Oak Roadand ".repeat(20)), Vec::new());
    }
}

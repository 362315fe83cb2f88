//! The comparable name of a street from its words.
//!
//! Words take their standard form one by one ([`vocabulary`]); what follows here takes several at a time: numbered
//! roads, which lose the difference between US, State and Route because people write either; avenues by their bare
//! number; and the one name that is written in a dozen ways. To add a group of words that mean the same: a function
//! beside these, called in [`street_of`].

use std::borrow::Cow;

use super::vocabulary::{self, Kind};

/// The comparable name of one street.
pub(super) fn street_of(words: &[String]) -> String {
    let mut out: Vec<Cow<str>> = words.iter().map(|word| Cow::Borrowed(vocabulary::standard(word))).collect();
    king(&mut out);
    state_road(&mut out);
    bare_ordinal(&mut out);
    let mut name = String::with_capacity(24);
    let mut i = 0;
    while i < out.len() {
        let first = out[..i].iter().all(|w| matches!(vocabulary::known(w), Some((_, Kind::Direction))));
        let (piece, used) = numbered_road(&out[i..], i == 0, first);
        if !name.is_empty() {
            name.push(' ');
        }
        name.push_str(&piece);
        i += used;
    }
    name
}

/// "US HWY 422", "STATE RT 422", "PA 422", "RT 422" and "RT422" are one road; "I 76" and "I76", "CO RD 12" and "CR12"
/// too. `begins`: nothing stands before; `first`: nothing but directions.
fn numbered_road<'a>(words: &[Cow<'a, str>], begins: bool, first: bool) -> (Cow<'a, str>, usize) {
    let word = |i: usize| words.get(i).map_or("", |w| w.as_ref());
    let is_road = |w: &str| matches!(w, "HWY" | "RT" | "RD" | "SR");
    let (class, used) = match (word(0), word(1)) {
        ("US" | "STATE" | "SR" | "HWY", "HWY" | "RT" | "RD") => ("RT", 2),
        ("RT" | "HWY" | "US" | "SR" | "PR" | "STATE" | "SH" | "STH" | "SRT", _) => ("RT", 1),
        ("CNTY" | "CO", "RD" | "HWY" | "RT") => ("CR", 2),
        ("CR" | "CSAH" | "CTH", _) => ("CR", 1),
        ("FM", _) => ("FM", 1),
        ("I", _) if begins => ("I", 1),
        ("MM" | "MILE", second) if !matches!(second, "MARKER" | "POST") => ("MM", 1),
        ("MILE", _) => ("MM", 2),
        ("EXIT", _) => ("EXIT", 1),
        (state, second) if first && is_state(state) && is_road(second) => ("RT", 2),
        (state, _) if first && is_state(state) && !closes_name(word(2)) => ("RT", 1),
        _ => return (words[0].clone(), 1),
    };
    if is_road_number(word(used)) {
        (Cow::Owned(format!("{class}{}", word(used))), used + 1)
    } else {
        (words[0].clone(), 1)
    }
}

/// "VERMONT ROUTE 22A" and "NEW HAMPSHIRE STATE HIGHWAY 16": the state is not part of the road's name.
fn state_road(words: &mut Vec<Cow<str>>) {
    let word = |i: usize| words.get(i).map_or("", |w| w.as_ref());
    let at = usize::from(matches!(vocabulary::known(word(0)), Some((_, Kind::Direction))));
    let begins = |from: usize, n: usize| {
        let road = match (word(from + n), word(from + n + 1), word(from + n + 2)) {
            ("RT" | "HWY" | "SR", number, _) => is_road_number(number),
            ("STATE", "RT" | "HWY" | "RD", number) => is_road_number(number),
            _ => false,
        };
        road && {
            let name: Vec<&str> = (from..from + n).map(|i| vocabulary::long(word(i))).collect();
            vocabulary::STATES.iter().any(|(_, long)| *long == name.join(" "))
        }
    };
    // "N DAKOTA HWY 3" and "NORTH VERMONT RT 3": a direction may be the state's or the road's.
    let found = [(0, 1), (0, 2), (at, 1), (at, 2)].into_iter().find(|(from, n)| begins(*from, *n));
    if let Some((from, n)) = found {
        words.drain(from..from + n);
    }
}

/// The letters of a state before a number; without those that are more often another word.
fn is_state(word: &str) -> bool {
    word.len() == 2 && !matches!(word, "NE" | "CO" | "FL") && vocabulary::state(word) == Some(word)
}

/// "12 ST": the number names a street, no road of a state.
fn closes_name(word: &str) -> bool {
    !matches!(word, "HWY" | "RT") && matches!(vocabulary::known(word), Some((_, Kind::Suffix { sure: true })))
}

fn is_road_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
        && word.len() <= 5
        && !word.contains('/')
        && !["ST", "ND", "RD", "TH"].iter().any(|end| word.ends_with(end))
}

/// "12 ST" and "W 74 AVE" are the 12th and the 74th.
fn bare_ordinal(words: &mut [Cow<str>]) {
    let kind = |w: &str| vocabulary::known(w).map(|(_, kind)| kind);
    let at = usize::from(words.first().is_some_and(|w| kind(w) == Some(Kind::Direction)));
    let [number, suffix, rest @ ..] = &mut words[at..] else { return };
    let plain = (1..=3).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit()) && &**number != "0";
    let closed = rest.iter().all(|w| matches!(kind(w), Some(Kind::Direction | Kind::Bound)));
    if plain && closed && &**suffix != "HWY" && matches!(kind(suffix), Some(Kind::Suffix { sure: true })) {
        *number = Cow::Owned(format!("{number}{}", ordinal_end(number)));
    }
}

/// 1 → ST, 12 → TH.
pub(super) fn ordinal_end(number: &str) -> &'static str {
    match number.as_bytes() {
        [.., b'1', _] => "TH",
        [.., b'1'] => "ST",
        [.., b'2'] => "ND",
        [.., b'3'] => "RD",
        _ => "TH",
    }
}

/// "Dr M L King Jr", "MLK", "Reverend Martin L King": one man.
fn king(words: &mut Vec<Cow<str>>) {
    let word = |i: usize| words.get(i).map_or("", |w| w.as_ref());
    let found = (0..words.len()).find_map(|i| match (word(i), word(i + 1), word(i + 2)) {
        ("MLK", ..) => Some((i, i + 1)),
        ("ML", "KING", _) => Some((i, i + 2)),
        ("MARTIN" | "M", "LUTHER" | "L", "KING") => Some((i, i + 3)),
        _ => None,
    });
    let Some((mut from, mut to)) = found else { return };
    while from > 0 && matches!(word(from - 1), "DR" | "REV" | "REVEREND") {
        from -= 1;
    }
    if word(to) == "JR" {
        to += 1;
    }
    words.splice(from..to, ["MARTIN", "LUTHER", "KING"].map(Cow::Borrowed));
}

/// The letters that names are compared in: "½" apart from its number, wide and accented letters as plain ones.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '¼' => out.push_str(" 1/4"),
            '½' => out.push_str(" 1/2"),
            '¾' => out.push_str(" 3/4"),
            '\u{2010}'..='\u{2015}' | '\u{2212}' => out.push('-'),
            // Marks that stand over the letter before them, and those that show nothing.
            '\u{300}'..='\u{36F}' | '\u{200B}'..='\u{200F}' | '\u{FEFF}' | '\u{AD}' => {}
            '\u{FF01}'..='\u{FF5E}' => out.extend(char::from_u32(c as u32 - 0xFEE0)),
            c => out.push(without_accent(c)),
        }
    }
    Cow::Owned(out)
}

fn without_accent(c: char) -> char {
    const PLAIN: [(&str, char); 11] = [
        ("ÀÁÂÃÄÅĀàáâãäåā", 'A'),
        ("Ççć", 'C'),
        ("ÈÉÊËĒèéêëē", 'E'),
        ("ÌÍÎÏĪìíîïī", 'I'),
        ("Ññń", 'N'),
        ("ÒÓÔÕÖØŌòóôõöøō", 'O'),
        ("ÙÚÛÜŪùúûüū", 'U'),
        ("Ýýÿ", 'Y'),
        ("Šš", 'S'),
        ("Žž", 'Z'),
        ("Łł", 'L'),
    ];
    PLAIN.iter().find(|(letters, _)| letters.contains(c)).map_or(c, |(_, plain)| *plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> String {
        street_of(&text.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn a_numbered_road_is_one_road_however_its_class_is_written() {
        for text in
            ["US HWY 31", "STATE ROUTE 31", "STATE RD 31", "SR 31", "PA 31", "PA ROUTE 31", "SH 31", "HIGHWAY 31"]
        {
            assert_eq!(name(text), "RT31", "{text}");
        }
        for text in ["VERMONT ROUTE 31", "NEW HAMPSHIRE STATE HIGHWAY 31", "NORTH DAKOTA HWY 31", "NEW YORK ROUTE 31"] {
            assert_eq!(name(text), "RT31", "{text}");
        }
        assert_eq!((name("VERMONT ST"), name("W VIRGINIA AVE")), ("VERMONT ST".into(), "W VIRGINIA AVE".into()));
        for text in ["COUNTY ROAD 12", "CO RD 12", "CR 12", "CSAH 12"] {
            assert_eq!(name(text), "CR12", "{text}");
        }
        assert_eq!(
            (name("NE 12 ST"), name("W SR 31"), name("MILE 11")),
            ("NE 12TH ST".into(), "W RT31".into(), "MM11".into())
        );
        assert_eq!(
            (name("PARK PL"), name("PA AVE"), name("N 200 W")),
            ("PARK PL".into(), "PA AVE".into(), "N 200 W".into())
        );
    }

    #[test]
    fn a_bare_number_before_a_suffix_is_an_ordinal() {
        for (text, ordinal) in
            [("1 AVE", "1ST AVE"), ("12 ST", "12TH ST"), ("W 74 ST", "W 74TH ST"), ("23 RD NW", "23RD RD NW")]
        {
            assert_eq!(name(text), ordinal);
        }
        assert_eq!(name("400 S"), "400 S");
    }

    #[test]
    fn martin_luther_king_is_one_man_in_all_his_spellings() {
        for text in ["MLK BLVD", "DR MLK JR BLVD", "M L KING BLVD", "REV DR MARTIN L KING JR BOULEVARD", "ML KING BLVD"]
        {
            assert_eq!(name(text), "MARTIN LUTHER KING BLVD", "{text}");
        }
        assert_eq!((name("KING BLVD"), name("MARTIN DR")), ("KING BLVD".into(), "MARTIN DR".into()));
    }

    #[test]
    fn letters_of_other_alphabets_of_the_same_sound_are_plain_ones() {
        assert_eq!(plain("１２ Cañón Rd"), "12 CaNOn Rd");
        assert_eq!(plain("12½ Oak–Elm e\u{301}"), "12 1/2 Oak-Elm e");
        assert_eq!(plain("Main St"), "Main St");
    }
}

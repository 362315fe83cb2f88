//! Comparing the names of places as people and dispatch systems write them.
//!
//! "UPPER MERION", "Upper Merion Township" and "UPPER MERION TWP." are one place; "Hatfield Boro" and
//! "HATFIELD TOWNSHIP" are two. So a name is split into its base and its class, where one is written;
//! names agree when the bases are equal and no two different classes are written.

/// A place name made comparable.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PlaceName {
    /// Upper-case words without punctuation, abbreviations written out.
    pub base: String,
    /// `TOWNSHIP`, `BOROUGH`, `COUNTY` … where the text says so.
    pub class: Option<&'static str>,
}

/// Words that say what a place is, as written and as compared. They count only at an edge of the name.
const CLASSES: [(&str, &str); 17] = [
    ("TOWNSHIP", "TOWNSHIP"),
    ("TWP", "TOWNSHIP"),
    ("TWSP", "TOWNSHIP"),
    ("TOWNSHP", "TOWNSHIP"),
    ("BOROUGH", "BOROUGH"),
    ("BORO", "BOROUGH"),
    ("BORUGH", "BOROUGH"),
    ("CITY", "CITY"),
    ("TOWN", "TOWN"),
    ("VILLAGE", "VILLAGE"),
    ("VLG", "VILLAGE"),
    ("PLANTATION", "PLANTATION"),
    ("PLT", "PLANTATION"),
    ("MUNICIPALITY", "MUNICIPALITY"),
    ("COUNTY", "COUNTY"),
    ("CNTY", "COUNTY"),
    ("PARISH", "COUNTY"),
];

/// Abbreviations that stand for one word wherever they occur.
const WORDS: [(&str, &str); 10] = [
    ("MT", "MOUNT"),
    ("FT", "FORT"),
    ("HTS", "HEIGHTS"),
    ("SPGS", "SPRINGS"),
    ("JCT", "JUNCTION"),
    ("IS", "ISLAND"),
    ("CTR", "CENTER"),
    ("CENTRE", "CENTER"),
    ("ST", "SAINT"),
    ("STE", "SAINTE"),
];

const DIRECTIONS: [(&str, &str); 4] = [("N", "NORTH"), ("S", "SOUTH"), ("E", "EAST"), ("W", "WEST")];

impl PlaceName {
    pub fn parse(text: &str) -> Self {
        let mut words = words(text);
        let mut class = None;
        // "City of Bangor", "Town of Orono".
        if words.len() > 2 && words[1] == "OF" {
            class = class_of(&words[0]);
            if class.is_some() {
                words.drain(..2);
            }
        }
        while words.len() > 1
            && let Some(found) = words.last().and_then(|w| class_of(w))
        {
            // "Old Town" loses its last word too; both sides of a comparison do, so it still agrees with itself.
            class = class.or(Some(found));
            words.pop();
        }
        for (i, word) in words.iter_mut().enumerate() {
            let table: &[(&str, &str)] = if i == 0 { &DIRECTIONS } else { &[] };
            if let Some((_, full)) = table.iter().chain(&WORDS).find(|(short, _)| short == word) {
                *word = (*full).to_owned();
            }
        }
        Self { base: words.join(" "), class }
    }

    /// Whether both may name one place: equal bases, and no two different classes.
    pub fn agrees(&self, other: &PlaceName) -> bool {
        !self.base.is_empty()
            && self.base == other.base
            && (self.class.is_none() || other.class.is_none() || self.class == other.class)
    }
}

/// Whether two texts may name one place.
pub fn agrees(a: &str, b: &str) -> bool {
    PlaceName::parse(a).agrees(&PlaceName::parse(b))
}

/// The comparable base of a name: "Upper Merion Twp." → "UPPER MERION".
pub fn base_name(text: &str) -> String {
    PlaceName::parse(text).base
}

/// Upper-case alphanumeric words; an apostrophe or full stop joins, anything else parts.
fn words(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut word = String::new();
    for c in text.chars() {
        if c.is_alphanumeric() {
            word.extend(c.to_uppercase());
        } else if !matches!(c, '\'' | '.' | '’') && !word.is_empty() {
            out.push(std::mem::take(&mut word));
        }
    }
    if !word.is_empty() {
        out.push(word);
    }
    out
}

fn class_of(word: &str) -> Option<&'static str> {
    CLASSES.iter().find(|(written, _)| *written == word).map(|(_, class)| *class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_town_agree_and_two_neighbours_do_not() {
        for (a, b) in [
            ("UPPER MERION", "Upper Merion Township"),
            ("HATFIELD TOWNSHIP", "Hatfield Twp"),
            ("HATFIELD", "Hatfield Boro"),
            ("W. NORRITON TWP", "West Norriton"),
            ("City of Bangor", "bangor"),
            ("Mt. Desert", "MOUNT DESERT"),
            ("St Albans", "Saint Albans"),
            ("O'Brien", "OBRIEN"),
            ("Dover-Foxcroft", "DOVER FOXCROFT"),
            ("OLD TOWN", "Old Town"),
        ] {
            assert!(agrees(a, b), "{a} / {b}");
        }
        for (a, b) in [
            ("HATFIELD BORO", "Hatfield Twp"),
            ("CHESTER COUNTY", "Chester Borough"),
            ("UPPER MERION", "Lower Merion"),
            ("", ""),
            ("Township", "Borough"),
        ] {
            assert!(!agrees(a, b), "{a} / {b}");
        }
    }
}

//! How likely a word plays a part, by its look and its neighbours' looks. Set by hand; see the folder's head.
//!
//! The words of streets are judged in `street_words`, all others in `other_words`.

use super::{
    label::Label::{self, *},
    other_words::{
        box_id, box_type, group_id, group_type, landmark, occupancy_identifier, occupancy_type, place, recipient,
        state, subaddress_identifier, zip,
    },
    street_words::{address_number, post_direction, post_type, pre_direction, pre_type, street_name},
    token::{Token, look},
};

/// Scores at or below this are impossible.
pub(super) const NEVER: i32 = -1000;

/// What is known of the whole address before its words are judged.
pub(super) struct Context {
    /// The first word that looks like a house number.
    pub first_number: Option<usize>,
    /// The first word of what can only be state and ZIP at the end; the number of words where there is none.
    pub tail: usize,
    pub has_tail: bool,
    /// A comma stands somewhere before the tail.
    pub commas: bool,
    pub has_box: bool,
    pub joined: bool,
}

impl Context {
    pub fn of(tokens: &[Token]) -> Self {
        let mut tail = tokens.len();
        while tail > 0 && tokens[tail - 1].is(look::COUNTRY) && tokens[tail - 1].word != "US" {
            tail -= 1;
        }
        let before_zip = tail;
        let zip_ends = |t: &Token| t.is(look::ZIP) || (t.word.len() >= 5 && t.is(look::DIGITS));
        let cut = |t: &[Token]| {
            t.len() > 2
                && t[t.len() - 1].is(look::DIGITS)
                && t[t.len() - 1].word.len() == 4
                && t[t.len() - 2].is(look::STATE)
                && t[t.len() - 3].comma
        };
        if tail > 1 && (zip_ends(&tokens[tail - 1]) || cut(&tokens[..tail])) {
            tail -= 1;
        }
        let zip = tail < before_zip;
        if tail > 1 && tokens[tail - 1].is(look::STATE_SECOND) {
            tail -= 2;
        } else if tail > 1
            && tokens[tail - 1].is(look::STATE)
            && (zip || tokens[tail - 2].comma || plain(&tokens[tail - 2]))
        {
            tail -= 1;
        }
        Self {
            first_number: tokens.iter().position(|t| t.is(look::NUMBER)),
            tail,
            has_tail: tail < tokens.len(),
            commas: tokens[..tail.saturating_sub(1).min(tokens.len())].iter().any(|t| t.comma),
            has_box: tokens.iter().any(|t| t.is(look::BOX)),
            joined: tokens.iter().any(|t| t.is(look::SEPARATOR)),
        }
    }
}

/// An ordinary word: letters only, with no meaning of its own.
pub(super) fn plain(t: &Token) -> bool {
    t.look & !(look::LANDMARK | look::MODIFIER) == 0
}

/// How well a label fits the word at `i` by its look and its neighbours' looks.
pub(super) fn emission(label: Label, i: usize, tokens: &[Token], context: &Context) -> i32 {
    let t = &tokens[i];
    let before = i.checked_sub(1).map(|j| &tokens[j]);
    let after = tokens.get(i + 1);
    let next_is = |bits: u32| after.is_some_and(|n| n.is(bits)) && !t.comma;
    let prev_is = |bits: u32| before.is_some_and(|p| p.is(bits) && !p.comma);
    let word = t.word.as_str();
    match label {
        AddressNumberPrefix => {
            if t.is(look::HASH) && i == 0 && next_is(look::NUMBER) {
                1
            } else {
                NEVER
            }
        }
        AddressNumber => address_number(i, t, before, after, context),
        AddressNumberSuffix => {
            let after_number = prev_is(look::NUMBER) && context.first_number == i.checked_sub(1);
            if !after_number {
                NEVER
            } else if t.is(look::FRACTION) {
                4
            } else if matches!(word, "BLK" | "BLOCK") {
                6
            } else if t.is(look::LETTER) && !t.is(look::DIRECTION) && !next_is(look::SURE) {
                1
            } else {
                NEVER
            }
        }
        StreetNamePreModifier => {
            if t.is(look::MODIFIER) && next_is(look::PRE_TYPE) && !next_is(look::SURE) {
                3
            } else {
                NEVER
            }
        }
        StreetNamePreDirectional => pre_direction(t, after),
        StreetNamePreType => pre_type(i, t, tokens, context),
        StreetName => street_name(i, tokens, context),
        StreetNamePostType => post_type(i, tokens, context),
        StreetNamePostDirectional => post_direction(i, tokens, context),
        StreetNamePostModifier => {
            if matches!(word, "ALT" | "ALTERNATE" | "BUS" | "BUSINESS" | "BYPASS" | "EXTENDED" | "SCENIC" | "EXT")
                && i > 1
                && tokens[i - 1].is(look::SUFFIX | look::DIGITS)
            {
                3
            } else {
                NEVER
            }
        }
        IntersectionSeparator => {
            if !t.is(look::SEPARATOR) || i == 0 || after.is_none() {
                NEVER
            } else if matches!(word, "AND" | "AT" | "/") {
                2
            } else {
                5
            }
        }
        CornerOf => {
            if t.is(look::CORNER) && (i == 0 || prev_is(look::CORNER)) && !next_is(look::SUFFIX) {
                3
            } else if word == "OF" && prev_is(look::CORNER) {
                5
            } else {
                NEVER
            }
        }
        OccupancyType => occupancy_type(i, tokens),
        OccupancyIdentifier => occupancy_identifier(i, tokens, context),
        SubaddressType => {
            if t.is(look::SUBADDRESS) {
                if next_is(look::DIGITS | look::HASH | look::LETTER | look::NUMBER | look::SUBADDRESS | look::MIXED) {
                    5
                } else {
                    1
                }
            } else {
                NEVER
            }
        }
        SubaddressIdentifier => subaddress_identifier(t, before, after),
        BuildingName => {
            if t.is(look::ZIP | look::SEPARATOR | look::UNIT | look::HASH) {
                -6
            } else if t.is(look::NUMBER | look::BOX) {
                -3
            } else if t.is(look::LANDMARK) {
                1
            } else {
                -2
            }
        }
        LandmarkName => landmark(i, tokens, context),
        Recipient => recipient(i, tokens, context),
        USPSBoxType => box_type(i, tokens),
        USPSBoxID => box_id(t, before, context),
        USPSBoxGroupType => group_type(i, tokens, context),
        USPSBoxGroupID => group_id(t, before, after, context),
        PlaceName => place(i, tokens, context),
        StateName => state(i, tokens, context),
        ZipCode => zip(i, tokens, context),
        CountryName => {
            if i > 0 && t.is(look::COUNTRY) && i + 2 >= tokens.len() && !next_is(look::PRE_TYPE) {
                4
            } else {
                NEVER
            }
        }
        NotAddress => -5,
    }
}

/// "St" or "Fort" at the beginning of a town's name: behind a complete street, before a name and a state.
pub(super) fn saint(i: usize, tokens: &[Token], context: &Context) -> bool {
    i < tokens.len()
        && matches!(tokens[i].word.as_str(), "ST" | "SAINT" | "FT" | "FORT" | "MT" | "MOUNT")
        && i > 1
        && tokens[i - 1].is(look::SUFFIX | look::DIRECTION | look::ORDINAL)
        && (tokens[i - 1].comma || !tokens[i - 1].is(look::ORDINAL) || tokens[i].word.len() > 2)
        && tokens.get(i + 1).is_some_and(|n| i + 1 < context.tail && plain(n))
}

/// Nothing but this part stands before the state, and nothing in it numbers or types a street: it is the town.
pub(super) fn sole_part(i: usize, tokens: &[Token], context: &Context) -> bool {
    let part = &tokens[..context.tail];
    context.has_tail
        && i < context.tail
        && part.len() <= 4
        && !part[..part.len() - 1].iter().any(|t| t.comma)
        && !part.iter().any(|t| {
            t.is(look::NUMBER | look::ORDINAL | look::PRE_TYPE | look::SURE | look::BOX | look::SEPARATOR | look::UNIT)
        })
}

//! How likely a word plays a part, and how likely one part follows another. Set by hand; see the folder's head.

use std::sync::LazyLock;

use super::{
    label::Label::{self, *},
    token::{Token, look},
};

/// Scores at or below this are impossible.
pub(super) const NEVER: i32 = -1000;

const N: usize = Label::ALL.len();

/// What is known of the whole address before its words are judged.
pub(super) struct Context {
    /// The first word that looks like a house number.
    first_number: Option<usize>,
    /// The first word of what can only be state and ZIP at the end; the number of words where there is none.
    tail: usize,
    has_tail: bool,
    /// A comma stands somewhere before the tail.
    commas: bool,
    has_box: bool,
    joined: bool,
}

impl Context {
    pub fn of(tokens: &[Token]) -> Self {
        let mut tail = tokens.len();
        while tail > 0 && tokens[tail - 1].is(look::COUNTRY) && tokens[tail - 1].word != "US" {
            tail -= 1;
        }
        let before_zip = tail;
        let zip_ends = |t: &Token| t.is(look::ZIP) || (t.word.len() >= 5 && t.is(look::DIGITS));
        let cut = |t: &[Token]| t.len() > 2 && t[t.len() - 1].is(look::DIGITS) && t[t.len() - 1].word.len() == 4 && t[t.len() - 2].is(look::STATE) && t[t.len() - 3].comma;
        if tail > 1 && (zip_ends(&tokens[tail - 1]) || cut(&tokens[..tail])) {
            tail -= 1;
        }
        let zip = tail < before_zip;
        if tail > 1 && tokens[tail - 1].is(look::STATE_SECOND) {
            tail -= 2;
        } else if tail > 1 && tokens[tail - 1].is(look::STATE) && (zip || tokens[tail - 2].comma || plain(&tokens[tail - 2])) {
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
fn plain(t: &Token) -> bool {
    t.look & !(look::LANDMARK | look::MODIFIER) == 0
}

/// How well a label fits the first word.
pub(super) fn start(label: Label) -> i32 {
    match label {
        AddressNumber => 2,
        StreetName | StreetNamePreDirectional | StreetNamePreType | USPSBoxType | USPSBoxGroupType | CornerOf => 1,
        Recipient | BuildingName | LandmarkName | OccupancyType | SubaddressType | PlaceName | AddressNumberPrefix | StreetNamePreModifier => 0,
        OccupancyIdentifier | SubaddressIdentifier | StateName | ZipCode | NotAddress | USPSBoxGroupID => -3,
        _ => -8,
    }
}

/// How well a label fits the last word.
pub(super) fn end(label: Label) -> i32 {
    match label {
        AddressNumberPrefix | IntersectionSeparator | CornerOf | StreetNamePreModifier => -6,
        StreetNamePreType | SubaddressType | StreetNamePreDirectional => -3,
        AddressNumber => -1,
        _ => 0,
    }
}

/// A comma between two words parts what belongs together and lets other things begin.
pub(super) fn after_comma(a: Label, b: Label, comma: bool) -> i32 {
    if !comma {
        return 0;
    }
    if a == b {
        return match a {
            Recipient | BuildingName | AddressNumber | NotAddress => -1,
            OccupancyIdentifier | USPSBoxID => -3,
            _ => -6,
        };
    }
    match (a, b) {
        (StreetNamePostType | StreetName, StreetNamePostDirectional) => 1,
        (StreetNamePostDirectional, StreetNamePostDirectional) => -1,
        (OccupancyType, OccupancyIdentifier) | (SubaddressType, SubaddressIdentifier) => -2,
        (PlaceName | StateName, _) => 1,
        (AddressNumber, b) if b.is_street() => -1,
        (a, b) if a.is_street() && b.is_street() => -5,
        (_, PlaceName) => 4,
        _ => 2,
    }
}

static STEPS: LazyLock<[[i32; N]; N]> = LazyLock::new(|| {
    let mut steps = [[-9; N]; N];
    for a in Label::ALL {
        for b in Label::ALL {
            steps[*a as usize][*b as usize] = step(*a, *b);
        }
    }
    steps
});

pub(super) fn transitions() -> &'static [[i32; N]; N] {
    &STEPS
}

/// How well `b` follows `a`.
fn step(a: Label, b: Label) -> i32 {
    let street_begins = matches!(b, StreetNamePreDirectional | StreetNamePreType | StreetName | StreetNamePreModifier);
    let inside = matches!(b, OccupancyType | OccupancyIdentifier | SubaddressType | SubaddressIdentifier | BuildingName);
    match a {
        Recipient => match b {
            Recipient => 3,
            AddressNumber | USPSBoxType | BuildingName | OccupancyType | SubaddressType | USPSBoxGroupType => 0,
            PlaceName => -3,
            _ => -9,
        },
        BuildingName => match b {
            BuildingName => 3,
            AddressNumber | OccupancyType | OccupancyIdentifier | SubaddressType | PlaceName | USPSBoxType => 0,
            StreetNamePreDirectional | StreetName => -4,
            _ => -9,
        },
        LandmarkName => match b {
            LandmarkName => 3,
            PlaceName | IntersectionSeparator | AddressNumber => 0,
            _ => -9,
        },
        CornerOf => if b == CornerOf { 1 } else if street_begins { 1 } else if b == LandmarkName { -1 } else { -9 },
        AddressNumberPrefix => if b == AddressNumber { 3 } else { -9 },
        AddressNumber => match b {
            StreetName | StreetNamePreDirectional => 2,
            StreetNamePreType | StreetNamePreModifier => 1,
            AddressNumberSuffix => 1,
            AddressNumber => -2,
            OccupancyIdentifier | OccupancyType | BuildingName | PlaceName => -4,
            _ => -9,
        },
        AddressNumberSuffix => if street_begins { 1 } else { -9 },
        StreetNamePreModifier => match b {
            StreetNamePreType => 3,
            StreetNamePreDirectional => -2,
            _ => -9,
        },
        StreetNamePreDirectional => match b {
            StreetName => 2,
            StreetNamePreType | StreetNamePreModifier => 1,
            StreetNamePreDirectional => -2,
            _ => -9,
        },
        StreetNamePreType => match b {
            StreetName => 3,
            StreetNamePreType => 2,
            StreetNamePreDirectional => -3,
            _ => -9,
        },
        StreetName => match b {
            StreetName => 1,
            StreetNamePostType => 2,
            StreetNamePostDirectional | StreetNamePostModifier => 0,
            IntersectionSeparator => 1,
            StreetNamePreType => -4,
            PlaceName => -1,
            StateName | ZipCode => -2,
            USPSBoxType => -2,
            NotAddress => -4,
            Recipient => -4,
            _ if inside => -1,
            _ => -9,
        },
        StreetNamePostType => match b {
            PlaceName => 1,
            IntersectionSeparator => 2,
            StreetNamePostDirectional => 1,
            StreetNamePostModifier => 0,
            StateName | ZipCode | USPSBoxType => 0,
            StreetNamePostType => -3,
            StreetName => -6,
            NotAddress | Recipient => -3,
            LandmarkName => -4,
            _ if inside => 0,
            _ => -9,
        },
        StreetNamePostDirectional => match b {
            PlaceName | IntersectionSeparator => 1,
            StateName | ZipCode | USPSBoxType => 0,
            StreetNamePostType => -1,
            StreetNamePostDirectional => -1,
            StreetNamePostModifier => -1,
            Recipient => -3,
            _ if inside => 0,
            _ => -9,
        },
        StreetNamePostModifier => match b {
            PlaceName | IntersectionSeparator | StateName | ZipCode => 0,
            _ if inside => 0,
            _ => -9,
        },
        IntersectionSeparator => if street_begins { 2 } else if matches!(b, LandmarkName | CornerOf) { -2 } else { -9 },
        OccupancyType => match b {
            OccupancyIdentifier => 4,
            OccupancyType => -2,
            AddressNumber | PlaceName | StateName | ZipCode => -2,
            _ => -9,
        },
        OccupancyIdentifier => match b {
            OccupancyIdentifier => -1,
            OccupancyType => 0,
            PlaceName => 1,
            AddressNumber => 0,
            StateName | ZipCode | SubaddressType | BuildingName | USPSBoxType => 0,
            StreetName | StreetNamePreDirectional => -4,
            Recipient => -3,
            _ => -9,
        },
        SubaddressType => match b {
            SubaddressIdentifier => 4,
            SubaddressType => 0,
            PlaceName | OccupancyType | AddressNumber => -3,
            _ => -9,
        },
        SubaddressIdentifier => match b {
            SubaddressType => 0,
            SubaddressIdentifier => -1,
            PlaceName | USPSBoxType => 1,
            OccupancyType | AddressNumber | StateName | ZipCode | OccupancyIdentifier | BuildingName | Recipient => 0,
            _ => -9,
        },
        USPSBoxType => match b {
            USPSBoxID => 4,
            USPSBoxType => 3,
            PlaceName => -3,
            _ => -9,
        },
        USPSBoxID => match b {
            PlaceName => 1,
            USPSBoxID => 0,
            StateName | ZipCode | SubaddressType | BuildingName | OccupancyType | AddressNumber | Recipient => 0,
            USPSBoxType => -2,
            _ => -9,
        },
        USPSBoxGroupType => match b {
            USPSBoxGroupID => 4,
            USPSBoxGroupType => 2,
            USPSBoxType => -1,
            USPSBoxID => -2,
            _ => -9,
        },
        USPSBoxGroupID => match b {
            USPSBoxType => 3,
            USPSBoxGroupID => 0,
            USPSBoxGroupType => -1,
            PlaceName | OccupancyType => -1,
            _ => -9,
        },
        PlaceName => match b {
            PlaceName => 2,
            StateName => 2,
            ZipCode => 1,
            CountryName => 0,
            AddressNumber => -6,
            _ => -9,
        },
        StateName => match b {
            ZipCode => 3,
            StateName => 1,
            CountryName => 1,
            PlaceName => -4,
            _ => -9,
        },
        ZipCode => match b {
            CountryName => 1,
            ZipCode => -3,
            PlaceName => -5,
            _ => -9,
        },
        CountryName => if b == CountryName { 3 } else if b == ZipCode { -1 } else { -9 },
        NotAddress => match b {
            NotAddress => 0,
            PlaceName => -1,
            _ if street_begins => -1,
            _ => -4,
        },
    }
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
        AddressNumberPrefix => if t.is(look::HASH) && i == 0 && next_is(look::NUMBER) { 1 } else { NEVER },
        AddressNumber => address_number(i, t, before, after, context),
        AddressNumberSuffix => {
            let after_number = prev_is(look::NUMBER) && context.first_number == i.checked_sub(1);
            if !after_number { NEVER } else if t.is(look::FRACTION) { 4 } else if matches!(word, "BLK" | "BLOCK") { 6 }
            else if t.is(look::LETTER) && !t.is(look::DIRECTION) && !next_is(look::SURE) { 1 } else { NEVER }
        }
        StreetNamePreModifier => if t.is(look::MODIFIER) && next_is(look::PRE_TYPE) && !next_is(look::SURE) { 3 } else { NEVER },
        StreetNamePreDirectional => pre_direction(t, after),
        StreetNamePreType => pre_type(i, t, tokens, context),
        StreetName => street_name(i, tokens, context),
        StreetNamePostType => post_type(i, tokens, context),
        StreetNamePostDirectional => post_direction(i, tokens, context),
        StreetNamePostModifier => if matches!(word, "ALT" | "ALTERNATE" | "BUS" | "BUSINESS" | "BYPASS" | "EXTENDED" | "SCENIC" | "EXT") && i > 1 && tokens[i - 1].is(look::SUFFIX | look::DIGITS) { 3 } else { NEVER },
        IntersectionSeparator => if !t.is(look::SEPARATOR) || i == 0 || after.is_none() { NEVER } else if matches!(word, "AND" | "AT" | "/") { 2 } else { 5 },
        CornerOf => if t.is(look::CORNER) && (i == 0 || prev_is(look::CORNER)) && !next_is(look::SUFFIX) { 3 } else if word == "OF" && prev_is(look::CORNER) { 5 } else { NEVER },
        OccupancyType => occupancy_type(i, tokens),
        OccupancyIdentifier => occupancy_identifier(i, tokens, context),
        SubaddressType => if t.is(look::SUBADDRESS) { if next_is(look::DIGITS | look::HASH | look::LETTER | look::NUMBER | look::SUBADDRESS | look::MIXED) { 5 } else { 1 } } else { NEVER },
        SubaddressIdentifier => subaddress_identifier(t, before, after),
        BuildingName => if t.is(look::ZIP | look::SEPARATOR | look::UNIT | look::HASH) { -6 } else if t.is(look::NUMBER | look::BOX) { -3 } else if t.is(look::LANDMARK) { 1 } else { -2 },
        LandmarkName => landmark(i, tokens, context),
        Recipient => recipient(i, tokens, context),
        USPSBoxType => box_type(i, tokens),
        USPSBoxID => box_id(t, before, context),
        USPSBoxGroupType => group_type(i, tokens, context),
        USPSBoxGroupID => group_id(t, before, after, context),
        PlaceName => place(i, tokens, context),
        StateName => state(i, tokens, context),
        ZipCode => zip(i, tokens, context),
        CountryName => if i > 0 && t.is(look::COUNTRY) && i + 2 >= tokens.len() && !next_is(look::PRE_TYPE) { 4 } else { NEVER },
        NotAddress => -5,
    }
}

fn address_number(i: usize, t: &Token, before: Option<&Token>, after: Option<&Token>, context: &Context) -> i32 {
    let first = context.first_number == Some(i);
    if t.is(look::NUMBER) && !t.is(look::FRACTION) {
        let closed = after.is_none_or(|n| n.is(look::SURE) && !n.is(look::PRE_TYPE)) || after.is_some_and(|n| n.is(look::UNIT));
        let inside = before.is_some_and(|p| p.is(look::UNIT | look::HASH | look::SUBADDRESS | look::BOX | look::PRE_TYPE) && !p.comma);
        return match (first, closed, inside) {
            (_, _, true) => -3,
            (true, false, _) => if i == 0 || before.is_some_and(|p| p.comma) { 6 } else { 4 },
            (true, true, _) => 1,
            _ => if t.is(look::ZIP) { -6 } else if before.is_some_and(|p| p.is(look::NUMBER | look::MIXED)) && i == 1 { 0 } else { 1 },
        };
    }
    if t.is(look::FRACTION) {
        return 1;
    }
    if t.is(look::NUMBER_WORD) && i == 0 && !after.is_some_and(|n| n.is(look::SURE)) {
        return 3;
    }
    // Wisconsin's grid numbers: N165 W2123, N79W5406.
    if t.is(look::MIXED) && i <= 1 && grid_number(&t.word) { 5 } else { NEVER }
}

fn grid_number(word: &str) -> bool {
    word.starts_with(['N', 'S', 'E', 'W']) && word[1..].starts_with(|c: char| c.is_ascii_digit())
}

fn pre_direction(t: &Token, after: Option<&Token>) -> i32 {
    if !t.is(look::DIRECTION) {
        return NEVER;
    }
    match after {
        None => -6,
        Some(_) if t.comma => -6,
        Some(n) if n.is(look::SURE) => if n.is(look::PRE_TYPE) { -1 } else { -3 },
        Some(n) if n.is(look::SEPARATOR | look::UNIT) => -6,
        Some(_) => 4,
    }
}

fn pre_type(i: usize, t: &Token, tokens: &[Token], context: &Context) -> i32 {
    if !t.is(look::PRE_TYPE) && !(t.is(look::STATE) && tokens.get(i + 1).is_some_and(|n| matches!(n.word.as_str(), "HIGHWAY" | "HWY" | "ROUTE" | "RT" | "RTE"))) {
        return NEVER;
    }
    if t.comma || context.has_tail && i >= context.tail {
        return NEVER;
    }
    let Some(n) = tokens.get(i + 1) else { return NEVER };
    let named = n.is(look::DIGITS | look::MIXED) || (n.is(look::NUMBER) && !n.is(look::ZIP)) || n.word == "#" || n.word == "NO" || n.word.len() <= 3 && n.look & !look::LETTER & !look::DIRECTION == 0;
    let weak = matches!(t.word.as_str(), "ROAD" | "RD" | "STREET" | "AVENUE" | "I" | "MARKET" | "FARM" | "TOWNSHIP" | "TWP" | "CO" | "COUNTRY" | "VIA" | "RANCH" | "PR");
    let chained = n.is(look::PRE_TYPE) && tokens.get(i + 2).is_some_and(|m| m.is(look::DIGITS | look::MIXED | look::NUMBER | look::LETTER) || m.word == "#" || m.word.len() <= 3);
    let opens = i == 0 || tokens[i - 1].is(look::NUMBER | look::DIRECTION | look::SEPARATOR | look::PRE_TYPE | look::CORNER | look::STATE | look::MODIFIER);
    if matches!(t.word.as_str(), "RUE" | "CALLE" | "CAMINO" | "AVENIDA" | "COUR") && opens {
        return 3;
    }
    match (named || chained, opens, weak) {
        (true, true, false) => 5,
        (true, true, true) => if chained || i > 0 && tokens[i - 1].is(look::PRE_TYPE | look::STATE) { 5 } else if t.word == "AVENUE" && n.is(look::LETTER) || t.word == "I" && n.is(look::DIGITS) { 4 } else { -1 },
        (true, false, false) => 1,
        _ => -4,
    }
}

fn street_name(i: usize, tokens: &[Token], context: &Context) -> i32 {
    let t = &tokens[i];
    let after = tokens.get(i + 1).filter(|_| !t.comma);
    let before = i.checked_sub(1).map(|j| &tokens[j]);
    if context.has_tail && i >= context.tail && t.is(look::ZIP | look::STATE | look::STATE_FIRST | look::STATE_SECOND) {
        return -4;
    }
    if t.is(look::SEPARATOR) {
        return -2;
    }
    if t.is(look::HASH) {
        return if before.is_some_and(|p| p.is(look::PRE_TYPE)) { 1 } else { -4 };
    }
    if t.is(look::ORDINAL) {
        return if after.is_some_and(|n| n.is(look::UNIT)) { -2 } else { 3 };
    }
    if t.is(look::NUMBER) {
        let typed = before.is_some_and(|p| p.is(look::PRE_TYPE | look::DIRECTION) && !p.comma);
        let suffixed = after.is_some_and(|n| n.is(look::SURE | look::DIRECTION));
        return match (typed, suffixed) {
            (true, _) => 3,
            (_, true) => if i > 0 && context.first_number != Some(i) { 2 } else { 0 },
            _ => -2,
        };
    }
    if t.is(look::UNIT | look::BOX) {
        return -3;
    }
    if t.is(look::SURE) {
        return if after.is_some_and(|n| n.is(look::SURE)) { 1 } else if i <= 1 || word_begins(before) { 0 } else { -1 };
    }
    if t.is(look::DIRECTION) {
        return if after.is_some_and(|n| n.is(look::SURE)) { 1 } else { -1 };
    }
    if t.is(look::SUFFIX) {
        return 0;
    }
    if t.word == "BUSINESS" && before.is_some_and(|p| p.is(look::DIGITS)) {
        return 4;
    }
    if t.is(look::MIXED) { 1 } else if t.is(look::LETTER) { 0 } else { 1 }
}

fn word_begins(before: Option<&Token>) -> bool {
    before.is_some_and(|p| p.is(look::NUMBER | look::DIRECTION | look::SEPARATOR))
}

fn post_type(i: usize, tokens: &[Token], context: &Context) -> i32 {
    let t = &tokens[i];
    if !t.is(look::SUFFIX) || i == 0 {
        return NEVER;
    }
    if context.has_tail && i >= context.tail {
        return -3;
    }
    if saint(i, tokens, context) {
        return -4;
    }
    let after = tokens.get(i + 1).filter(|_| !t.comma);
    // "Mall Road", "Center Street": the last of several is the type.
    if after.is_some_and(|n| n.is(look::SURE)) {
        return -2;
    }
    let closes = after.is_none_or(|n| n.is(look::DIRECTION | look::SEPARATOR | look::UNIT | look::HASH | look::SUBADDRESS | look::LONE_UNIT | look::STATE | look::ZIP | look::BOX));
    match (t.is(look::SURE), closes) {
        (true, true) => 5,
        (true, false) => 4,
        (false, true) => 2,
        (false, false) => -1,
    }
}

fn post_direction(i: usize, tokens: &[Token], context: &Context) -> i32 {
    let t = &tokens[i];
    if !(t.is(look::DIRECTION | look::BOUND)) || i == 0 {
        return NEVER;
    }
    if t.is(look::BOUND) {
        return 5;
    }
    let before = &tokens[i - 1];
    let after = tokens.get(i + 1).filter(|_| !t.comma);
    let typed = before.is(look::SUFFIX) || i > 1 && tokens[i - 2].is(look::PRE_TYPE);
    let closes = after.is_none_or(|n| n.is(look::SEPARATOR | look::UNIT | look::HASH | look::SUBADDRESS | look::LONE_UNIT | look::STATE | look::ZIP | look::DIRECTION));
    // "… ave n palm beach fl" has the town's North as often as the street's: the short form is the street's.
    let short = t.word.len() <= 2;
    // "Avenue, S. W." is one direction.
    if t.word.len() == 1 && before.word.len() == 1 && before.is(look::DIRECTION) && i > 1 && tokens[i - 2].is(look::SUFFIX) {
        return 6;
    }
    if context.has_tail && saint(i + 1, tokens, context) {
        return 5;
    }
    match (typed, closes, short) {
        (true, true, _) => 5,
        (true, false, true) => 4,
        (true, false, false) => 1,
        (false, true, _) => 3,
        (false, false, true) => 1,
        (false, false, false) => -2,
    }
}

fn occupancy_type(i: usize, tokens: &[Token]) -> i32 {
    let t = &tokens[i];
    let after = tokens.get(i + 1);
    let before = i.checked_sub(1).map(|j| &tokens[j]);
    if t.is(look::UNIT) {
        let numbered = after.is_some_and(|n| n.is(look::NUMBER | look::HASH | look::LETTER | look::MIXED | look::NUMBER_WORD | look::ORDINAL) || n.word.len() <= 3)
            || before.is_some_and(|p| p.is(look::ORDINAL));
        return if numbered { 6 } else { 2 };
    }
    // "st. 310" for suite after a street that is complete.
    if t.is(look::LONE_UNIT) && i > 0 && after.is_some_and(|n| n.is(look::SUBADDRESS)) { 0 } else if t.word == "LEVEL" || t.word == "CONFERENCE" { 0 } else { NEVER }
}

fn occupancy_identifier(i: usize, tokens: &[Token], context: &Context) -> i32 {
    let t = &tokens[i];
    let before = i.checked_sub(1).map(|j| &tokens[j]);
    let after = tokens.get(i + 1);
    if context.has_tail && i >= context.tail && !before.is_some_and(|p| p.is(look::UNIT | look::HASH)) {
        return -6;
    }
    if t.is(look::HASH) {
        return if context.has_box { 0 } else { 4 };
    }
    if before.is_some_and(|p| p.is(look::UNIT)) || before.is_some_and(|p| p.is(look::HASH)) {
        return if t.is(look::NUMBER | look::LETTER | look::MIXED) { 4 } else if t.is(look::UNIT) { -3 } else { 0 };
    }
    if after.is_some_and(|n| n.is(look::UNIT)) && t.is(look::ORDINAL | look::NUMBER_WORD) || matches!(t.word.as_str(), "GROUND" | "SECOND" | "THIRD" | "FIRST" | "LOWER" | "UPPER" | "TOP") && after.is_some_and(|n| n.is(look::UNIT)) {
        return 5;
    }
    if t.is(look::LONE_UNIT) && i > 1 {
        return 3;
    }
    if t.is(look::NUMBER) && i > 1 && !t.is(look::ZIP) {
        return if after.is_some_and(|n| n.is(look::SURE)) { -3 } else { 1 };
    }
    if t.is(look::MIXED) && i > 1 {
        return if t.word.starts_with("APT") || t.word.starts_with("UNIT") || t.word.starts_with("STE") { 3 } else { 1 };
    }
    if t.is(look::LETTER) && i > 1 { 0 } else { -5 }
}

fn subaddress_identifier(t: &Token, before: Option<&Token>, after: Option<&Token>) -> i32 {
    let typed = before.is_some_and(|p| p.is(look::SUBADDRESS));
    if typed || before.is_some_and(|p| p.is(look::HASH)) {
        return if t.is(look::NUMBER | look::HASH | look::LETTER | look::MIXED) { 4 } else if t.is(look::NUMBER_WORD) { 2 } else { -3 };
    }
    if after.is_some_and(|n| n.is(look::SUBADDRESS)) && t.is(look::DIRECTION | look::ORDINAL | look::NUMBER_WORD) { 2 } else { -6 }
}

fn landmark(i: usize, tokens: &[Token], context: &Context) -> i32 {
    let t = &tokens[i];
    if t.is(look::NUMBER | look::ZIP | look::SEPARATOR | look::HASH | look::UNIT) || context.has_tail && i >= context.tail {
        return -5;
    }
    // Nothing numbers it and no street type closes it: then words before the town's comma are a landmark's.
    let numbered = context.first_number.is_some_and(|n| n < context.tail);
    let end = tokens[i..].iter().position(|t| t.comma).map_or(tokens.len() - 1, |n| i + n).min(context.tail.saturating_sub(1)).max(i);
    let begin = tokens[..i].iter().rposition(|t| t.comma).map_or(0, |n| n + 1);
    let part = &tokens[begin..=end];
    let typed = part.last().is_some_and(|t| t.is(look::SURE) && !t.is(look::LANDMARK)) || part.iter().any(|t| t.is(look::PRE_TYPE) && !t.is(look::SUFFIX));
    let named = part.iter().any(|t| t.is(look::LANDMARK));
    let closed = tokens[end].comma && end + 1 < tokens.len();
    match (numbered || typed || context.joined, named, closed && part.len() > 1) {
        (true, ..) => -4,
        (_, true, true) => 3,
        (_, false, true) => if begin == 0 { 1 } else { -2 },
        (_, true, false) => 0,
        _ => -1,
    }
}

fn recipient(i: usize, tokens: &[Token], context: &Context) -> i32 {
    let t = &tokens[i];
    if t.is(look::PERSON) && !t.is(look::STATE) {
        return 4;
    }
    if t.is(look::ZIP | look::NUMBER) {
        return -4;
    }
    let number_follows = context.first_number.is_some_and(|n| n > i) || context.has_box;
    let person = tokens[..i].iter().any(|p| p.is(look::PERSON) && !p.is(look::STATE));
    match (person, number_follows) {
        (true, _) => 2,
        (false, true) => if t.is(look::SUFFIX | look::DIRECTION | look::UNIT | look::BOX | look::POST_OFFICE | look::GROUP | look::SUBADDRESS) { -3 } else { 0 },
        _ => -3,
    }
}

fn box_type(i: usize, tokens: &[Token]) -> i32 {
    let t = &tokens[i];
    let after = tokens.get(i + 1);
    let numbered = after.is_some_and(|n| n.is(look::NUMBER | look::HASH | look::DIGITS | look::MIXED | look::LETTER) || n.word == "NO");
    if t.is(look::BOX) {
        return if numbered { 7 } else { 3 };
    }
    let leads = tokens[i + 1..].iter().take(2).any(|n| n.is(look::BOX) && n.word != "LOCKBOX") && !t.comma;
    let postal = t.is(look::POST_OFFICE) && (leads || after.is_some_and(|n| n.word == "OFFICE") || i > 0 && tokens[i - 1].word == "POST" && numbered);
    if postal {
        return 6;
    }
    if matches!(t.word.as_str(), "ROUTE") && i == 0 && leads { 2 } else { NEVER }
}

fn box_id(t: &Token, before: Option<&Token>, context: &Context) -> i32 {
    if !context.has_box && before.is_none_or(|p| p.word != "OFFICE") {
        return NEVER;
    }
    let typed = before.is_some_and(|p| p.is(look::BOX | look::HASH | look::POST_OFFICE) || p.word == "NO");
    if t.is(look::NUMBER | look::MIXED | look::HASH) && typed { 5 } else if typed && (t.word.len() <= 2 || t.word == "NO") { 2 } else { -6 }
}

fn group_type(i: usize, tokens: &[Token], context: &Context) -> i32 {
    let t = &tokens[i];
    let after = tokens.get(i + 1);
    if t.is(look::GROUP) {
        return if context.has_box || after.is_some_and(|n| n.is(look::NUMBER | look::HASH)) { 5 } else { -2 };
    }
    let route = matches!(t.word.as_str(), "ROUTE" | "RTE" | "RT" | "R" | "HIGHWAY" | "HWY");
    if !route || !context.has_box {
        return NEVER;
    }
    let grouped = i > 0 && tokens[i - 1].is(look::GROUP) || after.is_some_and(|n| n.is(look::GROUP));
    let numbered = after.is_some_and(|n| n.is(look::NUMBER | look::HASH));
    if grouped { 5 } else if numbered && context.first_number.is_none_or(|n| n > i) { 3 } else { -4 }
}

fn group_id(t: &Token, before: Option<&Token>, after: Option<&Token>, context: &Context) -> i32 {
    let typed = before.is_some_and(|p| p.is(look::GROUP | look::HASH) || matches!(p.word.as_str(), "ROUTE" | "RTE" | "RT" | "R"));
    if typed && t.is(look::NUMBER | look::HASH | look::MIXED | look::LETTER) && (context.has_box || before.is_some_and(|p| p.is(look::GROUP))) { 4 }
    else if t.is(look::DIRECTION) && after.is_some_and(|n| n.word == "ROUTE") && context.has_box { 2 } else { NEVER }
}

fn place(i: usize, tokens: &[Token], context: &Context) -> i32 {
    let t = &tokens[i];
    if t.is(look::NUMBER | look::ZIP | look::HASH | look::SEPARATOR | look::ORDINAL) {
        return -7;
    }
    if context.has_tail && i >= context.tail {
        return -2;
    }
    // Words in the last part before the state belong to the town.
    let last_comma = tokens[..context.tail.saturating_sub(1).max(i)].iter().rposition(|t| t.comma);
    let own_part = last_comma.is_some_and(|c| i > c);
    let mut score = match (own_part, context.has_tail, context.commas) {
        (true, true, _) => 3,
        (true, false, _) => 1,
        (false, true, true) => -2,
        (false, true, false) => 1,
        (false, false, _) => -2,
    };
    if saint(i, tokens, context) {
        score += 3;
    } else if t.is(look::DIRECTION) && own_part && t.comma && last_comma == i.checked_sub(1) {
        // "Peachtree Street, NE, Atlanta".
        score -= 6;
    } else if t.is(look::DIRECTION) && own_part && t.word.len() == 2 && t.word != "NO" && t.word != "SO" {
        score -= 6;
    } else if sole_part(i, tokens, context) {
        score += 6;
    } else if t.is(look::UNIT | look::BOX | look::LONE_UNIT) {
        score -= 2;
    } else if t.is(look::SURE) && !own_part {
        score -= 1;
    }
    score
}

/// "St" or "Fort" at the beginning of a town's name: behind a complete street, before a name and a state.
fn saint(i: usize, tokens: &[Token], context: &Context) -> bool {
    i < tokens.len()
        && matches!(tokens[i].word.as_str(), "ST" | "SAINT" | "FT" | "FORT" | "MT" | "MOUNT")
        && i > 1
        && tokens[i - 1].is(look::SUFFIX | look::DIRECTION | look::ORDINAL)
        && (tokens[i - 1].comma || !tokens[i - 1].is(look::ORDINAL) || tokens[i].word.len() > 2)
        && tokens.get(i + 1).is_some_and(|n| i + 1 < context.tail && plain(n))
}

/// Nothing but this part stands before the state, and nothing in it numbers or types a street: it is the town.
fn sole_part(i: usize, tokens: &[Token], context: &Context) -> bool {
    let part = &tokens[..context.tail];
    context.has_tail
        && i < context.tail
        && part.len() <= 4
        && !part[..part.len() - 1].iter().any(|t| t.comma)
        && !part.iter().any(|t| t.is(look::NUMBER | look::ORDINAL | look::PRE_TYPE | look::SURE | look::BOX | look::SEPARATOR | look::UNIT))
}

fn state(i: usize, tokens: &[Token], context: &Context) -> i32 {
    let t = &tokens[i];
    let at_end = i + 1 == tokens.len() || tokens[i + 1].is(look::ZIP | look::COUNTRY) || tokens[i + 1].is(look::DIGITS) && i + 2 == tokens.len();
    if t.is(look::STATE_SECOND) && at_end && i >= context.tail {
        return 6;
    }
    if t.is(look::STATE_FIRST) && i >= context.tail {
        return 6;
    }
    if t.is(look::STATE) && at_end && i > 0 {
        return if i >= context.tail { 6 } else { 1 };
    }
    if t.is(look::STATE) { -4 } else { NEVER }
}

fn zip(i: usize, tokens: &[Token], context: &Context) -> i32 {
    let t = &tokens[i];
    let last = i + 1 == tokens.len() || tokens[i + 1].is(look::COUNTRY);
    // A spreadsheet drops the leading zero of New England's.
    let short = t.is(look::DIGITS) && t.word.len() == 4 && i > 1 && tokens[i - 1].is(look::STATE) && !tokens[i - 1].comma;
    let number_like = t.is(look::ZIP) || t.is(look::NUMBER) && t.word.len() >= 5 || short;
    if !number_like || !last {
        return NEVER;
    }
    if i == 0 { 3 } else if i >= context.tail { 7 } else { 1 }
}

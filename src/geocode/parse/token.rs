//! An address cut into words, and what each word looks like by itself.

use std::sync::LazyLock;

use crate::geocode::vocabulary::{self, Kind};

/// Properties of a word, as bits of [`Token::is`].
pub(super) mod look {
    pub const DIGITS: u32 = 1;
    /// Begins with a digit and is no ordinal: 12, 12A, 59-17, 1/2.
    pub const NUMBER: u32 = 1 << 1;
    pub const ORDINAL: u32 = 1 << 2;
    pub const FRACTION: u32 = 1 << 3;
    pub const HASH: u32 = 1 << 4;
    pub const LETTER: u32 = 1 << 5;
    pub const SUFFIX: u32 = 1 << 6;
    /// A suffix that is hardly ever part of a name.
    pub const SURE: u32 = 1 << 7;
    pub const DIRECTION: u32 = 1 << 8;
    pub const UNIT: u32 = 1 << 9;
    pub const LONE_UNIT: u32 = 1 << 10;
    pub const SUBADDRESS: u32 = 1 << 11;
    pub const BOX: u32 = 1 << 12;
    pub const GROUP: u32 = 1 << 13;
    /// A word that stands before a street's name or number: Highway, County, Avenue.
    pub const PRE_TYPE: u32 = 1 << 14;
    pub const STATE: u32 = 1 << 15;
    pub const ZIP: u32 = 1 << 16;
    pub const COUNTRY: u32 = 1 << 17;
    pub const SEPARATOR: u32 = 1 << 18;
    pub const CORNER: u32 = 1 << 19;
    pub const PERSON: u32 = 1 << 20;
    pub const LANDMARK: u32 = 1 << 21;
    pub const NUMBER_WORD: u32 = 1 << 22;
    /// Letters and digits in one word that begins with a letter: N165, W2123, IH35.
    pub const MIXED: u32 = 1 << 23;
    /// The first word of a state's name of two words, and the second.
    pub const STATE_FIRST: u32 = 1 << 24;
    pub const STATE_SECOND: u32 = 1 << 25;
    pub const BOUND: u32 = 1 << 26;
    pub const POST_OFFICE: u32 = 1 << 27;
    pub const MODIFIER: u32 = 1 << 28;
}

/// A word of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// Where it stands in the text, in bytes, with its punctuation.
    pub start: usize,
    pub end: usize,
    /// Upper case, letters and digits only (and `#`, `&`, `/`, `-` where they mean something).
    pub word: String,
    pub look: u32,
    /// A comma, semicolon or line break stands behind it.
    pub comma: bool,
}

impl Token {
    pub fn is(&self, look: u32) -> bool {
        self.look & look != 0
    }
}

/// Words longer than this are cut: nothing in an address is.
const LONGEST_WORD: usize = 60;
/// No address has more words.
const MOST_TOKENS: usize = 80;

/// Cut a text into words. A mark that joins two streets (`&`, `@`, `/`, `+`) and a `#` are words of their own.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::with_capacity(12);
    let mut start = None;
    let bytes = text.as_bytes();
    for (at, c) in text.char_indices() {
        if out.len() >= MOST_TOKENS {
            break;
        }
        let breaks = c.is_whitespace() || matches!(c, ',' | ';');
        let alone = matches!(c, '&' | '@' | '+' | '#') || (c == '/' && joins(bytes, at));
        if breaks || alone {
            if let Some(from) = start.take() {
                push(&mut out, text, from, at);
            }
            if alone {
                push(&mut out, text, at, at + 1);
            } else if matches!(c, ',' | ';' | '\n' | '\r')
                && let Some(last) = out.last_mut()
            {
                last.comma = true;
                if !c.is_whitespace() {
                    last.end = last.end.max(at + 1);
                }
            }
        } else if start.is_none() {
            start = Some(at);
        }
    }
    if let Some(from) = start {
        push(&mut out, text, from, text.len());
    }
    mark_states(&mut out);
    out
}

/// A slash parts two streets, not the halves of a fraction nor "c/o".
fn joins(bytes: &[u8], at: usize) -> bool {
    let digit = |b: Option<&u8>| b.is_some_and(u8::is_ascii_digit);
    let letter_end = |b: Option<&u8>| b.is_none_or(|b| !b.is_ascii_alphanumeric());
    let before = at.checked_sub(1).and_then(|i| bytes.get(i));
    let short = letter_end(at.checked_sub(2).and_then(|i| bytes.get(i))) && letter_end(bytes.get(at + 2));
    !(digit(before) && digit(bytes.get(at + 1)) || short && before.is_some_and(u8::is_ascii_alphabetic))
}

fn push(out: &mut Vec<Token>, text: &str, start: usize, end: usize) {
    let raw = &text[start..end];
    let mut word = String::with_capacity(raw.len());
    for c in raw.chars().take(LONGEST_WORD) {
        match c {
            '#' | '&' | '@' | '+' => word.push(c),
            '/' | '-' if !word.is_empty() || raw.len() == 1 => word.push(c),
            '–' | '—' => word.push('-'),
            c if c.is_alphanumeric() => word.extend(c.to_uppercase()),
            _ => {}
        }
    }
    while word.len() > 1 && word.ends_with(['-', '/']) {
        word.pop();
    }
    if word.is_empty() {
        // Punctuation by itself: it parts what stands before it from what follows.
        if let Some(last) = out.last_mut() {
            last.comma |= raw.contains(['-', '–', '—', '(', ')']);
        }
        return;
    }
    let look = look_of(&word);
    out.push(Token { start, end, word, look, comma: false });
}

fn look_of(word: &str) -> u32 {
    let bytes = word.as_bytes();
    let mut look = 0;
    let mut set = |bit: u32, yes: bool| look |= if yes { bit } else { 0 };
    let starts_digit = bytes[0].is_ascii_digit();
    let all_digits = bytes.iter().all(u8::is_ascii_digit);
    if starts_digit {
        let ordinal = is_ordinal(word);
        set(look::DIGITS, all_digits);
        set(look::ORDINAL, ordinal);
        set(look::NUMBER, !ordinal);
        set(look::FRACTION, word.contains('/'));
        set(look::ZIP, is_zip(word));
    } else {
        set(look::MIXED, bytes.iter().any(u8::is_ascii_digit));
    }
    set(look::HASH, word == "#");
    set(look::LETTER, bytes.len() == 1 && bytes[0].is_ascii_alphabetic());
    set(look::SEPARATOR, matches!(word, "&" | "@" | "+" | "/" | "AND" | "AT"));
    if !starts_digit {
        words_of(word, &mut set);
    }
    look
}

fn words_of(word: &str, set: &mut impl FnMut(u32, bool)) {
    match vocabulary::known(word) {
        Some((_, Kind::Suffix { sure })) => {
            set(look::SUFFIX, true);
            set(look::SURE, sure);
        }
        Some((_, Kind::Direction)) => set(look::DIRECTION, true),
        Some((_, Kind::Bound)) => set(look::BOUND, true),
        _ => set(look::SUFFIX, misspelt_suffix(word)),
    }
    set(LISTED.get(word).copied().unwrap_or(0), true);
    set(look::BOX, matches!(word, "BOX" | "POB" | "POBOX" | "LOCKBOX" | "LBX" | "DRAWER" | "BX"));
    set(look::POST_OFFICE, matches!(word, "PO" | "P" | "O" | "POST" | "OFFICE" | "LOCK"));
    set(look::GROUP, matches!(word, "RR" | "RFD" | "HC" | "HCR" | "RURAL" | "STAR" | "CONTRACT" | "PSC" | "CMR"));
    set(look::MODIFIER, matches!(word, "OLD" | "NEW"));
    set(look::COUNTRY, matches!(word, "USA" | "US" | "UNITED" | "STATES"));
    set(
        look::CORNER,
        matches!(
            word,
            "CORNER" | "CRN" | "CRNR" | "JUNCTION" | "JCT" | "INTERSECTION" | "NEAR" | "CRSRDS" | "COR" | "BETWEEN"
        ),
    );
    set(
        look::PERSON,
        matches!(
            word,
            "ATTN"
                | "ATTENTION"
                | "C/O"
                | "CO"
                | "CARE"
                | "INC"
                | "LLC"
                | "CORP"
                | "MR"
                | "MS"
                | "MRS"
                | "CUSTOMER"
                | "COMPANY"
                | "LTD"
                | "GROUP"
                | "BANK"
        ),
    );
    set(
        look::NUMBER_WORD,
        matches!(word, "ONE" | "TWO" | "THREE" | "FOUR" | "FIVE" | "SIX" | "SEVEN" | "EIGHT" | "NINE" | "TEN"),
    );
}

/// What the lists say of a word.
static LISTED: LazyLock<vocabulary::Table<u32>> = LazyLock::new(|| {
    let lists = [
        (look::UNIT, vocabulary::UNITS),
        (look::LONE_UNIT, vocabulary::LONE_UNITS),
        (look::SUBADDRESS, vocabulary::SUBADDRESSES),
        (look::PRE_TYPE, PRE_TYPES),
        (look::LANDMARK, LANDMARKS),
    ];
    let states = vocabulary::STATES.iter().flat_map(|(short, long)| [*short, *long]).map(|word| (look::STATE, word));
    let words = lists.into_iter().flat_map(|(look, words)| words.iter().map(move |word| (look, *word)));
    let mut listed = vocabulary::Table::default();
    for (look, word) in words.chain(states) {
        *listed.entry(word).or_default() |= look;
    }
    listed
});

const PRE_TYPES: &[&str] = &[
    "HIGHWAY",
    "HWY",
    "HWYS",
    "HGHWY",
    "ROUTE",
    "RT",
    "RTE",
    "STATE",
    "US",
    "COUNTY",
    "COUNTRY",
    "CO",
    "CR",
    "CNTY",
    "FM",
    "PR",
    "SR",
    "TR",
    "INTERSTATE",
    "I",
    "IH",
    "LOOP",
    "SPUR",
    "BUSINESS",
    "AVENUE",
    "AVENIDA",
    "RUE",
    "CALLE",
    "CAMINO",
    "COUR",
    "VIA",
    "ROAD",
    "RD",
    "FARM",
    "MARKET",
    "TOWNSHIP",
    "TWP",
    "SCENIC",
    "STREET",
    "EXIT",
    "MM",
    "MILE",
    "MILEPOST",
    "RANCH",
];

const LANDMARKS: &[&str] = &[
    "MALL",
    "AIRPORT",
    "ARPRT",
    "ARPR",
    "STATION",
    "INN",
    "HOTEL",
    "MOTEL",
    "HOSPITAL",
    "SCHOOL",
    "CHURCH",
    "LIBRARY",
    "SQUARE",
    "CENTER",
    "PLAZA",
    "VILLAGE",
    "HARBOR",
    "FLD",
    "FIELD",
    "LODGE",
    "HOUSE",
    "CLINIC",
    "SHELTER",
    "UNIVERSITY",
    "COLLEGE",
    "TERMINAL",
    "JAIL",
    "PARK",
    "PLACE",
    "BUILDING",
    "COMPLEX",
    "COURTHOUSE",
    "MUSEUM",
    "ARENA",
    "STADIUM",
    "MARKET",
    "WALMART",
    "MCDONALDS",
    "TRMNL",
];

fn is_ordinal(word: &str) -> bool {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    !digits.is_empty()
        && digits.bytes().all(|b| b.is_ascii_digit())
        && matches!(&word[digits.len()..], "ST" | "ND" | "RD" | "TH")
}

fn is_zip(word: &str) -> bool {
    let parts: Vec<&str> = word.split('-').collect();
    let digits = |p: &str, n: usize| p.len() == n && p.bytes().all(|b| b.is_ascii_digit());
    match parts.as_slice() {
        [five] => digits(five, 5) || digits(five, 9),
        [five, four] => digits(five, 5) && digits(four, 4),
        _ => false,
    }
}

/// One letter from a common suffix of at least five letters: "STREE", "PLAZAZ", "AVENEU".
fn misspelt_suffix(word: &str) -> bool {
    const LONG: &[&str] = &[
        "STREET",
        "AVENUE",
        "DRIVE",
        "BOULEVARD",
        "COURT",
        "CIRCLE",
        "HIGHWAY",
        "PARKWAY",
        "PLAZA",
        "TERRACE",
        "TURNPIKE",
        "PLACE",
    ];
    word.len() >= 5 && word.is_ascii() && LONG.iter().any(|s| one_apart(word.as_bytes(), s.as_bytes()))
}

/// One letter more, less, other, or two exchanged; the same first letter.
fn one_apart(a: &[u8], b: &[u8]) -> bool {
    if a.first() != b.first() || a.len().abs_diff(b.len()) > 1 {
        return false;
    }
    let head = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let tail = a[head..].iter().rev().zip(b[head..].iter().rev()).take_while(|(x, y)| x == y).count();
    let (left, right) = (a.len() - head - tail, b.len() - head - tail);
    left.max(right) == 1 || (left == 2 && right == 2 && a[head] == b[head + 1] && a[head + 1] == b[head])
}

/// The names of states that are two words.
static TWO_WORDS: LazyLock<Vec<(&str, &str)>> =
    LazyLock::new(|| vocabulary::STATES.iter().filter_map(|(_, long)| long.split_once(' ')).collect());

/// States of two words.
fn mark_states(tokens: &mut [Token]) {
    for i in 1..tokens.len() {
        let two = (tokens[i - 1].word.as_str(), tokens[i].word.as_str());
        if !tokens[i - 1].comma && TWO_WORDS.contains(&two) {
            tokens[i - 1].look |= look::STATE_FIRST;
            tokens[i].look |= look::STATE_SECOND;
        }
    }
}

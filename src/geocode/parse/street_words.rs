//! How likely a word is a house number or part of a street's name.

use super::{
    potentials::{Context, NEVER, saint},
    token::{Token, look},
};

pub(super) fn address_number(
    i: usize,
    t: &Token,
    before: Option<&Token>,
    after: Option<&Token>,
    context: &Context,
) -> i32 {
    let first = context.first_number == Some(i);
    if t.is(look::NUMBER) && !t.is(look::FRACTION) {
        let closed =
            after.is_none_or(|n| n.is(look::SURE) && !n.is(look::PRE_TYPE)) || after.is_some_and(|n| n.is(look::UNIT));
        let inside = before
            .is_some_and(|p| p.is(look::UNIT | look::HASH | look::SUBADDRESS | look::BOX | look::PRE_TYPE) && !p.comma);
        return match (first, closed, inside) {
            (_, _, true) => -3,
            (true, false, _) => {
                if i == 0 || before.is_some_and(|p| p.comma) {
                    6
                } else {
                    4
                }
            }
            (true, true, _) => 1,
            _ => {
                if t.is(look::ZIP) {
                    -6
                } else if before.is_some_and(|p| p.is(look::NUMBER | look::MIXED)) && i == 1 {
                    0
                } else {
                    1
                }
            }
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

pub(super) fn pre_direction(t: &Token, after: Option<&Token>) -> i32 {
    if !t.is(look::DIRECTION) {
        return NEVER;
    }
    match after {
        None => -6,
        Some(_) if t.comma => -6,
        Some(n) if n.is(look::SURE) => {
            if n.is(look::PRE_TYPE) {
                -1
            } else {
                -3
            }
        }
        Some(n) if n.is(look::SEPARATOR | look::UNIT) => -6,
        Some(_) => 4,
    }
}

pub(super) fn pre_type(i: usize, t: &Token, tokens: &[Token], context: &Context) -> i32 {
    if !(t.is(look::PRE_TYPE)
        || t.is(look::STATE)
            && tokens.get(i + 1).is_some_and(|n| matches!(n.word.as_str(), "HIGHWAY" | "HWY" | "ROUTE" | "RT" | "RTE")))
    {
        return NEVER;
    }
    if t.comma || context.has_tail && i >= context.tail {
        return NEVER;
    }
    let Some(n) = tokens.get(i + 1) else { return NEVER };
    let named = n.is(look::DIGITS | look::MIXED)
        || (n.is(look::NUMBER) && !n.is(look::ZIP))
        || n.word == "#"
        || n.word == "NO"
        || n.word.len() <= 3 && n.look & !look::LETTER & !look::DIRECTION == 0;
    let weak = matches!(
        t.word.as_str(),
        "ROAD"
            | "RD"
            | "STREET"
            | "AVENUE"
            | "I"
            | "MARKET"
            | "FARM"
            | "TOWNSHIP"
            | "TWP"
            | "CO"
            | "COUNTRY"
            | "VIA"
            | "RANCH"
            | "PR"
    );
    let chained = n.is(look::PRE_TYPE)
        && tokens.get(i + 2).is_some_and(|m| {
            m.is(look::DIGITS | look::MIXED | look::NUMBER | look::LETTER) || m.word == "#" || m.word.len() <= 3
        });
    let opens = i == 0
        || tokens[i - 1].is(look::NUMBER
            | look::DIRECTION
            | look::SEPARATOR
            | look::PRE_TYPE
            | look::CORNER
            | look::STATE
            | look::MODIFIER);
    if matches!(t.word.as_str(), "RUE" | "CALLE" | "CAMINO" | "AVENIDA" | "COUR") && opens {
        return 3;
    }
    match (named || chained, opens, weak) {
        (true, true, false) => 5,
        (true, true, true) => {
            if chained || i > 0 && tokens[i - 1].is(look::PRE_TYPE | look::STATE) {
                5
            } else if t.word == "AVENUE" && n.is(look::LETTER) || t.word == "I" && n.is(look::DIGITS) {
                4
            } else {
                -1
            }
        }
        (true, false, false) => 1,
        _ => -4,
    }
}

pub(super) fn street_name(i: usize, tokens: &[Token], context: &Context) -> i32 {
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
            (_, true) => {
                if i > 0 && context.first_number != Some(i) {
                    2
                } else {
                    0
                }
            }
            _ => -2,
        };
    }
    if t.is(look::UNIT | look::BOX) {
        return -3;
    }
    if t.is(look::SURE) {
        return if after.is_some_and(|n| n.is(look::SURE)) {
            1
        } else if i <= 1 || word_begins(before) {
            0
        } else {
            -1
        };
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
    if t.is(look::MIXED) {
        1
    } else if t.is(look::LETTER) {
        0
    } else {
        1
    }
}

fn word_begins(before: Option<&Token>) -> bool {
    before.is_some_and(|p| p.is(look::NUMBER | look::DIRECTION | look::SEPARATOR))
}

pub(super) fn post_type(i: usize, tokens: &[Token], context: &Context) -> i32 {
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
    let closes = after.is_none_or(|n| {
        n.is(look::DIRECTION
            | look::SEPARATOR
            | look::UNIT
            | look::HASH
            | look::SUBADDRESS
            | look::LONE_UNIT
            | look::STATE
            | look::ZIP
            | look::BOX)
    });
    match (t.is(look::SURE), closes) {
        (true, true) => 5,
        (true, false) => 4,
        (false, true) => 2,
        (false, false) => -1,
    }
}

pub(super) fn post_direction(i: usize, tokens: &[Token], context: &Context) -> i32 {
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
    let closes = after.is_none_or(|n| {
        n.is(look::SEPARATOR
            | look::UNIT
            | look::HASH
            | look::SUBADDRESS
            | look::LONE_UNIT
            | look::STATE
            | look::ZIP
            | look::DIRECTION)
    });
    // "… ave n palm beach fl" has the town's North as often as the street's: the short form is the street's.
    let short = t.word.len() <= 2;
    // "Avenue, S. W." is one direction.
    if t.word.len() == 1
        && before.word.len() == 1
        && before.is(look::DIRECTION)
        && i > 1
        && tokens[i - 2].is(look::SUFFIX)
    {
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

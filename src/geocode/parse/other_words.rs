//! How likely a word is anything but a part of the street: inside a building, a box, a landmark, the town and its tail.

use super::{
    potentials::{Context, NEVER, saint, sole_part},
    token::{Token, look},
};

pub(super) fn occupancy_type(i: usize, tokens: &[Token]) -> i32 {
    let t = &tokens[i];
    let after = tokens.get(i + 1);
    let before = i.checked_sub(1).map(|j| &tokens[j]);
    if t.is(look::UNIT) {
        let numbered = after.is_some_and(|n| {
            n.is(look::NUMBER | look::HASH | look::LETTER | look::MIXED | look::NUMBER_WORD | look::ORDINAL)
                || n.word.len() <= 3
        }) || before.is_some_and(|p| p.is(look::ORDINAL));
        return if numbered { 6 } else { 2 };
    }
    // "st. 310" for suite after a street that is complete.
    let level = matches!(t.word.as_str(), "LEVEL" | "CONFERENCE");
    if level || t.is(look::LONE_UNIT) && i > 0 && after.is_some_and(|n| n.is(look::SUBADDRESS)) { 0 } else { NEVER }
}

pub(super) fn occupancy_identifier(i: usize, tokens: &[Token], context: &Context) -> i32 {
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
        return if t.is(look::NUMBER | look::LETTER | look::MIXED) {
            4
        } else if t.is(look::UNIT) {
            -3
        } else {
            0
        };
    }
    if after.is_some_and(|n| n.is(look::UNIT)) && t.is(look::ORDINAL | look::NUMBER_WORD)
        || matches!(t.word.as_str(), "GROUND" | "SECOND" | "THIRD" | "FIRST" | "LOWER" | "UPPER" | "TOP")
            && after.is_some_and(|n| n.is(look::UNIT))
    {
        return 5;
    }
    if t.is(look::LONE_UNIT) && i > 1 {
        return 3;
    }
    if t.is(look::NUMBER) && i > 1 && !t.is(look::ZIP) {
        return if after.is_some_and(|n| n.is(look::SURE)) { -3 } else { 1 };
    }
    if t.is(look::MIXED) && i > 1 {
        return if t.word.starts_with("APT") || t.word.starts_with("UNIT") || t.word.starts_with("STE") {
            3
        } else {
            1
        };
    }
    if t.is(look::LETTER) && i > 1 { 0 } else { -5 }
}

pub(super) fn subaddress_identifier(t: &Token, before: Option<&Token>, after: Option<&Token>) -> i32 {
    let typed = before.is_some_and(|p| p.is(look::SUBADDRESS));
    if typed || before.is_some_and(|p| p.is(look::HASH)) {
        return if t.is(look::NUMBER | look::HASH | look::LETTER | look::MIXED) {
            4
        } else if t.is(look::NUMBER_WORD) {
            2
        } else {
            -3
        };
    }
    if after.is_some_and(|n| n.is(look::SUBADDRESS)) && t.is(look::DIRECTION | look::ORDINAL | look::NUMBER_WORD) {
        2
    } else {
        -6
    }
}

pub(super) fn landmark(i: usize, tokens: &[Token], context: &Context) -> i32 {
    let t = &tokens[i];
    if t.is(look::NUMBER | look::ZIP | look::SEPARATOR | look::HASH | look::UNIT)
        || context.has_tail && i >= context.tail
    {
        return -5;
    }
    // Nothing numbers it and no street type closes it: then words before the town's comma are a landmark's.
    let numbered = context.first_number.is_some_and(|n| n < context.tail);
    let end = tokens[i..]
        .iter()
        .position(|t| t.comma)
        .map_or(tokens.len() - 1, |n| i + n)
        .min(context.tail.saturating_sub(1))
        .max(i);
    let begin = tokens[..i].iter().rposition(|t| t.comma).map_or(0, |n| n + 1);
    let part = &tokens[begin..=end];
    let typed = part.last().is_some_and(|t| t.is(look::SURE) && !t.is(look::LANDMARK))
        || part.iter().any(|t| t.is(look::PRE_TYPE) && !t.is(look::SUFFIX));
    let named = part.iter().any(|t| t.is(look::LANDMARK));
    let closed = tokens[end].comma && end + 1 < tokens.len();
    match (numbered || typed || context.joined, named, closed && part.len() > 1) {
        (true, ..) => -4,
        (_, true, true) => 3,
        (_, false, true) => {
            if begin == 0 {
                1
            } else {
                -2
            }
        }
        (_, true, false) => 0,
        _ => -1,
    }
}

pub(super) fn recipient(i: usize, tokens: &[Token], context: &Context) -> i32 {
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
        (false, true) => {
            if t.is(look::SUFFIX
                | look::DIRECTION
                | look::UNIT
                | look::BOX
                | look::POST_OFFICE
                | look::GROUP
                | look::SUBADDRESS)
            {
                -3
            } else {
                0
            }
        }
        _ => -3,
    }
}

pub(super) fn box_type(i: usize, tokens: &[Token]) -> i32 {
    let t = &tokens[i];
    let after = tokens.get(i + 1);
    let numbered = after
        .is_some_and(|n| n.is(look::NUMBER | look::HASH | look::DIGITS | look::MIXED | look::LETTER) || n.word == "NO");
    if t.is(look::BOX) {
        return if numbered { 7 } else { 3 };
    }
    let leads = tokens[i + 1..].iter().take(2).any(|n| n.is(look::BOX) && n.word != "LOCKBOX") && !t.comma;
    let postal = t.is(look::POST_OFFICE)
        && (leads || after.is_some_and(|n| n.word == "OFFICE") || i > 0 && tokens[i - 1].word == "POST" && numbered);
    if postal {
        return 6;
    }
    if matches!(t.word.as_str(), "ROUTE") && i == 0 && leads { 2 } else { NEVER }
}

pub(super) fn box_id(t: &Token, before: Option<&Token>, context: &Context) -> i32 {
    if !context.has_box && before.is_none_or(|p| p.word != "OFFICE") {
        return NEVER;
    }
    let typed = before.is_some_and(|p| p.is(look::BOX | look::HASH | look::POST_OFFICE) || p.word == "NO");
    if t.is(look::NUMBER | look::MIXED | look::HASH) && typed {
        5
    } else if typed && (t.word.len() <= 2 || t.word == "NO") {
        2
    } else {
        -6
    }
}

pub(super) fn group_type(i: usize, tokens: &[Token], context: &Context) -> i32 {
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
    if grouped {
        5
    } else if numbered && context.first_number.is_none_or(|n| n > i) {
        3
    } else {
        -4
    }
}

pub(super) fn group_id(t: &Token, before: Option<&Token>, after: Option<&Token>, context: &Context) -> i32 {
    let typed = before
        .is_some_and(|p| p.is(look::GROUP | look::HASH) || matches!(p.word.as_str(), "ROUTE" | "RTE" | "RT" | "R"));
    if typed
        && t.is(look::NUMBER | look::HASH | look::MIXED | look::LETTER)
        && (context.has_box || before.is_some_and(|p| p.is(look::GROUP)))
    {
        4
    } else if t.is(look::DIRECTION) && after.is_some_and(|n| n.word == "ROUTE") && context.has_box {
        2
    } else {
        NEVER
    }
}

pub(super) fn place(i: usize, tokens: &[Token], context: &Context) -> i32 {
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

pub(super) fn state(i: usize, tokens: &[Token], context: &Context) -> i32 {
    let t = &tokens[i];
    let at_end = i + 1 == tokens.len()
        || tokens[i + 1].is(look::ZIP | look::COUNTRY)
        || tokens[i + 1].is(look::DIGITS) && i + 2 == tokens.len();
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

pub(super) fn zip(i: usize, tokens: &[Token], context: &Context) -> i32 {
    let t = &tokens[i];
    let last = i + 1 == tokens.len() || tokens[i + 1].is(look::COUNTRY);
    // A spreadsheet drops the leading zero of New England's.
    let short =
        t.is(look::DIGITS) && t.word.len() == 4 && i > 1 && tokens[i - 1].is(look::STATE) && !tokens[i - 1].comma;
    let number_like = t.is(look::ZIP) || t.is(look::NUMBER) && t.word.len() >= 5 || short;
    if !number_like || !last {
        return NEVER;
    }
    if i == 0 {
        3
    } else if i >= context.tail {
        7
    } else {
        1
    }
}

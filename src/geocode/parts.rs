//! The parts of a comparable name, and when two names may be one street.
//!
//! People leave out directions and suffixes, and put them in another place; they hardly ever write another direction,
//! another number or another letter than they mean.

use super::{
    naming::ordinal_end,
    vocabulary::{self, Kind},
};

/// The parts of a comparable name: what may be left out when people write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    pub direction: Option<&'a str>,
    pub core: &'a str,
    pub suffix: Option<&'a str>,
    /// The direction or carriageway behind the suffix.
    pub behind: Option<&'a str>,
}

impl<'a> Parts<'a> {
    pub fn of(name: &'a str) -> Self {
        let mut core = name;
        let kind = |w: &str| vocabulary::known(w).map(|(_, k)| k);
        let direction = core.split_once(' ').filter(|(w, _)| kind(w) == Some(Kind::Direction)).map(|(w, rest)| {
            core = rest;
            w
        });
        let mut behind = None;
        if let Some((head, w)) = core.rsplit_once(' ')
            && matches!(kind(w), Some(Kind::Direction | Kind::Bound))
        {
            (core, behind) = (head, Some(w));
        }
        let suffix =
            core.rsplit_once(' ').filter(|(_, w)| matches!(kind(w), Some(Kind::Suffix { .. }))).map(|(head, w)| {
                core = head;
                w
            });
        Self { direction, core, suffix, behind }
    }

    /// How much two names of one core differ by what one of them leaves out; `None` when they contradict.
    pub fn missing(&self, other: &Parts) -> Option<u32> {
        let differ = |a: Option<&str>, b: Option<&str>| match (a, b) {
            (Some(a), Some(b)) if a != b => None,
            (Some(_), Some(_)) | (None, None) => Some(0),
            _ => Some(1),
        };
        Some(self.directions_missing(other)? + differ(self.suffix, other.suffix)?)
    }

    /// The same for the directions alone.
    fn directions_missing(&self, other: &Parts) -> Option<u32> {
        let both = |p: &Parts| p.direction.is_some() && p.behind.is_some();
        match (both(self), both(other)) {
            // "N 200 W" and "N 200 E" are two streets.
            (true, true) => ((self.direction, self.behind) == (other.direction, other.behind)).then_some(0),
            (false, false) => match (self.direction.or(self.behind), other.direction.or(other.behind)) {
                // "MAIN ST N" and "N MAIN ST" are one street.
                (Some(a), Some(b)) if a != b => None,
                (Some(_), Some(_)) | (None, None) => Some(0),
                _ => Some(1),
            },
            (true, false) => other.directions_missing(self),
            (false, true) => match self.direction.or(self.behind) {
                None => Some(2),
                one => (one == other.direction || one == other.behind).then_some(1),
            },
        }
    }

    /// Whether a name that is a letter or two apart is surely another street: its direction contradicts, or the name
    /// is a letter.
    pub fn is_another(&self, other: &Parts) -> bool {
        if self.core == other.core {
            return self.directions_missing(other).is_none();
        }
        let letter = |w: &str| w.len() == 1 && w.bytes().all(|b| b.is_ascii_alphabetic());
        match self.core.split_once(' ') {
            Some((first, second)) => matches!(first, "AVE" | "ST" | "RD") && letter(second),
            None if letter(self.core) => self.suffix.is_some_and(is_sure_suffix),
            // "N AVE": the direction is the name.
            None => self.suffix.is_none() && self.direction.or(self.behind).is_some() && is_sure_suffix(self.core),
        }
    }

    /// Whether one of two names of one core lacks a part of the other.
    pub fn leaves_out(&self, other: &Parts) -> bool {
        self.core == other.core && self.missing(other).is_some_and(|n| n > 0)
    }

    /// "RT422", "12TH": nothing but a number.
    pub fn is_numbered(&self) -> bool {
        !self.core.contains(' ') && self.core.bytes().any(|b| b.is_ascii_digit())
    }

    /// Whether a number that is a name is written as numbers are: "RT422", "12TH", not "RT4Z2" nor "1TH".
    pub fn is_well_numbered(&self) -> bool {
        let digits = self.core.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let end = digits.trim_start_matches(|c: char| c.is_ascii_digit());
        let number = &digits[..digits.len() - end.len()];
        let class = &self.core[..self.core.len() - digits.len()];
        match class {
            "" => end.is_empty() || end == ordinal_end(number),
            _ => end.len() <= 1 && matches!(class, "RT" | "CR" | "I" | "FM" | "EXIT" | "MM"),
        }
    }

    /// Whether both may be stretches of one line: "N Main St" and "S Main St", not "E Main St".
    pub fn is_in_line(&self, other: &Parts) -> bool {
        let axis = |d: &str| match d {
            "N" | "S" => 0,
            "E" | "W" => 1,
            "NE" => 2,
            "NW" => 3,
            "SE" => 4,
            _ => 5,
        };
        // Two directions are the name of a street of a grid: "N 200 W".
        let grid = |p: &Parts| p.direction.is_some() && p.behind.is_some();
        if grid(self) && grid(other) && self.behind != other.behind {
            return false;
        }
        match (self.direction, other.direction) {
            (Some(a), Some(b)) => axis(a) == axis(b),
            _ => true,
        }
    }
}

fn is_sure_suffix(word: &str) -> bool {
    matches!(vocabulary::known(word), Some((_, Kind::Suffix { sure: true })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_leave_out_of_a_name_is_told_from_what_contradicts() {
        let missing = |a, b| Parts::of(a).missing(&Parts::of(b));
        assert_eq!(missing("N MAIN ST", "MAIN ST"), Some(1));
        assert_eq!(missing("N MAIN ST", "MAIN ST N"), Some(0));
        assert_eq!(missing("N MAIN ST", "MAIN"), Some(2));
        assert_eq!(missing("N MAIN ST", "S MAIN ST"), None);
        assert_eq!(missing("MAIN ST", "MAIN AVE"), None);
    }
}

//! Fall-back points: where a sender's geocoder puts what it cannot find.
//!
//! One coordinate that stands for many different addresses on many different streets is no place but
//! an admission. The rule is counted over every row of a feed, cases or not, because the other calls
//! show the pattern long before the overdoses do. An apartment block (many doors, one street) and a
//! shelter (many calls, one address) do not look like that and keep their point.
//!
//! Memory is bounded: counting stops at the thresholds, and when too many points are held those with a
//! single address are forgotten, which can only delay the discovery of one.

use std::collections::HashMap;

use super::mapping::FallbackSpec;
use crate::domain::place::{Point, PointKey};

const MOST_POINTS: usize = 300_000;

#[derive(Debug, Default)]
struct Seen {
    addresses: Vec<u64>,
    streets: Vec<u64>,
}

impl Seen {
    fn is_found(&self, spec: FallbackSpec) -> bool {
        self.addresses.len() >= spec.min_addresses.max(1) as usize && self.streets.len() >= spec.min_streets as usize
    }
}

/// Counts different addresses and streets per coordinate.
#[derive(Debug)]
pub struct FallbackCounter {
    spec: FallbackSpec,
    points: HashMap<PointKey, Seen>,
    /// What meets the rule, in the order of discovery.
    found: Vec<PointKey>,
}

impl FallbackCounter {
    pub fn new(spec: FallbackSpec) -> Self {
        Self { spec, points: HashMap::new(), found: Vec::new() }
    }

    pub fn observe(&mut self, point: Point, address: &str) {
        let whole = text_hash(address);
        if whole == EMPTY {
            return;
        }
        if self.points.len() >= MOST_POINTS {
            self.forget_singles();
        }
        let key = point.key();
        let seen = self.points.entry(key).or_default();
        if seen.is_found(self.spec) {
            return;
        }
        if !note(&mut seen.addresses, whole, self.spec.min_addresses) {
            return;
        }
        for street in address.split(['&', '/', '@']) {
            let hash = text_hash(without_house_number(street));
            if hash != EMPTY {
                note(&mut seen.streets, hash, self.spec.min_streets);
            }
        }
        if seen.is_found(self.spec) {
            self.found.push(key);
        }
    }

    /// The coordinates that meet the rule so far, in the order of discovery.
    pub fn found(&self) -> &[PointKey] {
        &self.found
    }

    /// The coordinates that meet the rule, sorted.
    pub fn fallback_points(&self) -> Vec<PointKey> {
        let mut found = self.found.clone();
        found.sort_unstable();
        found
    }

    fn forget_singles(&mut self) {
        self.points.retain(|_, s| s.addresses.len() > 1);
        if self.points.len() > MOST_POINTS / 2 {
            self.points.retain(|_, s| s.addresses.len() > 4);
        }
        self.points.shrink_to_fit();
    }
}

/// Add a hash that is new, up to the most that is needed; false when it was there or is not needed.
fn note(list: &mut Vec<u64>, hash: u64, most: u32) -> bool {
    let new = list.len() < most as usize && !list.contains(&hash);
    if new {
        list.push(hash);
    }
    // Streets are still to be counted when the addresses suffice already.
    new || list.len() >= most as usize && !list.contains(&hash)
}

const EMPTY: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a over letters and digits, without regard to case.
fn text_hash(text: &str) -> u64 {
    text.bytes()
        .filter(|b| b.is_ascii_alphanumeric() || !b.is_ascii())
        .fold(EMPTY, |h, b| (h ^ u64::from(b.to_ascii_uppercase())).wrapping_mul(0x0100_0000_01b3))
}

fn without_house_number(street: &str) -> &str {
    let street = street.trim();
    match street.split_once(' ') {
        Some((first, rest))
            if first.starts_with(|c: char| c.is_ascii_digit())
                && !first.ends_with(|c: char| c.is_ascii_alphabetic()) =>
        {
            rest
        }
        _ => street,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(rows: impl IntoIterator<Item = String>) -> usize {
        let mut counter = FallbackCounter::new(FallbackSpec::default());
        let point = Point::new(40.2290075, -75.3878525).unwrap();
        rows.into_iter().for_each(|r| counter.observe(point, &r));
        counter.fallback_points().len()
    }

    #[test]
    fn many_streets_at_one_coordinate_are_a_fallback() {
        assert_eq!(counted((0..40).map(|i| format!("STREET {} & DEAD END", ["A", "B"][i % 2].repeat(i)))), 1);
        assert_eq!(counted((0..39).map(|i| format!("{} ST & DEAD END", "A".repeat(i + 1)))), 0);
    }

    #[test]
    fn a_block_of_flats_and_a_shelter_keep_their_point() {
        assert_eq!(counted((0..500).map(|i| format!("{i} MAIN ST"))), 0);
        assert_eq!(counted((0..500).map(|_| "12 SHELTER ST".to_owned())), 0);
        assert_eq!(counted((0..500).map(|i| if i % 2 == 0 { "Oak & Elm".into() } else { "OAK & ELM".to_owned() })), 0);
    }
}

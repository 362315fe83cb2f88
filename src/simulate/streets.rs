//! Invented towns with streets, house numbers and houses, in the manner of TIGER/Line and of address points.
//!
//! Each town is a turned grid: numbered streets one way, named ones the other, cut at every crossing, a hundred numbers
//! to the block, odd on one side and even on the other. The same names come in every town, as they do in life. Houses
//! stand where their frontage puts them, not where their number's share of the range would: lots are of unequal width,
//! and real numbers end well before the range does.

use super::draw::Draw;
use crate::domain::place::Point;

/// How much of a country.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StreetOptions {
    pub seed: u64,
    pub towns: usize,
    /// Streets each way in a town; at most 60.
    pub streets: usize,
}

impl Default for StreetOptions {
    fn default() -> Self {
        Self { seed: 1, towns: 4, streets: 12 }
    }
}

/// One block of a street, from crossing to crossing.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    pub street: String,
    pub town: String,
    pub zip: String,
    pub line: Vec<Point>,
    /// First and last number on the left and on the right of the line.
    pub left: (u32, u32),
    pub right: (u32, u32),
}

/// A house that stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Home {
    pub number: u32,
    pub block: usize,
    pub at: Point,
}

const NAMES: [&str; 60] = [
    "Maple",
    "Oak",
    "Chestnut",
    "Walnut",
    "Spruce",
    "Cedar",
    "Elm",
    "Birch",
    "Willow",
    "Poplar",
    "Hickory",
    "Laurel",
    "Washington",
    "Adams",
    "Jefferson",
    "Madison",
    "Monroe",
    "Jackson",
    "Lincoln",
    "Grant",
    "Hayes",
    "Garfield",
    "Harrison",
    "Cleveland",
    "Church",
    "School",
    "Mill",
    "Bridge",
    "Market",
    "Water",
    "Front",
    "Canal",
    "Railroad",
    "Prospect",
    "Highland",
    "Pleasant",
    "Union",
    "Liberty",
    "Franklin",
    "Penn",
    "Park",
    "Spring",
    "River",
    "Lake",
    "Forest",
    "Meadow",
    "Orchard",
    "Garden",
    "Sunset",
    "Hillside",
    "Fairview",
    "Ridge",
    "Valley",
    "Cherry",
    "Locust",
    "Sycamore",
    "Linden",
    "Juniper",
    "Dogwood",
    "Magnolia",
];
const TYPES: [&str; 6] = ["Ave", "St", "Rd", "Ln", "Dr", "Ct"];
const TOWN_ENDS: [&str; 5] = ["ville", "ton", "field", "burg", "wood"];
/// Metres from crossing to crossing.
const BLOCK_M: f64 = 130.0;
const METRES_PER_DEGREE: f64 = 111_195.0;

/// All blocks of the towns.
pub fn blocks(options: &StreetOptions) -> Vec<Block> {
    let n = options.streets.clamp(2, NAMES.len());
    let mut out = Vec::with_capacity(options.towns * n * n * 2);
    for t in 0..options.towns {
        let mut draw = Draw::stream_at(options.seed, "town", t as u64, 0);
        let (row, column) = (t / 12, t % 12);
        let (lat, lon) = (40.0 + row as f64 * 0.12 + draw.between(0.0, 0.01), -80.0 + column as f64 * 0.16);
        let angle = draw.between(-0.4, 0.4);
        let (sin, cos) = angle.sin_cos();
        let corner = |i: usize, j: usize| {
            let (east, north) = (i as f64 * BLOCK_M, j as f64 * BLOCK_M);
            let (x, y) = (east * cos - north * sin, east * sin + north * cos);
            let at = (lat + y / METRES_PER_DEGREE, lon + x / (METRES_PER_DEGREE * lat.to_radians().cos()));
            Point::new(at.0, at.1).expect("a few kilometres from 40° north lie on the globe")
        };
        let town = format!("{}{}", NAMES[(t * 7) % NAMES.len()], TOWN_ENDS[(t / NAMES.len()) % TOWN_ENDS.len()]);
        let zip = format!("{:05}", 15_000 + t);
        for k in 0..n {
            let numbered = format!("{} St", ordinal(k + 1));
            let named = format!("{} {}", NAMES[(k * 11 + t) % NAMES.len()], TYPES[(k + t / 3) % TYPES.len()]);
            for b in 0..n - 1 {
                let first = 100 * (b as u32 + 1);
                let block = |street: &str, line| Block {
                    street: street.to_owned(),
                    town: town.clone(),
                    zip: zip.clone(),
                    line,
                    left: (first + 1, first + 99),
                    right: (first, first + 98),
                };
                out.push(block(&numbered, vec![corner(b, k), corner(b + 1, k)]));
                out.push(block(&named, vec![corner(k, b), corner(k, b + 1)]));
            }
        }
    }
    out
}

/// The houses of a block: on each side lots of unequal width, numbered in steps, a few missing.
pub fn homes(block: usize, blocks: &[Block], seed: u64) -> Vec<Home> {
    let b = &blocks[block];
    let (from, to) = (b.line[0], b.line[1]);
    let mut draw = Draw::stream_at(seed, "homes", block as u64, 0);
    let shrink = from.lat().to_radians().cos();
    let (dx, dy) = ((to.lon() - from.lon()) * shrink, to.lat() - from.lat());
    let length = dx.hypot(dy) * METRES_PER_DEGREE;
    let mut out = Vec::new();
    for (side, first) in [(1.0, b.left.0), (-1.0, b.right.0)] {
        let (mut along, mut number) = (draw.between(8.0, 20.0), first + 2 * draw.below(3) as u32);
        while along < length - 8.0 && number < first + 98 {
            let back = side * draw.between(9.0, 18.0) / METRES_PER_DEGREE;
            let share = along / length;
            // Left of the way is the way turned by a quarter against the clock.
            let (x, y) = (dx * share - dy / dx.hypot(dy) * back, dy * share + dx / dx.hypot(dy) * back);
            let at =
                Point::new(from.lat() + y, from.lon() + x / shrink).expect("beside a street that lies on the globe");
            out.push(Home { number, block, at });
            let width = draw.between(10.0, 22.0);
            along += width;
            // Numbers follow the frontage roughly: about a hundred to the block.
            number += 2 * ((width / length * 40.0).round() as u32).max(1);
        }
    }
    out.sort_by_key(|h| h.number);
    out
}

fn ordinal(n: usize) -> String {
    let end = match (n % 10, n % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{n}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_a_street_follow_one_another_and_homes_stand_beside_them() {
        let all = blocks(&StreetOptions::default());
        assert_eq!(all.len(), 4 * 12 * 11 * 2);
        assert_eq!(all, blocks(&StreetOptions::default()));
        let street: Vec<&Block> = all.iter().filter(|b| b.street == "3rd St" && b.zip == "15000").collect();
        assert!(street.windows(2).all(|w| w[0].line[1] == w[1].line[0] && w[0].left.1 < w[1].left.0));
        let homes = homes(5, &all, 1);
        assert!(homes.len() > 8, "{}", homes.len());
        for home in &homes {
            let from_start = home.at.distance_km(all[5].line[0]) * 1000.0;
            assert!(from_start < BLOCK_M + 20.0 && home.at.distance_km(all[5].line[1]) * 1000.0 > 5.0);
        }
    }
}

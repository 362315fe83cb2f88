//! Answers to crossings: known ones, misspelt ones, and those that only their streets are known of.

use super::{
    index::{Index, Names},
    infer::{self, Inferred, Kind},
    parts::Parts,
    question::{Fit, Judged, Where, judge},
    scattered,
    spelling::digits_differ,
};

/// What the street texts lead to, before it becomes an answer.
pub(super) enum Lead {
    /// A known point, found by a spelling that many slips away.
    Known {
        judged: Judged,
        slips: u32,
    },
    Inferred {
        found: Inferred,
        slips: u32,
        name: String,
    },
    /// The streets are known, their crossing is not.
    Lost,
    Unknown,
}

/// A name that may be meant, and how many slips away it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Guess {
    pub street: u32,
    pub slips: u32,
}

/// Names beyond the nearest ones are not tried.
const MOST_GUESSES: usize = 24;
/// A digit that differs is another street more often than a slip.
const DIGIT_SLIPS: u32 = 2;

/// The crossing of two streets.
pub(super) fn find(index: &Index, a: &str, b: &str, around: &Where, asked: &str) -> Lead {
    let names = index.streets();
    let ids = (names.find(a), names.find(b));
    if let (Some(a), Some(b)) = ids {
        let judged = judge(index, index.entries().crossing(a, b), around, asked);
        if !matches!(judged, Judged::Nothing) {
            return Lead::Known { judged, slips: 0 };
        }
    }
    let here = |id: Option<u32>| id.is_some_and(|id| is_here(index, id, around));
    let (known_a, known_b) = (here(ids.0), here(ids.1));
    let guesses_a = guesses(&names, a, known_a);
    let guesses_b = guesses(&names, b, known_b);
    if !(known_a && known_b)
        && let Some(lead) = nearest_pair(index, &guesses_a, &guesses_b, around)
    {
        return lead;
    }
    inferred(index, (a, b), (known_a, known_b), (&guesses_a, &guesses_b), around)
}

/// Whether a street has a known point in the town that is asked for.
pub(super) fn is_here(index: &Index, street: u32, around: &Where) -> bool {
    let places = index.places();
    around.places(index, street).any(|(place, fit)| match fit {
        Fit::Here => true,
        Fit::Away => false,
        Fit::Within { centre, metres } => {
            !places.is_beyond(&place, centre, metres)
                && places.rows(&place).any(|row| index.first_spot(&row).distance_m(centre) <= metres)
        }
    })
}

/// What a name may mean: itself where it is known in the town, else also its neighbours in spelling and sound.
pub(super) fn guesses(names: &Names, name: &str, known_here: bool) -> Vec<Guess> {
    let mut found: Vec<Guess> = names.find(name).map(|street| Guess { street, slips: 0 }).into_iter().collect();
    if known_here {
        return found;
    }
    let exact = found.first().map(|g| g.street);
    let mut add = |street: u32, slips: u32| {
        if !found.iter().any(|g| g.street == street) {
            found.push(Guess { street, slips });
        }
    };
    let own = Parts::of(name);
    let relaxed = names.relaxed(name);
    // Where another name differs in order only, "W Main St" from "Main St W", none that leaves out a part is meant.
    let reordered = relaxed.iter().any(|(street, n)| *n == 0 && Some(*street) != exact);
    for (street, distance) in names.near(name).into_iter().take(MOST_GUESSES) {
        let other = Parts::of(names.get(street));
        // "A Ave" and "B Ave", "E Elm St" and "N Elm St" are two streets one letter apart, as are 200 W and 200 E.
        if own.is_another(&other) || reordered && own.leaves_out(&other) {
            continue;
        }
        let other_number = digits_differ(names.get(street), name);
        if other_number && own.is_numbered() && own.is_well_numbered() {
            continue;
        }
        // "Oak Ct" is written as rightly as "Oak St": one slip apart, and two streets.
        let other_type = other.core == own.core && own.missing(&other).is_none();
        // A street that exists is meant, and no other number or type.
        if !((other_number || other_type) && exact.is_some()) {
            let doubt = if other_number { DIGIT_SLIPS } else { u32::from(other_type) };
            add(street, distance.max(1) as u32 + doubt);
        }
    }
    for (street, missing) in relaxed.into_iter().take(MOST_GUESSES).filter(|(_, n)| !reordered || *n == 0) {
        add(street, missing.max(1));
    }
    for street in names.alike(name).into_iter().take(MOST_GUESSES) {
        add(street, 2);
    }
    found.sort_by_key(|g| (g.slips, g.street));
    found
}

/// The known crossing of two guesses with the fewest slips.
fn nearest_pair(index: &Index, a: &[Guess], b: &[Guess], around: &Where) -> Option<Lead> {
    let names = index.streets();
    // Another number is believed to be a slip only where a name stands beside it: exits and miles come on every road.
    let numbered = |g: &[Guess]| g.iter().all(|g| Parts::of(names.get(g.street)).is_numbered());
    let most = if numbered(a) && numbered(b) { DIGIT_SLIPS } else { 4 };
    let mut pairs: Vec<(u32, u32, u32)> = a
        .iter()
        .flat_map(|x| b.iter().map(|y| (x.slips + y.slips, x.street, y.street)))
        .filter(|(slips, ..)| *slips > 0 && *slips <= most)
        .collect();
    pairs.sort_unstable();
    let entries = index.entries();
    for equal in pairs.chunk_by(|x, y| x.0 == y.0) {
        let rows = equal.iter().flat_map(|(_, x, y)| entries.crossing(*x, *y));
        // Several crossings as many slips away are judged together: different places stay ambiguous.
        let judged = judge(index, rows, around, "");
        if !matches!(judged, Judged::Nothing) {
            return Some(Lead::Known { judged, slips: equal[0].0 });
        }
    }
    None
}

fn inferred(
    index: &Index,
    asked: (&str, &str),
    known: (bool, bool),
    guesses: (&[Guess], &[Guess]),
    around: &Where,
) -> Lead {
    let names = index.streets();
    let (a, slips_a) = reading(index, &names, asked.0, known.0, guesses.0, around);
    let (b, slips_b) = reading(index, &names, asked.1, known.1, guesses.1, around);
    match infer::crossing(index, a, b, around, None) {
        Some(found) => Lead::Inferred { found, slips: slips_a + slips_b, name: format!("{a} & {b}") },
        None if known.0 || known.1 => Lead::Lost,
        // One is known in so many towns that it says nothing.
        None if [a, b].iter().any(|name| scattered::is_wide(index, &names.family(name), around)) => Lead::Lost,
        None => Lead::Unknown,
    }
}

/// The name itself where it is known, else the one neighbour in spelling that is known in the town.
fn reading<'a>(
    index: &'a Index,
    names: &Names<'a>,
    asked: &'a str,
    known: bool,
    guesses: &[Guess],
    around: &Where,
) -> (&'a str, u32) {
    let family_known = || names.family(asked).iter().any(|id| is_here(index, *id, around));
    if known || family_known() {
        return (asked, 0);
    }
    let mut near = guesses.iter().filter(|g| g.slips == 1 && is_here(index, g.street, around));
    match (near.next(), near.next()) {
        (Some(only), None) => (names.get(only.street), 1),
        _ => (asked, 0),
    }
}

impl Lead {
    pub fn is_nothing(&self) -> bool {
        matches!(self, Lead::Lost | Lead::Unknown) || matches!(self, Lead::Known { judged: Judged::Nothing, .. })
    }

    /// Known, or told by the crossing itself under another name; not merely inferred from the neighbourhood.
    pub fn is_firm(&self) -> bool {
        match self {
            Lead::Known { judged, .. } => !matches!(judged, Judged::Nothing),
            Lead::Inferred { found, slips, .. } => *slips == 0 && matches!(found.kind, Kind::Relative),
            _ => false,
        }
    }
}

/// Other ways to cut a text into two streets: a joining mark that was lost or misspelt, or one too many.
pub(super) fn other_cuts(words: &[String]) -> impl Iterator<Item = (&[String], &[String])> {
    (1..words.len()).flat_map(move |i| {
        // "MAIN ST X OAK ST", "MAIN ST ADN OAK ST": a short word in the middle may have been the mark.
        let mark = (words[i].len() <= 3 && i + 1 < words.len()).then_some(1);
        mark.into_iter().chain([0]).map(move |skip| (&words[..i], &words[i + skip..]))
    })
}

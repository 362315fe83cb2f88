//! Worlds in which nothing happens, and outbreaks to put into them.

use crate::{
    domain::place::Point,
    stats::{Alias, CountDistribution, Random},
};

/// By day: the place of every case.
pub type World = Vec<Vec<u32>>;

/// Where worlds without an outbreak come from.
#[derive(Debug, Clone)]
pub enum Null {
    /// Poisson with a mean a day, spread over the places by weight.
    Poisson { rate: f64, weights: Vec<f64> },
    /// The own cases with their places dealt out anew: every place and every day keeps its number.
    Permuted { places: Vec<u32>, days: Vec<u32> },
}

impl Null {
    /// Events a day.
    pub fn rate(&self) -> f64 {
        match self {
            Self::Poisson { rate, .. } => *rate,
            Self::Permuted { days, .. } => days.len() as f64 / (days.iter().max().map_or(0, |d| d + 1)).max(1) as f64,
        }
    }

    /// A world of so many days (the data's own length where the cases are its own: later days are left out).
    pub fn draw(&self, days: usize, random: &mut Random) -> World {
        let mut world: World = vec![Vec::new(); days];
        match self {
            Self::Poisson { rate, weights } => {
                let one = CountDistribution::poisson(*rate);
                // Weights that name no place have no cases.
                let Some(table) = Alias::new(weights) else { return world };
                for day in &mut world {
                    day.extend((0..one.sample(random)).map(|_| table.draw(random) as u32));
                }
            }
            Self::Permuted { places, days } => {
                let mut places = places.clone();
                random.shuffle(&mut places);
                for (place, day) in places.into_iter().zip(days) {
                    if let Some(list) = world.get_mut(*day as usize) {
                        list.push(place);
                    }
                }
            }
        }
        world
    }
}

/// A kind of outbreak: so many extra cases in so many neighbouring places within so many days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutbreakKind {
    pub places: usize,
    /// In a line, such as a road or a river, instead of around a centre.
    pub line: bool,
    pub days: usize,
    pub extra: u32,
}

impl OutbreakKind {
    pub fn name(self) -> String {
        let shape = match (self.places, self.line) {
            (1, _) => "one place".to_owned(),
            (n, true) => format!("{n} in a line"),
            (n, false) => format!("{n} places"),
        };
        format!("{} extra, {shape}, {} days", self.extra, self.days)
    }
}

/// An outbreak that was put into a world.
pub struct Outbreak {
    /// Sorted.
    pub places: Vec<u32>,
    pub from: usize,
    pub to: usize,
}

/// Put an outbreak somewhere into the days from `warm_up` on.
pub fn inject(
    world: &mut World,
    kind: OutbreakKind,
    centres: &[Point],
    warm_up: usize,
    random: &mut Random,
) -> Outbreak {
    let centre = random.below(centres.len() as u32) as usize;
    let mut places =
        if kind.line { line(centre, kind.places, centres, random) } else { near(centre, kind.places, centres) };
    places.sort_unstable();
    let length = kind.days.clamp(1, world.len() - warm_up);
    let from = warm_up + random.below((world.len() - warm_up - length + 1) as u32) as usize;
    for _ in 0..kind.extra {
        let day = from + random.below(length as u32) as usize;
        world[day].push(places[random.below(places.len() as u32) as usize]);
    }
    Outbreak { places, from, to: from + length - 1 }
}

/// The nearest places, the centre among them.
fn near(centre: usize, count: usize, centres: &[Point]) -> Vec<u32> {
    let mut all: Vec<u32> = (0..centres.len() as u32).collect();
    let far = |p: &u32| centres[*p as usize].distance_km(centres[centre]);
    all.sort_by(|a, b| far(a).total_cmp(&far(b)).then(a.cmp(b)));
    all.truncate(count.max(1));
    all
}

/// From place to place, each the one nearest to straight on.
fn line(centre: usize, count: usize, centres: &[Point], random: &mut Random) -> Vec<u32> {
    let mut places = vec![centre as u32];
    let angle = random.unit() * std::f64::consts::TAU;
    let spacing = near(centre, 2, centres).get(1).map_or(1.0, |p| centres[*p as usize].distance_km(centres[centre]));
    let (mut lat, mut lon) = (centres[centre].lat(), centres[centre].lon());
    let shrink = lat.to_radians().cos().max(0.1);
    while places.len() < count.min(centres.len()) {
        lat += angle.sin() * spacing / 111.2;
        lon += angle.cos() * spacing / (111.2 * shrink);
        let gap = |p: usize| (centres[p].lat() - lat).powi(2) + ((centres[p].lon() - lon) * shrink).powi(2);
        let free = (0..centres.len()).filter(|p| !places.contains(&(*p as u32)));
        let Some(next) = free.min_by(|a, b| gap(*a).total_cmp(&gap(*b))) else { break };
        places.push(next as u32);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn street(n: usize) -> Vec<Point> {
        (0..n).map(|i| Point::new(44.0, -70.0 + 0.01 * i as f64).unwrap()).collect()
    }

    #[test]
    fn permuted_worlds_keep_both_margins() {
        let null = Null::Permuted { places: vec![0, 0, 1, 2, 2, 2], days: vec![0, 1, 1, 2, 4, 4] };
        let world = null.draw(5, &mut Random::seeded(3));
        assert_eq!(world.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2, 1, 0, 2]);
        let mut places: Vec<u32> = world.concat();
        places.sort_unstable();
        assert_eq!(places, [0, 0, 1, 2, 2, 2]);
    }

    #[test]
    fn an_outbreak_adds_its_cases_in_its_places_and_days() {
        let mut random = Random::seeded(9);
        let kind = OutbreakKind { places: 3, line: false, days: 4, extra: 10 };
        for _ in 0..50 {
            let mut world: World = vec![Vec::new(); 30];
            let o = inject(&mut world, kind, &street(20), 12, &mut random);
            assert!(o.from >= 12 && o.to < 30 && o.to - o.from == 3 && o.places.len() == 3);
            assert!(o.places.windows(2).all(|w| w[1] == w[0] + 1), "{:?}", o.places);
            let cases: Vec<u32> = world[o.from..=o.to].concat();
            assert!(cases.len() == 10 && cases.iter().all(|c| o.places.contains(c)));
        }
    }

    #[test]
    fn a_line_has_as_many_places_as_asked_for_each_once() {
        let mut places = line(5, 4, &street(20), &mut Random::seeded(1));
        places.sort_unstable();
        places.dedup();
        assert_eq!(places.len(), 4);
    }
}

//! Space–time surveillance of points: the Shiryaev–Roberts statistic of Assunção & Correa (2009), as offered by
//! R's `surveillance::stcd`.
//!
//! Events come one by one with a place. A cluster is thought to begin at one of them, k, and to multiply the
//! intensity within `radius` of it by 1 + ε from then on. The likelihood ratio of that after event n is
//! Λ(k,n) = (1+ε)^N(C) · exp(−ε μ(C)), where N(C) counts the events k … n within `radius` of k (k included,
//! distance strictly below), and their expected number is estimated from all of them under the assumption that
//! place and time do not depend on each other: μ(C) = (n−k+1) · N(within radius, 1 … n) / n. The statistic is
//! R(n) = ∑ₖ Λ(k,n); **strictly above** the threshold is an alarm, and the k with the largest Λ is its centre.
//! No population, no intensity and no time scale need to be known: time only orders the events.
//!
//! Score: R. Threshold: the mean number of *events* between false alarms that is wanted, at least; the
//! publication's example has 161, with ε = 0.5. ε is the least relative excess worth knowing of: 0.5 to 1 are
//! usual. The radius has no default, as it has a meaning only in the units of the map. After an alarm the sum
//! goes on.
//!
//! Cost: every earlier event is a possible beginning at every event, so n²/2 terms of one exponential each, and
//! memory for n: about half a second for 10,000 events. The counts N are carried forward, never counted anew.
//!
//! Limits: one radius; a purely temporal rise everywhere is no signal; events of one moment have no order, so
//! the caller chooses one; R grows by about 1 with each event, which makes the alarm of a very long run likely
//! even without any cluster: begin anew from time to time (the threshold says how often a false alarm is due).
//!
//! Parity with surveillance 1.20.3: R, first alarm and centre. Its CUSUM variant keeps the largest Λ ever seen;
//! [`Follow::Surveillance`] does so too, the default is today's largest. The first alarm is the same.

use super::chart::Follow;
use crate::domain::place::Point;

/// Where an event was.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Spot {
    /// On a plane, in the unit of the radius.
    Plane { x: f64, y: f64 },
    /// On the earth; distances are great circles in kilometres.
    Earth(Point),
}

/// How the likelihood ratios of all beginnings become one statistic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Combine {
    /// Their sum (Shiryaev–Roberts).
    #[default]
    Sum,
    /// The largest (CUSUM).
    Largest,
}

/// Settings of one surveillance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PointProcessOptions {
    /// Of the cluster; kilometres for places on the earth.
    pub radius: f64,
    /// Relative excess of the intensity within a cluster: 0.5 is half as much again.
    pub epsilon: f64,
    /// Alarm strictly above it.
    pub threshold: f64,
    pub combine: Combine,
    pub follow: Follow,
}

impl PointProcessOptions {
    pub fn new(radius: f64) -> Self {
        Self { radius, epsilon: 0.5, threshold: 161.0, combine: Combine::Sum, follow: Follow::Paper }
    }
}

/// What is known after one event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PointJudgement {
    /// R(n); infinite where it is beyond the largest number.
    pub statistic: f64,
    pub alarm: bool,
    /// The event at which a cluster would most likely have begun, and which is its centre.
    pub centre: usize,
    /// Events from the centre on, within the radius of it.
    pub observed: u32,
    /// How many of these there would be if place and time did not depend on each other.
    pub expected: f64,
}

/// Judge every event in turn; one answer each.
pub fn point_process(events: &[Spot], options: &PointProcessOptions) -> Vec<PointJudgement> {
    let ln_growth = options.epsilon.ln_1p();
    let mut begun: Vec<Beginning> = Vec::with_capacity(events.len());
    let mut largest_ever = f64::NEG_INFINITY;
    let mut judged = Vec::with_capacity(events.len());
    for (n, &event) in events.iter().enumerate() {
        let mut near = 1;
        for (k, beginning) in begun.iter_mut().enumerate() {
            if distance(events[k], event) < options.radius {
                beginning.since += 1;
                beginning.ever += 1;
                near += 1;
            }
        }
        begun.push(Beginning { since: 1, ever: near });
        let (mut sum, mut best, mut centre) = (0.0, f64::NEG_INFINITY, n);
        for (k, beginning) in begun.iter().enumerate() {
            let ln_ratio = f64::from(beginning.since) * ln_growth - options.epsilon * beginning.expected(k, n);
            sum += ln_ratio.exp();
            if ln_ratio > best {
                (best, centre) = (ln_ratio, k);
            }
        }
        largest_ever = best.max(largest_ever);
        let statistic = match (options.combine, options.follow) {
            (Combine::Sum, _) => sum,
            (Combine::Largest, Follow::Paper) => best.exp(),
            (Combine::Largest, Follow::Surveillance) => largest_ever.exp(),
        };
        judged.push(PointJudgement {
            statistic,
            alarm: statistic > options.threshold,
            centre,
            observed: begun[centre].since,
            expected: begun[centre].expected(centre, n),
        });
    }
    judged
}

/// The events of the cluster that event `now` would belong to, were it begun by event `centre`.
pub fn members(events: &[Spot], centre: usize, now: usize, radius: f64) -> Vec<usize> {
    (centre..=now).filter(|&i| distance(events[centre], events[i]) < radius).collect()
}

/// A cluster that could have begun with one event: how many lie near it.
#[derive(Debug, Clone, Copy)]
struct Beginning {
    /// Since then, itself included.
    since: u32,
    /// Since ever.
    ever: u32,
}

impl Beginning {
    /// Events k … n near k, if place and time do not depend on each other; positions count from 0.
    fn expected(&self, k: usize, n: usize) -> f64 {
        (n - k + 1) as f64 * f64::from(self.ever) / (n + 1) as f64
    }
}

fn distance(a: Spot, b: Spot) -> f64 {
    match (a, b) {
        (Spot::Plane { x: ax, y: ay }, Spot::Plane { x: bx, y: by }) => {
            let (dx, dy) = (ax - bx, ay - by);
            (dx * dx + dy * dy).sqrt()
        }
        (Spot::Earth(a), Spot::Earth(b)) => a.distance_km(b),
        // A plane and the earth have no distance.
        _ => f64::INFINITY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Random;

    fn scattered(n: usize, seed: u64) -> Vec<Spot> {
        let mut random = Random::seeded(seed);
        (0..n).map(|_| Spot::Plane { x: 100.0 * random.unit(), y: 100.0 * random.unit() }).collect()
    }

    /// The definition, word by word, with all counts made anew.
    fn by_definition(events: &[Spot], options: &PointProcessOptions, n: usize) -> Vec<f64> {
        (0..=n)
            .map(|k| {
                let near = |i: &usize| distance(events[k], events[*i]) < options.radius;
                let since = (k..=n).filter(near).count() as i32;
                let ever = (0..=n).filter(near).count() as f64;
                let expected = (n - k + 1) as f64 * ever / (n + 1) as f64;
                (1.0 + options.epsilon).powi(since) * (-options.epsilon * expected).exp()
            })
            .collect()
    }

    #[test]
    fn the_statistic_is_the_sum_over_all_beginnings() {
        let events = scattered(60, 5);
        let options = PointProcessOptions { epsilon: 0.7, ..PointProcessOptions::new(18.0) };
        let largest = PointProcessOptions { combine: Combine::Largest, ..options };
        let (sums, tops) = (point_process(&events, &options), point_process(&events, &largest));
        for n in 0..events.len() {
            let ratios = by_definition(&events, &options, n);
            let sum: f64 = ratios.iter().sum();
            let top = ratios.iter().copied().fold(0.0, f64::max);
            assert!((sums[n].statistic / sum - 1.0).abs() < 1e-12, "{n}");
            assert!((tops[n].statistic / top - 1.0).abs() < 1e-12, "{n}");
            assert!((ratios[sums[n].centre] / top - 1.0).abs() < 1e-12, "{n}");
        }
    }

    #[test]
    fn a_cluster_raises_an_alarm_in_its_midst() {
        let mut events = scattered(200, 8);
        let mut random = Random::seeded(9);
        for event in &mut events[150..180] {
            *event = Spot::Plane { x: 30.0 + 6.0 * random.unit(), y: 60.0 + 6.0 * random.unit() };
        }
        let options = PointProcessOptions { epsilon: 1.0, threshold: 500.0, ..PointProcessOptions::new(10.0) };
        let judged = point_process(&events, &options);
        let first = judged.iter().position(|j| j.alarm).unwrap();
        assert!((150..180).contains(&first), "{first}");
        assert!((145..180).contains(&judged[first].centre));
        let within = members(&events, judged[first].centre, first, options.radius);
        assert_eq!(within.len() as u32, judged[first].observed);
        assert!(f64::from(judged[first].observed) > 3.0 * judged[first].expected);
    }

    #[test]
    fn an_event_at_the_radius_is_outside() {
        let events = [Spot::Plane { x: 0.0, y: 0.0 }, Spot::Plane { x: 3.0, y: 4.0 }];
        assert_eq!(members(&events, 0, 1, 5.0), [0]);
        assert_eq!(members(&events, 0, 1, 5.000001), [0, 1]);
    }

    #[test]
    fn the_radius_of_places_on_the_earth_is_in_kilometres() {
        let at = |lat, lon| Spot::Earth(Point::new(lat, lon).unwrap());
        let (here, north) = (at(44.0, -69.0), at(44.01, -69.0));
        // A hundredth of a degree of latitude is 1.112 km.
        assert_eq!(members(&[here, north], 0, 1, 1.11), [0]);
        assert_eq!(members(&[here, north], 0, 1, 1.113), [0, 1]);
    }

    #[test]
    fn the_largest_ever_never_falls_and_first_alarms_at_the_same_event() {
        let mut events = scattered(80, 3);
        events[30..45].fill(Spot::Plane { x: 50.0, y: 50.0 });
        let today = PointProcessOptions { combine: Combine::Largest, threshold: 20.0, ..PointProcessOptions::new(9.0) };
        let ever = PointProcessOptions { follow: Follow::Surveillance, ..today };
        let (a, b) = (point_process(&events, &today), point_process(&events, &ever));
        assert!(b.windows(2).all(|w| w[0].statistic <= w[1].statistic));
        assert!(a.windows(2).any(|w| w[0].statistic > w[1].statistic));
        let first = a.iter().position(|j| j.alarm);
        assert!(first.is_some() && first == b.iter().position(|j| j.alarm));
    }
}

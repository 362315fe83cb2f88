//! What happens in a simulated state: overdoses, day by day.
//!
//! The number of a day is Poisson with a mean of base × weekday × season × trend × a gamma factor
//! (so counts vary more than Poisson); each falls on a settlement in proportion to its weight, thinned
//! by a gamma factor of that settlement and week. Injected outbreaks are added on top. Every day and
//! every settlement-week draws from a stream of its own: the same seed gives the same Tuesday in a
//! longer world.

use chrono::{DateTime, Datelike, Duration, NaiveTime, Utc};

use super::{
    WorldOptions,
    draw::{Draw, running_sums},
    terrain::{Spot, Terrain},
    truth::{Outbreak, Parameters},
};
use crate::domain::{
    place::{Cell, Point},
    time::{Day, DayRange, Zone},
};

/// One overdose as it was, whoever reports it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Incident {
    pub at: DateTime<Utc>,
    pub day: Day,
    pub spot: Spot,
    pub fatal: bool,
    pub seen_by: SeenBy,
    /// Its position in the world's list; `None` for what is no overdose.
    pub number: Option<u32>,
}

/// Which kinds of source hear of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SeenBy {
    pub ems: bool,
    pub hospital: bool,
    /// Police or a community programme.
    pub reversal: bool,
}

impl SeenBy {
    /// For what is no overdose.
    pub const NOBODY: Self = Self { ems: false, hospital: false, reversal: false };
}

/// A planned outbreak, before its incidents are drawn.
struct Plan {
    id: &'static str,
    town: &'static str,
    name: &'static str,
    /// Distance from the town's centre, km, so that no outbreak sits on a town-hall point.
    shift_km: f64,
    radius_km: f64,
    days: DayRange,
    extra: u32,
}

/// Relative weight of each hour of the day; the evening is busiest.
const HOURS: [f64; 24] = [
    3.4, 3.0, 2.6, 2.1, 1.8, 1.7, 1.9, 2.3, 2.8, 3.3, 3.8, 4.2, 4.6, 4.8, 5.0, 5.3, 5.7, 6.0, 6.2, 6.1, 5.7, 5.2, 4.6,
    4.0,
];

/// A factor of a settlement's week above this is cut, so that thinning has a bound.
const FACTOR_CAP: f64 = 2.5;

impl Default for Parameters {
    fn default() -> Self {
        Self {
            overdoses_per_day: 24.0,
            weekday: [0.95, 0.93, 0.94, 0.97, 1.08, 1.10, 1.03],
            season_amplitude: 0.08,
            trend_per_year: -0.08,
            day_shape: 40.0,
            place_week_shape: 12.0,
            share_fatal: 0.065,
        }
    }
}

/// Every overdose of the world in order of time, and the outbreaks that were put in.
pub(super) fn incidents(
    o: &WorldOptions,
    p: &Parameters,
    terrain: &Terrain,
    zone: Zone,
) -> (Vec<Incident>, Vec<Outbreak>) {
    let hours = running_sums(HOURS);
    let weeks = PlaceWeeks::new(o, p, terrain);
    let mut all = Vec::new();
    for day in o.range().days() {
        let mut draw = Draw::stream_at(o.seed, "day", day.epoch_days() as u64, 0);
        let mean = daily_mean(o, p, day) * draw.gamma(p.day_shape, 1.0 / p.day_shape);
        for _ in 0..draw.poisson(mean) {
            let settlement = weeks.draw_settlement(&mut draw, terrain, day);
            let spot = terrain.draw_spot(&mut draw, settlement);
            all.push(incident(&mut draw, p, &hours, day, spot, zone));
        }
    }
    let mut outbreaks = Vec::new();
    for plan in plans(o.range()) {
        if let Some((extra, outbreak)) = inject(&plan, o, p, terrain, &hours, zone) {
            all.extend(extra);
            outbreaks.push(outbreak);
        }
    }
    all.retain(|i| i.at <= o.known_by());
    all.sort_by_key(|i| i.at);
    all.iter_mut().zip(0..).for_each(|(incident, n)| incident.number = Some(n));
    (all, outbreaks)
}

/// Expected overdoses of a day in the whole state.
fn daily_mean(o: &WorldOptions, p: &Parameters, day: Day) -> f64 {
    // The wave is highest around day 196 (mid-July).
    let phase = (f64::from(day.ordinal()) - 196.0) / 365.25 * std::f64::consts::TAU;
    let season = 1.0 + p.season_amplitude * phase.cos();
    let trend = (1.0 + p.trend_per_year).powf(f64::from(day - o.end) / 365.25);
    p.overdoses_per_day * o.volume * p.weekday[day.weekday_index()] * season * trend
}

fn incident(draw: &mut Draw, p: &Parameters, hours: &[f64], day: Day, spot: Spot, zone: Zone) -> Incident {
    let hour = draw.pick(hours) as u32;
    let second = draw.below(3600) as u32;
    let local =
        day.date().and_time(NaiveTime::from_num_seconds_from_midnight_opt(hour * 3600 + second, 0).unwrap_or_default());
    let fatal = draw.chance(p.share_fatal);
    Incident { at: zone.resolve(local).instant(), day, spot, fatal, seen_by: seen_by(draw, fatal), number: None }
}

/// Shares of who hears of an overdose: ambulance only 42 %, hospital only 31 %, police or community
/// only 13 %, ambulance and hospital 11 %, ambulance and police 3 %. A death is an ambulance's.
fn seen_by(draw: &mut Draw, fatal: bool) -> SeenBy {
    let u = draw.uniform();
    let (ems, hospital, reversal) = match u {
        _ if fatal => (true, false, u < 0.1),
        _ if u < 0.42 => (true, false, false),
        _ if u < 0.73 => (false, true, false),
        _ if u < 0.86 => (false, false, true),
        _ if u < 0.97 => (true, true, false),
        _ => (true, false, true),
    };
    SeenBy { ems, hospital, reversal }
}

/// Good and bad weeks of each settlement.
struct PlaceWeeks {
    first_week: i32,
    /// Settlement-major.
    factors: Vec<f32>,
    weeks: usize,
}

impl PlaceWeeks {
    fn new(o: &WorldOptions, p: &Parameters, terrain: &Terrain) -> Self {
        let week = |day: Day| day.epoch_days().div_euclid(7);
        let (first_week, last) = (week(o.range().from), week(o.range().to));
        let weeks = (last - first_week + 1) as usize;
        let mut factors = Vec::with_capacity(terrain.settlements() * weeks);
        for settlement in 0..terrain.settlements() {
            for w in first_week..=last {
                let mut draw = Draw::stream_at(o.seed, "place-week", settlement as u64, w as u64);
                factors.push(draw.gamma(p.place_week_shape, 1.0 / p.place_week_shape).min(FACTOR_CAP) as f32);
            }
        }
        Self { first_week, factors, weeks }
    }

    /// By rejection: a settlement is kept with probability factor / cap.
    fn draw_settlement(&self, draw: &mut Draw, terrain: &Terrain, day: Day) -> usize {
        let week = (day.epoch_days().div_euclid(7) - self.first_week) as usize;
        loop {
            let s = terrain.draw_settlement(draw);
            if draw.chance(f64::from(self.factors[s * self.weeks + week]) / FACTOR_CAP) {
                return s;
            }
        }
    }
}

/// One urban and fast, one rural and slow, both live on the last day; one long over. Worlds shorter
/// than twelve weeks have the first two only, and the slow one starts no earlier than the world.
fn plans(world: DayRange) -> Vec<Plan> {
    let (first, last) = (world.from, world.to);
    let range = |from: i32, to: i32| DayRange::new((last - from).max(first), last - to);
    let mut plans = Vec::new();
    let mut add = |id, town, name, shift_km, radius_km, days: Option<DayRange>, extra| {
        plans.extend(days.map(|days| Plan { id, town, name, shift_km, radius_km, days, extra }));
    };
    add("urban-fast", "Portland", "Portland, a few blocks, four days", 0.5, 0.7, range(3, 0), 36);
    add("rural-slow", "Calais", "Calais and the roads around it, three weeks", 1.5, 9.0, range(20, 0), 30);
    if world.len() >= 84 {
        add("over", "Lewiston", "Lewiston, ten days, about two months ago", 0.4, 1.0, range(66, 57), 36);
    }
    plans
}

fn inject(
    plan: &Plan,
    o: &WorldOptions,
    p: &Parameters,
    terrain: &Terrain,
    hours: &[f64],
    zone: Zone,
) -> Option<(Vec<Incident>, Outbreak)> {
    let mut draw = Draw::stream(o.seed, plan.id);
    let town = terrain.town_named(plan.town)?.point;
    let centre = shifted(&mut draw, town, plan.shift_km, terrain);
    // Ninety percent of a round normal cloud lie within 2.146 standard deviations.
    let spread = plan.radius_km / 2.146;
    let mut extra = Vec::new();
    // A busier world has outbreaks as much larger, so that they stand out as far.
    let wanted = (f64::from(plan.extra) * o.volume.max(1.0)).round() as u32;
    for _ in 0..wanted {
        let day = plan.days.from + draw.below(plan.days.len()) as i32;
        let spot = terrain.draw_near(&mut draw, centre, spread)?;
        let one = incident(&mut draw, p, hours, day, spot, zone);
        if one.at <= o.known_by() {
            extra.push(one);
        }
    }
    let mut cells: Vec<Cell> = extra.iter().map(|i| cell_8(i.spot.point)).collect();
    cells.sort_unstable();
    cells.dedup();
    let outbreak = Outbreak {
        id: plan.id.into(),
        name: plan.name.into(),
        centre,
        radius_km: plan.radius_km,
        area: terrain.county_at(centre).map(|c| terrain.counties[c].area.id.clone()),
        from: plan.days.from,
        to: plan.days.to,
        live: plan.days.to == o.end,
        extra: extra.len() as u32,
        usual: usual(plan, centre, o, p, terrain),
        cells,
    };
    Some((extra, outbreak))
}

/// What the baseline would see within the outbreak's radius and days: the share of the state's mass
/// found there by 20,000 draws, times the days' means.
fn usual(plan: &Plan, centre: Point, o: &WorldOptions, p: &Parameters, terrain: &Terrain) -> f64 {
    let mut draw = Draw::stream(o.seed, "usual");
    let n = 20_000;
    let within = (0..n)
        .filter(|_| {
            let settlement = terrain.draw_settlement(&mut draw);
            terrain.draw_spot(&mut draw, settlement).point.distance_km(centre) <= plan.radius_km
        })
        .count();
    let state: f64 = plan.days.days().map(|d| daily_mean(o, p, d)).sum();
    let raw = state * within as f64 / f64::from(n);
    (raw * 100.0).round() / 100.0
}

/// A point some way from a town's centre, on land of some county.
fn shifted(draw: &mut Draw, town: Point, km: f64, terrain: &Terrain) -> Point {
    for _ in 0..50 {
        let point = super::terrain::offset(draw, town, km / 1.4);
        if terrain.county_at(point).is_some() {
            return point;
        }
    }
    town
}

/// The H3 cell of resolution 8 (about 0.7 km²).
pub(super) fn cell_8(point: Point) -> Cell {
    point.cell(8u8.try_into().expect("8 is a resolution of H3"))
}

/// The next working hour (8 to 18, local) at or after an instant: when an office writes or visits.
pub(super) fn office_hour(at: DateTime<Utc>, zone: Zone) -> DateTime<Utc> {
    let mut t = at;
    for _ in 0..200 {
        let local = t.with_timezone(&zone.0);
        let weekend = local.weekday().num_days_from_monday() > 4;
        let hour = chrono::Timelike::hour(&local);
        if !weekend && (8..18).contains(&hour) {
            break;
        }
        t += Duration::hours(1);
    }
    t
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(days: u32) -> WorldOptions {
        WorldOptions::new(5, days, "2026-05-31".parse().unwrap())
    }

    fn draw_all(o: &WorldOptions) -> (Vec<Incident>, Vec<Outbreak>) {
        let zone = Zone(chrono_tz::America::New_York);
        incidents(o, &Parameters::default(), &Terrain::maine(o.seed), zone)
    }

    #[test]
    fn a_longer_world_has_the_same_days_where_both_have_them() {
        let (short, _) = draw_all(&options(20));
        let (long, _) = draw_all(&options(60));
        let day: Day = "2026-05-20".parse().unwrap();
        let of = |all: &[Incident]| -> Vec<(DateTime<Utc>, Point)> {
            // Calais' slow outbreak begins later in the short world, so its county is left aside.
            all.iter().filter(|i| i.day == day && i.spot.point.lon() < -69.0).map(|i| (i.at, i.spot.point)).collect()
        };
        assert!(!of(&short).is_empty());
        assert_eq!(of(&short), of(&long));
    }

    #[test]
    fn fridays_to_sundays_are_busier_than_the_rest() {
        let (all, _) = draw_all(&options(364));
        let late = all.iter().filter(|i| i.day.weekday_index() >= 4).count() as f64 / 3.0;
        let early = all.iter().filter(|i| i.day.weekday_index() < 4).count() as f64 / 4.0;
        assert!((late / early - 1.07 / 0.9475).abs() < 0.06, "{}", late / early);
    }

    #[test]
    fn the_injected_overdoses_lie_where_and_when_the_truth_says() {
        let (all, outbreaks) = draw_all(&options(120));
        assert_eq!(outbreaks.len(), 3);
        for o in &outbreaks {
            let near = |i: &&Incident| i.spot.point.distance_km(o.centre) <= o.radius_km;
            let during = all.iter().filter(near).filter(|i| i.day >= o.from && i.day <= o.to).count() as f64;
            assert!(during >= 0.7 * f64::from(o.extra), "{}: {during} of {}", o.id, o.extra);
            assert!(o.usual < f64::from(o.extra) && !o.cells.is_empty(), "{o:?}");
        }
        assert_eq!(outbreaks.iter().map(|o| o.live).collect::<Vec<_>>(), [true, true, false]);
    }
}

//! Signals of one day about the same thing become one group.
//!
//! Two signals are about the same thing when they count the same, their windows overlap or follow
//! each other without a day between, and
//! - both are sets of cells that share one, or the centre of one lies within the radius of the other; or
//! - both are about the same area; or
//! - one is about an area, the other lies inside it and holds at least half of the area's excess. (A
//!   county may be above usual because of one neighbourhood, which is one story; or all over, which is
//!   another one, told on its own.)
//!
//! Groups are built around their strongest member: a signal joins a group when it is related to that
//! one, never through a third, so a chain of neighbours cannot swallow a state. The result depends on
//! the set of signals alone, not on their order.

use std::cmp::Reverse;

use crate::domain::{
    area::AreaTree,
    course::jaccard,
    ids::SignalId,
    place::{Cell, Point},
    signal::{Signal, SignalScope},
};

/// Share of an area's excess that a place inside it must hold to explain it.
const EXPLAINS: f64 = 0.5;

/// Signals about the same thing, never empty.
#[derive(Debug, Clone)]
pub(super) struct Group<'a> {
    /// The first one is the strongest of the finest kind: the group was built around it.
    pub members: Vec<&'a Signal>,
}

/// Where something is; what groups and alerts are compared by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Where<'a> {
    pub cells: &'a [Cell],
    pub centre: Option<Point>,
    pub radius_km: Option<f64>,
}

pub(super) fn group<'a>(signals: &[&'a Signal], areas: &AreaTree) -> Vec<Group<'a>> {
    let mut sorted: Vec<&Signal> = signals.to_vec();
    sorted.sort_by(|a, b| {
        // Clusters first, then areas from the finest to the coarsest.
        let rank = |s: &Signal| match s.scope {
            SignalScope::Cells => (false, Reverse(0)),
            SignalScope::Area => (true, Reverse(s.area.as_ref().map_or(0, |a| areas.depth(a)))),
        };
        rank(a).cmp(&rank(b)).then_with(|| stronger_first(a, b))
    });
    let mut groups: Vec<Group> = Vec::new();
    for signal in sorted {
        match groups.iter_mut().find(|g| related(g.members[0], signal, areas)) {
            Some(group) => group.members.push(signal),
            None => groups.push(Group { members: vec![signal] }),
        }
    }
    groups
}

impl<'a> Group<'a> {
    /// The rarest member.
    pub fn strongest(&self) -> &'a Signal {
        self.members.iter().copied().min_by(|a, b| stronger_first(a, b)).unwrap_or(self.members[0])
    }

    /// The strongest set of cells, if any member is one.
    pub fn cluster(&self) -> Option<&'a Signal> {
        self.members.iter().copied().filter(|s| s.scope == SignalScope::Cells).min_by(|a, b| stronger_first(a, b))
    }

    /// All cells of all members, sorted.
    pub fn cells(&self) -> Vec<Cell> {
        let mut cells: Vec<Cell> = self.members.iter().flat_map(|s| s.cells.iter().copied()).collect();
        cells.sort_unstable();
        cells.dedup();
        cells
    }

    pub fn ids(&self) -> impl Iterator<Item = SignalId> {
        self.members.iter().map(|s| s.id)
    }

    pub fn absorb(&mut self, other: Group<'a>) {
        self.members.extend(other.members);
        self.members.sort_by(|a, b| {
            (a.scope == SignalScope::Area).cmp(&(b.scope == SignalScope::Area)).then_with(|| stronger_first(a, b))
        });
    }
}

/// Rarest first, then most cases, then by id: a total order.
pub(super) fn stronger_first(a: &Signal, b: &Signal) -> std::cmp::Ordering {
    b.recurrence_interval_days
        .total_cmp(&a.recurrence_interval_days)
        .then(b.observed.cmp(&a.observed))
        .then(a.id.cmp(&b.id))
}

fn related(a: &Signal, b: &Signal, areas: &AreaTree) -> bool {
    let touching = a.window.from <= b.window.to + 1 && b.window.from <= a.window.to + 1;
    if a.kind != b.kind || a.measure != b.measure || !touching {
        return false;
    }
    match (a.scope, b.scope) {
        (SignalScope::Cells, SignalScope::Cells) => near(Where::of(a), Where::of(b)),
        (SignalScope::Area, SignalScope::Area) if a.area == b.area => a.area.is_some(),
        _ => explains(a, b, areas) || explains(b, a, areas),
    }
}

/// Whether `inner` lies in the area of `outer` and holds at least half of its excess.
fn explains(inner: &Signal, outer: &Signal, areas: &AreaTree) -> bool {
    let excess = |s: &Signal| f64::from(s.observed) - s.expected;
    outer.scope == SignalScope::Area
        && matches!((&inner.area, &outer.area), (Some(i), Some(o)) if areas.contains(o, i))
        && excess(inner) >= EXPLAINS * excess(outer)
}

impl<'a> Where<'a> {
    pub fn of(signal: &'a Signal) -> Self {
        Self { cells: &signal.cells, centre: signal.centre, radius_km: signal.radius_km }
    }
}

/// Whether two sets of cells share one, or one's centre lies within the other's radius.
pub(super) fn near(a: Where, b: Where) -> bool {
    if jaccard(a.cells, b.cells) > 0.0 {
        return true;
    }
    match (a.centre, b.centre) {
        (Some(p), Some(q)) => p.distance_km(q) <= a.radius_km.unwrap_or(0.0).max(b.radius_km.unwrap_or(0.0)),
        _ => false,
    }
}

//! Linked pairs → groups, best pairs first, never two reports of one source in a group.

use std::collections::{BTreeMap, HashMap};

/// Disjoint groups of positions.
pub(super) struct Groups<'a> {
    group_of: Vec<u32>,
    members: BTreeMap<u32, Joined>,
    sources: &'a [u16],
    /// Weight of every pair that can be one.
    weights: &'a HashMap<(u32, u32), f64>,
}

/// Positions, and the least chance of the links that hold them together.
pub(super) struct Joined {
    pub members: Vec<u32>,
    pub weakest: f64,
}

impl<'a> Groups<'a> {
    pub(super) fn new(sources: &'a [u16], weights: &'a HashMap<(u32, u32), f64>) -> Self {
        Self { group_of: (0..sources.len() as u32).collect(), members: BTreeMap::new(), sources, weights }
    }

    fn of(&self, at: u32) -> Vec<u32> {
        self.members.get(&self.group_of[at as usize]).map_or_else(|| vec![at], |g| g.members.clone())
    }

    /// Join the groups of two when all who would meet can be one, and on the average are likely to be.
    pub(super) fn join(&mut self, a: u32, b: u32, chance: f64, threshold: f64) {
        let (left, right) = (self.of(a), self.of(b));
        if self.group_of[a as usize] == self.group_of[b as usize] && left.len() > 1 {
            return;
        }
        let mut total = 0.0;
        for (x, y) in left.iter().flat_map(|x| right.iter().map(move |y| (*x, *y))) {
            if self.sources[x as usize] == self.sources[y as usize] {
                return;
            }
            match self.weights.get(&(x.min(y), x.max(y))) {
                Some(weight) => total += weight,
                None => return,
            }
        }
        if total / ((left.len() * right.len()) as f64) < threshold {
            return;
        }
        self.merge(a, b, left, right, chance);
    }

    /// Join two because a person said so.
    pub(super) fn force(&mut self, a: u32, b: u32) {
        let (left, right) = (self.of(a), self.of(b));
        if !left.contains(&b) {
            self.merge(a, b, left, right, 1.0);
        }
    }

    fn merge(&mut self, a: u32, b: u32, left: Vec<u32>, right: Vec<u32>, chance: f64) {
        let (ga, gb) = (self.group_of[a as usize], self.group_of[b as usize]);
        let weakest = |g: u32| self.members.get(&g).map_or(1.0, |g| g.weakest);
        let weakest = chance.min(weakest(ga)).min(weakest(gb));
        self.members.remove(&gb);
        for at in &right {
            self.group_of[*at as usize] = ga;
        }
        let mut members = left;
        members.extend(right);
        self.members.insert(ga, Joined { members, weakest });
    }

    pub(super) fn into_groups(self) -> impl Iterator<Item = Joined> {
        self.members.into_values()
    }
}

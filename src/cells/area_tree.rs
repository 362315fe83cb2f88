//! The tree of areas (state → county → town) without outlines: who lies in whom.

use std::collections::HashMap;

use crate::domain::{
    area::{Area, AreaKind},
    ids::AreaId,
};

/// Parents, children and kinds of a jurisdiction's areas.
#[derive(Debug, Clone, Default)]
pub struct AreaTree {
    nodes: HashMap<AreaId, (Option<AreaId>, AreaKind)>,
}

impl AreaTree {
    pub fn new<'a>(areas: impl IntoIterator<Item = &'a Area>) -> Self {
        Self { nodes: areas.into_iter().map(|a| (a.id.clone(), (a.parent.clone(), a.kind))).collect() }
    }

    pub fn kind(&self, area: &AreaId) -> Option<AreaKind> {
        self.nodes.get(area).map(|(_, kind)| *kind)
    }

    /// The area itself, its parent, its parent's parent … A parent that is not in the tree ends the
    /// chain, and so does a loop, which bad input could hold.
    pub fn chain(&self, area: &AreaId) -> Vec<AreaId> {
        let mut chain: Vec<AreaId> = Vec::new();
        let mut next = Some(area);
        while let Some(id) = next
            && let Some((parent, _)) = self.nodes.get(id)
            && !chain.contains(id)
        {
            chain.push(id.clone());
            next = parent.as_ref();
        }
        chain
    }

    /// The area of that kind which is or holds this one.
    pub fn at_level(&self, area: &AreaId, kind: AreaKind) -> Option<AreaId> {
        self.chain(area).into_iter().find(|id| self.kind(id) == Some(kind))
    }

    /// These areas and everything below them, sorted.
    pub fn with_descendants(&self, roots: &[AreaId]) -> Vec<AreaId> {
        let mut out: Vec<AreaId> =
            self.nodes.keys().filter(|id| self.chain(id).iter().any(|a| roots.contains(a))).cloned().collect();
        out.sort_unstable();
        out
    }

    /// All areas of one kind, sorted.
    pub fn of_kind(&self, kind: AreaKind) -> Vec<AreaId> {
        let mut out: Vec<AreaId> =
            self.nodes.iter().filter(|(_, (_, k))| *k == kind).map(|(id, _)| id.clone()).collect();
        out.sort_unstable();
        out
    }

    /// Number of areas above this one.
    pub fn depth(&self, area: &AreaId) -> usize {
        self.chain(area).len().saturating_sub(1)
    }
}

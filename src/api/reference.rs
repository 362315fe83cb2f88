//! Areas, outlines and places of a jurisdiction, kept in memory.
//!
//! They change when somebody loads outlines, so the list of areas is compared with the store once a
//! minute; outlines and places are read again only when it differs or an analysis was stored.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::{
    cells::{AreaIndex, PlaceNamer},
    domain::{
        area::{Area, AreaShape, Jurisdiction, NamedPlace},
        ids::{AreaId, JurisdictionId},
        place::Cell,
        scope::{AreaScope, Scope},
    },
    store::{DynStore, StoreError},
};

const COMPARE_AFTER: Duration = Duration::from_secs(60);

/// A cell's name and the finest area that holds its centre.
pub type CellPlace = (Arc<str>, Option<AreaId>);

/// One jurisdiction's geography.
pub struct Reference {
    pub jurisdiction: Jurisdiction,
    pub index: AreaIndex,
    /// By id.
    pub areas: Vec<Area>,
    /// Largest first.
    pub places: Vec<NamedPlace>,
    names: Mutex<HashMap<Cell, CellPlace>>,
    /// Differs whenever the content does.
    pub revision: u64,
}

impl Reference {
    fn new(
        jurisdiction: Jurisdiction,
        areas: Vec<Area>,
        shapes: Vec<AreaShape>,
        places: Vec<NamedPlace>,
        revision: u64,
    ) -> Self {
        let index = AreaIndex::new(shapes);
        Self { jurisdiction, index, areas, places, names: Mutex::default(), revision }
    }

    pub fn area(&self, id: &AreaId) -> Option<&Area> {
        self.index.get(id)
    }

    pub fn area_name(&self, id: Option<&AreaId>) -> Option<String> {
        self.area(id?).map(|a| a.name.clone())
    }

    /// The areas and everything below them, sorted, each once; areas that do not exist are left out.
    pub fn expand(&self, roots: &[AreaId]) -> Vec<AreaId> {
        let known: Vec<AreaId> = roots.iter().filter(|r| self.area(r).is_some()).cloned().collect();
        self.index.tree().with_descendants(&known)
    }

    /// Names of cells, in the order asked; each is worked out once.
    pub fn cell_places(&self, cells: &[Cell]) -> Vec<CellPlace> {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let mut namer = None;
        cells
            .iter()
            .map(|cell| {
                if let Some(known) = names.get(cell) {
                    return known.clone();
                }
                let namer = namer.get_or_insert_with(|| PlaceNamer::new(&self.index, &self.places));
                let area = self.index.finest_at(cell.centre()).map(|a| a.id.clone());
                let place: CellPlace = (namer.cell_name(*cell).into(), area);
                names.insert(*cell, place.clone());
                place
            })
            .collect()
    }

    /// Whether an area exists and the caller's scope holds it.
    pub fn visible(&self, id: &AreaId, scope: &AreaScope) -> bool {
        self.area(id).is_some() && scope.allows(Some(id))
    }
}

/// All jurisdictions' geography.
#[derive(Default)]
pub struct References(Mutex<HashMap<JurisdictionId, Entry>>);

#[derive(Clone)]
struct Entry {
    reference: Arc<Reference>,
    checked: Instant,
}

impl References {
    /// # Errors
    /// Of the store; `NotFound` when there is no such jurisdiction.
    pub async fn get(&self, store: &DynStore, id: &JurisdictionId) -> Result<Arc<Reference>, StoreError> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned();
        if let Some(entry) = &known
            && entry.checked.elapsed() < COMPARE_AFTER
        {
            return Ok(Arc::clone(&entry.reference));
        }
        let scope = Scope::system(id.clone(), "api");
        let areas = store.areas(&scope).await?;
        let reference = match known {
            Some(entry) if areas == entry.reference.areas => entry.reference,
            other => {
                let all = store.jurisdictions().await?;
                let jurisdiction = all.into_iter().find(|j| j.id == *id).ok_or(StoreError::NotFound("jurisdiction"))?;
                let shapes = store.area_shapes(&scope).await?;
                let places = store.places(&scope).await?;
                let revision = other.map_or(1, |e| e.reference.revision + 1);
                Arc::new(Reference::new(jurisdiction, areas, shapes, places, revision))
            }
        };
        let entry = Entry { reference: Arc::clone(&reference), checked: Instant::now() };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), entry);
        Ok(reference)
    }

    /// Read everything again at the next call.
    pub fn forget(&self, id: &JurisdictionId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

//! Counts for data quality, kept for a short while: a million records take seconds to read.
//!
//! Kept counts are used as long as nothing has changed, a minute at most. When something has, they are counted anew,
//! unless counting took long: then what was counted stands for twenty times as long as it took. The answer says when
//! it was counted.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::{
    domain::{
        ids::{AreaId, JurisdictionId},
        scope::{AreaScope, Scope},
        time::Zone,
    },
    report::quality::QualityCounter,
    store::{DynStore, Result},
};

const LONGEST: Duration = Duration::from_secs(60);
const QUICK: Duration = Duration::from_millis(300);
const TIMES_ITS_COST: u32 = 20;
/// Views that are kept; there are as many as catchments that look.
const MOST: usize = 32;

/// Whose, and which areas of it; `None` is all.
type View = (JurisdictionId, Option<Vec<AreaId>>);

#[derive(Default)]
pub struct QualityCache(Mutex<HashMap<View, Kept>>);

struct Kept {
    counter: Arc<QualityCounter>,
    revision: u64,
    at: Instant,
    took: Duration,
}

impl Kept {
    /// How long it stands although something has changed: not at all where counting is quick.
    fn costly_for(&self) -> Duration {
        if self.took < QUICK { Duration::ZERO } else { self.took * TIMES_ITS_COST }
    }
}

impl QualityCache {
    /// The counts for a scope, counted anew where that is due.
    ///
    /// # Errors
    /// Of the store.
    pub async fn counts(
        &self,
        store: &DynStore,
        scope: &Scope,
        revision: u64,
        now: chrono::DateTime<chrono::Utc>,
        zone: Zone,
    ) -> Result<Arc<QualityCounter>> {
        let areas = if let AreaScope::Only(areas) = &scope.areas { Some(areas.clone()) } else { None };
        let view = (scope.jurisdiction.clone(), areas);
        if let Some(kept) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&view) {
            let age = kept.at.elapsed();
            let fresh = if kept.revision == revision { age < LONGEST } else { age < kept.costly_for() };
            if fresh {
                return Ok(Arc::clone(&kept.counter));
            }
        }
        let began = Instant::now();
        let mut counter = QualityCounter::new(now, zone);
        store.quality_rows(scope, QualityCounter::since(now), &mut |row| counter.observe(&row)).await?;
        let counter = Arc::new(counter);
        let kept = Kept { counter: Arc::clone(&counter), revision, at: Instant::now(), took: began.elapsed() };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(view, kept);
        Ok(counter)
    }
}

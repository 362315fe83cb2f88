//! Placing stored events again, when outlines, names or fall-back points became known after them.

use anyhow::Context;

use super::Placer;
use crate::{
    domain::{event::Event, ids::SourceId, place::PointKey, scope::Scope},
    ingest::{FallbackCounter, Learned, Mapping},
    store::DynStore,
};

/// Events in a page.
const PAGE: u32 = 2_000;

/// Judge every stored event's place anew; answers how many changed. Places are derived, so no version is added.
///
/// # Errors
/// When the store fails; what was replaced until then stands.
pub async fn replace_all(store: &DynStore, scope: &Scope) -> anyhow::Result<u64> {
    let placer = Placer::load(store, scope, None).await.context("reading areas and places")?;
    let mut after = None;
    let mut changed = 0;
    loop {
        let page = store.events_after(scope, after, PAGE).await.context("reading events")?;
        let Some(last) = page.last() else { return Ok(changed) };
        after = Some(last.id);
        changed += store_moved(store, scope, &placer, &page).await?;
    }
}

/// Place the events of one source that stand on points which are known as fall-backs now, and were not when they came.
pub(super) async fn place_fallbacks(
    store: &DynStore,
    scope: &Scope,
    source: &SourceId,
    points: &[PointKey],
) -> anyhow::Result<u64> {
    let mut placer = Placer::load(store, scope, None).await.context("reading areas and places")?;
    placer.set_fallback(source.clone(), points.iter().copied());
    let mut after = None;
    let mut changed = 0;
    loop {
        let page = store.unmarked_at(scope, source, points, after, PAGE).await.context("reading events")?;
        let Some(last) = page.last() else { return Ok(changed) };
        after = Some(last.id);
        changed += store_moved(store, scope, &placer, &page).await?;
    }
}

/// Look for fall-back points among a source's stored events: what a feed that comes in small pieces shows
/// only over time. Answers how many events were placed anew.
///
/// # Errors
/// When the store fails.
pub async fn refresh_fallbacks(store: &DynStore, scope: &Scope, source: &SourceId) -> anyhow::Result<u64> {
    let known = store.sources(scope).await.context("reading the sources")?;
    let Some(mut stored) = known.into_iter().find(|s| s.id == *source) else { return Ok(0) };
    let spec = Mapping::parse(&stored.mapping, "the stored mapping").ok().and_then(|m| m.place.fallback);
    let Some(spec) = spec else { return Ok(0) };
    let mut counter = FallbackCounter::new(spec);
    let mut after = None;
    loop {
        let page = store.given_points(scope, source, after, PAGE).await.context("reading points")?;
        let Some(last) = page.last() else { break };
        after = Some(last.0);
        for (_, point, address, _) in &page {
            counter.observe(*point, address.as_deref().unwrap_or(""));
        }
    }
    let mut learned = Learned::of(&stored.mapping);
    if !learned.add_points(&counter.fallback_points()) {
        return Ok(0);
    }
    // Before the points are written down: a run that is killed in between finds them as news again.
    let moved = place_fallbacks(store, scope, source, &learned.points()).await?;
    stored.mapping = learned.written_into(&stored.mapping);
    store.put_source(scope, &stored).await.context("storing the source")?;
    Ok(moved)
}

async fn store_moved(store: &DynStore, scope: &Scope, placer: &Placer, events: &[Event]) -> anyhow::Result<u64> {
    let moved: Vec<Event> = events.iter().filter_map(|e| placer.place_again(e)).collect();
    if !moved.is_empty() {
        store.replace_locations(scope, &moved).await.context("re-placing events")?;
    }
    Ok(moved.len() as u64)
}

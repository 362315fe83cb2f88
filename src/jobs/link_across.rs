//! Linking what is due with other jurisdictions, under agreements in force. By whom, and why once: see [`super::link`].
//!
//! Limits: weights are learned from both sides' events together, so a pair of feeds that hardly ever meet at the border
//! is judged by what agrees in the others. A person's word is about events of one jurisdiction; of a foreign event
//! nobody can say anything, because nobody is shown it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;

use super::link::{blocks_that_see, options, own, window};
use crate::{
    clock::DynClock,
    domain::{
        agreement::{Agreement, AgreementState},
        ids::{EventId, JurisdictionId},
        incident::Sighting,
        scope::Scope,
    },
    link::{self, LinkOptions},
    store::{DynStore, JobKind},
};

/// Link what is due with every jurisdiction that this one is the keeper for, and tell the keepers of the others.
///
/// # Errors
/// When the store fails; days that were not finished stay due.
pub(super) async fn link_across(store: &DynStore, clock: &DynClock, scope: &Scope) -> anyhow::Result<()> {
    let agreements = store.agreements(scope).await?;
    for agreement in agreements.iter().filter(|a| a.state() == AgreementState::InForce) {
        let keeper = Scope::system(agreement.keeper().clone(), "link");
        if keeper.jurisdiction == scope.jurisdiction {
            link_pair(store, &keeper, agreement).await?;
        } else if !store.agreement_due(&keeper, agreement.id).await?.is_empty() {
            store.enqueue(&keeper, &[JobKind::RefreshAreas.at(clock.now())]).await?;
        }
    }
    Ok(())
}

async fn link_pair(store: &DynStore, keeper: &Scope, agreement: &Agreement) -> anyhow::Result<()> {
    let due = store.agreement_due(keeper, agreement.id).await?;
    if due.is_empty() {
        return Ok(());
    }
    let sides = agreement.sides().map(|side| Scope::system(side.clone(), "link"));
    let mut decisions = Vec::new();
    for side in &sides {
        decisions.extend(store.link_decisions(side).await?);
    }
    let [a, b] = agreement.sides();
    let options = LinkOptions { agreements: BTreeSet::from([(a.clone(), b.clone())]), ..options(&decisions) };
    let blocks: BTreeSet<i32> = due.iter().flat_map(|(day, _)| blocks_that_see(*day)).collect();
    for block in blocks {
        let mut sightings = Vec::new();
        for side in &sides {
            sightings.extend(store.sightings(side, window(block)).await.context("reading events to link")?);
        }
        let options = options.clone();
        let found = tokio::task::spawn_blocking(move || told_of_both(block, &sightings, &options));
        let mut found = found.await.context("linking was interrupted")?;
        for side in &sides {
            let events = found.remove(&side.jurisdiction).unwrap_or_default();
            store
                .put_told_elsewhere(side, agreement.id, block, &events)
                .await
                .context("storing what others tell of")?;
        }
    }
    store.agreement_settled(keeper, agreement.id, &due).await.context("noting what was linked")
}

/// Events of either side that are one occurrence with events of the other and whose first report is of the block's days.
fn told_of_both(
    block: i32,
    sightings: &[Sighting],
    options: &LinkOptions,
) -> BTreeMap<JurisdictionId, BTreeSet<EventId>> {
    let mut found: BTreeMap<JurisdictionId, BTreeSet<EventId>> = BTreeMap::new();
    let own = own(block);
    let owners: BTreeSet<&JurisdictionId> = sightings.iter().map(|s| &s.jurisdiction).collect();
    if owners.len() < 2 || !sightings.iter().any(|s| own.contains(s.event_day)) {
        return found;
    }
    let of: BTreeMap<EventId, &Sighting> = sightings.iter().map(|s| (s.id, s)).collect();
    for group in link::link(sightings, options).incidents {
        let members: Vec<&Sighting> = group.events.iter().map(|id| of[id]).collect();
        let crosses = members.iter().any(|s| s.jurisdiction != members[0].jurisdiction);
        if crosses && own.contains(members[0].event_day) {
            for s in members {
                found.entry(s.jurisdiction.clone()).or_default().insert(s.id);
            }
        }
    }
    found
}

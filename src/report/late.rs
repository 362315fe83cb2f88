//! What the newest buckets of a table come to when all reports are in.
//!
//! How late reports are is not known here: the caller hands in the correction, made from counts by feed and day.

use std::collections::BTreeMap;

use super::trends::{Measure, Tree, TrendQuery, TrendTable, counted};
use crate::domain::{area::Area, event::EventFact, ids::SourceId, series::NowcastTotal, time::DayRange};

/// Counts by feed, a value for every day of a range.
pub type ByFeed = BTreeMap<SourceId, Vec<u32>>;

/// Fill in the nowcasts of buckets that are not complete and begin within `recent`. `facts` are those of `recent`
/// (days before the table's own may be among them); `correct` gets a bucket's count, the counts behind it over
/// `recent`, and the bucket's days so far.
pub fn add_nowcasts(
    table: &mut TrendTable,
    facts: &[EventFact],
    areas: &[Area],
    query: &TrendQuery,
    recent: DayRange,
    correct: impl Fn(u32, &ByFeed, DayRange) -> Option<NowcastTotal>,
) {
    if query.measure == Measure::Quantity {
        return;
    }
    let query = TrendQuery { days: recent, ..query.clone() };
    let tree = Tree::new(areas, &query);
    let mut lines: BTreeMap<String, ByFeed> = BTreeMap::new();
    for fact in counted(facts, &query).filter(|f| tree.selects(f.area.as_ref())) {
        let (Some((id, _)), Some(at)) = (tree.key(fact, &query), recent.index(fact.event_day)) else { continue };
        let feed = lines.entry(id).or_default().entry(fact.source.clone()).or_insert_with(|| vec![0; recent.len()]);
        feed[at] += 1;
    }
    for line in &mut table.series {
        let Some(by_feed) = lines.get(&line.id) else { continue };
        for (i, bucket) in table.buckets.iter().enumerate() {
            let range = DayRange::new(bucket.from, bucket.to.min(recent.to));
            let (Some(range), Some(count)) =
                (range.filter(|r| !bucket.complete && r.from >= recent.from), line.values[i])
            else {
                continue;
            };
            line.nowcast[i] = correct(u32::try_from(count).unwrap_or(u32::MAX), by_feed, range);
        }
    }
}

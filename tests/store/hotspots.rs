//! Hot spots of the latest run that had any.

use emberwatch::{
    domain::{
        event::EventKind,
        hotspot::{Hotspot, HotspotCategory, HotspotLevel, HotspotMap, HotspotSummary},
        ids::RunId,
        place::Point,
        time::DayRange,
    },
    store::StoredAnalysis,
};

use crate::{
    Db,
    findings::{analysis, method, run},
    on_both,
    world::{all_of, may_day, settled, uuid},
};

on_both! {
    hot_spots_are_those_of_the_last_run_that_had_any,
}

/// A cell at each of two resolutions: one with every field, one of which nothing can be said.
fn hotspot_map(run: u128, resolutions: [u8; 2]) -> HotspotMap {
    let cell = |r: u8| Point::new(44.8, -68.77).unwrap().cell(r.try_into().unwrap());
    let told = Hotspot {
        cell: cell(resolutions[0]),
        category: Some(HotspotCategory::IntensifyingHot),
        previous: Some(HotspotCategory::PersistentHot),
        since: Some(may_day(1)),
        events: 40,
        nearby_events: 55,
        weeks_hot: 50,
        weeks_cold: 0,
        recent: "..hh?c".into(),
        z: 0.1 + 0.2,
        p_value: f64::MIN_POSITIVE,
        trend_z: Some(2.5),
        trend_p: Some(0.0124),
    };
    let few = Hotspot {
        cell: cell(resolutions[1]),
        category: None,
        previous: None,
        since: None,
        trend_z: None,
        trend_p: None,
        ..told.clone()
    };
    let level = |resolution| HotspotLevel { resolution, cells: 1, placed: 0.25, told: 2.0 / 3.0, critical_p: 0.001 };
    let summary = HotspotSummary {
        run: RunId(uuid(run)),
        as_of: may_day(2),
        kind: EventKind::Overdose,
        weeks: DayRange::ending(may_day(1), 364),
        silent_weeks: 1,
        late_weeks: 0,
        needed: 10,
        resolution: resolutions[1],
        levels: resolutions.map(level).into(),
        method: method(),
    };
    HotspotMap { summary, cells: vec![told, few] }
}

async fn hot_spots_are_those_of_the_last_run_that_had_any(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    assert_eq!(db.store.hotspots(&me, None).await.unwrap(), None);
    let first = hotspot_map(1, [5, 7]);
    let stored = StoredAnalysis { hotspots: Some(first.clone()), ..analysis(run(1, 2)) };
    for _ in 0..2 {
        db.store.put_analysis(&me, &stored).await.unwrap();
        assert_eq!(db.store.hotspots(&me, None).await.unwrap(), Some(first.clone()));
    }
    let fine = db.store.hotspots(&me, Some(7)).await.unwrap().unwrap();
    assert_eq!((&fine.summary, &fine.cells[..]), (&first.summary, &first.cells[1..]));
    assert_eq!(db.store.hotspots(&me, Some(6)).await.unwrap().unwrap().cells, []);
    // A run without any leaves them; one with others takes their place; nobody else's are touched.
    db.store.put_analysis(&me, &analysis(run(2, 3))).await.unwrap();
    assert_eq!(db.store.hotspots(&me, None).await.unwrap(), Some(first));
    let second = hotspot_map(3, [6, 8]);
    let stored = StoredAnalysis { hotspots: Some(second.clone()), ..analysis(run(3, 4)) };
    db.store.put_analysis(&me, &stored).await.unwrap();
    assert_eq!(db.store.hotspots(&me, None).await.unwrap(), Some(second));
    assert_eq!(db.store.hotspots(&all_of("nh"), None).await.unwrap(), None);
}

//! Both databases give the same answers for the same history.

use std::fmt::Write;

use chrono::Duration;
use emberwatch::{
    domain::{
        alert::Tier,
        event::{Event, EventKind},
        forecast::ForecastLevel,
        time::DayRange,
    },
    store::{EventQuery, StoredAnalysis},
};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::{
    Db,
    findings::{alert, analysis, forecast, run, signal},
    world::{all_of, append, area, corrected, event, feed, may, may_day, only, settled},
};

#[tokio::test]
async fn a_seeded_history_reads_the_same_from_both_databases() {
    let Some(postgres) = Db::postgres().await else { return };
    let sqlite = Db::sqlite().await;
    for seed in 1..=3 {
        live(&sqlite, seed).await;
        live(&postgres, seed).await;
        let (ours, theirs) = (read(&sqlite).await, read(&postgres).await);
        assert!(ours.len() > 10_000, "hardly anything was read");
        for (a, b) in ours.lines().zip(theirs.lines()) {
            assert_eq!(a, b);
        }
        assert_eq!(ours.len(), theirs.len());
    }
}

fn below(random: &mut Xoshiro256PlusPlus, n: u64) -> u64 {
    random.next_u64() % n
}

/// Events, corrections, withdrawals and a run, all from one seed.
async fn live(db: &Db, seed: u64) {
    settled(db).await;
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let towns = ["bangor", "orono", "state"];
    let mut heads: Vec<Event> = Vec::new();
    for step in 0..12 {
        let mut batch = Vec::new();
        for n in 0..below(&mut random, 30) {
            let town = towns[below(&mut random, 3) as usize];
            let mut new = event(&format!("{seed}-{step}-{n}-é\u{1F525}"), town, 1 + below(&mut random, 28) as u32);
            new.occurred_at += Duration::microseconds(below(&mut random, 1_000_000) as i64);
            new.kind = EventKind::ALL[below(&mut random, 3) as usize];
            new.location.uncertainty_m = Some(below(&mut random, 1 << 53) as f64 / 1e7);
            heads.push(new.clone());
            batch.push(new);
        }
        if !heads.is_empty() {
            let at = below(&mut random, heads.len() as u64) as usize;
            if batch.iter().all(|e| e.id != heads[at].id) {
                let mut next = corrected(&heads[at], 29);
                next.received_at += Duration::hours(step);
                next.withdrawn = below(&mut random, 3) == 0;
                heads[at] = next.clone();
                batch.push(next);
            }
        }
        append(db, &batch).await;
    }
    let n = u128::from(seed);
    let found = StoredAnalysis {
        signals: (1..9).map(|k| signal(n, n * 100 + k, 1 + k as u32 % 3, "bangor", 1e3 / k as f64)).collect(),
        alerts: (1..9).map(|k| (alert(n * 100 + k, "orono", Tier::ALL[k as usize % 2], k as u32), None)).collect(),
        forecasts: vec![forecast(n, ForecastLevel::Cell, None), forecast(n, ForecastLevel::Area, Some("bangor"))],
        ..analysis(run(n, seed as u32))
    };
    db.store.put_analysis(&all_of("me"), &found).await.unwrap();
}

/// Everything that can be asked, as text.
async fn read(db: &Db) -> String {
    let mut out = String::new();
    let store = &db.store;
    for scope in [all_of("me"), all_of("pa"), only(&["bangor"]), only(&["orono", "bangor"])] {
        for query in [
            EventQuery::default(),
            EventQuery { kinds: vec![EventKind::Naloxone, EventKind::Outreach], ..EventQuery::default() },
            EventQuery { days: DayRange::new(may_day(5), may_day(20)), ..EventQuery::default() },
            EventQuery { as_of: Some(may(20)), area: Some(area("state")), ..EventQuery::default() },
            EventQuery { received_after: Some(may(25)), ..EventQuery::default() },
        ] {
            writeln!(out, "{:#?}", store.facts(&scope, &query).await.unwrap()).unwrap();
            let mut cursor = None;
            loop {
                let page = store.event_page(&scope, &query, cursor.as_deref(), 7).await.unwrap();
                writeln!(out, "{:#?}", page.events).unwrap();
                let Some(next) = page.next else { break };
                writeln!(out, "{next}").unwrap();
                cursor = Some(next);
            }
        }
        writeln!(out, "{:?}", store.newest(&scope).await.unwrap()).unwrap();
        writeln!(out, "{:#?}", store.freshness(&scope).await.unwrap()).unwrap();
        writeln!(out, "{:#?}", store.given_points(&scope, &feed(), None, 999).await.unwrap()).unwrap();
        writeln!(out, "{:#?}", store.events_after(&scope, None, 999).await.unwrap()).unwrap();
        writeln!(out, "{:#?}", store.signals(&scope, None, 99).await.unwrap()).unwrap();
        writeln!(out, "{:#?}", store.alerts(&scope, &[], None, None, 99).await.unwrap()).unwrap();
        for level in ForecastLevel::ALL {
            writeln!(out, "{:#?}", store.forecasts(&scope, *level, EventKind::Overdose).await.unwrap()).unwrap();
        }
        writeln!(out, "{:?}", store.latest_run(&scope).await.unwrap()).unwrap();
    }
    out
}

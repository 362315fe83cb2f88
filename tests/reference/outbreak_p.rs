//! R surveillance 1.20.3 `outbreakP`, statistic and number of cases needed before an alarm. Tolerance 1e-9.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use emberwatch::detect::outbreak_p::{OutbreakPOptions, outbreak_p};

use crate::reference;

#[test]
fn every_statistic_and_bound_is_that_of_surveillance() {
    let Some(folder) = reference("temporal/outbreakP") else { return };
    let mut expected = csv::Reader::from_path(folder.join("expected.csv")).unwrap();
    let rows: Vec<csv::StringRecord> = expected.records().map(Result::unwrap).collect();
    let series: Vec<u32> = rows.iter().map(|row| row[1].parse().unwrap()).collect();
    let days = outbreak_p(&series, &OutbreakPOptions::default());
    assert!(!rows.is_empty());
    for (row, day) in rows.iter().zip(days) {
        let value: f64 = row[2].parse().unwrap();
        assert!((day.score.unwrap() / value - 1.0).abs() <= 1e-9, "{row:?}: {day:?}");
        assert_eq!(day.alarm, Some(&row[3] == "1"), "{row:?}");
        match &row[4] {
            // No bound: of the first count, which has nothing before it, and where any count would do.
            "NA" => assert!(day.upper_bound.is_none() || day.upper_bound == Some(0.0), "{row:?}: {day:?}"),
            cases => assert_eq!(day.upper_bound, Some(cases.parse().unwrap()), "{row:?}"),
        }
    }
}

//! Indicators into tables: what an analyst downloads and what a programme hands in each month.
//!
//! - [`trends()`]: events by place, kind, source or outcome × day, week, month, quarter or year, with
//!   rates and exact intervals. Times are when things happened (`event_day`), never when they were told.
//! - [`composite()`]: the state composite, each overdose once however many sources tell of it.
//! - [`monthly()`]: the outreach report counted from the contacts that were logged, so that nobody
//!   enters anything twice.
//! - [`quality`]: how fresh, late, complete and readable each source is, beside the period before.
//! - [`csv`]: a writer whose cells no spreadsheet takes for a formula.
//!
//! A rate never stands without its counts, and a bucket that is not over says so. To add a report:
//! one file here, a pure function from domain values to a table, and its line in this list.

mod buckets;
mod composite;
pub mod csv;
mod interval;
mod late;
mod monthly;
pub mod quality;
mod trends;

pub use self::{
    buckets::{Bucket, BucketSpan, Month, buckets},
    composite::{Composite, CompositeCounts, composite},
    interval::{IntervalMethod, Share, poisson_interval, wilson},
    late::{ByFeed, add_nowcasts},
    monthly::{MonthlyReport, OutreachCounts, ReferralCount, monthly},
    trends::{By, Measure, TrendQuery, TrendSeries, TrendTable, trends},
};

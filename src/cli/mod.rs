//! One file per command; thin.

pub mod backtest;
pub mod forecast;
mod study;

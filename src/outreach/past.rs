//! The known past of a catchment, as a brief asks for it: a year is counted, and only recent weeks are read.

use std::{collections::HashSet, fmt};

use chrono::{DateTime, Utc};

use crate::domain::{event::EventFact, ids::IncidentId, time::DayRange};

/// Facts of the catchment alone. Days are those that the reports bear.
pub trait Past: fmt::Debug {
    /// What was reported of these days, by day.
    fn on(&self, days: DayRange) -> Vec<&EventFact>;

    /// Overdoses of these days, each incident once.
    fn overdoses(&self, days: DayRange) -> usize;

    /// Reports of overdoses of these days that were received after an instant.
    fn received_after(&self, at: DateTime<Utc>, days: DayRange) -> Vec<&EventFact>;

    /// How many of these incidents no report of these days had told as an overdose by an instant.
    fn unknown_at(&self, at: DateTime<Utc>, incidents: HashSet<IncidentId>, days: DayRange) -> usize;
}

//! Which columns tell when it happened, when it was written, and when it came.

use super::{
    guess::Guess,
    profile::Profile,
    table::Table,
    times::{self, TimesFound},
    words::{self, Role},
};
use crate::domain::time::Zone;

/// The time of the occurrence, as one or two columns.
#[derive(Debug, Clone, Default)]
pub(super) struct When {
    pub columns: Vec<usize>,
    pub times: TimesFound,
}

impl Guess {
    pub(super) fn times(&mut self, table: &Table) {
        let is_time = |p: &Profile| p.times.is_some();
        let free = |g: &Self, at: usize| !g.used.contains(&at);
        let mut received = self.best(Role::Received, is_time);
        let reported = self.best(Role::Reported, is_time);
        let by_name = self.best(Role::Occurred, |p| is_time(p) && !words::is_of_receipt(&p.name));
        let any = (0..self.profiles.len()).find(|at| {
            free(self, *at) && is_time(&self.profiles[*at]) && !words::is_of_receipt(&self.profiles[*at].name)
        });
        let mut when = by_name
            .or(any)
            .or(reported)
            .or(received)
            .map(|at| When { columns: vec![at], times: self.profiles[at].times.clone().unwrap_or_default() });
        let by_sound = (0..self.profiles.len()).find(|at| {
            let p = &self.profiles[*at];
            free(self, *at) && is_time(p) && words::is_of_receipt(&p.name) && reported != Some(*at)
        });
        received = received.or(by_sound);
        let inner = (0..self.profiles.len()).find(|at| free(self, *at) && self.profiles[*at].inside.is_some());
        if let Some(inner) = inner {
            let found = self.profiles[inner].inside.clone().unwrap_or_default();
            let outer = when.as_ref().map(|w| w.columns[0]).or(received);
            if let Some(outer) = outer.filter(|_| self.comes_first(table, (inner, &found), outer)) {
                self.doubt(format!(
                    "\"{}\" comes after the time that stands inside \"{}\" on nearly every row: the inner time is taken for the occurrence, \"{}\" for the receipt",
                    self.name(outer), self.name(inner), self.name(outer)
                ));
                received = Some(outer);
                when = Some(When { columns: vec![inner], times: found });
            } else if outer.is_none() {
                when = Some(When { columns: vec![inner], times: found });
            }
        }
        let Some(mut when) = when else {
            self.doubt("no column of times was found; name it in [time] occurred_at".into());
            return;
        };
        let first = when.columns[0];
        self.used.insert(first);
        self.roles.insert(Role::Occurred, first);
        self.clock_beside(&mut when);
        if words::is_of_receipt(self.name(first)) {
            let name = self.name(first);
            self.doubt(format!("\"{name}\" sounds like the time of the report, but no other time was found; if so set [time] precision = \"reported_day\""));
        }
        self.doubt_times(&when);
        self.give(Role::Received, received.filter(|at| !self.used.contains(at)));
        self.give(Role::Reported, reported.filter(|at| !self.used.contains(at)));
        if !self.roles.contains_key(&Role::Received) {
            self.doubt("no column tells when a row was first available: it counts as received when it is read, so the past can't be replayed as it was known then (see assume_received_after)".into());
        }
        self.when = Some(when);
    }

    /// Whether the time inside a text precedes another column's on nearly every row, by hours at most.
    fn comes_first(&self, table: &Table, inner: (usize, &TimesFound), outer: Option<usize>) -> bool {
        let Some(outer) = outer else { return false };
        let Some(outer_times) = &self.profiles[outer].times else { return false };
        let rows = table.rows.len();
        let mut lags: Vec<i64> = (0..rows)
            .step_by((rows / 300).max(1))
            .filter_map(|r| times::lag(inner.1, table.get(r, inner.0), outer_times, table.get(r, outer), Zone::UTC))
            .collect();
        lags.sort_unstable();
        let late = lags.iter().filter(|l| **l >= 0).count();
        !lags.is_empty()
            && late * 100 >= lags.len() * 95
            && lags[lags.len() / 2] > 0
            && lags[lags.len() / 2] < 7 * 86_400
    }

    /// A date and, in another column, its time of day.
    fn clock_beside(&mut self, when: &mut When) {
        if !when.times.days || when.times.stamped_midnight {
            return;
        }
        let Some(at) = self.best(Role::OccurredTime, |p| p.clock.is_some()) else { return };
        let Some(clock) = self.profiles[at].clock else { return };
        let date = when.times.formats.first().map_or("%Y-%m-%d", String::as_str);
        when.times.formats = vec![format!("{date} {clock}")];
        when.times.days = false;
        when.columns.push(at);
        self.used.insert(at);
        self.roles.insert(Role::OccurredTime, at);
    }

    fn doubt_times(&mut self, when: &When) {
        let name = self.name(when.columns[0]).to_owned();
        let times = &when.times;
        if times.ambiguous {
            let format = times.formats.first().cloned().unwrap_or_default();
            self.doubt(format!(
                "in \"{name}\" day and month can't be told apart in any row; read as {format}, month first"
            ));
        }
        if times.read < 0.999 {
            let share = (1.0 - times.read) * 100.0;
            self.doubt(format!(
                "{share:.1} % of the texts in \"{name}\" are not such times and will wait in quarantine"
            ));
        }
        if times.stamped_midnight {
            self.doubt(format!(
                "most times in \"{name}\" stand on one or two hours of the clock: they are taken for days"
            ));
        }
    }
}

//! Limits on signing in: 5 failures in 15 minutes for one login, 30 for one address.
//!
//! Counted in memory by each process; a restart forgets, which costs an attacker more than it gives.
//! The same limit answers for logins that do not exist, so it tells nothing about who has an account.

use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, Duration, Utc};

const WINDOW: Duration = Duration::minutes(15);
const PER_LOGIN: usize = 5;
const PER_ADDRESS: usize = 30;
/// More keys than this are swept of old entries, so that memory stays bounded under attack.
const SWEEP_AT: usize = 10_000;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Login(String),
    Address(IpAddr),
}

/// Failed attempts of the last quarter of an hour.
#[derive(Debug, Default)]
pub struct LoginLimits(Mutex<HashMap<Key, VecDeque<DateTime<Utc>>>>);

impl LoginLimits {
    /// Seconds to wait, when there were too many failures.
    pub fn must_wait(&self, login: &str, address: Option<IpAddr>, now: DateTime<Utc>) -> Option<u64> {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys(login, address)
            .into_iter()
            .filter_map(|key| {
                let limit = if matches!(key, Key::Login(_)) { PER_LOGIN } else { PER_ADDRESS };
                let times = failures.get_mut(&key)?;
                forget_old(times, now);
                let from = times.len().checked_sub(limit)?;
                let wait = times[from] + WINDOW - now;
                Some(u64::try_from(wait.num_seconds()).unwrap_or(0).max(1))
            })
            .max()
    }

    /// An attempt, which counts as a failure until [`Self::succeeded`] says otherwise: guesses sent at the
    /// same moment are all counted before the first is answered.
    pub fn attempt(&self, login: &str, address: Option<IpAddr>, now: DateTime<Utc>) {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() > SWEEP_AT {
            failures.retain(|_, times| {
                forget_old(times, now);
                !times.is_empty()
            });
        }
        for key in keys(login, address) {
            failures.entry(key).or_default().push_back(now);
        }
    }

    /// A right password clears the login's failures; of the address's only this attempt is taken back.
    pub fn succeeded(&self, login: &str, address: Option<IpAddr>) {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys(login, address) {
            match (&key, failures.get_mut(&key)) {
                (Key::Address(_), Some(times)) => drop(times.pop_back()),
                _ => drop(failures.remove(&key)),
            }
        }
    }
}

fn keys(login: &str, address: Option<IpAddr>) -> Vec<Key> {
    // Only as much of a login as an account could have: the map must not store what it is sent.
    let login = login.chars().take(100).collect::<String>().to_lowercase();
    std::iter::once(Key::Login(login)).chain(address.map(Key::Address)).collect()
}

fn forget_old(times: &mut VecDeque<DateTime<Utc>>, now: DateTime<Utc>) {
    while times.front().is_some_and(|t| *t + WINDOW <= now) {
        times.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + 60 * minute, 0).unwrap()
    }

    #[test]
    fn five_failures_close_a_login_for_the_rest_of_the_quarter_hour() {
        let limits = LoginLimits::default();
        for minute in 0..5 {
            assert_eq!(limits.must_wait("ann", None, at(minute)), None);
            limits.attempt("Ann", None, at(minute));
        }
        assert_eq!(limits.must_wait("ann", None, at(5)), Some(600));
        assert_eq!(limits.must_wait("bob", None, at(5)), None);
        assert_eq!(limits.must_wait("ann", None, at(15)), None);
    }

    #[test]
    fn thirty_failures_close_an_address_whatever_the_login() {
        let limits = LoginLimits::default();
        let address = Some(IpAddr::from([192, 0, 2, 1]));
        for n in 0..30 {
            limits.attempt(&format!("user{n}"), address, at(0));
        }
        assert!(limits.must_wait("somebody", address, at(1)).is_some());
        assert_eq!(limits.must_wait("somebody", Some(IpAddr::from([192, 0, 2, 2])), at(1)), None);
    }

    #[test]
    fn a_right_password_opens_the_login_again() {
        let limits = LoginLimits::default();
        for _ in 0..4 {
            limits.attempt("ann", None, at(0));
        }
        limits.succeeded("ann", None);
        limits.attempt("ann", None, at(1));
        assert_eq!(limits.must_wait("ann", None, at(1)), None);
    }
}

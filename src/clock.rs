//! The only place that reads the clock; everything else is told what time it is.

use std::{
    cell::RefCell,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use chrono::{DateTime, Utc};

pub trait Clock: Send + Sync {
    fn now(&self) -> DateTime<Utc>;
}

pub type DynClock = Arc<dyn Clock>;

/// The machine's clock, in UTC.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// A clock that stands still until it is moved: for tests and for the demo's frozen time.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    pub fn at(now: DateTime<Utc>) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(now.timestamp_micros())))
    }

    pub fn set(&self, now: DateTime<Utc>) {
        self.0.store(now.timestamp_micros(), Ordering::SeqCst);
    }

    pub fn advance(&self, by: chrono::Duration) {
        self.0.fetch_add(by.num_microseconds().unwrap_or(0), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0.load(Ordering::SeqCst)).unwrap_or_default()
    }
}

/// The operating system is asked for the randomness of so many ids at a time.
const AT_A_TIME: usize = 100;

/// Ten bytes that were never given out before.
fn random_bytes() -> [u8; 10] {
    thread_local! {
        static POOL: RefCell<Vec<[u8; 10]>> = const { RefCell::new(Vec::new()) };
    }
    POOL.with_borrow_mut(|pool| {
        if pool.is_empty() {
            let mut bytes = [0u8; 10 * AT_A_TIME];
            getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
            pool.extend(bytes.as_chunks::<10>().0);
        }
        pool.pop().expect("the pool was just filled")
    })
}

/// A fresh UUIDv7 for rows that people and feeds create. The time comes from the clock that is given;
/// the rest is the operating system's randomness.
pub fn new_id(clock: &dyn Clock) -> uuid::Uuid {
    let random = random_bytes();
    let millis = u64::try_from(clock.now().timestamp_millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

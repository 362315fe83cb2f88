//! When to try again.
//!
//! Half a minute after the first failure, then twice as long each time, up to an hour, each wait made
//! up to a fifth longer or shorter so that a thousand messages do not come back at once. The jitter is
//! derived from the message's id and the attempt, so the schedule needs no random numbers and can be
//! computed again. An outage of three days must lose nothing, so giving up comes after four.

use chrono::{DateTime, Duration, Utc};

use crate::domain::{ids::MessageId, message::OutboxMessage};

const FIRST_WAIT_SECONDS: i64 = 30;
const LONGEST_WAIT_SECONDS: i64 = 3600;

/// Messages older than this are given up.
pub const GIVE_UP_AFTER: Duration = Duration::hours(96);

/// Messages older than this say that they are late.
pub const LATE_AFTER: Duration = Duration::hours(1);

/// When to try next after `attempts` failures (1 or more); `None` gives up.
pub fn next_attempt(message: &OutboxMessage, attempts: u32, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if now - message.created_at >= GIVE_UP_AFTER {
        return None;
    }
    let doublings = attempts.saturating_sub(1).min(20);
    let wait = (FIRST_WAIT_SECONDS << doublings).min(LONGEST_WAIT_SECONDS);
    Some(now + Duration::milliseconds(wait * jitter_per_mille(message.id, attempts)))
}

/// How late a message is by now, if it is late.
pub fn lateness(message: &OutboxMessage, now: DateTime<Utc>) -> Option<Duration> {
    Some(now - message.created_at).filter(|age| *age > LATE_AFTER)
}

/// 800 to 1200, spread evenly over ids and attempts (FNV-1a over both).
fn jitter_per_mille(id: MessageId, attempts: u32) -> i64 {
    let hash =
        id.0.as_bytes()
            .iter()
            .copied()
            .chain(attempts.to_be_bytes())
            .fold(0xcbf2_9ce4_8422_2325_u64, |h, byte| (h ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    800 + ((hash >> 32) % 401) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::message::{Channel, MessageState};

    fn message(n: u32) -> OutboxMessage {
        let at = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        OutboxMessage {
            id: MessageId::derived(&[&n.to_string()]),
            alert: None,
            channel: Channel::Email,
            target: "a@example.org".into(),
            secret: None,
            subject: "s".into(),
            body: "b".into(),
            state: MessageState::Waiting,
            attempts: 0,
            next_attempt_at: at,
            created_at: at,
            last_error: None,
        }
    }

    #[test]
    fn waits_double_up_to_an_hour_within_a_fifth() {
        let m = message(1);
        for (attempts, seconds) in [(1, 30.0), (2, 60.0), (5, 480.0), (8, 3600.0), (90, 3600.0)] {
            let wait = (next_attempt(&m, attempts, m.created_at).unwrap() - m.created_at).num_milliseconds() as f64;
            assert!((wait / 1000.0 - seconds).abs() <= 0.2 * seconds, "{attempts}: {wait}");
        }
    }

    #[test]
    fn messages_do_not_come_back_at_once_but_always_at_the_same_time() {
        let waits: std::collections::BTreeSet<_> =
            (0..100).map(|n| next_attempt(&message(n), 3, message(n).created_at)).collect();
        assert!(waits.len() > 50, "{}", waits.len());
        assert_eq!(
            next_attempt(&message(1), 3, message(1).created_at),
            next_attempt(&message(1), 3, message(1).created_at)
        );
    }

    #[test]
    fn three_days_of_outage_are_outlasted_and_four_are_not() {
        let m = message(1);
        assert!(next_attempt(&m, 80, m.created_at + Duration::hours(72)).is_some());
        assert_eq!(next_attempt(&m, 100, m.created_at + Duration::hours(96)), None);
    }

    #[test]
    fn a_message_is_late_after_an_hour() {
        let m = message(1);
        assert_eq!(lateness(&m, m.created_at + Duration::minutes(59)), None);
        assert_eq!(lateness(&m, m.created_at + Duration::hours(6)), Some(Duration::hours(6)));
    }
}

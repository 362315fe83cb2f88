//! The asking itself: pace, patience, and what is kept of it.

use std::sync::PoisonError;

use anyhow::Context;
use chrono::{DateTime, Duration, Utc};
use tokio::time::{Duration as Wait, Instant};
use tracing::{info, warn};

use super::{
    Closed, LONGEST, Run, Service,
    walk::{Known, Wanted},
};
use crate::{
    domain::{
        ids::RemoteQuestionId,
        remote::{RemoteAnswer, RemoteQuestion, RemoteReply, RemoteService},
    },
    feeds::geocoders::{AskError, RetryAfter},
};

/// A service that does not answer rests so long at first, and twice as long each time …
const FIRST_REST: Duration = Duration::minutes(1);
/// … up to this.
const LONGEST_REST: Duration = Duration::hours(6);
/// A longer wish than this is not believed.
const LONGEST_WISH: Duration = Duration::hours(24);
/// What a busy service asks for is waited for, up to this; longer, and it rests.
const SHORT_WISH: Duration = Duration::seconds(5);
/// So many answers in a row that cannot be read are the service's fault, not the questions'.
const MOST_IN_A_ROW: u32 = 3;
/// A question that alone could not be answered is left alone so long.
const TROUBLE_HOURS: i64 = 6;
/// A process that dies gives a service free after this, beyond the time of an answer.
const LEASE: Duration = Duration::seconds(60);

impl Service {
    /// Wait for its turn.
    async fn pace(&self) {
        let mut next = self.next.lock().await;
        if let Some(at) = *next {
            tokio::time::sleep_until(at).await;
        }
        *next = Some(Instant::now() + Wait::from_secs_f64(1.0 / self.settings.requests_per_second()));
    }

    pub(super) fn is_troubled_by(&self, question: RemoteQuestionId, now: DateTime<Utc>) -> bool {
        let troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        troubles.get(&question).is_some_and(|at| now - *at < Duration::hours(TROUBLE_HOURS))
    }

    fn set_aside(&self, question: RemoteQuestionId, now: DateTime<Utc>) {
        let mut troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        troubles.retain(|_, at| now - *at < Duration::hours(TROUBLE_HOURS));
        troubles.insert(question, now);
    }
}

impl Run<'_> {
    /// Ask a service about some addresses. Each is answered then, or set aside, or the service is closed.
    pub(super) async fn ask(&mut self, service: usize, wanted: Vec<Wanted>, known: &mut Known) -> anyhow::Result<()> {
        let all = self.services;
        let it = &all.all[service];
        let mut sent = 0;
        for batch in wanted.chunks(it.geocoder.most().max(1)) {
            if !self.may_ask(service).await? {
                break;
            }
            tokio::select! {
                () = it.pace() => {}
                () = self.stop.cancelled() => {
                    self.closed.insert(service, Closed::TimeIsUp);
                    break;
                }
            }
            if sent == 0 {
                // Before anything leaves: a run that is killed has told what it was about to do.
                self.audit(&format!("{}: up to {}", it.name, addresses(wanted.len() as u64))).await?;
            }
            let questions: Vec<RemoteQuestion> = batch.iter().map(|(_, question, _)| question.clone()).collect();
            sent += batch.len() as u64;
            match self.patiently(it, &questions).await {
                Ok(replies) => self.heard(service, batch, replies, known).await?,
                Err(e) => self.failed(service, batch, &e).await?,
            }
        }
        if sent > 0 {
            *self.summary.asked.entry(it.name.clone()).or_default() += sent;
            info!(service = it.name, sent, "addresses were sent to another geocoder");
            self.audit(&format!("{}: {} sent", it.name, addresses(sent))).await?;
        }
        Ok(())
    }

    async fn audit(&self, object: &str) -> anyhow::Result<()> {
        let now = self.clock.now();
        self.store.audit(self.scope, "ask-geocoder", object, now).await.context("writing the audit log")
    }

    /// Whether a service may be asked now; closes it where not.
    async fn may_ask(&mut self, service: usize) -> anyhow::Result<bool> {
        let (it, now) = (&self.services.all[service], self.clock.now());
        let why = if let Some(until) = self.rests(service, now) {
            self.summary.again = Some(self.summary.again.map_or(until, |at| at.min(until)));
            Some(Closed::Rests)
        } else if self.stop.is_cancelled() || now - self.began > LONGEST {
            Some(Closed::TimeIsUp)
        } else {
            let answer = Duration::from_std(it.geocoder.longest()).unwrap_or(LEASE);
            let name = format!("geocoder {}", it.name);
            let held = self.store.hold_lease(&name, &self.services.holder, now, answer + LEASE).await;
            if held.context("taking turns with other processes")? {
                None
            } else {
                let later = now + LEASE;
                self.summary.again = Some(self.summary.again.map_or(later, |at| at.min(later)));
                Some(Closed::Elsewhere)
            }
        };
        if let Some(why) = why {
            self.closed.insert(service, why);
        }
        Ok(why.is_none())
    }

    fn rests(&self, service: usize, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let state = self.states.get(&self.services.all[service].name)?;
        state.rests_until.filter(|until| *until > now)
    }

    /// Once more where a busy service names a moment that is near.
    async fn patiently(
        &self,
        it: &Service,
        questions: &[RemoteQuestion],
    ) -> Result<Vec<Option<RemoteReply>>, AskError> {
        let first = it.geocoder.ask(questions, self.within).await;
        let Err(AskError::Busy { again: Some(wish), .. }) = &first else { return first };
        let wish = self.wish(*wish);
        if wish > SHORT_WISH || self.stop.is_cancelled() {
            return first;
        }
        tokio::time::sleep(wish.to_std().unwrap_or_default()).await;
        it.geocoder.ask(questions, self.within).await
    }

    fn wish(&self, again: RetryAfter) -> Duration {
        let wish = match again {
            RetryAfter::Seconds(seconds) => Duration::seconds(i64::from(seconds)),
            RetryAfter::At(at) => at - self.clock.now(),
        };
        wish.clamp(Duration::zero(), LONGEST_WISH)
    }

    async fn heard(
        &mut self,
        service: usize,
        batch: &[Wanted],
        replies: Vec<Option<RemoteReply>>,
        known: &mut Known,
    ) -> anyhow::Result<()> {
        let (it, now) = (&self.services.all[service], self.clock.now());
        let mut answers = Vec::with_capacity(batch.len());
        let mut replies = replies.into_iter();
        for (question, _, source) in batch {
            match replies.next().flatten() {
                Some(reply) => answers.push(RemoteAnswer {
                    service: it.name.clone(),
                    question: *question,
                    source: source.clone(),
                    asked_at: now,
                    reply,
                }),
                None => it.set_aside(*question, now),
            }
        }
        self.store.put_remote_answers(self.scope, &answers).await.context("storing answers")?;
        known.extend(answers.into_iter().map(|answer| ((service, answer.question), answer)));
        self.in_a_row.remove(&service);
        let fresh = self.states.get(&it.name).is_some_and(|s| {
            s.failures == 0 && s.error.is_none() && s.heard_at.is_some_and(|at| now - at < Duration::minutes(1))
        });
        if fresh {
            return Ok(());
        }
        let (service, heard_at) = (it.name.clone(), Some(now));
        self.keep(RemoteService { service, failures: 0, rests_until: None, error: None, heard_at }).await
    }

    async fn failed(&mut self, service: usize, batch: &[Wanted], error: &AskError) -> anyhow::Result<()> {
        let (it, now) = (&self.services.all[service], self.clock.now());
        let in_a_row = self.in_a_row.entry(service).or_default();
        *in_a_row += 1;
        // One answer that cannot be read must not hold up the others; a batch is all of them.
        if error.is_of_the_question() && batch.len() == 1 && *in_a_row < MOST_IN_A_ROW {
            batch.iter().for_each(|(question, ..)| it.set_aside(*question, now));
            warn!(service = it.name, error = %error, "an address was not answered; it is tried again in some hours");
            return Ok(());
        }
        let before = self.states.get(&it.name);
        let failures = before.map_or(0, |s| s.failures).saturating_add(1);
        let wish = match error {
            AskError::Busy { again: Some(again), .. } => self.wish(*again),
            _ => Duration::zero(),
        };
        let rest = (FIRST_REST * (1 << (failures - 1).min(10))).min(LONGEST_REST).max(wish);
        warn!(service = it.name, error = %error, failures, "a geocoder does not answer; it rests");
        self.closed.insert(service, Closed::Rests);
        let until = now + rest;
        self.summary.again = Some(self.summary.again.map_or(until, |at| at.min(until)));
        let heard_at = before.and_then(|s| s.heard_at);
        let (service, error) = (it.name.clone(), Some(error.to_string()));
        self.keep(RemoteService { service, failures, rests_until: Some(until), error, heard_at }).await
    }

    async fn keep(&mut self, state: RemoteService) -> anyhow::Result<()> {
        self.store.put_remote_service(self.scope, &state).await.context("storing how a service behaves")?;
        self.states.insert(state.service.clone(), state);
        Ok(())
    }
}

fn addresses(n: u64) -> String {
    if n == 1 { "1 address".into() } else { format!("{n} addresses") }
}

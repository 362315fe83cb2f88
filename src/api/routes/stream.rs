//! Live messages as server-sent events: that something changed, where and of what kind.
//!
//! Every 15 seconds a `ping` keeps the line open, and the caller's credentials are checked again: a
//! session that ended gets nothing more. What was told in the seconds before a listener came is told to it
//! first: a page asks for its numbers while the stream is still being opened. A listener that fell behind
//! gets `resync` and should fetch everything it shows.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    http::HeaderMap,
    response::sse::{Event, Sse},
};
use futures_util::Stream;
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Interval, MissedTickBehavior, interval};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{
        auth::{self, Caller},
        hub::{Change, Listening, Message},
        problem::Problem,
        state::AppState,
    },
    domain::{
        ids::AreaId,
        scope::{AreaScope, Scope},
    },
};

const PING: Duration = Duration::from_secs(15);

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(stream))
}

/// Live messages: `events`, `area-status`, `alerts`, `analysis`, `resync` and `ping`.
#[utoipa::path(get, path = "/stream", tag = "live", operation_id = "stream",
    responses((status = 200, content_type = "text/event-stream", body = String)))]
async fn stream(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let mut pings = interval(PING);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let listener =
        Listener { receiver: state.hub.listen(), pings, scope: caller.scope, headers, state, sent: 0, open: true };
    Ok(Sse::new(futures_util::stream::unfold(listener, |mut listener| async move {
        let event = listener.next().await?;
        Some((Ok(event), listener))
    })))
}

struct Listener {
    receiver: Listening,
    pings: Interval,
    scope: Scope,
    headers: HeaderMap,
    state: AppState,
    sent: u64,
    open: bool,
}

impl Listener {
    /// The next message for this caller; `None` ends the stream.
    async fn next(&mut self) -> Option<Event> {
        while self.open {
            tokio::select! {
                received = self.receiver.recv() => match received {
                    Ok(message) => {
                        if let Some((name, data)) = visible(&message, &self.scope) {
                            return Some(self.event(name, &data));
                        }
                    }
                    Err(RecvError::Lagged(_)) => return Some(self.event("resync", "{}")),
                    Err(RecvError::Closed) => return None,
                },
                _ = self.pings.tick() => {
                    match auth::identify(&self.state, &self.headers).await {
                        Ok(caller) => self.scope = caller.scope,
                        // Only a refusal ends it; a database that does not answer for a moment does not.
                        Err(problem) if problem.status == 401 => return None,
                        Err(_) => {}
                    }
                    return Some(self.event("ping", "{}"));
                }
            }
        }
        None
    }

    fn event(&mut self, name: &str, data: &str) -> Event {
        self.sent += 1;
        Event::default().event(name).id(self.sent.to_string()).data(data)
    }
}

/// What of a message a caller may know: areas of the own catchment only, and nothing of other jurisdictions.
fn visible(message: &Message, scope: &Scope) -> Option<(&'static str, String)> {
    if message.jurisdiction != scope.jurisdiction {
        return None;
    }
    let own =
        |areas: &[AreaId]| -> Vec<AreaId> { areas.iter().filter(|a| scope.areas.allows(Some(a))).cloned().collect() };
    let data = match &message.change {
        Change::Events { areas, kinds, count, .. } => {
            let shown = own(areas);
            let all = scope.areas == AreaScope::All;
            if shown.is_empty() && !all {
                return None;
            }
            // The number of all events would tell a liaison about other areas.
            let count = if all { json!(count) } else { json!(null) };
            json!({ "areas": shown, "kinds": kinds, "count": count })
        }
        Change::Linked { .. } => return None,
        Change::AreaStatus { areas } => {
            let shown = own(areas);
            if shown.is_empty() && !areas.is_empty() {
                return None;
            }
            json!({ "areas": shown })
        }
        change => json!(change),
    };
    Some((message.change.name(), data.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        event::EventKind,
        ids::JurisdictionId,
        scope::{Actor, Audience},
    };

    fn scope(areas: AreaScope) -> Scope {
        let jurisdiction = JurisdictionId::new("me").unwrap();
        Scope { jurisdiction, areas, audience: Audience::Aggregate, actor: Actor::System("test") }
    }

    fn message(jurisdiction: &str) -> Message {
        let area = |a: &str| AreaId::new(a).unwrap();
        let change = Change::Events {
            areas: vec![area("me-york"), area("me-knox")],
            kinds: vec![EventKind::Overdose],
            count: 3,
            ids: vec![],
        };
        Message { jurisdiction: JurisdictionId::new(jurisdiction).unwrap(), change }
    }

    #[test]
    fn a_listener_hears_of_its_own_areas_only() {
        let knox = scope(AreaScope::Only(vec![AreaId::new("me-knox").unwrap()]));
        let (name, data) = visible(&message("me"), &knox).unwrap();
        assert_eq!((name, data.as_str()), ("events", r#"{"areas":["me-knox"],"kinds":["overdose"],"count":null}"#));
        let none = scope(AreaScope::Only(vec![AreaId::new("me-oxford").unwrap()]));
        assert_eq!(visible(&message("me"), &none), None);
    }

    #[test]
    fn nothing_is_heard_from_another_jurisdiction() {
        assert_eq!(visible(&message("nh"), &scope(AreaScope::All)), None);
        assert!(visible(&message("me"), &scope(AreaScope::All)).unwrap().1.contains("\"count\":3"));
    }
}

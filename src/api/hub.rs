//! The hub: news from intake and the jobs to everybody who listens, inside this process.
//!
//! A message says *that* something changed and where, never what: listeners fetch what they may see.
//! When service and worker are two processes, the cached counts notice changes by asking the store
//! (see `snapshot`), so a message that never arrives delays by seconds and loses nothing.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{Duration, Instant},
};

use serde::Serialize;
use tokio::sync::broadcast::{self, error::RecvError};

use crate::domain::{
    event::EventKind,
    ids::{AlertId, AreaId, EventId, JurisdictionId},
    time::Day,
};

/// Messages that wait for a slow listener; one that falls further behind is told to read everything again.
const WAITING: usize = 256;

/// A page asks for its numbers and opens the stream at the same time; what changed in between is told to a
/// new listener again. Longer than a page takes to load on a poor line.
const RECENT: Duration = Duration::from_secs(20);

/// What changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Change {
    /// Events were accepted.
    Events {
        areas: Vec<AreaId>,
        kinds: Vec<EventKind>,
        count: usize,
        /// Which, for the cached counts; not told to listeners. Empty: read all again.
        #[serde(skip)]
        ids: Vec<EventId>,
    },
    /// Events joined or left an incident. Listeners hear of it by the areas' standing, which follows.
    Linked {
        #[serde(skip)]
        ids: Vec<EventId>,
    },
    /// Areas' rules were judged anew.
    AreaStatus {
        areas: Vec<AreaId>,
    },
    Alerts {
        ids: Vec<AlertId>,
    },
    /// A run of the analysis is stored.
    Analysis {
        as_of: Day,
    },
}

impl Change {
    /// The name of the server-sent event.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Events { .. } => "events",
            Self::Linked { .. } => "linked",
            Self::AreaStatus { .. } => "area-status",
            Self::Alerts { .. } => "alerts",
            Self::Analysis { .. } => "analysis",
        }
    }
}

/// A change and whose data it is about.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    pub jurisdiction: JurisdictionId,
    pub change: Change,
}

type Hook = Box<dyn Fn(&Message) + Send + Sync>;

/// A cheap handle; clones publish to the same listeners.
#[derive(Clone)]
pub struct Hub {
    sender: broadcast::Sender<Message>,
    /// Called before any listener hears of it: by then what is kept in memory must know that it is old.
    hooks: Arc<RwLock<Vec<Hook>>>,
    recent: Arc<Mutex<VecDeque<(Instant, Message)>>>,
}

/// What a listener hears: first what was told shortly before it came, then everything new.
#[derive(Debug)]
pub struct Listening {
    recent: VecDeque<Message>,
    receiver: broadcast::Receiver<Message>,
}

impl Listening {
    /// The next message.
    ///
    /// # Errors
    /// When the listener fell behind, or the hub is gone.
    pub async fn recv(&mut self) -> Result<Message, RecvError> {
        match self.recent.pop_front() {
            Some(message) => Ok(message),
            None => self.receiver.recv().await,
        }
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hub({} listeners)", self.sender.receiver_count())
    }
}

impl Default for Hub {
    fn default() -> Self {
        Self { sender: broadcast::channel(WAITING).0, hooks: Arc::default(), recent: Arc::default() }
    }
}

impl Hub {
    /// Tell everybody. With nobody listening only what is kept in memory is marked old.
    pub fn publish(&self, jurisdiction: &JurisdictionId, change: Change) {
        let message = Message { jurisdiction: jurisdiction.clone(), change };
        for hook in self.hooks.read().unwrap_or_else(PoisonError::into_inner).iter() {
            hook(&message);
        }
        // Under one lock with `listen`: nothing is told twice to the same listener, and nothing is left out.
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        while recent.len() >= WAITING || recent.front().is_some_and(|(at, _)| now - *at > RECENT) {
            recent.pop_front();
        }
        recent.push_back((now, message.clone()));
        let _ = self.sender.send(message);
    }

    pub fn listen(&self) -> Listening {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let told = recent.iter().filter(|(at, _)| now - *at <= RECENT).map(|(_, m)| m.clone()).collect();
        Listening { recent: told, receiver: self.sender.subscribe() }
    }

    pub(super) fn before_listeners(&self, hook: impl Fn(&Message) + Send + Sync + 'static) {
        self.hooks.write().unwrap_or_else(PoisonError::into_inner).push(Box::new(hook));
    }
}

//! What the latest run derived, read from the store once per run and question.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use crate::domain::ids::RunId;

/// Answers by question, each with the run it belongs to.
#[derive(Debug)]
pub struct OfRun<K, V>(Mutex<HashMap<K, Answer<V>>>);

type Answer<V> = (Option<RunId>, Arc<V>);

impl<K, V> Default for OfRun<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V> OfRun<K, V> {
    /// `None` where the question was not asked since the run.
    pub fn known(&self, question: &K, run: Option<RunId>) -> Option<Arc<V>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(question).filter(|(of, _)| *of == run).map(|(_, answer)| Arc::clone(answer))
    }

    pub fn keep(&self, question: K, run: Option<RunId>, answer: V) -> Arc<V> {
        let answer = Arc::new(answer);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(question, (run, Arc::clone(&answer)));
        answer
    }
}

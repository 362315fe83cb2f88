//! Taking in what watched folders and addresses hold that is new.
//!
//! Each file, and each address, is remembered with a fingerprint of what was taken. One that can't be read is
//! remembered with its reason and tried again when it changes; an address that does not answer is asked again at its
//! next time. A run that is killed takes the file again: known rows change nothing.

use std::{
    collections::{BTreeMap, HashMap},
    fs::File,
    io::Read,
    sync::Arc,
};

use anyhow::{Context, bail};
use chrono::{DateTime, Duration, Utc};
use serde::Serialize;

use super::intake::{IntakeSummary, ingest_with, source_of, stored_mapping};
use crate::{
    clock::DynClock,
    config::{Config, FeedPlace, FeedSettings},
    domain::{
        area::Jurisdiction,
        feed::{FeedItem, ending_of},
        ids::JurisdictionId,
        scope::Scope,
        time::Zone,
    },
    feeds::{folder, http},
    geocode::Index,
    ingest::{Format, Mapping},
    store::DynStore,
};

/// Other work waits meanwhile, so a run that took longer leaves what is left to the next one.
const LONGEST: Duration = Duration::seconds(60);

/// What became of one file or address.
#[derive(Debug, Serialize)]
pub struct Pulled {
    pub source: String,
    pub item: String,
    /// What was taken, or why nothing was.
    #[serde(flatten)]
    pub outcome: Outcome,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Taken(Box<IntakeSummary>),
    Failed(String),
}

/// What a run came to.
#[derive(Debug, Default)]
pub struct PullSummary {
    /// What was new; what did not change is not told.
    pub pulled: Vec<Pulled>,
    /// Whether there is more, for another run.
    pub more: bool,
}

impl PullSummary {
    /// Events that were added or changed.
    pub fn news(&self) -> u64 {
        let of = |p: &Pulled| match &p.outcome {
            Outcome::Taken(s) => s.accepted + s.updated + s.withdrawn,
            Outcome::Failed(_) => 0,
        };
        self.pulled.iter().map(of).sum()
    }
}

/// Put in the store the jurisdictions that the feeds' mappings describe and that are not there yet.
///
/// # Errors
/// When a mapping can't be read, or the store fails.
pub async fn prepare(store: &DynStore, config: &Config) -> anyhow::Result<()> {
    let known = store.jurisdictions().await?;
    for feed in &config.feeds {
        let Some(spec) = mapping_file(feed)?.and_then(|m| m.jurisdiction) else { continue };
        if !known.iter().any(|j| j.id == spec.id) {
            store.put_jurisdiction(&Jurisdiction { id: spec.id, name: spec.name, zone: spec.zone }).await?;
        }
    }
    Ok(())
}

/// Look at the feeds of one jurisdiction, those whose time has come or (`all`) every one.
///
/// # Errors
/// When the store fails, or a mapping can't be read. What one file or address did wrong is told in the summary.
pub async fn pull(
    store: &DynStore,
    clock: &DynClock,
    scope: &Scope,
    config: &Config,
    index: Option<&Arc<Index>>,
    all: bool,
) -> anyhow::Result<PullSummary> {
    let owners: Vec<Jurisdiction> = store.jurisdictions().await?;
    let items = store.feed_items(scope).await?;
    let began = clock.now();
    let mut summary = PullSummary::default();
    for feed in &config.feeds {
        if owner(store, feed, &owners).await?.as_ref() != Some(&scope.jurisdiction) {
            continue;
        }
        let zone = owners.iter().find(|j| j.id == scope.jurisdiction).map_or(Zone::UTC, |j| j.zone);
        let known: BTreeMap<&str, &FeedItem> =
            items.iter().filter(|i| i.source == feed.source).map(|i| (i.item.as_str(), i)).collect();
        let run = Run { store, clock, scope, feed, index, zone, known };
        match feed.place() {
            Some(FeedPlace::Folder(path)) => run.folder(path, began, &mut summary).await?,
            Some(FeedPlace::Url(url)) => run.address(url, all, &mut summary).await?,
            None => {}
        }
    }
    Ok(summary)
}

/// Whose rows a feed brings: its setting, its mapping, who has the source, the only jurisdiction there is.
async fn owner(
    store: &DynStore,
    feed: &FeedSettings,
    owners: &[Jurisdiction],
) -> anyhow::Result<Option<JurisdictionId>> {
    if let Some(id) = &feed.jurisdiction {
        return Ok(Some(id.clone()));
    }
    if let Some(spec) = mapping_file(feed)?.and_then(|m| m.jurisdiction) {
        return Ok(Some(spec.id));
    }
    if let [only] = owners {
        return Ok(Some(only.id.clone()));
    }
    let mut having = Vec::new();
    for owner in owners {
        let scope = Scope::system(owner.id.clone(), "feeds");
        if store.sources(&scope).await?.iter().any(|s| s.id == feed.source) {
            having.push(owner.id.clone());
        }
    }
    match &having[..] {
        [one] => Ok(Some(one.clone())),
        [] if owners.is_empty() => Ok(None),
        _ => bail!("feed {}: say whose its rows are with `jurisdiction`", feed.source),
    }
}

fn mapping_file(feed: &FeedSettings) -> anyhow::Result<Option<Mapping>> {
    let Some(path) = &feed.mapping else { return Ok(None) };
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(|| name.clone())?;
    Ok(Some(Mapping::parse(&text, &name)?))
}

/// One feed, looked at once.
struct Run<'a> {
    store: &'a DynStore,
    clock: &'a DynClock,
    scope: &'a Scope,
    feed: &'a FeedSettings,
    index: Option<&'a Arc<Index>>,
    zone: Zone,
    known: BTreeMap<&'a str, &'a FeedItem>,
}

impl Run<'_> {
    async fn folder(
        &self,
        path: &std::path::Path,
        began: DateTime<Utc>,
        summary: &mut PullSummary,
    ) -> anyhow::Result<()> {
        let known: HashMap<String, String> =
            self.known.values().map(|i| (i.item.clone(), i.fingerprint.clone())).collect();
        let files = match folder::waiting(path, &known, self.clock.now()) {
            Ok(files) => files,
            Err(e) => return self.failed(&path.display().to_string(), "", e.to_string(), summary).await,
        };
        for file in files {
            if self.clock.now() - began > LONGEST {
                summary.more = true;
                break;
            }
            let taken = match File::open(&file.path) {
                Ok(bytes) => self.take(&file.name, &file.name, bytes).await,
                Err(e) => Err(e.into()),
            };
            match taken {
                Ok(taken) => self.taken(&file.name, file.fingerprint, taken, summary).await?,
                // Tried again when it changes: what can't be read today can't be read in five minutes either.
                Err(e) => self.failed(&file.name, &file.fingerprint, format!("{e:#}"), summary).await?,
            }
        }
        Ok(())
    }

    async fn address(&self, url: &str, all: bool, summary: &mut PullSummary) -> anyhow::Result<()> {
        let before = self.known.get(url);
        let every = Duration::minutes(i64::from(self.feed.every_minutes));
        if !all && before.is_some_and(|item| self.clock.now() - item.looked_at < every) {
            return Ok(());
        }
        let known = before.map_or("", |item| item.fingerprint.as_str());
        let authorization = self.feed.authorization.as_ref().map(|s| s.expose());
        let question = http::Question { address: url, authorization, max_megabytes: self.feed.max_megabytes, known };
        match http::ask(&question).await {
            Ok(None) => match before {
                // Nothing new: only the time of the look.
                Some(item) => {
                    let item = FeedItem { looked_at: self.clock.now(), error: None, ..(*item).clone() };
                    Ok(self.store.put_feed_item(self.scope, &item).await?)
                }
                None => Ok(()),
            },
            Ok(Some(answer)) => {
                let path = url.split(['?', '#']).next().unwrap_or(url);
                let name = match answer.content_type.as_deref().and_then(ending_of) {
                    Some(ending) if Format::from_name(path).is_err() => format!("{path}.{ending}"),
                    _ => path.to_owned(),
                };
                match self.take(&name, url, answer.file).await {
                    Ok(taken) => self.taken(url, answer.fingerprint, taken, summary).await,
                    Err(e) => self.failed(url, &answer.fingerprint, format!("{e:#}"), summary).await,
                }
            }
            Err(e) => self.failed(url, known, e.to_string(), summary).await,
        }
    }

    async fn take(&self, name: &str, origin: &str, bytes: impl Read + Send + 'static) -> anyhow::Result<IntakeSummary> {
        let mapping = match mapping_file(self.feed)? {
            Some(mapping) => mapping,
            None => stored_mapping(self.store, self.scope, &self.feed.source).await?.unwrap_or_else(Mapping::standard),
        };
        let named = self.feed.format.as_ref().map(|f| format!("x.{f}"));
        let format = match mapping.format.kind {
            Some(format) => format,
            None => Format::from_name(named.as_deref().unwrap_or(name))?,
        };
        let source = source_of(self.feed.source.clone(), &mapping, self.zone);
        let index = self.index.cloned();
        ingest_with(self.store, self.clock, self.scope, &source, mapping, format, bytes, origin, index).await
    }

    async fn taken(
        &self,
        item: &str,
        fingerprint: String,
        taken: IntakeSummary,
        summary: &mut PullSummary,
    ) -> anyhow::Result<()> {
        let now = self.clock.now();
        let row = FeedItem {
            source: self.feed.source.clone(),
            item: item.to_owned(),
            fingerprint,
            looked_at: now,
            taken_at: Some(now),
            rows: taken.read,
            accepted: taken.accepted + taken.updated,
            quarantined: taken.quarantined,
            error: None,
        };
        self.store.put_feed_item(self.scope, &row).await?;
        self.tell(item, Outcome::Taken(Box::new(taken)), summary);
        Ok(())
    }

    async fn failed(
        &self,
        item: &str,
        fingerprint: &str,
        why: String,
        summary: &mut PullSummary,
    ) -> anyhow::Result<()> {
        let before = self.known.get(item).map(|i| (*i).clone());
        let row = FeedItem {
            fingerprint: fingerprint.to_owned(),
            looked_at: self.clock.now(),
            error: Some(why.clone()),
            ..before.unwrap_or(FeedItem {
                source: self.feed.source.clone(),
                item: item.to_owned(),
                fingerprint: String::new(),
                looked_at: self.clock.now(),
                taken_at: None,
                rows: 0,
                accepted: 0,
                quarantined: 0,
                error: None,
            })
        };
        self.store.put_feed_item(self.scope, &row).await?;
        self.tell(item, Outcome::Failed(why), summary);
        Ok(())
    }

    fn tell(&self, item: &str, outcome: Outcome, summary: &mut PullSummary) {
        summary.pulled.push(Pulled { source: self.feed.source.to_string(), item: item.to_owned(), outcome });
    }
}

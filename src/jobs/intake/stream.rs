//! A stream of bytes, from the first to the last row.

use std::{
    io::{self, Read},
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use anyhow::Context;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use super::{
    BATCH, IntakeSummary, Placer,
    judge::{Incoming, Placed, Why},
    kept::{SettledRow, Standing},
    lookup::Lookup,
    replace::place_fallbacks,
    writer::{Rows, Writer},
};
use crate::{
    clock::{DynClock, new_id},
    domain::{
        event::Report,
        ids::{DeliveryId, JurisdictionId, SourceId},
        place::PointKey,
        quality::Source,
        scope::Scope,
        time::Zone,
    },
    geocode::Index,
    ingest::{Format, Found, IngestError, Item, Learned, Mapping, ReadOptions, Reader, RowKind},
    store::{self, DynStore},
};

/// The source that a mapping describes.
pub fn source_of(id: SourceId, mapping: &Mapping, zone: Zone) -> Source {
    Source {
        id,
        name: mapping.name.clone(),
        zone: mapping.time.zone.or(mapping.jurisdiction.as_ref().map(|j| j.zone)).unwrap_or(zone),
        mapping: mapping.text().to_owned(),
        expected_every_hours: mapping.expected_every_hours,
    }
}

/// How a source is read, as it is stored; `None` of a source that is not known.
///
/// # Errors
/// When the store fails, or holds what is no mapping.
pub async fn stored_mapping(store: &DynStore, scope: &Scope, id: &SourceId) -> anyhow::Result<Option<Mapping>> {
    let Some(known) = store.sources(scope).await?.into_iter().find(|s| s.id == *id) else { return Ok(None) };
    Ok(Some(Mapping::parse(&known.mapping, &format!("the stored mapping of {id}"))?))
}

/// So many new events of one stream change how others are best found.
const MANY: u64 = 50_000;

/// Read a stream into the store. `origin` is what people call it: a file's name without its folder.
///
/// The source is stored with the mapping first (and keeps what was learned about the feed before), so a
/// mended row is later read the same way.
///
/// # Errors
/// [`IngestError`] when the stream can't be read at all (it is then the user's to mend); otherwise what the
/// store says. What was written until then stands, and the same stream again completes it.
pub async fn ingest_stream(
    store: &DynStore,
    clock: &DynClock,
    scope: &Scope,
    source: &Source,
    mapping: Mapping,
    format: Format,
    reader: impl Read + Send + 'static,
    origin: &str,
) -> anyhow::Result<IntakeSummary> {
    ingest_with(store, clock, scope, source, mapping, format, reader, origin, None).await
}

/// [`ingest_stream`] with an index of streets and addresses.
///
/// # Errors
/// As [`ingest_stream`].
pub async fn ingest_with(
    store: &DynStore,
    clock: &DynClock,
    scope: &Scope,
    source: &Source,
    mapping: Mapping,
    format: Format,
    reader: impl Read + Send + 'static,
    origin: &str,
    index: Option<Arc<Index>>,
) -> anyhow::Result<IntakeSummary> {
    let began = Instant::now();
    let mut learned = remember(store, scope, source).await?;
    let stored = |learned: &Learned| Source { mapping: learned.written_into(&source.mapping), ..source.clone() };
    let mut placer = Placer::load(store, scope, index).await.context("reading areas and places")?;
    placer.set_fallback(source.id.clone(), learned.points());
    let others = others(store, scope).await.context("reading the jurisdictions")?;
    let options = ReadOptions { now: clock.now(), zone: source.zone, others };
    let (to_writer, mut from_reader) = mpsc::channel(2);
    let rules = store.standing_rules(scope, &source.id).await.context("reading the rules that mend rows")?;
    let standing = Standing::new(source, rules, &mapping, &options, &scope.jurisdiction)?;
    let parsing = Parsing { placer, source: source.id.clone(), standing, origin: origin.to_owned(), to_writer };
    let mapping_digest = hex::encode(&Sha256::digest(Learned::stripped(mapping.text()).as_bytes())[..8]);
    let parser = tokio::task::spawn_blocking(move || parsing.run(reader, &mapping, format, options));
    let delivery = DeliveryId(new_id(&**clock));
    let mut writer = Writer::new(store, clock, scope, &source.id, origin).counting(delivery);
    let mut opened = false;
    let lookups = Lookups { store: store.clone(), scope: scope.clone(), source: source.id.clone() };
    let mut next = lookups.next(&mut from_reader).await?;
    while let Some((batch, found)) = next {
        if !opened {
            // Only a stream that can be opened changes what is known of the source.
            store.put_source(scope, &stored(&learned)).await.context("storing the source")?;
            opened = true;
        }
        // On a thread of its own: judging a batch and writing it down take a processor for long stretches.
        let ahead = lookups.clone();
        let ahead = AbortOnDropHandle::new(tokio::spawn(async move {
            let next = ahead.next(&mut from_reader).await;
            (next, from_reader)
        }));
        writer.write_found(batch, found).await?;
        let (looked_up, reader) = ahead.await.context("looking up records")?;
        next = looked_up?;
        from_reader = reader;
    }
    let end = parser.await.context("reading the stream")??;
    if !opened {
        store.put_source(scope, &stored(&learned)).await.context("storing the source")?;
    }
    // A file that was counted before is not counted again: its digest, with the mapping's, says so.
    let digest = format!("{}-{mapping_digest}", end.digest);
    let counted = learned.files.contains(&digest);
    writer.summary.read = end.read;
    writer.summary.set_not_cases(&end.not_cases);
    writer.summary.elsewhere = end.elsewhere.clone();
    let older = if counted { writer.leave_aside() } else { 0 };
    writer.finish(if counted { Vec::new() } else { end.not_cases }).await?;
    let mut summary = writer.summary;
    let news = learned.add_points(&end.fallback);
    learned.add_file(&digest);
    if summary.accepted >= MANY {
        store.took_many_events().await?;
    }
    if news {
        // Before they are written down: a run that is killed here finds them as news again.
        summary.placed_anew = place_fallbacks(store, scope, &source.id, &learned.points()).await?;
    }
    store.put_source(scope, &stored(&learned)).await.context("storing the source")?;
    summary.notices = end.notices;
    if older > 0 {
        summary.notices.push(format!(
            "this very file was taken before; {older} of its rows are older than what is known of their records since"
        ));
    }
    summary.found = Some(end.found);
    for (owner, rows) in &end.elsewhere {
        summary.notices.push(format!("{rows} rows belong to {owner}; take them with --jurisdiction {owner}"));
    }
    summary.fallback_points = learned.points().len() as u64;
    summary.elapsed_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(summary)
}

/// Where the records of a source are looked up.
#[derive(Clone)]
struct Lookups {
    store: DynStore,
    scope: Scope,
    source: SourceId,
}

impl Lookups {
    /// The next batch, with what is stored of its records.
    async fn next(&self, reader: &mut mpsc::Receiver<Rows>) -> anyhow::Result<Option<(Rows, Lookup)>> {
        let Some(rows) = reader.recv().await else { return Ok(None) };
        let found = Lookup::of(&self.store, &self.scope, &self.source, &rows.incoming).await?;
        Ok(Some((rows, found)))
    }
}

/// The other owners in the store: rows that name one of them are not ours to take.
pub(super) async fn others(store: &DynStore, scope: &Scope) -> store::Result<Vec<JurisdictionId>> {
    Ok(store.jurisdictions().await?.into_iter().map(|j| j.id).filter(|id| *id != scope.jurisdiction).collect())
}

/// What is known of the source: from its stored mapping and from the one that is given now.
async fn remember(store: &DynStore, scope: &Scope, source: &Source) -> anyhow::Result<Learned> {
    let mut learned = Learned::of(&source.mapping);
    let known = store.sources(scope).await.context("reading the sources")?;
    if let Some(before) = known.into_iter().find(|s| s.id == source.id) {
        let before = Learned::of(&before.mapping);
        learned.add_points(&before.points());
        before.files.iter().for_each(|f| learned.add_file(f));
    }
    Ok(learned)
}

/// What is known at the end of a stream.
struct End {
    read: u64,
    not_cases: Vec<(String, u64)>,
    elsewhere: std::collections::BTreeMap<String, u64>,
    fallback: Vec<PointKey>,
    notices: Vec<String>,
    found: Found,
    digest: String,
}

/// The blocking half: bytes → placed reports.
struct Parsing {
    placer: Placer,
    source: SourceId,
    standing: Option<Standing>,
    origin: String,
    to_writer: mpsc::Sender<Rows>,
}

impl Parsing {
    fn run(
        mut self,
        reader: impl Read + Send,
        mapping: &Mapping,
        format: Format,
        options: ReadOptions,
    ) -> Result<End, IngestError> {
        let digest = Arc::new(Mutex::new(Sha256::new()));
        let bytes = Digesting { reader, digest: digest.clone() };
        let mut reader = Reader::open(bytes, mapping, format, options)?;
        let mut batch = Rows::default();
        let mut learned = 0;
        while let Some(item) = reader.next_item()? {
            // A point that has just shown itself counts at once; rows before it are placed anew at the end.
            let found = reader.fallback().map_or(&[][..], |f| f.found());
            if found.len() > learned {
                self.placer.add_fallback(&self.source, &found[learned..]);
                learned = found.len();
            }
            self.take(item, &mut batch);
            if batch.len() >= BATCH {
                let next = Rows { incoming: Vec::with_capacity(BATCH), ..Rows::default() };
                let full = std::mem::replace(&mut batch, next);
                if self.to_writer.blocking_send(full).is_err() {
                    // The writer gave up and tells why.
                    break;
                }
            }
        }
        if batch.len() > 0 {
            // When nobody listens any more the writer tells why.
            let _ = self.to_writer.blocking_send(batch);
        }
        let digest = digest.lock().unwrap_or_else(PoisonError::into_inner).clone().finalize();
        Ok(End {
            read: reader.read(),
            not_cases: reader.not_cases(),
            elsewhere: reader.elsewhere().clone(),
            fallback: reader.fallback().map(|f| f.fallback_points()).unwrap_or_default(),
            notices: reader.notices().to_vec(),
            found: reader.found().clone(),
            digest: hex::encode(&digest[..12]),
        })
    }
}

impl Parsing {
    fn take(&mut self, item: Item, batch: &mut Rows) {
        match item {
            Item::Report(report) => batch.incoming.push(self.placed(*report)),
            Item::TakenBack(taken) => batch.incoming.push(Incoming::TakenBack(taken, Why::Sender)),
            Item::NotCase(taken) => batch.incoming.push(Incoming::TakenBack(taken, Why::NoCase)),
            Item::Reject(reject) => {
                let settled = match &mut self.standing {
                    Some(standing) => standing.settle(reject, &self.origin),
                    None => Err(reject),
                };
                match settled {
                    Ok(row) => self.mended(*row, batch),
                    Err(reject) => batch.rejects.push(*reject),
                }
            }
        }
    }

    /// A row that a standing rule settled.
    fn mended(&self, row: SettledRow, batch: &mut Rows) {
        batch.settled.push(row.settled);
        match row.is {
            Some(RowKind::Case(report)) => batch.incoming.push(self.placed(*report)),
            Some(RowKind::TakenBack(taken)) => batch.incoming.push(Incoming::TakenBack(taken, Why::Sender)),
            Some(RowKind::NotCase(Some(taken))) => batch.incoming.push(Incoming::TakenBack(taken, Why::NoCase)),
            Some(RowKind::NotCase(None) | RowKind::Reject(_) | RowKind::Elsewhere(_)) | None => {}
        }
    }

    fn placed(&self, report: Report) -> Incoming {
        let (location, flags) = self.placer.place(&self.source, &report);
        Incoming::Report(Box::new(Placed { report, location, flags }))
    }
}

/// Digests what passes through.
struct Digesting<R> {
    reader: R,
    digest: Arc<Mutex<Sha256>>,
}

impl<R: Read> Read for Digesting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.reader.read(buffer)?;
        self.digest.lock().unwrap_or_else(PoisonError::into_inner).update(&buffer[..n]);
        Ok(n)
    }
}

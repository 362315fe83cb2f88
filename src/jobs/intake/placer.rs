//! Texts and points → places: geocode and cells in their order.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use crate::{
    cells::{AreaIndex, Candidate, contradicts, lies_in, locate},
    domain::{
        area::AreaKind,
        event::{Event, Flag, Location, PlaceText, PlacedBy, Report},
        ids::SourceId,
        place::{Point, PointKey, Precision},
        remote::RemotePlace,
        scope::Scope,
    },
    geocode::{Answer, Around, Builder, Index, Match, Query, typical_precision},
    ingest::Learned,
    store::{self, DynStore},
};

/// What a jurisdiction knows about where: its outlines, its names, its feeds' fall-back points.
pub struct Placer {
    areas: AreaIndex,
    /// Towns, ZIP areas and counties of the store.
    names: Index,
    /// Streets and addresses, where the operator gives some.
    streets: Option<Arc<Index>>,
    fallback: HashMap<SourceId, HashSet<PointKey>>,
}

impl Placer {
    /// # Errors
    /// When the store fails.
    pub async fn load(store: &DynStore, scope: &Scope, streets: Option<Arc<Index>>) -> store::Result<Self> {
        let mut names = Builder::default();
        let areas = AreaIndex::new(store.area_shapes(scope).await?);
        for place in store.places(scope).await? {
            if place.name.bytes().all(|b| b.is_ascii_digit()) {
                names.add_zip(&place.name, place.point);
            } else {
                names.add_town(&place.name, place.point);
            }
        }
        for area in areas.areas() {
            match area.kind {
                AreaKind::Town => names.add_town(&area.name, area.centre),
                AreaKind::Zip => names.add_zip(&area.name, area.centre),
                AreaKind::County => names.add_county(&area.name, area.centre),
                AreaKind::State | AreaKind::Other => {}
            }
        }
        let mut fallback = HashMap::new();
        for source in store.sources(scope).await? {
            fallback.insert(source.id, Learned::of(&source.mapping).points().into_iter().collect());
        }
        Ok(Self { areas, names: names.build(), streets, fallback })
    }

    pub fn areas(&self) -> &AreaIndex {
        &self.areas
    }

    pub fn set_fallback(&mut self, source: SourceId, points: impl IntoIterator<Item = PointKey>) {
        self.fallback.insert(source, points.into_iter().collect());
    }

    pub fn add_fallback(&mut self, source: &SourceId, points: &[PointKey]) {
        self.fallback.entry(source.clone()).or_default().extend(points);
    }

    /// Place a report that was just read.
    pub fn place(&self, source: &SourceId, report: &Report) -> (Location, Vec<Flag>) {
        let text = &report.place;
        let Some(point) = text.point else { return self.by_text(text, text.stated_precision) };
        let precision = text
            .stated_precision
            .unwrap_or_else(|| text.address.as_deref().map_or(Precision::Range, typical_precision));
        let fallback = self.fallback.get(source).is_some_and(|f| f.contains(&point.key()));
        let candidate = Candidate {
            point: Some(point),
            precision,
            placed_by: PlacedBy::Coordinates,
            uncertainty_m: None,
            fallback,
        };
        locate(&candidate, text, &self.areas)
    }

    /// Place a stored event again, from what it still says. `None` when nothing changes.
    pub fn place_again(&self, event: &Event) -> Option<Event> {
        let (old, text) = (&event.location, text_of(event));
        let (location, derived) = if old.placed_by == PlacedBy::Coordinates {
            let fallback = event.flags.contains(&Flag::FallbackPoint)
                || old.point.is_some_and(|p| self.fallback.get(&event.source).is_some_and(|f| f.contains(&p.key())));
            locate(&Candidate { fallback, uncertainty_m: None, ..as_it_stands(old) }, &text, &self.areas)
        } else {
            let (found, flags) = self.by_text(&text, None);
            if found.precision > old.precision && self.may_stay(old) {
                locate(&as_it_stands(old), &text, &self.areas)
            } else if found.placed_by == PlacedBy::Nothing
                && old.placed_by != PlacedBy::Nothing
                && !old.placed_by.is_remote()
            {
                // It was placed by something that is not kept with the event (a county).
                (old.clone(), flags)
            } else {
                (found, flags)
            }
        };
        changed(event, location, derived)
    }

    /// A place that came from streets which are not at hand now, or from another machine, stays where no finer one is
    /// known; the latter only while the outlines agree.
    fn may_stay(&self, old: &Location) -> bool {
        match (old.point, old.placed_by) {
            (Some(_), PlacedBy::Gazetteer) => true,
            (Some(point), by) if by.is_remote() => {
                let elsewhere = matches!(self.around(old.town.as_deref(), point), Around::Outside | Around::OtherTown);
                !elsewhere
            }
            _ => false,
        }
    }

    /// Whether our own index and names place a text finer than its town: then nobody else is asked.
    pub fn knows(&self, address: &str, town: Option<&str>, zip: Option<&str>) -> bool {
        let query = Query { text: Some(address), town, zip, county: None };
        self.best(&query).is_some_and(|found| found.precision < Precision::Place)
    }

    /// Whether a text names a town or an area of the jurisdiction.
    pub fn is_place(&self, name: &str) -> bool {
        let query = Query { town: Some(name), ..Query::default() };
        !self.areas.named(name, None).is_empty() || !matches!(self.names.answer(&query), Answer::NotFound(_))
    }

    /// Where a point lies, as seen from the town that a text names.
    pub fn around(&self, town: Option<&str>, point: Point) -> Around {
        if self.areas.is_empty() {
            return Around::Inside;
        }
        match town {
            _ if !self.areas.covers(point) => Around::Outside,
            Some(town) if lies_in(town, point, &self.areas) => Around::InTown,
            Some(town) if contradicts(town, point, &self.areas) => Around::OtherTown,
            _ => Around::Inside,
        }
    }

    /// Place an event where another machine says, if that is finer than what we know ourselves; without its word, by
    /// ourselves. `None` when nothing changes.
    pub fn settle(&self, event: &Event, remote: Option<(RemotePlace, PlacedBy)>) -> Option<Event> {
        let text = text_of(event);
        let (own, flags) = self.by_text(&text, None);
        match remote {
            Some((place, placed_by)) if place.precision < own.precision => {
                let candidate = Candidate {
                    point: Some(place.point),
                    precision: place.precision,
                    placed_by,
                    uncertainty_m: Some(place.radius_m),
                    fallback: false,
                };
                let (location, flags) = locate(&candidate, &text, &self.areas);
                changed(event, location, flags)
            }
            _ if event.location.placed_by.is_remote() => changed(event, own, flags),
            _ => None,
        }
    }

    /// The finer of what the given streets and the store's own names say.
    fn best(&self, query: &Query) -> Option<Match> {
        let by_names = || self.names.answer(query);
        let answer = match &self.streets {
            Some(streets) => streets.answer(query).or_finer(by_names),
            None => by_names(),
        };
        match answer {
            Answer::Found(found) => Some(found),
            Answer::Ambiguous { .. } | Answer::NotFound(_) => None,
        }
    }

    fn by_text(&self, text: &PlaceText, stated: Option<Precision>) -> (Location, Vec<Flag>) {
        let query = Query {
            text: text.address.as_deref(),
            town: text.town.as_deref(),
            zip: text.zip.as_deref(),
            county: text.county.as_deref(),
        };
        let candidate = match self.best(&query) {
            Some(found) => {
                // The sender's word may make it coarser, never finer.
                let precision = stated.map_or(found.precision, |s| s.max(found.precision));
                Candidate {
                    point: Some(found.point),
                    precision,
                    placed_by: found.placed_by,
                    // Where the sender knows it less well, the geocoder's radius says too little.
                    uncertainty_m: Some(found.radius_m).filter(|_| precision == found.precision),
                    fallback: false,
                }
            }
            None => Candidate {
                point: None,
                precision: Precision::Unknown,
                placed_by: PlacedBy::Nothing,
                uncertainty_m: None,
                fallback: false,
            },
        };
        let (mut location, flags) = locate(&candidate, text, &self.areas);
        if location.point.is_none() && location.area.is_some() {
            // An area is named, though no point stands for it.
            location.precision = Precision::Jurisdiction;
        }
        (location, flags)
    }
}

/// The place of a report that was not placed yet.
pub(super) fn nowhere() -> Location {
    Location {
        point: None,
        precision: Precision::Unknown,
        uncertainty_m: None,
        cell: None,
        area: None,
        placed_by: PlacedBy::Nothing,
        address: None,
        town: None,
        zip: None,
    }
}

/// What an event still says about where.
fn text_of(event: &Event) -> PlaceText {
    let Location { address, town, zip, .. } = &event.location;
    PlaceText { address: address.clone(), town: town.clone(), zip: zip.clone(), ..PlaceText::default() }
}

fn as_it_stands(old: &Location) -> Candidate {
    let Location { point, precision, placed_by, uncertainty_m, .. } = *old;
    Candidate { point, precision, placed_by, uncertainty_m, fallback: false }
}

/// The event with another place; `None` when it is the same.
fn changed(event: &Event, location: Location, derived: Vec<Flag>) -> Option<Event> {
    let mut flags: Vec<Flag> = event.flags.iter().copied().filter(|f| !is_derived(*f)).collect();
    flags.extend(derived);
    let moved = Event { location, flags, ..event.clone() };
    (moved.location != event.location || moved.flags != event.flags).then_some(moved)
}

fn is_derived(flag: Flag) -> bool {
    matches!(flag, Flag::PlaceDisagrees | Flag::FallbackPoint | Flag::OutsideAreas)
}

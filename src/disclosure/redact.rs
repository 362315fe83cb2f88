//! What each type of the vocabulary loses on its way to readers without the line list.
//!
//! Everything that leaves for an `Aggregate` reader has cells no finer than `FINEST_SHARED`, centres
//! that are centres of such cells (a scan may be centred on the place of one event), no ids of
//! events, and no free text that another person wrote about a contact.

use super::{Class, Disclose};
use crate::domain::{
    alert::{Alert, AlertNews, Decision, RuleRecord},
    area::{Area, Jurisdiction, NamedPlace},
    corroboration::Corroboration,
    event::Event,
    forecast::{Forecast, ForecastRecord},
    hotspot::Hotspot,
    outreach::{BriefPlace, Encounter, FollowUp, ShiftBrief},
    place::{Cell, Point},
    quality::{DataAge, QuarantinedRow, SourceFreshness},
    quarantine::{MendPreview, MendRecord},
    scope::Audience,
    signal::Signal,
};

macro_rules! as_it_is {
    ($($class:ident: $($kind:ty),+;)+) => {$($(
        impl Disclose for $kind {
            const CLASS: Class = Class::$class;
        }
    )+)+};
}

as_it_is! {
    Open: Area, Jurisdiction, NamedPlace;
    Counts: Corroboration, ForecastRecord, SourceFreshness, RuleRecord, Decision;
    LineList: Event, QuarantinedRow, MendPreview, MendRecord;
}

impl Disclose for DataAge {
    const CLASS: Class = Class::Open;

    fn redact(mut self, audience: Audience) -> Self {
        if audience == Audience::Public {
            // How much a feed usually sends is a figure about events.
            for gap in &mut self.gaps {
                gap.usual_per_day = None;
                gap.events = 0;
            }
        }
        self
    }
}

impl Disclose for Alert {
    const CLASS: Class = Class::Counts;

    fn redact(mut self, audience: Audience) -> Self {
        if audience != Audience::LineList {
            self.centre = self.centre.map(|c| blurred(c, &self.cells));
            self.cells = shared(self.cells);
        }
        self
    }
}

impl Disclose for AlertNews {
    const CLASS: Class = Class::Counts;

    fn redact(mut self, audience: Audience) -> Self {
        self.alert = self.alert.redact(audience);
        self
    }
}

impl Disclose for Signal {
    const CLASS: Class = Class::Counts;

    fn redact(mut self, audience: Audience) -> Self {
        if audience != Audience::LineList {
            self.events.clear();
            self.centre = self.centre.map(|c| blurred(c, &self.cells));
            self.cells = shared(self.cells);
        }
        self
    }
}

impl Disclose for Forecast {
    const CLASS: Class = Class::Counts;

    fn redact(mut self, audience: Audience) -> Self {
        if audience != Audience::LineList {
            self.cell = self.cell.map(Cell::shared);
        }
        self
    }
}

impl Disclose for Hotspot {
    const CLASS: Class = Class::Counts;

    fn redact(mut self, audience: Audience) -> Self {
        if audience != Audience::LineList {
            self.cell = self.cell.shared();
        }
        self
    }
}

impl Disclose for ShiftBrief {
    const CLASS: Class = Class::Counts;

    fn redact(mut self, audience: Audience) -> Self {
        self.places = self.places.redact(audience);
        self.follow_ups = self.follow_ups.redact(audience);
        self
    }
}

impl Disclose for BriefPlace {
    const CLASS: Class = Class::Counts;

    fn redact(mut self, audience: Audience) -> Self {
        if audience != Audience::LineList {
            self.centre = blurred(self.centre, &self.cells);
            self.cells = shared(self.cells);
        }
        self
    }
}

impl Disclose for FollowUp {
    const CLASS: Class = Class::Counts;

    fn redact(mut self, audience: Audience) -> Self {
        if audience != Audience::LineList {
            self.event = None;
            self.cell = self.cell.map(Cell::shared);
        }
        self
    }
}

impl Disclose for Encounter {
    const CLASS: Class = Class::Counts;

    fn redact(mut self, audience: Audience) -> Self {
        if audience != Audience::LineList {
            self.cell = self.cell.map(Cell::shared);
            self.note.clear();
        }
        self
    }
}

/// Cells no finer than `FINEST_SHARED`, sorted, each once.
fn shared(cells: Vec<Cell>) -> Vec<Cell> {
    let mut cells: Vec<Cell> = cells.into_iter().map(Cell::shared).collect();
    cells.sort_unstable();
    cells.dedup();
    cells
}

/// The centre of the shared cell that holds the point. Where there are no cells the point is an
/// area's label, which is no secret.
fn blurred(point: Point, cells: &[Cell]) -> Point {
    match cells.iter().map(|c| c.shared().resolution()).max() {
        Some(resolution) => point.cell(resolution).centre(),
        None => point,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        disclosure::release,
        domain::{
            event::EventKind,
            ids::{EventId, FollowUpId, RunId, SignalId, UserId},
            outreach::{ContactMode, Contacted, FollowUpState, Trigger},
            place::{FINEST_SHARED, Precision},
            signal::{Method, SignalScope},
            time::{Day, DayRange},
        },
    };

    fn point() -> Point {
        Point::new(44.8012, -68.7778).unwrap()
    }

    /// The cell of a rooftop: far finer than what is shared.
    fn house() -> Cell {
        point().cell(Precision::Rooftop.finest_resolution().unwrap())
    }

    fn signal() -> Signal {
        Signal {
            id: SignalId::derived(&["s"]),
            run: RunId::derived(&["r"]),
            as_of: Day::from_epoch_days(20_000),
            method: Method { name: "space-time-permutation-scan".into(), version: 1, seed: Some(1) },
            kind: EventKind::Overdose,
            measure: crate::domain::rule::CaseMeasure::Overdoses,
            scope: SignalScope::Cells,
            cells: vec![house()],
            area: None,
            centre: Some(point()),
            radius_km: Some(0.2),
            place_name: "Downtown".into(),
            window: DayRange::ending(Day::from_epoch_days(20_000), 3),
            observed: 6,
            expected: 1.2,
            expected_range: [0.0, 4.0],
            relative_risk: None,
            statistic: 9.0,
            p_value: 0.001,
            recurrence_interval_days: 1000.0,
            replications: Some(999),
            events: vec![EventId::derived(&["e"])],
            caveats: vec![],
        }
    }

    #[test]
    fn an_aggregate_reader_of_a_signal_gets_no_event_and_no_house() {
        let shown = release(Audience::Aggregate, signal()).unwrap().into_inner();
        assert!(shown.events.is_empty());
        assert!(shown.cells.iter().all(|c| c.resolution() <= FINEST_SHARED));
        assert_ne!(shown.centre, Some(point()));
        assert_eq!(shown.centre, Some(point().cell(FINEST_SHARED).centre()));
        assert_eq!(shown.observed, 6);
    }

    #[test]
    fn the_line_list_audience_gets_a_signal_whole() {
        assert_eq!(release(Audience::LineList, signal()).unwrap().into_inner(), signal());
    }

    #[test]
    fn the_public_gets_no_signal() {
        assert!(release(Audience::Public, signal()).is_err());
    }

    #[test]
    fn a_follow_up_for_a_liaison_names_no_event() {
        let at = chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let follow_up = FollowUp {
            id: FollowUpId::derived(&["f"]),
            event: Some(EventId::derived(&["e"])),
            area: None,
            cell: Some(house()),
            place_name: "Bangor".into(),
            what: "A person survived an overdose".into(),
            opened_at: at,
            due_by: at,
            state: FollowUpState::Due,
            attempts: 0,
            assigned_to: None,
        };
        let shown = release(Audience::Aggregate, follow_up).unwrap().into_inner();
        assert_eq!(shown.event, None);
        assert_eq!(shown.cell, Some(house().shared()));
    }

    #[test]
    fn a_note_on_a_contact_is_shown_to_its_author_and_to_the_line_list() {
        let at = chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let (me, other) = (UserId::derived(&["me"]), UserId::derived(&["other"]));
        let contact = |by| Encounter {
            id: crate::domain::ids::EncounterId::derived(&["c"]),
            trigger: Trigger::Hotspot,
            follow_up: None,
            alert: None,
            area: None,
            cell: Some(house()),
            at,
            day: Day::from_epoch_days(19_675),
            mode: ContactMode::Visit,
            contacted: Contacted::Survivor,
            consent: true,
            kits_given: 2,
            referrals: vec![],
            minutes: None,
            note: "by the back door".into(),
            by,
            by_name: "A. Liaison".into(),
        };
        let rows = vec![contact(me), contact(other)];
        let notes = |audience| {
            let shown = super::super::release_contacts(audience, me, rows.clone()).unwrap();
            shown.get().iter().map(|c| c.note.clone()).collect::<Vec<_>>()
        };
        assert_eq!(notes(Audience::Aggregate), ["by the back door", ""]);
        assert_eq!(notes(Audience::LineList), ["by the back door", "by the back door"]);
    }
}

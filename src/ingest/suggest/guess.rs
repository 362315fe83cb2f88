//! Which column is what: by its name first, by its texts always.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    guess_when::When,
    profile::{Profile, holds_codes, knows},
    table::Table,
    words::{self, Role},
    zones,
};
use crate::domain::time::Zone;

/// What was guessed, and what is in doubt.
#[derive(Debug, Default)]
pub(super) struct Guess {
    pub profiles: Vec<Profile>,
    pub roles: BTreeMap<Role, usize>,
    pub when: Option<When>,
    pub record_id: Vec<usize>,
    pub kind: &'static str,
    /// Column and its values that make a case.
    pub case: Option<(usize, CaseBy)>,
    pub zone: Option<Zone>,
    pub swapped: bool,
    pub randomised: bool,
    /// What the points are worth, where the columns do not say.
    pub precision: Option<&'static str>,
    pub crossings: bool,
    /// A column whose remarks tell that the point is a centre.
    pub centre: Option<(usize, Vec<String>)>,
    pub attributes: Vec<usize>,
    pub doubts: Vec<String>,
    pub used: BTreeSet<usize>,
}

#[derive(Debug)]
pub(super) enum CaseBy {
    Values(Vec<String>),
    /// Diagnoses as ICD-10-CM codes.
    Codes,
}

impl Guess {
    pub(super) fn of(table: &Table) -> Self {
        let refused: Vec<String> = table.refused().into_iter().map(str::to_owned).collect();
        let profiles: Vec<Profile> = (0..table.columns.len()).map(|at| Profile::of(table, at)).collect();
        let mut guess = Self { profiles, kind: "overdose", ..Self::default() };
        for at in 0..table.columns.len() {
            if refused.contains(&table.columns[at]) || table.columns[at].is_empty() {
                guess.used.insert(at);
            }
        }
        if !refused.is_empty() {
            let list = refused.join(", ");
            guess.doubt(format!("not read, because names and enforcement records are not collected: {list}"));
        }
        guess.points(table);
        guess.times(table);
        guess.named(table);
        guess.identity(table);
        guess.what();
        guess.where_precisely(table);
        guess.rest(table.rows.len());
        guess
    }

    pub(super) fn doubt(&mut self, text: String) {
        self.doubts.push(text);
    }

    pub(super) fn name(&self, at: usize) -> &str {
        &self.profiles[at].name
    }

    /// The free column that fits a role best.
    pub(super) fn best(&self, role: Role, allowed: impl Fn(&Profile) -> bool) -> Option<usize> {
        let fits = |at: &usize| words::fit(role, &self.profiles[*at].name);
        (0..self.profiles.len())
            .filter(|at| !self.used.contains(at) && fits(at) > 0 && allowed(&self.profiles[*at]))
            .max_by_key(|at| (fits(at), usize::MAX - at))
    }

    pub(super) fn give(&mut self, role: Role, at: Option<usize>) {
        if let Some(at) = at {
            self.used.insert(at);
            self.roles.insert(role, at);
        }
    }

    fn points(&mut self, table: &Table) {
        let latitude = self.best(Role::Latitude, |p| p.is_degrees(180.0));
        let longitude = self.best(Role::Longitude, |p| p.is_degrees(180.0));
        let (Some(lat), Some(lon)) = (latitude, longitude) else { return };
        self.give(Role::Latitude, Some(lat));
        self.give(Role::Longitude, Some(lon));
        let (y, x) = (&self.profiles[lat], &self.profiles[lon]);
        self.swapped = y.greatest < -60.0 && x.least > 0.0 || (y.least < -90.0 || y.greatest > 90.0);
        if self.swapped {
            self.doubt("latitude and longitude seem to hold each other's values".into());
        }
        self.randomised = words::plain(self.name(lat)).contains("random");
        // Other columns with the same numbers are copies of these.
        for at in 0..self.profiles.len() {
            let copy = [lat, lon].into_iter().any(|of| {
                let rows = table.rows.len().min(200);
                let near = |row| {
                    let number = |c| table.get(row, c).parse::<f64>().ok();
                    number(at).zip(number(of)).is_some_and(|(a, b): (f64, f64)| (a - b).abs() < 0.02)
                };
                rows > 0 && self.profiles[at].decimals > 0.5 && (0..rows).filter(|r| near(*r)).count() * 10 > rows * 8
            });
            if copy {
                self.used.insert(at);
            }
        }
        let (y, x) = if self.swapped { (lon, lat) } else { (lat, lon) };
        let middle = |at: usize| {
            let mut all: Vec<f64> = table.texts(at).filter_map(|t| t.parse().ok()).collect();
            all.sort_by(f64::total_cmp);
            all.get(all.len() / 2).copied()
        };
        self.zone = middle(y).zip(middle(x)).and_then(|(y, x)| zones::at(y, x));
    }

    fn named(&mut self, table: &Table) {
        let short = |p: &Profile| p.filled > 0 && p.distinct <= 12;
        for role in [Role::Kind, Role::Outcome, Role::Naloxone, Role::Withdrawn, Role::TimePrecision, Role::Precision] {
            let at = self.best(role, |p| short(p) && knows(role, p));
            self.give(role, at);
        }
        let quantity = self.best(Role::Quantity, |p| p.numbers > 0.95 && p.least >= 0.0);
        self.give(Role::Quantity, quantity);
        let owner = self.best(Role::Owner, |p| p.filled > 0);
        self.give(Role::Owner, owner);
        for role in [Role::Address, Role::Town, Role::County] {
            let at = self.best(role, |p| p.filled > 0 && p.numbers < 0.5);
            self.give(role, at);
        }
        let zip = self
            .best(Role::Zip, |p| p.filled > 0 && p.values.iter().all(|(t, _)| t.chars().any(|c| c.is_ascii_digit())));
        self.give(Role::Zip, zip);
        let state = self.best(Role::State, |p| p.filled > 0 && p.distinct <= 60);
        self.give(Role::State, state);
        if self.zone.is_none() {
            self.zone =
                self.roles.get(&Role::State).and_then(|at| zones::of_state(&self.profiles[*at].values.first()?.0));
        }
        let empty: Vec<&str> = self.profiles.iter().filter(|p| p.filled == 0).map(|p| p.name.as_str()).collect();
        if !empty.is_empty() && !table.rows.is_empty() {
            let list = empty.join(", ");
            self.doubt(format!("empty in every row that was looked at, so not read: {list}"));
        }
    }

    fn identity(&mut self, table: &Table) {
        let rows = table.rows.len();
        let named = self.best(Role::RecordId, |p| p.filled * 100 >= rows * 99);
        let when = self.when.as_ref().map(|w| w.columns[0]);
        if let Some(id) = named {
            self.used.insert(id);
            self.roles.insert(Role::RecordId, id);
            self.record_id = vec![id];
            let p = &self.profiles[id];
            if p.repeated > 0 {
                let (twice, name) = (p.repeated, p.name.clone());
                self.doubt(format!("{twice} rows repeat the \"{name}\" of an earlier row: the last row counts as a correction of the others. If they are several persons, add the column that tells them apart to record_id"));
            }
            return;
        }
        let unique = (0..self.profiles.len()).find(|at| {
            let p = &self.profiles[*at];
            p.is_unique(rows) && p.decimals < 0.5 && rows > 1 && p.times.is_none()
        });
        if let Some(at) = unique {
            let beside = self.roles.get(&Role::Received).copied().or(when).filter(|w| *w != at);
            self.record_id = std::iter::once(at).chain(beside).collect();
            let names =
                self.record_id.iter().map(|at| format!("\"{}\"", self.name(*at))).collect::<Vec<_>>().join(" and ");
            self.doubt(format!("no column is an id by its name; a record is known by {names}, so a change of either makes another record"));
        } else {
            self.doubt(
                "no column names a record: a row is known by its whole content, so a correction is a new record".into(),
            );
        }
    }

    fn what(&mut self) {
        let any =
            |words: &[&str]| self.profiles.iter().any(|p| words.iter().any(|w| words::plain(&p.name).contains(w)));
        let overdoses = any(&["overdose", "narcan", "survived", "fatal", "opioid"]);
        if !self.roles.contains_key(&Role::Kind) {
            if any(&["kits", "lot", "formulation"]) && !overdoses {
                self.kind = "naloxone";
            } else if any(&["encounter", "outreach", "contacted"]) && !overdoses {
                self.kind = "outreach";
            }
            let kind = self.kind;
            self.doubt(format!("every row is taken for \"{kind}\" (overdose, naloxone or outreach)"));
        }
        if self.kind != "overdose" || self.roles.contains_key(&Role::Kind) {
            return;
        }
        let codes = (0..self.profiles.len()).find(|at| !self.used.contains(at) && holds_codes(&self.profiles[*at]));
        if let Some(at) = codes {
            let name = self.name(at).to_owned();
            self.case = Some((at, CaseBy::Codes));
            self.doubt(format!(
                "\"{name}\" holds diagnoses: cases are drug poisonings T36 to T50 of intent 1 to 4, first encounter"
            ));
            return;
        }
        let share = |p: &Profile| {
            let cases: usize = p.values.iter().filter(|(t, _)| words::tells_of_overdose(t)).map(|(_, n)| n).sum();
            cases as f64 / p.filled.max(1) as f64
        };
        let by = (0..self.profiles.len())
            .filter(|at| !self.used.contains(at) && self.profiles[*at].is_list())
            .filter(|at| (1e-9..0.97).contains(&share(&self.profiles[*at])))
            .max_by(|a, b| share(&self.profiles[*a]).total_cmp(&share(&self.profiles[*b])).then(b.cmp(a)));
        if let Some(at) = by {
            let values: Vec<String> = self.profiles[at]
                .values
                .iter()
                .map(|(t, _)| t.clone())
                .filter(|t| words::tells_of_overdose(t))
                .collect();
            let (name, list) = (self.name(at).to_owned(), values.join("\", \""));
            self.doubt(format!(
                "cases are the rows whose \"{name}\" is \"{list}\"; the others are counted and not kept"
            ));
            self.used.insert(at);
            self.case = Some((at, CaseBy::Values(values)));
        } else {
            self.doubt("no column sets cases apart, so every row is a case".into());
        }
    }

    fn where_precisely(&mut self, table: &Table) {
        let address = self.roles.get(&Role::Address).copied();
        if let Some(at) = address {
            let crossings = table.texts(at).filter(|t| t.contains(" & ") || t.contains(" / ")).count();
            self.crossings = crossings * 2 > self.profiles[at].filled;
        }
        let Some(&lat) = self.roles.get(&Role::Latitude) else {
            if address.is_none() && !self.roles.contains_key(&Role::Town) {
                self.doubt("neither coordinates nor an address nor a town was found: events will count for the jurisdiction only".into());
            }
            return;
        };
        let p = &self.profiles[lat];
        let (filled, distinct) = (p.filled, p.distinct);
        let (value, most) = p.values.first().cloned().unwrap_or_default();
        if self.randomised {
            self.precision = Some("street");
            self.doubt("the points are randomised by the sender, so they count as a street at best".into());
        } else if !self.roles.contains_key(&Role::Precision) {
            if filled >= 200 && distinct * 10 <= filled && address.is_none() {
                self.precision = Some("place");
                self.doubt(format!("{filled} rows share {distinct} latitudes and there is no address: the points are taken for centres of places"));
            } else if self.crossings {
                self.precision = Some("intersection");
            }
        }
        let missing = table.rows.len() - filled;
        if missing * 1_000 > table.rows.len() {
            self.doubt(format!("{missing} of {} rows have no coordinates", table.rows.len()));
        }
        self.centres();
        if filled >= 100 && most * 50 > filled && self.precision != Some("place") && !self.randomised {
            self.doubt(format!("{most} of {filled} rows stand on latitude {value}: a facility, or where the sender's geocoder puts what it can't find"));
        }
    }

    /// A remark such as "placed at centre of city" is worth more than the coordinates beside it.
    fn centres(&mut self) {
        let says = |t: &str| {
            let lower = t.to_lowercase();
            ["center of", "centre of", "centroid of", "approximate location", "location unknown"]
                .iter()
                .any(|w| lower.contains(w))
        };
        for at in 0..self.profiles.len() {
            let p = &self.profiles[at];
            let values: Vec<String> = p.values.iter().map(|(t, _)| t.clone()).filter(|t| says(t)).take(10).collect();
            if !self.used.contains(&at) && p.distinct <= 400 && !values.is_empty() {
                let (name, list) = (p.name.clone(), values.join("\", \""));
                self.doubt(format!("where \"{name}\" is \"{list}\" the point is taken for the centre of a place"));
                self.centre = Some((at, values));
                return;
            }
        }
    }

    fn rest(&mut self, rows: usize) {
        let free = (0..self.profiles.len()).filter(|at| !self.used.contains(at));
        let worth = |at: &usize| {
            let p = &self.profiles[*at];
            let flag = p.distinct == 1 && p.filled < rows * 9 / 10 && p.filled > 0;
            let listed = p.distinct > 1 && p.distinct <= 60 || words::plain(&p.name) == "age";
            p.times.is_none() && !words::is_of_calendar(&p.name) && (flag || listed)
        };
        self.attributes = free.filter(worth).take(20).collect();
        if self.zone.is_none() {
            self.doubt(
                "no zone could be told from coordinates or state: wall-clock times are read in the jurisdiction's"
                    .into(),
            );
        } else if let (Some(zone), Some(when)) = (self.zone, &self.when)
            && (!when.times.offsets || when.times.days)
        {
            self.doubt(format!(
                "times carry no offset; they are read as wall-clock time of {zone}, told from where the rows are"
            ));
        }
    }
}

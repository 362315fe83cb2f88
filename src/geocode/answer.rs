//! From a question to an answer: the street text first, then the town, the ZIP area, the county.

use std::borrow::Cow;

use super::{
    crossing::{self, Guess, Lead},
    house::{self, House},
    index::{Index, rows::Spot},
    infer, mark,
    outcome::coarsened,
    parse::Address,
    question::{
        Alternative, Answer, Basis, Judged, MOST_ALTERNATIVES, Match, Query, Where, Why, judge, spread_m, towns_named,
    },
    street::StreetText,
    vocabulary,
};
use crate::domain::{
    event::PlacedBy,
    place::{Point, Precision},
};

const MOST_PARTS: usize = 12;

impl Index {
    /// The best that the texts allow.
    pub fn answer(&self, query: &Query) -> Answer {
        let text = query.text.unwrap_or("").trim();
        let given_town = query.town.filter(|t| !t.trim().is_empty());
        let (street, tail_town, tail_zip) = split_tail(self, text);
        let mut town = given_town.map(str::to_owned).or(tail_town.map(str::to_owned));
        let mut zip = query.zip.filter(|z| !z.trim().is_empty()).map(str::to_owned).or(tail_zip);
        let mut post_box = false;
        let mut lead = Street { answer: Answer::NotFound(Why::Nothing), firm: false };
        if !text.is_empty() {
            let around = Where::of(self, town.as_deref(), zip.as_deref());
            let parsed = StreetText::parse(street);
            lead = self.street_level(street, &parsed, &around);
            if !lead.firm {
                let before = (town.clone(), zip.clone());
                let address = Address::parse(text);
                post_box = address.post_box;
                town = town.filter(|_| given_town.is_some()).or(address.town).or(tail_town.map(str::to_owned));
                zip = zip.or(address.zip);
                let moved = before != (town.clone(), zip.clone());
                let here = if moved { Where::of(self, town.as_deref(), zip.as_deref()) } else { around.clone() };
                let other = StreetText::parse(&address.street);
                if !address.street.is_empty() && (here != around || other != parsed) {
                    let other = self.street_level(&address.street, &other, &here);
                    if other.firm
                        || !matches!(lead.answer, Answer::Found(_)) && !matches!(other.answer, Answer::NotFound(_))
                    {
                        lead = other;
                    }
                }
            }
        }
        let mut doubt = match lead.answer {
            Answer::Found(found) => return Answer::Found(found),
            other => other,
        };
        let levels: [&dyn Fn() -> Answer; 3] =
            [&|| self.town(town.as_deref()), &|| self.zip(zip.as_deref()), &|| self.county(query.county)];
        for level in levels {
            match level() {
                Answer::Found(found) => return Answer::Found(found),
                several @ Answer::Ambiguous { .. } if matches!(doubt, Answer::NotFound(_)) => doubt = several,
                Answer::NotFound(Why::UnknownArea) if doubt == Answer::NotFound(Why::Nothing) => {
                    doubt = Answer::NotFound(Why::UnknownArea);
                }
                _ => {}
            }
        }
        if post_box && matches!(doubt, Answer::NotFound(_)) { Answer::NotFound(Why::PostBox) } else { doubt }
    }

    fn street_level(&self, text: &str, parsed: &StreetText, around: &Where) -> Street {
        match (parsed.streets.as_slice(), &parsed.number) {
            ([], _) => Street::nothing(Why::Nothing),
            ([a, b], _) => self.crossing_or_house(a, b, parsed, around, text),
            ([name], Some(_)) => self.house(name, parsed, around, text),
            ([name], None) => self.named(name, around, text, None),
            (many, _) => self.many(many, around, text),
        }
    }

    /// "12 MAIN ST @ OAK AVE" is a crossing, "12 MAIN ST @ JOE'S BAR" a house.
    fn crossing_or_house(&self, a: &str, b: &str, parsed: &StreetText, around: &Where, text: &str) -> Street {
        let crossing = self.crossing(crossing::find(self, a, b, around, text), around);
        let Some((number, name)) = parsed.beside.as_ref().filter(|_| !crossing.firm) else { return crossing };
        let house = StreetText { number: Some(number.clone()), block: parsed.block, ..StreetText::default() };
        // "51 KIRK AND FITTS": both are the name of one street.
        let whole = [a, b].join(" & ");
        let name = if self.streets().find(&whole).is_some() { &whole } else { name };
        let house = self.house(name, &house, around, text);
        let placed = matches!(&house.answer, Answer::Found(m) if m.precision < Precision::Street);
        if house.firm && placed { house } else { crossing }
    }

    fn crossing(&self, lead: Lead, around: &Where) -> Street {
        let firm = lead.is_firm();
        let answer = match lead {
            Lead::Known { judged, slips } => self.known(judged, slips, None),
            Lead::Inferred { found, slips, name } => self.inferred(&found, slips, &name, around),
            Lead::Lost => Answer::NotFound(Why::UnknownCrossing),
            Lead::Unknown => Answer::NotFound(Why::UnknownStreet),
        };
        Street { answer, firm }
    }

    /// A text of one part without a number: a street, a landmark, or a crossing whose mark is lost.
    /// `of_house`: the text has a number, and these other names were tried with it.
    fn named(&self, name: &str, around: &Where, asked: &str, of_house: Option<&[Guess]>) -> Street {
        let whole = self.as_it_stands(name, around, asked, of_house);
        if whole.answer != Answer::NotFound(Why::UnknownStreet) {
            return whole;
        }
        match name.split_once(' ') {
            // "1Z0 MAIN ST": the number cannot be read, the street can.
            Some((number, rest)) if rest.contains(' ') && number.contains(|c: char| c.is_ascii_digit()) => {
                let guesses = crossing::guesses(&self.streets(), rest, false);
                less_sure(self.as_it_stands(rest, around, rest, Some(&guesses)))
            }
            _ => whole,
        }
    }

    fn as_it_stands(&self, name: &str, around: &Where, asked: &str, of_house: Option<&[Guess]>) -> Street {
        let names = self.streets();
        let entries = self.entries();
        let id = names.find(name);
        if let Some(id) = id {
            let judged = judge(self, entries.houses(id, 0, 0), around, asked);
            if !matches!(judged, Judged::Nothing) {
                return Street { answer: self.known(judged, 0, Some((name, around))), firm: true };
            }
        }
        let crossing_of = |judged| Street { answer: self.known(judged, 1, None), firm: true };
        if let Some(judged) = mark::lost(self, asked, around) {
            return crossing_of(judged);
        }
        let here = id.is_some_and(|id| crossing::is_here(self, id, around));
        if !here {
            let guesses = of_house.map_or_else(|| Cow::Owned(crossing::guesses(&names, name, false)), Cow::Borrowed);
            for guess in guesses.iter().filter(|g| (1..=2).contains(&g.slips)) {
                let judged = judge(self, entries.houses(guess.street, 0, 0), around, asked);
                if !matches!(judged, Judged::Nothing) {
                    let written = names.get(guess.street);
                    return Street {
                        answer: self.known(judged, guess.slips, Some((written, around))),
                        firm: guess.slips == 1,
                    };
                }
            }
        }
        if of_house.is_none()
            && let Some(judged) = mark::damaged(self, asked, around)
        {
            return crossing_of(judged);
        }
        if self.is_too_wide(name, around) {
            return Street { answer: Answer::NotFound(Why::UnknownCrossing), firm: here };
        }
        let course = if of_house.is_some() { infer::street_of_house } else { infer::street };
        if let Some(found) = course(self, name, around, None) {
            return Street { answer: self.inferred(&found, 0, name, around), firm: here };
        }
        Street::nothing(Why::UnknownStreet)
    }

    /// Three and more parts: one name, or two with a mark too many.
    fn many(&self, parts: &[String], around: &Where, asked: &str) -> Street {
        let all = self.named(&parts.join(" & "), around, asked, None);
        if all.firm || parts.len() > MOST_PARTS {
            return all;
        }
        let mut best = all;
        for i in 0..parts.len() {
            for j in (0..parts.len()).filter(|j| *j != i) {
                let rest: Vec<&str> =
                    (0..parts.len()).filter(|k| *k != i && *k != j).map(|k| parts[k].as_str()).collect();
                let joined = format!("{}{}", parts[i], parts[j]);
                // Three parts are two streets of which one was torn; of four and more any two are tried.
                let (a, b) =
                    if rest.len() == 1 { (joined.as_str(), rest[0]) } else { (parts[i].as_str(), parts[j].as_str()) };
                let lead = crossing::find(self, a, b, around, asked);
                if matches!(lead, Lead::Known { .. }) && !lead.is_nothing() {
                    return self.crossing(lead, around);
                }
                if rest.len() == 1 && i < j {
                    let lead = self.crossing(crossing::find(self, &parts[i], &parts[j], around, asked), around);
                    if matches!(best.answer, Answer::NotFound(_)) && !matches!(lead.answer, Answer::NotFound(_)) {
                        best = lead;
                    }
                }
            }
        }
        best
    }

    fn house(&self, name: &str, parsed: &StreetText, around: &Where, asked: &str) -> Street {
        let names = self.streets();
        let exact: Vec<Guess> = names.find(name).map(|street| Guess { street, slips: 0 }).into_iter().collect();
        let mut answer = self.numbered(&exact, parsed, around, asked);
        let mut guesses = Vec::new();
        if answer.is_none()
            && let Some(first) = &parsed.first
        {
            // No such number with a hyphen is known: "150-152" are two numbers of one building.
            let first = StreetText { number: Some(first.clone()), block: parsed.block, ..StreetText::default() };
            return self.house(name, &first, around, asked);
        }
        if answer.is_none() {
            let here = exact.first().is_some_and(|g| crossing::is_here(self, g.street, around));
            guesses = crossing::guesses(&names, name, here);
            if here {
                // "Main St" has no such number, "N Main St" has.
                let relaxed = names.relaxed(name).into_iter().filter(|(_, n)| *n > 0);
                guesses.extend(relaxed.map(|(street, slips)| Guess { street, slips }));
            }
            guesses.retain(|g| (1..=2).contains(&g.slips));
            answer = self.numbered(&guesses, parsed, around, asked);
        }
        match answer {
            Some(answer) => Street { answer, firm: true },
            // The street, where its number is not known or cannot be read.
            None => less_sure(self.named(name, around, name, Some(&guesses))),
        }
    }

    /// The house on one of the streets that may be meant, those with the fewest slips first.
    fn numbered(&self, guesses: &[Guess], parsed: &StreetText, around: &Where, asked: &str) -> Option<Answer> {
        let (names, number) = (self.streets(), parsed.number.as_ref()?);
        let mut several: Option<Answer> = None;
        for equal in guesses.chunk_by(|x, y| x.slips == y.slips) {
            let mut found: Vec<Answer> = Vec::new();
            for guess in equal {
                let house = if parsed.block {
                    house::block(self, guess.street, number.value, around)
                } else {
                    house::find(self, guess.street, number, around, asked)
                };
                let block = if parsed.block { " BLK" } else { "" };
                let written = format!("{}{block} {}", number.value, names.get(guess.street));
                match self.house_answer(house, guess.slips, written) {
                    Answer::NotFound(_) => {}
                    answer => found.push(answer),
                }
            }
            match one_of(found) {
                Some(Answer::Found(found)) => return Some(Answer::Found(found)),
                Some(other) => several = several.or(Some(other)),
                None => {}
            }
        }
        several
    }

    fn house_answer(&self, house: House, slips: u32, written: String) -> Answer {
        match house {
            House::Known(judged) => self.known(judged, slips, None),
            House::Between { at, radius_m } => {
                let Some(point) = at.point() else { return Answer::NotFound(Why::UnknownStreet) };
                Answer::Found(Match {
                    point,
                    precision: coarsened(Precision::Range, radius_m),
                    score: (0.85 - 0.1 * f64::from(slips)).max(0.1),
                    radius_m,
                    matched: written,
                    placed_by: PlacedBy::Gazetteer,
                    basis: Basis::Interpolated,
                    others: Vec::new(),
                })
            }
            House::Several { spots } => Answer::Ambiguous {
                places: spots.len(),
                spread_km: spread_m(&spots) / 1000.0,
                candidates: spots
                    .iter()
                    .filter_map(|s| s.point())
                    .take(MOST_ALTERNATIVES)
                    .map(|point| Alternative { point, name: written.clone() })
                    .collect(),
            },
            House::Nothing => Answer::NotFound(Why::UnknownStreet),
        }
    }
}

/// What the street text alone leads to.
struct Street {
    answer: Answer,
    /// No other reading of the text needs to be tried.
    firm: bool,
}

impl Street {
    fn nothing(why: Why) -> Self {
        Self { answer: Answer::NotFound(why), firm: false }
    }
}

fn less_sure(mut street: Street) -> Street {
    if let Answer::Found(found) = &mut street.answer {
        found.score = (found.score - 0.2).max(0.1);
    }
    street
}

/// One answer of several readings of a name: the only one, or doubt.
fn one_of(mut found: Vec<Answer>) -> Option<Answer> {
    if found.len() <= 1 {
        return found.pop();
    }
    let points: Vec<Point> =
        found.iter().filter_map(|a| if let Answer::Found(m) = a { Some(m.point) } else { None }).collect();
    let spots: Vec<Spot> = points.iter().map(|p| Spot::of(*p)).collect();
    if points.len() == found.len() && spread_m(&spots) <= super::question::SAME_PLACE_M {
        return found.into_iter().next();
    }
    let candidates = found
        .iter()
        .flat_map(|a| match a {
            Answer::Found(m) => vec![Alternative { point: m.point, name: m.matched.clone() }],
            Answer::Ambiguous { candidates, .. } => candidates.clone(),
            Answer::NotFound(_) => Vec::new(),
        })
        .take(MOST_ALTERNATIVES)
        .collect();
    Some(Answer::Ambiguous { places: found.len(), candidates, spread_km: spread_m(&spots) / 1000.0 })
}

/// "12 Main St, Joe's Bar, Orono ME 04473" → street, town, ZIP. Of several parts the first that is a town is taken.
fn split_tail<'a>(index: &Index, text: &'a str) -> (&'a str, Option<&'a str>, Option<String>) {
    let mut parts = text.split(',').map(str::trim);
    let street = parts.next().unwrap_or("");
    let rest: Vec<&str> = parts.filter(|p| !p.is_empty()).collect();
    let zip = rest
        .last()
        .and_then(|p| p.split_whitespace().last())
        .filter(|z| super::index::zip_number(z).is_some())
        .map(str::to_owned);
    let may_be_town =
        |p: &&str| !p.bytes().any(|b| b.is_ascii_digit()) && p.len() > 2 && !p.to_uppercase().starts_with("APT");
    let towns: Vec<&str> = rest.into_iter().map(without_state).filter(may_be_town).collect();
    let known = towns.iter().copied().find(|p| towns.len() == 1 || !towns_named(index, p).is_empty());
    (street, known.or(towns.first().copied()), zip)
}

/// "Orono ME 04473" → "Orono".
fn without_state(part: &str) -> &str {
    let before = |text: &str| text.rsplit_once(' ').map(|(head, last)| (head.trim_end().len(), last.to_uppercase()));
    let mut kept = part;
    if let Some((head, last)) = before(kept)
        && super::index::zip_number(&last).is_some()
    {
        kept = &kept[..head];
    }
    match before(kept) {
        Some((head, last)) if last.len() == 2 && vocabulary::state(&last).is_some() => &kept[..head],
        _ => kept,
    }
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "written_tests.rs"]
mod written;

//! Disclosure: what each audience may see, decided in one place.
//!
//! No count, row or sentence about events leaves the house except as a [`Released<T>`], and the only
//! way to make one is [`release`] (or [`for_recipient`] for messages): the field is private, so a
//! handler that forgets does not compile. A type says what it is by implementing [`Disclose`]: its
//! [`Class`] (who may see it at all) and, where a permitted reader gets less than everything, what is
//! taken out ([`Disclose::redact`]).
//!
//! | audience | line list | counts per cell and area | the public table |
//! |---|---|---|---|
//! | `LineList` | rows and points | true | yes |
//! | `Aggregate` | withheld | true, cells no finer than [`FINEST_SHARED`](crate::domain::place::FINEST_SHARED), no event ids, no points of events | yes |
//! | `Public` | withheld | withheld | fixed four-week totals of the whole jurisdiction, below k hidden ([`public`]) |
//!
//! Suppressing small counts query by query can be undone by asking overlapping questions (see
//! *Limits* in [`public`]), so the public gets one fixed table and nothing computed on demand.
//!
//! How many sources tell of the overdoses behind a figure ([`Corroboration`](crate::domain::corroboration::Corroboration))
//! is a count of a part of it, often a small one, so it has the class of the count it stands beside: whoever may see
//! "3 overdoses" in a cell may see "2 of them told by two sources", and nobody else. It never stands where its count
//! does not, over no other cells, days or areas, so it closes no system of equations that the count left open; there is
//! no share without its numbers, which would tell a small denominator. It names no source and no event. The public
//! table has no such column: with one, a hidden total would be known to be no less than its part. Sources of other
//! jurisdictions are left out, since "one more than our own" tells of a single foreign report.
//!
//! To add a type that leaves the house: `impl Disclose for It { const CLASS: Class = Class::Counts; }`
//! beside the type (for rows of the API) or in `redact.rs` (for types of `domain`), and override
//! `redact` if it holds anything an `Aggregate` reader must not have.

pub mod public;
mod redact;

use serde::{Serialize, Serializer};
use thiserror::Error;
use utoipa::{PartialSchema, ToSchema};

use crate::domain::{ids::UserId, outreach::Encounter, scope::Audience};

/// A value as one audience may see it. Serialises as the value alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Released<T> {
    audience: Audience,
    value: T,
}

/// The reader may not see this at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("this is not shown to readers of the \"{audience}\" audience")]
pub struct Withheld {
    pub audience: Audience,
}

/// Who may see values of a type at all. Ordered: most open first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Holds no figure about events: areas, names of places, ages of data.
    Open,
    /// True counts of places and periods, and sentences made from them.
    Counts,
    /// Rows and points of single events.
    LineList,
}

impl Class {
    pub fn open_to(self, audience: Audience) -> bool {
        match audience {
            Audience::LineList => true,
            Audience::Aggregate => self <= Self::Counts,
            Audience::Public => self == Self::Open,
        }
    }
}

/// A type that may leave the house, and in what form.
pub trait Disclose: Sized {
    /// Who may see it at all.
    const CLASS: Class;

    /// What an audience that may see it gets of it. Unchanged unless the type says otherwise.
    #[must_use]
    fn redact(self, _audience: Audience) -> Self {
        self
    }

    /// `None` when the audience may not see it at all.
    #[must_use]
    fn for_audience(self, audience: Audience) -> Option<Self> {
        Self::CLASS.open_to(audience).then(|| self.redact(audience))
    }
}

/// Release a value for an audience: the one door out.
///
/// # Errors
/// When values of this type are not for that audience.
pub fn release<T: Disclose>(audience: Audience, value: T) -> Result<Released<T>, Withheld> {
    value.for_audience(audience).map(|value| Released { audience, value }).ok_or(Withheld { audience })
}

/// Release a value for whoever receives a message. Messages are forwarded and lie in mailboxes, so
/// every recipient is treated as an aggregate reader, whatever role the person has on screen.
///
/// # Errors
/// When values of this type are for the line list only.
pub fn for_recipient<T: Disclose>(value: T) -> Result<Released<T>, Withheld> {
    release(Audience::Aggregate, value)
}

/// Release contacts: as [`release`] does, except that whoever wrote a note may read it again.
///
/// # Errors
/// When the audience may not see contacts.
pub fn release_contacts(
    audience: Audience,
    reader: UserId,
    contacts: Vec<Encounter>,
) -> Result<Released<Vec<Encounter>>, Withheld> {
    let own: Vec<Option<String>> = contacts.iter().map(|c| (c.by == reader).then(|| c.note.clone())).collect();
    let mut released = release(audience, contacts)?;
    for (contact, note) in released.value.iter_mut().zip(own) {
        if let Some(note) = note {
            contact.note = note;
        }
    }
    Ok(released)
}

impl<T> Released<T> {
    pub fn audience(&self) -> Audience {
        self.audience
    }

    pub fn get(&self) -> &T {
        &self.value
    }

    /// The value itself, for an answer that is about to be written.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T: Serialize> Serialize for Released<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

impl<T: PartialSchema> PartialSchema for Released<T> {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        T::schema()
    }
}

impl<T: ToSchema> ToSchema for Released<T> {
    fn name() -> std::borrow::Cow<'static, str> {
        T::name()
    }

    fn schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::schema::Schema>)>) {
        T::schemas(schemas);
    }
}

impl<T: Disclose> Disclose for Vec<T> {
    const CLASS: Class = T::CLASS;

    fn redact(self, audience: Audience) -> Self {
        self.into_iter().filter_map(|item| item.for_audience(audience)).collect()
    }
}

/// What the reader may not see becomes `None`: for parts of a larger answer.
impl<T: Disclose> Disclose for Option<T> {
    const CLASS: Class = Class::Open;

    fn redact(self, audience: Audience) -> Self {
        self.and_then(|item| item.for_audience(audience))
    }
}

impl<T: Disclose> Disclose for Box<T> {
    const CLASS: Class = T::CLASS;

    fn redact(self, audience: Audience) -> Self {
        Box::new((*self).redact(audience))
    }
}

impl<A: Disclose, B: Disclose> Disclose for (A, B) {
    const CLASS: Class = stricter(A::CLASS, B::CLASS);

    fn redact(self, audience: Audience) -> Self {
        (self.0.redact(audience), self.1.redact(audience))
    }
}

/// The class of a thing made of two others; for types that hold several.
pub const fn stricter(a: Class, b: Class) -> Class {
    match (a, b) {
        (Class::LineList, _) | (_, Class::LineList) => Class::LineList,
        (Class::Counts, _) | (_, Class::Counts) => Class::Counts,
        (Class::Open, Class::Open) => Class::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, PartialEq, Serialize)]
    struct Row(u32);

    impl Disclose for Row {
        const CLASS: Class = Class::LineList;
    }

    #[derive(Debug, Clone, PartialEq, Serialize)]
    struct Cells(u32);

    impl Disclose for Cells {
        const CLASS: Class = Class::Counts;
    }

    #[test]
    fn rows_are_for_the_line_list_only() {
        assert!(release(Audience::LineList, vec![Row(1)]).is_ok());
        assert_eq!(release(Audience::Aggregate, vec![Row(1)]), Err(Withheld { audience: Audience::Aggregate }));
        assert_eq!(release(Audience::Public, Vec::<Row>::new()), Err(Withheld { audience: Audience::Public }));
    }

    #[test]
    fn an_optional_part_is_hidden_while_the_rest_is_shown() {
        let answer = (Cells(4), Some(vec![Row(1), Row(2)]));
        let shown = release(Audience::Aggregate, answer.clone()).unwrap();
        assert_eq!(shown.get(), &(Cells(4), None));
        assert_eq!(release(Audience::LineList, answer.clone()).unwrap().into_inner(), answer);
        assert!(release(Audience::Public, answer).is_err());
    }

    #[test]
    fn a_released_value_is_written_as_the_value_alone() {
        let shown = release(Audience::Aggregate, vec![Cells(4)]).unwrap();
        assert_eq!(serde_json::to_string(&shown).unwrap(), "[4]");
        assert_eq!(shown.audience(), Audience::Aggregate);
    }

    #[test]
    fn a_pair_is_as_closed_as_its_more_closed_half() {
        assert_eq!(<(Cells, Row)>::CLASS, Class::LineList);
        assert_eq!(<(Cells, Option<Row>)>::CLASS, Class::Counts);
    }
}

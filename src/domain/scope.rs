//! Who asks, for which data, and what they may see of it.
//!
//! Every store call takes a [`Scope`]; there is no call without one. Every count that leaves the
//! house is released for an [`Audience`] (see `disclosure`).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    event::text_enum,
    ids::{ApiKeyId, AreaId, JurisdictionId, UserId},
};

text_enum! {
    Role {
        /// Outreach staff: own catchment, areas instead of points, follow-ups.
        Liaison = "liaison",
        /// Own jurisdiction with the line list; decides on alerts.
        PublicHealth = "public_health",
        /// Aggregates; the line list only where it was granted.
        Analyst = "analyst",
        /// Accounts, feeds, quarantine; sees what public health sees.
        Admin = "admin",
        /// A machine that may write events and read nothing.
        Feed = "feed",
    }

    /// How much of the truth a reader gets.
    Audience {
        /// True counts and points of the own jurisdiction (public health, admin).
        LineList = "line_list",
        /// True counts per cell and area, no points, no rows (liaison, analyst).
        Aggregate = "aggregate",
        /// Only what the release table holds (everybody else).
        Public = "public",
    }
}

impl Role {
    pub fn audience(self) -> Audience {
        match self {
            Self::PublicHealth | Self::Admin => Audience::LineList,
            Self::Liaison | Self::Analyst => Audience::Aggregate,
            Self::Feed => Audience::Public,
        }
    }

    pub fn decides_alerts(self) -> bool {
        matches!(self, Self::PublicHealth | Self::Admin)
    }

    pub fn logs_visits(self) -> bool {
        matches!(self, Self::Liaison | Self::PublicHealth | Self::Admin)
    }

    pub fn mends_rows(self) -> bool {
        matches!(self, Self::Admin)
    }

    pub fn writes_events(self) -> bool {
        matches!(self, Self::Feed | Self::Admin)
    }
}

/// Who is behind a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A job or command of the service itself.
    System(&'static str),
    User(UserId),
    Key(ApiKeyId),
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::System(name) => write!(f, "system:{name}"),
            Self::User(id) => write!(f, "user:{id}"),
            Self::Key(id) => write!(f, "key:{id}"),
        }
    }
}

/// Which areas of the jurisdiction are in view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AreaScope {
    All,
    /// These areas and everything below them in the tree (already expanded).
    Only(Vec<AreaId>),
}

impl AreaScope {
    pub fn allows(&self, area: Option<&AreaId>) -> bool {
        match self {
            Self::All => true,
            Self::Only(areas) => area.is_some_and(|a| areas.contains(a)),
        }
    }
}

/// Whose data, which part of it, for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    pub jurisdiction: JurisdictionId,
    pub areas: AreaScope,
    pub audience: Audience,
    pub actor: Actor,
}

impl Scope {
    /// The service's own view of one jurisdiction, for jobs and commands.
    pub fn system(jurisdiction: JurisdictionId, name: &'static str) -> Self {
        Self { jurisdiction, areas: AreaScope::All, audience: Audience::LineList, actor: Actor::System(name) }
    }
}

/// A person with an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct User {
    pub id: UserId,
    pub jurisdiction: JurisdictionId,
    /// What the person signs in with; an e-mail address or a short name, compared in lower case.
    pub login: String,
    pub name: String,
    pub role: Role,
    /// Areas the person serves; empty means the whole jurisdiction.
    pub catchment: Vec<AreaId>,
    pub disabled: bool,
}

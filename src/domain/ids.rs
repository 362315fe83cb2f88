//! Identifiers that cannot be mixed up.
//!
//! Rows that people or feeds create carry a UUIDv7 (made in the shell, where the clock is). Rows
//! that a job derives carry a UUIDv8 computed from what they are about, so a job that runs twice
//! writes the same row twice and the store keeps one.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;
use utoipa::ToSchema;
use uuid::Uuid;

/// UUIDv8 from the SHA-256 of length-prefixed parts: the same parts always give the same id.
fn derived(domain: &str, parts: &[&str]) -> Uuid {
    let mut hash = Sha256::new();
    for part in std::iter::once(&domain).chain(parts) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hash.finalize();
    let mut bytes = [0u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

macro_rules! uuid_id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = uuid::Uuid)]
        pub struct $name(pub Uuid);

        impl $name {
            /// The id of a derived row: a function of what the row is about.
            pub fn derived(parts: &[&str]) -> Self {
                Self(derived(stringify!($name), parts))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )*};
}

uuid_id! {
    /// What a remote geocoder was asked, derived from the text.
    RemoteQuestionId;
    /// A gap in the data of one feed, derived from the feed and when it began.
    GapId;
    /// One reported occurrence; every version of it shares the id.
    EventId;
    /// Events from several sources that are one occurrence.
    IncidentId;
    /// An agreement of two jurisdictions to link their reports.
    AgreementId;
    /// One run of the analysis.
    RunId;
    /// A statistical aberration.
    SignalId;
    /// A signal that passed policy, followed over days.
    AlertId;
    /// A person with an account.
    UserId;
    /// A machine's credential.
    ApiKeyId;
    /// Something owed to a person after an overdose.
    FollowUpId;
    /// One outreach contact, made or attempted.
    EncounterId;
    /// One outgoing message; also its `Message-ID` and `webhook-id`.
    MessageId;
    /// A row that could not be read and waits for a person.
    RejectId;
    /// Rows of one source that could not be read for the same fault.
    GroupId;
    /// A rule that mends rows of one group.
    MendRuleId;
    /// One delivery of a feed: a file, or an hour of requests.
    DeliveryId;
    /// A unit of background work.
    JobId;
    /// Who wants to be told, about what, by which channel.
    SubscriptionId;
}

/// A short text id was empty, too long or held other characters than `a-z 0-9 . _ -`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{what} \"{text}\" must be 1 to 64 characters of a-z, 0-9, '.', '_' or '-', starting with a letter or digit")]
pub struct BadSlug {
    what: &'static str,
    text: String,
}

fn check_slug(what: &'static str, text: &str) -> Result<(), BadSlug> {
    let ok = (1..=64).contains(&text.len())
        && text.as_bytes()[0].is_ascii_alphanumeric()
        && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-'));
    if ok { Ok(()) } else { Err(BadSlug { what, text: text.chars().take(80).collect() }) }
}

macro_rules! slug_id {
    ($($(#[$doc:meta])* $name:ident = $what:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schema(value_type = String, pattern = "^[a-z0-9][a-z0-9._-]{0,63}$")]
        pub struct $name(Arc<str>);

        impl $name {
            /// # Errors
            /// When the text is not a short lower-case id.
            pub fn new(text: &str) -> Result<Self, BadSlug> {
                check_slug($what, text)?;
                Ok(Self(text.into()))
            }

            /// Make a valid id from any text: lower-case, runs of other characters become `-`.
            pub fn slugify(text: &str) -> Option<Self> {
                let mut slug = String::with_capacity(text.len());
                for c in text.chars() {
                    if c.is_ascii_alphanumeric() {
                        slug.push(c.to_ascii_lowercase());
                    } else if !slug.is_empty() && !slug.ends_with('-') {
                        slug.push('-');
                    }
                    if slug.len() == 64 { break; }
                }
                Self::new(slug.trim_end_matches('-')).ok()
            }

            pub fn as_str(&self) -> &str { &self.0 }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }

        impl FromStr for $name {
            type Err = BadSlug;
            fn from_str(text: &str) -> Result<Self, BadSlug> { Self::new(text) }
        }

        impl TryFrom<String> for $name {
            type Error = BadSlug;
            fn try_from(text: String) -> Result<Self, BadSlug> { Self::new(&text) }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String { id.0.as_ref().to_owned() }
        }
    )*};
}

slug_id! {
    /// The area that *owns* data: the tenant. First in every key of the store.
    JurisdictionId = "jurisdiction id";
    /// A place in a jurisdiction's tree of areas: the state, a county, a town.
    AreaId = "area id";
    /// A feed: one sender, one format, one mapping.
    SourceId = "source id";
    /// An alert rule; its record stays with it when it is changed.
    RuleId = "rule id";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_ids_depend_on_every_part_and_on_where_parts_end() {
        let a = SignalId::derived(&["me", "scan", "2024-05-01"]);
        assert_eq!(a, SignalId::derived(&["me", "scan", "2024-05-01"]));
        assert_ne!(a, SignalId::derived(&["me", "sc", "an2024-05-01"]));
        assert_ne!(a.0, AlertId::derived(&["me", "scan", "2024-05-01"]).0);
    }

    #[test]
    fn slugs_refuse_what_could_not_stand_in_a_url() {
        assert!(AreaId::new("me-penobscot").is_ok());
        for bad in ["", "Me", "a b", "-a", "é", &"a".repeat(65)] {
            assert!(AreaId::new(bad).is_err(), "{bad:?} was taken");
        }
        assert_eq!(AreaId::slugify("Upper Merion Twp.").unwrap().as_str(), "upper-merion-twp");
        assert_eq!(AreaId::slugify("—"), None);
    }
}

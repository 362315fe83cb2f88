//! Agreements: two jurisdictions let their reports be linked with each other.
//!
//! An ambulance of one county brings somebody to a hospital of the next: two jurisdictions hold a report each of one
//! overdose. Where both agree, linking tells either side *that* a source of another jurisdiction tells of an event, too:
//! not which source, not which event, not how many.
//!
//! An admin of one side proposes, an admin of the other confirms, and either ends it at any time; a proposal is taken
//! back or declined by ending it. Nothing is ever changed or removed: who did what, and when, stays readable for both.
//! Between two jurisdictions there is at most one that has not ended.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

use super::{
    event::text_enum,
    ids::{AgreementId, JurisdictionId},
};

text_enum! {
    /// Where an agreement stands. Ordered: most alive last.
    AgreementState {
        Ended = "ended",
        /// It waits for the other side.
        Proposed = "proposed",
        /// Reports of both sides are linked.
        InForce = "in_force",
    }
}

/// Who did something for a side, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Signed {
    /// Display name.
    pub by: String,
    pub at: DateTime<Utc>,
}

/// An agreement as both sides know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    pub id: AgreementId,
    /// Who proposed it.
    pub proposer: JurisdictionId,
    /// Who may confirm it.
    pub other: JurisdictionId,
    /// What it rests on, for both sides to read: a memorandum, a law.
    pub note: String,
    pub proposed: Signed,
    pub confirmed: Option<Signed>,
    pub ended: Option<(JurisdictionId, Signed)>,
}

/// Why an agreement cannot be changed so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AgreementError {
    #[error("an agreement is confirmed by the side that did not propose it")]
    OwnProposal,
    #[error("it is in force already")]
    InForce,
    #[error("it has ended; propose a new one")]
    Ended,
}

impl Agreement {
    pub fn state(&self) -> AgreementState {
        match (&self.ended, &self.confirmed) {
            (Some(_), _) => AgreementState::Ended,
            (None, Some(_)) => AgreementState::InForce,
            (None, None) => AgreementState::Proposed,
        }
    }

    /// Whether the jurisdiction is one of the two.
    pub fn binds(&self, jurisdiction: &JurisdictionId) -> bool {
        [&self.proposer, &self.other].contains(&jurisdiction)
    }

    /// Both sides, the smaller id first.
    pub fn sides(&self) -> [&JurisdictionId; 2] {
        let mut sides = [&self.proposer, &self.other];
        sides.sort_unstable();
        sides
    }

    /// The side whose jobs link the two: the smaller id, so that it is always the same and both know it.
    pub fn keeper(&self) -> &JurisdictionId {
        self.sides()[0]
    }

    /// Who stands on the other side of one of the two.
    pub fn opposite(&self, side: &JurisdictionId) -> &JurisdictionId {
        if *side == self.proposer { &self.other } else { &self.proposer }
    }

    /// The agreement in force.
    ///
    /// # Errors
    /// For the side that proposed it, and when it does not wait for the other side.
    pub fn confirm(&self, side: &JurisdictionId, signed: Signed) -> Result<Self, AgreementError> {
        match self.state() {
            AgreementState::Ended => Err(AgreementError::Ended),
            AgreementState::InForce => Err(AgreementError::InForce),
            AgreementState::Proposed if *side == self.proposer => Err(AgreementError::OwnProposal),
            AgreementState::Proposed => Ok(Self { confirmed: Some(signed), ..self.clone() }),
        }
    }

    /// The agreement ended by one of its sides.
    ///
    /// # Errors
    /// When it has ended before.
    pub fn end(&self, side: &JurisdictionId, signed: Signed) -> Result<Self, AgreementError> {
        match self.state() {
            AgreementState::Ended => Err(AgreementError::Ended),
            _ => Ok(Self { ended: Some((side.clone(), signed)), ..self.clone() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> JurisdictionId {
        JurisdictionId::new(text).unwrap()
    }

    fn signed(by: &str) -> Signed {
        Signed { by: by.into(), at: DateTime::UNIX_EPOCH }
    }

    fn proposal() -> Agreement {
        Agreement {
            id: AgreementId::derived(&["a"]),
            proposer: id("york"),
            other: id("essex"),
            note: String::new(),
            proposed: signed("Y"),
            confirmed: None,
            ended: None,
        }
    }

    #[test]
    fn it_is_in_force_from_the_other_sides_word_until_either_ends_it() {
        let proposed = proposal();
        assert_eq!(proposed.state(), AgreementState::Proposed);
        assert_eq!(proposed.confirm(&id("york"), signed("Y")), Err(AgreementError::OwnProposal));
        let force = proposed.confirm(&id("essex"), signed("E")).unwrap();
        assert_eq!(force.state(), AgreementState::InForce);
        assert_eq!(force.confirm(&id("essex"), signed("E")), Err(AgreementError::InForce));
        for side in ["york", "essex"] {
            let ended = force.end(&id(side), signed("Z")).unwrap();
            assert_eq!(ended.state(), AgreementState::Ended);
            assert_eq!(ended.end(&id(side), signed("Z")), Err(AgreementError::Ended));
            assert_eq!(ended.confirm(&id("essex"), signed("E")), Err(AgreementError::Ended));
        }
    }

    #[test]
    fn both_sides_name_the_same_keeper() {
        let one = proposal();
        let turned = Agreement { proposer: id("essex"), other: id("york"), ..proposal() };
        assert_eq!(one.keeper(), &id("essex"));
        assert_eq!(turned.keeper(), one.keeper());
        assert_eq!(one.opposite(&id("york")), &id("essex"));
        assert_eq!(one.opposite(&id("essex")), &id("york"));
        assert!(one.binds(&id("essex")) && !one.binds(&id("salem")));
    }
}

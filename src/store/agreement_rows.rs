//! What the rows of agreements mean, for both databases.

use super::{Result, columns::Columns};
use crate::domain::{
    agreement::{Agreement, AgreementState, Signed},
    ids::{AgreementId, JurisdictionId},
};

pub(super) fn agreement(r: &impl Columns, here: &JurisdictionId) -> Result<Agreement> {
    let there: JurisdictionId = r.parsed("other_id")?;
    let signed = |by: Option<String>, at| by.zip(at).map(|(by, at)| Signed { by, at });
    let (proposer, other) =
        if r.flag("proposed_here")? { (here.clone(), there.clone()) } else { (there.clone(), here.clone()) };
    let ended = signed(r.opt_text("ended_by")?, r.opt_instant("ended_at")?);
    Ok(Agreement {
        id: AgreementId(r.uuid("agreement_id")?),
        proposer,
        other,
        note: r.text("note")?,
        proposed: Signed { by: r.text("proposed_by")?, at: r.instant("proposed_at")? },
        confirmed: signed(r.opt_text("confirmed_by")?, r.opt_instant("confirmed_at")?),
        ended: match ended {
            None => None,
            Some(signed) => Some((if r.flag("ended_here")? { here.clone() } else { there }, signed)),
        },
    })
}

/// What of an agreement one side's row says, beside its id: the other side, and whether this one proposed and ended it.
pub(super) struct Side<'a> {
    pub here: &'a JurisdictionId,
    pub there: &'a JurisdictionId,
    pub proposed_here: bool,
    pub ended_here: Option<bool>,
}

/// Both rows, in the order of the sides.
pub(super) fn sides(agreement: &Agreement) -> [Side<'_>; 2] {
    agreement.sides().map(|here| Side {
        here,
        there: agreement.opposite(here),
        proposed_here: agreement.proposer == *here,
        ended_here: agreement.ended.as_ref().map(|(by, _)| by == here),
    })
}

/// What an agreement must have been for this to become of it.
pub(super) fn before(agreement: &Agreement) -> AgreementState {
    match agreement.state() {
        AgreementState::Ended if agreement.confirmed.is_some() => AgreementState::InForce,
        AgreementState::Ended | AgreementState::InForce | AgreementState::Proposed => AgreementState::Proposed,
    }
}

/// Whether it stands so already, by the same person's word: a call that came twice.
pub(super) fn stands(stored: &Agreement, wanted: &Agreement) -> bool {
    let words = |a: &Agreement| {
        let ended = a.ended.as_ref().map(|(side, signed)| (side.clone(), signed.by.clone()));
        (a.state(), a.confirmed.as_ref().map(|s| s.by.clone()), ended)
    };
    words(stored) == words(wanted)
}

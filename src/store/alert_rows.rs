//! What the rows of alerts, decisions and rules mean, for both databases; how to add a column stands in `rows`.

use super::{Result, columns::Columns};
use crate::domain::{
    alert::{Alert, AlertOutcome, AlertState, Decision, DecisionKind, DismissReason, Tier},
    course::Turn,
    event::EventKind,
    ids::AlertId,
    rule::{AlertRule, CaseMeasure, RuleStanding},
};

pub(super) fn alert(r: &impl Columns) -> Result<Alert> {
    Ok(Alert {
        id: AlertId(r.uuid("alert_id")?),
        version: r.u32("version")?,
        tier: r.word("tier", Tier::parse)?,
        state: r.word("state", AlertState::parse)?,
        rule: r.text("rule")?,
        kind: r.word("kind", EventKind::parse)?,
        measure: r.word("measure", CaseMeasure::parse)?,
        headline: r.text("headline")?,
        sentence: r.text("sentence")?,
        place_name: r.text("place_name")?,
        area: r.opt_parsed("area_id")?,
        cells: r.json("cells")?,
        centre: r.opt_point()?,
        radius_km: r.opt_real("radius_km")?,
        window: r.window()?,
        observed: r.u32("observed")?,
        expected: r.real("expected")?,
        expected_range: [r.real("expected_low")?, r.real("expected_high")?],
        p_value: r.real("p_value")?,
        recurrence_interval_days: r.real("recurrence_interval_days")?,
        peak_recurrence_interval_days: r.real("peak_recurrence_interval_days")?,
        first_signalled: r.day("first_signalled")?,
        last_signalled: r.day("last_signalled")?,
        signals: r.json("signals")?,
        caveats: r.json("caveats")?,
        told_observed: r.u32("told_observed")?,
        told_expected: r.real("told_expected")?,
        turn: r.word("turn", Turn::parse)?,
        raised_at: r.instant("raised_at")?,
        updated_at: r.instant("updated_at")?,
    })
}

pub(super) fn decision(r: &impl Columns) -> Result<Decision> {
    let reason = r.opt_text("reason")?;
    Ok(Decision {
        kind: r.word("kind", DecisionKind::parse)?,
        reason: reason
            .map(|t| DismissReason::parse(&t).ok_or_else(|| r.corrupt("reason", "is not a known word")))
            .transpose()?,
        note: r.text("note")?,
        by: r.text("by_name")?,
        at: r.instant("at")?,
        alert_version: r.u32("alert_version")?,
    })
}

/// What became of alerts, from rows of alerts joined with their decisions, both in order.
pub(super) fn outcomes<R: Columns>(found: impl Iterator<Item = R>) -> Result<Vec<AlertOutcome>> {
    let mut out: Vec<(AlertId, AlertOutcome)> = Vec::new();
    for r in found {
        let id = AlertId(r.uuid("alert_id")?);
        if out.last().is_none_or(|(last, _)| *last != id) {
            let outcome = AlertOutcome {
                rule: r.text("rule")?,
                state: r.word("state", AlertState::parse)?,
                raised_at: r.instant("raised_at")?,
                first_decision_at: None,
                investigated: false,
                dismissed_for: None,
            };
            out.push((id, outcome));
        }
        let (Some((_, outcome)), Some(kind)) = (out.last_mut(), r.opt_text("kind")?) else { continue };
        match DecisionKind::parse(&kind).ok_or_else(|| r.corrupt("kind", "is not a known word"))? {
            DecisionKind::Investigate => outcome.investigated = true,
            DecisionKind::Dismiss => {
                outcome.dismissed_for = r.opt_text("reason")?.as_deref().and_then(DismissReason::parse)
            }
            DecisionKind::Acknowledge | DecisionKind::Reopen => {}
        }
        outcome.first_decision_at = outcome.first_decision_at.or(r.opt_instant("at")?);
    }
    Ok(out.into_iter().map(|(_, outcome)| outcome).collect())
}

pub(super) fn rule(r: &impl Columns) -> Result<AlertRule> {
    Ok(AlertRule {
        id: r.parsed("rule_id")?,
        name: r.text("name")?,
        places: r.json("places")?,
        measure: r.word("measure", CaseMeasure::parse)?,
        tier: r.word("tier", Tier::parse)?,
        false_alerts_per_year: r.real("false_alerts_per_year")?,
        enabled: r.flag("enabled")?,
        changed_at: r.opt_instant("changed_at")?,
        changed_by: r.text("changed_by")?,
    })
}

pub(super) fn rule_standing(r: &impl Columns) -> Result<RuleStanding> {
    Ok(RuleStanding {
        rule: r.parsed("rule_id")?,
        area: r.parsed("area_id")?,
        as_of: r.day("as_of")?,
        usual_per_day: r.opt_real("usual_per_day")?,
        recurrence_interval_days: r.opt_real("recurrence_interval_days")?,
        sees_double: r.opt_real("sees_double")?,
        sees_triple: r.opt_real("sees_triple")?,
        sees_extra: r.opt_u32("sees_extra")?,
        would_have_begun: r.opt_u32("would_have_begun")?,
        days_judged: r.u32("days_judged")?,
        reason: r.text("reason")?,
    })
}

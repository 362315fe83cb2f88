//! `emberwatch quarantine`: rows that could not be read, by what is wrong with them, and rules that mend them.

use std::{fmt::Write as _, sync::Arc};

use anyhow::Context;
use clap::Subcommand;
use serde_json::json;

use super::{Shell, TextOrJson, places};
use crate::{
    clock::{DynClock, SystemClock, new_id},
    domain::{
        ids::{GroupId, MendRuleId, SourceId},
        quarantine::{Mend, MendPreview, MendRecord, MendRule, MendState, RejectGroup, check_mends},
        scope::Scope,
    },
    jobs::intake::{Intake, mend_queued},
    store::DynStore,
};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  emberwatch quarantine list\n  emberwatch quarantine preview GROUP --mends '[{\"do\": \"shift_time\", \"column\": \"when\", \"years\": -1}]'\n  emberwatch quarantine apply GROUP --mends '[{\"do\": \"not_ours\", \"why\": \"test rows\"}]' --note \"told us on the phone\"\n\nA mend is one of: set (column, value), replace (column, find, with), shift_time (column, years, days, hours),\nswap (first, second), map_codes (column, codes), not_a_case, not_ours (why)."
)]
pub struct Args {
    #[command(subcommand)]
    what: What,
    /// Whose rows; needed only where the store holds several jurisdictions.
    #[arg(long, global = true, value_name = "ID")]
    jurisdiction: Option<String>,
    #[arg(long, global = true, value_enum, default_value = "text")]
    format: TextOrJson,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Waiting rows in groups, largest first.
    List {
        #[arg(long, value_name = "ID")]
        source: Option<SourceId>,
    },
    /// What a rule would do to a group, without doing it.
    Preview(Rule),
    /// Make a rule and apply it: rows that can be read with it become events, the others keep waiting.
    Apply {
        #[command(flatten)]
        rule: Rule,
        /// Why, for the record.
        #[arg(long, default_value = "")]
        note: String,
        /// Also for whatever the source delivers later, until the rule is ended.
        #[arg(long)]
        standing: bool,
    },
    /// The rules that were made, newest first, and what each settled.
    Rules,
    /// End a rule that stands for later deliveries.
    End { rule: MendRuleId },
}

#[derive(Debug, clap::Args)]
struct Rule {
    /// As `list` gives it.
    group: GroupId,
    /// A JSON list of mends, done in their order.
    #[arg(long, value_name = "JSON")]
    mends: String,
}

pub async fn run(args: Args, shell: &Shell) -> anyhow::Result<()> {
    let mends = match &args.what {
        What::Preview(rule) | What::Apply { rule, .. } => read_mends(&rule.mends)?,
        What::List { .. } | What::Rules | What::End { .. } => Vec::new(),
    };
    let store = shell.open_store().await?;
    let owner = shell.jurisdiction(&store, args.jurisdiction.as_deref()).await?;
    let scope = Scope::system(owner.id, "quarantine");
    let clock: DynClock = Arc::new(SystemClock);
    let text = args.format.is_text();
    let said = match &args.what {
        What::List { source } => {
            let groups = store.reject_groups(&scope, source.as_ref()).await?;
            if text { groups_text(&groups) } else { serde_json::to_string(&json!({ "items": groups }))? }
        }
        What::Preview(rule) => {
            let intake = Intake::new(store.clone(), clock);
            let preview = intake.preview(&scope, rule.group, &mends).await.with_context(|| waiting(rule.group))?;
            if text { preview_text(&preview) } else { serde_json::to_string(&preview)? }
        }
        What::Apply { rule, note, standing } => {
            let index = shell.config()?.geocoder.index.as_deref().map(places::open_index).transpose()?.map(Arc::new);
            let made = make(&store, &clock, &scope, rule.group, mends, note, *standing).await?;
            mend_queued(&store, &clock, &scope, index).await?;
            let record = find(&store, &scope, made).await?;
            if text { record_text(&record) } else { serde_json::to_string(&record)? }
        }
        What::Rules => {
            let records = store.mend_rules(&scope).await?;
            if text {
                records.iter().map(record_text).collect::<Vec<_>>().join("\n")
            } else {
                serde_json::to_string(&json!({ "items": records }))?
            }
        }
        What::End { rule } => {
            let found = find(&store, &scope, *rule).await?;
            store.put_mend_rule(&scope, &MendRule { standing: false, ..found.rule }).await?;
            store.audit(&scope, "end-mend-rule", &format!("mend-rule:{rule}"), clock.now()).await?;
            if text { "ended".to_owned() } else { json!({ "ended": rule }).to_string() }
        }
    };
    store.close().await;
    shell.say(format_args!("{}", said.trim_end()))
}

fn read_mends(text: &str) -> anyhow::Result<Vec<Mend>> {
    let mends: Vec<Mend> = serde_json::from_str(text).context("--mends: expected a JSON list of mends")?;
    check_mends(&mends).map_err(|e| anyhow::anyhow!("--mends: {e}"))?;
    Ok(mends)
}

fn waiting(group: GroupId) -> String {
    format!("group {group} (rows that wait: `emberwatch quarantine list`)")
}

/// Store a rule that can be.
async fn make(
    store: &DynStore,
    clock: &DynClock,
    scope: &Scope,
    group: GroupId,
    mends: Vec<Mend>,
    note: &str,
    standing: bool,
) -> anyhow::Result<MendRuleId> {
    // What can't be is refused before it is stored.
    let intake = Intake::new(store.clone(), clock.clone());
    intake.preview(scope, group, &mends).await.with_context(|| waiting(group))?;
    let rows = store.group_rows(scope, group, None, 1).await?;
    let row = rows.into_iter().next().with_context(|| waiting(group))?;
    let rule = MendRule {
        id: MendRuleId(new_id(&**clock)),
        source: row.source,
        group,
        reason: row.reason,
        field: row.field,
        pattern: row.pattern,
        mends,
        note: note.to_owned(),
        standing,
        state: MendState::Queued,
        made_at: clock.now(),
        made_by: "command line".into(),
        done_at: None,
        still_bad: 0,
    };
    store.put_mend_rule(scope, &rule).await?;
    store.audit(scope, "make-mend-rule", &format!("mend-rule:{}", rule.id), clock.now()).await?;
    Ok(rule.id)
}

async fn find(store: &DynStore, scope: &Scope, id: MendRuleId) -> anyhow::Result<MendRecord> {
    let found = store.mend_rules(scope).await?.into_iter().find(|r| r.rule.id == id);
    found.with_context(|| format!("there is no rule {id}; see `emberwatch quarantine rules`"))
}

fn groups_text(groups: &[RejectGroup]) -> String {
    if groups.is_empty() {
        return "no row waits".into();
    }
    let mut out = String::new();
    for g in groups {
        let _ = writeln!(out, "{:>8}  {}  {}  {}", g.rows, g.id, g.source, g.sentence());
        let _ = writeln!(out, "{:10}such as {} line {}: {}", "", g.example.origin, g.example.line, g.value());
        if let Ok(mends) = serde_json::to_string(&g.suggested())
            && mends != "[]"
        {
            let _ = writeln!(out, "{:10}perhaps --mends '{mends}'", "");
        }
    }
    out
}

fn preview_text(p: &MendPreview) -> String {
    let mut out = format!("of {} rows {} were tried: {} would pass", p.rows, p.tried, p.would_pass);
    for (n, what) in [(p.known_already, "of these known already"), (p.not_cases, "no cases"), (p.discarded, "not ours")]
    {
        if n > 0 {
            let _ = write!(out, ", {n} {what}");
        }
    }
    out.push('\n');
    for bad in &p.still_bad {
        let field = bad.field.as_deref().map_or_else(String::new, |f| format!(" ({f})"));
        let _ = writeln!(out, "  {} would still wait{field}: {}", bad.rows, bad.message);
    }
    for e in p.examples.iter().take(5) {
        let changes: Vec<String> =
            e.changes.iter().map(|c| format!("{}: {} → {}", c.column, c.before, c.after)).collect();
        let _ = writeln!(out, "  {} line {}: {} ({})", e.origin, e.line, changes.join("; "), e.outcome);
    }
    out
}

fn record_text(r: &MendRecord) -> String {
    let standing = if r.rule.standing { ", stands for later deliveries" } else { "" };
    format!(
        "{}  {} of {}: {} mended, {} no cases, {} not ours; {} still bad{standing}",
        r.rule.id, r.rule.state, r.rule.source, r.mended, r.not_cases, r.discarded, r.rule.still_bad
    )
}

//! `emberwatch analyse`

use std::sync::Arc;

use super::Shell;
use crate::{
    clock::{DynClock, SystemClock},
    domain::{scope::Scope, time::Day},
    jobs::analyse::{Request, analyse},
};

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  emberwatch analyse --as-of 2024-05-01")]
pub struct Args {
    /// Take this day for today, and use only what had been received by its end.
    #[arg(long, value_name = "DATE")]
    as_of: Option<Day>,
    /// Needed only where the database holds more than one.
    #[arg(long)]
    jurisdiction: Option<String>,
    /// text or json.
    #[arg(long, value_enum, default_value = "text")]
    format: super::TextOrJson,
}

pub async fn run(args: Args, shell: &Shell) -> anyhow::Result<()> {
    let config = shell.config()?;
    let store = shell.open_store().await?;
    let clock: DynClock = Arc::new(SystemClock);
    let jurisdictions = match &args.jurisdiction {
        None if store.jurisdictions().await?.len() > 1 => store.jurisdictions().await?,
        named => vec![shell.jurisdiction(&store, named.as_deref()).await?],
    };
    let mut summaries = Vec::new();
    for jurisdiction in jurisdictions {
        let scope = Scope::system(jurisdiction.id.clone(), "analyse");
        let summary = analyse(&store, &clock, &scope, Request::as_of(args.as_of), &config).await?;
        if args.format.is_text() {
            match &summary {
                Some(summary) => shell.say(format_args!("{}: {summary}", jurisdiction.name))?,
                None => shell.say(format_args!("{}: no events yet, nothing to analyse.", jurisdiction.name))?,
            }
        }
        summaries.extend(summary);
    }
    if !args.format.is_text() {
        shell.say(format_args!("{}", serde_json::to_string(&summaries)?))?;
    }
    store.close().await;
    Ok(())
}

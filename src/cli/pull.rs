//! `emberwatch pull`: the watched folders and addresses, once; what `serve` does by itself every few minutes.

use std::sync::Arc;

use anyhow::bail;

use super::{Shell, TextOrJson, places};
use crate::{
    clock::{DynClock, SystemClock},
    domain::scope::Scope,
    jobs::feeds::{self, Outcome, Pulled},
};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  emberwatch pull\n\nin emberwatch.toml:\n  [[feeds]]\n  source = \"county-ems\"\n  folder = \"/srv/ems\"          # or url = \"https://…\"\n  mapping = \"county-ems.toml\"\n  every_minutes = 5"
)]
pub struct Args {
    #[arg(long, value_enum, default_value = "text")]
    format: TextOrJson,
}

pub async fn run(args: Args, shell: &Shell) -> anyhow::Result<()> {
    let config = shell.config()?;
    if config.feeds.is_empty() {
        bail!("nothing is watched: the configuration has no [[feeds]] (see emberwatch pull --help)");
    }
    let index = config.geocoder.index.as_deref().map(places::open_index).transpose()?.map(Arc::new);
    let store = shell.open_store().await?;
    let clock: DynClock = Arc::new(SystemClock);
    feeds::prepare(&store, &config).await?;
    let mut pulled: Vec<Pulled> = Vec::new();
    for jurisdiction in store.jurisdictions().await? {
        let scope = Scope::system(jurisdiction.id, "pull");
        loop {
            let found = feeds::pull(&store, &clock, &scope, &config, index.as_ref(), true).await?;
            pulled.extend(found.pulled);
            if !found.more {
                break;
            }
        }
    }
    store.close().await;
    if !args.format.is_text() {
        shell.say(format_args!("{}", serde_json::to_string(&pulled)?))?;
    } else if pulled.is_empty() {
        shell.say(format_args!("Nothing new."))?;
    } else {
        for one in &pulled {
            match &one.outcome {
                Outcome::Taken(summary) => shell.say(format_args!("{}", summary.to_text().trim_end()))?,
                Outcome::Failed(why) => shell.say(format_args!("{}, {}: not taken: {why}", one.source, one.item))?,
            }
        }
    }
    if pulled.iter().any(|p| matches!(p.outcome, Outcome::Failed(_))) {
        bail!("some of it could not be taken");
    }
    Ok(())
}

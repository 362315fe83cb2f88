//! `emberwatch check-config`

use anyhow::bail;

use super::Shell;
use crate::config::{Diagnosis, Environment};

pub async fn run(shell: &Shell) -> anyhow::Result<()> {
    let diagnosis = Diagnosis::of(shell.config_file.as_deref(), &Environment::of_process(), &shell.overrides());
    shell.say(format_args!("{}", diagnosis.to_string().trim_end()))?;
    if !diagnosis.is_ok() {
        bail!("the service would not start with this configuration");
    }
    let store = shell.open_store().await?;
    store.ready().await?;
    shell.say(format_args!("ok      database answers and is at the newest schema ({})", store.kind()))?;
    store.close().await;
    Ok(())
}

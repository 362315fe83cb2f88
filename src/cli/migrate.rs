//! `emberwatch migrate`

use super::Shell;

pub async fn run(shell: &Shell) -> anyhow::Result<()> {
    let store = shell.open_store().await?;
    shell.say(format_args!("The {} database is at the newest schema.", store.kind()))?;
    store.close().await;
    Ok(())
}

//! What every command shares: the configuration, the store, a runtime, and a way to speak.

use std::{fmt, future::Future, io::Write, path::PathBuf};

use anyhow::{Context, bail};

use crate::{
    config::{Config, Environment, Overrides},
    domain::{area::Jurisdiction, ids::JurisdictionId},
    store::{self, DynStore},
};

/// How far work that has time steps back: a tenth of what a request gets where both want a processor.
#[cfg(unix)]
const PATIENCE: i32 = 10;

/// The options that stand before every command.
pub(crate) struct Shell {
    pub database: Option<String>,
    pub config_file: Option<PathBuf>,
}

impl Shell {
    pub fn overrides(&self) -> Overrides {
        Overrides::default().set("database.url", self.database.as_deref())
    }

    /// File, environment and command line together.
    pub fn config(&self) -> anyhow::Result<Config> {
        Ok(Config::load(self.config_file.as_deref(), &Environment::of_process(), &self.overrides())?)
    }

    /// The store that the configuration names, with its schema brought up to date.
    pub async fn open_store(&self) -> anyhow::Result<DynStore> {
        let store = store::open(self.config()?.database.url.expose()).await?;
        store.migrate().await?;
        Ok(store)
    }

    /// The jurisdiction that was named, or the only one there is.
    pub async fn jurisdiction(&self, store: &DynStore, named: Option<&str>) -> anyhow::Result<Jurisdiction> {
        let mut all = store.jurisdictions().await?;
        if let Some(name) = named {
            let id = JurisdictionId::new(name)?;
            let known = all.iter().map(|j| j.id.to_string()).collect::<Vec<_>>().join(", ");
            return all
                .into_iter()
                .find(|j| j.id == id)
                .with_context(|| format!("jurisdiction \"{name}\" is not in the store; it holds: {known}"));
        }
        match all.len() {
            0 => {
                bail!("the store holds no data yet; begin with `emberwatch ingest` or `emberwatch jurisdictions load`")
            }
            1 => Ok(all.remove(0)),
            _ => {
                let known = all.iter().map(|j| j.id.as_str()).collect::<Vec<_>>().join(", ");
                bail!("the store holds several jurisdictions ({known}); name one with --jurisdiction")
            }
        }
    }

    /// Run a command that talks to the database or the network.
    pub fn block_on<T>(&self, command: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting the runtime")?;
        let answer = runtime.block_on(command);
        runtime.shutdown_timeout(std::time::Duration::from_secs(5));
        answer
    }

    /// [`Shell::block_on`] for work that has time: the service on the same machine is heard first. Everything that the
    /// command starts is as patient, for its threads are made after this.
    pub fn block_on_patiently<T>(&self, command: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
        #[cfg(unix)]
        if let Err(error) = rustix::process::nice(PATIENCE) {
            tracing::debug!(%error, "this runs with the priority of everybody else");
        }
        self.block_on(command)
    }

    /// One line on standard output.
    pub fn say(&self, line: fmt::Arguments<'_>) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        out.write_fmt(line)?;
        out.write_all(b"\n")?;
        Ok(out.flush()?)
    }
}

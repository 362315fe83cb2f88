//! `emberwatch serve` and `emberwatch work`: the processes that keep running.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use anyhow::Context;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{Shell, service::Service};
use crate::{clock::SystemClock, telemetry};

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  emberwatch serve --bind 0.0.0.0:8080")]
pub struct Args {
    /// Address and port to listen on (default: 127.0.0.1:8080, or `bind` of `[server]`).
    #[arg(long)]
    bind: Option<SocketAddr>,
    /// Leave the background jobs to `emberwatch work`.
    #[arg(long)]
    no_work: bool,
    /// Write the address here once it answers.
    #[arg(long, value_name = "FILE")]
    address_file: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  emberwatch work --database postgres://localhost/emberwatch")]
pub struct WorkArgs {}

pub async fn run(args: Args, shell: &Shell) -> anyhow::Result<()> {
    let mut config = shell.config()?;
    if let Some(bind) = args.bind {
        config.server.bind = bind;
    }
    telemetry::init_logging(&config.log)?;
    let store = shell.open_store().await?;
    let service = Service::new(store, Arc::new(SystemClock), config)?;
    let listener = TcpListener::bind(service.config.server.bind)
        .await
        .with_context(|| format!("listening on {}", service.config.server.bind))?;
    let address = format!("http://{}", listener.local_addr()?);
    shell.say(format_args!("address: {address}"))?;
    if let Some(file) = &args.address_file {
        std::fs::write(file, &address).with_context(|| format!("writing {}", file.display()))?;
    }
    service.serve(listener, !args.no_work, stop_signal()).await
}

pub async fn work(_: WorkArgs, shell: &Shell) -> anyhow::Result<()> {
    let config = shell.config()?;
    telemetry::init_logging(&config.log)?;
    let store = shell.open_store().await?;
    let service = Service::new(store, Arc::new(SystemClock), config)?;
    crate::jobs::feeds::prepare(&service.store, &service.config).await?;
    service.worker()?.run(stop_signal()).await;
    service.store.close().await;
    Ok(())
}

/// Cancelled by the first Ctrl-C or SIGTERM; what is under way is finished.
pub(super) fn stop_signal() -> CancellationToken {
    let stop = CancellationToken::new();
    let told = stop.clone();
    tokio::spawn(async move {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).ok();
        let terminated = async {
            match &mut terminate {
                Some(signal) => signal.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminated => {}
        }
        told.cancel();
    });
    stop
}

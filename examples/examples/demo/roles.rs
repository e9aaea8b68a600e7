//! What the demo is when it is one of the services: the real ones, from their libraries.

use std::sync::Arc;

use anyhow::Context as _;
use crm_service::admin;
use secrecy::SecretString;
use telephony_bridge::config::Config as BridgeConfig;
use telephony_bridge::server::LiveRunner;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::parts::READY;

pub(super) fn crm() -> anyhow::Result<()> {
    Runtime::new()?.block_on(async {
        let config = crm_service::Config::load(None, |name| std::env::var(name).ok())?;
        let key = std::env::var("DEMO_API_KEY").context("DEMO_API_KEY")?;
        admin::seed_demo(&config, Some(SecretString::from(key))).await?;
        let listener = listen(config.listen).await?;
        crm_service::serve(config, listener, terminated()?).await?;
        Ok(())
    })
}

pub(super) fn bridge() -> anyhow::Result<()> {
    Runtime::new()?.block_on(async {
        let config = BridgeConfig::load(None)?;
        telephony_bridge::logging::start(config.log_format, config.verbose);
        let runner = Arc::new(LiveRunner::new(&config)?);
        let listener = listen(config.listen).await?;
        telephony_bridge::server::serve(config, listener, runner, terminated()?).await?;
        Ok(())
    })
}

async fn listen(address: std::net::SocketAddr) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    println!("{READY}{}", listener.local_addr()?);
    Ok(listener)
}

fn terminated() -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        terminate.recv().await;
    })
}

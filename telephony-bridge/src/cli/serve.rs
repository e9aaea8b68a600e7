//! `telephony-bridge serve`.

#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(_args: &Args) -> anyhow::Result<()> {
    anyhow::bail!("not yet")
}

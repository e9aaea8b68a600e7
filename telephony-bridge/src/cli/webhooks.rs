//! `telephony-bridge webhooks`.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Subcommand;

use crate::config::Config;
use crate::server::{INBOUND_PATH, STATUS_PATH};
use crate::twilio::rest::{NumberWebhooks, TwilioRest};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Point a number's webhooks at PUBLIC_BASE_URL, and print them before and after.
    Set(SetArgs),
}

#[derive(Debug, clap::Args)]
struct SetArgs {
    /// One of the account's numbers, such as +972333333333.
    #[arg(long, value_name = "E164")]
    number: String,
    /// Change nothing, print what would change.
    #[arg(long)]
    dry_run: bool,
    /// TOML file with the settings of `serve`; environment variables win over it.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let Command::Set(args) = &args.command;
    let config = Config::load(args.config.as_deref())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("cannot start the async runtime")?.block_on(set(args, &config))
}

async fn set(args: &SetArgs, config: &Config) -> anyhow::Result<()> {
    let Some(credentials) = config.twilio.credentials.clone() else {
        bail!("TWILIO_ACCOUNT_SID is not set: it owns the number");
    };
    let account = credentials.account_sid().to_owned();
    let twilio = TwilioRest::new(credentials, config.twilio.options())?;
    let Some(number) = twilio.find_number(&args.number).await? else {
        bail!("account {account} has no number {}", args.number);
    };
    let wanted = NumberWebhooks {
        voice_url: config.webhook_url(INBOUND_PATH),
        voice_method: "POST".to_owned(),
        status_callback: config.webhook_url(STATUS_PATH),
        status_callback_method: "POST".to_owned(),
    };
    let mut out = std::io::stdout().lock();
    writeln!(out, "{} ({})", number.phone_number, number.sid)?;
    print(&mut out, "before", &number.webhooks)?;
    if number.webhooks == wanted {
        writeln!(out, "nothing to change")?;
        return Ok(());
    }
    if args.dry_run {
        print(&mut out, "would be", &wanted)?;
        return Ok(());
    }
    let now = twilio.set_webhooks(&number.sid, &wanted).await?;
    print(&mut out, "after", &now.webhooks)?;
    if now.webhooks != wanted {
        bail!("Twilio has kept other webhooks than it was given");
    }
    Ok(())
}

fn print(out: &mut impl Write, when: &str, webhooks: &NumberWebhooks) -> std::io::Result<()> {
    let shown =
        |method: &str, url: &str| if url.is_empty() { "-".to_owned() } else { format!("{method} {url}") };
    writeln!(out, "  {when:<8}  voice   {}", shown(&webhooks.voice_method, &webhooks.voice_url))?;
    let status = shown(&webhooks.status_callback_method, &webhooks.status_callback);
    writeln!(out, "  {:<8}  status  {status}", "")
}

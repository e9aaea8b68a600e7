//! The command line.

use std::ffi::OsString;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::net::TcpListener;

use crm_api::AgentGender;

use crate::admin::{self, Created, DEFAULT_MODE, Emergencies, NewTenant, TenantChange, TenantRow};
use crate::config::Config;
use crate::logging;

const ENVIRONMENT: &str = "\
Every setting is also an environment variable; it overrides the file.

  DATABASE_URL         sqlite://kav-crm.db (default) or postgres://user:password@host/database
  CRM_LISTEN           address and port [127.0.0.1:8081]
  INTERNAL_API_TOKEN   secret shared with the bridge; needed to serve
  CALL_TOKEN_SECRET    signs call tokens [derived from INTERNAL_API_TOKEN]
  CALL_TOKEN_TTL_S     seconds a call token is good [14400]
  DEFAULT_BUSINESS     slug of the business that gets calls to numbers nobody owns
  NEUTRAL_GREETING     first words of a call that belongs to nobody
  DEFAULT_VOICE        their voice [he-IL-Wavenet-A]
  CRM_MAX_BODY_BYTES   largest request body [1048576]
  DB_CONNECTIONS       database connections [8]
  MAX_MEMORY_USAGE_MB  /health warns above it
  SHUTDOWN_GRACE_MS    time for running requests at shutdown [10000]
  LOG_FORMAT           text or json [text]
  RUST_LOG             what is logged, on standard error [info]

In the file, the keys are: database_url, listen, internal_api_token, call_token_secret,
call_token_ttl_s, default_business, neutral_greeting, default_voice, max_body_bytes,
db_connections, max_memory_mb, shutdown_grace_ms, log_format.";

/// Tenants, leads, calls and conversations behind an HTTP API.
#[derive(Debug, Parser)]
#[command(name = "crm-service", version, after_help = ENVIRONMENT)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
struct Common {
    /// Settings file (TOML).
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve HTTP until SIGTERM or ctrl-c.
    #[command(after_help = ENVIRONMENT)]
    Serve {
        #[command(flatten)]
        common: Common,
        /// Address and port; port 0 takes a free one. The bound address is printed.
        #[arg(long, value_name = "ADDRESS:PORT")]
        listen: Option<SocketAddr>,
        /// Serve without INTERNAL_API_TOKEN, on a loopback address, with a well-known one.
        #[arg(long)]
        dev: bool,
    },
    /// Bring the database schema up to date and exit.
    Migrate {
        #[command(flatten)]
        common: Common,
    },
    /// Create the demo's business (demo-realestate, +97233763805); safe to repeat.
    SeedDemo {
        #[command(flatten)]
        common: Common,
        /// API key of the business, kav_…; a fresh one where absent.
        #[arg(long, env = "DEMO_API_KEY", hide_env_values = true, value_name = "KEY")]
        api_key: Option<SecretString>,
    },
    /// Create a business with its numbers and an API key.
    CreateTenant(CreateTenant),
    /// Change settings of a business; its next call has them. What is not given stays as it is.
    SetTenant(SetTenant),
    /// Show how the agents of all businesses speak and listen.
    ListTenants {
        #[command(flatten)]
        common: Common,
    },
    /// Create another API key of a business.
    CreateApiKey {
        #[command(flatten)]
        common: Common,
        /// The business.
        #[arg(long)]
        slug: String,
        /// What the key is for.
        #[arg(long, default_value = "cli")]
        label: String,
    },
}

#[derive(Debug, Args)]
struct CreateTenant {
    #[command(flatten)]
    common: Common,
    /// Stable short name: a-z, 0-9 and -.
    #[arg(long)]
    slug: String,
    /// Name as spoken.
    #[arg(long)]
    name: String,
    /// A number of the business; may be repeated.
    #[arg(long = "number", value_name = "NUMBER")]
    numbers: Vec<String>,
    /// general, plumber, real_estate or studio.
    #[arg(long)]
    vertical: Option<String>,
    /// Name of the assistant as spoken.
    #[arg(long)]
    assistant: Option<String>,
    #[command(flatten)]
    agent: Agent,
    /// First words on the phone; {business} and {assistant} are filled in.
    #[arg(long)]
    greeting: Option<String>,
    /// Record calls.
    #[arg(long)]
    record: bool,
    /// Spoken before anything else, such as the recording notice.
    #[arg(long)]
    announce: Option<String>,
}

#[derive(Debug, Args)]
struct SetTenant {
    #[command(flatten)]
    common: Common,
    /// The business.
    #[arg(long)]
    slug: String,
    #[command(flatten)]
    agent: Agent,
    /// Forget the phrases that callers are likely to say.
    #[arg(long, conflicts_with_all = ["phrases", "vocabulary"])]
    no_vocabulary: bool,
    /// No call is urgent.
    #[arg(long, conflicts_with_all = ["urgent", "emergencies", "usual_emergencies"])]
    no_emergencies: bool,
    /// A call is urgent by the bridge's own list again.
    #[arg(long, conflicts_with_all = ["urgent", "emergencies"])]
    usual_emergencies: bool,
}

/// How the agent speaks and listens.
#[derive(Debug, Args)]
struct Agent {
    /// Voice of the speech synthesis: one of Google's, such as he-IL-Wavenet-A, or one of an
    /// OpenAI-compatible service, such as nova.
    #[arg(long)]
    voice: Option<String>,
    /// How the agent speaks of itself: auto (as its voice sounds), feminine or masculine.
    #[arg(long, value_name = "GENDER")]
    agent_gender: Option<AgentGender>,
    /// A phrase that callers are likely to say, for speech recognition; may be repeated.
    #[arg(long = "phrase", value_name = "PHRASE")]
    phrases: Vec<String>,
    /// A file of such phrases, one a line.
    #[arg(long, value_name = "FILE")]
    vocabulary: Option<PathBuf>,
    /// A phrase that makes a call urgent, in whatever language; may be repeated. What is given here and in the
    /// file takes the place of the bridge's own list.
    #[arg(long = "emergency", value_name = "PHRASE")]
    urgent: Vec<String>,
    /// A file of such phrases, one a line.
    #[arg(long, value_name = "FILE")]
    emergencies: Option<PathBuf>,
    /// adaptive, polite or responsive.
    #[arg(long)]
    barge_in_preset: Option<String>,
    /// More or less readily interrupted than the preset: -1 to 1.
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    barge_in_sensitivity: Option<f32>,
    /// How calls are answered: chain, realtime, or default: as the bridge is set.
    #[arg(long, value_name = "MODE")]
    speech_mode: Option<String>,
}

impl Agent {
    /// What is given.
    fn change(&self) -> anyhow::Result<TenantChange> {
        // Nothing is urgent only where that is said in so many words.
        let emergencies = listed("emergencies", &self.urgent, self.emergencies.as_deref())?;
        if emergencies.as_ref().is_some_and(Vec::is_empty) {
            anyhow::bail!("the file of --emergencies holds no phrase: see --no-emergencies of set-tenant");
        }
        Ok(TenantChange {
            voice: self.voice.clone(),
            agent_gender: self.agent_gender,
            vocabulary: listed("vocabulary", &self.phrases, self.vocabulary.as_deref())?,
            emergencies: emergencies.map(Emergencies::These),
            barge_in_preset: self.barge_in_preset.clone(),
            barge_in_sensitivity: self.barge_in_sensitivity,
            speech_mode: self.speech_mode.clone(),
        })
    }
}

/// Phrases given one by one and in a file; `None`: neither is given.
fn listed(what: &str, phrases: &[String], file: Option<&Path>) -> anyhow::Result<Option<Vec<String>>> {
    let mut all = phrases.to_vec();
    if let Some(path) = file {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("{what} {} cannot be read", path.display()))?;
        all.extend(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned));
    }
    Ok((!phrases.is_empty() || file.is_some()).then_some(all))
}

impl SetTenant {
    fn change(&self) -> anyhow::Result<TenantChange> {
        let mut change = self.agent.change()?;
        if self.no_vocabulary {
            change.vocabulary = Some(Vec::new());
        }
        if self.no_emergencies {
            change.emergencies = Some(Emergencies::These(Vec::new()));
        }
        if self.usual_emergencies {
            change.emergencies = Some(Emergencies::Usual);
        }
        if change.is_empty() {
            anyhow::bail!("nothing to change: see `crm-service set-tenant --help`");
        }
        Ok(change)
    }
}

impl CreateTenant {
    fn tenant(&self) -> anyhow::Result<NewTenant> {
        fn set(slot: &mut String, value: Option<&String>) {
            if let Some(value) = value {
                slot.clone_from(value);
            }
        }
        let mut tenant = NewTenant::new(&self.slug, &self.name);
        set(&mut tenant.vertical, self.vertical.as_ref());
        set(&mut tenant.assistant_name, self.assistant.as_ref());
        let agent = self.agent.change()?;
        set(&mut tenant.voice, agent.voice.as_ref());
        set(&mut tenant.barge_in_preset, agent.barge_in_preset.as_ref());
        tenant.agent_gender = agent.agent_gender.unwrap_or_default();
        tenant.vocabulary = agent.vocabulary.unwrap_or_default();
        if let Some(Emergencies::These(phrases)) = agent.emergencies {
            tenant.emergencies = Some(phrases);
        }
        tenant.barge_in_sensitivity = agent.barge_in_sensitivity.unwrap_or_default();
        set(&mut tenant.phone_greeting, self.greeting.as_ref());
        tenant.speech_mode = agent.speech_mode.filter(|mode| mode != DEFAULT_MODE);
        tenant.record = self.record;
        tenant.announce.clone_from(&self.announce);
        Ok(tenant)
    }
}

/// Runs the command line `args` (the program's name first) to its end.
///
/// `serve` prints `crm-service listening on http://ADDRESS:PORT` on standard output when it listens;
/// logs go to standard error.
pub fn run_cli<T: Into<OsString> + Clone>(args: impl IntoIterator<Item = T>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are errors of this kind as well; a closed pipe hurts nobody.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The last words of the process, even where logs are off.
            let _ = writeln!(std::io::stderr(), "crm-service: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match cli.command {
            Command::Serve { common, listen, dev } => {
                let mut config = load(&common)?;
                config.listen = listen.unwrap_or(config.listen);
                if dev {
                    config = config.for_development()?;
                }
                serve(config).await
            }
            Command::Migrate { common } => {
                admin::migrate(&load(&common)?).await?;
                say(&["the schema is up to date"])
            }
            Command::SeedDemo { common, api_key } => {
                let created = admin::seed_demo(&load(&common)?, api_key).await?;
                report(admin::DEMO_SLUG, &[admin::DEMO_NUMBER.to_owned()], &created)
            }
            Command::CreateTenant(args) => {
                let config = load(&args.common)?;
                let created = admin::create_tenant(&config, &args.tenant()?, &args.numbers, None).await?;
                report(&args.slug, &args.numbers, &created)
            }
            Command::SetTenant(args) => {
                let change = args.change()?;
                let id = admin::set_tenant(&load(&args.common)?, &args.slug, &change).await?;
                say(&[&format!("business {}", args.slug), &format!("tenant {id}")])
            }
            Command::ListTenants { common } => {
                let rows = admin::tenants(&load(&common)?).await?;
                let lines: Vec<String> = [HEAD.to_owned()].into_iter().chain(rows.iter().map(line)).collect();
                say(&lines.iter().map(String::as_str).collect::<Vec<_>>())
            }
            Command::CreateApiKey { common, slug, label } => {
                let created = admin::create_api_key(&load(&common)?, &slug, &label, None).await?;
                report(&slug, &[], &created)
            }
        }
    })
}

const HEAD: &str = "BUSINESS                  VOICE                     GENDER     PRESET     SENSITIVITY  MODE      PHRASES  EMERGENCIES";

fn line(tenant: &TenantRow) -> String {
    format!(
        "{:<24}  {:<24}  {:<9}  {:<10} {:>11}  {:<8}  {:>7}  {}",
        tenant.slug,
        tenant.voice,
        tenant.agent_gender,
        tenant.barge_in_preset,
        tenant.barge_in_sensitivity,
        tenant.speech_mode.as_deref().unwrap_or(DEFAULT_MODE),
        tenant.phrases,
        tenant.emergencies.map_or_else(|| "usual".to_owned(), |own| own.to_string()),
    )
}

fn load(common: &Common) -> anyhow::Result<Config> {
    let config = Config::load(common.config.as_deref(), |name| std::env::var(name).ok())?;
    logging::start(config.log_format);
    Ok(config)
}

async fn serve(config: Config) -> anyhow::Result<()> {
    config.internal_token()?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.listen))?;
    say(&[&format!("crm-service listening on http://{}", listener.local_addr()?)])?;
    crate::serve(config, listener, stop_signal()?).await?;
    Ok(())
}

/// SIGTERM or ctrl-c.
fn stop_signal() -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        .context("cannot listen for SIGTERM")?;
    Ok(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    })
}

fn report(slug: &str, numbers: &[String], created: &Created) -> anyhow::Result<()> {
    let mut lines = vec![format!("business {slug}"), format!("tenant {}", created.tenant_id)];
    lines.extend(numbers.iter().map(|number| format!("number {number}")));
    lines.push(format!("api_key {}", created.api_key.expose_secret()));
    say(&lines.iter().map(String::as_str).collect::<Vec<_>>())
}

fn say(lines: &[&str]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for line in lines {
        writeln!(out, "{line}")?;
    }
    out.flush()?;
    Ok(())
}

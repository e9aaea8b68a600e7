//! The main job from end to end, with no keys: `cargo demo`.
//!
//! Starts the two real services on free loopback ports, plays a tape as a signed simulated Twilio
//! would, shows the conversation as the CRM learns of it, and ends with a result card.

mod card;
mod live;
mod parts;
mod roles;
mod stereo;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use audio_core::sys::alloc::CountingAllocator;
use audio_core::tape::Tape;
use clap::{Parser, ValueEnum};
use provider_fakes::twilio_caller::{CallRecord, Caller, Ending};

/// Counts what the audio threads allocate: it must be nothing.
#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

const PUBLIC_BASE: &str = "https://bridge.demo.invalid";

/// A Hebrew call from ring to lead, on this machine alone.
#[derive(Debug, Parser)]
#[command(name = "cargo demo")]
struct Args {
    /// The call to play: a folder with tape.json and caller.wav.
    #[arg(long, value_name = "DIR", default_value_os_t = default_tape())]
    tape: PathBuf,
    /// Scales every clock: 4 plays the call in a quarter of its time.
    #[arg(long, default_value_t = 1.0, value_parser = speed)]
    speed: f64,
    /// Where databases, recordings and logs go; emptied first.
    #[arg(long, value_name = "DIR", default_value = "target/demo")]
    data: PathBuf,
    /// Which part this process is (the demo starts itself once for each service).
    #[arg(long, hide = true)]
    role: Option<Role>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Role {
    Crm,
    Bridge,
}

fn default_tape() -> PathBuf {
    fixtures().join("calls/booking")
}

/// The repository's fixtures.
fn fixtures() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).join("fixtures")
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if (0.25..=20.0).contains(&speed) => Ok(speed),
        _ => Err("expected a number from 0.25 to 20".to_owned()),
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    let done = match args.role {
        Some(Role::Crm) => roles::crm(),
        Some(Role::Bridge) => roles::bridge(),
        None => {
            tokio::runtime::Runtime::new().context("async runtime").and_then(|rt| rt.block_on(demo(&args)))
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo failed: {}", telephony_bridge::cli::sentence(&error));
            ExitCode::FAILURE
        }
    }
}

async fn demo(args: &Args) -> anyhow::Result<()> {
    let tape = Tape::load(&args.tape).with_context(|| format!("tape {}", args.tape.display()))?;
    let data = fresh(&args.data)?;
    let secrets = parts::Secrets::new();
    println!(
        "Kav: tape {} ({:.0} s) at {}× real time\n",
        tape.name,
        tape.caller.len() as f64 / 8_000.0,
        args.speed
    );

    let crm = parts::start_crm(&data, &secrets).await.context("crm-service")?;
    println!("  crm-service       http://{}", crm.address);
    let bridge = parts::start_bridge(&data, &secrets, &crm, &args.tape, args.speed).await;
    let bridge = bridge.context("telephony-bridge")?;
    println!("  telephony-bridge  http://{}\n", bridge.address);

    let reader = live::CrmReader::new(&crm, &secrets)?;
    let caller = caller(&tape, &bridge, &secrets, args.speed);
    let call_sid = caller.call_sid.clone();
    let expected = call_length(&tape);
    let call = tokio::spawn(caller.call());
    let transcript = live::follow(&reader, &call_sid, expected, args.speed, &call).await;
    let record = call.await.context("simulated caller")?.context("simulated caller")?;
    transcript.context("crm-service")?;
    check_ending(&record)?;

    let numbers = live::bridge_numbers(&bridge).await.context("telephony-bridge metrics")?;
    let held = reader.settled(&call_sid).await.context("crm-service")?;
    bridge.stop().await.context("telephony-bridge")?;
    crm.stop().await.context("crm-service")?;

    let stereo = data.join("call.wav");
    stereo::write(&stereo, &record.said, &record.heard).context("stereo recording")?;
    let recorded = data.join("bridge/tapes").join(&call_sid);
    if !recorded.join("tape.json").exists() {
        bail!("telephony-bridge left no tape in {}", recorded.display());
    }
    card::print(&tape, &record, &numbers, &held);
    card::print_next(args, &stereo, &recorded);
    card::verdict(&tape, &numbers, &held)
}

/// An empty folder, absolute, so that the services find it too.
fn fresh(dir: &Path) -> anyhow::Result<PathBuf> {
    if dir.exists() {
        std::fs::remove_dir_all(dir).with_context(|| format!("cannot empty {}", dir.display()))?;
    }
    std::fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    dir.canonicalize().with_context(|| format!("cannot find {}", dir.display()))
}

fn caller(tape: &Tape, bridge: &parts::Part, secrets: &parts::Secrets, speed: f64) -> Caller {
    let mut audio = vec![0; tape.caller.len()];
    audio_core::codec::ulaw::encode_slice(&tape.caller, &mut audio);
    let mut caller = Caller::new(bridge.address, PUBLIC_BASE, Some(&secrets.twilio), &secrets.call);
    caller.from = tape.file.from.clone().unwrap_or_else(|| "anonymous".to_owned());
    caller.to = tape.file.to.clone().unwrap_or_else(|| crm_service::admin::DEMO_NUMBER.to_owned());
    caller.audio = audio;
    caller.speed = Some(speed);
    caller.hang_up_ms = tape.file.hang_up_ms;
    caller
}

/// How long the call will take at the most likely.
fn call_length(tape: &Tape) -> Duration {
    let recorded = tape.caller.len() as u64 / 8;
    Duration::from_millis(tape.file.hang_up_ms.map_or(recorded + 5_000, |at| at.min(recorded)))
}

fn check_ending(record: &CallRecord) -> anyhow::Result<()> {
    match &record.ending {
        Ending::HungUp | Ending::ClosedByBridge(None | Some((1000, _))) => Ok(()),
        other => bail!("telephony-bridge: the call ended with {other:?}; its answer was {}", record.twiml),
    }
}

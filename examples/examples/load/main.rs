//! Many calls at once: how much one bridge carries, and what it costs.
//!
//! ```text
//! cargo run --release -p examples --example load -- --calls 200 --seconds 10
//! cargo run --release -p examples --example load -- --calls 50 --seconds 10 --json
//! cargo run --release -p examples --example load -- --calls 200 --echo -20
//! cargo run --release -p examples --example load -- --calls 50 --latency
//! cargo run --release -p examples --example load -- --curve 1,50,100,200 --svg benches/pictures/load.svg
//! TWILIO_AUTH_TOKEN=… PUBLIC_BASE_URL=https://bridge.example.com \
//!     cargo run --release -p examples --example load -- --url ws://127.0.0.1:8080 --calls 50 --seconds 10
//! ```
//!
//! Each call is a simulated Twilio: signed webhook, TwiML, signed WebSocket, 20 ms frames of a
//! recorded caller over and over, a playout buffer that returns marks, `stop`, status callback.
//!
//! **Without `--url`** the program starts itself again as the bridge under test: the real service
//! with its audio threads, the embedded providers and the counting allocator. Its CRM is the
//! in-process fake (`provider_fakes::crm::FakeCrm`), so that the numbers are the bridge's own; the
//! outbox and the log are in `target/load`. **With `--url`** the bridge is somebody else's, and
//! only what it says on `/metrics` is known: CPU and memory are null. It should carry no other
//! calls. `TWILIO_AUTH_TOKEN` and `PUBLIC_BASE_URL` must be the bridge's own, for the signatures
//! are made over its public address; without `PUBLIC_BASE_URL` the address in the URL is tried.
//!
//! **The run.** Calls begin one after another, spread evenly over the 20 ms of a frame. When all
//! are up, `--seconds` are measured. Then all callers stop sending audio, still on the line, until
//! the bridge has worked off what was on its way; then they hang up.
//!
//! **The numbers.**
//! - `frames_lost`: caller frames sent and never given to a signal chain (counted on both sides
//!   after the way has run empty, ramp included), plus frames lost before speech recognition, on
//!   the way out of the engine, and messages dropped because a socket was slow.
//! - `in_to_provider_ms`: from the socket to speech recognition, per frame. `provider_to_out_ms`:
//!   from synthesised audio to the socket, per utterance. `greeting_ms`: from `start` to the
//!   greeting's first frame. All from the bridge's histograms, over the whole run, interpolated
//!   inside buckets a quarter wide.
//! - `bridge_cpu_percent_per_call`: user and system time of the bridge while measured, of one core.
//! - `bridge_rss_kb_per_call`: growth of its resident memory from no call to all, by call.
//! - `calls_refused`: calls the bridge turned away. That is its right; a call that breaks is a
//!   failure, and the exit status says so.
//!
//! **`--latency`** measures the ways between telephone and providers one by one instead: see `latency`.

mod curve;
mod fleet;
mod latency;
mod metrics;
mod process;
mod report;
mod run;
mod target;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use audio_core::sys::alloc::CountingAllocator;
use clap::{Parser, ValueEnum};

/// Counts what the bridge's audio threads allocate: it must be nothing.
#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// Many simulated Twilio calls against one bridge.
#[derive(Debug, Parser)]
#[command(name = "load")]
struct Args {
    /// A bridge that is running already, as ws://host:port; without it the test starts its own.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Calls at the same time.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    calls: u32,
    /// How long they are measured once all are up.
    #[arg(long, value_name = "S", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
    /// The callers' lines give the agent back so loud, 200 ms later: -20 is a tenth.
    #[arg(long, value_name = "DB", allow_negative_numbers = true, value_parser = echo_db)]
    echo: Option<f32>,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
    /// One run after another with so many calls each, instead of `--calls`; the test's own bridge.
    #[arg(long, value_name = "N,N…", value_delimiter = ',', conflicts_with_all = ["url", "json"])]
    curve: Vec<u32>,
    /// Measure each way between telephone and providers instead, with providers that answer at once.
    #[arg(long, conflicts_with_all = ["url", "seconds", "echo", "curve"])]
    latency: bool,
    /// How often all callers call, the first time with a cold cache.
    #[arg(long, value_name = "N", default_value_t = 4, requires = "latency", value_parser = clap::value_parser!(u32).range(2..=100))]
    rounds: u32,
    /// Draw latency and CPU over the number of calls into this file.
    #[arg(long, value_name = "FILE", requires = "curve")]
    svg: Option<PathBuf>,
    /// Which part this process is (the test starts itself as the bridge).
    #[arg(long, hide = true)]
    role: Option<Role>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Role {
    Bridge,
}

fn echo_db(text: &str) -> Result<f32, String> {
    let db: f32 = text.parse().map_err(|error| format!("{error}"))?;
    if (-60.0..=0.0).contains(&db) { Ok(db) } else { Err("-60 to 0 dB".to_owned()) }
}

/// The recorded caller, and what the bridge's embedded speech recognition reads.
fn tape_dir() -> PathBuf {
    fixtures().join("calls/booking")
}

/// The repository's fixtures.
fn fixtures() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).join("fixtures")
}

fn main() -> ExitCode {
    let args = Args::parse();
    if !args.curve.is_empty() {
        return curve::run(&args.curve, args.seconds, args.svg.as_deref()).unwrap_or_else(|error| {
            eprintln!("load test failed: {}", telephony_bridge::cli::sentence(&error));
            ExitCode::FAILURE
        });
    }
    let done = match args.role {
        Some(Role::Bridge) => target::bridge().map(|()| ExitCode::SUCCESS),
        None => {
            tokio::runtime::Runtime::new().context("async runtime").and_then(|runtime| match args.latency {
                true => runtime.block_on(latency::run(&args)),
                false => runtime.block_on(run::run(&args)),
            })
        }
    };
    done.unwrap_or_else(|error| {
        eprintln!("load test failed: {}", telephony_bridge::cli::sentence(&error));
        ExitCode::FAILURE
    })
}

//! One load test from the first call to the report.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use audio_core::tape::Tape;
use indicatif::{ProgressBar, ProgressStyle};
use provider_fakes::twilio_caller::Stage;
use tokio::sync::oneshot;

use super::Args;
use super::fleet::{Fleet, Outcome, SPACING};
use super::metrics::Snapshot;
use super::process::{self, Usage};
use super::report::Report;
use super::target::Target;

/// How long a call may take to come up after the last one was begun.
const CONNECT_LIMIT: Duration = Duration::from_secs(15);
/// What is on its way at the end has arrived when nothing has moved for this long.
const SETTLED: Duration = Duration::from_secs(1);
/// How long that may take in all.
const SETTLE_LIMIT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(50);

/// Resolves at the first Ctrl-C. A second one ends the program at once, whatever it is doing.
fn interrupt() -> oneshot::Receiver<()> {
    let (first, interrupted) = oneshot::channel();
    tokio::spawn(async {
        if tokio::signal::ctrl_c().await.is_err() {
            // No signals here: never interrupted.
            std::future::pending::<()>().await;
        }
        // Nobody listens once the calls are being ended anyway.
        let _ = first.send(());
        if tokio::signal::ctrl_c().await.is_ok() {
            std::process::exit(130);
        }
    });
    interrupted
}

pub(super) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    process::allow_files(args.calls)?;
    let dir = super::tape_dir();
    let tape = Tape::load(&dir).with_context(|| format!("tape {}", dir.display()))?;
    let target = match &args.url {
        Some(url) => Target::remote(url).await?,
        None => Target::start(args.calls, &tape).await.context("telephony-bridge")?,
    };
    let before = target.metrics().await.context("telephony-bridge metrics")?;
    let idle = target.usage();
    let mut fleet = Fleet::new(&tape, args.echo)?;
    let mut stop = interrupt();

    let bar = bar(args, "connecting");
    let mut cut_short = false;
    let begun = Instant::now();
    for index in 0..args.calls {
        // Absolute times: a late one does not push the others.
        let at = begun + SPACING.mul_f64(f64::from(index));
        tokio::select! {
            () = tokio::time::sleep_until(at.into()) => fleet.call(&target, index),
            _ = &mut stop => { cut_short = true; break }
        }
        bar.set_position(fleet.up());
    }
    let all_begun = Instant::now();
    while !cut_short
        && fleet.up() + fleet.over() < u64::from(args.calls)
        && all_begun.elapsed() < CONNECT_LIMIT
    {
        tokio::select! {
            () = tokio::time::sleep(POLL) => bar.set_position(fleet.up()),
            _ = &mut stop => cut_short = true,
        }
    }
    bar.finish_and_clear();

    let started = target.usage();
    let measured_from = Instant::now();
    let bar = self::bar(args, "talking");
    bar.set_length(args.seconds);
    let until = measured_from + Duration::from_secs(args.seconds);
    while !cut_short && Instant::now() < until {
        bar.set_position(measured_from.elapsed().as_secs());
        tokio::select! {
            () = tokio::time::sleep_until((Instant::now() + POLL).min(until).into()) => {}
            _ = &mut stop => cut_short = true,
        }
    }
    let full = target.usage();
    let measured = measured_from.elapsed();
    let carried = fleet.live();
    bar.finish_and_clear();

    fleet.stage(Stage::Quiet);
    let after = settle(&target, &fleet, &before).await.context("telephony-bridge metrics")?;
    fleet.stage(Stage::HangUp);
    let outcome = fleet.finish().await;
    target.stop().await.context("telephony-bridge")?;

    let change = after.zip(before).map(|(after, before)| after.since(&before));
    let use_of = Use { idle, started, full, measured, carried };
    let seconds = if cut_short { measured.as_secs() } else { args.seconds };
    let report = Report::new((args.calls, seconds), &use_of, &outcome, change.as_ref());
    if args.json {
        println!("{}", report.json()?);
    } else {
        print!("{report}");
    }
    Ok(verdict(args.calls, &outcome, change.as_ref(), cut_short))
}

/// What the bridge's process used, and when.
pub(super) struct Use {
    /// Before the first call.
    pub(super) idle: Option<Usage>,
    /// When all calls were up.
    pub(super) started: Option<Usage>,
    /// After the measured time.
    pub(super) full: Option<Usage>,
    pub(super) measured: Duration,
    /// Calls that were up to the end.
    pub(super) carried: u64,
}

/// Waits until the bridge has taken what the callers sent, or takes no more of it.
async fn settle(
    target: &Target,
    fleet: &Fleet,
    before: &Option<Snapshot>,
) -> anyhow::Result<Option<Snapshot>> {
    let begun = Instant::now();
    let mut moved = (begun, (0, 0.0));
    loop {
        tokio::time::sleep(POLL).await;
        let now = target.metrics().await?;
        let Some((now, before)) = now.as_ref().zip(before.as_ref()) else { return Ok(now) };
        let seen = (fleet.frames_sent(), now.since(before).frames_in().unwrap_or(0.0));
        if seen != moved.1 {
            moved = (Instant::now(), seen);
        }
        // A caller takes notice within a frame; what it sent before that is counted by then.
        let all_here = seen.1 >= seen.0 as f64 && moved.0.elapsed() >= 3 * POLL;
        if all_here || moved.0.elapsed() >= SETTLED || begun.elapsed() >= SETTLE_LIMIT {
            return Ok(Some(now.clone()));
        }
    }
}

fn verdict(calls: u32, outcome: &Outcome, change: Option<&Snapshot>, cut_short: bool) -> ExitCode {
    if change.is_none() {
        eprintln!("the bridge's /metrics cannot be read: latencies and losses are not known");
    }
    if cut_short {
        eprintln!("stopped early");
    }
    for (why, calls) in &outcome.failures {
        eprintln!("{calls} failed: {why}");
    }
    for (why, calls) in &outcome.refusals {
        eprintln!("{calls} refused: {why}");
    }
    if outcome.frames_sent > 0 && outcome.frames_received == 0 {
        eprintln!("no caller heard the agent");
    }
    if outcome.nonsense > 0 {
        eprintln!("{} messages that Twilio would not understand", outcome.nonsense);
    }
    let all_refused = outcome.refused() == u64::from(calls);
    if outcome.failures.is_empty() && !all_refused && outcome.nonsense == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn bar(args: &Args, what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(u64::from(args.calls)).with_message(what);
    if let Ok(style) = ProgressStyle::with_template("  {msg:10} {bar:40} {pos}/{len}") {
        bar.set_style(style);
    }
    bar
}

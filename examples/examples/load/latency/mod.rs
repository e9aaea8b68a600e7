//! How long the bridge itself takes on each path from the telephone to a provider and back.
//!
//! Every end of every path is a socket of this process: callers, CRM, recogniser, model and voice are here and
//! answer at once, and the bridge is another process. What is measured is therefore the bridge, two ways over the
//! loopback interface, and the waiting for a processor that callers and providers need as well.
//!
//! **A call.** Webhook, TwiML, stream, greeting. The caller asks something, and a reply of two sentences is written
//! and begun. The caller interrupts it, the agent yields, hears them out and says goodbye. Every other caller stays to
//! the end, and the bridge closes the stream; the others break the connection off during the goodbye.
//!
//! **Rounds.** Callers begin evenly over the time that a call takes, and call again as soon as a call is over: in
//! between, all of them are on the line, each somewhere else in the conversation. In its first call, with a folder that
//! was empty, each is greeted with words that were never said before: the cache is cold. From the second call on the
//! greeting is there.
//!
//! **Where the times are taken.** Bytes: where they leave or reach this process. Decisions: from the bridge's own log
//! (`the caller's turn is over`, `the agent yields`, `the stream is over`), which is written when they are taken and
//! before they are acted on; its times are those of the wall clock, which both processes share. A decision by sound
//! comes from an audio thread, whose events are looked at half a millisecond after its tick: that is not in it. Each
//! measurement is matched by words that occur once in a run, never by order.
//!
//! Recognition is Deepgram's protocol, model and voice are OpenAI's.

mod facts;
mod log;
mod script;
mod table;

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use audio_core::tape::Tape;
use indicatif::{ProgressBar, ProgressStyle};
use provider_fakes::openai::{FakeOpenAi, Service};
use provider_fakes::speech_socket::SpeechSocket;
use provider_fakes::twilio_caller::Caller;
use tokio::task::JoinSet;

use super::fleet::SPACING;
use super::target::Target;
use super::{Args, process};
use facts::{Call, Facts};
use log::Clock;
use script::Script;
use table::Table;

/// Whoever speaks is on this tape.
const TAPE: &str = "calls/interruption";
/// About as long as a call.
const CALL: Duration = Duration::from_secs(10);
const CALL_LIMIT: Duration = Duration::from_secs(60);
/// Outbox, cache and log of the bridge; emptied first.
const DATA: &str = "target/load";

pub(super) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    // Beside its stream each call has providers, and all of them are here.
    process::allow_files(args.calls.saturating_mul(3))?;
    let table = measure(args.calls, args.rounds, Path::new(DATA)).await?;
    if args.json {
        println!("{}", table.json()?);
    } else {
        print!("{table}");
    }
    let problems = table.problems();
    for problem in &problems {
        eprintln!("{problem}");
    }
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// All providers of one bridge.
struct Providers {
    recogniser: SpeechSocket,
    openai: FakeOpenAi,
}

impl Providers {
    async fn start() -> anyhow::Result<Self> {
        let recogniser = provider_fakes::deepgram::start().await.context("recogniser")?;
        Ok(Self { recogniser, openai: FakeOpenAi::start().await.context("model and voice")? })
    }

    fn settings(&self, calls: u32) -> [(&'static str, String); 6] {
        [
            // Who calls again may be faster than the end of the call before.
            ("MAX_WEBSOCKET_CONNECTIONS", (2 * calls).to_string()),
            ("DEEPGRAM_API_KEY", "d-1".to_owned()),
            ("DEEPGRAM_ENDPOINT", self.recogniser.url()),
            ("OPENAI_BASE_URL", self.openai.url()),
            ("LOG_FORMAT", "json".to_owned()),
            ("ENABLE_VERBOSE_LOGGING", "true".to_owned()),
        ]
    }
}

/// `calls` at the same time, `rounds` times.
async fn measure(calls: u32, rounds: u32, data: &Path) -> anyhow::Result<Table> {
    let dir = super::fixtures().join(TAPE);
    let tape = Tape::load(&dir).with_context(|| format!("tape {}", dir.display()))?;
    let script = Arc::new(Script::new(&tape)?);
    let providers = Providers::start().await?;
    let target = Target::with(calls, data, &providers.settings(calls)).await.context("telephony-bridge")?;
    let crm = target.crm().context("a bridge of our own has a CRM of ours")?;
    (0..calls).for_each(|caller| crm.greet(&script::number(caller), &script::greeting(caller)));
    providers.recogniser.hears((0..4 * calls * rounds).map(script::words));
    providers.openai.replies_by(script::reply);

    let began = Clock::now();
    let bar = ProgressBar::new(u64::from(calls * rounds));
    bar.set_style(ProgressStyle::with_template("  {bar:40} {pos}/{len} calls")?);
    let (mut callers, mut made) = (JoinSet::new(), Vec::new());
    for caller in 0..calls {
        let first = began.at + spacing(calls).mul_f64(f64::from(caller));
        let line = Line {
            address: target.address,
            base: target.public_base.clone(),
            token: target.auth_token.clone(),
        };
        callers.spawn(line.call(Arc::clone(&script), caller, first, rounds, bar.clone()));
    }
    while let Some(caller) = callers.join_next().await {
        made.extend(caller.context("a caller broke")??);
    }
    bar.finish_and_clear();
    let ended = Clock::now();
    let log = target.log().context("a bridge of our own has a log")?;
    target.stop().await.context("telephony-bridge")?;
    let said = std::fs::read_to_string(&log).with_context(|| format!("cannot read {}", log.display()))?;
    let facts = Facts {
        calls: made,
        finished: providers.recogniser.finished(),
        chats: providers.openai.requests(Service::Chat),
        speeches: providers.openai.requests(Service::Speech),
        log: log::read(&said, &began, &ended)?,
    };
    Ok(Table::new(calls, rounds, &facts))
}

/// Between two callers' first calls: they begin evenly over the time that a call takes, and their frames fall evenly
/// over the 20 ms of a frame.
fn spacing(calls: u32) -> Duration {
    let frames = (CALL.as_secs_f64() / f64::from(calls) / SPACING.as_secs_f64()).max(1.0);
    SPACING.mul_f64(frames.floor())
}

/// Where a caller calls.
struct Line {
    address: SocketAddr,
    base: String,
    token: Option<String>,
}

impl Line {
    /// One call after the other, from `first` on.
    async fn call(
        self,
        script: Arc<Script>,
        caller: u32,
        first: Instant,
        rounds: u32,
        bar: ProgressBar,
    ) -> anyhow::Result<Vec<Call>> {
        tokio::time::sleep_until(first.into()).await;
        let mut made = Vec::new();
        for round in 0..rounds {
            let sid = uuid::Uuid::new_v4().simple().to_string();
            let mut line = Caller::new(self.address, &self.base, self.token.as_deref(), &sid);
            line.from = script::number(caller);
            script.give_to(&mut line, caller);
            let record = tokio::time::timeout(CALL_LIMIT, line.call()).await;
            let who = || format!("call {round} of caller {caller}");
            let record = record.with_context(|| format!("{}: no end in {CALL_LIMIT:?}", who()))?;
            let record = record.with_context(who)?;
            ensure!(record.opened.is_some(), "{}: no stream: {:?}", who(), record.ending);
            made.push(Call { caller, round, sid: format!("CA{sid}"), record });
            bar.inc(1);
        }
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every path is measured as often as it was gone, and nothing is heard after `clear`.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn every_path_is_measured() {
        let data = tempfile::tempdir().expect("a folder");
        let table = measure(4, 2, data.path()).await.expect("a measurement");
        assert_eq!(table.problems(), Vec::<String>::new(), "{table}");
        let counts: Vec<usize> = table.rows().iter().map(|row| row.count()).collect();
        assert_eq!(counts, [4, 4, 4, 16, 16, 8, 8, 4, 8], "{table}");
    }
}

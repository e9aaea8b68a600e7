//! The callers.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use audio_core::codec::ulaw;
use audio_core::frame::ULAW_SILENCE;
use audio_core::tape::Tape;
use provider_fakes::twilio_caller::{
    CallRecord, Caller, CallerError, Counts, Ending, Lean, LineModel, Stage, TICK,
};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::target::Target;

/// Between the beginnings of two calls: 20 ms times the smaller part of the golden section, so
/// that however many there are, their frames fall evenly over 20 ms.
pub(super) const SPACING: Duration = Duration::from_micros(7_639);
/// For the calls to end once they have hung up.
const END_LIMIT: Duration = Duration::from_secs(15);

/// All callers.
pub(super) struct Fleet {
    lean: Lean,
    stage: watch::Sender<Stage>,
    to: Option<String>,
    /// How loud the callers' lines give the agent back, in dB.
    echo_db: Option<f32>,
    /// Makes the calls' ids those of this run.
    run: String,
    calls: JoinSet<Result<CallRecord, CallerError>>,
    over: Arc<AtomicU64>,
    /// Those of them that had a stream.
    hung_up: Arc<AtomicU64>,
}

/// How the calls ended.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) frames_sent: u64,
    /// The agent's voice, over all calls.
    pub(super) frames_received: u64,
    /// Messages that Twilio would not understand.
    pub(super) nonsense: u64,
    /// Calls turned away, by how.
    pub(super) refusals: BTreeMap<String, u64>,
    /// Calls that broke, by how.
    pub(super) failures: BTreeMap<String, u64>,
}

impl Outcome {
    pub(super) fn refused(&self) -> u64 {
        self.refusals.values().sum()
    }

    fn add(&mut self, call: Result<CallRecord, CallerError>) {
        let (kind, why) = match call.map(|record| record.ending) {
            Ok(Ending::HungUp) => return,
            Ok(Ending::WebhookRefused(status)) => {
                (&mut self.refusals, format!("the webhook answered {status}"))
            }
            Ok(Ending::HandshakeRefused(status)) => {
                (&mut self.refusals, format!("the handshake answered {status}"))
            }
            Ok(Ending::NoStream) => (&mut self.refusals, "the TwiML has no stream".to_owned()),
            Ok(Ending::ClosedByBridge(None)) => (&mut self.failures, "the stream broke".to_owned()),
            Ok(Ending::ClosedByBridge(Some((code, reason)))) => (
                &mut self.failures,
                format!("the bridge closed the stream: {code} {reason}").trim_end().to_owned(),
            ),
            Ok(Ending::Dropped) => (&mut self.failures, "the caller dropped out".to_owned()),
            Err(error) => (&mut self.failures, error.to_string()),
        };
        *kind.entry(why).or_default() += 1;
    }
}

impl Fleet {
    pub(super) fn new(tape: &Tape, echo_db: Option<f32>) -> anyhow::Result<Self> {
        let mut audio = vec![0; tape.caller.len()];
        ulaw::encode_slice(&tape.caller, &mut audio);
        let (stage, stages) = watch::channel(Stage::Talk);
        let lean = Lean {
            http: reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(15)).build()?,
            audio: audio.into(),
            stage: stages,
            counts: Arc::new(Counts::default()),
        };
        Ok(Self {
            lean,
            stage,
            to: tape.file.to.clone(),
            echo_db,
            run: uuid::Uuid::new_v4().simple().to_string()[..24].to_owned(),
            calls: JoinSet::new(),
            over: Arc::default(),
            hung_up: Arc::default(),
        })
    }

    /// Begins a call.
    pub(super) fn call(&mut self, target: &Target, index: u32) {
        let sid = format!("{}{index:08x}", self.run);
        let mut caller = Caller::new(target.address, &target.public_base, target.auth_token.as_deref(), &sid);
        caller.from = format!("+97250{index:07}");
        if let Some(to) = &self.to {
            caller.to.clone_from(to);
        }
        caller.lean = Some(self.lean.clone());
        caller.line = self.echo_db.map(echo);
        let (over, hung_up) = (Arc::clone(&self.over), Arc::clone(&self.hung_up));
        self.calls.spawn(async move {
            let record = caller.call().await;
            over.fetch_add(1, Ordering::Relaxed);
            if record.as_ref().is_ok_and(|record| record.line_ms > 0) {
                hung_up.fetch_add(1, Ordering::Relaxed);
            }
            record
        });
    }

    pub(super) fn stage(&self, stage: Stage) {
        self.stage.send_replace(stage);
    }

    /// Streams opened so far.
    pub(super) fn up(&self) -> u64 {
        self.lean.counts.streams()
    }

    /// Calls that are over, however they ended.
    pub(super) fn over(&self) -> u64 {
        self.over.load(Ordering::Relaxed)
    }

    /// Streams that are open.
    pub(super) fn live(&self) -> u64 {
        self.up().saturating_sub(self.hung_up.load(Ordering::Relaxed))
    }

    pub(super) fn frames_sent(&self) -> u64 {
        self.lean.counts.frames_sent()
    }

    /// Waits for the last call's end.
    pub(super) async fn finish(mut self) -> Outcome {
        let mut outcome = Outcome::default();
        let ending = async {
            while let Some(call) = self.calls.join_next().await {
                match call {
                    Ok(call) => outcome.add(call),
                    Err(panic) => {
                        *outcome.failures.entry(format!("the caller broke: {panic}")).or_default() += 1;
                    }
                }
            }
        };
        let in_time = tokio::time::timeout(END_LIMIT, ending).await.is_ok();
        if !in_time {
            let why = format!("not over {END_LIMIT:?} after hanging up");
            outcome.failures.insert(why, self.calls.len() as u64);
        }
        outcome.frames_sent = self.lean.counts.frames_sent();
        outcome.frames_received = self.lean.counts.frames_received();
        outcome.nonsense = self.lean.counts.nonsense();
        outcome
    }
}

/// A line that gives the agent back 200 ms later, `gain_db` (negative: quieter) as loud.
fn echo(gain_db: f32) -> LineModel {
    let gain = 10f32.powf(gain_db / 20.0);
    let mut on_its_way = VecDeque::from([[ULAW_SILENCE; TICK]; 10]);
    Box::new(move |said, heard| {
        on_its_way.push_back(*heard);
        let back = on_its_way.pop_front().unwrap_or([ULAW_SILENCE; TICK]);
        for (sample, back) in said.iter_mut().zip(back) {
            let sum = f32::from(ulaw::decode(*sample)) + gain * f32::from(ulaw::decode(back));
            *sample = ulaw::encode(sum as i16);
        }
    })
}

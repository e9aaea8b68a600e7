//! A caller's line, fed to one recogniser as fast as it takes it.

use std::sync::Arc;
use std::time::Duration;

use audio_core::codec::ulaw;
use audio_core::frame::{CleanFrame, FRAME_SAMPLES, SampleTime};
use telephony_bridge::providers::net::{CallNet, Health, Role};
use telephony_bridge::providers::recognition::{Limits, Recogniser, StreamingStt};
use telephony_bridge::providers::{Stt, SttResult};
use telephony_bridge::session::{CallTime, TurnId};

/// Longer than anything takes, to end a test that is stuck.
pub(crate) const STUCK: Duration = Duration::from_secs(30);
const SILENCE: u8 = 0xff;

/// Limits short enough for tests.
pub(crate) fn limits() -> Limits {
    Limits {
        open: Duration::from_millis(500),
        send: Duration::from_millis(300),
        settle: Duration::from_secs(5),
        silent: Duration::from_secs(5),
        ..Limits::default()
    }
}

/// One call.
pub(crate) struct Line<R: Recogniser> {
    pub(crate) net: CallNet,
    pub(crate) stt: StreamingStt<R>,
    pub(crate) health: Arc<Health>,
    /// Everything that came, in order.
    pub(crate) results: Vec<(TurnId, SttResult)>,
    end: u64,
    turn: u32,
}

impl<R: Recogniser> Line<R> {
    pub(crate) fn new(recogniser: Arc<R>, limits: Limits) -> Self {
        let net = CallNet::new();
        let health = Arc::new(Health::new("peer", Role::Stt, false));
        let stt = StreamingStt::new(&net, recogniser, Arc::clone(&health), limits);
        Self { net, stt, health, results: Vec::new(), end: 0, turn: 0 }
    }

    /// The end of the line so far.
    pub(crate) fn end(&self) -> SampleTime {
        SampleTime(self.end)
    }

    /// The line carries this.
    pub(crate) fn carry(&mut self, codes: &[u8]) {
        for frame in codes.chunks(FRAME_SAMPLES) {
            self.burst(frame);
            self.poll();
        }
    }

    /// The same without a poll in between.
    pub(crate) fn burst(&mut self, codes: &[u8]) {
        for codes in codes.chunks(FRAME_SAMPLES) {
            let mut frame = [SILENCE; FRAME_SAMPLES];
            frame[..codes.len()].copy_from_slice(codes);
            let mut pcm = [0; FRAME_SAMPLES];
            ulaw::decode_slice(&frame, &mut pcm);
            self.stt.audio(&CleanFrame { at: SampleTime(self.end), pcm });
            self.end += FRAME_SAMPLES as u64;
        }
    }

    /// The same a little at a time, so that tasks get on with it.
    pub(crate) async fn carry_slowly(&mut self, codes: &[u8]) {
        for codes in codes.chunks(FRAME_SAMPLES * 5) {
            self.carry(codes);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// So much silence.
    pub(crate) fn quiet(&mut self, ms: usize) {
        self.carry(&vec![SILENCE; ms * 8]);
    }

    /// A turn begins here, or earlier.
    pub(crate) fn start(&mut self, ms_ago: u64) -> TurnId {
        self.turn += 1;
        let turn = TurnId(self.turn);
        self.stt.start(turn, SampleTime(self.end.saturating_sub(ms_ago * 8)));
        turn
    }

    pub(crate) fn finish(&mut self, turn: TurnId) {
        self.stt.finish(CallTime(0), turn);
    }

    pub(crate) fn poll(&mut self) {
        while let Some(result) = self.stt.poll(CallTime(0)) {
            self.results.push(result);
        }
    }

    /// Waits for the turn's last result.
    pub(crate) async fn outcome(&mut self, turn: TurnId) -> SttResult {
        let last = |results: &[(TurnId, SttResult)]| {
            let of_turn =
                |(t, result): &&(TurnId, SttResult)| *t == turn && !matches!(result, SttResult::Partial(_));
            results.iter().find(of_turn).map(|(_, result)| result.clone())
        };
        let wake = self.net.wake().clone();
        let outcome = tokio::time::timeout(STUCK, async {
            loop {
                self.poll();
                if let Some(outcome) = last(&self.results) {
                    return outcome;
                }
                wake.woken().await;
            }
        });
        outcome.await.unwrap_or_else(|_| panic!("no outcome of turn {}", turn.0))
    }

    /// Waits for interim words of the turn that hold these.
    pub(crate) async fn partial(&mut self, turn: TurnId, words: &str) {
        let wake = self.net.wake().clone();
        let wait = tokio::time::timeout(STUCK, async {
            loop {
                self.poll();
                let holds = |(t, result): &(TurnId, SttResult)| {
                    *t == turn && matches!(result, SttResult::Partial(text) if text.contains(words))
                };
                if self.results.iter().any(holds) {
                    return;
                }
                wake.woken().await;
            }
        });
        wait.await.unwrap_or_else(|_| panic!("{words} was not heard: {:?}", self.results));
    }

    /// The call ends: no task is left.
    pub(crate) async fn hang_up(self) {
        drop(self.stt);
        assert_eq!(self.net.close(STUCK).await, 0);
    }
}

/// What a turn should come to.
pub(crate) fn heard(words: impl IntoIterator<Item = u8>) -> SttResult {
    SttResult::Final(provider_fakes::ear::text(words))
}

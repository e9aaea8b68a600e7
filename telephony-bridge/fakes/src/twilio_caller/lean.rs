//! Callers by the hundred in one process: the same protocol, and nothing kept but counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::watch;

use super::TICK;

/// What lean callers do now. All of them follow one channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// Talk: the audio, again and again.
    #[default]
    Talk,
    /// Stay on the line without sending audio, so that what is on its way can arrive.
    Quiet,
    /// Send `stop`.
    HangUp,
}

/// What lean callers have done so far, all of them together.
#[derive(Debug, Default)]
pub struct Counts {
    streams: AtomicU64,
    frames_sent: AtomicU64,
    frames_received: AtomicU64,
    nonsense: AtomicU64,
}

impl Counts {
    /// Streams opened.
    pub fn streams(&self) -> u64 {
        self.streams.load(Ordering::Relaxed)
    }

    /// Audio sent, in frames of 20 ms.
    pub fn frames_sent(&self) -> u64 {
        self.frames_sent.load(Ordering::Relaxed)
    }

    /// `media` messages of the bridge.
    pub fn frames_received(&self) -> u64 {
        self.frames_received.load(Ordering::Relaxed)
    }

    /// Messages that Twilio would not understand.
    pub fn nonsense(&self) -> u64 {
        self.nonsense.load(Ordering::Relaxed)
    }
}

/// Makes a [`Caller`](super::Caller) lean: [`audio`](Self::audio) is sent over and over in place
/// of the caller's own, [`stage`](Self::stage) says until when, and the record has neither sound
/// nor log. Payload sizes, line model and hang-up times do not apply.
#[derive(Clone, Debug)]
pub struct Lean {
    /// Posts the webhooks of all callers.
    pub http: reqwest::Client,
    /// µ-law at 8 kHz; empty: silence.
    pub audio: Arc<[u8]>,
    /// What to do now. A sender that is gone leaves its last word.
    pub stage: watch::Receiver<Stage>,
    /// Where this caller counts.
    pub counts: Arc<Counts>,
}

impl Lean {
    /// Fills in the frame of the `tick`-th 20 ms and counts it, unless nothing is sent now.
    pub(super) fn say(&self, tick: u64, frame: &mut [u8; TICK]) -> bool {
        if *self.stage.borrow() != Stage::Talk {
            return false;
        }
        let start = (tick % (self.audio.len() as u64 / TICK as u64).max(1)) as usize * TICK;
        if let Some(audio) = self.audio.get(start..start + TICK) {
            frame.copy_from_slice(audio);
        }
        self.counts.frames_sent.fetch_add(1, Ordering::Relaxed);
        true
    }

    pub(super) fn hangs_up(&self) -> bool {
        *self.stage.borrow() == Stage::HangUp
    }

    pub(super) fn opened(&self) {
        self.counts.streams.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn heard(&self) {
        self.counts.frames_received.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn puzzled(&self) {
        self.counts.nonsense.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_audio_comes_again_until_the_stage_changes() {
        let (stage, stages) = watch::channel(Stage::Talk);
        // Two frames and a rest that is too short for one.
        let audio: Vec<u8> = (0..400u32).map(|sample| (sample / TICK as u32) as u8).collect();
        let counts = Arc::new(Counts::default());
        let lean = Lean {
            http: reqwest::Client::new(),
            audio: audio.into(),
            stage: stages,
            counts: Arc::clone(&counts),
        };
        let mut said = Vec::new();
        for tick in 0..5 {
            let mut frame = [9; TICK];
            assert!(lean.say(tick, &mut frame));
            said.push((frame[0], frame[TICK - 1]));
        }
        assert_eq!(said, [(0, 0), (1, 1), (0, 0), (1, 1), (0, 0)]);
        stage.send_replace(Stage::Quiet);
        assert!(!lean.say(5, &mut [9; TICK]) && !lean.hangs_up());
        stage.send_replace(Stage::HangUp);
        assert!(lean.hangs_up());
        assert_eq!(counts.frames_sent(), 5);
    }
}

//! The caller's line: decode, cancel the echo, hand out, detect, decide.

use crate::barge_in::{Memory, Near, Timbre, Verdict};
use crate::codec::ulaw;
use crate::echo::EchoFrame;
use crate::frame::{CleanFrame, FRAME_SAMPLES, PcmFrame, SampleTime, WireFrame};
use crate::pipeline::{CallPipeline, PipelineEvent};
use crate::vad::{Change, Detection};

const FRAME: u64 = FRAME_SAMPLES as u64;
/// A gap in the timestamps longer than this (a minute) is a restarted clock, not lost audio.
const MAX_GAP: u32 = 8_000 * 60;
/// Lost frames the detectors are told of one by one: beyond the longest hangover, 5 s, nothing can
/// change.
const MAX_LOST_STEPS: u64 = 250;

impl CallPipeline {
    /// One frame of the caller, in order.
    pub(super) fn take_caller(&mut self, frame: &WireFrame) {
        self.pass_gap(frame.timestamp);
        let at = self.now;
        let mut pcm = [0; FRAME_SAMPLES];
        let len = usize::from(frame.len).min(FRAME_SAMPLES);
        ulaw::decode_slice(&frame.payload[..len], &mut pcm);
        let played = self.played();
        if self.cancels_echo {
            self.echo_found = self.echo.process(&played, &mut pcm);
        }
        self.hand_out(at, pcm);
        self.now = at + FRAME;
        let counts = self.barge_in.voice_counts(self.detection.speaking);
        self.detection = self.speech.process_if(counts, &pcm);
        self.report(at, self.detection, (Timbre::of(&pcm), Memory::of(self.speech.state())));
    }

    /// A clean frame, without its noise if so configured: never what is detected and decided by.
    fn hand_out(&mut self, at: SampleTime, mut pcm: PcmFrame) {
        self.denoiser.process(&mut pcm);
        let at = at.saturating_sub(self.denoiser.delay() as u64);
        self.clean.push(CleanFrame { at, pcm });
    }

    /// What the far end plays while the next 20 ms are spoken.
    fn played(&mut self) -> PcmFrame {
        let mut pcm = [0; FRAME_SAMPLES];
        if !self.cancels_echo {
            self.playing.pass();
        } else if let Some(codes) = self.playing.pop() {
            ulaw::decode_slice(&codes, &mut pcm);
        }
        pcm
    }

    /// Moves time over audio that never came, so that it stays media time.
    fn pass_gap(&mut self, timestamp: u32) {
        let gap = timestamp.wrapping_sub(self.now.0 as u32);
        if gap > MAX_GAP {
            return; // the sender's clock went back: go on without a gap
        }
        let target = self.now + u64::from(gap);
        for _ in 0..(u64::from(gap) / FRAME).min(MAX_LOST_STEPS) {
            let at = self.now;
            self.now = at + FRAME;
            let played = self.played();
            self.echo.skip(&played);
            self.echo_found = EchoFrame::NONE;
            self.detection = self.speech.process_lost();
            self.report(at, self.detection, (Timbre::default(), Memory::of(self.speech.state())));
        }
        self.now = target;
    }

    /// Turns what was found in the frame that starts at `at` into events.
    fn report(&mut self, at: SampleTime, found: Detection, (timbre, memory): (Timbre, Memory)) {
        let now = self.now;
        match found.change {
            Some(Change::Start { frames_ago }) => {
                let pre_roll = u64::from(frames_ago) * FRAME + self.pre_roll;
                let onset = at.saturating_sub(pre_roll).max(self.speech_ended);
                self.events.push(PipelineEvent::SpeechStart { at: now, onset });
            }
            Some(Change::End { frames_ago }) => {
                self.speech_ended = now;
                let last_voice = now.saturating_sub(u64::from(frames_ago) * FRAME);
                self.events.push(PipelineEvent::SpeechEnd { at: now, last_voice });
            }
            None => {}
        }
        let found_echo = self.echo_found;
        let residual = (self.cancels_echo && found_echo.known).then_some(found_echo.residual);
        let near = Near {
            score: found.score,
            voiced: found.voiced,
            level: found.level,
            residual,
            timbre,
            pitch: found.pitch,
            memory,
        };
        match self.barge_in.caller_frame(at, near) {
            Some(Verdict::Duck { score, reasons }) => {
                self.duck.down(self.barge_in.config().duck_db);
                self.events.push(PipelineEvent::Duck { at: now, score, reasons });
            }
            Some(Verdict::Near { score, reasons }) => {
                self.events.push(PipelineEvent::Near { at: now, score, reasons });
            }
            Some(Verdict::Resume { reason }) => {
                self.duck.up();
                self.events.push(PipelineEvent::Resume { at: now, reason });
            }
            Some(Verdict::Yield { score, reasons, onset }) => {
                self.duck.up();
                self.events.push(PipelineEvent::BargeIn { at: now, onset, score, reasons });
            }
            None => {}
        }
    }
}

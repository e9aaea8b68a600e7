//! A caller: speaks when asked, interrupts, hesitates, makes noise, falls silent, hangs up. What the signal
//! chain would make of it is told with its usual delays.

use audio_core::frame::SampleTime;
use audio_core::pipeline::PipelineEvent;
use telephony_bridge::session::CallTime;

use super::rng::Rng;

/// One stretch of voice, and what is still to be told of it.
#[derive(Clone, Copy, Debug)]
struct Voice {
    onset: CallTime,
    end: CallTime,
    started: bool,
    ducked: bool,
    yielded: bool,
}

/// How a caller behaves.
#[derive(Debug)]
pub(super) struct Caller {
    rng: Rng,
    next_voice: CallTime,
    voice: Option<Voice>,
    /// In a thousand: how often the caller speaks over the agent.
    eager: u64,
    /// Time of the last frame that went through the chain.
    clock: CallTime,
}

/// Ages of a voice, in µs, at which the signal chain decides something: onset, duck, yield.
const DECISIONS: [u64; 3] = [60_000, 150_000, 1_000_000];
/// After the last of them it looks again so often, for the agent may begin later.
const LOOK: u64 = 250_000;
/// Silence that ends a voice.
const HANGOVER: u64 = 300_000;

const fn sample(at: CallTime) -> SampleTime {
    SampleTime(at.0 / 125)
}

impl Caller {
    /// A caller who waits for the greeting, or does not.
    pub(super) fn new(mut rng: Rng) -> Self {
        let first = rng.between(0, 6_000_000);
        let eager = rng.between(0, 500);
        Self { rng, next_voice: CallTime(first), voice: None, eager, clock: CallTime(0) }
    }

    /// When there may be something to tell.
    pub(super) fn next_at(&self) -> CallTime {
        let Some(voice) = self.voice else { return self.next_voice };
        let moments = DECISIONS.map(|age| voice.onset.0 + age).into_iter();
        let moments = moments.chain([self.clock.0 + LOOK, voice.end.0, voice.end.0 + HANGOVER]);
        CallTime(moments.filter(|at| *at > self.clock.0).min().unwrap_or(self.clock.0 + LOOK))
    }

    /// What the signal chain tells by now, in order.
    pub(super) fn look(&mut self, now: CallTime, agent_audible: bool) -> Vec<PipelineEvent> {
        let mut events = Vec::new();
        self.clock = now;
        let at = sample(now);
        if self.voice.is_none() && now >= self.next_voice {
            // Over the agent only the eager do.
            if agent_audible && !self.rng.chance(self.eager) {
                self.next_voice = now + self.rng.ms(200, 3_000);
                return events;
            }
            let length = if self.rng.chance(250) { self.rng.ms(80, 600) } else { self.rng.ms(600, 5_000) };
            self.voice =
                Some(Voice { onset: now, end: now + length, started: false, ducked: false, yielded: false });
        }
        let Some(voice) = &mut self.voice else { return events };
        let (age, onset) = (now - voice.onset, sample(voice.onset));
        if !voice.started && age.as_millis() >= 60 {
            voice.started = true;
            events.push(PipelineEvent::SpeechStart { at, onset });
        }
        if now >= voice.end {
            if std::mem::take(&mut voice.ducked) {
                events.push(PipelineEvent::Resume { at, reason: Default::default() });
            }
            if now.0 < voice.end.0 + HANGOVER {
                return events;
            }
            if voice.started {
                events.push(PipelineEvent::SpeechEnd { at, last_voice: sample(voice.end) });
            }
            self.voice = None;
            // A hesitation, an answer, or nothing for a long time.
            let pause = match self.rng.between(0, 9) {
                0..=3 => self.rng.ms(50, 900),
                4..=8 => self.rng.ms(900, 6_000),
                _ => self.rng.ms(6_000, 90_000),
            };
            self.next_voice = now + pause;
            return events;
        }
        if agent_audible && !voice.yielded {
            let score = 0.1;
            if !voice.ducked && age.as_millis() >= 150 {
                voice.ducked = true;
                events.push(PipelineEvent::Duck { at, score, reasons: Default::default() });
                events.push(PipelineEvent::Near { at, score, reasons: Default::default() });
            } else if voice.ducked && age.as_millis() >= 1_000 {
                (voice.ducked, voice.yielded) = (false, true);
                events.push(PipelineEvent::BargeIn { at, onset, score, reasons: Default::default() });
            }
        }
        events
    }

    /// The words were a backchannel: what was turned down is up again.
    pub(super) fn acquit(&mut self, now: CallTime) -> Option<PipelineEvent> {
        let voice = self.voice.as_mut().filter(|voice| voice.ducked)?;
        voice.ducked = false;
        Some(PipelineEvent::Resume { at: sample(now), reason: audio_core::barge_in::ResumeReason::Words })
    }
}

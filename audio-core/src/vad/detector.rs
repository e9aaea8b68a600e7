//! A detector, the noise floor and the decision layer as one: frames in, speech out.

use crate::Error;
use crate::frame::{Dbfs, PcmFrame};
use crate::tone::{ToneVeto, ToneWatch};
use crate::vad::{AnyVad, Change, Hysteresis, NoiseFloor, Pitch, STATE, Vad, VadConfig, VadKind};

/// Everything known about one frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detection {
    /// The detector's score in [0, 1] before the noise gate. While the tone veto holds, at most
    /// half the lower threshold.
    pub score: f32,
    /// Level of the frame.
    pub level: Dbfs,
    /// How periodic the frame is, if the detector measures it.
    pub pitch: Pitch,
    /// Noise floor before this frame.
    pub floor: Dbfs,
    /// Does this frame count as voice?
    pub voiced: bool,
    /// Is the caller speaking, hangover included?
    pub speaking: bool,
    /// Did `speaking` change with this frame?
    pub change: Option<Change>,
}

impl Detection {
    /// What is known before the first frame.
    pub const SILENCE: Self = Self {
        score: 0.0,
        level: Dbfs::SILENCE,
        pitch: Pitch { waveform: 0.0, ripple: 0.0, kept: 0.0, moved: 0.0, period: 0.0 },
        floor: Dbfs::SILENCE,
        voiced: false,
        speaking: false,
        change: None,
    };
}

/// Finds speech on a line.
#[derive(Debug)]
pub struct SpeechDetector {
    vad: AnyVad,
    veto: Veto,
    /// Highest score of a tone.
    tone_score: f32,
    floor: NoiseFloor,
    hysteresis: Hysteresis,
}

/// What tells tones from voices.
#[derive(Debug)]
// There is one a call, and nearly all are of the largest kind: a box would be one more place to fetch from.
#[allow(clippy::large_enum_variant)]
enum Veto {
    /// The configuration turns it off.
    Off,
    /// Beside the Kav detector, whose samples it sees.
    Beside(ToneWatch),
    /// Beside a detector that keeps no samples.
    Alone(Box<ToneVeto>),
}

impl SpeechDetector {
    /// Checks the configuration and builds the detector. Allocates.
    pub fn new(kind: VadKind, config: VadConfig) -> Result<Self, Error> {
        config.validate()?;
        let gate = if kind == VadKind::Kav { 0.0 } else { config.noise_margin_db };
        Ok(Self {
            vad: AnyVad::new(kind, &config),
            veto: match kind {
                _ if !config.tone_veto => Veto::Off,
                VadKind::Kav => Veto::Beside(ToneWatch::new()),
                _ => Veto::Alone(Box::default()),
            },
            tone_score: config.start_threshold.min(config.continue_threshold) / 2.0,
            floor: NoiseFloor::new(),
            hysteresis: Hysteresis::new(VadConfig { noise_margin_db: gate, ..config }),
        })
    }

    /// Takes the next frame.
    pub fn process(&mut self, frame: &PcmFrame) -> Detection {
        self.process_if(true, frame)
    }

    /// The same where somebody knows whose voice it may be: one that does not `count` is [`voiced`](Detection::voiced), but
    /// neither begins speech nor carries it on.
    pub fn process_if(&mut self, counts: bool, frame: &PcmFrame) -> Detection {
        let (mut score, is_tone) = match (&mut self.vad, &mut self.veto) {
            (AnyVad::Kav(vad), Veto::Beside(watch)) => vad.score_beside(frame, watch),
            (vad, Veto::Alone(veto)) => (vad.score(frame), veto.is_tone(frame)),
            (vad, Veto::Off | Veto::Beside(_)) => (vad.score(frame), false),
        };
        if is_tone {
            score = score.min(self.tone_score);
        }
        let level = Dbfs::of(frame);
        let floor = self.floor.level();
        let decision = self.hysteresis.push_if(counts, score, level.0 - floor.0);
        self.floor.update(level);
        Detection {
            score,
            level,
            pitch: self.vad.pitch(),
            floor,
            voiced: decision.voiced,
            speaking: decision.speaking,
            change: decision.change,
        }
    }

    /// Takes a frame that never arrived: it counts as no voice and teaches nothing.
    pub fn process_lost(&mut self) -> Detection {
        // A tone is one piece: what follows the hole must show itself again.
        self.forget_tone();
        let decision = self.hysteresis.push_lost();
        Detection {
            floor: self.floor.level(),
            speaking: decision.speaking,
            change: decision.change,
            ..Detection::SILENCE
        }
    }

    /// The detector's own [`state`](Vad::state).
    pub fn state(&self) -> &[f32; STATE] {
        self.vad.state()
    }

    /// Back to the state after `new`. Does not allocate.
    pub fn reset(&mut self) {
        self.vad.reset();
        self.forget_tone();
        self.floor = NoiseFloor::new();
        self.hysteresis.reset();
    }

    fn forget_tone(&mut self) {
        match &mut self.veto {
            Veto::Off => {}
            Veto::Beside(watch) => watch.reset(),
            Veto::Alone(veto) => veto.reset(),
        }
    }
}

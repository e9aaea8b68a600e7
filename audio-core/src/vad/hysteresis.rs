//! From scores to speech: two thresholds, an onset that takes a few frames, a hangover.

use crate::vad::VadConfig;

/// What one frame changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Speech began: the first voice frame of the onset is `frames_ago` frames old, this frame
    /// being 0. Pre-roll not included.
    Start {
        /// Age of the first voice frame.
        frames_ago: u32,
    },
    /// Speech ended: the last voice frame is `frames_ago` frames old.
    End {
        /// Age of the last voice frame; the hangover's length.
        frames_ago: u32,
    },
}

/// The state after one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Does this frame count as voice?
    pub voiced: bool,
    /// Is the caller speaking, hangover included?
    pub speaking: bool,
    /// Did `speaking` change with this frame?
    pub change: Option<Change>,
}

/// The decision layer. Knows frames and scores, not time.
#[derive(Clone, Debug)]
pub struct Hysteresis {
    config: VadConfig,
    speaking: bool,
    /// Bit i: was the frame i frames ago voice? Frames since the last change only.
    recent: u32,
    since_voice: u32,
}

impl Hysteresis {
    /// Silent. The configuration is taken as it is; see [`VadConfig::validate`].
    pub const fn new(config: VadConfig) -> Self {
        Self { config, speaking: false, recent: 0, since_voice: 0 }
    }

    /// Is the caller speaking?
    pub const fn speaking(&self) -> bool {
        self.speaking
    }

    /// Takes one frame: its score, and how far it lies above the noise floor in dB.
    pub fn push(&mut self, score: f32, above_floor_db: f32) -> Decision {
        self.push_if(true, score, above_floor_db)
    }

    /// The same of a frame in which a voice may be known for somebody else's: unless it `counts`, it neither begins speech nor
    /// carries it on.
    pub fn push_if(&mut self, counts: bool, score: f32, above_floor_db: f32) -> Decision {
        let voiced = self.is_voice(score, above_floor_db);
        let heard = voiced && counts;
        let change = if self.speaking { self.go_on(heard) } else { self.listen(heard) };
        Decision { voiced, speaking: self.speaking, change }
    }

    /// Takes one frame that never arrived: no voice.
    pub fn push_lost(&mut self) -> Decision {
        self.push(0.0, f32::NEG_INFINITY)
    }

    /// Back to silence.
    pub const fn reset(&mut self) {
        *self = Self::new(self.config);
    }

    fn is_voice(&self, score: f32, above_floor_db: f32) -> bool {
        let (threshold, margin) = if self.speaking {
            (self.config.continue_threshold, self.config.noise_margin_db / 2.0)
        } else {
            (self.config.start_threshold, self.config.noise_margin_db)
        };
        score >= threshold && (margin == 0.0 || above_floor_db >= margin)
    }

    fn listen(&mut self, voiced: bool) -> Option<Change> {
        let window = (1 << self.config.onset_window) - 1;
        self.recent = ((self.recent << 1) | u32::from(voiced)) & window;
        if !voiced || self.recent.count_ones() < self.config.onset_frames {
            return None;
        }
        let frames_ago = 31 - self.recent.leading_zeros();
        self.speaking = true;
        self.since_voice = 0;
        self.recent = 0;
        Some(Change::Start { frames_ago })
    }

    fn go_on(&mut self, voiced: bool) -> Option<Change> {
        if voiced {
            self.since_voice = 0;
            return None;
        }
        self.since_voice += 1;
        if self.since_voice < self.config.hangover_frames() {
            return None;
        }
        self.speaking = false;
        Some(Change::End { frames_ago: self.since_voice })
    }
}

#[cfg(test)]
mod tests {
    use super::{Change, Hysteresis};
    use crate::vad::VadConfig;

    fn changes(voiced: &[bool]) -> Vec<(usize, Change)> {
        let mut layer = Hysteresis::new(VadConfig::hebrew());
        let score = |v: bool| if v { 1.0 } else { 0.0 };
        let step = |(i, &v): (usize, &bool)| Some((i, layer.push(score(v), 60.0).change?));
        voiced.iter().enumerate().filter_map(step).collect()
    }

    #[test]
    fn three_of_five_start_and_the_first_of_them_is_the_onset() {
        let frames = [false, true, false, true, true];
        assert_eq!(changes(&frames), [(4, Change::Start { frames_ago: 3 })]);
    }

    #[test]
    fn two_clicks_far_apart_start_nothing() {
        assert_eq!(changes(&[true, true, false, false, false, false, true, true, false]), []);
    }

    #[test]
    fn a_voice_that_does_not_count_begins_nothing_and_carries_nothing_on() {
        let mut layer = Hysteresis::new(VadConfig::hebrew());
        assert!((0..50).all(|_| layer.push_if(false, 1.0, 60.0).change.is_none() && !layer.speaking()));
        (0..5).for_each(|_| _ = layer.push(1.0, 60.0));
        let last = (0..15).map(|_| layer.push_if(false, 1.0, 60.0)).last().expect("fifteen frames");
        assert_eq!(last.change, Some(Change::End { frames_ago: 15 }));
        assert!(last.voiced, "it is a voice all the same");
    }

    /// A-AUD-007.
    #[test]
    fn speech_ends_exactly_fifteen_frames_after_the_last_voice() {
        let frames: Vec<bool> = (0..40).map(|i| i < 10 || i == 20).collect();
        let expected = [(2, Change::Start { frames_ago: 2 }), (35, Change::End { frames_ago: 15 })];
        assert_eq!(changes(&frames), expected);
    }
}

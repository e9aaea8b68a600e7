//! The agent turned down while the caller may be interrupting, and up again.

use crate::codec::ulaw;
use crate::frame::{FRAME_SAMPLES, PcmFrame};

/// Frames until the full level is back: 100 ms. Down it goes within one.
const RELEASE_FRAMES: f32 = 5.0;

/// A gain that moves without a step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Duck {
    now: f32,
    target: f32,
}

impl Duck {
    /// Full level.
    pub(super) const FULL: Self = Self { now: 1.0, target: 1.0 };

    /// Down by so many dB from the next frame on.
    pub(super) fn down(&mut self, db: f32) {
        self.target = 10f32.powf(-db / 20.0);
    }

    /// Up again.
    pub(super) const fn up(&mut self) {
        self.target = 1.0;
    }

    /// One frame, decoded and as µ-law codes; at full level it stays as it is, bit for bit.
    pub(super) fn apply(&mut self, pcm: &mut PcmFrame, codes: &mut [u8; FRAME_SAMPLES]) {
        let from = self.now;
        self.now =
            if self.target < from { self.target } else { (from + 1.0 / RELEASE_FRAMES).min(self.target) };
        if from >= 1.0 && self.now >= 1.0 {
            return;
        }
        let step = (self.now - from) / FRAME_SAMPLES as f32;
        for (n, (sample, code)) in pcm.iter_mut().zip(codes).enumerate() {
            let gain = from + step * (n + 1) as f32;
            *code = ulaw::encode((f32::from(*sample) * gain).round() as i16);
            *sample = ulaw::decode(*code);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn played(duck: &mut Duck) -> i16 {
        let mut codes = [ulaw::encode(8_000); FRAME_SAMPLES];
        let mut pcm = codes.map(ulaw::decode);
        duck.apply(&mut pcm, &mut codes);
        assert_eq!(codes.map(ulaw::decode), pcm);
        pcm[FRAME_SAMPLES - 1]
    }

    #[test]
    fn it_is_down_within_a_frame_and_up_within_some() {
        let mut duck = Duck::FULL;
        let full = played(&mut duck);
        assert_eq!(full, ulaw::decode(ulaw::encode(8_000)), "bit for bit");
        duck.down(15.0);
        let down = played(&mut duck);
        assert!(f32::from(down) < 0.2 * f32::from(full), "{down} of {full}");
        assert_eq!(played(&mut duck), down);
        duck.up();
        let rising: Vec<i16> = (0..20).map(|_| played(&mut duck)).collect();
        assert!(rising.is_sorted() && rising[0] < full && rising[19] == full, "{rising:?}");
    }
}

//! How periodic a frame is: what tells voices from most noises, and a hum, an organ or a buzz from voices.

/// Periodicity over 64 ms, by autocorrelations at lags of 2.5 to 16 ms in steps of ¼ ms (62 to 400 Hz). All zeros where nothing
/// was measured: only [`KavVad`](crate::vad::KavVad) does.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Pitch {
    /// Twice the waveform's highest autocorrelation, the power being 1: about 2 in a clean vowel.
    pub waveform: f32,
    /// Four times the highest autocorrelation of the ripple that harmonics leave in the spectrum, which holds longer in noise.
    pub ripple: f32,
    /// Both autocorrelations together, unscaled, where the pitch was a frame ago.
    pub kept: f32,
    /// How far the pitch has moved since, in octaves up to 1. It stays where it is in a buzz, moves a little in
    /// speech and jumps in noise.
    pub moved: f32,
    /// The pitch period, in octaves above 5.66 ms (177 Hz).
    pub period: f32,
}

impl Pitch {
    /// Field after field.
    pub(crate) const fn values(self) -> [f32; 5] {
        [self.waveform, self.ripple, self.kept, self.moved, self.period]
    }
}

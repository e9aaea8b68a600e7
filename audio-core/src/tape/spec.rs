//! How the samples of a WAV file are stored.

use crate::frame::WIRE_RATE;

/// How samples are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WavEncoding {
    /// 16-bit linear PCM: what every program reads.
    #[default]
    Pcm16,
    /// G.711 µ-law, half as long.
    Ulaw,
    /// G.711 A-law, half as long.
    Alaw,
}

/// What a [`WavWriter`](crate::tape::WavWriter) writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WavSpec {
    /// Frames a second, 1 to 192 000.
    pub rate: u32,
    /// 1 or 2.
    pub channels: u16,
    /// How samples are stored.
    pub encoding: WavEncoding,
}

impl WavSpec {
    /// One track of a call: 8 kHz, 16-bit PCM.
    pub const MONO_8K: Self = Self { rate: WIRE_RATE, channels: 1, encoding: WavEncoding::Pcm16 };
    /// Both tracks of a call: 8 kHz, 16-bit PCM.
    pub const STEREO_8K: Self = Self { channels: 2, ..Self::MONO_8K };

    /// Bytes of one sample of every channel.
    pub(super) fn block(self) -> u64 {
        let width = if self.encoding == WavEncoding::Pcm16 { 2 } else { 1 };
        u64::from(self.channels) * width
    }
}

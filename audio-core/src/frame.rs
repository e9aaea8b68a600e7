//! Frames, time and level: the units everything else is written in.
//!
//! One wire frame is 160 bytes of G.711 µ-law: 20 ms at 8 kHz (ITU-T G.711, RFC 3551 §4.5.14).
//! Time inside a call is counted in 8 kHz samples since the caller's first sample, never in
//! wall-clock units: a recorded call and a live one see the same numbers.

use core::fmt;
use core::ops::{Add, Sub};

use crate::sys::vector::{Work, widest};

/// Samples per second on the wire.
pub const WIRE_RATE: u32 = 8_000;
/// Samples, and G.711 bytes, in one wire frame.
pub const FRAME_SAMPLES: usize = 160;
/// Duration of one wire frame in milliseconds.
pub const FRAME_MS: u32 = 20;
/// µ-law code of silence (positive zero).
pub const ULAW_SILENCE: u8 = crate::codec::ulaw::SILENCE;

/// One decoded wire frame: 160 samples of 16-bit linear PCM at 8 kHz.
pub type PcmFrame = [i16; FRAME_SAMPLES];

/// A moment in a call: 8 kHz samples since the caller's first sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct SampleTime(pub u64);

impl SampleTime {
    /// The moment `ms` milliseconds after the first sample.
    pub const fn from_ms(ms: u64) -> Self {
        Self(ms * WIRE_RATE as u64 / 1_000)
    }

    /// Whole milliseconds since the first sample, rounded down.
    pub const fn as_ms(self) -> u64 {
        self.0 * 1_000 / WIRE_RATE as u64
    }

    /// Microseconds since the first sample (exact: one sample is 125 µs).
    pub const fn as_us(self) -> u64 {
        self.0 * (1_000_000 / WIRE_RATE as u64)
    }

    /// `self - samples`, stopping at zero.
    pub const fn saturating_sub(self, samples: u64) -> Self {
        Self(self.0.saturating_sub(samples))
    }
}

impl Add<u64> for SampleTime {
    type Output = Self;
    fn add(self, samples: u64) -> Self {
        Self(self.0 + samples)
    }
}

impl Sub for SampleTime {
    type Output = u64;
    /// Samples from `earlier` to `self`; zero if `earlier` is later.
    fn sub(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// A level in decibels relative to full scale, where an RMS of 32 768 is 0 dBFS.
///
/// (A full-scale sine is therefore −3.01 dBFS; ITU-T P.56 levels in dBov use the same reference.)
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Dbfs(pub f32);

impl Dbfs {
    /// What digital silence measures.
    pub const SILENCE: Self = Self(-100.0);

    /// Level of an RMS amplitude given in 16-bit units; at least [`Dbfs::SILENCE`].
    pub fn from_rms(rms: f32) -> Self {
        if rms <= 0.327_68 { Self::SILENCE } else { Self(20.0 * (rms / 32_768.0).log10()) }
    }

    /// Level of a block of PCM.
    pub fn of(pcm: &[i16]) -> Self {
        Self::from_rms(rms(pcm))
    }

    /// RMS amplitude in 16-bit units.
    pub fn to_rms(self) -> f32 {
        32_768.0 * 10f32.powf(self.0 / 20.0)
    }
}

impl fmt::Display for Dbfs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} dBFS", self.0)
    }
}

/// Root mean square of a block in 16-bit units; 0 for an empty block.
pub fn rms(pcm: &[i16]) -> f32 {
    if pcm.is_empty() {
        return 0.0;
    }
    (widest(Energy(pcm)) as f64 / pcm.len() as f64).sqrt() as f32
}

/// A block's sum of squares.
struct Energy<'a>(&'a [i16]);

impl Work for Energy<'_> {
    type Out = u64;

    #[inline(always)]
    fn run(self) -> u64 {
        // The squares' halves apart: sums of so many fit into 32 bits.
        const MOST: usize = 1 << 16;
        let mut energy = 0;
        for block in self.0.chunks(MOST) {
            let (mut low, mut high) = (0u32, 0u32);
            for &sample in block {
                let square = i32::from(sample).pow(2) as u32;
                low += square & 0xffff;
                high += square >> 16;
            }
            energy += (u64::from(high) << 16) + u64::from(low);
        }
        energy
    }
}

/// One 20 ms µ-law frame with what is needed to order it, fence it and place it in time.
///
/// `Copy` and 176 bytes: a frame in a ring is a memcpy and is never dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct WireFrame {
    /// Caller → agent: unused (0). Agent → caller: the playout generation; frames of a
    /// generation older than the last flush are discarded.
    pub generation: u32,
    /// Caller → agent: frame number in the stream, counted from 0, +1 a frame.
    /// Agent → caller: the utterance the frame belongs to.
    pub seq: u32,
    /// Caller → agent: media time of the first sample, in 8 kHz samples.
    /// Agent → caller: the caller's sample clock when the frame was released.
    pub timestamp: u32,
    /// Bytes of `payload` that are audio (always 160 for a whole frame).
    pub len: u16,
    /// See [`WireFrame::LAST`].
    pub flags: u16,
    /// µ-law codes.
    pub payload: [u8; FRAME_SAMPLES],
}

impl WireFrame {
    /// Flag: the last frame of its utterance; a mark follows it on the wire.
    pub const LAST: u16 = 1;
    /// Flag: sent once more, quieter, in place of what the far end had still to play.
    pub const AGAIN: u16 = 2;

    /// A frame of silence.
    pub const SILENCE: Self = Self {
        generation: 0,
        seq: 0,
        timestamp: 0,
        len: FRAME_SAMPLES as u16,
        flags: 0,
        payload: [ULAW_SILENCE; FRAME_SAMPLES],
    };

    /// Is this the last frame of its utterance?
    pub const fn is_last(&self) -> bool {
        self.flags & Self::LAST != 0
    }

    /// This frame as the first of so many that are sent again: the far end's buffer is cleared before
    /// it.
    pub(crate) const fn first_again(mut self, frames: u8) -> Self {
        self.flags |= (frames as u16) << 8;
        self
    }

    /// Is this frame sent once more?
    pub const fn is_again(&self) -> bool {
        self.flags & Self::AGAIN != 0
    }

    /// With so many frames from this one on the far end's newest are replaced: it is told to clear
    /// its buffer first. 0 for any other frame.
    pub const fn replaces(&self) -> usize {
        (self.flags >> 8) as usize
    }
}

/// One decoded 20 ms frame for speech recognition, in order, with its place in the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CleanFrame {
    /// Media time of the first sample.
    pub at: SampleTime,
    /// The samples.
    pub pcm: PcmFrame,
}

#[cfg(test)]
mod tests {
    use super::{Energy, widest};

    #[test]
    fn a_block_of_any_length_has_its_whole_energy() {
        for len in [1, 7, 160, 65_536, 65_537, 200_000] {
            // The loudest has the greatest upper half of a square, the other one the greatest lower half.
            for sample in [i16::MIN, -16_565] {
                let exact = len as u64 * u64::from(sample.unsigned_abs()).pow(2);
                assert_eq!(widest(Energy(&vec![sample; len])), exact, "{len} samples of {sample}");
            }
        }
    }
}

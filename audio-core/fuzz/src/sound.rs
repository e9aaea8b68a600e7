//! Audio from a few bytes.

use arbitrary::Arbitrary;
use audio_core::frame::{FRAME_SAMPLES, PcmFrame};

/// What a stretch of line sounds like.
#[derive(Arbitrary, Clone, Debug)]
pub enum Sound {
    /// All samples equal.
    Constant(i16),
    /// The samples themselves, repeated.
    Raw(Vec<i16>),
    /// White noise.
    Noise { seed: u16, peak: u16 },
    /// Up to three sines, at sixteenths of a hertz: tones, digits, vowels.
    Sines { hz16: [u16; 3], peak: [u16; 3] },
    /// A pulse every so many samples: the rough shape of a voice.
    Pulses { period: u8, peak: i16 },
    /// Full scale, alternating: the worst a line can carry.
    Square { half: u8 },
}

impl Sound {
    /// The sample at `n`, clipped to 16 bits.
    pub fn at(&self, n: usize) -> i16 {
        match self {
            Self::Constant(sample) => *sample,
            Self::Raw(samples) => samples.get(n % samples.len().max(1)).copied().unwrap_or(0),
            Self::Noise { seed, peak } => {
                // Splitmix64's finaliser: any sample without those before it.
                let mut z = (u64::from(*seed) << 32 | n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                let unit = (z >> 40) as f32 / (1u64 << 23) as f32 - 1.0;
                (unit * f32::from(*peak)) as i16
            }
            Self::Sines { hz16, peak } => {
                let t = n as f64 / 8_000.0 * std::f64::consts::TAU;
                let wave = |(&hz16, &peak)| f64::from(peak) * (t * f64::from(hz16) / 16.0).sin();
                hz16.iter().zip(peak).map(wave).sum::<f64>() as i16
            }
            Self::Pulses { period, peak } => {
                let since = n % (usize::from(*period) + 1);
                (i32::from(*peak) >> since.min(15)) as i16
            }
            Self::Square { half } => {
                if n / (usize::from(*half) + 1) % 2 == 0 {
                    i16::MAX
                } else {
                    i16::MIN
                }
            }
        }
    }

    /// The next `out.len()` samples from `from` on.
    pub fn fill(&self, from: usize, out: &mut [i16]) {
        for (n, sample) in out.iter_mut().enumerate() {
            *sample = self.at(from + n);
        }
    }

    /// Frame number `n`.
    pub fn frame(&self, n: usize) -> PcmFrame {
        let mut frame = [0; FRAME_SAMPLES];
        self.fill(n * FRAME_SAMPLES, &mut frame);
        frame
    }
}

/// A line: sounds one after the other, each so many samples long.
#[derive(Arbitrary, Clone, Debug)]
pub struct Line(pub Vec<(Sound, u16)>);

impl Line {
    /// The first `most` samples at the longest.
    pub fn pcm(&self, most: usize) -> Vec<i16> {
        let mut pcm = Vec::new();
        for (sound, length) in &self.0 {
            let from = pcm.len();
            let end = (from + usize::from(*length)).min(most);
            pcm.resize(end, 0);
            sound.fill(from, &mut pcm[from..]);
        }
        pcm
    }
}

/// Cuts `rest` at the lengths given, over and over; the last piece is what is left.
pub fn cut<'a, T>(mut rest: &'a [T], lengths: &[u8]) -> Vec<&'a [T]> {
    let mut pieces = Vec::new();
    let mut lengths = lengths.iter().cycle();
    while !rest.is_empty() {
        // 0 is a piece too, but something must be taken in the end.
        let wanted = lengths.next().map_or(rest.len(), |&n| usize::from(n) * 3);
        let (piece, more) = rest.split_at(wanted.min(rest.len()));
        pieces.push(piece);
        if piece.is_empty() {
            let (one, more) = rest.split_at(1);
            pieces.push(one);
            rest = more;
        } else {
            rest = more;
        }
    }
    pieces
}

//! DTMF: the sixteen push-button signals (ITU-T Q.23, 11/1988), found and made.
//!
//! A signal is one *row* tone of 697, 770, 852 or 941 Hz and one *column* tone of 1209, 1336,
//! 1477 or 1633 Hz. [`DtmfDetector`] meets the receiver limits of ITU-T Q.24 (11/1988, Table
//! A-1) listed there; [`DtmfGenerator`] makes signals that every receiver of that table takes.
//!
//! The numbers of Q.23 and Q.24 were checked against what others print of them: ±1.5 % taken and
//! ±3.5 % refused, 40 ms taken and 23 ms refused, breaks of 10 ms bridged, 15 dB of noise, and 8
//! and 4 dB of twist (DVSI's AMBE-2000 manual, Asterisk's `dsp.c`, B. Evans's course notes at
//! Austin). They differ on which sign of twist is the normal one, and on the pause: 40 ms
//! here, 45 or 50 ms there.
//!
//! Talk-off: `fixtures/talk_off.sh` plays 3.8 hours of prompts in five languages, music on hold,
//! calls and noises, at three speeds and three levels: no digit in 34 hours.
//!
//! ```
//! use audio_core::dtmf::{DtmfConfig, DtmfDetector, DtmfGenerator};
//!
//! let mut generator = DtmfGenerator::new("*42#", DtmfConfig::default())?;
//! let mut detector = DtmfDetector::new();
//! let (mut chunk, mut dialled) = ([0i16; 160], String::new());
//! loop {
//!     let n = generator.fill(&mut chunk);
//!     if n == 0 { break }
//!     detector.process(&chunk[..n], |event| dialled.push(event.digit.as_char()));
//! }
//! detector.flush(|event| dialled.push(event.digit.as_char()));
//! assert_eq!(dialled, "*42#");
//! # Ok::<(), audio_core::Error>(())
//! ```

mod detect;
mod generate;

use core::fmt;

pub use detect::{DtmfDetector, DtmfEvent};
pub use generate::{DtmfConfig, DtmfGenerator};

/// The low group, in Hz (ITU-T Q.23): one tone per row of the keypad.
pub const ROW_HZ: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
/// The high group, in Hz (ITU-T Q.23): one tone per column of the keypad.
pub const COLUMN_HZ: [f32; 4] = [1_209.0, 1_336.0, 1_477.0, 1_633.0];

/// The keypad, row by row.
const KEYS: [char; 16] = ['1', '2', '3', 'A', '4', '5', '6', 'B', '7', '8', '9', 'C', '*', '0', '#', 'D'];

/// One of the sixteen keys: `0`–`9`, `*`, `#`, `A`–`D`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Digit(u8);

impl Digit {
    /// Every key, row by row.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..16).map(Self)
    }

    /// The key of this name; letters in either case.
    pub fn from_char(name: char) -> Option<Self> {
        let name = name.to_ascii_uppercase();
        KEYS.iter().position(|&key| key == name).map(|index| Self(index as u8))
    }

    /// The key's name.
    pub const fn as_char(self) -> char {
        KEYS[self.0 as usize]
    }

    /// The low-group tone in Hz.
    pub const fn row_hz(self) -> f32 {
        ROW_HZ[self.0 as usize / 4]
    }

    /// The high-group tone in Hz.
    pub const fn column_hz(self) -> f32 {
        COLUMN_HZ[self.0 as usize % 4]
    }

    /// The key where a row and a column cross, both 0–3.
    const fn at(row: usize, column: usize) -> Self {
        Self((row % 4 * 4 + column % 4) as u8)
    }
}

impl fmt::Display for Digit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.as_char())
    }
}

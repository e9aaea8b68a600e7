//! The room around a voice: who is across it still sounds so, whoever speaks in their place.
//!
//! Reflections fill the pitch period, and by that a far voice is told from a near one ([`Timbre`]). Of the original one
//! number is taken, the mean over a fifth of a second, which is slower than syllables are and tells none of them.

use audio_core::barge_in::Timbre;
use audio_core::frame::PcmFrame;

/// Samples over which the reflections die away: 32 ms, by 10 dB.
const LENGTH: usize = 256;
/// How many there are. So few, at random places and of random sign, sound as smooth as noise does ("velvet noise",
/// M. Karjalainen, H. Järveläinen, "Reverberation modeling using velvet noise", 2007).
const REFLECTIONS: usize = 24;
/// Amplitude of the last reflection against the first.
const LAST: f32 = 0.3;

/// [`Timbre::smoothness`] of the hum without a room, and how much a room alone would add to it if it did so as fast as
/// its first parts do.
const DRY: f32 = 0.54;
const ADDED: f32 = 0.8;
/// The most of the power that is of the room: from here on it sounds no farther.
const MOST: f32 = 0.7;
/// Part of the mean that each frame replaces: a fifth of a second.
const RATE: f32 = 0.1;
/// Frames of pause after which somebody else may speak: 300 ms.
const PAUSE: u32 = 15;

/// Reflections, as many as a voice's distance asks for.
#[derive(Debug)]
pub(super) struct Room {
    /// How many samples ago, and how loud.
    reflections: [(usize, f32); REFLECTIONS],
    past: [f32; LENGTH],
    next: usize,
    /// Mean smoothness of the voice that is replaced, and of how many frames.
    smoothness: f32,
    frames: u32,
    pause: u32,
}

impl Room {
    /// A room with walls drawn by lot: numbers in [-1, 1).
    pub(super) fn new(mut uniform: impl FnMut() -> f32) -> Self {
        let spacing = LENGTH / REFLECTIONS;
        let mut reflections = std::array::from_fn(|i| {
            let place = (spacing as f32 * (0.5 + 0.5 * uniform())) as usize;
            let delay = i * spacing + place.min(spacing - 1);
            let gain = LAST.powf(delay as f32 / LENGTH as f32);
            (delay, if uniform() < 0.0 { -gain } else { gain })
        });
        let power: f32 = reflections.iter().map(|(_, gain)| gain * gain).sum();
        for (_, gain) in &mut reflections {
            *gain /= power.sqrt();
        }
        Self { reflections, past: [0.0; LENGTH], next: 0, smoothness: DRY, frames: 0, pause: 0 }
    }

    /// A frame of the line, and whether it is of the voice that is replaced.
    pub(super) fn hear(&mut self, frame: &PcmFrame, voiced: bool) {
        if !voiced {
            self.pause += 1;
            if self.pause >= PAUSE {
                self.frames = 0;
            }
            return;
        }
        self.pause = 0;
        self.frames = self.frames.saturating_add(1);
        let rate = (1.0 / self.frames as f32).max(RATE);
        self.smoothness += rate * (Timbre::of(frame).smoothness - self.smoothness);
    }

    /// The next sample of the voice as it sounds in the room.
    pub(super) fn process(&mut self, x: f32) -> f32 {
        self.past[self.next] = x;
        let reflected =
            |(delay, gain): &(usize, f32)| gain * self.past[(self.next + LENGTH - delay) % LENGTH];
        let room: f32 = self.reflections.iter().map(reflected).sum();
        self.next = (self.next + 1) % LENGTH;
        let share = ((self.smoothness - DRY) / ADDED).clamp(0.0, MOST);
        (1.0 - share).sqrt() * x + share.sqrt() * room
    }
}

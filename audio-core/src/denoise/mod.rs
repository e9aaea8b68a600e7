//! Noise suppression for what people listen to: recordings and calls passed on to a person.
//!
//! The line is looked at through 16 ms every 5 ms (`window`), the noise of each bin is learned from
//! what is not speech (`noise`), and each bin is turned down as far as it is noise (`suppress`). The
//! better the line, the less is done to it (`gate`): what is clean is passed on bit by bit.
//!
//! **Off by default**, and not for speech recognition, which was trained on noise and hears
//! suppression as distortion.

mod config;
mod gate;
mod noise;
mod suppress;
mod window;

pub use config::DenoiseConfig;

use crate::Error;
use crate::spectrum::RealFft;
use crate::sys::vector::{Work, widest};
use gate::Gate;
use noise::Noise;
use suppress::Suppressor;
use window::{BINS, BLOCK, HOP, LOOK, REBUILT, Windows};

/// Samples at 8 kHz by which the output is late, 10 ms, in whatever chunks it comes, and suppressed
/// or bypassed.
pub const DELAY: usize = REBUILT;

/// Magnitude, in 16-bit units, above which an `f32` sample is no sound but an error: +12 dBFS.
const ABSURD: f32 = 4.0 * 32_768.0;

/// Suppresses noise at 8 kHz. `Send`; about 14 kB; allocates only in `new`.
///
/// ```
/// use audio_core::denoise::{DELAY, DenoiseConfig, Denoiser};
///
/// let mut denoiser = Denoiser::new(DenoiseConfig::on())?;
/// let mut chunk = [1_000i16; 333];
/// denoiser.process(&mut chunk);
/// assert!(chunk[..DELAY].iter().all(|&sample| sample == 0));
/// # Ok::<(), audio_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Denoiser {
    /// None: off, and no memory taken.
    state: Option<Box<State>>,
}

impl Denoiser {
    /// Checks the settings. Allocates.
    pub fn new(config: DenoiseConfig) -> Result<Self, Error> {
        config.validate()?;
        Ok(Self { state: config.enabled.then(|| Box::new(State::new(config))) })
    }

    /// Takes 16-bit samples at 8 kHz and puts those from [`Denoiser::delay`] samples ago in their place.
    pub fn process(&mut self, samples: &mut [i16]) {
        if let Some(state) = &mut self.state {
            for sample in samples {
                let out = state.push(f32::from(*sample));
                // Saturates.
                *sample = out.round() as i16;
            }
        }
    }

    /// The same for samples in [-1, 1). What is no number, or above +12 dBFS, counts as silence.
    pub fn process_f32(&mut self, samples: &mut [f32]) {
        if let Some(state) = &mut self.state {
            for sample in samples {
                let x = 32_768.0 * *sample;
                let x = if x.abs() <= ABSURD { x } else { 0.0 };
                *sample = state.push(x) / 32_768.0;
            }
        }
    }

    /// By how many samples the output is late: [`DELAY`], or 0 where nothing is enabled.
    pub const fn delay(&self) -> usize {
        if self.state.is_some() { DELAY } else { 0 }
    }

    /// The level of speech over that of noise as measured so far, in dB; `None` before 200 ms of speech.
    pub fn snr_db(&self) -> Option<f32> {
        self.state.as_ref()?.gate.snr_db()
    }

    /// The share of the suppression in use: 0 is a bypass, 1 all of it.
    pub const fn share(&self) -> f32 {
        match &self.state {
            Some(state) => state.share,
            None => 0.0,
        }
    }

    /// Forgets the line. Does not allocate.
    pub fn reset(&mut self) {
        if let Some(state) = &mut self.state {
            state.reset();
        }
    }
}

#[derive(Clone, Debug)]
struct State {
    config: DenoiseConfig,
    windows: Windows,
    fft: RealFft<BINS>,
    noise: Noise,
    suppressor: Suppressor,
    gate: Gate,
    /// The samples looked at; the newest hop fills up from `filled`.
    past: [f32; LOOK],
    filled: usize,
    /// The rebuilt samples; the first hop of them is complete.
    rebuilt: [f32; REBUILT],
    /// What is handed out while the next hop comes in.
    ready: [f32; HOP],
    share: f32,
    least_gain: f32,
}

impl State {
    fn new(config: DenoiseConfig) -> Self {
        Self {
            config,
            windows: Windows::new(),
            fft: RealFft::new(),
            noise: Noise::NEW,
            suppressor: Suppressor::NEW,
            gate: Gate::new(&config),
            past: [0.0; LOOK],
            filled: 0,
            rebuilt: [0.0; REBUILT],
            ready: [0.0; HOP],
            share: 0.0,
            least_gain: 10f32.powf(-config.depth_db / 20.0),
        }
    }

    fn reset(&mut self) {
        self.noise = Noise::NEW;
        self.suppressor = Suppressor::NEW;
        self.gate = Gate::new(&self.config);
        (self.past, self.filled) = ([0.0; LOOK], 0);
        (self.rebuilt, self.ready) = ([0.0; REBUILT], [0.0; HOP]);
        self.share = 0.0;
    }

    /// A sample in, the one from [`DELAY`] samples ago out.
    #[inline]
    fn push(&mut self, x: f32) -> f32 {
        let out = self.ready[self.filled];
        self.past[LOOK - HOP + self.filled] = x;
        self.filled += 1;
        if self.filled == HOP {
            widest(Hop(self));
            self.filled = 0;
        }
        out
    }

    #[inline(always)]
    fn hop(&mut self) {
        let mut block = [0.0f32; BLOCK];
        for ((block, past), window) in block.iter_mut().zip(&self.past).zip(&self.windows.analysis) {
            *block = past * window;
        }
        let mut bins = self.fft.forward(&block);
        let powers = bins.powers();
        self.noise.update(&powers);
        let noise = self.noise.power();
        let (before, share) = (self.share, self.gate.update(&powers, noise));
        let gains = self.suppressor.gains(&powers, noise, self.least_gain);
        for ((re, im), gain) in bins.re.iter_mut().zip(&mut bins.im).zip(&gains) {
            *re *= gain;
            *im *= gain;
        }
        self.fft.inverse(&bins, &mut block);
        let tail = block[LOOK - REBUILT..LOOK].iter().zip(&self.windows.synthesis);
        for (rebuilt, (sample, window)) in self.rebuilt.iter_mut().zip(tail) {
            *rebuilt += sample * window;
        }
        // From the line as it was to what was rebuilt, without a step.
        let line = &self.past[LOOK - REBUILT..];
        let step = (share - before) / HOP as f32;
        for (n, ready) in self.ready.iter_mut().enumerate() {
            *ready = line[n] + (before + step * (n + 1) as f32) * (self.rebuilt[n] - line[n]);
        }
        self.share = share;
        self.rebuilt.copy_within(HOP.., 0);
        self.rebuilt[HOP..].fill(0.0);
        self.past.copy_within(HOP.., 0);
    }
}

struct Hop<'a>(&'a mut State);

impl Work for Hop<'_> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        self.0.hop();
    }
}

//! How late the echo is: 0 to 1,020 ms.
//!
//! Every 20 ms the spectra of both lines are reduced to their phases (C. Knapp and G. Carter, "The
//! generalized correlation method for estimation of time delay", 1976, PHAT). For every delay in
//! steps of 20 ms the products of the caller's phases with the agent's of that time ago are averaged:
//! where an echo comes from they point one way, elsewhere they cancel. The mean's slope over
//! frequency then gives the delay to the sample.

use std::sync::OnceLock;

use super::MAX_DELAY;
use super::onset::Response;
use crate::frame::{FRAME_SAMPLES, PcmFrame};
use crate::spectrum::{Bins, RealFft, hann};
use crate::sum::sum;
#[cfg(feature = "engine")]
use crate::sys::prefetch::prefetch;
use crate::sys::vector::{Work, widest};

const WINDOW: usize = 256;
const FFT: usize = WINDOW / 2;
/// Bins from 250 to 2,250 Hz.
const FIRST: usize = 8;
const BINS: usize = 64;
/// Delays looked at, 20 ms apart.
pub(super) const LAGS: usize = MAX_DELAY / FRAME_SAMPLES + 1;
/// An average remembers this much of the frame before: 25 frames.
const MEMORY: f32 = 0.96;
/// Frames below this mean square, -50 dBFS, on either line tell nothing.
const QUIET: f32 = 10_000.0;
/// …and of what is played those that are not 10 dB above the caller's noise, for their echo drowns in it; the loudest, to
/// 10 dB below the peaks of late, always count. A peak fades by 5 dB a second, and the noise grows by 4 unless it is
/// heard to be less.
const OVER_NOISE: f32 = 10.0;
const OF_PEAK: f32 = 0.1;
const FADE: f32 = 0.977;
const GROWTH: f32 = 1.02;
/// On the caller's line an echo may be far below: -66 dBFS.
const QUIET_NEAR: f32 = 270.0;
/// So many frames must be in an average, and it must lead in so many frames in a row.
const ENOUGH: f32 = 10.0;
const IN_A_ROW: u32 = 4;
/// A delay that is to replace another must lead for longer.
const IN_A_ROW_TO_MOVE: u32 = 12;
/// The mean's power above chance, against that of other delays more than `APART` steps off, and
/// against self.
const LEAD: f32 = 1.2;
const APART: usize = 3;
const CHANCE: f32 = 0.025;
/// With a delay known, or none found in so many frames, one in so many of the other delays is looked at
/// in each frame.
const TURNS: usize = 4;
const SEARCH: u32 = 200;
/// So many frames after the last look, where the echo begins is looked at again, sooner in the first
/// frames after the delay was found. Two looks within `SAME` samples of each other and over `ELSEWHERE`
/// samples off what was believed move it, if a filter models so many times as much of the echo there;
/// in the first frames to a later beginning, if it models no less.
const LOOK_AGAIN: u32 = 40;
const LOOK_AGAIN_SOON: u32 = 5;
const FRESH: u32 = 60;
const SAME: usize = 24;
const ELSEWHERE: usize = 80;
const BETTER: f32 = 1.2;

/// Phases of one frame: two cache lines.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Phases {
    re: [i8; BINS],
    im: [i8; BINS],
}

impl Phases {
    const NONE: Self = Self { re: [0; BINS], im: [0; BINS] };
}

/// An average over frames, and how many: what the search reads of every delay in every frame.
#[derive(Clone, Copy, Debug)]
struct Score {
    frames: f32,
    /// Power of the mean phase, in [0, 1], less what chance gives.
    power: f32,
}

impl Score {
    const NONE: Self = Self { frames: 0.0, power: 0.0 };
}

/// The average itself: read where it is this delay's turn.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Mean {
    re: [f32; BINS],
    im: [f32; BINS],
}

impl Mean {
    const NONE: Self = Self { re: [0.0; BINS], im: [0.0; BINS] };

    /// Adds the phase from `far` to `near`. Returns the power of the sum.
    #[inline(always)]
    fn add(&mut self, far: &Phases, near: &Phases) -> f32 {
        const UNIT: f32 = 1.0 / (127.0 * 127.0);
        for k in 0..BINS {
            let (fr, fi) = (f32::from(far.re[k]), f32::from(far.im[k]));
            let (nr, ni) = (f32::from(near.re[k]), f32::from(near.im[k]));
            self.re[k] = MEMORY * self.re[k] + UNIT * (nr * fr + ni * fi);
            self.im[k] = MEMORY * self.im[k] + UNIT * (ni * fr - nr * fi);
        }
        let mut powers = [0.0f32; BINS];
        for ((power, re), im) in powers.iter_mut().zip(&self.re).zip(&self.im) {
            *power = re * re + im * im;
        }
        sum(&powers)
    }
}

/// Follows both lines and says how late the echo is.
#[derive(Clone, Debug)]
pub(super) struct DelayEstimator {
    fft: &'static RealFft<FFT>,
    window: &'static [f32; WINDOW],
    far: [i16; WINDOW],
    near: [i16; WINDOW],
    /// A ring of the agent's frames; `newest` is the last one written.
    played: Box<[Phases; LAGS]>,
    /// Power of the loudest of them of late, and of the caller's noise: infinite before anything was heard.
    peak: f32,
    noise: f32,
    /// Which of them were loud enough to tell something: bit by place in the ring.
    active: u64,
    newest: usize,
    /// By [`place`]: those whose turn comes together lie together.
    means: Box<[Mean; PLACES]>,
    scores: [Score; LAGS],
    turn: usize,
    /// Frames of the search.
    searched: u32,
    leader: usize,
    leads: u32,
    found: Option<usize>,
    /// The step `found` was read from.
    step: usize,
    /// Frames in which the delay was confirmed, and where it was seen when last looked at closely.
    looked: u32,
    doubted: usize,
}

impl DelayEstimator {
    pub(super) fn new() -> Self {
        Self {
            fft: RealFft::shared(),
            window: shared_window(),
            far: [0; WINDOW],
            near: [0; WINDOW],
            played: Box::new([Phases::NONE; LAGS]),
            peak: 0.0,
            noise: f32::INFINITY,
            active: 0,
            newest: 0,
            means: Box::new([Mean::NONE; PLACES]),
            scores: [Score::NONE; LAGS],
            turn: 0,
            searched: 0,
            leader: 0,
            leads: 0,
            found: None,
            step: 0,
            looked: 0,
            doubted: 0,
        }
    }

    pub(super) fn reset(&mut self) {
        (self.far, self.near) = ([0; WINDOW], [0; WINDOW]);
        self.played.fill(Phases::NONE);
        (self.peak, self.noise, self.active) = (0.0, f32::INFINITY, 0);
        self.means.fill(Mean::NONE);
        self.scores = [Score::NONE; LAGS];
        (self.newest, self.turn, self.leader, self.leads, self.step) = (0, 0, 0, 0, 0);
        (self.looked, self.doubted, self.searched) = (0, 0, 0);
        self.found = None;
    }

    /// Samples from a sound played to the beginning of its echo, less [`HEADROOM`](super::onset::HEADROOM).
    pub(super) const fn delay(&self) -> Option<usize> {
        self.found
    }

    /// One frame of both lines, as played and as heard. Returns whether the delay has changed.
    pub(super) fn process(&mut self, far: &PcmFrame, near: &PcmFrame) -> bool {
        slide(&mut self.far, far);
        slide(&mut self.near, near);
        self.newest = (self.newest + 1) % LAGS;
        let drowned = (OVER_NOISE * self.noise).min(OF_PEAK * self.peak);
        let played = self.phases(&self.far, QUIET.max(drowned));
        self.peak = played.map_or(0.0, |(_, power)| power).max(FADE * self.peak);
        let bit = 1 << self.newest;
        self.active = if played.is_some() { self.active | bit } else { self.active & !bit };
        self.played[self.newest] = played.map_or(Phases::NONE, |(phases, _)| phases);
        if self.active == 0 {
            return false;
        }
        let heard = self.phases(&self.near, QUIET_NEAR);
        self.noise = heard.map_or(QUIET_NEAR, |(_, power)| power).min(GROWTH * self.noise);
        let Some((heard, _)) = heard else { return false };
        self.turn = (self.turn + 1) % TURNS;
        self.searched = if self.found.is_some() { SEARCH } else { self.searched.saturating_add(1) };
        widest(Average(self, &heard));
        self.decide()
    }

    /// Asks for the averages whose turn is next, and for the phases played that go with them.
    #[cfg(feature = "engine")]
    pub(super) fn fetch(&self) {
        if self.active == 0 {
            return;
        }
        let turn = (self.turn + 1) % TURNS;
        prefetch(&self.means.as_chunks::<{ PLACES / TURNS }>().0[turn]);
        for lag in (turn..LAGS).step_by(TURNS) {
            prefetch(&self.played[(self.newest + 1 + LAGS - lag) % LAGS]);
        }
    }

    /// Adds the phases heard to the averages whose turn it is.
    #[inline(always)]
    fn average(&mut self, heard: &Phases) {
        // What `look_again` reads while it looks often.
        let around = if self.looked <= FRESH { APART } else { 1 };
        for lag in 0..LAGS {
            let sent = (self.newest + LAGS - lag) % LAGS;
            let due = self.searched < SEARCH || lag.abs_diff(self.step) <= around || lag % TURNS == self.turn;
            if due && self.active >> sent & 1 == 1 {
                let power = self.means[place(lag)].add(&self.played[sent], heard);
                let score = &mut self.scores[lag];
                score.frames = MEMORY * score.frames + 1.0;
                score.power = power / (BINS as f32 * score.frames * score.frames) - 1.0 / score.frames;
            }
        }
    }

    /// The phases of a block and its mean square, if it is not too quiet to tell.
    fn phases(&self, block: &[i16; WINDOW], quiet: f32) -> Option<(Phases, f32)> {
        widest(Turns { fft: self.fft, window: self.window, block, quiet })
    }

    fn decide(&mut self) -> bool {
        let score = |lag: usize| {
            let Score { frames, power } = self.scores[lag];
            if frames >= ENOUGH { power } else { 0.0 }
        };
        let best = (0..LAGS).max_by(|&a, &b| score(a).total_cmp(&score(b))).unwrap_or(0);
        let others = (0..LAGS).filter(|lag| lag.abs_diff(best) > APART).map(score).fold(CHANCE, f32::max);
        if score(best) < LEAD * others {
            self.leads = 0;
            return false;
        }
        // Two reflections of one echo may lead in turns.
        self.leads = if best.abs_diff(self.leader) <= APART { self.leads + 1 } else { 1 };
        self.leader = best;
        match self.found {
            None => self.leads >= IN_A_ROW && self.settle(best),
            Some(_) if best.abs_diff(self.step) > APART => {
                self.leads >= IN_A_ROW_TO_MOVE && self.settle(best)
            }
            Some(found) => self.look_again(found, best),
        }
    }

    fn settle(&mut self, step: usize) -> bool {
        self.looked = 0;
        self.set(step, self.response(step).start())
    }

    fn set(&mut self, step: usize, start: usize) -> bool {
        self.step = step;
        self.found = Some(start.min(MAX_DELAY));
        true
    }

    /// The first look was at few frames: later ones are better.
    fn look_again(&mut self, found: usize, best: usize) -> bool {
        self.looked = self.looked.saturating_add(1);
        let fresh = self.looked <= FRESH;
        if !self.looked.is_multiple_of(if fresh { LOOK_AGAIN_SOON } else { LOOK_AGAIN }) {
            return false;
        }
        let response = self.response(best);
        let start = response.start().min(MAX_DELAY);
        let agrees = start.abs_diff(self.doubted) <= SAME;
        self.doubted = start;
        if start.abs_diff(found) <= ELSEWHERE || !agrees {
            return false;
        }
        let (now, then) = (response.modelled(found), response.modelled(start));
        (then > BETTER * now || fresh && start > found && then >= now) && self.set(best, start)
    }

    /// What is heard of one sound in the steps around `best`.
    fn response(&self, best: usize) -> Response {
        Response::new(best, |lag, part| {
            let Some(&Score { frames, .. }) = self.scores.get(lag).filter(|score| score.frames >= ENOUGH)
            else {
                return;
            };
            let mean = &self.means[place(lag)];
            let mut spectrum = Bins::ZERO;
            for k in 0..BINS {
                spectrum.re[FIRST + k] = mean.re[k] / frames;
                spectrum.im[FIRST + k] = mean.im[k] / frames;
            }
            let mut around = [0.0; WINDOW];
            self.fft.inverse(&spectrum, &mut around);
            // The lag itself stands at the block's beginning; half a step before it is its end.
            for (n, x) in part.iter_mut().enumerate() {
                *x = around[(WINDOW - FRAME_SAMPLES / 2 + n) % WINDOW].abs();
            }
        })
    }
}

struct Average<'a>(&'a mut DelayEstimator, &'a Phases);

impl Work for Average<'_> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        self.0.average(self.1);
    }
}

/// The phases of a block that is not too quiet, and its mean square.
struct Turns<'a> {
    fft: &'a RealFft<FFT>,
    window: &'a [f32; WINDOW],
    block: &'a [i16; WINDOW],
    quiet: f32,
}

impl Work for Turns<'_> {
    type Out = Option<(Phases, f32)>;

    #[inline(always)]
    fn run(self) -> Self::Out {
        let Self { fft, window, block, quiet } = self;
        let (mut windowed, mut squares) = ([0.0f32; WINDOW], [0.0f32; WINDOW]);
        for n in 0..WINDOW {
            let x = f32::from(block[n]);
            (windowed[n], squares[n]) = (x * window[n], x * x);
        }
        let power = sum(&squares) / WINDOW as f32;
        if power < quiet {
            return None;
        }
        let spectrum = fft.forward(&windowed);
        let mut phases = Phases::NONE;
        for k in 0..BINS {
            let (re, im) = (spectrum.re[FIRST + k], spectrum.im[FIRST + k]);
            let scale = 127.0 / (re * re + im * im).sqrt().max(1e-3);
            // At most 127: by way of 32 bits several are cast at a time.
            (phases.re[k], phases.im[k]) = ((re * scale) as i32 as i8, (im * scale) as i32 as i8);
        }
        Some((phases, power))
    }
}

/// Where the average of a delay lies.
const fn place(lag: usize) -> usize {
    lag % TURNS * (PLACES / TURNS) + lag / TURNS
}

/// Places for averages: every turn has as many.
const PLACES: usize = LAGS.next_multiple_of(TURNS);
const _: () = assert!(LAGS <= 64, "a bit for each");

/// The window that all calls of the process share.
fn shared_window() -> &'static [f32; WINDOW] {
    static SHARED: OnceLock<[f32; WINDOW]> = OnceLock::new();
    SHARED.get_or_init(hann)
}

fn slide(window: &mut [i16; WINDOW], frame: &PcmFrame) {
    window.copy_within(FRAME_SAMPLES.., 0);
    window[WINDOW - FRAME_SAMPLES..].copy_from_slice(frame);
}

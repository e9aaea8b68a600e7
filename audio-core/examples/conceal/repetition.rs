//! The yardstick: pitch repetition as ITU-T G.711 Appendix I (09/99) describes it, written from the
//! description. Cross-correlation of the last 20 ms over lags of 5 to 15 ms, one cycle repeated for
//! 10 ms, then two, then three; a quarter cycle of overlap at every join, for which the output is
//! 3.75 ms late; 20 % less per 10 ms after the first, silence after 60 ms.

/// Samples the output is late.
pub(crate) const DELAY: usize = 30;
const HISTORY: usize = 390;
const BLOCK: usize = 80;
const LAGS: std::ops::RangeInclusive<usize> = 40..=120;

pub(crate) struct Repetition {
    /// What was played, not yet delayed.
    history: Vec<f32>,
    /// The last cycles, blended so that they repeat.
    cycles: Vec<f32>,
    lag: usize,
    position: usize,
    /// Blocks of the gap so far.
    lost: usize,
}

impl Repetition {
    pub(crate) fn new() -> Self {
        Self { history: vec![0.0; HISTORY], cycles: Vec::new(), lag: 40, position: 0, lost: 0 }
    }

    /// 10 ms in, the 10 ms that ended 3.75 ms earlier out.
    pub(crate) fn block(&mut self, arrived: Option<&[i16]>, out: &mut [i16]) {
        let mut block: Vec<f32> = match arrived {
            Some(pcm) => pcm.iter().map(|&s| f32::from(s)).collect(),
            None => Vec::new(),
        };
        if arrived.is_some() {
            if self.lost > 0 {
                let length = (self.lag / 4 + 32 * (self.lost - 1)).min(BLOCK);
                let gain = gain(self.lost, 0);
                for (i, sample) in block.iter_mut().take(length).enumerate() {
                    let share = (i as f32 + 1.0) / (length as f32 + 1.0);
                    *sample = share * *sample + (1.0 - share) * gain * self.next();
                }
            }
            self.lost = 0;
        } else {
            if self.lost == 0 {
                self.lag = search(&self.history);
                self.select(1, true);
            } else if self.lost < 3 {
                // One more cycle: overlap from the old repetition to the new.
                let old: Vec<f32> = (0..self.lag / 4).map(|_| self.next()).collect();
                self.position = self.position.wrapping_sub(self.lag / 4).min(self.cycles.len()) % self.lag;
                self.select(self.lost + 1, false);
                block.extend(old);
            }
            let overlap = std::mem::take(&mut block);
            for i in 0..BLOCK {
                let mut sample = self.next();
                if let Some(old) = overlap.get(i) {
                    let share = (i as f32 + 1.0) / (overlap.len() as f32 + 1.0);
                    sample = share * sample + (1.0 - share) * old;
                }
                block.push(sample * gain(self.lost, i));
            }
            self.lost += 1;
        }
        self.history.drain(..BLOCK);
        self.history.extend(block);
        let ready = HISTORY - DELAY - BLOCK..HISTORY - DELAY;
        for (slot, sample) in out.iter_mut().zip(&self.history[ready]) {
            *slot = sample.round() as i16;
        }
    }

    fn select(&mut self, count: usize, first: bool) {
        let (lag, quarter) = (self.lag, self.lag / 4);
        let end = if first { HISTORY } else { HISTORY - BLOCK * self.lost };
        let length = (count * lag).min(end - quarter);
        self.cycles = self.history[end - length..end].to_vec();
        for i in 0..quarter {
            let share = (i as f32 + 1.0) / (quarter as f32 + 1.0);
            let before = self.history[end - length - quarter + i];
            let last = &mut self.cycles[length - quarter + i];
            *last = share * before + (1.0 - share) * *last;
            if first {
                // The end of what was played, still within the delay, leads into the repetition.
                self.history[end - quarter + i] = *last;
            }
        }
        if first {
            self.position = 0;
        }
    }

    fn next(&mut self) -> f32 {
        let sample = self.cycles[self.position % self.cycles.len()];
        self.position = (self.position + 1) % self.cycles.len();
        sample
    }
}

fn gain(block: usize, sample: usize) -> f32 {
    let fraction = sample as f32 / BLOCK as f32;
    match block {
        0 => 1.0,
        1..=5 => 1.0 - 0.2 * (block as f32 - 1.0 + fraction),
        _ => 0.0,
    }
}

fn search(history: &[f32]) -> usize {
    let template = &history[HISTORY - 160..];
    let score = |lag: usize| {
        let before = &history[HISTORY - 160 - lag..HISTORY - lag];
        let energy: f32 = before.iter().map(|s| s * s).sum();
        let product: f32 = before.iter().zip(template).map(|(a, b)| a * b).sum();
        product / (energy + 1.0).sqrt()
    };
    LAGS.max_by(|&a, &b| score(a).total_cmp(&score(b))).unwrap_or(40)
}

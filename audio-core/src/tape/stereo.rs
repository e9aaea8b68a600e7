//! Two tracks that arrive apart, side by side again.

use std::collections::VecDeque;

/// Pairs the samples of a left and a right track. One of them may be ahead, by so much and no
/// more: then the other has stopped, and silence takes its place.
#[derive(Debug)]
pub(super) struct Pairing {
    /// Samples of the track that is ahead.
    ahead: VecDeque<i16>,
    /// Is it the right one?
    right: bool,
    most: usize,
}

impl Pairing {
    /// Room for `most` samples of one track. Allocates.
    pub(super) fn new(most: usize) -> Self {
        Self { ahead: VecDeque::with_capacity(most + 1), right: false, most }
    }

    /// Takes the next sample of one track or of both. Does not allocate.
    pub(super) fn push(&mut self, left: Option<i16>, right: Option<i16>) -> Option<[i16; 2]> {
        match (left, right) {
            (None, None) => None,
            (Some(left), Some(right)) => {
                let (lead, follow) = if self.right { (right, left) } else { (left, right) };
                self.ahead.push_back(lead);
                self.pair(follow)
            }
            (Some(sample), None) => self.push_one(sample, false),
            (None, Some(sample)) => self.push_one(sample, true),
        }
    }

    /// Pairs what waits with silence, one sample a call.
    pub(super) fn pad(&mut self) -> Option<[i16; 2]> {
        self.pair(0)
    }

    fn push_one(&mut self, sample: i16, right: bool) -> Option<[i16; 2]> {
        if self.ahead.is_empty() {
            self.right = right;
        }
        if self.right != right {
            return self.pair(sample);
        }
        self.ahead.push_back(sample);
        if self.ahead.len() > self.most { self.pad() } else { None }
    }

    /// The oldest sample that waits, beside `follow`.
    fn pair(&mut self, follow: i16) -> Option<[i16; 2]> {
        let lead = self.ahead.pop_front()?;
        Some(if self.right { [follow, lead] } else { [lead, follow] })
    }
}

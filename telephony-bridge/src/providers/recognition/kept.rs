//! The audio of a turn whose words are not settled yet, and the words.

use std::collections::VecDeque;

use audio_core::frame::{SampleTime, WIRE_RATE};

use super::Heard;

/// Most audio kept, in bytes: 60 s, the longest turn. Words older than that are settled long since.
const MOST: usize = 60 * WIRE_RATE as usize;

/// µ-law audio from `from` on.
#[derive(Debug)]
pub(super) struct Kept {
    from: SampleTime,
    audio: VecDeque<u8>,
}

impl Kept {
    pub(super) fn new(from: SampleTime, audio: Vec<u8>) -> Self {
        Self { from, audio: audio.into() }
    }

    pub(super) fn push(&mut self, ulaw: &[u8]) {
        self.audio.extend(ulaw);
        let excess = self.audio.len().saturating_sub(MOST);
        self.drop_first(excess);
    }

    /// The words before `at` are settled.
    pub(super) fn settle(&mut self, at: SampleTime) {
        let settled = usize::try_from(at.0.saturating_sub(self.from.0)).unwrap_or(usize::MAX);
        self.drop_first(settled.min(self.audio.len()));
    }

    /// Where what is kept begins.
    pub(super) fn from(&self) -> SampleTime {
        self.from
    }

    /// How much is kept, in ms.
    pub(super) fn ms(&self) -> u64 {
        self.audio.len() as u64 * 1_000 / u64::from(WIRE_RATE)
    }

    /// All of it, in order.
    pub(super) fn bytes(&mut self) -> &[u8] {
        self.audio.make_contiguous()
    }

    fn drop_first(&mut self, count: usize) {
        self.audio.drain(..count);
        self.from.0 += count as u64;
    }
}

/// The words of a turn.
#[derive(Debug, Default)]
pub(super) struct Words {
    settled: String,
    tail: String,
}

impl Words {
    pub(super) fn add(&mut self, heard: &Heard) {
        self.settled.push_str(&heard.settled);
        self.tail.clone_from(&heard.tail);
    }

    /// Another stream goes on behind the settled words. What was heard after them stays until it says
    /// something itself.
    pub(super) fn next_stream(&mut self) {
        self.settled.push(' ');
        if !self.tail.starts_with(' ') {
            self.tail.insert(0, ' ');
        }
    }

    /// Every word so far, with single spaces.
    pub(super) fn text(&self) -> String {
        let all = format!("{}{}", self.settled, self.tail);
        all.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settled_audio_is_let_go() {
        let mut kept = Kept::new(SampleTime(800), vec![1; 160]);
        kept.push(&[2; 160]);
        assert_eq!((kept.from(), kept.ms()), (SampleTime(800), 40));
        kept.settle(SampleTime(960));
        assert_eq!((kept.from(), kept.bytes()), (SampleTime(960), &[2; 160][..]));
        // Further than what there is, and backwards.
        kept.settle(SampleTime(5_000));
        assert_eq!((kept.from(), kept.ms()), (SampleTime(1_120), 0));
        kept.settle(SampleTime(0));
        kept.push(&vec![3; MOST + 8]);
        assert_eq!((kept.from(), kept.ms()), (SampleTime(1_128), 60_000));
    }

    #[test]
    fn words_are_joined_as_the_recogniser_spaces_them() {
        let mut words = Words::default();
        let heard = |settled: &str, tail: &str| Heard {
            settled: settled.to_owned(),
            until_ms: None,
            tail: tail.to_owned(),
        };
        words.add(&heard("", "של"));
        words.add(&heard("של", "ום אני"));
        assert_eq!(words.text(), "שלום אני");
        words.next_stream();
        assert_eq!(words.text(), "של ום אני");
        words.add(&heard("", "אני מחפש "));
        assert_eq!(words.text(), "של אני מחפש");
    }
}

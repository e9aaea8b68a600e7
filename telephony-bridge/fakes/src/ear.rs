//! A recogniser that really listens, to speech that is easy to recognise.
//!
//! A word is [`WORD_FRAMES`] frames of one µ-law code. What is heard follows from the audio alone: a word
//! that is cut in two is not heard, a word that is sent twice is heard twice.

/// Length of a word in 20 ms frames.
pub const WORD_FRAMES: usize = 12;
/// What the line holds between words.
const SILENCE: u8 = 0xff;
const FRAME: usize = 160;
/// A phrase ends with so much silence: 400 ms.
const PAUSE: usize = 20 * FRAME;

/// One frame of word `n`, which is less than 100.
pub fn frame_of(n: u8) -> [u8; FRAME] {
    [n; FRAME]
}

/// The audio of words, with 100 ms of silence after each.
pub fn say(words: impl IntoIterator<Item = u8>) -> Vec<u8> {
    let mut audio = Vec::new();
    for n in words {
        audio.extend(frame_of(n).repeat(WORD_FRAMES));
        audio.extend([SILENCE; FRAME].repeat(5));
    }
    audio
}

/// How word `n` is written.
pub fn written(n: u8) -> String {
    format!("מילה{n}")
}

/// The words as a recogniser writes them.
pub fn text(words: impl IntoIterator<Item = u8>) -> String {
    words.into_iter().map(written).collect::<Vec<_>>().join(" ")
}

/// A word and the sample after its last one, since the stream began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeardWord {
    /// The word.
    pub text: String,
    /// First sample.
    pub start: u64,
    /// Sample after the last.
    pub end: u64,
}

/// Hears one stream.
#[derive(Clone, Debug, Default)]
pub struct Ear {
    at: u64,
    run: Option<(u8, usize)>,
    quiet: usize,
    /// Words of the phrase that goes on.
    pub open: Vec<HeardWord>,
}

impl Ear {
    /// Hears more; returns whether the words changed, and the phrases that ended.
    pub fn hear(&mut self, ulaw: &[u8]) -> (bool, Vec<Vec<HeardWord>>) {
        let before = self.open.len();
        let mut phrases = Vec::new();
        for &code in ulaw {
            match &mut self.run {
                Some((run, length)) if *run == code => *length += 1,
                _ => {
                    self.end_run();
                    self.run = (code != SILENCE).then_some((code, 1));
                }
            }
            self.at += 1;
            self.quiet = if code == SILENCE { self.quiet + 1 } else { 0 };
            if self.quiet == PAUSE && !self.open.is_empty() {
                phrases.push(std::mem::take(&mut self.open));
            }
        }
        (self.open.len() != before || !phrases.is_empty(), phrases)
    }

    /// There is no more: the words of the last phrase.
    pub fn finish(&mut self) -> Vec<HeardWord> {
        self.end_run();
        self.run = None;
        std::mem::take(&mut self.open)
    }

    /// Samples heard.
    pub fn samples(&self) -> u64 {
        self.at
    }

    fn end_run(&mut self) {
        let whole = WORD_FRAMES * FRAME;
        // Most of a word is enough to tell it.
        if let Some((code, length)) = self.run.take()
            && length * 4 >= whole * 3
        {
            let start = self.at - length as u64;
            self.open.push(HeardWord { text: written(code), start, end: self.at });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_follow_from_the_audio() {
        let mut ear = Ear::default();
        let audio = say([1, 2]);
        assert_eq!(ear.hear(&audio), (true, vec![]));
        let words: Vec<_> = ear.open.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(words, ["מילה1", "מילה2"]);
        let (changed, phrases) = ear.hear(&[SILENCE; 16 * FRAME]);
        assert!(changed);
        assert_eq!(phrases[0][1].end, (2 * WORD_FRAMES as u64 + 5) * FRAME as u64);
        // Half a word is none.
        ear.hear(&frame_of(3).repeat(WORD_FRAMES / 2));
        assert_eq!(ear.finish(), vec![]);
    }
}

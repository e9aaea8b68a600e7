//! The server's voice detection: loud or not, by level alone.

use audio_core::codec::ulaw;

const FRAME: usize = 160;
/// Mean magnitude above which 20 ms are loud.
const LOUD: i64 = 500;
/// So many loud frames in a row are speech.
const ONSET: usize = 5;

/// What was decided, with its time in ms of the audio that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decided {
    Started(u64),
    Stopped(u64),
}

/// One session's detector.
#[derive(Debug, Default)]
pub(super) struct Vad {
    rest: Vec<u8>,
    frames: u64,
    loud: usize,
    quiet: usize,
    speaking: bool,
}

impl Vad {
    pub(super) fn hear(&mut self, audio: &[u8], silence_ms: u64) -> Vec<Decided> {
        self.rest.extend_from_slice(audio);
        let mut decided = Vec::new();
        while self.rest.len() >= FRAME {
            let level: i64 = self.rest.drain(..FRAME).map(|code| i64::from(ulaw::decode(code)).abs()).sum();
            self.frames += 1;
            let at = self.frames * 20;
            if level / FRAME as i64 > LOUD {
                (self.loud, self.quiet) = (self.loud + 1, 0);
            } else {
                (self.loud, self.quiet) = (0, self.quiet + 1);
            }
            if !self.speaking && self.loud == ONSET {
                self.speaking = true;
                decided.push(Decided::Started(at - 20 * ONSET as u64));
            } else if self.speaking && self.quiet as u64 * 20 >= silence_ms {
                self.speaking = false;
                decided.push(Decided::Stopped(at));
            }
        }
        decided
    }
}

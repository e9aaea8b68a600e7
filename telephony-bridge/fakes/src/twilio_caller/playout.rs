//! Twilio's playout buffer: first in, first out; a mark comes back when what was before it has
//! been played; `clear` empties it and returns every mark.

use std::collections::VecDeque;

/// Samples in a tick of 20 ms at 8 kHz.
pub const TICK: usize = 160;
const SILENCE: u8 = 0xff;

#[derive(Debug)]
enum Item {
    Audio(VecDeque<u8>),
    Mark(String),
}

/// The buffer of one call.
#[derive(Debug, Default)]
pub struct Playout {
    items: VecDeque<Item>,
}

impl Playout {
    /// µ-law bytes of a `media` message.
    pub fn audio(&mut self, mulaw: &[u8]) {
        if let Some(Item::Audio(last)) = self.items.back_mut() {
            last.extend(mulaw);
        } else if !mulaw.is_empty() {
            self.items.push_back(Item::Audio(mulaw.iter().copied().collect()));
        }
    }

    /// A mark. Returned at once where nothing is before it.
    pub fn mark(&mut self, name: String) -> Option<String> {
        if self.items.is_empty() {
            return Some(name);
        }
        self.items.push_back(Item::Mark(name));
        None
    }

    /// Empties the buffer and returns the marks in it, in order.
    pub fn clear(&mut self) -> Vec<String> {
        self.items
            .drain(..)
            .filter_map(|item| match item {
                Item::Mark(name) => Some(name),
                Item::Audio(_) => None,
            })
            .collect()
    }

    /// Is there nothing to play?
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Plays 20 ms into `heard` and returns the marks reached, and how many samples were audio.
    pub fn tick(&mut self, heard: &mut [u8; TICK]) -> (Vec<String>, usize) {
        heard.fill(SILENCE);
        let mut played = 0;
        let mut marks = Vec::new();
        while let Some(item) = self.items.front_mut() {
            match item {
                Item::Audio(audio) => {
                    let n = audio.len().min(TICK - played);
                    for (slot, byte) in heard[played..].iter_mut().zip(audio.drain(..n)) {
                        *slot = byte;
                    }
                    played += n;
                    if !audio.is_empty() {
                        break;
                    }
                    self.items.pop_front();
                }
                Item::Mark(name) => {
                    marks.push(std::mem::take(name));
                    self.items.pop_front();
                }
            }
        }
        (marks, played)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_come_back_when_what_was_before_them_is_played() {
        let mut playout = Playout::default();
        let mut heard = [0; TICK];
        assert_eq!(playout.mark("now".into()), Some("now".into()));
        playout.audio(&[1; 100]);
        playout.audio(&[2; 100]);
        assert_eq!(playout.mark("first".into()), None);
        playout.audio(&[3; 10]);
        assert_eq!(playout.mark("second".into()), None);
        assert_eq!(playout.tick(&mut heard), (vec![], 160));
        assert_eq!((heard[99], heard[100], heard[159]), (1, 2, 2));
        assert_eq!(playout.tick(&mut heard), (vec!["first".into(), "second".into()], 50));
        assert_eq!((heard[39], heard[40], heard[49], heard[50]), (2, 3, 3, 0xff));
        assert!(playout.is_empty());
    }

    #[test]
    fn clear_silences_and_returns_every_mark() {
        let mut playout = Playout::default();
        playout.audio(&[1; 500]);
        playout.mark("a".into());
        playout.audio(&[1; 500]);
        playout.mark("b".into());
        assert_eq!(playout.clear(), ["a", "b"]);
        let mut heard = [0; TICK];
        assert_eq!(playout.tick(&mut heard), (vec![], 0));
        assert_eq!(heard, [0xff; TICK]);
    }
}

//! What the model says: its audio, how much of it is played, and what of it was not heard.

use audio_core::frame::{FRAME_MS, FRAME_SAMPLES, ULAW_SILENCE, WIRE_RATE};

use super::wire;
use crate::providers::{SpeechFrame, TtsOutput};
use crate::session::{TtsEvent, TurnId, UtteranceId};

/// Bytes of µ-law a millisecond.
const PER_MS: usize = WIRE_RATE as usize / 1_000;
/// Longest thing said in one go: two minutes.
const MOST: usize = 120 * WIRE_RATE as usize;
/// Frames handed over at a time.
const AT_ONCE: usize = 64;

/// What the model says in one go.
#[derive(Debug)]
struct Item {
    id: String,
    turn: TurnId,
    ulaw: Vec<u8>,
    /// Words before its first audio.
    words: String,
    /// Its audio has begun.
    begun: bool,
    /// No more of it comes.
    done: bool,
    /// Nobody wanted it yet.
    unclaimed: bool,
    /// So much of it was heard, and no more will be.
    cut_ms: Option<u64>,
    /// The session at hand has said it.
    is_known: bool,
}

/// An item on its way to the caller.
#[derive(Debug)]
struct Playing {
    utterance: UtteranceId,
    item: usize,
    from: usize,
    at: usize,
}

/// What the model said since the last answer was asked for.
#[derive(Debug, Default)]
pub(super) struct Items {
    items: Vec<Item>,
    playing: Vec<Playing>,
}

impl Items {
    fn item(&mut self, id: &str, turn: TurnId) -> &mut Item {
        let at = self.items.iter().position(|item| item.id == id).unwrap_or_else(|| {
            self.items.push(Item {
                id: id.to_owned(),
                turn,
                ulaw: Vec::new(),
                words: String::new(),
                begun: false,
                done: false,
                unclaimed: true,
                cut_ms: None,
                is_known: true,
            });
            self.items.len() - 1
        });
        &mut self.items[at]
    }

    /// More audio. Where it is the item's first: the words so far. `Err`: it never ends.
    pub(super) fn audio(&mut self, id: &str, turn: TurnId, ulaw: &[u8]) -> Result<Option<String>, usize> {
        let item = self.item(id, turn);
        if item.ulaw.len() + ulaw.len() > MOST {
            return Err(MOST / PER_MS);
        }
        if !item.done {
            item.ulaw.extend_from_slice(ulaw);
        }
        let first = !std::mem::replace(&mut item.begun, true);
        Ok(first.then(|| std::mem::take(&mut item.words)))
    }

    /// More words; given back where the item's audio has begun.
    pub(super) fn words(&mut self, id: &str, turn: TurnId, words: String) -> Option<String> {
        let item = self.item(id, turn);
        if item.begun {
            return Some(words);
        }
        item.words.push_str(&words);
        None
    }

    /// The item's audio is complete.
    pub(super) fn done(&mut self, id: &str) {
        if let Some(item) = self.items.iter_mut().find(|item| item.id == id) {
            item.done = true;
        }
    }

    /// No more audio comes of anything.
    pub(super) fn all_done(&mut self) {
        self.items.iter_mut().for_each(|item| item.done = true);
    }

    /// Another session goes on: it has said none of this.
    pub(super) fn forget_session(&mut self) {
        self.items.iter_mut().for_each(|item| item.is_known = false);
    }

    /// The turn's next item is played as `utterance`, or what `resumes` played is, from `from_ms` on.
    pub(super) fn play(
        &mut self,
        utterance: UtteranceId,
        turn: TurnId,
        resumes: Option<UtteranceId>,
        from_ms: u64,
    ) {
        let item = match resumes {
            Some(before) => self.playing.iter().find(|p| p.utterance == before).map(|p| p.item),
            None => self.items.iter().position(|item| item.turn == turn && item.begun && item.unclaimed),
        };
        let Some(at) = item else { return };
        let item = &mut self.items[at];
        (item.unclaimed, item.cut_ms) = (false, None);
        let from = usize::try_from(from_ms).unwrap_or(usize::MAX).saturating_mul(PER_MS).min(item.ulaw.len());
        self.playing.push(Playing { utterance, item: at, from, at: from });
    }

    /// No more than `heard_ms` of it is heard.
    pub(super) fn cut_off(&mut self, utterance: UtteranceId, heard_ms: u64) {
        if let Some(playing) = self.playing.iter().find(|playing| playing.utterance == utterance) {
            self.items[playing.item].cut_ms = Some(heard_ms);
        }
    }

    /// The next piece of the utterance.
    pub(super) fn poll(&mut self, utterance: UtteranceId) -> Option<TtsOutput> {
        let Some(at) = self.playing.iter().position(|playing| playing.utterance == utterance) else {
            // What it was to play is not there any more.
            return Some(TtsOutput::Event { utterance, event: TtsEvent::Failed });
        };
        let playing = &mut self.playing[at];
        let item = &self.items[playing.item];
        let rest = &item.ulaw[playing.at.min(item.ulaw.len())..];
        let whole = rest.chunks_exact(FRAME_SAMPLES).take(AT_ONCE);
        let mut frames: Vec<SpeechFrame> = whole.filter_map(|chunk| chunk.try_into().ok()).collect();
        playing.at += frames.len() * FRAME_SAMPLES;
        let rest = &item.ulaw[playing.at.min(item.ulaw.len())..];
        if frames.is_empty() && item.done && !rest.is_empty() {
            let mut last = [ULAW_SILENCE; FRAME_SAMPLES];
            last[..rest.len()].copy_from_slice(rest);
            playing.at += FRAME_SAMPLES;
            frames.push(last);
        }
        if !frames.is_empty() {
            return Some(TtsOutput::Audio { utterance, frames });
        }
        if !item.done {
            return None;
        }
        let frames = (playing.at - playing.from).div_ceil(FRAME_SAMPLES) as u64;
        let event = TtsEvent::End { total_ms: frames * u64::from(FRAME_MS) };
        Some(TtsOutput::Event { utterance, event })
    }

    /// Before another answer: what the server must be told of what was not heard. Nothing is kept.
    pub(super) fn settle(&mut self) -> Vec<String> {
        self.playing.clear();
        let items = std::mem::take(&mut self.items);
        items.iter().filter(|item| item.is_known).filter_map(correction).collect()
    }
}

fn correction(item: &Item) -> Option<String> {
    let cut_ms = if item.unclaimed { Some(0) } else { item.cut_ms };
    let length_ms = (item.ulaw.len() / PER_MS) as u64;
    match cut_ms? {
        // Nothing is truncated to nothing: the item goes.
        0 => Some(wire::delete(&item.id)),
        // More than there is would be refused.
        heard_ms if heard_ms < length_ms => Some(wire::truncate(&item.id, heard_ms)),
        _ if item.done => None,
        _ => Some(wire::truncate(&item.id, length_ms)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const TURN: TurnId = TurnId(3);
    const FIRST: UtteranceId = UtteranceId(1);

    fn said(items: &mut Items, id: &str, ms: usize) {
        items.audio(id, TURN, &vec![7; ms * PER_MS]).expect("it ends");
    }

    fn told(items: &mut Items) -> Vec<Value> {
        items.settle().iter().map(|text| serde_json::from_str(text).expect("JSON")).collect()
    }

    /// S-AUD-007: audio of any length becomes frames, and nothing is lost between them.
    #[test]
    fn audio_of_any_length_becomes_frames() {
        let mut items = Items::default();
        assert_eq!(items.words("i", TURN, "של".into()), None);
        assert_eq!(items.audio("i", TURN, &[1; 100]), Ok(Some("של".into())));
        assert_eq!(items.audio("i", TURN, &[2; 100]), Ok(None));
        assert_eq!(items.words("i", TURN, "ום".into()), Some("ום".into()));
        items.play(FIRST, TURN, None, 0);
        let Some(TtsOutput::Audio { frames, .. }) = items.poll(FIRST) else { panic!("audio") };
        assert_eq!((frames.len(), frames[0][99], frames[0][100]), (1, 1, 2));
        assert_eq!(items.poll(FIRST), None);
        items.done("i");
        let Some(TtsOutput::Audio { frames, .. }) = items.poll(FIRST) else { panic!("the rest") };
        assert_eq!((frames[0][39], frames[0][40]), (2, ULAW_SILENCE));
        let end = TtsOutput::Event { utterance: FIRST, event: TtsEvent::End { total_ms: 40 } };
        assert_eq!(items.poll(FIRST), Some(end));
        assert_eq!(told(&mut items), Vec::<Value>::new(), "all of it was heard");
    }

    /// S-AUD-008: the server is told what was heard, to the millisecond and never more than there is; of what was
    /// not heard at all nothing stays.
    #[test]
    fn what_was_not_heard_is_taken_back() {
        let mut items = Items::default();
        for (id, utterance, heard_ms) in [("a", 1, 300), ("b", 2, 1_500), ("c", 3, 0)] {
            said(&mut items, id, 1_000);
            items.play(UtteranceId(utterance), TURN, None, 0);
            items.cut_off(UtteranceId(utterance), heard_ms);
        }
        // It was on its way when the caller interrupted.
        said(&mut items, "d", 20);
        let told = told(&mut items);
        let ends: Vec<_> = told.iter().map(|m| (m["item_id"].as_str(), m["audio_end_ms"].as_u64())).collect();
        let expected =
            [(Some("a"), Some(300)), (Some("b"), Some(1_000)), (Some("c"), None), (Some("d"), None)];
        assert_eq!(ends, expected);
        assert_eq!(told[2]["type"], "conversation.item.delete");
        assert!(matches!(items.poll(FIRST), Some(TtsOutput::Event { event: TtsEvent::Failed, .. })));
    }

    /// What was cut off by a noise goes on where it was, and nothing is taken back.
    #[test]
    fn it_goes_on_where_it_was() {
        let mut items = Items::default();
        said(&mut items, "a", 1_000);
        items.done("a");
        items.play(FIRST, TURN, None, 0);
        items.cut_off(FIRST, 400);
        let second = UtteranceId(2);
        items.play(second, TurnId(9), Some(FIRST), 400);
        let mut frames = 0;
        while let Some(TtsOutput::Audio { frames: more, .. }) = items.poll(second) {
            frames += more.len();
        }
        assert_eq!(frames, 30);
        assert_eq!(told(&mut items), Vec::<Value>::new());
    }

    /// S-AUD-013: what an answer may take has an end.
    #[test]
    fn what_never_ends_is_refused() {
        let mut items = Items::default();
        said(&mut items, "a", 119_999);
        assert_eq!(items.audio("a", TURN, &[0; 9]), Err(120_000));
        // A session that is gone is told nothing.
        items.forget_session();
        assert_eq!(told(&mut items), Vec::<Value>::new());
    }
}

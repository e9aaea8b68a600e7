//! Providers that are late, silent, wrong and broken, as a seed has it.
//!
//! Each keeps to its trait: nothing is said of what was cancelled. All else may happen.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use audio_core::frame::{FRAME_SAMPLES, SampleTime};
use telephony_bridge::providers::chain::{LIMIT, LlmChain, SttChain};
use telephony_bridge::providers::{Llm, Providers, ReplyPause, Stt, SttResult, Tts, TtsOutput};
use telephony_bridge::session::{CallTime, Line, LlmEvent, TtsEvent, TurnId, UtteranceId};

use super::rng::Rng;

/// Words a caller may say: stop-words, backchannels, halves of numbers and others.
pub(super) const WORDS: [&str; 16] = [
    "שלום",
    "דירה",
    "רגע",
    "כן",
    "אוקיי",
    "של",
    "לא",
    "חמש",
    "אפס",
    "מחר",
    "בבוקר",
    "כמה",
    "תודה",
    "אני",
    "רוצה",
    "נציג",
];
/// Frames in one piece of speech.
const PIECE: u64 = 25;

/// Things to come, in order of their time.
pub(super) struct Agenda<T> {
    heap: BinaryHeap<Reverse<(CallTime, u64)>>,
    items: Vec<Option<T>>,
}

impl<T> Agenda<T> {
    pub(super) const fn new() -> Self {
        Self { heap: BinaryHeap::new(), items: Vec::new() }
    }

    pub(super) fn add(&mut self, at: CallTime, item: T) {
        self.heap.push(Reverse((at, self.items.len() as u64)));
        self.items.push(Some(item));
    }

    pub(super) fn next_at(&self) -> Option<CallTime> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }

    pub(super) fn pop(&mut self, now: CallTime) -> Option<T> {
        while self.next_at()? <= now {
            let Reverse((_, index)) = self.heap.pop()?;
            if let Some(item) = self.items[index as usize].take() {
                return Some(item);
            }
        }
        None
    }

    pub(super) fn forget(&mut self, mut which: impl FnMut(&T) -> bool) {
        // Those that are still to come; the others are none any more.
        for Reverse((_, index)) in &self.heap {
            let item = &mut self.items[*index as usize];
            if item.as_ref().is_some_and(&mut which) {
                *item = None;
            }
        }
    }
}

/// How a provider treats one request.
#[derive(Clone, Copy)]
pub(super) enum Fate {
    Well,
    Slow,
    Silent,
    Broken,
    Halfway,
}

pub(super) fn fate(rng: &mut Rng, faults: u64) -> Fate {
    if !rng.chance(faults) {
        return Fate::Well;
    }
    *rng.pick(&[Fate::Slow, Fate::Silent, Fate::Broken, Fate::Halfway])
}

/// Recognition.
struct Hearing {
    rng: Rng,
    faults: u64,
    agenda: Agenda<(TurnId, SttResult)>,
    open: Option<(TurnId, CallTime, String)>,
    /// Time as far as it is known: a start does not say when it comes.
    now: CallTime,
}

impl Hearing {
    fn word(&mut self) -> &'static str {
        WORDS[self.rng.next() as usize % WORDS.len()]
    }
}

impl Stt for Hearing {
    fn start(&mut self, turn: TurnId, from: SampleTime) {
        let at = CallTime(from.as_us()).max(self.now) + self.rng.ms(300, 900);
        self.open = Some((turn, at, String::new()));
    }

    fn finish(&mut self, now: CallTime, turn: TurnId) {
        let Some((_, _, text)) = self.open.take_if(|open| open.0 == turn) else { return };
        let text = match self.rng.chance(100) {
            true => String::new(),
            false => format!("{text} {}", self.word()),
        };
        let soon = now + self.rng.ms(20, 600);
        match fate(&mut self.rng, self.faults) {
            Fate::Well => self.agenda.add(soon, (turn, SttResult::Final(text))),
            Fate::Slow => self.agenda.add(now + self.rng.ms(1_000, 8_000), (turn, SttResult::Final(text))),
            Fate::Silent => {}
            Fate::Broken => self.agenda.add(soon, (turn, SttResult::Failed)),
            // Said twice, and broken after that.
            Fate::Halfway => {
                for result in [SttResult::Final(text.clone()), SttResult::Final(text), SttResult::Failed] {
                    self.agenda.add(soon, (turn, result));
                }
            }
        }
    }

    fn cancel(&mut self, turn: TurnId) {
        self.open.take_if(|open| open.0 == turn);
        self.agenda.forget(|(of, _)| *of == turn);
    }

    fn poll(&mut self, now: CallTime) -> Option<(TurnId, SttResult)> {
        self.now = now;
        if let Some(due) = self.agenda.pop(now) {
            return Some(due);
        }
        let word = self.word();
        let gap = self.rng.ms(200, 900);
        let (turn, at, text) = self.open.as_mut()?;
        if *at > now {
            return None;
        }
        *at = now + gap;
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
        Some((*turn, SttResult::Partial(text.clone())))
    }

    fn poll_timeout(&self) -> Option<CallTime> {
        self.open.as_ref().map(|open| open.1).into_iter().chain(self.agenda.next_at()).min()
    }
}

/// Replies.
struct Writing {
    rng: Rng,
    faults: u64,
    agenda: Agenda<(TurnId, LlmEvent)>,
    /// Begun early: nothing of it shows before it is asked for.
    draft: Option<(TurnId, Vec<(CallTime, LlmEvent)>)>,
}

impl Writing {
    fn new(rng: Rng, faults: u64) -> Self {
        Self { rng, faults, agenda: Agenda::new(), draft: None }
    }

    /// A reply that is begun now.
    fn write(&mut self, now: CallTime) -> Vec<(CallTime, LlmEvent)> {
        let mut written = Vec::new();
        let fate = fate(&mut self.rng, self.faults);
        let mut at = now
            + match fate {
                Fate::Slow => self.rng.ms(3_000, 12_000),
                _ => self.rng.ms(50, 1_500),
            };
        if let Fate::Silent = fate {
            return written;
        }
        if let Fate::Broken = fate {
            return vec![(at, LlmEvent::Failed)];
        }
        for _ in 0..self.rng.between(0, 4) {
            let words = self.rng.between(1, 12);
            let text: Vec<&str> = (0..words).map(|_| *self.rng.pick(&WORDS)).collect();
            written.push((at, LlmEvent::Sentence(Line::text(text.join(" ")))));
            at = at + self.rng.ms(10, 1_200);
        }
        if let Fate::Halfway = fate {
            // Stalls for ever, or breaks.
            if self.rng.chance(500) {
                written.push((at, LlmEvent::Failed));
            }
            return written;
        }
        let fields = match self.rng.chance(300) {
            true => [("area".to_owned(), (*self.rng.pick(&WORDS)).to_owned())].into(),
            false => Default::default(),
        };
        let hang_up = self.rng.chance(60);
        written.push((at, LlmEvent::Done { fields, hang_up, transfer: false }));
        if self.rng.chance(self.faults) {
            written.push((at, LlmEvent::Sentence(Line::text("עוד משהו"))));
        }
        written
    }
}

impl Llm for Writing {
    fn reply(&mut self, now: CallTime, turn: TurnId, _index: u32, _text: &str) {
        let begun = self.draft.take().filter(|(of, _)| *of == turn);
        let written = begun.map_or_else(|| self.write(now), |(_, written)| written);
        for (at, event) in written {
            self.agenda.add(at.max(now), (turn, event));
        }
    }

    fn draft(&mut self, now: CallTime, turn: TurnId, _index: u32, _text: &str) -> bool {
        self.draft = Some((turn, self.write(now)));
        true
    }

    fn cancel(&mut self, turn: TurnId) {
        self.draft.take_if(|(of, _)| *of == turn);
        self.agenda.forget(|(of, _)| *of == turn);
    }

    fn poll(&mut self, now: CallTime) -> Option<(TurnId, LlmEvent)> {
        self.agenda.pop(now)
    }

    fn poll_timeout(&self) -> Option<CallTime> {
        self.agenda.next_at()
    }
}

/// Synthesis. Sentences are made one after the other.
struct Speaking {
    rng: Rng,
    faults: u64,
    agenda: Agenda<TtsOutput>,
    busy: CallTime,
}

impl Tts for Speaking {
    fn speak(&mut self, now: CallTime, utterance: UtteranceId, line: &Line, from_ms: u64, cached: bool) {
        let fate = fate(&mut self.rng, self.faults);
        let wait = match fate {
            Fate::Slow => self.rng.ms(2_000, 9_000),
            _ if cached => self.rng.ms(0, 5),
            _ => self.rng.ms(40, 700),
        };
        let mut at = self.busy.max(now) + wait;
        let event = |event| TtsOutput::Event { utterance, event };
        match fate {
            Fate::Silent => return,
            Fate::Broken => return self.agenda.add(at, event(TtsEvent::Failed)),
            _ => {}
        }
        let whole = 4 * line.text.chars().count() as u64;
        let frames = whole.saturating_sub(from_ms / 20);
        let given = if let Fate::Halfway = fate { frames / 2 } else { frames };
        let mut left = given;
        while left > 0 {
            let piece = left.min(PIECE);
            let frames = vec![[0xff; FRAME_SAMPLES]; piece as usize];
            self.agenda.add(at, TtsOutput::Audio { utterance, frames });
            left -= piece;
            at = at + self.rng.ms(1, 700);
        }
        self.busy = at;
        if let Fate::Halfway = fate {
            // Stalls for ever, breaks, or claims what it has not given.
            match self.rng.between(0, 2) {
                0 => {}
                1 => self.agenda.add(at, event(TtsEvent::Failed)),
                _ => self.agenda.add(at, event(TtsEvent::End { total_ms: frames * 20 })),
            }
            return;
        }
        self.agenda.add(at, event(TtsEvent::End { total_ms: given * 20 }));
    }

    fn cancel_all(&mut self) {
        self.agenda.forget(|_| true);
        self.busy = CallTime(0);
    }

    fn poll(&mut self, now: CallTime) -> Option<TtsOutput> {
        self.agenda.pop(now)
    }

    fn poll_timeout(&self) -> Option<CallTime> {
        self.agenda.next_at()
    }
}

/// Faults in a thousand of the last fallback: none.
const NEVER: u64 = 0;

/// One call's providers. So many requests in a thousand go wrong. `chained`: each has two fallbacks with the
/// bridge's time limits, the last of which works.
pub(super) fn providers(rng: &mut Rng, faults: u64, chained: bool) -> Providers {
    let tts = Box::new(Speaking { rng: rng.split(), faults, agenda: Agenda::new(), busy: CallTime(0) });
    let pause = ReplyPause::default();
    let mut hearing = |faults| -> Box<dyn Stt> {
        Box::new(Hearing { rng: rng.split(), faults, agenda: Agenda::new(), open: None, now: CallTime(0) })
    };
    if !chained {
        let stt = hearing(faults);
        let llm = Box::new(Writing::new(rng.split(), faults));
        return Providers { stt, llm, tts, pause, direct: None };
    }
    let mut stt = SttChain::new(LIMIT);
    for (name, faults) in [("first", faults), ("second", faults), ("last", NEVER)] {
        stt.push(name, hearing(faults), None);
    }
    let mut llm = LlmChain::new(LIMIT);
    for (name, faults) in [("first", faults), ("second", faults), ("last", NEVER)] {
        llm.push(name, Box::new(Writing::new(rng.split(), faults)), None);
    }
    Providers { stt: Box::new(stt), llm: Box::new(llm), tts, pause, direct: None }
}

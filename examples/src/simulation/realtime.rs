//! A speech-to-speech model that is late, silent and broken, as a seed has it.
//!
//! It keeps to its trait: an answer that does not come is given up within the limit, and the chain takes over.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use audio_core::frame::FRAME_SAMPLES;
use crm_api::Speaker;
use telephony_bridge::providers::chain::LIMIT;
use telephony_bridge::providers::{Direct, Realtime, RealtimeOutput, SpeechFrame, SttResult, TtsOutput};
use telephony_bridge::session::{CallTime, LlmEvent, State, TtsEvent, TurnId, UtteranceId};

use super::providers::{Agenda, Fate, WORDS, fate};
use super::rng::Rng;

/// A frame in ms.
const FRAME_MS: u64 = 20;

/// What must not have happened.
pub(super) type Broken = Arc<Mutex<Option<String>>>;

/// Something that is due.
enum Due {
    Out(RealtimeOutput),
    /// More audio of a turn's answer, in frames.
    Audio(TurnId, u64),
    /// No more of it comes.
    End(TurnId),
    /// It may be there again.
    Back,
}

/// What the model says to a turn.
#[derive(Default)]
struct Item {
    frames: u64,
    done: bool,
}

/// An item on its way to the caller.
struct Playing {
    turn: TurnId,
    from: u64,
    at: u64,
}

struct Model {
    rng: Rng,
    faults: u64,
    agenda: Agenda<Due>,
    is_on: bool,
    quiet: bool,
    items: HashMap<TurnId, Item>,
    playing: HashMap<UtteranceId, Playing>,
    out: VecDeque<RealtimeOutput>,
    broken: Broken,
}

/// A call answered by such a model, and what must not have happened on it.
pub(super) fn direct(rng: &mut Rng, faults: u64) -> (Direct, Broken) {
    let broken = Broken::default();
    let model = Model {
        rng: rng.split(),
        faults,
        agenda: Agenda::new(),
        is_on: true,
        quiet: false,
        items: HashMap::new(),
        playing: HashMap::new(),
        out: VecDeque::new(),
        broken: Arc::clone(&broken),
    };
    (Direct::new(Box::new(model)), broken)
}

impl Model {
    /// The chain goes on at `at`.
    fn lose(&mut self, at: CallTime) {
        self.agenda.forget(|due| !matches!(due, Due::Back));
        self.agenda.add(at, Due::Out(RealtimeOutput::Direct(false)));
        self.agenda.add(at + self.rng.ms(2_000, 30_000), Due::Back);
    }

    fn speak(&mut self, now: CallTime, turn: TurnId, halfway: bool) {
        let mut at = now + self.rng.ms(50, 1_400);
        let answer = |event| Due::Out(RealtimeOutput::Answer(turn, event));
        for nth in 0..self.rng.between(1, 14) {
            let word = (*self.rng.pick(&WORDS)).to_owned();
            if nth == 0 {
                self.agenda.add(at, answer(LlmEvent::Spoken(word)));
            } else {
                self.agenda.add(at, answer(LlmEvent::Words(format!(" {word}"))));
            }
            self.agenda.add(at, Due::Audio(turn, self.rng.between(5, 40)));
            at = at + self.rng.ms(1, 500);
        }
        if halfway {
            let lost = at + self.rng.ms(0, LIMIT.as_millis() as u64);
            self.agenda.add(lost, Due::Out(RealtimeOutput::Direct(false)));
            self.agenda.add(lost + self.rng.ms(2_000, 30_000), Due::Back);
            return;
        }
        self.agenda.add(at, Due::End(turn));
        let hang_up = self.rng.chance(60);
        self.agenda.add(at, answer(LlmEvent::Done { fields: Default::default(), hang_up, transfer: false }));
    }

    fn end_all(&mut self) {
        self.items.values_mut().for_each(|item| item.done = true);
    }
}

impl Realtime for Model {
    fn start(&mut self, _turn: TurnId, _ulaw: &[u8]) {}

    fn audio(&mut self, _frame: &SpeechFrame, _turn: bool) {}

    fn finish(&mut self, now: CallTime, turn: TurnId) {
        let text = match self.rng.chance(100) {
            true => String::new(),
            false => (*self.rng.pick(&WORDS)).to_owned(),
        };
        let heard = |result| Due::Out(RealtimeOutput::Heard(turn, result));
        let soon = now + self.rng.ms(100, 3_000);
        match fate(&mut self.rng, self.faults) {
            Fate::Silent => {}
            Fate::Broken => self.agenda.add(soon, heard(SttResult::Failed)),
            Fate::Slow => self.agenda.add(now + self.rng.ms(3_000, 9_000), heard(SttResult::Final(text))),
            Fate::Well | Fate::Halfway => {
                self.agenda.add(soon, heard(SttResult::Partial(text.clone())));
                self.agenda.add(soon, heard(SttResult::Final(text)));
            }
        }
    }

    fn cancel(&mut self, turn: TurnId) {
        let of = |due: &Due| matches!(due, Due::Out(RealtimeOutput::Heard(of, _)) if *of == turn);
        self.agenda.forget(of);
    }

    fn answer(&mut self, now: CallTime, turn: TurnId) {
        self.items.clear();
        self.playing.clear();
        self.items.insert(turn, Item::default());
        match fate(&mut self.rng, self.faults) {
            Fate::Well => self.speak(now, turn, false),
            Fate::Halfway => self.speak(now, turn, true),
            Fate::Broken => {
                let soon = now + self.rng.ms(0, 500);
                self.lose(soon);
            }
            Fate::Slow | Fate::Silent => self.lose(now + LIMIT),
        }
    }

    fn cancel_answer(&mut self, turn: TurnId) {
        let of = |due: &Due| match due {
            Due::Out(RealtimeOutput::Answer(of, _)) | Due::Audio(of, _) | Due::End(of) => *of == turn,
            _ => false,
        };
        self.agenda.forget(of);
        self.end_all();
    }

    fn play(&mut self, utterance: UtteranceId, turn: TurnId, resumes: Option<UtteranceId>, from_ms: u64) {
        let turn = resumes.and_then(|of| self.playing.get(&of)).map_or(turn, |playing| playing.turn);
        let from = from_ms / FRAME_MS;
        self.playing.insert(utterance, Playing { turn, from, at: from });
    }

    fn cut_off(&mut self, utterance: UtteranceId, heard_ms: u64) {
        let Some(playing) = self.playing.get(&utterance) else { return };
        // What was handed over may have been heard; nothing else.
        if heard_ms > playing.at.max(playing.from) * FRAME_MS + FRAME_MS {
            let sentence = format!("{utterance}: {heard_ms} ms heard of {} ms", playing.at * FRAME_MS);
            *self.broken.lock().unwrap_or_else(PoisonError::into_inner) = Some(sentence);
        }
    }

    fn told(&mut self, _text: &str) {}

    fn said(&mut self, _speaker: Speaker, _text: &str, _interrupted: bool) {}

    fn state(&mut self, state: State, turn: bool) {
        self.quiet = state == State::Listening && !turn;
    }

    fn poll(&mut self, now: CallTime) -> Option<RealtimeOutput> {
        while let Some(due) = self.agenda.pop(now) {
            match due {
                Due::Out(RealtimeOutput::Direct(false)) if !self.is_on => {}
                Due::Out(output) => {
                    if output == RealtimeOutput::Direct(false) {
                        self.is_on = false;
                        self.agenda.forget(|due| !matches!(due, Due::Back));
                        self.end_all();
                    }
                    self.out.push_back(output);
                }
                Due::Audio(turn, frames) => {
                    if let Some(item) = self.items.get_mut(&turn).filter(|item| !item.done) {
                        item.frames += frames;
                    }
                }
                Due::End(turn) => {
                    if let Some(item) = self.items.get_mut(&turn) {
                        item.done = true;
                    }
                }
                Due::Back if self.is_on => {}
                Due::Back if self.quiet => {
                    self.is_on = true;
                    self.out.push_back(RealtimeOutput::Direct(true));
                }
                Due::Back => self.agenda.add(now + Duration::from_millis(500), Due::Back),
            }
        }
        self.out.pop_front()
    }

    fn poll_speech(&mut self, utterance: UtteranceId) -> Option<TtsOutput> {
        let failed = TtsOutput::Event { utterance, event: TtsEvent::Failed };
        let Some(playing) = self.playing.get_mut(&utterance) else { return Some(failed) };
        let Some(item) = self.items.get(&playing.turn) else { return Some(failed) };
        let left = item.frames.saturating_sub(playing.at);
        if left > 0 {
            playing.at += left;
            let frames = vec![[0xff; FRAME_SAMPLES]; left as usize];
            return Some(TtsOutput::Audio { utterance, frames });
        }
        let total_ms = (playing.at - playing.from) * FRAME_MS;
        item.done.then_some(TtsOutput::Event { utterance, event: TtsEvent::End { total_ms } })
    }

    fn poll_timeout(&self) -> Option<CallTime> {
        self.agenda.next_at()
    }
}

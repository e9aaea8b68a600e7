//! Fallbacks in virtual time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use audio_core::frame::{CleanFrame, FRAME_SAMPLES, SampleTime};

use super::*;
use crate::providers::net::{Circuit, Phase, ProviderError, Reason};
use crate::providers::{Llm, Stt, SttResult};
use crate::session::{CallTime, Line, LlmEvent, TurnId};

const TURN: TurnId = TurnId(1);
const LIMIT: Duration = Duration::from_millis(1_500);

fn ms(ms: u64) -> CallTime {
    CallTime(ms * 1_000)
}

fn health(name: &'static str, role: Role) -> Arc<Health> {
    Arc::new(Health::new(name, role, true))
}

fn broken(health: &Health) {
    let error = ProviderError::new("first", Phase::Request, Reason::Expired, "401");
    health.failed(Instant::now(), &error);
}

/// What a scripted member was told, and what it will say.
#[derive(Debug, Default)]
struct Seen {
    told: Vec<String>,
    says: VecDeque<SttResult>,
    writes: VecDeque<LlmEvent>,
}

#[derive(Clone, Debug, Default)]
struct Scripted(Arc<Mutex<Seen>>);

impl Scripted {
    fn tell(&self, what: String) {
        self.0.lock().expect("whole").told.push(what);
    }

    fn told(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().expect("whole").told)
    }

    fn says(&self, result: SttResult) {
        self.0.lock().expect("whole").says.push_back(result);
    }

    fn writes(&self, event: LlmEvent) {
        self.0.lock().expect("whole").writes.push_back(event);
    }
}

impl Stt for Scripted {
    fn start(&mut self, turn: TurnId, from: SampleTime) {
        self.tell(format!("start {} {}", turn.0, from.0));
    }
    fn audio(&mut self, frame: &CleanFrame) {
        self.tell(format!("audio {}", frame.at.0 / FRAME_SAMPLES as u64));
    }
    fn finish(&mut self, _: CallTime, turn: TurnId) {
        self.tell(format!("finish {}", turn.0));
    }
    fn cancel(&mut self, turn: TurnId) {
        self.tell(format!("cancel {}", turn.0));
    }
    fn poll(&mut self, _: CallTime) -> Option<(TurnId, SttResult)> {
        Some((TURN, self.0.lock().expect("whole").says.pop_front()?))
    }
    fn poll_timeout(&self) -> Option<CallTime> {
        None
    }
}

impl Llm for Scripted {
    fn reply(&mut self, _: CallTime, turn: TurnId, index: u32, text: &str) {
        self.tell(format!("reply {} {index} {text}", turn.0));
    }
    fn draft(&mut self, _: CallTime, turn: TurnId, index: u32, text: &str) -> bool {
        self.tell(format!("draft {} {index} {text}", turn.0));
        true
    }
    fn cancel(&mut self, turn: TurnId) {
        self.tell(format!("cancel {}", turn.0));
    }
    fn poll(&mut self, _: CallTime) -> Option<(TurnId, LlmEvent)> {
        Some((TURN, self.0.lock().expect("whole").writes.pop_front()?))
    }
    fn poll_timeout(&self) -> Option<CallTime> {
        None
    }
}

fn stt_pair() -> (SttChain, [Scripted; 2], [Arc<Health>; 2]) {
    let members = [Scripted::default(), Scripted::default()];
    let healths = [health("first", Role::Stt), health("second", Role::Stt)];
    let mut chain = SttChain::new(LIMIT);
    for (member, health) in members.iter().zip(&healths) {
        chain.push(health.provider(), Box::new(member.clone()), Some(Arc::clone(health)));
    }
    (chain, members, healths)
}

fn hear(chain: &mut SttChain, frames: std::ops::Range<u64>) {
    for index in frames {
        chain.audio(&CleanFrame { at: SampleTime(index * FRAME_SAMPLES as u64), pcm: [0; FRAME_SAMPLES] });
    }
}

/// A-AUD-017, A-AUD-005: who takes over hears the turn from its beginning, each frame once.
#[test]
fn a_late_recogniser_is_replaced_and_no_word_is_lost() {
    let (mut chain, [first, second], healths) = stt_pair();
    hear(&mut chain, 0..3);
    chain.start(TURN, SampleTime(160));
    hear(&mut chain, 3..5);
    chain.finish(ms(100), TURN);
    assert_eq!(
        first.told(),
        ["audio 0", "audio 1", "audio 2", "start 1 160", "audio 3", "audio 4", "finish 1"]
    );
    assert_eq!((chain.poll(ms(1_599)), chain.poll_timeout()), (None, Some(ms(1_600))));
    assert_eq!(chain.poll(ms(1_600)), None);
    assert_eq!(first.told(), ["cancel 1"]);
    // The line before the turn too, as the first heard it.
    assert_eq!(
        second.told(),
        ["audio 0", "audio 1", "audio 2", "audio 3", "audio 4", "start 1 160", "finish 1"]
    );
    // What the first still says is not heard.
    first.says(SttResult::Final("late".into()));
    second.says(SttResult::Final("words".into()));
    assert_eq!(chain.poll(ms(1_700)), Some((TURN, SttResult::Final("words".into()))));
    assert_eq!(chain.poll_timeout(), None);
    assert_eq!(healths[0].last_reason(), Some(Reason::Slow));
}

/// Interim words are better than asking somebody else.
#[test]
fn interim_words_do_where_the_last_are_late() {
    let (mut chain, [first, second], _) = stt_pair();
    chain.start(TURN, SampleTime(0));
    first.says(SttResult::Partial("two words".into()));
    assert_eq!(chain.poll(ms(1)), Some((TURN, SttResult::Partial("two words".into()))));
    chain.finish(ms(10), TURN);
    assert_eq!(chain.poll(ms(1_510)), Some((TURN, SttResult::Final("two words".into()))));
    assert!(second.told().is_empty());
}

/// A failure in mid-turn is passed on at once; where all fail, the session knows at once.
#[test]
fn a_broken_recogniser_is_replaced_at_once() {
    let (mut chain, [first, second], healths) = stt_pair();
    chain.start(TURN, SampleTime(0));
    hear(&mut chain, 0..1);
    first.says(SttResult::Failed);
    assert_eq!(chain.poll(ms(20)), None);
    assert_eq!(second.told(), ["audio 0", "start 1 0"]);
    hear(&mut chain, 1..2);
    chain.finish(ms(40), TURN);
    assert_eq!(second.told(), ["audio 1", "finish 1"]);
    second.says(SttResult::Failed);
    assert_eq!(chain.poll(ms(50)), Some((TURN, SttResult::Failed)));
    assert_eq!((chain.poll(ms(60)), chain.poll_timeout()), (None, None));

    // Both circuits open: nobody is asked, and the end of the turn is answered.
    healths.iter().for_each(|health| broken(health));
    first.told();
    chain.start(TURN, SampleTime(0));
    assert_eq!(chain.poll(ms(70)), Some((TURN, SttResult::Failed)));
    chain.finish(ms(80), TURN);
    assert_eq!(chain.poll(ms(80)), Some((TURN, SttResult::Failed)));
    assert!(first.told().is_empty());
}

fn sentence(text: &str) -> LlmEvent {
    LlmEvent::Sentence(Line::text(text))
}

fn done() -> LlmEvent {
    LlmEvent::Done { fields: BTreeMap::new(), hang_up: false, transfer: false }
}

fn llm_pair() -> (LlmChain, [Scripted; 2], Arc<Health>) {
    let members = [Scripted::default(), Scripted::default()];
    let first = health("first", Role::Llm);
    let mut chain = LlmChain::new(LIMIT);
    chain.push("first", Box::new(members[0].clone()), Some(Arc::clone(&first)));
    chain.push("second", Box::new(members[1].clone()), None);
    (chain, members, first)
}

/// A-AUD-023: a model that is late, or fails before it has said a word, is replaced.
#[test]
fn a_late_model_is_replaced() {
    let (mut chain, [first, second], health) = llm_pair();
    chain.reply(ms(0), TURN, 3, "text");
    assert_eq!(first.told(), ["reply 1 3 text"]);
    assert_eq!(chain.poll(ms(1_500)), None);
    assert_eq!(
        (first.told(), second.told()),
        (vec!["cancel 1".to_owned()], vec!["reply 1 3 text".to_owned()])
    );
    first.writes(sentence("late"));
    second.writes(sentence("now"));
    assert_eq!(chain.poll(ms(1_510)), Some((TURN, sentence("now"))));
    second.writes(done());
    assert_eq!(chain.poll(ms(9_000)), Some((TURN, done())));
    assert_eq!(health.last_reason(), Some(Reason::Slow));

    chain.reply(ms(0), TURN, 4, "text");
    first.writes(LlmEvent::Failed);
    assert_eq!(chain.poll(ms(1)), None);
    assert_eq!(second.told(), ["reply 1 4 text"]);
}

/// A sign of life buys the first sentence time, once; it is not handed on.
#[test]
fn a_model_that_is_writing_is_waited_for() {
    let (mut chain, [first, second], _) = llm_pair();
    chain.reply(ms(0), TURN, 0, "text");
    first.writes(sentence(""));
    assert_eq!((chain.poll(ms(1_400)), chain.poll_timeout()), (None, Some(ms(2_900))));
    first.writes(sentence(""));
    assert_eq!((chain.poll(ms(2_000)), chain.poll_timeout()), (None, Some(ms(2_900))));
    assert_eq!(chain.poll(ms(2_900)), None);
    assert_eq!(second.told(), ["reply 1 0 text"]);
}

/// Who has begun to speak finishes, or the reply ends there: two voices do not answer one question.
#[test]
fn a_reply_begun_is_not_begun_again() {
    let (mut chain, [first, second], _) = llm_pair();
    chain.reply(ms(0), TURN, 0, "text");
    first.writes(sentence("begun"));
    assert_eq!(chain.poll(ms(1)), Some((TURN, sentence("begun"))));
    assert_eq!((chain.poll(ms(5_000)), chain.poll_timeout()), (None, None));
    first.writes(LlmEvent::Failed);
    assert_eq!(chain.poll(ms(5_000)), Some((TURN, LlmEvent::Failed)));
    assert!(second.told().is_empty());
}

/// An open circuit costs the caller nothing.
#[test]
fn a_model_left_out_is_not_waited_for() {
    let (mut chain, [first, second], health) = llm_pair();
    broken(&health);
    assert!(matches!(health.circuit(), Circuit::Open { .. }));
    chain.reply(ms(0), TURN, 0, "text");
    assert!(first.told().is_empty());
    assert_eq!(second.told(), ["reply 1 0 text"]);
    chain.cancel(TURN);
    assert_eq!((second.told(), chain.poll_timeout()), (vec!["cancel 1".to_owned()], None));
}

/// A reply begun early is taken over by whoever began it, and some of its time is over then.
#[test]
fn a_draft_is_taken_over() {
    let (mut chain, [first, second], _) = llm_pair();
    assert!(chain.draft(ms(0), TURN, 2, "text"));
    assert_eq!((chain.poll(ms(900)), chain.poll_timeout()), (None, None), "nobody waits for it");
    chain.reply(ms(1_000), TURN, 2, "text.");
    assert_eq!(first.told(), ["draft 1 2 text", "reply 1 2 text."]);
    assert_eq!(chain.poll_timeout(), Some(ms(1_750)));
    assert_eq!(chain.poll(ms(1_750)), None);
    assert_eq!(second.told(), ["reply 1 2 text."], "it is as late as any other");
}

/// A draft of another turn is dropped; where the preferred one does not work, nothing is begun early.
#[test]
fn a_draft_that_is_not_wanted_is_dropped() {
    let (mut chain, [first, second], health) = llm_pair();
    chain.draft(ms(0), TURN, 0, "a");
    chain.draft(ms(1), TURN, 0, "b");
    chain.cancel(TURN);
    chain.draft(ms(2), TurnId(7), 0, "c");
    chain.reply(ms(3), TURN, 0, "d");
    let told =
        ["draft 1 0 a", "cancel 1", "draft 1 0 b", "cancel 1", "draft 7 0 c", "cancel 7", "reply 1 0 d"];
    assert_eq!(first.told(), told);
    broken(&health);
    assert!(!chain.draft(ms(9), TURN, 1, "e"));
    assert!(first.told().is_empty() && second.told().is_empty());
}

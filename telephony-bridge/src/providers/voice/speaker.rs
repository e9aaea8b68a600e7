//! The voices at work for one call: sentences are made side by side and heard in their order.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use audio_core::frame::{FRAME_MS, FRAME_SAMPLES, ULAW_SILENCE, WIRE_RATE};
use tokio::sync::{Semaphore, mpsc};

use super::{Manner, Voices};
use crate::providers::net::{CallNet, Outbox, Worker};
use crate::providers::{SpeechFrame, Tts, TtsOutput};
use crate::session::{CallTime, Line, TtsEvent, UtteranceId};

/// Sentences made at the same time.
const AT_ONCE: usize = 2;
/// Pieces of audio that may wait for the driver.
const WAITING: usize = 64;

/// What a sentence's task delivers.
#[derive(Debug)]
enum Made {
    Frames(Vec<SpeechFrame>),
    Done { total_ms: u64 },
    Failed,
}

/// A sentence that was asked for.
#[derive(Debug)]
struct Sentence {
    utterance: UtteranceId,
    work: Work,
}

#[derive(Debug)]
enum Work {
    /// It was ready: what is left of it.
    Ready(VecDeque<Made>),
    /// It is being made. Dropping this ends the work.
    Making(Worker<(), Made>),
}

/// Speech synthesis for one call.
#[derive(Debug)]
pub struct Speaker {
    voices: Arc<Voices>,
    manner: Arc<Manner>,
    net: CallNet,
    limit: Duration,
    at_once: Arc<Semaphore>,
    sentences: VecDeque<Sentence>,
}

impl Speaker {
    /// Speech by `voices` in this call's manner; each may take `limit` of call time to its first audio.
    pub fn new(voices: Arc<Voices>, manner: Manner, net: CallNet, limit: Duration) -> Self {
        let at_once = Arc::new(Semaphore::new(AT_ONCE));
        Self { voices, manner: Arc::new(manner), net, limit, at_once, sentences: VecDeque::new() }
    }

    fn make(&self, line: Line, skip: usize) -> Worker<(), Made> {
        let (voices, manner) = (Arc::clone(&self.voices), Arc::clone(&self.manner));
        let turn = Arc::clone(&self.at_once);
        let limit = self.net.real(self.limit);
        self.net.spawn(1, WAITING, move |_, outbox| async move {
            // First come, first served: the sentence that is heard first is made first.
            let _turn = turn.acquire_owned().await;
            let (out, pieces) = mpsc::channel(8);
            let work = async {
                let result = voices.say(&manner, &line, limit, &out).await;
                drop(out);
                result
            };
            let (result, total_ms) = tokio::join!(work, frame(pieces, skip, &outbox));
            let end = if result.is_ok() { Made::Done { total_ms } } else { Made::Failed };
            outbox.send(end).await;
        })
    }
}

impl Tts for Speaker {
    fn speak(&mut self, _now: CallTime, utterance: UtteranceId, line: &Line, from_ms: u64, _cached: bool) {
        let skip = usize::try_from(from_ms * u64::from(WIRE_RATE) / 1_000).unwrap_or(usize::MAX);
        let work = match self.voices.ready(&self.manner, line) {
            Some(codes) => {
                let mut framer = Framer::new(skip);
                let mut frames = framer.push(&codes);
                frames.extend(framer.finish());
                let total_ms = framer.total_ms();
                Work::Ready([Made::Frames(frames), Made::Done { total_ms }].into())
            }
            None => Work::Making(self.make(line.clone(), skip)),
        };
        self.sentences.push_back(Sentence { utterance, work });
    }

    fn cancel_all(&mut self) {
        self.sentences.clear();
    }

    fn poll(&mut self, _now: CallTime) -> Option<TtsOutput> {
        loop {
            let Sentence { utterance, work } = self.sentences.front_mut()?;
            let utterance = *utterance;
            let made = match work {
                Work::Ready(made) => made.pop_front(),
                Work::Making(worker) => {
                    let ended = worker.has_ended();
                    worker.poll().or_else(|| ended.then_some(Made::Failed))
                }
            };
            let event = match made? {
                Made::Frames(frames) if frames.is_empty() => continue,
                Made::Frames(frames) => return Some(TtsOutput::Audio { utterance, frames }),
                Made::Done { total_ms } => TtsEvent::End { total_ms },
                Made::Failed => TtsEvent::Failed,
            };
            self.sentences.pop_front();
            return Some(TtsOutput::Event { utterance, event });
        }
    }

    fn poll_timeout(&self) -> Option<CallTime> {
        None
    }
}

/// Cuts pieces into frames as they come; returns the length of all of them.
async fn frame(mut pieces: mpsc::Receiver<Vec<u8>>, skip: usize, outbox: &Outbox<Made>) -> u64 {
    let mut framer = Framer::new(skip);
    while let Some(piece) = pieces.recv().await {
        let frames = framer.push(&piece);
        if !frames.is_empty() {
            outbox.send(Made::Frames(frames)).await;
        }
    }
    if let Some(last) = framer.finish() {
        outbox.send(Made::Frames(vec![last])).await;
    }
    framer.total_ms()
}

/// µ-law in any pieces, as frames.
struct Framer {
    skip: usize,
    rest: Vec<u8>,
    frames: u64,
}

impl Framer {
    /// The first `skip` bytes were heard before.
    fn new(skip: usize) -> Self {
        Self { skip, rest: Vec::with_capacity(FRAME_SAMPLES), frames: 0 }
    }

    fn push(&mut self, piece: &[u8]) -> Vec<SpeechFrame> {
        let skipped = piece.len().min(self.skip);
        self.skip -= skipped;
        self.rest.extend_from_slice(&piece[skipped..]);
        let (whole, rest) = self.rest.as_chunks::<FRAME_SAMPLES>();
        let (frames, rest) = (whole.to_vec(), rest.to_vec());
        self.frames += frames.len() as u64;
        self.rest = rest;
        frames
    }

    /// The last frame is filled up with silence.
    fn finish(&mut self) -> Option<SpeechFrame> {
        if self.rest.is_empty() {
            return None;
        }
        let mut frame = [ULAW_SILENCE; FRAME_SAMPLES];
        frame[..self.rest.len()].copy_from_slice(&self.rest);
        self.rest.clear();
        self.frames += 1;
        Some(frame)
    }

    fn total_ms(&self) -> u64 {
        self.frames * u64::from(FRAME_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::net::{Health, Role, live_tasks};
    use crate::providers::voice::{Cache, CacheLimits, Saying, Speech, Voice};

    /// Says a sentence of so many frames as there are letters; the first sentence takes longest.
    struct Slow;

    impl Voice for Slow {
        fn name(&self) -> &'static str {
            "slow"
        }
        fn identity(&self, _: &Manner) -> String {
            "slow".to_owned()
        }
        fn say<'a>(&'a self, _: &'a Manner, line: &'a Line, speech: &'a mut Speech) -> Saying<'a> {
            Box::pin(async move {
                let letters = line.text.chars().count();
                let wait = if letters > 3 { 40 } else { 1 };
                tokio::time::sleep(Duration::from_millis(wait)).await;
                // Odd pieces.
                for piece in vec![letters as u8; letters * FRAME_SAMPLES - 60].chunks(77) {
                    speech.ulaw(piece.to_vec()).await;
                }
                Ok(())
            })
        }
    }

    fn speaker() -> (Speaker, CallNet) {
        let mut voices = Voices::new(Cache::in_memory(CacheLimits { memory: 100_000, disk: 0 }));
        voices.push(Arc::new(Slow), Arc::new(Health::new("slow", Role::Tts, true)));
        let net = CallNet::new();
        (Speaker::new(Arc::new(voices), Manner::default(), net.clone(), Duration::from_secs(5)), net)
    }

    async fn heard(speaker: &mut Speaker, net: &CallNet, sentences: usize) -> (Vec<(u32, u8)>, Vec<u64>) {
        let (mut frames, mut ends) = (Vec::new(), Vec::new());
        while ends.len() < sentences {
            let Some(output) = speaker.poll(CallTime(0)) else {
                tokio::time::timeout(Duration::from_secs(30), net.wake().woken()).await.expect("more");
                continue;
            };
            match output {
                TtsOutput::Audio { utterance, frames: some } => {
                    frames.extend(some.iter().map(|frame| (utterance.0, frame[0])));
                }
                TtsOutput::Event { event: TtsEvent::End { total_ms }, .. } => ends.push(total_ms),
                TtsOutput::Event { event, .. } => panic!("a sentence failed: {event:?}"),
            }
        }
        (frames, ends)
    }

    /// Sentences are heard in the order they were asked for, each whole; what was heard before is left out.
    #[tokio::test]
    async fn sentences_keep_their_order() {
        let (mut speaker, net) = speaker();
        for (id, text, from_ms) in [(1, "אבגדה", 0), (2, "אב", 0), (3, "אבג", 20)] {
            speaker.speak(CallTime(0), UtteranceId(id), &Line::text(text), from_ms, false);
        }
        let (frames, ends) = heard(&mut speaker, &net, 3).await;
        let expected = [vec![(1, 5); 5], vec![(2, 2); 2], vec![(3, 3); 2]].concat();
        assert_eq!((frames, ends), (expected, vec![100, 40, 40]));
        // The second time it is ready at once, and the same.
        speaker.speak(CallTime(0), UtteranceId(4), &Line::text("אבגדה"), 0, false);
        let Some(TtsOutput::Audio { frames, .. }) = speaker.poll(CallTime(0)) else { panic!("not ready") };
        assert_eq!((frames.len(), frames[4][99], frames[4][100]), (5, 5, ULAW_SILENCE));
    }

    #[tokio::test]
    async fn what_is_not_wanted_leaves_nothing() {
        let (mut speaker, net) = speaker();
        (1..=20).for_each(|id| {
            speaker.speak(CallTime(0), UtteranceId(id), &Line::text("אבגדה"), 0, false);
        });
        assert!(live_tasks() >= 20);
        speaker.cancel_all();
        assert_eq!(speaker.poll(CallTime(0)), None);
        assert_eq!(net.close(Duration::from_secs(30)).await, 0);
    }
}

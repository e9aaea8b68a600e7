//! Voices with fallbacks, and the cache before them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::{Cache, CacheKey, Manner, Speech, Voice};
use crate::providers::chain::{fell_back, is_open, reason_of};
use crate::providers::net::{Health, Phase, ProviderError, Reason, Role, numbers};
use crate::session::Line;

/// Between two pieces of a sentence.
const BETWEEN: Duration = Duration::from_secs(3);
/// Pieces that may wait.
const PIECES: usize = 16;
/// Longest sentence, in µ-law bytes: two minutes.
const LONGEST: usize = 2 * 60 * 8_000;
/// Speech a letter takes, to judge how much of a sentence was said: 75 ms.
const BYTES_PER_LETTER: usize = 75 * 8;

struct Member {
    voice: Arc<dyn Voice>,
    health: Arc<Health>,
}

/// All voices there are, the preferred one first. Shared by all calls.
pub struct Voices {
    members: Vec<Member>,
    cache: Cache,
}

impl std::fmt::Debug for Voices {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.members.iter().map(|member| member.voice.name())).finish()
    }
}

/// Where audio goes; nobody may be listening any more.
pub type Piece = Vec<u8>;

impl Voices {
    /// No voices yet, with a cache before them.
    pub fn new(cache: Cache) -> Self {
        Self { members: Vec::new(), cache }
    }

    /// Adds the next fallback.
    pub fn push(&mut self, voice: Arc<dyn Voice>, health: Arc<Health>) {
        self.members.push(Member { voice, health });
    }

    /// The preferred voice and its health.
    pub fn each(&self) -> impl Iterator<Item = (&Arc<dyn Voice>, &Arc<Health>)> {
        self.members.iter().map(|member| (&member.voice, &member.health))
    }

    /// The line in the preferred voice, if it is in memory.
    pub fn ready(&self, manner: &Manner, line: &Line) -> Option<Arc<[u8]>> {
        let voice = &self.members.first()?.voice;
        self.cache.ready(&key(&**voice, manner, line)?)
    }

    /// Says the line into `out`, by the first voice that can. Where a voice breaks off, the next one says
    /// the rest of the words. `limit`: to the first audio of each voice, in real time.
    ///
    /// # Errors
    /// No voice is left; what was said before stands.
    pub async fn say(
        &self,
        manner: &Manner,
        line: &Line,
        limit: Duration,
        out: &mpsc::Sender<Piece>,
    ) -> Result<(), NoVoice> {
        let mut rest = line.clone();
        // The voice that was passed over, and why.
        let mut passed: Option<(&'static str, &'static str)> = None;
        for member in &self.members {
            let name = member.voice.name();
            if !member.voice.has(&rest) {
                continue;
            }
            let key = key(&*member.voice, manner, &rest);
            if let Some(key) = key
                && let Some(codes) = self.cache.get(key).await
            {
                let _ = out.send(codes.to_vec()).await;
                return Ok(());
            }
            if !is_open(Some(&member.health)) {
                passed.get_or_insert((name, reason_of(Some(&member.health))));
                continue;
            }
            if let Some((from, reason)) = passed.take() {
                fell_back(Role::Tts, from, name, reason);
            }
            let mut said = Vec::new();
            match attempt(member, (manner, &rest), limit, out, &mut said).await {
                Ok(()) => {
                    member.health.succeeded();
                    if let Some(key) = key {
                        metrics::counter!(numbers::CACHE_MISSES).increment(1);
                        self.cache.put(key, said).await;
                    }
                    return Ok(());
                }
                Err(error) => {
                    member.health.failed(Instant::now(), &error);
                    passed = Some((name, error.reason.as_str()));
                    rest = after(&rest, said.len());
                    if rest.is_empty() {
                        // All but a breath of it was heard.
                        return Ok(());
                    }
                }
            }
        }
        if let Some((from, reason)) = passed {
            fell_back(Role::Tts, from, "none", reason);
        }
        Err(NoVoice)
    }

    /// Makes sure that the line is in memory, if the preferred voice works: greetings and stock phrases.
    pub async fn warm(&self, manner: &Manner, line: &Line, limit: Duration) {
        let Some(member) = self.members.first() else { return };
        let Some(key) = key(&*member.voice, manner, line) else { return };
        if self.cache.get(key).await.is_some() || !is_open(Some(&member.health)) {
            return;
        }
        let (out, mut pieces) = mpsc::channel(PIECES);
        let mut said = Vec::new();
        let listen = async { while pieces.recv().await.is_some() {} };
        let work = async {
            let result = attempt(member, (manner, line), limit, &out, &mut said).await;
            drop(out);
            result
        };
        match tokio::join!(work, listen).0 {
            Ok(()) => {
                member.health.succeeded();
                self.cache.put(key, said).await;
            }
            Err(error) => member.health.failed(Instant::now(), &error),
        }
    }
}

/// Every voice has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no voice is left")]
pub struct NoVoice;

fn key(voice: &dyn Voice, manner: &Manner, line: &Line) -> Option<CacheKey> {
    voice.is_cacheable().then(|| CacheKey::of(&voice.identity(manner), &line.text))
}

/// One voice's try; what it said is in `said`, whatever comes of it.
async fn attempt(
    member: &Member,
    (manner, line): (&Manner, &Line),
    limit: Duration,
    out: &mpsc::Sender<Piece>,
    said: &mut Vec<u8>,
) -> Result<(), ProviderError> {
    let name = member.voice.name();
    let asked = Instant::now();
    let (mut speech, mut pieces) = Speech::channel(PIECES);
    let saying = async move { member.voice.say(manner, line, &mut speech).await };
    tokio::pin!(saying);
    let mut result = None;
    loop {
        let patience = if said.is_empty() { limit.saturating_sub(asked.elapsed()) } else { BETWEEN };
        let piece = tokio::select! {
            biased;
            piece = pieces.recv() => piece,
            // It hangs up `speech` when it is done: what waits comes first.
            done = &mut saying, if result.is_none() => {
                result = Some(done);
                continue;
            }
            () = tokio::time::sleep(patience) => {
                let reason = if said.is_empty() { Reason::Slow } else { Reason::Stalled };
                let detail = format!("no audio within {} ms", patience.as_millis().max(limit.as_millis()));
                return Err(ProviderError::new(name, Phase::Answer, reason, detail));
            }
        };
        let Some(piece) = piece else { break };
        if said.is_empty() {
            member.health.first_result(asked.elapsed());
        }
        if said.len() + piece.len() > LONGEST {
            let detail = "a sentence of more than two minutes";
            return Err(ProviderError::new(name, Phase::Answer, Reason::Garbage, detail));
        }
        said.extend_from_slice(&piece);
        // Nobody listens: whoever asked drops this future.
        let _ = out.send(piece).await;
    }
    let result = match result {
        Some(result) => result,
        None => saying.await,
    };
    result?;
    if said.is_empty() {
        return Err(ProviderError::new(name, Phase::Answer, Reason::Garbage, "an answer without audio"));
    }
    Ok(())
}

/// The words that were not said in so much audio, by their letters.
fn after(line: &Line, bytes: usize) -> Line {
    if bytes == 0 {
        return line.clone();
    }
    let mut letters = bytes / BYTES_PER_LETTER;
    let mut rest = line.text.split_whitespace();
    let mut words = rest.clone();
    while let Some(word) = words.next() {
        let length = word.chars().filter(|c| c.is_alphanumeric()).count();
        // A word begun is said again.
        if length > letters {
            break;
        }
        letters -= length;
        rest = words.clone();
    }
    Line::text(rest.collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::voice::{CacheLimits, Saying};

    /// What a voice does with a sentence.
    #[derive(Clone, Copy)]
    enum Does {
        Says(usize),
        BreaksAfter(usize),
        Nothing,
    }

    struct Fake(&'static str, Does);

    impl Voice for Fake {
        fn name(&self) -> &'static str {
            self.0
        }
        fn identity(&self, _: &Manner) -> String {
            self.0.to_owned()
        }
        fn say<'a>(&'a self, _: &'a Manner, line: &'a Line, speech: &'a mut Speech) -> Saying<'a> {
            Box::pin(async move {
                let tone = line.text.chars().count() as u8;
                match self.1 {
                    Does::Says(bytes) => speech.ulaw(vec![tone; bytes]).await,
                    Does::BreaksAfter(bytes) => {
                        speech.ulaw(vec![tone; bytes]).await;
                        return Err(ProviderError::new(self.0, Phase::Answer, Reason::Dropped, "gone"));
                    }
                    Does::Nothing => std::future::pending().await,
                }
                Ok(())
            })
        }
    }

    fn voices(members: &[(&'static str, Does)]) -> Voices {
        let limits = CacheLimits { memory: 100_000, disk: 0 };
        let mut voices = Voices::new(Cache::in_memory(limits));
        for (name, does) in members {
            let health = Arc::new(Health::new(name, Role::Tts, true));
            voices.push(Arc::new(Fake(name, *does)), health);
        }
        voices
    }

    async fn said(voices: &Voices, text: &str) -> (Result<(), NoVoice>, Vec<u8>) {
        let (out, mut pieces) = mpsc::channel(100);
        let result = voices.say(&Manner::default(), &Line::text(text), Duration::from_millis(20), &out).await;
        drop(out);
        let mut all = Vec::new();
        while let Some(piece) = pieces.recv().await {
            all.extend(piece);
        }
        (result, all)
    }

    /// A-AUD-018: one voice after the other, and the rest of the words where one breaks off.
    #[tokio::test]
    async fn the_next_voice_goes_on() {
        let all = voices(&[
            ("mute", Does::Nothing),
            ("breaks", Does::BreaksAfter(2_500)),
            ("says", Does::Says(10)),
        ]);
        // 2,500 bytes are four letters: "אבגד" was heard.
        let (result, audio) = said(&all, "אבגד הוזחט").await;
        assert_eq!(result, Ok(()));
        assert_eq!(audio, [vec![10; 2_500], vec![5; 10]].concat());
        let reasons: Vec<_> = all.each().map(|(_, health)| health.last_reason()).collect();
        assert_eq!(reasons, [Some(Reason::Slow), Some(Reason::Dropped), None]);
        let (result, audio) = said(&voices(&[("mute", Does::Nothing)]), "א").await;
        assert_eq!((result, audio.len()), (Err(NoVoice), 0));
    }

    /// A-AUD-014: what was said once is not asked for again; what broke off is not kept.
    #[tokio::test]
    async fn what_was_said_is_kept() {
        let all = voices(&[("says", Does::Says(9))]);
        assert_eq!(all.ready(&Manner::default(), &Line::text("אב")), None);
        all.warm(&Manner::default(), &Line::text("אב"), Duration::from_secs(1)).await;
        assert_eq!(all.ready(&Manner::default(), &Line::text("אב")).as_deref(), Some(&[2; 9][..]));
        let broken = voices(&[("breaks", Does::BreaksAfter(600)), ("says", Does::Says(9))]);
        assert_eq!(said(&broken, "אב גד").await.0, Ok(()));
        assert_eq!(broken.ready(&Manner::default(), &Line::text("אב גד")), None);
    }

    #[test]
    fn the_rest_of_the_words_is_known() {
        let line = Line::text("אבג דה, וזח");
        let rest = |letters: usize| after(&line, letters * BYTES_PER_LETTER).text;
        let expected =
            ["אבג דה, וזח", "אבג דה, וזח", "אבג דה, וזח", "דה, וזח", "דה, וזח", "וזח", "וזח", "וזח", ""];
        for (letters, expected) in expected.iter().enumerate() {
            assert_eq!(rest(letters), *expected, "{letters}");
        }
    }
}

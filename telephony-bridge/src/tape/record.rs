//! Records a live call as a tape, on a thread of its own and never in the call's way.
//!
//! The tape is written under a hidden name and gets its own when it is complete: a folder without
//! a leading dot is whole. What a bridge that was killed leaves is a hidden folder, which loads if
//! the call had lasted a second: with the greeting but not what the agent answered, the audio up
//! to a second before the end, and `wire.jsonl`, whose last line may be torn.
//!
//! However long the call, memory holds what waits for the disk, what the far end has yet to play,
//! a minute at most, and the texts of what the agent said; audio and lines go to the disk as they
//! come.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Duration;

use audio_core::codec::ulaw;
use audio_core::frame::{FRAME_SAMPLES, PcmFrame};
use audio_core::tape::{
    AgentLine, Echo, Greeting, Latency, RecordedEcho, TAPE_VERSION, TapeFile, WavSpec, WavWriter,
};
use crossbeam_channel::{Receiver, Sender, bounded};

use super::wire::{Decision, Wire, WireLine};
use crate::providers::SpeechFrame;
use crate::server::CallInfo;
use crate::session::{CallTime, Line};

/// Lines that may wait for the disk: half a minute of a busy call.
const QUEUE: usize = 4_096;

/// Frames that the far end may have yet to play: a minute. A line on which the caller's audio has
/// stopped does not play them.
const FAR_END: usize = 3_000;

/// How long a call's end waits for its tape.
const FINISH_LIMIT: Duration = Duration::from_secs(1);

/// Records one call.
#[derive(Debug)]
pub struct TapeRecorder {
    lines: Sender<WireLine>,
    spoken: Vec<Line>,
    greeting: Line,
    lost: u64,
    info: TapeFile,
    folder: Folder,
    thread: JoinHandle<io::Result<()>>,
}

#[derive(Clone, Debug)]
struct Folder {
    open: PathBuf,
    done: PathBuf,
}

impl TapeRecorder {
    /// Starts a tape `dir/<call sid>`.
    ///
    /// # Errors
    /// If the thread cannot be made. What the disk says shows when the call ends.
    pub fn start(dir: &Path, call: &CallInfo) -> io::Result<Self> {
        // A call sid is checked to be alphanumeric where it comes in; a name must not leave `dir`.
        let mut name: String = call.call_sid.chars().filter(char::is_ascii_alphanumeric).collect();
        if call.earlier.is_some() {
            // The tape of the call's first part has the plain name.
            name.push_str("-again");
        }
        let folder = Folder { open: dir.join(format!(".{name}")), done: dir.join(&name) };
        let decision = &call.decision;
        let started = jiff::Timestamp::from_millisecond(call.announced_at_ms).unwrap_or_default();
        let info = TapeFile {
            version: TAPE_VERSION,
            business: decision.business.as_ref().map(|business| business.slug.clone()),
            from: (!call.from.is_empty()).then(|| call.from.clone()),
            to: Some(call.to.clone()),
            started_at: Some(started.to_string()),
            greeting: Greeting::Line(AgentLine { text: decision.greeting.text.clone(), clip: None }),
            caller: Vec::new(),
            labels: None,
            agent: Vec::new(),
            echo: Some(Echo::Recorded(RecordedEcho::Recorded)),
            latency: Latency::default(),
            hang_up_ms: None,
            // Nothing is recorded that the decision does not allow.
            consent: Some(decision.record),
            redacted: false,
        };
        let (open, begun) = (folder.open.clone(), info.clone());
        let (lines, queue) = bounded(QUEUE);
        let thread = std::thread::Builder::new()
            .name("kav-tape".to_owned())
            .spawn(move || Tracks::create(&open, &begun)?.write(&queue))?;
        Ok(Self {
            lines,
            spoken: Vec::new(),
            greeting: Line::text(&decision.greeting.text),
            lost: 0,
            info,
            folder,
            thread,
        })
    }

    /// Adds a line. Never waits: if the disk is half a minute behind, the line is lost, and with it
    /// the tape.
    pub fn line(&mut self, t_us: CallTime, what: Wire) {
        if self.lines.try_send(WireLine { t_us, what }).is_err() {
            self.lost += 1;
        }
    }

    /// The agent says this.
    pub fn line_spoken(&mut self, line: &Line) {
        if *line != self.greeting {
            self.spoken.push(line.clone());
        }
    }

    /// Completes the tape. The disk's work is done off the async threads.
    pub async fn finish(self) {
        let Self { lines, spoken, lost, mut info, folder, thread, .. } = self;
        drop(lines);
        info.agent = spoken.into_iter().map(|line| AgentLine { text: line.text, clip: None }).collect();
        let done = tokio::task::spawn_blocking(move || match complete(thread, lost, &info, &folder) {
            Ok(path) => tracing::info!(tape = %path.display(), "call recorded"),
            Err(error) => tracing::warn!(%error, "tape not completed"),
        });
        // A slow disk goes on by itself: the call ends in its time.
        if tokio::time::timeout(FINISH_LIMIT, done).await.is_err() {
            tracing::warn!("the disk is slow: the tape is completed after the call");
        }
    }
}

fn complete(
    thread: JoinHandle<io::Result<()>>,
    lost: u64,
    info: &TapeFile,
    folder: &Folder,
) -> io::Result<PathBuf> {
    thread.join().map_err(|_| io::Error::other("the recording thread panicked"))??;
    if lost > 0 {
        return Err(io::Error::other(format!("the disk was too slow: {lost} lines are missing")));
    }
    describe(&folder.open, info)?;
    if folder.done.exists() {
        fs::remove_dir_all(&folder.done)?;
    }
    fs::rename(&folder.open, &folder.done)?;
    Ok(folder.done.clone())
}

fn describe(dir: &Path, info: &TapeFile) -> io::Result<()> {
    fs::write(dir.join("tape.json"), serde_json::to_vec_pretty(info).map_err(io::Error::other)?)
}

/// The files of a tape being recorded.
struct Tracks {
    wire: BufWriter<File>,
    caller: WavWriter,
    agent: WavWriter,
    next_seq: u32,
    /// What the far end has buffered: it plays one frame for each of the caller's.
    far_end: VecDeque<SpeechFrame>,
}

impl Tracks {
    fn create(dir: &Path, info: &TapeFile) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let wav = |name: &str| WavWriter::create(dir.join(name), WavSpec::MONO_8K).map_err(io::Error::other);
        let wire = File::create(dir.join("wire.jsonl"))?;
        // Says, as long as this process lives, that the folder is no leftover.
        wire.lock()?;
        let tracks = Self {
            wire: BufWriter::new(wire),
            caller: wav("caller.wav")?,
            agent: wav("agent.wav")?,
            next_seq: 0,
            far_end: VecDeque::new(),
        };
        // Last: a folder with `tape.json` has the rest.
        describe(dir, info)?;
        Ok(tracks)
    }

    fn write(mut self, queue: &Receiver<WireLine>) -> io::Result<()> {
        for line in queue {
            serde_json::to_writer(&mut self.wire, &line)?;
            self.wire.write_all(b"\n")?;
            match line.what {
                Wire::MediaIn { seq, payload, .. } => self.caller_frame(seq, &payload.0)?,
                Wire::TakeBack { frames, .. } => {
                    self.far_end.truncate(self.far_end.len().saturating_sub(frames as usize));
                }
                Wire::MediaOut { payload, .. } => self.media_out(payload.0),
                Wire::Decision { decision: Decision::Clear(_) } => self.far_end.clear(),
                _ => {}
            }
        }
        self.wire.flush()?;
        self.caller.finish().map_err(io::Error::other)?;
        self.agent.finish().map_err(io::Error::other)
    }

    fn media_out(&mut self, codes: SpeechFrame) {
        if self.far_end.len() == FAR_END {
            self.far_end.pop_front();
        }
        self.far_end.push_back(codes);
    }

    fn caller_frame(&mut self, seq: u32, codes: &SpeechFrame) -> io::Result<()> {
        if seq < self.next_seq {
            return Ok(());
        }
        // Frames that never came are silence, so that both tracks keep their time.
        for _ in self.next_seq..seq {
            self.slot(&[0; FRAME_SAMPLES])?;
        }
        self.next_seq = seq + 1;
        self.slot(&codes.map(ulaw::decode))
    }

    /// 20 ms on both tracks.
    fn slot(&mut self, caller: &PcmFrame) -> io::Result<()> {
        self.caller.write(caller).map_err(io::Error::other)?;
        let agent = self.far_end.pop_front().map_or([0; FRAME_SAMPLES], |codes| codes.map(ulaw::decode));
        self.agent.write(&agent).map_err(io::Error::other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::UtteranceId;
    use crate::tape::Payload;

    /// A caller's line that delivers nothing holds up what the far end plays, a minute of it at most.
    #[test]
    fn memory_has_an_end() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let info = serde_json::from_str(r#"{"version":1,"greeting":{"text":""},"caller":[],"agent":[]}"#)
            .expect("a tape");
        let mut tracks = Tracks::create(dir.path(), &info).expect("created");
        (0..=u8::MAX).cycle().take(10_000).for_each(|code| tracks.media_out([code; FRAME_SAMPLES]));
        assert_eq!(tracks.far_end.len(), FAR_END);
        let (lines, queue) = bounded(2);
        let what = Wire::MediaIn { seq: 1, timestamp: 160, payload: Payload([0xff; FRAME_SAMPLES]) };
        lines.send(WireLine { t_us: CallTime(0), what }).expect("room");
        let at = Wire::MarkOut { utterance: UtteranceId(1) };
        lines.send(WireLine { t_us: CallTime(0), what: at }).expect("room");
        drop(lines);
        tracks.write(&queue).expect("written");
        // The oldest that is left is played beside the frame that never came.
        let agent = audio_core::tape::read_wav_8k(dir.path().join("agent.wav")).expect("readable");
        let oldest = ulaw::decode(((10_000 - FAR_END) % 256) as u8);
        assert_eq!((agent.len(), agent[0]), (2 * FRAME_SAMPLES, oldest));
        assert_eq!(audio_core::tape::Tape::load(dir.path()).expect("loads").caller, [0; 2 * FRAME_SAMPLES]);
        let wire = fs::read_to_string(dir.path().join("wire.jsonl")).expect("lines");
        assert_eq!(wire.lines().count(), 2);
    }
}

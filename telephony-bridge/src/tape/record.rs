//! Records a live call as a tape, on a thread of its own and never in the call's way.
//!
//! The tape is written under a hidden name and gets its own when it is complete: a folder without
//! a leading dot is whole.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Duration;

use audio_core::codec::ulaw;
use audio_core::frame::{FRAME_SAMPLES, PcmFrame, WIRE_RATE};
use audio_core::tape::{AgentLine, Echo, Greeting, Latency, RecordedEcho, TAPE_VERSION, TapeFile};
use crossbeam_channel::{Receiver, Sender, bounded};
use hound::{SampleFormat, WavSpec, WavWriter};

use super::wire::{Decision, Wire, WireLine};
use crate::providers::SpeechFrame;
use crate::server::CallInfo;
use crate::session::{CallTime, Line};

/// Lines that may wait for the disk: half a minute of a busy call.
const QUEUE: usize = 4_096;

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
        let name: String = call.call_sid.chars().filter(char::is_ascii_alphanumeric).collect();
        let folder = Folder { open: dir.join(format!(".{name}")), done: dir.join(&name) };
        let open = folder.open.clone();
        let (lines, queue) = bounded(QUEUE);
        let thread = std::thread::Builder::new()
            .name("kav-tape".to_owned())
            .spawn(move || Tracks::create(&open)?.write(&queue))?;
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
            agent: Vec::new(),
            echo: Some(Echo::Recorded(RecordedEcho::Recorded)),
            latency: Latency::default(),
            hang_up_ms: None,
        };
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
    let json = serde_json::to_vec_pretty(info).map_err(io::Error::other)?;
    fs::write(folder.open.join("tape.json"), json)?;
    if folder.done.exists() {
        fs::remove_dir_all(&folder.done)?;
    }
    fs::rename(&folder.open, &folder.done)?;
    Ok(folder.done.clone())
}

/// The files of a tape being recorded.
struct Tracks {
    wire: BufWriter<File>,
    caller: WavWriter<BufWriter<File>>,
    agent: WavWriter<BufWriter<File>>,
    next_seq: u32,
    /// What the far end has buffered: it plays one frame for each of the caller's.
    far_end: VecDeque<SpeechFrame>,
}

impl Tracks {
    fn create(dir: &Path) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let spec = WavSpec {
            channels: 1,
            sample_rate: WIRE_RATE,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        let wav = |name: &str| WavWriter::create(dir.join(name), spec).map_err(io::Error::other);
        Ok(Self {
            wire: BufWriter::new(File::create(dir.join("wire.jsonl"))?),
            caller: wav("caller.wav")?,
            agent: wav("agent.wav")?,
            next_seq: 0,
            far_end: VecDeque::new(),
        })
    }

    fn write(&mut self, queue: &Receiver<WireLine>) -> io::Result<()> {
        for line in queue {
            serde_json::to_writer(&mut self.wire, &line)?;
            self.wire.write_all(b"\n")?;
            match line.what {
                Wire::MediaIn { seq, payload, .. } => self.caller_frame(seq, &payload.0)?,
                Wire::MediaOut { payload, .. } => self.far_end.push_back(payload.0),
                Wire::Decision { decision: Decision::Clear(_) } => self.far_end.clear(),
                _ => {}
            }
        }
        self.wire.flush()?;
        self.caller.flush().map_err(io::Error::other)?;
        self.agent.flush().map_err(io::Error::other)
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
        append(&mut self.caller, caller)?;
        let agent = self.far_end.pop_front().map_or([0; FRAME_SAMPLES], |codes| codes.map(ulaw::decode));
        append(&mut self.agent, &agent)
    }
}

fn append(wav: &mut WavWriter<BufWriter<File>>, pcm: &PcmFrame) -> io::Result<()> {
    pcm.iter().try_for_each(|&sample| wav.write_sample(sample)).map_err(io::Error::other)
}

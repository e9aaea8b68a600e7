//! Traces a voice detector over recordings: one CSV row per 20 ms frame, one picture, or both.
//!
//! ```text
//! cargo run --release -p examples --example vad -- --csv OUT.csv [--vad kav|webrtc|rms] [--threshold T] PATH…
//! cargo run --release -p examples --example vad -- --plot OUT.svg [--labels FILE.lab] [--vad …] FILE.wav
//! ```
//!
//! `PATH` is a WAV file (8 kHz mono PCM16 or G.711; other rates are resampled) or a folder, read
//! recursively in sorted order. Columns: `file` (relative to the folder given), `frame_index`,
//! `probability` (the detector's causal score) and `speech` (the decision after onset and
//! hangover, 0 or 1).
//!
//! The picture shows one recording, ten seconds a row: the waveform, the probability with its
//! thresholds, the turns as they are reported, the decision, and labels where there are any: one
//! line of `0` and `1` per 20 ms, in `--labels` or in a `.lab` beside the recording.
//!
//! `--config` is a JSON file with fields of `VadConfig`, such as `{"hangover_ms": 500}`.

mod files;
mod labels;
mod plot;
mod settings;
mod trace;

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use audio_core::tape::read_wav_8k;
use audio_core::vad::{SpeechDetector, VadConfig, VadKind};
use clap::{ArgGroup, Parser};

#[derive(Parser)]
#[command(
    about = "Traces a voice detector over recordings: one CSV row per 20 ms frame, one picture, or both"
)]
#[command(group(ArgGroup::new("out").required(true).multiple(true)))]
struct Args {
    /// Where to write the trace.
    #[arg(long, value_name = "OUT.csv", group = "out")]
    csv: Option<PathBuf>,
    /// Where to draw the one recording given.
    #[arg(long, value_name = "OUT.svg", group = "out")]
    plot: Option<PathBuf>,
    /// Labels to draw: one line of 0 and 1 per 20 ms. By default the recording's name with .lab
    /// in place of .wav, if there is such a file.
    #[arg(long, value_name = "FILE.lab", requires = "plot")]
    labels: Option<PathBuf>,
    /// Which detector: kav, webrtc or rms.
    #[arg(long, default_value_t = VadKind::default())]
    vad: VadKind,
    /// Settings of the decision layer as JSON; a field that is missing takes its default.
    #[arg(long, value_name = "FILE.json")]
    config: Option<PathBuf>,
    /// Score from which a frame counts as voice, in (0, 1]: both thresholds, over --config.
    #[arg(long, value_name = "T")]
    threshold: Option<f32>,
    /// WAV files, or folders of them.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

fn main() -> std::process::ExitCode {
    examples::exit(run())
}

fn run() -> Result<()> {
    let args = Args::parse();
    let config = settings::read(args.config.as_deref(), args.threshold)?;
    let mut detector = SpeechDetector::new(args.vad, config)?;
    let files = files::find(&args.paths)?;
    ensure!(!files.is_empty(), "no WAV file under the paths given");
    if let Some(out) = &args.plot {
        let (path, others) = (&files[0].1, &files[1..]);
        if let Some((_, second)) = others.first() {
            let (count, first) = (files.len(), path.display());
            bail!("--plot draws one recording, and {count} are given: {first}, {} …", second.display());
        }
        let picture = picture(&args, &config, &mut detector, path)?;
        fs::write(out, picture).with_context(|| out.display().to_string())?;
    }
    args.csv.as_deref().map_or(Ok(()), |out| table(out, &mut detector, &files))
}

fn picture(args: &Args, config: &VadConfig, detector: &mut SpeechDetector, path: &Path) -> Result<String> {
    let pcm = read_wav_8k(path)?;
    let trace = trace::run(detector, &pcm);
    ensure!(!trace.is_empty(), "{}: shorter than one frame of 20 ms", path.display());
    let labels = labels::read(path, args.labels.as_deref(), trace.len())?;
    Ok(plot::draw(&plot::Picture {
        file: &path.display().to_string(),
        detector: args.vad.name(),
        config,
        pcm: &pcm,
        trace: &trace,
        labels: labels.as_deref(),
    }))
}

fn table(out: &Path, detector: &mut SpeechDetector, files: &[(String, PathBuf)]) -> Result<()> {
    let file = File::create(out).with_context(|| out.display().to_string())?;
    let mut to = BufWriter::new(file);
    writeln!(to, "file,frame_index,probability,speech")?;
    let mut rows = 0;
    for (n, (name, path)) in files.iter().enumerate() {
        let pcm = read_wav_8k(path)?;
        let name = files::quoted(name);
        for (index, found) in trace::run(detector, &pcm).iter().enumerate() {
            writeln!(to, "{name},{index},{},{}", found.score, u8::from(found.speaking))?;
            rows += 1;
        }
        if (n + 1) % 100 == 0 || n + 1 == files.len() {
            eprintln!("{} of {} files, {rows} frames", n + 1, files.len());
        }
    }
    to.flush().with_context(|| out.display().to_string())
}

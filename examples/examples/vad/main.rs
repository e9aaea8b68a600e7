//! Traces a voice detector over recordings: one CSV row per 20 ms frame, or one picture.
//!
//! ```text
//! cargo run --release -p examples --example vad -- --csv OUT.csv [--vad kav|webrtc|rms] [--threshold T] PATH…
//! cargo run --release -p examples --example vad -- --plot OUT.svg [--labels FILE.lab] FILE.wav
//! ```
//!
//! `PATH` is a WAV file (8 kHz mono PCM16 or G.711; other rates are resampled) or a folder, read
//! recursively in sorted order. Columns: `file` (relative to the folder given), `frame_index`,
//! `probability` (the detector's causal score) and `speech` (the decision after onset and
//! hangover, 0 or 1).
//!
//! The picture shows the waveform, the probability with its threshold, the decision, and labels
//! where there are any: one line of `0` and `1` per 20 ms, in `--labels` or in a `.lab` beside the
//! recording.

mod files;
mod labels;
mod plot;
mod trace;

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use audio_core::tape::read_wav_8k;
use audio_core::vad::{SpeechDetector, VadConfig, VadKind};
use clap::Parser;

#[derive(Parser)]
#[command(about = "Traces a voice detector over recordings: one CSV row per 20 ms frame, or one picture")]
struct Args {
    /// Where to write the trace.
    #[arg(long, value_name = "OUT.csv", required_unless_present = "plot")]
    csv: Option<PathBuf>,
    /// Where to draw one recording.
    #[arg(long, value_name = "OUT.svg")]
    plot: Option<PathBuf>,
    /// What a person heard in that recording: one line of 0 and 1 per 20 ms. By default the file
    /// of the recording's name that ends in .lab, if there is one.
    #[arg(long, value_name = "FILE.lab", requires = "plot")]
    labels: Option<PathBuf>,
    /// Which detector: kav, webrtc or rms.
    #[arg(long, default_value_t = VadKind::default())]
    vad: VadKind,
    /// Settings of the decision layer as JSON; what is missing stays as it is by default.
    #[arg(long, value_name = "FILE.json")]
    config: Option<PathBuf>,
    /// Score from which a frame counts as voice, in (0, 1], at the start of speech and within.
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
    let config = settings(&args)?;
    let mut detector = SpeechDetector::new(args.vad, config)?;
    let files = files::find(&args.paths)?;
    ensure!(!files.is_empty(), "no WAV file under the paths given");
    if let Some(out) = &args.plot {
        ensure!(files.len() == 1, "--plot draws one recording, and the paths given hold {}", files.len());
        let (name, path) = &files[0];
        let pcm = read_wav_8k(path)?;
        let labels = labels::beside(path, args.labels.as_deref(), pcm.len())?;
        let traced = trace::run(&mut detector, &pcm);
        let title = format!(
            "{name}: {} detector, starts at {}, goes on at {}",
            args.vad, config.start_threshold, config.continue_threshold
        );
        let picture = plot::draw(&title, &pcm, &traced, &config, labels.as_deref());
        fs::write(out, picture).with_context(|| out.display().to_string())?;
    }
    args.csv.as_deref().map_or(Ok(()), |out| table(out, &mut detector, &files))
}

/// The configuration, the threshold above the file and the file above the defaults.
fn settings(args: &Args) -> Result<VadConfig> {
    let mut config = match &args.config {
        None => VadConfig::hebrew(),
        Some(path) => {
            let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
            serde_json::from_str(&text).with_context(|| path.display().to_string())?
        }
    };
    if let Some(threshold) = args.threshold {
        config.start_threshold = threshold;
        config.continue_threshold = threshold;
    }
    Ok(config)
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

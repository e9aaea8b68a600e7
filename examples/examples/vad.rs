//! Traces a voice detector over recordings: one CSV row per 20 ms frame.
//!
//! ```text
//! cargo run --release -p examples --example vad -- --csv OUT.csv [--vad webrtc|rms] [--threshold T] PATH…
//! ```
//!
//! `PATH` is a WAV file (8 kHz mono PCM16 or G.711; other rates are resampled) or a folder, read
//! recursively in sorted order. Columns: `file` (relative to the folder given), `frame_index`,
//! `probability` (the detector's causal score) and `speech` (the decision after onset and
//! hangover, 0 or 1).

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use audio_core::frame::FRAME_SAMPLES;
use audio_core::tape::read_wav_8k;
use audio_core::vad::{SpeechDetector, VadConfig, VadKind};
use clap::Parser;

#[derive(Parser)]
#[command(about = "Traces a voice detector over recordings, one CSV row per 20 ms frame")]
struct Args {
    /// Where to write the trace.
    #[arg(long, value_name = "OUT.csv")]
    csv: PathBuf,
    /// Which detector: webrtc or rms.
    #[arg(long, default_value = "webrtc")]
    vad: String,
    /// Score from which a frame counts as voice, in (0, 1].
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
    if args.vad == "kav" {
        bail!("--vad kav: the Kav model is not part of this version; choose webrtc or rms");
    }
    let kind: VadKind = args.vad.parse()?;
    let mut config = VadConfig::hebrew();
    if let Some(threshold) = args.threshold {
        config.start_threshold = threshold;
        config.continue_threshold = threshold;
    }
    let mut detector = SpeechDetector::new(kind, config)?;

    let mut files = Vec::new();
    for path in &args.paths {
        find(path, &mut files)?;
    }
    ensure!(!files.is_empty(), "no WAV file under the paths given");
    let out = File::create(&args.csv).with_context(|| args.csv.display().to_string())?;
    let mut out = BufWriter::new(out);
    writeln!(out, "file,frame_index,probability,speech")?;
    let mut rows = 0;
    for (n, (name, path)) in files.iter().enumerate() {
        let pcm = read_wav_8k(path)?;
        detector.reset();
        for (index, frame) in pcm.as_chunks::<FRAME_SAMPLES>().0.iter().enumerate() {
            let found = detector.process(frame);
            let speech = u8::from(found.speaking);
            writeln!(out, "{},{index},{},{speech}", quoted(name), found.score)?;
            rows += 1;
        }
        if (n + 1) % 100 == 0 || n + 1 == files.len() {
            eprintln!("{} of {} files, {rows} frames", n + 1, files.len());
        }
    }
    out.flush().with_context(|| args.csv.display().to_string())
}

/// Adds the WAV files at or under `path`, sorted, with their names relative to it.
fn find(path: &Path, files: &mut Vec<(String, PathBuf)>) -> Result<()> {
    let kind = fs::metadata(path).with_context(|| path.display().to_string())?;
    if !kind.is_dir() {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        files.push((name.into_owned(), path.to_path_buf()));
        return Ok(());
    }
    let mut found = Vec::new();
    walk(path, "", &mut found)?;
    found.sort();
    files.append(&mut found);
    Ok(())
}

fn walk(folder: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry.with_context(|| folder.display().to_string())?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = format!("{prefix}{name}");
        if path.is_dir() {
            walk(&path, &format!("{name}/"), files)?;
        } else if path.extension().is_some_and(|ext| ext.eq_ignore_ascii_case("wav")) {
            files.push((name, path));
        }
    }
    Ok(())
}

/// A CSV field, quoted where it has to be (RFC 4180).
fn quoted(name: &str) -> String {
    if name.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", name.replace('"', "\"\""))
    } else {
        name.to_owned()
    }
}

//! `telephony-bridge tape import`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::{Overwrite, progress};
use crate::cli::sentence;
use crate::tape::import::{CallerChannel, ImportOptions, Imported, import, is_raw_ulaw};
use crate::tape::store::Place;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
A stereo WAV holds both sides: the caller on the left unless --caller-channel says otherwise. A mono WAV is
the caller's line. PCM of 8 to 32 bits, 32-bit float, µ-law and A-law at 4000 to 192000 Hz are read; the tape is
8 kHz. Files named .ulaw, .ul or .raw are µ-law codes at 8 kHz without a header.

Examples:
  telephony-bridge tape import RE1234.wav tapes/monday
  telephony-bridge tape import recordings/*.wav tapes/ --skip-existing")]
pub(super) struct Args {
    /// Recordings, or folders of them, and last the tape to be made. With several recordings, a
    /// folder, or a `/` at its end, it is a folder in which each gets a tape of its own name.
    #[arg(required = true, num_args = 2.., value_names = ["WAV", "OUT"])]
    paths: Vec<PathBuf>,
    /// Channel of the caller in a stereo recording.
    #[arg(long, value_enum, default_value_t = Channel::Left)]
    caller_channel: Channel,
    /// Take every file for µ-law without a header, whatever its name.
    #[arg(long)]
    raw_ulaw: bool,
    /// Slug of the business that was called.
    #[arg(long, value_name = "SLUG")]
    business: Option<String>,
    /// Note in the tape whether the recording was allowed.
    #[arg(long, value_name = "true|false")]
    consent: Option<bool>,
    #[command(flatten)]
    overwrite: Overwrite,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Channel {
    Left,
    Right,
}

/// A recording and the tape to be made of it.
struct Job {
    from: PathBuf,
    to: Place,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let options = ImportOptions {
        caller: match args.caller_channel {
            Channel::Left => CallerChannel::Left,
            Channel::Right => CallerChannel::Right,
        },
        raw_ulaw: args.raw_ulaw,
        business: args.business.clone(),
        consent: args.consent,
    };
    let jobs = jobs(&args.paths, args.raw_ulaw)?;
    let bar = progress::bar(jobs.len() as u64);
    let (mut made, mut left, mut failed) = (0, 0, 0);
    for job in &jobs {
        bar.set_message(job.from.display().to_string());
        let done = match args.overwrite.leaves(&job.to)? {
            true => None,
            false => Some(import(&job.from, &job.to, args.overwrite.existing(), &options)),
        };
        match done {
            None => left += 1,
            Some(Ok(imported)) => {
                made += 1;
                bar.suspend(|| println!("{}", line(&job.to, &imported)));
            }
            Some(Err(error)) => {
                failed += 1;
                let error = args.overwrite.hinted(sentence(&error.into()));
                bar.suspend(|| eprintln!("telephony-bridge: {error}"));
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if left > 0 {
        eprintln!("{made} tapes made, {left} existed");
    }
    if failed > 0 {
        bail!("{failed} of {} recordings could not be imported", jobs.len());
    }
    Ok(())
}

fn line(to: &Place, imported: &Imported) -> String {
    let seconds = imported.duration_ms as f64 / 1_000.0;
    let sides = if imported.both_sides { "both sides" } else { "the caller's side" };
    format!("{to}: {seconds:.1} s, {sides}")
}

/// What is to be imported, and where to.
fn jobs(paths: &[PathBuf], raw_ulaw: bool) -> anyhow::Result<Vec<Job>> {
    let Some((out, recordings)) = paths.split_last() else { bail!("nothing to import") };
    let text = out.to_str().context("the tape's path is not UTF-8")?;
    let place: Place = text.parse()?;
    let many = recordings.len() > 1 || text.ends_with('/') || recordings.iter().any(|path| path.is_dir());
    if !many {
        return Ok(recordings.iter().map(|from| Job { from: from.clone(), to: place.clone() }).collect());
    }
    let mut jobs: Vec<Job> = Vec::new();
    for path in recordings {
        if !path.is_dir() {
            let name = Path::new(path.file_name().unwrap_or_default()).with_extension("");
            jobs.push(Job { from: path.clone(), to: place.below(&name.to_string_lossy()) });
            continue;
        }
        let before = jobs.len();
        recordings_in(path, path, raw_ulaw, &place, &mut jobs)?;
        if jobs.len() == before {
            bail!("{}: holds no recording: expected .wav, .ulaw, .ul or .raw", path.display());
        }
    }
    let mut names: Vec<String> = jobs.iter().map(|job| job.to.to_string()).collect();
    names.sort_unstable();
    if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        bail!("{}: two recordings would become this tape", twice[0]);
    }
    Ok(jobs)
}

/// The recordings in a folder, sorted, at any depth. Links are not followed.
fn recordings_in(
    root: &Path,
    dir: &Path,
    raw_ulaw: bool,
    place: &Place,
    jobs: &mut Vec<Job>,
) -> anyhow::Result<()> {
    let context = || dir.display().to_string();
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(dir).with_context(context)? {
        let entry = entry.with_context(context)?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            entries.push((entry.path(), entry.file_type().with_context(context)?));
        }
    }
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    for (path, kind) in entries {
        let is_wav = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("wav"));
        if kind.is_dir() {
            recordings_in(root, &path, raw_ulaw, place, jobs)?;
        } else if is_wav || is_raw_ulaw(&path) || raw_ulaw {
            let name = path.strip_prefix(root).unwrap_or(&path).with_extension("");
            jobs.push(Job { to: place.below(&name.to_string_lossy()), from: path });
        }
    }
    Ok(())
}

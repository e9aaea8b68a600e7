//! A process that writes a WAV file is killed, again and again: the file is whole each time.
#![cfg(feature = "tape")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use audio_core::codec::{alaw, ulaw};
use audio_core::tape::{WavEncoding, WavSpec, WavWriter, read_wav_8k, recover_wav};
use tempfile::TempDir;

const FRAME: usize = 160;
const SECOND: usize = 8_000;

fn folder() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("temporary folder");
    let path = dir.path().join("x.wav");
    (dir, path)
}

/// Sample `i` of a recording: what is missing or misplaced shows.
fn sample(i: usize) -> i16 {
    (i.wrapping_mul(40_503) >> 3) as i16
}

/// What an encoding makes of a sample.
fn stored(encoding: WavEncoding, sample: i16) -> i16 {
    match encoding {
        WavEncoding::Ulaw => ulaw::decode(ulaw::encode(sample)),
        WavEncoding::Alaw => alaw::decode(alaw::encode(sample)),
        _ => sample,
    }
}

fn hound(path: &Path) -> Vec<i16> {
    let reader = hound::WavReader::open(path).expect("hound opens it");
    reader.into_samples().map(|s| s.expect("hound reads it")).collect()
}

fn create(path: &Path, channels: u16, encoding: WavEncoding) -> WavWriter {
    WavWriter::create(path, WavSpec { rate: 8_000, channels, encoding }).expect("created")
}

/// In the process that is killed: the form of its file, and the file.
const VICTIM: &str = "KAV_WAV_VICTIM";

/// The other half of the kill test: writes frame by frame and says after each how far it is. Does
/// nothing of itself.
#[test]
fn the_victim() {
    let Ok(what) = std::env::var(VICTIM) else { return };
    let (form, path) = what.split_once(' ').expect("form and path");
    let (channels, encoding, interval) = FORMS[form.parse::<usize>().expect("a number")];
    let mut wav = create(Path::new(path), channels, encoding).with_checkpoint_every(interval as u32);
    let mut said = std::io::stdout();
    let samples_a_frame = FRAME * usize::from(channels);
    // An hour at most: it ends even if nobody kills it.
    for n in 0..180_000 {
        let frame: Vec<i16> = (n * samples_a_frame..(n + 1) * samples_a_frame).map(sample).collect();
        wav.write(&frame).expect("written");
        writeln!(said, "\nwritten {}", (n + 1) * FRAME).expect("heard");
    }
}

/// Channels, encoding and frames between checkpoints. In the last one the kill often hits between
/// the samples and the header that claims them.
const FORMS: [(u16, WavEncoding, usize); 4] = [
    (1, WavEncoding::Pcm16, SECOND),
    (2, WavEncoding::Pcm16, SECOND),
    (1, WavEncoding::Ulaw, SECOND),
    (1, WavEncoding::Pcm16, FRAME),
];

fn victim(form: usize, path: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().expect("this test"));
    command.args(["the_victim", "--exact", "--nocapture", "--test-threads=1"]);
    command.env(VICTIM, format!("{form} {}", path.display()));
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("runs")
}

/// A-TEL-005: twenty kills in each form at moments spread over ten seconds of audio. The file
/// opens each time, and of what the victim said it had written a second is missing at most, or
/// whatever lies between two checkpoints.
#[test]
fn a_kill_costs_a_second_at_most() {
    let (_dir, path) = folder();
    let mut moment = 12_345u32;
    for (form, &(channels, encoding, interval)) in FORMS.iter().enumerate() {
        for _ in 0..20 {
            moment = moment.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let frames_to_live = 1 + (moment >> 16) as usize % 500;
            let mut child = victim(form, &path);
            let mut lines = BufReader::new(child.stdout.take().expect("piped")).split(b'\n');
            let (mut said, mut heard) = (0usize, 0);
            while let Some(Ok(line)) = lines.next() {
                let line = String::from_utf8_lossy(&line).into_owned();
                // The last line may be torn: it says less than it meant.
                if let Some(n) = line.strip_prefix("written ").and_then(|n| n.parse().ok()) {
                    (said, heard) = (said.max(n), heard + 1);
                }
                if heard == frames_to_live {
                    child.kill().expect("killed");
                    // What it still said before it died is read to the end.
                    heard += 1;
                }
            }
            child.wait().expect("over");
            let check = |moment: &str, least: usize| {
                let read = match channels {
                    1 => read_wav_8k(&path).expect("mono"),
                    _ => hound(&path),
                };
                if encoding == WavEncoding::Pcm16 {
                    assert!(read == hound(&path));
                }
                let frames = read.len() / usize::from(channels);
                assert!(frames >= least, "{moment}: {frames} of {said} frames, form {form}");
                let right = read.iter().enumerate().all(|(i, &s)| s == stored(encoding, sample(i)));
                assert!(right, "{moment}: not what was written, form {form}");
                frames
            };
            let first = check("as it was left", said.saturating_sub(interval));
            let recovered = recover_wav(&path).expect("recovered");
            assert_eq!(recovered.declared_frames as usize, first);
            assert_eq!(check("recovered", first), recovered.frames as usize);
        }
    }
}

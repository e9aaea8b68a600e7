//! Recordings: found, read, and changed in speed and level.

use std::path::{Path, PathBuf};

use audio_core::codec::{alaw, ulaw};
use audio_core::tape::read_wav_8k;

/// How the samples of a file are stored.
#[derive(Clone, Copy)]
enum Kind {
    Wav,
    Ulaw,
    Alaw,
}

fn kind(path: &Path) -> Option<Kind> {
    let name = path.extension()?.to_str()?.to_ascii_lowercase();
    match name.as_str() {
        "wav" => Some(Kind::Wav),
        "ulaw" | "ul" | "mulaw" | "pcm" => Some(Kind::Ulaw),
        "alaw" | "al" => Some(Kind::Alaw),
        _ => None,
    }
}

/// The recordings under `path`, sorted; `path` itself if it is one.
pub(crate) fn find(path: &Path) -> Result<Vec<PathBuf>, String> {
    if !path.is_dir() {
        return match kind(path) {
            Some(_) => Ok(vec![path.to_path_buf()]),
            None => Err(format!("{}: neither a folder nor a recording", path.display())),
        };
    }
    let (mut folders, mut files) = (vec![path.to_path_buf()], Vec::new());
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for entry in entries.flatten() {
            let path = entry.path();
            // A link to a folder could lead round in a circle.
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(path);
            } else if kind(&path).is_some() {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// The samples at 8 kHz.
pub(crate) fn read(path: &Path) -> Result<Vec<i16>, String> {
    let bare = |decode: fn(u8) -> i16| {
        let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(bytes.into_iter().map(decode).collect())
    };
    match kind(path) {
        Some(Kind::Ulaw) => bare(ulaw::decode),
        Some(Kind::Alaw) => bare(alaw::decode),
        _ => read_wav_8k(path).map_err(|error| error.to_string()),
    }
}

/// Plays faster or slower: pitch and tempo change together, as on a tape machine. Cubic
/// (Catmull-Rom) interpolation.
pub(crate) fn at_speed(pcm: &[i16], speed: f64) -> Vec<i16> {
    if speed == 1.0 {
        return pcm.to_vec();
    }
    let at = |index: usize| f64::from(pcm.get(index).copied().unwrap_or(0));
    let length = (pcm.len() as f64 / speed) as usize;
    (0..length)
        .map(|n| {
            let place = n as f64 * speed;
            let (index, t) = (place as usize, place.fract());
            let [a, b, c, d] = [at(index.saturating_sub(1)), at(index), at(index + 1), at(index + 2)];
            let value =
                b + 0.5 * t * (c - a + t * (2.0 * a - 5.0 * b + 4.0 * c - d + t * (3.0 * (b - c) + d - a)));
            value.round() as i16
        })
        .collect()
}

/// Louder or quieter; what does not fit is clipped.
pub(crate) fn at_gain(pcm: &[i16], db: f64) -> Vec<i16> {
    let gain = 10f64.powf(db / 20.0);
    pcm.iter().map(|&sample| (f64::from(sample) * gain).round() as i16).collect()
}

//! Replays a set of tapes under many settings and says what each would cost.

mod grid;
mod pareto;
mod picture;
mod state;

use std::collections::BTreeMap;
use std::path::Path;

pub use grid::{Axis, Grid};
pub use pareto::{Point, front, letters, points};
pub use picture::picture;
use sha2::{Digest as _, Sha256};
pub use state::{Record, State, StateError};

use super::measures::Measures;
use super::parallel::{as_done, in_order};
use super::player::{Playable, Player};
use super::setting::Setting;
use super::store::{OpenTape, TapeRef};

/// What is to be replayed.
#[derive(Debug)]
pub struct Job<'a> {
    /// Each once.
    pub tapes: &'a [TapeRef],
    /// Each once.
    pub settings: &'a [Setting],
    /// What they are replayed with.
    pub player: &'a Player,
    /// Whatever else decides the results: this program, the files it was given.
    pub engine: &'a str,
    /// Threads.
    pub threads: usize,
}

/// What happens while a job runs.
#[derive(Debug)]
pub enum Progress<'a> {
    /// So much is to be done, and so much was done before.
    Found {
        /// Replays in all.
        all: usize,
        /// Of these, in the state already.
        saved: usize,
    },
    /// So many more replays are saved.
    Saved(usize),
    /// A tape could not be replayed; it counts for no setting.
    Failed(&'a str),
}

/// The sums of each setting.
#[derive(Debug)]
pub struct Outcome {
    /// In the order of the job's settings.
    pub measures: Vec<Measures>,
    /// Replays of this run, those found in the state excluded.
    pub replayed: usize,
    /// Tapes that could not be replayed.
    pub failed: usize,
}

/// A setting of one tape, still to be replayed.
struct Piece {
    tape: usize,
    todo: Vec<(String, usize)>,
}

/// Runs a job. What is finished is in `state`, on the disk, before anything is made of it: a run
/// that is killed goes on where it was.
///
/// # Errors
/// [`StateError`] if results cannot be saved. Tapes that fail are reported and left out.
pub fn tune(
    job: &Job<'_>,
    state: &mut State,
    mut progress: impl FnMut(Progress<'_>),
) -> Result<Outcome, StateError> {
    let mut keys: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let mut broken: BTreeMap<usize, String> = BTreeMap::new();
    let hash = |tape: &TapeRef| -> Result<String, String> {
        let open = tape.open().map_err(|error| error.to_string())?;
        content(open.dir()).map_err(|error| format!("{}: {error}", tape.name()))
    };
    in_order(job.tapes, job.threads, hash, |tape, hash| {
        match hash {
            Ok(hash) => {
                let keys_of = job.settings.iter().map(|setting| key(job.engine, &hash, setting));
                keys.insert(tape, keys_of.collect());
            }
            Err(error) => {
                broken.insert(tape, error);
            }
        }
        Ok::<_, StateError>(())
    })?;
    let pieces = pieces(job, &keys, state);
    let todo: usize = pieces.iter().map(|piece| piece.todo.len()).sum();
    let all = keys.len() * job.settings.len();
    progress(Progress::Found { all, saved: all - todo });
    broken.values().for_each(|error| progress(Progress::Failed(error)));

    let mut replayed = 0;
    type Done = (usize, Result<Record, String>);
    let work = |piece: &Piece, send: &dyn Fn(Done) -> bool| {
        let open = job.tapes[piece.tape].open().map_err(|error| error.to_string());
        let load = |open: OpenTape| Playable::load(open.dir()).map_err(|error| error.to_string());
        let tape = match open.and_then(load) {
            Ok(tape) => tape,
            Err(error) => {
                send((piece.tape, Err(error)));
                return;
            }
        };
        for (key, setting) in &piece.todo {
            let report = job.player.replay(&tape, &job.settings[*setting]);
            let record = report.map_err(|error| error.to_string()).map(|report| Record {
                key: key.clone(),
                tape: tape.tape.name.clone(),
                setting: job.settings[*setting].to_string(),
                measures: Measures::of(&report),
            });
            if !send((piece.tape, record)) {
                return;
            }
        }
    };
    as_done(&pieces, job.threads, work, |batch: Vec<Done>| {
        let mut records = Vec::new();
        for (tape, record) in batch {
            match record {
                Ok(record) => records.push(record),
                Err(error) if broken.insert(tape, error.clone()).is_none() => {
                    progress(Progress::Failed(&error));
                }
                Err(_) => {}
            }
        }
        replayed += records.len();
        let saved = records.len();
        state.save(records)?;
        progress(Progress::Saved(saved));
        Ok::<_, StateError>(())
    })?;

    let mut measures = vec![Measures::default(); job.settings.len()];
    for (tape, keys) in &keys {
        if broken.contains_key(tape) {
            continue;
        }
        for (sum, key) in measures.iter_mut().zip(keys) {
            if let Some(found) = state.get(key) {
                *sum += found;
            }
        }
    }
    Ok(Outcome { measures, replayed, failed: broken.len() })
}

/// What is not done yet, in pieces for the threads: by tape, and finer where there are few tapes.
fn pieces(job: &Job<'_>, keys: &BTreeMap<usize, Vec<String>>, state: &State) -> Vec<Piece> {
    let per_tape = job.threads.div_ceil(keys.len().max(1)).max(1);
    let mut pieces = Vec::new();
    for (tape, keys) in keys {
        let todo: Vec<(String, usize)> = keys
            .iter()
            .enumerate()
            .filter(|(_, key)| state.get(key).is_none())
            .map(|(i, key)| (key.clone(), i))
            .collect();
        let size = todo.len().div_ceil(per_tape).max(1);
        pieces.extend(todo.chunks(size).map(|todo| Piece { tape: *tape, todo: todo.to_vec() }));
    }
    pieces
}

fn key(engine: &str, tape: &str, setting: &Setting) -> String {
    hex(&Sha256::digest(format!("{engine}\n{tape}\n{setting}")))[..32].to_owned()
}

/// A hash of every file of a tape.
fn content(tape: &Path) -> std::io::Result<String> {
    let mut files = Vec::new();
    let mut folders = vec![tape.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            match entry.file_type()?.is_dir() {
                true => folders.push(entry.path()),
                false => files.push(entry.path()),
            }
        }
    }
    files.sort();
    let mut hash = Sha256::new();
    for file in files {
        let bytes = std::fs::read(&file)?;
        let name = file.strip_prefix(tape).unwrap_or(&file).to_string_lossy().into_owned();
        hash.update(format!("{name}\n{}\n", bytes.len()));
        hash.update(&bytes);
    }
    Ok(hex(&hash.finalize()))
}

/// A hash of any bytes, in hex.
pub fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

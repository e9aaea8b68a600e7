//! Turns recordings into the features that the VAD's model is trained on: the very code that runs
//! in a call, so that training and detection cannot differ.
//!
//! ```text
//! cargo run --release -p kav-audio-core --example vad_features -- SAMPLES IN.raw OUT.raw
//! ```
//!
//! `IN.raw` holds 8 kHz mono PCM, 16 bit little endian: sequences of `SAMPLES` samples each, the
//! state new at every one. `OUT.raw` gets `SAMPLES / 160` rows a sequence of
//! [`INPUTS`](audio_core::vad::kav::INPUTS) numbers, 16 bit little endian, in parts of
//! [`INPUT_SCALE`](audio_core::vad::kav::INPUT_SCALE).

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::process::ExitCode;

use audio_core::frame::FRAME_SAMPLES;
use audio_core::vad::kav::{Features, INPUTS};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [samples, from, to] = &args[..] else {
        eprintln!("usage: vad_features SAMPLES IN.raw OUT.raw");
        return ExitCode::from(2);
    };
    let Some(samples) = samples.parse().ok().filter(|&n: &usize| n >= FRAME_SAMPLES) else {
        eprintln!("vad_features: SAMPLES is {samples:?}, not a number of at least {FRAME_SAMPLES}");
        return ExitCode::from(2);
    };
    match run(samples, from, to) {
        Ok(sequences) => {
            eprintln!("{sequences} sequences of {} frames, {INPUTS} features each", samples / FRAME_SAMPLES);
            ExitCode::SUCCESS
        }
        Err(e) => {
            eprintln!("vad_features: {from} to {to}: {e}");
            ExitCode::FAILURE
        }
    }
}

fn run(samples: usize, from: &str, to: &str) -> io::Result<usize> {
    let mut from = BufReader::with_capacity(1 << 20, File::open(from)?);
    let mut to = BufWriter::with_capacity(1 << 20, File::create(to)?);
    let mut bytes = vec![0; 2 * samples];
    let mut features = Features::new();
    let mut sequences = 0;
    while fill(&mut from, &mut bytes)? {
        features.reset();
        let pcm: Vec<i16> = bytes.as_chunks::<2>().0.iter().map(|&pair| i16::from_le_bytes(pair)).collect();
        for frame in pcm.as_chunks::<FRAME_SAMPLES>().0 {
            for value in features.process(frame) {
                to.write_all(&value.to_le_bytes())?;
            }
        }
        sequences += 1;
    }
    to.flush()?;
    Ok(sequences)
}

/// Fills `bytes` whole, or says that nothing is left; a torn sequence is an error.
fn fill(from: &mut impl Read, bytes: &mut [u8]) -> io::Result<bool> {
    let mut have = 0;
    while have < bytes.len() {
        match from.read(&mut bytes[have..])? {
            0 if have == 0 => return Ok(false),
            0 => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the last sequence is not whole")),
            n => have += n,
        }
    }
    Ok(true)
}

//! Cancels WAV files: `--example echo -- FAR.wav MIC.wav OUT.wav`, 8 kHz mono, 16-bit.
use std::process::ExitCode;

use audio_core::echo::{EchoCanceller, EchoConfig};
use audio_core::frame::FRAME_SAMPLES;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("echo: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [far, mic, out] = args.as_slice() else { return Err("usage: FAR.wav MIC.wav OUT.wav".into()) };
    let (far, mic) = (read(far)?, read(mic)?);
    let mut canceller = EchoCanceller::new(EchoConfig::default())?;
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 8_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut wav = hound::WavWriter::create(out, spec)?;
    let mut delay = None;
    for (n, (far, mic)) in
        far.as_chunks::<FRAME_SAMPLES>().0.iter().zip(mic.as_chunks::<FRAME_SAMPLES>().0).enumerate()
    {
        let mut line = *mic;
        canceller.process(far, &mut line);
        if canceller.delay_ms() != delay {
            delay = canceller.delay_ms();
            println!("{:.2} s: an echo {:.1} ms late", n as f32 / 50.0, delay.unwrap_or(0.0));
        }
        for sample in line {
            wav.write_sample(sample)?;
        }
    }
    wav.finalize()?;
    Ok(())
}

fn read(path: &str) -> Result<Vec<i16>, Box<dyn std::error::Error>> {
    let mut wav = hound::WavReader::open(path).map_err(|e| format!("{path}: {e}"))?;
    if wav.spec().sample_rate != 8_000 || wav.spec().channels != 1 {
        return Err(format!("{path}: 8 kHz mono is needed").into());
    }
    Ok(wav.samples::<i16>().collect::<Result<_, _>>()?)
}

//! Talk-off: does the DTMF receiver hear digits where nobody pressed a key?
//!
//! ```text
//! cargo run --release -p kav-audio-core --features tape --example talk_off -- [--digits N] PATH…
//! ```
//!
//! `PATH` is a recording or a folder, read recursively in sorted order: WAV as `tape::read_wav_8k`
//! reads it, and `.ulaw`, `.ul`, `.mulaw`, `.pcm`, `.alaw` and `.al` as bare G.711 at 8 kHz. Each
//! recording is heard nine times: at 0.95, 1 and 1.05 times its speed, and at 0, −10 and +6 dB.
//! Every false digit is printed with its place, then the hours of each path.
//!
//! `--digits N` also sends N digits at the limits of ITU-T Q.24 and counts those that were missed.
//!
//! Exits with 1 if a digit was false or missed. `fixtures/talk_off.sh` gathers hours to listen to.

#[cfg(feature = "tape")]
mod digits;
#[cfg(feature = "tape")]
mod recording;

#[cfg(not(feature = "tape"))]
fn main() {
    eprintln!("talk_off reads recordings: build it with --features tape");
    std::process::exit(2);
}

#[cfg(feature = "tape")]
fn main() -> std::process::ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(true) => std::process::ExitCode::SUCCESS,
        Ok(false) => std::process::ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("talk_off: {problem}");
            std::process::ExitCode::from(2)
        }
    }
}

/// `Ok(true)` if no digit was false and none missed.
#[cfg(feature = "tape")]
fn run(arguments: impl Iterator<Item = String>) -> Result<bool, String> {
    let (wanted, paths) = parse(arguments)?;
    let mut missed = 0;
    if wanted > 0 {
        missed = digits::missed(wanted);
        println!(
            "{missed} of {wanted} digits missed (15 dB SNR, ±1.5 %, twist -8 to +4 dB, 40 to 60 ms, µ-law)"
        );
    }
    let mut totals = Totals::default();
    if !paths.is_empty() {
        println!("{:>8} {:>9} {:>9} {:>6}  path", "files", "hours", "heard h", "false");
    }
    for path in &paths {
        let mut found = Totals::default();
        for file in recording::find(std::path::Path::new(path))? {
            found.add(&listen(&file)?);
        }
        found.print(path);
        totals.add(&found);
    }
    if !paths.is_empty() {
        totals.print("all");
        let frames = totals.heard as f64 / 160.0;
        println!("{:.2} µs a 20 ms frame", 1e6 * totals.busy.as_secs_f64() / frames.max(1.0));
    }
    Ok(totals.digits == 0 && missed == 0)
}

#[cfg(feature = "tape")]
fn parse(mut arguments: impl Iterator<Item = String>) -> Result<(u32, Vec<String>), String> {
    let (mut wanted, mut paths) = (0, Vec::new());
    while let Some(argument) = arguments.next() {
        if argument == "--digits" {
            let given = arguments.next().ok_or("--digits needs a number")?;
            wanted = given.parse().map_err(|error| format!("--digits {given:?}: {error}"))?;
        } else if argument.starts_with("--") {
            return Err(format!("{argument}: the only option is --digits N"));
        } else {
            paths.push(argument);
        }
    }
    if wanted == 0 && paths.is_empty() {
        return Err("give --digits N, recordings, or folders of them".into());
    }
    Ok((wanted, paths))
}

/// What was heard.
#[cfg(feature = "tape")]
#[derive(Default)]
struct Totals {
    files: u32,
    /// Samples on disk, and samples the detector heard.
    samples: u64,
    heard: u64,
    digits: u32,
    busy: std::time::Duration,
}

#[cfg(feature = "tape")]
impl Totals {
    fn add(&mut self, other: &Self) {
        self.files += other.files;
        self.samples += other.samples;
        self.heard += other.heard;
        self.digits += other.digits;
        self.busy += other.busy;
    }

    fn print(&self, what: &str) {
        let hours = |samples: u64| samples as f64 / 8_000.0 / 3_600.0;
        let (stored, heard) = (hours(self.samples), hours(self.heard));
        println!("{:8} {stored:9.3} {heard:9.3} {:6}  {what}", self.files, self.digits);
    }
}

/// Plays one recording to the detector in every way.
#[cfg(feature = "tape")]
fn listen(file: &std::path::Path) -> Result<Totals, String> {
    use audio_core::dtmf::DtmfDetector;

    let original = recording::read(file)?;
    let mut totals = Totals { files: 1, samples: original.len() as u64, ..Totals::default() };
    for speed in [1.0, 0.95, 1.05] {
        let paced = recording::at_speed(&original, speed);
        for gain_db in [0.0, -10.0, 6.0] {
            let pcm = recording::at_gain(&paced, gain_db);
            let mut report = |event: audio_core::dtmf::DtmfEvent| {
                let seconds = event.start.0 as f64 / 8_000.0 * speed;
                let ms = (event.end.0 - event.start.0) / 8;
                println!(
                    "false digit {} at {seconds:.2} s ({ms} ms long; speed {speed}, {gain_db:+} dB): {}",
                    event.digit,
                    file.display()
                );
                totals.digits += 1;
            };
            let mut detector = DtmfDetector::new();
            let start = std::time::Instant::now();
            detector.process(&pcm, &mut report);
            detector.flush(&mut report);
            totals.busy += start.elapsed();
            totals.heard += pcm.len() as u64;
        }
    }
    Ok(totals)
}

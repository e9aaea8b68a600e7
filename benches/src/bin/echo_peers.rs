//! The echo canceller and other people's on the very same scenes: seven echo paths, several seeds.
//!
//! ```text
//! cargo run --release -p benches --features peers --bin echo_peers -- [SEEDS]        3 by default
//! ```
//!
//! Scenes and figures are those of `audio-core/tests/echo.rs`: ERLE in dB 1.5 to 2.5 s after the first
//! echo and over ten seconds later; seconds of the agent's speech until 20 dB; the caller's level over everything else in
//! double-talk, in dB; per cent of the caller's frames cut by over 10 dB. Means over the seeds, the
//! slowest seed for the time. ERLE ends at 22 to 28 dB for a linear filter: µ-law and the line's noise.

#[path = "../../../audio-core/tests/echo_common/mod.rs"]
mod echo_common;

use std::error::Error;
use std::iter::once;

use audio_core::echo::{EchoCanceller, EchoConfig};
use audio_core::frame::PcmFrame;
use benches::peers::{self, Echo};
use echo_common::{EchoPath, Measured, PATHS, measure, scene};

fn ours() -> Echo {
    let mut canceller = EchoCanceller::new(EchoConfig::default()).expect("the defaults are valid");
    Box::new(move |far: &PcmFrame, line: &mut PcmFrame| {
        canceller.process(far, line);
    })
}

fn run(make: fn() -> Echo, path: &EchoPath, seed: usize) -> Measured {
    let scene = scene(path, seed);
    let mut cancel = make();
    let lines = benches::frames(&scene.far).into_iter().zip(benches::frames(&scene.line));
    let out: Vec<i16> = lines
        .flat_map(|(far, mut line)| {
            cancel(&far, &mut line);
            line
        })
        .collect();
    measure(&scene, &out)
}

fn main() -> Result<(), Box<dyn Error>> {
    let seeds: usize = std::env::args().nth(1).map_or(Ok(3), |seeds| seeds.parse())?;
    println!(
        "{:<14} {:<16} {:>6} {:>6} {:>7} {:>12} {:>6}",
        "path", "canceller", "early", "ERLE", "20 dB", "SDR (in)", "cut %"
    );
    for path in &PATHS {
        for (name, make) in once(("kav", ours as fn() -> Echo)).chain(peers::echo()) {
            let found: Vec<Measured> = (0..seeds).map(|seed| run(make, path, seed)).collect();
            let mean = |of: fn(&Measured) -> f64| found.iter().map(of).sum::<f64>() / seeds.max(1) as f64;
            let slowest = found.iter().map(|m| m.reached.unwrap_or(f64::INFINITY)).fold(0.0, f64::max);
            println!(
                "{:<14} {name:<16} {:>6.1} {:>6.1} {slowest:>7.2} {:>5.1} ({:>4.1}) {:>6.2}",
                path.name,
                mean(|m| m.erle_early),
                mean(|m| m.erle),
                mean(|m| m.sdr),
                mean(|m| m.sdr_in),
                mean(|m| m.cut),
            );
        }
    }
    Ok(())
}

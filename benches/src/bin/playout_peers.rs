//! The playout buffer and other people's jitter buffers on the very same traces: twelve models of
//! networks, 300 s each, in virtual time. Needs the feature `peers` and libspeexdsp.
//!
//! ```text
//! cargo run --release -p benches --features peers --bin playout_peers -- [--seeds 1,2,3]
//!     [--csv FOLDER]            traces MODEL.SEED.csv instead of generated ones
//!     [--tick-ms 10]            how often ours is pulled; a peer every 20 ms, as its packets are long
//!     [--phases-ms 0,5,10,15]   when both are first pulled: each trace is played once from each
//! ```
//!
//! A receiver's ticks know nothing of the sender's frames, and a buffer of whole packets waits up
//! to 20 ms for its tick: one phase alone would decide much. So a trace's figures are means over
//! several.
//!
//! Excess is the concealed share of the output less the share lost on the way, at least 0, in per
//! cent. Delay is from the capture's end to playout, less the least network delay of the trace, in
//! ms. Ours, `low_delay`, is ahead where its excess is lower, or both are 0, at no more mean delay.
//! Figures are means over the seeds; the last column counts the single traces on which it is ahead.

#[path = "../../../audio-core/tests/arrivals/mod.rs"]
mod arrivals;

use std::error::Error;
use std::path::PathBuf;

use arrivals::drive::{Feed, Outcome, Run};
use arrivals::models::{self, Arrival};
use arrivals::voice;
use audio_core::frame::FRAME_MS;
use audio_core::jitter::playout::PlayoutConfig;
use benches::peers::{self, PacketBuffer};

/// Less than this, in per cent, is none.
const NONE: f64 = 0.005;

struct Arguments {
    seeds: Vec<u64>,
    csv: Option<PathBuf>,
    tick_ms: u32,
    phases_ms: Vec<u32>,
}

fn arguments() -> Result<Arguments, Box<dyn Error>> {
    let mut arguments =
        Arguments { seeds: vec![1, 2, 3], csv: None, tick_ms: 10, phases_ms: vec![0, 5, 10, 15] };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
        match word.as_str() {
            "--seeds" => arguments.seeds = value.split(',').map(str::parse).collect::<Result<_, _>>()?,
            "--csv" => arguments.csv = Some(value.into()),
            "--tick-ms" => arguments.tick_ms = value.parse()?,
            "--phases-ms" => {
                arguments.phases_ms = value.split(',').map(str::parse).collect::<Result<_, _>>()?;
            }
            _ => return Err(format!("{word}: use --seeds, --csv, --tick-ms, --phases-ms").into()),
        }
    }
    if !(1..=60).contains(&arguments.tick_ms) || arguments.phases_ms.iter().any(|&phase| phase >= FRAME_MS) {
        return Err("a tick of 1 to 60 ms, and phases below 20 ms".into());
    }
    Ok(arguments)
}

/// A peer on a trace. What it does not play after its first packet, it conceals.
fn run_peer(mut buffer: Box<dyn PacketBuffer>, trace: &[Arrival], phase_ms: u32) -> Outcome {
    let mut feed = Feed::new(trace, &voice::talk(1, 1));
    let (mut pulls, mut concealed) = (0u32, 0u32);
    let mut now_us = u64::from(phase_ms) * 1_000;
    while (now_us as f64) < feed.end_us() {
        while let Some((frame, _)) = feed.next_by(now_us) {
            buffer.put(&frame);
        }
        let played = buffer.get();
        if let Some(timestamp) = played {
            feed.played(timestamp, now_us);
        }
        concealed += u32::from(pulls > 0 && played.is_none());
        pulls += u32::from(pulls > 0 || played.is_some());
        now_us += u64::from(FRAME_MS) * 1_000;
    }
    feed.outcome(100.0 * f64::from(concealed) / f64::from(pulls.max(1)))
}

fn is_ahead(ours: &Outcome, peer: &Outcome) -> bool {
    let less = ours.excess() < peer.excess() || ours.excess().max(peer.excess()) < NONE;
    less && ours.delay <= peer.delay
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = arguments()?;
    let voice = voice::talk(60, 1);
    let names: Vec<&str> = peers::packet_buffers().iter().map(|(name, _)| *name).collect();
    if names.is_empty() {
        return Err("nobody to compare with: --features peers, and apt install libspeexdsp-dev".into());
    }
    let (mut models_ahead, mut traces_ahead, mut models_run) = (0, 0, 0);
    for (which, name) in names.iter().enumerate() {
        let over_phases = |run: &dyn Fn(u32) -> Outcome| {
            Outcome::mean(&arguments.phases_ms.iter().map(|&phase_ms| run(phase_ms)).collect::<Vec<_>>())
        };
        println!("                    low_delay        {name}");
        println!("model        lost%  excess   mean    excess   mean  verdict  traces");
        for model in models::NAMES {
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            for &seed in &arguments.seeds {
                let trace = models::load(model, seed, arguments.csv.as_deref())?;
                ours.push(over_phases(&|phase_ms| {
                    let run = Run::new(&trace, &voice, PlayoutConfig::low_delay(), arguments.tick_ms);
                    run.starting_at(phase_ms).finish()
                }));
                theirs.push(over_phases(&|phase_ms| {
                    run_peer(peers::packet_buffers().swap_remove(which).1, &trace, phase_ms)
                }));
            }
            let traces = ours.iter().zip(&theirs).filter(|(ours, theirs)| is_ahead(ours, theirs)).count();
            let (ours, theirs) = (Outcome::mean(&ours), Outcome::mean(&theirs));
            let holds = is_ahead(&ours, &theirs);
            println!(
                "{model:12} {:5.2}  {:6.3} {:6.1}    {:6.3} {:6.1}  {:7}  {traces}/{}",
                ours.lost,
                ours.excess(),
                ours.delay,
                theirs.excess(),
                theirs.delay,
                if holds { "ahead" } else { "--" },
                arguments.seeds.len(),
            );
            models_ahead += usize::from(holds);
            traces_ahead += traces;
            models_run += 1;
        }
    }
    let traces_run = models_run * arguments.seeds.len();
    println!("ahead on {models_ahead} of {models_run} models, {traces_ahead} of {traces_run} traces");
    Ok(())
}

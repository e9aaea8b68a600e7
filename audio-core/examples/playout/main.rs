//! The playout buffer on twelve models of networks, 300 s each, in virtual time, beside two other
//! buffers; both presets, and the curve of delay against concealment.
//!
//! ```text
//! cargo run --release -p kav-audio-core --example playout -- [--seeds 1,2,3] [--tick-ms 10]
//!     [--csv FOLDER]    traces MODEL.SEED.csv instead of generated ones
//!     [--plot OUT.svg]  the curves
//! ```
//!
//! Excess is the concealed share of the output less the share lost on the way, at least 0. Delay
//! is from the capture's end to playout, less the least network delay of the trace. `ok` compares
//! `low_delay` with speexdsp and `high_quality` with NetEQ: less excess at no more delay, and for
//! NetEQ no more time-stretch. Their figures are quoted, of traces of the same models, not of
//! these very traces.

#[path = "../../tests/arrivals/mod.rs"]
mod arrivals;
mod plot;

use std::error::Error;
use std::path::PathBuf;

use arrivals::drive::{self, Outcome};
use arrivals::models::{self, Arrival};
use arrivals::{peers, voice};
use audio_core::jitter::playout::PlayoutConfig;

struct Arguments {
    seeds: Vec<u64>,
    csv: Option<PathBuf>,
    plot: Option<PathBuf>,
    tick_ms: u32,
}

fn arguments() -> Result<Arguments, Box<dyn Error>> {
    let mut arguments = Arguments { seeds: vec![1, 2, 3], csv: None, plot: None, tick_ms: 10 };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
        match word.as_str() {
            "--seeds" => arguments.seeds = value.split(',').map(str::parse).collect::<Result<_, _>>()?,
            "--csv" => arguments.csv = Some(value.into()),
            "--plot" => arguments.plot = Some(value.into()),
            "--tick-ms" => arguments.tick_ms = value.parse()?,
            _ => return Err(format!("{word}: use --seeds, --csv, --plot, --tick-ms").into()),
        }
    }
    if arguments.seeds.is_empty() || !(1..=60).contains(&arguments.tick_ms) {
        return Err("a seed at least, and a tick of 1 to 60 ms".into());
    }
    Ok(arguments)
}

fn traces(model: &str, arguments: &Arguments) -> Result<Vec<Vec<Arrival>>, Box<dyn Error>> {
    arguments.seeds.iter().map(|&seed| models::load(model, seed, arguments.csv.as_deref())).collect()
}

/// What the curve is drawn through: `low_delay` with concealment worth less and more delay.
fn along_the_curve() -> impl Iterator<Item = PlayoutConfig> {
    [4, 8, 15, 25, 46, 80, 150, 300, 600, 1_000].into_iter().map(|worth| {
        let mut config = PlayoutConfig::low_delay();
        config.lossy.delay_per_percent = worth;
        config.gapless.delay_per_percent = worth;
        config
    })
}

fn mark(ok: bool) -> &'static str {
    if ok { "ok" } else { "--" }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = arguments()?;
    let voice = voice::talk(60, 1);
    println!(
        "               low_delay                                          speexdsp        high_quality                                       NetEQ"
    );
    println!(
        "model        lost%  conc% excess mean  p95  rem   ins  disc  excess mean ok   conc% excess mean  p95  rem   ins  disc  excess mean  rem ok"
    );
    let (mut panels, mut failed) = (Vec::new(), 0);
    for model in models::NAMES {
        let traces = traces(model, &arguments)?;
        let run = |config| {
            let outcomes: Vec<_> =
                traces.iter().map(|trace| drive::run(trace, &voice, config, arguments.tick_ms)).collect();
            Outcome::mean(&outcomes)
        };
        let (low, high) = (run(PlayoutConfig::low_delay()), run(PlayoutConfig::high_quality()));
        let (neteq, speex) = peers::of(model);
        let (low_ok, high_ok) = (peers::beats_speex(&low, speex), peers::beats_neteq(&high, neteq));
        failed += u32::from(!low_ok) + u32::from(!high_ok);
        let ours = |o: &Outcome| {
            format!(
                "{:5.2} {:6.3} {:4.0} {:4.0} {:5.2} {:5.2} {:5.2}",
                o.concealed,
                o.excess(),
                o.delay,
                o.delay_p95,
                o.removed,
                o.inserted,
                o.discarded
            )
        };
        println!(
            "{model:12} {:5.2}  {}  {:6.2} {:4.0} {}   {}  {:6.2} {:4.0} {:4.1} {}",
            low.lost,
            ours(&low),
            speex.excess,
            speex.delay,
            mark(low_ok),
            ours(&high),
            neteq.excess,
            neteq.delay,
            neteq.removed,
            mark(high_ok),
        );
        if arguments.plot.is_some() {
            let curve = along_the_curve().map(run).map(|o| (o.delay, o.excess())).collect();
            let presets = [(low.delay, low.excess()), (high.delay, high.excess())];
            panels.push(plot::Panel { model, curve, presets, neteq, speex });
        }
    }
    println!("{failed} of 24 do not hold");
    if let Some(file) = &arguments.plot {
        std::fs::write(file, plot::draw(&panels))?;
    }
    Ok(())
}

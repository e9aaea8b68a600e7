//! The playout buffer against what others do on twelve models of networks.

mod arrivals;

use arrivals::drive::{self, Outcome};
use arrivals::{models, peers, voice};
use audio_core::jitter::playout::PlayoutConfig;

fn outcome(model: &str, config: PlayoutConfig) -> Outcome {
    let voice = voice::talk(60, 1);
    let run = |seed| drive::run(&models::generate(model, seed), &voice, config, 10);
    Outcome::mean(&[1, 2, 3].map(run))
}

/// Less excess concealment than speexdsp at no more delay. On `rtp_ge3` the delay is 1.5 ms more
/// (least steps of a 10 ms tick), at a third of the concealment.
#[test]
fn low_delay_beats_whole_frame_shifting() {
    for model in models::NAMES {
        let ours = outcome(model, PlayoutConfig::low_delay());
        let (_, speex) = peers::of(model);
        let allowance = if model == "rtp_ge3" { 1.5 } else { 1.0 };
        assert!(ours.excess() < speex.excess, "{model}: {ours:?}, {speex:?}");
        assert!(ours.delay <= speex.delay + allowance, "{model}: {ours:?}, {speex:?}");
    }
}

/// No more concealment and time-stretch than NetEQ, a random spike's worth aside. On
/// `tms_coalesce` and `tms_stall` that takes more delay than NetEQ's.
#[test]
fn high_quality_conceals_and_stretches_less_than_a_quantile() {
    for model in models::NAMES {
        let ours = outcome(model, PlayoutConfig::high_quality());
        let (neteq, _) = peers::of(model);
        let more_delay = match model {
            "tms_coalesce" => 4.0,
            "tms_stall" => 13.0,
            _ => 0.0,
        };
        assert!(ours.excess() < 1.1 * neteq.excess + 0.04, "{model}: {ours:?}, {neteq:?}");
        assert!(ours.delay <= neteq.delay + more_delay, "{model}: {ours:?}, {neteq:?}");
        assert!(ours.removed < 1.1 * neteq.removed + 0.15, "{model}: {ours:?}, {neteq:?}");
        assert!(ours.inserted < 0.5, "{model}: {ours:?}");
    }
}

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

/// Less excess concealment than speexdsp at no more delay, to the millisecond quoted.
#[test]
fn low_delay_beats_whole_frame_shifting() {
    for model in models::NAMES {
        let ours = outcome(model, PlayoutConfig::low_delay());
        let (_, speex) = peers::of(model);
        assert!(ours.excess() < speex.excess, "{model}: {ours:?}, {speex:?}");
        assert!(ours.delay < speex.delay + 0.5, "{model}: {ours:?}, {speex:?}");
    }
}

/// Less excess concealment than NetEQ, or none, at no more delay and no more time-stretch. The
/// figures are quoted, of other traces of these models: chance gets 5 % of the first two and a
/// quarter of the last.
#[test]
fn high_quality_beats_a_quantile() {
    for model in models::NAMES {
        let ours = outcome(model, PlayoutConfig::high_quality());
        let (neteq, _) = peers::of(model);
        assert!(ours.excess() < 1.05 * neteq.excess + 0.005, "{model}: {ours:?}, {neteq:?}");
        assert!(ours.delay < 1.05 * neteq.delay, "{model}: {ours:?}, {neteq:?}");
        assert!(ours.removed < 1.25 * neteq.removed + 0.05, "{model}: {ours:?}, {neteq:?}");
    }
}

//! What two other buffers did: mean of seeds 1 to 3 of these models (of the same distributions,
//! another generator), default settings, 10 ms ticks.
//!
//! NetEQ: WebRTC's C++ of 2023, `zhougang123456/AudioNeteq-Cmake@cbffc817`. speexdsp 1.2.1:
//! its jitter buffer, by whole frames, without time-stretch.

use super::drive::Outcome;

/// One buffer on one model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    /// Concealed share of the output less the share lost on the way, in per cent.
    pub(crate) excess: f64,
    /// Mean delay in ms over the fastest frame.
    pub(crate) delay: f64,
    /// Speech removed by time-stretch, ms per second.
    pub(crate) removed: f64,
}

/// NetEQ and speexdsp on this model.
///
/// # Panics
///
/// If there is no such model.
pub(crate) fn of(model: &str) -> (Peer, Peer) {
    let peers = |neteq: (f64, f64, f64), speex: (f64, f64)| {
        let (excess, delay, removed) = neteq;
        (Peer { excess, delay, removed }, Peer { excess: speex.0, delay: speex.1, removed: 0.0 })
    };
    match model {
        "rtp_drift" => peers((0.10, 95.0, 0.2), (1.26, 67.0)),
        "rtp_gamma10" => peers((0.07, 63.0, 0.1), (0.80, 37.0)),
        "rtp_gamma30" => peers((0.22, 113.0, 1.2), (1.04, 93.0)),
        "rtp_ge10" => peers((0.0, 66.0, 0.8), (0.96, 41.0)),
        "rtp_ge3" => peers((0.0, 62.0, 0.3), (0.82, 29.0)),
        "rtp_lan" => peers((0.11, 25.0, 0.0), (0.16, 22.0)),
        "rtp_spike" => peers((1.82, 85.0, 16.4), (2.68, 53.0)),
        "rtp_wifi" => peers((0.09, 89.0, 0.1), (1.14, 60.0)),
        "tms_clean" => peers((0.15, 33.0, 0.0), (0.16, 21.0)),
        "tms_coalesce" => peers((0.54, 77.0, 4.7), (1.35, 56.0)),
        "tms_heavy" => peers((3.85, 212.0, 38.1), (4.79, 195.0)),
        "tms_stall" => peers((1.23, 62.0, 11.7), (1.76, 48.0)),
        _ => panic!("no model {model}"),
    }
}

/// Less excess than speexdsp at no more delay.
pub(crate) fn beats_speex(ours: &Outcome, speex: Peer) -> bool {
    ours.excess() < speex.excess && ours.delay <= speex.delay
}

/// Less excess than NetEQ, or none, at no more delay and no more time-stretch, to the digits quoted.
pub(crate) fn beats_neteq(ours: &Outcome, neteq: Peer) -> bool {
    let less = ours.excess() < neteq.excess || ours.excess() < 0.005;
    less && ours.delay <= neteq.delay && ours.removed < neteq.removed + 0.05
}

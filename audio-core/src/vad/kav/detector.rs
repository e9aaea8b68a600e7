//! Features and network as one detector.

use super::features::{Features, INPUTS};
use super::network::Network;
use crate::frame::PcmFrame;
use crate::tone::{ToneWatch, WINDOW};
use crate::vad::{Pitch, STATE, Vad};

/// The Kav model: a recurrent network over features of the telephone band.
///
/// Scores are probabilities of speech. Causal, and the same bits on every machine; 3.5 kB of state
/// a call, the weights are shared. What it was trained on and how well it hears is in
/// `vad-training/README.md`.
#[derive(Clone, Debug, Default)]
pub struct KavVad {
    features: Features,
    network: Network,
    pitch: Pitch,
}

impl KavVad {
    /// Bytes of weights that all detectors of a process share.
    pub const WEIGHT_BYTES: usize = super::network::WEIGHT_BYTES;

    /// A detector that has heard nothing. The first one of a process builds the shared tables.
    pub fn new() -> Self {
        Self { features: Features::new(), network: Network::new(), pitch: Pitch::default() }
    }

    /// The score of the next frame, and whether `veto` takes it for a tone: of what both look at there is
    /// one copy and one spectrum.
    pub(in crate::vad) fn score_beside(&mut self, frame: &PcmFrame, veto: &mut ToneWatch) -> (f32, bool) {
        let (inputs, powers) = self.features.look(frame);
        let score = self.judge(&inputs);
        (score, veto.is_tone(self.features.newest::<WINDOW>(), &powers))
    }

    fn judge(&mut self, inputs: &[i16; INPUTS]) -> f32 {
        self.pitch = Features::pitch(inputs);
        self.network.push(inputs)
    }
}

impl Default for Network {
    fn default() -> Self {
        Self::new()
    }
}

impl Vad for KavVad {
    fn score(&mut self, frame: &PcmFrame) -> f32 {
        let inputs = self.features.process(frame);
        self.judge(&inputs)
    }

    fn pitch(&self) -> Pitch {
        self.pitch
    }

    fn state(&self) -> &[f32; STATE] {
        self.network.state()
    }

    fn reset(&mut self) {
        self.features.reset();
        self.network = Network::new();
        self.pitch = Pitch::default();
    }
}

//! A detector over one recording.

use audio_core::frame::FRAME_SAMPLES;
use audio_core::vad::{Detection, SpeechDetector};

/// What is known after every whole frame, from a fresh state.
pub(crate) fn run(detector: &mut SpeechDetector, pcm: &[i16]) -> Vec<Detection> {
    detector.reset();
    pcm.as_chunks::<FRAME_SAMPLES>().0.iter().map(|frame| detector.process(frame)).collect()
}

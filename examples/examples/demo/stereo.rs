//! The call as a stereo WAV: the caller left, the agent right.

use std::path::Path;

use audio_core::codec::ulaw;

pub(super) fn write(path: &Path, said: &[u8], heard: &[u8]) -> anyhow::Result<()> {
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: audio_core::frame::WIRE_RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut wav = hound::WavWriter::create(path, spec)?;
    let silence = audio_core::frame::ULAW_SILENCE;
    for i in 0..said.len().max(heard.len()) {
        for side in [said, heard] {
            wav.write_sample(ulaw::decode(side.get(i).copied().unwrap_or(silence)))?;
        }
    }
    Ok(wav.finalize()?)
}

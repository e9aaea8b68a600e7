//! How much a line sounds like voice, and how loud it is, every 10 ms.

use audio_core::echo::{EchoCanceller, EchoConfig};
use audio_core::frame::{Dbfs, FRAME_SAMPLES, PcmFrame};
use audio_core::vad::{KavVad, Vad as _};

/// Samples of a hop: 10 ms.
const HOP: usize = FRAME_SAMPLES / 2;
/// Length of a hop in ms.
pub(in crate::tape) const HOP_MS: u64 = 10;

/// A line, by ear.
#[derive(Clone, Debug, Default)]
pub(in crate::tape) struct Line {
    /// Probability of speech in each hop.
    pub(in crate::tape) voice: Vec<f32>,
    /// Level of each hop in dBFS.
    pub(in crate::tape) level: Vec<f32>,
}

/// Four passes of the voice detector: forwards and backwards, each from the first sample and from
/// 10 ms into the line.
pub(in crate::tape) fn listen(samples: &[i16]) -> Line {
    let backwards: Vec<i16> = samples.iter().rev().copied().collect();
    let forward = both_offsets(samples);
    let mut back = both_offsets(&backwards);
    back.reverse();
    // Counted from its end, a line that is no whole number of hops has them elsewhere: by less than one.
    let voice = forward.iter().zip(&back).map(|(a, b)| f32::midpoint(*a, *b)).collect();
    let level = samples.chunks(HOP).map(|hop| level(hop).0).collect();
    Line { voice, level }
}

fn both_offsets(samples: &[i16]) -> Vec<f32> {
    let hops = samples.len().div_ceil(HOP);
    let (mut sum, mut passes) = (vec![0.0f32; hops], vec![0.0f32; hops]);
    for offset in [0, 1] {
        let mut vad = KavVad::new();
        let from = (offset * HOP).min(samples.len());
        for (n, chunk) in samples[from..].chunks(FRAME_SAMPLES).enumerate() {
            let mut frame: PcmFrame = [0; FRAME_SAMPLES];
            frame[..chunk.len()].copy_from_slice(chunk);
            let score = vad.score(&frame);
            for hop in [offset + 2 * n, offset + 2 * n + 1] {
                if hop < hops {
                    sum[hop] += score;
                    passes[hop] += 1.0;
                }
            }
        }
    }
    sum.iter().zip(&passes).map(|(sum, passes)| sum / passes.max(1.0)).collect()
}

fn level(samples: &[i16]) -> Dbfs {
    let power: f64 = samples.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    Dbfs::from_rms((power / samples.len().max(1) as f64).sqrt() as f32)
}

/// The caller's line without the agent's echo: the canceller hears the call twice, the second time
/// with what it learned in the first.
pub(in crate::tape) fn without_echo(caller: &[i16], agent: &[i16]) -> Result<Vec<i16>, audio_core::Error> {
    let mut canceller = EchoCanceller::new(EchoConfig::default())?;
    let mut clean = Vec::with_capacity(caller.len());
    for _ in 0..2 {
        clean.clear();
        for (n, chunk) in caller.chunks(FRAME_SAMPLES).enumerate() {
            let mut frame: PcmFrame = [0; FRAME_SAMPLES];
            frame[..chunk.len()].copy_from_slice(chunk);
            let mut played: PcmFrame = [0; FRAME_SAMPLES];
            let from = (n * FRAME_SAMPLES).min(agent.len());
            let heard = &agent[from..(from + FRAME_SAMPLES).min(agent.len())];
            played[..heard.len()].copy_from_slice(heard);
            canceller.process(&played, &mut frame);
            clean.extend(&frame[..chunk.len()]);
        }
    }
    Ok(clean)
}

//! Deciding about interruptions, one frame of 20 ms at a time, by every preset: the agent speaks and the
//! caller is silent, the caller speaks over it (a new reply every two seconds, for one that was yielded to is
//! not judged again), or the agent is silent. Detection and echo cancellation are not part of it.
//!
//! ```text
//! cargo bench -p benches --bench barge_in
//! ```

use std::hint::black_box;

use audio_core::barge_in::{BargeInDetector, Memory, Near, Preset, Timbre};
use audio_core::frame::{Dbfs, FRAME_SAMPLES, PcmFrame, SampleTime};
use audio_core::vad::{SpeechDetector, VadConfig, VadKind};
use criterion::{Criterion, Throughput};

/// What the barge-in detector is told of each frame of a line.
fn told(line: &[PcmFrame]) -> Vec<Near> {
    let mut speech = SpeechDetector::new(VadKind::default(), VadConfig::hebrew()).expect("valid defaults");
    let near = |frame: &PcmFrame| {
        let found = speech.process(frame);
        let residual = Some(Dbfs(-45.0));
        Near {
            score: found.score,
            voiced: found.voiced,
            level: found.level,
            residual,
            timbre: Timbre::of(frame),
            pitch: found.pitch,
            memory: Memory::of(speech.state()),
        }
    };
    line.iter().map(near).collect()
}

fn bench(c: &mut Criterion) {
    let mut group = c.benchmark_group("barge_in");
    group.throughput(Throughput::Elements(1));
    let agent: Vec<Dbfs> = benches::speech("booking").iter().map(|frame| Dbfs::of(frame)).collect();
    let caller = told(&benches::speech("street"));
    let silence = told(&vec![[0; FRAME_SAMPLES]; 100]);
    for preset in Preset::ALL {
        for (name, line, speaks) in [
            ("over_the_agent", &caller, true),
            ("silent_caller", &silence, true),
            ("silent_agent", &caller, false),
        ] {
            let mut detector = BargeInDetector::new(preset.config());
            let (mut agent, mut line) = (agent.iter().cycle(), line.iter().cycle());
            let mut frames = 0u64;
            group.bench_function(format!("{name}/{preset}"), |b| {
                b.iter(|| {
                    frames += 1;
                    if speaks && let Some(&level) = agent.next() {
                        detector.agent_frame(((frames / 100) as u32, 0), black_box(level));
                    }
                    let at = SampleTime(frames * FRAME_SAMPLES as u64);
                    line.next().and_then(|&near| detector.caller_frame(at, black_box(near)))
                });
            });
        }
    }
    group.finish();
}

fn main() {
    benches::run(bench);
}

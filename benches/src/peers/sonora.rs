//! sonora: WebRTC's AEC3 in Rust, without its other stages. It processes at 16 kHz and resamples.

use audio_core::frame::PcmFrame;
use sonora::config::EchoCanceller;
use sonora::{AudioProcessing, Config, StreamConfig};

use super::Echo;

pub(super) fn echo() -> Echo {
    let config = Config { echo_canceller: Some(EchoCanceller::default()), ..Config::default() };
    let stream = StreamConfig::new(8_000, 1);
    let mut apm =
        AudioProcessing::builder().config(config).capture_config(stream).render_config(stream).build();
    Box::new(move |far: &PcmFrame, line: &mut PcmFrame| {
        let near = *line;
        let blocks = far.as_chunks::<80>().0.iter().zip(near.as_chunks::<80>().0);
        for ((far, near), out) in blocks.zip(line.as_chunks_mut::<80>().0) {
            let mut played = [0; 80];
            apm.process_render_i16(far, &mut played).expect("one block of its format");
            apm.process_capture_i16(near, out).expect("one block of its format");
        }
    })
}

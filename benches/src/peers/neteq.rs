//! The crate `neteq`, a port of WebRTC's NetEQ. Its clock is the machine's, and its history of
//! arrivals two seconds long by it: faster than real time it searches thousands of packets.

use audio_core::codec::ulaw;
use audio_core::frame::{FRAME_MS, FRAME_SAMPLES, WIRE_RATE};
use neteq::codec::AudioDecoder;
use neteq::{AudioPacket, NetEq, NetEqConfig, RtpHeader};

use super::Playout;

/// RTP's payload type of µ-law.
const PCMU: u8 = 0;

struct Ulaw;

impl AudioDecoder for Ulaw {
    fn sample_rate(&self) -> u32 {
        WIRE_RATE
    }

    fn channels(&self) -> u8 {
        1
    }

    fn decode(&mut self, encoded: &[u8]) -> neteq::Result<Vec<f32>> {
        Ok(encoded.iter().map(|&code| f32::from(ulaw::decode(code)) / 32_768.0).collect())
    }
}

pub(super) fn playout() -> Playout {
    let config = NetEqConfig { sample_rate: WIRE_RATE, ..NetEqConfig::default() };
    let mut neteq = NetEq::new(config).expect("the defaults are valid");
    neteq.register_decoder(PCMU, Box::new(Ulaw));
    Box::new(move |frame, out| {
        if let Some(frame) = frame {
            let header = RtpHeader::new(frame.seq as u16, frame.timestamp, 1, PCMU, false);
            let packet = AudioPacket::new(header, frame.payload.to_vec(), WIRE_RATE, 1, FRAME_MS);
            neteq.insert_packet(packet).expect("a usual packet");
        }
        for half in out.chunks_exact_mut(FRAME_SAMPLES / 2) {
            let audio = neteq.get_audio().expect("there is always audio");
            for (slot, sample) in half.iter_mut().zip(audio.samples) {
                *slot = (sample * 32_768.0) as i16;
            }
        }
    })
}

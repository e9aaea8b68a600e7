//! G.711 from other crates.

use std::sync::LazyLock;

use audio_codec::{Decoder as _, Encoder as _};
use codec_core::utils::{simd, tables};
use law_encoder::{InputFormat, LawEncoder, OutputFormat};
use wavekat_core::codec::g711 as wavekat;
use xlaw::{PcmXLawDecoder, PcmXLawEncoder};

use super::{Codec, Codes};
use audio_core::frame::{FRAME_SAMPLES, PcmFrame};

/// A function of one sample, over a frame.
#[inline(always)]
fn each<A: Copy, B>(from: &[A; FRAME_SAMPLES], to: &mut [B; FRAME_SAMPLES], convert: impl Fn(A) -> B) {
    for (to, &from) in to.iter_mut().zip(from) {
        *to = convert(from);
    }
}

static XLAW_ULAW: LazyLock<(PcmXLawEncoder, PcmXLawDecoder)> =
    LazyLock::new(|| (PcmXLawEncoder::new_ulaw(), PcmXLawDecoder::new_ulaw()));
static XLAW_ALAW: LazyLock<(PcmXLawEncoder, PcmXLawDecoder)> =
    LazyLock::new(|| (PcmXLawEncoder::new_alaw(), PcmXLawDecoder::new_alaw()));

pub(super) const ULAW: [Codec; 6] = [
    Codec {
        name: "audio_codec_algorithms",
        encode: |pcm, codes| each(pcm, codes, audio_codec_algorithms::encode_ulaw),
        decode: Some(|codes, pcm| each(codes, pcm, audio_codec_algorithms::decode_ulaw)),
    },
    Codec {
        name: "audio_codec",
        encode: |pcm, codes| {
            let _ = audio_codec::pcmu::PcmuEncoder::new().encode_into(pcm, codes);
        },
        decode: Some(|codes, pcm| {
            let _ = audio_codec::pcmu::PcmuDecoder::new().decode_into(codes, pcm);
        }),
    },
    Codec {
        name: "xlaw",
        encode: |pcm, codes| {
            let (encoder, _) = &*XLAW_ULAW;
            each(pcm, codes, |sample| encoder.encode(sample));
        },
        decode: Some(|codes, pcm| {
            let (_, decoder) = &*XLAW_ULAW;
            each(codes, pcm, |code| decoder.decode(code));
        }),
    },
    Codec {
        name: "rvoip_codec_core",
        encode: |pcm, codes| simd::encode_mulaw_optimized(pcm, codes),
        decode: Some(|codes, pcm| tables::decode_mulaw_batch(codes, pcm)),
    },
    Codec {
        name: "wavekat_core",
        encode: |pcm, codes| each(pcm, codes, wavekat::linear_to_ulaw),
        decode: Some(|codes, pcm| each(codes, pcm, wavekat::ulaw_to_linear)),
    },
    Codec {
        name: "law_encoder",
        encode: |pcm, codes| by_bytes(OutputFormat::Mulaw, pcm, codes),
        decode: None,
    },
];

pub(super) const ALAW: [Codec; 6] = [
    Codec {
        name: "audio_codec_algorithms",
        encode: |pcm, codes| each(pcm, codes, audio_codec_algorithms::encode_alaw),
        decode: Some(|codes, pcm| each(codes, pcm, audio_codec_algorithms::decode_alaw)),
    },
    Codec {
        name: "audio_codec",
        encode: |pcm, codes| {
            let _ = audio_codec::pcma::PcmaEncoder::new().encode_into(pcm, codes);
        },
        decode: Some(|codes, pcm| {
            let _ = audio_codec::pcma::PcmaDecoder::new().decode_into(codes, pcm);
        }),
    },
    Codec {
        name: "xlaw",
        encode: |pcm, codes| {
            let (encoder, _) = &*XLAW_ALAW;
            each(pcm, codes, |sample| encoder.encode(sample));
        },
        decode: Some(|codes, pcm| {
            let (_, decoder) = &*XLAW_ALAW;
            each(codes, pcm, |code| decoder.decode(code));
        }),
    },
    Codec {
        name: "rvoip_codec_core",
        encode: |pcm, codes| simd::encode_alaw_optimized(pcm, codes),
        decode: Some(|codes, pcm| tables::decode_alaw_batch(codes, pcm)),
    },
    Codec {
        name: "wavekat_core",
        encode: |pcm, codes| each(pcm, codes, wavekat::linear_to_alaw),
        decode: Some(|codes, pcm| each(codes, pcm, wavekat::alaw_to_linear)),
    },
    Codec {
        name: "law_encoder",
        encode: |pcm, codes| by_bytes(OutputFormat::Alaw, pcm, codes),
        decode: None,
    },
];

/// law-encoder takes bytes.
fn by_bytes(law: OutputFormat, pcm: &PcmFrame, codes: &mut Codes) {
    let mut bytes = [0; 2 * FRAME_SAMPLES];
    for (pair, sample) in bytes.as_chunks_mut().0.iter_mut().zip(pcm) {
        *pair = sample.to_le_bytes();
    }
    // The codes are as many as the samples, so there is nothing to refuse.
    let _ = LawEncoder.encode(InputFormat::LittleEndian, &bytes, law, codes);
}

//! A provider's audio, in whatever pieces it arrives, as µ-law at 8 kHz.
//!
//! A WAV header is recognised and read chunk by chunk (Microsoft RIFF, "Multiple Channel Audio Data and WAVE
//! Files", 2007): providers send one where their documentation promises none, and the other way round.

use audio_core::codec::ulaw;
use audio_core::frame::WIRE_RATE;
use audio_core::resample::Resampler;

/// How audio without a header is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// µ-law at 8 kHz: nothing is to be done.
    Ulaw,
    /// 16-bit little-endian mono at `rate` Hz.
    Pcm {
        /// Samples a second.
        rate: u32,
    },
}

/// The audio is not what a call can carry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// A WAV header with something else in it.
    #[error("WAV with {what} {value}: expected {expected}")]
    Format {
        /// The field.
        what: &'static str,
        /// What it held.
        value: u32,
        /// What it should hold.
        expected: &'static str,
    },
    /// Not one sample came before the end.
    #[error("no audio in {bytes} bytes")]
    Nothing {
        /// How many came.
        bytes: usize,
    },
    /// The header does not end.
    #[error("a WAV header longer than {0} bytes")]
    Header(usize),
}

/// Longest header that is read.
const MAX_HEADER: usize = 4_096;
const FORMAT_PCM: u16 = 1;
const FORMAT_ULAW: u16 = 7;
const FORMAT_EXTENSIBLE: u16 = 0xFFFE;

enum State {
    /// Bytes before the first sample.
    Header(Vec<u8>),
    /// µ-law passes; so many bytes are left of the data chunk.
    Ulaw { left: usize },
    /// PCM passes.
    Pcm { left: usize, odd: Option<u8>, resampler: Option<Box<Resampler>>, skip: usize },
}

/// Decodes one sentence.
pub struct Decoder {
    raw: Encoding,
    state: State,
    bytes: usize,
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decoder").field("raw", &self.raw).finish_non_exhaustive()
    }
}

impl Decoder {
    /// For audio that is `raw` unless it begins with a WAV header.
    pub fn new(raw: Encoding) -> Self {
        Self { raw, state: State::Header(Vec::new()), bytes: 0 }
    }

    /// The next bytes; appends what they become to `codes`.
    ///
    /// # Errors
    /// [`DecodeError`]; the decoder is of no more use then.
    pub fn push(&mut self, bytes: &[u8], codes: &mut Vec<u8>) -> Result<(), DecodeError> {
        self.bytes += bytes.len();
        if let State::Header(header) = &mut self.state {
            header.extend_from_slice(bytes);
            let header = std::mem::take(header);
            let Some((encoding, start, left)) = self.begin(&header)? else {
                if header.len() > MAX_HEADER {
                    return Err(DecodeError::Header(MAX_HEADER));
                }
                self.state = State::Header(header);
                return Ok(());
            };
            self.state = begun(encoding, left)?;
            self.data(&header[start..], codes);
            return Ok(());
        }
        self.data(bytes, codes);
        Ok(())
    }

    /// No more bytes will come; appends what is still inside.
    ///
    /// # Errors
    /// [`DecodeError::Nothing`] if there was no sample at all.
    pub fn finish(mut self, codes: &mut Vec<u8>) -> Result<(), DecodeError> {
        if let State::Header(header) = &self.state
            && !header.starts_with(b"RIFF")
            && !header.is_empty()
        {
            // Shorter than a header could be told from.
            let header = header.clone();
            self.state = begun(self.raw, usize::MAX)?;
            self.data(&header, codes);
        }
        match &mut self.state {
            State::Header(_) => return Err(DecodeError::Nothing { bytes: self.bytes }),
            State::Pcm { resampler: Some(resampler), skip, .. } => {
                let mut out = [0; 512];
                loop {
                    let produced = resampler.flush_i16(&mut out);
                    if produced == 0 {
                        break;
                    }
                    append(&out[..produced], skip, codes);
                }
            }
            _ => {}
        }
        if self.bytes == 0 {
            return Err(DecodeError::Nothing { bytes: 0 });
        }
        Ok(())
    }

    /// Encoding, first byte of audio and length of it, once they are known.
    fn begin(&self, head: &[u8]) -> Result<Option<(Encoding, usize, usize)>, DecodeError> {
        let magic = &head[..head.len().min(4)];
        if !b"RIFF".starts_with(magic) {
            return Ok(Some((self.raw, 0, usize::MAX)));
        }
        if head.len() < 12 {
            return Ok(None);
        }
        let (mut at, mut encoding) = (12_usize, None);
        while let Some((id, size)) = chunk(head, at) {
            let body = at + 8;
            if id == *b"data" {
                let Some(encoding) = encoding else {
                    return Err(DecodeError::Format { what: "format", value: 0, expected: "one" });
                };
                // Streams do not know their length: 0 and the largest number stand for "to the end".
                let left = if size == 0 || size >= u32::MAX as usize - 64 { usize::MAX } else { size };
                return Ok(Some((encoding, body, left)));
            }
            let Some(content) = head.get(body..body.saturating_add(size)) else { return Ok(None) };
            if id == *b"fmt " {
                encoding = Some(format(content)?);
            }
            // Chunks are padded to an even length.
            at = body + size + size % 2;
        }
        Ok(None)
    }

    fn data(&mut self, bytes: &[u8], codes: &mut Vec<u8>) {
        match &mut self.state {
            State::Header(_) => {}
            State::Ulaw { left } => {
                let take = bytes.len().min(*left);
                *left -= take;
                codes.extend_from_slice(&bytes[..take]);
            }
            State::Pcm { left, odd, resampler, skip } => {
                let take = bytes.len().min(*left);
                *left -= take;
                let pcm = samples(odd, &bytes[..take]);
                let Some(resampler) = resampler else { return append(&pcm, skip, codes) };
                let (mut input, mut out) = (&pcm[..], [0; 512]);
                loop {
                    let done = resampler.process_i16(input, &mut out);
                    append(&out[..done.produced], skip, codes);
                    input = &input[done.consumed..];
                    if done.produced == 0 && input.is_empty() {
                        break;
                    }
                }
            }
        }
    }
}

fn begun(encoding: Encoding, left: usize) -> Result<State, DecodeError> {
    Ok(match encoding {
        Encoding::Ulaw => State::Ulaw { left },
        Encoding::Pcm { rate: WIRE_RATE } => State::Pcm { left, odd: None, resampler: None, skip: 0 },
        Encoding::Pcm { rate } => {
            let resampler = Resampler::new(rate, WIRE_RATE).map_err(|_| DecodeError::Format {
                what: "sample rate",
                value: rate,
                expected: RATES,
            })?;
            let skip = resampler.delay();
            State::Pcm { left, odd: None, resampler: Some(Box::new(resampler)), skip }
        }
    })
}

const RATES: &str = "8000 to 48000";

fn chunk(bytes: &[u8], at: usize) -> Option<([u8; 4], usize)> {
    let id = bytes.get(at..at + 4)?.try_into().ok()?;
    let size = u32::from_le_bytes(bytes.get(at + 4..at + 8)?.try_into().ok()?);
    Some((id, size as usize))
}

fn format(content: &[u8]) -> Result<Encoding, DecodeError> {
    let short = |at: usize| {
        content.get(at..at + 2).and_then(|two| two.try_into().ok()).map(u16::from_le_bytes).unwrap_or(0)
    };
    let tag = match short(0) {
        // The format proper is the first field of the sub-format.
        FORMAT_EXTENSIBLE => short(24),
        tag => tag,
    };
    let (channels, bits) = (short(2), short(14));
    let rate = u32::from(short(4)) | u32::from(short(6)) << 16;
    let wrong = |what, value, expected| Err(DecodeError::Format { what, value, expected });
    if channels != 1 {
        return wrong("channels", channels.into(), "1");
    }
    match (tag, bits) {
        (FORMAT_PCM, 16) if (8_000..=48_000).contains(&rate) => Ok(Encoding::Pcm { rate }),
        (FORMAT_ULAW, 8) if rate == WIRE_RATE => Ok(Encoding::Ulaw),
        (FORMAT_PCM, 16) => wrong("sample rate", rate, RATES),
        (FORMAT_ULAW, 8) => wrong("sample rate", rate, "8000"),
        (FORMAT_PCM | FORMAT_ULAW, _) => wrong("bits a sample", bits.into(), "16, or 8 of µ-law"),
        _ => wrong("format", tag.into(), "1 (PCM) or 7 (µ-law)"),
    }
}

/// Little-endian samples; half a sample waits for its other half.
fn samples(odd: &mut Option<u8>, bytes: &[u8]) -> Vec<i16> {
    let mut pcm = Vec::with_capacity(bytes.len() / 2 + 1);
    let mut rest = bytes;
    if let (Some(low), Some((high, after))) = (*odd, rest.split_first()) {
        pcm.push(i16::from_le_bytes([low, *high]));
        *odd = None;
        rest = after;
    }
    let (pairs, last) = rest.as_chunks::<2>();
    pcm.extend(pairs.iter().map(|pair| i16::from_le_bytes(*pair)));
    if let Some(low) = last.first() {
        *odd = Some(*low);
    }
    pcm
}

/// Encodes, leaving out what the resampler's delay puts first.
fn append(pcm: &[i16], skip: &mut usize, codes: &mut Vec<u8>) {
    let skipped = pcm.len().min(*skip);
    *skip -= skipped;
    codes.extend(pcm[skipped..].iter().map(|sample| ulaw::encode(*sample)));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wav(tag: u16, rate: u32, bits: u16, extra: &[u8], data: &[u8]) -> Vec<u8> {
        let mut out = b"RIFF\0\0\0\0WAVEfmt ".to_vec();
        let size = if tag == FORMAT_ULAW { 18_u32 } else { 16 };
        out.extend(size.to_le_bytes());
        out.extend(tag.to_le_bytes());
        out.extend(1_u16.to_le_bytes());
        out.extend(rate.to_le_bytes());
        out.extend((rate * u32::from(bits) / 8).to_le_bytes());
        out.extend((bits / 8).to_le_bytes());
        out.extend(bits.to_le_bytes());
        out.extend(vec![0; size as usize - 16]);
        out.extend(extra);
        out.extend(b"data");
        out.extend((data.len() as u32).to_le_bytes());
        out.extend(data);
        out
    }

    fn decode(raw: Encoding, bytes: &[u8], cuts: &[usize]) -> Result<Vec<u8>, DecodeError> {
        let (mut decoder, mut codes, mut rest) = (Decoder::new(raw), Vec::new(), bytes);
        for cut in cuts.iter().chain([&usize::MAX]) {
            let (now, later) = rest.split_at(rest.len().min(*cut));
            decoder.push(now, &mut codes)?;
            rest = later;
        }
        decoder.finish(&mut codes)?;
        Ok(codes)
    }

    /// A-AUD-012: no byte of a header is heard, however long it is, wherever the pieces are cut.
    #[test]
    fn a_header_is_not_heard() {
        let data: Vec<u8> = (0..=255).collect();
        // An odd chunk is padded; a fact chunk belongs to µ-law.
        let extra = b"fact\x04\0\0\0\0\x01\0\0LIST\x03\0\0\0abc\0";
        let file = wav(FORMAT_ULAW, 8_000, 8, extra, &data);
        for cut in 1..file.len() {
            assert_eq!(decode(Encoding::Pcm { rate: 24_000 }, &file, &[cut]), Ok(data.clone()), "{cut}");
        }
        // What follows the data is no audio.
        let trailed = [&file[..], b"LIST\x04\0\0\0abcd"].concat();
        assert_eq!(decode(Encoding::Ulaw, &trailed, &[]), Ok(data.clone()));
        assert_eq!(decode(Encoding::Ulaw, &data, &[1, 1, 1]), Ok(data));
    }

    #[test]
    fn what_a_call_cannot_carry_is_named() {
        let format = |tag, rate, bits| {
            decode(Encoding::Ulaw, &wav(tag, rate, bits, b"", &[0; 8]), &[]).expect_err("unfit").to_string()
        };
        assert_eq!(format(3, 24_000, 32), "WAV with format 3: expected 1 (PCM) or 7 (µ-law)");
        assert_eq!(format(1, 96_000, 16), "WAV with sample rate 96000: expected 8000 to 48000");
        assert_eq!(format(1, 24_000, 8), "WAV with bits a sample 8: expected 16, or 8 of µ-law");
        assert_eq!(decode(Encoding::Ulaw, b"", &[]), Err(DecodeError::Nothing { bytes: 0 }));
        assert_eq!(decode(Encoding::Ulaw, b"RIFF", &[]), Err(DecodeError::Nothing { bytes: 4 }));
        let endless = [b"RIFF\0\0\0\0WAVELIST\xff\xff\0\0".as_slice(), &[0; 9_000]].concat();
        assert_eq!(decode(Encoding::Ulaw, &endless, &[]), Err(DecodeError::Header(MAX_HEADER)));
    }

    /// The length is a third of 24 kHz, and a tone comes out at its place.
    #[test]
    fn what_comes_at_24_khz_leaves_at_8() {
        let tone = |rate: u32| {
            (0..rate / 2).map(move |n| {
                let phase = std::f64::consts::TAU * 440.0 * f64::from(n) / f64::from(rate);
                (phase.sin() * 8_000.0) as i16
            })
        };
        let bytes: Vec<u8> = tone(24_000).flat_map(i16::to_le_bytes).collect();
        let codes = decode(Encoding::Pcm { rate: 24_000 }, &bytes, &[7, 1, 1_001]).expect("audio");
        assert_eq!(codes.len(), 4_000);
        let expected: Vec<i16> = tone(8_000).collect();
        let error = |n: usize| (f64::from(ulaw::decode(codes[n])) - f64::from(expected[n])).abs();
        let mean = (400..3_600).map(error).sum::<f64>() / 3_200.0;
        assert!(mean < 400.0, "mean error {mean}");
    }

    proptest! {
        /// Hostile bytes in hostile pieces never panic, and the cuts do not change what comes out.
        #[test]
        fn cuts_do_not_matter(
            bytes in proptest::collection::vec(any::<u8>(), 0..600),
            riff in any::<bool>(),
            cuts in proptest::collection::vec(0_usize..40, 0..30),
        ) {
            let bytes = if riff { wav(1, 16_000, 16, b"", &bytes) } else { bytes };
            let raw = Encoding::Pcm { rate: 8_000 };
            prop_assert_eq!(decode(raw, &bytes, &cuts), decode(raw, &bytes, &[]));
        }
    }
}

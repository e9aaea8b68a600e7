//! Other people's work, for the same runs as ours: the feature `peers`.
//!
//! Without the feature every list here is empty and nothing of it is compiled. The C libraries
//! among the peers are there if the system has them; see `build.rs`.
//!
//! ```text
//! apt install libsoxr-dev libspeexdsp-dev libsamplerate0-dev libspandsp-dev pkg-config
//! cargo bench -p benches --features peers --bench codec        or resampler, jitter, conceal, dtmf
//! ```

// What is there depends on cfgs, which `vec!` does not take.
#![allow(clippy::vec_init_then_push)]

use audio_core::frame::{FRAME_SAMPLES, PcmFrame, WireFrame};

#[cfg(feature = "peers")]
mod codec;
#[cfg(feature = "peers")]
mod floats;
#[cfg(feature = "peers")]
mod neteq;
#[cfg(feature = "peers")]
mod resample;
// The C libraries; every unsafe block is argued there.
#[cfg(all(feature = "peers", peer_samplerate))]
#[allow(unsafe_code)]
mod samplerate;
#[cfg(feature = "peers")]
mod sonora;
#[cfg(all(feature = "peers", peer_soxr))]
#[allow(unsafe_code)]
mod soxr;
#[cfg(all(feature = "peers", peer_spandsp))]
#[allow(unsafe_code)]
mod spandsp;
#[cfg(all(feature = "peers", peer_speexdsp))]
#[allow(unsafe_code)]
mod speex_echo;
#[cfg(all(feature = "peers", peer_speexdsp))]
#[allow(unsafe_code)]
mod speex_preprocess;
#[cfg(all(feature = "peers", peer_speexdsp))]
#[allow(unsafe_code)]
mod speexdsp;

/// One frame of G.711 codes.
pub type Codes = [u8; FRAME_SAMPLES];

/// One law of G.711, a frame at a time.
#[derive(Clone, Copy, Debug)]
pub struct Codec {
    /// The crate.
    pub name: &'static str,
    /// Samples to codes.
    pub encode: fn(&PcmFrame, &mut Codes),
    /// Codes to samples, if the crate can.
    pub decode: Option<fn(&Codes, &mut PcmFrame)>,
}

/// Converts a chunk of 20 ms and returns how many samples came out.
pub type Resample = Box<dyn FnMut(&[i16], &mut [i16]) -> usize>;
/// Takes what has arrived, if anything, and plays the next 20 ms.
pub type Playout = Box<dyn FnMut(Option<&WireFrame>, &mut PcmFrame)>;
/// Takes the far end's 20 ms out of the line's, in place.
pub type Echo = Box<dyn FnMut(&PcmFrame, &mut PcmFrame)>;
/// An echo canceller's name, and what makes a new one.
pub type NamedEcho = (&'static str, fn() -> Echo);
/// Suppresses the noise of 20 ms, in place; what comes out is late.
pub type Denoise = Box<dyn FnMut(&mut PcmFrame)>;
/// A noise suppressor's name, its delay in samples, and what makes a new one.
pub type NamedDenoise = (&'static str, usize, fn() -> Denoise);
/// A jitter buffer that plays packets of 20 ms whole or not at all.
pub trait PacketBuffer {
    /// Takes a frame that has arrived.
    fn put(&mut self, frame: &WireFrame);
    /// The timestamp of the packet played in the next 20 ms; `None`: they are to be concealed.
    fn get(&mut self) -> Option<u32>;
}

/// Plays a frame that has arrived, or (`false`) overwrites it with a concealed one.
pub type Conceal = Box<dyn FnMut(&mut PcmFrame, bool)>;
/// Listens to a frame and returns how many digits it completed.
pub type Dtmf = Box<dyn FnMut(&PcmFrame) -> usize>;

/// µ-law.
pub fn ulaw() -> Vec<Codec> {
    #[cfg(feature = "peers")]
    return codec::ULAW.to_vec();
    #[cfg(not(feature = "peers"))]
    Vec::new()
}

/// A-law.
pub fn alaw() -> Vec<Codec> {
    #[cfg(feature = "peers")]
    return codec::ALAW.to_vec();
    #[cfg(not(feature = "peers"))]
    Vec::new()
}

/// Resamplers from one rate to another, by name.
pub fn resamplers(from: u32, to: u32) -> Vec<(&'static str, Resample)> {
    #[cfg(feature = "peers")]
    return resample::all(from, to);
    #[cfg(not(feature = "peers"))]
    {
        let _ = (from, to);
        Vec::new()
    }
}

/// Adaptive jitter buffers that read the machine's clock: run them in real time.
pub fn clocked_playouts() -> Vec<(&'static str, Playout)> {
    #[allow(unused_mut)]
    let mut all: Vec<(&str, Playout)> = Vec::new();
    #[cfg(feature = "peers")]
    all.push(("neteq_crate", neteq::playout()));
    all
}

/// Adaptive jitter buffers, by name.
pub fn playouts() -> Vec<(&'static str, Playout)> {
    #[allow(unused_mut)]
    let mut all: Vec<(&str, Playout)> = Vec::new();
    #[cfg(all(feature = "peers", peer_speexdsp))]
    all.push(("speexdsp", speexdsp::playout()));
    all
}

/// Jitter buffers of whole packets, by name.
pub fn packet_buffers() -> Vec<(&'static str, Box<dyn PacketBuffer>)> {
    #[allow(unused_mut)]
    let mut all: Vec<(&str, Box<dyn PacketBuffer>)> = Vec::new();
    #[cfg(all(feature = "peers", peer_speexdsp))]
    all.push(("speexdsp", speexdsp::packet_buffer()));
    all
}

/// Loss concealers, by name.
pub fn concealers() -> Vec<(&'static str, Conceal)> {
    #[allow(unused_mut)]
    let mut all: Vec<(&str, Conceal)> = Vec::new();
    #[cfg(all(feature = "peers", peer_spandsp))]
    all.push(("spandsp_plc", spandsp::concealer()));
    all
}

/// DTMF receivers, by name.
pub fn dtmf() -> Vec<(&'static str, Dtmf)> {
    #[allow(unused_mut)]
    let mut all: Vec<(&str, Dtmf)> = Vec::new();
    #[cfg(all(feature = "peers", peer_spandsp))]
    all.push(("spandsp", spandsp::dtmf()));
    all
}

/// Echo cancellers.
pub fn echo() -> Vec<NamedEcho> {
    #[allow(unused_mut)]
    let mut all: Vec<NamedEcho> = Vec::new();
    #[cfg(all(feature = "peers", peer_speexdsp))]
    all.push(("speexdsp_64ms", || speex_echo::echo(64)));
    #[cfg(all(feature = "peers", peer_speexdsp))]
    all.push(("speexdsp_400ms", || speex_echo::echo(400)));
    #[cfg(feature = "peers")]
    all.push(("sonora_aec3", sonora::echo));
    all
}

/// Noise suppressors.
pub fn denoise() -> Vec<NamedDenoise> {
    #[allow(unused_mut)]
    let mut all: Vec<NamedDenoise> = Vec::new();
    #[cfg(all(feature = "peers", peer_speexdsp))]
    all.push(("speexdsp", FRAME_SAMPLES, speex_preprocess::denoise));
    all
}

//! The WAV reader on any bytes: an answer or a sentence, memory in proportion to the file, and what
//! was read is the same after writing it. A repair leaves a file that needs none and can be read.
#![no_main]

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use audio_core::tape::{
    WavError, read_wav_8k, read_wav_8k_stereo, recover_wav, write_wav_8k, write_wav_8k_stereo,
};
use fuzz_kit::files::folder;
use libfuzzer_sys::fuzz_target;

/// Bytes of memory per byte of file: µ-law at 4 kHz, resampled in `f32`, is the worst with 19.
const PER_BYTE: usize = 24;
/// What the reader needs at all; an FFT for the worst pair of rates has blocks of 24 000.
const FIXED: usize = 16 << 20;

/// The system's allocator with a high-water mark.
struct Peak;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static HIGHEST: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Peak = Peak;

// SAFETY: every method forwards its arguments unchanged to `System`, which upholds the contract;
// the counters are atomics and allocate nothing. Reallocation goes through the default method.
unsafe impl GlobalAlloc for Peak {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.fetch_add(layout.size(), Relaxed) + layout.size();
        HIGHEST.fetch_max(live, Relaxed);
        // SAFETY: the caller upholds `alloc`'s contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller upholds `dealloc`'s contract.
        unsafe { System.dealloc(ptr, layout) }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let path = folder().join("x.wav");
    fs::write(&path, bytes).expect("written");
    let mono = measured(bytes.len(), || read_wav_8k(&path));
    let stereo = measured(bytes.len(), || read_wav_8k_stereo(&path));
    assert!(mono.is_err() || stereo.is_err(), "one channel and two");
    repair(&path, mono.as_ref().ok());
    match (mono, stereo) {
        (Ok(pcm), _) => {
            // At 4 kHz one byte becomes two samples.
            assert!(pcm.len() <= 2 * bytes.len());
            write_wav_8k(&path, &pcm).expect("written");
            assert!(read_wav_8k(&path).expect("just written") == pcm);
        }
        (_, Ok([left, right])) => {
            assert_eq!(left.len(), right.len());
            write_wav_8k_stereo(&path, &left, &right).expect("written");
            assert!(read_wav_8k_stereo(&path).expect("just written") == [left, right]);
        }
        (Err(a), Err(b)) => [a, b].iter().for_each(|error| explains(error, &path)),
    }
});

/// Runs a reader and holds it to its share of memory.
fn measured<T>(bytes: usize, read: impl FnOnce() -> T) -> T {
    let before = LIVE.load(Relaxed);
    HIGHEST.store(before, Relaxed);
    let read = read();
    let used = HIGHEST.load(Relaxed) - before;
    assert!(used <= FIXED + PER_BYTE * bytes, "{used} bytes of memory for {bytes}");
    read
}

fn explains(error: &WavError, path: &Path) {
    assert!(!error.problem.is_empty());
    assert!(error.to_string().starts_with(&path.display().to_string()), "{error}");
}

/// What could be read before begins what can be read after, and a second repair changes nothing.
fn repair(path: &Path, readable: Option<&Vec<i16>>) {
    let done = match recover_wav(path) {
        Ok(done) => done,
        Err(error) => {
            explains(&error, path);
            assert!(readable.is_none(), "readable, and no repair: {error}");
            return;
        }
    };
    let repaired = fs::read(path).expect("readable");
    let again = recover_wav(path).expect("repaired a moment ago");
    assert_eq!((again.declared_frames, again.frames), (done.frames, done.frames));
    assert!(repaired == fs::read(path).expect("readable"), "a second repair changed something");
    if let Some(before) = readable {
        let after = read_wav_8k(path).expect("it was readable before");
        assert!(after.len() >= before.len(), "a repair lost samples");
        assert!(done.frames >= done.declared_frames);
    }
}

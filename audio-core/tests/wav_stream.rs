//! WAV files written while a call runs: whole at every moment, and no memory.
#![cfg(feature = "tape")]

use std::fs;
use std::path::{Path, PathBuf};

use audio_core::codec::{alaw, ulaw};
use audio_core::sys::alloc::{CountingAllocator, count_on_this_thread};
use audio_core::tape::{
    WavEncoding, WavRecovery, WavSpec, WavWriter, read_wav_8k, read_wav_8k_stereo, recover_wav, write_wav_8k,
    write_wav_8k_stereo,
};
use proptest::prelude::*;
use tempfile::TempDir;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

const ENCODINGS: [WavEncoding; 3] = [WavEncoding::Pcm16, WavEncoding::Ulaw, WavEncoding::Alaw];
const FRAME: usize = 160;
const SECOND: usize = 8_000;

fn folder() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("temporary folder");
    let path = dir.path().join("x.wav");
    (dir, path)
}

/// Sample `i` of a recording: what is missing or misplaced shows.
fn sample(i: usize) -> i16 {
    (i.wrapping_mul(40_503) >> 3) as i16
}

fn samples(n: usize) -> Vec<i16> {
    (0..n).map(sample).collect()
}

/// What an encoding makes of a sample.
fn stored(encoding: WavEncoding, sample: i16) -> i16 {
    match encoding {
        WavEncoding::Ulaw => ulaw::decode(ulaw::encode(sample)),
        WavEncoding::Alaw => alaw::decode(alaw::encode(sample)),
        _ => sample,
    }
}

fn hound(path: &Path) -> Vec<i16> {
    let reader = hound::WavReader::open(path).expect("hound opens it");
    reader.into_samples().map(|s| s.expect("hound reads it")).collect()
}

fn create(path: &Path, channels: u16, encoding: WavEncoding) -> WavWriter {
    WavWriter::create(path, WavSpec { rate: 8_000, channels, encoding }).expect("created")
}

#[test]
fn pcm_is_written_as_hound_writes_it() {
    let ((_dir, ours), (_other, theirs)) = (folder(), folder());
    for n in [0, 1, 159, 8_000, 20_001] {
        let pcm = samples(n);
        let mut wav = create(&ours, 1, WavEncoding::Pcm16);
        pcm.chunks(FRAME).for_each(|chunk| wav.write(chunk).expect("written"));
        assert_eq!(wav.frames(), n as u64);
        wav.finish().expect("finished");
        write_wav_8k(&theirs, &pcm).expect("written");
        assert!(fs::read(&ours).expect("ours") == fs::read(&theirs).expect("theirs"), "mono, {n}");
        let mut wav = create(&ours, 2, WavEncoding::Pcm16);
        wav.write_stereo(&pcm, &pcm[..n / 3]).expect("written");
        wav.finish().expect("finished");
        write_wav_8k_stereo(&theirs, &pcm, &pcm[..n / 3]).expect("written");
        assert!(fs::read(&ours).expect("ours") == fs::read(&theirs).expect("theirs"), "stereo, {n}");
    }
}

#[test]
fn the_file_is_whole_at_every_moment() {
    let (_dir, path) = folder();
    for encoding in ENCODINGS {
        for channels in [1usize, 2] {
            let pcm = samples(3 * SECOND * channels);
            let mut wav = create(&path, channels as u16, encoding);
            let mut given = 0;
            for frame in pcm.chunks(FRAME * channels) {
                // What the system holds now is what a kill would leave.
                let read = match channels {
                    1 => read_wav_8k(&path).expect("mono"),
                    _ => {
                        let [left, right] = read_wav_8k_stereo(&path).expect("stereo");
                        left.into_iter().zip(right).flat_map(|(l, r)| [l, r]).collect()
                    }
                };
                if encoding == WavEncoding::Pcm16 {
                    assert_eq!(hound(&path), read);
                }
                assert!(read.len() + SECOND * channels > given, "{} of {given}", read.len());
                let right = read.iter().zip(&pcm).all(|(&read, &pcm)| read == stored(encoding, pcm));
                assert!(right, "{encoding:?} after {given}");
                wav.write(frame).expect("written");
                given += frame.len();
            }
        }
    }
}

#[test]
fn g711_has_the_header_of_its_format() {
    let (_dir, path) = folder();
    for (encoding, tag) in [(WavEncoding::Alaw, 6), (WavEncoding::Ulaw, 7)] {
        let mut wav = create(&path, 1, encoding);
        wav.write(&[0, 1_000, -1_000]).expect("written");
        wav.checkpoint().expect("written");
        // The third byte is there and is claimed with a fourth.
        assert_eq!((read_wav_8k(&path).expect("even").len(), fs::read(&path).expect("file").len()), (2, 61));
        wav.write(&[5; 2]).expect("written");
        wav.finish().expect("finished");
        let bytes = fs::read(&path).expect("file");
        // The last byte is padding.
        assert_eq!(bytes.len(), 58 + 5 + 1);
        assert_eq!(bytes[..8], *b"RIFF\x38\0\0\0");
        assert_eq!(bytes[8..20], *b"WAVEfmt \x12\0\0\0");
        assert_eq!(bytes[20..38], [tag, 0, 1, 0, 0x40, 0x1f, 0, 0, 0x40, 0x1f, 0, 0, 1, 0, 8, 0, 0, 0]);
        assert_eq!(bytes[38..58], *b"fact\x04\0\0\0\x05\0\0\0data\x05\0\0\0");
        assert_eq!(bytes[63], 0);
        let expected = [0, 1_000, -1_000, 5, 5].map(|s| stored(encoding, s));
        assert_eq!(read_wav_8k(&path).expect("readable"), expected);
    }
}

#[test]
fn a_side_that_stops_is_filled_with_silence() {
    let (_dir, path) = folder();
    let mut wav = create(&path, 2, WavEncoding::Pcm16);
    // The right side is two seconds late; what the left one is ahead waits, a second of it at most.
    (0..100).for_each(|_| wav.write_stereo(&[1; FRAME], &[]).expect("written"));
    assert_eq!(wav.frames() as usize, SECOND);
    wav.write_stereo(&[], &[2; FRAME]).expect("written");
    wav.pad().expect("written");
    assert_eq!(wav.frames() as usize, 2 * SECOND);
    wav.write(&[3, 4]).expect("written");
    wav.write_stereo(&[], &[5]).expect("written");
    drop(wav);
    let [left, right] = read_wav_8k_stereo(&path).expect("readable");
    let mut expected = [vec![1; 2 * SECOND], vec![0; 2 * SECOND]];
    expected[1][SECOND..SECOND + FRAME].fill(2);
    expected[0].extend([3, 0]);
    expected[1].extend([4, 5]);
    assert!([left, right] == expected);
}

#[test]
fn errors_name_the_file() {
    let (dir, path) = folder();
    let name = path.display().to_string();
    let spec = WavSpec::MONO_8K;
    let refused = |spec| WavWriter::create(&path, spec).expect_err("impossible").to_string();
    let three = WavSpec { channels: 3, ..spec };
    assert_eq!(refused(three), format!("{name}: cannot be written with 3 channels, only with 1 or 2"));
    let still = WavSpec { rate: 0, ..spec };
    assert_eq!(refused(still), format!("{name}: cannot be written at 0 Hz, only at 1 to 192000"));
    assert!(!path.exists());
    let nowhere = dir.path().join("no/x.wav");
    let error = WavWriter::create(&nowhere, spec).expect_err("no folder").to_string();
    assert!(error.starts_with(&format!("{}: ", nowhere.display())), "{error}");
    let mut stereo = create(&path, 2, WavEncoding::Pcm16);
    let error = stereo.write(&[1; 3]).expect_err("half a frame").to_string();
    assert_eq!(error, format!("{name}: takes whole frames: 3 samples are none"));
    stereo.write(&[1; 4]).expect("nothing was harmed");
    stereo.finish().expect("finished");
    assert_eq!(hound(&path), [1; 4]);
    let error = create(&path, 1, WavEncoding::Pcm16).write_stereo(&[1], &[]).expect_err("mono").to_string();
    assert_eq!(error, format!("{name}: has one channel: write_stereo needs two"));
}

/// An hour of both tracks and of both together.
#[test]
fn an_hour_allocates_nothing() {
    let (dir, mono) = folder();
    let mut mono = create(&mono, 1, WavEncoding::Pcm16);
    let mut stereo = create(&dir.path().join("s.wav"), 2, WavEncoding::Ulaw);
    let pcm = samples(FRAME);
    let ((), calls) = count_on_this_thread(|| {
        for n in 0..180_000u32 {
            mono.write(&pcm).expect("written");
            // Now one side comes, now the other, now both.
            let (left, right) = (n % 3 != 0, n % 3 != 1);
            let side = |comes: bool| if comes { &pcm[..] } else { &[] };
            stereo.write_stereo(side(left), side(right)).expect("written");
        }
        mono.checkpoint().expect("written");
        stereo.checkpoint().expect("written");
    });
    assert_eq!(calls, 0);
    assert_eq!(mono.frames(), 28_800_000);
    assert_eq!(fs::metadata(mono.path()).expect("file").len(), 57_600_044);
}

#[test]
fn what_a_header_does_not_claim_is_recovered() {
    let (_dir, path) = folder();
    for encoding in ENCODINGS {
        for channels in [1, 2] {
            let block = usize::from(channels) * if encoding == WavEncoding::Pcm16 { 2 } else { 1 };
            create(&path, channels, encoding)
                .write(&samples(2_000 * usize::from(channels)))
                .expect("finished by drop");
            let whole = fs::read(&path).expect("file");
            let start = whole.len() - 2_000 * block;
            let done = |declared_frames, frames| WavRecovery { declared_frames, frames };
            // A file that is right stays as it is.
            assert_eq!(recover_wav(&path).expect("right"), done(2_000, 2_000));
            assert!(fs::read(&path).expect("file") == whole);
            // Killed between two checkpoints, in the middle of a frame.
            let mut killed = create(&path, channels, encoding);
            killed.write(&samples(10 * usize::from(channels))).expect("written");
            killed.checkpoint().expect("written");
            drop(killed);
            let mut bytes = fs::read(&path).expect("file");
            bytes.extend_from_slice(&whole[start + 10 * block..whole.len() - 1]);
            fs::write(&path, &bytes).expect("written");
            let left = 2_000 - 1;
            assert_eq!(recover_wav(&path).expect("recovered"), done(10, left), "{encoding:?} {channels}");
            let mut wav = create(&path.with_extension("expected"), channels, encoding);
            wav.write(&samples(left as usize * usize::from(channels))).expect("written");
            wav.finish().expect("finished");
            let expected = fs::read(path.with_extension("expected")).expect("file");
            assert!(fs::read(&path).expect("file") == expected, "{encoding:?} {channels}");
            // Sizes of a pipe, and a disk that was full.
            for size in [0u32, u32::MAX, 0x7fff_ffff] {
                let mut bytes = whole[..whole.len() - 1].to_vec();
                bytes[4..8].copy_from_slice(&size.to_le_bytes());
                bytes[start - 4..start].copy_from_slice(&size.to_le_bytes());
                fs::write(&path, &bytes).expect("written");
                assert_eq!(recover_wav(&path).expect("recovered").frames, left, "{size:x}");
                assert!(fs::read(&path).expect("file") == expected, "{encoding:?} {channels} {size:x}");
            }
        }
    }
}

#[test]
fn what_cannot_be_recovered_is_said_and_left_alone() {
    let (_dir, path) = folder();
    create(&path, 1, WavEncoding::Ulaw).write(&[1; 100]).expect("finished by drop");
    let whole = fs::read(&path).expect("file");
    let mut cases: Vec<(Vec<u8>, &str)> =
        vec![(Vec::new(), "is empty"), (vec![0; 100], "is not a RIFF/WAVE file")];
    cases.extend((1..12).map(|n| (whole[..n].to_vec(), "is not a RIFF/WAVE file")));
    cases.extend((20..38).map(|n| (whole[..n].to_vec(), "breaks off in its header")));
    cases.extend((38..58).map(|n| (whole[..n].to_vec(), "has no data")));
    let mut silent = whole.clone();
    silent[22] = 0;
    cases.push((silent, "has 0 channels"));
    for (bytes, problem) in cases {
        fs::write(&path, &bytes).expect("written");
        let error = recover_wav(&path).expect_err("beyond repair").to_string();
        assert_eq!(error, format!("{}: {problem}", path.display()));
        assert!(fs::read(&path).expect("file") == bytes);
    }
    // Nothing but a header is a recording of nothing.
    fs::write(&path, &whole[..58]).expect("written");
    assert_eq!(recover_wav(&path).expect("empty"), WavRecovery { declared_frames: 100, frames: 0 });
    assert!(read_wav_8k(&path).expect("empty").is_empty());
    // A chunk behind the data is none of it.
    let mut tagged = whole;
    tagged.extend_from_slice(b"LIST\x04\0\0\0abcd");
    let size = tagged.len() as u32 - 8;
    tagged[4..8].copy_from_slice(&size.to_le_bytes());
    fs::write(&path, &tagged).expect("written");
    assert_eq!(recover_wav(&path).expect("right"), WavRecovery { declared_frames: 100, frames: 100 });
    assert!(fs::read(&path).expect("file") == tagged);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However the two sides are cut, they come out side by side.
    #[test]
    fn sides_in_any_portions_are_paired(
        portions in prop::collection::vec((0usize..400, 0usize..400), 0..12),
    ) {
        let (_dir, path) = folder();
        let (mut left, mut right) = (Vec::new(), Vec::new());
        let mut wav = create(&path, 2, WavEncoding::Pcm16);
        for (l, r) in portions {
            let (was_left, was_right) = (left.len(), right.len());
            left.extend((was_left..was_left + l).map(sample));
            right.extend((was_right..was_right + r).map(|i| !sample(i)));
            wav.write_stereo(&left[was_left..], &right[was_right..]).expect("written");
        }
        wav.finish().expect("finished");
        let frames = left.len().max(right.len());
        left.resize(frames, 0);
        right.resize(frames, 0);
        prop_assert!(read_wav_8k_stereo(&path).expect("readable") == [left, right]);
    }

    /// What is written in any portions, with checkpoints anywhere, is read back.
    #[test]
    fn what_is_written_is_read_back(
        encoding in prop::sample::select(&ENCODINGS[..]),
        stereo in any::<bool>(),
        interval in 1u32..3_000,
        portions in prop::collection::vec((0usize..9_000, any::<bool>()), 0..6),
        pcm in prop::collection::vec(any::<i16>(), 30..200),
    ) {
        let (_dir, path) = folder();
        let channels = 1 + u16::from(stereo);
        let mut wav = create(&path, channels, encoding).with_checkpoint_every(interval);
        let mut given = Vec::new();
        for (frames, checkpoint) in portions {
            let portion: Vec<i16> = pcm.iter().cycle().skip(given.len() % pcm.len()).copied()
                .take(frames * usize::from(channels)).collect();
            wav.write(&portion).expect("written");
            given.extend(portion.iter().map(|&s| stored(encoding, s)));
            if checkpoint {
                wav.checkpoint().expect("written");
            }
            prop_assert_eq!(wav.frames() as usize * usize::from(channels), given.len());
        }
        wav.finish().expect("finished");
        prop_assert_eq!(fs::metadata(&path).expect("file").len() % 2, 0);
        if stereo {
            let [left, right] = read_wav_8k_stereo(&path).expect("readable");
            let both: Vec<i16> = left.into_iter().zip(right).flat_map(|(l, r)| [l, r]).collect();
            prop_assert!(both == given);
        } else {
            prop_assert!(read_wav_8k(&path).expect("readable") == given);
        }
        if encoding == WavEncoding::Pcm16 {
            prop_assert!(hound(&path) == given);
        }
    }
}

/// An odd `data` chunk with a `LIST` behind it, as editors write it: not a byte is touched.
#[test]
fn recovery_leaves_chunks_behind_the_data_alone() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let path = dir.path().join("edited.wav");
    let mut wav = WavWriter::create(&path, WavSpec::MONO_8K).expect("created");
    wav.write(&[9; 80]).expect("written");
    wav.finish().expect("finished");
    let mut bytes = std::fs::read(&path).expect("readable");
    bytes.extend(*b"\x01\x00LIST\x04\x00\x00\x00abcd");
    bytes[40..44].copy_from_slice(&161u32.to_le_bytes());
    let riff = bytes.len() as u32 - 8;
    bytes[4..8].copy_from_slice(&riff.to_le_bytes());
    std::fs::write(&path, &bytes).expect("written");
    let recovery = recover_wav(&path).expect("nothing to recover");
    assert_eq!(recovery.frames, 80);
    assert!(std::fs::read(&path).expect("readable") == bytes);
}

//! A WAV file written while a call runs: whatever is written in whatever portions is read back, at
//! every checkpoint, after a crash and a repair, and at the end.
#![no_main]

use std::fs;
use std::path::Path;

use arbitrary::Arbitrary;
use audio_core::codec::{alaw, ulaw};
use audio_core::tape::{WavEncoding, WavSpec, WavWriter, read_wav_8k, read_wav_8k_stereo, recover_wav};
use fuzz_kit::files::folder;
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input {
    /// 8 kHz unless this says otherwise.
    rate: Option<u32>,
    channels: u16,
    encoding: u8,
    interval: Option<u16>,
    steps: Vec<Step>,
    ending: Ending,
}

#[derive(Arbitrary, Debug)]
enum Step {
    Write(u16, i16),
    Sides(u16, u16, i16),
    Pad,
    Checkpoint,
}

#[derive(Arbitrary, Debug)]
enum Ending {
    Finish,
    Drop,
    /// The process is killed; the system keeps what it was given.
    Killed,
}

/// What the file must hold in the end: each side, as it was encoded.
#[derive(Default)]
struct Model {
    sides: [Vec<i16>; 2],
}

fuzz_target!(|input: Input| {
    let path = folder().join("stream.wav");
    let encoding = match input.encoding % 3 {
        0 => WavEncoding::Pcm16,
        1 => WavEncoding::Ulaw,
        _ => WavEncoding::Alaw,
    };
    let channels = if input.channels < 0x8000 { input.channels % 2 + 1 } else { input.channels };
    let spec = WavSpec { rate: input.rate.unwrap_or(8_000), channels, encoding };
    let mut writer = match WavWriter::create(&path, spec) {
        Ok(writer) => writer,
        Err(error) => {
            assert!(!(1..=2).contains(&channels) || !(1..=192_000).contains(&spec.rate), "{error}");
            return;
        }
    };
    if let Some(frames) = input.interval {
        writer = writer.with_checkpoint_every(frames.into());
    }
    assert_eq!(writer.path(), path);
    let mut model = Model::default();
    for step in &input.steps {
        apply(step, &mut writer, &mut model, spec);
        assert_eq!(writer.frames(), model.len(spec) as u64);
        if let Step::Checkpoint = step {
            // An odd byte of 8-bit mono is claimed with the next.
            let claimed = read(&path, spec).map(|sides| sides[0].len());
            assert!(claimed.is_none_or(|n| n == model.len(spec) || n + 1 == model.len(spec)));
        }
        if model.sides.iter().any(|side| side.len() > 60_000) {
            break;
        }
    }
    match input.ending {
        Ending::Finish => writer.finish().expect("finished"),
        Ending::Drop => drop(writer),
        Ending::Killed => return killed(writer, &path, &model, spec),
    }
    model.pad(spec);
    if let Some(read) = read(&path, spec) {
        assert!(read == model.encoded(encoding), "read back is not what was written");
    }
    let found = recover_wav(&path).expect("a finished file");
    assert_eq!((found.declared_frames, found.frames), (model.len(spec) as u64, model.len(spec) as u64));
});

fn apply(step: &Step, writer: &mut WavWriter, model: &mut Model, spec: WavSpec) {
    let stereo = spec.channels == 2;
    match *step {
        Step::Write(count, value) => {
            let samples = ramp(count, value);
            // The sides are made even first, also if the samples are refused then.
            model.pad(spec);
            let done = writer.write(&samples);
            if stereo && samples.len() % 2 == 1 {
                assert!(done.is_err(), "half a frame was taken");
                return;
            }
            done.expect("written");
            for (n, &sample) in samples.iter().enumerate() {
                model.sides[if stereo { n % 2 } else { 0 }].push(sample);
            }
        }
        Step::Sides(left, right, value) => {
            let (left, right) = (ramp(left, value), ramp(right, value.wrapping_add(1)));
            let done = writer.write_stereo(&left, &right);
            if !stereo {
                assert!(done.is_err(), "two sides in one channel");
                return;
            }
            done.expect("written");
            for n in 0..left.len().max(right.len()) {
                model.sides[0].extend(left.get(n));
                model.sides[1].extend(right.get(n));
                model.wait_no_longer(spec.rate as usize);
            }
        }
        Step::Pad => {
            writer.pad().expect("padded");
            model.pad(spec);
        }
        Step::Checkpoint => writer.checkpoint().expect("written"),
    }
}

fn killed(writer: WavWriter, path: &Path, model: &Model, spec: WavSpec) {
    let held = fs::read(path).expect("readable");
    drop(writer);
    fs::write(path, held).expect("written");
    let whole = model.encoded(spec.encoding);
    let begins = |sides: &[Vec<i16>]| sides.iter().zip(&whole).all(|(side, all)| all.starts_with(side));
    if let Some(sides) = read(path, spec) {
        assert!(begins(&sides), "a killed writer's file holds something else");
        let found = recover_wav(path).expect("repaired");
        assert!(found.frames >= found.declared_frames);
        assert!(begins(&read(path, spec).expect("repaired")), "a repair makes samples up");
    }
}

fn ramp(count: u16, value: i16) -> Vec<i16> {
    (0..count % 9_000).map(|n| value.wrapping_add(n as i16)).collect()
}

/// Both sides; one of them empty in mono. `None` at rates that are resampled or refused.
fn read(path: &Path, spec: WavSpec) -> Option<[Vec<i16>; 2]> {
    if spec.rate != 8_000 {
        return None;
    }
    Some(match spec.channels {
        1 => [read_wav_8k(path).expect("a file at any time"), Vec::new()],
        _ => read_wav_8k_stereo(path).expect("a file at any time"),
    })
}

impl Model {
    /// Frames of which both sides are there.
    fn len(&self, spec: WavSpec) -> usize {
        let [left, right] = [self.sides[0].len(), self.sides[1].len()];
        if spec.channels == 2 { left.min(right) } else { left }
    }

    fn pad(&mut self, spec: WavSpec) {
        let longest = self.sides[0].len().max(self.sides[1].len());
        if spec.channels == 2 {
            self.sides.iter_mut().for_each(|side| side.resize(longest, 0));
        }
    }

    /// A side may be ahead by so much; then the other is silent.
    fn wait_no_longer(&mut self, most: usize) {
        for side in 0..2 {
            let other = self.sides[1 - side].len();
            if other > self.sides[side].len() + most {
                self.sides[side].resize(other - most, 0);
            }
        }
    }

    fn encoded(&self, encoding: WavEncoding) -> [Vec<i16>; 2] {
        let code = |&sample: &i16| match encoding {
            WavEncoding::Ulaw => ulaw::decode(ulaw::encode(sample)),
            WavEncoding::Alaw => alaw::decode(alaw::encode(sample)),
            _ => sample,
        };
        [0, 1].map(|side| self.sides[side].iter().map(code).collect())
    }
}

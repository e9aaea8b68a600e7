//! Voice activity with every detector of the build, any settings and any line: a refusal names the
//! field, numbers stay in their ranges, starts and ends alternate and lie where they say.
#![no_main]

use arbitrary::Arbitrary;
use audio_core::Error;
use audio_core::frame::Dbfs;
use audio_core::vad::{Change, Detection, SpeechDetector, VadConfig, VadKind};
use fuzz_kit::names_a_field;
use fuzz_kit::sound::Sound;
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input {
    kind: u8,
    settings: Option<Settings>,
    steps: Vec<(Step, u8)>,
}

#[derive(Arbitrary, Debug)]
struct Settings {
    /// Within their ranges?
    tame: bool,
    thresholds: [f32; 2],
    onset: [u32; 2],
    hangover_ms: u32,
    pre_roll_ms: u32,
    noise_margin_db: f32,
    tone_veto: bool,
    rms_threshold: f32,
}

#[derive(Arbitrary, Debug)]
enum Step {
    Heard(Sound),
    Lost,
}

impl Settings {
    fn config(&self) -> VadConfig {
        let mut config = VadConfig::general();
        [config.start_threshold, config.continue_threshold] = self.thresholds;
        [config.onset_frames, config.onset_window] = self.onset;
        config.hangover_ms = self.hangover_ms;
        config.pre_roll_ms = self.pre_roll_ms;
        config.noise_margin_db = self.noise_margin_db;
        config.tone_veto = self.tone_veto;
        config.rms_threshold = Dbfs(self.rms_threshold);
        if self.tame {
            let unit = |x: f32| if x.is_finite() { x.abs().fract().max(1e-3) } else { 0.5 };
            [config.start_threshold, config.continue_threshold] = self.thresholds.map(unit);
            config.onset_window = self.onset[1] % 16 + 1;
            config.onset_frames = self.onset[0] % config.onset_window + 1;
            config.hangover_ms = self.hangover_ms % 5_001;
            config.pre_roll_ms = self.pre_roll_ms % 2_001;
            config.noise_margin_db = 40.0 * unit(self.noise_margin_db);
            config.rms_threshold = Dbfs(-100.0 * unit(self.rms_threshold));
        }
        config
    }
}

fuzz_target!(|input: Input| {
    let kind = VadKind::ALL[usize::from(input.kind) % VadKind::ALL.len()];
    assert_eq!(kind.name().parse(), Ok(kind));
    let config = input.settings.as_ref().map_or_else(VadConfig::default, Settings::config);
    let mut detector = match SpeechDetector::new(kind, config) {
        Ok(detector) => detector,
        Err(error) => {
            names_a_field(&error, "vad.");
            assert!(input.settings.is_some_and(|settings| !settings.tame), "{error}");
            return culprit(&error, &config);
        }
    };
    let first = run(&mut detector, &config, &input.steps);
    detector.reset();
    let again = run(&mut detector, &config, &input.steps);
    assert!(first == again, "a reset leaves something behind");
});

/// With that one field at its default the configuration is another: the field is the culprit.
fn culprit(error: &Error, config: &VadConfig) {
    let Error::OutOfRange { field, value, .. } = *error else { return };
    let given: f64 = match field {
        "vad.start_threshold" => config.start_threshold.into(),
        "vad.continue_threshold" => config.continue_threshold.into(),
        "vad.onset_frames" => config.onset_frames.into(),
        "vad.onset_window" => config.onset_window.into(),
        "vad.hangover_ms" => config.hangover_ms.into(),
        "vad.pre_roll_ms" => config.pre_roll_ms.into(),
        "vad.noise_margin_db" => config.noise_margin_db.into(),
        "vad.rms_threshold" => config.rms_threshold.0.into(),
        _ => panic!("no such field: {field}"),
    };
    assert!(given == value || given.is_nan() && value.is_nan(), "{field} is {given}, not {value}");
}

fn run(detector: &mut SpeechDetector, config: &VadConfig, steps: &[(Step, u8)]) -> Vec<Detection> {
    let (mut all, mut since_change) = (Vec::new(), 0);
    for (step, times) in steps {
        for _ in 0..(times % 64) {
            let n = all.len();
            if n == 400 {
                return all;
            }
            let found = match step {
                Step::Heard(sound) => detector.process(&sound.frame(n)),
                Step::Lost => detector.process_lost(),
            };
            in_range(&found);
            since_change += 1;
            follows(&found, all.last().copied().unwrap_or(Detection::SILENCE), config, since_change);
            since_change = if found.change.is_some() { 0 } else { since_change };
            all.push(found);
        }
    }
    all
}

fn in_range(found: &Detection) {
    assert!((0.0..=1.0).contains(&found.score), "{found:?}");
    assert!((-100.0..=0.0).contains(&found.level.0), "{found:?}");
    assert!((-72.0..=-25.0).contains(&found.floor.0), "{found:?}");
}

fn follows(found: &Detection, before: Detection, config: &VadConfig, since_change: u32) {
    match found.change {
        Some(Change::Start { frames_ago }) => {
            assert!(!before.speaking && found.speaking && found.voiced);
            assert!(frames_ago < config.onset_window && frames_ago + 1 >= config.onset_frames);
            assert!(frames_ago < since_change, "an onset before the last end");
        }
        Some(Change::End { frames_ago }) => {
            assert!(before.speaking && !found.speaking && !found.voiced);
            assert_eq!(frames_ago, config.hangover_frames());
        }
        None => assert_eq!(before.speaking, found.speaking),
    }
}

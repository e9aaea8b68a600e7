//! Voice activity: settings, the two layers, and every detector of the build.

use audio_core::frame::{Dbfs, FRAME_MS, PcmFrame};
use audio_core::vad::{
    AnyVad, Change, Decision, Detection, Hysteresis, NoiseFloor, RmsVad, SpeechDetector, Vad, VadConfig,
    VadKind,
};
use proptest::prelude::*;

use crate::sound::frames;
use crate::{cases, field};

/// Mostly in range, at times a little or far outside.
fn around(low: f32, high: f32) -> impl Strategy<Value = f32> {
    let odd = prop::sample::select(vec![f32::NAN, f32::INFINITY, -1e-3, low - 0.1, high + 0.1, low, high]);
    prop_oneof![9 => low..=high, 1 => odd]
}

fn config() -> impl Strategy<Value = VadConfig> {
    let ints = (1u32..=17, 1u32..=17, 0u32..5_100, 0u32..2_040);
    let floats = (around(0.01, 1.0), around(0.01, 1.0), around(0.0, 40.0), around(-100.0, 0.0));
    (ints, floats, any::<bool>()).prop_map(|((frames, window, hangover, pre_roll), floats, veto)| {
        let mut config = VadConfig::default();
        (config.onset_frames, config.onset_window) = (frames, window);
        (config.hangover_ms, config.pre_roll_ms) = (hangover, pre_roll);
        (config.start_threshold, config.continue_threshold) = (floats.0, floats.1);
        (config.noise_margin_db, config.rms_threshold) = (floats.2, Dbfs(floats.3));
        config.tone_veto = veto;
        config
    })
}

/// In range.
fn good_config() -> impl Strategy<Value = VadConfig> {
    config().prop_filter("out of range", |config| config.validate().is_ok())
}

fn kind() -> impl Strategy<Value = VadKind> {
    prop::sample::select(VadKind::ALL)
}

/// The ranges of the documentation, written down again.
fn wrong(c: &VadConfig) -> Option<&'static str> {
    let within = |value: f32, low: f32, high: f32| low <= value && value <= high;
    let rules = [
        (c.start_threshold > 0.0 && c.start_threshold <= 1.0, "vad.start_threshold"),
        (c.continue_threshold > 0.0 && c.continue_threshold <= 1.0, "vad.continue_threshold"),
        ((1..=16).contains(&c.onset_window), "vad.onset_window"),
        (1 <= c.onset_frames && c.onset_frames <= c.onset_window, "vad.onset_frames"),
        (c.hangover_ms <= 5_000, "vad.hangover_ms"),
        (c.pre_roll_ms <= 2_000, "vad.pre_roll_ms"),
        (within(c.noise_margin_db, 0.0, 40.0), "vad.noise_margin_db"),
        (within(c.rms_threshold.0, -100.0, 0.0), "vad.rms_threshold"),
    ];
    rules.into_iter().find(|(good, _)| !good).map(|(_, field)| field)
}

/// Scores and distances from the floor.
fn scores() -> impl Strategy<Value = Vec<(f32, f32)>> {
    prop::collection::vec((0f32..=1.0, -20f32..60.0), 0..300)
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn settings_are_taken_or_named(kind in kind(), config in config()) {
        prop_assert_eq!(field(config.validate()), wrong(&config));
        prop_assert_eq!(field(SpeechDetector::new(kind, config).map(|_| ())), wrong(&config));
        // Whole frames, never shorter than asked for.
        let (hangover, pre_roll) = (config.hangover_frames(), config.pre_roll_frames());
        prop_assert!(hangover >= 1 && hangover * FRAME_MS >= config.hangover_ms);
        prop_assert!(hangover * FRAME_MS < config.hangover_ms.max(1) + FRAME_MS);
        prop_assert_eq!(pre_roll, config.pre_roll_ms.div_ceil(FRAME_MS));
    }

    #[test]
    fn names_are_read_and_others_refused(kind in kind(), name in "[a-z_]{0,8}") {
        prop_assert_eq!(kind.to_string().parse(), Ok(kind));
        let known = VadKind::ALL.iter().any(|kind| kind.name() == name);
        match name.parse::<VadKind>() {
            Ok(kind) => prop_assert_eq!(kind.name(), name),
            Err(error) => {
                let quoted = format!("{name:?}");
                prop_assert!(!known && error.to_string().contains(&quoted));
            }
        }
    }

    /// A-AUD-007: starts and ends alternate, onsets lie in the window, hangovers are exact.
    #[test]
    fn speech_starts_and_ends_by_the_rules(config in good_config(), scores in scores()) {
        let mut layer = Hysteresis::new(config);
        let (mut speaking, mut silent_for, mut since_change) = (false, 0, 0);
        let mut heard: Vec<bool> = Vec::new();
        for &(score, above) in &scores {
            let Decision { voiced, speaking: now, change } = layer.push(score, above);
            since_change += 1;
            silent_for = if voiced { 0 } else { silent_for + 1 };
            match change {
                Some(Change::Start { frames_ago }) => {
                    prop_assert!(!speaking && now && voiced);
                    prop_assert!(frames_ago < config.onset_window.min(since_change));
                    prop_assert!(frames_ago + 1 >= config.onset_frames);
                }
                Some(Change::End { frames_ago }) => {
                    prop_assert!(speaking && !now);
                    prop_assert_eq!((frames_ago, silent_for), (config.hangover_frames(), frames_ago));
                }
                None => prop_assert_eq!(speaking, now),
            }
            since_change = if change.is_some() { 0 } else { since_change };
            // Speech starts as soon as the window holds enough voice since the last change.
            heard.push(voiced);
            let voices = heard.iter().rev().take(config.onset_window as usize).filter(|&&voice| voice).count();
            let enough = voiced && voices >= config.onset_frames as usize;
            prop_assert_eq!(matches!(change, Some(Change::Start { .. })), !speaking && enough);
            heard.truncate(if change.is_some() { 0 } else { heard.len() });
            prop_assert!(!now || silent_for < config.hangover_frames());
            prop_assert_eq!(layer.speaking(), now);
            speaking = now;
        }
    }

    /// More score and more level never turn voice into silence; a lost frame is the least there is.
    #[test]
    fn a_frame_is_judged_monotonically(
        config in good_config(), before in scores(), (score, above) in (0f32..=1.0, -20f32..60.0),
        (more, louder) in (0f32..0.5, 0f32..30.0),
    ) {
        let mut layer = Hysteresis::new(config);
        before.iter().for_each(|&(score, above)| { layer.push(score, above); });
        let voiced = |score, above| layer.clone().push(score, above).voiced;
        prop_assert!(voiced(score, above) <= voiced(score + more, above + louder));
        prop_assert!(!layer.clone().push_lost().voiced);
        let mut forgotten = layer.clone();
        forgotten.reset();
        prop_assert_eq!(forgotten.push(score, above), Hysteresis::new(config).push(score, above));
    }

    #[test]
    fn the_floor_stays_in_range_and_rises_slowly(levels in prop::collection::vec(-100f32..=0.0, 1..300)) {
        let mut floor = NoiseFloor::new();
        for (n, &level) in levels.iter().enumerate() {
            let before = floor.level().0;
            floor.update(Dbfs(level));
            let now = floor.level().0;
            prop_assert!((-72.0..=-25.0).contains(&now));
            prop_assert!(n == 0 || now <= before + 0.081, "{before} to {now}");
            // Towards the level, never past it.
            prop_assert!(n == 0 || (now >= before.min(level)) && (now <= before.max(level).max(-72.0)));
        }
    }

    #[test]
    fn a_louder_line_has_no_lower_floor(levels in prop::collection::vec((-100f32..=0.0, 0f32..20.0), 0..300)) {
        let (mut quiet, mut loud) = (NoiseFloor::new(), NoiseFloor::new());
        for &(level, more) in &levels {
            quiet.update(Dbfs(level));
            loud.update(Dbfs((level + more).min(0.0)));
            prop_assert!(loud.level().0 >= quiet.level().0 - 1e-4);
        }
    }

    #[test]
    fn the_rms_rule_knows_levels_only(threshold in -100f32..=0.0, a in -100f32..=0.0, b in -100f32..=0.0) {
        let vad = RmsVad::new(Dbfs(threshold));
        let score = |level| vad.score_of(Dbfs(level));
        prop_assert!((0.0..=1.0).contains(&score(a)));
        prop_assert!((a <= b) <= (score(a) <= score(b)));
        prop_assert_eq!(score(threshold), 0.5);
    }
}

/// One run over a line; every seventh frame or so is lost.
fn listen(detector: &mut SpeechDetector, frames: &[PcmFrame], lost: &[bool]) -> Vec<Detection> {
    let lost = lost.iter().cycle();
    let take = |(frame, &lost): (&PcmFrame, &bool)| {
        if lost { detector.process_lost() } else { detector.process(frame) }
    };
    frames.iter().zip(lost).map(take).collect()
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn scores_are_scores_and_a_reset_forgets(kind in kind(), frames in frames(), before in frames()) {
        let config = VadConfig::default();
        let score = |vad: &mut AnyVad| frames.iter().map(|frame| vad.score(frame)).collect::<Vec<f32>>();
        let mut vad = AnyVad::new(kind, &config);
        let fresh = score(&mut vad);
        prop_assert!(fresh.iter().all(|score| (0.0..=1.0).contains(score)));
        before.iter().for_each(|frame| { vad.score(frame); });
        vad.reset();
        prop_assert_eq!(score(&mut vad), fresh);
    }

    #[test]
    fn detections_stay_in_range_and_a_reset_forgets(
        kind in kind(), config in good_config(), frames in frames(), lost in prop::collection::vec(any::<bool>(), 1..9),
    ) {
        let mut detector = SpeechDetector::new(kind, config).expect("in range");
        let found = listen(&mut detector, &frames, &lost);
        let mut speaking = false;
        for found in &found {
            prop_assert!((0.0..=1.0).contains(&found.score));
            prop_assert!((-100.0..=0.0).contains(&found.level.0) && (-72.0..=-25.0).contains(&found.floor.0));
            prop_assert_eq!(found.change.is_some(), found.speaking != speaking);
            speaking = found.speaking;
        }
        detector.reset();
        prop_assert_eq!(listen(&mut detector, &frames, &lost), found);
    }

    #[test]
    fn a_silent_line_never_speaks(kind in kind(), config in good_config(), count in 0usize..300) {
        // Without a noise gate, and with a threshold that silence passes, it may.
        prop_assume!(config.noise_margin_db > 0.0);
        // The model knows no gate, and before it has heard anything it is not sure.
        prop_assume!(kind != VadKind::Kav || config.start_threshold >= 0.5);
        let mut detector = SpeechDetector::new(kind, config).expect("in range");
        prop_assert!((0..count).all(|_| !detector.process(&[0; 160]).speaking));
    }
}

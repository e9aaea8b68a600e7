//! Barge-in: settings, the score, and the detector driven by numbers alone.

use audio_core::barge_in::{BargeInConfig, BargeInDetector, Memory, Near, Preset, Reasons, Timbre, Verdict};
use audio_core::frame::{Dbfs, FRAME_MS, SampleTime};
use audio_core::vad::Pitch;
use proptest::prelude::*;

use crate::{cases, field};

/// Mostly in range, at times a little or far outside.
fn around(low: f32, high: f32) -> impl Strategy<Value = f32> {
    let odd = prop::sample::select(vec![f32::NAN, f32::INFINITY, low - 0.1, high + 0.1, low, high]);
    prop_oneof![14 => low..=high, 1 => odd]
}

fn config() -> impl Strategy<Value = BargeInConfig> {
    let times = (0u32..61_000, 10u32..10_100, 0u32..10_100, 0u32..210);
    let leak = prop::option::of(around(0.01, 1.0));
    let levels = (around(0.0, 32_768.0), prop::option::of(around(0.0, 30.0)), leak);
    let scores = (prop::option::of(around(0.01, 1.0)), around(0.01, 1.0));
    (times, levels, scores).prop_map(
        |((grace, confirm, utterance, gap), (rms, margin, leak), (duck, score))| {
            let mut config = BargeInConfig::default();
            (config.grace_ms, config.confirm_ms) = (grace, confirm);
            (config.min_utterance_ms, config.gap_ms) = (utterance, gap);
            (config.min_rms, config.echo_margin_db) = (rms, margin);
            (config.duck_score, config.yield_score, config.leak) = (duck, score, leak);
            // What the model decides has no rule that could be stated here.
            config.claim_score = None;
            config
        },
    )
}

/// In range and quick enough to decide something within a few seconds.
fn quick_config() -> impl Strategy<Value = BargeInConfig> {
    (config(), 0u32..500, 20u32..600, 0u32..600).prop_filter_map(
        "out of range",
        |(mut config, grace, confirm, least)| {
            (config.grace_ms, config.confirm_ms, config.min_utterance_ms) = (grace, confirm, least);
            config.min_rms %= 2_000.0;
            config.validate().is_ok().then_some(config)
        },
    )
}

/// The ranges of the documentation, written down again.
fn wrong(c: &BargeInConfig) -> Option<&'static str> {
    let unit = |v: f32| v > 0.0 && v <= 1.0;
    let rules = [
        (c.grace_ms <= 60_000, "barge_in.grace_ms"),
        (c.min_rms >= 0.0 && c.min_rms <= 32_768.0, "barge_in.min_rms"),
        ((20..=10_000).contains(&c.confirm_ms), "barge_in.confirm_ms"),
        (c.min_utterance_ms <= 10_000, "barge_in.min_utterance_ms"),
        (c.gap_ms <= 200, "barge_in.gap_ms"),
        (c.leak.is_none_or(|leak| (0.01..=1.0).contains(&leak)), "barge_in.leak"),
        (c.echo_margin_db.is_none_or(|db| (0.0..=30.0).contains(&db)), "barge_in.echo_margin_db"),
        (c.duck_score.is_none_or(unit), "barge_in.duck_score"),
        (unit(c.yield_score), "barge_in.yield_score"),
    ];
    rules.into_iter().find(|(good, _)| !good).map(|(_, field)| field)
}

/// One step of 20 ms: what the agent sends, and the caller's frame.
type Step = (Option<(u32, f32)>, Near);

/// Stretches during which both lines stay as they are.
fn call() -> impl Strategy<Value = Vec<Step>> {
    let agent = prop::option::weighted(0.8, (0u32..3, -45f32..-10.0));
    let near = (0f32..=1.0, prop::bool::weighted(0.7), -60f32..-5.0);
    let stretch = (agent, near, 1usize..40).prop_map(|(agent, (score, voiced, level), count)| {
        vec![
            (
                agent,
                Near {
                    score,
                    voiced,
                    level: Dbfs(level),
                    residual: None,
                    timbre: Timbre::default(),
                    pitch: Pitch::default(),
                    memory: Memory::default(),
                }
            );
            count
        ]
    });
    prop::collection::vec(stretch, 0..12).prop_map(|stretches| stretches.concat())
}

fn run(detector: &mut BargeInDetector, call: &[Step], start: u64, first_reply: u32) -> Vec<(usize, Verdict)> {
    let mut verdicts = Vec::new();
    for (n, &(agent, near)) in call.iter().enumerate() {
        if let Some((reply, level)) = agent {
            detector.agent_frame((7, first_reply.wrapping_add(reply)), Dbfs(level));
        }
        let at = SampleTime(start + 160 * n as u64);
        verdicts.extend(detector.caller_frame(at, near).map(|verdict| (n, verdict)));
    }
    verdicts
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn settings_are_taken_or_named(config in config()) {
        prop_assert_eq!(field(config.validate()), wrong(&config));
        let frames = config.confirm_frames();
        prop_assert!(frames * FRAME_MS >= config.confirm_ms.max(config.min_utterance_ms) && frames >= 1);
        prop_assert_eq!(config.gap_frames(), config.gap_ms.div_ceil(FRAME_MS));
        prop_assert!(config.min_rms.is_nan() || config.min_level() >= Dbfs::SILENCE);
    }

    /// A-AUD-003: any sensitivity leaves valid rules valid, 0 and NaN leave every bit, and more of it
    /// never asks for more voice or a higher score.
    #[test]
    fn sensitivity_keeps_to_the_ranges(config in config(), a in around(-1.0, 1.0), b in -1f32..=1.0) {
        prop_assume!(config.validate().is_ok());
        let bits = |c: BargeInConfig| {
            (c, c.confirm_ms, c.duck_score.map(f32::to_bits), c.yield_score.to_bits(), c.min_rms.to_bits())
        };
        for none in [0.0, -0.0, f32::NAN] {
            prop_assert_eq!(bits(config.with_sensitivity(none)), bits(config));
        }
        let moved = config.with_sensitivity(a);
        prop_assert_eq!(moved.validate(), Ok(()));
        let mut back = moved;
        back.confirm_ms = config.confirm_ms;
        (back.duck_score, back.yield_score) = (config.duck_score, config.yield_score);
        prop_assert_eq!(bits(back), bits(config), "nothing else moves");
        let end = if a.is_nan() { 0.0 } else { a.clamp(-1.0, 1.0) };
        prop_assert_eq!(bits(moved), bits(config.with_sensitivity(end)));
        let (less, more) = (config.with_sensitivity(end.min(b)), config.with_sensitivity(end.max(b)));
        prop_assert!(less.confirm_ms >= more.confirm_ms);
        prop_assert!(less.yield_score >= more.yield_score);
        prop_assert!(less.duck_score >= more.duck_score);
        prop_assert_eq!(less.duck_score.is_some(), config.duck_score.is_some());
    }

    #[test]
    fn preset_names_are_read_and_others_refused(index in 0usize..3, name in "[a-z]{0,10}") {
        let preset = Preset::ALL[index];
        prop_assert_eq!(preset.to_string().parse(), Ok(preset));
        prop_assert_eq!(preset.config(), BargeInConfig::from(preset));
        let known = Preset::ALL.iter().any(|preset| preset.name() == name);
        prop_assert_eq!(name.parse::<Preset>().is_ok(), known);
    }

    /// More of any reason is never less of a score.
    #[test]
    fn the_score_rises_with_every_reason(reasons in prop::array::uniform4(0f32..=1.0), which in 0usize..4, more in 0f32..=1.0) {
        let score = |[voice, level, duration, echo]: [f32; 4]| {
            let reasons = Reasons { voice, level, duration, echo };
            assert!(reasons.iter().map(|(_, value)| value).eq([voice, level, duration, echo]));
            reasons.score()
        };
        let mut better = reasons;
        better[which] = better[which].max(more);
        prop_assert!((0.0..=1.0).contains(&score(reasons)));
        prop_assert!(score(better) >= score(reasons));
    }

    /// A-AUD-003: ducks and resumes alternate, a reply is interrupted once, numbers are in range.
    #[test]
    fn verdicts_follow_the_rules(config in quick_config(), call in call()) {
        let mut detector = BargeInDetector::new(config);
        let (mut ducked, mut yielded) = (false, None);
        for (n, verdict) in run(&mut detector, &call, 0, 0) {
            let now = SampleTime(160 * n as u64);
            match verdict {
                Verdict::Duck { score, .. } => {
                    prop_assert!(!ducked && config.duck_score.is_some_and(|duck| score >= duck));
                    ducked = true;
                }
                Verdict::Near { .. } => prop_assert!(ducked),
                Verdict::Resume { .. } => prop_assert!(core::mem::take(&mut ducked)),
                Verdict::Yield { score, reasons, onset } => {
                    // Another reply was interrupted by another run.
                    prop_assert!(yielded.replace(onset).is_none_or(|before| before < onset));
                    ducked = false;
                    prop_assert!((config.yield_score..=1.0).contains(&score) && score == reasons.score());
                    prop_assert!(reasons.iter().all(|(_, value)| (0.0..=1.0).contains(&value)));
                    // The run is as long as was asked for.
                    let frames = u64::from(config.confirm_frames());
                    prop_assert!(now - onset >= 160 * (frames - 1), "{onset:?} to {now:?}");
                    prop_assert!(call[n].1.voiced && call[n].1.level >= config.min_level());
                }
            }
        }
    }

    /// A-AUD-009, A-AUD-011: over a loud voice the grace, then the confirmation, and not a frame more.
    #[test]
    fn a_voice_is_confirmed_from_the_end_of_the_grace(mut config in quick_config()) {
        (config.echo_margin_db, config.yield_score) = (None, 0.01);
        let near = Near { score: 1.0, voiced: true, level: Dbfs(-5.0), residual: None, timbre: Timbre::default(), pitch: Pitch::default(), memory: Memory::default() };
        let call = vec![(Some((0, -20.0)), near); 80];
        let mut verdicts = run(&mut BargeInDetector::new(config), &call, 0, 0);
        verdicts.retain(|(_, verdict)| matches!(verdict, Verdict::Yield { .. }));
        let [(n, Verdict::Yield { onset, .. })] = verdicts[..] else {
            return Err(TestCaseError::fail(format!("{verdicts:?}")));
        };
        let grace = config.grace_ms.div_ceil(FRAME_MS);
        prop_assert_eq!(onset, SampleTime(160 * u64::from(grace)));
        prop_assert_eq!(n as u32 + 1, grace + config.confirm_frames());
    }

    /// When a call begins and how its replies are numbered does not matter, nor what was before a
    /// reset.
    #[test]
    fn only_differences_matter(config in quick_config(), call in call(), start in 0u64..1 << 40, reply in any::<u32>()) {
        let mut detector = BargeInDetector::new(config);
        let first = run(&mut detector, &call, 0, 0);
        detector.reset();
        prop_assert_eq!(detector.config(), &config);
        let again = run(&mut detector, &call, start, reply);
        let moved = |&(n, verdict): &(usize, Verdict)| match verdict {
            Verdict::Yield { score, reasons, onset } => (n, Verdict::Yield { score, reasons, onset: onset + start }),
            other => (n, other),
        };
        prop_assert_eq!(first.iter().map(moved).collect::<Vec<_>>(), again);
    }

    #[test]
    fn a_silent_agent_is_not_interrupted(config in quick_config(), mut call in call()) {
        call.iter_mut().for_each(|step| step.0 = None);
        let mut detector = BargeInDetector::new(config);
        prop_assert_eq!(run(&mut detector, &call, 0, 0), []);
        prop_assert!(!detector.agent_audible());
    }

    /// A duck is forgotten with what was being said, and the echo is not.
    #[test]
    fn a_flush_forgets_the_reply(config in quick_config(), call in call()) {
        let mut detector = BargeInDetector::new(config);
        run(&mut detector, &call, 0, 0);
        let coupling = detector.echo().coupling_db();
        detector.flush();
        prop_assert!(!detector.agent_audible());
        prop_assert_eq!(detector.echo().coupling_db(), coupling);
        let near = Near { score: 1.0, voiced: true, level: Dbfs(-5.0), residual: None, timbre: Timbre::default(), pitch: Pitch::default(), memory: Memory::default() };
        prop_assert_eq!(detector.caller_frame(SampleTime(1 << 40), near), None);
    }

    /// Rules that change nothing change nothing.
    #[test]
    fn new_rules_hold_from_the_next_frame(config in quick_config(), call in call()) {
        let (mut a, mut b) = (BargeInDetector::new(config), BargeInDetector::new(Preset::Polite.config()));
        b.set_config(config);
        prop_assert_eq!(b.config(), &config);
        prop_assert_eq!(run(&mut a, &call, 0, 0), run(&mut b, &call, 0, 0));
    }
}

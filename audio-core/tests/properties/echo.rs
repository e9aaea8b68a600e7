//! What is learned of the agent's echo.

use audio_core::barge_in::EchoEstimate;
use audio_core::frame::Dbfs;
use proptest::prelude::*;

use crate::cases;

/// Levels of both lines, and whether the caller's frame has voice in it.
fn lines() -> impl Strategy<Value = Vec<(f32, f32, bool)>> {
    prop::collection::vec((-34f32..-5.0, -58f32..-5.0, any::<bool>()), 0..300)
}

fn step(echo: &mut EchoEstimate, far: f32, near: f32, voice: bool) {
    echo.play(Dbfs(far));
    echo.hear(Dbfs(near), voice);
    echo.learn(Dbfs(near), voice);
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn estimates_stay_in_range(lines in prop::collection::vec((-100f32..=0.0, -100f32..=0.0, any::<bool>()), 0..300)) {
        let mut echo = EchoEstimate::default();
        for (far, near, voice) in lines {
            step(&mut echo, far, near, voice);
            prop_assert!((-60.0..=6.0).contains(&echo.coupling_db()));
            prop_assert!((-100.0..=6.0).contains(&echo.predicted().0));
            prop_assert!((-1.0..=1.000_001).contains(&echo.similarity()));
        }
    }

    /// Twelve seconds at most: three of agent speech teach it, from four it remembers.
    #[test]
    fn a_steady_path_is_learned(far in -34f32..-10.0, loss in 5f32..50.0) {
        let mut echo = EchoEstimate::new();
        (0..300).for_each(|_| step(&mut echo, far, far - loss, false));
        prop_assert!((echo.coupling_db() + loss).abs() < 1e-3, "{} for {}", echo.coupling_db(), -loss);
        prop_assert!((echo.predicted().0 - (far - loss)).abs() < 1e-3);
    }

    /// Both lines louder by the same: the same path. (As long as neither falls below a floor.)
    #[test]
    fn the_path_does_not_depend_on_the_level(lines in lines(), louder in 0f32..5.0) {
        let (mut echo, mut loud) = (EchoEstimate::new(), EchoEstimate::new());
        for (far, near, _) in lines {
            step(&mut echo, far, near, false);
            step(&mut loud, far + louder, near + louder, false);
            prop_assert!((echo.coupling_db() - loud.coupling_db()).abs() < 1e-3);
        }
    }

    #[test]
    fn what_comes_back_unchanged_is_alike(
        far in prop::collection::vec(-50f32..-10.0, 120..160), delay in 0usize..25, loss in 0f32..10.0,
    ) {
        let mut echo = EchoEstimate::new();
        for n in 0..far.len() {
            let near = n.checked_sub(delay).map_or(-100.0, |n| far[n] - loss);
            step(&mut echo, far[n], near, false);
        }
        prop_assert!(echo.similarity() > 0.999, "{}", echo.similarity());
    }

    #[test]
    fn a_quiet_agent_teaches_nothing(lines in prop::collection::vec((-100f32..-35.1, -100f32..=0.0), 0..300)) {
        let mut echo = EchoEstimate::new();
        let untaught = echo.coupling_db();
        for (far, near) in lines {
            step(&mut echo, far, near, false);
        }
        prop_assert_eq!(echo.coupling_db(), untaught);
    }
}

//! A call answered by a model, recorded.

use std::path::PathBuf;

use audio_core::tape::Tape;
use provider_fakes::realtime::{FakeRealtime, Speech};
use telephony_bridge::tape::validate::validate;
use telephony_bridge::tape::{Decision, Recording, RerunOptions, rerun};

use super::Line;
use crate::site::{ran_apart, tape};

/// S-TEL-012, S-AUD-008: a recorded call runs again with the same decisions, those about the model among them.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_recorded_call_runs_again_with_the_same_decisions() {
    if ran_apart("realtime::tape::a_recorded_call_runs_again_with_the_same_decisions") {
        return;
    }
    let tape = tape("interruption");
    let realtime = FakeRealtime::start().await.expect("a port");
    realtime.hears(["היי, אני מחפשת דירה לקנייה", "רגע, לא שם, אני רוצה ליד הים"]);
    let long = "יש לנו כמה דירות יפות בצפון העיר, קרוב לפארק, לבתי הספר ולתחבורה הציבורית, וגם דירה אחת חדשה \
                במרכז, עם מעלית וחניה, שמתפנה כבר בחודש הבא, ואפשר לבוא לראות אותה השבוע בכל יום.";
    realtime.says([Speech::say(long), Speech::say("בסדר, ליד הים.")]);
    let line = Line::start(realtime, &[("RECORD_TAPES", "all")]).await;
    let mut decision = provider_fakes::crm::agent();
    decision.record = true;
    line.site.crm.set_decision(decision);
    let sid = "00000000000000000000000000000a09";
    line.call(&tape, sid, 15_000).await;
    let folder: PathBuf = line.site.data().join("tapes").join(format!("CA{sid}"));
    let crate::realtime::Line { site, realtime } = line;
    let (_openai, _folder) = site.down().await;
    drop(realtime);

    assert_eq!(validate(&folder), []);
    let recorded = Tape::load(&folder).expect("a tape");
    let recording = Recording::load(&folder).expect("readable").expect("recorded live");
    let then = recording.decisions();
    assert!(then.iter().any(|decision| matches!(decision, Decision::Answer(_))), "{then:?}");
    assert!(then.iter().any(|decision| matches!(decision, Decision::CutOff(..))), "{then:?}");
    let again = rerun(&recorded, &recording, &RerunOptions::default()).expect("it runs");
    assert_eq!((again.decisions, again.report.diverged_ms), (then, None));
    let texts: Vec<&str> = again.report.turns.iter().map(|turn| turn.text.as_str()).collect();
    assert_eq!(texts, ["היי, אני מחפשת דירה לקנייה", "רגע, לא שם, אני רוצה ליד הים"]);
}

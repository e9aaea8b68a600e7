//! A call that was recorded live replays with the same decisions.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use audio_core::barge_in::Preset;
use audio_core::codec::ulaw;
use audio_core::tape::{Tape, TapeFile};
use crm_service::admin::NewTenant;
use provider_fakes::twilio_caller::LineModel;
use telephony_bridge::tape::redact::redact;
use telephony_bridge::tape::retain::{Leftover, recover_leftovers};
use telephony_bridge::tape::store::{Existing, Place};
use telephony_bridge::tape::validate::validate;
use telephony_bridge::tape::{Decision, Recording, RerunOptions, rerun};
use telephony_bridge::words::Lexicon;

use crate::harness::{Site, eventually, hung_up, tape};
use crate::schema;

const SPEED: f64 = 4.0;
/// More than half a second of the call.
const STALL: Duration = Duration::from_millis(150);
/// A voice that is yielded to, and the silence after it, in which the agent goes on.
const VOICE_MS: usize = 700;
const PAUSE_MS: usize = 1_900;
const RECORD: [(&str, &str); 1] = [("RECORD_TAPES", "all")];

/// The caller's handset: what the agent says comes back late and weaker.
fn echo_of(tape: &Tape) -> LineModel {
    let Some(audio_core::tape::Echo::Path(path)) = &tape.file.echo else { panic!("no echo on the tape") };
    let delay = (path.delay_ms * 8.0) as usize;
    let gain = 10f64.powf(path.gain_db / 20.0);
    let mut air = std::collections::VecDeque::from(vec![0; delay]);
    Box::new(move |said, heard| {
        for (said, &heard) in said.iter_mut().zip(heard.iter()) {
            air.push_back(ulaw::decode(heard));
            let echo = f64::from(air.pop_front().unwrap_or(0)) * gain;
            let sum = f64::from(ulaw::decode(*said)) + echo;
            *said = ulaw::encode(sum.round().clamp(-32_768.0, 32_767.0) as i16);
        }
    })
}

/// Records the call live.
async fn record(name: &str, line: Option<LineModel>) -> Site {
    record_at(Site::new(name, SPEED).await, line).await
}

async fn record_at(site: Site, line: Option<LineModel>) -> Site {
    let _crm = site.crm().await;
    let bridge = site.bridge(&RECORD);
    let mut caller = site.caller(&bridge, "live");
    caller.line = line;
    let call = tokio::spawn(caller.call());
    hung_up(call).await;
    // The tape is complete before the call counts as over.
    bridge.terminate();
    assert!(bridge.ended().await.success());
    site
}

/// The same decisions by the library, the same bytes by the command line.
fn assert_replays(folder: &Path) -> Vec<Decision> {
    assert_well_formed(folder);
    let tape = Tape::load(folder).expect("a tape");
    let recording = Recording::load(folder).expect("readable").expect("recorded live");
    let then = recording.decisions();
    assert!(then.len() > 5, "{then:?}");
    let again = rerun(&tape, &recording, &RerunOptions::default()).expect("replays");
    assert_eq!(again.decisions, then, "{}", folder.display());
    assert_eq!(again.report.diverged_ms, None);
    assert_eq!(again.report.allocations_in_pipeline, 0);
    assert_eq!(replayed(folder, &[]), format!("{}\n", again.report.to_json_line()));
    for preset in [Preset::Polite, Preset::Responsive, Preset::Adaptive] {
        let line = replayed(folder, &["--preset", preset.name()]);
        schema::check("replay", &serde_json::from_str(&line).expect("JSON")).expect("as the schema says");
    }
    then
}

/// The files of the tape are as their schemas say, and as `tape validate` does.
fn assert_well_formed(folder: &Path) {
    assert_eq!(validate(folder), []);
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).expect("readable");
    let check = |schema: &str, json: &str| {
        let value = serde_json::from_str(json).expect("JSON");
        schema::check(schema, &value).unwrap_or_else(|error| panic!("{error} in {json}"));
    };
    check("tape", &text("tape.json"));
    text("wire.jsonl").lines().for_each(|line| check("wire", line));
}

/// The line that `telephony-bridge replay --json` prints, twice the same.
fn replayed(folder: &Path, more: &[&str]) -> String {
    let run = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_telephony-bridge"));
        let output = command.args(["replay", "--json"]).args(more).arg(folder).output().expect("runs");
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{complaint}");
        (output.stdout, complaint)
    };
    let (first, complaint) = run();
    assert_eq!(first, run().0, "two runs, two answers");
    assert!(!more.is_empty() || complaint.is_empty(), "{complaint}");
    String::from_utf8(first).expect("UTF-8")
}

/// S-TEL-012: with interruptions; rules under which there would have been none are marked.
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_call_replays() {
    let site = record("interruption", None).await;
    let folder = site.data().join("tapes/CAlive");
    let decisions = assert_replays(&folder);
    assert!(decisions.iter().any(|decision| matches!(decision, Decision::Yield(_))), "{decisions:?}");
    let polite = replayed(&folder, &["--preset", "polite"]);
    let polite: serde_json::Value = serde_json::from_str(&polite).expect("JSON");
    assert!(polite["diverged_ms"].is_u64(), "{}", polite["diverged_ms"]);
    assert_redactable(&folder, &decisions);
    assert_minimisable(&folder);
    assert_inspectable(&folder);
}

/// The recorded call is no different from itself, is labelled with the words that were recognised, judged
/// by the labels, and drawn.
fn assert_inspectable(folder: &Path) {
    let path = folder.to_str().expect("a path");
    let page = folder.with_extension("html");
    let tape = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_telephony-bridge"));
        let output = command.arg("tape").args(args).output().expect("runs");
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("UTF-8"));
        (output.status.code(), text.concat())
    };
    assert_eq!(tape(&["diff", path, path]).0, Some(0));
    let (code, changes) = tape(&["diff", path, "--a", "own", "--b", "polite"]);
    // Where words decide in both, the ducks alone differ.
    let named = ["barge_in", "duck"].iter().any(|decision| changes.contains(decision));
    assert!(code == Some(1) && named, "{changes}");

    let (code, said) = tape(&["label", path]);
    assert!(code == Some(0) && said.contains("turn"), "{said}");
    assert_well_formed(folder);
    let labelled = Tape::load(folder).expect("a tape").file;
    let words: Vec<&str> = labelled.caller.iter().map(|span| span.text.as_str()).collect();
    let script = self::tape("interruption").file.caller;
    let known = script.iter().filter(|span| words.iter().any(|words| words.contains(&span.text))).count();
    assert!(known >= script.len() - 1, "{words:?}");
    let judged: serde_json::Value = serde_json::from_str(&replayed(folder, &[])).expect("JSON");
    assert!(judged["barge_in"]["true_positives"].as_u64() > Some(0), "{}", judged["barge_in"]);
    assert_eq!(judged["barge_in"]["false_positives"], 0);

    let (code, said) = tape(&["view", path, page.to_str().expect("a path")]);
    assert_eq!(code, Some(0), "{said}");
    assert!(std::fs::read_to_string(page).expect("a page").contains(&script[1].text));
}

/// The shortest tape that shows the last yield is whole, and shorter.
fn assert_minimisable(folder: &Path) {
    let report: serde_json::Value = serde_json::from_str(&replayed(folder, &[])).expect("JSON");
    let events = report["events"].as_array().expect("a list");
    let yielded = events.iter().rfind(|event| event["event"] == "barge_in").expect("a yield");
    let decision = format!("barge_in@{}", yielded["t_ms"]);
    let short = folder.with_extension("short");
    let mut command = Command::new(env!("CARGO_BIN_EXE_telephony-bridge"));
    command.args(["tape", "minimise"]).arg(folder).arg(&short).args(["--decision", &decision]);
    let output = command.output().expect("runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    println!("{said}");
    let length = |folder: &Path| Tape::load(folder).expect("a tape").caller.len();
    assert!(length(&short) < length(folder), "{said}");
    let problems = validate(&short);
    assert!(problems.iter().all(|problem| problem.problem.contains("broke off")), "{problems:?}");
    let shown: serde_json::Value =
        serde_json::from_str(&replayed(&short, &["--sensitivity", "0"])).expect("JSON");
    let events = shown["events"].as_array().expect("a list");
    assert!(events.iter().any(|event| event["event"] == "barge_in"), "{said}");
}

/// Made unrecognisable it replays still, and its words and numbers are gone.
fn assert_redactable(folder: &Path, decisions: &[Decision]) {
    let then = Tape::load(folder).expect("a tape").file;
    assert_eq!((then.consent, then.redacted), (Some(true), false));

    let redacted = folder.with_extension("redacted");
    let place = Place::Folder(redacted.clone());
    redact(folder, &place, Existing::Refuse, &Lexicon::hebrew()).expect("redacted");
    assert_well_formed(&redacted);
    let tape = Tape::load(&redacted).expect("a tape");
    let recording = Recording::load(&redacted).expect("readable").expect("recorded live");
    let again = rerun(&tape, &recording, &RerunOptions::default()).expect("replays");
    let kinds = |decisions: &[Decision]| decisions.iter().map(std::mem::discriminant).collect::<Vec<_>>();
    let same = kinds(&again.decisions).iter().zip(&kinds(decisions)).take_while(|(a, b)| a == b).count();
    println!("{same} of {} decisions stay, in their order", decisions.len());
    assert!(again.decisions.iter().any(|decision| matches!(decision, Decision::Yield(_))));
    let text = std::fs::read_to_string(redacted.join("wire.jsonl")).expect("readable");
    for said in ["לקנייה", "לרוץ", "יקר", "502345678", &then.to.expect("a number")[5..]] {
        assert!(!text.contains(said), "{said}");
    }
}

/// S-TEL-012, A-AUD-003: a voice without words over the agent, again and again: what the signal chain
/// learned of it is part of the recording.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_with_false_alarms_replays() {
    let site = Site::new("silent_caller", SPEED).await;
    let _crm = site.crm().await;
    let bridge = site.bridge(&RECORD);
    let mut caller = site.caller(&bridge, "live");
    let voice = &tape("interruption").caller[10_612 * 8..][..VOICE_MS * 8];
    let mut line = vec![0; 600 * 8];
    for _ in 0..6 {
        line.extend_from_slice(voice);
        line.resize(line.len() + PAUSE_MS * 8, 0);
    }
    caller.audio = line.into_iter().map(ulaw::encode).collect();
    hung_up(tokio::spawn(caller.call())).await;
    bridge.terminate();
    assert!(bridge.ended().await.success());
    let decisions = assert_replays(&site.data().join("tapes/CAlive"));
    let alarms = decisions.iter().filter(|decision| **decision == Decision::FalseAlarm).count();
    assert!(alarms >= 2, "{decisions:?}");
}

/// S-TEL-012, A-AUD-003: a business that is more readily interrupted is so live and in the replay,
/// which says so where it is replayed without.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_of_a_sensitive_business_replays() {
    let mut business = NewTenant::new("sensitive", "רגישים");
    "responsive".clone_into(&mut business.barge_in_preset);
    business.barge_in_sensitivity = 0.7;
    let site = record_at(Site::of(business, "interruption", SPEED).await, None).await;
    let folder = site.data().join("tapes/CAlive");
    assert_replays(&folder);
    let wire = std::fs::read_to_string(folder.join("wire.jsonl")).expect("readable");
    let setup: serde_json::Value = serde_json::from_str(wire.lines().next().expect("a line")).expect("JSON");
    assert_eq!((&setup["preset"], &setup["sensitivity"]), (&"responsive".into(), &0.7.into()));
    assert_eq!(replayed(&folder, &["--sensitivity", "0.7"]), replayed(&folder, &[]));
    for other in [&["--sensitivity", "0"][..], &["--sensitivity", "-1"]] {
        let line: serde_json::Value = serde_json::from_str(&replayed(&folder, other)).expect("JSON");
        assert!(line["diverged_ms"].is_u64(), "{other:?}: {}", line["diverged_ms"]);
    }
}

/// A-PLT-006, X-009: which calls are recorded is asked for by business or by lot, and is answered by the
/// business's own rules first.
#[tokio::test(flavor = "multi_thread")]
async fn calls_are_recorded_as_they_are_chosen() {
    for (choice, record, recorded) in [
        ("tenants:others,chosen", true, true),
        ("tenants:others", true, false),
        ("sampled:1", true, true),
        ("sampled:0", true, false),
        ("all", false, false),
    ] {
        let site =
            Site::that(NewTenant { record, ..NewTenant::new("chosen", "נבחרים") }, "greeting", SPEED).await;
        let _crm = site.crm().await;
        let bridge = site.bridge(&[("RECORD_TAPES", choice)]);
        let mut caller = site.caller(&bridge, "live");
        caller.hang_up_ms = Some(2_000);
        hung_up(tokio::spawn(caller.call())).await;
        bridge.terminate();
        assert!(bridge.ended().await.success());
        let tape = site.data().join("tapes/CAlive");
        assert_eq!(tape.exists(), recorded, "{choice}, allowed: {record}");
        if recorded {
            assert_eq!(TapeFile::load(&tape).expect("a tape").consent, Some(true));
        }
    }
}

/// S-TEL-012: with turns of one word.
#[tokio::test(flavor = "multi_thread")]
async fn short_answers_replay() {
    let site = record("short_answers", None).await;
    let decisions = assert_replays(&site.data().join("tapes/CAlive"));
    let ends = decisions.iter().filter(|decision| matches!(decision, Decision::TurnEnd(_))).count();
    assert!(ends >= site.script().len(), "{decisions:?}");
}

/// S-TEL-012: with the agent's own voice on the line.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_with_echo_replays() {
    let site = record("speakerphone_echo", Some(echo_of(&tape("speakerphone_echo")))).await;
    assert_replays(&site.data().join("tapes/CAlive"));
}

/// S-TEL-012, A-TEL-005: with a bridge that stalls, so that timers are late and audio comes in bursts.
#[tokio::test(flavor = "multi_thread")]
async fn a_stalling_call_replays() {
    let site = Site::new("short_answers", SPEED).await;
    let _crm = site.crm().await;
    let bridge = site.bridge(&RECORD);
    let call = tokio::spawn(site.caller(&bridge, "live").call());
    let mut stalls = 0;
    while !call.is_finished() {
        tokio::time::sleep(STALL * 2).await;
        bridge.hang();
        tokio::time::sleep(STALL).await;
        bridge.go_on();
        stalls += 1;
    }
    hung_up(call).await;
    bridge.terminate();
    assert!(bridge.ended().await.success());
    assert!(stalls > 5, "{stalls}");
    assert_replays(&site.data().join("tapes/CAlive"));
}

/// S-TEL-012: wherever the call is cut, what was still on its way then decides nothing later.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_ends_in_mid_sentence_replays() {
    let site = Site::new("greeting", SPEED).await;
    let _crm = site.crm().await;
    let bridge = site.bridge(&RECORD);
    let turn = tape("greeting").file.caller[0].clone();
    // Where it is decided that speech begins, and where, that it has ended.
    let moments = (0..12).flat_map(|i| [turn.start_ms + 20 * i, turn.end_ms + 40 * i]);
    let mut calls = Vec::new();
    for at in moments {
        let mut caller = site.caller(&bridge, &format!("cut{at}"));
        caller.hang_up_ms = Some(at);
        calls.push((at, tokio::spawn(caller.call())));
        // One after the other: a CRM that is asked by all at once answers some of them late.
        let accepted =
            async || (site.health(&bridge).await["calls"]["accepted"] == calls.len()).then_some(());
        eventually("the stream is up", accepted).await;
    }
    let mut cut = Vec::new();
    for (at, call) in calls {
        hung_up(call).await;
        cut.push(at);
    }
    bridge.terminate();
    assert!(bridge.ended().await.success());
    for at in cut {
        let folder = site.data().join(format!("tapes/CAcut{at}"));
        let tape = Tape::load(&folder).expect("a tape");
        let recording = Recording::load(&folder).expect("readable").expect("recorded live");
        let again = rerun(&tape, &recording, &RerunOptions::default()).expect("replays");
        assert_eq!(again.decisions, recording.decisions(), "hung up at {at} ms");
        assert_eq!(again.report.diverged_ms, None, "hung up at {at} ms");
    }
}

/// S-TEL-012, A-TEL-005: a bridge that is killed leaves a hidden folder, which says that the tape is
/// not complete; what was heard is in it, to the last second.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_bridge_leaves_what_it_had_heard() {
    let site = Site::new("booking", SPEED).await;
    let _crm = site.crm().await;
    let bridge = site.bridge(&RECORD);
    let call = tokio::spawn(site.caller(&bridge, "live").call());
    let folder = site.data().join("tapes/.CAlive");
    // The caller has spoken, and it is on the disk.
    let spoken = |tape: &Tape| tape.caller.iter().any(|&sample| sample.unsigned_abs() > 1_000);
    let heard = async || Tape::load(&folder).ok().filter(spoken).map(|tape| tape.caller.len());
    let heard = eventually("the call is recorded", heard).await;
    // Whoever tidies up meanwhile leaves a call alone that is being recorded.
    let tapes = site.data().join("tapes");
    assert_eq!(recover_leftovers(&tapes, Duration::ZERO).expect("readable"), []);
    bridge.kill();
    crate::harness::over(call).await;
    assert!(!site.data().join("tapes/CAlive").exists(), "a complete tape");
    let left = Tape::load(&folder).expect("loads");
    assert_eq!(left.file.agent, []);
    assert!(spoken(&left) && left.caller.len() >= heard, "{} of {heard}", left.caller.len());
    let agent = audio_core::tape::read_wav_8k(folder.join("agent.wav")).expect("readable");
    assert!(agent.len().abs_diff(left.caller.len()) <= 8_000, "{}", agent.len());
    for track in ["caller.wav", "agent.wav"] {
        let found = audio_core::tape::recover_wav(folder.join(track)).expect("recovered");
        assert!(found.frames >= found.declared_frames);
    }

    // The next process makes a tape of it, which replays as far as it goes.
    std::fs::create_dir(tapes.join(".CAnothing")).expect("a folder");
    let settled = recover_leftovers(&tapes, Duration::ZERO).expect("readable");
    let whole = tapes.join("CAlive");
    assert_eq!(settled, [Leftover::Removed(tapes.join(".CAnothing")), Leftover::Recovered(whole.clone())]);
    let problems = validate(&whole);
    assert!(problems.iter().all(|problem| problem.problem.contains("broke off")), "{problems:?}");
    let tape = Tape::load(&whole).expect("a tape");
    let recording = Recording::load(&whole).expect("readable").expect("recorded live");
    let again = rerun(&tape, &recording, &RerunOptions::default()).expect("replays");
    let then = recording.decisions();
    assert!(then.len() > 2);
    assert_eq!(again.decisions[..then.len().min(again.decisions.len())], then);
}

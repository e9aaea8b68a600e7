//! A whole call, and interruptions.

use crm_api::EndReason;
use provider_fakes::openai::Service;
use provider_fakes::realtime::{FakeRealtime, Speech};
use provider_fakes::twilio_caller::{Ending, Event};
use serde_json::json;

use super::{KEY, Line};
use crate::site::{audible, ran_apart, tape};

const GREETING: &str = "שלום, הגעתם לנדל\"ן לדוגמה.";
const FIRST: &str = "שלום, אני מחפש דירה להשכרה";
const SECOND: &str = "קוראים לי דני כהן";
const THIRD: &str = "בתל אביב, קרוב לים";

/// S-AUD-001, S-AUD-002, S-AUD-007, S-AUD-010, S-AUD-011: greeting, two turns, a tool, a goodbye after which the bridge
/// hangs up. The model hears the caller and speaks itself; nothing of the chain but the greeting's voice is asked.
/// Transcript, lead and end are the CRM's as with any other call.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_whole_call() {
    if ran_apart("realtime::call::a_whole_call") {
        return;
    }
    let tape = tape("booking");
    let realtime = FakeRealtime::start().await.expect("a port");
    realtime.hears([FIRST, SECOND, THIRD]);
    realtime.says([
        Speech::say("בשמחה. מה השם?"),
        Speech::Tool("save_lead_fields".into(), "{\"name\":\"דני כהן\"}".into(), String::new()),
        Speech::say("נעים מאוד, דני."),
        Speech::Tool("end_call".into(), "{}".into(), "תודה ולהתראות.".into()),
    ]);
    let line = Line::start(realtime, &[]).await;
    let sid = "00000000000000000000000000000a01";
    let record = line.call(&tape, sid, 40_000).await;

    // It hung up once its goodbye was heard.
    assert!(matches!(record.ending, Ending::ClosedByBridge(_)), "{:?}", record.ending);
    assert_eq!(line.end(sid), Some(EndReason::AgentHangUp));
    assert_eq!(audible(&record).len(), 4, "greeting and three answers: {:?}", audible(&record));
    let expected = [
        format!("agent: {GREETING}"),
        format!("caller: {FIRST}"),
        "agent: בשמחה. מה השם?".to_owned(),
        format!("caller: {SECOND}"),
        "agent: נעים מאוד, דני.".to_owned(),
        format!("caller: {THIRD}"),
        "agent: תודה ולהתראות.".to_owned(),
    ];
    assert_eq!(line.said(sid), expected);

    // One session, asked for in today's shape, without a single error.
    let sessions = line.realtime.sessions();
    assert_eq!(sessions.len(), 1);
    let session = &sessions[0];
    assert_eq!(session.query, "model=gpt-realtime");
    assert_eq!(session.authorization.as_deref(), Some(format!("Bearer {KEY}").as_str()));
    assert_eq!(session.errors, Vec::<String>::new());
    let update = &session.messages[0]["session"];
    assert_eq!(update["audio"]["input"]["turn_detection"], json!(null));
    assert_eq!(update["audio"]["output"]["format"], json!({ "type": "audio/pcmu" }));
    assert!(update["instructions"].as_str().is_some_and(|text| text.contains("נדל\"ן לדוגמה")));

    // What it knew when it answered: our greeting in words, the caller's voice, what it said itself, the tool.
    let asked = line.realtime.asked();
    assert_eq!(asked.len(), 4);
    let roles = |n: usize| asked[n].known.iter().map(|known| known.role.as_str()).collect::<Vec<_>>();
    assert_eq!(roles(0), ["assistant", "user"]);
    assert_eq!(asked[0].known[0].text, GREETING);
    let heard_ms = asked[0].known[1].audio_ms;
    let said_ms = tape.file.caller[0].end_ms - tape.file.caller[0].start_ms;
    assert!((said_ms..said_ms + 1_500).contains(&heard_ms), "{heard_ms} of {said_ms} ms");
    assert_eq!(roles(1), ["assistant", "user", "assistant", "user"]);
    assert_eq!(roles(2), ["assistant", "user", "assistant", "user", "call", "tool"]);
    assert!(asked[2].known[5].text.starts_with("{\"ok\":true"), "{}", asked[2].known[5].text);
    let tools = line.site.crm.tools();
    let (_, name, request) = &tools[0];
    assert_eq!((tools.len(), name.as_str()), (1, "save_lead_fields"));
    assert_eq!((request.call_token.as_str(), request.arguments["name"].as_str()), ("call-token", "דני כהן"));

    for service in [Service::Chat, Service::Transcriptions] {
        assert_eq!(line.site.openai.requests(service).len(), 0, "{service:?}");
    }
    let metrics = line.site.metrics().await;
    for name in ["kav_bridge_realtime_sessions_total", "kav_bridge_realtime_tokens_total"] {
        assert!(metrics.contains(name), "{name}");
    }
    line.down().await;
}

/// S-AUD-008, S-AUD-015, A-AUD-003: at an interruption the answer is truncated where the caller stopped hearing it,
/// to the millisecond as the session counts it and within a frame or two of what was really heard; words that
/// were not heard are in no history.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_interrupted_answer_ends_where_it_was_heard() {
    if ran_apart("realtime::call::an_interrupted_answer_ends_where_it_was_heard") {
        return;
    }
    let tape = tape("interruption");
    let realtime = FakeRealtime::start().await.expect("a port");
    realtime.hears(["היי, אני מחפשת דירה לקנייה", "רגע, רגע, לא שם, אני רוצה ליד הים"]);
    let long = "יש לנו כמה דירות יפות בצפון העיר, קרוב לפארק, לבתי הספר ולתחבורה הציבורית, וגם דירה אחת חדשה \
                במרכז, עם מעלית וחניה, שמתפנה כבר בחודש הבא, ואפשר לבוא לראות אותה השבוע בכל יום.";
    realtime.says([Speech::say(long), Speech::say("בסדר, ליד הים.")]);
    realtime.pace(1.2);
    let line = Line::start(realtime, &[]).await;
    let sid = "00000000000000000000000000000a02";
    let record = line.call(&tape, sid, 15_000).await;

    let heard = line.heard_at_yields(sid);
    assert_eq!(heard.len(), 1, "{heard:?}");
    let session = &line.realtime.sessions()[0];
    assert_eq!(session.errors, Vec::<String>::new());
    let truncated = session.of("conversation.item.truncate");
    let ends: Vec<_> = truncated.iter().filter_map(|message| message["audio_end_ms"].as_u64()).collect();
    assert_eq!(ends, heard, "the model is told what the CRM is told");
    // It was still speaking: that was cancelled first, and it was truncated before it was asked again.
    let kinds: Vec<_> = session.messages.iter().filter_map(|message| message["type"].as_str()).collect();
    let at =
        |kind: &str| kinds.iter().position(|k| *k == kind).unwrap_or_else(|| panic!("{kind} in {kinds:?}"));
    assert!(at("response.cancel") < at("conversation.item.truncate"), "{kinds:?}");
    let last = kinds.iter().rposition(|k| *k == "response.create").expect("an answer");
    assert!(at("conversation.item.truncate") < last, "{kinds:?}");
    let known = &line.realtime.asked()[1].known;
    assert_eq!(known[2].heard_ms, Some(heard[0]), "{known:?}");
    assert!(known[2].audio_ms > heard[0]);

    // What came out of the caller's phone, from the answer's first sound to the silence after `clear`.
    let answered = audible(&record)[1];
    let silent = record
        .log
        .iter()
        .find(|logged| logged.line_ms > answered && matches!(logged.what, Event::Clear | Event::AgentSilent))
        .expect("it was silenced");
    let really = silent.line_ms - answered;
    // What is said over the agent is told apart from an echo by sending what is buffered again, quieter.
    let clears: Vec<u64> = record
        .log
        .iter()
        .filter(|logged| logged.line_ms > answered && logged.what == Event::Clear)
        .map(|logged| logged.line_ms - answered)
        .collect();
    let near = |ms: u64| ms.abs_diff(heard[0]) <= 60;
    assert!(near(really) || clears.iter().copied().any(near), "{} ms told, {really}, {clears:?}", heard[0]);

    // The words that were heard are the beginning of what was said.
    let turns = line.turns(sid);
    let (_, said, _) = turns.iter().find(|(_, _, interrupted)| *interrupted).expect("an interruption");
    assert!(long.starts_with(said.as_str()) && said.len() < long.len(), "{said}");
    assert!(line.said(sid).contains(&"agent: בסדר, ליד הים.".to_owned()), "{turns:?}");
    let metrics = line.site.metrics().await;
    assert!(metrics.contains("kav_bridge_barge_ins_total"), "interruptions are counted");
    line.down().await;
}

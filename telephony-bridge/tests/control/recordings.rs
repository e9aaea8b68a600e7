//! Recordings at Twilio.

use crm_api::CallEventKind;
use provider_fakes::twilio_rest::Recording;

use crate::site::{INTERNAL_TOKEN, PUBLIC, Site};

fn is_recording(kind: &CallEventKind) -> bool {
    matches!(kind, CallEventKind::Recording { .. })
}

/// A-CRM-023: a call is recorded where its decision allows it, the CRM hears of the recording after the call's end
/// and once, and it is deleted on request.
#[tokio::test(flavor = "multi_thread")]
async fn a_recording_is_told_and_deleted() {
    let site = Site::start("לא תודה, להתראות", "end_call", true, &[("RECORD_CALLS", "true")]).await;
    let mut decision = provider_fakes::crm::agent();
    decision.record = true;
    site.crm.set_decision(decision);
    site.twilio.add_call("CA1", "in-progress");
    let calling = tokio::spawn(site.caller("1").call());
    site.asked(|twilio| !twilio.recordings().is_empty()).await;
    let sid = site.twilio.recordings().into_keys().next().expect("a recording");
    let asked = site.twilio.asked().into_iter().find(|asked| asked.path.ends_with("Recordings.json"));
    let callback = asked.expect("asked").get("RecordingStatusCallback").map(str::to_owned);
    assert_eq!(callback, Some(format!("{PUBLIC}/api/voice/recording")));
    calling.await.expect("no panic").expect("a call");
    let url = format!("https://api.twilio.com/2010-04-01/Accounts/AC0/Recordings/{sid}");
    let form = [
        ("CallSid", "CA1"),
        ("RecordingSid", sid.as_str()),
        ("RecordingStatus", "completed"),
        ("RecordingDuration", "12"),
        ("RecordingUrl", url.as_str()),
    ];
    for _ in 0..2 {
        assert_eq!(site.post("/api/voice/recording", &form).await.0, 204);
    }
    let events = site.events("CA1", 1, is_recording).await;
    let expected = CallEventKind::Recording { location: url.clone(), duration_ms: 12_000 };
    assert_eq!(events.last(), Some(&expected), "{events:?}");
    assert_eq!((events.iter().filter(|kind| is_recording(kind)).count(), site.crm.conflicts()), (1, 0));

    let path = format!("/internal/v1/recordings/{sid}");
    assert_eq!(site.internal("DELETE", &path, None, "guessed").await.0, 401);
    assert_eq!(site.twilio.recordings().len(), 1);
    for _ in 0..2 {
        assert_eq!(site.internal("DELETE", &path, None, INTERNAL_TOKEN).await.0, 204);
    }
    assert!(site.twilio.recordings().is_empty());
    let files = std::fs::read_dir(site.folder.path().join("data/recordings")).expect("a folder").count();
    assert_eq!(files, 0, "nothing is left to remember");
    site.down().await;
}

/// A-CRM-023: what the process before kept is deleted when its time is over; what is younger stays.
#[tokio::test(flavor = "multi_thread")]
async fn a_recording_is_deleted_when_its_time_is_over() {
    let site = Site::start("", "end_call", true, &[]).await;
    let dir = site.folder.path().join("data");
    site.down().await;
    let now =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock").as_millis();
    let hours = |hours: u128| now - hours * 3_600_000;
    let kept = dir.join("recordings");
    std::fs::create_dir_all(&kept).expect("a folder");
    for (sid, at) in [("RE1", hours(49)), ("RE2", hours(47))] {
        let text = format!(
            r#"{{"call_sid":"CA1","location":"twilio:{sid}","duration_ms":1,"at_ms":{at},"told":true}}"#
        );
        std::fs::write(kept.join(format!("{sid}.json")), text).expect("written");
    }
    std::fs::write(kept.join("RE3.json"), "torn").expect("written");
    let data = dir.display().to_string();
    let site = Site::start("", "end_call", true, &[("DATA_DIR", &data)]).await;
    for sid in ["RE1", "RE2", "RE3"] {
        let recording = Recording { call_sid: "CA1".to_owned(), seconds: 1, wav: Vec::new() };
        site.twilio.add_recording(sid, recording);
    }
    site.asked(|twilio| !twilio.recordings().contains_key("RE1")).await;
    let left: Vec<String> = site.twilio.recordings().into_keys().collect();
    assert_eq!(left, ["RE2", "RE3"]);
    site.down().await;
}

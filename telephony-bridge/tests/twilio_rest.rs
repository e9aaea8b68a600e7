//! Twilio's API, over real sockets, with everything that can go wrong on the way.

use std::time::Duration;

use provider_fakes::twilio_rest::{FakeTwilioRest, Fault, Number, Recording};
use telephony_bridge::crm::Backoff;
use telephony_bridge::twilio::CallStatus;
use telephony_bridge::twilio::rest::{
    CallStage, Credentials, HangUp, Instructions, MachineDetection, NewCall, NumberWebhooks, RestError,
    RestOptions, TwilioRest,
};

const ACCOUNT: &str = "AC00000000000000000000000000000000";
const TOKEN: &str = "account-token";
const KEY: (&str, &str) = ("SK1", "key-secret");

async fn fake() -> FakeTwilioRest {
    FakeTwilioRest::start(ACCOUNT, &[(ACCOUNT, TOKEN), KEY]).await.expect("a port")
}

fn options(base: String) -> RestOptions {
    let backoff = Backoff { min: Duration::from_millis(10), max: Duration::from_millis(40) };
    let answer = Duration::from_millis(1_000);
    RestOptions { base, answer, backoff, longest_pause: Duration::from_secs(1), ..RestOptions::default() }
}

fn client(fake: &FakeTwilioRest) -> TwilioRest {
    let credentials = Credentials::account(ACCOUNT, TOKEN.to_owned().into());
    TwilioRest::new(credentials, options(fake.base())).expect("a client")
}

fn call(instructions: Instructions<'_>) -> NewCall<'_> {
    NewCall {
        to: "+972501234567",
        from: "+97233763805",
        instructions,
        timeout_s: 25,
        time_limit_s: None,
        status_callback: None,
        machine_detection: None,
        record_to: None,
    }
}

const TWIML: &str = "<Response><Say>דחוף & חשוב</Say></Response>";

/// S-EMG-010: a call is placed with everything that it needs, keys repeated where Twilio wants it so.
#[tokio::test]
async fn a_call_is_placed() {
    let twilio = fake().await;
    let rest = client(&twilio);
    let wanted = NewCall {
        time_limit_s: Some(600),
        status_callback: Some(("https://b/status", &[CallStage::Answered, CallStage::Completed])),
        machine_detection: Some(MachineDetection {
            wait_for_end: true,
            callback: "https://b/amd",
            timeout_s: 20,
        }),
        record_to: Some("https://b/recording"),
        ..call(Instructions::Twiml(TWIML))
    };
    let created = rest.create_call(&wanted).await.expect("placed");
    assert_eq!(created.status, CallStatus::Queued);
    assert_eq!(twilio.calls()[&created.sid].instructions, TWIML);
    let asked = &twilio.asked()[0];
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/Calls.json"));
    assert_eq!(asked.all("StatusCallbackEvent").collect::<Vec<_>>(), ["answered", "completed"]);
    for (name, value) in [
        ("To", "+972501234567"),
        ("From", "+97233763805"),
        ("Timeout", "25"),
        ("TimeLimit", "600"),
        ("StatusCallback", "https://b/status"),
        ("MachineDetection", "DetectMessageEnd"),
        ("MachineDetectionTimeout", "20"),
        ("AsyncAmd", "true"),
        ("AsyncAmdStatusCallback", "https://b/amd"),
        ("Record", "true"),
        ("RecordingStatusCallback", "https://b/recording"),
    ] {
        assert_eq!(asked.get(name), Some(value), "{name}");
    }
    rest.create_call(&call(Instructions::Url("https://b/twiml"))).await.expect("placed");
    let asked = &twilio.asked()[1];
    assert_eq!((asked.get("Url"), asked.get("Method")), (Some("https://b/twiml"), Some("POST")));
}

/// What makes no sense is not sent.
#[tokio::test]
async fn nonsense_is_not_sent() {
    let twilio = fake().await;
    let rest = client(&twilio);
    let wrong = NewCall { to: "0501234567", ..call(Instructions::Twiml(TWIML)) };
    let error = rest.create_call(&wrong).await.expect_err("no number").to_string();
    assert_eq!(error, "cannot create the call: To is `0501234567`: expected a number such as +972501234567");
    let long = "ש".repeat(4_001);
    let error = rest.create_call(&call(Instructions::Twiml(&long))).await.expect_err("too long");
    assert!(error.to_string().ends_with("expected at most 4000 characters"), "{error}");
    let fits = "ש".repeat(4_000);
    rest.create_call(&call(Instructions::Twiml(&fits))).await.expect("characters, not bytes");
    for sid in ["", "../Accounts", "CA1/Recordings", "CA 1"] {
        let error = rest.hang_up(sid).await.expect_err("no id");
        assert!(matches!(error, RestError::Wrong { field: "CallSid", .. }), "{sid}: {error}");
    }
    assert_eq!(twilio.asked().len(), 1);
}

/// The account's token or an API key; a wrong one is named by Twilio, and shown by nobody.
#[tokio::test]
async fn a_secret_is_checked_and_not_shown() {
    let twilio = fake().await;
    twilio.add_call("CA1", "in-progress");
    let with = |credentials| TwilioRest::new(credentials, options(twilio.base())).expect("a client");
    let key = with(Credentials::api_key(ACCOUNT, KEY.0, KEY.1.to_owned().into()));
    assert_eq!(key.hang_up("CA1").await, Ok(HangUp::Ended));
    let wrong = with(Credentials::account(ACCOUNT, "guessed-secret".to_owned().into()));
    let error = wrong.hang_up("CA1").await.expect_err("refused");
    let sentence = "cannot hang up the call: Twilio answers 401 (20003): Authenticate, \
                    see https://www.twilio.com/docs/errors/20003";
    assert_eq!(error.to_string(), sentence);
    assert!(!format!("{wrong:?} {error:?}").contains("guessed"));
    assert_eq!(twilio.asked().len(), 2, "a wrong key is not tried again");
}

/// Guarantees 3 and 4: ending a call that is over, or that nobody knows, is no failure.
#[tokio::test]
async fn hanging_up_twice_is_hanging_up() {
    let twilio = fake().await;
    let rest = client(&twilio);
    twilio.add_call("CA1", "in-progress");
    assert_eq!(rest.hang_up("CA1").await, Ok(HangUp::Ended));
    assert_eq!(twilio.calls()["CA1"].status, "completed");
    assert_eq!(rest.hang_up("CA1").await, Ok(HangUp::WasOver), "400, 21220");
    assert_eq!(rest.hang_up("CA2").await, Ok(HangUp::WasOver), "404, 20404");
}

#[tokio::test]
async fn a_live_call_is_redirected() {
    let twilio = fake().await;
    let rest = client(&twilio);
    twilio.add_call("CA1", "in-progress");
    assert_eq!(rest.redirect_call("CA1", Instructions::Twiml(TWIML)).await, Ok(true));
    assert_eq!(twilio.calls()["CA1"].instructions, TWIML);
    assert_eq!(rest.redirect_call("CA1", Instructions::Url("https://b/after")).await, Ok(true));
    assert_eq!(twilio.calls()["CA1"].instructions, "https://b/after");
    rest.hang_up("CA1").await.expect("over");
    assert_eq!(rest.redirect_call("CA1", Instructions::Twiml(TWIML)).await, Ok(false));
    assert_eq!(rest.redirect_call("CA2", Instructions::Twiml(TWIML)).await, Ok(false));
}

fn status(status: u16, retry_after: Option<u32>) -> Fault {
    Fault::Status { status, retry_after }
}

/// 429 and 5xx pass; so do silence and broken connections where doing it twice does no harm.
#[tokio::test]
async fn what_does_no_harm_is_tried_again() {
    let twilio = fake().await;
    let rest = client(&twilio);
    for faults in [
        vec![status(429, None), status(503, None)],
        vec![status(429, Some(1))],
        vec![Fault::DoneAndDropped, status(500, None)],
        vec![Fault::DoneAndSilent],
        vec![Fault::Slow(Duration::from_millis(50))],
    ] {
        let before = twilio.asked().len();
        let expected = faults.len() + usize::from(!matches!(faults[0], Fault::Slow(_)));
        twilio.add_call("CA1", "in-progress");
        let began = std::time::Instant::now();
        twilio.fail_next(faults.clone());
        rest.hang_up("CA1").await.unwrap_or_else(|error| panic!("{faults:?}: {error}"));
        assert_eq!(twilio.calls()["CA1"].status, "completed");
        assert_eq!(twilio.asked().len() - before, expected, "{faults:?}");
        if faults == [status(429, Some(1))] {
            assert!(began.elapsed() >= Duration::from_secs(1), "Retry-After is kept");
        }
    }
}

/// It ends: three tries, and no wait that is longer than a caller's patience.
#[tokio::test]
async fn trying_again_is_bounded() {
    let twilio = fake().await;
    let rest = client(&twilio);
    twilio.add_call("CA1", "in-progress");
    twilio.fail_next(vec![status(503, None); 3]);
    let error = rest.hang_up("CA1").await.expect_err("three times");
    assert!(matches!(error, RestError::Refused { status: 503, .. }), "{error}");
    assert_eq!(twilio.asked().len(), 3);
    twilio.fail_next([status(429, Some(3_600))]);
    let error = rest.hang_up("CA1").await.expect_err("an hour");
    let asked = Some(Duration::from_secs(3_600));
    assert!(matches!(error, RestError::Refused { status: 429, retry_after, .. } if retry_after == asked));
    assert_eq!(twilio.asked().len(), 4);
}

/// A call is placed at most once: after the request may have been received it is not sent again.
#[tokio::test]
async fn a_call_is_never_placed_twice() {
    let twilio = fake().await;
    let rest = client(&twilio);
    let place = async |faults: Vec<Fault>| {
        let before = (twilio.asked().len(), twilio.calls().len());
        twilio.fail_next(faults);
        let result = rest.create_call(&call(Instructions::Twiml(TWIML))).await;
        (result, twilio.asked().len() - before.0, twilio.calls().len() - before.1)
    };
    for fault in [
        Fault::DoneAndSilent,
        Fault::DoneAndDropped,
        Fault::Garbage("<html>".to_owned()),
        Fault::Garbage(r#"{"sid":"CA1","status":"lost"}"#.to_owned()),
        Fault::Garbage(r#"{"sid":"../..","status":"queued"}"#.to_owned()),
    ] {
        let (result, asked, placed) = place(vec![fault.clone()]).await;
        let error = result.expect_err("no answer");
        assert!(error.may_be_done(), "{fault:?}: {error}");
        assert_eq!((asked, placed), (1, 1), "{fault:?}");
    }
    let (result, asked, placed) = place(vec![status(500, None)]).await;
    assert!(result.expect_err("refused").may_be_done());
    assert_eq!((asked, placed), (1, 0));
    // Refused before anything was done: it is safe.
    let (result, asked, placed) = place(vec![status(429, None)]).await;
    result.expect("the second time");
    assert_eq!((asked, placed), (2, 1));
}

/// Nobody listens: nothing was received, and the error says where it ended.
#[tokio::test]
async fn nobody_is_there() {
    let twilio = fake().await;
    let gone = twilio.base();
    drop(twilio);
    let credentials = Credentials::account(ACCOUNT, TOKEN.to_owned().into());
    let rest = TwilioRest::new(credentials, options(gone)).expect("a client");
    let error = rest.create_call(&call(Instructions::Twiml(TWIML))).await.expect_err("nobody");
    assert!(matches!(error, RestError::Unreachable { .. }), "{error}");
    assert!(!error.may_be_done());
}

/// A-CRM-023: recordings are begun, found page by page, downloaded in pieces, and deleted for good.
#[tokio::test]
async fn recordings_come_and_go() {
    let twilio = fake().await;
    let rest = client(&twilio);
    twilio.add_call("CA1", "in-progress");
    let begun = rest.start_recording("CA1", "https://b/recording").await.expect("begun");
    assert_eq!(
        (begun.call_sid.as_str(), begun.status.as_str(), begun.duration),
        ("CA1", "in-progress", None)
    );
    let asked = twilio.asked().pop().expect("asked");
    assert_eq!(asked.get("RecordingStatusCallback"), Some("https://b/recording"));
    assert_eq!(asked.get("RecordingChannels"), Some("dual"));

    let wav: Vec<u8> = (0..400_000_u32).map(|i| i as u8).collect();
    for i in 0..7 {
        let recording = Recording { call_sid: "CA2".to_owned(), seconds: i, wav: wav.clone() };
        twilio.add_recording(&format!("RE{i}"), recording);
    }
    twilio.set_page_size(3);
    let listed = rest.recordings_of("CA2").await.expect("listed");
    let seconds: Vec<_> = listed.iter().map(|recording| recording.duration).collect();
    assert_eq!(seconds, (0..7).map(Some).collect::<Vec<_>>());

    let mut download = rest.download("RE3").await.expect("begun");
    assert_eq!((download.content_type(), download.length()), (Some("audio/x-wav"), Some(400_000)));
    let (mut bytes, mut pieces) = (Vec::new(), 0);
    while let Some(piece) = download.piece().await.expect("whole") {
        bytes.extend(piece);
        pieces += 1;
    }
    assert_eq!(bytes, wav);
    assert!(pieces > 1, "in pieces");

    twilio.fail_next([Fault::DoneAndSilent]);
    assert_eq!(rest.delete_recording("RE3").await, Ok(false), "the first try had deleted it");
    assert_eq!(rest.delete_recording("RE4").await, Ok(true), "204");
    assert_eq!(rest.delete_recording("RE4").await, Ok(false), "404");
    assert!(rest.download("RE4").await.expect_err("gone").is_not_found());
    assert_eq!(twilio.recordings().len(), 6);
}

/// A list that makes no sense is an error, not an endless walk.
#[tokio::test]
async fn a_list_is_followed_on_its_own_host_and_ends() {
    let twilio = fake().await;
    let rest = client(&twilio);
    for (page, told) in [
        (r#"{"recordings":[],"next_page_uri":"https://elsewhere/x"}"#, "next_page_uri"),
        (r#"{"recordings":[],"next_page_uri":"//elsewhere/x"}"#, "next_page_uri"),
        (r#"{"recordings":{}}"#, "`recordings`"),
        (r#"{}"#, "`recordings`"),
        ("[", "no JSON"),
    ] {
        twilio.fail_next([Fault::Garbage(page.to_owned())]);
        let error = rest.recordings_of("CA1").await.expect_err(page);
        assert!(matches!(&error, RestError::Garbage { detail, .. } if detail.contains(told)), "{error}");
    }
    let itself = r#"{"recordings":[],"next_page_uri":"/2010-04-01/Accounts/AC00000000000000000000000000000000/Calls/CA1/Recordings.json"}"#;
    twilio.fail_next(vec![Fault::Garbage(itself.to_owned()); 200]);
    let error = rest.recordings_of("CA1").await.expect_err("endless");
    assert!(error.to_string().contains("more than 100 pages"), "{error}");
}

#[tokio::test]
async fn a_number_is_found_and_its_webhooks_are_set() {
    let twilio = fake().await;
    let rest = client(&twilio);
    // The filter of the API finds parts of numbers.
    for (sid, number) in [("PN1", "+9723376380599"), ("PN2", "+97233763805")] {
        twilio.add_number(sid, Number { number: number.to_owned(), ..Number::default() });
    }
    twilio.set_page_size(1);
    let found = rest.find_number("+97233763805").await.expect("asked").expect("found");
    assert_eq!((found.sid.as_str(), found.webhooks.voice_url.as_str()), ("PN2", ""));
    assert_eq!(rest.find_number("+97231111111").await, Ok(None));
    let webhooks = NumberWebhooks {
        voice_url: "https://b/api/voice/inbound".to_owned(),
        voice_method: "POST".to_owned(),
        status_callback: "https://b/api/voice/status".to_owned(),
        status_callback_method: "POST".to_owned(),
    };
    let now = rest.set_webhooks(&found.sid, &webhooks).await.expect("set");
    assert_eq!((&now.webhooks, now.phone_number.as_str()), (&webhooks, "+97233763805"));
    let again = rest.find_number("+97233763805").await.expect("asked").expect("found");
    assert_eq!(again.webhooks, webhooks);
    assert_eq!(twilio.numbers()["PN2"].settings["voice_url"], "https://b/api/voice/inbound");
}

use proptest::prelude::*;

use super::*;

const START: &str = r#"{"event":"start","sequenceNumber":"1","start":{"accountSid":"AC1","streamSid":"MZ1","callSid":"CA1","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},"customParameters":{"FirstName":"Jane","token":"secret"}},"streamSid":"MZ1"}"#;

fn body(text: &str) -> Body<'_> {
    parse(text).expect("a message").body
}

/// A-PLT-004: the messages as Twilio documents them.
#[test]
fn documented_messages() {
    let connected = parse(r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#);
    assert_eq!(connected, Ok(Message { sequence: None, stream_sid: None, body: Body::Connected }));

    let Body::Start(start) = body(START) else { panic!("start") };
    assert_eq!((start.call_sid.as_str(), start.stream_sid.as_str()), ("CA1", "MZ1"));
    assert_eq!(start.tracks, ["inbound"]);
    assert_eq!(start.parameters["token"], "secret");
    assert!(!format!("{start:?}").contains("secret"));

    let media = parse(r#"{"event":"media","sequenceNumber":"4","media":{"track":"inbound","chunk":"2","timestamp":"5","payload":"no+JhoaJjpw="},"streamSid":"MZ1"}"#).expect("media");
    assert_eq!((media.sequence, media.stream_sid.as_deref()), (Some(4), Some("MZ1")));
    let Body::Media(audio) = media.body else { panic!("media") };
    assert_eq!((audio.chunk, audio.timestamp_ms, audio.is_inbound()), (Some(2), Some(5), true));
    let mut buffer = [0; 160];
    assert_eq!(audio.decode(&mut buffer).expect("base64"), [0x9e, 0x8f, 0x89, 0x86, 0x86, 0x89, 0x8e, 0x9c]);

    let dtmf = r#"{"event":"dtmf","streamSid":"MZ1","sequenceNumber":"5","dtmf":{"track":"inbound_track","digit":"1"}}"#;
    assert_eq!(body(dtmf), Body::Dtmf { digit: '1' });
    let mark = r#"{"event":"mark","sequenceNumber":"4","streamSid":"MZ1","mark":{"name":"my label"}}"#;
    assert_eq!(body(mark), Body::Mark { name: "my label".into() });
    let stop = r#"{"event":"stop","sequenceNumber":"5","stop":{"accountSid":"AC1","callSid":"CA1"},"streamSid":"MZ1"}"#;
    assert_eq!(body(stop), Body::Stop);
    assert_eq!(body(r#"{"event":"telepathy"}"#), Body::Unknown { event: "telepathy".into() });
}

/// A-PLT-004: numbers as numbers.
#[test]
fn numbers_may_be_numbers() {
    let text = r#"{"event":"media","sequenceNumber":4,"media":{"chunk":2.0,"timestamp":5,"payload":"/w=="},"streamSid":"MZ1"}"#;
    let Body::Media(audio) = body(text) else { panic!("media") };
    assert_eq!((audio.chunk, audio.timestamp_ms), (Some(2), Some(5)));
    let text = START.replace("8000", "\"8000\"").replace(":1}", ":\"1\"}");
    assert!(matches!(body(&text), Body::Start(_)));
    assert_eq!(body(r#"{"event":"dtmf","dtmf":{"digit":7}}"#), Body::Dtmf { digit: '7' });
}

/// The strings of a media message point into the message.
#[test]
fn media_is_borrowed() {
    let text = r#"{"event":"media","streamSid":"MZ1","media":{"track":"inbound","payload":"/w=="}}"#;
    let message = parse(text).expect("media");
    assert!(matches!(message.stream_sid, Some(Cow::Borrowed(_))));
    let Body::Media(audio) = message.body else { panic!("media") };
    assert!(matches!((&audio.payload, &audio.track), (Cow::Borrowed(_), Some(Cow::Borrowed(_)))));
}

#[test]
fn payloads_may_be_escaped_or_lack_padding_but_not_be_endless() {
    let decoded = |payload: &str| {
        let text = format!(r#"{{"event":"media","media":{{"payload":"{payload}"}}}}"#);
        let Body::Media(audio) = body(&text) else { panic!("media") };
        audio.decode(&mut [0; MAX_MEDIA_BYTES]).map(<[u8]>::to_vec)
    };
    assert_eq!(decoded(r"\/w=="), Ok(vec![0xff]));
    assert_eq!(decoded("/w"), Ok(vec![0xff]));
    assert_eq!(decoded(""), Ok(vec![]));
    assert_eq!(decoded(&"////".repeat(5_333)).map(|bytes| bytes.len()), Ok(15_999));
    assert!(matches!(decoded(&"////".repeat(5_334)), Err(MessageError::Payload(_))));
    let error = decoded("no base64").expect_err("a space");
    assert!(error.to_string().starts_with("field `media.payload`: "), "{error}");
}

/// Errors name the field and the datum.
#[test]
fn errors_name_the_culprit() {
    let said = |text: &str| parse(text).expect_err("an error").to_string();
    assert_eq!(said("{}"), "field `event` is missing");
    assert_eq!(said(r#"{"event":7}"#), "field `event` is `7`: expected a string");
    assert_eq!(said(r#"{"event":"media"}"#), "field `media` is missing");
    assert_eq!(said(r#"{"event":"media","media":{}}"#), "field `media.payload` is missing");
    assert!(said(r#"{"event":"media","media":"x"}"#).contains("field `media` to be an object"));
    assert_eq!(
        said(r#"{"event":"media","media":{"payload":"","timestamp":"-5"}}"#),
        "field `media.timestamp` is `-5`: expected a whole number that is not negative"
    );
    assert_eq!(
        said(r#"{"event":"media","sequenceNumber":{"a":1}}"#),
        "field `sequenceNumber` is `an object`: expected a whole number that is not negative"
    );
    assert_eq!(
        said(&START.replace("audio/x-mulaw", "audio/opus")),
        "field `start.mediaFormat.encoding` is `audio/opus`: expected audio/x-mulaw"
    );
    assert_eq!(
        said(&START.replace("8000", "16000")),
        "field `start.mediaFormat.sampleRate` is `16000`: expected 8000"
    );
    assert_eq!(
        said(&START.replace(r#""channels":1"#, r#""channels":2"#)),
        "field `start.mediaFormat.channels` is `2`: expected 1"
    );
    assert_eq!(
        said(&START.replace("\"secret\"", "[1]")),
        "field `start.customParameters.token` is `an array`: expected a string"
    );
    assert_eq!(said(&START.replace("\"CA1\"", "null")), "field `start.callSid` is missing");
    assert_eq!(
        said(r#"{"event":"dtmf","dtmf":{"digit":"12"}}"#),
        "field `dtmf.digit` is `12`: expected one key of a telephone"
    );
    assert_eq!(said(&" ".repeat(MAX_MESSAGE_BYTES + 1)), "message of 65537 bytes: the limit is 65536");
    assert!(said("[1").starts_with("not a media-stream message: "));
}

fn any_json() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|v| v.to_string()),
        any::<i64>().prop_map(|v| v.to_string()),
        any::<f32>().prop_filter("finite", |v| v.is_finite()).prop_map(|v| v.to_string()),
        any::<String>().prop_map(|v| serde_json::to_string(&v).expect("a string")),
    ];
    scalar.prop_recursive(3, 16, 4, |inner| {
        let key = prop_oneof![
            Just("payload"),
            Just("digit"),
            Just("name"),
            Just("callSid"),
            Just("timestamp"),
            Just("mediaFormat"),
            Just("customParameters"),
            Just("tracks"),
            Just("chunk"),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|v| format!("[{}]", v.join(","))),
            prop::collection::vec((key, inner), 0..4).prop_map(|v| {
                let fields: Vec<_> = v.iter().map(|(k, v)| format!("\"{k}\":{v}")).collect();
                format!("{{{}}}", fields.join(","))
            }),
        ]
    })
}

proptest! {
    /// A-TEL-013
    #[test]
    fn no_bytes_make_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&String::from_utf8_lossy(&bytes));
    }

    /// A-TEL-013
    #[test]
    fn no_shape_makes_the_parser_panic(
        event in "connected|start|media|dtmf|mark|stop|x",
        field in "start|media|dtmf|mark|streamSid|sequenceNumber",
        value in any_json(),
    ) {
        if let Ok(Message { body: Body::Media(audio), .. }) =
            parse(&format!(r#"{{"event":"{event}","{field}":{value}}}"#))
        {
            let _ = audio.decode(&mut [0; 160]);
        }
    }
}

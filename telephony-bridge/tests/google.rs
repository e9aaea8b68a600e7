//! Google over real sockets: the voices, and the tokens of a service account.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use provider_fakes::ear::say;
use provider_fakes::fault::StreamFault;
use provider_fakes::google::{FakeRest, FakeSpeech, RestFault, audio_of};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use telephony_bridge::providers::google::auth::{Auth, ServiceAccount};
use telephony_bridge::providers::google::speech::{GoogleSpeech, SpeechSettings, V1};
use telephony_bridge::providers::google::tts::{GoogleVoice, GoogleVoices, StreamingVoice, VoiceSettings};
use telephony_bridge::providers::net::{CallNet, Health, HttpClient, Phase, ProviderError, Reason, Role};
use telephony_bridge::providers::recognition::{Limits, StreamingStt};
use telephony_bridge::providers::voice::{Manner, Speech, Voice};
use telephony_bridge::providers::{Stt as _, SttResult};
use telephony_bridge::session::{CallTime, Line, TurnId};
use telephony_bridge::speech_text::Gender;

const STUCK: Duration = Duration::from_secs(30);

/// The key of RFC 7515, appendix A.2: published, of no account.
const KEY: &str = include_str!("data/rfc7515_a2.b64");
const PUBLIC_KEY: &str = include_str!("data/rfc7515_a2.pub.b64");

fn account(fake: &FakeRest) -> Arc<ServiceAccount> {
    let file = json!({
        "type": "service_account",
        "client_email": "kav@example.iam.gserviceaccount.com",
        "private_key": format!("-----BEGIN PRIVATE KEY-----\n{KEY}-----END PRIVATE KEY-----\n"),
        "private_key_id": "k1",
        "token_uri": format!("{}/token", fake.url()),
    });
    Arc::new(ServiceAccount::parse(&file.to_string()).unwrap())
}

fn voice(fake: &FakeRest, auth: Auth) -> GoogleVoice {
    let settings = VoiceSettings { endpoint: fake.url(), ..VoiceSettings::default() };
    GoogleVoice::new(HttpClient::new().unwrap(), settings, Arc::new(auth))
}

async fn audio(voice: &impl Voice, text: &str) -> Result<Vec<u8>, ProviderError> {
    audio_as(voice, &Manner::default(), text).await
}

async fn audio_as(voice: &impl Voice, manner: &Manner, text: &str) -> Result<Vec<u8>, ProviderError> {
    let (mut speech, mut pieces) = Speech::channel(64);
    let line = Line::text(text);
    let saying = async {
        let said = voice.say(manner, &line, &mut speech).await;
        drop(speech);
        said
    };
    let listening = async {
        let mut all = Vec::new();
        while let Some(piece) = pieces.recv().await {
            all.extend(piece);
        }
        all
    };
    let both = async { tokio::join!(saying, listening) };
    let (said, all) = tokio::time::timeout(STUCK, both).await.expect("stuck");
    said.map(|()| all)
}

/// A-AUD-012, A-AUD-013: WaveNet, telephone profile, SSML; the header is no sound.
#[tokio::test]
async fn a_sentence_is_spoken_without_its_header() {
    let fake = FakeRest::start().await.unwrap();
    let voice = voice(&fake, Auth::key("k-1".to_owned().into()));
    let ssml = "<speak>מחיר הדירה שני מיליון שקלים.</speak>";
    assert_eq!(audio(&voice, "מחיר הדירה 2,000,000 ₪.").await.unwrap(), audio_of(ssml));
    assert_eq!(fake.credentials(), [Some("k-1".to_owned())]);
    assert_eq!(
        fake.spoken(),
        [json!({
            "input": {"ssml": ssml},
            "voice": {"languageCode": "he-IL", "name": "he-IL-Wavenet-A"},
            "audioConfig": {
                "audioEncoding": "MULAW",
                "sampleRateHertz": 8_000,
                "effectsProfileId": ["telephony-class-application"],
                "speakingRate": 1.0,
                "pitch": 0.0,
                "volumeGainDb": 0.0,
            },
        })]
    );
}

/// A-AUD-018: where SSML is refused, a standard voice reads the plain text.
#[tokio::test]
async fn plain_text_where_ssml_is_refused() {
    let fake = FakeRest::start().await.unwrap();
    fake.script([RestFault::NoSsml]);
    let voice = voice(&fake, Auth::none());
    assert_eq!(audio(&voice, "יש 2 חדרים").await.unwrap(), audio_of("יש שני חדרים"));
    let names: Vec<Value> = fake.spoken().iter().map(|body| body["voice"]["name"].clone()).collect();
    assert_eq!(names, ["he-IL-Wavenet-A", "he-IL-Standard-A"]);
}

/// A-AUD-012: each call has the voice and the gender of its business, WaveNet-D among them, and one kind of
/// audio is not taken for the other.
#[tokio::test]
async fn a_call_has_the_voice_of_its_business() {
    let (rest, grpc) = (FakeRest::start().await.unwrap(), FakeSpeech::start().await.unwrap());
    let voice = |endpoint| {
        let settings = VoiceSettings { endpoint, ..VoiceSettings::default() };
        GoogleVoices::new(HttpClient::new().unwrap(), settings, Arc::new(Auth::none())).unwrap()
    };
    let man = |voice: &str| Manner { voice: Some(voice.to_owned()), gender: Some(Gender::Masculine) };
    let (whole, streaming) = (voice(rest.url()), voice(grpc.url()));
    let woman = "<speak>אני בודקת</speak>";
    assert_eq!(audio(&whole, "אני בודק/ת").await.unwrap(), audio_of(woman));
    let d = man("he-IL-Wavenet-D");
    assert_eq!(audio_as(&whole, &d, "אני בודק/ת").await.unwrap(), audio_of("<speak>אני בודק</speak>"));
    rest.script([RestFault::NoSsml]);
    // What the service refuses is said by a man too; what is no voice of Google's is said by its own.
    assert_eq!(audio_as(&whole, &d, "אני בודק/ת").await.unwrap(), audio_of("אני בודק"));
    audio_as(&whole, &man("onyx"), "שלום").await.unwrap();
    let names: Vec<Value> = rest.spoken().iter().map(|body| body["voice"]["name"].clone()).collect();
    assert_eq!(names[..4], ["he-IL-Wavenet-A", "he-IL-Wavenet-D", "he-IL-Wavenet-D", "he-IL-Standard-D"]);
    assert_eq!(names[4..], ["he-IL-Wavenet-A"]);
    // One that streams, though the configured one does not.
    audio_as(&streaming, &man("he-IL-Chirp3-HD-Charon"), "שלום").await.unwrap();
    assert_eq!(grpc.asked().remove(0).model, "he-IL-Chirp3-HD-Charon");
    let identities =
        [Manner::default(), d, man("he-IL-Chirp3-HD-Charon")].map(|manner| whole.identity(&manner));
    assert!(identities[0] != identities[1] && identities[1] != identities[2], "{identities:?}");
}

#[tokio::test]
async fn a_long_line_is_spoken_in_order() {
    let fake = FakeRest::start().await.unwrap();
    let voice = voice(&fake, Auth::none());
    let text = "משפט אחד ועוד קצת. משפט שני, ארוך ממנו. ".repeat(120);
    let all = audio(&voice, &text).await.unwrap();
    let said: Vec<String> =
        fake.spoken().iter().map(|body| body["input"]["ssml"].as_str().unwrap().to_owned()).collect();
    assert!(said.len() > 1);
    assert_eq!(all, said.iter().flat_map(|ssml| audio_of(ssml)).collect::<Vec<_>>());
}

/// Each failure has its reason, in bounded time, and no key is repeated.
#[tokio::test]
async fn every_failure_says_what_it_is() {
    let fake = FakeRest::start().await.unwrap();
    let voice = voice(&fake, Auth::key("k-1".to_owned().into()));
    for (fault, reason) in [
        (RestFault::Status(401), Reason::Expired),
        (RestFault::Status(403), Reason::Expired),
        (RestFault::Status(429), Reason::Quota { retry_after: None }),
        (RestFault::Status(500), Reason::Server),
        (RestFault::Status(503), Reason::Server),
        (RestFault::Garbage, Reason::Garbage),
        (RestFault::Empty, Reason::Garbage),
        (RestFault::Hang, Reason::Slow),
    ] {
        fake.script([fault.clone()]);
        let error = audio(&voice, "שלום").await.expect_err("a failure");
        assert_eq!((error.provider, error.reason), ("google", reason), "{fault:?}");
        assert!(!error.to_string().contains("k-1"), "{error}");
    }
    // The next sentence is none the worse for it.
    assert!(audio(&voice, "שלום").await.is_ok());
}

fn streaming(fake: &FakeSpeech) -> StreamingVoice {
    let settings = VoiceSettings {
        endpoint: fake.url(),
        voice: "he-IL-Chirp3-HD-Aoede".to_owned(),
        ..VoiceSettings::default()
    };
    StreamingVoice::new(settings, Arc::new(Auth::none())).unwrap()
}

/// A voice that streams: plain text in, audio as it comes.
#[tokio::test]
async fn a_streaming_voice_speaks() {
    let fake = FakeSpeech::start().await.unwrap();
    let voice = streaming(&fake);
    let said = audio(&voice, "יש 2 חדרים & מרפסת").await.unwrap();
    assert_eq!(said, audio_of("יש שני חדרים ומרפסת "));
    let asked = fake.asked().remove(0);
    assert_eq!((asked.model.as_str(), asked.language.as_str()), ("he-IL-Chirp3-HD-Aoede", "he-IL"));
    let long = "משפט אחד ועוד קצת. ".repeat(300);
    assert_eq!(audio(&voice, &long).await.unwrap(), audio_of(&long));
}

/// Each failure of a stream has its reason, in bounded time, and leaves no stream.
#[tokio::test]
async fn every_failure_of_a_streaming_voice_says_what_it_is() {
    let fake = FakeSpeech::start().await.unwrap();
    let voice = streaming(&fake);
    for (fault, reason) in [
        (StreamFault::Quota, Reason::Quota { retry_after: None }),
        (StreamFault::Expired, Reason::Expired),
        (StreamFault::Drop(1), Reason::Dropped),
        (StreamFault::Garbage(1), Reason::Garbage),
        (StreamFault::End(0), Reason::Garbage),
        (StreamFault::NeverSettles, Reason::Stalled),
        (StreamFault::Silent, Reason::Slow),
    ] {
        fake.script([fault.clone()]);
        let error = audio(&voice, &"שלום לך. ".repeat(20)).await.expect_err("a failure");
        assert_eq!((error.provider, error.reason), ("google", reason), "{fault:?}: {error}");
    }
    fake.script([StreamFault::Slow(Duration::from_millis(1))]);
    assert!(audio(&voice, "שלום").await.is_ok());
    let gone = async {
        while fake.live() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(STUCK, gone).await.expect("streams are left");
}

async fn bearer(auth: &Auth) -> Result<String, ProviderError> {
    let header = tokio::time::timeout(STUCK, auth.header()).await.expect("stuck")?;
    let (name, value) = header.expect("a header");
    assert_eq!(name, "authorization");
    Ok(value.expose_secret().to_owned())
}

/// A token is fetched once for all who wait, and its assertion is signed by the account's key.
#[tokio::test]
async fn one_token_serves_all() {
    let fake = FakeRest::start().await.unwrap();
    let auth = Auth::account(account(&fake), HttpClient::new().unwrap());
    let all = futures_util::future::join_all((0..20).map(|_| bearer(&auth))).await;
    assert!(all.into_iter().all(|token| token.as_deref() == Ok("Bearer token-1")));
    let assertions = fake.assertions();
    assert_eq!(assertions.len(), 1);
    assert_eq!(assertions[0]["grant_type"], "urn:ietf:params:oauth:grant-type:jwt-bearer");
    let (text, signature) = assertions[0]["assertion"].rsplit_once('.').unwrap();
    let key = STANDARD.decode(PUBLIC_KEY.replace('\n', "")).unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key);
    key.verify(text.as_bytes(), &signature).unwrap();
}

/// A token is replaced before it expires; while no new one is to be had, the old one serves to its end.
#[tokio::test]
async fn a_token_is_replaced_before_it_expires() {
    let fake = FakeRest::start().await.unwrap();
    fake.tokens_live(5);
    let auth = Auth::account(account(&fake), HttpClient::new().unwrap());
    assert_eq!(bearer(&auth).await.as_deref(), Ok("Bearer token-1"));
    assert_eq!(bearer(&auth).await.as_deref(), Ok("Bearer token-1"));
    // From 80 % of its life on.
    tokio::time::sleep(Duration::from_millis(4_050)).await;
    fake.script([RestFault::Status(503)]);
    assert_eq!(bearer(&auth).await.as_deref(), Ok("Bearer token-1"));
    assert_eq!(bearer(&auth).await.as_deref(), Ok("Bearer token-3"));
}

/// An account that is gone, and an endpoint that talks nonsense: the reason says so, the assertion is not
/// repeated.
#[tokio::test]
async fn no_token_is_an_error_of_authorisation() {
    let fake = FakeRest::start().await.unwrap();
    let auth = Auth::account(account(&fake), HttpClient::new().unwrap());
    for (fault, reason) in [
        (RestFault::Status(400), Reason::Expired),
        (RestFault::Status(503), Reason::Server),
        (RestFault::Garbage, Reason::Garbage),
        (RestFault::Empty, Reason::Garbage),
    ] {
        fake.script([fault.clone()]);
        let error = bearer(&auth).await.expect_err("no token");
        assert_eq!(error.reason, reason, "{fault:?}");
        assert!(!error.to_string().contains("ey"), "{error}");
    }
    fake.script([RestFault::Status(400)]);
    assert_eq!(bearer(&auth).await.expect_err("no token").phase, Phase::Authorise);
}

/// Recognition says who it is with the account's token.
#[tokio::test]
async fn recognition_bears_the_token() {
    let (rest, speech) = (FakeRest::start().await.unwrap(), FakeSpeech::start().await.unwrap());
    let auth = Arc::new(Auth::account(account(&rest), HttpClient::new().unwrap()));
    let settings = SpeechSettings { endpoint: speech.url(), ..SpeechSettings::default() };
    let recogniser = Arc::new(GoogleSpeech::<V1>::new("google", settings, auth).unwrap());
    let net = CallNet::new();
    let health = Arc::new(Health::new("google", Role::Stt, false));
    let mut stt = StreamingStt::new(&net, recogniser, health, Limits::default());
    let turn = TurnId(1);
    stt.start(turn, audio_core::frame::SampleTime(0));
    for (index, codes) in say([1]).chunks_exact(160).enumerate() {
        let mut pcm = [0; 160];
        audio_core::codec::ulaw::decode_slice(codes, &mut pcm);
        let at = audio_core::frame::SampleTime(index as u64 * 160);
        stt.audio(&audio_core::frame::CleanFrame { at, pcm });
    }
    stt.finish(CallTime(0), turn);
    let outcome = async {
        loop {
            while let Some((_, result)) = stt.poll(CallTime(0)) {
                if !matches!(result, SttResult::Partial(_)) {
                    return result;
                }
            }
            net.wake().woken().await;
        }
    };
    let outcome = tokio::time::timeout(STUCK, outcome).await.expect("stuck");
    assert_eq!(outcome, SttResult::Final("מילה1".to_owned()));
    assert_eq!(speech.asked()[0].authorization.as_deref(), Some("Bearer token-1"));
}

//! A business with its bridge, its CRM and Twilio's API.
#![allow(unreachable_pub, reason = "shared by the tests beside it")]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use audio_core::codec::ulaw;
use audio_core::tape::Tape;
use crm_api::CallEventKind;
use provider_fakes::crm::FakeCrm;
use provider_fakes::openai::{FakeOpenAi, Reply};
use provider_fakes::twilio_caller::{Caller, sign};
use provider_fakes::twilio_rest::FakeTwilioRest;
use serde_json::Value;
use telephony_bridge::config::{Config, Source};
use telephony_bridge::server::{LiveRunner, ServeError, serve};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub const ACCOUNT: &str = "AC00000000000000000000000000000000";
pub const AUTH_TOKEN: &str = "12345";
pub const INTERNAL_TOKEN: &str = "internal";
pub const PUBLIC: &str = "https://bridge.example.com";
pub const PERSON: &str = "+972541234567";
/// For what must happen sooner or later.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Every clock runs so much faster.
const SPEED: f64 = 4.0;

/// A business with its bridge.
pub struct Site {
    pub crm: FakeCrm,
    pub twilio: FakeTwilioRest,
    pub openai: FakeOpenAi,
    pub address: SocketAddr,
    pub folder: TempDir,
    tape: Tape,
    http: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<Result<(), ServeError>>,
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}

/// A call of the fixtures whose caller asks `words` first, in that voice and at that time.
fn tape(folder: &Path, words: &str) -> PathBuf {
    let original = fixtures().join("calls/booking");
    let text = std::fs::read_to_string(original.join("tape.json")).expect("a tape");
    let mut file: Value = serde_json::from_str(&text).expect("JSON");
    let first = file["caller"].as_array_mut().expect("spans").remove(0);
    file["caller"] = serde_json::json!([first]);
    file["caller"][0]["text"] = words.into();
    // The model answers.
    file["agent"] = serde_json::json!([{ "text": "בסדר." }]);
    file["greeting"] = serde_json::json!({ "text": "" });
    let dir = folder.join("tape");
    std::fs::create_dir(&dir).expect("a folder");
    std::fs::write(dir.join("tape.json"), file.to_string()).expect("written");
    std::fs::copy(original.join("caller.wav"), dir.join("caller.wav")).expect("copied");
    dir
}

impl Site {
    /// A bridge whose callers say `words` and whose model then uses a tool; with the account's credentials, or
    /// without.
    pub async fn start(words: &str, tool: &str, credentials: bool, settings: &[(&str, &str)]) -> Self {
        let openai = FakeOpenAi::start().await.expect("a port");
        openai.replies([Reply::Tool(tool.to_owned(), "{}".to_owned()), Reply::text("בסדר.")]);
        let model = openai.url();
        let crm = FakeCrm::start(INTERNAL_TOKEN).await.expect("a port");
        let twilio = FakeTwilioRest::start(ACCOUNT, &[(ACCOUNT, AUTH_TOKEN)]).await.expect("a port");
        let folder = tempfile::tempdir().expect("a folder");
        let dir = tape(folder.path(), words);
        let (crm_url, api) = (crm.url(), twilio.base());
        let data = folder.path().join("data").display().to_string();
        // The model's answers come in the order of the requests: none is asked for that may not be wanted.
        let session = folder.path().join("session.toml");
        std::fs::write(&session, "max_drafts = 0\n").expect("written");
        let session = session.display().to_string();
        let (dir_text, voice) = (dir.display().to_string(), fixtures().join("voice").display().to_string());
        let speed = SPEED.to_string();
        let mut usual = vec![
            ("PUBLIC_BASE_URL", PUBLIC),
            ("TWILIO_AUTH_TOKEN", AUTH_TOKEN),
            ("TWILIO_API_BASE", &api),
            ("INTERNAL_API_TOKEN", INTERNAL_TOKEN),
            ("CRM_URL", &crm_url),
            ("DATA_DIR", &data),
            ("EMBEDDED_TAPE", &dir_text),
            ("VOICE_DIR", &voice),
            ("SESSION_FILE", &session),
            ("CLOCK_SPEED", &speed),
            ("LLM_BASE_URL", &model),
            ("PROVIDER_TIMEOUT", "10000"),
            ("ENGINE_WORKERS", "1"),
            ("DRAIN_TIMEOUT", "1"),
        ];
        if credentials {
            usual.push(("TWILIO_ACCOUNT_SID", ACCOUNT));
        }
        let source = Source::from_pairs(usual.iter().chain(settings).copied()).expect("known");
        let config = Config::from_source(&source).expect("complete");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let runner = Arc::new(LiveRunner::new(&config).expect("a runner"));
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(serve(config, listener, runner, async move {
            // An error means that the site was dropped.
            let _ = stopped.await;
        }));
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let tape = Tape::load(&dir).expect("a tape");
        Self { crm, twilio, openai, address, folder, tape, http, stop: Some(stop), serving }
    }

    /// A caller who says what is on the tape, and stays on the line for a while.
    pub fn caller(&self, sid: &str) -> Caller {
        let mut audio = vec![0; self.tape.caller.len()];
        ulaw::encode_slice(&self.tape.caller, &mut audio);
        // What comes after the first turn is not said.
        let end = self.tape.file.caller[0].end_ms as usize * 8 + 4_000;
        audio.truncate(end);
        let mut caller = Caller::new(self.address, PUBLIC, Some(AUTH_TOKEN), sid);
        caller.speed = Some(SPEED);
        caller.audio = audio;
        caller.idle_ms = 6_000;
        caller
    }

    /// Posts a signed form; returns status and body.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> (u16, String) {
        let signature = sign(AUTH_TOKEN, &format!("{PUBLIC}{path}"), form);
        let request = self.http.post(format!("http://{}{path}", self.address)).form(form);
        let answer = request.header("X-Twilio-Signature", signature).send().await.expect("answers");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    }

    /// Asks as one of our own services does.
    pub async fn internal(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
        token: &str,
    ) -> (u16, String) {
        let method = method.parse().expect("a method");
        let mut request =
            self.http.request(method, format!("http://{}{path}", self.address)).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.expect("answers");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    }

    /// The events of a call, once it has `count` of the wanted kind.
    pub async fn events(
        &self,
        call_sid: &str,
        count: usize,
        wanted: fn(&CallEventKind) -> bool,
    ) -> Vec<CallEventKind> {
        let of = |crm: &FakeCrm| -> Vec<CallEventKind> {
            crm.events(call_sid).into_iter().map(|event| event.kind).collect()
        };
        let there = self.crm.wait_until(|crm| of(crm).iter().filter(|kind| wanted(kind)).count() >= count);
        if tokio::time::timeout(PATIENCE, there).await.is_err() {
            panic!("not in time: {:?}", of(&self.crm));
        }
        of(&self.crm)
    }

    /// Waits for Twilio's API to have been asked.
    pub async fn asked(&self, wanted: impl Fn(&FakeTwilioRest) -> bool) {
        let there = self.twilio.wait_until(|twilio| wanted(twilio));
        if tokio::time::timeout(PATIENCE, there).await.is_err() {
            panic!("not in time: {:?}", self.twilio.asked());
        }
    }

    /// Stops the bridge.
    pub async fn down(mut self) {
        drop(self.stop.take());
        let served = tokio::time::timeout(PATIENCE, self.serving).await.expect("it stops");
        served.expect("no panic").expect("no error");
    }
}

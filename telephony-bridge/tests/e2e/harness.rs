//! A business, its CRM, its bridge, its callers.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crm_api::{CallView, EventAck, LeadView, Page, Speaker};
use crm_service::admin::{DEMO_NUMBER, NewTenant, create_tenant, seed_demo};
use provider_fakes::twilio_caller::{CallRecord, Caller, CallerError, Ending};
use serde::de::DeserializeOwned;
use telephony_bridge::server::{CALLS_PATH, CallsAnswer};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use audio_core::codec::ulaw;
use audio_core::tape::Tape;

use crate::process::{MOMENT, Process, quiet_port};

/// For what must happen sooner or later.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);
/// The bridge's address as the callers' network knows it.
const PUBLIC: &str = "https://bridge.example.com";
pub(crate) const INTERNAL_TOKEN: &str = "a secret of the two services";
const AUTH_TOKEN: &str = "a secret of the network";
const API_KEY: &str = "kav_0123456789abcdef0123456789abcdef";

/// Looks until there is something to see.
pub(crate) async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let limit = Instant::now() + PATIENCE;
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(Instant::now() < limit, "not within {PATIENCE:?}: {what}");
        tokio::time::sleep(MOMENT).await;
    }
}

/// The repository's fixtures.
pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}

/// A call of the fixtures.
pub(crate) fn tape(name: &str) -> Tape {
    Tape::load(fixtures().join("calls").join(name)).expect("a tape")
}

/// What the caller of a tape says, in order.
pub(crate) fn script(tape: &Tape) -> Vec<String> {
    tape.file.caller.iter().map(|span| span.text.clone()).collect()
}

/// A business with a CRM and a bridge to be started, on folders of its own.
pub(crate) struct Site {
    pub(crate) folder: TempDir,
    crm_port: u16,
    pub(crate) tape: Tape,
    speed: f64,
    http: reqwest::Client,
}

/// What the CRM holds of a call.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) call: CallView,
    /// Events without a hole.
    pub(crate) events: u64,
    pub(crate) calls: u64,
    pub(crate) leads: Vec<LeadView>,
}

/// One thing said, apart from its time: who, what, and whether it was cut off.
pub(crate) type Said = (Speaker, String, bool);

impl Site {
    /// A business whose callers say what is on the tape, with every clock `speed` times as fast.
    pub(crate) async fn new(tape_name: &str, speed: f64) -> Self {
        let site = Self::empty(tape_name, speed);
        seed_demo(&site.config(), Some(API_KEY.to_owned().into())).await.expect("a business");
        site
    }

    /// The same for a business of one's own; it may be recorded.
    pub(crate) async fn of(business: NewTenant, tape_name: &str, speed: f64) -> Self {
        Self::that(NewTenant { record: true, ..business }, tape_name, speed).await
    }

    /// The same for a business as it is.
    pub(crate) async fn that(business: NewTenant, tape_name: &str, speed: f64) -> Self {
        let site = Self::empty(tape_name, speed);
        let numbers = [DEMO_NUMBER.to_owned()];
        let key = Some(API_KEY.to_owned().into());
        create_tenant(&site.config(), &business, &numbers, key).await.expect("a business");
        site
    }

    fn empty(tape_name: &str, speed: f64) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build();
        let http = http.expect("a client");
        Self { folder, crm_port: quiet_port(), tape: tape(tape_name), speed, http }
    }

    fn config(&self) -> crm_service::Config {
        crm_service::Config { database_url: self.database().into(), ..Default::default() }
    }

    fn database(&self) -> String {
        format!("sqlite://{}", self.folder.path().join("crm.db").display())
    }

    /// The bridge's folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("bridge")
    }

    /// Starts the CRM, always on the same port and database, and waits until it answers: it
    /// listens before it has opened the database, and a call waits a second for its decision.
    pub(crate) async fn crm(&self) -> Process {
        let env = [
            ("DATABASE_URL", self.database()),
            ("CRM_LISTEN", format!("127.0.0.1:{}", self.crm_port)),
            ("INTERNAL_API_TOKEN", INTERNAL_TOKEN.to_owned()),
            ("RUST_LOG", "info".to_owned()),
        ];
        let env = env.each_ref().map(|(name, value)| (*name, value.as_str()));
        let crm = Process::crm(&self.folder.path().join("crm.log"), &env);
        eventually("the CRM answers", async || {
            self.page(&crm, "/health").await.filter(|(code, _)| *code == 200)
        })
        .await;
        crm
    }

    /// Starts the bridge; `settings` win over the usual ones.
    pub(crate) fn bridge(&self, settings: &[(&str, &str)]) -> Process {
        let path = |path: &Path| path.display().to_string();
        let usual = [
            ("BRIDGE_LISTEN", "127.0.0.1:0".to_owned()),
            ("PUBLIC_BASE_URL", PUBLIC.to_owned()),
            ("TWILIO_AUTH_TOKEN", AUTH_TOKEN.to_owned()),
            ("INTERNAL_API_TOKEN", INTERNAL_TOKEN.to_owned()),
            ("CRM_URL", format!("http://127.0.0.1:{}", self.crm_port)),
            ("DATA_DIR", path(&self.data())),
            ("VOICE_DIR", path(&fixtures().join("voice"))),
            ("EMBEDDED_TAPE", path(&fixtures().join("calls").join(&self.tape.name))),
            ("CLOCK_SPEED", self.speed.to_string()),
            ("RUST_LOG", "info".to_owned()),
        ];
        let mut env: Vec<(&str, &str)> = usual.each_ref().map(|(name, value)| (*name, value.as_str())).into();
        env.extend_from_slice(settings);
        Process::bridge(&self.folder.path().join("bridge.log"), &env)
    }

    /// A caller who says what is on the tape, all as Twilio does.
    pub(crate) fn caller(&self, bridge: &Process, sid: &str) -> Caller {
        let mut audio = vec![0; self.tape.caller.len()];
        ulaw::encode_slice(&self.tape.caller, &mut audio);
        let mut caller = Caller::new(bridge.address, PUBLIC, Some(AUTH_TOKEN), sid);
        caller.from = self.tape.file.from.clone().unwrap_or_default();
        caller.to = DEMO_NUMBER.to_owned();
        caller.audio = audio;
        caller.speed = Some(self.speed);
        caller.hang_up_ms = self.tape.file.hang_up_ms;
        caller
    }

    /// What the callers say, in order.
    pub(crate) fn script(&self) -> Vec<String> {
        script(&self.tape)
    }

    async fn read<T: DeserializeOwned>(&self, path: &str) -> Option<T> {
        let url = format!("http://127.0.0.1:{}/api/v1/{path}", self.crm_port);
        let answer = self.http.get(url).bearer_auth(API_KEY).send().await.ok()?;
        answer.error_for_status().ok()?.json().await.ok()
    }

    /// The call as the CRM has it; `None` while it has none, or is down.
    pub(crate) async fn call(&self, call_sid: &str) -> Option<CallView> {
        self.read(&format!("calls/{call_sid}")).await
    }

    /// Everything the CRM has of the call, once it has its end.
    pub(crate) async fn held(&self, call_sid: &str) -> Held {
        let what = format!("the end of {call_sid} is in the CRM");
        let call =
            eventually(&what, async || self.call(call_sid).await.filter(|call| call.status == "ended")).await;
        let calls: Page<CallView> = self.read("calls").await.expect("calls");
        let leads: Page<LeadView> = self.read("leads").await.expect("leads");
        assert_eq!(leads.total, leads.items.len() as u64, "the first page is all of it");
        Held { call, events: self.stored(call_sid).await, calls: calls.total, leads: leads.items }
    }

    /// Up to which number the CRM has the call's events without a hole.
    pub(crate) async fn stored(&self, call_sid: &str) -> u64 {
        let url = format!("http://127.0.0.1:{}/internal/v1/calls/{call_sid}/events", self.crm_port);
        let nothing = crm_api::EventBatch::default();
        let answer = self.http.post(url).bearer_auth(INTERNAL_TOKEN).json(&nothing).send().await;
        let ack: EventAck = answer.expect("the CRM is up").json().await.expect("an acknowledgement");
        ack.stored_up_to
    }

    /// Status and body of one of a service's pages; `None` where it does not answer.
    pub(crate) async fn page(&self, service: &Process, path: &str) -> Option<(u16, String)> {
        let answer = self.http.get(format!("http://{}{path}", service.address)).send().await.ok()?;
        Some((answer.status().as_u16(), answer.text().await.ok()?))
    }

    /// What the bridge says of itself.
    pub(crate) async fn health(&self, bridge: &Process) -> serde_json::Value {
        let (_, body) = self.page(bridge, "/health").await.expect("the bridge answers");
        serde_json::from_str(&body).expect("JSON")
    }

    /// Events that the bridge has not brought to the CRM yet.
    pub(crate) async fn pending(&self, bridge: &Process) -> u64 {
        self.health(bridge).await["outbox"]["pending"].as_u64().expect("a number")
    }
}

/// The calls that a bridge shows, those of other bridges too.
pub(crate) async fn shown(bridge: &Process) -> CallsAnswer {
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let url = format!("http://{}{CALLS_PATH}", bridge.address);
    let answer = http.get(url).bearer_auth(INTERNAL_TOKEN).send().await.expect("the bridge answers");
    answer.json().await.expect("calls")
}

/// A call that goes on while the test does something else.
pub(crate) type Calling = JoinHandle<Result<CallRecord, CallerError>>;

/// What the caller saw, once the call is over.
pub(crate) async fn over(call: Calling) -> CallRecord {
    let record = tokio::time::timeout(PATIENCE, call).await.expect("the call ends in time");
    record.expect("no panic").expect("a call")
}

/// A call that was made to its end by the caller, and its answer.
pub(crate) async fn hung_up(call: Calling) -> CallRecord {
    let record = over(call).await;
    assert_eq!(record.ending, Ending::HungUp, "{}", record.twiml);
    record
}

/// The conversation without its times, which differ from call to call by a tick or two.
pub(crate) fn conversation(call: &CallView) -> Vec<Said> {
    let numbers: Vec<u32> = call.turns.iter().map(|turn| turn.turn).collect();
    assert_eq!(numbers, (1..=call.turns.len() as u32).collect::<Vec<_>>(), "turns are missing or doubled");
    call.turns.iter().map(|turn| (turn.speaker, turn.text.clone(), turn.interrupted)).collect()
}

/// What the caller said, according to the CRM.
pub(crate) fn caller_said(call: &CallView) -> Vec<String> {
    let caller = call.turns.iter().filter(|turn| turn.speaker == Speaker::Caller);
    caller.map(|turn| turn.text.clone()).collect()
}

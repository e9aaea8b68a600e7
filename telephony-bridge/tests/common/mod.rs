//! A bridge on a free port with a fake CRM behind it and a runner that only listens.
#![allow(dead_code, unreachable_pub, reason = "every test file uses its own part")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::ws::Message;
use crm_api::{CallEventKind, EndReason};
use provider_fakes::crm::FakeCrm;
use provider_fakes::twilio_caller::{Caller, sign};
use telephony_bridge::config::{Config, Source};
use telephony_bridge::server::{AcceptedStream, App, CallFuture, CallRunner, CallSignal, ServeError, serve};
use telephony_bridge::twilio::{Body, Framer, MAX_MEDIA_BYTES, OutboundWriter, parse};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

pub const PUBLIC: &str = "https://bridge.example.com";
pub const AUTH_TOKEN: &str = "12345";
pub const INTERNAL_TOKEN: &str = "internal";
/// What the stub says at the beginning of every call.
pub const GREETING: [u8; 400] = [0x21; 400];
/// A caller whose driver panics.
pub const PANICS: &str = "+972500000000";
/// For what must happen sooner or later.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What the stub saw of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub call_sid: String,
    pub fallback: bool,
    /// µ-law, gaps left out.
    pub audio: Vec<u8>,
    pub keys: String,
    pub marks: Vec<String>,
    pub not_understood: usize,
    pub end: End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Stopped,
    SocketLost,
    Told(CallSignal),
}

/// Greets, listens, reports; says nothing else.
#[derive(Default)]
pub struct Stub {
    begun: Mutex<Vec<String>>,
    seen: Mutex<Vec<Seen>>,
    changed: Notify,
}

impl Stub {
    pub async fn begun(&self, call_sid: &str) {
        self.until(|| self.begun.lock().expect("whole").iter().any(|sid| sid == call_sid).then_some(()))
            .await;
    }

    pub async fn seen(&self, call_sid: &str) -> Seen {
        let find = || self.seen.lock().expect("whole").iter().find(|s| s.call_sid == call_sid).cloned();
        self.until(find).await
    }

    async fn until<T>(&self, mut found: impl FnMut() -> Option<T>) -> T {
        let wait = async {
            loop {
                let changed = self.changed.notified();
                tokio::pin!(changed);
                changed.as_mut().enable();
                if let Some(found) = found() {
                    return found;
                }
                changed.await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("seen in time")
    }
}

/// [`Stub`] as the bridge holds it.
pub struct Runner(pub Arc<Stub>);

impl CallRunner for Runner {
    fn run(&self, app: Arc<App>, stream: AcceptedStream) -> CallFuture {
        let stub = Arc::clone(&self.0);
        Box::pin(async move {
            let seen = listen(&stub, &app, stream).await;
            stub.seen.lock().expect("whole").push(seen);
            stub.changed.notify_waiters();
        })
    }
}

async fn listen(stub: &Stub, app: &App, mut stream: AcceptedStream) -> Seen {
    let call_sid = stream.call.call_sid.clone();
    let started = CallEventKind::Started {
        from: stream.call.from.clone(),
        to: stream.call.to.clone(),
        stream_sid: stream.start.stream_sid.clone(),
    };
    app.outbox.record(&call_sid, started, 1);
    stub.begun.lock().expect("whole").push(call_sid.clone());
    stub.changed.notify_waiters();
    assert_ne!(stream.call.from, PANICS, "a driver that panics");

    let writer = OutboundWriter::new(&stream.start.stream_sid);
    let mut out = String::new();
    writer.media(&GREETING, &mut out);
    let _ = stream.socket.send(Message::text(out.clone())).await;
    writer.mark("greeting", &mut out);
    let _ = stream.socket.send(Message::text(out)).await;

    let mut seen = Seen {
        call_sid: call_sid.clone(),
        fallback: stream.call.fallback,
        audio: Vec::new(),
        keys: String::new(),
        marks: Vec::new(),
        not_understood: 0,
        end: End::SocketLost,
    };
    let mut framer = Framer::new();
    let mut buffer = vec![0; MAX_MEDIA_BYTES];
    loop {
        let message = tokio::select! {
            message = stream.socket.recv() => message,
            _ = stream.signal.changed() => {
                seen.end = End::Told(*stream.signal.borrow());
                break;
            }
        };
        let text = match message {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Close(_)) | Err(_)) | None => break,
            Some(Ok(_)) => continue,
        };
        match parse(&text).map(|message| message.body) {
            Ok(Body::Media(media)) => match media.decode(&mut buffer) {
                Ok(mulaw) => framer.push(media.timestamp_ms, mulaw, |frame| {
                    seen.audio.extend_from_slice(&frame.payload);
                }),
                Err(_) => seen.not_understood += 1,
            },
            Ok(Body::Dtmf { digit }) => seen.keys.push(digit),
            Ok(Body::Mark { name }) => seen.marks.push(name.into_owned()),
            Ok(Body::Stop) => {
                seen.end = End::Stopped;
                break;
            }
            Ok(_) | Err(_) => seen.not_understood += 1,
        }
    }
    framer.finish(|frame| {
        let audio = &frame.payload[..frame.len.into()];
        seen.audio.extend_from_slice(audio);
    });
    let ended = CallEventKind::Ended { reason: EndReason::CallerHangUp, duration_ms: 0 };
    app.outbox.record(&call_sid, ended, 2);
    seen
}

/// A bridge that serves.
pub struct Bridge {
    pub address: SocketAddr,
    pub crm: FakeCrm,
    pub stub: Arc<Stub>,
    pub http: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<Result<(), ServeError>>,
    data: TempDir,
}

impl Bridge {
    /// Starts one; `settings` win over the usual ones.
    pub async fn start(settings: &[(&str, &str)]) -> Self {
        let crm = FakeCrm::start(INTERNAL_TOKEN).await.expect("a port");
        let data = tempfile::tempdir().expect("a folder");
        let url = crm.url();
        let usual = [
            ("PUBLIC_BASE_URL", PUBLIC),
            ("TWILIO_AUTH_TOKEN", AUTH_TOKEN),
            ("INTERNAL_API_TOKEN", INTERNAL_TOKEN),
            ("CRM_URL", &url),
            ("DATA_DIR", data.path().to_str().expect("UTF-8")),
        ];
        let settings = usual.iter().chain(settings).copied();
        let config = Config::from_source(&Source::from_pairs(settings).expect("known"));
        let config = config.expect("complete");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let stub = Arc::new(Stub::default());
        let runner = Arc::new(Runner(Arc::clone(&stub)));
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(serve(config, listener, runner, async move {
            let _ = stopped.await;
        }));
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { address, crm, stub, http, stop: Some(stop), serving, data }
    }

    /// A caller ten times as fast as life who hangs up soon.
    pub fn caller(&self, sid: &str) -> Caller {
        let mut caller = Caller::new(self.address, PUBLIC, Some(AUTH_TOKEN), sid);
        caller.speed = Some(10.0);
        caller.idle_ms = 200;
        caller.audio = speech(8_000);
        caller
    }

    /// Posts a signed form; returns status and body.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> (u16, String) {
        let signature = sign(AUTH_TOKEN, &format!("{PUBLIC}{path}"), form);
        let request = self.http.post(format!("http://{}{path}", self.address)).form(form);
        let answer = request.header("X-Twilio-Signature", signature).send().await.expect("answers");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    }

    /// Gets a page; returns status and body.
    pub async fn get(&self, path: &str) -> (u16, String) {
        let answer = self.http.get(format!("http://{}{path}", self.address)).send().await;
        let answer = answer.expect("answers");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    }

    /// Begins the shutdown.
    pub fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }

    /// Waits until the bridge is down.
    pub async fn down(self) {
        let served = tokio::time::timeout(PATIENCE, self.serving).await.expect("in time");
        served.expect("no panic").expect("served");
        drop(self.data);
    }
}

/// Bytes in which every cut would show.
pub fn speech(samples: usize) -> Vec<u8> {
    (0..samples).map(|i| (i % 251) as u8).collect()
}

/// The `token` of a TwiML answer.
pub fn token_of(twiml: &str) -> String {
    provider_fakes::twilio_caller::stream_of(twiml).expect("a stream").parameters["token"].clone()
}

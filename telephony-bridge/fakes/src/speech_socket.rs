//! What recognisers over a WebSocket have in common; each brings its dialect.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::Router;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;

use crate::ear::{Ear, HeardWord};
use crate::fault::{Canned, Script, StreamFault};
use crate::served::{Live, Served};

/// A socket as it was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AskedSocket {
    /// Behind the `?`.
    pub query: String,
    /// `authorization`
    pub authorization: Option<String>,
    /// The first text message.
    pub first_text: Option<String>,
    /// Signs of life.
    pub keep_alives: usize,
}

/// A stream that was finished by its client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// When the wish was read; the last words were sent at once.
    pub at: Instant,
    /// The last words.
    pub text: String,
}

/// What a text message of the client says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Control {
    Configuration,
    KeepAlive,
    Finish,
    /// None of the protocol's.
    Wrong,
}

/// Why the far end ends a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    Quota,
    Expired,
    /// It lived too long.
    Limit,
    /// It asks for what there is not.
    TooMuch,
}

/// One provider's messages.
pub(crate) trait Dialect: Default + Send + 'static {
    const PATH: &'static str;
    fn control(&mut self, text: &str) -> Control;
    /// An empty binary message ends the audio.
    fn empty_finishes() -> bool {
        false
    }
    /// Does this query ask for what [`StreamFault::NoSuchModel`] refuses?
    fn asks_for_too_much(_query: &str) -> bool {
        false
    }
    /// How a request is refused before it becomes a socket, if it is.
    fn refusal(failure: Failure) -> Option<(StatusCode, String)>;
    /// How a socket is ended: a last text, and a code with a reason.
    fn ending(failure: Failure) -> (Option<String>, u16, String);
    /// Words of a phrase.
    fn words(&mut self, phrase: &[HeardWord], settled: bool, samples: u64) -> String;
    /// After the last words.
    fn last(&mut self, samples: u64) -> Option<String>;
}

#[derive(Debug, Default)]
struct Shared {
    script: Script,
    canned: Canned,
    asked: Mutex<Vec<AskedSocket>>,
    finished: Mutex<Vec<Finished>>,
    live: Live,
}

impl Shared {
    fn asked(&self) -> std::sync::MutexGuard<'_, Vec<AskedSocket>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A recogniser on a free port of the loopback interface.
#[derive(Debug)]
pub struct SpeechSocket {
    served: Served,
    shared: Arc<Shared>,
}

impl SpeechSocket {
    pub(crate) async fn start<D: Dialect>() -> io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let router = Router::new().route(D::PATH, any(accept::<D>)).with_state(Arc::clone(&shared));
        Ok(Self { served: Served::start(router).await?, shared })
    }

    /// Its endpoint.
    pub fn url(&self) -> String {
        format!("ws://{}", self.served.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.served.address
    }

    /// The next sockets go wrong in these ways, one each.
    pub fn script(&self, faults: impl IntoIterator<Item = StreamFault>) {
        self.shared.script.extend(faults);
    }

    /// What it hears in the turns to come, one each, whatever the audio: for callers who speak like people.
    pub fn hears(&self, texts: impl IntoIterator<Item = String>) {
        self.shared.canned.extend(texts);
    }

    /// The sockets it was asked for.
    pub fn asked(&self) -> Vec<AskedSocket> {
        self.shared.asked().clone()
    }

    /// The streams that were finished, in order.
    pub fn finished(&self) -> Vec<Finished> {
        self.shared.finished.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sockets that exist now.
    pub fn live(&self) -> usize {
        self.shared.live.count()
    }

    /// Closes its port. Sockets go on.
    pub async fn go_down(&mut self) {
        self.served.go_down().await;
    }
}

async fn accept<D: Dialect>(
    State(shared): State<Arc<Shared>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let fault = shared.script.next();
    let authorization = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let query = query.unwrap_or_default();
    let too_much = fault == StreamFault::NoSuchModel && D::asks_for_too_much(&query);
    let index = {
        let mut asked = shared.asked();
        asked.push(AskedSocket { query, authorization, ..AskedSocket::default() });
        asked.len() - 1
    };
    let refusal = match fault {
        StreamFault::NoSuchModel if too_much => D::refusal(Failure::TooMuch),
        StreamFault::Quota => D::refusal(Failure::Quota),
        StreamFault::Expired => D::refusal(Failure::Expired),
        _ => None,
    };
    if let Some(refusal) = refusal {
        return refusal.into_response();
    }
    upgrade.on_upgrade(move |socket| async move {
        let _one = shared.live.one_more();
        let mut stream = Stream::<D> {
            socket,
            shared,
            index,
            fault,
            dialect: D::default(),
            ear: Ear::default(),
            words: 0,
        };
        // A client that is gone ends it.
        let _ = stream.run().await;
    })
}

struct Stream<D> {
    socket: WebSocket,
    shared: Arc<Shared>,
    index: usize,
    fault: StreamFault,
    dialect: D,
    ear: Ear,
    words: usize,
}

/// The stream is over.
struct Over;

impl<D: Dialect> Stream<D> {
    async fn run(&mut self) -> Result<(), Over> {
        match self.fault {
            StreamFault::Quota => return self.end(Failure::Quota).await,
            StreamFault::Expired => return self.end(Failure::Expired).await,
            _ => {}
        }
        loop {
            match self.socket.recv().await.and_then(Result::ok).ok_or(Over)? {
                Message::Binary(audio) if audio.is_empty() && D::empty_finishes() => {
                    return self.finish().await;
                }
                Message::Binary(audio) => self.hear(&audio).await?,
                Message::Text(text) => match self.dialect.control(text.as_str()) {
                    Control::Configuration => {
                        self.shared.asked()[self.index].first_text = Some(text.as_str().to_owned());
                    }
                    Control::KeepAlive => self.shared.asked()[self.index].keep_alives += 1,
                    Control::Finish => return self.finish().await,
                    Control::Wrong => return self.close(1008, "DATA-0000").await,
                },
                Message::Close(_) => return Err(Over),
                Message::Ping(_) | Message::Pong(_) => {}
            }
        }
    }

    async fn hear(&mut self, audio: &[u8]) -> Result<(), Over> {
        let (changed, phrases) = self.ear.hear(audio);
        for phrase in &phrases {
            self.words += phrase.len();
            self.say(phrase, true).await?;
        }
        if changed {
            let open = self.ear.open.clone();
            if !open.is_empty() {
                self.say(&open, false).await?;
            }
            let all = self.words + open.len();
            match self.fault {
                // The socket is dropped without a word.
                StreamFault::Drop(after) if all >= after => return Err(Over),
                StreamFault::End(after) if all >= after => return self.close(1000, "").await,
                StreamFault::Garbage(after) if all >= after => {
                    self.send("{\"type\": \"Res".to_owned()).await?;
                    return self.never_end().await;
                }
                _ => {}
            }
        }
        match self.fault {
            StreamFault::Limit(ms) if self.ear.samples() >= ms * 8 => self.end(Failure::Limit).await,
            _ => Ok(()),
        }
    }

    async fn say(&mut self, phrase: &[HeardWord], settled: bool) -> Result<(), Over> {
        match self.fault {
            StreamFault::Silent => return Ok(()),
            StreamFault::NeverSettles if settled => return Ok(()),
            StreamFault::Slow(pause) => tokio::time::sleep(pause).await,
            _ => {}
        }
        let text = self.dialect.words(phrase, settled, self.ear.samples());
        self.send(text).await
    }

    async fn finish(&mut self) -> Result<(), Over> {
        let at = Instant::now();
        if matches!(self.fault, StreamFault::Silent | StreamFault::NeverSettles) {
            return self.never_end().await;
        }
        let mut last = self.ear.finish();
        if let Some(text) = self.shared.canned.next() {
            last = vec![HeardWord { text, start: 0, end: self.ear.samples() }];
        }
        let text = last.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
        self.shared.finished.lock().unwrap_or_else(PoisonError::into_inner).push(Finished { at, text });
        self.say(&last, true).await?;
        if let Some(text) = self.dialect.last(self.ear.samples()) {
            self.send(text).await?;
        }
        self.close(1000, "").await
    }

    /// Whatever else comes, until the client gives up.
    async fn never_end(&mut self) -> Result<(), Over> {
        while let Some(Ok(_)) = self.socket.recv().await {}
        Err(Over)
    }

    async fn end(&mut self, failure: Failure) -> Result<(), Over> {
        let (text, code, reason) = D::ending(failure);
        if let Some(text) = text {
            self.send(text).await?;
        }
        self.close(code, &reason).await
    }

    async fn send(&mut self, text: String) -> Result<(), Over> {
        self.socket.send(Message::Text(text.into())).await.map_err(|_| Over)
    }

    async fn close(&mut self, code: u16, reason: &str) -> Result<(), Over> {
        let frame = CloseFrame { code, reason: reason.into() };
        // It may be gone already.
        let _ = self.socket.send(Message::Close(Some(frame))).await;
        // What is on its way is read, so that the connection ends in all form.
        while let Some(Ok(_)) = self.socket.recv().await {}
        Err(Over)
    }
}

//! Google: over gRPC a recogniser that hears [`crate::ear`]'s words and a voice that streams; over REST a voice
//! and the token endpoint.

mod codec;
mod message;
mod rest;
mod stream;
mod voice;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::codegen::http;
use tonic::transport::Server;

use crate::fault::{Canned, Script, StreamFault};
use crate::port::Port;
use codec::Plain;
pub use rest::{FakeRest, RestFault, audio_of};

/// A stream as it was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// gRPC path.
    pub path: String,
    /// `authorization`
    pub authorization: Option<String>,
    /// `x-goog-api-key`
    pub api_key: Option<String>,
    /// `recognizer`, in v2.
    pub recognizer: String,
    /// Is the audio µ-law?
    pub mulaw: bool,
    /// Samples a second.
    pub rate: i32,
    /// BCP 47.
    pub language: String,
    /// The model asked for; empty for none.
    pub model: String,
    /// Phrases that are likely.
    pub phrases: Vec<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Shared {
    script: Script,
    canned: Canned,
    asked: Mutex<Vec<Asked>>,
    /// Streams that exist now.
    live: AtomicUsize,
}

/// Google's speech recognition on a free port of the loopback interface.
#[derive(Debug)]
pub struct FakeSpeech {
    port: Port,
    shared: Arc<Shared>,
    running: Option<(watch::Sender<bool>, JoinHandle<()>)>,
}

impl FakeSpeech {
    /// Starts it.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start() -> io::Result<Self> {
        let mut fake = Self { port: Port::new()?, shared: Arc::default(), running: None };
        fake.come_up().await?;
        Ok(fake)
    }

    /// Opens its port again.
    ///
    /// # Errors
    /// No socket is to be had.
    pub async fn come_up(&mut self) -> io::Result<()> {
        let listener = self.port.listen()?;
        let service = SpeechService(Arc::clone(&self.shared));
        let (stop, mut stopped) = watch::channel(false);
        let accepting = futures_util::stream::unfold(listener, |listener| async move {
            let accepted = listener.accept().await.map(|(socket, _)| socket);
            Some((accepted, listener))
        });
        let server = Server::builder().serve_with_incoming(service, Box::pin(accepting));
        let server = tokio::spawn(async move {
            tokio::select! {
                // An error means that the port is gone.
                _ = server => {}
                // An error means that the fake was dropped.
                _ = stopped.wait_for(|stop| *stop) => {}
            }
        });
        self.running = Some((stop, server));
        Ok(())
    }

    /// Closes its port. Streams go on.
    pub async fn go_down(&mut self) {
        if let Some((stop, server)) = self.running.take() {
            stop.send_replace(true);
            // It ended, however it ended.
            let _ = server.await;
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// Its endpoint.
    pub fn url(&self) -> String {
        format!("http://{}", self.port.address())
    }

    /// The next streams go wrong in these ways, one each.
    pub fn script(&self, faults: impl IntoIterator<Item = StreamFault>) {
        self.shared.script.extend(faults);
    }

    /// What it hears in the streams to come, one each, whatever the audio: for callers who speak like people.
    pub fn hears(&self, texts: impl IntoIterator<Item = String>) {
        self.shared.canned.extend(texts);
    }

    /// The streams it was asked for.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked().clone()
    }

    /// Streams that exist now.
    pub fn live(&self) -> usize {
        self.shared.live.load(Ordering::SeqCst)
    }
}

impl Shared {
    fn asked(&self) -> std::sync::MutexGuard<'_, Vec<Asked>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Clone)]
struct SpeechService(Arc<Shared>);

impl Service<http::Request<Body>> for SpeechService {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let path = request.uri().path().to_owned();
        let shared = Arc::clone(&self.0);
        async move {
            if path == voice::PATH {
                let method = voice::Method(shared);
                return Ok(tonic::server::Grpc::new(Plain).streaming(method, request).await);
            }
            let Some(version) = stream::Version::of(&path) else {
                let status = tonic::Status::unimplemented(format!("no method {path}"));
                return Ok(status.into_http());
            };
            let method = stream::Method { shared, version, path };
            Ok(tonic::server::Grpc::new(Plain).streaming(method, request).await)
        }
        .boxed()
    }
}

//! The way back to Twilio: a bounded queue and a task of its own, so that a slow socket never
//! holds up the call (A-TEL-001..004).

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use audio_core::frame::WireFrame;
use axum::extract::ws::{Message, WebSocket};
use futures_util::SinkExt as _;
use futures_util::stream::SplitSink;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::numbers;
use crate::twilio::OutboundWriter;

/// Messages that may wait (A-TEL-001): ten seconds of audio.
const QUEUE: usize = 500;
/// Of these, kept free of audio: `clear` and marks always find room.
const RESERVED: usize = 50;
/// How long one write may take.
const WRITE_LIMIT: Duration = Duration::from_secs(2);
/// Writes that may be late in a row before the connection counts as failed (A-TEL-003).
const MAX_LATE_WRITES: u32 = 10;
/// How long the goodbye may take.
const CLOSE_LIMIT: Duration = Duration::from_millis(500);

/// A message and, for audio, its generation.
struct Outgoing {
    generation: Option<u32>,
    message: Message,
}

/// The sending half of a call's socket.
pub(super) struct Sender {
    writer: OutboundWriter,
    text: String,
    queue: Option<mpsc::Sender<Outgoing>>,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
    dropped: u64,
}

#[derive(Default)]
struct Shared {
    /// Audio of an older generation is not written any more.
    generation: AtomicU32,
    failed: AtomicBool,
}

impl Sender {
    pub(super) fn spawn(sink: SplitSink<WebSocket, Message>, writer: OutboundWriter) -> Self {
        let (queue, outgoing) = mpsc::channel(QUEUE);
        let shared = Arc::new(Shared::default());
        let task = tokio::spawn(write(sink, outgoing, Arc::clone(&shared)));
        Self { writer, text: String::with_capacity(512), queue: Some(queue), shared, task, dropped: 0 }
    }

    pub(super) fn media(&mut self, frame: &WireFrame) {
        self.writer.media(&frame.payload, &mut self.text);
        self.push(Some(frame.generation));
    }

    pub(super) fn mark(&mut self, name: &str) {
        self.writer.mark(name, &mut self.text);
        self.push(None);
    }

    pub(super) fn clear(&mut self) {
        self.writer.clear(&mut self.text);
        self.push(None);
    }

    pub(super) fn ping(&mut self) {
        self.offer(Outgoing { generation: None, message: Message::Ping(Vec::new().into()) });
    }

    /// Audio of generations before `generation` is not written any more.
    pub(super) fn flush(&self, generation: u32) {
        self.shared.generation.store(generation, Ordering::Release);
    }

    /// The connection is given up.
    pub(super) fn fail(&self) {
        self.shared.failed.store(true, Ordering::Release);
    }

    pub(super) fn has_failed(&self) -> bool {
        self.shared.failed.load(Ordering::Acquire)
    }

    /// Messages that found the queue full.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    fn push(&mut self, generation: Option<u32>) {
        let message = Message::Text(self.text.as_str().into());
        self.offer(Outgoing { generation, message });
    }

    fn offer(&mut self, outgoing: Outgoing) {
        let Some(queue) = &self.queue else { return };
        let no_room = outgoing.generation.is_some() && queue.capacity() <= RESERVED;
        if no_room || queue.try_send(outgoing).is_err() {
            self.dropped += 1;
            metrics::counter!(numbers::FRAMES_DROPPED).increment(1);
        }
    }

    /// Writes what waits, says goodbye, ends; all of it bounded.
    pub(super) async fn close(&mut self) {
        self.queue = None;
        if tokio::time::timeout(CLOSE_LIMIT, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn write(
    mut sink: SplitSink<WebSocket, Message>,
    mut outgoing: mpsc::Receiver<Outgoing>,
    shared: Arc<Shared>,
) {
    let mut late = 0;
    let mut waiting = None;
    loop {
        // The next message, unless one is still waiting for the socket.
        if waiting.is_none() {
            waiting = outgoing.recv().await;
        }
        let Some(next) = &waiting else { break };
        let written = tokio::time::timeout(WRITE_LIMIT, async {
            poll_fn(|cx| sink.poll_ready_unpin(cx)).await?;
            // A flush may have come while the socket was not ready.
            let current = shared.generation.load(Ordering::Acquire);
            if next.generation.is_none_or(|generation| generation >= current) {
                sink.start_send_unpin(next.message.clone())?;
            }
            Ok::<_, axum::Error>(())
        });
        match written.await {
            Ok(Ok(())) => waiting = None,
            Ok(Err(_)) => break,
            // It stays and is tried again.
            Err(_) => late += 1,
        }
        if waiting.is_none() && outgoing.is_empty() {
            match tokio::time::timeout(WRITE_LIMIT, sink.flush()).await {
                Ok(Ok(())) => late = 0,
                Ok(Err(_)) => break,
                Err(_) => late += 1,
            }
        }
        if late >= MAX_LATE_WRITES {
            break;
        }
    }
    if !outgoing.is_closed() {
        shared.failed.store(true, Ordering::Release);
    }
    let _ = tokio::time::timeout(CLOSE_LIMIT, sink.close()).await;
}

//! The way back to Twilio: a bounded queue and a task of its own, so that a slow socket never
//! holds up the call (A-TEL-001..004).

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use audio_core::frame::WireFrame;
use axum::extract::ws::{Message, WebSocket};
use futures_util::stream::SplitSink;
use futures_util::{Sink, SinkExt as _};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::numbers;
use crate::twilio::OutboundWriter;

/// Messages that may wait (A-TEL-001): ten seconds of audio.
const QUEUE: usize = 500;
/// Of these, kept free of audio: `clear` and marks always find room.
const RESERVED: usize = 50;
/// How long one write may take (A-TEL-002).
const WRITE_LIMIT: Duration = Duration::from_millis(500);
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
    sent: u64,
}

#[derive(Default)]
struct Shared {
    /// Audio of an older generation is not written any more.
    generation: AtomicU32,
    /// Writes in a row that were late.
    late: AtomicU32,
    failed: AtomicBool,
}

impl Sender {
    pub(super) fn spawn(sink: SplitSink<WebSocket, Message>, writer: OutboundWriter) -> Self {
        Self::over(sink, writer, WRITE_LIMIT)
    }

    fn over<S>(sink: S, writer: OutboundWriter, limit: Duration) -> Self
    where
        S: Sink<Message, Error: Send> + Unpin + Send + 'static,
    {
        let (queue, outgoing) = mpsc::channel(QUEUE);
        let shared = Arc::new(Shared::default());
        let task = tokio::spawn(write(sink, outgoing, Arc::clone(&shared), limit));
        Self {
            writer,
            text: String::with_capacity(512),
            queue: Some(queue),
            shared,
            task,
            dropped: 0,
            sent: 0,
        }
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

    /// Messages that were queued.
    pub(super) fn sent(&self) -> u64 {
        self.sent
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
        } else {
            self.sent += 1;
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

/// Writes what is queued until there is no more, the far end is gone, or it was late too often in a row.
async fn write<S: Sink<Message> + Unpin>(
    mut sink: S,
    mut outgoing: mpsc::Receiver<Outgoing>,
    shared: Arc<Shared>,
    limit: Duration,
) {
    let mut waiting = None;
    loop {
        // The next message, unless one is still waiting for the socket.
        if waiting.is_none() {
            waiting = outgoing.recv().await;
        }
        let Some(next) = &waiting else { break };
        let written = tokio::time::timeout(limit, async {
            poll_fn(|cx| sink.poll_ready_unpin(cx)).await?;
            // A flush may have come while the socket was not ready.
            let current = shared.generation.load(Ordering::Acquire);
            if next.generation.is_none_or(|generation| generation >= current) {
                sink.start_send_unpin(next.message.clone())?;
            }
            Ok::<_, S::Error>(())
        });
        match written.await {
            Ok(Ok(())) => {
                waiting = None;
                // The socket has taken something: it is slow, not stuck.
                shared.late.store(0, Ordering::Relaxed);
            }
            Ok(Err(_)) => break,
            // It stays and is tried again.
            Err(_) => shared.is_late(),
        }
        if waiting.is_none() && outgoing.is_empty() {
            match tokio::time::timeout(limit, sink.flush()).await {
                Ok(Ok(())) => shared.late.store(0, Ordering::Relaxed),
                Ok(Err(_)) => break,
                Err(_) => shared.is_late(),
            }
        }
        if shared.late.load(Ordering::Relaxed) >= MAX_LATE_WRITES {
            break;
        }
    }
    if !outgoing.is_closed() {
        shared.failed.store(true, Ordering::Release);
    }
    let _ = tokio::time::timeout(CLOSE_LIMIT, sink.close()).await;
}

impl Shared {
    fn is_late(&self) {
        self.late.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::PollSender;

    use super::*;

    const LIMIT: Duration = Duration::from_millis(20);

    /// A far end with room for one message, and what it has read.
    fn far_end() -> (Sender, mpsc::Receiver<Message>) {
        let (socket, read) = mpsc::channel(1);
        (Sender::over(PollSender::new(socket), OutboundWriter::new("MZ1"), LIMIT), read)
    }

    async fn until(what: impl Fn() -> bool) {
        let look = async {
            while !what() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), look).await.expect("sooner or later");
    }

    /// A-TEL-002, A-TEL-003, A-TEL-004: a write may take half a second; after ten late ones in a row the connection is
    /// marked as failed, and what is sent then goes nowhere and harms nobody.
    #[tokio::test]
    async fn a_far_end_that_never_reads_fails() {
        assert_eq!((WRITE_LIMIT, MAX_LATE_WRITES), (Duration::from_millis(500), 10));
        let (mut sender, read) = far_end();
        for _ in 0..3 {
            sender.clear();
        }
        until(|| sender.has_failed()).await;
        assert_eq!(sender.shared.late.load(Ordering::Relaxed), MAX_LATE_WRITES);
        until(|| sender.task.is_finished()).await;
        let (sent, dropped) = (sender.sent(), sender.dropped());
        sender.clear();
        sender.mark("late");
        assert_eq!((sender.sent(), sender.dropped()), (sent, dropped + 2));
        sender.close().await;
        drop(read);
    }

    /// A-TEL-003: late writes count in a row: a far end that reads in the end has never failed, and got everything.
    #[tokio::test]
    async fn a_far_end_that_reads_again_is_well() {
        let (mut sender, mut read) = far_end();
        let mut got = 0;
        for round in 1..=4 {
            for _ in 0..3 {
                sender.clear();
            }
            until(|| sender.shared.late.load(Ordering::Relaxed) >= 4).await;
            while got < 3 * round {
                read.recv().await.expect("a message");
                got += 1;
            }
            until(|| sender.shared.late.load(Ordering::Relaxed) == 0).await;
            assert!(!sender.has_failed(), "after round {round}");
        }
        assert_eq!(sender.dropped(), 0);
    }

    /// A-TEL-001: a full queue drops audio and counts it; what silences the far end still finds room.
    #[tokio::test]
    async fn a_full_queue_drops_audio_alone() {
        let (mut sender, _read) = far_end();
        let frame = WireFrame::SILENCE;
        for _ in 0..QUEUE {
            sender.media(&frame);
        }
        let dropped = sender.dropped();
        assert!(dropped >= RESERVED as u64 - 1, "{dropped}");
        sender.clear();
        assert_eq!(sender.dropped(), dropped, "room was kept for it");
    }
}

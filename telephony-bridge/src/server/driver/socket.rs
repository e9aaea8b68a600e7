//! A call's socket. It is read when something has come and written when it takes something; nothing
//! waits for it, so a slow far end never holds up the call (A-TEL-001..004).
//!
//! The call's own task does both: what a tick has for the far end goes out in one write, and no other
//! task has to be woken for it.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use audio_core::frame::WireFrame;
use axum::extract::ws::{Message, WebSocket};
use futures_util::{SinkExt as _, StreamExt as _};

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

/// The socket and what waits for it.
pub(super) struct Socket {
    socket: WebSocket,
    writer: OutboundWriter,
    text: String,
    queue: VecDeque<Outgoing>,
    /// Audio of an older generation is not written any more.
    generation: u32,
    /// Handed to the socket and not yet on its way.
    unflushed: bool,
    /// Since when the socket takes nothing.
    blocked: Option<Instant>,
    late: u32,
    failed: bool,
    limit: Duration,
    dropped: u64,
    sent: u64,
}

impl Socket {
    pub(super) fn new(socket: WebSocket, writer: OutboundWriter) -> Self {
        Self {
            socket,
            writer,
            text: String::with_capacity(512),
            queue: VecDeque::new(),
            generation: 0,
            unflushed: false,
            blocked: None,
            late: 0,
            failed: false,
            limit: WRITE_LIMIT,
            dropped: 0,
            sent: 0,
        }
    }

    /// The next message of the far end; `None` once the socket is gone.
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Message>> {
        self.socket.poll_next_unpin(cx).map(|message| message.and_then(Result::ok))
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
    pub(super) fn flush(&mut self, generation: u32) {
        self.generation = generation;
    }

    /// The connection is given up.
    pub(super) fn fail(&mut self) {
        self.failed = true;
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failed
    }

    /// Messages that were queued.
    pub(super) fn sent(&self) -> u64 {
        self.sent
    }

    /// Messages that found the queue full.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// When a write that is being waited for counts as late.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.blocked.map(|since| since + self.limit)
    }

    fn push(&mut self, generation: Option<u32>) {
        let message = Message::Text(self.text.as_str().into());
        self.offer(Outgoing { generation, message });
    }

    fn offer(&mut self, outgoing: Outgoing) {
        // A connection that is given up takes nothing.
        let room = QUEUE - if outgoing.generation.is_some() { RESERVED } else { 0 };
        if self.failed || self.queue.len() >= room {
            self.dropped += 1;
            metrics::counter!(numbers::FRAMES_DROPPED).increment(1);
            return;
        }
        self.queue.push_back(outgoing);
        self.sent += 1;
    }

    /// Writes what waits, as far as the socket takes it. Ready when all of it is on its way, or never
    /// will be; otherwise the task is woken when the socket takes more.
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.failed || (self.queue.is_empty() && !self.unflushed) {
            return Poll::Ready(());
        }
        match self.write(cx) {
            Poll::Ready(Ok(())) => {
                self.took_something();
                Poll::Ready(())
            }
            Poll::Ready(Err(_)) => {
                self.failed = true;
                Poll::Ready(())
            }
            Poll::Pending => {
                let now = Instant::now();
                let since = *self.blocked.get_or_insert(now);
                if now.duration_since(since) >= self.limit {
                    (self.blocked, self.late) = (Some(now), self.late + 1);
                    self.failed = self.late >= MAX_LATE_WRITES;
                }
                Poll::Pending
            }
        }
    }

    fn write(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), axum::Error>> {
        loop {
            // While the socket takes nothing, messages wait here: a flush still voids them.
            if self.unflushed {
                std::task::ready!(self.socket.poll_flush_unpin(cx))?;
                self.unflushed = false;
                self.took_something();
            }
            if self.queue.is_empty() {
                return Poll::Ready(Ok(()));
            }
            while let Some(next) = self.queue.pop_front() {
                if next.generation.is_some_and(|generation| generation < self.generation) {
                    continue;
                }
                if self.socket.poll_ready_unpin(cx)?.is_pending() {
                    self.queue.push_front(next);
                    return Poll::Pending;
                }
                self.socket.start_send_unpin(next.message)?;
                self.unflushed = true;
                self.took_something();
            }
        }
    }

    /// It is slow, not stuck: late writes count in a row.
    fn took_something(&mut self) {
        (self.blocked, self.late) = (None, 0);
    }

    /// Writes what waits, says goodbye, ends; all of it bounded.
    pub(super) async fn close(&mut self) {
        let goodbye = async {
            poll_fn(|cx| self.poll_write(cx)).await;
            // Who does not listen any more hears no goodbye.
            let _ = self.socket.close().await;
        };
        let _ = tokio::time::timeout(CLOSE_LIMIT, goodbye).await;
    }
}

#[cfg(test)]
mod tests;

//! Voices: what turns a sentence into audio, behind a network or in another process.
//!
//! A [`Voice`] says one sentence at a time and knows nothing of calls, order, caching or fallbacks.

mod cache;
mod chain;
mod clips;
mod decode;
mod espeak;
mod manner;
mod speaker;
mod written;

use std::future::Future;
use std::pin::Pin;

use tokio::sync::mpsc;

use super::net::ProviderError;
use crate::session::Line;

pub use cache::{Cache, CacheError, CacheKey, CacheLimits};
pub use chain::{Piece, Voices};
pub use clips::{Beep, Clips};
pub use espeak::Espeak;
pub use manner::{Manner, gender_of};
pub use speaker::Speaker;
pub use written::Written;

pub use decode::{DecodeError, Decoder, Encoding};

/// A voice at work.
pub type Saying<'a> = Pin<Box<dyn Future<Output = Result<(), ProviderError>> + Send + 'a>>;

/// Turns words into audio. Shared by all calls.
pub trait Voice: Send + Sync + 'static {
    /// Its name in a chain, such as `openai`.
    fn name(&self) -> &'static str;

    /// All that its audio depends on beside the words: model, voice, speed, gender. Part of a cache's key.
    fn identity(&self, manner: &Manner) -> String;

    /// Can it say this line? A library of recordings knows only its own.
    fn has(&self, _line: &Line) -> bool {
        true
    }

    /// Is its audio worth keeping?
    fn is_cacheable(&self) -> bool {
        true
    }

    /// Says the line into `speech`, as it comes. Ready when all of it was handed over. Dropping the future
    /// ends the work and frees what it holds.
    fn say<'a>(&'a self, manner: &'a Manner, line: &'a Line, speech: &'a mut Speech) -> Saying<'a>;
}

/// Where a voice puts its audio: bounded, so that a fast voice waits for a slow listener.
#[derive(Debug)]
pub struct Speech {
    pieces: mpsc::Sender<Vec<u8>>,
    bytes: usize,
}

impl Speech {
    /// A place for audio, and its other end; `pieces` may wait.
    pub fn channel(pieces: usize) -> (Self, mpsc::Receiver<Vec<u8>>) {
        let (sender, receiver) = mpsc::channel(pieces);
        (Self { pieces: sender, bytes: 0 }, receiver)
    }

    /// More µ-law audio at 8 kHz, in any length.
    pub async fn ulaw(&mut self, codes: Vec<u8>) {
        if codes.is_empty() {
            return;
        }
        self.bytes += codes.len();
        // Whoever does not listen any more drops the voice.
        let _ = self.pieces.send(codes).await;
    }

    /// Bytes handed over so far: 8 a millisecond.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

//! The task of one call: its turns, and the spare stream.

use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc;

use audio_core::frame::SampleTime;

use super::spare::Spare;
use super::turn::{Feed, Outcome, Turn};
use super::{Limits, Recogniser};
use crate::providers::net::{Health, Inbox, Outbox, Phase, ProviderError, Reason};
use crate::providers::{SpeechFrame, SttResult};
use crate::session::TurnId;

/// Frames that may wait for a stream: 10 s. What waits is also in the turn's own store.
const FEED: usize = 500;

/// From the call.
#[derive(Debug)]
pub(super) enum Command {
    /// A turn, and what was heard of it so far.
    Start { turn: TurnId, from: SampleTime, audio: Vec<u8> },
    /// More of the turn that began last.
    Audio(SpeechFrame),
    /// The turn is over.
    Finish(TurnId),
    /// The turn is not wanted.
    Cancel(TurnId),
}

/// Runs until no more commands can come. Whatever it waits for ends with it.
pub(super) async fn run<R: Recogniser>(
    recogniser: Arc<R>,
    health: Arc<Health>,
    limits: Limits,
    mut inbox: Inbox<Command>,
    outbox: Outbox<Outcome>,
) {
    let mut spare = Spare::new(Arc::clone(&recogniser), health.provider(), limits);
    let mut turns = FuturesUnordered::new();
    let mut feeds: Vec<(TurnId, mpsc::Sender<Feed>)> = Vec::new();
    loop {
        let command = tokio::select! {
            command = inbox.recv() => command,
            Some(ended) = turns.next() => {
                feeds.retain(|(turn, _)| *turn != ended);
                spare.refill();
                continue;
            }
            () = spare.tend() => continue,
        };
        let (turn, feed) = match command {
            None => return,
            Some(Command::Start { turn, from, audio }) => {
                let (sender, receiver) = mpsc::channel(FEED);
                feeds.push((turn, sender));
                let run = Turn {
                    recogniser: Arc::clone(&recogniser),
                    health: Arc::clone(&health),
                    limits,
                    id: turn,
                    outbox: outbox.clone(),
                };
                turns.push(run.run(spare.take(), from, audio, receiver));
                continue;
            }
            // Dropping its feed ends a turn without a result.
            Some(Command::Cancel(turn)) => {
                feeds.retain(|(t, _)| *t != turn);
                continue;
            }
            Some(Command::Audio(frame)) => match feeds.last() {
                Some((turn, _)) => (*turn, Feed::Audio(frame)),
                None => continue,
            },
            Some(Command::Finish(turn)) => (turn, Feed::Finish),
        };
        let Some(index) = feeds.iter().position(|(t, _)| *t == turn) else { continue };
        if let Err(mpsc::error::TrySendError::Full(_)) = feeds[index].1.try_send(feed) {
            feeds.remove(index);
            let detail = format!("{FEED} frames wait");
            let error = ProviderError::new(health.provider(), Phase::Request, Reason::Overrun, detail);
            health.failed(std::time::Instant::now(), &error);
            outbox.send((turn, SttResult::Failed)).await;
        }
    }
}

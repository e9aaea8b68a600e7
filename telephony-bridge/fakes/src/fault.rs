//! What goes wrong with one stream of a recogniser.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What a fake recogniser does wrong with a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum StreamFault {
    /// Nothing.
    #[default]
    None,
    /// Each message comes so late.
    Slow(Duration),
    /// Hears, and says nothing.
    Silent,
    /// Says its interim words, and never the last ones.
    NeverSettles,
    /// Loses the stream after so many words.
    Drop(usize),
    /// Ends the stream, in all form, after so many words.
    End(usize),
    /// Sends what the protocol does not know after so many words.
    Garbage(usize),
    /// There is nothing left of the account.
    Quota,
    /// The key is no good.
    Expired,
    /// The model, or the phrases, are not known for the language.
    NoSuchModel,
    /// Ends a stream with the provider's own words after so much audio, in ms.
    Limit(u64),
}

/// The faults of the streams to come, in order; after them, none.
#[derive(Debug, Default)]
pub(crate) struct Script(Mutex<VecDeque<StreamFault>>);

impl Script {
    pub(crate) fn extend(&self, faults: impl IntoIterator<Item = StreamFault>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(faults);
    }

    /// Of the stream that begins.
    pub(crate) fn next(&self) -> StreamFault {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front().unwrap_or_default()
    }
}

/// What callers say, whatever the line sounds like: one turn after the other. For callers who speak like people.
#[derive(Debug, Default)]
pub(crate) struct Canned(Mutex<VecDeque<String>>);

impl Canned {
    pub(crate) fn extend(&self, texts: impl IntoIterator<Item = String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(texts);
    }

    /// Of the turn that ends, if there is one.
    pub(crate) fn next(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

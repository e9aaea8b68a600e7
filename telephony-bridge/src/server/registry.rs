//! Which calls are here: announced, rung, live. Caps, drain and signals (A-TEL-014, S-TEL-014).
//!
//! A call takes one of the places from the webhook's answer on: until its stream connects the
//! place is held by its token, at most 60 seconds. So a caller who was told to connect is never
//! turned away at the socket.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, watch};

use super::call::{CallInfo, CallSignal};
use super::token::{TokenError, TokenStore};

/// Calls that ring a person, and callbacks remembered, at most.
const MAX_REMEMBERED: usize = 4_096;

/// Why a call gets no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPlace {
    /// Every place is taken.
    #[error("every place is taken")]
    Full,
    /// The bridge is going down.
    #[error("the bridge is draining")]
    Draining,
}

/// Why a stream is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamRefused {
    /// Its token is no good.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The call has a stream already.
    #[error("the call has a stream already")]
    Duplicate,
}

/// What a status callback changes.
#[derive(Clone, Debug, PartialEq)]
pub enum Finished {
    /// A stream is live and was told.
    Live,
    /// The call was announced and its stream never came.
    NeverConnected(CallInfo),
    /// A person was rung, or has spoken with the caller.
    Rung(CallInfo),
    /// Not a call of this process, or over already.
    Unknown,
}

/// Numbers for `/health`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RegistryStats {
    /// Streams that are live.
    pub live: usize,
    /// Calls announced whose stream is awaited.
    pub awaited: usize,
    /// Calls that ring a person.
    pub rung: usize,
    /// Streams accepted since the start.
    pub accepted: u64,
    /// Streams that are over…
    pub ended: u64,
    /// …and how long they lasted together.
    pub ended_time: Duration,
}

/// The calls of this process.
#[derive(Debug)]
pub struct Registry {
    max_calls: usize,
    inner: Mutex<Inner>,
    /// Woken whenever a call leaves.
    left: Arc<Notify>,
}

#[derive(Debug)]
struct Inner {
    /// With the number of the stream.
    live: HashMap<String, (u64, watch::Sender<CallSignal>)>,
    awaited: TokenStore<CallInfo>,
    rung: HashMap<String, CallInfo>,
    rung_order: VecDeque<String>,
    callbacks: HashSet<(String, u64)>,
    callback_order: VecDeque<(String, u64)>,
    accepted: u64,
    ended: u64,
    ended_time: Duration,
    draining: bool,
}

impl Registry {
    /// A registry with room for `max_calls`.
    pub fn new(max_calls: usize) -> Self {
        Self {
            max_calls,
            inner: Mutex::new(Inner {
                live: HashMap::new(),
                awaited: TokenStore::new(),
                rung: HashMap::new(),
                rung_order: VecDeque::new(),
                callbacks: HashSet::new(),
                callback_order: VecDeque::new(),
                accepted: 0,
                ended: 0,
                ended_time: Duration::ZERO,
                draining: false,
            }),
            left: Arc::new(Notify::new()),
        }
    }

    /// Takes a place for an announced call and returns its token.
    ///
    /// # Errors
    /// [`NoPlace`].
    pub fn announce(&self, call: CallInfo, now: Instant) -> Result<String, NoPlace> {
        let mut inner = self.lock();
        inner.has_place(&call.call_sid, self.max_calls, now)?;
        inner.forget_rung(&call.call_sid);
        let sid = call.call_sid.clone();
        Ok(inner.awaited.issue(&sid, call, now))
    }

    /// Is there a place for this call? Asked before the CRM is, so that a full bridge answers at
    /// once; [`announce`](Self::announce) decides.
    ///
    /// # Errors
    /// [`NoPlace`].
    pub fn check_place(&self, call_sid: &str, now: Instant) -> Result<(), NoPlace> {
        self.lock().has_place(call_sid, self.max_calls, now)
    }

    /// Remembers a call that rings a person; it takes no place until it needs the agent.
    pub fn ring(&self, call: CallInfo) {
        let mut inner = self.lock();
        inner.forget_rung(&call.call_sid);
        if inner.rung_order.len() >= MAX_REMEMBERED
            && let Some(oldest) = inner.rung_order.pop_front()
        {
            inner.rung.remove(&oldest);
        }
        inner.rung_order.push_back(call.call_sid.clone());
        inner.rung.insert(call.call_sid.clone(), call);
    }

    /// A live call goes to a person: its stream gives its place up now, and the call rings.
    pub fn hand_over(&self, call: CallInfo) {
        self.lock().live.remove(&call.call_sid);
        self.left.notify_waiters();
        self.ring(call);
    }

    /// A call that rings a person, if it is one.
    pub fn rung(&self, call_sid: &str) -> Option<CallInfo> {
        self.lock().rung.get(call_sid).cloned()
    }

    /// Forgets a call that rang a person, and returns it.
    pub fn take_rung(&self, call_sid: &str) -> Option<CallInfo> {
        self.lock().forget_rung(call_sid)
    }

    /// A stream shows its token: it becomes the live stream of the call until the guard drops.
    ///
    /// # Errors
    /// [`StreamRefused`].
    pub fn connect(
        self: &Arc<Self>,
        call_sid: &str,
        token: &str,
        now: Instant,
    ) -> Result<(CallInfo, LiveCall), StreamRefused> {
        let mut inner = self.lock();
        if inner.live.contains_key(call_sid) {
            return Err(StreamRefused::Duplicate);
        }
        let call = inner.awaited.redeem(call_sid, token, now)?;
        let (sender, signal) = watch::channel(CallSignal::Run);
        inner.accepted += 1;
        let number = inner.accepted;
        inner.live.insert(call_sid.to_owned(), (number, sender));
        let call_sid = call_sid.to_owned();
        let live = LiveCall { call_sid, number, began: now, signal, registry: Arc::clone(self) };
        Ok((call, live))
    }

    /// A status callback says that the call is over.
    pub fn provider_ended(&self, call_sid: &str) -> Finished {
        let mut inner = self.lock();
        if let Some((_, signal)) = inner.live.get(call_sid) {
            signal.send_replace(CallSignal::ProviderEnded);
            return Finished::Live;
        }
        if let Some(call) = inner.awaited.revoke(call_sid) {
            self.left.notify_waiters();
            return Finished::NeverConnected(call);
        }
        inner.forget_rung(call_sid).map_or(Finished::Unknown, Finished::Rung)
    }

    /// Is this callback new? Remembers the last few thousand by `(CallSid, SequenceNumber)`.
    pub fn first_time(&self, call_sid: &str, sequence: u64) -> bool {
        let mut inner = self.lock();
        let key = (call_sid.to_owned(), sequence);
        if inner.callbacks.contains(&key) {
            return false;
        }
        if inner.callback_order.len() >= MAX_REMEMBERED
            && let Some(oldest) = inner.callback_order.pop_front()
        {
            inner.callbacks.remove(&oldest);
        }
        inner.callback_order.push_back(key.clone());
        inner.callbacks.insert(key);
        true
    }

    /// From now on no call gets a place; calls with a token may still connect.
    pub fn begin_drain(&self) {
        self.lock().draining = true;
    }

    /// Is the bridge going down?
    pub fn is_draining(&self) -> bool {
        self.lock().draining
    }

    /// Tells every live call to end.
    pub fn shut_down_calls(&self) {
        for (_, signal) in self.lock().live.values() {
            signal.send_replace(CallSignal::Shutdown);
        }
    }

    /// Waits until no call is live or awaited. Bound it with a timeout.
    pub async fn emptied(&self) {
        loop {
            let left = self.left.notified();
            tokio::pin!(left);
            left.as_mut().enable();
            let stats = self.stats(Instant::now());
            if stats.live == 0 && stats.awaited == 0 {
                return;
            }
            // An awaited call leaves by expiry too, and nobody notifies of that.
            let _ = tokio::time::timeout(Duration::from_millis(500), left).await;
        }
    }

    /// Numbers.
    pub fn stats(&self, now: Instant) -> RegistryStats {
        let mut inner = self.lock();
        RegistryStats {
            live: inner.live.len(),
            awaited: inner.awaited.outstanding(now),
            rung: inner.rung.len(),
            accepted: inner.accepted,
            ended: inner.ended,
            ended_time: inner.ended_time,
        }
    }

    /// A panic elsewhere must not take the other calls along: the state is whole between calls.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn has_place(&mut self, call_sid: &str, max: usize, now: Instant) -> Result<(), NoPlace> {
        if self.draining {
            return Err(NoPlace::Draining);
        }
        let taken = self.awaited.outstanding(now) + self.live.len();
        // A repeated webhook takes the place the call already has.
        let own = self.awaited.contains(call_sid) || self.live.contains_key(call_sid);
        if taken - usize::from(own) >= max { Err(NoPlace::Full) } else { Ok(()) }
    }

    fn forget_rung(&mut self, call_sid: &str) -> Option<CallInfo> {
        let call = self.rung.remove(call_sid)?;
        self.rung_order.retain(|sid| sid != call_sid);
        Some(call)
    }
}

/// A live stream's place. Dropping it frees the place.
#[derive(Debug)]
pub struct LiveCall {
    call_sid: String,
    number: u64,
    began: Instant,
    signal: watch::Receiver<CallSignal>,
    registry: Arc<Registry>,
}

impl LiveCall {
    /// What the call must know from outside.
    pub fn signal(&self) -> watch::Receiver<CallSignal> {
        self.signal.clone()
    }
}

impl Drop for LiveCall {
    fn drop(&mut self) {
        let mut inner = self.registry.lock();
        // A call that was handed over may have come back meanwhile.
        if inner.live.get(&self.call_sid).is_some_and(|(number, _)| *number == self.number) {
            inner.live.remove(&self.call_sid);
        }
        inner.ended += 1;
        inner.ended_time += self.began.elapsed();
        drop(inner);
        self.registry.left.notify_waiters();
    }
}

#[cfg(test)]
mod tests;

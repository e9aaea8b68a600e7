//! Twilio's REST API on the loopback interface: calls, recordings, numbers.
//!
//! The wire as Twilio documents it (API of 2010-04-01): HTTP Basic, forms in, JSON out, errors as
//! `{code, message, more_info, status}`, lists in pages with `next_page_uri`. Written apart from the bridge's
//! client, so that each is the other's oracle.

mod routes;

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use tokio::sync::{Notify, Semaphore};

use crate::served::Served;

/// What goes wrong with one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Refused with this status; nothing is done.
    Status {
        /// HTTP status.
        status: u16,
        /// `Retry-After`, in seconds.
        retry_after: Option<u32>,
    },
    /// Done, and then this answer with status 200 or 201 in place of the right one.
    Garbage(String),
    /// Left alone until it is released; what goes wrong with it then is the next fault.
    Held,
    /// Answered as it should be, after a while.
    Slow(Duration),
    /// Done, and never answered.
    DoneAndSilent,
    /// Done, and the connection breaks in the middle of the answer.
    DoneAndDropped,
}

/// A request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// `GET`, `POST` or `DELETE`.
    pub method: String,
    /// Below the account, such as `/Calls.json`, without its query.
    pub path: String,
    /// Parameters of the form, or of the query, in order, keys repeated.
    pub parameters: Vec<(String, String)>,
    /// Was it authorised?
    pub authorised: bool,
}

impl Asked {
    /// The first value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Every value of a parameter.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.parameters.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// A call as the fake knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Twilio's word for its state.
    pub status: String,
    /// What it was last told to do: a URL or a document.
    pub instructions: String,
}

/// A recording as the fake knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// Of which call.
    pub call_sid: String,
    /// Length in seconds.
    pub seconds: u64,
    /// What a download gives.
    pub wav: Vec<u8>,
}

/// A message that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Its id.
    pub sid: String,
    /// To whom.
    pub to: String,
    /// Its words, or its template.
    pub said: String,
}

/// A number of the account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Number {
    /// E.164.
    pub number: String,
    /// Its parameters, such as `voice_url`.
    pub settings: BTreeMap<String, String>,
}

#[derive(Debug, Default)]
struct Memory {
    faults: VecDeque<Fault>,
    asked: Vec<Asked>,
    calls: BTreeMap<String, Call>,
    recordings: BTreeMap<String, Recording>,
    numbers: BTreeMap<String, Number>,
    messages: Vec<Sent>,
    opted_out: Vec<String>,
    page_size: usize,
    made: u32,
}

#[derive(Debug)]
struct Shared {
    account_sid: String,
    /// User and password of each who may ask.
    keys: Vec<(String, String)>,
    memory: Mutex<Memory>,
    changed: Notify,
    /// For those that are held.
    released: Semaphore,
}

impl Shared {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Twilio's API on a free port. Ends when it, and every clone, is dropped.
#[derive(Clone, Debug)]
pub struct FakeTwilioRest {
    served: Arc<Served>,
    shared: Arc<Shared>,
}

impl FakeTwilioRest {
    /// Starts it for one account; `keys` are the pairs of user and password it takes.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start(account_sid: &str, keys: &[(&str, &str)]) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            account_sid: account_sid.to_owned(),
            keys: keys.iter().map(|(user, key)| ((*user).to_owned(), (*key).to_owned())).collect(),
            memory: Mutex::new(Memory { page_size: 50, ..Memory::default() }),
            changed: Notify::new(),
            released: Semaphore::new(0),
        });
        let router = Router::new().fallback(routes::answer).with_state(Arc::clone(&shared));
        Ok(Self { served: Arc::new(Served::start(router).await?), shared })
    }

    /// Its base URL, with the API's version.
    pub fn base(&self) -> String {
        format!("http://{}/2010-04-01", self.served.address)
    }

    /// What goes wrong with the next requests, one each; those after them go right.
    pub fn fail_next(&self, faults: impl IntoIterator<Item = Fault>) {
        self.shared.memory().faults.extend(faults);
    }

    /// One request that is [held](Fault::Held) goes on.
    pub fn release(&self) {
        self.shared.released.add_permits(1);
    }

    /// Rows of a page at most, whatever a client asks for.
    pub fn set_page_size(&self, rows: usize) {
        self.shared.memory().page_size = rows;
    }

    /// The requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.memory().asked.clone()
    }

    /// A call that exists.
    pub fn add_call(&self, call_sid: &str, status: &str) {
        let call = Call { status: status.to_owned(), instructions: String::new() };
        self.shared.memory().calls.insert(call_sid.to_owned(), call);
    }

    /// The calls that were placed or added.
    pub fn calls(&self) -> BTreeMap<String, Call> {
        self.shared.memory().calls.clone()
    }

    /// The messages that were sent, in order.
    pub fn messages(&self) -> Vec<Sent> {
        self.shared.memory().messages.clone()
    }

    /// This address wants no messages.
    pub fn opt_out(&self, address: &str) {
        self.shared.memory().opted_out.push(address.to_owned());
    }

    /// A recording that exists.
    pub fn add_recording(&self, recording_sid: &str, recording: Recording) {
        self.shared.memory().recordings.insert(recording_sid.to_owned(), recording);
    }

    /// The recordings that are left.
    pub fn recordings(&self) -> BTreeMap<String, Recording> {
        self.shared.memory().recordings.clone()
    }

    /// A number of the account.
    pub fn add_number(&self, number_sid: &str, number: Number) {
        self.shared.memory().numbers.insert(number_sid.to_owned(), number);
    }

    /// The account's numbers.
    pub fn numbers(&self) -> BTreeMap<String, Number> {
        self.shared.memory().numbers.clone()
    }

    /// Waits until `condition` holds; checked after every request. Bound it with a timeout.
    pub async fn wait_until(&self, mut condition: impl FnMut(&Self) -> bool) {
        loop {
            let changed = self.shared.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if condition(self) {
                return;
            }
            changed.await;
        }
    }
}

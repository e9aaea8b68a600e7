//! What Twilio is asked to do by a reference, so that the same reference is carried out once.
//!
//! It is carried out in a task of its own: whoever asked may go away, and what becomes of it is known all the same.
//! Whoever asks again meanwhile waits, and is answered as the first is, but with 200 in place of 201; whoever asks
//! later is shown its state. Only the reference counts, whatever else is asked for by it. What Twilio has certainly
//! not done is forgotten, so that it may be asked for again; what it may have done is `unknown`, and is not done
//! again.

use std::collections::{HashMap, VecDeque};
use std::fmt::Debug;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Json;
use axum::http::StatusCode;
use futures_util::FutureExt as _;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use super::answer::Refused;
use crate::twilio::rest::RestError;

/// Kept at most; the oldest is forgotten, unless it is being carried out.
const MAX_REMEMBERED: usize = 1_024;
/// Longest reference.
const MAX_REFERENCE: usize = 64;

/// Something that Twilio does for us.
pub(super) trait Order: Send + 'static {
    /// What Twilio answers once it has taken it.
    type Receipt: Send + 'static;
    /// What whoever asks is shown of it.
    type Shown: Clone + Debug + Send + Sync + 'static;

    /// Twilio has taken it.
    fn taken(&mut self, receipt: Self::Receipt);
    /// Twilio may have taken it; it may even have told so by now.
    fn unknown(&mut self);
    /// As it is.
    fn shown(&self) -> Self::Shown;
}

/// A name that whoever asks has chosen for an order: it may stand in URLs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference(String);

impl Reference {
    /// # Errors
    /// A sentence that says what it should be.
    pub(super) fn parse(reference: String) -> Result<Self, String> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        match (1..=MAX_REFERENCE).contains(&reference.len()) && reference.bytes().all(plain) {
            true => Ok(Self(reference)),
            false => Err(format!("reference: expected 1 to {MAX_REFERENCE} letters, digits, `-` and `_`")),
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// What came of an order, for all who wait.
type Outcome<T> = Result<<T as Order>::Shown, Refused>;
/// Tells it, once.
type Told<T> = watch::Receiver<Option<Outcome<T>>>;

/// Orders by their references, the newest thousand. Clones are the same.
#[derive(Debug)]
pub(super) struct Remembered<T: Order>(Arc<Mutex<Inner<T>>>);

#[derive(Debug)]
struct Inner<T: Order> {
    known: HashMap<String, Known<T>>,
    /// From the oldest.
    references: VecDeque<String>,
}

#[derive(Debug)]
struct Known<T: Order> {
    order: T,
    /// While it is being carried out.
    underway: Option<Told<T>>,
}

/// What is known of an order that is asked for.
enum Begun<T: Order> {
    /// Nothing: it is to be carried out now.
    New(watch::Sender<Option<Outcome<T>>>, Told<T>),
    /// It is being carried out.
    Underway(Told<T>),
    /// It was carried out, as far as is known.
    Done(T::Shown),
}

impl<T: Order> Default for Remembered<T> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Inner { known: HashMap::new(), references: VecDeque::new() })))
    }
}

impl<T: Order> Clone for Remembered<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Order> Remembered<T> {
    /// Has an order carried out by `submit`, one of `tasks`, unless one of its reference is known. Waits until it is
    /// known what came of it.
    ///
    /// # Errors
    /// What was not done, or may not have been; too many orders at once.
    pub(super) async fn once(
        &self,
        tasks: &TaskTracker,
        reference: &Reference,
        order: T,
        submit: impl Future<Output = Result<T::Receipt, RestError>> + Send + 'static,
    ) -> Result<(StatusCode, Json<T::Shown>), Refused> {
        let (status, mut told) = match self.begin(reference, order)? {
            Begun::Done(shown) => return Ok((StatusCode::OK, Json(shown))),
            Begun::Underway(told) => (StatusCode::OK, told),
            Begun::New(tell, told) => {
                let (all, reference) = (self.clone(), reference.clone());
                tasks.spawn(async move {
                    let submitted = AssertUnwindSafe(submit).catch_unwind().await.ok();
                    tell.send_replace(Some(all.settle(&reference, submitted)));
                });
                (StatusCode::CREATED, told)
            }
        };
        // An error means that its task was cut off, which happens to no process that goes on.
        let outcome = told.wait_for(Option::is_some).await.ok().and_then(|outcome| outcome.clone());
        Ok((status, Json(outcome.unwrap_or_else(|| Err(cut_off()))?)))
    }

    /// As an order is, for whoever asks.
    ///
    /// # Errors
    /// Nothing is known of it.
    pub(super) fn show(&self, reference: &str) -> Result<Json<T::Shown>, Refused> {
        let shown = self.with(reference, |order| order.shown());
        shown.map(Json).ok_or_else(|| Refused::new(StatusCode::NOT_FOUND, "no such reference"))
    }

    /// Looks at it, or changes it; `None`: nothing is known of it.
    pub(super) fn with<U>(&self, reference: &str, look: impl FnOnce(&mut T) -> U) -> Option<U> {
        self.lock().known.get_mut(reference).map(|known| look(&mut known.order))
    }

    /// What is known, and the beginning where nothing is, in one: nothing can come in between.
    fn begin(&self, reference: &Reference, order: T) -> Result<Begun<T>, Refused> {
        let mut inner = self.lock();
        if let Some(known) = inner.known.get(reference.as_str()) {
            return Ok(match &known.underway {
                Some(told) => Begun::Underway(told.clone()),
                None => Begun::Done(known.order.shown()),
            });
        }
        if inner.references.len() >= MAX_REMEMBERED && !inner.forget_oldest() {
            let why = format!("{MAX_REMEMBERED} are waiting for Twilio");
            return Err(Refused::new(StatusCode::SERVICE_UNAVAILABLE, why));
        }
        let (tell, told) = watch::channel(None);
        inner.references.push_back(reference.0.clone());
        inner.known.insert(reference.0.clone(), Known { order, underway: Some(told.clone()) });
        Ok(Begun::New(tell, told))
    }

    /// What came of it; `None`: its task panicked.
    fn settle(&self, reference: &Reference, submitted: Option<Result<T::Receipt, RestError>>) -> Outcome<T> {
        let mut inner = self.lock();
        // Nobody forgets what is underway.
        let known = inner.known.get_mut(reference.as_str()).ok_or_else(cut_off)?;
        known.underway = None;
        match submitted {
            Some(Ok(receipt)) => {
                known.order.taken(receipt);
                Ok(known.order.shown())
            }
            Some(Err(error)) => {
                match error.may_be_done() {
                    true => known.order.unknown(),
                    false => inner.forget(reference.as_str()),
                }
                Err(match error {
                    RestError::Wrong { .. } => Refused::wrong(error),
                    _ => Refused::by_twilio(error),
                })
            }
            None => {
                tracing::error!(reference = reference.as_str(), "its task panicked");
                known.order.unknown();
                Err(cut_off())
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Order> Inner<T> {
    fn forget(&mut self, reference: &str) {
        self.known.remove(reference);
        self.references.retain(|known| known != reference);
    }

    /// Forgets the oldest that is not underway, if there is one.
    fn forget_oldest(&mut self) -> bool {
        let is_over =
            |reference: &String| self.known.get(reference).is_none_or(|known| known.underway.is_none());
        let Some(at) = self.references.iter().position(is_over) else { return false };
        if let Some(reference) = self.references.remove(at) {
            self.known.remove(&reference);
        }
        true
    }
}

fn cut_off() -> Refused {
    Refused::new(StatusCode::INTERNAL_SERVER_ERROR, "it was cut off, and may have been done")
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    /// An order whose state is a word.
    #[derive(Debug)]
    struct Word(&'static str);

    impl Order for Word {
        type Receipt = &'static str;
        type Shown = &'static str;

        fn taken(&mut self, receipt: &'static str) {
            self.0 = receipt;
        }

        fn unknown(&mut self) {
            self.0 = "unknown";
        }

        fn shown(&self) -> &'static str {
            self.0
        }
    }

    fn named(reference: &str) -> Reference {
        Reference::parse(reference.to_owned()).expect("a reference")
    }

    type Answered = Result<(u16, &'static str), Refused>;

    async fn once(
        all: &Remembered<Word>,
        reference: &str,
        submit: impl Future<Output = Result<&'static str, RestError>> + Send + 'static,
    ) -> Answered {
        let answer = all.once(&TaskTracker::new(), &named(reference), Word("begun"), submit).await;
        answer.map(|(status, Json(shown))| (status.as_u16(), shown))
    }

    fn unreachable() -> RestError {
        RestError::Unreachable { doing: "try", detail: "nobody is there".to_owned() }
    }

    #[tokio::test]
    async fn a_reference_is_carried_out_once() {
        let all = Remembered::default();
        assert_eq!(once(&all, "a", ready(Ok("first"))).await, Ok((201, "first")));
        assert_eq!(once(&all, "a", ready(Ok("second"))).await, Ok((200, "first")));
        all.with("a", |word| word.0 = "further");
        assert_eq!(once(&all, "a", ready(Ok("third"))).await, Ok((200, "further")));
        assert_eq!(once(&all, "b", ready(Err(unreachable()))).await, Err(Refused::by_twilio(unreachable())));
        assert_eq!(all.with("b", |_| ()), None, "certainly not done");
        assert_eq!(once(&all, "b", ready(Ok("again"))).await, Ok((201, "again")));
    }

    /// A panic leaves nobody waiting, and nothing is done twice.
    #[tokio::test]
    async fn what_panics_may_have_been_done() {
        let all = Remembered::default();
        assert_eq!(once(&all, "a", async { panic!("as a test") }).await, Err(cut_off()));
        assert_eq!(once(&all, "a", ready(Ok("again"))).await, Ok((200, "unknown")));
    }

    /// What is underway is remembered, however much comes after it.
    #[tokio::test]
    async fn the_oldest_that_is_over_is_forgotten() {
        let all = Remembered::default();
        let waits = |reference: String| {
            let all = &all;
            async move { once(all, &reference, pending()).now_or_never() }
        };
        assert_eq!(waits("waits".to_owned()).await, None);
        for i in 0..MAX_REMEMBERED {
            assert_eq!(once(&all, &i.to_string(), ready(Ok("done"))).await, Ok((201, "done")));
        }
        assert_eq!(all.with("waits", |word| word.0), Some("begun"), "it is underway");
        assert_eq!(all.with("0", |_| ()), None);
        for i in 1..MAX_REMEMBERED {
            assert_eq!(waits(format!("w{i}")).await, None);
        }
        let (status, why) = (StatusCode::SERVICE_UNAVAILABLE, "1024 are waiting for Twilio");
        assert_eq!(once(&all, "more", ready(Ok("done"))).await, Err(Refused::new(status, why)));
    }

    #[test]
    fn a_reference_may_stand_in_urls() {
        assert_eq!(named("e-1_A").as_str(), "e-1_A");
        for wrong in ["", "a/b", "א", &"x".repeat(65)] {
            assert!(Reference::parse(wrong.to_owned()).is_err(), "{wrong}");
        }
    }
}

//! What was asked for by a reference, so that the same reference is carried out once.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Kept at most; the oldest is forgotten.
const MAX_REMEMBERED: usize = 1_024;
/// Longest reference.
const MAX_REFERENCE: usize = 64;

/// Things by their references, the newest thousand.
#[derive(Debug)]
pub(super) struct Remembered<T>(Mutex<Inner<T>>);

#[derive(Debug)]
struct Inner<T> {
    things: HashMap<String, T>,
    order: VecDeque<String>,
}

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Self(Mutex::new(Inner { things: HashMap::new(), order: VecDeque::new() }))
    }
}

impl<T> Remembered<T> {
    /// Remembers a thing before it is done. `false`: one of the same reference is known, and stays.
    pub(super) fn begin(&self, reference: &str, thing: impl FnOnce() -> T) -> bool {
        let mut inner = self.lock();
        if inner.things.contains_key(reference) {
            return false;
        }
        if inner.order.len() >= MAX_REMEMBERED
            && let Some(oldest) = inner.order.pop_front()
        {
            inner.things.remove(&oldest);
        }
        inner.order.push_back(reference.to_owned());
        inner.things.insert(reference.to_owned(), thing());
        true
    }

    /// It was not done: it may be asked for again.
    pub(super) fn forget(&self, reference: &str) {
        let mut inner = self.lock();
        inner.things.remove(reference);
        inner.order.retain(|known| known != reference);
    }

    /// Looks at it, or changes it; `None`: nothing is known of it.
    pub(super) fn with<U>(&self, reference: &str, look: impl FnOnce(&mut T) -> U) -> Option<U> {
        self.lock().things.get_mut(reference).map(look)
    }

    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Can this be a reference? It is part of URLs.
pub(super) fn check_reference(reference: &str) -> Result<(), String> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    match (1..=MAX_REFERENCE).contains(&reference.len()) && reference.bytes().all(plain) {
        true => Ok(()),
        false => Err(format!("reference: expected 1 to {MAX_REFERENCE} letters, digits, `-` and `_`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_carried_out_once() {
        let remembered = Remembered::default();
        assert!(remembered.begin("a", || 1) && !remembered.begin("a", || 2));
        assert_eq!(remembered.with("a", |thing| *thing), Some(1));
        remembered.forget("a");
        assert_eq!(remembered.with("a", |thing| *thing), None);
        assert!(remembered.begin("a", || 3));
        for i in 0..MAX_REMEMBERED {
            remembered.begin(&i.to_string(), || 0);
        }
        assert_eq!(remembered.with("a", |thing| *thing), None, "the oldest is forgotten");
        assert!(check_reference("e-1_A").is_ok());
        for wrong in ["", "a/b", "א", &"x".repeat(65)] {
            assert!(check_reference(wrong).is_err(), "{wrong}");
        }
    }
}

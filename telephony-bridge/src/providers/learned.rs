//! What a call's conversation has taught so far, whoever understood it: the rules of the embedded dialogue, or a
//! model with a tool of the CRM. It is for whoever looks at the live call; the CRM is told on its own way.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::LeadFields;

/// Fields kept. A model may invent as many as it likes.
const MAX_FIELDS: usize = 32;
/// Longest value kept, in characters…
const MAX_VALUE: usize = 200;
/// …and the longest name.
const MAX_NAME: usize = 32;

/// What was learned in one call; clones are the same one.
#[derive(Clone, Default)]
pub struct Learned(Arc<Mutex<Known>>);

/// Everything that was learned.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Lead fields; the newest value of each.
    pub fields: LeadFields,
    /// The caller said that it is urgent.
    pub is_urgent: bool,
    /// The caller is to be, or was, handed over to a person.
    pub wants_person: bool,
}

impl Learned {
    /// These fields have these values now.
    pub fn fields(&self, fields: &LeadFields) {
        let mut known = self.lock();
        for (name, value) in fields {
            let (name, value) = (cut(name, MAX_NAME), cut(value, MAX_VALUE));
            let has_room = known.fields.len() < MAX_FIELDS || known.fields.contains_key(&name);
            if has_room && !name.is_empty() && !value.is_empty() {
                known.fields.insert(name, value);
            }
        }
    }

    /// It is urgent. `true`: that is news.
    pub fn urgent(&self) -> bool {
        !std::mem::replace(&mut self.lock().is_urgent, true)
    }

    /// A person is wanted.
    pub fn person(&self) {
        self.lock().wants_person = true;
    }

    /// What is known now.
    pub fn known(&self) -> Known {
        self.lock().clone()
    }

    /// Begins with what was known before.
    pub fn begin_with(&self, known: Known) {
        *self.lock() = known;
    }

    /// Held for a copy at most: nobody waits for long.
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn cut(text: &str, characters: usize) -> String {
    text.trim().chars().filter(|c| !c.is_control()).take(characters).collect()
}

/// Values are personal data and do not belong in logs.
impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Known")
            .field("fields", &self.fields.len())
            .field("is_urgent", &self.is_urgent)
            .field("wants_person", &self.wants_person)
            .finish()
    }
}

impl fmt::Debug for Learned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lock().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, value: &str) -> LeadFields {
        [(name.to_owned(), value.to_owned())].into()
    }

    /// The newest value holds, blanks say nothing, and a model cannot fill the memory.
    #[test]
    fn what_is_learned_is_bounded() {
        let learned = Learned::default();
        let same = learned.clone();
        same.fields(&one("area", "חיפה"));
        same.fields(&one(" area ", "תל\u{7} אביב "));
        same.fields(&one("rooms", " "));
        assert_eq!(learned.known().fields, one("area", "תל אביב"));
        for i in 0..100 {
            learned.fields(&one(&format!("field {i}"), &"א".repeat(1_000)));
        }
        let known = learned.known();
        assert_eq!(known.fields.len(), MAX_FIELDS);
        assert!(known.fields.values().all(|value| value.chars().count() <= MAX_VALUE));
        learned.fields(&one("area", "נתניה"));
        assert_eq!(learned.known().fields["area"], "נתניה", "what is there is still changed");
    }

    /// S-HLT-006: what a caller told does not reach a log through `{:?}`.
    #[test]
    fn values_are_not_debugged() {
        let learned = Learned::default();
        learned.fields(&one("name", "דנה לוי"));
        assert!(learned.urgent() && !learned.urgent(), "news once");
        let shown = format!("{learned:?} {:#?}", learned.known());
        assert!(!shown.contains("דנה") && shown.contains("is_urgent: true"), "{shown}");
    }
}

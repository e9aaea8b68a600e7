//! The provider's name of a call.

use crate::error::{Fault, Refusal};

/// The provider's id of a call, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CallSid(String);

impl CallSid {
    /// 1 to 128 of `A-Z a-z 0-9 _ - . :`.
    ///
    /// # Errors
    /// A refusal that quotes the id.
    pub(crate) fn parse(received: &str) -> Result<Self, Refusal> {
        let ok = (1..=128).contains(&received.len())
            && received.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.:".contains(&b));
        if ok {
            return Ok(Self(received.to_owned()));
        }
        let quoted: String = received.chars().take(40).collect();
        Err(Refusal::new(
            Fault::Malformed,
            "bad_call_sid",
            format!("call_sid {quoted:?}: 1 to 128 of A-Z a-z 0-9 _ - . :"),
        ))
    }

    /// The id.
    #[must_use]
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

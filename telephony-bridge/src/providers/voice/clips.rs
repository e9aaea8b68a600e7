//! Voices without a network: recordings, and the beep.

use std::sync::Arc;

use super::{Manner, Saying, Speech, Voice};
use crate::providers::embedded::{VoiceLibrary, beep};
use crate::providers::net::{Phase, ProviderError, Reason};
use crate::session::Line;

/// The clip library as a voice: says what is recorded, nothing else.
#[derive(Clone, Debug)]
pub struct Clips {
    library: VoiceLibrary,
}

impl Clips {
    /// The recordings of a library.
    pub fn new(library: VoiceLibrary) -> Self {
        Self { library }
    }
}

impl Voice for Clips {
    fn name(&self) -> &'static str {
        "embedded"
    }

    fn identity(&self, _: &Manner) -> String {
        "embedded".to_owned()
    }

    fn has(&self, line: &Line) -> bool {
        self.library.find(&line.text).is_some()
    }

    fn is_cacheable(&self) -> bool {
        false
    }

    fn say<'a>(&'a self, _: &'a Manner, line: &'a Line, speech: &'a mut Speech) -> Saying<'a> {
        Box::pin(async move {
            let Some(codes) = self.library.find(&line.text) else {
                let detail = format!("no recording of `{}`", line.text);
                return Err(ProviderError::new("embedded", Phase::Request, Reason::Rejected, detail));
            };
            speech.ulaw(codes.to_vec()).await;
            Ok(())
        })
    }
}

/// What is left where nothing can speak (A-AUD-018, A-TEL-011).
#[derive(Clone, Debug)]
pub struct Beep(Arc<[u8]>);

impl Default for Beep {
    fn default() -> Self {
        Self(beep())
    }
}

impl Voice for Beep {
    fn name(&self) -> &'static str {
        "beep"
    }

    fn identity(&self, _: &Manner) -> String {
        "beep".to_owned()
    }

    fn is_cacheable(&self) -> bool {
        false
    }

    fn say<'a>(&'a self, _: &'a Manner, _line: &'a Line, speech: &'a mut Speech) -> Saying<'a> {
        Box::pin(async move {
            speech.ulaw(self.0.to_vec()).await;
            Ok(())
        })
    }
}

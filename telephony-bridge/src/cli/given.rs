//! What every replay is given beside its tape.

use std::path::PathBuf;

use crate::config;
use crate::providers::embedded::VoiceLibrary;
use crate::tape::Player;

#[derive(Debug, clap::Args)]
pub(super) struct Given {
    /// Clip library for lines without a recording of their own.
    #[arg(long, env = "VOICE_DIR", value_name = "DIR")]
    voice: Option<PathBuf>,
    /// Word lists; each list it names replaces the Hebrew one of that name. A tape recorded live
    /// replays with the same decisions if the bridge had them too.
    #[arg(long, env = "WORDS_FILE", value_name = "FILE")]
    words: Option<PathBuf>,
    /// Timings and phrases of the conversation, as the bridge takes them; the same holds.
    #[arg(long, env = "SESSION_FILE", value_name = "FILE")]
    session: Option<PathBuf>,
}

impl Given {
    /// Reads what is named. `timing`: measure the time of each frame.
    pub(super) fn player(&self, timing: bool) -> anyhow::Result<Player> {
        let library = match &self.voice {
            Some(dir) => VoiceLibrary::load(dir)?,
            None => VoiceLibrary::default(),
        };
        let session = config::session(self.words.as_deref(), self.session.as_deref())?;
        Ok(Player { library, session, timing })
    }
}

//! What every replay is given beside its tape.

use std::path::PathBuf;

use anyhow::Context as _;

use crate::config;
use crate::providers::embedded::VoiceLibrary;
use crate::session::SessionConfig;
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
    /// Everything in it that decides results: the bytes of its files.
    pub(super) fn bytes(&self) -> anyhow::Result<Vec<u8>> {
        let index = self.voice.as_ref().map(|dir| dir.join("index.json"));
        let mut bytes = Vec::new();
        for path in [index.as_ref(), self.words.as_ref(), self.session.as_ref()] {
            let file = path.map(|path| std::fs::read(path).with_context(|| path.display().to_string()));
            let file = file.transpose()?.unwrap_or_default();
            bytes.extend((file.len() as u64).to_le_bytes());
            bytes.extend(file);
        }
        Ok(bytes)
    }

    /// Reads what is named. `timing`: measure the time of each frame.
    pub(super) fn player(&self, timing: bool) -> anyhow::Result<Player> {
        let library = match &self.voice {
            Some(dir) => VoiceLibrary::load(dir)?,
            None => VoiceLibrary::default(),
        };
        let session =
            config::session(SessionConfig::default(), self.words.as_deref(), self.session.as_deref())?;
        Ok(Player { library, session, timing })
    }
}

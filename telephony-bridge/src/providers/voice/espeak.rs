//! espeak-ng, if it is installed: a process for each sentence, killed where the sentence is not wanted any
//! more (<https://github.com/espeak-ng/espeak-ng/blob/master/docs/guide.md>).

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

use super::{Decoder, Encoding, Manner, Saying, Speech, Voice};
use crate::providers::net::{Phase, ProviderError, Reason};
use crate::session::Line;
use crate::speech_text::Gender;

const NAME: &str = "espeak";
/// espeak-ng's own rate, should its WAV header be missing.
const RATE: u32 = 22_050;
/// Longest a sentence may take.
const LIMIT: Duration = Duration::from_secs(10);
/// Audio read at a time, in bytes.
const PIECE: usize = 8 * 1024;

/// A voice of espeak-ng.
#[derive(Clone, Debug)]
pub struct Espeak {
    program: PathBuf,
    voice: String,
}

impl Espeak {
    /// `program`, such as `espeak-ng`, with its voice for a language, such as `he`.
    pub fn new(program: impl Into<PathBuf>, voice: impl Into<String>) -> Self {
        Self { program: program.into(), voice: voice.into() }
    }

    /// Is it installed?
    pub fn is_installed(&self) -> bool {
        let mut version = std::process::Command::new(&self.program);
        version.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        version.status().is_ok_and(|status| status.success())
    }

    /// The language in a woman's or a man's voice: espeak-ng has variants of both.
    fn variant(&self, manner: &Manner) -> String {
        match manner.gender {
            Some(Gender::Feminine) => format!("{}+f2", self.voice),
            Some(Gender::Masculine) => format!("{}+m3", self.voice),
            None => self.voice.clone(),
        }
    }

    async fn run(&self, voice: &str, text: &str, speech: &mut Speech) -> Result<(), ProviderError> {
        let error = |phase, reason, detail: String| ProviderError::new(NAME, phase, reason, detail);
        let program = self.program.display();
        let mut child = Command::new(&self.program)
            .args(["-v", voice, "-s", "150", "--stdin", "--stdout"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // Dropping this future ends the process.
            .kill_on_drop(true)
            .spawn()
            .map_err(|e| error(Phase::Connect, Reason::Refused, format!("{program}: {e}")))?;
        let broken = |e: std::io::Error| error(Phase::Answer, Reason::Dropped, format!("{program}: {e}"));
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(text.as_bytes()).await.map_err(broken)?;
        }
        let garbage = |e: super::DecodeError| error(Phase::Answer, Reason::Garbage, e.to_string());
        let mut decoder = Decoder::new(Encoding::Pcm { rate: RATE });
        if let Some(mut stdout) = child.stdout.take() {
            let mut bytes = vec![0; PIECE];
            loop {
                let read = stdout.read(&mut bytes).await.map_err(broken)?;
                if read == 0 {
                    break;
                }
                let mut codes = Vec::new();
                decoder.push(&bytes[..read], &mut codes).map_err(garbage)?;
                speech.ulaw(codes).await;
            }
        }
        let status = child.wait().await.map_err(broken)?;
        if !status.success() {
            return Err(error(Phase::Answer, Reason::Server, format!("{program}: {status}")));
        }
        let mut codes = Vec::new();
        decoder.finish(&mut codes).map_err(garbage)?;
        speech.ulaw(codes).await;
        Ok(())
    }
}

impl Voice for Espeak {
    fn name(&self) -> &'static str {
        NAME
    }

    fn identity(&self, manner: &Manner) -> String {
        format!("espeak {} 150", self.variant(manner))
    }

    fn say<'a>(&'a self, manner: &'a Manner, line: &'a Line, speech: &'a mut Speech) -> Saying<'a> {
        Box::pin(async move {
            match tokio::time::timeout(LIMIT, self.run(&self.variant(manner), &line.text, speech)).await {
                Ok(result) => result,
                Err(_) => {
                    let detail = format!("not done within {} s", LIMIT.as_secs());
                    Err(ProviderError::new(NAME, Phase::Answer, Reason::Stalled, detail))
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A stand-in that writes its process id, then speaks for ever.
    fn endless(folder: &std::path::Path) -> PathBuf {
        let path = folder.join("voice");
        let pid = folder.join("pid");
        let script = format!(
            "#!/bin/sh\necho $$ > {}.new\nmv {0}.new {0}\ncat >/dev/null\nexec sleep 1000\n",
            pid.display()
        );
        std::fs::write(&path, script).expect("written");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).expect("set");
        path
    }

    /// A sentence that is not wanted any more leaves no process behind.
    #[tokio::test]
    async fn the_process_ends_with_the_sentence() {
        let folder = tempfile::tempdir().expect("a folder");
        let voice = Espeak::new(endless(folder.path()), "he");
        let (mut speech, _pieces) = Speech::channel(4);
        let (manner, line) = (Manner::default(), Line::text("שלום"));
        let pid_file = folder.path().join("pid");
        let pid = tokio::select! {
            result = voice.say(&manner, &line, &mut speech) => panic!("{result:?}"),
            pid = async {
                loop {
                    if let Ok(pid) = std::fs::read_to_string(&pid_file) {
                        break pid.trim().to_owned();
                    }
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            } => pid,
        };
        let gone = async {
            // Ended, or waiting to be reaped.
            while std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z"))
            {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), gone).await.expect("the process ends");
    }

    /// A-AUD-019: what is optional may be missing: an error that names it, and the next voice.
    #[tokio::test]
    async fn a_program_that_is_not_there_is_named() {
        let voice = Espeak::new("/no/such/program", "he");
        assert!(!voice.is_installed());
        let (mut speech, _pieces) = Speech::channel(4);
        let error = voice
            .say(&Manner::default(), &Line::text("x"), &mut speech)
            .await
            .expect_err("not there")
            .to_string();
        assert!(error.starts_with("espeak: connect: refused: /no/such/program: "), "{error}");
    }
}

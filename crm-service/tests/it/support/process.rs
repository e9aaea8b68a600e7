//! The real binary, as a process.

use std::io::{BufRead as _, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use secrecy::{ExposeSecret as _, SecretString};

use super::{Client, TOKEN};

/// A running `crm-service serve`.
pub(crate) struct Process {
    child: Child,
    pub(crate) client: Client,
    _stdout: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// Starts it on a free port and waits until it says where.
    pub(crate) fn serve(url: &SecretString) -> Self {
        let mut child = Self::command(url)
            .arg("serve")
            .env("INTERNAL_API_TOKEN", TOKEN)
            .env("CRM_LISTEN", "127.0.0.1:0")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = stdout.next().expect("it says where it listens").unwrap();
        let address = line.strip_prefix("crm-service listening on ").expect(&line).to_owned();
        Self { child, client: Client::new(address), _stdout: stdout }
    }

    /// The binary with nothing but this database in its environment.
    pub(crate) fn command(url: &SecretString) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_crm-service"));
        command.env_clear().env("DATABASE_URL", url.expose_secret()).env("RUST_LOG", "warn");
        command
    }

    /// Runs a command of it to the end.
    pub(crate) fn run(url: &SecretString, args: &[&str]) -> Output {
        Self::command(url).args(args).output().unwrap()
    }

    /// SIGKILL: it cannot finish anything.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM; whether it ended well.
    pub(crate) fn terminate(mut self) -> bool {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.child.wait().unwrap().success()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail harmlessly when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! The two services as processes that can be killed for real.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use crate::harness::{PATIENCE, eventually};

/// Set in the process that is the CRM.
const CRM_ROLE: &str = "KAV_TEST_CRM";
/// Printed by both services before their address.
const LISTENING: &str = "listening on http://";
/// Lines of a log that are shown when a test fails.
const LAST_WORDS: usize = 30;

/// In the process started by [`Process::crm`]: serves until it is told to stop. Else nothing.
pub(crate) fn be_the_crm() {
    if std::env::var_os(CRM_ROLE).is_some() {
        let code = crm_service::run_cli(["crm-service", "serve"]);
        assert_eq!(code, std::process::ExitCode::SUCCESS);
    }
}

/// A service. Killed when dropped.
pub(crate) struct Process {
    pub(crate) address: SocketAddr,
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts crm-service. Its binary is another package's: this one starts itself in that role.
    pub(crate) fn crm(log: &Path, env: &[(&str, &str)]) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("this test"));
        command.args(["--exact", "crm_process", "--nocapture"]).env_clear().env(CRM_ROLE, "1");
        Self::start("crm-service", command, log, env)
    }

    /// Starts telephony-bridge.
    pub(crate) fn bridge(log: &Path, env: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_telephony-bridge"));
        command.arg("serve").env_clear();
        Self::start("telephony-bridge", command, log, env)
    }

    /// Starts it and waits until it says where it listens.
    fn start(name: &'static str, mut command: Command, log: &Path, env: &[(&str, &str)]) -> Self {
        let stderr = std::fs::File::options().create(true).append(true).open(log).expect("a log");
        command.envs(env.iter().copied()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let stdout = BufReader::new(child.stdout.take().expect("piped"));
        let (found, address) = sync_channel(1);
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if let Some((_, address)) = line.split_once(LISTENING) {
                    let _ = found.try_send(address.parse::<SocketAddr>().expect("an address"));
                }
            }
        });
        let Ok(address) = address.recv_timeout(PATIENCE) else {
            let _ = child.kill();
            panic!("{name} does not say where it listens; its log: {}", last_words(log));
        };
        Self { address, name, child, log: log.to_owned() }
    }

    /// SIGKILL: it cannot finish anything.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }

    /// SIGSTOP: it hangs with its sockets open.
    pub(crate) fn hang(&self) {
        self.signal("-STOP");
    }

    /// SIGCONT: it goes on where it was.
    pub(crate) fn go_on(&self) {
        self.signal("-CONT");
    }

    /// SIGTERM: it is asked to stop.
    pub(crate) fn terminate(&self) {
        self.signal("-TERM");
    }

    fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status().expect("kill runs");
        assert!(sent.success(), "{} is gone: {}", self.name, last_words(&self.log));
    }

    /// How it ended, once it has.
    pub(crate) async fn ended(mut self) -> ExitStatus {
        let name = self.name;
        eventually(&format!("{name} ends"), async || self.child.try_wait().expect("a child")).await
    }

    /// Has it ended by itself?
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("a child").is_some()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail harmlessly when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("{}: {}", self.name, last_words(&self.log));
        }
    }
}

fn last_words(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LAST_WORDS)..].join("\n")
}

/// A port that is free now and stays so while its service is down: below the range from which
/// outgoing connections take theirs.
pub(crate) fn quiet_port() -> u16 {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let first = std::process::id().wrapping_mul(97);
    let free = std::iter::repeat_with(|| {
        let n = first.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        15_000 + (n % 15_000) as u16
    })
    .take(1_000)
    .find(|&port| std::net::TcpListener::bind(("127.0.0.1", port)).is_ok());
    free.expect("a free port")
}

/// For a service that is busy elsewhere.
pub(crate) const MOMENT: Duration = Duration::from_millis(50);

//! What the operating system says about processes.

use std::time::Duration;

use anyhow::bail;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files a call may need in one process: its stream, its webhook and the CRM's connection.
const FILES_PER_CALL: u64 = 3;
/// What the names of the engine's threads begin with.
const AUDIO: &str = "kav-audio-";
/// Files a process needs without calls.
const FILES: u64 = 128;

/// What a process has used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usage {
    /// User and system time.
    pub(super) cpu: Duration,
    /// Of it, that of the audio threads.
    pub(super) audio: Duration,
    /// Resident memory, in KiB.
    pub(super) rss_kb: u64,
}

/// Reads `/proc`; `None` where there is none, or no such process.
pub(super) fn usage(pid: u32) -> Option<Usage> {
    let cpu = cpu_time(&format!("/proc/{pid}"))?.1;
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten();
    // One that ends meanwhile was none of them: they live as long as the process.
    let times = threads.filter_map(|thread| cpu_time(thread.path().to_str()?));
    let audio = times.filter(|(name, _)| name.starts_with(AUDIO)).map(|(_, time)| time).sum();
    let statm = std::fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
    let pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(Usage { cpu, audio, rss_kb: pages * rustix::param::page_size() as u64 / 1_024 })
}

/// Name, and user and system time, of the process or thread whose folder this is.
fn cpu_time(dir: &str) -> Option<(String, Duration)> {
    let stat = std::fs::read_to_string(format!("{dir}/stat")).ok()?;
    // The name in parentheses may hold anything; state, the first field behind it, is the third.
    let (before, behind) = stat.rsplit_once(')')?;
    let field = |number: usize| behind.split_whitespace().nth(number - 3)?.parse::<u64>().ok();
    let ticks = field(14)? + field(15)?;
    let name = before.split_once('(')?.1.to_owned();
    Some((name, Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)))
}

/// Lets this process, and the bridge it starts, open the files that so many calls need.
pub(super) fn allow_files(calls: u32) -> anyhow::Result<()> {
    let needed = FILES + FILES_PER_CALL * u64::from(calls);
    let limit = getrlimit(Resource::Nofile);
    let enough = |limit: Option<u64>| limit.is_none_or(|limit| limit >= needed);
    if enough(limit.current) {
        return Ok(());
    }
    let raised = Rlimit { current: Some(needed), maximum: limit.maximum };
    if !enough(limit.maximum) || setrlimit(Resource::Nofile, raised).is_err() {
        bail!(
            "{calls} calls need {needed} open files a process and only {} are allowed: raise the limit \
             (`ulimit -Hn {needed}` as root, or `LimitNOFILE=` of the unit) or make fewer calls",
            limit.maximum.or(limit.current).unwrap_or(0)
        );
    }
    Ok(())
}

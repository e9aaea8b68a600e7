//! Each provider × each thing that goes wrong. Every call is made over real sockets by a simulated Twilio
//! caller who says two sentences and is answered twice. `MATRIX='stt Slow'` makes one cell of it, `MATRIX=stt` a row.

use std::time::{Duration, Instant};

use provider_fakes::openai::{FakeOpenAi, HttpFault, Reply, Service};
use telephony_bridge::providers::net::live_tasks;

use crate::site::{
    PATIENCE, Site, audible, counter, crowd_apart, eventually, open_files, tape, tape_dir, voice_dir,
};

/// How long a caller may hear nothing after a sentence, or before the greeting.
const SILENCE_MS: u64 = 3_000;
/// For a machine that does other things too: call time goes on while the bridge waits for its turn.
const BUSY_MS: u64 = 1_000;
/// Calls at the same time in a part; two parts run at once.
const AT_ONCE: usize = 10;
/// Hang up so long after the second sentence.
const AFTER_MS: u64 = 4_500;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    Slow,
    Drip,
    Stalled,
    Refused,
    Dropped,
    HalfClosed,
    Garbage,
    Quota,
    Expired,
    Server,
}

const ALL: [Wrong; 10] = [
    Wrong::Slow,
    Wrong::Drip,
    Wrong::Stalled,
    Wrong::Refused,
    Wrong::Dropped,
    Wrong::HalfClosed,
    Wrong::Garbage,
    Wrong::Quota,
    Wrong::Expired,
    Wrong::Server,
];

impl Wrong {
    fn fault(self) -> HttpFault {
        match self {
            Self::Slow => HttpFault::Slow(Duration::from_secs(4)),
            Self::Drip => HttpFault::Drip(1, Duration::from_millis(200)),
            Self::Stalled => HttpFault::Stall,
            Self::Refused => HttpFault::None,
            Self::Dropped => HttpFault::Drop,
            Self::HalfClosed => HttpFault::HalfClose,
            Self::Garbage => HttpFault::Garbage,
            Self::Quota => HttpFault::Quota(Some(60)),
            Self::Expired => HttpFault::Expired,
            Self::Server => HttpFault::Server,
        }
    }

    /// What the metric may call it: what stalls before its first words is slow.
    fn reasons(self) -> &'static [&'static str] {
        match self {
            Self::Slow => &["slow"],
            Self::Drip | Self::Stalled => &["slow", "stalled"],
            Self::Refused => &["refused"],
            Self::Dropped | Self::HalfClosed => &["dropped"],
            Self::Garbage => &["garbage"],
            Self::Quota => &["quota"],
            Self::Expired => &["expired"],
            Self::Server => &["server"],
        }
    }
}

fn role(service: Service) -> &'static str {
    match service {
        Service::Chat => "llm",
        Service::Speech => "tts",
        Service::Transcriptions => "stt",
    }
}

/// Cells that are played at the same time: no two of a group have a role and a word of the metric in common.
fn groups(cells: Vec<(Service, Wrong)>) -> Vec<Vec<(Service, Wrong)>> {
    let mut groups: Vec<Vec<(Service, Wrong)>> = Vec::new();
    for (service, wrong) in cells {
        let apart = |other: &(Service, Wrong)| {
            other.0 != service || wrong.reasons().iter().all(|reason| !other.1.reasons().contains(reason))
        };
        match groups.iter_mut().find(|group| group.len() < AT_ONCE && group.iter().all(apart)) {
            Some(group) => group.push((service, wrong)),
            None => groups.push(vec![(service, wrong)]),
        }
    }
    groups
}

/// One cell of the matrix.
async fn cell(service: Service, wrong: Wrong, sid: String) -> String {
    let tape = tape("booking");
    let openai = FakeOpenAi::start().await.expect("a port");
    openai.transcripts(["שלום, אני מחפש דירה להשכרה", "קוראים לי דני כהן"]);
    openai.replies([Reply::text("בשמחה. מה השם?"), Reply::text("נעים מאוד. באיזה אזור?")]);
    openai.always(service, wrong.fault());
    let mut gone = FakeOpenAi::start().await.expect("a port");
    gone.go_down().await;
    let refused = gone.url();
    let base = match service {
        Service::Chat => "LLM_BASE_URL",
        Service::Speech => "TTS_BASE_URL",
        Service::Transcriptions => "STT_BASE_URL",
    };
    let (dir, voice) = (tape_dir("booking"), voice_dir());
    let mut settings = vec![("EMBEDDED_TAPE", dir.as_str()), ("VOICE_DIR", voice.as_str())];
    if wrong == Wrong::Refused {
        settings.push((base, refused.as_str()));
    }
    let folder = std::sync::Arc::new(tempfile::tempdir().expect("a folder"));
    let errors = |metrics: &str| -> u64 {
        let role = format!("role=\"{}\"", role(service));
        let of = |reason: &&str| {
            let reason = format!("reason=\"{reason}\"");
            counter(metrics, "kav_bridge_provider_errors_total", &["provider=\"openai\"", &role, &reason])
        };
        wrong.reasons().iter().map(of).sum()
    };
    // Before the bridge is there: what warms its cache may meet the fault, and open the circuit, at once.
    let before = errors(&telephony_bridge::metrics::install().expect("a recorder").render());
    let site = Site::with(openai, folder, &settings).await;

    let ends = [tape.file.caller[0].end_ms, tape.file.caller[1].end_ms];
    let call = site.caller(&tape, &sid, ends[1] + AFTER_MS).call();
    let record = tokio::time::timeout(PATIENCE, call).await.expect("the call ends").expect("a call");
    let heard = audible(&record);
    let waits: Vec<u64> = [0, ends[0], ends[1]]
        .iter()
        .map(|from| heard.iter().find(|at| *at >= from).map_or(u64::MAX, |at| at - from))
        .collect();
    // The metric says what happened.
    let counted = errors(&site.metrics().await) - before;
    let (openai, _folder) = site.down().await;
    eventually("no connection is left", || openai.connections() == 0).await;
    let line = format!(
        "{:<4} {:<11} greeting {:>5} ms, answers {:>5} and {:>5} ms, {counted} counted",
        role(service),
        format!("{wrong:?}"),
        waits[0],
        waits[1],
        waits[2]
    );
    println!("{line}");
    let ok = counted > 0 && waits.iter().all(|wait| *wait <= SILENCE_MS + BUSY_MS);
    if ok { String::new() } else { format!("{line}; heard at {heard:?}") }
}

/// A-TEL-005, A-TEL-013, A-AUD-017, A-AUD-018, A-AUD-020, A-AUD-023: whatever a provider does, the caller hears
/// something sensible, the session listens again (it hears and answers the second sentence), nothing is
/// left behind, and the metric says what happened.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_a_provider_does_the_caller_is_answered() {
    let only = std::env::var("MATRIX").unwrap_or_default();
    let cells: Vec<(Service, Wrong)> =
        ALL.iter().flat_map(|wrong| Service::ALL.map(|service| (service, *wrong))).collect();
    let named = |cell: &&(Service, Wrong)| format!("{} {:?}", role(cell.0), cell.1).starts_with(&only);
    let cells: Vec<_> = cells.iter().filter(named).copied().collect();
    let groups = groups(cells);
    let Some(part) = crowd_apart("matrix::whatever_a_provider_does_the_caller_is_answered", groups.len())
    else {
        return;
    };
    let begun = open_files();
    let mut failures = Vec::new();
    let mut calls = tokio::task::JoinSet::new();
    for (at, (service, wrong)) in groups[part].iter().enumerate() {
        calls.spawn(cell(*service, *wrong, format!("{:032x}", part * AT_ONCE + at + 1)));
    }
    while let Some(failure) = calls.join_next().await {
        failures.push(failure.expect("no panic"));
    }
    failures.retain(|failure| !failure.is_empty());
    assert!(failures.is_empty(), "{failures:#?}");
    eventually("no task is left", || live_tasks() == 0).await;
    // Sockets of the last bridge close a moment later.
    let limit = Instant::now() + Duration::from_secs(20);
    while open_files().len() > begun.len() {
        assert!(Instant::now() < limit, "file descriptors are left: {begun:?} became {:?}", open_files());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

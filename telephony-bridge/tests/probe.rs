//! `telephony-bridge probe`: the real program, asked about stand-ins that work and that do not.
#![allow(clippy::unwrap_used)]

use std::process::Output;

use provider_fakes::fault::StreamFault;
use provider_fakes::google::{FakeRest, FakeSpeech};
use provider_fakes::realtime::{FakeRealtime, RealtimeFault};
use tokio::process::Command;

async fn probe(settings: &[(&str, &str)], args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_telephony-bridge"));
    command.arg("probe").args(args).env_clear().env("MOCK_TWILIO", "true").envs(settings.iter().copied());
    // No voice of this machine's.
    command.env("TTS_CHAIN", "auto").env("ESPEAK_PROGRAM", "no-such-program");
    command.output().await.unwrap()
}

fn columns(output: &Output) -> Vec<[String; 3]> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let column = |line: &str, n| line.split_whitespace().nth(n).unwrap_or_default().to_owned();
    text.lines().map(|line| [column(line, 0), column(line, 1), column(line, 2)]).collect()
}

/// Each provider has its line; who does not work is named with the reason, and no key is shown.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_provider_has_its_line() {
    let (speech, rest) = (FakeSpeech::start().await.unwrap(), FakeRest::start().await.unwrap());
    let deepgram = provider_fakes::deepgram::start().await.unwrap();
    let realtime = FakeRealtime::start().await.unwrap();
    let (google_stt, google_tts, deepgram_url) = (speech.url(), rest.url(), deepgram.url());
    let realtime_url = realtime.url();
    let settings = [
        ("GOOGLE_API_KEY", "g-secret"),
        ("GOOGLE_STT_ENDPOINT", google_stt.as_str()),
        ("GOOGLE_TTS_ENDPOINT", google_tts.as_str()),
        ("DEEPGRAM_API_KEY", "d-secret"),
        ("DEEPGRAM_ENDPOINT", deepgram_url.as_str()),
        ("REALTIME_BASE_URL", realtime_url.as_str()),
        ("REALTIME_API_KEY", "r-secret"),
    ];
    let all = probe(&settings, &[]).await;
    let row = |role: &str, provider: &str, how: &str| [role.to_owned(), provider.to_owned(), how.to_owned()];
    let works = [
        row("stt", "google", "works"),
        row("stt", "deepgram", "works"),
        row("realtime", "openai", "works"),
        row("tts", "google", "works"),
    ];
    assert_eq!(columns(&all), works, "{}", String::from_utf8_lossy(&all.stderr));
    assert!(all.status.success());

    deepgram.script([StreamFault::Expired]);
    let one = probe(&settings, &[]).await;
    assert_eq!(columns(&one)[1], row("stt", "deepgram", "expired"));
    assert!(!one.status.success());
    let all = [one.stdout, one.stderr].concat();
    assert!(!String::from_utf8_lossy(&all).contains("secret"));

    realtime.script([RealtimeFault::Status(401)]);
    let one = probe(&settings, &[]).await;
    assert_eq!(columns(&one)[2], row("realtime", "openai", "expired"));

    deepgram.script([StreamFault::Quota]);
    let json = probe(&settings, &["--json"]).await;
    let text = String::from_utf8(json.stdout).unwrap();
    let rows: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows[1]["reason"], "quota");
    assert_eq!((&rows[0]["works"], &rows[0]["reason"]), (&true.into(), &serde_json::Value::Null));
}

#[tokio::test]
async fn nothing_configured_is_said() {
    let none = probe(&[], &[]).await;
    let text = String::from_utf8(none.stdout).unwrap();
    assert_eq!(text, "no provider is configured: calls run on the embedded ones\n");
    assert!(none.status.success());
}

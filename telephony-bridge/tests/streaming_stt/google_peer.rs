//! Google's own Python package as the far end. Needs `grpcio` and `google-cloud-speech` in the Python that
//! `KAV_PEER_PYTHON` names (default `python3`); without them the test says so and checks nothing:
//!
//! ```sh
//! python3 -m venv target/peers && target/peers/bin/pip install google-cloud-speech
//! KAV_PEER_PYTHON=$PWD/target/peers/bin/python cargo test -p telephony-bridge --test streaming_stt peer
//! ```

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use telephony_bridge::providers::SttResult;
use telephony_bridge::providers::google::auth::Auth;
use telephony_bridge::providers::google::speech::{GoogleSpeech, SpeechSettings, V1};

use super::line::{Line, limits};

struct Peer(Child);

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A-AUD-016: Google's code reads our requests and we read its answers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn googles_own_package_understands_us() {
    let python = std::env::var("KAV_PEER_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let there = Command::new(&python)
        .args(["-c", "import grpc, google.cloud.speech_v1"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !there {
        eprintln!("SKIPPED: `{python}` has no grpcio and google-cloud-speech; nothing was checked");
        return;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/google_speech.py");
    let mut peer =
        Peer(Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap());
    let mut port = String::new();
    BufReader::new(peer.0.stdout.take().unwrap()).read_line(&mut port).unwrap();
    let settings = SpeechSettings {
        endpoint: format!("http://127.0.0.1:{}", port.trim()),
        model: Some("default".to_owned()),
        phrases: vec!["דירה".to_owned(), "רמתגן".to_owned()],
        ..SpeechSettings::default()
    };
    let auth = Arc::new(Auth::key("k-1".to_owned().into()));
    let recogniser = Arc::new(GoogleSpeech::<V1>::new("google", settings, auth).unwrap());
    let mut line = Line::new(recogniser, limits());
    let turn = line.start(0);
    line.quiet(2_500);
    line.partial(turn, "חלק שני").await;
    line.finish(turn);
    let SttResult::Final(text) = line.outcome(turn).await else { panic!("{:?}", line.results) };
    let seen: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        seen,
        serde_json::json!({
            "encoding": "MULAW",
            "rate": 8_000,
            "language": "he-IL",
            "model": "default",
            "enhanced": true,
            "punctuation": true,
            "interim": true,
            "phrases": ["דירה", "רמתגן"],
            "boost": [10.0],
            "key": "k-1",
            "audio": 20_000,
        })
    );
    line.hang_up().await;
}

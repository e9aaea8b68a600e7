//! Soniox.

use std::io;
use std::sync::Arc;

use provider_fakes::ear::say;
use provider_fakes::speech_socket::SpeechSocket;
use telephony_bridge::providers::recognition::ForCall;
use telephony_bridge::providers::soniox::{Soniox, SonioxSettings};

use super::line::{Line, heard, limits};
use super::peer::{OverSocket, Peer as _, SocketService};

struct Service;

type Stand = OverSocket<Service>;

impl SocketService for Service {
    type Recogniser = Soniox;

    async fn fake() -> io::Result<SpeechSocket> {
        provider_fakes::soniox::start().await
    }

    fn recogniser(endpoint: String) -> Soniox {
        let phrases = vec!["תל אביב".to_owned()];
        let settings = SonioxSettings { endpoint, phrases, ..SonioxSettings::default() };
        Soniox::new(&settings, "k-1".to_owned().into())
    }
}

mod matrix {
    super::super::matrix::matrix!(super::Stand);
}

/// A-AUD-016: what is asked for, as Soniox reads it.
#[tokio::test]
async fn asks_for_hebrew_over_the_telephone() {
    let peer = Stand::start().await;
    let mut line = Line::new(peer.recogniser(peer.address()), limits());
    let turn = line.start(0);
    line.carry(&say([1]));
    line.finish(turn);
    line.outcome(turn).await;
    let asked = peer.0.asked().remove(0);
    assert_eq!(asked.authorization.as_deref(), Some("Bearer k-1"));
    let first: serde_json::Value = serde_json::from_str(&asked.first_text.unwrap()).unwrap();
    assert_eq!(
        first,
        serde_json::json!({
            "model": "stt-rt-v4",
            "audio_format": "mulaw",
            "sample_rate": 8_000,
            "num_channels": 1,
            "language_hints": ["he"],
            "enable_endpoint_detection": true,
            "context": {"terms": ["תל אביב"]},
        })
    );
}

/// A-AUD-016: the phrases of the business that is called come first, each once.
#[tokio::test]
async fn the_vocabulary_of_the_business_is_sent() {
    let peer = Stand::start().await;
    let vocabulary = ["נוף לים", "תל אביב"].map(str::to_owned).to_vec();
    let recogniser = ForCall::new(peer.recogniser(peer.address()), vocabulary);
    let mut line = Line::new(Arc::new(recogniser), limits());
    let turn = line.start(0);
    line.carry(&say([1]));
    line.finish(turn);
    assert_eq!(line.outcome(turn).await, heard([1]));
    let first: serde_json::Value =
        serde_json::from_str(&peer.0.asked().remove(0).first_text.unwrap()).unwrap();
    assert_eq!(first["context"], serde_json::json!({"terms": ["נוף לים", "תל אביב"]}));
}

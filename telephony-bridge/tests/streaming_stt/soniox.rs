//! Soniox.

use std::net::SocketAddr;
use std::sync::Arc;

use provider_fakes::ear::say;
use provider_fakes::fault::StreamFault;
use provider_fakes::speech_socket::SpeechSocket;
use telephony_bridge::providers::soniox::{Soniox, SonioxSettings};

use super::line::{Line, limits};
use super::peer::Peer;

struct Service(SpeechSocket);

impl Peer for Service {
    type Recogniser = Soniox;

    async fn start() -> Self {
        Self(provider_fakes::soniox::start().await.unwrap())
    }

    fn address(&self) -> SocketAddr {
        self.0.address()
    }

    fn recogniser(&self, address: SocketAddr) -> Arc<Soniox> {
        let settings = SonioxSettings {
            endpoint: format!("ws://{address}"),
            phrases: vec!["תל אביב".to_owned()],
            ..SonioxSettings::default()
        };
        Arc::new(Soniox::new(&settings, "k-1".to_owned().into()))
    }

    fn script(&self, faults: &[StreamFault]) {
        self.0.script(faults.iter().cloned());
    }

    fn streams(&self) -> usize {
        self.0.asked().len()
    }

    fn live(&self) -> usize {
        self.0.live()
    }

    async fn go_down(&mut self) {
        self.0.go_down().await;
    }
}

mod matrix {
    super::super::matrix::matrix!(super::Service);
}

/// A-AUD-016: what is asked for, as Soniox reads it.
#[tokio::test]
async fn asks_for_hebrew_over_the_telephone() {
    let peer = Service::start().await;
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

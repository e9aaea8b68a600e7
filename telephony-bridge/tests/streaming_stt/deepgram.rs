//! Deepgram.

use std::net::SocketAddr;
use std::sync::Arc;

use provider_fakes::ear::say;
use provider_fakes::fault::StreamFault;
use provider_fakes::speech_socket::SpeechSocket;
use telephony_bridge::providers::deepgram::{Deepgram, DeepgramSettings};

use super::line::{Line, heard, limits};
use super::peer::Peer;

struct Service(SpeechSocket);

impl Peer for Service {
    type Recogniser = Deepgram;

    async fn start() -> Self {
        Self(provider_fakes::deepgram::start().await.unwrap())
    }

    fn address(&self) -> SocketAddr {
        self.0.address()
    }

    fn recogniser(&self, address: SocketAddr) -> Arc<Deepgram> {
        let settings = DeepgramSettings {
            endpoint: format!("ws://{address}"),
            phrases: vec!["תל אביב".to_owned()],
            ..DeepgramSettings::default()
        };
        Arc::new(Deepgram::new(&settings, "k-1".to_owned().into()))
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

/// A-AUD-016: what is asked for, as Deepgram reads it.
#[tokio::test]
async fn asks_for_hebrew_over_the_telephone() {
    let peer = Service::start().await;
    let mut line = Line::new(peer.recogniser(peer.address()), limits());
    let turn = line.start(0);
    line.carry(&say([1]));
    line.finish(turn);
    line.outcome(turn).await;
    let asked = peer.0.asked().remove(0);
    assert_eq!(asked.authorization.as_deref(), Some("Token k-1"));
    for pair in [
        "model=nova-3",
        "language=he",
        "encoding=mulaw",
        "sample_rate=8000",
        "channels=1",
        "interim_results=true",
        "keyterm=%D7%AA%D7%9C+%D7%90%D7%91%D7%99%D7%91",
    ] {
        assert!(asked.query.split('&').any(|p| p == pair), "{pair} is not in {}", asked.query);
    }
}

/// A model that takes no phrases for Hebrew is given none again; the turn is heard.
#[tokio::test]
async fn refused_phrases_are_not_sent_again() {
    let peer = Service::start().await;
    peer.script(&vec![StreamFault::NoSuchModel; 10]);
    let mut line = Line::new(peer.recogniser(peer.address()), limits());
    for n in [1, 2] {
        let turn = line.start(0);
        line.carry(&say([n]));
        line.finish(turn);
        assert_eq!(line.outcome(turn).await, heard([n]));
    }
    let asked = peer.0.asked();
    assert!(asked[0].query.contains("keyterm="));
    assert!(!asked.last().unwrap().query.contains("keyterm="));
}

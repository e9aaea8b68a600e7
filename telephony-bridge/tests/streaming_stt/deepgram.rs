//! Deepgram.

use std::io;
use std::sync::Arc;

use provider_fakes::ear::say;
use provider_fakes::fault::StreamFault;
use provider_fakes::speech_socket::SpeechSocket;
use telephony_bridge::providers::deepgram::{Deepgram, DeepgramSettings};
use telephony_bridge::providers::recognition::ForCall;

use super::line::{Line, heard, limits};
use super::peer::{OverSocket, Peer as _, SocketService};

struct Service;

type Stand = OverSocket<Service>;

impl SocketService for Service {
    type Recogniser = Deepgram;

    async fn fake() -> io::Result<SpeechSocket> {
        provider_fakes::deepgram::start().await
    }

    fn recogniser(endpoint: String) -> Deepgram {
        let phrases = vec!["תל אביב".to_owned()];
        let settings = DeepgramSettings { endpoint, phrases, ..DeepgramSettings::default() };
        Deepgram::new(&settings, "k-1".to_owned().into())
    }
}

mod matrix {
    super::super::matrix::matrix!(super::Stand);
}

/// A-AUD-016: what is asked for, as Deepgram reads it.
#[tokio::test]
async fn asks_for_hebrew_over_the_telephone() {
    let peer = Stand::start().await;
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
    let peer = Stand::start().await;
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
    let query = peer.0.asked().remove(0).query;
    let terms: Vec<&str> = query.split('&').filter_map(|pair| pair.strip_prefix("keyterm=")).collect();
    let encoded = ["%D7%A0%D7%95%D7%A3+%D7%9C%D7%99%D7%9D", "%D7%AA%D7%9C+%D7%90%D7%91%D7%99%D7%91"];
    assert_eq!(terms, encoded);
}

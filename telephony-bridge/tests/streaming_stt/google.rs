//! Google, v1 and v2.

use std::net::SocketAddr;
use std::sync::Arc;

use provider_fakes::ear::say;
use provider_fakes::fault::StreamFault;
use provider_fakes::google::FakeSpeech;
use telephony_bridge::providers::google::auth::Auth;
use telephony_bridge::providers::google::speech::{Api, GoogleSpeech, SpeechSettings, V1, V2};
use telephony_bridge::providers::recognition::ForCall;

use super::line::{Line, heard, limits};
use super::peer::Peer;

struct Google<A> {
    fake: FakeSpeech,
    api: std::marker::PhantomData<A>,
}

fn settings(address: SocketAddr) -> SpeechSettings {
    SpeechSettings {
        endpoint: format!("http://{address}"),
        model: Some("latest_long".to_owned()),
        phrases: vec!["דירה".to_owned(), "תל אביב".to_owned()],
        project: "p".to_owned(),
        ..SpeechSettings::default()
    }
}

impl<A: Api> Peer for Google<A> {
    type Recogniser = GoogleSpeech<A>;

    async fn start() -> Self {
        Self { fake: FakeSpeech::start().await.unwrap(), api: std::marker::PhantomData }
    }

    fn address(&self) -> SocketAddr {
        self.fake.address()
    }

    fn recogniser(&self, address: SocketAddr) -> Arc<GoogleSpeech<A>> {
        let auth = Arc::new(Auth::key("k-1".to_owned().into()));
        Arc::new(GoogleSpeech::new("google", settings(address), auth).unwrap())
    }

    fn script(&self, faults: &[StreamFault]) {
        self.fake.script(faults.iter().cloned());
    }

    fn streams(&self) -> usize {
        self.fake.asked().len()
    }

    fn live(&self) -> usize {
        self.fake.live()
    }

    async fn go_down(&mut self) {
        self.fake.go_down().await;
    }
}

mod v1 {
    super::super::matrix::matrix!(super::Google<super::V1>);
}

mod v2 {
    super::super::matrix::matrix!(super::Google<super::V2>);
}

/// A-AUD-016: what is asked for, as Google reads it. The phrases of the business that is called come first,
/// each once.
#[tokio::test]
async fn asks_for_hebrew_over_the_telephone() {
    async fn ask<A: Api>() -> provider_fakes::google::Asked {
        let peer = Google::<A>::start().await;
        let vocabulary = ["נוף לים", "דירה"].map(str::to_owned).to_vec();
        let recogniser = ForCall::new(peer.recogniser(peer.address()), vocabulary);
        let mut line = Line::new(Arc::new(recogniser), limits());
        let turn = line.start(0);
        line.carry(&say([1]));
        line.finish(turn);
        line.outcome(turn).await;
        peer.fake.asked().remove(0)
    }
    let asked = ask::<V1>().await;
    assert_eq!((asked.mulaw, asked.rate, asked.language.as_str()), (true, 8_000, "he-IL"));
    assert_eq!((asked.model.as_str(), asked.api_key.as_deref()), ("latest_long", Some("k-1")));
    assert_eq!(asked.phrases, ["נוף לים", "דירה", "תל אביב"]);
    let asked = ask::<V2>().await;
    assert_eq!(asked.phrases, ["נוף לים", "דירה", "תל אביב"]);
    assert_eq!((asked.mulaw, asked.rate, asked.language.as_str()), (true, 8_000, "he-IL"));
    assert_eq!(asked.recognizer, "projects/p/locations/global/recognizers/_");
}

/// A-AUD-017: a model that does not know Hebrew is refused; the turn is heard without it, and so are those
/// that follow.
#[tokio::test]
async fn a_refused_model_is_not_asked_for_again() {
    let peer = Google::<V1>::start().await;
    peer.script(&[StreamFault::NoSuchModel]);
    let recogniser = peer.recogniser(peer.address());
    let mut line = Line::new(Arc::clone(&recogniser), limits());
    for n in [1, 2] {
        let turn = line.start(0);
        line.carry(&say([n]));
        line.finish(turn);
        assert_eq!(line.outcome(turn).await, heard([n]));
    }
    let models: Vec<String> = peer.fake.asked().into_iter().map(|asked| asked.model).collect();
    assert_eq!(models, ["latest_long", "", ""]);
}

//! Calls with Google, Deepgram and Soniox configured: what was said reaches the CRM, what is answered is spoken.

use provider_fakes::fault::StreamFault;
use provider_fakes::google::{FakeRest, FakeSpeech};

use crate::harness::{Site, caller_said, conversation, hung_up};

/// What the recogniser makes of the caller; not what the tape of the embedded one says.
const SAID: &str = "שלום, אני מחפשת דירה בחיפה";

/// A-AUD-012, A-AUD-016: a call that Google hears and speaks, by keys and endpoints alone.
#[tokio::test(flavor = "multi_thread")]
async fn google_hears_and_speaks() {
    let (speech, rest) =
        (FakeSpeech::start().await.expect("a port"), FakeRest::start().await.expect("a port"));
    speech.hears([SAID.to_owned()]);
    let site = Site::new("greeting", 1.0).await;
    let crm = site.crm().await;
    let bridge = site.bridge(&[
        ("GOOGLE_API_KEY", "g-1"),
        ("GOOGLE_STT_ENDPOINT", &speech.url()),
        ("GOOGLE_TTS_ENDPOINT", &rest.url()),
    ]);
    hung_up(tokio::spawn(site.caller(&bridge, "google").call())).await;
    let held = site.held("CAgoogle").await;
    assert_eq!(caller_said(&held.call), [SAID]);
    let said = conversation(&held.call);
    let spoken: Vec<String> =
        rest.spoken().iter().filter_map(|body| body["input"]["ssml"].as_str().map(str::to_owned)).collect();
    // The agent's greeting and its answer; the stock phrases were made beforehand.
    assert!(said.len() >= 3, "{said:?}");
    assert!(spoken.len() >= 3, "{spoken:?}");
    assert!(
        spoken.iter().all(|ssml| ssml.starts_with("<speak>") && ssml.ends_with("</speak>")),
        "{spoken:?}"
    );
    drop((bridge, crm));
}

/// A-AUD-017: who has no quota left is passed over in the middle of the turn, and the metric says why.
#[tokio::test(flavor = "multi_thread")]
async fn the_next_recogniser_takes_over() {
    let deepgram = provider_fakes::deepgram::start().await.expect("a port");
    let soniox = provider_fakes::soniox::start().await.expect("a port");
    deepgram.script(vec![StreamFault::Quota; 50]);
    soniox.hears([SAID.to_owned()]);
    let site = Site::new("greeting", 1.0).await;
    let crm = site.crm().await;
    let bridge = site.bridge(&[
        ("DEEPGRAM_API_KEY", "d-1"),
        ("DEEPGRAM_ENDPOINT", &deepgram.url()),
        ("SONIOX_API_KEY", "s-1"),
        ("SONIOX_ENDPOINT", &soniox.url()),
    ]);
    hung_up(tokio::spawn(site.caller(&bridge, "chain").call())).await;
    assert_eq!(caller_said(&site.held("CAchain").await.call), [SAID]);
    let (_, metrics) = site.page(&bridge, "/metrics").await.expect("metrics");
    let labels = ["kav_bridge_provider_errors_total{", "provider=\"deepgram\"", "reason=\"quota\""];
    assert!(metrics.lines().any(|line| labels.iter().all(|label| line.contains(label))), "{metrics}");
    drop((bridge, crm));
}

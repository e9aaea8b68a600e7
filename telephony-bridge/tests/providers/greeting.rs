//! The first thing a caller hears.

use provider_fakes::openai::{HttpFault, Service};

use crate::site::{PATIENCE, Site, audible, ran_apart, tape, tape_dir};

/// A-TEL-011, A-AUD-018: a greeting that no voice says is a beep, and the call goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_greeting_that_no_voice_says_is_a_beep() {
    if ran_apart("greeting::a_greeting_that_no_voice_says_is_a_beep") {
        return;
    }
    let tape = tape("booking");
    let dir = tape_dir("booking");
    // Nobody else is there who could be heard: no clips, no espeak-ng.
    let site = Site::start(&[("EMBEDDED_TAPE", &dir), ("TTS_CHAIN", "openai,beep")]).await;
    site.openai.always(Service::Speech, HttpFault::Drop);
    let before_the_caller = tape.file.caller[0].start_ms;
    let call = site.caller(&tape, "00000000000000000000000000000051", before_the_caller).call();
    let record = tokio::time::timeout(PATIENCE, call).await.expect("the call ends").expect("a call");
    assert!(!site.openai.requests(Service::Speech).is_empty(), "the voice was asked");
    let heard = audible(&record);
    assert!(heard.len() == 1 && heard[0] < before_the_caller, "{heard:?}");
    site.down().await;
}

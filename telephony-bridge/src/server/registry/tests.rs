use std::time::Duration;

use super::*;
use crate::server::fallback::neutral_decision;

fn call(sid: &str) -> CallInfo {
    CallInfo {
        call_sid: sid.to_owned(),
        from: "+972502345678".to_owned(),
        to: "+97233763805".to_owned(),
        decision: neutral_decision(None),
        fallback: true,
        announced_at_ms: 0,
        earlier: None,
    }
}

/// S-TEL-014: a place is taken by the announcement, not by the socket.
#[test]
fn announced_calls_take_places() {
    let registry = Arc::new(Registry::new(2));
    let now = Instant::now();
    let token = registry.announce(call("CA1"), now).expect("a place");
    registry.announce(call("CA2"), now).expect("a place");
    assert_eq!(registry.announce(call("CA3"), now), Err(NoPlace::Full));
    let repeated = registry.announce(call("CA1"), now).expect("its own place");
    assert!(registry.connect("CA1", &token, now).is_err());
    let (_, live) = registry.connect("CA1", &repeated, now).expect("its token");
    assert_eq!(registry.check_place("CA3", now), Err(NoPlace::Full));
    drop(live);
    assert_eq!(registry.check_place("CA3", now), Ok(()));
    let later = now + Duration::from_secs(61);
    let stats = registry.stats(later);
    let ended_time = stats.ended_time;
    assert_eq!(stats, RegistryStats { accepted: 1, ended: 1, ended_time, ..RegistryStats::default() });
}

/// S-TEL-002: one stream a call.
#[test]
fn a_call_has_one_stream() {
    let registry = Arc::new(Registry::new(2));
    let now = Instant::now();
    let token = registry.announce(call("CA1"), now).expect("a place");
    let _live = registry.connect("CA1", &token, now).expect("its token");
    let again = registry.announce(call("CA1"), now).expect("its own place");
    assert_eq!(registry.connect("CA1", &again, now).map(|_| ()), Err(StreamRefused::Duplicate));
}

/// S-EMG-007: a call that was handed over may come back while its first stream is still being put away.
#[test]
fn a_call_that_was_handed_over_comes_back() {
    let registry = Arc::new(Registry::new(1));
    let now = Instant::now();
    let token = registry.announce(call("CA1"), now).expect("a place");
    let (_, first) = registry.connect("CA1", &token, now).expect("its token");
    registry.hand_over(call("CA1"));
    assert_eq!(registry.stats(now).rung, 1);
    let back = registry.take_rung("CA1").expect("rung");
    let token = registry.announce(back, now).expect("the place is free");
    let (_, second) = registry.connect("CA1", &token, now).expect("its token");
    drop(first);
    assert_eq!(registry.stats(now).live, 1, "the second stream is not the first");
    assert_eq!(registry.provider_ended("CA1"), Finished::Live);
    assert_eq!(*second.signal().borrow(), CallSignal::ProviderEnded);
    drop(second);
    assert_eq!(registry.stats(now).live, 0);
}

/// S-TEL-011
#[test]
fn the_end_of_a_call_is_told_to_whoever_must_know() {
    let registry = Arc::new(Registry::new(9));
    let now = Instant::now();
    let token = registry.announce(call("live"), now).expect("a place");
    let (_, live) = registry.connect("live", &token, now).expect("its token");
    registry.announce(call("awaited"), now).expect("a place");
    registry.ring(call("rung"));
    assert_eq!(registry.provider_ended("live"), Finished::Live);
    assert_eq!(*live.signal().borrow(), CallSignal::ProviderEnded);
    assert_eq!(registry.provider_ended("awaited"), Finished::NeverConnected(call("awaited")));
    assert_eq!(registry.provider_ended("awaited"), Finished::Unknown);
    assert_eq!(registry.provider_ended("rung"), Finished::Rung(call("rung")));
    assert_eq!(registry.take_rung("rung"), None);
}

#[test]
fn callbacks_and_rung_calls_are_remembered_within_bounds() {
    let registry = Registry::new(1);
    assert!(registry.first_time("CA1", 0));
    assert!(!registry.first_time("CA1", 0));
    assert!(registry.first_time("CA1", 1));
    for i in 0..MAX_REMEMBERED as u64 {
        registry.first_time("CA2", i);
        registry.ring(call(&i.to_string()));
    }
    assert!(registry.first_time("CA1", 0), "the oldest are forgotten");
    registry.ring(call("last"));
    assert_eq!(registry.stats(Instant::now()).rung, MAX_REMEMBERED);
    assert_eq!(registry.take_rung("0"), None);
}

#[tokio::test]
async fn a_drain_refuses_new_calls_and_waits_for_the_others() {
    let registry = Arc::new(Registry::new(9));
    let now = Instant::now();
    let token = registry.announce(call("CA1"), now).expect("a place");
    registry.begin_drain();
    assert_eq!(registry.announce(call("CA2"), now), Err(NoPlace::Draining));
    let (_, live) = registry.connect("CA1", &token, now).expect("was told to connect");
    registry.shut_down_calls();
    assert_eq!(*live.signal().borrow(), CallSignal::Shutdown);
    tokio::join!(registry.emptied(), async { drop(live) });
    assert_eq!(registry.stats(now).live, 0);
}

//! What every streaming recogniser must do, whatever its wire format.

use std::time::Duration;

use provider_fakes::ear::say;
use provider_fakes::fault::StreamFault;
use provider_fakes::relay::Relay;
use telephony_bridge::providers::net::{Circuit, Reason};
use telephony_bridge::providers::recognition::{Limits, probe};
use telephony_bridge::providers::{Stt as _, SttResult};

use super::line::{Line, heard, limits};
use super::peer::Peer;

/// One test of each for a peer.
macro_rules! matrix {
    ($peer:ty) => {
        $crate::matrix::tests!($peer;
            hears_turns, who_takes_over_hears_the_turn_from_its_beginning, a_turn_taken_back_is_heard_again, interim_words_grow, every_break_is_healed,
            streams_roll_over_between_phrases, streams_roll_over_in_the_middle_of_a_phrase,
            what_breaks_always_fails, who_has_nothing_left_is_not_asked_again, last_words_that_never_come,
            nobody_listens, a_line_that_stands_still, a_slow_and_dripping_line, cancelled_at_every_point,
            a_call_that_ends_leaves_nothing, a_probe_says_how_it_is,
        );
    };
}
macro_rules! tests {
    ($peer:ty; $($name:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                $crate::matrix::$name::<$peer>().await;
            }
        )*
    };
}
pub(crate) use {matrix, tests};

/// A-AUD-016: turns come out as they were said, one after the other, from before the voice was noticed on.
pub(crate) async fn hears_turns<P: Peer>() {
    let peer = P::start().await;
    let mut line = Line::new(peer.recogniser(peer.address()), limits());
    line.quiet(1_000);
    // The voice is noticed in the middle of the first word.
    line.carry(&say([1])[..160 * 6]);
    let first = line.start(0);
    line.carry(&say([1])[160 * 6..]);
    line.carry(&say([2, 3]));
    line.finish(first);
    assert_eq!(line.outcome(first).await, heard([1, 2, 3]));
    // A turn that looks back over the end of the last one does not hear it again.
    let second = line.start(5_000);
    line.carry(&say([4, 5]));
    line.finish(second);
    assert_eq!(line.outcome(second).await, heard([4, 5]));
    // Noise has no words.
    line.quiet(3_000);
    let noise = line.start(100);
    line.quiet(500);
    line.finish(noise);
    assert_eq!(line.outcome(noise).await, SttResult::Final(String::new()));
    line.hang_up().await;
    peer.left_alone().await;
}

/// A chain puts it in charge late: what the turn held so far comes in one burst, then the turn starts.
pub(crate) async fn who_takes_over_hears_the_turn_from_its_beginning<P: Peer>() {
    let peer = P::start().await;
    let mut line = Line::new(peer.recogniser(peer.address()), limits());
    line.burst(&say(0..20));
    let turn = line.start(20 * 340);
    line.carry(&say(20..22));
    line.finish(turn);
    assert_eq!(line.outcome(turn).await, heard(0..22));
    line.hang_up().await;
}

/// The caller goes on: words that were not delivered are heard again, together with what follows.
pub(crate) async fn a_turn_taken_back_is_heard_again<P: Peer>() {
    let peer = P::start().await;
    let mut line = Line::new(peer.recogniser(peer.address()), limits());
    line.quiet(300);
    let first = line.start(0);
    line.carry(&say([1, 2]));
    line.partial(first, "מילה1").await;
    line.finish(first);
    line.stt.cancel(first);
    let said_ms = (line.end().0 / 8) - 300;
    let second = line.start(said_ms);
    line.carry(&say([3]));
    line.finish(second);
    assert_eq!(line.outcome(second).await, heard([1, 2, 3]));
    assert!(!line.results.iter().any(|(t, result)| *t == first && !matches!(result, SttResult::Partial(_))));
    line.hang_up().await;
}

/// Words show while they are said, and settled ones stay.
pub(crate) async fn interim_words_grow<P: Peer>() {
    let peer = P::start().await;
    let mut line = Line::new(peer.recogniser(peer.address()), limits());
    let turn = line.start(0);
    line.carry(&say([1, 2]));
    line.partial(turn, "מילה1 מילה2").await;
    line.quiet(600);
    line.carry(&say([3]));
    line.partial(turn, "מילה1 מילה2 מילה3").await;
    line.finish(turn);
    assert_eq!(line.outcome(turn).await, heard([1, 2, 3]));
    line.hang_up().await;
}

/// S-TEL-013, the provider's socket: a stream that breaks in the middle of a turn is replaced, and the words are all there, once.
pub(crate) async fn every_break_is_healed<P: Peer>() {
    for fault in [
        StreamFault::Drop(3),
        StreamFault::End(3),
        StreamFault::Garbage(3),
        StreamFault::Limit(1_500),
        StreamFault::Drop(0),
    ] {
        let peer = P::start().await;
        peer.script(&[fault.clone(), fault.clone()]);
        let mut line = Line::new(peer.recogniser(peer.address()), limits());
        let turn = line.start(0);
        line.carry_slowly(&say([1, 2])).await;
        line.quiet(600);
        line.carry_slowly(&say([3, 4, 5])).await;
        line.finish(turn);
        assert_eq!(line.outcome(turn).await, heard([1, 2, 3, 4, 5]), "{fault:?}");
        assert_eq!(line.health.circuit(), Circuit::Closed);
        assert!(peer.streams() >= 2, "{fault:?} did not happen");
        line.hang_up().await;
        peer.left_alone().await;
    }
}

fn rolling(roll_over: u64, roll_over_now: u64) -> Limits {
    let ms = Duration::from_millis;
    Limits { roll_over: ms(roll_over), roll_over_now: ms(roll_over_now), ..limits() }
}

/// A long turn with pauses: each stream is replaced before the provider's limit, no word lost or doubled.
pub(crate) async fn streams_roll_over_between_phrases<P: Peer>() {
    let peer = P::start().await;
    // Far beyond it, every stream would fail.
    peer.script(&vec![StreamFault::Limit(12_000); 20]);
    let mut line = Line::new(peer.recogniser(peer.address()), rolling(3_000, 8_000));
    let turn = line.start(0);
    for first in (0..60).step_by(3) {
        line.carry_slowly(&say(first..first + 3)).await;
        line.carry_slowly(&[0xff; 8 * 600]).await;
    }
    line.finish(turn);
    assert_eq!(line.outcome(turn).await, heard(0..60));
    assert!(peer.streams() >= 4, "{} streams", peer.streams());
    line.hang_up().await;
}

/// A caller who never pauses: the next stream hears again what is not settled.
pub(crate) async fn streams_roll_over_in_the_middle_of_a_phrase<P: Peer>() {
    let peer = P::start().await;
    let mut line = Line::new(peer.recogniser(peer.address()), rolling(2_000, 3_000));
    let turn = line.start(0);
    line.carry_slowly(&say(0..4)).await;
    line.carry_slowly(&[0xff; 8 * 600]).await;
    line.carry_slowly(&say(4..14)).await;
    line.finish(turn);
    assert_eq!(line.outcome(turn).await, heard(0..14));
    assert!(peer.streams() >= 2, "{} streams", peer.streams());
    line.hang_up().await;
}

/// Streams that break whatever is done: the turn fails, and says so once.
pub(crate) async fn what_breaks_always_fails<P: Peer>() {
    for (fault, reason) in [
        (StreamFault::Drop(1), Reason::Dropped),
        (StreamFault::End(1), Reason::Dropped),
        (StreamFault::Garbage(1), Reason::Garbage),
    ] {
        let peer = P::start().await;
        peer.script(&vec![fault.clone(); 8]);
        let mut line = Line::new(peer.recogniser(peer.address()), limits());
        let turn = line.start(0);
        line.carry(&say([1, 2]));
        assert_eq!(line.outcome(turn).await, SttResult::Failed, "{fault:?}");
        assert_eq!(line.health.last_reason(), Some(reason), "{fault:?}");
        // Its words are not wanted any more, and nothing follows.
        line.carry(&say([3]));
        line.finish(turn);
        let count = line.results.len();
        tokio::time::sleep(Duration::from_millis(50)).await;
        line.poll();
        assert_eq!(line.results.len(), count);
        line.hang_up().await;
        peer.left_alone().await;
    }
}

/// Quota and an expired key: the turn fails at once, and the circuit opens for all calls.
pub(crate) async fn who_has_nothing_left_is_not_asked_again<P: Peer>() {
    for (fault, reason) in
        [(StreamFault::Quota, Reason::Quota { retry_after: None }), (StreamFault::Expired, Reason::Expired)]
    {
        let peer = P::start().await;
        peer.script(&vec![fault.clone(); 8]);
        let mut line = Line::new(peer.recogniser(peer.address()), limits());
        let turn = line.start(0);
        line.carry(&say([1, 2]));
        assert_eq!(line.outcome(turn).await, SttResult::Failed, "{fault:?}");
        assert_eq!(line.health.last_reason(), Some(reason), "{fault:?}");
        assert!(matches!(line.health.circuit(), Circuit::Open { .. }), "{fault:?}");
        line.hang_up().await;
        peer.left_alone().await;
    }
}

/// A-AUD-005: the last words have a limit; words that were heard are taken then, and none is a failure.
pub(crate) async fn last_words_that_never_come<P: Peer>() {
    let brief = Limits { settle: Duration::from_millis(100), silent: Duration::from_millis(200), ..limits() };
    let peer = P::start().await;
    peer.script(&[StreamFault::NeverSettles]);
    let mut line = Line::new(peer.recogniser(peer.address()), brief);
    let turn = line.start(0);
    line.carry(&say([1, 2]));
    line.partial(turn, "מילה1 מילה2").await;
    line.finish(turn);
    assert_eq!(line.outcome(turn).await, heard([1, 2]));
    line.hang_up().await;
    peer.left_alone().await;

    // A spare stream of the first call may be on its way still, and take one.
    peer.script(&[StreamFault::Silent, StreamFault::Silent, StreamFault::Silent]);
    let mut line = Line::new(peer.recogniser(peer.address()), brief);
    let turn = line.start(0);
    line.carry(&say([1, 2]));
    line.finish(turn);
    assert_eq!(line.outcome(turn).await, SttResult::Failed);
    assert_eq!(line.health.last_reason(), Some(Reason::Stalled));
    line.hang_up().await;
    peer.left_alone().await;
}

/// The provider is not there.
pub(crate) async fn nobody_listens<P: Peer>() {
    let mut peer = P::start().await;
    peer.go_down().await;
    let mut line = Line::new(peer.recogniser(peer.address()), limits());
    let turn = line.start(0);
    line.carry(&say([1]));
    assert_eq!(line.outcome(turn).await, SttResult::Failed);
    assert_eq!(line.health.last_reason(), Some(Reason::Refused));
    line.hang_up().await;
}

/// The network stands still, before the stream opens and in the middle of it: the turn fails in time.
pub(crate) async fn a_line_that_stands_still<P: Peer>() {
    let brief = Limits { silent: Duration::from_millis(500), ..limits() };
    for in_the_middle in [false, true] {
        let peer = P::start().await;
        let relay = Relay::start(peer.address()).await.unwrap();
        if !in_the_middle {
            relay.stand_still();
        }
        let mut line = Line::new(peer.recogniser(relay.address()), brief);
        let turn = line.start(0);
        if in_the_middle {
            line.carry(&say([1]));
            line.partial(turn, "מילה1").await;
            relay.stand_still();
            line.carry(&say([2]));
            line.finish(turn);
            // The words that came through are better than none.
            let outcome = line.outcome(turn).await;
            assert!(outcome == heard([1]) || outcome == SttResult::Failed, "{outcome:?}");
        } else {
            line.carry(&say([1]));
            line.finish(turn);
            assert_eq!(line.outcome(turn).await, SttResult::Failed);
        }
        line.hang_up().await;
        drop(relay);
        peer.left_alone().await;
    }
}

/// Messages come late, and in pieces: nothing is lost.
pub(crate) async fn a_slow_and_dripping_line<P: Peer>() {
    let peer = P::start().await;
    peer.script(&[StreamFault::Slow(Duration::from_millis(30))]);
    let relay = Relay::start(peer.address()).await.unwrap();
    relay.drip();
    let mut line = Line::new(peer.recogniser(relay.address()), limits());
    let turn = line.start(0);
    line.carry(&say([1, 2, 3]));
    line.finish(turn);
    assert_eq!(line.outcome(turn).await, heard([1, 2, 3]));
    line.hang_up().await;
}

/// Whatever a turn waits for, nothing comes after its end, and its stream is gone.
pub(crate) async fn cancelled_at_every_point<P: Peer>() {
    for point in 0..6 {
        let peer = P::start().await;
        let relay = Relay::start(peer.address()).await.unwrap();
        let mut line = Line::new(peer.recogniser(relay.address()), limits());
        if point == 1 {
            relay.stand_still();
        }
        let turn = line.start(0);
        if point >= 2 {
            line.carry(&say([1]));
        }
        if point >= 3 {
            line.partial(turn, "מילה1").await;
        }
        if point == 4 {
            relay.stand_still();
            line.carry(&say([2]));
        }
        if point >= 5 {
            line.finish(turn);
        }
        line.poll();
        let before = line.results.len();
        line.stt.cancel(turn);
        relay.go_on();
        line.carry_slowly(&say([9])).await;
        // The next turn is none the worse for it.
        let next = line.start(0);
        line.carry(&say([7]));
        line.finish(next);
        assert_eq!(line.outcome(next).await, heard([7]), "at {point}");
        assert!(line.results[before..].iter().all(|(t, _)| *t == next), "at {point}");
        line.hang_up().await;
        peer.left_alone().await;
    }
}

/// A-TEL-016: a call that ends at any time leaves no task, no stream and no socket.
pub(crate) async fn a_call_that_ends_leaves_nothing<P: Peer>() {
    let peer = P::start().await;
    for words in 0..4 {
        let mut line = Line::new(peer.recogniser(peer.address()), limits());
        let turn = line.start(0);
        line.carry(&say(0..words));
        if words == 3 {
            line.finish(turn);
        }
        line.hang_up().await;
        peer.left_alone().await;
    }
}

/// A probe finds out whether it works, and leaves nothing.
pub(crate) async fn a_probe_says_how_it_is<P: Peer>() {
    let mut peer = P::start().await;
    let recogniser = peer.recogniser(peer.address());
    let ask = async || probe(&*recogniser, "peer").await.map_err(|error| error.reason);
    assert_eq!(ask().await, Ok(()));
    peer.script(&[StreamFault::Quota, StreamFault::Expired]);
    assert_eq!(ask().await, Err(Reason::Quota { retry_after: None }));
    assert_eq!(ask().await, Err(Reason::Expired));
    peer.left_alone().await;
    peer.script(&[StreamFault::Silent]);
    assert_eq!(ask().await, Err(Reason::Slow));
    peer.left_alone().await;
    peer.go_down().await;
    let gone = peer.recogniser(peer.address());
    let error = probe(&*gone, "peer").await.expect_err("nobody listens");
    assert_eq!(error.reason, Reason::Refused, "{error}");
}

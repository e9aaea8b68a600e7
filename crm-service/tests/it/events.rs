//! What happened in a call, told in any order and as often as need be.

use crm_api::{CallEvent, CallEventKind, CallView, EndReason, EventAck, Speaker};
use reqwest::StatusCode;
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::{ALPHA, World, barge_in, ended, fields, started, turn};

const FROM: &str = "+972502345678";

fn whole_call() -> Vec<CallEvent> {
    vec![
        started(1, FROM, ALPHA),
        turn(2, 1, "שלום, אני מחפש דירה בתל אביב"),
        turn(3, 2, "בשמחה, כמה חדרים?"),
        barge_in(4),
        turn(5, 3, "ארבעה"),
        fields(6, &[("rooms", "4")]),
        ended(7),
    ]
}

fn ack(stored_up_to: u64, duplicates: u32) -> EventAck {
    EventAck { stored_up_to, duplicates }
}

/// The call as it must look after [`whole_call`], whatever happened on the way.
async fn assert_whole(world: &World) {
    let call: CallView = world.client.view(&world.alpha_key, "/api/v1/calls/CA1").await;
    assert_eq!((call.status.as_str(), call.end_reason), ("ended", Some(EndReason::CallerHangUp)));
    assert_eq!((call.started_at_ms, call.ended_at_ms), (1_790_000_001_000, Some(1_790_000_007_000)));
    assert_eq!((call.caller_turns, call.agent_turns, call.barge_ins), (2, 1, 1));
    let said: Vec<_> = call.turns.iter().map(|t| (t.turn, t.speaker, t.text.as_str())).collect();
    assert_eq!(
        said,
        [
            (1, Speaker::Caller, "שלום, אני מחפש דירה בתל אביב"),
            (2, Speaker::Agent, "בשמחה, כמה חדרים?"),
            (3, Speaker::Caller, "ארבעה"),
        ]
    );
    assert_eq!(world.count("SELECT COUNT(*) FROM call_events").await, 7);
    assert_eq!(world.count("SELECT COUNT(*) FROM lead_fields").await, 1);
}

on_both! {
    /// A-CRM-026, A-CRM-001: a turn can be read while the call goes on.
    async fn turns_are_stored_during_the_call(world: World) {
        world.client.route("CA1", FROM, ALPHA).await;
        let events = whole_call();
        assert_eq!(world.client.events("CA1", &events[..2]).await, ack(2, 0));
        let call: CallView = world.client.view(&world.alpha_key, "/api/v1/calls/CA1").await;
        assert_eq!((call.status.as_str(), call.turns.len(), call.ended_at_ms), ("in_progress", 1, None));
        assert_eq!(world.client.events("CA1", &events[2..]).await, ack(7, 0));
        assert_whole(&world).await;
    }
}

on_both! {
    /// a batch sent again changes nothing.
    async fn a_resent_batch_is_stored_once(world: World) {
        world.client.route("CA1", FROM, ALPHA).await;
        assert_eq!(world.client.events("CA1", &whole_call()).await, ack(7, 0));
        assert_eq!(world.client.events("CA1", &whole_call()).await, ack(7, 7));
        assert_eq!(world.client.events("CA1", &whole_call()[3..5]).await, ack(7, 2));
        assert_eq!(world.client.events("CA1", &[]).await, ack(7, 0));
        assert_whole(&world).await;
    }
}

on_both! {
    /// batches that overtake each other, and events out of order within one, end in the same call.
    async fn out_of_order_batches_end_in_the_same_call(world: World) {
        world.client.route("CA1", FROM, ALPHA).await;
        let mut events = whole_call();
        let late = events.split_off(4);
        assert_eq!(world.client.events("CA1", &late).await, ack(0, 0));
        events.reverse();
        assert_eq!(world.client.events("CA1", &events).await, ack(7, 0));
        assert_whole(&world).await;
    }
}

on_both! {
    /// what comes after a gap is stored, and the acknowledgement stops at the gap.
    async fn a_gap_is_reported_and_nothing_after_it_is_lost(world: World) {
        world.client.route("CA1", FROM, ALPHA).await;
        let events = whole_call();
        assert_eq!(world.client.events("CA1", &[events[0].clone(), events[2].clone()]).await, ack(1, 0));
        assert_eq!(world.client.events("CA1", &events[4..]).await, ack(1, 0));
        assert_eq!(world.count("SELECT COUNT(*) FROM call_events").await, 5);
        assert_eq!(world.client.events("CA1", &events[1..2]).await, ack(3, 0));
        assert_eq!(world.client.events("CA1", &events[3..4]).await, ack(7, 0));
        assert_whole(&world).await;
    }
}

on_both! {
    /// of two events with one seq the first stays, and the second is counted.
    async fn a_resent_event_with_other_content_is_counted_and_ignored(world: World) {
        world.client.route("CA1", FROM, ALPHA).await;
        world.client.events("CA1", &whole_call()).await;
        assert_eq!(world.client.events("CA1", &[turn(2, 1, "משהו אחר לגמרי")]).await, ack(7, 1));
        assert_whole(&world).await;
        assert_eq!(world.count("SELECT conflicting_events FROM calls").await, 1);
    }
}

on_both! {
    /// A-CRM-003: the same batches from twenty senders at once are one call.
    async fn concurrent_senders_of_the_same_events_store_each_once(world: World) {
        world.client.route("CA1", FROM, ALPHA).await;
        let mut senders = JoinSet::new();
        for sender in 0..20 {
            let client = world.client.clone();
            senders.spawn(async move {
                let events = whole_call();
                // Everyone cuts the call elsewhere.
                let cut = sender % events.len();
                client.events("CA1", &events[cut..]).await;
                client.events("CA1", &events[..cut]).await.stored_up_to
            });
        }
        assert!(senders.join_all().await.into_iter().any(|up_to| up_to == 7));
        assert_whole(&world).await;
    }
}

on_both! {
    /// An event out of bounds stores nothing of its batch and says which one it is.
    async fn a_bad_event_is_named_and_its_batch_is_not_half_stored(world: World) {
        world.client.route("CA1", FROM, ALPHA).await;
        let (status, body) = world.client.try_events("CA1", &[started(1, FROM, ALPHA), turn(0, 1, "x")]).await;
        assert_eq!((status, body["code"].as_str()), (StatusCode::UNPROCESSABLE_ENTITY, Some("bad_event")));
        assert!(body["message"].as_str().unwrap().contains("events[1]: seq 0"), "{body}");
        let huge = json!({"events": [{"seq": 1, "at_ms": 1, "type": "barge_in", "at_ms_in_call": 1, "score": 1e300, "heard_ms": 1}]});
        let (status, body) = world.client.internal("/internal/v1/calls/CA1/events", &huge).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert_eq!(world.count("SELECT COUNT(*) FROM call_events").await, 0);
    }
}

on_both! {
    /// No text stops the bridge's outbox: NUL, which PostgreSQL does not store, included.
    async fn any_text_can_be_said(world: World) {
        world.client.route("CA1", FROM, ALPHA).await;
        let text = "א\u{0}ב \u{202e}\u{1f600} '; DROP TABLE calls; --";
        let events = [turn(1, 1, text), fields(2, &[("no\u{0}te", text)]), turn(3, 2, "")];
        assert_eq!(world.client.events("CA1", &events).await, ack(3, 0));
        assert_eq!(world.client.events("CA1", &events).await, ack(3, 3));
        let call: CallView = world.client.view(&world.alpha_key, "/api/v1/calls/CA1").await;
        assert_eq!(call.turns[0].text, text.replace('\0', "\u{fffd}"));
        assert_eq!(call.turns[1].text, "");
    }
}

on_both! {
    /// Two accounts of one turn: the one reported later holds, whichever arrives first.
    async fn a_turn_told_twice_is_the_later_account(world: World) {
        world.client.route("CA1", FROM, ALPHA).await;
        world.client.events("CA1", &[turn(2, 1, "שלום, אני דני")]).await;
        world.client.events("CA1", &[turn(1, 1, "שלום")]).await;
        let call: CallView = world.client.view(&world.alpha_key, "/api/v1/calls/CA1").await;
        assert_eq!((call.turns.len(), call.turns[0].text.as_str(), call.caller_turns), (1, "שלום, אני דני", 1));
        assert_eq!(world.count("SELECT COUNT(*) FROM call_events").await, 2);
    }
}

on_both! {
    /// A recording of the call is kept with it.
    async fn a_recording_is_noted_on_the_call(world: World) {
        world.client.route("CA1", FROM, ALPHA).await;
        let kind = CallEventKind::Recording { location: "file:a.wav".to_owned(), duration_ms: 900 };
        world.client.events("CA1", &[CallEvent { seq: 1, at_ms: 5, kind }]).await;
        assert_eq!(world.count("SELECT COUNT(*) FROM calls WHERE recording = 'file:a.wav' AND recording_ms = 900").await, 1);
    }
}

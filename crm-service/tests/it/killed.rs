//! The real process, killed without warning.

use crm_api::{CallEvent, CallView};
use tokio::task::JoinSet;

use crate::support::{ALPHA, Process, World, ended, started, turn};

const FROM: &str = "+972502345678";

fn call(turns: u32) -> Vec<CallEvent> {
    let mut events = vec![started(1, FROM, ALPHA)];
    events.extend((1..=turns).map(|n| turn(u64::from(n) + 1, n, &format!("תור {n}"))));
    events.push(ended(u64::from(turns) + 2));
    events
}

on_both! {
    /// A-CRM-026, X-005: killed between batches, restarted and sent everything again: each event once.
    async fn killed_between_batches_each_event_is_there_exactly_once(mut world: World) {
        world.stop().await;
        let events = call(10);

        let first = Process::serve(world.url());
        first.client.route("CA1", FROM, ALPHA).await;
        assert_eq!(first.client.events("CA1", &events[..4]).await.stored_up_to, 4);
        assert_eq!(first.client.events("CA1", &events[4..7]).await.stored_up_to, 7);
        first.kill();

        let second = Process::serve(world.url());
        let ack = second.client.events("CA1", &events).await;
        assert_eq!((ack.stored_up_to, ack.duplicates), (12, 7), "what was acknowledged was there");
        let call: CallView = second.client.view(&world.alpha_key, "/api/v1/calls/CA1").await;
        assert_eq!((call.turns.len(), call.status.as_str()), (10, "ended"));
        assert_eq!(world.count("SELECT COUNT(*) FROM call_events").await, 12);
        assert_eq!(world.count("SELECT COUNT(*) FROM leads").await, 1);
        assert!(second.terminate());
    }
}

on_both! {
    /// A-CRM-026, X-005: killed in the middle of many writes, nothing acknowledged is lost, no batch is
    /// half there, and resending completes it.
    async fn killed_in_mid_write_nothing_acknowledged_is_lost(mut world: World) {
        const CALLS: usize = 12;
        world.stop().await;

        let first = Process::serve(world.url());
        let (acknowledged, mut seen) = tokio::sync::mpsc::unbounded_channel();
        let mut senders = JoinSet::new();
        for index in 0..CALLS {
            let (client, acknowledged) = (first.client.clone(), acknowledged.clone());
            senders.spawn(async move {
                let sid = format!("CA{index}");
                for pair in call(30).chunks(2) {
                    // Fails when the process dies; what was acknowledged before is remembered.
                    let request = crm_api::EventBatch { events: pair.to_vec() };
                    let sent = client
                        .post(&format!("/internal/v1/calls/{sid}/events"))
                        .bearer_auth(crate::support::TOKEN)
                        .json(&request)
                        .send()
                        .await;
                    match sent {
                        Ok(answer) if answer.status().is_success() => {
                            acknowledged.send((index, pair.last().unwrap().seq)).unwrap();
                        }
                        _ => break,
                    }
                }
            });
        }
        // In the thick of it: a third of all batches are answered.
        let mut known = [0u64; CALLS];
        for _ in 0..CALLS * 5 {
            let (index, seq) = seen.recv().await.unwrap();
            known[index] = seq;
        }
        first.kill();
        senders.join_all().await;
        while let Ok((index, seq)) = seen.try_recv() {
            known[index] = seq;
        }

        let second = Process::serve(world.url());
        for (index, known) in known.iter().enumerate() {
            let sid = format!("CA{index}");
            let before = world.count(&format!("SELECT COUNT(*) FROM call_events WHERE call_sid = '{sid}'")).await;
            assert!(before >= i64::try_from(*known).unwrap(), "{sid}: {known} acknowledged, {before} stored");
            assert_eq!(before % 2, 0, "{sid}: half a batch");
            assert_eq!(second.client.events(&sid, &call(30)).await.stored_up_to, 32);
            let view: CallView = second.client.view(&world.alpha_key, &format!("/api/v1/calls/{sid}")).await;
            assert_eq!((view.turns.len(), view.status.as_str()), (30, "ended"), "{sid}");
        }
        assert_eq!(world.count("SELECT COUNT(*) FROM call_events").await, 32 * i64::try_from(CALLS).unwrap());
        assert_eq!(world.count("SELECT COUNT(*) FROM leads").await, 1);
    }
}

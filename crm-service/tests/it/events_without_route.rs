//! The CRM was away when the call was routed, or nobody owns the number: nothing is lost.

use crm_api::{CallView, EventAck, LeadView, Page};

use crate::support::{ALPHA, World, ended, fields, started, turn};

const FROM: &str = "+972502345678";

on_both! {
    /// A-CRM-005, A-TEL-010: the first the CRM hears of a call may be its events.
    async fn started_creates_the_call_that_was_never_routed(world: World) {
        let ack = world.client.events("CA1", &[started(1, "0502345678", "03-3763805"), turn(2, 1, "שלום")]).await;
        assert_eq!(ack, EventAck { stored_up_to: 2, duplicates: 0 });
        let call: CallView = world.client.view(&world.alpha_key, "/api/v1/calls/CA1").await;
        assert_eq!((call.from.as_str(), call.to.as_str(), call.caller_turns), (FROM, ALPHA, 1));
        let lead: LeadView =
            world.client.view(&world.alpha_key, &format!("/api/v1/leads/{}", call.lead_id.unwrap())).await;
        assert_eq!(lead.phone.as_deref(), Some(FROM));
        assert_eq!(world.count("SELECT COUNT(*) FROM unrouted_calls").await, 0);
    }
}

on_both! {
    /// A-CRM-005: later events before `started` wait for it, acknowledged and stored.
    async fn events_before_started_wait_and_move_in(world: World) {
        let early = [turn(3, 2, "במה אפשר לעזור?"), fields(4, &[("name", "דנה")]), ended(5)];
        assert_eq!(world.client.events("CA1", &early).await.stored_up_to, 0);
        assert_eq!(world.client.events("CA1", &early).await.duplicates, 3);
        assert_eq!(world.client.events("CA1", &[turn(2, 1, "שלום")]).await.stored_up_to, 0);
        assert_eq!(world.count("SELECT COUNT(*) FROM unrouted_calls WHERE reason = 'unannounced'").await, 1);

        assert_eq!(world.client.events("CA1", &[started(1, FROM, ALPHA)]).await.stored_up_to, 5);
        let call: CallView = world.client.view(&world.alpha_key, "/api/v1/calls/CA1").await;
        assert_eq!((call.status.as_str(), call.turns.len()), ("ended", 2));
        let leads: Page<LeadView> = world.client.view(&world.alpha_key, "/api/v1/leads").await;
        assert_eq!((leads.total, leads.items[0].name.as_deref()), (1, Some("דנה")));
        assert_eq!(world.count("SELECT COUNT(*) FROM held_events").await, 0);
        assert_eq!(world.count("SELECT COUNT(*) FROM unrouted_calls").await, 0);
    }
}

on_both! {
    /// A-CRM-005: routing that comes after the first events takes them in.
    async fn a_late_route_takes_in_what_came_before_it(world: World) {
        world.client.events("CA1", &[turn(1, 1, "שלום")]).await;
        world.client.route("CA1", FROM, ALPHA).await;
        let call: CallView = world.client.view(&world.alpha_key, "/api/v1/calls/CA1").await;
        assert_eq!(call.turns.len(), 1);
        assert_eq!(world.client.events("CA1", &[turn(1, 1, "שלום"), turn(2, 2, "היי")]).await, EventAck { stored_up_to: 2, duplicates: 1 });
    }
}

on_both! {
    /// A-TEN-003, A-TEN-005: events of a call that belongs to nobody are acknowledged and kept, and
    /// find their business when the number gets an owner.
    async fn events_of_an_unknown_number_are_kept_until_somebody_owns_it(world: World) {
        world.client.route("CA1", FROM, "+97239999999").await;
        let events = [started(1, FROM, "+97239999999"), turn(2, 1, "שלום"), ended(3)];
        assert_eq!(world.client.events("CA1", &events).await, EventAck { stored_up_to: 3, duplicates: 0 });
        assert_eq!(world.client.events("CA1", &events).await, EventAck { stored_up_to: 3, duplicates: 3 });
        assert_eq!(world.count("SELECT COUNT(*) FROM held_events").await, 3);
        assert_eq!(world.count("SELECT COUNT(*) FROM unrouted_calls").await, 1);
        assert_eq!(world.count("SELECT COUNT(*) FROM calls").await, 0);

        let key = world.create_business("gamma", "גמא", "+97239999999").await;
        assert_eq!(world.client.events("CA1", &[]).await.stored_up_to, 3);
        let call: CallView = world.client.view(&key, "/api/v1/calls/CA1").await;
        assert_eq!((call.status.as_str(), call.turns.len()), ("ended", 1));
        assert_eq!(world.count("SELECT COUNT(*) FROM held_events").await, 0);
    }
}

//! What conversations teach about a lead.

use crm_api::{LeadView, Page};

use crate::support::{ALPHA, World, fields};

on_both! {
    /// A-CRM-011, A-CRM-025: fields appear on the lead during the call; blanks erase nothing.
    async fn fields_are_merged_into_the_lead(world: World) {
        world.client.route("CA1", "+972502345678", ALPHA).await;
        world.client.events("CA1", &[fields(1, &[("name", "דנה"), ("area", "חיפה")])]).await;
        world.client.events("CA1", &[fields(2, &[("budget", "2000000"), ("area", " "), ("name", "")])]).await;
        let leads: Page<LeadView> = world.client.view(&world.alpha_key, "/api/v1/leads").await;
        let lead = &leads.items[0];
        assert_eq!(lead.name.as_deref(), Some("דנה"));
        let known: Vec<_> = lead.fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(known, [("area", "חיפה"), ("budget", "2000000"), ("name", "דנה")]);
    }
}

on_both! {
    /// A-CRM-025: what was said last holds, whatever arrives last.
    async fn the_newest_statement_wins_in_any_order_of_arrival(world: World) {
        world.client.route("CA1", "+972502345678", ALPHA).await;
        world.client.events("CA1", &[fields(3, &[("area", "עכו")])]).await;
        world.client.events("CA1", &[fields(1, &[("area", "חיפה")]), fields(2, &[("area", "נהריה"), ("rooms", "3")])]).await;
        let leads: Page<LeadView> = world.client.view(&world.alpha_key, "/api/v1/leads").await;
        assert_eq!(leads.items[0].fields["area"], "עכו");
        assert_eq!(leads.items[0].fields["rooms"], "3");
    }
}

on_both! {
    /// A-CRM-012: a second call of the same person continues the same lead.
    async fn a_second_call_continues_the_lead(world: World) {
        for sid in ["CA1", "CA2"] {
            world.client.route(sid, "+972502345678", ALPHA).await;
            world.client.events(sid, &[fields(1, &[(sid, "yes")])]).await;
        }
        let leads: Page<LeadView> = world.client.view(&world.alpha_key, "/api/v1/leads").await;
        assert_eq!((leads.total, leads.items[0].calls, leads.items[0].fields.len()), (1, 2, 2));
    }
}

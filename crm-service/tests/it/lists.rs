//! Lists, page by page.

use crm_api::{CallView, LeadView, Page};

use crate::support::{ALPHA, World};

on_both! {
    /// A-CRM-001: every call appears on exactly one page, newest first.
    async fn pages_hold_every_row_once_newest_first(world: World) {
        for index in 0..7 {
            world.client.route(&format!("CA{index}"), &format!("+97250234567{index}"), ALPHA).await;
        }
        let mut seen = Vec::new();
        let mut after = String::new();
        loop {
            let page: Page<CallView> =
                world.client.view(&world.alpha_key, &format!("/api/v1/calls?limit=3{after}")).await;
            assert_eq!(page.total, 7);
            seen.extend(page.items.into_iter().map(|call| (call.started_at_ms, call.call_sid)));
            match page.next {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
            // A call that arrives meanwhile does not shift the pages: it is newer than all of them.
        }
        let mut newest_first = seen.clone();
        newest_first.sort();
        newest_first.reverse();
        assert_eq!((seen.len(), &seen), (7, &newest_first));

        let leads: Page<LeadView> = world.client.view(&world.alpha_key, "/api/v1/leads?limit=7").await;
        assert_eq!((leads.items.len(), leads.next), (7, None));
        let leads: Page<LeadView> = world.client.view(&world.alpha_key, "/api/v1/leads?limit=6").await;
        let rest: Page<LeadView> =
            world.client.view(&world.alpha_key, &format!("/api/v1/leads?after={}", leads.next.unwrap())).await;
        assert_eq!((leads.items.len(), rest.items.len()), (6, 1));
        assert!(leads.items.iter().all(|lead| lead.id != rest.items[0].id));
    }
}

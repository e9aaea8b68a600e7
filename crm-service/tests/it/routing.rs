//! Whose call is it, and what does the agent say first?

use crm_api::{CallView, Decision, LeadView, Page};
use reqwest::StatusCode;
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::{ALPHA, BETA, World, fields};

on_both! {
    /// A-TEN-002, A-PLT-009, A-CRM-019, S-TEL-015, P-VOX-002 for calls: the dialled number finds its business, whose greeting
    /// names business and assistant.
    async fn a_known_number_is_answered_in_the_name_of_its_business(world: World) {
        let decision = world.client.route("CA1", "+972502345678", ALPHA).await;
        assert_eq!(decision.decision, Decision::Agent);
        let business = decision.business.unwrap();
        assert_eq!((business.slug.as_str(), business.name.as_str()), ("alpha", "אלפא נכסים"));
        assert_eq!(decision.greeting.text, "שלום, הגעתם אל אלפא נכסים, כאן נועה. איך אפשר לעזור?");
        assert_eq!(decision.greeting.version, 1);
        assert_eq!((decision.locale.as_str(), decision.barge_in_preset.as_str()), ("he-IL", "adaptive"));
        assert!(decision.call_token.is_some());
        assert!(!decision.record);

        let other = world.client.route("CA2", "+972502345678", BETA).await;
        assert_eq!(other.business.unwrap().slug, "beta");
        assert_ne!(other.greeting.tts_cache_key, decision.greeting.tts_cache_key);
        let twice = "INSERT INTO channel_routes (kind, address, tenant_id, created_at_ms)
            SELECT 'phone', a.address, b.tenant_id, 1 FROM channel_routes a, channel_routes b
            WHERE a.tenant_id <> b.tenant_id";
        assert!(world.try_execute(twice).await.is_err(), "a number belongs to one business");
    }
}

on_both! {
    /// A-AUD-003: how readily a business's agent is interrupted reaches the bridge, and takes effect at the
    /// next call; what the database holds stays within -1 to 1.
    async fn the_sensitivity_of_a_business_is_in_the_decision(world: World) {
        let of = async |sid: &str| world.client.route(sid, "+972502345678", ALPHA).await.barge_in_sensitivity;
        assert_eq!(of("CA1").await.to_bits(), 0f32.to_bits());
        let set = "UPDATE tenant_settings SET barge_in_sensitivity =";
        world.execute(&format!("{set} -0.3 WHERE name = 'אלפא נכסים'")).await;
        assert_eq!(of("CA2").await.to_bits(), (-0.3f32).to_bits());
        assert_eq!(world.client.route("CA3", "+972502345678", BETA).await.barge_in_sensitivity.to_bits(), 0);
        let unowned = world.client.route("CA4", "+972502345678", "+97239999999").await;
        assert_eq!(unowned.barge_in_sensitivity.to_bits(), 0);
        assert!(world.try_execute(&format!("{set} 1.01")).await.is_err());
    }
}

on_both! {
    /// S-AUD-002: how a business's agent speaks reaches the bridge and takes effect at the next call; absent, the
    /// bridge decides. The database takes no other way to speak.
    async fn the_speech_mode_of_a_business_is_in_the_decision(world: World) {
        assert_eq!(world.client.route("CA1", "+972502345678", ALPHA).await.speech_mode, None);
        let set = "UPDATE tenant_settings SET speech_mode =";
        world.execute(&format!("{set} 'realtime' WHERE name = 'אלפא נכסים'")).await;
        let decided = world.client.route("CA2", "+972502345678", ALPHA).await.speech_mode;
        assert_eq!(decided.as_deref(), Some("realtime"));
        assert_eq!(world.client.route("CA3", "+972502345678", BETA).await.speech_mode, None);
        assert!(world.try_execute(&format!("{set} 'telepathy'")).await.is_err());
    }
}

on_both! {
    /// A-TEN-009: look-ups use the normaliser that storage uses.
    async fn every_spelling_of_the_dialled_number_finds_the_business(world: World) {
        for (index, to) in ["03-3763805", "033763805", "97233763805", "00972-3-376-3805", "sip:+97233763805@x.example"]
            .iter()
            .enumerate()
        {
            let decision = world.client.route(&format!("CA{index}"), "0502345678", to).await;
            assert_eq!(decision.business.expect(to).slug, "alpha");
        }
        let leads: Page<LeadView> = world.client.view(&world.alpha_key, "/api/v1/leads").await;
        assert_eq!(leads.total, 1);
        assert_eq!(leads.items[0].phone.as_deref(), Some("+972502345678"));
        assert_eq!(leads.items[0].calls, 5);
    }
}

on_both! {
    /// A-CRM-030, A-CRM-001: lead and call are there before anybody has spoken.
    async fn routing_creates_the_lead_and_the_call_at_once(world: World) {
        world.client.route("CA1", "050-234-5678", ALPHA).await;
        let call: CallView = world.client.view(&world.alpha_key, "/api/v1/calls/CA1").await;
        assert_eq!((call.from.as_str(), call.to.as_str(), call.status.as_str()), ("+972502345678", ALPHA, "routed"));
        let lead: LeadView =
            world.client.view(&world.alpha_key, &format!("/api/v1/leads/{}", call.lead_id.unwrap())).await;
        assert_eq!((lead.source.as_str(), lead.status.as_str(), lead.calls), ("call", "חדש", 1));
        assert_eq!(lead.name, None);
    }
}

on_both! {
    /// A-CRM-002, A-CRM-003: the same call routed fifty times at once is one call of one lead.
    async fn fifty_concurrent_routes_of_one_call_make_one_call_and_one_lead(world: World) {
        let mut routes = JoinSet::new();
        for _ in 0..50 {
            let client = world.client.clone();
            routes.spawn(async move { client.route("CA1", "+972502345678", ALPHA).await });
        }
        let decisions = routes.join_all().await;
        assert!(decisions.iter().all(|d| d.business.as_ref().unwrap().slug == "alpha" && d.greeting == decisions[0].greeting));
        assert_eq!(world.count("SELECT COUNT(*) FROM calls").await, 1);
        assert_eq!(world.count("SELECT COUNT(*) FROM leads").await, 1);
        assert_eq!(world.count("SELECT COUNT(*) FROM contact_identities").await, 1);
    }
}

on_both! {
    /// A-CRM-012: one lead a phone number and business, also when fifty of its calls arrive at once.
    async fn fifty_concurrent_calls_of_one_caller_make_one_lead_per_business(world: World) {
        let mut routes = JoinSet::new();
        for index in 0..50 {
            let client = world.client.clone();
            let to = if index % 2 == 0 { ALPHA } else { BETA };
            routes.spawn(async move { client.route(&format!("CA{index}"), "+972502345678", to).await });
        }
        routes.join_all().await;
        assert_eq!(world.count("SELECT COUNT(*) FROM calls").await, 50);
        assert_eq!(world.count("SELECT COUNT(*) FROM leads").await, 2);
        for key in [&world.alpha_key, &world.beta_key] {
            let leads: Page<LeadView> = world.client.view(key, "/api/v1/leads").await;
            assert_eq!((leads.total, leads.items[0].calls), (1, 25));
        }
    }
}

on_both! {
    /// A-TEN-003, A-TEN-004: a number that nobody owns reaches nobody's business.
    async fn an_unknown_number_gets_neutral_words_and_no_tenant_data(world: World) {
        let decision = world.client.route("CA1", "+972502345678", "+97239999999").await;
        assert_eq!(decision.business, None);
        assert_eq!(decision.call_token, None);
        assert_eq!((decision.greeting.version, decision.prompt_version, decision.record), (0, 0, false));
        let said = serde_json::to_string(&decision).unwrap();
        for secret in ["אלפא", "בטא", "alpha", "beta", "נועה"] {
            assert!(!said.contains(secret), "{secret} in {said}");
        }
        assert_eq!(world.count("SELECT COUNT(*) FROM unrouted_calls WHERE reason = 'unknown_number'").await, 1);
        assert_eq!(world.count("SELECT COUNT(*) FROM calls").await, 0);
        assert_eq!(world.count("SELECT COUNT(*) FROM leads").await, 0);
    }
}

on_both! {
    /// A-TEN-003: falling back to a business is an explicit setting of single-business installs.
    async fn a_default_business_takes_unknown_numbers_when_it_is_set(mut world: World) {
        world.config.settings.default_business = Some("beta".to_owned());
        world.serve().await;
        let decision = world.client.route("CA1", "+972502345678", "+97239999999").await;
        assert_eq!(decision.business.unwrap().slug, "beta");
        let decision = world.client.route("CA2", "+972502345678", ALPHA).await;
        assert_eq!(decision.business.unwrap().slug, "alpha");
    }
}

on_both! {
    /// two hidden callers are two people, and none until they say who they are.
    async fn hidden_callers_never_merge(world: World) {
        for (sid, from) in [("CA1", "anonymous"), ("CA2", "+266696687"), ("CA3", "")] {
            world.client.route(sid, from, ALPHA).await;
            let call: CallView = world.client.view(&world.alpha_key, &format!("/api/v1/calls/{sid}")).await;
            assert_eq!((call.lead_id, call.from.as_str()), (None, "anonymous"));
        }
        assert_eq!(world.count("SELECT COUNT(*) FROM leads").await, 0);

        world.client.events("CA1", &[fields(1, &[("name", "דנה")])]).await;
        world.client.events("CA2", &[fields(1, &[("name", "יוסי")])]).await;
        world.client.events("CA2", &[fields(2, &[("area", "חיפה")])]).await;
        let leads: Page<LeadView> = world.client.view(&world.alpha_key, "/api/v1/leads").await;
        assert_eq!(leads.total, 2);
        assert!(leads.items.iter().all(|lead| lead.phone.is_none() && lead.calls == 1));
        let third: CallView = world.client.view(&world.alpha_key, "/api/v1/calls/CA3").await;
        assert_eq!(third.lead_id, None);
    }
}

on_both! {
    /// star and short numbers are kept as they came, and their callers are served.
    async fn star_and_short_numbers_are_kept_raw_and_make_leads(world: World) {
        for (sid, from) in [("CA1", "*2345"), ("CA2", "1-700-123456"), ("CA3", "client:reception")] {
            assert!(world.client.route(sid, from, ALPHA).await.business.is_some());
        }
        let call: CallView = world.client.view(&world.alpha_key, "/api/v1/calls/CA1").await;
        assert_eq!(call.from, "*2345");
        let leads: Page<LeadView> = world.client.view(&world.alpha_key, "/api/v1/leads").await;
        assert_eq!(leads.total, 3);
        assert!(leads.items.iter().all(|lead| lead.phone.is_none()));
    }
}

on_both! {
    /// A call belongs to the number it was first routed to; a second story is refused, not believed.
    async fn a_call_cannot_move_to_another_number(world: World) {
        world.client.route("CA1", "+972502345678", ALPHA).await;
        for to in [BETA, "+97239999999"] {
            let request = json!({"call_sid": "CA1", "from": "+972502345678", "to": to});
            let (status, body) = world.client.internal("/internal/v1/calls/route", &request).await;
            assert_eq!((status, body["code"].as_str()), (StatusCode::CONFLICT, Some("call_routed_elsewhere")));
            assert!(!body.to_string().contains("alpha"), "{body}");
        }
        assert_eq!(world.count("SELECT COUNT(*) FROM calls").await, 1);
    }
}

on_both! {
    /// A-TEN-008: an edited greeting is spoken at the next call, under another cache key.
    async fn an_edited_greeting_is_spoken_at_the_next_call(world: World) {
        let before = world.client.route("CA1", "+972502345678", ALPHA).await.greeting;
        world.execute("UPDATE greetings SET text = 'ערב טוב, {business}', version = 2").await;
        let after = world.client.route("CA2", "+972502345678", ALPHA).await.greeting;
        assert_eq!((after.text.as_str(), after.version), ("ערב טוב, אלפא נכסים", 2));
        assert_ne!(after.tts_cache_key, before.tts_cache_key);
    }
}

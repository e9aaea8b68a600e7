//! What operations see.

use reqwest::StatusCode;

use crate::support::{ALPHA, Json, World, turn};

on_both! {
    /// S-HLT-001: an idle service is healthy and says what it is.
    async fn health_tells_status_database_uptime_and_memory(world: World) {
        let response = world.client.get("/health").send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let health: Json = response.json().await.unwrap();
        assert_eq!(health["status"], "ok");
        assert_eq!(health["database"]["ok"], true);
        assert_eq!(health["version"], env!("CARGO_PKG_VERSION"));
        assert!(health["uptime_s"].is_u64() && health["timestamp"].is_string());
        assert!(health["memory"]["rss"].as_u64().is_none_or(|rss| rss > 1_000_000));
    }
}

on_both! {
    /// S-HLT-002: above the memory limit the status is a warning that names it.
    async fn health_warns_above_the_memory_limit(mut world: World) {
        world.config.settings.max_memory_mb = Some(1);
        world.serve().await;
        let health: Json = world.client.get("/health").send().await.unwrap().json().await.unwrap();
        assert_eq!(health["status"], "warning");
        assert!(health["message"].as_str().unwrap().contains("MAX_MEMORY_USAGE_MB=1"));
    }
}

on_both! {
    /// S-HLT-004: without its database the service says so, with 500.
    async fn health_fails_when_the_database_is_gone(world: World) {
        // Answered, so the service is up and has its connections.
        assert_eq!(world.client.get("/metrics").send().await.unwrap().status(), StatusCode::OK);
        world.lose_database().await;
        let response = world.client.get("/health").send().await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let health: Json = response.json().await.unwrap();
        assert_eq!((health["status"].as_str(), health["database"]["ok"].as_bool()), (Some("error"), Some(false)));
        assert!(health["message"].as_str().unwrap().contains("database"));
    }
}

on_both! {
    /// S-HLT-001: the numbers of routing and events can be scraped, without anybody's phone number.
    async fn metrics_count_routes_and_events(world: World) {
        world.client.route("CA1", "+972502345678", ALPHA).await;
        world.client.events("CA1", &[turn(1, 1, "שלום")]).await;
        world.client.events("CA1", &[turn(1, 1, "שלום"), turn(2, 2, "היי")]).await;
        let text = world.client.get("/metrics").send().await.unwrap().text().await.unwrap();
        for line in [
            "kav_crm_routes_total{outcome=\"agent\"} 1",
            "kav_crm_events_total{outcome=\"stored\"} 2",
            "kav_crm_events_total{outcome=\"again\"} 1",
            "route=\"/internal/v1/calls/{call_sid}/events\"",
        ] {
            assert!(text.contains(line), "{line} in\n{text}");
        }
        assert!(!text.contains("5678") && !text.contains("CA1"), "{text}");
    }
}

//! Requests that are wrong get an answer that says how.

use std::collections::BTreeSet;

use reqwest::StatusCode;

use crate::support::{ALPHA, Json, TOKEN, World, turn};

async fn refused(request: reqwest::RequestBuilder) -> (StatusCode, String, String) {
    let response = request.send().await.unwrap();
    let status = response.status();
    let body: crm_api::ApiError = response.json().await.unwrap();
    (status, body.code, body.message)
}

on_both! {
    /// Malformed JSON, wrong types and wrong content are 4xx, each in its own words.
    async fn bad_bodies_are_refused_with_the_culprit_named(world: World) {
        let events = "/internal/v1/calls/CA1/events";
        let json = "application/json";
        for (content_type, body, status, code, named) in [
            (json, "{\"events\":", StatusCode::BAD_REQUEST, "malformed_json", "line 1"),
            (json, "", StatusCode::BAD_REQUEST, "malformed_json", "EOF"),
            (json, "{}", StatusCode::UNPROCESSABLE_ENTITY, "wrong_type", "events"),
            (json, r#"{"events":[{"seq":"1"}]}"#, StatusCode::UNPROCESSABLE_ENTITY, "wrong_type", "events[0]"),
            (json, r#"{"events":[{"seq":-1,"at_ms":1,"type":"ended"}]}"#, StatusCode::UNPROCESSABLE_ENTITY, "wrong_type", "-1"),
            (json, r#"{"events":[{"seq":1,"at_ms":1,"type":"exploded"}]}"#, StatusCode::UNPROCESSABLE_ENTITY, "wrong_type", "exploded"),
            ("text/plain", r#"{"events":[]}"#, StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", "application/json"),
        ] {
            let request = world.client.post(events).bearer_auth(TOKEN).header("content-type", content_type).body(body);
            let (got, got_code, message) = refused(request).await;
            assert_eq!((got, got_code.as_str()), (status, code), "{body}: {message}");
            assert!(message.contains(named), "{body}: {message}");
        }
    }
}

on_both! {
    /// A body beyond the limit is refused before it is understood, and the service goes on.
    async fn an_oversized_body_is_refused(world: World) {
        let body = format!(r#"{{"events":[{{"seq":1,"at_ms":1,"type":"lead_fields","fields":{{"x":"{}"}}}}]}}"#, "x".repeat(2 << 20));
        let request = world.client.post("/internal/v1/calls/CA1/events").bearer_auth(TOKEN)
            .header("content-type", "application/json").body(body);
        let (status, code, message) = refused(request).await;
        assert_eq!((status, code.as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"));
        assert!(message.contains("CRM_MAX_BODY_BYTES"), "{message}");
        assert_eq!(world.client.events("CA1", &[turn(1, 1, "שלום")]).await.stored_up_to, 1);
    }
}

on_both! {
    /// Ids, pages, paths and methods that make no sense.
    async fn bad_ids_pages_paths_and_methods_are_refused(world: World) {
        let long = "x".repeat(200);
        for sid in ["a%20b", "%00", "CA%2F1", &long, "%D7%90"] {
            let request = world.client.post(&format!("/internal/v1/calls/{sid}/events")).bearer_auth(TOKEN)
                .json(&serde_json::json!({"events": []}));
            let (status, code, _) = refused(request).await;
            assert_eq!((status, code.as_str()), (StatusCode::BAD_REQUEST, "bad_call_sid"), "{sid}");
        }
        let key = &world.alpha_key;
        for query in ["limit=0", "limit=201", "limit=many", "limit=-1", "after=x", "after=1%00_2", "after=1_%00"] {
            let (status, code, _) = refused(world.client.get(&format!("/api/v1/calls?{query}")).bearer_auth(key)).await;
            assert_eq!((status, code.as_str()), (StatusCode::BAD_REQUEST, "bad_query"), "{query}");
        }
        for path in ["/api/v1/leads/%00", "/api/v1/leads/no-such", "/api/v1/calls/no-such"] {
            let (status, _, _) = refused(world.client.get(path).bearer_auth(key)).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        }
        let (status, code, message) = refused(world.client.get("/api/v2/x")).await;
        assert_eq!((status, code.as_str()), (StatusCode::NOT_FOUND, "unknown_path"));
        assert!(message.contains("/api/v2/x"));
        let (status, code, _) = refused(world.client.get("/internal/v1/calls/route")).await;
        assert_eq!((status, code.as_str()), (StatusCode::METHOD_NOT_ALLOWED, "unknown_method"));
    }
}

on_both! {
    /// A wrong internal token is 401, and says where to look.
    async fn a_wrong_internal_token_is_refused(world: World) {
        let body = serde_json::json!({"call_sid": "CA1", "from": "", "to": ALPHA});
        for token in ["wrong", "internal-token-of-the-test", "internal-token-of-the-tests2"] {
            let (status, code, message) = refused(world.client.post("/internal/v1/calls/route").bearer_auth(token).json(&body)).await;
            assert_eq!((status, code.as_str()), (StatusCode::UNAUTHORIZED, "unauthenticated"));
            assert!(message.contains("INTERNAL_API_TOKEN") && !message.contains(TOKEN), "{message}");
        }
        assert_eq!(world.count("SELECT COUNT(*) FROM calls").await, 0);
    }
}

on_both! {
    /// The document names every route there is, and the types of the wire.
    async fn the_openapi_document_has_every_route(world: World) {
        let document: Json = world.client.get("/openapi.json").send().await.unwrap().json().await.unwrap();
        let paths: BTreeSet<_> = document["paths"].as_object().unwrap().iter()
            .flat_map(|(path, methods)| methods.as_object().unwrap().keys().map(move |m| format!("{m} {path}")))
            .collect();
        let expected = [
            "get /api/v1/calls",
            "get /api/v1/calls/{call_sid}",
            "get /api/v1/leads",
            "get /api/v1/leads/{id}",
            "get /health",
            "get /metrics",
            "get /openapi.json",
            "post /internal/v1/calls/route",
            "post /internal/v1/calls/{call_sid}/events",
            "post /internal/v1/calls/{call_sid}/tools/{name}",
        ];
        assert_eq!(paths, expected.map(str::to_owned).into());
        let schemas = document["components"]["schemas"].as_object().unwrap();
        for name in ["RouteDecision", "RouteRequest", "EventBatch", "EventAck", "CallEvent", "ToolReply", "CallView", "LeadView", "ApiError"] {
            assert!(schemas.contains_key(name), "{name}");
        }
        let schemes = document["components"]["securitySchemes"].as_object().unwrap();
        assert!(schemes.contains_key("api_key") && schemes.contains_key("internal_token"));
    }
}

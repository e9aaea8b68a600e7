//! What the agent may do during a call, and on whose authority.

use crm_api::{CallView, LeadView};
use reqwest::StatusCode;
use serde_json::json;

use crate::support::{ALPHA, BETA, World};

const SAVE: &str = "save_lead_fields";

on_both! {
    /// the tool writes to the lead of its call; a retry gets the first answer and acts once.
    async fn save_lead_fields_acts_once_per_key(world: World) {
        let token = world.client.route("CA1", "+972502345678", ALPHA).await.call_token.unwrap();
        let arguments = json!({"name": "דנה", "area": "חיפה"});
        let first = world.client.tool("CA1", SAVE, &token, "k1", arguments.clone()).await;
        assert_eq!((first.0, first.1["ok"].as_bool()), (StatusCode::OK, Some(true)), "{}", first.1);
        assert_eq!(world.client.tool("CA1", SAVE, &token, "k1", arguments).await, first);
        assert_eq!(world.count("SELECT COUNT(*) FROM tool_runs").await, 1);

        let (status, body) = world.client.tool("CA1", SAVE, &token, "k1", json!({"name": "רות"})).await;
        assert_eq!((status, body["code"].as_str()), (StatusCode::UNPROCESSABLE_ENTITY, Some("idempotency_key_reused")));

        let call: CallView = world.client.view(&world.alpha_key, "/api/v1/calls/CA1").await;
        let lead: LeadView =
            world.client.view(&world.alpha_key, &format!("/api/v1/leads/{}", call.lead_id.unwrap())).await;
        assert_eq!((lead.name.as_deref(), lead.fields["area"].as_str()), (Some("דנה"), "חיפה"));
    }
}

on_both! {
    /// a hidden caller who gives details becomes a lead of this call alone.
    async fn a_hidden_caller_gets_a_lead_from_the_tool(world: World) {
        let token = world.client.route("CA1", "anonymous", ALPHA).await.call_token.unwrap();
        let (status, _) = world.client.tool("CA1", SAVE, &token, "k1", json!({"name": "דנה"})).await;
        assert_eq!(status, StatusCode::OK);
        let call: CallView = world.client.view(&world.alpha_key, "/api/v1/calls/CA1").await;
        assert!(call.lead_id.is_some());
    }
}

on_both! {
    /// no token, a forged one, one of another call or another business: nothing happens.
    async fn only_the_token_of_this_call_opens_its_tools(world: World) {
        let alpha = world.client.route("CA1", "+972502345678", ALPHA).await.call_token.unwrap();
        let beta = world.client.route("CA2", "+972502345678", BETA).await.call_token.unwrap();
        for token in ["", "v1.e30.AAAA", &beta, &alpha[..alpha.len() - 1], &format!("{alpha}x")] {
            let (status, body) = world.client.tool("CA1", SAVE, token, "k", json!({"name": "x"})).await;
            assert_eq!((status, body["code"].as_str()), (StatusCode::FORBIDDEN, Some("bad_call_token")), "{token}");
        }
        assert_eq!(world.count("SELECT COUNT(*) FROM lead_fields").await, 0);
    }
}

on_both! {
    /// what there is not is said to be not there; what is out of bounds is named.
    async fn unknown_tools_and_bad_arguments_are_refused_clearly(world: World) {
        let token = world.client.route("CA1", "+972502345678", ALPHA).await.call_token.unwrap();
        let (status, body) = world.client.tool("CA1", "transfer_money", &token, "k", json!({})).await;
        assert_eq!((status, body["code"].as_str()), (StatusCode::NOT_FOUND, Some("unknown_tool")));
        assert!(body["message"].as_str().unwrap().contains("transfer_money"));

        let (status, body) = world.client.tool("CA1", SAVE, &token, "", json!({"name": "x"})).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        let (status, body) = world.client.tool("CA1", SAVE, &token, "k", json!({"note": "x".repeat(5_000)})).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(body["message"].as_str().unwrap().contains("note"), "{body}");
        let (status, body) = world.client.tool("CA1", SAVE, &token, "k", json!({"name": 5})).await;
        assert_eq!((status, body["code"].as_str()), (StatusCode::UNPROCESSABLE_ENTITY, Some("wrong_type")));

        let (status, body) = world.client.tool("CA1", SAVE, &token, "blank", json!({"name": " "})).await;
        assert_eq!((status, body["ok"].as_bool()), (StatusCode::OK, Some(false)), "{body}");
    }
}

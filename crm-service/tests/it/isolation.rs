//! A business sees its own, and nobody sees without showing who they are.

use crm_api::{CallView, LeadView, Page};
use reqwest::StatusCode;
use sqlx::Row as _;

use crate::support::{ALPHA, BETA, Json, Kind, World, fields, turn};

on_both! {
    /// A-TEN-001: the other business's calls and leads do not exist.
    async fn a_key_reads_its_own_business_only(world: World) {
        world.client.route("CA-A", "+972502345678", ALPHA).await;
        world.client.events("CA-A", &[turn(1, 1, "סוד של אלפא"), fields(2, &[("name", "סודית")])]).await;
        world.client.route("CA-B", "+972502345678", BETA).await;
        let alpha: CallView = world.client.view(&world.alpha_key, "/api/v1/calls/CA-A").await;
        let lead = alpha.lead_id.unwrap();

        for path in ["/api/v1/calls/CA-A".to_owned(), format!("/api/v1/leads/{lead}")] {
            let (status, body) = world.client.read(&world.beta_key, &path).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{path}: {body}");
        }
        let calls: Page<CallView> = world.client.view(&world.beta_key, "/api/v1/calls").await;
        assert_eq!((calls.total, calls.items[0].call_sid.as_str()), (1, "CA-B"));
        let leads: Page<LeadView> = world.client.view(&world.beta_key, "/api/v1/leads").await;
        assert_eq!(leads.total, 1);
        assert!(leads.items[0].id != lead && leads.items[0].fields.is_empty() && leads.items[0].name.is_none());
    }
}

on_both! {
    /// A-TEN-001: every documented route but the three of operations asks for credentials, and those
    /// of the other kind do not do.
    async fn no_route_answers_without_its_credentials(world: World) {
        let document: Json = world.client.get("/openapi.json").send().await.unwrap().json().await.unwrap();
        let mut guarded = 0;
        for (path, methods) in document["paths"].as_object().unwrap() {
            let open = ["/health", "/metrics", "/openapi.json"].contains(&path.as_str());
            let path = path.replace("{call_sid}", "CA1").replace("{id}", "x").replace("{name}", "save_lead_fields");
            for method in methods.as_object().unwrap().keys() {
                for credentials in [None, Some("wrong"), Some(""), Some("kav_00000000000000000000000")] {
                    let request = if method == "get" {
                        world.client.get(&path)
                    } else {
                        world.client.post(&path).header("content-type", "application/json").body("{")
                    };
                    let request = match credentials {
                        Some(token) => request.bearer_auth(token),
                        None => request,
                    };
                    let response = request.send().await.unwrap();
                    let expected = if open { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
                    assert_eq!(response.status(), expected, "{method} {path} with {credentials:?}");
                }
                guarded += u32::from(!open);
            }
        }
        assert_eq!(guarded, 7);
        let (status, _) = world.client.read(crate::support::TOKEN, "/api/v1/calls").await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "the internal token is no API key");
        let response =
            world.client.post("/internal/v1/calls/route").bearer_auth(&world.alpha_key).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "an API key is no internal token");
    }
}

on_both! {
    /// A-PLT-007: a revoked key opens nothing, and keys are not in the database.
    async fn keys_are_hashed_and_can_be_revoked(world: World) {
        let (status, _) = world.client.read(&world.alpha_key, "/api/v1/calls").await;
        assert_eq!(status, StatusCode::OK);
        let whole = format!("SELECT COUNT(*) FROM api_keys WHERE key_hash LIKE '%{0}%' OR prefix LIKE '%{0}%'", &world.alpha_key[8..]);
        assert_eq!(world.count(&whole).await, 0);
        world.execute("UPDATE api_keys SET revoked_at_ms = 1").await;
        let (status, _) = world.client.read(&world.alpha_key, "/api/v1/calls").await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }
}

on_both! {
    /// A-TEN-001: on PostgreSQL, SQL that forgot its WHERE finds the rows of one business or none, and
    /// a connection carries nothing over.
    async fn row_level_security_holds_against_wrong_sql(world: World) {
        if world.kind == Kind::Sqlite {
            return; // SQLite has none: isolation there is the repository's alone.
        }
        world.client.route("CA-A", "+972502345678", ALPHA).await;
        world.client.route("CA-B", "+972502345679", BETA).await;
        let mut connection = world.as_service().await;
        let count = "SELECT COUNT(*) FROM leads";
        let all: i64 = sqlx::query_scalar(count).fetch_one(&mut connection).await.unwrap();
        assert_eq!(all, 0, "no business entered");

        let tenant: String =
            sqlx::query_scalar("SELECT id FROM tenants WHERE slug = 'alpha'").fetch_one(&mut connection).await.unwrap();
        sqlx::raw_sql("BEGIN").execute(&mut connection).await.unwrap();
        sqlx::query("SELECT set_config('app.tenant', $1, TRUE)").bind(&tenant).execute(&mut connection).await.unwrap();
        let own: i64 = sqlx::query_scalar(count).fetch_one(&mut connection).await.unwrap();
        assert_eq!(own, 1);
        let changed = sqlx::query("UPDATE leads SET name = 'x'").execute(&mut connection).await.unwrap();
        assert_eq!(changed.rows_affected(), 1);
        let smuggled = sqlx::query(
            "INSERT INTO leads (tenant_id, id, status, source, created_at_ms, updated_at_ms)
             SELECT id, 'x', 'x', 'x', 1, 1 FROM tenants WHERE slug = 'beta'",
        )
        .execute(&mut connection)
        .await;
        assert!(smuggled.is_err(), "a row of another business was written");
        sqlx::raw_sql("ROLLBACK").execute(&mut connection).await.unwrap();
        let after: i64 = sqlx::query_scalar(count).fetch_one(&mut connection).await.unwrap();
        assert_eq!(after, 0, "the business left with its transaction");
    }
}

on_both! {
    /// A-TEN-001: a table with rows of businesses is guarded, or is one of the door's and named here.
    async fn every_tenant_table_is_guarded(world: World) {
        const DOOR: [&str; 3] = ["api_keys", "call_directory", "channel_routes"];
        if world.kind == Kind::Sqlite {
            return;
        }
        let mut connection = world.as_service().await;
        let tables = sqlx::query(
            "SELECT c.relname AS name, c.relrowsecurity AND c.relforcerowsecurity AS forced,
                    EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid) AS policy
             FROM pg_class c
             JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
             WHERE c.relkind = 'r'",
        )
        .fetch_all(&mut connection)
        .await
        .unwrap();
        assert!(tables.len() > 10, "only {} tables with tenant_id", tables.len());
        for table in tables {
            let name: String = table.get("name");
            let guarded = table.get::<bool, _>("forced") && table.get::<bool, _>("policy");
            assert_eq!(guarded, !DOOR.contains(&&*name), "table {name}");
        }
    }
}

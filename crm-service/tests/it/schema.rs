//! One schema on two databases.

use std::collections::BTreeSet;

use secrecy::ExposeSecret as _;
use sqlx::{Connection as _, SqliteConnection};

use crate::support::World;

/// A-PLT-002, A-PLT-003: tables, columns, types and nullability are the same on both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_databases_have_the_same_tables_and_columns() {
    let lite = World::on_sqlite().await;
    let Some(pg) = World::on_postgres("schema::both_databases_have_the_same_tables_and_columns").await else {
        return;
    };
    let mut connection = SqliteConnection::connect(lite.url().expose_secret()).await.unwrap();
    let of_lite: Vec<(String, String, String, bool)> = sqlx::query_as(
        "SELECT t.name, c.name, lower(c.type), c.\"notnull\" = 0
         FROM sqlite_master t JOIN pragma_table_info(t.name) c
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let mut connection = pg.as_service().await;
    let of_pg: Vec<(String, String, String, bool)> = sqlx::query_as(
        "SELECT table_name::TEXT, column_name::TEXT, data_type::TEXT, is_nullable = 'YES'
         FROM information_schema.columns WHERE table_schema = 'public'",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let of_lite: BTreeSet<_> = of_lite.into_iter().collect();
    let of_pg: BTreeSet<_> = of_pg.into_iter().collect();
    assert!(of_lite.len() > 80, "{} columns", of_lite.len());
    let only_lite: Vec<_> = of_lite.difference(&of_pg).collect();
    let only_pg: Vec<_> = of_pg.difference(&of_lite).collect();
    assert!(
        only_lite.is_empty() && only_pg.is_empty(),
        "only SQLite: {only_lite:?}\nonly PostgreSQL: {only_pg:?}"
    );
}

on_both! {
    /// A-PLT-003: a migration that changed after it was applied, or one from the future, stops the start.
    async fn a_schema_this_binary_does_not_know_is_refused(mut world: World) {
        world.stop().await;
        world.execute("INSERT INTO schema_migrations (version, name, checksum, applied_at_ms) VALUES (9999, 'x', 'x', 1)").await;
        let error = crm_service::admin::migrate(&world.config).await.unwrap_err().to_string();
        assert!(error.contains("9999"), "{error}");
        world.execute("DELETE FROM schema_migrations WHERE version = 9999").await;
        crm_service::admin::migrate(&world.config).await.unwrap();
        world.execute("UPDATE schema_migrations SET checksum = 'x' WHERE version = 2").await;
        let error = crm_service::admin::migrate(&world.config).await.unwrap_err().to_string();
        assert!(error.contains("0002_leads"), "{error}");
    }
}

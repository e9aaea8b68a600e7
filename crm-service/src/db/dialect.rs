//! The statements that differ between the two databases, all of them.

use super::{Db, Tx};
use crate::tenancy::TenantCtx;

/// PostgreSQL: row-level security of this transaction. SQLite has none; there the repository's SQL
/// alone holds the line.
pub(super) async fn enter_tenant(tx: &mut Tx, tenant: &TenantCtx) -> Result<(), sqlx::Error> {
    if let Tx::Pg(tx) = tx {
        sqlx::query("SELECT set_config('app.tenant', $1, TRUE)").bind(tenant.id()).execute(&mut **tx).await?;
    }
    Ok(())
}

/// PostgreSQL: an advisory lock until the end of the transaction. SQLite has one writer at a time.
pub(super) async fn lock_call(tx: &mut Tx, call_sid: &str) -> Result<(), sqlx::Error> {
    if let Tx::Pg(tx) = tx {
        sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
            .bind(call_sid)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// Key of the lock under which migrations run: "kav" in ASCII.
const MIGRATION_LOCK: i64 = 0x006b_6176;

/// One process migrates, the others wait for it. SQLite: `BEGIN IMMEDIATE` is that lock already.
pub(super) async fn lock_migrations(tx: &mut Tx) -> Result<(), sqlx::Error> {
    if let Tx::Pg(tx) = tx {
        sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(MIGRATION_LOCK).execute(&mut **tx).await?;
    }
    Ok(())
}

/// PostgreSQL: row-level security does not bind superusers; say so once.
pub(super) async fn warn_if_unguarded(db: &Db) -> Result<(), sqlx::Error> {
    if let Db::Pg(pool) = db {
        let (unbound,): (bool,) =
            sqlx::query_as("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
                .fetch_one(pool)
                .await?;
        if unbound {
            tracing::warn!(
                "the database role is a superuser or has BYPASSRLS: row-level security is off for it; \
                 give the service an ordinary role"
            );
        }
    }
    Ok(())
}

//! Numbered migrations, embedded in the binary.
//!
//! `migrations/common` runs on both databases, `migrations/postgres` and `migrations/sqlite` (when a
//! first one is needed) on theirs; numbers are shared. An applied migration never changes: its
//! checksum is kept and compared.

use sha2::{Digest as _, Sha256};

use super::{Db, Tx, either, exec, fetch_all};
use crate::clock;
use crate::error::Error;

/// Where a migration runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum On {
    Both,
    Postgres,
}

struct Migration {
    version: i64,
    name: &'static str,
    on: On,
    sql: &'static str,
}

macro_rules! migration {
    ($version:literal, $on:expr, $folder:literal, $name:literal) => {
        Migration {
            version: $version,
            name: $name,
            on: $on,
            sql: include_str!(concat!("../../migrations/", $folder, "/", $name, ".sql")),
        }
    };
}

/// In the order they run.
static MIGRATIONS: &[Migration] = &[
    migration!(1, On::Both, "common", "0001_tenancy"),
    migration!(2, On::Both, "common", "0002_leads"),
    migration!(3, On::Both, "common", "0003_calls"),
    migration!(4, On::Both, "common", "0004_door"),
    migration!(5, On::Postgres, "postgres", "0005_row_security"),
    migration!(6, On::Both, "common", "0006_barge_in_sensitivity"),
    migration!(8, On::Both, "common", "0008_agent_voice"),
    migration!(9, On::Both, "common", "0009_speech_mode"),
    migration!(10, On::Both, "common", "0010_emergencies"),
];

const APPLIED_TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
    version       BIGINT NOT NULL PRIMARY KEY,
    name          TEXT   NOT NULL,
    checksum      TEXT   NOT NULL,
    applied_at_ms BIGINT NOT NULL
)";

/// Applies what is missing, all of it or nothing, while other processes wait.
pub(super) async fn run(db: &Db) -> Result<(), Error> {
    let mut tx = db.write().await?;
    super::dialect::lock_migrations(&mut tx).await?;
    exec!(&mut tx, APPLIED_TABLE)?;
    let applied = fetch_all!(
        &mut tx,
        (i64, String),
        "SELECT version, checksum FROM schema_migrations ORDER BY version"
    )?;

    let wanted: Vec<_> = MIGRATIONS.iter().filter(|m| m.on == On::Both || matches!(db, Db::Pg(_))).collect();
    for (version, checksum) in &applied {
        let Some(known) = wanted.iter().find(|m| m.version == *version) else {
            return Err(Error::Migration(format!(
                "the database has migration {version}, which this binary does not know: run a newer crm-service"
            )));
        };
        if checksum_of(known.sql) != *checksum {
            return Err(Error::Migration(format!(
                "migration {} was applied with another text: an applied migration must not change",
                known.name
            )));
        }
    }

    for migration in wanted {
        if applied.iter().any(|(version, _)| *version == migration.version) {
            continue;
        }
        apply(&mut tx, migration).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn apply(tx: &mut Tx, migration: &Migration) -> Result<(), Error> {
    either!(&mut *tx, |conn| sqlx::raw_sql(migration.sql).execute(conn).await.map(drop))
        .map_err(|error| Error::Migration(format!("migration {}: {error}", migration.name)))?;
    exec!(
        tx,
        "INSERT INTO schema_migrations (version, name, checksum, applied_at_ms) VALUES ($1, $2, $3, $4)",
        migration.version,
        migration.name,
        checksum_of(migration.sql),
        clock::now_ms(),
    )?;
    tracing::info!(migration = migration.name, "migration applied");
    Ok(())
}

fn checksum_of(sql: &str) -> String {
    crate::ids::hex(&Sha256::digest(sql.as_bytes()))
}

//! One SQL text over two databases.
//!
//! [`Db`] is an enum of concrete pools, [`Tx`] of concrete transactions, and the macros `fetch_all!`,
//! `fetch_opt!`, `fetch_one!` and `exec!` run one `&'static str` on whichever it is. The text keeps to
//! the common subset: `$n` placeholders, `RETURNING`, `ON CONFLICT`, ids as TEXT, times as BIGINT unix
//! milliseconds, no arrays, no dialect functions. What cannot be said in common is in [`dialect`].
//!
//! **Rows of a business are reached through [`TenantTx`] alone.** It is made from a [`TenantCtx`], its
//! macros (`tenant_…!`) bind the business as `$1`, and on PostgreSQL row-level security holds the same
//! line once more.

mod dialect;
mod lite;
mod macros;
mod migrate;
mod pg;

pub(crate) use macros::{
    either, exec, fetch_all, fetch_one, fetch_opt, tenant_exec, tenant_fetch_all, tenant_fetch_one,
    tenant_fetch_opt,
};
use secrecy::{ExposeSecret, SecretString};
use sqlx::{PgPool, Postgres, Sqlite, SqlitePool, Transaction};

use crate::error::Error;
use crate::tenancy::TenantCtx;

/// The database: two concrete pools, one of which is there.
#[derive(Clone, Debug)]
pub(crate) enum Db {
    /// SQLite in one file: one writer, many readers.
    Lite {
        /// Exactly one connection: writers queue here instead of failing on the file's lock.
        writer: SqlitePool,
        /// Read-only connections.
        readers: SqlitePool,
    },
    /// PostgreSQL.
    Pg(PgPool),
}

impl Db {
    /// Opens `url` (`sqlite://FILE` or `postgres://…`) and brings the schema up to date.
    ///
    /// # Errors
    /// [`Error::Open`] for a URL of another kind or a database that cannot be reached,
    /// [`Error::Migration`] for a schema this binary does not know.
    pub(crate) async fn open(url: &SecretString, connections: u32) -> Result<Self, Error> {
        let db = Self::connect(url, connections).await?;
        migrate::run(&db).await?;
        dialect::warn_if_unguarded(&db).await?;
        Ok(db)
    }

    async fn connect(url: &SecretString, connections: u32) -> Result<Self, Error> {
        let url = url.expose_secret();
        match url.split(':').next() {
            Some("sqlite") => lite::open(url, connections).await,
            Some("postgres" | "postgresql") => pg::open(url, connections).await,
            other => Err(Error::Open {
                what: format!("database URL with scheme {:?}", other.unwrap_or_default()),
                why: "DATABASE_URL begins with sqlite:// or postgres://".to_owned(),
            }),
        }
    }

    /// `sqlite` or `postgres`.
    #[must_use]
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Lite { .. } => "sqlite",
            Self::Pg(_) => "postgres",
        }
    }

    /// A transaction that will write. On SQLite it holds the write lock from its first moment, so that
    /// it can never fail half-way for want of it.
    pub(crate) async fn write(&self) -> Result<Tx, sqlx::Error> {
        Ok(match self {
            Self::Lite { writer, .. } => Tx::Lite(writer.begin_with("BEGIN IMMEDIATE").await?),
            Self::Pg(pool) => Tx::Pg(pool.begin().await?),
        })
    }

    /// A transaction that only reads, all of it at one point in time on SQLite.
    pub(crate) async fn read(&self) -> Result<Tx, sqlx::Error> {
        Ok(match self {
            Self::Lite { readers, .. } => Tx::Lite(readers.begin().await?),
            Self::Pg(pool) => Tx::Pg(pool.begin().await?),
        })
    }

    /// Does the database answer?
    pub(crate) async fn ping(&self) -> Result<(), sqlx::Error> {
        let mut tx = self.read().await?;
        let _one: (i64,) = fetch_one!(&mut tx, (i64,), "SELECT CAST(1 AS BIGINT)")?;
        tx.commit().await
    }

    /// Waits for connections in use to come back and closes them all.
    pub(crate) async fn close(&self) {
        match self {
            Self::Lite { writer, readers } => {
                // The writer last: the last connection to leave folds the log into the file.
                readers.close().await;
                writer.close().await;
            }
            Self::Pg(pool) => pool.close().await,
        }
    }
}

/// A transaction that has not entered a business: it may touch the tables of the door only
/// (`tenants`, `channel_routes`, `api_keys`, `call_directory`, `unrouted_calls`, `held_events`).
/// Dropped without [`commit`](Self::commit), it is rolled back.
#[derive(Debug)]
pub(crate) enum Tx {
    Lite(Transaction<'static, Sqlite>),
    Pg(Transaction<'static, Postgres>),
}

impl Tx {
    /// Makes everything since the beginning durable and visible, or nothing of it.
    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Lite(tx) => tx.commit().await,
            Self::Pg(tx) => tx.commit().await,
        }
    }

    /// Enters a business for the rest of the transaction.
    pub(crate) async fn enter(mut self, tenant: TenantCtx) -> Result<TenantTx, sqlx::Error> {
        dialect::enter_tenant(&mut self, &tenant).await?;
        Ok(TenantTx { tx: self, tenant })
    }

    /// Waits until no other transaction works on this call. Routing, events and tools of one call
    /// follow each other; different calls do not wait.
    pub(crate) async fn lock_call(&mut self, call_sid: &str) -> Result<(), sqlx::Error> {
        dialect::lock_call(self, call_sid).await
    }
}

/// A transaction inside one business: the only way to its rows.
#[derive(Debug)]
pub(crate) struct TenantTx {
    tx: Tx,
    tenant: TenantCtx,
}

impl TenantTx {
    /// The business.
    pub(crate) const fn tenant(&self) -> &TenantCtx {
        &self.tenant
    }

    /// The tables of the door, in the same transaction.
    pub(crate) const fn door(&mut self) -> &mut Tx {
        &mut self.tx
    }

    /// For the macros: the transaction and the business that they bind as `$1`.
    pub(crate) const fn parts(&mut self) -> (&mut Tx, &TenantCtx) {
        (&mut self.tx, &self.tenant)
    }

    /// As [`Tx::commit`].
    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        self.tx.commit().await
    }
}

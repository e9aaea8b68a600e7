//! A service in this process on a free port, its database, and a client.

mod client;
mod postgres;
mod process;

use std::sync::atomic::{AtomicU32, Ordering};

use crm_service::Config;
use crm_service::admin::{self, NewTenant};
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) use client::{Client, Json, barge_in, ended, fields, started, turn};
pub(crate) use process::Process;

/// The internal token of every service in these tests.
pub(crate) const TOKEN: &str = "internal-token-of-the-tests";
/// Number of the business `alpha`.
pub(crate) const ALPHA: &str = "+97233763805";
/// Number of the business `beta`.
pub(crate) const BETA: &str = "+97236000000";

/// Declares a scenario that runs once on each database.
macro_rules! on_both {
    ($(#[$meta:meta])* async fn $name:ident($($world:ident)+: $type:ty) $body:block) => {
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports, reason = "scenarios share the imports of their file")]
            use super::*;

            async fn scenario($($world)+: $type) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                scenario($crate::support::World::on_sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(world) = $crate::support::World::on_postgres(concat!(module_path!(), "::postgres")).await {
                    scenario(world).await;
                }
            }
        }
    };
}

/// Which database.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

/// A fresh database with two businesses, `alpha` and `beta`, and a service on it.
pub(crate) struct World {
    pub(crate) kind: Kind,
    pub(crate) config: Config,
    /// For looking past row-level security.
    admin_url: String,
    pub(crate) client: Client,
    /// API key of `alpha`.
    pub(crate) alpha_key: String,
    /// API key of `beta`.
    pub(crate) beta_key: String,
    running: Option<Running>,
    /// Holds the SQLite file.
    pub(crate) folder: tempfile::TempDir,
}

struct Running {
    stop: oneshot::Sender<()>,
    service: JoinHandle<Result<(), crm_service::Error>>,
}

impl World {
    pub(crate) async fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("crm.db").display());
        Self::start(Kind::Sqlite, url.clone(), url, folder).await
    }

    /// None, said aloud, where there is no PostgreSQL.
    pub(crate) async fn on_postgres(test: &str) -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let server = postgres::server(test)?;
        let name = format!("crm_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        server.create_database(&name).await;
        let folder = tempfile::tempdir().unwrap();
        Some(
            Self::start(Kind::Postgres, server.url("kav", &name), server.url("postgres", &name), folder)
                .await,
        )
    }

    async fn start(kind: Kind, url: String, admin_url: String, folder: tempfile::TempDir) -> Self {
        let config = Config {
            database_url: url.into(),
            internal_api_token: Some(TOKEN.to_owned().into()),
            ..Config::default()
        };
        let mut world = Self {
            kind,
            config,
            admin_url,
            client: Client::new(String::new()),
            alpha_key: String::new(),
            beta_key: String::new(),
            running: None,
            folder,
        };
        world.alpha_key = world.create_business("alpha", "אלפא נכסים", ALPHA).await;
        world.beta_key = world.create_business("beta", "בטא שיפוצים", BETA).await;
        world.serve().await;
        world
    }

    /// Creates a business with one number; its API key.
    pub(crate) async fn create_business(&self, slug: &str, name: &str, number: &str) -> String {
        let new = NewTenant::new(slug, name);
        let created = admin::create_tenant(&self.config, &new, &[number.to_owned()], None).await.unwrap();
        created.api_key.expose_secret().to_owned()
    }

    /// Starts the service in this process, after stopping it if it runs.
    pub(crate) async fn serve(&mut self) {
        self.stop().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        self.client = Client::new(format!("http://{}", listener.local_addr().unwrap()));
        let (stop, stopped) = oneshot::channel();
        let service = tokio::spawn(crm_service::serve(self.config.clone(), listener, async {
            let _ = stopped.await;
        }));
        self.running = Some(Running { stop, service });
    }

    /// Stops the service and waits for its end.
    pub(crate) async fn stop(&mut self) {
        if let Some(Running { stop, service }) = self.running.take() {
            // Idle keep-alive connections of the client end here.
            self.client = Client::new(String::new());
            let _ = stop.send(());
            service.await.unwrap().unwrap();
        }
    }

    /// A number that SQL finds, seen past row-level security.
    pub(crate) async fn count(&self, sql: &str) -> i64 {
        let sql = AssertSqlSafe(sql.to_owned());
        match self.kind {
            Kind::Sqlite => {
                let mut connection = SqliteConnection::connect(&self.admin_url).await.unwrap();
                sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
            }
            Kind::Postgres => {
                let mut connection = PgConnection::connect(&self.admin_url).await.unwrap();
                sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
            }
        }
    }

    /// Runs SQL past row-level security.
    pub(crate) async fn execute(&self, sql: &str) {
        self.try_execute(sql).await.unwrap();
    }

    /// The same, where the database may refuse.
    pub(crate) async fn try_execute(&self, sql: &str) -> Result<(), sqlx::Error> {
        let sql = AssertSqlSafe(sql.to_owned());
        match self.kind {
            Kind::Sqlite => {
                let mut connection = SqliteConnection::connect(&self.admin_url).await.unwrap();
                sqlx::query(sql).execute(&mut connection).await.map(drop)
            }
            Kind::Postgres => {
                let mut connection = PgConnection::connect(&self.admin_url).await.unwrap();
                sqlx::query(sql).execute(&mut connection).await.map(drop)
            }
        }
    }

    /// URL of the database as the service opens it.
    pub(crate) fn url(&self) -> &SecretString {
        &self.config.database_url
    }

    /// A connection to PostgreSQL with the service's own rights.
    pub(crate) async fn as_service(&self) -> PgConnection {
        PgConnection::connect(self.url().expose_secret()).await.unwrap()
    }

    /// Takes the database away under the running service.
    pub(crate) async fn lose_database(&self) {
        match self.kind {
            Kind::Sqlite => {
                std::fs::rename(self.folder.path().join("crm.db"), self.folder.path().join("gone.db"))
                    .unwrap();
            }
            Kind::Postgres => postgres::drop_database(&self.admin_url).await,
        }
    }
}

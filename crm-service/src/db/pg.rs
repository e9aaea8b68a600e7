//! Opening PostgreSQL.

use std::str::FromStr as _;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::Db;
use crate::error::Error;

/// Connects. The password never appears in an error.
pub(super) async fn open(url: &str, connections: u32) -> Result<Db, Error> {
    let options = PgConnectOptions::from_str(url).map_err(|error| Error::Open {
        what: "PostgreSQL database (DATABASE_URL)".to_owned(),
        why: error.to_string(),
    })?;
    let what = format!(
        "PostgreSQL database {:?} at {}:{}",
        options.get_database().unwrap_or_default(),
        options.get_host(),
        options.get_port()
    );
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .connect_with(options.application_name("kav-crm"))
        .await
        .map_err(|error| Error::Open { what, why: error.to_string() })?;
    Ok(Db::Pg(pool))
}

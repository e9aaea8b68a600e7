//! Opening SQLite: write-ahead log, one writer, many readers.

use std::path::Path;
use std::str::FromStr as _;
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::Db;
use crate::error::Error;

/// How long a statement waits for another process's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Opens the file, creating it and its log.
///
/// A commit survives the death of the process. With `synchronous=NORMAL` the last commits before a
/// power loss may be rolled back; the file stays sound either way.
pub(super) async fn open(url: &str, connections: u32) -> Result<Db, Error> {
    let refuse = |why: String| Error::Open { what: format!("SQLite database {url}"), why };
    if url.contains(":memory:") || url.contains("mode=memory") {
        return Err(refuse("a database in memory has no readers beside its writer; name a file".to_owned()));
    }
    let options = SqliteConnectOptions::from_str(url)
        .map_err(|error| refuse(error.to_string()))?
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(BUSY_TIMEOUT);
    let folder = options.get_filename().parent().map(Path::to_path_buf);
    if let Some(folder) = folder.filter(|f| !f.as_os_str().is_empty() && !f.is_dir()) {
        return Err(refuse(format!("folder {} does not exist", folder.display())));
    }

    let writers = || SqlitePoolOptions::new().max_connections(1).min_connections(1);
    let opened = Instant::now();
    let writer = loop {
        match writers().connect_with(options.clone()).await {
            Ok(pool) => break pool,
            // Turning the log on does not wait for its lock: another process is doing the same.
            Err(error) if is_busy(&error) && opened.elapsed() < BUSY_TIMEOUT => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(error) => return Err(refuse(error.to_string())),
        }
    };
    let readers = SqlitePoolOptions::new()
        .max_connections(connections)
        .connect_lazy_with(options.read_only(true).create_if_missing(false));
    Ok(Db::Lite { writer, readers })
}

/// `SQLITE_BUSY` and its extended codes.
fn is_busy(error: &sqlx::Error) -> bool {
    const SQLITE_BUSY: i32 = 5;
    error
        .as_database_error()
        .and_then(|e| e.code()?.parse::<i32>().ok())
        .is_some_and(|code| code & 0xff == SQLITE_BUSY)
}

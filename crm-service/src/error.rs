//! What can go wrong, and which error type is used where.
//!
//! - [`Refusal`]: the request is at fault. It becomes a 4xx answer as it is.
//! - [`Error`]: everything else this library returns; over HTTP a 5xx answer whose cause stays in the log.
//! - `anyhow` only in the command line, where errors end.

use crm_api::ApiError;

/// Why a request is refused: answered with the 4xx status of its [`Fault`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The kind of fault.
    pub fault: Fault,
    /// A stable word for programs, such as `unknown_call`.
    pub code: &'static str,
    /// A sentence that names the culprit and the datum.
    pub message: String,
}

/// Whose fault, in the terms of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 400: the request does not say what it should.
    Malformed,
    /// 401: nobody we know.
    Unauthenticated,
    /// 403: known, but not for this.
    Forbidden,
    /// 404: no such thing, or none of yours.
    NotFound,
    /// 409: it contradicts what is stored.
    Conflict,
    /// 413: more than we take.
    TooLarge,
    /// 415: not JSON.
    NotJson,
    /// 422: understood, but a value is out of bounds.
    Unacceptable,
}

impl Refusal {
    /// A refusal.
    #[must_use]
    pub fn new(fault: Fault, code: &'static str, message: impl Into<String>) -> Self {
        Self { fault, code, message: message.into() }
    }

    /// The body of the answer.
    #[must_use]
    pub fn body(&self) -> ApiError {
        ApiError { code: self.code.to_owned(), message: self.message.clone() }
    }
}

/// What this library can fail with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The request is at fault.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A setting is missing or makes no sense.
    #[error("setting {setting}: {problem}")]
    Config {
        /// The setting, as its environment variable.
        setting: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The settings file cannot be read.
    #[error("settings file {path}: {why}")]
    ConfigFile {
        /// The file.
        path: String,
        /// The cause.
        why: String,
    },
    /// The database cannot be opened.
    #[error("cannot open {what}: {why}")]
    Open {
        /// The database, without its password.
        what: String,
        /// The cause.
        why: String,
    },
    /// The schema and this binary do not fit.
    #[error("schema: {0}")]
    Migration(String),
    /// A statement failed.
    #[error("database: {0}")]
    Db(#[from] sqlx::Error),
    /// The database holds something that this binary cannot read.
    #[error("stored {what} is unreadable: {why}")]
    Stored {
        /// Table, column and row.
        what: String,
        /// The cause.
        why: String,
    },
    /// The socket failed.
    #[error("listening: {0}")]
    Listen(#[from] std::io::Error),
    /// A task of a request died.
    #[error("a request's task died: {0}")]
    Task(String),
}

impl Error {
    /// May the same request succeed a moment later?
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Db(sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_)) => true,
            // Serialization failure, deadlock, shutting down; SQLITE_BUSY with its extended forms.
            Self::Db(sqlx::Error::Database(error)) => error.code().is_some_and(|code| {
                matches!(&*code, "40001" | "40P01" | "57P01" | "57P03" | "5" | "261" | "517" | "773")
            }),
            _ => false,
        }
    }
}

//! Tapes in an S3-compatible store, named `s3://bucket/prefix`.
//!
//! Keys, region and endpoint are those of the AWS tools: `AWS_ACCESS_KEY_ID`,
//! `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION` or `AWS_DEFAULT_REGION`, and
//! `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL` for a store that is not Amazon's. Without a key requests
//! are not signed.
//!
//! A store has no folders and no renaming. There a tape is what lies beside a `tape.json`: it is
//! written last and removed first, so that no half tape is ever seen.

mod client;
mod tape;
mod walk;

use std::fmt;

pub(super) use client::Client;
pub(super) use tape::{Part, fetch, is_taken, put, remove, replaceable};
pub(super) use walk::S3Walk;

/// A prefix in a bucket.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct S3Path {
    /// The bucket.
    bucket: String,
    /// Without a slash at its ends; empty for the whole bucket.
    prefix: String,
    /// Given with a slash at its end.
    marked: bool,
}

impl S3Path {
    /// Reads what follows `s3://`.
    pub(super) fn parse(rest: &str) -> Result<Self, &'static str> {
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let plain = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
        if !(3..=255).contains(&bucket.len()) || !bucket.chars().all(plain) {
            return Err("names no bucket: expected s3://bucket/prefix");
        }
        let marked = prefix.is_empty() || prefix.ends_with('/');
        let prefix = prefix.trim_matches('/');
        if !prefix.is_empty() && !prefix.split('/').all(is_name) {
            return Err("holds an empty name, `.` or `..`");
        }
        Ok(Self { bucket: bucket.to_owned(), prefix: prefix.to_owned(), marked })
    }

    pub(super) fn is_marked_folder(&self) -> bool {
        self.marked
    }

    pub(super) fn below(&self, name: &str) -> Self {
        let prefix = if self.prefix.is_empty() { name.to_owned() } else { format!("{}/{name}", self.prefix) };
        Self { bucket: self.bucket.clone(), prefix, marked: false }
    }

    /// What the keys below begin with.
    fn folder(&self) -> String {
        if self.prefix.is_empty() { String::new() } else { format!("{}/", self.prefix) }
    }

    fn key(&self, name: &str) -> String {
        self.folder() + name
    }
}

impl fmt::Display for S3Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.prefix)
    }
}

/// A part of a key that may become a name in a folder.
fn is_name(part: &str) -> bool {
    !matches!(part, "" | "." | "..") && !part.contains(['\\', '\0'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_bucket_and_a_prefix() {
        let path = |text| S3Path::parse(text).map(|path| (path.to_string(), path.marked));
        assert_eq!(path("calls/2026/11"), Ok(("s3://calls/2026/11".to_owned(), false)));
        assert_eq!(path("calls/2026/"), Ok(("s3://calls/2026".to_owned(), true)));
        assert_eq!(path("calls"), Ok(("s3://calls/".to_owned(), true)));
        for wrong in ["", "/x", "a b/c", "calls/a//b", "calls/../b"] {
            assert!(path(wrong).is_err(), "{wrong}");
        }
        assert_eq!(S3Path::parse("calls").expect("a bucket").below("a/b").folder(), "a/b/");
    }
}

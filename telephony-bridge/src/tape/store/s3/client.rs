//! Requests to one bucket: signed by `rusty-s3`, carried by `ureq`.
//!
//! Every request may be repeated, and is, up to three times, where the store is busy or the
//! network broke.

use std::env;
use std::fs::File;
use std::io;
use std::path::Path;
use std::time::Duration;

use rusty_s3::actions::list_objects_v2::{ListObjectsContent, ListObjectsV2, ListObjectsV2Response};
use rusty_s3::{Bucket, Credentials, S3Action as _, UrlStyle};
use ureq::Agent;
use ureq::http::Response;

use super::S3Path;
use crate::tape::store::StoreError;

/// How long a signature holds.
const SIGNED_FOR: Duration = Duration::from_secs(900);
const CONNECT: Duration = Duration::from_secs(10);
/// For the answer's first byte, and between two of its bytes.
const ANSWER: Duration = Duration::from_secs(30);
/// Waits before a request is repeated.
const AGAIN: [Duration; 3] =
    [Duration::from_millis(100), Duration::from_millis(500), Duration::from_millis(2_000)];
/// A page of a listing: a thousand keys of a kilobyte, escaped.
const MAX_PAGE: u64 = 16 << 20;
/// As much of an error's text as is looked at.
const MAX_ERROR: u64 = 16 << 10;

/// One bucket.
#[derive(Debug)]
pub(in crate::tape::store) struct Client {
    bucket: Bucket,
    credentials: Option<Credentials>,
    agent: Agent,
}

impl Client {
    /// The bucket of `path`, as the environment says how to reach it.
    pub(in crate::tape::store) fn from_env(path: &S3Path) -> Result<Self, StoreError> {
        let wrong = |problem: String| StoreError::Remote { place: path.to_string(), problem };
        let set = |names: &[&str]| {
            names.iter().find_map(|name| env::var(name).ok().filter(|value| !value.trim().is_empty()))
        };
        let region = set(&["AWS_REGION", "AWS_DEFAULT_REGION"]).unwrap_or_else(|| "us-east-1".to_owned());
        let endpoint = set(&["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]);
        // A store of one's own seldom has a name for each bucket; Amazon's certificates have no dots.
        let style = match endpoint.is_some() || path.bucket.contains('.') {
            true => UrlStyle::Path,
            false => UrlStyle::VirtualHost,
        };
        let endpoint = endpoint.unwrap_or_else(|| format!("https://s3.{region}.amazonaws.com"));
        let url = endpoint.parse().map_err(|error| wrong(format!("AWS_ENDPOINT_URL {endpoint}: {error}")))?;
        let bucket = Bucket::new(url, style, path.bucket.clone(), region)
            .map_err(|error| wrong(format!("AWS_ENDPOINT_URL {endpoint}: {error}")))?;
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // A redirect would carry the signature of another address.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(ANSWER))
            .timeout_per_read(Some(ANSWER))
            .build();
        Ok(Self { bucket, credentials: Credentials::from_env(), agent: config.into() })
    }

    /// A page of the keys that begin with `prefix`, and where the next one begins.
    pub(super) fn list(
        &self,
        prefix: &str,
        from: Option<&str>,
        most: Option<usize>,
    ) -> Result<ListObjectsV2Response, String> {
        let mut action = self.bucket.list_objects_v2(self.credentials.as_ref());
        action.with_prefix(prefix);
        if let Some(from) = from {
            action.with_continuation_token(from);
        }
        if let Some(most) = most {
            action.with_max_keys(most);
        }
        let mut answer = self.send(|| self.agent.get(action.sign(SIGNED_FOR).as_str()).call())?;
        let text = answer.body_mut().with_config().limit(MAX_PAGE).read_to_string();
        let text = text.map_err(|error| error.to_string())?;
        ListObjectsV2::parse_response(&text).map_err(|error| format!("no listing came back: {error}"))
    }

    /// Every key that begins with `prefix`.
    pub(super) fn keys(&self, prefix: &str) -> Result<Vec<String>, String> {
        Ok(self.objects(prefix)?.into_iter().map(|object| object.key).collect())
    }

    /// Every object whose key begins with `prefix`.
    pub(super) fn objects(&self, prefix: &str) -> Result<Vec<ListObjectsContent>, String> {
        let (mut objects, mut token) = (Vec::new(), None);
        loop {
            let page = self.list(prefix, token.as_deref(), None)?;
            objects.extend(page.contents);
            token = page.next_continuation_token;
            if token.is_none() {
                return Ok(objects);
            }
        }
    }

    /// Fetches an object; the file's time is when the store got it.
    pub(super) fn get(&self, object: &ListObjectsContent, to: &Path) -> Result<(), String> {
        let action = self.bucket.get_object(self.credentials.as_ref(), &object.key);
        let mut answer = self.send(|| self.agent.get(action.sign(SIGNED_FOR).as_str()).call())?;
        let expected = answer.body().content_length();
        let mut file = File::create(to).map_err(|error| error.to_string())?;
        let copied = io::copy(&mut answer.body_mut().as_reader(), &mut file).map_err(|e| e.to_string())?;
        match expected.filter(|expected| *expected != copied) {
            Some(expected) => Err(format!("breaks off: {copied} of {expected} bytes")),
            None => {
                let modified = object.last_modified.as_deref();
                let modified = modified.and_then(|text| text.parse::<jiff::Timestamp>().ok());
                let set = modified.map_or(Ok(()), |at| file.set_modified(at.into()));
                set.map_err(|error| error.to_string())
            }
        }
    }

    pub(super) fn put(&self, key: &str, from: &Path) -> Result<(), String> {
        let action = self.bucket.put_object(self.credentials.as_ref(), key);
        self.send(|| {
            let file = File::open(from)?;
            self.agent.put(action.sign(SIGNED_FOR).as_str()).send(&file)
        })?;
        Ok(())
    }

    pub(super) fn delete(&self, key: &str) -> Result<(), String> {
        let action = self.bucket.delete_object(self.credentials.as_ref(), key);
        self.send(|| self.agent.delete(action.sign(SIGNED_FOR).as_str()).call())?;
        Ok(())
    }

    /// The answer, if it is a good one. Its URL holds a signature and is in no error.
    fn send(
        &self,
        request: impl Fn() -> Result<Response<ureq::Body>, ureq::Error>,
    ) -> Result<Response<ureq::Body>, String> {
        let mut waits = AGAIN.iter();
        loop {
            let (problem, again) = match request() {
                Ok(answer) if answer.status().is_success() => return Ok(answer),
                Ok(mut answer) => {
                    let status = answer.status();
                    let text = answer.body_mut().with_config().limit(MAX_ERROR).read_to_string();
                    let busy = status.is_server_error() || matches!(status.as_u16(), 408 | 429);
                    (refusal(status.as_u16(), &text.unwrap_or_default()), busy)
                }
                Err(ureq::Error::Io(error)) => (error.to_string(), true),
                Err(error @ (ureq::Error::Timeout(_) | ureq::Error::ConnectionFailed)) => {
                    (error.to_string(), true)
                }
                Err(error) => (error.to_string(), false),
            };
            match waits.next().filter(|_| again) {
                Some(wait) => std::thread::sleep(*wait),
                None => return Err(problem),
            }
        }
    }
}

/// What the store says, in a few words: its code and message, of `<Error><Code>…</Code>…`.
fn refusal(status: u16, xml: &str) -> String {
    let part = |name: &str| {
        let rest = xml.split_once(&format!("<{name}>"))?.1;
        let text = rest.split_once(&format!("</{name}>"))?.0;
        let line: String = text.chars().filter(|c| !c.is_control()).take(200).collect();
        (!line.is_empty()).then_some(line)
    };
    match (part("Code"), part("Message")) {
        (Some(code), Some(message)) => format!("the store refuses with {status} {code}: {message}"),
        (Some(code), None) => format!("the store refuses with {status} {code}"),
        _ => format!("the store refuses with {status}"),
    }
}

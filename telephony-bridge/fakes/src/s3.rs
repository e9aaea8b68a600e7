//! A stand-in for an S3-compatible store: its REST and XML, and signatures checked as Amazon documents
//! them ("Authenticating Requests: Using Query Parameters (AWS Signature Version 4)").
//!
//! `ListObjectsV2` in pages, `GET`, `HEAD`, `PUT` and `DELETE` of objects, in memory.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::served::Served;

/// The key it knows.
pub const ACCESS_KEY: &str = "AKIAFAKE";
/// Its secret.
pub const SECRET_KEY: &str = "a secret of the store";
/// The region it says it is in.
pub const REGION: &str = "il-central-1";
/// The only bucket.
pub const BUCKET: &str = "calls";

#[derive(Debug, Default)]
struct Memory {
    objects: BTreeMap<String, Bytes>,
    /// Requests to be answered with 503 before any other is answered.
    busy: usize,
    /// Method and key of every request that was signed well.
    log: Vec<String>,
}

#[derive(Debug)]
struct Shared {
    page: usize,
    memory: Mutex<Memory>,
}

/// The store.
#[derive(Debug)]
pub struct FakeS3 {
    served: Served,
    shared: Arc<Shared>,
}

impl FakeS3 {
    /// Starts on a free port. A listing has at most `page` keys.
    ///
    /// # Errors
    /// If no port can be had.
    pub async fn start(page: usize) -> io::Result<Self> {
        let shared = Arc::new(Shared { page, memory: Mutex::default() });
        let router =
            Router::new().fallback(answer).layer(DefaultBodyLimit::disable()).with_state(Arc::clone(&shared));
        Ok(Self { served: Served::start(router).await?, shared })
    }

    /// What a client's environment needs.
    pub fn env(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL", format!("http://{}", self.served.address)),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY.to_owned()),
            ("AWS_REGION", REGION.to_owned()),
        ]
    }

    /// Stores an object.
    pub fn insert(&self, key: &str, bytes: &[u8]) {
        self.memory().objects.insert(key.to_owned(), Bytes::copy_from_slice(bytes));
    }

    /// An object.
    pub fn object(&self, key: &str) -> Option<Vec<u8>> {
        self.memory().objects.get(key).map(|bytes| bytes.to_vec())
    }

    /// All keys, sorted.
    pub fn keys(&self) -> Vec<String> {
        self.memory().objects.keys().cloned().collect()
    }

    /// The next `requests` are told to come again later.
    pub fn be_busy(&self, requests: usize) {
        self.memory().busy = requests;
    }

    /// Method and key of every request that was signed well and not told to come again.
    pub fn log(&self) -> Vec<String> {
        self.memory().log.clone()
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.shared.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Err((code, message)) = signed(&method, &uri, &headers) {
        return error(StatusCode::FORBIDDEN, code, &message);
    }
    let mut memory = shared.memory.lock().unwrap_or_else(PoisonError::into_inner);
    if memory.busy > 0 {
        memory.busy -= 1;
        return error(StatusCode::SERVICE_UNAVAILABLE, "SlowDown", "Please reduce your request rate.");
    }
    let path = decoded(uri.path());
    let Some((bucket, key)) = path.trim_start_matches('/').split_once('/') else {
        return error(StatusCode::BAD_REQUEST, "InvalidRequest", "no bucket");
    };
    if bucket != BUCKET {
        return error(StatusCode::NOT_FOUND, "NoSuchBucket", "The specified bucket does not exist");
    }
    memory.log.push(format!("{method} {key}"));
    let missing = || error(StatusCode::NOT_FOUND, "NoSuchKey", "The specified key does not exist.");
    match method {
        Method::GET if key.is_empty() => list(&memory.objects, &query(&uri), shared.page),
        Method::GET | Method::HEAD => match memory.objects.get(key) {
            Some(bytes) => {
                let length = [(header::CONTENT_LENGTH, bytes.len().to_string())];
                let body = if method == Method::HEAD { Body::empty() } else { Body::from(bytes.clone()) };
                (length, body).into_response()
            }
            None => missing(),
        },
        Method::PUT if !headers.contains_key(header::CONTENT_LENGTH) => error(
            StatusCode::LENGTH_REQUIRED,
            "MissingContentLength",
            "You must provide the Content-Length HTTP header.",
        ),
        Method::PUT => {
            memory.objects.insert(key.to_owned(), body);
            StatusCode::OK.into_response()
        }
        Method::DELETE => {
            memory.objects.remove(key);
            StatusCode::NO_CONTENT.into_response()
        }
        _ => error(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", "not allowed"),
    }
}

/// A page of keys: `list-type=2`, `prefix`, `continuation-token`, `max-keys`, `encoding-type=url`.
fn list(objects: &BTreeMap<String, Bytes>, query: &BTreeMap<String, String>, page: usize) -> Response {
    if query.get("list-type").map(String::as_str) != Some("2") {
        return error(StatusCode::NOT_IMPLEMENTED, "NotImplemented", "only ListObjectsV2");
    }
    let text = |name: &str| query.get(name).cloned().unwrap_or_default();
    let (prefix, after) = (text("prefix"), text("continuation-token"));
    let most = query.get("max-keys").and_then(|most| most.parse().ok()).unwrap_or(page).min(page);
    let url = query.get("encoding-type").is_some_and(|kind| kind == "url");
    let shown =
        |key: &str| if url { encoded(key, "/") } else { key.replace('&', "&amp;").replace('<', "&lt;") };
    let mut keys = objects.iter().filter(|(key, _)| key.starts_with(&prefix) && **key > after).peekable();
    let contents: Vec<(&String, &Bytes)> = keys.by_ref().take(most).collect();
    let more = keys.peek().is_some();
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">",
    );
    xml += &format!("<Name>{BUCKET}</Name><Prefix>{}</Prefix>", shown(&prefix));
    xml += &format!("<KeyCount>{}</KeyCount><MaxKeys>{most}</MaxKeys>", contents.len());
    if url {
        xml += "<EncodingType>url</EncodingType>";
    }
    xml += &format!("<IsTruncated>{more}</IsTruncated>");
    if let Some((last, _)) = contents.last().filter(|_| more) {
        xml += &format!("<NextContinuationToken>{}</NextContinuationToken>", last.replace('&', "&amp;"));
    }
    for (key, bytes) in &contents {
        xml += &format!(
            "<Contents><Key>{}</Key><LastModified>2026-11-22T10:00:00.000Z</LastModified>\
             <ETag>&quot;0&quot;</ETag><Size>{}</Size><StorageClass>STANDARD</StorageClass></Contents>",
            shown(key),
            bytes.len()
        );
    }
    xml += "</ListBucketResult>";
    ([(header::CONTENT_TYPE, "application/xml")], xml).into_response()
}

fn error(status: StatusCode, code: &str, message: &str) -> Response {
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    (status, [(header::CONTENT_TYPE, "application/xml")], xml).into_response()
}

/// Is the request signed with the key that is known, for this region, and is the signature young?
fn signed(method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), (&'static str, String)> {
    let query = query(uri);
    let get = |name: &str| {
        query.get(name).cloned().ok_or(("AccessDenied", format!("{name} is missing: sign the request")))
    };
    if get("X-Amz-Algorithm")? != "AWS4-HMAC-SHA256" {
        return Err(("InvalidRequest", "another algorithm".to_owned()));
    }
    let date = get("X-Amz-Date")?;
    let day = date.get(..8).unwrap_or_default().to_owned();
    let scope = format!("{day}/{REGION}/s3/aws4_request");
    if get("X-Amz-Credential")? != format!("{ACCESS_KEY}/{scope}") {
        return Err(("InvalidAccessKeyId", "another key, day, region or service".to_owned()));
    }
    let signed_headers = get("X-Amz-SignedHeaders")?;
    let mut canonical_headers = String::new();
    for name in signed_headers.split(';') {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        let value = value.ok_or(("AccessDenied", format!("the signed header {name} is missing")))?;
        canonical_headers += &format!("{name}:{}\n", value.trim());
    }
    let mut sorted: Vec<(String, String)> = query
        .iter()
        .filter(|(name, _)| *name != "X-Amz-Signature")
        .map(|(name, value)| (encoded(name, ""), encoded(value, "")))
        .collect();
    sorted.sort();
    let pairs: Vec<String> = sorted.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let request = format!(
        "{method}\n{}\n{}\n{canonical_headers}\n{signed_headers}\nUNSIGNED-PAYLOAD",
        encoded(&decoded(uri.path()), "/"),
        pairs.join("&")
    );
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex(&Sha256::digest(request)));
    let key = [day.as_str(), REGION, "s3", "aws4_request"]
        .iter()
        .fold(format!("AWS4{SECRET_KEY}").into_bytes(), |key, part| hmac(&key, part));
    if hex(&hmac(&key, &to_sign)) != get("X-Amz-Signature")? {
        let message = "The request signature we calculated does not match the signature you provided.";
        return Err(("SignatureDoesNotMatch", message.to_owned()));
    }
    Ok(())
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn query(uri: &Uri) -> BTreeMap<String, String> {
    let pairs = uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        })
        .collect()
}

/// RFC 3986: everything but unreserved characters, and those in `kept`, as `%XX`.
fn encoded(text: &str, kept: &str) -> String {
    text.bytes()
        .map(|byte| {
            let c = char::from(byte);
            let plain = c.is_ascii_alphanumeric() || "-._~".contains(c) || kept.contains(c);
            if plain { c.to_string() } else { format!("%{byte:02X}") }
        })
        .collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = tail.get(..2).and_then(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok());
        match code.filter(|_| *first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

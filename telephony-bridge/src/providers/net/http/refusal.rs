//! A refusal: its status, how long to wait, and what its body says.

use std::time::{Duration, SystemTime};

use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::header::{HeaderMap, RETRY_AFTER};
use hyper::{Response, StatusCode};

use super::super::{Phase, ProviderError, Reason};
use super::Endpoint;

/// Most of a refusal's body that is read, in bytes…
const MAX_REFUSAL: usize = 4_096;
/// …and for how long.
const REFUSAL_LIMIT: Duration = Duration::from_millis(500);

/// What a service says that does not do what it was asked.
pub(super) async fn read(endpoint: &Endpoint, mut response: Response<Incoming>) -> ProviderError {
    let status = response.status();
    let retry_after = retry_after(response.headers(), SystemTime::now());
    let mut body = Vec::new();
    let read = async {
        while let Some(Ok(frame)) = response.body_mut().frame().await {
            let Ok(piece) = frame.into_data() else { continue };
            let room = MAX_REFUSAL - body.len();
            body.extend_from_slice(&piece[..piece.len().min(room)]);
            if body.len() == MAX_REFUSAL {
                break;
            }
        }
    };
    // What came within the limit is enough for a sentence.
    let _ = tokio::time::timeout(REFUSAL_LIMIT, read).await;
    let text = String::from_utf8_lossy(&body);
    let reason = reason_of(status, &text, retry_after);
    let phase = if reason == Reason::Expired { Phase::Authorise } else { Phase::Request };
    endpoint.error(phase, reason, &format!("{status}: {}", text.trim()))
}

fn reason_of(status: StatusCode, body: &str, retry_after: Option<Duration>) -> Reason {
    match status.as_u16() {
        401 | 403 => Reason::Expired,
        402 | 429 => Reason::Quota { retry_after },
        // Some servers name it in the body alone.
        400..=499 if body.contains("insufficient_quota") => Reason::Quota { retry_after },
        408 | 425 | 500..=599 => Reason::Server,
        400..=499 => Reason::Rejected,
        // A 1xx or 3xx is none of the protocol.
        _ => Reason::Garbage,
    }
}

/// `Retry-After`: seconds, or a date (RFC 9110 §10.2.3).
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let at = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
    let now = jiff::Timestamp::try_from(now).ok()?;
    at.duration_since(now).try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_a_reason() {
        let reason = |status, body| reason_of(StatusCode::from_u16(status).expect("a status"), body, None);
        assert_eq!(reason(401, ""), Reason::Expired);
        assert_eq!(reason(429, ""), Reason::Quota { retry_after: None });
        assert_eq!(reason(400, "{\"code\":\"insufficient_quota\"}"), Reason::Quota { retry_after: None });
        assert_eq!(reason(503, ""), Reason::Server);
        assert_eq!(reason(404, ""), Reason::Rejected);
        assert_eq!(reason(302, ""), Reason::Garbage);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let parse = |text: &str| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, text.parse().expect("a header"))]);
            retry_after(&headers, SystemTime::UNIX_EPOCH + Duration::from_secs(784_887_151))
        };
        assert_eq!(parse("7"), Some(Duration::from_secs(7)));
        assert_eq!(parse("Tue, 15 Nov 1994 08:12:41 GMT"), Some(Duration::from_secs(10)));
        // The past, nonsense, and what would overflow.
        assert_eq!(parse("Tue, 15 Nov 1994 08:12:21 GMT"), None);
        for nonsense in ["-1", "soon", "99999999999999999999"] {
            assert_eq!(parse(nonsense), None, "{nonsense}");
        }
    }
}

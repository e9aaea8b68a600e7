//! gRPC status as a provider's error.

use tonic::{Code, Status};

use crate::providers::net::{Phase, ProviderError, Reason};

/// An error of the stream.
pub(in super::super) fn error(provider: &'static str, status: &Status) -> ProviderError {
    let reason = reason(status);
    let phase = match reason {
        Reason::Expired => Phase::Authorise,
        Reason::Refused => Phase::Connect,
        Reason::Rejected => Phase::Request,
        _ => Phase::Answer,
    };
    ProviderError::new(provider, phase, reason, format!("{:?}: {}", status.code(), cause(status)))
}

fn reason(status: &Status) -> Reason {
    let text = cause(status);
    let says = |words: &[&str]| words.iter().any(|words| text.contains(words));
    match status.code() {
        Code::ResourceExhausted => Reason::Quota { retry_after: None },
        Code::Unauthenticated | Code::PermissionDenied => Reason::Expired,
        Code::InvalidArgument | Code::NotFound | Code::FailedPrecondition | Code::Unimplemented => {
            Reason::Rejected
        }
        Code::DeadlineExceeded => Reason::Slow,
        // The stream lived too long, or heard nothing for too long: another one will do.
        Code::OutOfRange | Code::Aborted | Code::Cancelled => Reason::Dropped,
        // tonic tells these apart only in words and in their causes.
        _ if says(&[
            "failed to decode",
            "frame with invalid",
            "protocol error",
            "invalid compression flag",
        ]) =>
        {
            Reason::Garbage
        }
        _ if says(&["tcp connect", "dns error", "connection refused", "Connection refused"]) => {
            Reason::Refused
        }
        Code::Unavailable | Code::Ok => Reason::Dropped,
        // hyper and h2 report a lost connection as an unknown error.
        _ if says(&["connection", "stream closed", "broken pipe", "h2 "]) => Reason::Dropped,
        _ => Reason::Server,
    }
}

/// The message, and what caused it, in one line.
fn cause(status: &Status) -> String {
    let mut text = status.message().to_owned();
    let mut next = std::error::Error::source(status);
    while let Some(cause) = next {
        let words = cause.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        next = cause.source();
    }
    text
}

//! The connection to a service.

use std::sync::OnceLock;
use std::time::Duration;

use tonic::codegen::http::Uri;
use tonic::codegen::http::uri::InvalidUri;
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};

/// An endpoint that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// No URL.
    #[error("`{0}` is not a URL: {1}")]
    Url(String, InvalidUri),
    /// TLS cannot be set up.
    #[error("TLS: {0}")]
    Tls(#[from] tonic::transport::Error),
}

/// How long reaching the service may take.
const CONNECT: Duration = Duration::from_secs(1);
/// An HTTP/2 ping so often, so that a dead connection is noticed before a caller does…
const PING: Duration = Duration::from_secs(20);
/// …and how long it may stay unanswered.
const PONG: Duration = Duration::from_secs(5);

/// A service.
#[derive(Debug)]
pub(in super::super) struct Connection {
    endpoint: Endpoint,
    /// Made by the first call: it needs a runtime.
    channel: OnceLock<Channel>,
}

impl Connection {
    /// Does not connect yet. `https://…`, or `http://…` for a stand-in.
    pub(in super::super) fn new(url: &str) -> Result<Self, EndpointError> {
        let uri: Uri = url.parse().map_err(|error| EndpointError::Url(url.to_owned(), error))?;
        let mut endpoint = Endpoint::from(uri)
            .connect_timeout(CONNECT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(PING)
            .keep_alive_timeout(PONG)
            .keep_alive_while_idle(true);
        if url.starts_with("https") {
            endpoint = endpoint.tls_config(ClientTlsConfig::new().with_webpki_roots())?;
        }
        Ok(Self { endpoint, channel: OnceLock::new() })
    }

    /// The connection, which is made when it is needed.
    pub(super) fn channel(&self) -> Channel {
        self.channel.get_or_init(|| self.endpoint.connect_lazy()).clone()
    }
}

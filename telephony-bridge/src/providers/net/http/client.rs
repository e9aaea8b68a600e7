//! The process's HTTP client.

use std::time::Duration;

use http_body_util::Full;
use hyper::Response;
use hyper::body::{Bytes, Incoming};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::super::tls_config;

/// How long reaching a service may take.
const CONNECT: Duration = Duration::from_secs(1);
/// How often a quiet connection is looked after.
const ALIVE: Duration = Duration::from_secs(30);
/// How long an unused connection is kept.
const KEEP: Duration = Duration::from_secs(90);
/// The process's HTTP client: its connections are shared by all calls. Cheap to clone.
#[derive(Clone)]
pub struct HttpClient(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

impl std::fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HttpClient")
    }
}

impl HttpClient {
    /// A client without connections yet.
    ///
    /// # Errors
    /// A sentence, if TLS cannot be set up.
    pub fn new() -> Result<Self, String> {
        let tls = tls_config().map_err(|error| format!("TLS: {error}"))?;
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(ALIVE));
        tcp.set_connect_timeout(Some(CONNECT));
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config((*tls).clone())
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(KEEP)
            .build(connector);
        Ok(Self(client))
    }

    /// Sends a request as it is: its limits are the caller's.
    pub(crate) fn send(
        &self,
        request: hyper::Request<Full<Bytes>>,
    ) -> impl Future<Output = Result<Response<Incoming>, hyper_util::client::legacy::Error>> + Send + use<>
    {
        self.0.request(request)
    }
}

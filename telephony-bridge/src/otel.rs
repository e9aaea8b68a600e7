//! Traces of calls for a collector: OTLP over HTTP, protobuf, in builds with the feature `otel`.
//!
//! `OTEL_EXPORTER_OTLP_ENDPOINT` says where the collector is; `OTEL_SERVICE_NAME`, `OTEL_TRACES_SAMPLER` and `OTEL_BSP_*`
//! mean what OpenTelemetry says. A call's spans wait in a bounded queue and leave from a thread of their own:
//! a collector that is away costs spans, never a call.

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Handle;

use crate::config::Config;

/// For one batch of spans.
const EXPORT_LIMIT: Duration = Duration::from_secs(5);
/// For the last spans of a process that ends.
const STOP_LIMIT: Duration = Duration::from_secs(3);
/// What a collector may answer, in bytes.
const MAX_ANSWER: usize = 64 * 1024;

/// Traces cannot be exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OtelError {
    /// No HTTP client.
    #[error("the client of the traces' collector: {0}")]
    Client(#[from] reqwest::Error),
    /// No exporter.
    #[error("the exporter of traces: {0}")]
    Exporter(#[from] ExporterBuildError),
}

/// The export of traces, while it runs.
#[derive(Debug)]
pub struct Traces(Option<SdkTracerProvider>);

impl Traces {
    /// Starts it where the settings name a collector; call it inside the async runtime.
    ///
    /// # Errors
    /// [`OtelError`].
    pub fn start(config: &Config) -> Result<Self, OtelError> {
        let Some(base) = &config.otlp_endpoint else { return Ok(Self(None)) };
        let client = reqwest::Client::builder().timeout(EXPORT_LIMIT).no_proxy().build()?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Client { client, runtime: Handle::current() })
            .with_endpoint(format!("{base}/v1/traces"))
            .with_timeout(EXPORT_LIMIT)
            .build()?;
        let mut resource = Resource::builder();
        if std::env::var_os("OTEL_SERVICE_NAME").is_none() {
            resource = resource.with_service_name(env!("CARGO_PKG_NAME"));
        }
        let resource = resource.with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource.build())
            .build();
        opentelemetry::global::set_tracer_provider(provider.clone());
        tracing::info!(collector = base, "traces are exported");
        Ok(Self(Some(provider)))
    }

    /// Sends what waits, and ends.
    pub async fn stop(self) {
        let Some(provider) = self.0 else { return };
        // It blocks until the exporting thread, which needs this runtime, has ended.
        let stopped = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(STOP_LIMIT)).await;
        if let Ok(Err(error)) = stopped {
            tracing::warn!(%error, "the last traces are not exported");
        }
    }
}

/// The client of the rest of the bridge. Exports run on a thread without a runtime, so the request runs in ours.
#[derive(Debug)]
struct Client {
    client: reqwest::Client,
    runtime: Handle,
}

impl HttpClient for Client {
    fn send_bytes<'a, 'b>(
        &'a self,
        request: Request<Bytes>,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        let client = self.client.clone();
        let sent = self.runtime.spawn(async move {
            let mut answer = client.execute(request.try_into()?).await?;
            let mut body = Vec::new();
            while let Some(part) = answer.chunk().await? {
                if body.len() + part.len() > MAX_ANSWER {
                    return Err("the collector's answer is too long".into());
                }
                body.extend_from_slice(&part);
            }
            let mut response = Response::new(Bytes::from(body));
            *response.status_mut() = answer.status();
            *response.headers_mut() = std::mem::take(answer.headers_mut());
            Ok(response)
        });
        Box::pin(async move { sent.await? })
    }
}

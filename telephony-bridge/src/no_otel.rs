//! A build without the feature `otel` exports no traces, and says so where it is asked to.

use crate::config::Config;

/// Nothing can go wrong.
pub type OtelError = std::convert::Infallible;

/// No export of traces.
#[derive(Debug)]
pub struct Traces;

impl Traces {
    /// Warns where the settings name a collector.
    ///
    /// # Errors
    /// None.
    pub fn start(config: &Config) -> Result<Self, OtelError> {
        if config.otlp_endpoint.is_some() {
            tracing::warn!(
                "OTEL_EXPORTER_OTLP_ENDPOINT is set, but this build has no feature `otel`: no traces"
            );
        }
        Ok(Self)
    }

    /// Does nothing.
    pub async fn stop(self) {}
}

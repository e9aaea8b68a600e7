//! TLS for every client of the bridge: rustls with ring and Mozilla's roots.

use std::sync::{Arc, OnceLock};

use rustls::{ClientConfig, RootCertStore};

/// The process's TLS settings: TLS 1.2 and 1.3, the roots built in.
///
/// # Errors
/// [`rustls::Error`] if ring offers nothing for these versions, which would be a mistake of the build.
pub fn tls_config() -> Result<Arc<ClientConfig>, rustls::Error> {
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(config) = CONFIG.get() {
        return Ok(Arc::clone(config));
    }
    let roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::clone(CONFIG.get_or_init(|| Arc::new(config))))
}

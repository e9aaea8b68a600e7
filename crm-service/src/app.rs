//! What requests share, and how it comes about.

use std::time::Instant;

use secrecy::ExposeSecret as _;
use sha2::{Digest as _, Sha256};

use crate::config::{Config, Settings};
use crate::db::Db;
use crate::error::Error;
use crate::metrics::Metrics;
use crate::routing::number;
use crate::routing::token::CallTokens;
use crate::tenancy::{TenantCtx, tenants};

/// What requests share.
pub(crate) struct App {
    pub(crate) db: Db,
    pub(crate) settings: Settings,
    /// SHA-256 of the internal token: compared in constant time, of equal length always.
    pub(crate) internal_token: [u8; 32],
    pub(crate) call_tokens: CallTokens,
    /// Owner of numbers that nobody owns, on installs of a single business.
    pub(crate) default_business: Option<TenantCtx>,
    pub(crate) metrics: Metrics,
    pub(crate) started: Instant,
}

impl App {
    pub(crate) async fn start(config: &Config) -> Result<Self, Error> {
        let token = config.internal_token()?;
        if token.expose_secret().len() < 16 {
            tracing::warn!("INTERNAL_API_TOKEN is shorter than 16 characters: choose a longer secret");
        }
        number::warm_up();
        let db = Db::open(&config.database_url, config.settings.db_connections).await?;
        let default_business = default_business(&db, &config.settings).await?;
        Ok(Self {
            db,
            settings: config.settings.clone(),
            internal_token: Sha256::digest(token.expose_secret().as_bytes()).into(),
            call_tokens: CallTokens::new(config.call_token_secret.as_ref().unwrap_or(token)),
            default_business,
            metrics: Metrics::new()?,
            started: Instant::now(),
        })
    }
}

async fn default_business(db: &Db, settings: &Settings) -> Result<Option<TenantCtx>, Error> {
    let Some(slug) = &settings.default_business else {
        return Ok(None);
    };
    let mut tx = db.read().await?;
    let tenant = tenants::find(&mut tx, slug).await?;
    tx.commit().await?;
    tenant.map(Some).ok_or_else(|| Error::Config {
        setting: "DEFAULT_BUSINESS",
        problem: format!("there is no business with slug {slug:?}"),
    })
}

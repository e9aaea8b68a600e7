//! What is done to the database without a running service: migrations, businesses, keys, the demo.

use secrecy::SecretString;

use crate::clock;
use crate::config::Config;
use crate::db::{Db, Tx};
use crate::error::{Error, Fault, Refusal};
use crate::routing::number::Dialled;
use crate::tenancy::{TenantCtx, api_keys, change, channel_routes, profile, tenants};

pub use crate::tenancy::change::{DEFAULT_MODE, Emergencies, TenantChange};
pub use crate::tenancy::tenants::NewTenant;

/// Slug of the demo's business.
pub const DEMO_SLUG: &str = "demo-realestate";
/// Number of the demo's business.
pub const DEMO_NUMBER: &str = "+97233763805";

/// A business as created or found.
#[derive(Clone, Debug)]
pub struct Created {
    /// Tenant id.
    pub tenant_id: String,
    /// Its key, shown this once.
    pub api_key: SecretString,
}

/// How the agent of a business speaks and listens.
#[derive(Clone, Debug, PartialEq)]
pub struct TenantRow {
    /// Its slug.
    pub slug: String,
    /// Voice of the speech synthesis.
    pub voice: String,
    /// `auto`, `feminine` or `masculine`.
    pub agent_gender: String,
    /// `adaptive`, `polite` or `responsive`.
    pub barge_in_preset: String,
    /// More (1) or less (-1) readily interrupted than the preset alone (0).
    pub barge_in_sensitivity: f32,
    /// `chain` or `realtime`; absent: as the bridge is set.
    pub speech_mode: Option<String>,
    /// Phrases that its callers are likely to say.
    pub phrases: usize,
    /// Phrases that make a call urgent; absent: those of the bridge.
    pub emergencies: Option<usize>,
}

/// Brings the schema up to date.
///
/// # Errors
/// [`Error::Open`] or [`Error::Migration`].
pub async fn migrate(config: &Config) -> Result<(), Error> {
    open(config).await?.close().await;
    Ok(())
}

/// Creates a business with its numbers and an API key (`api_key`, or a fresh one), all or nothing.
///
/// # Errors
/// A [`Refusal`] when a value is out of bounds, or slug, number or key are taken.
pub async fn create_tenant(
    config: &Config,
    new: &NewTenant,
    numbers: &[String],
    api_key: Option<SecretString>,
) -> Result<Created, Error> {
    let db = open(config).await?;
    let now_ms = clock::now_ms();
    let api_key = api_key.unwrap_or_else(api_keys::generate);
    let mut tx = tenants::create(db.write().await?, new, now_ms).await?;
    let tenant = tx.tenant().clone();
    equip(tx.door(), &tenant, numbers, &api_key, now_ms).await?;
    tx.commit().await?;
    db.close().await;
    Ok(Created { tenant_id: tenant.id().to_owned(), api_key })
}

/// Changes settings of the business `slug`: its next call has them. Returns the tenant id.
///
/// # Errors
/// A [`Refusal`] when there is no such business or a value is out of bounds; then nothing is changed.
pub async fn set_tenant(config: &Config, slug: &str, change: &TenantChange) -> Result<String, Error> {
    let db = open(config).await?;
    let mut tx = db.write().await?;
    let tenant = tenants::find(&mut tx, slug).await?.ok_or_else(|| unknown(slug))?;
    let mut tx = tx.enter(tenant.clone()).await?;
    change::apply(&mut tx, change, clock::now_ms()).await?;
    tx.commit().await?;
    db.close().await;
    Ok(tenant.id().to_owned())
}

/// How the agents of all businesses speak and listen, in the order of the slugs.
///
/// # Errors
/// [`Error::Open`], or the database's own.
pub async fn tenants(config: &Config) -> Result<Vec<TenantRow>, Error> {
    let db = open(config).await?;
    let mut rows = Vec::new();
    let all = tenants::all(&mut db.read().await?).await?;
    for (slug, tenant) in all {
        let profile = profile::of(&mut db.read().await?.enter(tenant).await?).await?;
        rows.push(TenantRow {
            slug,
            voice: profile.voice,
            agent_gender: profile.agent_gender,
            barge_in_preset: profile.barge_in_preset,
            barge_in_sensitivity: profile.barge_in_sensitivity,
            speech_mode: profile.speech_mode,
            phrases: profile.vocabulary.lines().count(),
            emergencies: profile.emergencies.map(|list| list.lines().count()),
        });
    }
    db.close().await;
    Ok(rows)
}

/// Creates an API key of the business `slug`: `api_key`, or a fresh one.
///
/// # Errors
/// A [`Refusal`] when there is no such business or the key is malformed or taken.
pub async fn create_api_key(
    config: &Config,
    slug: &str,
    label: &str,
    api_key: Option<SecretString>,
) -> Result<Created, Error> {
    let db = open(config).await?;
    let api_key = api_key.unwrap_or_else(api_keys::generate);
    let mut tx = db.write().await?;
    let tenant = tenants::find(&mut tx, slug).await?.ok_or_else(|| unknown(slug))?;
    api_keys::store(&mut tx, &tenant, &api_key, label, clock::now_ms()).await?;
    tx.commit().await?;
    db.close().await;
    Ok(Created { tenant_id: tenant.id().to_owned(), api_key })
}

/// The demo's business: [`DEMO_SLUG`], owner of [`DEMO_NUMBER`]. Doing it again changes nothing but
/// adds the key, if it is another one.
///
/// # Errors
/// A [`Refusal`] when another business owns the number or the key.
pub async fn seed_demo(config: &Config, api_key: Option<SecretString>) -> Result<Created, Error> {
    let db = open(config).await?;
    let now_ms = clock::now_ms();
    let api_key = api_key.unwrap_or_else(api_keys::generate);
    let mut tx = db.write().await?;
    let found = tenants::find(&mut tx, DEMO_SLUG).await?;
    let mut tx = match found {
        Some(tenant) => tx.enter(tenant).await?,
        None => tenants::create(tx, &demo(), now_ms).await?,
    };
    let tenant = tx.tenant().clone();
    equip(tx.door(), &tenant, &[DEMO_NUMBER.to_owned()], &api_key, now_ms).await?;
    tx.commit().await?;
    db.close().await;
    Ok(Created { tenant_id: tenant.id().to_owned(), api_key })
}

fn unknown(slug: &str) -> Refusal {
    Refusal::new(Fault::NotFound, "unknown_business", format!("there is no business with slug {slug:?}"))
}

fn demo() -> NewTenant {
    NewTenant {
        vertical: "real_estate".to_owned(),
        phone_greeting: "שלום, הגעתם ל{business}. במה אפשר לעזור?".to_owned(),
        record: true,
        ..NewTenant::new(DEMO_SLUG, "קו החוף נדל״ן")
    }
}

async fn equip(
    tx: &mut Tx,
    tenant: &TenantCtx,
    numbers: &[String],
    api_key: &SecretString,
    now_ms: i64,
) -> Result<(), Error> {
    for number in numbers {
        let dialled = Dialled::parse(number);
        if dialled.as_str().is_empty() {
            return Err(Refusal::new(Fault::Unacceptable, "bad_number", "a number is blank").into());
        }
        channel_routes::assign(tx, tenant, &dialled, now_ms).await?;
    }
    api_keys::store(tx, tenant, api_key, "first", now_ms).await
}

async fn open(config: &Config) -> Result<Db, Error> {
    Db::open(&config.database_url, config.settings.db_connections).await
}

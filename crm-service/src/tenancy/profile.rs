//! What the call path needs to know of a business, in one query.

use crate::db::{TenantTx, tenant_fetch_one};
use crate::error::Error;

/// Settings and phone greeting of the business.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Profile {
    pub(crate) slug: String,
    pub(crate) name: String,
    pub(crate) assistant_name: String,
    pub(crate) locale: String,
    pub(crate) voice: String,
    pub(crate) agent_gender: String,
    /// One phrase a line.
    pub(crate) vocabulary: String,
    /// The same; `None`: what the bridge takes for urgent.
    pub(crate) emergencies: Option<String>,
    pub(crate) barge_in_preset: String,
    pub(crate) barge_in_sensitivity: f32,
    pub(crate) speech_mode: Option<String>,
    pub(crate) record: bool,
    pub(crate) announce: Option<String>,
    pub(crate) first_lead_status: String,
    pub(crate) prompt_version: i64,
    /// With its placeholders.
    pub(crate) greeting: String,
    pub(crate) greeting_version: i64,
}

/// Reads it afresh: an edited greeting is spoken at the next call.
pub(crate) async fn of(tx: &mut TenantTx) -> Result<Profile, Error> {
    Ok(tenant_fetch_one!(
        tx,
        Profile,
        "SELECT t.slug, s.name, s.assistant_name, s.locale, s.voice, s.agent_gender, s.vocabulary,
                s.emergencies, s.barge_in_preset, s.barge_in_sensitivity, s.speech_mode, s.record, s.announce,
                s.first_lead_status, s.prompt_version, g.text AS greeting,
                g.version AS greeting_version
         FROM tenants t
         JOIN tenant_settings s ON s.tenant_id = t.id
         JOIN greetings g ON g.tenant_id = t.id AND g.channel = 'phone'
         WHERE t.id = $1",
    )?)
}

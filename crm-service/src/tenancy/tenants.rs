//! Creating and finding businesses.

use crm_api::AgentGender;

use super::{TenantCtx, checks};
use crate::db::{TenantTx, Tx, exec, fetch_all, fetch_opt, tenant_exec};
use crate::error::{Error, Fault, Refusal};
use crate::ids;

/// The kinds of business.
const VERTICALS: [&str; 4] = ["general", "plumber", "real_estate", "studio"];

/// A business as it is created.
#[derive(Clone, Debug)]
pub struct NewTenant {
    /// Stable short name: `a-z`, `0-9` and `-`.
    pub slug: String,
    /// Name as spoken.
    pub name: String,
    /// Name of the assistant as spoken.
    pub assistant_name: String,
    /// `general`, `plumber`, `real_estate` or `studio`.
    pub vertical: String,
    /// BCP 47 tag.
    pub locale: String,
    /// IANA name.
    pub time_zone: String,
    /// Voice of the speech synthesis.
    pub voice: String,
    /// How the agent speaks of itself.
    pub agent_gender: AgentGender,
    /// Phrases that callers are likely to say.
    pub vocabulary: Vec<String>,
    /// Phrases that make a call urgent; absent: what the bridge takes for urgent.
    pub emergencies: Option<Vec<String>>,
    /// `adaptive`, `polite` or `responsive`.
    pub barge_in_preset: String,
    /// More (1) or less (-1) readily interrupted than the preset alone (0).
    pub barge_in_sensitivity: f32,
    /// `chain` or `realtime`; absent: as the bridge is set.
    pub speech_mode: Option<String>,
    /// May calls be recorded?
    pub record: bool,
    /// Spoken before anything else.
    pub announce: Option<String>,
    /// Status of a lead that nobody has looked at.
    pub first_lead_status: String,
    /// First words on the phone; `{business}` and `{assistant}` are filled in.
    pub phone_greeting: String,
}

impl NewTenant {
    /// A business with the defaults of a Hebrew one.
    #[must_use]
    pub fn new(slug: &str, name: &str) -> Self {
        Self {
            slug: slug.to_owned(),
            name: name.to_owned(),
            assistant_name: "נועה".to_owned(),
            vertical: "general".to_owned(),
            locale: "he-IL".to_owned(),
            time_zone: "Asia/Jerusalem".to_owned(),
            voice: crate::config::DEFAULT_VOICE.to_owned(),
            agent_gender: AgentGender::Auto,
            vocabulary: Vec::new(),
            emergencies: None,
            barge_in_preset: "adaptive".to_owned(),
            barge_in_sensitivity: 0.0,
            speech_mode: None,
            record: false,
            announce: None,
            first_lead_status: "חדש".to_owned(),
            phone_greeting: "שלום, הגעתם אל {business}, כאן {assistant}. איך אפשר לעזור?".to_owned(),
        }
    }

    fn check(&self) -> Result<(), Refusal> {
        let bad = |message: String| Err(Refusal::new(Fault::Unacceptable, "bad_business", message));
        let slug_ok = (1..=64).contains(&self.slug.len())
            && self.slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !slug_ok {
            return bad(format!("slug {:?}: 1 to 64 of a-z, 0-9 and -", self.slug));
        }
        if self.name.trim().is_empty() {
            return bad(format!("business {:?} has an empty name", self.slug));
        }
        if self.phone_greeting.trim().is_empty() {
            return bad(format!("business {:?} has an empty greeting", self.slug));
        }
        if !VERTICALS.contains(&&*self.vertical) {
            return bad(format!("vertical {:?} is none of {VERTICALS:?}", self.vertical));
        }
        checks::voice(&self.voice)?;
        checks::vocabulary(&self.vocabulary)?;
        self.emergencies.as_deref().map_or(Ok(()), checks::emergencies)?;
        checks::barge_in_preset(&self.barge_in_preset)?;
        checks::barge_in_sensitivity(self.barge_in_sensitivity)?;
        self.speech_mode.as_deref().map_or(Ok(()), checks::speech_mode)
    }
}

/// The business with this slug.
pub(crate) async fn find(tx: &mut Tx, slug: &str) -> Result<Option<TenantCtx>, Error> {
    let row = fetch_opt!(tx, (String,), "SELECT id FROM tenants WHERE slug = $1", slug)?;
    Ok(row.map(|(id,)| TenantCtx::new(&id)))
}

/// Every business with its slug, in the order of the slugs.
pub(crate) async fn all(tx: &mut Tx) -> Result<Vec<(String, TenantCtx)>, Error> {
    let rows = fetch_all!(tx, (String, String), "SELECT slug, id FROM tenants ORDER BY slug")?;
    Ok(rows.into_iter().map(|(slug, id)| (slug, TenantCtx::new(&id))).collect())
}

/// Creates a business and enters it; the caller commits.
///
/// # Errors
/// A [`Refusal`] when a value is out of bounds or the slug is taken.
pub(crate) async fn create(mut tx: Tx, new: &NewTenant, now_ms: i64) -> Result<TenantTx, Error> {
    new.check()?;
    let tenant = TenantCtx::new(&ids::fresh());
    let inserted = exec!(
        &mut tx,
        "INSERT INTO tenants (id, slug, created_at_ms) VALUES ($1, $2, $3) ON CONFLICT (slug) DO NOTHING",
        tenant.id(),
        &*new.slug,
        now_ms,
    )?;
    if inserted == 0 {
        return Err(Refusal::new(
            Fault::Conflict,
            "slug_taken",
            format!("a business with slug {:?} exists", new.slug),
        )
        .into());
    }
    let mut tx = tx.enter(tenant).await?;
    tenant_exec!(
        tx,
        "INSERT INTO tenant_settings (tenant_id, name, assistant_name, vertical, locale, time_zone, voice,
             agent_gender, vocabulary, emergencies, barge_in_preset, barge_in_sensitivity, speech_mode, record,
             announce, first_lead_status, prompt_version, updated_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 0, $17)",
        &*new.name,
        &*new.assistant_name,
        &*new.vertical,
        &*new.locale,
        &*new.time_zone,
        &*new.voice,
        new.agent_gender.as_str(),
        new.vocabulary.join("\n"),
        new.emergencies.as_ref().map(|phrases| phrases.join("\n")),
        &*new.barge_in_preset,
        new.barge_in_sensitivity,
        new.speech_mode.as_deref(),
        new.record,
        new.announce.as_deref(),
        &*new.first_lead_status,
        now_ms,
    )?;
    tenant_exec!(
        tx,
        "INSERT INTO greetings (tenant_id, channel, text, version, updated_at_ms)
         VALUES ($1, 'phone', $2, 1, $3)",
        &*new.phone_greeting,
        now_ms,
    )?;
    Ok(tx)
}

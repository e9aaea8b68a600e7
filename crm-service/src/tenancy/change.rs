//! Settings of a business that are changed after it was created.

use crm_api::AgentGender;

use super::checks;
use crate::db::{TenantTx, tenant_exec};
use crate::error::{Error, Refusal};

/// A speech mode that is none: calls are answered as the bridge is set.
pub const DEFAULT_MODE: &str = "default";

/// What makes a call of a business urgent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Emergencies {
    /// What the bridge takes for urgent.
    Usual,
    /// These phrases, in whatever language; none: no call is.
    These(Vec<String>),
}

/// What is to be changed; what is `None` stays as it is. The next call has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TenantChange {
    /// Voice of the speech synthesis.
    pub voice: Option<String>,
    /// How the agent speaks of itself.
    pub agent_gender: Option<AgentGender>,
    /// Phrases that callers are likely to say, all of them; an empty list removes what there was.
    pub vocabulary: Option<Vec<String>>,
    /// What makes a call urgent.
    pub emergencies: Option<Emergencies>,
    /// `adaptive`, `polite` or `responsive`.
    pub barge_in_preset: Option<String>,
    /// More (1) or less (-1) readily interrupted than the preset alone (0).
    pub barge_in_sensitivity: Option<f32>,
    /// `chain`, `realtime`, or [`DEFAULT_MODE`]: as the bridge is set.
    pub speech_mode: Option<String>,
}

impl TenantChange {
    /// Is nothing to be changed?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn check(&self) -> Result<(), Refusal> {
        self.voice.as_deref().map_or(Ok(()), checks::voice)?;
        self.vocabulary.as_deref().map_or(Ok(()), checks::vocabulary)?;
        if let Some(Emergencies::These(phrases)) = &self.emergencies {
            checks::emergencies(phrases)?;
        }
        self.barge_in_preset.as_deref().map_or(Ok(()), checks::barge_in_preset)?;
        self.barge_in_sensitivity.map_or(Ok(()), checks::barge_in_sensitivity)?;
        self.speech_mode.as_deref().filter(|mode| *mode != DEFAULT_MODE).map_or(Ok(()), checks::speech_mode)
    }
}

/// Changes the business that was entered; the caller commits.
///
/// # Errors
/// A [`Refusal`] when a value is out of bounds: then nothing is changed.
pub(crate) async fn apply(tx: &mut TenantTx, change: &TenantChange, now_ms: i64) -> Result<(), Error> {
    change.check()?;
    let emergencies = match &change.emergencies {
        Some(Emergencies::These(phrases)) => Some(phrases.join("\n")),
        Some(Emergencies::Usual) | None => None,
    };
    tenant_exec!(
        tx,
        "UPDATE tenant_settings
         SET voice = COALESCE($2, voice),
             agent_gender = COALESCE($3, agent_gender),
             vocabulary = COALESCE($4, vocabulary),
             barge_in_preset = COALESCE($5, barge_in_preset),
             barge_in_sensitivity = COALESCE($6, barge_in_sensitivity),
             speech_mode = NULLIF(COALESCE($7, speech_mode), 'default'),
             emergencies = CASE WHEN $8 THEN $9 ELSE emergencies END,
             updated_at_ms = $10
         WHERE tenant_id = $1",
        change.voice.as_deref(),
        change.agent_gender.map(AgentGender::as_str),
        change.vocabulary.as_ref().map(|phrases| phrases.join("\n")),
        change.barge_in_preset.as_deref(),
        change.barge_in_sensitivity,
        change.speech_mode.as_deref(),
        change.emergencies.is_some(),
        emergencies,
        now_ms,
    )?;
    Ok(())
}

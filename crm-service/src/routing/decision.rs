//! The decisions this step knows: the agent answers, with or without a business behind it.

use crm_api::{Business, Decision, RouteDecision};

use super::greeting;
use crate::config::Settings;
use crate::tenancy::TenantCtx;
use crate::tenancy::profile::Profile;

/// The agent answers for a business.
pub(crate) fn agent(tenant: &TenantCtx, profile: &Profile, call_token: String) -> RouteDecision {
    RouteDecision {
        decision: Decision::Agent,
        business: Some(Business {
            id: tenant.id().to_owned(),
            slug: profile.slug.clone(),
            name: profile.name.clone(),
        }),
        greeting: greeting::of(profile),
        prompt_version: u32::try_from(profile.prompt_version).unwrap_or(u32::MAX),
        locale: profile.locale.clone(),
        voice: profile.voice.clone(),
        // The database knows no other words.
        agent_gender: profile.agent_gender.parse().unwrap_or_default(),
        vocabulary: profile.vocabulary.lines().map(str::to_owned).collect(),
        emergencies: profile.emergencies.as_ref().map(|list| list.lines().map(str::to_owned).collect()),
        barge_in_preset: profile.barge_in_preset.clone(),
        barge_in_sensitivity: profile.barge_in_sensitivity,
        speech_mode: profile.speech_mode.clone(),
        dial: None,
        record: profile.record,
        announce: profile.announce.clone(),
        call_token: Some(call_token),
    }
}

/// The agent answers for nobody: neutral words, no recording, no tools.
pub(crate) fn neutral(settings: &Settings) -> RouteDecision {
    let greeting = greeting::neutral(&settings.default_voice, &settings.neutral_greeting);
    RouteDecision::for_nobody(greeting, &settings.default_voice)
}

//! From settings to the providers of a call.
//!
//! What all calls share (connections, health, voices, cache, probes) is made once; each call gets its chains.

use std::sync::Arc;
use std::time::Duration;

use crm_api::{AgentGender, RouteDecision};
use futures_util::FutureExt as _;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::chain::{LlmChain, SttChain, fell_back, is_open};
use super::cloud::Cloud;
use super::embedded::VoiceLibrary;
use super::google::EndpointError;
use super::google::tts;
use super::instructions::Instructions;
use super::net::{CallNet, Endpoint, Health, HttpClient, ProviderError, Reason, Role};
use super::openai::realtime::{Brief, RealtimeCall, RealtimeModel};
use super::openai::{self, ChatLlm, ChatModel, SpeechModel, Tools, TranscribeModel, TranscribeStt};
use super::probe::Probe;
use super::voice::{
    Beep, Cache, CacheError, CacheLimits, Clips, Espeak, Manner, Speaker, Speech, Voice, Voices, Written,
    gender_of,
};
use super::{Direct, Learned, Llm, Stt, Tts};
use crate::config::{Config, ProviderConfig, Service, speech_mode};
use crate::session::Line;
use crate::speech_text::Gender;
use crate::words::Emergencies;

/// Speech kept in memory, in bytes: half an hour of it.
const MEMORY: usize = 16_000_000;
/// How long the first audio of a phrase that nobody waits for may take.
const WARM_LIMIT: Duration = Duration::from_secs(10);
/// The providers cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// No HTTP client.
    #[error("{0}")]
    Http(String),
    /// No place to reach for Google.
    #[error("Google: {0}")]
    Google(#[from] EndpointError),
    /// No cache.
    #[error(transparent)]
    Cache(#[from] CacheError),
}

/// What the calls of a process share.
pub struct Toolkit {
    config: ProviderConfig,
    cloud: Cloud,
    stt: Option<Arc<TranscribeModel>>,
    llm: Option<Arc<ChatModel>>,
    realtime: Option<Arc<RealtimeModel>>,
    voices: Arc<Voices>,
    stop: CancellationToken,
    /// Ends the background work with the toolkit.
    _guard: DropGuard,
}

impl std::fmt::Debug for Toolkit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Toolkit").field("voices", &self.voices).finish_non_exhaustive()
    }
}

/// One call's needs.
#[derive(Clone, Debug)]
pub struct CallSetup<'a> {
    /// Its tasks and its wake.
    pub net: &'a CallNet,
    /// The call.
    pub call_sid: &'a str,
    /// What the CRM decided.
    pub decision: &'a RouteDecision,
    /// Does what tools ask for.
    pub crm: &'a crate::crm::CrmClient,
    /// What the conversation teaches.
    pub learned: &'a Learned,
    /// What makes it urgent.
    pub emergencies: &'a Arc<Emergencies>,
}

impl Toolkit {
    /// Makes what calls share, and says who is asked. Nothing is connected yet.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn new(config: &Config, library: &VoiceLibrary) -> Result<Self, SetupError> {
        let stop = CancellationToken::new();
        let settings = &config.providers;
        let http = HttpClient::new().map_err(SetupError::Http)?;
        let endpoint =
            |service: &Service| Endpoint::new(http.clone(), openai::NAME, &service.base, service.key.clone());
        let health = |role| Arc::new(Health::new(openai::NAME, role, true));
        let language = &settings.language;
        let stt = settings.stt.as_ref().map(|service| {
            TranscribeModel::new(endpoint(service), &settings.stt_model, language, health(Role::Stt)).into()
        });
        let llm = settings
            .llm
            .as_ref()
            .map(|service| ChatModel::new(endpoint(service), &settings.llm_model, health(Role::Llm)).into());
        let realtime = settings
            .realtime
            .clone()
            .map(|(settings, key)| RealtimeModel::new(settings, key, health(Role::Realtime)).into());
        let cloud = Cloud::new(&settings.cloud, &http, settings.timeout)?;
        let toolkit = Self {
            stt,
            llm,
            realtime,
            voices: Arc::new(voices(config, library, &cloud, endpoint)?),
            cloud,
            config: settings.clone(),
            _guard: stop.clone().drop_guard(),
            stop,
        };
        toolkit.announce();
        Ok(toolkit)
    }

    fn announce(&self) {
        let list = |names: &[&str]| names.join(", ");
        let ProviderConfig { stt_chain, llm_chain, tts_chain, .. } = &self.config;
        tracing::info!(stt = list(stt_chain), llm = list(llm_chain), tts = list(tts_chain), "providers");
        if self.config.is_embedded() {
            tracing::warn!("no provider is configured: calls run on the embedded ones (see OPENAI_BASE_URL)");
        }
    }

    /// Starts what runs beside the calls: probes of providers that are left out, and `phrases` made
    /// beforehand. Must be called on a tokio runtime; ends with the toolkit.
    pub fn start(&self, phrases: Vec<Line>) {
        if let Some(model) = self.stt.clone() {
            self.spawn(async move {
                let health = Arc::clone(model.health());
                health.keep_probing(|| model.probe()).await;
            });
        }
        if let Some(model) = self.llm.clone() {
            self.spawn(async move {
                let health = Arc::clone(model.health());
                health.keep_probing(|| model.probe()).await;
            });
        }
        if let Some(model) = self.realtime.clone() {
            self.spawn(async move {
                let health = Arc::clone(model.health());
                health.keep_probing(|| model.probe()).await;
            });
        }
        for probing in self.cloud.probing() {
            self.spawn(probing);
        }
        for (voice, health) in self.voices.each() {
            let (voice, health) = (Arc::clone(voice), Arc::clone(health));
            self.spawn(async move { health.keep_probing(|| probe_voice(&*voice)).await });
        }
        self.warm(Manner { voice: None, gender: self.gender(&Manner::default()) }, phrases);
    }

    /// How a call's lines are said. The business's word counts most, then the setting, then how the voice sounds.
    pub fn manner(&self, decision: &RouteDecision) -> Manner {
        // Nobody has chosen the voice of a call that belongs to nobody.
        let voice =
            decision.business.as_ref().map(|_| decision.voice.clone()).filter(|voice| !voice.is_empty());
        let manner = Manner { voice, gender: None };
        let gender = match decision.agent_gender {
            AgentGender::Feminine => Some(Gender::Feminine),
            AgentGender::Masculine => Some(Gender::Masculine),
            AgentGender::Auto => self.gender(&manner),
        };
        Manner { gender, ..manner }
    }

    /// The gender of an agent that nothing else is said of: as is set, or as the preferred voice sounds.
    fn gender(&self, manner: &Manner) -> Option<Gender> {
        let config = &self.config;
        let voice = |name: &&str| match (*name, &config.cloud.google, &config.tts) {
            (tts::NAME, Some(google), _) => {
                Some(manner.google(&google.voice.language).unwrap_or(&google.voice.voice))
            }
            (openai::NAME, _, Some(_)) => Some(manner.plain().unwrap_or(&config.tts_voice)),
            _ => None,
        };
        config.cloud.agent_gender.or_else(|| config.tts_chain.iter().find_map(voice).and_then(gender_of))
    }

    /// Makes lines beforehand, in the background, unless they are there.
    pub fn warm(&self, manner: Manner, lines: Vec<Line>) {
        // Without a provider there is nothing to be made.
        if !self.config.speaks() || tokio::runtime::Handle::try_current().is_err() {
            return;
        }
        let voices = Arc::clone(&self.voices);
        self.spawn(async move {
            for line in lines.iter().filter(|line| !line.is_empty()) {
                voices.warm(&manner, line, WARM_LIMIT).await;
            }
        });
    }

    /// A small request to each provider that is configured, to be run.
    pub fn probes(&self) -> Vec<Probe> {
        let mut probes: Vec<Probe> = self.cloud.probes().collect();
        if let Some(model) = self.stt.clone() {
            let run = async move { model.probe().await }.boxed();
            probes.push(Probe { role: Role::Stt, provider: openai::NAME, run });
        }
        if let Some(model) = self.llm.clone() {
            let run = async move { model.probe().await }.boxed();
            probes.push(Probe { role: Role::Llm, provider: openai::NAME, run });
        }
        if let Some(model) = self.realtime.clone() {
            let run = async move { model.probe().await }.boxed();
            probes.push(Probe { role: Role::Realtime, provider: openai::NAME, run });
        }
        for (voice, _) in self.voices.each() {
            // Recordings and the beep are always there.
            if [tts::NAME, openai::NAME, "espeak"].contains(&voice.name()) {
                let (voice, provider) = (Arc::clone(voice), voice.name());
                let run = async move { probe_voice(&*voice).await }.boxed();
                probes.push(Probe { role: Role::Tts, provider, run });
            }
        }
        probes
    }

    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        tokio::spawn(async move {
            let _stopped = stop.run_until_cancelled_owned(work).await;
        });
    }

    /// Is there a recogniser outside the bridge?
    pub fn hears(&self) -> bool {
        self.config.stt_chain.iter().any(|name| *name != "embedded")
    }

    /// Recognition for one call; `embedded` is the bridge's own, if it can hear at all.
    pub fn stt(&self, call: &CallSetup<'_>, embedded: Option<Box<dyn Stt>>) -> Box<dyn Stt> {
        let mut embedded = embedded;
        let mut chain = SttChain::new(self.config.timeout);
        let mut members = 0;
        for name in &self.config.stt_chain {
            if let Some((stt, health)) = self.cloud.stt(name, call.net, &call.decision.vocabulary) {
                chain.push(health.provider(), stt, Some(health));
                members += 1;
                continue;
            }
            match (*name, &self.stt, embedded.take_if(|_| *name == "embedded")) {
                (openai::NAME, Some(model), _) => {
                    let interim = self.config.stt_interim;
                    let stt = TranscribeStt::new(Arc::clone(model), call.net.clone(), interim)
                        .with_vocabulary(&call.decision.vocabulary);
                    chain.push(openai::NAME, Box::new(stt), Some(Arc::clone(model.health())));
                    members += 1;
                }
                // Alone it needs no chain.
                (_, _, Some(stt)) if members == 0 && self.config.stt_chain.len() == 1 => return stt,
                (name, _, Some(stt)) => {
                    chain.push(name, stt, None);
                    members += 1;
                }
                _ => {}
            }
        }
        Box::new(chain)
    }

    /// Replies for one call; `embedded` is the bridge's own.
    pub fn llm(&self, call: &CallSetup<'_>, embedded: Box<dyn Llm>) -> Box<dyn Llm> {
        let Some(model) = &self.llm else { return embedded };
        let mut embedded = Some(embedded);
        let mut chain = LlmChain::new(self.config.timeout);
        for name in &self.config.llm_chain {
            if *name == openai::NAME {
                let gender = self.manner(call.decision).gender.unwrap_or(Gender::Feminine);
                let instructions = self.instructions(call, gender).text();
                let llm = ChatLlm::new(Arc::clone(model), tools(call), call.net.clone(), instructions)
                    .with_gender(gender);
                chain.push(openai::NAME, Box::new(llm), Some(Arc::clone(model.health())));
            } else if let Some(embedded) = embedded.take() {
                chain.push("embedded", embedded, None);
            }
        }
        Box::new(chain)
    }

    /// Speech for one call; `embedded` is the bridge's own.
    pub fn tts(&self, call: &CallSetup<'_>, embedded: Box<dyn Tts>) -> Box<dyn Tts> {
        if !self.config.speaks() {
            return embedded;
        }
        let manner = self.manner(call.decision);
        Box::new(Speaker::new(Arc::clone(&self.voices), manner, call.net.clone(), self.config.timeout))
    }

    /// Speech to speech for one call, before the other three; none where the business does not want it, it is
    /// not configured, or it does not work now.
    pub fn direct(&self, call: &CallSetup<'_>) -> Option<Direct> {
        let asked = call.decision.speech_mode.as_deref();
        let wanted = asked.map_or(Some(self.config.speaks_directly), speech_mode);
        if wanted.is_none() {
            tracing::warn!(call_sid = call.call_sid, asked, "speech mode of the CRM is not known");
        }
        if !wanted.unwrap_or(self.config.speaks_directly) {
            return None;
        }
        let Some(model) = &self.realtime else {
            tracing::warn!(call_sid = call.call_sid, "speech to speech is not configured");
            return None;
        };
        if !is_open(Some(model.health())) {
            let reason = model.health().last_reason().map_or("failed", Reason::as_str);
            fell_back(Role::Realtime, openai::NAME, "chain", reason);
            return None;
        }
        let gender = self.manner(call.decision).gender.unwrap_or(Gender::Feminine);
        let instructions = self.instructions(call, gender).text_to_speak();
        let expected = call.decision.business.as_ref().map(|business| business.name.clone());
        let brief = Brief { instructions, expected: expected.unwrap_or_default(), gender };
        let (net, limit) = (call.net.clone(), self.config.timeout);
        let call = RealtimeCall::new(Arc::clone(model), tools(call), net, brief, limit);
        Some(Direct::new(Box::new(call)))
    }

    fn instructions<'a>(&'a self, call: &'a CallSetup<'_>, gender: Gender) -> Instructions<'a> {
        Instructions {
            file: self.config.llm_prompt.as_deref(),
            language: &self.config.language,
            gender,
            business: call.decision.business.as_ref().map(|business| business.name.as_str()),
            emergencies: call.emergencies,
            own_emergencies: call.decision.emergencies.is_some(),
        }
    }
}

fn tools(call: &CallSetup<'_>) -> Tools {
    let token = call.decision.call_token.clone();
    let crm = token.map(|token| (call.crm.clone(), token));
    Tools::new(crm, call.call_sid, call.net.clone())
        .with_transfer(call.decision.dial.is_some())
        .with_learned(call.learned.clone())
}

fn voices(
    config: &Config,
    library: &VoiceLibrary,
    cloud: &Cloud,
    endpoint: impl Fn(&Service) -> Endpoint,
) -> Result<Voices, SetupError> {
    let settings = &config.providers;
    let limits = CacheLimits { memory: MEMORY, disk: settings.tts_cache };
    let cache = match (settings.speaks(), settings.tts_cache) {
        (true, 1..) => Cache::open(&config.data_dir.join("speech"), limits)?,
        _ => Cache::in_memory(limits),
    };
    let mut voices = Voices::new(cache);
    for name in &settings.tts_chain {
        let voice: Option<Arc<dyn Voice>> = match (*name, &settings.tts) {
            (openai::NAME, Some(service)) => {
                let (model, voice) = (&settings.tts_model, &settings.tts_voice);
                Some(written(SpeechModel::new(endpoint(service), model, voice), settings))
            }
            (tts::NAME, _) => cloud.voice(),
            ("embedded", _) => Some(Arc::new(Clips::new(library.clone()))),
            ("espeak", _) if settings.speaks() => {
                let espeak = Espeak::new(&settings.espeak, &settings.language);
                espeak.is_installed().then(|| written(espeak, settings))
            }
            ("beep", _) => Some(Arc::new(Beep::default())),
            _ => None,
        };
        if let Some(voice) = voice {
            let health = Arc::new(Health::new(voice.name(), Role::Tts, true));
            voices.push(voice, health);
        }
    }
    Ok(voices)
}

/// A voice that reads plain text. What is written out is Hebrew.
fn written(voice: impl Voice, settings: &ProviderConfig) -> Arc<dyn Voice> {
    match settings.language.as_str() {
        "he" => Arc::new(Written::new(voice, settings.cloud.text.clone())),
        _ => Arc::new(voice),
    }
}

/// A word, to see whether a voice works.
async fn probe_voice(voice: &dyn Voice) -> Result<(), ProviderError> {
    let (mut speech, mut pieces) = Speech::channel(16);
    let line = Line::text("כן");
    let saying = async {
        let result = voice.say(&Manner::default(), &line, &mut speech).await;
        drop(speech);
        result
    };
    let listen = async { while pieces.recv().await.is_some() {} };
    tokio::join!(saying, listen).0
}

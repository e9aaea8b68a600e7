//! Google, Deepgram and Soniox as configured: what all calls share of them.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::Stt;
use super::deepgram::{self, Deepgram};
use super::google::EndpointError;
use super::google::auth::Auth;
use super::google::speech::{Api, GoogleSpeech, V1, V2};
use super::google::tts::{self, GoogleVoices};
use super::net::{CallNet, Health, HttpClient, ProviderError, Role};
use super::probe::Probe;
use super::recognition::{ForCall, Limits, Recogniser, StreamingStt, probe};
use super::soniox::{self, Soniox};
use super::voice::Voice;
use crate::config::{CloudConfig, GoogleAccount, GoogleConfig};

/// Recognition for one call.
type Open = Box<dyn Fn(&CallNet, &[String]) -> Box<dyn Stt> + Send + Sync>;
/// A small request.
type Ask = dyn Fn() -> BoxFuture<'static, Result<(), ProviderError>> + Send + Sync;

/// A recogniser of the process.
struct Member {
    health: Arc<Health>,
    open: Open,
    probe: Arc<Ask>,
}

/// What calls share.
#[derive(Default)]
pub struct Cloud {
    members: Vec<Member>,
    voice: Option<Arc<dyn Voice>>,
}

impl std::fmt::Debug for Cloud {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.members.iter().map(|member| member.health.provider())).finish()
    }
}

impl Cloud {
    /// Connects nothing yet. `patience`: how long a chain waits for one of them.
    ///
    /// # Errors
    /// [`EndpointError`].
    pub fn new(config: &CloudConfig, http: &HttpClient, patience: Duration) -> Result<Self, EndpointError> {
        let mut cloud = Self::default();
        if let Some(google) = &config.google {
            let auth = Arc::new(match &google.account {
                GoogleAccount::Service(account) => Auth::account(Arc::clone(account), http.clone()),
                GoogleAccount::Key(key) => Auth::key(key.clone()),
            });
            if google.v2 {
                cloud.push(tts::NAME, speech::<V2>(google, &auth)?, patience);
            } else {
                cloud.push(tts::NAME, speech::<V1>(google, &auth)?, patience);
            }
            cloud.voice = Some(Arc::new(GoogleVoices::new(http.clone(), google.voice.clone(), auth)?));
        }
        if let Some((settings, key)) = &config.deepgram {
            cloud.push(deepgram::NAME, Deepgram::new(settings, key.clone()), patience);
        }
        if let Some((settings, key)) = &config.soniox {
            cloud.push(soniox::NAME, Soniox::new(settings, key.clone()), patience);
        }
        Ok(cloud)
    }

    fn push<R: Recogniser>(&mut self, name: &'static str, recogniser: R, patience: Duration) {
        let recogniser = Arc::new(recogniser);
        let health = Arc::new(Health::new(name, Role::Stt, true));
        let limits = limits(patience);
        let open = {
            let (recogniser, health) = (Arc::clone(&recogniser), Arc::clone(&health));
            move |net: &CallNet, vocabulary: &[String]| -> Box<dyn Stt> {
                let recogniser = Arc::new(ForCall::new(Arc::clone(&recogniser), vocabulary.to_vec()));
                Box::new(StreamingStt::new(net, recogniser, Arc::clone(&health), limits))
            }
        };
        let probe = move || {
            let recogniser = Arc::clone(&recogniser);
            async move { probe(&*recogniser, name).await }.boxed()
        };
        self.members.push(Member { health, open: Box::new(open), probe: Arc::new(probe) });
    }

    /// Recognition by the service of this name for one call, whose callers are likely to say `vocabulary`.
    /// Must be called on a tokio runtime.
    pub fn stt(
        &self,
        name: &str,
        net: &CallNet,
        vocabulary: &[String],
    ) -> Option<(Box<dyn Stt>, Arc<Health>)> {
        let member = self.members.iter().find(|member| member.health.provider() == name)?;
        Some(((member.open)(net, vocabulary), Arc::clone(&member.health)))
    }

    /// Work that tries recognisers again that are left out. Runs until it is dropped.
    pub fn probing(&self) -> impl Iterator<Item = BoxFuture<'static, ()>> + '_ {
        self.members.iter().map(|member| {
            let (health, probe) = (Arc::clone(&member.health), Arc::clone(&member.probe));
            async move { health.keep_probing(|| probe()).await }.boxed()
        })
    }

    /// A moment of silence to each recogniser, to be run.
    pub fn probes(&self) -> impl Iterator<Item = Probe> + '_ {
        self.members.iter().map(|member| Probe {
            role: Role::Stt,
            provider: member.health.provider(),
            run: (member.probe)(),
        })
    }

    /// Google's voice.
    pub fn voice(&self) -> Option<Arc<dyn Voice>> {
        self.voice.clone()
    }
}

fn speech<A: Api>(google: &GoogleConfig, auth: &Arc<Auth>) -> Result<GoogleSpeech<A>, EndpointError> {
    GoogleSpeech::new(tts::NAME, google.speech.clone(), Arc::clone(auth))
}

/// A recogniser gives up a little before its chain does, and can say why.
fn limits(patience: Duration) -> Limits {
    let limits = Limits::default();
    let silent = limits.silent.min(patience.mul_f64(0.85));
    Limits { silent, settle: limits.settle.min(silent), ..limits }
}

//! Calls answered by a speech-to-speech model behind its real wire protocol.

mod call;
mod faults;
mod rollover;
mod tape;
mod tools;
mod vad;

use std::sync::Arc;
use std::time::Duration;

use audio_core::tape::Tape;
use crm_api::{CallEventKind, EndReason, Speaker};
use provider_fakes::crm::FakeCrm;
use provider_fakes::openai::FakeOpenAi;
use provider_fakes::realtime::FakeRealtime;
use provider_fakes::twilio_caller::CallRecord;

use crate::site::{PATIENCE, Site};

const KEY: &str = "sk-realtime";

/// A bridge whose calls are answered by a model, with an OpenAI-compatible chain behind it.
struct Line {
    site: Site,
    realtime: FakeRealtime,
}

impl Line {
    async fn start(realtime: FakeRealtime, settings: &[(&str, &str)]) -> Self {
        let openai = FakeOpenAi::start().await.expect("a port");
        Self::with(openai, realtime, settings).await
    }

    async fn with(openai: FakeOpenAi, realtime: FakeRealtime, settings: &[(&str, &str)]) -> Self {
        let url = realtime.url();
        let usual =
            [("SPEECH_MODE", "realtime"), ("REALTIME_BASE_URL", url.as_str()), ("REALTIME_API_KEY", KEY)];
        let settings: Vec<_> = usual.iter().chain(settings).copied().collect();
        let folder = Arc::new(tempfile::tempdir().expect("a folder"));
        let site = Site::with(openai, folder, &settings).await;
        Self { site, realtime }
    }

    /// One call, to its end, and to the last word of it that the CRM is told.
    async fn call(&self, tape: &Tape, sid: &str, hang_up_ms: u64) -> CallRecord {
        let call = self.site.caller(tape, sid, hang_up_ms).call();
        let record = tokio::time::timeout(PATIENCE, call).await.expect("the call ends").expect("a call");
        let call_sid = format!("CA{sid}");
        let over = |crm: &FakeCrm| {
            crm.events(&call_sid).iter().any(|event| matches!(event.kind, CallEventKind::Ended { .. }))
        };
        tokio::time::timeout(PATIENCE, self.site.crm.wait_until(over)).await.expect("the call's end");
        record
    }

    /// What was said, according to the CRM: who, what, and whether it was interrupted.
    fn turns(&self, sid: &str) -> Vec<(Speaker, String, bool)> {
        let turn = |kind| match kind {
            CallEventKind::Turn { speaker, text, interrupted, .. } => Some((speaker, text, interrupted)),
            _ => None,
        };
        self.site.crm.events(&format!("CA{sid}")).into_iter().filter_map(|event| turn(event.kind)).collect()
    }

    /// The same without interruptions, a line each.
    fn said(&self, sid: &str) -> Vec<String> {
        let who = |speaker| if speaker == Speaker::Caller { "caller" } else { "agent" };
        self.turns(sid).into_iter().map(|(speaker, text, _)| format!("{}: {text}", who(speaker))).collect()
    }

    fn end(&self, sid: &str) -> Option<EndReason> {
        self.site.crm.events(&format!("CA{sid}")).into_iter().find_map(|event| match event.kind {
            CallEventKind::Ended { reason, .. } => Some(reason),
            _ => None,
        })
    }

    /// How far the agent was heard at each interruption, in ms.
    fn heard_at_yields(&self, sid: &str) -> Vec<u64> {
        let events = self.site.crm.events(&format!("CA{sid}")).into_iter();
        let heard = events.filter_map(|event| match event.kind {
            CallEventKind::BargeIn { heard_ms, .. } => Some(heard_ms),
            _ => None,
        });
        heard.collect()
    }

    /// Stops the bridge; nothing is left of any session.
    async fn down(self) {
        let (openai, _folder) = self.site.down().await;
        let realtime = self.realtime;
        crate::site::eventually("no session is left", || realtime.live() == 0).await;
        drop(openai);
        tokio::time::sleep(Duration::from_millis(10)).await;
        crate::site::eventually("no task is left", || telephony_bridge::providers::net::live_tasks() == 0)
            .await;
    }
}

//! The conversation, driven by hand.

mod direct;
mod draft;
mod ends;
mod interruptions;
mod never_stuck;
mod overdue;
mod overlap;
mod turns;
mod words;

use audio_core::barge_in::Reasons;
use audio_core::frame::SampleTime;
use audio_core::pipeline::PipelineEvent;
use crm_api::{CallEventKind, EndReason, Speaker};

use super::*;

/// A session whose outputs are kept.
pub(super) struct Call {
    pub(super) session: Session,
    pub(super) outputs: Vec<Output>,
}

impl Call {
    pub(super) fn new() -> Self {
        Self { session: Session::new(SessionConfig::default()), outputs: Vec::new() }
    }

    pub(super) fn at(&mut self, ms: u64, input: Input<'_>) -> &mut Self {
        self.session.handle(CallTime::from_ms(ms), input);
        while let Some(output) = self.session.poll() {
            self.outputs.push(output);
        }
        self
    }

    fn speech(&mut self, ms: u64, event: PipelineEvent) -> &mut Self {
        self.at(ms, Input::Speech(event))
    }

    fn voice(&mut self, ms: u64) -> &mut Self {
        let at = SampleTime::from_ms(ms);
        self.speech(ms, PipelineEvent::SpeechStart { at, onset: at.saturating_sub(480) })
    }

    fn silence(&mut self, ms: u64) -> &mut Self {
        let at = SampleTime::from_ms(ms);
        self.speech(ms, PipelineEvent::SpeechEnd { at, last_voice: SampleTime::from_ms(ms - 300) })
    }

    fn barge_in(&mut self, ms: u64) -> &mut Self {
        let at = SampleTime::from_ms(ms);
        self.speech(
            ms,
            PipelineEvent::BargeIn {
                at,
                onset: at.saturating_sub(2_400),
                score: 0.9,
                reasons: Reasons::default(),
            },
        )
    }

    /// Delivers every timeout due by `ms`, each at its own time.
    pub(super) fn pass_until(&mut self, ms: u64) -> &mut Self {
        while let Some(at) = self.session.poll_timeout().filter(|at| *at <= CallTime::from_ms(ms)) {
            self.session.handle(at, Input::Timeout);
            while let Some(output) = self.session.poll() {
                self.outputs.push(output);
            }
        }
        self
    }

    fn state(&self) -> State {
        self.session.state()
    }

    fn last_utterance(&self) -> UtteranceId {
        let spoken = self.outputs.iter().rev().find_map(|o| match o {
            Output::Speak { utterance, .. } | Output::Play { utterance, .. } => Some(*utterance),
            _ => None,
        });
        spoken.expect("nothing was said")
    }

    fn last_turn(&self) -> TurnId {
        let turn = self.outputs.iter().rev().find_map(|o| match o {
            Output::SttStart { turn, .. } => Some(*turn),
            _ => None,
        });
        turn.expect("no turn was heard")
    }

    /// The utterance is played to its end, and its mark comes back.
    fn plays(&mut self, from_ms: u64, length_ms: u64) -> &mut Self {
        let utterance = self.last_utterance();
        self.at(from_ms, Input::Playing { utterance })
            .at(from_ms, Input::Tts { utterance, event: TtsEvent::End { total_ms: length_ms } })
            .at(from_ms + length_ms, Input::Mark { utterance })
    }

    /// A call past its greeting, listening at 2 s.
    fn greeted() -> Self {
        let mut call = Self::new();
        call.at(0, Input::Start(start())).plays(0, 2_000);
        call
    }

    /// The caller says `text` from `ms` on for a second; the words are final at `ms` + 1750.
    fn says(&mut self, ms: u64, text: &str) -> &mut Self {
        self.voice(ms).silence(ms + 1_300).pass_until(ms + 1_500);
        let turn = self.last_turn();
        self.at(ms + 1_750, Input::Stt { turn, event: SttEvent::Final(text) })
    }

    fn replies(&mut self, ms: u64, text: &str) -> &mut Self {
        let turn = self.last_turn();
        self.at(ms, Input::Llm { turn, event: LlmEvent::Sentence(Line::text(text)) });
        self.at(
            ms,
            Input::Llm {
                turn,
                event: LlmEvent::Done { fields: Default::default(), hang_up: false, transfer: false },
            },
        )
    }

    fn turns(&self) -> Vec<(Speaker, String, bool)> {
        let turns = self.outputs.iter().filter_map(|o| match o {
            Output::Crm(CallEventKind::Turn { speaker, text, interrupted, .. }) => {
                Some((*speaker, text.clone(), *interrupted))
            }
            _ => None,
        });
        turns.collect()
    }
}

pub(super) fn start() -> CallStart {
    CallStart {
        direct: false,
        turn_patience_ms: 0,
        from: "+972502345678".into(),
        to: "+97233763805".into(),
        stream_sid: "MZ1".into(),
        greeting: Line::text("שלום, במה אפשר לעזור?"),
    }
}

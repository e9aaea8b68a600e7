//! A call as spans: the call, its greeting and turns, and the steps from the end of the caller's turn to the
//! agent's first sound.
//!
//! They are read off the session's inputs and outputs, and hold no words, no numbers of callers and no names of
//! people. A step ends when its first result is there; a turn, when the answer is first heard.

use crm_api::EndReason;
use opentelemetry::global::{self, BoxedSpan, BoxedTracer};
use opentelemetry::trace::{Span as _, SpanKind, Status, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, KeyValue};

use crate::providers::SttResult;
use crate::server::CallInfo;
use crate::session::{LlmEvent, Output, TtsEvent, TurnId, UtteranceId};
use crate::tape::WireInput;

/// From the turn's end to its answer, in this order.
#[derive(Clone, Copy)]
enum Step {
    /// To the words, for good.
    Words,
    /// To the reply's first sentence: tokens do not leave the provider.
    Sentence,
    /// To the first audio of the voice.
    Voice,
    /// To the first frame on the wire.
    Out,
}

impl Step {
    const COUNT: usize = 4;

    const fn name(self) -> &'static str {
        match self {
            Self::Words => "stt.final",
            Self::Sentence => "llm.first_sentence",
            Self::Voice => "tts.first_byte",
            Self::Out => "audio.first_out",
        }
    }
}

/// The greeting, or a turn.
struct Turn {
    /// `None`: the greeting.
    id: Option<TurnId>,
    span: Context,
    steps: [Option<BoxedSpan>; Step::COUNT],
    /// Its first utterance.
    utterance: Option<UtteranceId>,
}

/// The spans of one call.
pub(super) struct CallSpans {
    tracer: BoxedTracer,
    call: Context,
    turn: Option<Turn>,
    /// A reply to this turn was begun before its end.
    drafted: Option<TurnId>,
}

impl CallSpans {
    pub(super) fn begin(call: &CallInfo, stream_sid: &str) -> Self {
        let tracer = global::tracer(env!("CARGO_PKG_NAME"));
        let business = call.decision.business.as_ref().map(|business| business.slug.clone());
        let span = tracer.span_builder("call").with_kind(SpanKind::Server).with_attributes([
            KeyValue::new("kav.call_sid", call.call_sid.clone()),
            KeyValue::new("kav.stream_sid", stream_sid.to_owned()),
            KeyValue::new("kav.business", business.unwrap_or_default()),
            KeyValue::new("kav.came_back", call.earlier.is_some()),
        ]);
        // Nobody's child: a call begins where Twilio connects.
        let span = tracer.build_with_context(span, &Context::new());
        Self { tracer, call: Context::new().with_span(span), turn: None, drafted: None }
    }

    pub(super) fn input(&mut self, input: &WireInput) {
        match input {
            WireInput::Start(start) if !start.greeting.is_empty() => self.turn(None),
            WireInput::Stt(turn, SttResult::Final(_)) if self.is(*turn) => {
                self.done(Step::Words, true);
            }
            WireInput::Stt(turn, SttResult::Failed) if self.is(*turn) => {
                self.done(Step::Words, false);
            }
            WireInput::Llm(turn, event) if self.is(*turn) => {
                self.done(Step::Sentence, !matches!(event, LlmEvent::Failed));
            }
            WireInput::Tts(utterance, event) if self.says(*utterance) => match event {
                TtsEvent::Audio { .. } => {
                    if self.done(Step::Voice, true) {
                        self.step(Step::Out);
                    }
                }
                TtsEvent::Failed => {
                    self.done(Step::Voice, false);
                }
                TtsEvent::End { .. } => {}
            },
            WireInput::Playing(utterance) if self.says(*utterance) => {
                self.done(Step::Out, true);
                self.over("answered");
            }
            _ => {}
        }
    }

    pub(super) fn output(&mut self, output: &Output) {
        match output {
            Output::TurnEnd { turn, .. } => self.turn(Some(*turn)),
            Output::SttFinish { turn } => {
                self.turn(Some(*turn));
                self.step(Step::Words);
            }
            Output::Draft { turn, .. } => self.drafted = Some(*turn),
            Output::DropDraft { .. } => self.drafted = None,
            Output::Reply { turn, .. } if self.is(*turn) => {
                self.attribute(KeyValue::new("kav.drafted", self.drafted == Some(*turn)));
                self.step(Step::Sentence);
            }
            Output::Speak { utterance, cached, .. } => {
                if let Some(turn) = self.turn.as_mut().filter(|turn| turn.utterance.is_none()) {
                    turn.utterance = Some(*utterance);
                    self.step(Step::Voice);
                    self.attribute(KeyValue::new("kav.cached", *cached));
                }
            }
            Output::TakenBack { turn } if self.is(*turn) => self.over("taken_back"),
            Output::Yield { .. } => {
                self.call.span().add_event("yield", Vec::new());
                self.over("interrupted");
            }
            Output::Degraded(provider) => {
                let provider = KeyValue::new("kav.provider", format!("{provider:?}").to_lowercase());
                let span = self.turn.as_ref().map_or(&self.call, |turn| &turn.span);
                span.span().add_event("fallback", vec![provider]);
            }
            _ => {}
        }
    }

    /// The call is over.
    pub(super) fn end(&mut self, reason: EndReason) {
        self.over("unanswered");
        let span = self.call.span();
        span.set_attribute(KeyValue::new("kav.end_reason", format!("{reason:?}")));
        if reason == EndReason::Failed {
            span.set_status(Status::error("the call failed"));
        }
        span.end();
    }

    fn is(&self, turn: TurnId) -> bool {
        self.turn.as_ref().is_some_and(|open| open.id == Some(turn))
    }

    fn says(&self, utterance: UtteranceId) -> bool {
        self.turn.as_ref().is_some_and(|open| open.utterance == Some(utterance))
    }

    /// A turn, or the greeting, unless it is open.
    fn turn(&mut self, id: Option<TurnId>) {
        if self.turn.as_ref().is_some_and(|open| open.id == id) {
            return;
        }
        self.over("superseded");
        let mut span = self.tracer.span_builder(if id.is_some() { "turn" } else { "greeting" });
        if let Some(id) = id {
            span = span.with_attributes([KeyValue::new("kav.turn", i64::from(id.0))]);
        }
        let span = self.tracer.build_with_context(span, &self.call);
        let span = self.call.with_span(span);
        self.turn = Some(Turn { id, span, steps: [const { None }; Step::COUNT], utterance: None });
    }

    /// A step begins, once in a turn.
    fn step(&mut self, step: Step) {
        let Some(turn) = &mut self.turn else { return };
        let builder = self.tracer.span_builder(step.name()).with_kind(SpanKind::Client);
        turn.steps[step as usize].get_or_insert_with(|| self.tracer.build_with_context(builder, &turn.span));
    }

    fn attribute(&self, attribute: KeyValue) {
        if let Some(turn) = &self.turn {
            turn.span.span().set_attribute(attribute);
        }
    }

    /// A step ends. `false`: it was not running.
    fn done(&mut self, step: Step, well: bool) -> bool {
        let span = self.turn.as_mut().and_then(|turn| turn.steps[step as usize].as_mut());
        let Some(span) = span.filter(|span| span.is_recording()) else { return false };
        if !well {
            span.set_status(Status::error("the provider failed"));
        }
        span.end();
        true
    }

    /// The open turn ends; steps that still run end with it.
    fn over(&mut self, outcome: &'static str) {
        let Some(mut turn) = self.turn.take() else { return };
        turn.steps.iter_mut().flatten().for_each(BoxedSpan::end);
        let span = turn.span.span();
        span.set_attribute(KeyValue::new("kav.outcome", outcome));
        span.end();
    }
}

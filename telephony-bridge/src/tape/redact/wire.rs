//! `wire.jsonl`: the audio of both sides and every word in it.

use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;

use audio_core::codec::ulaw;

use super::numbers::cut;
use super::{RedactError, Side, Voice, Words};
use crate::providers::{SpeechFrame, SttResult};
use crate::session::{Line, LlmEvent};
use crate::tape::{Decision, Payload, Wire, WireInput, WireLine};

/// Redacts the record of a live call, if there is one, line by line.
pub(super) fn redact(from: &Path, to: &Path, words: &mut Words<'_>) -> Result<(), RedactError> {
    let (from, to) = (from.join("wire.jsonl"), to.join("wire.jsonl"));
    if !from.exists() {
        return Ok(());
    }
    let lines = BufReader::new(File::open(&from).map_err(RedactError::io(&from))?);
    let mut out = BufWriter::new(File::create(&to).map_err(RedactError::io(&to))?);
    let (mut caller, mut agent) = (Voice::new(Side::Caller)?, Voice::new(Side::Agent)?);
    for (i, text) in lines.split(b'\n').enumerate() {
        let text = text.map_err(RedactError::io(&from))?;
        let line = serde_json::from_slice(&text);
        let line: WireLine =
            line.map_err(|source| RedactError::Line { path: from.clone(), line: i + 1, source })?;
        let what = match line.what {
            Wire::MediaIn { seq, timestamp, payload } => {
                Wire::MediaIn { seq, timestamp, payload: replaced(&payload.0, &mut caller) }
            }
            Wire::MediaOut { at, generation, utterance, last, payload } => {
                let payload = replaced(&payload.0, &mut agent);
                Wire::MediaOut { at, generation, utterance, last, payload }
            }
            Wire::Dtmf { .. } => Wire::Dtmf { digit: '0' },
            Wire::Input { input } => Wire::Input { input: masked_input(input, words) },
            Wire::Decision { decision: Decision::Reply(turn, text) } => {
                Wire::Decision { decision: Decision::Reply(turn, words.masked(&text)) }
            }
            other => other,
        };
        serde_json::to_writer(&mut out, &WireLine { what, ..line })
            .map_err(std::io::Error::from)
            .and_then(|()| out.write_all(b"\n"))
            .map_err(RedactError::io(&to))?;
    }
    out.flush().map_err(RedactError::io(&to))
}

fn replaced(codes: &SpeechFrame, voice: &mut Voice) -> Payload {
    Payload(voice.process(&codes.map(ulaw::decode)).map(ulaw::encode))
}

fn masked_line(line: Line, words: &mut Words<'_>) -> Line {
    Line { text: words.masked(&line.text), ..line }
}

fn masked_input(input: WireInput, words: &mut Words<'_>) -> WireInput {
    match input {
        WireInput::Start(mut start) => {
            start.from = cut(&start.from);
            start.to = cut(&start.to);
            start.stream_sid = "MZ0".to_owned();
            start.greeting = masked_line(start.greeting, words);
            WireInput::Start(start)
        }
        WireInput::Stt(turn, result) => WireInput::Stt(
            turn,
            match result {
                SttResult::Partial(text) => SttResult::Partial(words.masked(&text)),
                SttResult::Final(text) => SttResult::Final(words.masked(&text)),
                other @ (SttResult::TurnOver | SttResult::Failed) => other,
            },
        ),
        WireInput::Llm(turn, event) => WireInput::Llm(
            turn,
            match event {
                LlmEvent::Sentence(line) => LlmEvent::Sentence(masked_line(line, words)),
                LlmEvent::Spoken(text) => LlmEvent::Spoken(words.masked(&text)),
                LlmEvent::Words(text) => LlmEvent::Words(words.masked(&text)),
                LlmEvent::Done { fields, hang_up, transfer } => {
                    let fields = fields.into_iter().map(|(name, value)| (name, words.masked(&value)));
                    LlmEvent::Done { fields: fields.collect(), hang_up, transfer }
                }
                LlmEvent::Failed => LlmEvent::Failed,
            },
        ),
        other => other,
    }
}

//! Replies of one call from a chat model: sentence by sentence, with tools.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use crm_api::Speaker;
use serde_json::{Value, json};

use super::draft::Draft;
use super::memory::Memory;
use super::stopgap::{FILLER_AFTER, GOODBYE, MAX_ROUNDS, filler, hand_over};
use super::tools::{END_CALL, TRANSFER};
use super::written::{Wanted, Written};
use super::{ChatModel, ToolCall, Tools};
use crate::providers::Llm;
use crate::providers::net::{CallNet, Inbox, Outbox, Phase, ProviderError, Reason, Worker};
use crate::providers::text::{Sentences, speakable};
use crate::session::{CallTime, Line, LlmEvent, TurnId};
use crate::speech_text::Gender;

/// Results that may wait for the driver.
const RESULTS: usize = 32;

/// The reply being written. Dropping it ends the request.
#[derive(Debug)]
struct Wanting {
    turn: TurnId,
    worker: Worker<Wanted, Written>,
    /// What was written before it was wanted.
    written: VecDeque<Written>,
}

/// Replies for one call.
#[derive(Debug)]
pub struct ChatLlm {
    model: Arc<ChatModel>,
    tools: Tools,
    net: CallNet,
    instructions: String,
    gender: Gender,
    memory: Memory,
    reply: Option<Wanting>,
    /// The same that nobody has asked for yet.
    draft: Option<Draft>,
    summary: Option<Worker<(), Option<String>>>,
}

impl ChatLlm {
    /// Replies by `model` under `instructions`.
    pub fn new(model: Arc<ChatModel>, tools: Tools, net: CallNet, instructions: String) -> Self {
        Self {
            model,
            tools,
            net,
            instructions,
            gender: Gender::Feminine,
            memory: Memory::default(),
            reply: None,
            draft: None,
            summary: None,
        }
    }

    /// The same, by an agent of this gender; a woman where nothing is said.
    #[must_use]
    pub fn with_gender(mut self, gender: Gender) -> Self {
        self.gender = gender;
        self
    }

    /// Begins to write.
    fn begin(&self, turn: TurnId, text: &str) -> Worker<Wanted, Written> {
        let messages = self.memory.messages(&self.instructions, text);
        let (model, tools, gender) = (Arc::clone(&self.model), self.tools.clone(), self.gender);
        self.net.spawn(1, RESULTS, |wanted, outbox| async move {
            let reply = Reply {
                model,
                tools,
                turn,
                gender,
                wanted: Some(wanted),
                outbox,
                sentences: Sentences::default(),
                said: 0,
            };
            reply.write(messages).await;
        })
    }

    fn sum_up(&mut self) {
        if let Some(worker) = &mut self.summary {
            let ended = worker.has_ended();
            match worker.poll() {
                Some(summary) => self.memory.summed_up(summary.as_deref()),
                None if ended => self.memory.summed_up(None),
                None => return,
            }
            self.summary = None;
        }
        let Some(messages) = self.memory.take_old_turns() else { return };
        let model = Arc::clone(&self.model);
        self.summary = Some(self.net.spawn(1, 1, |_, outbox| async move {
            outbox.send(model.complete(&messages).await.ok()).await;
        }));
    }
}

impl Llm for ChatLlm {
    fn reply(&mut self, _now: CallTime, turn: TurnId, _index: u32, text: &str) {
        let begun = self.draft.take().filter(|draft| draft.turn() == turn).and_then(Draft::adopt);
        let (worker, written) = begun.unwrap_or_else(|| (self.begin(turn, text), VecDeque::new()));
        // One that has ended already waits for nothing.
        let _ = worker.send(Wanted);
        self.reply = Some(Wanting { turn, worker, written });
    }

    fn draft(&mut self, _now: CallTime, turn: TurnId, _index: u32, text: &str) -> bool {
        self.draft = Some(Draft::new(turn, self.begin(turn, text)));
        true
    }

    fn cancel(&mut self, turn: TurnId) {
        self.draft.take_if(|draft| draft.turn() == turn);
        self.reply.take_if(|reply| reply.turn == turn);
    }

    fn said(&mut self, speaker: Speaker, text: &str, interrupted: bool) {
        self.memory.said(speaker, text, interrupted);
        // A draft does not know of it.
        self.draft = None;
        self.sum_up();
    }

    fn poll(&mut self, _now: CallTime) -> Option<(TurnId, LlmEvent)> {
        if self.summary.is_some() {
            self.sum_up();
        }
        let Wanting { turn, worker, written } = self.reply.as_mut()?;
        let turn = *turn;
        loop {
            let ended = worker.has_ended();
            let event = match written.pop_front().or_else(|| worker.poll()) {
                Some(Written::Event(event)) => event,
                Some(Written::Used(messages)) => {
                    self.memory.used(messages);
                    continue;
                }
                None if ended => LlmEvent::Failed,
                None => return None,
            };
            if matches!(event, LlmEvent::Done { .. } | LlmEvent::Failed) {
                self.reply = None;
            }
            return Some((turn, event));
        }
    }

    fn poll_timeout(&self) -> Option<CallTime> {
        None
    }
}

/// A reply being written.
struct Reply {
    model: Arc<ChatModel>,
    tools: Tools,
    turn: TurnId,
    gender: Gender,
    /// Says when the reply is wanted, until it is.
    wanted: Option<Inbox<Wanted>>,
    outbox: Outbox<Written>,
    sentences: Sentences,
    said: usize,
}

impl Reply {
    async fn write(mut self, messages: Vec<Value>) {
        let event = match self.rounds(messages).await {
            Ok((hang_up, transfer)) => {
                self.model.health().succeeded();
                LlmEvent::Done { fields: BTreeMap::new(), hang_up, transfer }
            }
            Err(error) => {
                self.model.health().failed(Instant::now(), &error);
                LlmEvent::Failed
            }
        };
        self.outbox.send(Written::Event(event)).await;
    }

    /// Asks until the model wants no more tools. Returns whether to hang up, and whether to hand over.
    async fn rounds(&mut self, mut messages: Vec<Value>) -> Result<(bool, bool), ProviderError> {
        let described = self.tools.described();
        let (mut hang_up, mut transfer) = (false, false);
        for round in 0..=MAX_ROUNDS {
            let tools = if round < MAX_ROUNDS { &described[..] } else { &[] };
            let calls = self.ask(&messages, tools).await?;
            let (ends, calls): (Vec<_>, Vec<_>) = calls.into_iter().partition(|call| call.name == END_CALL);
            hang_up |= !ends.is_empty();
            let (persons, calls): (Vec<_>, Vec<_>) =
                calls.into_iter().partition(|call| call.name == TRANSFER && self.tools.can_transfer());
            transfer |= !persons.is_empty();
            if calls.is_empty() {
                break;
            }
            self.until_wanted().await;
            let exchange = self.use_tools(calls).await;
            messages.extend(exchange.iter().cloned());
            self.outbox.send(Written::Used(exchange)).await;
            if hang_up || transfer {
                break;
            }
        }
        if self.said == 0 && (hang_up || transfer) {
            self.say(if transfer { hand_over(self.gender) } else { GOODBYE }).await;
        }
        if self.said == 0 {
            let detail = "a reply without a word to say";
            return Err(ProviderError::new(super::NAME, Phase::Answer, Reason::Garbage, detail));
        }
        Ok((hang_up, transfer))
    }

    /// Waits until the reply is wanted: a tool does what cannot be taken back.
    async fn until_wanted(&mut self) {
        if let Some(mut wanted) = self.wanted.take()
            && wanted.recv().await.is_none()
        {
            // Nobody will ever want it: this task is about to be dropped.
            std::future::pending::<()>().await;
        }
    }

    /// One answer: its sentences are said as they come, its tool calls returned.
    async fn ask(&mut self, messages: &[Value], tools: &[Value]) -> Result<Vec<ToolCall>, ProviderError> {
        let asked = Instant::now();
        let mut stream = self.model.ask(messages, tools).await?;
        let mut first = true;
        while let Some(piece) = stream.next().await? {
            if std::mem::take(&mut first) {
                self.model.health().first_result(asked.elapsed());
                // A sign of life: the first sentence is still to be written.
                self.outbox.send(Written::Event(LlmEvent::Sentence(Line::default()))).await;
            }
            for sentence in self.sentences.push(&piece) {
                self.say(&sentence).await;
            }
        }
        if let Some(rest) = self.sentences.finish() {
            self.say(&rest).await;
        }
        Ok(stream.calls())
    }

    async fn say(&mut self, sentence: &str) {
        let text = speakable(sentence);
        if !text.is_empty() {
            self.said += 1;
            self.outbox.send(Written::Event(LlmEvent::Sentence(Line::text(text)))).await;
        }
    }

    /// Uses the tools, one after the other; returns call and results as messages.
    async fn use_tools(&mut self, calls: Vec<ToolCall>) -> Vec<Value> {
        let tools = self.tools.clone();
        let turn = self.turn;
        let work = async {
            let mut results = Vec::with_capacity(calls.len());
            for (index, call) in calls.iter().enumerate() {
                let content = tools.call(turn, index, call).await;
                results.push(json!({ "role": "tool", "tool_call_id": id(index, call), "content": content }));
            }
            results
        };
        tokio::pin!(work);
        let results = match tokio::time::timeout(FILLER_AFTER, &mut work).await {
            Ok(results) => results,
            Err(_) => {
                if self.said == 0 {
                    self.say(filler(self.gender)).await;
                }
                work.await
            }
        };
        let described = calls.iter().enumerate().map(|(index, call)| {
            json!({ "id": id(index, call), "type": "function",
                    "function": { "name": call.name, "arguments": call.arguments } })
        });
        let asked =
            json!({ "role": "assistant", "content": null, "tool_calls": described.collect::<Vec<_>>() });
        [asked].into_iter().chain(results).collect()
    }
}

/// Some servers name no call.
fn id(index: usize, call: &ToolCall) -> String {
    if call.id.is_empty() { format!("call_{index}") } else { call.id.clone() }
}

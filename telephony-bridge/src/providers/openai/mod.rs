//! Any service with OpenAI's HTTP interface, by base URL: hosted, or Ollama, vLLM, speaches, whisper.cpp
//! on one's own machine (<https://platform.openai.com/docs/api-reference>).

mod belief;
mod chat;
mod draft;
mod llm;
mod memory;
pub mod realtime;
mod speech;
mod sse;
mod stopgap;
mod tools;
mod transcribe;
mod written;

pub use belief::{Belief, Disbelief};
pub use chat::{ChatModel, ChatStream, ToolCall};
pub use llm::ChatLlm;
pub use speech::SpeechModel;
pub use tools::Tools;
pub use transcribe::{TranscribeModel, TranscribeStt};

/// The provider's name in a chain.
pub const NAME: &str = "openai";

//! The items of one session.

use serde_json::{Value, json};

use super::Known;

/// An item.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) id: String,
    pub(super) role: &'static str,
    pub(super) text: String,
    /// Bytes of µ-law; none for text.
    pub(super) audio: Option<usize>,
    pub(super) heard_ms: Option<u64>,
    /// Of a tool's call.
    pub(super) call_id: Option<String>,
}

/// What is refused: code and sentence.
pub(super) type Refused = (&'static str, String);

/// All of them, in order.
#[derive(Debug, Default)]
pub(super) struct Conversation(pub(super) Vec<Item>);

impl Conversation {
    pub(super) fn known(&self) -> Vec<Known> {
        let known = |item: &Item| Known {
            role: item.role.to_owned(),
            text: item.text.clone(),
            audio_ms: item.audio.unwrap_or_default() as u64 / 8,
            heard_ms: item.heard_ms,
        };
        self.0.iter().map(known).collect()
    }

    pub(super) fn item(&mut self, id: &str) -> Option<&mut Item> {
        self.0.iter_mut().find(|item| item.id == id)
    }

    /// `conversation.item.create`.
    pub(super) fn create(&mut self, item: &Value, id: String) -> Result<Item, Refused> {
        let content = &item["content"][0];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let plain = |role, text| Item { id, role, text, audio: None, heard_ms: None, call_id: None };
        let kinds = (item["type"].as_str(), item["role"].as_str(), content["type"].as_str());
        let item = match kinds {
            (Some("message"), Some("user"), Some("input_text")) => plain("user", text(&content["text"])),
            (Some("message"), Some("assistant"), Some("output_text")) => {
                plain("assistant", text(&content["text"]))
            }
            (Some("function_call_output"), ..) => {
                let call = item["call_id"].as_str().unwrap_or_default();
                if !self.0.iter().any(|item| item.call_id.as_deref() == Some(call)) {
                    return Err(("invalid_tool_call_id", format!("no tool call found for id `{call}`")));
                }
                plain("tool", text(&item["output"]))
            }
            _ => return Err(("invalid_value", format!("an item like {kinds:?} is not known"))),
        };
        self.0.push(item.clone());
        Ok(item)
    }

    /// `conversation.item.truncate`.
    pub(super) fn truncate(&mut self, id: &str, end_ms: u64) -> Result<(), Refused> {
        let Some(item) = self.item(id) else {
            return Err(("item_truncate_invalid_item_id", format!("item `{id}` does not exist")));
        };
        let Some(bytes) = item.audio.filter(|_| item.role == "assistant") else {
            return Err(("invalid_value", "Only model output audio messages can be truncated".to_owned()));
        };
        let length = bytes as u64 / 8;
        if end_ms > length {
            let sentence = format!("Audio content of {length}ms is already shorter than {end_ms}ms");
            return Err(("invalid_value", sentence));
        }
        // Its words are gone with it.
        item.heard_ms = Some(end_ms);
        Ok(())
    }

    /// `conversation.item.delete`.
    pub(super) fn delete(&mut self, id: &str) -> Result<(), Refused> {
        let before = self.0.len();
        self.0.retain(|item| item.id != id);
        if self.0.len() == before {
            return Err(("item_delete_invalid_item_id", format!("item `{id}` does not exist")));
        }
        Ok(())
    }
}

/// As the server shows an item.
pub(super) fn shown(item: &Item) -> Value {
    let kind = match (item.role, item.audio) {
        ("user", Some(_)) => "input_audio",
        ("user", None) => "input_text",
        (_, Some(_)) => "output_audio",
        _ => "output_text",
    };
    match &item.call_id {
        Some(call) => json!({ "id": item.id, "type": "function_call", "call_id": call }),
        None if item.role == "tool" => json!({ "id": item.id, "type": "function_call_output" }),
        None => json!({ "id": item.id, "object": "realtime.item", "type": "message", "status": "completed",
                        "role": item.role, "content": [{ "type": kind, "transcript": item.text }] }),
    }
}

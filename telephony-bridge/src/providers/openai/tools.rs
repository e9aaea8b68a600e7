//! What the model may do beside speaking. The CRM does it, authorised by the call's token alone.

use std::collections::BTreeMap;

use crm_api::ToolRequest;
use serde_json::{Value, json};

use super::ToolCall;
use crate::crm::CrmClient;
use crate::providers::Learned;
use crate::providers::net::CallNet;
use crate::session::TurnId;

/// Ends the call once the reply was heard. The bridge's own.
pub(super) const END_CALL: &str = "end_call";
/// Hands the call over to a person once the reply was heard. The bridge's own: to whom is the business's
/// decision, and never the model's.
pub(super) const TRANSFER: &str = "transfer_to_person";
/// Keeps what was learned of the caller.
const SAVE_LEAD: &str = "save_lead_fields";

/// The tools of one call.
#[derive(Clone, Debug)]
pub struct Tools {
    crm: Option<(CrmClient, String)>,
    call_sid: String,
    net: CallNet,
    transferable: bool,
    learned: Learned,
}

impl Tools {
    /// Tools of the call; without the CRM and its token, only those of the bridge.
    pub fn new(crm: Option<(CrmClient, String)>, call_sid: impl Into<String>, net: CallNet) -> Self {
        Self { crm, call_sid: call_sid.into(), net, transferable: false, learned: Learned::default() }
    }

    /// The same; `possible`: there is a person to whom the call can be handed over.
    #[must_use]
    pub fn with_transfer(mut self, possible: bool) -> Self {
        self.transferable = possible;
        self
    }

    /// The same; what the CRM keeps is written here too.
    #[must_use]
    pub fn with_learned(mut self, learned: Learned) -> Self {
        self.learned = learned;
        self
    }

    pub(super) fn can_transfer(&self) -> bool {
        self.transferable
    }

    /// As the model is told of them.
    pub(super) fn described(&self) -> Vec<Value> {
        let mut tools = vec![function(END_CALL, "End the call after saying goodbye.", &json!({}))];
        if self.transferable {
            let when =
                "Hand the call over to a person, after saying so: the caller asks for one, or it is urgent.";
            tools.push(function(TRANSFER, when, &json!({})));
        }
        if self.crm.is_some() {
            let text = |what: &str| json!({ "type": "string", "description": what });
            tools.push(function(
                SAVE_LEAD,
                "Save what the caller has told about themselves and what they want. Only what was said.",
                &json!({
                    "name": text("the caller's name"),
                    "deal": text("buy or rent, or the service wanted"),
                    "area": text("city or neighbourhood"),
                    "budget": text("as the caller said it"),
                    "rooms": text("as the caller said it"),
                    "meeting": text("when it suits the caller"),
                    "callback": text("a phone number, if another than this one"),
                    "emergency": text("what is urgent or dangerous, if anything is"),
                }),
            ));
        }
        tools
    }

    /// Uses a tool; the answer is for the model. Once begun it is not cancelled by an interruption, nor by
    /// dropping this future: the CRM's own time limit ends it.
    pub(super) async fn call(&self, turn: TurnId, index: usize, call: &ToolCall) -> String {
        let arguments = match arguments(&call.arguments) {
            Ok(arguments) => arguments,
            Err(error) => return json!({ "ok": false, "error": error }).to_string(),
        };
        let Some((crm, token)) = self.crm.clone().filter(|_| call.name == SAVE_LEAD) else {
            let error = format!("there is no tool `{}`", call.name);
            return json!({ "ok": false, "error": error }).to_string();
        };
        let (call_sid, name) = (self.call_sid.clone(), call.name.clone());
        let idempotency_key = format!("{call_sid}-{}-{index}", turn.0);
        let request = ToolRequest { call_token: token, idempotency_key, arguments };
        let (done, result) = tokio::sync::oneshot::channel();
        let learned = self.learned.clone();
        self.net.spawn_to_its_end(async move {
            let reply = crm.use_tool(&call_sid, &name, &request).await;
            let outcome = if reply.as_ref().is_ok_and(|reply| reply.ok) { "ok" } else { "refused" };
            if outcome == "ok" {
                learned.fields(&request.arguments);
            }
            metrics::counter!(crate::providers::net::numbers::TOOLS, "tool" => name, "result" => outcome)
                .increment(1);
            let text = match reply {
                Ok(reply) => json!({ "ok": reply.ok, "say": reply.say }),
                Err(error) => {
                    tracing::warn!(call_sid, %error, "a tool failed");
                    json!({ "ok": false, "error": "not available now" })
                }
            };
            // Nobody may be waiting for it any more.
            let _ = done.send(text.to_string());
        });
        result.await.unwrap_or_else(|_| json!({ "ok": false, "error": "not available now" }).to_string())
    }
}

fn function(name: &str, description: &str, properties: &Value) -> Value {
    json!({ "type": "function", "function": {
        "name": name, "description": description,
        "parameters": { "type": "object", "properties": properties },
    }})
}

/// What the model wrote, as the CRM takes it: every value a text.
fn arguments(text: &str) -> Result<BTreeMap<String, String>, String> {
    if text.trim().is_empty() {
        return Ok(BTreeMap::new());
    }
    let object: serde_json::Map<String, Value> =
        serde_json::from_str(text).map_err(|error| format!("the arguments are no JSON object: {error}"))?;
    let text = |value| match value {
        Value::String(text) => Some(text),
        Value::Null => None,
        other => Some(other.to_string()),
    };
    Ok(object.into_iter().filter_map(|(key, value)| Some((key, text(value)?))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_become_text() {
        let given = arguments(r#"{"name":"דנה","rooms":3,"area":null}"#).expect("an object");
        let expected = [("name", "דנה"), ("rooms", "3")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        assert_eq!(given, BTreeMap::from(expected));
        assert_eq!(arguments(" "), Ok(BTreeMap::new()));
        for wrong in ["[1]", "{\"a\":", "null"] {
            assert!(arguments(wrong).is_err(), "{wrong}");
        }
    }

    /// P-QUE-013: without the call's token no tool of the CRM is offered or used.
    #[tokio::test]
    async fn without_a_token_the_crm_is_not_asked() {
        let tools = Tools::new(None, "CA1", CallNet::new());
        assert_eq!(tools.described().len(), 1);
        assert_eq!(tools.clone().with_transfer(true).described().len(), 2);
        let call = ToolCall { id: "c".into(), name: SAVE_LEAD.into(), arguments: "{}".into() };
        let answer = tools.call(TurnId(1), 0, &call).await;
        assert!(answer.contains("there is no tool `save_lead_fields`"), "{answer}");
    }
}

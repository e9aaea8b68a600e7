//! Messages: WhatsApp and SMS, by the account that places calls.

use std::collections::BTreeMap;

use hyper::Method;
use serde::Deserialize;

use super::client::{Twice, sid};
use super::{RestError, TwilioRest};
use crate::twilio::is_e164;

const SEND: &str = "send the message";
/// Before the address of somebody who is reached by WhatsApp.
pub const WHATSAPP: &str = "whatsapp:";
/// Longest text, in characters.
const MAX_BODY: usize = 1_600;
/// Longest user id of WhatsApp's.
const MAX_USER: usize = 128;

/// What a message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content<'a> {
    /// These words. By WhatsApp only within 24 hours of the other side's last message.
    Text(&'a str),
    /// A template that was approved: its id, `HX…`, and what stands for its variables.
    Template(&'a str, &'a BTreeMap<String, String>),
}

/// A message to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewMessage<'a> {
    /// To whom: E.164, or `whatsapp:` with that or with a user id of WhatsApp's (`whatsapp:IL.…`).
    pub to: &'a str,
    /// One of the account's senders, of the same kind.
    pub from: &'a str,
    /// What it says.
    pub content: Content<'a>,
    /// Where to tell of its states.
    pub status_callback: Option<&'a str>,
}

/// Where a message is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MessageStatus {
    /// It will be sent.
    Accepted,
    /// It waits.
    Queued,
    /// It is being sent.
    Sending,
    /// It has left.
    Sent,
    /// It has arrived.
    Delivered,
    /// It was read.
    Read,
    /// It cannot arrive.
    Undelivered,
    /// It could not be sent.
    Failed,
    /// It was taken back.
    Canceled,
}

impl MessageStatus {
    const ALL: [(Self, &'static str); 9] = [
        (Self::Accepted, "accepted"),
        (Self::Queued, "queued"),
        (Self::Sending, "sending"),
        (Self::Sent, "sent"),
        (Self::Delivered, "delivered"),
        (Self::Read, "read"),
        (Self::Undelivered, "undelivered"),
        (Self::Failed, "failed"),
        (Self::Canceled, "canceled"),
    ];

    /// Parses Twilio's word; `scheduled` is as good as accepted.
    pub fn parse(word: &str) -> Option<Self> {
        let word = if word == "scheduled" { "accepted" } else { word };
        Self::ALL.into_iter().find(|(_, known)| *known == word).map(|(status, _)| status)
    }

    /// Twilio's word for it.
    pub fn as_str(self) -> &'static str {
        Self::ALL.into_iter().find(|(status, _)| *status == self).map_or("", |(_, word)| word)
    }
}

/// A message, as Twilio describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentMessage {
    /// Its id.
    pub sid: String,
    /// Where it is.
    pub status: MessageStatus,
}

#[derive(Deserialize)]
struct Described {
    sid: String,
    status: String,
}

impl TwilioRest {
    /// Sends a message. Sent again only where Twilio has certainly not taken it.
    ///
    /// # Errors
    /// [`RestError`]; where [`RestError::may_be_done`], it may arrive all the same. Twilio's code 63016 means that
    /// WhatsApp wants a template, 21610 that the other side wants no messages.
    pub async fn send_message(&self, message: &NewMessage<'_>) -> Result<SentMessage, RestError> {
        for (field, address) in [("To", message.to), ("From", message.from)] {
            if !is_address(address) {
                let expected = "a number such as +972501234567, perhaps with whatsapp: before it";
                return Err(RestError::wrong(SEND, field, address, expected));
            }
        }
        if message.to.starts_with(WHATSAPP) != message.from.starts_with(WHATSAPP) {
            return Err(RestError::wrong(SEND, "From", message.from, "a sender of the same kind as To"));
        }
        let mut form = vec![("To", message.to), ("From", message.from)];
        let variables;
        match message.content {
            Content::Text(body) => {
                if body.trim().is_empty() || body.chars().count() > MAX_BODY {
                    return Err(RestError::wrong(SEND, "Body", body, "1 to 1600 characters"));
                }
                form.push(("Body", body));
            }
            Content::Template(id, values) => {
                form.push(("ContentSid", sid(SEND, "ContentSid", id)?));
                variables = serde_json::to_string(values).map_err(|error| RestError::garbage(SEND, error))?;
                form.extend((!values.is_empty()).then_some(("ContentVariables", variables.as_str())));
            }
        }
        form.extend(message.status_callback.map(|url| ("StatusCallback", url)));
        let request = self.request(Method::POST, "/Messages.json").form(&form);
        let described: Described = self.json(SEND, Twice::Harmful, request).await?;
        sid(SEND, "sid", &described.sid).map_err(|error| RestError::garbage(SEND, error))?;
        let status = MessageStatus::parse(&described.status)
            .ok_or_else(|| RestError::garbage(SEND, format!("status is `{}`", described.status)))?;
        Ok(SentMessage { sid: described.sid, status })
    }
}

/// E.164, or `whatsapp:` with that or with a user id: a country, a point, letters and digits.
fn is_address(address: &str) -> bool {
    let Some(at_whatsapp) = address.strip_prefix(WHATSAPP) else { return is_e164(address) };
    let is_user = |user: &str| {
        let Some((country, id)) = user.split_once('.') else { return false };
        let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        country.len() == 2 && plain(country) && plain(id) && user.len() <= MAX_USER
    };
    is_e164(at_whatsapp) || is_user(at_whatsapp)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// a WhatsApp user need not show a number.
    #[test]
    fn an_address_is_a_number_or_a_user() {
        for good in ["+972501234567", "whatsapp:+972501234567", "whatsapp:IL.1349aB"] {
            assert!(is_address(good), "{good}");
        }
        for bad in [
            "",
            "whatsapp:",
            "whatsapp:0501234567",
            "IL.1349",
            "whatsapp:IL.",
            "whatsapp:.1",
            "whatsapp:IL.a b",
            "sms:+972501234567",
        ] {
            assert!(!is_address(bad), "{bad}");
        }
    }

    #[test]
    fn states_are_twilio_s() {
        for (status, word) in MessageStatus::ALL {
            assert_eq!((MessageStatus::parse(word), status.as_str()), (Some(status), word));
        }
        assert_eq!(MessageStatus::parse("scheduled"), Some(MessageStatus::Accepted));
        assert_eq!(MessageStatus::parse("lost"), None);
        assert!(
            MessageStatus::Read > MessageStatus::Delivered && MessageStatus::Failed > MessageStatus::Sent
        );
    }
}

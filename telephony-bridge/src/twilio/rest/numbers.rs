//! The account's numbers and their webhooks.

use hyper::Method;
use serde::{Deserialize, Deserializer};

use super::client::{Twice, sid};
use super::{RestError, TwilioRest};
use crate::twilio::is_e164;

const FIND: &str = "find the number";
const SET: &str = "set the number's webhooks";

/// Where Twilio tells of a number's calls; empty where it does not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct NumberWebhooks {
    /// Asked what to do with a call.
    #[serde(default, deserialize_with = "text")]
    pub voice_url: String,
    /// `POST` or `GET`.
    #[serde(default, deserialize_with = "text")]
    pub voice_method: String,
    /// Told when a call is over.
    #[serde(default, deserialize_with = "text")]
    pub status_callback: String,
    /// `POST` or `GET`.
    #[serde(default, deserialize_with = "text")]
    pub status_callback_method: String,
}

/// One of the account's numbers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct PhoneNumber {
    /// Its id.
    pub sid: String,
    /// E.164.
    pub phone_number: String,
    /// Its webhooks.
    #[serde(flatten)]
    pub webhooks: NumberWebhooks,
}

/// Twilio writes `null` for none.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl TwilioRest {
    /// The account's number `number`, E.164, if it has it.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn find_number(&self, number: &str) -> Result<Option<PhoneNumber>, RestError> {
        if !is_e164(number) {
            return Err(RestError::wrong(FIND, "PhoneNumber", number, "a number such as +972501234567"));
        }
        let filter = [("PhoneNumber", number)];
        let found: Vec<PhoneNumber> =
            self.list(FIND, "/IncomingPhoneNumbers.json", "incoming_phone_numbers", &filter).await?;
        // The filter finds parts of numbers too.
        Ok(found.into_iter().find(|found| found.phone_number == number))
    }

    /// Sets a number's webhooks and returns the number as it is now.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn set_webhooks(
        &self,
        number_sid: &str,
        webhooks: &NumberWebhooks,
    ) -> Result<PhoneNumber, RestError> {
        let path = format!("/IncomingPhoneNumbers/{}.json", sid(SET, "sid", number_sid)?);
        let form = [
            ("VoiceUrl", webhooks.voice_url.as_str()),
            ("VoiceMethod", &webhooks.voice_method),
            ("StatusCallback", &webhooks.status_callback),
            ("StatusCallbackMethod", &webhooks.status_callback_method),
        ];
        self.json(SET, Twice::Harmless, self.request(Method::POST, &path).form(&form)).await
    }
}

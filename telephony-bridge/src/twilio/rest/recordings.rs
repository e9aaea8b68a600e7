//! Recordings: starting, finding, downloading, deleting.

use hyper::Method;
use hyper::Response;
use hyper::body::{Body as _, Incoming};
use hyper::header::{CONTENT_TYPE, LOCATION};
use serde::{Deserialize, Deserializer};

use super::client::{Twice, piece, sid};
use super::{RestError, TwilioRest};

const START: &str = "record the call";
const LIST: &str = "list recordings";
const DOWNLOAD: &str = "download the recording";
const DELETE: &str = "delete the recording";

/// A recording, as Twilio describes it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Recording {
    /// Its id.
    pub sid: String,
    /// The call it is of.
    pub call_sid: String,
    /// `in-progress`, `processing`, `completed`, `absent`…
    pub status: String,
    /// Length in seconds, once it is known.
    #[serde(default, deserialize_with = "seconds")]
    pub duration: Option<u64>,
}

/// A number, a number as text, or none; Twilio writes -1 where it does not know.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Seconds {
        Number(i64),
        Text(String),
    }
    let number = match Option::deserialize(deserializer)? {
        None => return Ok(None),
        Some(Seconds::Number(number)) => number,
        Some(Seconds::Text(text)) => text.parse().map_err(serde::de::Error::custom)?,
    };
    Ok(u64::try_from(number).ok())
}

/// A recording on its way.
#[derive(Debug)]
pub struct Download {
    rest: TwilioRest,
    response: Response<Incoming>,
}

impl Download {
    /// Its media type, such as `audio/x-wav`.
    pub fn content_type(&self) -> Option<&str> {
        self.response.headers().get(CONTENT_TYPE)?.to_str().ok()
    }

    /// Its length in bytes, where Twilio tells.
    pub fn length(&self) -> Option<u64> {
        self.response.body().size_hint().exact()
    }

    /// The next piece; `None` at the end. Nothing is kept: a recording of an hour is 230 MB.
    ///
    /// # Errors
    /// [`RestError::Unanswered`] where the rest does not come.
    pub async fn piece(&mut self) -> Result<Option<Vec<u8>>, RestError> {
        let limit = self.rest.options().answer;
        match tokio::time::timeout(limit, piece(DOWNLOAD, &mut self.response)).await {
            Ok(piece) => Ok(piece?.map(Vec::from)),
            Err(_) => Err(self.rest.late(DOWNLOAD)),
        }
    }
}

impl TwilioRest {
    /// Begins to record both sides of a live call; `callback` is told when it is there.
    ///
    /// # Errors
    /// [`RestError`]; where [`RestError::may_be_done`], it may be recorded.
    pub async fn start_recording(&self, call_sid: &str, callback: &str) -> Result<Recording, RestError> {
        let path = format!("/Calls/{}/Recordings.json", sid(START, "CallSid", call_sid)?);
        let form = [
            ("RecordingChannels", "dual"),
            ("RecordingStatusCallback", callback),
            ("RecordingStatusCallbackEvent", "completed absent"),
            ("RecordingStatusCallbackMethod", "POST"),
        ];
        self.json(START, Twice::Harmful, self.request(Method::POST, &path).form(&form)).await
    }

    /// The recordings of a call.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn recordings_of(&self, call_sid: &str) -> Result<Vec<Recording>, RestError> {
        let path = format!("/Calls/{}/Recordings.json", sid(LIST, "CallSid", call_sid)?);
        self.list(LIST, &path, "recordings", &[]).await
    }

    /// Begins to download a recording as WAV, both channels. Where Twilio sends to another host, that host
    /// is not shown the credentials.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn download(&self, recording_sid: &str) -> Result<Download, RestError> {
        let path =
            format!("/Recordings/{}.wav?RequestedChannels=2", sid(DOWNLOAD, "RecordingSid", recording_sid)?);
        let mut response = self.begun(DOWNLOAD, self.request(Method::GET, &path)).await?;
        if response.status().is_redirection() {
            let place = response.headers().get(LOCATION).and_then(|place| place.to_str().ok());
            let place = place.ok_or_else(|| RestError::garbage(DOWNLOAD, "a redirection to nowhere"))?;
            if !place.starts_with("https://") && !place.starts_with(&format!("{}/", self.root())) {
                return Err(RestError::garbage(DOWNLOAD, format!("a redirection to {place}")));
            }
            response = self.begun(DOWNLOAD, self.stranger(place.to_owned())).await?;
            if response.status().is_redirection() {
                return Err(RestError::garbage(DOWNLOAD, "one redirection after the other"));
            }
        }
        Ok(Download { rest: self.clone(), response })
    }

    /// Deletes a recording for good. `Ok(false)`: it was not there.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn delete_recording(&self, recording_sid: &str) -> Result<bool, RestError> {
        let path = format!("/Recordings/{}.json", sid(DELETE, "RecordingSid", recording_sid)?);
        match self.whole(DELETE, Twice::Harmless, self.request(Method::DELETE, &path)).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }
}

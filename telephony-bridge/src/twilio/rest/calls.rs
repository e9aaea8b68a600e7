//! Calls: placing, redirecting, ending.

use hyper::Method;
use serde::Deserialize;

use super::client::{Twice, sid};
use super::{MAX_TWIML_CHARS, RestError, TwilioRest};
use crate::twilio::{CallStatus, is_e164};

const CREATE: &str = "create the call";
const REDIRECT: &str = "redirect the call";
const HANG_UP: &str = "hang up the call";

/// What a call does once it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instructions<'a> {
    /// What the document at this URL says; it is fetched with POST.
    Url(&'a str),
    /// What this document says, [`MAX_TWIML_CHARS`] characters at most.
    Twiml(&'a str),
}

impl<'a> Instructions<'a> {
    fn parameters(self, doing: &'static str) -> Result<Vec<(&'static str, &'a str)>, RestError> {
        match self {
            Self::Url(url) => Ok(vec![("Url", url), ("Method", "POST")]),
            Self::Twiml(xml) if xml.chars().count() > MAX_TWIML_CHARS => {
                Err(RestError::wrong(doing, "Twiml", xml, "at most 4000 characters"))
            }
            Self::Twiml(xml) => Ok(vec![("Twiml", xml)]),
        }
    }
}

/// States of which a status callback may tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallStage {
    /// It is being placed.
    Initiated,
    /// It rings.
    Ringing,
    /// Somebody, or something, answered.
    Answered,
    /// It is over, however it went.
    Completed,
}

impl CallStage {
    /// Twilio's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Initiated => "initiated",
            Self::Ringing => "ringing",
            Self::Answered => "answered",
            Self::Completed => "completed",
        }
    }
}

/// Is it a person who answers? Decided beside the call, which goes on meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MachineDetection<'a> {
    /// Wait for the end of a machine's announcement before telling.
    pub wait_for_end: bool,
    /// Where to tell.
    pub callback: &'a str,
    /// How long to listen, in seconds.
    pub timeout_s: u32,
}

/// A call to be placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewCall<'a> {
    /// Whom to call, E.164.
    pub to: &'a str,
    /// One of the account's numbers, E.164.
    pub from: &'a str,
    /// What to do once answered.
    pub instructions: Instructions<'a>,
    /// How long to ring, in seconds.
    pub timeout_s: u32,
    /// Longest call, in seconds.
    pub time_limit_s: Option<u32>,
    /// Where to tell of the call's states, and of which.
    pub status_callback: Option<(&'a str, &'a [CallStage])>,
    /// Is it a person?
    pub machine_detection: Option<MachineDetection<'a>>,
    /// Record both sides, and where to tell of the recording.
    pub record_to: Option<&'a str>,
}

/// A call, as Twilio describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// Its id.
    pub sid: String,
    /// Its state.
    pub status: CallStatus,
}

#[derive(Debug, Deserialize)]
struct Described {
    sid: String,
    status: String,
}

impl Described {
    fn parsed(self, doing: &'static str) -> Result<Created, RestError> {
        let status = CallStatus::parse(&self.status)
            .ok_or_else(|| RestError::garbage(doing, format!("status is `{}`", self.status)))?;
        sid(doing, "sid", &self.sid).map_err(|error| RestError::garbage(doing, error))?;
        Ok(Created { sid: self.sid, status })
    }
}

/// What hanging up came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HangUp {
    /// The call has ended by it.
    Ended,
    /// It was over before.
    WasOver,
}

impl TwilioRest {
    /// Places a call. Sent again only where Twilio has certainly not placed it.
    ///
    /// # Errors
    /// [`RestError`]; where [`RestError::may_be_done`], it may ring all the same.
    pub async fn create_call(&self, call: &NewCall<'_>) -> Result<Created, RestError> {
        for (field, number) in [("To", call.to), ("From", call.from)] {
            if !is_e164(number) {
                return Err(RestError::wrong(CREATE, field, number, "a number such as +972501234567"));
            }
        }
        let timeout = call.timeout_s.to_string();
        let mut form = vec![("To", call.to), ("From", call.from), ("Timeout", &timeout)];
        form.extend(call.instructions.parameters(CREATE)?);
        let time_limit = call.time_limit_s.map(|seconds| seconds.to_string());
        form.extend(time_limit.iter().map(|seconds| ("TimeLimit", seconds.as_str())));
        if let Some((url, stages)) = call.status_callback {
            form.extend([("StatusCallback", url), ("StatusCallbackMethod", "POST")]);
            form.extend(stages.iter().map(|stage| ("StatusCallbackEvent", stage.as_str())));
        }
        let amd_timeout = call.machine_detection.map(|detection| detection.timeout_s.to_string());
        if let (Some(detection), Some(timeout)) = (call.machine_detection, &amd_timeout) {
            let mode = if detection.wait_for_end { "DetectMessageEnd" } else { "Enable" };
            form.extend([
                ("MachineDetection", mode),
                ("MachineDetectionTimeout", timeout),
                ("AsyncAmd", "true"),
                ("AsyncAmdStatusCallback", detection.callback),
                ("AsyncAmdStatusCallbackMethod", "POST"),
            ]);
        }
        if let Some(url) = call.record_to {
            form.extend([
                ("Record", "true"),
                ("RecordingChannels", "dual"),
                ("RecordingStatusCallback", url),
            ]);
        }
        let request = self.request(Method::POST, "/Calls.json").form(&form);
        self.json::<Described>(CREATE, Twice::Harmful, request).await?.parsed(CREATE)
    }

    /// Makes a live call do something else, whatever it is doing. `Ok(false)`: it is over.
    ///
    /// # Errors
    /// [`RestError`]; where [`RestError::may_be_done`], it may have been redirected.
    pub async fn redirect_call(
        &self,
        call_sid: &str,
        instructions: Instructions<'_>,
    ) -> Result<bool, RestError> {
        let path = format!("/Calls/{}.json", sid(REDIRECT, "CallSid", call_sid)?);
        let request = self.request(Method::POST, &path).form(&instructions.parameters(REDIRECT)?);
        match self.whole(REDIRECT, Twice::Harmful, request).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() || error.is_not_in_progress() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Ends a call, whatever its state. A call that is over is as good as one that ends now.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn hang_up(&self, call_sid: &str) -> Result<HangUp, RestError> {
        let path = format!("/Calls/{}.json", sid(HANG_UP, "CallSid", call_sid)?);
        let request = self.request(Method::POST, &path).form(&[("Status", "completed")]);
        match self.whole(HANG_UP, Twice::Harmless, request).await {
            Ok(_) => Ok(HangUp::Ended),
            Err(error) if error.is_not_found() || error.is_not_in_progress() => Ok(HangUp::WasOver),
            Err(error) => Err(error),
        }
    }
}

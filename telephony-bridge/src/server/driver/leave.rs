//! What a call's beginning and end ask of Twilio's API. None of it holds up the call.

use crm_api::EndReason;

use super::Driver;
use crate::metrics as names;
use crate::server::paths::RECORDING_PATH;
use crate::server::{CallInfo, Earlier, transfer};
use crate::twilio::rest::{HangUp, Instructions};

impl Driver {
    /// The call begins, or comes back.
    pub(super) fn take_up(&mut self) {
        if let Some(earlier) = &self.call.earlier {
            for (speaker, text) in &earlier.said {
                self.providers.said(*speaker, text);
            }
            self.learned.begin_with(earlier.learned.clone());
            return;
        }
        let records = self.app.config.twilio.record_calls && self.call.decision.record;
        if let Some(twilio) = self.app.twilio.clone().filter(|_| records) {
            let call_sid = self.call_sid.clone();
            let callback = self.app.config.webhook_url(RECORDING_PATH);
            self.net.spawn_to_its_end(async move {
                if let Err(error) = twilio.start_recording(&call_sid, &callback).await {
                    tracing::error!(call_sid, %error, "the call is not recorded");
                }
            });
        }
    }

    /// The call ends here, or goes to a person. Returns why this stream ends.
    pub(super) async fn leave_call(&mut self, reason: EndReason) -> EndReason {
        // Whatever happened since the agent said that it would.
        self.hands_over &= reason == EndReason::AgentHangUp;
        if self.hands_over {
            if self.hand_over().await {
                return reason;
            }
            self.hands_over = false;
            return EndReason::CallerHangUp;
        }
        // Twilio knows of an end that came from there.
        if reason != EndReason::CallerHangUp && !self.far_end_closed {
            self.hang_up();
        }
        reason
    }

    /// Ends the call at Twilio too (guarantee 3): closing the stream should, and this will, however often it is asked.
    fn hang_up(&self) {
        let Some(twilio) = self.app.twilio.clone() else { return };
        let call_sid = self.call_sid.clone();
        self.net.spawn_to_its_end(async move {
            let result = match twilio.hang_up(&call_sid).await {
                Ok(HangUp::Ended) => "ended",
                Ok(HangUp::WasOver) => "was_over",
                Err(error) => {
                    tracing::error!(call_sid, %error, "Twilio was not told to hang up");
                    "failed"
                }
            };
            metrics::counter!(names::HANG_UPS, "result" => result).increment(1);
        });
    }

    /// Rings the person. `false`: the call is over, and nobody has reported that yet.
    async fn hand_over(&mut self) -> bool {
        let mut said = self.call.earlier.as_ref().map(|earlier| earlier.said.clone()).unwrap_or_default();
        let entries = self.session.transcript().entries();
        said.extend(entries.iter().map(|entry| (entry.speaker, entry.text.clone())));
        let started_at_ms = self.before.started_at_ms().unwrap_or(self.started_at_ms);
        let earlier = Earlier { started_at_ms, said, learned: self.learned.known() };
        let call = CallInfo { earlier: Some(earlier), ..self.call.clone() };
        let document = transfer::document(&self.app, &call, "");
        self.app.registry.hand_over(call);
        let (Some(twilio), Some(xml)) = (&self.app.twilio, document) else {
            // The stream is closed, and the document's next verb asks what follows.
            metrics::counter!(names::TRANSFERS, "result" => "rung").increment(1);
            return true;
        };
        match twilio.redirect_call(&self.call_sid, Instructions::Twiml(&xml)).await {
            Ok(true) => {}
            // A status callback may have reported its end meanwhile.
            Ok(false) => {
                metrics::counter!(names::TRANSFERS, "result" => "over").increment(1);
                return self.app.registry.take_rung(&self.call_sid).is_none();
            }
            Err(error) => {
                tracing::error!(call_sid = %self.call_sid, %error, "handed over by the next verb instead");
            }
        }
        metrics::counter!(names::TRANSFERS, "result" => "rung").increment(1);
        true
    }
}

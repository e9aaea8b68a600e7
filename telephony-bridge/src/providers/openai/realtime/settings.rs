//! How a speech-to-speech model is to hear and speak.

use std::time::Duration;

/// Who decides that the caller's turn is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TurnDetection {
    /// The bridge's own detector: the model gets whole turns.
    #[default]
    Local,
    /// The server's voice detection; the bridge's own after a while of silence.
    Server,
    /// The server's model of turns; the bridge's own after a while of silence.
    Semantic,
}

impl TurnDetection {
    /// How long the server may take after the caller's voice. Its voice detection waits for half a second of
    /// silence, its model of turns for four seconds at most.
    pub(super) const fn patience(self) -> Option<Duration> {
        match self {
            Self::Local => None,
            Self::Server => Some(Duration::from_millis(1_500)),
            Self::Semantic => Some(Duration::from_millis(4_500)),
        }
    }
}

/// How a model hears and speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RealtimeSettings {
    /// Base URL, such as `https://api.openai.com/v1`; `http://` for a stand-in.
    pub base: String,
    /// `gpt-realtime`
    pub model: String,
    /// Its voice.
    pub voice: String,
    /// Writes down what the caller says.
    pub transcription_model: String,
    /// ISO 639-1 code.
    pub language: String,
    /// Who decides that a turn is over.
    pub turn_detection: TurnDetection,
    /// Longest answer in tokens, audio included; none: as long as the model likes.
    pub max_tokens: Option<u32>,
    /// A session is replaced at a quiet moment once it is so old. 55 min: the service ends it at 60.
    pub session_limit: Duration,
}

impl Default for RealtimeSettings {
    fn default() -> Self {
        Self {
            base: "https://api.openai.com/v1".to_owned(),
            model: "gpt-realtime".to_owned(),
            voice: "marin".to_owned(),
            transcription_model: "gpt-4o-transcribe".to_owned(),
            language: "he".to_owned(),
            turn_detection: TurnDetection::Local,
            max_tokens: None,
            session_limit: Duration::from_secs(55 * 60),
        }
    }
}

impl RealtimeSettings {
    /// Where the socket is.
    pub(super) fn url(&self) -> String {
        let base = self.base.trim_end_matches('/');
        let base = match base.split_once("://") {
            Some(("https", rest)) => format!("wss://{rest}"),
            Some(("http", rest)) => format!("ws://{rest}"),
            _ => base.to_owned(),
        };
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("model", &self.model);
        format!("{base}/realtime?{}", query.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S-AUD-001: the model is in the address, nothing else is.
    #[test]
    fn the_address_follows_from_the_base() {
        let at = |base: &str| RealtimeSettings { base: base.to_owned(), ..Default::default() }.url();
        assert_eq!(RealtimeSettings::default().url(), "wss://api.openai.com/v1/realtime?model=gpt-realtime");
        assert_eq!(at("http://127.0.0.1:1/v1/"), "ws://127.0.0.1:1/v1/realtime?model=gpt-realtime");
    }
}

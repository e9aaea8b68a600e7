//! TwiML: what Twilio shall do with a call (A-PLT-006).
//!
//! One writer, one escape. `<Connect>` is always followed by `<Hangup/>`: when this side closes
//! the stream, Twilio goes on with the next verb, and a call must not stay up after its agent.

use std::fmt::Write as _;

/// Hebrew voice of Twilio's own `<Say>`, for when the bridge cannot speak.
pub const SAY_VOICE: &str = "Google.he-IL-Wavenet-A";
/// Longest `<Parameter>`: name and value together, in characters (Twilio: below 500).
const MAX_PARAMETER_CHARS: usize = 499;

/// A document that cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TwimlError {
    /// Twilio refuses parameters of 500 characters and more.
    #[error("parameter `{name}` has {chars} characters with its value: the limit is 499")]
    ParameterTooLong {
        /// Its name.
        name: String,
        /// Length of name and value.
        chars: usize,
    },
}

/// How to ring a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DialVerb<'a> {
    /// E.164.
    pub number: &'a str,
    /// How long to ring, in seconds.
    pub timeout_s: u32,
    /// Where Twilio posts the outcome; its answer decides what follows.
    pub action: &'a str,
    /// Record both sides from the moment of answer, and tell here when the recording is there.
    pub record_to: Option<&'a str>,
}

/// How to ask for keys or words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GatherVerb<'a> {
    /// Where Twilio posts what was pressed or said; its answer decides what follows.
    pub action: &'a str,
    /// So many keys are enough; `None`: as many as come before `#`.
    pub digits: Option<u32>,
    /// Are Hebrew words taken too?
    pub speech: bool,
    /// How long to wait after the text, in seconds.
    pub timeout_s: u32,
}

/// A document under construction.
#[derive(Clone, Debug)]
pub struct Twiml {
    xml: String,
}

impl Default for Twiml {
    fn default() -> Self {
        Self::new()
    }
}

impl Twiml {
    /// An empty response.
    pub fn new() -> Self {
        Self { xml: String::from(r#"<?xml version="1.0" encoding="UTF-8"?><Response>"#) }
    }

    /// Speaks a text in Hebrew; an empty text is left out.
    #[must_use]
    pub fn say(mut self, voice: &str, text: &str) -> Self {
        if !text.trim().is_empty() {
            self.open("Say", &[("voice", voice), ("language", "he-IL")]);
            self.xml.push('>');
            self.xml.push_str(&xml_escape(text));
            self.xml.push_str("</Say>");
        }
        self
    }

    /// Connects the call to a media stream in both directions, and hangs up after it.
    ///
    /// # Errors
    /// [`TwimlError::ParameterTooLong`].
    pub fn connect_stream(self, url: &str, parameters: &[(&str, &str)]) -> Result<String, TwimlError> {
        Ok(self.stream(url, parameters)?.hang_up())
    }

    /// Connects the call to a media stream in both directions, and asks at `next` what to do after it.
    ///
    /// # Errors
    /// [`TwimlError::ParameterTooLong`].
    pub fn connect_stream_then(
        self,
        url: &str,
        parameters: &[(&str, &str)],
        next: &str,
    ) -> Result<String, TwimlError> {
        Ok(self.stream(url, parameters)?.redirect(next))
    }

    fn stream(mut self, url: &str, parameters: &[(&str, &str)]) -> Result<Self, TwimlError> {
        self.xml.push_str("<Connect>");
        self.open("Stream", &[("url", url)]);
        self.xml.push('>');
        for &(name, value) in parameters {
            let chars = name.chars().count() + value.chars().count();
            if chars > MAX_PARAMETER_CHARS {
                return Err(TwimlError::ParameterTooLong { name: name.to_owned(), chars });
            }
            self.open("Parameter", &[("name", name), ("value", value)]);
            self.xml.push_str("/>");
        }
        self.xml.push_str("</Stream></Connect>");
        Ok(self)
    }

    /// Waits for keys or Hebrew words while it speaks. Without any the document goes on.
    #[must_use]
    pub fn gather(mut self, gather: GatherVerb<'_>, voice: &str, text: &str) -> Self {
        let timeout = gather.timeout_s.to_string();
        let digits = gather.digits.map(|digits| digits.to_string());
        let mut attributes = vec![
            ("input", if gather.speech { "dtmf speech" } else { "dtmf" }),
            ("action", gather.action),
            ("method", "POST"),
            ("timeout", timeout.as_str()),
        ];
        attributes.extend(digits.iter().map(|digits| ("numDigits", digits.as_str())));
        if gather.speech {
            attributes.extend([("language", "he-IL"), ("speechTimeout", "auto")]);
        }
        self.open("Gather", &attributes);
        self.xml.push('>');
        self = self.say(voice, text);
        self.xml.push_str("</Gather>");
        self
    }

    /// Silence.
    #[must_use]
    pub fn pause(mut self, seconds: u32) -> Self {
        self.open("Pause", &[("length", &seconds.to_string())]);
        self.xml.push_str("/>");
        self
    }

    /// Goes on with the document at `url`.
    pub fn redirect(mut self, url: &str) -> String {
        self.open("Redirect", &[("method", "POST")]);
        let _ = write!(self.xml, ">{}</Redirect>", xml_escape(url));
        self.finish()
    }

    /// Rings a person. What follows is decided by the answer to `action`.
    pub fn dial(mut self, dial: DialVerb<'_>) -> String {
        let timeout = dial.timeout_s.to_string();
        let mut attributes = vec![
            ("action", dial.action),
            ("method", "POST"),
            ("timeout", timeout.as_str()),
            ("answerOnBridge", "true"),
        ];
        if let Some(url) = dial.record_to {
            attributes.extend([
                ("record", "record-from-answer-dual"),
                ("recordingStatusCallback", url),
                ("recordingStatusCallbackEvent", "completed absent"),
            ]);
        }
        self.open("Dial", &attributes);
        let _ = write!(self.xml, "><Number>{}</Number></Dial>", xml_escape(dial.number));
        self.finish()
    }

    /// Ends the call.
    pub fn hang_up(mut self) -> String {
        self.xml.push_str("<Hangup/>");
        self.finish()
    }

    fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        let _ = write!(self.xml, "<{name}");
        for (name, value) in attributes {
            let _ = write!(self.xml, r#" {name}="{}""#, xml_escape(value));
        }
    }

    fn finish(mut self) -> String {
        self.xml.push_str("</Response>");
        self.xml
    }
}

/// The name under which `<Say>` knows a voice such as `he-IL-Wavenet-A`.
pub fn say_voice(voice: &str) -> String {
    if voice.starts_with("he-IL-Wavenet-") || voice.starts_with("he-IL-Standard-") {
        format!("Google.{voice}")
    } else {
        SAY_VOICE.to_owned()
    }
}

/// Text as it may stand in an element or in a quoted attribute (XML 1.0 §2.2 and §2.4).
///
/// Characters that XML cannot carry at all become U+FFFD.
pub fn xml_escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // A parser would turn them into spaces inside an attribute.
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\u{0}'..'\u{20}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A-PLT-006: the stream is followed by a hang-up, parameters are escaped.
    #[test]
    fn a_stream_is_followed_by_a_hang_up() {
        let xml = Twiml::new()
            .say(SAY_VOICE, "שלום & ברוכים הבאים")
            .connect_stream("wss://bridge.example.com/media", &[("token", "a\"b")])
            .expect("short");
        assert_eq!(
            xml,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>\
             <Say voice=\"Google.he-IL-Wavenet-A\" language=\"he-IL\">שלום &amp; ברוכים הבאים</Say>\
             <Connect><Stream url=\"wss://bridge.example.com/media\">\
             <Parameter name=\"token\" value=\"a&quot;b\"/></Stream></Connect><Hangup/></Response>"
        );
    }

    #[test]
    fn a_person_is_rung_and_the_outcome_reported() {
        let dial = DialVerb {
            number: "+972502345678",
            timeout_s: 15,
            action: "https://bridge.example.com/api/voice/dial?a=1&b=2",
            record_to: Some("https://bridge.example.com/api/voice/recording"),
        };
        let xml = Twiml::new().say(SAY_VOICE, " ").dial(dial);
        assert_eq!(
            xml,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>\
             <Dial action=\"https://bridge.example.com/api/voice/dial?a=1&amp;b=2\" method=\"POST\" \
             timeout=\"15\" answerOnBridge=\"true\" record=\"record-from-answer-dual\" \
             recordingStatusCallback=\"https://bridge.example.com/api/voice/recording\" \
             recordingStatusCallbackEvent=\"completed absent\">\
             <Number>+972502345678</Number></Dial></Response>"
        );
    }

    #[test]
    fn keys_or_words_are_asked_for() {
        let gather =
            GatherVerb { action: "https://b/key?a=1&b=2", digits: Some(1), speech: true, timeout_s: 5 };
        let xml = Twiml::new().gather(gather, SAY_VOICE, "לאישור הקישו 1").pause(1).hang_up();
        assert_eq!(
            xml,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>\
             <Gather input=\"dtmf speech\" action=\"https://b/key?a=1&amp;b=2\" method=\"POST\" timeout=\"5\" \
             numDigits=\"1\" language=\"he-IL\" speechTimeout=\"auto\">\
             <Say voice=\"Google.he-IL-Wavenet-A\" language=\"he-IL\">לאישור הקישו 1</Say></Gather>\
             <Pause length=\"1\"/><Hangup/></Response>"
        );
        let keys = GatherVerb { digits: None, speech: false, ..gather };
        let xml = Twiml::new().gather(keys, SAY_VOICE, "").redirect("https://b/?a=1&b=2");
        assert!(xml.contains("input=\"dtmf\"") && !xml.contains("language"), "{xml}");
        assert!(xml.ends_with("<Redirect method=\"POST\">https://b/?a=1&amp;b=2</Redirect></Response>"));
    }

    #[test]
    fn parameters_respect_twilios_limit() {
        let value = "x".repeat(495);
        assert!(Twiml::new().connect_stream("wss://b/", &[("name", &value)]).is_ok());
        assert_eq!(
            Twiml::new().connect_stream("wss://b/", &[("names", &value)]),
            Err(TwimlError::ParameterTooLong { name: "names".into(), chars: 500 })
        );
    }

    #[test]
    fn voices_are_named_as_twilio_names_them() {
        assert_eq!(say_voice("he-IL-Wavenet-B"), "Google.he-IL-Wavenet-B");
        assert_eq!(say_voice("marin"), SAY_VOICE);
    }

    fn unescape(xml: &str) -> String {
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&#9;", "\t")]
            .into_iter()
            .chain([("&#10;", "\n"), ("&#13;", "\r"), ("&amp;", "&")])
            .fold(xml.to_owned(), |text, (from, to)| text.replace(from, to))
    }

    proptest! {
        #[test]
        fn any_text_survives_an_xml_parser(text in any::<String>()) {
            let escaped = xml_escape(&text);
            prop_assert!(!escaped.contains(['<', '>', '"', '\'']));
            prop_assert!(!escaped.chars().any(|c| c < ' '));
            let carried: String = text
                .chars()
                .map(|c| match c {
                    '\t' | '\n' | '\r' => c,
                    c if c < ' ' || c == '\u{fffe}' || c == '\u{ffff}' => '\u{fffd}',
                    c => c,
                })
                .collect();
            prop_assert_eq!(unescape(&escaped), carried);
        }
    }
}

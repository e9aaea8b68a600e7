//! A voice that reads plain text, given text that is written out for it.

use super::{Saying, Speech, Voice};
use crate::session::Line;
use crate::speech_text::SpeechText;

/// Numbers, prices, telephone numbers, dates and abbreviations come to the voice as words (A-AUD-013).
#[derive(Debug)]
pub struct Written<V> {
    voice: V,
    text: SpeechText,
}

impl<V: Voice> Written<V> {
    /// `voice`, its text written out by `text`.
    pub fn new(voice: V, text: SpeechText) -> Self {
        Self { voice, text }
    }
}

impl<V: Voice> Voice for Written<V> {
    fn name(&self) -> &'static str {
        self.voice.name()
    }

    fn identity(&self) -> String {
        format!("{} written {:?}", self.voice.identity(), self.text.agent())
    }

    fn has(&self, line: &Line) -> bool {
        self.voice.has(line)
    }

    fn is_cacheable(&self) -> bool {
        self.voice.is_cacheable()
    }

    fn say<'a>(&'a self, line: &'a Line, speech: &'a mut Speech) -> Saying<'a> {
        Box::pin(async move {
            let written = Line { text: self.text.plain(&line.text), clip: line.clip.clone() };
            self.voice.say(&written, speech).await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says the text's own bytes.
    struct Parrot;

    impl Voice for Parrot {
        fn name(&self) -> &'static str {
            "parrot"
        }

        fn identity(&self) -> String {
            "parrot".to_owned()
        }

        fn say<'a>(&'a self, line: &'a Line, speech: &'a mut Speech) -> Saying<'a> {
            Box::pin(async move {
                speech.ulaw(line.text.clone().into_bytes()).await;
                Ok(())
            })
        }
    }

    #[tokio::test]
    async fn figures_come_as_words() {
        let voice = Written::new(Parrot, SpeechText::default());
        let (mut speech, mut pieces) = Speech::channel(1);
        voice.say(&Line::text("3 חדרים ב-5,000 ₪"), &mut speech).await.expect("said");
        let said = pieces.recv().await.map(String::from_utf8);
        assert_eq!(said, Some(Ok("שלושה חדרים בחמשת אלפים שקלים".to_owned())));
        assert_ne!(voice.identity(), Parrot.identity());
    }
}

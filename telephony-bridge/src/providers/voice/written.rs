//! A voice that reads plain text, given text that is written out for it.

use super::{Manner, Saying, Speech, Voice};
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

    fn identity(&self, manner: &Manner) -> String {
        format!("{} written {:?}", self.voice.identity(manner), self.text.spoken_by(manner.gender).agent())
    }

    fn has(&self, line: &Line) -> bool {
        self.voice.has(line)
    }

    fn is_cacheable(&self) -> bool {
        self.voice.is_cacheable()
    }

    fn say<'a>(&'a self, manner: &'a Manner, line: &'a Line, speech: &'a mut Speech) -> Saying<'a> {
        Box::pin(async move {
            let text = self.text.spoken_by(manner.gender).plain(&line.text);
            let written = Line { text, clip: line.clip.clone() };
            self.voice.say(manner, &written, speech).await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speech_text::Gender;

    /// Says the text's own bytes.
    struct Parrot;

    impl Voice for Parrot {
        fn name(&self) -> &'static str {
            "parrot"
        }

        fn identity(&self, _: &Manner) -> String {
            "parrot".to_owned()
        }

        fn say<'a>(&'a self, _: &'a Manner, line: &'a Line, speech: &'a mut Speech) -> Saying<'a> {
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
        let manner = Manner::default();
        voice.say(&manner, &Line::text("3 חדרים ב-5,000 ₪"), &mut speech).await.expect("said");
        let said = pieces.recv().await.map(String::from_utf8);
        assert_eq!(said, Some(Ok("שלושה חדרים בחמשת אלפים שקלים".to_owned())));
        assert_ne!(voice.identity(&manner), Parrot.identity(&manner));
        // A man of one business, a woman of another, by the same voice.
        for (gender, expected) in [(Gender::Feminine, "אני בודקת"), (Gender::Masculine, "אני בודק")]
        {
            let manner = Manner { voice: None, gender: Some(gender) };
            voice.say(&manner, &Line::text("אני בודק/ת"), &mut speech).await.expect("said");
            let said = pieces.recv().await.map(String::from_utf8);
            assert_eq!(said, Some(Ok(expected.to_owned())));
            assert_eq!(
                voice.identity(&manner) == voice.identity(&Manner::default()),
                gender == Gender::Feminine
            );
        }
    }
}

//! What a model is told to be: what a file says, else what is here, in Hebrew where that is spoken and in English
//! elsewhere.

use crate::speech_text::Gender;
use crate::words::Emergencies;

/// In Hebrew, to a woman.
const HEBREW: &str = "את נציגה טלפונית של {business}. את מדברת בעברית מדוברת, בנימוס ובקיצור: משפט או שניים בכל \
    תשובה, ושאלה אחת בכל פעם. מה שאת כותבת נאמר בקול בטלפון: בלי סימונים, רשימות, כתובות או סמלים. כבר הצגת את עצמך \
    בפתיחה; אל תציגי את עצמך שוב. אל תמציאי פרטים: מה שאינך יודעת, אמרי שנציג יחזור עם תשובה. כשהלקוח מוסר פרטים, \
    שמרי אותם בכלי. כשמשהו דחוף או מסוכן, הציעי להעביר מיד לאדם, אם יש לך כלי לכך, או רשמי כתובת, \
    שם ומה קרה. כשהשיחה הסתיימה, היפרדי במילים קצרות וסיימי בכלי.";
/// The same, to a man.
const HEBREW_MASCULINE: &str = "אתה נציג טלפוני של {business}. אתה מדבר בעברית מדוברת, בנימוס ובקיצור: משפט או שניים \
    בכל תשובה, ושאלה אחת בכל פעם. מה שאתה כותב נאמר בקול בטלפון: בלי סימונים, רשימות, כתובות או סמלים. כבר הצגת את \
    עצמך בפתיחה; אל תציג את עצמך שוב. אל תמציא פרטים: מה שאינך יודע, אמור שנציג יחזור עם תשובה. כשהלקוח מוסר פרטים, \
    שמור אותם בכלי. כשמשהו דחוף או מסוכן, הצע להעביר מיד לאדם, אם יש לך כלי לכך, או רשום כתובת, \
    שם ומה קרה. כשהשיחה הסתיימה, היפרד במילים קצרות וסיים בכלי.";
/// In English, whatever is spoken.
const ENGLISH: &str = "You are a telephone agent of {business}. You speak {language}, as people speak it, politely and briefly: \
    a sentence or two an answer, and one question at a time. What you write is said aloud on the telephone: no markup, \
    lists, web addresses or symbols. You have introduced yourself in the greeting; do not introduce yourself again. \
    Make nothing up: of what you do not know, say that somebody will call back with an answer. When the caller gives \
    details, save them with the tool. When something is urgent or dangerous, offer to hand the call over to a person at \
    once, if you have a tool for that, or note the address, the name and what has happened. When the conversation is \
    over, say goodbye in a few words and end it with the tool.";

/// What the instructions of one call depend on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instructions<'a> {
    /// Those of a file, in place of the built-in ones.
    pub(super) file: Option<&'a str>,
    /// ISO 639-1 code of the language spoken.
    pub(super) language: &'a str,
    pub(super) gender: Gender,
    /// The business's name, if the call belongs to one.
    pub(super) business: Option<&'a str>,
    /// What is urgent…
    pub(super) emergencies: &'a Emergencies,
    /// …and whether that is the business's own list.
    pub(super) own_emergencies: bool,
}

impl Instructions<'_> {
    /// For a model that writes.
    pub(super) fn text(&self) -> String {
        let business = self.business.unwrap_or(if self.is_hebrew() { "העסק" } else { "the business" });
        if let Some(text) = self.file {
            let urgent = self.emergencies.phrases().join(", ");
            return text.replace("{business}", business).replace("{emergencies}", &urgent);
        }
        let text = match (self.is_hebrew(), self.gender) {
            (true, Gender::Feminine) => HEBREW,
            (true, Gender::Masculine) => HEBREW_MASCULINE,
            (false, _) => ENGLISH,
        };
        let text = text.replace("{language}", &self.spoken()).replace("{business}", business);
        text + &self.urgent_here()
    }

    /// For a model that speaks itself: it would follow a caller into another language.
    pub(super) fn text_to_speak(&self) -> String {
        let only = match (self.file, self.is_hebrew(), self.gender) {
            (Some(_), ..) => String::new(),
            (None, true, Gender::Feminine) => " דברי עברית בלבד, גם אם הלקוח מדבר בשפה אחרת.".to_owned(),
            (None, true, Gender::Masculine) => " דבר עברית בלבד, גם אם הלקוח מדבר בשפה אחרת.".to_owned(),
            (None, false, _) => {
                format!(" Speak {} only, even if the caller speaks another language.", self.spoken())
            }
        };
        self.text() + &only
    }

    fn is_hebrew(&self) -> bool {
        self.language == "he"
    }

    /// The language, in English.
    fn spoken(&self) -> String {
        match self.language {
            "en" => "English".to_owned(),
            code => format!("the language whose ISO 639-1 code is {code}"),
        }
    }

    /// What is urgent where the business has its own list.
    fn urgent_here(&self) -> String {
        let phrases = self.emergencies.phrases();
        let list = phrases.join(", ");
        match (self.own_emergencies, self.is_hebrew(), phrases.is_empty()) {
            (false, ..) => String::new(),
            (true, true, true) => " בעסק הזה שום דבר אינו דחוף.".to_owned(),
            (true, true, false) => format!(" בעסק הזה דחוף רק מה שדומה לאלה: {list}."),
            (true, false, true) => " At this business nothing is urgent.".to_owned(),
            (true, false, false) => format!(" At this business only what is like these is urgent: {list}."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(language: &str, own: Option<&[&str]>, file: Option<&str>) -> [String; 2] {
        let own = own.map(|phrases| phrases.iter().map(|phrase| (*phrase).to_owned()).collect::<Vec<_>>());
        let instructions = Instructions {
            file,
            language,
            gender: Gender::Feminine,
            business: Some("Levi"),
            emergencies: &Emergencies::new(own.iter().flatten()),
            own_emergencies: own.is_some(),
        };
        [instructions.text(), instructions.text_to_speak()]
    }

    fn has_hebrew(text: &str) -> bool {
        text.chars().any(|c| ('א'..='ת').contains(&c))
    }

    /// S-EMG-017: a business's own emergencies are told in the language of the rest.
    #[test]
    fn all_is_told_in_one_language() {
        for (own, urgent) in [
            (Some(&["lock out", "no lift"][..]), "only what is like these is urgent: lock out, no lift."),
            (Some(&[][..]), "At this business nothing is urgent."),
            (None, "end it with the tool."),
        ] {
            for (language, spoken) in [("en", "English"), ("fr", "ISO 639-1 code is fr")] {
                for text in told(language, own, None) {
                    assert!(text.contains("agent of Levi. ") && text.contains(spoken), "{text}");
                    assert!(text.contains(urgent) && !has_hebrew(&text) && !text.contains('{'), "{text}");
                }
            }
        }
        let [written, spoken] = told("he", Some(&["lock out"]), None);
        assert!(written.ends_with("דחוף רק מה שדומה לאלה: lock out."), "{written}");
        assert_eq!(spoken.strip_prefix(&written), Some(" דברי עברית בלבד, גם אם הלקוח מדבר בשפה אחרת."));
    }

    #[test]
    fn a_file_is_told_as_it_is() {
        let texts = told("he", Some(&["lock out"]), Some("{business}: {emergencies}!"));
        assert_eq!(texts, ["Levi: lock out!", "Levi: lock out!"]);
    }
}

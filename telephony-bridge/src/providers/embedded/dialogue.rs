//! A rule-based Hebrew dialogue that takes a property enquiry: the agent that needs no model.
//!
//! It asks for what it does not know yet, one thing at a time, and says goodbye when it knows
//! everything or hears a farewell.

use crm_api::Speaker;

use super::due::Due;
use super::lead_fields;
use crate::providers::{LeadFields, Llm};
use crate::session::{CallTime, Line, LlmEvent, TurnId};

/// What is asked for, in order: field and question. The texts are those of the clip library.
const QUESTIONS: [(&str, &str); 7] = [
    ("name", "בשמחה. מה השם בבקשה?"),
    ("deal", "נעים מאוד. לקנות או לשכור?"),
    ("area", "נעים מאוד. באיזה אזור מחפשים?"),
    ("budget", "מובן. מה התקציב בערך?"),
    ("rooms", "כמה חדרים צריך?"),
    ("meeting", "מצוין. מתי נוח להיפגש?"),
    ("callback", "רשמתי. לחזור למספר הזה?"),
];
const THANKS: &str = "תודה רבה. נציג שלנו יחזור בהקדם.";
const GOODBYE: &str = "תודה, ולהתראות.";
const TRANSFER: &str = "כמובן, אני מעבירה.";
const FAREWELLS: [&str; 4] = ["להתראות", "ביי", "שלום שלום", "יום טוב"];
const HUMAN: [&str; 3] = ["נציג", "בן אדם", "מישהו אמיתי"];

/// Replies for one call.
#[derive(Debug)]
pub struct Dialogue {
    state: State,
    /// Where the dialogue stood before the last reply: a reply taken back was never given.
    before: Option<(TurnId, State)>,
    latency_ms: u64,
    due: Due<(TurnId, LlmEvent)>,
}

/// What the dialogue knows and is about.
#[derive(Clone, Debug, Default)]
struct State {
    known: LeadFields,
    asked: Option<&'static str>,
    thanked: bool,
}

impl Dialogue {
    /// A dialogue whose replies take `latency_ms`.
    pub fn new(latency_ms: u64) -> Self {
        Self { state: State::default(), before: None, latency_ms, due: Due::default() }
    }
}

impl State {
    /// Learns from the caller's words; returns what is new.
    fn learn(&mut self, text: &str) -> LeadFields {
        let mut fresh = lead_fields(text);
        // The answer to a question is its field, unless a rule understood it better.
        if let Some(asked) = self.asked.take().filter(|asked| !fresh.contains_key(*asked)) {
            fresh.insert(asked.to_owned(), text.trim().to_owned());
        }
        fresh.retain(|key, value| self.known.get(key) != Some(value));
        self.known.extend(fresh.clone());
        fresh
    }

    /// What to say next, and whether to hang up afterwards.
    fn next_line(&mut self, text: &str) -> (&'static str, bool) {
        if FAREWELLS.iter().any(|word| text.contains(word)) || self.thanked {
            return (GOODBYE, true);
        }
        if HUMAN.iter().any(|word| text.contains(word)) {
            return (TRANSFER, false);
        }
        match QUESTIONS.iter().find(|(field, _)| !self.known.contains_key(*field)) {
            Some((field, question)) => {
                self.asked = Some(field);
                (question, false)
            }
            None => {
                self.thanked = true;
                (THANKS, false)
            }
        }
    }
}

impl Llm for Dialogue {
    fn reply(&mut self, now: CallTime, turn: TurnId, _index: u32, text: &str) {
        self.before = Some((turn, self.state.clone()));
        let fields = self.state.learn(text);
        let (line, hang_up) = self.state.next_line(text);
        let at = CallTime(now.0 + self.latency_ms * 1_000);
        self.due.push(at, (turn, LlmEvent::Sentence(Line::text(line))));
        self.due.push(at, (turn, LlmEvent::Done { fields, hang_up }));
    }

    fn cancel(&mut self, turn: TurnId) {
        self.due.retain(|(t, _)| *t != turn);
        if let Some((_, state)) = self.before.take_if(|(replied, _)| *replied == turn) {
            self.state = state;
        }
    }

    /// What the caller told somebody else: it is not asked again.
    fn said(&mut self, speaker: Speaker, text: &str, _interrupted: bool) {
        if speaker == Speaker::Caller {
            for (field, value) in lead_fields(text) {
                self.state.known.entry(field).or_insert(value);
            }
        }
    }

    fn poll(&mut self, now: CallTime) -> Option<(TurnId, LlmEvent)> {
        self.due.pop(now)
    }

    fn poll_timeout(&self) -> Option<CallTime> {
        self.due.next_at()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(dialogue: &mut Dialogue, turn: u32, text: &str) -> (String, LeadFields, bool) {
        dialogue.reply(CallTime(0), TurnId(turn), turn, text);
        let Some((_, LlmEvent::Sentence(line))) = dialogue.poll(CallTime(0)) else { panic!("no sentence") };
        let Some((_, LlmEvent::Done { fields, hang_up })) = dialogue.poll(CallTime(0)) else {
            panic!("no end")
        };
        (line.text, fields, hang_up)
    }

    /// A-CRM-011, A-CRM-025
    #[test]
    fn a_whole_enquiry_is_taken() {
        let mut dialogue = Dialogue::new(0);
        let (line, fields, _) = say(&mut dialogue, 1, "שלום, אני רוצה לשכור דירה בתל אביב");
        assert!(line.contains("מה השם"));
        assert_eq!(fields["area"], "תל אביב");
        let (line, fields, _) = say(&mut dialogue, 2, "דנה לוי");
        assert_eq!(fields["name"], "דנה לוי");
        assert!(line.contains("התקציב"), "deal and area are known: {line}");
        say(&mut dialogue, 3, "עד שבעת אלפים שקל");
        say(&mut dialogue, 4, "שלושה חדרים");
        say(&mut dialogue, 5, "מחר בבוקר");
        let (line, fields, hang_up) = say(&mut dialogue, 6, "כן");
        assert_eq!((line.as_str(), fields["callback"].as_str(), hang_up), (THANKS, "כן", false));
        assert!(say(&mut dialogue, 7, "תודה").2);
    }

    #[test]
    fn a_reply_taken_back_was_never_given() {
        let mut dialogue = Dialogue::new(0);
        say(&mut dialogue, 1, "שלום");
        dialogue.reply(CallTime(0), TurnId(2), 1, "דנה");
        dialogue.cancel(TurnId(2));
        assert_eq!(dialogue.poll(CallTime(0)), None);
        let (line, fields, _) = say(&mut dialogue, 3, "דנה לוי");
        assert_eq!(fields["name"], "דנה לוי");
        assert!(line.contains("לקנות או לשכור"), "{line}");
    }

    /// As a fallback: what was told before is not asked again.
    #[test]
    fn what_somebody_else_was_told_is_known() {
        let mut dialogue = Dialogue::new(0);
        dialogue.said(Speaker::Caller, "אני רוצה לקנות דירה בחיפה", false);
        dialogue.said(Speaker::Agent, "בתל אביב?", false);
        assert!(say(&mut dialogue, 2, "כן").0.contains("מה השם"));
        let (line, _, _) = say(&mut dialogue, 3, "דנה לוי");
        assert!(line.contains("התקציב"), "deal and area are known: {line}");
    }

    #[test]
    fn a_farewell_ends_the_call() {
        assert!(say(&mut Dialogue::new(0), 1, "לא משנה, להתראות").2);
    }
}

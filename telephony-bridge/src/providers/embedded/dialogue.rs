//! A rule-based Hebrew dialogue that takes a property enquiry: the agent that needs no model.
//!
//! It asks for what it does not know yet, one thing at a time, and says goodbye when it knows
//! everything or hears a farewell. Whoever has an emergency is offered a person at once, or is asked for what
//! the person who comes must know, and for nothing else (S-EMG-006, S-EMG-008).

use std::sync::Arc;

use crm_api::Speaker;

use super::due::Due;
use super::lead_fields;
use crate::providers::{LeadFields, Llm};
use crate::session::{CallTime, Line, LlmEvent, TurnId};
use crate::words::{Emergencies, Lexicon};

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
/// The same in an emergency.
const URGENT_QUESTIONS: [(&str, &str); 4] = [
    ("address", "אני רושמת. מה הכתובת?"),
    ("name", "מה השם בבקשה?"),
    ("trouble", "מה קרה בדיוק?"),
    ("callback", "רשמתי. לחזור למספר הזה?"),
];
const URGENT_OFFER: &str = "זה נשמע דחוף. להעביר אותך עכשיו לכונן, או שארשום את הפרטים?";
const URGENT_NOTED: &str = "רשמתי שזה דחוף. נחזור אליכם מיד.";
/// An answer to the offer that chooses the second half of it; any other word of assent chooses the first.
const DETAILS: [&str; 5] = ["פרטים", "תרשמ", "לרשום", "שיחזרו", "לא"];
const CONNECT: [&str; 7] = ["להעביר", "תעביר", "כן", "עכשיו", "מיד", "כונן", "בבקשה"];
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
    /// Is there a person to whom the call can be handed over?
    transferable: bool,
    emergencies: Arc<Emergencies>,
    due: Due<(TurnId, LlmEvent)>,
}

/// What the dialogue knows and is about.
#[derive(Clone, Debug, Default)]
struct State {
    known: LeadFields,
    asked: Option<&'static str>,
    thanked: bool,
    urgent: Option<Urgent>,
}

/// How far an emergency has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Urgent {
    /// The caller was asked: a person now, or somebody who calls back?
    Offered,
    /// Somebody will call back, and is told what the caller answers.
    Taken,
}

impl Dialogue {
    /// A dialogue whose replies take `latency_ms`.
    pub fn new(latency_ms: u64) -> Self {
        Self {
            state: State::default(),
            before: None,
            latency_ms,
            transferable: false,
            emergencies: Lexicon::hebrew().emergencies().into(),
            due: Due::default(),
        }
    }

    /// This list says what an emergency is.
    #[must_use]
    pub fn with_emergencies(mut self, emergencies: Arc<Emergencies>) -> Self {
        self.emergencies = emergencies;
        self
    }

    /// Whoever asks for a person gets one. Without one, the caller is told that somebody will call back.
    #[must_use]
    pub fn with_transfer(mut self, possible: bool) -> Self {
        self.transferable = possible;
        self
    }
}

/// What follows a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    Listen,
    HangUp,
    Transfer,
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

    /// What to say next, and what follows.
    fn next_line(&mut self, text: &str, transferable: bool) -> (&'static str, Then) {
        let any = |words: &[&str]| words.iter().any(|word| text.contains(word));
        if self.urgent == Some(Urgent::Offered) {
            self.urgent = Some(Urgent::Taken);
            if !any(&DETAILS) && any(&CONNECT) {
                return (TRANSFER, Then::Transfer);
            }
        }
        if any(&FAREWELLS) || self.thanked {
            return (GOODBYE, Then::HangUp);
        }
        if any(&HUMAN) {
            return if transferable { (TRANSFER, Then::Transfer) } else { (THANKS, Then::Listen) };
        }
        let (questions, thanks): (&[_], _) = match self.urgent {
            Some(_) => (&URGENT_QUESTIONS, URGENT_NOTED),
            None => (&QUESTIONS, THANKS),
        };
        match questions.iter().find(|(field, _)| !self.known.contains_key(*field)) {
            Some((field, question)) => {
                self.asked = Some(field);
                (question, Then::Listen)
            }
            None => {
                self.thanked = true;
                (thanks, Then::Listen)
            }
        }
    }

    /// The caller has an emergency: it is reported with the lead, and offered a person if there is one.
    fn alarm(&mut self, phrase: &str, transferable: bool, fresh: &mut LeadFields) -> Option<&'static str> {
        // What was asked before was not answered.
        if let Some(asked) = self.asked.take() {
            fresh.remove(asked);
            self.known.remove(asked);
        }
        let field = ("emergency".to_owned(), phrase.to_owned());
        self.known.extend([field.clone()]);
        fresh.extend([field]);
        self.urgent = Some(if transferable { Urgent::Offered } else { Urgent::Taken });
        transferable.then_some(URGENT_OFFER)
    }
}

impl Llm for Dialogue {
    fn reply(&mut self, now: CallTime, turn: TurnId, _index: u32, text: &str) {
        self.before = Some((turn, self.state.clone()));
        let emergency = self.emergencies.find(text).filter(|_| self.state.urgent.is_none());
        let asked = self.state.asked;
        let mut fields = self.state.learn(text);
        let offer = emergency.and_then(|phrase| {
            self.state.asked = asked;
            self.state.alarm(phrase, self.transferable, &mut fields)
        });
        let (line, then) = match offer {
            Some(offer) => (offer, Then::Listen),
            None => self.state.next_line(text, self.transferable),
        };
        let (hang_up, transfer) = (then == Then::HangUp, then == Then::Transfer);
        let at = CallTime(now.0 + self.latency_ms * 1_000);
        self.due.push(at, (turn, LlmEvent::Sentence(Line::text(line))));
        self.due.push(at, (turn, LlmEvent::Done { fields, hang_up, transfer }));
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
        let Some((_, LlmEvent::Done { fields, hang_up, transfer: false })) = dialogue.poll(CallTime(0))
        else {
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

    /// S-EMG-007: a person is promised only where there is one.
    #[test]
    fn whoever_asks_for_a_person_gets_one_if_there_is_one() {
        let (line, _, hang_up) = say(&mut Dialogue::new(0), 1, "אפשר לדבר עם נציג?");
        assert_eq!((line.as_str(), hang_up), (THANKS, false));
        let mut dialogue = Dialogue::new(0).with_transfer(true);
        dialogue.reply(CallTime(0), TurnId(1), 1, "אפשר לדבר עם נציג?");
        let events: Vec<_> =
            std::iter::from_fn(|| dialogue.poll(CallTime(0))).map(|(_, event)| event).collect();
        let [LlmEvent::Sentence(line), LlmEvent::Done { hang_up: false, transfer: true, .. }] = &events[..]
        else {
            panic!("{events:?}")
        };
        assert_eq!(line.text, TRANSFER);
    }

    /// S-EMG-001, S-EMG-006, S-EMG-008, as the embedded agent does it: a person now, if there is one and that is wanted;
    /// else address, name, trouble and number, and nothing of what an enquiry is asked.
    #[test]
    fn an_emergency_is_helped_at_once() {
        let offered = |answer: &str| {
            let mut dialogue = Dialogue::new(0).with_transfer(true);
            say(&mut dialogue, 1, "שלום, אני רוצה לשכור דירה");
            let (line, fields, _) = say(&mut dialogue, 2, "רגע, יש לי פה הצפה!");
            assert_eq!((line.as_str(), fields["emergency"].as_str()), (URGENT_OFFER, "הצפה"));
            assert!(!fields.contains_key("name"), "a cry for help is no name: {fields:?}");
            dialogue.reply(CallTime(0), TurnId(3), 3, answer);
            let said: Vec<_> = std::iter::from_fn(|| dialogue.poll(CallTime(0))).collect();
            match &said[..] {
                [(_, LlmEvent::Sentence(line)), (_, LlmEvent::Done { transfer, .. })] => {
                    (line.text.clone(), *transfer)
                }
                other => panic!("{other:?}"),
            }
        };
        for assent in ["כן, תעבירי אותי", "עכשיו בבקשה"] {
            assert_eq!(offered(assent), (TRANSFER.to_owned(), true), "{assent}");
        }
        for details in ["תרשמי את הפרטים", "לא, שיחזרו אליי", "אהמ"] {
            assert_eq!(offered(details), (URGENT_QUESTIONS[0].1.to_owned(), false), "{details}");
        }

        let mut dialogue = Dialogue::new(0);
        let mut learned = LeadFields::new();
        let mut lines = Vec::new();
        for (turn, words) in
            ["יש ריח של גז בבית!", "הרצל שלוש", "דנה לוי", "הברז נשבר", "כן"].into_iter().enumerate()
        {
            let (line, fields, hang_up) = say(&mut dialogue, turn as u32, words);
            assert!(!hang_up);
            learned.extend(fields);
            lines.push(line);
        }
        let asked: Vec<&str> = URGENT_QUESTIONS.iter().map(|(_, question)| *question).collect();
        assert_eq!(lines[..4], asked[..]);
        assert_eq!(lines[4], URGENT_NOTED);
        let told = [
            ("emergency", "ריח של גז"),
            ("address", "הרצל שלוש"),
            ("name", "דנה לוי"),
            ("trouble", "הברז נשבר"),
        ];
        assert!(told.iter().all(|(field, value)| learned[*field] == *value), "{learned:?}");
        assert!(say(&mut dialogue, 6, "תודה").2);
    }

    /// S-EMG-017: what is urgent is the business's to say.
    #[test]
    fn a_business_s_own_emergencies_count() {
        let urgent = |list: &[&str], words: &str| {
            let list: Vec<String> = list.iter().map(|phrase| (*phrase).to_owned()).collect();
            let own = Emergencies::new(&list);
            let mut dialogue = Dialogue::new(0).with_emergencies(Arc::new(own));
            say(&mut dialogue, 1, words).1.contains_key("emergency")
        };
        assert!(urgent(&["הצפה"], "יש לי הצפה") && !urgent(&["מנעול נתקע"], "יש לי הצפה"));
        assert!(urgent(&["מנעול נתקע"], "המנעול נתקע ואני בחוץ") && !urgent(&[], "יש לי הצפה"));
    }

    #[test]
    fn a_farewell_ends_the_call() {
        assert!(say(&mut Dialogue::new(0), 1, "לא משנה, להתראות").2);
    }
}

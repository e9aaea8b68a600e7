//! What a call is about, as others may see it: intents, and values that say nothing of a person.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::logging::Redacted;
use crate::providers::Known;

/// Fields whose values are shown. Of any other it is shown that it is known: it may hold a name, an address, or
/// whatever a caller answered.
const SHOWN: [&str; 5] = ["area", "budget", "deal", "meeting", "rooms"];
/// Entities of a record.
const MAX_ENTITIES: usize = 12;
/// Longest value shown, in characters.
const MAX_VALUE: usize = 40;
/// So many digits may be a telephone number.
const NUMBER: usize = 7;
/// A model that fills in every field says so where there is no emergency.
const NONE: [&str; 6] = ["no", "none", "false", "לא", "אין", "-"];
/// A value that is not shown.
const KEPT_BACK: &str = "…";

fn says_none(said: &str) -> bool {
    NONE.contains(&said.trim().trim_end_matches('.').to_lowercase().as_str())
}

/// What the caller wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// To buy.
    Buy,
    /// To rent.
    Rent,
    /// Some other service of the business.
    Service,
    /// To meet.
    Meeting,
    /// To speak with a person.
    Person,
    /// Help at once.
    Emergency,
    /// Something that this bridge does not know; a newer one does.
    #[serde(other)]
    Other,
}

impl Intent {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Buy => "buy",
            Self::Rent => "rent",
            Self::Service => "service",
            Self::Meeting => "meeting",
            Self::Person => "person",
            Self::Emergency => "emergency",
            Self::Other => "other",
        }
    }
}

/// What the caller of a live call wants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// What for, the most urgent first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub intents: Vec<Intent>,
    /// What is known: field → value. Values that may name a person are `…`, telephone numbers are cut to four
    /// digits.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub entities: BTreeMap<String, String>,
    /// Did the caller say that it is urgent?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub emergency: bool,
}

impl About {
    /// Of what was learned, as much as others may see.
    pub(super) fn of(known: &Known) -> Self {
        let said = known.fields.get("emergency");
        let emergency = known.is_urgent || said.is_some_and(|said| !says_none(said));
        let deal = known.fields.get("deal").map(|deal| match deal.as_str() {
            "buy" => Intent::Buy,
            "rent" => Intent::Rent,
            _ => Intent::Service,
        });
        let meeting = known.fields.contains_key("meeting").then_some(Intent::Meeting);
        let urgent = emergency.then_some(Intent::Emergency);
        let person = known.wants_person.then_some(Intent::Person);
        let intents = [urgent, person, deal, meeting].into_iter().flatten().collect();
        // Those whose values are shown first, so that no others crowd them out.
        let (mut fields, others): (Vec<_>, Vec<_>) =
            known.fields.iter().partition(|(name, _)| SHOWN.contains(&name.as_str()));
        fields.extend(others);
        let entities = fields.into_iter().take(MAX_ENTITIES);
        let entities = entities.map(|(name, value)| (name.clone(), shown(name, value))).collect();
        Self { intents, entities, emergency }
    }

    /// Every text of a record, for whoever must not trust it.
    pub(in crate::server) fn texts(&self) -> impl Iterator<Item = &String> {
        self.entities.iter().flat_map(|(name, value)| [name, value])
    }

    /// On one line: `rent, area תל אביב, rooms 3`. What is kept back is left out.
    pub fn line(&self) -> String {
        let intents = self.intents.iter().map(|intent| intent.as_str().to_owned());
        // The intents say these already.
        let told = |name: &str, value: &str| value != KEPT_BACK && !["deal", "emergency"].contains(&name);
        let entities = self.entities.iter().filter(|(name, value)| told(name, value));
        let parts = intents.chain(entities.map(|(name, value)| format!("{name} {value}")));
        parts.collect::<Vec<_>>().join(", ")
    }
}

fn shown(name: &str, value: &str) -> String {
    if value.chars().filter(char::is_ascii_digit).count() >= NUMBER {
        return Redacted(value).to_string();
    }
    if SHOWN.contains(&name) { value.chars().take(MAX_VALUE).collect() } else { KEPT_BACK.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(fields: &[(&str, &str)]) -> Known {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Known { fields, ..Known::default() }
    }

    /// S-TEL-007: intents and entities of a call, and nothing of who the caller is: names are kept back, numbers cut,
    /// wherever they stand.
    #[test]
    fn what_a_call_is_about_is_shown_and_who_calls_is_not() {
        let mut known = known(&[
            ("area", "תל אביב"),
            ("deal", "rent"),
            ("name", "דנה לוי"),
            ("callback", "050-234-5678"),
            ("meeting", "תתקשרו אליי 0502345678"),
            ("note", "גרה ברחוב הרצל"),
        ]);
        let about = About::of(&known);
        assert_eq!(about.intents, [Intent::Rent, Intent::Meeting]);
        let entities: Vec<(&str, &str)> =
            about.entities.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let expected = [
            ("area", "תל אביב"),
            ("callback", "…5678"),
            ("deal", "rent"),
            ("meeting", "…5678"),
            ("name", "…"),
            ("note", "…"),
        ];
        assert_eq!(entities, expected);
        assert_eq!(about.line(), "rent, meeting, area תל אביב, callback …5678, meeting …5678");
        assert!(!about.emergency);
        known.fields.insert("emergency".to_owned(), "אין".to_owned());
        assert!(!About::of(&known).emergency);
        known.fields.insert("emergency".to_owned(), "נזילה".to_owned());
        assert!(About::of(&known).emergency);
        (known.is_urgent, known.wants_person) = (true, true);
        let about = About::of(&known);
        assert_eq!(about.intents[..3], [Intent::Emergency, Intent::Person, Intent::Rent]);
        assert!(about.emergency);
    }

    /// A record stays small whatever a model invents, and what is shown is not crowded out.
    #[test]
    fn a_record_is_bounded() {
        let mut many = known(&[("rooms", &"3".repeat(6)), ("zone", "x"), ("budget", &"א".repeat(200))]);
        many.fields.extend((0..30).map(|i| (format!("a{i}"), "x".to_owned())));
        let about = About::of(&many);
        assert_eq!(about.entities.len(), MAX_ENTITIES);
        assert_eq!(
            (about.entities["rooms"].as_str(), about.entities["budget"].chars().count()),
            ("333333", 40)
        );
    }

    /// A newer bridge's intents do not make its record unreadable, and a record without any is an older one's.
    #[test]
    fn records_of_other_versions_are_read() {
        let about: About = serde_json::from_str(r#"{"intents":["rent","sell"]}"#).expect("read");
        assert_eq!(about.intents, [Intent::Rent, Intent::Other]);
        assert_eq!(serde_json::from_str::<About>("{}").expect("read"), About::default());
        assert_eq!(serde_json::to_string(&About::default()).expect("JSON"), "{}");
    }
}

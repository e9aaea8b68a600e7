//! Lead fields from the caller's words, by rule: the embedded agent's ear for Hebrew property
//! enquiries. A language model does better; this one needs no key.

use crate::providers::LeadFields;

const NAME_INTROS: [&str; 4] = ["קוראים לי", "שמי", "השם שלי", "מדבר"];
const CITIES: [&str; 12] = [
    "תל אביב",
    "ירושלים",
    "חיפה",
    "רמת גן",
    "גבעתיים",
    "הרצליה",
    "נתניה",
    "ראשון לציון",
    "פתח תקווה",
    "באר שבע",
    "אשדוד",
    "חולון",
];
const NUMBERS: [(&str, &str); 12] = [
    ("שני", "2"),
    ("שתי", "2"),
    ("שניים", "2"),
    ("שלושה", "3"),
    ("שלוש", "3"),
    ("שלושת", "3"),
    ("ארבעה", "4"),
    ("ארבע", "4"),
    ("ארבעת", "4"),
    ("חמישה", "5"),
    ("חמש", "5"),
    ("שישה", "6"),
];

/// What can be learned from `text`: `name`, `area`, `deal`, `rooms`, `budget`.
pub fn lead_fields(text: &str) -> LeadFields {
    let words: Vec<&str> =
        text.split_whitespace().map(|w| w.trim_matches(|c: char| ",.?!\"".contains(c))).collect();
    let plain = words.join(" ");
    let mut fields = LeadFields::new();
    let mut set = |key: &str, value: &str| {
        if !value.is_empty() {
            fields.entry(key.to_owned()).or_insert_with(|| value.to_owned());
        }
    };
    for intro in NAME_INTROS {
        if let Some((_, after)) = plain.split_once(intro) {
            let name: Vec<&str> = after.split_whitespace().take(2).collect();
            set("name", &name.join(" "));
        }
    }
    for city in CITIES {
        if plain.contains(city) {
            set("area", city);
        }
    }
    if plain.contains("לשכור") || plain.contains("להשכרה") || plain.contains("שכירות") {
        set("deal", "rent");
    } else if plain.contains("לקנות") || plain.contains("קנייה") || plain.contains("לרכוש") {
        set("deal", "buy");
    }
    for pair in words.windows(2).filter(|pair| pair[1].starts_with("חדרים")) {
        let digits = pair[0].chars().all(|c| c.is_ascii_digit() || c == '.');
        let spoken = NUMBERS.iter().find(|(word, _)| *word == pair[0]).map(|(_, value)| *value);
        set("rooms", spoken.unwrap_or(if digits { pair[0] } else { "" }));
    }
    // A sum: the word before אלף, מיליון or שקל, with a spelled-out tail kept as spoken.
    if let Some(i) = words.iter().position(|w| matches!(*w, "אלף" | "אלפים" | "מיליון" | "שקל" | "שקלים"))
    {
        let start = words[..i]
            .iter()
            .rposition(|w| matches!(*w, "עד" | "תקציב" | "הוא" | "בערך"))
            .map_or(i.saturating_sub(1), |p| p + 1);
        set("budget", &words[start..=i].join(" "));
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A-CRM-025
    #[test]
    fn fields_are_learned_from_a_hebrew_enquiry() {
        let fields =
            lead_fields("קוראים לי דנה לוי, אני רוצה לשכור דירה בתל אביב עם שלושה חדרים, עד שבעת אלפים");
        assert_eq!(fields["name"], "דנה לוי");
        assert_eq!(fields["area"], "תל אביב");
        assert_eq!(fields["deal"], "rent");
        assert_eq!(fields["rooms"], "3");
        assert_eq!(fields["budget"], "שבעת אלפים");
    }

    #[test]
    fn small_talk_teaches_nothing() {
        assert!(lead_fields("כן, בסדר גמור").is_empty());
        assert!(lead_fields("").is_empty());
    }
}

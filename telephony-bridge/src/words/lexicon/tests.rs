//! What the Hebrew lists say of words, and what is said of lists that cannot work.

use super::*;

fn hebrew() -> Arc<Lexicon> {
    Lexicon::hebrew()
}

#[test]
fn the_shipped_lists_are_read() {
    let lexicon = Lexicon::parse(include_str!("../he.toml")).expect("valid");
    assert!(lexicon.stops.len() > 10 && lexicon.backchannels.len() > 10);
    let error = Lexicon::parse("stops = 3").expect_err("not a list").to_string();
    assert!(error.contains("stops"), "{error}");
}

/// A-AUD-003: a list that is named replaces the Hebrew one, the others stay.
#[test]
fn named_lists_replace_ours() {
    let ours = Lexicon::clone(&hebrew());
    let mine = ours.clone().with("stops = [\"Hold\", \"רֶגַע!\"]\nquestions = []").expect("valid");
    assert_eq!(mine.overlap("hold", ""), Overlap::Stop("hold".into()));
    assert_eq!(mine.overlap("רגע", ""), Overlap::Stop("רגע".into()));
    assert_eq!(mine.overlap("סליחה", ""), Overlap::Words(1));
    assert_eq!(mine.overlap("כן", ""), Overlap::Backchannel);
    assert_eq!(mine.ending(Asked::Nothing, "כמה זה"), Ending::Complete);
    let nothing = ours.clone().with("# nothing\n").expect("valid");
    assert_eq!(nothing, ours);
    let same = Lexicon::default().with(include_str!("../he.toml")).expect("valid");
    assert_eq!(same, ours);
}

/// One line that says which list, or where in the file.
#[test]
fn lists_that_cannot_work_are_named() {
    for (text, needed) in [
        ("stops = [\"רגע אחד\"]", "stops has `רגע אחד`: expected one word"),
        ("fillers = [\"…\"]", "fillers has `…`: expected one word"),
        ("stops = [3]", "stops has `3`: expected one word"),
        ("stops = 3", "stops is `3`: expected a list of words"),
        ("stop = [\"רגע\"]", "`stop` is no list: expected "),
        ("\nstops = [", "line 2: "),
    ] {
        let error = Lexicon::parse(text).expect_err(text).to_string();
        assert!(error.starts_with(needed) && !error.contains('\n'), "{error}");
    }
}

/// S-EMG-001, S-EMG-017, what the line hears: a phrase of the list inside whatever is said, whatever its case; the
/// list is the language's and can be replaced.
#[test]
fn an_emergency_is_heard() {
    for (words, found) in [
        ("יש לי הצפה בסלון!", Some("הצפה")),
        ("הצינור התפוצץ ויש ריח של גז", Some("ריח של גז")),
        ("We have a BURST pipe", Some("burst")),
        ("it's leaking", Some("leak")),
        ("no hot-water since morning", Some("no hot water")),
        ("אני מחפש דירה בתל אביב", None),
        ("זה לא דחוף", None),
        ("לא דחוף, אבל יש נזילה", Some("נזילה")),
        ("", None),
    ] {
        assert_eq!(hebrew().emergencies().find(words), found, "{words}");
    }
    let mine = Lexicon::clone(&hebrew()).with("emergencies = [\"Lift  Stuck\"]").expect("valid");
    assert_eq!(mine.emergencies().find("the lift stuck again"), Some("lift stuck"));
    assert_eq!(mine.emergencies().find("יש הצפה"), None);
    let error = Lexicon::parse("emergencies = ['…']").expect_err("nothing to hear").to_string();
    assert!(error.starts_with("emergencies has `…`: expected a phrase"), "{error}");
}

/// A-AUD-003: backchannels do not interrupt, stop-words do, and the agent's own words are neither.
#[test]
fn words_over_the_agent_are_weighed() {
    let line = "יש לנו דירה ליד הים, רגע אחד";
    for (words, meaning) in [
        ("", Overlap::Nothing),
        ("…", Overlap::Nothing),
        ("ליד הים", Overlap::Nothing),
        ("רגע", Overlap::Nothing),
        ("כן", Overlap::Backchannel),
        ("כֵּן, אוקיי.", Overlap::Backchannel),
        ("לא!", Overlap::Stop("לא".into())),
        ("כן אבל סליחה", Overlap::Stop("סליחה".into())),
        ("אני רוצה", Overlap::Words(2)),
        // Whoever begins with "actually" takes the floor.
        ("בעצם", Overlap::Words(1)),
    ] {
        assert_eq!(hebrew().overlap(words, line), meaning, "{words}");
    }
}

#[test]
fn a_turn_ends_as_its_words_do() {
    for (words, ending) in [
        (" ", Ending::None),
        ("אני מחפש דירה", Ending::Complete),
        ("כן", Ending::Complete),
        ("לא", Ending::Complete),
        ("אני מחפש דירה של", Ending::Unfinished),
        ("אני צריך את הדירה כי", Ending::Unfinished),
        ("אה…", Ending::Unfinished),
        ("שלוש", Ending::Complete),
        ("אפס חמש שתיים", Ending::Unfinished),
        ("המספר שלי הוא אפס חמש", Ending::Unfinished),
        ("03", Ending::Unfinished),
        ("בשעה שלוש", Ending::Complete),
        ("052 34", Ending::Unfinished),
        ("050 234567", Ending::Unfinished),
        ("09 8765432", Ending::Complete),
        ("תודה, לא", Ending::Complete),
        ("כמה זה?", Ending::Question),
        ("אה", Ending::Complete),
        ("אני רוצה אה", Ending::Unfinished),
        ("אני רוצה בעצם", Ending::Unfinished),
        ("0502345678", Ending::Complete),
        ("וכמה היא עולה?", Ending::Question),
        ("מתי אפשר לראות", Ending::Question),
        // Half a number, and a weekday.
        ("אני רוצה דירה של שני", Ending::Unfinished),
        ("משהו כמו שלושת", Ending::Unfinished),
        ("אולי ביום שני", Ending::Complete),
        ("שני", Ending::Complete),
        ("מיליון ו", Ending::Unfinished),
        ("בסביבות", Ending::Complete),
        ("עד שני מיליון בסביבות", Ending::Unfinished),
        // Whoever says what he looks for has not said it yet.
        ("שלום, אני מחפש", Ending::Unfinished),
        ("שלום, אני מחפשת דירה", Ending::Complete),
        // Numbers from abroad, and short ones.
        ("+972 50 23456", Ending::Unfinished),
        ("+972502345678", Ending::Complete),
        ("972 3 3763805", Ending::Complete),
        ("תחזרו אליי ל-כוכבית", Ending::Unfinished),
        ("כוכבית 23", Ending::Unfinished),
        ("כוכבית שתיים שלוש ארבע חמש", Ending::Complete),
    ] {
        assert_eq!(hebrew().ending(Asked::Nothing, words), ending, "{words}");
    }
}

/// Whoever was asked for a number has not said it with "nought five", nor with three digits of any kind.
#[test]
fn a_number_that_was_asked_for_is_waited_for() {
    for (asked, words, ending) in [
        ("מה מספר הטלפון שלך?", "חמש", Ending::Unfinished),
        ("מה הטלפון?", "054 12", Ending::Unfinished),
        ("מה הטלפון?", "0541234567", Ending::Complete),
        ("מה הטלפון?", "לא רוצה", Ending::Complete),
        ("כמה חדרים?", "חמש", Ending::Complete),
    ] {
        assert_eq!(hebrew().ending(hebrew().asked(asked), words), ending, "{asked} {words}");
    }
}

/// What the agent's words ask for is what its last question does.
#[test]
fn a_question_says_what_answers_it() {
    for (line, asked) in [
        ("", Asked::Nothing),
        ("יש לנו דירה ליד הים.", Asked::Nothing),
        ("לקנות או לשכור?", Asked::Closed),
        ("נעים מאוד. לחזור למספר הזה?", Asked::Closed),
        ("האם זה מתאים?", Asked::Closed),
        ("כמה חדרים צריך?", Asked::Open),
        ("שלום, במה אפשר לעזור?", Asked::Open),
        ("באיזה אזור? אני מקשיבה.", Asked::Open),
        ("מה הטלפון שלך?", Asked::Number),
        ("אשמח לרשום את הטלפון.", Asked::Number),
        ("מה הטלפון? רשמתי. זה מתאים?", Asked::Closed),
        ("בשמחה. מה השם בבקשה?", Asked::Name),
        ("איך קוראים לך?", Asked::Name),
        ("אני רושמת. מה הכתובת?", Asked::Address),
        ("הרחוב שקט. מתי נוח?", Asked::Open),
    ] {
        assert_eq!(hebrew().asked(line), asked, "{line}");
    }
}

/// Telephone numbers are said in pairs; amounts and times are not numbers in progress.
#[test]
fn pairs_of_digits_are_counted() {
    for (words, ending) in [
        ("אפס חמישים ושתיים", Ending::Unfinished),
        ("אפס חמישים", Ending::Unfinished),
        ("אפס חמישים ושתיים שלוש ארבעים וחמש שש שבעים ושמונה", Ending::Unfinished),
        ("אפס חמישים ושתיים שלושים וארבע חמישים ושש שבעים ושמונה אחת", Ending::Complete),
        ("אפס חמישים ושתיים שלוש עשרה ארבעים וחמש שש שבע שמונה", Ending::Complete),
        ("הטלפון שלי הוא ארבעים", Ending::Unfinished),
        ("עשרים ושלוש", Ending::Complete),
        ("שתים עשרה ושלושים", Ending::Complete),
        ("שלוש עשרים", Ending::Complete),
        ("בעשר", Ending::Complete),
    ] {
        assert_eq!(hebrew().ending(Asked::Nothing, words), ending, "{words}");
    }
    assert_eq!(hebrew().ending(Asked::Number, "חמישים ושתיים"), Ending::Unfinished);
}

/// A name of one word may go on, and an address without a number; whoever introduces them has not said them.
#[test]
fn an_answer_may_go_on() {
    for (asked, words, ending) in [
        (Asked::Name, "דני", Ending::Perhaps),
        (Asked::Name, "קוראים לי דני", Ending::Perhaps),
        (Asked::Name, "דני כהן", Ending::Complete),
        (Asked::Name, "לא", Ending::Complete),
        (Asked::Name, "קוראים לי", Ending::Unfinished),
        (Asked::Nothing, "שלום, קוראים לי", Ending::Unfinished),
        (Asked::Nothing, "המספר שלי", Ending::Unfinished),
        (Asked::Closed, "כן זה המספר שלי", Ending::Complete),
        (Asked::Nothing, "ומה הכתובת", Ending::Question),
        (Asked::Nothing, "דני", Ending::Complete),
        (Asked::Address, "הרצל", Ending::Perhaps),
        (Asked::Address, "רחוב הרצל", Ending::Perhaps),
        (Asked::Address, "אני גר ברחוב", Ending::Unfinished),
        (Asked::Address, "רחוב הרצל 14", Ending::Complete),
        (Asked::Address, "לא", Ending::Complete),
        (Asked::Open, "אה", Ending::Unfinished),
        (Asked::Closed, "אהה", Ending::Complete),
        (Asked::Open, "דני שטרודל", Ending::Unfinished),
    ] {
        assert_eq!(hebrew().ending(asked, words), ending, "{asked:?} {words}");
    }
}

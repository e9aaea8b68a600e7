//! `tape.json` damaged in any way is a tape that keeps its promises or an error that names the file.

use std::fs;

use audio_core::tape::{AgentLine, Echo, EchoPath, Greeting, Tape, TapeFile, write_wav_8k};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::cases;

const GOOD: &str = r#"{"version":1,"business":"demo","from":"+972502345678",
 "greeting":{"text":"שלום","clip":"clips/g.wav"},
 "caller":[{"start_ms":3200,"end_ms":5150,"kind":"turn","text":"אני מחפש דירה"},
           {"start_ms":9000,"end_ms":9350,"kind":"backchannel","text":"אהה",
            "words":[{"t_ms":9300,"text":"אהה"}]},
           {"start_ms":20000,"end_ms":21000,"kind":"noise"}],
 "agent":[{"text":"בשמחה","clip":"clips/g.wav"},{"text":"תודה"}],
 "echo":{"delay_ms":45,"gain_db":-18,"ir":[1.0,0.25]},
 "latency":{"stt_ms":200},"hang_up_ms":60000}"#;

/// Things to put where something else was.
const PIECES: [&str; 16] = [
    "",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "null",
    "true",
    "-1",
    "1e999",
    "18446744073709551616",
    "../",
    "\\u0000",
    "0.5",
];

/// What is done to the text, each at a place given as a share of its length.
#[derive(Clone, Debug)]
enum Damage {
    Flip(u8),
    Remove(usize),
    Put(&'static str),
    Cut,
    /// The first number from there on becomes another.
    Number(i64),
}

fn damage() -> impl Strategy<Value = Vec<(prop::sample::Index, Damage)>> {
    let one = prop_oneof![
        any::<u8>().prop_map(Damage::Flip),
        (1usize..40).prop_map(Damage::Remove),
        prop::sample::select(&PIECES[..]).prop_map(Damage::Put),
        Just(Damage::Cut),
        prop_oneof![any::<i64>(), 0i64..30_000].prop_map(Damage::Number),
        prop_oneof![any::<i64>(), 0i64..30_000].prop_map(Damage::Number),
    ];
    prop::collection::vec((any::<prop::sample::Index>(), one), 0..4)
}

fn damaged(damage: &[(prop::sample::Index, Damage)]) -> Vec<u8> {
    let mut text = GOOD.as_bytes().to_vec();
    for (place, damage) in damage {
        let at = place.index(text.len() + 1);
        match damage {
            Damage::Flip(bits) if at < text.len() => text[at] ^= bits,
            Damage::Flip(_) => {}
            Damage::Remove(count) => drop(text.drain(at..(at + count).min(text.len()))),
            Damage::Put(piece) => drop(text.splice(at..at, piece.bytes())),
            Damage::Cut => text.truncate(at),
            Damage::Number(number) => {
                let digits = |from: usize, is: bool| {
                    text[from..].iter().position(|b| b.is_ascii_digit() == is).map(|n| from + n)
                };
                if let Some(start) = digits(at, true) {
                    let end = digits(start, false).unwrap_or(text.len());
                    text.splice(start..end, number.to_string().bytes());
                }
            }
        }
    }
    text
}

fn folder() -> TempDir {
    let dir = tempfile::tempdir().expect("temporary folder");
    fs::create_dir(dir.path().join("clips")).expect("clips");
    for name in ["caller.wav", "clips/g.wav"] {
        write_wav_8k(dir.path().join(name), &[1, 2, 3]).expect(name);
    }
    // Where a backslash is a letter: a tape must not depend on that.
    if cfg!(unix) {
        write_wav_8k(dir.path().join("clips\\g.wav"), &[1, 2, 3]).expect("a name with a backslash");
    }
    dir
}

fn keeps_its_promises(file: &TapeFile) -> Result<(), TestCaseError> {
    prop_assert_eq!(file.version, 1);
    prop_assert!(file.caller.is_sorted_by_key(|span| span.start_ms));
    let recorded = matches!(file.echo, Some(Echo::Recorded(_)));
    prop_assert!(!file.agent.is_empty() || file.caller.is_empty() || recorded);
    for span in &file.caller {
        prop_assert!(span.start_ms < span.end_ms);
        let inside = |t_ms| (span.start_ms..=span.end_ms).contains(&t_ms);
        prop_assert!(span.words.iter().flatten().all(|word| inside(word.t_ms)));
    }
    if let Some(Echo::Path(echo)) = &file.echo {
        prop_assert!((0.0..=2_000.0).contains(&echo.delay_ms) && (-120.0..=20.0).contains(&echo.gain_db));
    }
    Ok(())
}

/// JSON keeps all but the last bits of an echo's numbers, and everything else.
fn written_and_read(mut file: TapeFile) -> Result<(), TestCaseError> {
    let text = serde_json::to_string(&file).expect("written");
    let mut again: TapeFile = serde_json::from_str(&text).expect("read");
    match (file.echo.take(), again.echo.take()) {
        (Some(Echo::Path(mut a)), Some(Echo::Path(mut b))) => {
            let numbers = |path: &mut EchoPath| {
                let mut all = path.ir.take().unwrap_or_default();
                all.extend([path.delay_ms, path.gain_db]);
                all
            };
            let (from, to) = (numbers(&mut a), numbers(&mut b));
            prop_assert_eq!((from.len(), a.seed), (to.len(), b.seed));
            let near = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-12 * a.abs();
            prop_assert!(from.iter().zip(&to).all(near), "{from:?} became {to:?}");
        }
        (a, b) => prop_assert_eq!(a, b),
    }
    prop_assert_eq!(file, again);
    Ok(())
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn a_damaged_tape_is_sound_or_refused(damage in damage()) {
        let dir = folder();
        fs::write(dir.path().join("tape.json"), damaged(&damage)).expect("written");
        match TapeFile::load(dir.path()) {
            Ok(file) => {
                keeps_its_promises(&file)?;
                written_and_read(file.clone())?;
                match Tape::load(dir.path()) {
                    Ok(tape) => {
                        prop_assert_eq!(tape.agent_clips.len(), tape.file.agent.len());
                        prop_assert_eq!(tape.file, file);
                    }
                    Err(error) => prop_assert!(error.to_string().contains(".clip"), "{}", error),
                }
            }
            Err(error) => {
                prop_assert!(error.to_string().contains("tape.json: "), "{}", error);
                prop_assert!(Tape::load(dir.path()).is_err());
            }
        }
    }

    /// Nothing outside the folder is named by a tape that loads.
    #[test]
    fn clips_stay_inside(
        path in prop_oneof![1 => Just("clips\\g.wav".to_owned()), 4 => "(\\.\\./|\\./|/|clips|g\\.wav|\\\\){0,6}"],
    ) {
        let dir = folder();
        let text = GOOD.replace("clips/g.wav", &path.replace('\\', "\\\\"));
        fs::write(dir.path().join("tape.json"), text).expect("written");
        let leaves = path.contains("..") || path.starts_with('/') || path.contains('\\') || path.is_empty();
        prop_assert!(!leaves || Tape::load(dir.path()).is_err(), "{} was read", path);
    }

    #[test]
    fn a_greeting_is_a_line(text in ".{0,20}", clip in prop::option::of("[a-z/.]{0,9}")) {
        let line = AgentLine { text, clip: clip.clone() };
        prop_assert_eq!(Greeting::Line(line.clone()).line(), line);
        if let Some(path) = clip {
            let bare = Greeting::Clip(path.clone()).line();
            prop_assert_eq!((bare.text.as_str(), bare.clip), ("", Some(path)));
        }
    }
}

//! `tape.json` with any content: a tape that keeps its promises or an error that names the file;
//! recordings come from inside the folder only.
#![no_main]

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use audio_core::tape::{Echo, TAPE_VERSION, Tape, TapeError, TapeFile, write_wav_8k};
use fuzz_kit::files::folder;
use libfuzzer_sys::fuzz_target;

/// The recordings inside the folder, and the one beside it.
const INSIDE: [i16; 3] = [1, 2, 3];
const OUTSIDE: [i16; 3] = [-7, -7, -7];

fn tape() -> &'static PathBuf {
    static TAPE: OnceLock<PathBuf> = OnceLock::new();
    TAPE.get_or_init(|| {
        let dir = folder().join("tape");
        fs::create_dir_all(dir.join("clips")).expect("a folder");
        for name in ["caller.wav", "clips/a.wav", "clips/g.wav"] {
            write_wav_8k(dir.join(name), &INSIDE).expect(name);
        }
        write_wav_8k(folder().join("outside.wav"), &OUTSIDE).expect("outside.wav");
        dir
    })
}

fuzz_target!(|bytes: &[u8]| {
    let dir = tape();
    fs::write(dir.join("tape.json"), bytes).expect("written");
    let (file, tape) = (TapeFile::load(dir), Tape::load(dir));
    match (file, tape) {
        (Err(error), Err(_)) => explains(&error),
        (Err(error), Ok(_)) => panic!("a tape whose file is refused: {error}"),
        (Ok(file), tape) => {
            keeps_its_promises(&file);
            match tape {
                Ok(tape) => stays_inside(&tape, &file),
                Err(error) => explains(&error),
            }
            written_and_read(file);
        }
    }
});

fn explains(error: &TapeError) {
    let text = error.to_string();
    assert!(text.contains("tape.json: "), "{text}");
    if let TapeError::Field { field, problem, .. } = error {
        assert!(!field.is_empty() && !problem.is_empty(), "{text}");
    }
}

fn keeps_its_promises(file: &TapeFile) {
    assert_eq!(file.version, TAPE_VERSION);
    assert!(file.caller.is_sorted_by_key(|span| span.start_ms));
    assert!(!file.agent.is_empty() || file.caller.is_empty());
    for span in &file.caller {
        assert!(span.start_ms < span.end_ms);
        let inside = |t_ms| (span.start_ms..=span.end_ms).contains(&t_ms);
        assert!(span.words.iter().flatten().all(|word| inside(word.t_ms)));
    }
    if let Some(Echo::Path(echo)) = &file.echo {
        assert!((0.0..=2_000.0).contains(&echo.delay_ms) && (-120.0..=20.0).contains(&echo.gain_db));
    }
}

fn stays_inside(tape: &Tape, file: &TapeFile) {
    assert_eq!(&tape.file, file);
    assert_eq!(tape.caller, INSIDE);
    assert_eq!(tape.agent_clips.len(), file.agent.len());
    let clips = tape.agent_clips.iter().chain([&tape.greeting_clip]).flatten();
    assert!(clips.into_iter().all(|clip| clip == &INSIDE), "read outside the tape");
}

/// JSON keeps all but the last bit of an echo's numbers.
fn written_and_read(mut file: TapeFile) {
    let text = serde_json::to_string(&file).expect("a tape can be written");
    fs::write(tape().join("tape.json"), text).expect("written");
    let mut again = TapeFile::load(tape()).expect("what was accepted is accepted again");
    if let (Some(Echo::Path(a)), Some(Echo::Path(b))) = (file.echo.take(), again.echo.take()) {
        for (a, b) in [(a.delay_ms, b.delay_ms), (a.gain_db, b.gain_db)] {
            assert!((a - b).abs() <= 1e-12 * a.abs(), "{a} became {b}");
        }
    }
    assert_eq!(file, again);
}

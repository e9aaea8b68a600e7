//! Tapes in an S3-compatible store: the same commands, the same answers.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use provider_fakes::s3::{BUCKET, FakeS3};

/// A listing's page: shorter than a tape has files.
const PAGE: usize = 3;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/calls")
}

/// Puts a tape of the fixtures into the store, below `prefix`.
fn upload(store: &FakeS3, tape: &str, prefix: &str) {
    fn files(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(dir).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { files(&path, found) } else { found.push(path) }
        }
    }
    let dir = fixtures().join(tape);
    let mut found = Vec::new();
    files(&dir, &mut found);
    for file in found {
        let name = file.strip_prefix(&dir).expect("inside").to_string_lossy().into_owned();
        store.insert(&format!("{prefix}/{name}"), &std::fs::read(&file).expect("readable"));
    }
}

/// Runs the bridge off the async threads, which the store needs.
async fn run(store: &FakeS3, args: &[&str], more: &[(&'static str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_telephony-bridge"));
    command.args(args).envs(store.env()).envs(more.iter().copied());
    tokio::task::spawn_blocking(move || command.output()).await.expect("no panic").expect("runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A store's tapes are found at any depth, page by page, and replay as the folder's do.
#[tokio::test(flavor = "multi_thread")]
async fn tapes_in_a_store_replay_as_those_in_a_folder() {
    let store = FakeS3::start(PAGE).await.expect("a port");
    for tape in ["greeting", "hang_up"] {
        upload(&store, tape, &format!("week 47/שני/{tape}"));
    }
    // A tape that is being written, a neighbour of the prefix, and a file that is no tape's.
    store.insert("week 47/.new-1/tape.json", b"{}");
    store.insert("week 471/other/tape.json", b"{}");
    store.insert("week 47/notes.txt", b"");
    let there = run(&store, &["replay", "--json", &format!("s3://{BUCKET}/week 47")], &[]).await;
    assert!(there.status.success(), "{}", text(&there.stderr));
    let folders: Vec<String> =
        ["greeting", "hang_up"].map(|tape| fixtures().join(tape).display().to_string()).into();
    let here = run(&store, &["replay", "--json", &folders[0], &folders[1]], &[]).await;
    assert_eq!(text(&there.stdout), text(&here.stdout));
    let one =
        run(&store, &["tape", "info", "--json", &format!("s3://{BUCKET}/week 47/שני/greeting")], &[]).await;
    assert!(text(&one.stdout).contains(r#""tape":"greeting""#), "{}", text(&one.stdout));
}

/// A tape is put with `tape.json` last, replaced with it removed first, and busy stores are asked again.
#[tokio::test(flavor = "multi_thread")]
async fn a_tape_appears_in_a_store_whole() {
    let store = FakeS3::start(PAGE).await.expect("a port");
    let wav = fixtures().join("greeting/caller.wav").display().to_string();
    let place = format!("s3://{BUCKET}/imported/one");
    store.be_busy(2);
    let made = run(&store, &["tape", "import", &wav, &place], &[]).await;
    assert!(made.status.success(), "{}", text(&made.stderr));
    assert_eq!(store.keys(), ["imported/one/caller.wav", "imported/one/tape.json"]);
    let valid = run(&store, &["tape", "validate", &place], &[]).await;
    assert!(valid.status.success(), "{}", text(&valid.stdout));

    let again = run(&store, &["tape", "import", &wav, &place], &[]).await;
    assert!(!again.status.success());
    assert!(text(&again.stderr).contains("imported/one: exists already: --force"), "{}", text(&again.stderr));
    store.insert("imported/one/clips/old.wav", b"of the tape before");
    let begun = store.log().len();
    let forced = run(&store, &["tape", "import", &wav, &place, "--force"], &[]).await;
    assert!(forced.status.success(), "{}", text(&forced.stderr));
    let log = store.log().split_off(begun);
    let changes: Vec<&str> = log.iter().map(String::as_str).filter(|line| !line.starts_with("GET")).collect();
    assert_eq!(
        changes,
        [
            "DELETE imported/one/tape.json",
            "PUT imported/one/caller.wav",
            "PUT imported/one/tape.json",
            "DELETE imported/one/clips/old.wav"
        ]
    );
    let gone = run(&store, &["tape", "retain", &format!("s3://{BUCKET}/"), "--older-than", "0m"], &[]).await;
    assert!(gone.status.success(), "{}", text(&gone.stderr));
    assert_eq!(store.keys(), [""; 0]);
}

/// One sentence that names the place, says why, and shows no secret.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_refuses_is_quoted() {
    let store = FakeS3::start(PAGE).await.expect("a port");
    upload(&store, "greeting", "greeting");
    let place = format!("s3://{BUCKET}/greeting");
    for (args, more, wanted) in [
        (
            &["tape", "info", &place][..],
            &[("AWS_SECRET_ACCESS_KEY", "wrong")][..],
            "403 SignatureDoesNotMatch: ",
        ),
        (&["tape", "info", &place], &[("AWS_ACCESS_KEY_ID", "AKIAOTHER")], "403 InvalidAccessKeyId: "),
        (&["tape", "info", &place], &[("AWS_ACCESS_KEY_ID", "")], "403 AccessDenied: "),
        (&["tape", "info", "s3://others/x"], &[], "404 NoSuchBucket: "),
        (&["tape", "info", "s3://calls/nothing"], &[], "s3://calls/nothing: holds no tape"),
        (&["tape", "info", &place], &[("AWS_ENDPOINT_URL", "http://127.0.0.1:1")], "Connection refused"),
        (&["tape", "info", &place], &[("AWS_ENDPOINT_URL", "127.0.0.1")], "AWS_ENDPOINT_URL 127.0.0.1: "),
    ] {
        let output = run(&store, args, more).await;
        let said = text(&output.stderr);
        assert!(!output.status.success() && said.contains(wanted), "{args:?} {more:?}: {said}");
        assert!(!said.contains("X-Amz-Signature=") && !said.contains("a secret of the store"), "{said}");
        assert!(said.lines().next().is_some_and(|line| line.contains("s3://")), "{said}");
    }
}

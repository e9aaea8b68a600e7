//! `telephony-bridge tape view`, opened in a browser.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

fn call(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/calls").join(name)
}

fn bridge(args: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_telephony-bridge")).args(args).output().expect("runs")
}

fn view(tape: &Path, out: &Path) -> String {
    let output = bridge(&["tape", "view", tape.to_str().expect("a path"), out.to_str().expect("a path")]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::read_to_string(out).expect("a page")
}

/// A headless browser: `CHROME`, or one on the path.
fn browser() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CHROME") {
        return Some(named.into());
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome", "chrome", "headless_shell"];
    let found = std::env::split_paths(&folders)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|path| path.is_file());
    if found.is_none() {
        eprintln!("SKIP: no chromium on PATH and CHROME is not set: the page was not opened");
    }
    found
}

/// Opens a page: what it is after its script ran, and what the browser said.
fn open(browser: &Path, page: &Path, profile: &Path, args: &[&str]) -> (String, String) {
    let mut child = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--enable-logging=stderr"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .args(args)
        .arg(format!("file://{}", page.display()))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a browser");
    let (mut out, mut err) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
    let out = std::thread::spawn(move || {
        let mut text = Vec::new();
        out.read_to_end(&mut text).map(|_| String::from_utf8_lossy(&text).into_owned())
    });
    let err = std::thread::spawn(move || {
        let mut text = Vec::new();
        err.read_to_end(&mut text).map(|_| String::from_utf8_lossy(&text).into_owned())
    });
    let begun = Instant::now();
    while child.try_wait().expect("a child").is_none() {
        if begun.elapsed() > Duration::from_secs(120) {
            child.kill().expect("killed");
            panic!("the browser did not come back");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    (out.join().expect("read").expect("text"), err.join().expect("read").expect("text"))
}

/// Every decision of the replay is in the page that a browser makes of it, with its time; the script ran
/// to its end and nothing was complained of.
#[test]
fn a_browser_shows_every_decision() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("page.html");
    let html = view(&call("interruption"), &page);
    for outside in ["http://", "https://", "src=", "@import", "url("] {
        assert!(!html.contains(outside), "{outside} in the page");
    }
    let Some(browser) = browser() else { return };
    let profile = folder.path().join("profile");
    let (dom, said) = open(&browser, &page, &profile, &["--dump-dom"]);
    assert!(!said.contains("CONSOLE"), "{said}");
    assert!(!dom.contains("data-error="), "{dom}");
    let replay = bridge(&["replay", "--json", call("interruption").to_str().expect("a path")]);
    let report: Value = serde_json::from_slice(&replay.stdout).expect("JSON");
    let shown = ["barge_in", "duck", "resume", "turn_end"];
    let events: Vec<&Value> = report["events"]
        .as_array()
        .expect("events")
        .iter()
        .filter(|event| shown.contains(&event["event"].as_str().expect("a name")))
        .collect();
    assert!(events.len() > 5);
    for event in &events {
        let item = format!("data-event={} data-t=\"{}\"", event["event"], event["t_ms"]);
        assert!(dom.contains(&item), "{item} is not in the page");
    }
    assert!(dom.contains(&format!("data-ready=\"{}\"", events.len())), "the script did not come to its end");
    assert_eq!(dom.matches("<li data-event").count(), events.len());
    assert!(dom.contains("dir=\"rtl\"") && dom.contains("היי, אני מחפשת דירה לקנייה"), "the conversation");

    let picture = folder.path().join("page.png");
    let screenshot = format!("--screenshot={}", picture.display());
    let (_, said) = open(&browser, &page, &profile, &[&screenshot, "--window-size=1280,1100"]);
    let png = std::fs::read(&picture).unwrap_or_else(|error| panic!("{error}: {said}"));
    assert!(png.starts_with(b"\x89PNG") && png.len() > 20_000, "{} bytes", png.len());
}

/// Text of a tape is text, whatever it says.
#[test]
fn hostile_text_is_text() {
    let folder = tempfile::tempdir().expect("a folder");
    let tape = folder.path().join("a<b>&{{js}}");
    std::fs::create_dir_all(tape.join("clips")).expect("a folder");
    let from = call("greeting");
    for file in ["caller.wav", "clips/greeting.wav", "clips/a1.wav"] {
        std::fs::copy(from.join(file), tape.join(file)).expect("copied");
    }
    let mut file: Value =
        serde_json::from_slice(&std::fs::read(from.join("tape.json")).expect("a tape")).expect("JSON");
    let hostile = "</script><script>document.documentElement.dataset.owned=1</script><img src=x onerror='document.documentElement.dataset.owned=2'>\u{2028}{{data}}";
    file["caller"][0]["text"] = hostile.into();
    file["agent"][0]["text"] = hostile.into();
    file["greeting"]["text"] = hostile.into();
    file["business"] = hostile.into();
    std::fs::write(tape.join("tape.json"), file.to_string()).expect("written");
    let page = folder.path().join("page.html");
    let html = view(&tape, &page);
    assert_eq!(html.matches("</script>").count(), 2, "a text ends the script");
    assert!(!html.contains("<img"), "a text is an element");
    let Some(browser) = browser() else { return };
    let (dom, said) = open(&browser, &page, &folder.path().join("profile"), &["--dump-dom"]);
    assert!(!said.contains("CONSOLE"), "{said}");
    assert!(dom.contains("data-ready=") && !dom.contains("data-error="), "{dom}");
    assert!(!dom.contains("data-owned"), "a text was run");
    assert!(dom.contains("&lt;/script&gt;&lt;script&gt;"), "the text is not shown");
    assert!(dom.contains("<h1 id=\"name\">a&lt;b&gt;&amp;{{js}}</h1>"), "the name is not shown");
}

/// A call of silence, and a page that cannot be written: one sentence, nothing half there.
#[test]
fn nothing_to_show_and_nowhere_to_put_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("page.html");
    let html = view(&call("silent_caller"), &page);
    assert!(html.ends_with("</html>\n"));
    let tape = call("greeting");
    let nowhere = folder.path().join("no/such/folder/page.html");
    let output = bridge(&["tape", "view", tape.to_str().expect("a path"), nowhere.to_str().expect("a path")]);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("page.html"));
    let output = bridge(&["tape", "view", "no-such-tape", page.to_str().expect("a path")]);
    assert!(!output.status.success());
    assert_eq!(std::fs::read_to_string(&page).expect("the page"), html);
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 1);
}

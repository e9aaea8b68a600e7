//! `telephony-bridge webhooks set`.

use std::collections::BTreeMap;

use provider_fakes::twilio_rest::{FakeTwilioRest, Number};
use tokio::process::Command;

use crate::site::{ACCOUNT, AUTH_TOKEN, INTERNAL_TOKEN, PUBLIC};

async fn set(twilio: &FakeTwilioRest, arguments: &[&str]) -> (bool, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_telephony-bridge"))
        .args(["webhooks", "set"])
        .args(arguments)
        .env_clear()
        .envs([
            ("PUBLIC_BASE_URL", PUBLIC),
            ("TWILIO_AUTH_TOKEN", AUTH_TOKEN),
            ("TWILIO_ACCOUNT_SID", ACCOUNT),
            ("INTERNAL_API_TOKEN", INTERNAL_TOKEN),
            ("TWILIO_API_BASE", &twilio.base()),
        ])
        .output()
        .await
        .expect("it runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.success(), text(&output.stdout), text(&output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_numbers_webhooks_are_set() {
    let twilio = FakeTwilioRest::start(ACCOUNT, &[(ACCOUNT, AUTH_TOKEN)]).await.expect("a port");
    let settings = BTreeMap::from([
        ("voice_url".to_owned(), "https://old.example.com/voice".to_owned()),
        ("voice_method".to_owned(), "GET".to_owned()),
    ]);
    twilio.add_number("PN1", Number { number: "+97233763805".to_owned(), settings });
    let number = ["--number", "+97233763805"];
    let (ok, out, _) = set(&twilio, &[&number[..], &["--dry-run"]].concat()).await;
    let before =
        "+97233763805 (PN1)\n  before    voice   GET https://old.example.com/voice\n            status  -\n";
    let wanted = format!(
        "voice   POST {PUBLIC}/api/voice/inbound\n            status  POST {PUBLIC}/api/voice/status\n"
    );
    assert_eq!((ok, out), (true, format!("{before}  would be  {wanted}")));
    assert_eq!(twilio.numbers()["PN1"].settings["voice_method"], "GET", "nothing was changed");

    let (ok, out, _) = set(&twilio, &number).await;
    assert_eq!((ok, out), (true, format!("{before}  after     {wanted}")));
    assert_eq!(twilio.numbers()["PN1"].settings["voice_url"], format!("{PUBLIC}/api/voice/inbound"));
    let (ok, out, _) = set(&twilio, &number).await;
    assert!(ok && out.ends_with("nothing to change\n"), "{out}");

    let (ok, _, error) = set(&twilio, &["--number", "+97231111111"]).await;
    assert_eq!(
        (ok, error),
        (false, format!("telephony-bridge: account {ACCOUNT} has no number +97231111111\n"))
    );
    let (ok, _, error) = set(&twilio, &["--number", "03-3763805"]).await;
    assert!(!ok && error.contains("PhoneNumber is `03-3763805`: expected a number"), "{error}");
}

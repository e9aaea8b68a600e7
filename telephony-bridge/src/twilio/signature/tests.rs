//! The published vectors (A-PLT-004, P-QUE-012).

use super::*;

const TOKEN: &str = "12345";
const URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn call() -> Vec<(String, String)> {
    pairs(&[
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+14158675309"),
        ("Digits", "1234"),
        ("From", "+14158675309"),
        ("To", "+18005551212"),
    ])
}

fn with(extra: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut params = call();
    params.extend(pairs(extra));
    params
}

#[test]
fn forms_are_signed_as_published() {
    let conference = with(&[("ReasonConferenceEnded", "test"), ("Reason", "Participant")]);
    let http = URL.replace("https", "http");
    let cases = [
        (URL.to_owned(), call(), "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (http.replace(".com", ".com:1234"), call(), "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
        (URL.replace(".com", ".com:443"), call(), "kvajT1Ptam85bY51eRf/AJRuM3w="),
        (http.replace(".com", ".com:80"), call(), "0ZXoZLH/DfblKGATFgpif+LLRf4="),
        (
            URL.to_owned(),
            pairs(&[
                ("Sid", "CA123"),
                ("SidAccount", "AC123"),
                ("Digits", "5678"),
                ("Digits", "1234"),
                ("Digits", "1234"),
            ]),
            "IK+Dwps556ElfBT0I3Rgjkr1wJU=",
        ),
        (URL.replace("//my", "//user:pass@my"), call(), "CukzLTc1tT5dXEDIHm/tKBanW10="),
        (URL.replace("//my", "//user@my"), call(), "2YRLlVAflCqxaNicjMpJcSTgzSs="),
        (
            URL.replace("//mycompany.com", "//user:pass@mycompany.com:443"),
            call(),
            "ZQFR1PTIZXF2MXB8ZnKCvnnA+rI=",
        ),
        (URL.to_owned(), conference.clone(), "vOEb5UThFn24KEfnOFLQY2AE5FY="),
        (http, conference, "n2xBNyzSW7rfYStDtOFiFMv7qNo="),
        (
            URL.to_owned(),
            pairs(&[("property", "value"), ("boolean", "true")]),
            "NBdBDr/T/lgjI+tlgpXjKZQZs/k=",
        ),
    ];
    for (url, params, signature) in cases {
        assert_eq!(sign_form(TOKEN, &url, &params), signature, "{url}");
        assert!(verify_form(TOKEN, signature, &url, &params), "{url}");
        assert!(!verify_form("54321", signature, &url, &params), "{url}");
    }
}

#[test]
fn a_list_is_signed_in_any_order() {
    let (a, b) = ("+1325xxxxxxx", "+1415xxxxxxx");
    for (first, second) in [(a, b), (b, a)] {
        let key = "MessagingBinding.Address";
        let params = pairs(&[(key, first), (key, second)]);
        assert!(verify_form(TOKEN, "83O6e2vORAoJHUNzJjDWN1jz+BA=", URL, &params));
    }
}

#[test]
fn the_port_may_come_and_go() {
    let signature = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
    assert!(verify_form(TOKEN, signature, &URL.replace(".com", ".com:1234"), &call()));
    assert!(verify_form(TOKEN, signature, &URL.replace(".com", ".com:443"), &call()));
    assert!(verify_form(TOKEN, "kvajT1Ptam85bY51eRf/AJRuM3w=", URL, &call()));
    let http = URL.replace("https", "http");
    assert!(verify_form(TOKEN, "0ZXoZLH/DfblKGATFgpif+LLRf4=", &http, &call()));
}

#[test]
fn a_quote_is_tried_both_ways() {
    let url = format!("{URL}&Body=It's+amazing");
    assert!(verify_form(TOKEN, "TfZzewPq8wqrGlMfyAud8+/IvJ0=", &url, &call()));
    assert!(verify_form(TOKEN, "dsq4Ehbj6cs+KdTkpF5sSSplOWw=", &url, &call()));
}

#[test]
fn json_bodies_are_bound_by_their_hash() {
    let body = br#"{"property": "value", "boolean": true}"#;
    let hash = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";
    let url = format!("{URL}&bodySHA256={hash}");
    assert!(verify_json(TOKEN, "a9nBmqA0ju/hNViExpshrM61xv4=", &url, body));
    assert!(!verify_json(TOKEN, "a9nBmqA0ju/hNViExpshrM61xv4=", &url, b"{}"));
    assert!(!verify_json(TOKEN, "a9nBmqA0ju/hNViExpshrM61xv4=", URL, body));

    let url = format!("https://mycompany.com/myapp.php?bodySHA256={hash}");
    assert!(verify_json(TOKEN, "y77kIzt2vzLz71DgmJGsen2scGs=", &url, body));

    let empty = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    let url = format!("{URL}&bodySHA256={empty}");
    assert!(verify_json(TOKEN, "Ldidvp12m26NI7eqEvxnEpkd9Hc=", &url, b"{}"), "the :443 spelling");
    assert!(verify_json(TOKEN, "rw/jVviOgicj2+kHZULvebnA4ag=", &url, b"{}"));
}

#[test]
fn handshakes_are_signed_over_the_wss_url() {
    let base = "wss://bridge.example.com/media-stream";
    let plain = "VI9ej9ea3XwYotvICMoCR5PThYA=";
    let slash = "cqSp4sENsUimjXHvwr/JyHT2cuM=";
    let port = "eLiDZFy1iags1INq5EG6ZWEjoCY=";
    assert_eq!(sign(TOKEN, base), plain);
    assert_eq!(sign(TOKEN, &format!("{base}/")), slash);
    assert_eq!(sign(TOKEN, "wss://bridge.example.com:443/media-stream"), port);
    for signature in [plain, slash, port] {
        for url in [base, "wss://bridge.example.com/media-stream/"] {
            assert!(verify_handshake(TOKEN, signature, url), "{signature} {url}");
        }
    }
    let https = "47kYEypdXmjANf7gFitPoXdc7fs=";
    assert_eq!(sign(TOKEN, "https://bridge.example.com/media-stream"), https);
    assert!(!verify_handshake(TOKEN, https, base));
}

#[test]
fn wrong_signatures_are_rejected() {
    let conference = with(&[("ReasonConferenceEnded", "test"), ("Reason", "Participant")]);
    assert!(!verify_form(TOKEN, "95+Bu0JVPi0r/SsESZCVf0dWAjw=", URL, &conference));
    let good = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
    for bad in ["", "=", "not base64 !", "RSOYDt4T1cUTdK1PDd93/VVr8B8", &good[..8]] {
        assert!(!verify_form(TOKEN, bad, URL, &call()), "{bad:?}");
    }
    assert!(!verify_form(TOKEN, good, URL, &with(&[("Extra", "1")])));
    assert!(!verify_form(TOKEN, good, "not a url", &call()));
}

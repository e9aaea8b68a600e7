use std::io::Write as _;

use secrecy::ExposeSecret as _;

use super::{Config, LogFormat};

fn env(pairs: &'static [(&'static str, &'static str)]) -> impl Fn(&str) -> Option<String> {
    move |name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

#[test]
fn the_environment_overrides_the_file_and_the_file_the_defaults() {
    let file = file("listen = \"127.0.0.1:1\"\nlog_format = \"json\"\ndefault_business = \"one\"\n");
    let config = Config::load(Some(file.path()), env(&[("CRM_LISTEN", "127.0.0.1:2")])).unwrap();
    assert_eq!(config.listen.port(), 2);
    assert_eq!(config.log_format, LogFormat::Json);
    assert_eq!(config.settings.default_business.as_deref(), Some("one"));
    assert_eq!(config.database_url.expose_secret(), "sqlite://kav-crm.db");
}

#[test]
fn an_unknown_key_or_a_bad_value_is_named_and_secrets_are_not_quoted() {
    let file = file("internal_api_token = \"hush\"\ninternal_api_tokem = \"hush\"\n");
    let error = Config::load(Some(file.path()), env(&[])).unwrap_err().to_string();
    assert!(error.contains("internal_api_tokem") && error.contains("line 2"), "{error}");
    assert!(!error.contains("hush"), "{error}");

    for (name, value) in [
        ("CRM_LISTEN", "nowhere"),
        ("DB_CONNECTIONS", "0"),
        ("DB_CONNECTIONS", "many"),
        ("LOG_FORMAT", "xml"),
        ("CALL_TOKEN_TTL_S", "-1"),
    ] {
        let look_up = |asked: &str| (asked == name).then(|| value.to_owned());
        let error = Config::load(None, look_up).unwrap_err().to_string();
        assert!(error.contains(name), "{name}={value}: {error}");
    }
}

#[test]
fn the_development_token_stays_on_this_machine() {
    let config = Config::load(None, env(&[])).unwrap();
    assert!(config.internal_token().is_err());
    assert!(config.for_development().unwrap().internal_token().is_ok());

    let config = Config::load(None, env(&[("CRM_LISTEN", "0.0.0.0:8081")])).unwrap();
    assert!(config.for_development().is_err());
}

#[test]
fn secrets_do_not_show_when_the_settings_are_printed() {
    let config =
        Config::load(None, env(&[("INTERNAL_API_TOKEN", "hush"), ("DATABASE_URL", "postgres://u:hush@h/d")]));
    assert!(!format!("{:?}", config.unwrap()).contains("hush"));
}

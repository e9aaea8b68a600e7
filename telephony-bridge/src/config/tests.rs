use super::*;

const REQUIRED: [(&str, &str); 3] = [
    ("PUBLIC_BASE_URL", "https://bridge.example.com/"),
    ("TWILIO_AUTH_TOKEN", "12345"),
    ("INTERNAL_API_TOKEN", "internal"),
];

fn with(extra: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let pairs = REQUIRED.iter().chain(extra).copied();
    Config::from_source(&Source::from_pairs(pairs)?)
}

/// S-PLT-010
#[test]
fn defaults_are_those_documented() {
    let config = with(&[]).expect("complete");
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.max_calls, 100);
    assert_eq!(config.ping_interval, Duration::from_secs(30));
    assert_eq!(config.pong_timeout, Duration::from_secs(5));
    assert_eq!(config.stream_url(), "wss://bridge.example.com/media");
    assert_eq!(config.webhook_url("/api/voice/inbound"), "https://bridge.example.com/api/voice/inbound");
    assert_eq!(config.auth_token(), Some("12345"));
    assert!(!format!("{config:?}").contains("12345"));
}

#[test]
fn what_is_missing_is_named() {
    for (name, _) in REQUIRED {
        let rest = REQUIRED.iter().copied().filter(|(other, _)| *other != name);
        let error = Config::from_source(&Source::from_pairs(rest).expect("known"));
        assert!(error.expect_err("missing").to_string().starts_with(name));
    }
}

/// P-QUE-013: signatures are unchecked only where that was asked for.
#[test]
fn mock_mode_is_explicit() {
    let mock = |pairs: &[(&str, &str)]| {
        Config::from_source(&Source::from_pairs(pairs.iter().copied()).expect("known"))
    };
    let config = mock(&[("MOCK_TWILIO", "true")]).expect("nothing is required");
    assert_eq!(config.auth_token(), None);
    assert_eq!(config.stream_url(), "ws://127.0.0.1:8080/media");
    assert!(mock(&[("MOCK_TWILIO", "1")]).is_err());
    assert_eq!(with(&[("MOCK_TWILIO", "false")]).expect("complete").auth_token(), Some("12345"));
}

/// A-PLT-004: Cloud Run names a port.
#[test]
fn a_container_port_is_honoured() {
    let listen = |pairs| with(pairs).map(|config| config.listen.to_string());
    assert_eq!(listen(&[("PORT", "9000")]), Ok("0.0.0.0:9000".into()));
    let both = [("PORT", "9000"), ("BRIDGE_LISTEN", "127.0.0.1:7000")];
    assert_eq!(listen(&both), Ok("127.0.0.1:7000".into()));
    assert!(matches!(listen(&[("PORT", "x")]), Err(ConfigError::Wrong { name: "PORT", .. })));
}

#[test]
fn nonsense_is_named() {
    let wrong = [
        ("BRIDGE_LISTEN", "here"),
        ("PUBLIC_BASE_URL", "http://bridge.example.com"),
        ("PUBLIC_BASE_URL", "https://bridge.example.com/?a=1"),
        ("PUBLIC_BASE_URL", "https://"),
        ("CRM_URL", "ftp://crm"),
        ("CRM_URL", "https://crm.example.com"),
        ("MAX_WEBSOCKET_CONNECTIONS", "0"),
        ("WEBSOCKET_PING_INTERVAL", "-1"),
        ("RECORD_TAPES", "some"),
        ("RECORD_TAPES", "sampled:2"),
        ("TAPE_RETENTION_HOURS", "0"),
        ("LOG_FORMAT", "xml"),
        ("CLOCK_SPEED", "NaN"),
        ("BARGE_IN_PRESET", "rude"),
        ("SPEECH_MODE", "telepathy"),
        ("REALTIME_VAD", "theirs"),
        ("REALTIME_MAX_TOKENS", "0"),
        ("REALTIME_MAX_TOKENS", "4097"),
        ("REALTIME_SESSION_LIMIT", "3600"),
        ("REALTIME_BASE_URL", "https://h/v1?model=x"),
        ("ENGINE_WORKERS", "many"),
        ("REDIS_URL", "rediss://redis"),
        ("REDIS_URL", "redis://"),
        ("ENABLE_VERBOSE_LOGGING", "1"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector:4318"),
        ("MAX_MEMORY_USAGE_MB", "-1"),
    ];
    for (name, value) in wrong {
        let error = with(&[(name, value)]).expect_err(name).to_string();
        assert!(error.starts_with(&format!("{name} is `{value}`: expected ")), "{error}");
    }
}

/// The password of a Redis is shown neither by the settings nor by the error that names them.
#[test]
fn the_password_of_redis_is_not_shown() {
    let set = with(&[("REDIS_URL", "redis://kav:hush@redis:6380/2")]).expect("complete");
    assert!(set.redis.is_some() && !format!("{set:?}").contains("hush"));
    assert!(with(&[]).expect("complete").redis.is_none());
    let error = with(&[("REDIS_URL", "http://kav:hush@redis")]).expect_err("no redis://").to_string();
    assert!(error.starts_with("REDIS_URL is `http://…@redis`: expected redis://"), "{error}");
}

#[test]
fn the_environment_wins_over_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bridge.toml");
    let file = "public_base_url = \"https://file\"\nmax_websocket_connections = 7\nclock_speed = 2.5\nmock_twilio = true\n";
    std::fs::write(&path, file).expect("written");
    let env = |name: &str| (name == "PUBLIC_BASE_URL").then(|| "https://env".to_owned());
    let source = Source::load(Some(&path), env).expect("readable");
    let config = Config::from_source(&source).expect("complete");
    assert_eq!((config.public_base_url.as_str(), config.max_calls), ("https://env", 7));
    assert!((config.clock_speed - 2.5).abs() < 1e-9);

    let broken = |text: &str| {
        std::fs::write(&path, text).expect("written");
        Source::load(Some(&path), |_| None).expect_err("broken").to_string()
    };
    assert_eq!(broken("max_calls = 7"), "settings file: `max_calls` is not a setting");
    assert_eq!(broken("CRM_URL = 'x'"), "settings file: `CRM_URL` is not a setting");
    assert!(broken("data_dir = []").starts_with("DATA_DIR is `array`: expected "));
    let error = broken("\ndata_dir =");
    assert!(error.starts_with("settings file ") && error.contains(": line 2: "), "{error}");
    assert!(!error.contains('\n'), "{error}");
}

/// A-AUD-003: word lists and timings come from files; what those name replaces ours.
#[test]
fn a_conversation_is_set_up_by_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.display().to_string()
    };
    let words = file("words.toml", "stops = ['hold']");
    let numbers = file("session.toml", "silence_ms = 20000\nreprompt = 'Hello?'");
    let set = with(&[("WORDS_FILE", &words), ("SESSION_FILE", &numbers)]).expect("complete").session;
    assert_eq!((set.silence, set.reprompt.text.as_str()), (Duration::from_secs(20), "Hello?"));
    assert_eq!(set.lexicon.overlap("hold", ""), crate::words::Overlap::Stop("hold".into()));
    assert_eq!(set.lexicon.overlap("כן", ""), crate::words::Overlap::Backchannel);
    let default = with(&[]).expect("complete").session;
    assert_eq!(default, SessionConfig::live());

    let wrong = |name, text: &str| {
        let path = file("wrong.toml", text);
        let error = with(&[(name, &path)]).expect_err(text).to_string();
        assert!(!error.contains('\n'), "{error}");
        let detail = error.strip_prefix(&format!("{name} {path}: ")).map(str::to_owned);
        detail.unwrap_or_else(|| panic!("{error}"))
    };
    assert_eq!(wrong("SESSION_FILE", "silence_ms = 9"), "silence_ms is `9`: expected 1000 to 600000 ms");
    assert!(wrong("SESSION_FILE", "silence_ms").starts_with("line 1: "));
    assert!(wrong("WORDS_FILE", "stops = ['a b']").starts_with("stops has `a b`: expected one word"));
    assert!(wrong("WORDS_FILE", "stop = []").starts_with("`stop` is no list: expected "));
    for name in ["SESSION_FILE", "WORDS_FILE"] {
        let error = with(&[(name, "no-such-file.toml")]).expect_err(name).to_string();
        assert!(error.starts_with(&format!("{name} no-such-file.toml: ")), "{error}");
    }
}

/// Any OpenAI-compatible server by one setting; each role may have its own.
#[test]
fn a_base_url_is_all_a_provider_needs() {
    let none = with(&[]).expect("complete").providers;
    assert!(none.is_embedded());
    assert_eq!((none.stt_chain, none.llm_chain), (vec!["embedded"], vec!["embedded"]));
    assert_eq!(none.tts_chain, ["embedded", "espeak", "beep"]);
    let all = with(&[("OPENAI_BASE_URL", "http://127.0.0.1:11434/v1/")]).expect("complete").providers;
    assert_eq!(all.llm.expect("set").base, "http://127.0.0.1:11434/v1");
    assert_eq!(all.stt_chain, ["openai", "embedded"]);
    let hosted = with(&[("OPENAI_API_KEY", "sk-1")]).expect("complete").providers;
    assert_eq!(hosted.tts.expect("set").base, "https://api.openai.com/v1");
    let one = with(&[("LLM_BASE_URL", "http://h/v1"), ("LLM_CHAIN", "embedded, openai")]).expect("complete");
    assert_eq!(one.providers.llm_chain, ["embedded", "openai"]);
    assert!(one.providers.stt.is_none());
}

/// A key is shown nowhere and sent only to whom it was given for.
#[test]
fn a_key_stays_with_its_service() {
    let settings = [("OPENAI_API_KEY", "sk-common"), ("LLM_BASE_URL", "http://elsewhere/v1")];
    let config = with(&settings).expect("complete");
    assert!(!format!("{config:?}").contains("sk-common"));
    assert!(config.providers.llm.expect("set").key.is_none());
    assert!(config.providers.stt.expect("set").key.is_some());
}

/// A-AUD-015: who speaks, with which voice, how fast and how high, and what is kept of it, are settings.
#[test]
fn the_voice_is_set_by_settings() {
    let settings = [
        ("OPENAI_API_KEY", "sk-1"),
        ("GOOGLE_API_KEY", "g-1"),
        ("TTS_CHAIN", "openai,google,beep"),
        ("TTS_MODEL", "tts-1"),
        ("TTS_VOICE", "marin"),
        ("TTS_CACHE_MB", "0"),
        ("GOOGLE_TTS_VOICE", "he-IL-Wavenet-A"),
        ("GOOGLE_TTS_RATE", "1.1"),
        ("GOOGLE_TTS_PITCH", "-2"),
    ];
    let providers = with(&settings).expect("complete").providers;
    assert_eq!(providers.tts_chain, ["openai", "google", "beep"]);
    assert_eq!((providers.tts_model.as_str(), providers.tts_voice.as_str()), ("tts-1", "marin"));
    assert_eq!(providers.tts_cache, 0);
    let voice = &providers.cloud.google.as_ref().expect("set").voice;
    assert_eq!((voice.voice.as_str(), voice.speaking_rate, voice.pitch), ("he-IL-Wavenet-A", 1.1, -2.0));
    // The voice decides how the agent speaks of itself.
    assert_eq!(providers.cloud.text.plain("אני בודק/ת"), "אני בודקת");
}

#[test]
fn a_chain_that_makes_no_sense_is_named() {
    for (name, value, expected) in [
        ("STT_CHAIN", "openai", "STT_BASE_URL or OPENAI_BASE_URL to be set for openai"),
        ("STT_CHAIN", "whisper", "auto, or a list of google, deepgram, soniox, openai, embedded"),
        ("STT_CHAIN", "google", "GOOGLE_APPLICATION_CREDENTIALS or GOOGLE_API_KEY to be set for google"),
        ("STT_CHAIN", "embedded,soniox", "SONIOX_API_KEY to be set for soniox"),
        ("TTS_CHAIN", "beep,beep", "auto, or a list of google, openai, embedded, espeak, beep"),
        ("GOOGLE_STT_API", "v3", "v1 or v2"),
        ("GOOGLE_STT_ENDPOINT", "speech.googleapis.com", "http://… or https://… without a query"),
        ("GOOGLE_TTS_RATE", "3", "0.25 to 2.0"),
        ("DEEPGRAM_ENDPOINT", "https://api.deepgram.com", "wss://… or ws://… without a query"),
        ("AGENT_GENDER", "x", "auto, feminine or masculine"),
        ("LLM_CHAIN", "embedded,", "auto, or a list of openai, embedded"),
        ("OPENAI_BASE_URL", "h/v1", "http://… or https://… without a query"),
        ("STT_INTERIM_MS", "10001", "0 to 10000 ms"),
        ("PROVIDER_TIMEOUT", "99", "100 to 10000 ms"),
        ("LANGUAGE", "he-IL", "an ISO 639-1 code such as he"),
    ] {
        let error = with(&[(name, value)]).expect_err(name).to_string();
        assert_eq!(error, format!("{name} is `{value}`: expected {expected}"));
    }
    let error = with(&[("LLM_API_KEY", "sk-1")]).expect_err("no base").to_string();
    assert_eq!(error, "LLM_BASE_URL is not set: there is a key for it");
}

/// Google, Deepgram and Soniox: a key each, and the order of their names unless one is given.
#[test]
fn a_key_is_all_a_cloud_needs() {
    let keys = [("GOOGLE_API_KEY", "g-1"), ("DEEPGRAM_API_KEY", "d-1"), ("SONIOX_API_KEY", "s-1")];
    let config = with(&keys).expect("complete");
    let providers = &config.providers;
    assert_eq!(providers.stt_chain, ["google", "deepgram", "soniox", "embedded"]);
    assert_eq!(providers.tts_chain, ["google", "embedded", "espeak", "beep"]);
    assert!(!providers.is_embedded());
    let google = providers.cloud.google.as_ref().expect("set");
    assert_eq!((google.speech.language.as_str(), google.speech.model.as_deref()), ("he-IL", None));
    // A-AUD-016: phrases of real estate.
    assert!(google.speech.phrases.iter().any(|phrase| phrase == "משכנתא"));
    // The stock phrases are a woman's, and so is Google's voice A; D is a man's.
    assert_eq!(providers.cloud.text.plain("אני בודק/ת"), "אני בודקת");
    let man = with(&[("GOOGLE_API_KEY", "g-1"), ("GOOGLE_TTS_VOICE", "he-IL-Wavenet-D")]).expect("complete");
    assert_eq!(man.providers.cloud.text.plain("אני בודק/ת"), "אני בודק");
    let debug = format!("{config:?}");
    assert!(["g-1", "d-1", "s-1"].iter().all(|key| !debug.contains(&format!("\"{key}\""))), "{debug}");
    let error = with(&[("GOOGLE_API_KEY", "g-1"), ("GOOGLE_STT_API", "v2")]).expect_err("no project");
    assert_eq!(
        error.to_string(),
        "GOOGLE_CLOUD_PROJECT is not set: version 2 of Google's speech recognition asks for a project"
    );
}

/// Files that the cloud settings name: what is wrong is said, and no key with it.
#[test]
fn a_bad_key_file_is_named() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("key.json");
    let error = |name: &str, text: &str| {
        std::fs::write(&path, text).expect("written");
        let value = path.display().to_string();
        with(&[(name, &value)]).expect_err(name).to_string().replace(&value, "FILE")
    };
    assert_eq!(
        error("GOOGLE_APPLICATION_CREDENTIALS", "{}"),
        "GOOGLE_APPLICATION_CREDENTIALS FILE: a field is missing or not a string, line 1 column 2"
    );
    assert_eq!(
        error("PRONUNCIATION_FILE", "[say]\nx = 1"),
        "PRONUNCIATION_FILE FILE: say.x is `1`: expected the words said"
    );
    assert!(error("STT_PHRASES_FILE", &"א".repeat(101)).ends_with("is longer than 100 characters"));
    let missing = with(&[("GOOGLE_APPLICATION_CREDENTIALS", "no-such-file.json")]).expect_err("missing");
    assert!(missing.to_string().starts_with("GOOGLE_APPLICATION_CREDENTIALS no-such-file.json: "));
}

/// S-AUD-006: without a key there is no speech to speech, and the sentence says what to set. A key goes only where
/// it was given for, and is shown nowhere.
#[test]
fn speech_to_speech_wants_a_key() {
    let error = with(&[("SPEECH_MODE", "realtime")]).expect_err("no key").to_string();
    assert!(error.starts_with("REALTIME_API_KEY is not set: SPEECH_MODE is realtime"), "{error}");
    assert!(with(&[]).expect("complete").providers.realtime.is_none());
    let realtime = |extra: &[(&str, &str)]| {
        let config = with(extra).expect("complete");
        assert!(!format!("{config:?}").contains("sk-"), "the key is shown");
        let (settings, key) = config.providers.realtime.expect("configured");
        (settings.base, key.expose_secret().to_owned())
    };
    let openai = "https://api.openai.com/v1".to_owned();
    assert_eq!(realtime(&[("OPENAI_API_KEY", "sk-a")]), (openai.clone(), "sk-a".to_owned()));
    assert_eq!(realtime(&[("REALTIME_API_KEY", "sk-r")]), (openai.clone(), "sk-r".to_owned()));
    let both = [("OPENAI_BASE_URL", "http://h/v1"), ("OPENAI_API_KEY", "sk-a"), ("REALTIME_API_KEY", "sk-r")];
    assert_eq!(realtime(&both), (openai, "sk-r".to_owned()));
    let own = [("OPENAI_API_KEY", "sk-a"), ("REALTIME_BASE_URL", "http://h/v1")];
    assert_eq!(realtime(&own), ("http://h/v1".to_owned(), String::new()));
    let config = with(&[("SPEECH_MODE", "realtime"), ("REALTIME_API_KEY", "sk-r")]).expect("complete");
    assert!(config.providers.speaks_directly);
}

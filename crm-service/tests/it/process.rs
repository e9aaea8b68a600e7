//! The command line.

use std::process::Stdio;

use crm_api::AgentGender;
use secrecy::SecretString;

use crate::support::{Process, World};

fn words(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

on_both! {
    /// A-PLT-003, A-TEN-004: the demo's business is seeded once, owns its number, and keeps its key.
    async fn seed_demo_is_deterministic_and_repeatable(mut world: World) {
        world.stop().await;
        // `alpha` gives the demo's number up.
        world.execute("DELETE FROM channel_routes").await;
        let key = "kav_demo_key_0123456789";
        let first = Process::run(world.url(), &["seed-demo", "--api-key", key]);
        assert!(first.status.success(), "{}", words(&first.stderr));
        let said = words(&first.stdout);
        assert!(said.contains("business demo-realestate") && said.contains("number +97233763805"), "{said}");
        assert!(said.contains(&format!("api_key {key}")), "{said}");
        assert_eq!(words(&Process::run(world.url(), &["seed-demo", "--api-key", key]).stdout), said);

        let process = Process::serve(world.url());
        let decision = process.client.route("CA1", "+972502345678", "+97233763805").await;
        assert_eq!(decision.business.unwrap().name, "קו החוף נדל״ן");
        let (status, _) = process.client.read(key, "/api/v1/calls/CA1").await;
        assert!(status.is_success());
    }
}

on_both! {
    /// A-TEN-001, A-AUD-003: businesses are created with their numbers; a number has one owner, a key one business.
    async fn create_tenant_gives_numbers_and_a_key(mut world: World) {
        world.stop().await;
        let gamma = ["create-tenant", "--slug", "gamma", "--name", "גמא", "--number", "03-6111111", "--number", "*2345",
            "--barge-in-sensitivity", "-0.25", "--speech-mode", "realtime", "--vertical", "studio", "--greeting", "{business}, שלום", "--record", "--announce", "השיחה מוקלטת"];
        let created = Process::run(world.url(), &gamma);
        assert!(created.status.success(), "{}", words(&created.stderr));
        let key = words(&created.stdout).lines().find_map(|l| l.strip_prefix("api_key ").map(str::to_owned)).unwrap();
        assert!(key.starts_with("kav_") && key.len() > 60, "{key}");

        let again = Process::run(world.url(), &gamma);
        assert!(!again.status.success() && words(&again.stderr).contains("gamma"), "{}", words(&again.stderr));
        for (wrong, said) in [("1.5", "barge-in sensitivity 1.5: -1 to 1"), ("NaN", "barge-in sensitivity NaN: -1 to 1")] {
            let refused = Process::run(world.url(), &["create-tenant", "--slug", "eps", "--name", "אפסילון", "--barge-in-sensitivity", wrong]);
            assert_eq!(refused.status.code(), Some(1));
            assert!(words(&refused.stderr).contains(said), "{}", words(&refused.stderr));
        }
        let refused = Process::run(world.url(), &["create-tenant", "--slug", "eps", "--name", "אפסילון", "--speech-mode", "telepathy"]);
        assert!(words(&refused.stderr).contains("speech mode \"telepathy\" is none of"), "{}", words(&refused.stderr));
        let stolen = Process::run(world.url(), &["create-tenant", "--slug", "delta", "--name", "דלתא", "--number", "+97236111111"]);
        assert!(!stolen.status.success() && words(&stolen.stderr).contains("+97236111111"));
        assert_eq!(world.count("SELECT COUNT(*) FROM tenants WHERE slug = 'delta'").await, 0, "all or nothing");

        let another = Process::run(world.url(), &["create-api-key", "--slug", "gamma"]);
        assert!(another.status.success() && !words(&another.stdout).contains(&key));

        let process = Process::serve(world.url());
        let decision = process.client.route("CA1", "+972502345678", "*2345").await;
        assert_eq!((decision.greeting.text.as_str(), decision.record), ("גמא, שלום", true));
        assert_eq!(decision.announce.as_deref(), Some("השיחה מוקלטת"));
        assert_eq!(decision.barge_in_sensitivity.to_bits(), (-0.25f32).to_bits());
        assert_eq!(decision.speech_mode.as_deref(), Some("realtime"));
    }
}

on_both! {
    /// A-AUD-003, A-AUD-016, S-AUD-009: voice, gender, vocabulary, preset and sensitivity are a business's own, and can be
    /// changed while the service runs; what is out of bounds changes nothing.
    async fn set_tenant_changes_what_it_is_given(mut world: World) {
        world.stop().await;
        let file = world.folder.path().join("phrases.txt");
        std::fs::write(&file, "דירת גן\n\n  נוף לים \n").unwrap();
        let file = file.to_str().unwrap();
        let created = Process::run(world.url(), &["create-tenant", "--slug", "gamma", "--name", "גמא", "--number", "*2345",
            "--agent-gender", "masculine", "--phrase", "תיווך בלעדי", "--vocabulary", file]);
        assert!(created.status.success(), "{}", words(&created.stderr));
        let process = Process::serve(world.url());
        let first = process.client.route("CA1", "+972502345678", "*2345").await;
        assert_eq!((first.voice.as_str(), first.agent_gender), ("he-IL-Wavenet-A", AgentGender::Masculine));
        assert_eq!(first.vocabulary, ["תיווך בלעדי", "דירת גן", "נוף לים"]);
        assert_eq!((first.barge_in_preset.as_str(), first.barge_in_sensitivity.to_bits()), ("adaptive", 0));

        let set = |change: &[&str]| Process::run(world.url(), &[&["set-tenant", "--slug", "gamma"], change].concat());
        let changed = set(&["--voice", "he-IL-Wavenet-B", "--barge-in-preset", "polite", "--barge-in-sensitivity", "-0.5"]);
        assert!(changed.status.success(), "{}", words(&changed.stderr));
        assert!(words(&changed.stdout).starts_with("business gamma\ntenant "), "{}", words(&changed.stdout));
        let second = process.client.route("CA2", "+972502345678", "*2345").await;
        assert_eq!((second.voice.as_str(), second.agent_gender), ("he-IL-Wavenet-B", AgentGender::Masculine));
        assert_eq!((second.barge_in_preset.as_str(), second.barge_in_sensitivity.to_bits()), ("polite", (-0.5f32).to_bits()));
        assert_eq!(second.vocabulary, first.vocabulary, "what is not given stays");
        assert_ne!(second.greeting.tts_cache_key, first.greeting.tts_cache_key, "the greeting sounds different");

        for (wrong, said) in [
            (&["--barge-in-preset", "rude"][..], "barge-in preset \"rude\" is none of"),
            (&["--barge-in-sensitivity", "1.01"], "barge-in sensitivity 1.01: -1 to 1"),
            (&["--voice", "two words"], "voice \"two words\": 1 to 64 of"),
            (&["--phrase", " "], "phrase \" \": one line of 1 to 100 characters"),
            (&["--agent-gender", "other"], "\"other\" is none of auto, feminine, masculine"),
            (&[], "nothing to change"),
        ] {
            let refused = set(wrong);
            assert!(!refused.status.success() && words(&refused.stderr).contains(said), "{said}: {}", words(&refused.stderr));
        }
        let nobody = Process::run(world.url(), &["set-tenant", "--slug", "nobody", "--voice", "v"]);
        assert!(words(&nobody.stderr).contains("there is no business with slug \"nobody\""), "{}", words(&nobody.stderr));
        // A good value beside a bad one changes nothing.
        let half = set(&["--voice", "he-IL-Wavenet-C", "--barge-in-sensitivity", "-3"]);
        assert!(!half.status.success());
        let forgotten = set(&["--no-vocabulary", "--agent-gender", "auto"]);
        assert!(forgotten.status.success(), "{}", words(&forgotten.stderr));
        let third = process.client.route("CA3", "+972502345678", "*2345").await;
        assert_eq!((third.voice.as_str(), third.agent_gender, third.vocabulary.len()), ("he-IL-Wavenet-B", AgentGender::Auto, 0));
        let alpha = process.client.route("CA4", "+972502345678", crate::support::ALPHA).await;
        assert_eq!((alpha.voice.as_str(), alpha.barge_in_preset.as_str()), ("he-IL-Wavenet-A", "adaptive"), "nobody else's");
    }
}

on_both! {
    /// S-EMG-002, S-EMG-015, S-EMG-017: what makes a call urgent is a business's own list, in whatever language. A business
    /// that has none is left to the bridge's; one that says so has no emergencies.
    async fn what_is_urgent_is_a_business_s_own(mut world: World) {
        world.stop().await;
        let file = |name: &str, text: &str| {
            let path = world.folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let (own, empty) = (file("urgent.txt", "הצפה\n\n burst pipe \n"), file("empty.txt", "\n"));
        let plumber = ["create-tenant", "--slug", "plumber", "--name", "שרברב", "--vertical", "plumber", "--number", "*2345",
            "--emergency", "אין מים חמים", "--emergencies", &own];
        let created = Process::run(world.url(), &plumber);
        assert!(created.status.success(), "{}", words(&created.stderr));
        let process = Process::serve(world.url());
        let urgent = async |sid: &str, number: &str| process.client.route(sid, "+972502345678", number).await.emergencies;
        let list = |phrases: &[&str]| Some(phrases.iter().map(|phrase| (*phrase).to_owned()).collect::<Vec<_>>());
        let theirs = list(&["אין מים חמים", "הצפה", "burst pipe"]);
        assert_eq!(urgent("CA1", "*2345").await, theirs);
        assert_eq!(urgent("CA2", crate::support::ALPHA).await, None, "nobody else's");

        let set = |change: &[&str]| Process::run(world.url(), &[&["set-tenant", "--slug", "plumber"], change].concat());
        assert!(set(&["--voice", "he-IL-Wavenet-B"]).status.success());
        assert_eq!(urgent("CA3", "*2345").await, theirs, "what is not given stays");
        for (wrong, said) in [
            (&["--emergency", "!ה"][..], "emergency \"!ה\": at least 2 letters or digits"),
            (&["--emergency", " "], "phrase \" \": one line of 1 to 100 characters"),
            (&["--emergencies", &empty], "holds no phrase"),
            (&["--emergency", "הצפה", "--no-emergencies"], "cannot be used with"),
        ] {
            let refused = set(wrong);
            assert!(!refused.status.success() && words(&refused.stderr).contains(said), "{said}: {}", words(&refused.stderr));
        }
        assert_eq!(urgent("CA4", "*2345").await, theirs, "what is refused changes nothing");
        for (change, expected) in [
            (&["--emergency", "סתימה"][..], list(&["סתימה"])),
            (&["--no-emergencies"], list(&[])),
            (&["--usual-emergencies"], None),
        ] {
            let changed = set(change);
            assert!(changed.status.success(), "{}", words(&changed.stderr));
            assert_eq!(urgent(&format!("CA-{}", change[0]), "*2345").await, expected, "{change:?}");
        }
    }
}

on_both! {
    /// A-PLT-003: a database of a binary that knew no emergencies is brought up to date, and its businesses are left to
    /// the bridge's list.
    async fn a_database_without_emergencies_is_brought_up_to_date(mut world: World) {
        world.stop().await;
        world.execute("ALTER TABLE tenant_settings DROP COLUMN emergencies").await;
        world.execute("DELETE FROM schema_migrations WHERE version = 10").await;
        let process = Process::serve(world.url());
        let decision = process.client.route("CA1", "+972502345678", crate::support::ALPHA).await;
        assert_eq!((decision.business.unwrap().slug.as_str(), decision.emergencies), ("alpha", None));
    }
}

on_both! {
    /// A-AUD-012: a business keeps the voice it was created with, whatever the default has become since. Whose voice that
    /// is can be seen, and each is changed by its name.
    async fn a_voice_of_old_is_kept_until_it_is_changed(mut world: World) {
        world.stop().await;
        world.execute("UPDATE tenant_settings SET voice = 'he-IL-Wavenet-D'").await;
        let voices = || {
            let shown = Process::run(world.url(), &["list-tenants"]);
            assert!(shown.status.success(), "{}", words(&shown.stderr));
            let column = |line: &str, n: usize| line.split_whitespace().nth(n).unwrap().to_owned();
            words(&shown.stdout).lines().skip(1).map(|line| (column(line, 0), column(line, 1))).collect::<Vec<_>>()
        };
        let pairs = |all: [(&str, &str); 2]| all.map(|(slug, voice)| (slug.to_owned(), voice.to_owned())).to_vec();
        assert_eq!(voices(), pairs([("alpha", "he-IL-Wavenet-D"), ("beta", "he-IL-Wavenet-D")]));
        assert!(Process::run(world.url(), &["set-tenant", "--slug", "beta", "--voice", "he-IL-Wavenet-A"]).status.success());
        assert_eq!(voices(), pairs([("alpha", "he-IL-Wavenet-D"), ("beta", "he-IL-Wavenet-A")]));
    }
}

on_both! {
    /// A-PLT-003: processes that start at once on an empty database migrate it once.
    async fn processes_that_start_at_once_share_the_migration(mut world: World) {
        world.stop().await;
        let url: SecretString = match world.kind {
            crate::support::Kind::Sqlite => format!("sqlite://{}", world.folder.path().join("fresh.db").display()).into(),
            crate::support::Kind::Postgres => {
                world.execute("DROP OWNED BY kav CASCADE; ").await;
                world.execute("GRANT ALL ON SCHEMA public TO kav").await;
                world.url().clone()
            }
        };
        let children: Vec<_> = (0..4)
            .map(|_| Process::command(&url).arg("migrate").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
            .collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", words(&output.stderr));
        }
    }
}

on_both! {
    /// SIGTERM ends the service well.
    async fn sigterm_is_a_clean_end(mut world: World) {
        world.stop().await;
        let process = Process::serve(world.url());
        process.client.route("CA1", "+972502345678", crate::support::ALPHA).await;
        assert!(process.terminate());
        assert_eq!(world.count("SELECT COUNT(*) FROM calls").await, 1);
    }
}

on_both! {
    /// Settings that are missing or wrong stop the start, by name.
    async fn a_start_without_what_is_needed_says_what(mut world: World) {
        world.stop().await;
        let silent = Process::run(world.url(), &["serve"]);
        assert!(!silent.status.success() && words(&silent.stderr).contains("INTERNAL_API_TOKEN"));
        let open = Process::run(world.url(), &["serve", "--dev", "--listen", "0.0.0.0:0"]);
        assert!(!open.status.success() && words(&open.stderr).contains("loopback"), "{}", words(&open.stderr));
        let unknown = Process::command(world.url()).arg("serve").env("INTERNAL_API_TOKEN", "x").env("CRM_LISTEN", "127.0.0.1:0")
            .env("DEFAULT_BUSINESS", "nobody").output().unwrap();
        assert!(!unknown.status.success() && words(&unknown.stderr).contains("nobody"));
        let nowhere = Process::run(&"mysql://u:hush@h/d".to_owned().into(), &["migrate"]);
        let said = words(&nowhere.stderr);
        assert!(!nowhere.status.success() && said.contains("mysql") && !said.contains("hush"), "{said}");
    }
}

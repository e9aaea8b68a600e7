//! The compose file: docker is not asked, but everything in it is held against what it names.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use telephony_bridge::config::{Config, SETTINGS, Source};

use crate::yaml::{entries, parse, texts};
use crate::{default_of, package, read};

fn compose() -> Value {
    parse(&read("deploy/compose.yaml"))
}

fn service<'a>(compose: &'a Value, name: &str) -> &'a Value {
    let service = &compose["services"][name];
    assert!(service.is_object(), "there is no service {name}");
    service
}

/// The names of the services.
fn names(compose: &Value) -> BTreeSet<&str> {
    compose["services"].as_object().expect("services").keys().map(String::as_str).collect()
}

/// What must be given from outside: the names in `${…}`.
fn wanted(text: &str) -> BTreeSet<&str> {
    let after = text.split("${").skip(1);
    after.map(|rest| rest.split([':', '}']).next().unwrap_or_default()).collect()
}

/// A text with something for each `${…}`.
fn filled(text: &str) -> String {
    let mut parts = text.split("${");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |so_far, part| so_far + "a.example" + part.split_once('}').expect("closed").1)
}

/// The environment of a service, filled in.
fn environment(compose: &Value, name: &str) -> BTreeMap<String, String> {
    let service = service(compose, name);
    entries(&service["environment"]).into_iter().map(|(key, text)| (key.to_owned(), filled(&text))).collect()
}

/// S-PLT-006: what the bridge is given makes a whole configuration, and it knows every name of it.
#[test]
fn the_bridge_starts_with_what_it_is_given() {
    let environment = environment(&compose(), "bridge");
    let source = Source::from_pairs(environment.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let config = Config::from_source(&source.expect("known settings")).expect("complete");
    assert!(config.listen.ip().is_unspecified() && config.redis.is_some(), "{config:?}");
    assert_eq!(config.public_base_url, "https://a.example");
    assert!(SETTINGS.len() > environment.len());
}

/// S-PLT-006: the same for the CRM; its names are those that it asks for.
#[test]
fn the_crm_starts_with_what_it_is_given() {
    let environment = environment(&compose(), "crm");
    let asked = std::cell::RefCell::new(BTreeSet::new());
    let config = crm_service::Config::load(None, |name| {
        asked.borrow_mut().insert(name.to_owned());
        environment.get(name).cloned()
    });
    let config = config.expect("complete");
    assert!(config.internal_api_token.is_some() && config.listen.ip().is_unspecified());
    let unknown: Vec<&String> = environment.keys().filter(|name| !asked.borrow().contains(*name)).collect();
    assert!(unknown.is_empty(), "the CRM does not ask for {unknown:?}");
}

/// Each is found where the others look for it: by its name, at its port, with its password.
#[test]
fn services_find_each_other() {
    let compose = compose();
    let names = names(&compose);
    let (bridge, crm) = (environment(&compose, "bridge"), environment(&compose, "crm"));
    let port = |listen: &String| listen.rsplit(':').next().expect("a port").to_owned();
    assert_eq!(bridge["CRM_URL"], format!("http://crm:{}", port(&crm["CRM_LISTEN"])));
    assert_eq!(bridge["INTERNAL_API_TOKEN"], crm["INTERNAL_API_TOKEN"]);
    let postgres = environment(&compose, "postgres");
    let of = |name: &str| &postgres[&format!("POSTGRES_{name}")];
    let (user, password, database) = (of("USER"), of("PASSWORD"), of("DB"));
    assert_eq!(crm["DATABASE_URL"], format!("postgres://{user}:{password}@postgres/{database}"));
    let redis = environment(&compose, "redis");
    assert_eq!(bridge["REDIS_URL"], format!("redis://:{}@redis:6379", redis["REDIS_PASSWORD"]));
    let caddy = service(&compose, "caddy");
    let command = texts(&caddy["command"]);
    assert!(command.contains(&format!("bridge:{}", port(&bridge["BRIDGE_LISTEN"])).as_str()), "{command:?}");

    for name in &names {
        let service = service(&compose, name);
        let needs: Vec<(&str, Option<&str>)> = match &service["depends_on"] {
            Value::Object(needs) => {
                needs.iter().map(|(n, v)| (n.as_str(), v["condition"].as_str())).collect()
            }
            list => texts(list).into_iter().map(|needed| (needed, None)).collect(),
        };
        for (needed, condition) in needs {
            assert!(names.contains(needed), "{name} needs {needed}");
            let checked = compose["services"][needed]["healthcheck"].is_object();
            assert!(
                condition != Some("service_healthy") || checked,
                "nobody can say that {needed} is healthy"
            );
        }
    }
}

/// Every folder and file that is mounted, built from or copied is there, and every volume is declared.
#[test]
fn every_path_exists() {
    let compose = compose();
    let here = package().join("deploy");
    let volumes = compose["volumes"].as_object().expect("volumes");
    let mut used = BTreeSet::new();
    for name in names(&compose) {
        let service = service(&compose, name);
        for mount in texts(&service["volumes"]) {
            let (from, to) = mount.split_once(':').expect("FROM:TO");
            assert!(to.starts_with('/'), "{name}: {mount}");
            if from.starts_with('.') {
                assert!(here.join(from).exists(), "{name} mounts {from}");
                let inside = to.split(':').next().expect("a path");
                assert!(texts(&service["command"]).contains(&inside), "{name} does not read {inside}");
            } else {
                assert!(volumes.contains_key(from), "{name}: the volume {from} is not declared");
                used.insert(from);
            }
        }
        if let Some(build) = service["build"].as_object() {
            let context = here.join(build["context"].as_str().expect("a folder"));
            assert!(context.join("Cargo.lock").exists(), "{name} is built in {}", context.display());
            assert!(context.join(build["dockerfile"].as_str().expect("a file")).exists());
        }
        assert!(service["image"].is_string(), "{name} has no image");
    }
    assert_eq!(used.len(), volumes.len(), "a volume is declared and not used");
}

/// The head of the file says what must be given, all of it; a missing one stops the start.
#[test]
fn what_must_be_given_is_said() {
    let text = read("deploy/compose.yaml");
    let (head, rest) = text.split_once("name: kav").expect("a head");
    for name in wanted(rest) {
        assert!(head.contains(name), "{name} is not in the head");
        let uses = rest.matches(&format!("${{{name}")).count();
        assert_eq!(uses, rest.matches(&format!("${{{name}:?")).count(), "{name} may be missing");
    }
}

/// A shutdown has the time that it takes: calls end by themselves.
#[test]
fn a_shutdown_has_its_time() {
    let grace =
        service(&compose(), "bridge")["stop_grace_period"].as_str().map(str::to_owned).expect("a time");
    let seconds: u64 = grace.trim_end_matches('s').parse().expect("seconds");
    let drain_ms: u64 = default_of("DRAIN_TIMEOUT").parse().expect("ms");
    assert!(seconds * 1_000 > drain_ms, "{grace} for {drain_ms} ms");
}

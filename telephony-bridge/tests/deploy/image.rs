//! The image: what it copies is there, and what its services write to is theirs.

use crate::yaml::{parse, texts};
use crate::{read, root};

/// The Dockerfile's instructions, continued lines joined, without comments.
fn instructions() -> Vec<String> {
    let text = read("deploy/Dockerfile");
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let joined = lines.collect::<Vec<_>>().join("\n").replace("\\\n", " ");
    joined.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

fn all(instruction: &str) -> Vec<String> {
    let found =
        instructions().into_iter().filter_map(|line| Some(line.strip_prefix(instruction)?.trim().to_owned()));
    found.collect()
}

/// What is copied from the build is a binary of the workspace or a folder of the repository.
#[test]
fn what_is_copied_exists() {
    let built = all("RUN").join(" ");
    let copied = all("COPY --from=build");
    assert!(copied.len() >= 2, "{copied:?}");
    for line in copied {
        let mut words: Vec<&str> = line.split(' ').collect();
        words.pop();
        for path in words {
            let path = path.strip_prefix("/src/").expect("from the sources");
            match path.strip_prefix("target/release/") {
                Some(binary) => {
                    assert!(built.contains(&format!("--package {binary}")), "{binary} is not built");
                    assert!(root().join(binary).join("src/main.rs").exists(), "{binary} has no main");
                }
                None => assert!(root().join(path).exists(), "{path}"),
            }
        }
    }
}

/// A volume takes its owner from the folder in the image: one that is not made there belongs to root, and the
/// service, which is not root, cannot write.
#[test]
fn volumes_belong_to_the_service() {
    let made: Vec<String> =
        all("RUN").into_iter().filter(|line| line.contains("install -d -o kav")).collect();
    let user = all("USER");
    assert_eq!(user, ["kav"]);
    let compose = parse(&read("deploy/compose.yaml"));
    let ours = compose["services"].as_object().expect("services").values().filter(|s| s["image"] == "kav");
    let mut mounts = 0;
    for service in ours {
        for mount in texts(&service["volumes"]) {
            let (_, folder) = mount.split_once(':').expect("FROM:TO");
            assert!(made.iter().any(|line| line.contains(folder)), "{folder} is root's");
            mounts += 1;
        }
    }
    assert!(mounts > 0);
    let data = all("ENV").join(" ");
    assert!(data.contains("DATA_DIR=/var/lib/kav/bridge"), "{data}");
}

//! What operators are given names only what there is.

mod compose;
mod image;
mod numbers;
mod units;
mod yaml;

use std::path::{Path, PathBuf};

fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The repository.
fn root() -> PathBuf {
    package().join("..")
}

fn read(path: &str) -> String {
    let path = package().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The default of a setting of the bridge.
fn default_of(name: &str) -> &'static str {
    let found = telephony_bridge::config::SETTINGS.iter().find(|(known, ..)| *known == name);
    found.unwrap_or_else(|| panic!("{name} is no setting")).1
}

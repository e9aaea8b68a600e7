//! Links the C libraries that the feature `peers` measures beside us, where the system has them.
//!
//! Each library found with `pkg-config` sets a cfg (`peer_soxr`, …). One that is missing is named
//! in a warning, with its Debian package, and is left out; nothing fails. Without the feature
//! nothing is looked for.
//!
//! It also tells the program `instructions` which compiler and flags it was built with.

use std::process::Command;

/// The cfg, pkg-config's name, Debian's package.
const LIBRARIES: [(&str, &str, &str); 4] = [
    ("peer_soxr", "soxr", "libsoxr-dev"),
    ("peer_speexdsp", "speexdsp", "libspeexdsp-dev"),
    ("peer_samplerate", "samplerate", "libsamplerate0-dev"),
    ("peer_spandsp", "spandsp", "libspandsp-dev"),
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    state_build();
    println!("cargo::rerun-if-env-changed=PKG_CONFIG_PATH");
    println!("cargo::rerun-if-env-changed=PKG_CONFIG_LIBDIR");
    for (cfg, _, _) in LIBRARIES {
        println!("cargo::rustc-check-cfg=cfg({cfg})");
    }
    if std::env::var_os("CARGO_FEATURE_PEERS").is_none() {
        return;
    }
    let mut missing = Vec::new();
    for (cfg, library, package) in LIBRARIES {
        if link(library) {
            println!("cargo::rustc-cfg={cfg}");
        } else {
            missing.push(package);
        }
    }
    if !missing.is_empty() {
        println!("cargo::warning=peers left out: apt install pkg-config {}", missing.join(" "));
        // A path that does not exist: look again at the next build.
        println!("cargo::rerun-if-changed=missing-libraries");
    }
}

/// `BENCHES_RUSTC`: the compiler's version. `BENCHES_BUILD`: what else decides the machine code.
fn state_build() {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let version = Command::new(variable("RUSTC")).arg("--version").output();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    println!("cargo::rustc-env=BENCHES_RUSTC={}", version.unwrap_or_default().trim());
    let (target, level) = (variable("TARGET"), variable("OPT_LEVEL"));
    let features = variable("CARGO_CFG_TARGET_FEATURE").replace(',', " ");
    println!("cargo::rustc-env=BENCHES_BUILD={target}, opt-level {level}, {features}");
}

/// Passes the library's flags on to the linker, if pkg-config knows it.
fn link(library: &str) -> bool {
    let Ok(found) = Command::new("pkg-config").args(["--libs", library]).output() else { return false };
    if !found.status.success() {
        return false;
    }
    for flag in String::from_utf8_lossy(&found.stdout).split_whitespace() {
        if let Some(folder) = flag.strip_prefix("-L") {
            println!("cargo::rustc-link-search=native={folder}");
        } else if let Some(name) = flag.strip_prefix("-l") {
            println!("cargo::rustc-link-lib={name}");
        }
    }
    true
}

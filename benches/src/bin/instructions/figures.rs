//! The committed figures: a text file, and where they were counted.

use std::fmt::Write as _;
use std::process::Command;

use crate::stages::is_borrowed;

pub(crate) const PATH: &str = ".ci/instructions.txt";
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../.ci/instructions.txt");

const HEADER: &str = "\
# Instructions per 20 ms frame, by stage: cargo run --release -p benches --bin instructions -- record
#
# Counted by callgrind on fixture speech, so neither load nor clock speed is in the numbers.
# `check` fails if a stage needs over 3 % more than here, or is not here.
# Another rustc or other flags make other code of the same source: then no rise fails; record anew.
# Another processor, libc or valgrind excuses only the stages marked *: they spend much of their
# time in the system's libc, or in rustfft's kernels, which are picked at run time.
";

/// What the counts depend on besides the source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Environment {
    pub(crate) rustc: String,
    pub(crate) build: String,
    pub(crate) valgrind: String,
    pub(crate) libc: String,
    pub(crate) cpu: String,
}

impl Environment {
    /// This build, on this machine; `cpu` as the program saw it under valgrind.
    pub(crate) fn here(cpu: String) -> Self {
        Self {
            rustc: env!("BENCHES_RUSTC").into(),
            build: env!("BENCHES_BUILD").into(),
            valgrind: first_line("valgrind", &["--version"]),
            libc: first_line("getconf", &["GNU_LIBC_VERSION"]),
            cpu,
        }
    }

    pub(crate) fn fields(&self) -> [(&'static str, &str); 5] {
        [
            ("rustc", &self.rustc),
            ("build", &self.build),
            ("valgrind", &self.valgrind),
            ("libc", &self.libc),
            ("cpu", &self.cpu),
        ]
    }

    fn set(&mut self, name: &str, value: &str) {
        let field = match name {
            "rustc" => &mut self.rustc,
            "build" => &mut self.build,
            "valgrind" => &mut self.valgrind,
            "libc" => &mut self.libc,
            "cpu" => &mut self.cpu,
            _ => return,
        };
        value.clone_into(field);
    }
}

fn first_line(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    text.unwrap_or_default().lines().next().unwrap_or("unknown").to_owned()
}

/// Stages in the order they ran, with instructions a frame.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) environment: Environment,
    pub(crate) stages: Vec<(String, u64)>,
}

impl Figures {
    pub(crate) fn get(&self, stage: &str) -> Option<u64> {
        self.stages.iter().find(|(name, _)| name == stage).map(|(_, count)| *count)
    }

    /// The committed file.
    pub(crate) fn read() -> Result<Self, String> {
        let text = std::fs::read_to_string(FILE).map_err(|error| format!("{PATH}: {error}; record it"))?;
        let mut figures = Self::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if let Some((name, value)) = line.split_once(": ") {
                figures.environment.set(name, value);
            } else if let [name, count, ..] = line.split_whitespace().collect::<Vec<_>>()[..] {
                let count = count.parse().map_err(|_| format!("{PATH}: not a count: {line}"))?;
                figures.stages.push((name.to_owned(), count));
            }
        }
        Ok(figures)
    }

    pub(crate) fn write(&self) -> Result<(), String> {
        let mut text = format!("{HEADER}\n");
        for (name, value) in self.environment.fields() {
            let _ = writeln!(text, "{name}: {value}");
        }
        text.push('\n');
        let width = self.stages.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, count) in &self.stages {
            let mark = if is_borrowed(name) { " *" } else { "" };
            let _ = writeln!(text, "{name:<width$} {count:>8}{mark}");
        }
        std::fs::write(FILE, text).map_err(|error| format!("{PATH}: {error}"))
    }
}

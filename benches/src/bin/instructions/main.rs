//! Instructions a frame of every stage, counted by callgrind and compared with the committed
//! figures in `.ci/instructions.txt`: a gate that a busy machine cannot shake.
//!
//! ```text
//! cargo run --release -p benches --bin instructions -- check     compare; a rise of more than 3 % fails
//! cargo run --release -p benches --bin instructions -- record    write the figures anew
//! cargo run --release -p benches --bin instructions -- show ulaw what the filter names, compared
//! ```
//!
//! Needs `valgrind`. One process runs all stages; callgrind counts only inside `measured`, so
//! start-up, fixtures and warm-up are not in the numbers.

mod callgrind;
mod figures;
mod stages;
mod steps;
mod verdict;

use std::process::ExitCode;

use figures::{Environment, Figures};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let filter = args.get(1).map_or("", String::as_str);
    let done = match args.first().map(String::as_str) {
        Some("stages") => {
            stages::run(filter);
            Ok(true)
        }
        Some("record") => record(),
        Some("check") => check(""),
        Some("show") => check(filter).map(|_| true),
        _ => Err("usage: instructions check | record | show [FILTER]".into()),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("instructions: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Counts, here and now.
fn count(filter: &str) -> Result<Figures, String> {
    if cfg!(debug_assertions) {
        return Err("a debug build counts nothing of interest: cargo run --release".into());
    }
    let (cpu, stages) = callgrind::count(filter)?;
    Ok(Figures { environment: Environment::here(cpu), stages })
}

fn record() -> Result<bool, String> {
    let now = count("")?;
    now.write()?;
    println!("{} stages recorded in {}", now.stages.len(), figures::PATH);
    Ok(true)
}

/// True if nothing rose.
fn check(filter: &str) -> Result<bool, String> {
    let committed = Figures::read()?;
    let now = count(filter)?;
    Ok(verdict::compare(&committed, &now, filter))
}

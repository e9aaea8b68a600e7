//! Committed figures against today's.

use crate::figures::{Environment, Figures};
use crate::stages::is_borrowed;

/// A rise beyond this share fails, a fall beyond it should be recorded.
const TOLERANCE: f64 = 0.03;

/// Prints the table and says whether it passes: nothing rose, nothing is missing on either side.
pub(crate) fn compare(committed: &Figures, now: &Figures, filter: &str) -> bool {
    let differs = differences(&committed.environment, &now.environment);
    let width = now.stages.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    println!("{:<width$} {:>10} {:>10} {:>8}", "instructions a frame", "committed", "now", "change");
    let (mut failed, mut excused, mut fell) = (Vec::new(), Vec::new(), Vec::new());
    for (name, count) in &now.stages {
        let Some(before) = committed.get(name) else {
            println!("{name:<width$} {:>10} {count:>10} {:>8}", "-", "-");
            failed.push(format!("{name}: {count}, not in the file: record it"));
            continue;
        };
        let change = *count as f64 / before as f64 - 1.0;
        println!("{name:<width$} {before:>10} {count:>10} {:>+7.1}%", change * 100.0);
        let line = format!("{name}: {before} → {count} instructions a frame ({:+.1} %)", change * 100.0);
        if change < -TOLERANCE {
            fell.push(line);
        } else if change > TOLERANCE {
            let excuse = differs.code || differs.machine && is_borrowed(name);
            if excuse { &mut excused } else { &mut failed }.push(line);
        }
    }
    for (name, _) in committed.stages.iter().filter(|(name, _)| name.contains(filter)) {
        if now.get(name).is_none() {
            failed.push(format!("{name}: gone: record the file anew"));
        }
    }
    list("fell: record the improvement", &fell);
    list("rose, but not by this source alone (see the file's header); record anew", &excused);
    list("FAILED", &failed);
    failed.is_empty()
}

fn list(title: &str, lines: &[String]) {
    if !lines.is_empty() {
        println!("\n{title}:\n  {}", lines.join("\n  "));
    }
}

/// What can explain a change besides the source.
struct Differences {
    /// Other machine code.
    code: bool,
    /// Other pieces picked at run time, or another way of counting.
    machine: bool,
}

/// Compares, and says so loudly.
fn differences(committed: &Environment, now: &Environment) -> Differences {
    for ((name, was), (_, is)) in committed.fields().into_iter().zip(now.fields()) {
        if was != is {
            println!("WARNING: {name} is not what the figures were recorded with:\n  {was}\n  {is}");
        }
    }
    let code = committed.rustc != now.rustc || committed.build != now.build;
    if code {
        println!("WARNING: other machine code than recorded: no rise fails today; record anew.\n");
    }
    let machine =
        (&committed.valgrind, &committed.libc, &committed.cpu) != (&now.valgrind, &now.libc, &now.cpu);
    Differences { code, machine }
}

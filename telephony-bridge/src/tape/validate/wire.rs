//! `wire.jsonl`: every line by itself, and their order.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use super::Findings;
use crate::tape::{Wire, WireLine};

/// Lines that are named one by one; a file that is no record of a call has too many.
const MAX_NAMED: usize = 20;
/// A longer line is none of ours.
const MAX_LINE: usize = 1 << 20;

pub(super) fn check(dir: &Path, findings: &mut Findings) {
    let path = dir.join("wire.jsonl");
    if !path.exists() {
        return;
    }
    let mut file = match File::open(&path) {
        Ok(file) => BufReader::new(file),
        Err(error) => return findings.add("wire.jsonl", error.to_string()),
    };
    let (mut text, mut number, mut bad, mut last_us, mut complete) = (Vec::new(), 0, 0, 0, false);
    let mut wrong = |number: usize, problem: String, findings: &mut Findings| {
        bad += 1;
        if bad <= MAX_NAMED {
            findings.add(format!("wire.jsonl: line {number}"), problem);
        }
    };
    loop {
        text.clear();
        match std::io::Read::take(&mut file, MAX_LINE as u64).read_until(b'\n', &mut text) {
            Ok(0) => break,
            Ok(_) => number += 1,
            Err(error) => return findings.add("wire.jsonl", error.to_string()),
        }
        if text.len() == MAX_LINE {
            return findings
                .add(format!("wire.jsonl: line {number}"), format!("is longer than {MAX_LINE} bytes"));
        }
        if text.last() != Some(&b'\n') {
            wrong(number, "is torn: the recording broke off".to_owned(), findings);
            break;
        }
        let line: WireLine = match serde_json::from_slice(&text) {
            Ok(line) => line,
            Err(error) => {
                wrong(number, error.to_string(), findings);
                continue;
            }
        };
        if (number == 1) != matches!(line.what, Wire::Setup { .. }) {
            let problem = if number == 1 { "is not `setup`" } else { "is `setup`, which belongs in line 1" };
            wrong(number, problem.to_owned(), findings);
        }
        if line.t_us.0 < last_us {
            let problem = format!("t_us is {}: before the {last_us} of an earlier line", line.t_us.0);
            wrong(number, problem, findings);
        }
        last_us = last_us.max(line.t_us.0);
        complete = matches!(line.what, Wire::Followed { .. });
    }
    if bad > MAX_NAMED {
        findings.add("wire.jsonl", format!("{} more lines are wrong", bad - MAX_NAMED));
    }
    if number == 0 {
        findings.add("wire.jsonl", "is empty");
    } else if bad == 0 && !complete {
        findings.add("wire.jsonl", "has no `followed` at its end: the recording broke off");
    }
}

//! The real-time law seen from outside: between two markers an audio thread makes no system call but
//! its tick's sleep. Needs `strace`; skipped, loudly, where it is missing or may not trace.
#![cfg(all(feature = "engine", target_os = "linux"))]

use std::process::Command;
use std::time::Duration;

use audio_core::engine::{CallHandle, Engine, EngineConfig};
use audio_core::frame::{FRAME_SAMPLES, WireFrame};
use audio_core::pipeline::{CallPipeline, PipelineConfig};

const BEGIN: &str = "/kav-syscalls-begin";
const END: &str = "/kav-syscalls-end";
/// Set for the program that is traced.
const TRACED: &str = "KAV_TRACED";
const CALLS: usize = 20;

#[test]
fn between_two_markers_an_audio_thread_only_sleeps() {
    if std::env::var_os(TRACED).is_some() {
        churn();
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let trace = folder.path().join("trace");
    let own = std::env::current_exe().expect("this program");
    let name = "between_two_markers_an_audio_thread_only_sleeps";
    let traced = Command::new("strace")
        .args(["-f", "-qq", "-o"])
        .arg(&trace)
        .arg(own)
        .args(["--exact", name, "--test-threads=1"])
        .env(TRACED, "1")
        .output();
    let output = match traced {
        Ok(output) => output,
        Err(error) => return println!("SKIPPED: strace does not run here ({error}); install it"),
    };
    let lines = std::fs::read_to_string(&trace).unwrap_or_default();
    if !output.status.success() && lines.is_empty() {
        let said = String::from_utf8_lossy(&output.stderr);
        return println!("SKIPPED: strace may not trace here: {said}");
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    judge(&lines);
}

/// Every line is `TID CALL…`.
fn judge(trace: &str) {
    let lines: Vec<(&str, &str)> = trace.lines().filter_map(|line| line.split_once(' ')).collect();
    let audio = lines.iter().find(|(_, call)| call.contains("PR_SET_NAME, \"kav-audio-0\""));
    let Some((audio, _)) = audio else { panic!("no audio thread in the trace") };
    let marker = |path: &str| lines.iter().position(|(_, call)| call.contains(path));
    let (Some(begin), Some(end)) = (marker(BEGIN), marker(END)) else { panic!("no markers in the trace") };
    let of_audio = lines[begin..end].iter().filter(|(thread, _)| thread == audio);
    let calls: Vec<&str> = of_audio.map(|(_, call)| call.trim_start()).collect();
    let is_sleep = |call: &&str| call.contains("nanosleep");
    assert!(calls.iter().filter(|call| is_sleep(call)).count() > 100, "hundreds of ticks: {}", calls.len());
    let others: Vec<_> = calls.iter().filter(|call| !is_sleep(call)).collect();
    assert!(others.is_empty(), "system calls on the audio thread: {others:?}");
}

/// Two seconds of calls that come, talk, interrupt, overflow and go.
fn churn() {
    let mut config = EngineConfig::default();
    config.workers = 1;
    let engine = Engine::<CallPipeline>::start(config).expect("the engine starts");
    let attach = || engine.attach(PipelineConfig::default()).expect("a free slot");
    let mut calls: Vec<(CallHandle, u32)> = (0..CALLS).map(|_| (attach(), 0)).collect();
    while engine.stats().workers[0].ticks < 20 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let _ = std::fs::metadata(BEGIN);
    for n in 0..100 {
        for (call, seq) in &mut calls {
            // Once in a while more comes than fits.
            for _ in 0..if n % 25 == 24 { 30 } else { 1 } {
                let wave = |k: usize| if (k / 20).is_multiple_of(2) { 0x20 } else { 0xa0 };
                let payload = std::array::from_fn::<u8, FRAME_SAMPLES, _>(wave);
                let frame = WireFrame { seq: *seq, timestamp: *seq * 160, payload, ..WireFrame::SILENCE };
                *seq += 1;
                let _ = call.push_wire(&frame);
                let _ = call.push_agent(&WireFrame { generation: call.generation(), seq: 0, ..frame });
            }
            if n % 30 == 29 {
                call.flush();
            }
            while call.pop_wire().is_some() {}
            while call.pop_clean().is_some() {}
            while call.pop_event().is_some() {}
        }
        if n % 10 == 9 {
            calls[n % CALLS] = (attach(), 0);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let _ = std::fs::metadata(END);
    assert!(engine.stats().workers[0].frames_in > 0);
}

//! End to end: the real bridge and the real CRM, each a process of its own, and a simulated caller
//! on the line. Processes are killed, stopped and started again; calls go on, and what happened in
//! them is in the CRM exactly once.

mod bridge_kill;
mod clouds;
mod crm_outage;
mod drain;
mod duck;
mod emergency;
mod harness;
mod hostile;
#[cfg(feature = "otel")]
mod otel;
mod process;
mod recorded_tape;
mod redis;
#[path = "../schema/mod.rs"]
mod schema;
mod top;

/// Not a test by itself: what a process is that this binary starts as the CRM.
#[test]
fn crm_process() {
    process::be_the_crm();
}

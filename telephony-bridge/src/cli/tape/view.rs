//! `telephony-bridge tape view`.

use std::path::PathBuf;

use anyhow::bail;

use super::super::given::Given;
use super::found::{found, loaded};
use super::whole::write_whole;
use crate::tape::Setting;
use crate::tape::store::Place;
use crate::tape::view::view;

const EXAMPLES: &str = "\
Examples:
  telephony-bridge tape view fixtures/calls/interruption interruption.html
  telephony-bridge tape view recordings/CA1 ca1.html --setting polite     (as another preset would have decided)

The page needs no network and no other file. `page.html#t=12000` opens it 12 s into the call.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The tape: a folder with tape.json and caller.wav, or s3://bucket/prefix.
    #[arg(value_name = "TAPE")]
    tape: Place,
    /// Where the page goes.
    #[arg(value_name = "OUT.html")]
    out: PathBuf,
    /// What it is replayed with: a preset (own: what it was recorded with), numbers by name, or both.
    #[arg(long, value_name = "SETTING", default_value = "own")]
    setting: Setting,
    #[command(flatten)]
    given: Given,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let tapes = found(std::slice::from_ref(&args.tape))?;
    let [tape] = &tapes[..] else {
        bail!("{} holds {} tapes: a page shows one", args.tape, tapes.len());
    };
    let tape = loaded(tape)?;
    let html = view(&tape, &args.given.player(false)?, &args.setting)?;
    write_whole(&args.out, html.as_bytes())
}

//! `telephony-bridge tape label`.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use audio_core::tape::{CallerSpan, Labels, SpanKind, TapeFile};
use serde::Serialize;
use serde_json::{Map, Value};

use super::super::given::Given;
use super::super::sentence;
use super::found::{found, loaded};
use super::whole::write_whole;
use crate::tape::label::{Agreement, audacity, by_hand, label, maker};
use crate::tape::parallel::{cores, in_order};
use crate::tape::store::{Place, TapeRef};
use crate::tape::{Playable, Player};

/// Who makes labels that come from a label track.
const BY_HAND: &str = "audacity";

const EXAMPLES: &str = "\
Examples:
  Label recordings:       telephony-bridge tape label recordings
  Correct them by hand:   telephony-bridge tape label recordings/CA1 --to-audacity CA1.txt
                          (Audacity: open caller.wav; File, Import, Labels; edit; Export Labels)
                          telephony-bridge tape label recordings/CA1 --from-audacity CA1.txt
  How good are they?      telephony-bridge tape label fixtures/calls --measure

Speech is what the voice detector hears forwards and backwards; pauses up to 480 ms are within a span. Over the
agent a short sound after which it speaks on alone is a backchannel, everything longer an interruption. A voice 9 dB
quieter than the caller's is side_speech, sound without voice noise.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Tapes, or folders of tapes.
    #[arg(required = true, value_name = "PATH")]
    places: Vec<Place>,
    /// Write the tape's labels to a label track; a tape without labels is labelled first.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["from_audacity", "measure"])]
    to_audacity: Option<PathBuf>,
    /// Take the tape's labels from a label track.
    #[arg(long, value_name = "FILE", conflicts_with = "measure")]
    from_audacity: Option<PathBuf>,
    /// Replace labels that were made by hand, too.
    #[arg(long)]
    force: bool,
    /// Write nothing: compare automatic labels with those of the tapes.
    #[arg(long)]
    measure: bool,
    #[command(flatten)]
    given: Given,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let tapes = found(&args.places)?;
    let player = args.given.player(false)?;
    if args.measure {
        return measure(&tapes, &player);
    }
    let tracks = [&args.to_audacity, &args.from_audacity];
    let Some(track) = tracks.into_iter().flatten().next() else {
        return label_all(&tapes, &player, args.force);
    };
    let [tape] = &tapes[..] else {
        bail!("a label track is one tape's, and here are {}", tapes.len());
    };
    if args.from_audacity.is_some() {
        return from_track(folder(tape)?, track, args.force);
    }
    let open = tape.open()?;
    let mut file = TapeFile::load(open.dir())?;
    if file.ground_truth().is_none() {
        label_all(&tapes, &player, false)?;
        file = TapeFile::load(open.dir())?;
    }
    write_whole(track, audacity::write(&file.caller).as_bytes())
}

/// A tape whose labels can be changed where it is.
fn folder(tape: &TapeRef) -> anyhow::Result<&Path> {
    match tape.place() {
        Place::Folder(dir) => Ok(dir),
        other => bail!("{other}: labels are written to tapes in folders only; copy it to one first"),
    }
}

fn label_all(tapes: &[TapeRef], player: &Player, force: bool) -> anyhow::Result<()> {
    let mut failed = 0;
    let work = |tape: &TapeRef| -> anyhow::Result<String> {
        let dir = folder(tape)?;
        let tape = Playable::load(dir)?;
        let name = tape.tape.name.clone();
        if by_hand(&tape.tape.file) && !force {
            return Ok(format!("{name}: kept, labelled by hand (--force replaces them)"));
        }
        let spans = label(&tape, player)?;
        let text = format!("{name}: {}", counted(&spans));
        store(dir, tape.tape.file, spans, maker())?;
        Ok(text)
    };
    in_order(tapes, cores(), work, |_, done| {
        match done {
            Ok(text) => writeln!(std::io::stdout().lock(), "{text}")?,
            Err(error) => {
                failed += 1;
                eprintln!("telephony-bridge: {}", sentence(&error));
            }
        }
        Ok::<_, std::io::Error>(())
    })?;
    if failed > 0 {
        bail!("{failed} of {} tapes could not be labelled", tapes.len());
    }
    Ok(())
}

fn from_track(tape: &Path, track: &Path, force: bool) -> anyhow::Result<()> {
    let file = TapeFile::load(tape)?;
    let ours = file.labels.as_ref().is_some_and(|labels| labels.by == BY_HAND);
    if by_hand(&file) && !ours && !force {
        bail!("{}: its labels were made by hand; --force replaces them", tape.display());
    }
    let text = std::fs::read_to_string(track).with_context(|| track.display().to_string())?;
    let spans = audacity::read(&text).with_context(|| track.display().to_string())?;
    let text = counted(&spans);
    store(tape, file, spans, Labels { by: BY_HAND.to_owned() })?;
    writeln!(std::io::stdout().lock(), "{}: {text}", tape.display())?;
    Ok(())
}

/// `2 turns, 1 noise`; or that there is nothing.
fn counted(spans: &[CallerSpan]) -> String {
    let kinds = [
        (SpanKind::Turn, "turn", "turns"),
        (SpanKind::Interruption, "interruption", "interruptions"),
        (SpanKind::Backchannel, "backchannel", "backchannels"),
        (SpanKind::SideSpeech, "side speech", "side speech"),
        (SpanKind::Noise, "noise", "noises"),
    ];
    let of = |kind| spans.iter().filter(|span| span.kind == kind).count();
    let found: Vec<String> = kinds
        .into_iter()
        .map(|(kind, one, many)| (of(kind), one, many))
        .filter(|(n, ..)| *n > 0)
        .map(|(n, one, many)| format!("{n} {}", if n == 1 { one } else { many }))
        .collect();
    if found.is_empty() { "nothing heard".to_owned() } else { found.join(", ") }
}

/// Puts labels into `tape.json`: all of it or none, with everything else as it was.
fn store(tape: &Path, mut file: TapeFile, spans: Vec<CallerSpan>, by: Labels) -> anyhow::Result<()> {
    /// Keys of the file that this build does not know.
    #[derive(Serialize)]
    struct Whole<'a> {
        #[serde(flatten)]
        file: &'a TapeFile,
        #[serde(flatten)]
        others: Map<String, Value>,
    }
    let path = tape.join("tape.json");
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let mut others: Map<String, Value> =
        serde_json::from_str(&text).with_context(|| path.display().to_string())?;
    if let Value::Object(known) = serde_json::to_value(&file)? {
        // A null is an absent key.
        others.retain(|key, value| !known.contains_key(key) && !value.is_null());
    }
    others.remove("labels");
    (file.caller, file.labels) = (spans, Some(by));
    if let Some((field, problem)) = file.problem() {
        bail!("{}: {field} {problem}", path.display());
    }
    let mut bytes = Vec::new();
    let style = serde_json::ser::PrettyFormatter::with_indent(b" ");
    Whole { file: &file, others }
        .serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, style))?;
    bytes.push(b'\n');
    write_whole(&path, &bytes)
}

fn measure(tapes: &[TapeRef], player: &Player) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{HEADER}")?;
    let mut all = Agreement::default();
    let mut judged = 0;
    let both = |tape: &TapeRef| -> anyhow::Result<(String, Option<Vec<CallerSpan>>, Vec<CallerSpan>)> {
        let tape = loaded(tape)?;
        let spans = label(&tape, player)?;
        Ok((tape.tape.name.clone(), tape.tape.file.ground_truth().map(<[_]>::to_vec), spans))
    };
    in_order(tapes, cores(), both, |_, pair| {
        let (name, believed, new) = pair?;
        let Some(believed) = believed else {
            writeln!(out, "{name:<20} has no labels to compare with")?;
            return Ok(());
        };
        judged += 1;
        let mut one = Agreement::default();
        one.add(&believed, &new);
        all.add(&believed, &new);
        writeln!(out, "{}", row(&name, &one))?;
        Ok::<_, anyhow::Error>(())
    })?;
    if judged > 1 {
        writeln!(out, "{}", row("all", &all))?;
    }
    Ok(())
}

const HEADER: &str = "tape                 voice F1   edges p50 / p95 ms   same kind   not heard   invented   other kinds (labelled → heard)";

fn row(name: &str, found: &Agreement) -> String {
    let or = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
    let edges = found.edge_ms(50).zip(found.edge_ms(95));
    let confused: Vec<String> = found.confused.iter().map(|(a, b)| format!("{a:?} → {b:?}")).collect();
    format!(
        "{name:<20} {:>8}   {:>18}   {:>9}   {:>9}   {:>8}   {}",
        or(found.f1().map(|f1| format!("{f1:.3}"))),
        or(edges.map(|(p50, p95)| format!("{p50} / {p95}"))),
        format!("{} of {}", found.kinds.0, found.kinds.1),
        found.unheard,
        found.invented,
        confused.join(", ")
    )
    .trim_end()
    .to_owned()
}

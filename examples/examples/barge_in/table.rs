//! The tables: a line a question, a column a rule; or a line a group of scenes.

use super::figures::{Delay, Figures, Share};

/// A rule's or a group's name and figures.
pub(crate) type Named = (String, Figures);

/// Everything, of every rule.
pub(crate) fn print(columns: &[Named]) {
    let row = |name: &str, bar: &str, cell: &dyn Fn(&Figures) -> String| {
        print!("{name:<36} {bar:>9}");
        for (_, figures) in columns {
            print!(" {:>18}", cell(figures));
        }
        println!();
    };
    print!("{:<36} {:>9}", "", "bar");
    for (name, _) in columns {
        print!(" {name:>18}");
    }
    println!();
    row("interruptions yielded to, %", "≥ 98", &|f| share(f.interruptions));
    row("onset → duck, p50/p95 ms", "150/300", &|f| delay(f.duck));
    row("ducks with nobody speaking, /min", "≤ 0.5", &|f| format!("{:.2}", f.idle_ducks));
    row("onset → yield, p50/p95 ms", "550/900", &|f| delay(f.taken));
    let kinds = columns.first().map(|(_, figures)| figures.false_yields.clone()).unwrap_or_default();
    for (n, kind) in kinds.iter().map(|yields| yields.kind).enumerate() {
        let bar = if kind == "backchannel" { "≤ 5" } else { "≤ 2" };
        row(&format!("yields on {kind}, %"), bar, &|f| share(f.false_yields[n].events));
        if kind != "backchannel" {
            row("  … per minute of agent speech", "≤ 0.05", &|f| {
                format!("{:.3}", f.false_yields[n].per_minute)
            });
        }
    }
    row("turned down by a backchannel, p50/p95 ms", "", &|f| delay(f.turned_down));
    row("yields to nothing labelled, /min", "≤ 0.05", &|f| format!("{:.3}", f.idle_yields));
    row("turns cut off by the reply, %", "≤ 3", &|f| share(f.cut_off));
    row("  … of those with a hesitation", "", &|f| share(f.cut_off_hesitant));
    row("turn ends taken back, %", "", &|f| share(f.taken_back));
    row("turn ends not noticed, %", "", &|f| share(f.missed_turns));
    row("end of speech → turn end, p50/p95 ms", "400/1100", &|f| delay(f.end));
    row("  … of turns without a hesitation", "", &|f| delay(f.end_fluent));
    if let Some((_, first)) = columns.first() {
        let of = |kind: &str| first.false_yields.iter().find(|y| y.kind == kind).map_or(0, |y| y.events.of);
        println!(
            "n: {} interruptions, {} backchannels, {} noises, {} of side speech, {} of echo, {} turns ({} hesitant)",
            first.interruptions.of,
            of("backchannel"),
            of("noise"),
            of("side_speech"),
            of("echo"),
            first.cut_off.of,
            first.cut_off_hesitant.of
        );
    }
}

/// One rule's shares by groups of scenes.
pub(crate) fn print_by(column: &str, rules: &str, groups: &[Named]) {
    println!("\n{rules} by {column}, % (count of events)");
    print!("{column:<24} {:>14} {:>14}", "yielded to", "cut off");
    for yields in groups.first().map(|(_, figures)| &figures.false_yields).into_iter().flatten() {
        print!(" {:>14}", yields.kind);
    }
    println!();
    for (name, figures) in groups {
        let name = if name.is_empty() { "none" } else { name };
        print!("{name:<24} {:>14} {:>14}", short(figures.interruptions), short(figures.cut_off));
        for yields in &figures.false_yields {
            print!(" {:>14}", short(yields.events));
        }
        println!();
    }
}

fn share(share: Share) -> String {
    let (low, high) = share.interval();
    if share.of == 0 { "–".to_owned() } else { format!("{:.1} [{low:.1}, {high:.1}]", share.percent()) }
}

fn short(share: Share) -> String {
    if share.of == 0 { "–".to_owned() } else { format!("{:.1} ({})", share.percent(), share.of) }
}

fn delay(delay: Delay) -> String {
    format!("{}/{}", delay.p50, delay.p95)
}

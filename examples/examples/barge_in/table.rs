//! The table: a line a question, a column a rule.

use super::judge::{Delay, Figures, Share};

pub(crate) fn print(columns: &[(String, Figures)]) {
    let row = |name: &str, bar: &str, cell: &dyn Fn(&Figures) -> String| {
        print!("{name:<34} {bar:>12}");
        for (_, figures) in columns {
            print!(" {:>20}", cell(figures));
        }
        println!();
    };
    print!("{:<34} {:>12}", "", "bar");
    for (name, _) in columns {
        print!(" {name:>20}");
    }
    println!();
    row("interruptions yielded to, %", "≥ 98", &|f| share(f.interruptions));
    row("onset → duck, p50/p95 ms", "150/300", &|f| delay(f.duck));
    row("ducks with nobody speaking, /min", "≤ 0.5", &|f| format!("{:.2}", f.idle_ducks));
    row("onset → yield, p50/p95 ms", "550/900", &|f| delay(f.taken));
    let kinds = columns.first().map(|(_, figures)| figures.false_yields.clone()).unwrap_or_default();
    for (n, (kind, ..)) in kinds.iter().enumerate() {
        let bar = if *kind == "backchannel" { "≤ 5" } else { "≤ 2" };
        row(&format!("yields on {kind}, %"), bar, &|f| share(f.false_yields[n].1));
        if *kind != "backchannel" {
            row("  … per minute of agent speech", "≤ 0.05", &|f| format!("{:.3}", f.false_yields[n].2));
        }
    }
    row("turns cut off, %", "≤ 3", &|f| share(f.cut_off));
    row("turn ends not noticed, %", "", &|f| share(f.missed_turns));
    row("end of speech → turn end, p50/p95", "400/1100", &|f| delay(f.end));
}

fn share(share: Share) -> String {
    let (low, high) = share.interval();
    format!("{:.1} [{low:.1}, {high:.1}]", share.percent())
}

fn delay(delay: Delay) -> String {
    format!("{}/{}", delay.p50, delay.p95)
}

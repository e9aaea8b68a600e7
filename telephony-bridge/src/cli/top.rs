//! `telephony-bridge top`: live calls in the terminal.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use anyhow::{Context as _, bail};
use secrecy::{ExposeSecret as _, SecretString};

use crate::server::{CALLS_PATH, CallRow, CallsAnswer};

/// How long the bridge may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  INTERNAL_API_TOKEN=… telephony-bridge top --url http://127.0.0.1:8080")]
pub(super) struct Args {
    /// Where the bridge listens.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    url: String,
    /// The internal token of the bridge.
    #[arg(long, env = "INTERNAL_API_TOKEN", hide_env_values = true)]
    token: String,
    /// Show the calls once, and not again every second.
    #[arg(long)]
    once: bool,
    /// One JSON object instead of a table; implies --once.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(show(args, &SecretString::from(args.token.clone())))
}

async fn show(args: &Args, token: &SecretString) -> anyhow::Result<()> {
    let client = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build()?;
    let mut out = std::io::stdout();
    let again = !args.once && !args.json && out.is_terminal();
    loop {
        let answer = ask(&client, &args.url, token).await?;
        if args.json {
            writeln!(out, "{}", serde_json::to_string(&answer)?)?;
        } else {
            // Home and clear below, so that the table does not flicker.
            let home = if again { "\u{1b}[H\u{1b}[J" } else { "" };
            write!(out, "{home}{}", table(&answer))?;
        }
        out.flush()?;
        if !again {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn ask(client: &reqwest::Client, url: &str, token: &SecretString) -> anyhow::Result<CallsAnswer> {
    let url = format!("{}{CALLS_PATH}", url.trim_end_matches('/'));
    let asked = client.get(&url).bearer_auth(token.expose_secret()).send().await;
    let answer = asked.with_context(|| format!("no bridge answers at {url}"))?;
    match answer.status().as_u16() {
        200 => answer.json().await.with_context(|| format!("{url} is no bridge of this version")),
        401 => bail!("{url}: INTERNAL_API_TOKEN is not the bridge's"),
        status => bail!("{url} answers with {status}"),
    }
}

fn table(answer: &CallsAnswer) -> String {
    let own = answer.calls.iter().filter(|call| call.bridge.is_empty()).count();
    let mut text = format!("{own} of {} calls", answer.max);
    match (answer.shared, answer.calls.len() - own) {
        (None, _) => {}
        (Some(false), _) => text.push_str("; Redis is away: no other bridge is seen"),
        (Some(true), others) => text.push_str(&format!("; {others} on other bridges")),
    }
    text.push('\n');
    if answer.calls.is_empty() {
        return text;
    }
    text.push_str(
        "   TIME  STATE      TURNS  YIELDS  FALLBACKS  ANSWERED IN  BY        CALLER  BUSINESS          CALL                                BRIDGE                ABOUT\n",
    );
    for call in &answer.calls {
        text.push_str(&line(call));
    }
    text
}

fn line(call: &CallRow) -> String {
    let time = format!("{}:{:02}", call.seconds / 60, call.seconds % 60);
    let answered = call.response_ms.map_or_else(|| "–".to_owned(), |ms| format!("{ms} ms"));
    let row = format!(
        "{time:>7}  {:<9}  {:>5}  {:>6}  {:>9}  {answered:>11}  {:<8}  {:<6}  {:<16}  {:<34}  {:<20}  {}",
        call.state.name(),
        call.turns,
        call.yields,
        call.fallbacks,
        if call.realtime { "realtime" } else { "chain" },
        call.from,
        call.business,
        call.call_sid,
        call.bridge,
        call.about.line(),
    );
    format!("{}\n", row.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::{About, Intent};
    use crate::session::State;

    #[test]
    fn a_call_is_a_line_of_the_table() {
        let about = About { intents: vec![Intent::Rent], ..About::default() };
        let call = CallRow {
            call_sid: "CA1".into(),
            stream_sid: "MZ1".into(),
            bridge: String::new(),
            started_at_ms: 0,
            received: 0,
            sent: 0,
            from: "…5678".into(),
            business: "demo".into(),
            seconds: 75,
            state: State::Thinking,
            turns: 3,
            yields: 1,
            fallbacks: 0,
            response_ms: None,
            realtime: true,
            about,
        };
        let text = table(&CallsAnswer {
            max: 100,
            calls: vec![call.clone(), CallRow { bridge: "kav-2".into(), ..call }],
            shared: Some(true),
        });
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some("1 of 100 calls; 1 on other bridges"));
        let head = lines.next().expect("a head");
        let row = lines.next().expect("a row");
        let column = |line: &str, word: &str| line.find(word).map(|at| line[..at].chars().count());
        assert!(row.contains("1:15  thinking") && row.ends_with("  rent"), "{row}");
        assert_eq!(column(row, "rent"), column(head, "ABOUT"));
        assert_eq!(column(row, "CA1"), head.rfind("CALL ").map(|at| head[..at].chars().count()));
        let other = lines.next().expect("a second row");
        assert_eq!(column(other, "kav-2"), column(head, "BRIDGE"));
        let none = |shared| table(&CallsAnswer { max: 9, calls: Vec::new(), shared });
        assert_eq!(none(None), "0 of 9 calls\n");
        assert_eq!(none(Some(false)), "0 of 9 calls; Redis is away: no other bridge is seen\n");
    }
}

//! Logs: one line an event on standard error, which is not buffered, so that a container's last
//! words arrive (A-TEL-006). Standard output belongs to the commands.

use std::fmt;

use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;

/// Our own details, and of everybody else what matters.
const VERBOSE: &str = "info,telephony_bridge=debug,audio_core=debug";

/// Starts logging. `RUST_LOG` chooses what is shown; where it is absent or wrong, `info`, and with
/// `verbose` our own details too (S-HLT-006).
///
/// Does nothing where logging was started before.
pub fn start(format: LogFormat, verbose: bool) {
    let filter = filter(std::env::var(EnvFilter::DEFAULT_ENV).ok().as_deref(), verbose);
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Whoever started logging before us keeps it.
    let _ = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
}

fn filter(rust_log: Option<&str>, verbose: bool) -> EnvFilter {
    let asked = rust_log.filter(|asked| !asked.trim().is_empty());
    let usual = if verbose { VERBOSE } else { "info" };
    asked.and_then(|asked| EnvFilter::try_new(asked).ok()).unwrap_or_else(|| EnvFilter::new(usual))
}

/// A phone number as logs may show it: its last four digits.
#[derive(Clone, Copy)]
pub struct Redacted<'a>(pub &'a str);

impl fmt::Display for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits: Vec<char> = self.0.chars().filter(char::is_ascii_digit).collect();
        if digits.len() < 7 {
            // Too short to be cut: a service number, or a word such as `anonymous`.
            return f.write_str(if digits.is_empty() { "hidden" } else { "short" });
        }
        f.write_str("…")?;
        digits[digits.len() - 4..].iter().try_for_each(|digit| write!(f, "{digit}"))
    }
}

impl fmt::Debug for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S-HLT-006: the switch shows our details and nobody else's; `RUST_LOG` has the last word.
    #[test]
    fn details_are_shown_on_demand() {
        use std::sync::atomic::{AtomicU32, Ordering};
        use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

        #[derive(Clone, Default)]
        struct Count(std::sync::Arc<AtomicU32>);
        impl<S: tracing::Subscriber> Layer<S> for Count {
            fn on_event(&self, _: &tracing::Event<'_>, _: Context<'_, S>) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
        let shown = |rust_log, verbose| {
            let count = Count::default();
            let subscriber =
                tracing_subscriber::registry().with(filter(rust_log, verbose)).with(count.clone());
            tracing::subscriber::with_default(subscriber, || {
                tracing::debug!(target: "telephony_bridge::server", "ours");
                tracing::debug!(target: "hyper::proto", "somebody else's");
                tracing::info!(target: "hyper::proto", "news");
            });
            count.0.load(Ordering::Relaxed)
        };
        assert_eq!((shown(None, false), shown(None, true), shown(Some(" "), true)), (1, 2, 2));
        assert_eq!((shown(Some("error"), true), shown(Some("debug"), false)), (0, 3));
        assert_eq!(shown(Some("no=such=level"), false), 1, "nonsense is not silence");
    }

    #[test]
    fn four_digits_are_shown() {
        assert_eq!(Redacted("+972502345678").to_string(), "…5678");
        assert_eq!(format!("{:?}", Redacted("03-376-3805")), "…3805");
        assert_eq!(Redacted("*2345").to_string(), "short");
        assert_eq!(Redacted("anonymous").to_string(), "hidden");
        assert_eq!(Redacted("").to_string(), "hidden");
    }
}

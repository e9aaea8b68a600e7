//! Logs: one line an event on standard error, which is not buffered, so that a container's last
//! words arrive (A-TEL-006). Standard output belongs to the commands.

use std::fmt;

use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;

/// Starts logging. `RUST_LOG` chooses what is shown; `info` where it is absent or wrong.
///
/// Does nothing where logging was started before.
pub fn start(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Whoever started logging before us keeps it.
    let _ = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
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

    #[test]
    fn four_digits_are_shown() {
        assert_eq!(Redacted("+972502345678").to_string(), "…5678");
        assert_eq!(format!("{:?}", Redacted("03-376-3805")), "…3805");
        assert_eq!(Redacted("*2345").to_string(), "short");
        assert_eq!(Redacted("anonymous").to_string(), "hidden");
        assert_eq!(Redacted("").to_string(), "hidden");
    }
}
